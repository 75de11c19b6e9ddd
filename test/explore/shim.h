/* SPDX-License-Identifier: MIT */
/* Included before a source of the library (compiler option -include). At each atomic operation the explorer may let
 * another context run, and each weak compare-and-swap may fail by itself. All is sequentially consistent: memory orders
 * are GenMC's part (rc11.py). */
#ifndef LFM_TEST_SHIM_H
#define LFM_TEST_SHIM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

void explore_point(void);
bool explore_weak_fails(void);
uintptr_t explore_context(void);
void explore_assertion(const char *text);

#undef LFM_ASSERTIONS
#define LFM_ASSERTIONS             1
#define LFM_PORT_ASSERT(condition) ((condition) ? (void)0 : explore_assertion(#condition))

#define LFM_PORT_CONTEXT() explore_context()

/* The marks that lfmem/detail/cache_inline.h reads and writes inline. */
#define LFM_MARK_LOAD_(mark)         (explore_point(), __atomic_load_n(mark, __ATOMIC_SEQ_CST))
#define LFM_MARK_STORE_(mark, value) (explore_point(), __atomic_store_n(mark, value, __ATOMIC_SEQ_CST))

#ifdef __clang__
#define SHIM(operation, object, ...) __c11_atomic_##operation(object, __VA_ARGS__)
#define SHIM_CAS(object, expected, desired) \
    __c11_atomic_compare_exchange_strong(object, expected, desired, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
#define LFM_PORT_LOAD(object, order)             (explore_point(), SHIM(load, object, __ATOMIC_SEQ_CST))
#define LFM_PORT_STORE(object, value, order)     (explore_point(), SHIM(store, object, value, __ATOMIC_SEQ_CST))
#define LFM_PORT_EXCHANGE(object, value, order)  (explore_point(), SHIM(exchange, object, value, __ATOMIC_SEQ_CST))
#define LFM_PORT_FETCH_ADD(object, value, order) (explore_point(), SHIM(fetch_add, object, value, __ATOMIC_SEQ_CST))
#define LFM_PORT_FETCH_SUB(object, value, order) (explore_point(), SHIM(fetch_sub, object, value, __ATOMIC_SEQ_CST))
#else
#define SHIM(operation, object, ...) __atomic_##operation(object, __VA_ARGS__)
#define SHIM_CAS(object, expected, desired) \
    __atomic_compare_exchange_n(object, expected, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
#define LFM_PORT_LOAD(object, order)             (explore_point(), SHIM(load_n, object, __ATOMIC_SEQ_CST))
#define LFM_PORT_STORE(object, value, order)     (explore_point(), SHIM(store_n, object, value, __ATOMIC_SEQ_CST))
#define LFM_PORT_EXCHANGE(object, value, order)  (explore_point(), SHIM(exchange_n, object, value, __ATOMIC_SEQ_CST))
#define LFM_PORT_FETCH_ADD(object, value, order) (explore_point(), SHIM(fetch_add, object, value, __ATOMIC_SEQ_CST))
#define LFM_PORT_FETCH_SUB(object, value, order) (explore_point(), SHIM(fetch_sub, object, value, __ATOMIC_SEQ_CST))
#endif
#define LFM_PORT_CAS_STRONG(object, expected, desired, succeeded, failed) \
    (explore_point(), SHIM_CAS(object, expected, desired))

/* A weak compare-and-swap that fails by itself loads what it would have compared. */
#define LFM_PORT_CAS_WEAK(object, expected, desired, succeeded, failed) \
    (explore_point(),                                                   \
     explore_weak_fails() ? (*(expected) = SHIM_LOAD(object), false) : SHIM_CAS(object, expected, desired))
#ifdef __clang__
#define SHIM_LOAD(object) SHIM(load, object, __ATOMIC_SEQ_CST)
#else
#define SHIM_LOAD(object) SHIM(load_n, object, __ATOMIC_SEQ_CST)
#endif

#endif
