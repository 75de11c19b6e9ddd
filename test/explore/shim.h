/* SPDX-License-Identifier: MIT */
/* Included before a source of the library (compiler option -include). Each atomic operation goes to the explorer, with
 * its order; another context may come first, a weak compare-and-swap may fail by itself, and where memory is weak
 * (memory.h) an operation may take an old value. */
#ifndef LFM_TEST_SHIM_H
#define LFM_TEST_SHIM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Of objects of 1, 2, 4 or 8 bytes. */
uint64_t explore_load(const volatile void *at, size_t bytes, int order);
void explore_store(volatile void *at, size_t bytes, uint64_t value, int order);
uint64_t explore_replace(volatile void *at, size_t bytes, uint64_t keep, uint64_t add, int order);
bool explore_cas(volatile void *at, size_t bytes, uint64_t *expected, uint64_t desired, int order, int fail_order,
                 bool weak);

uint64_t explore_load_linked(const volatile void *at, size_t bytes);
bool explore_store_conditional(volatile void *at, size_t bytes, uint64_t value);

void *explore_memcpy(void *to, const void *from, size_t bytes);
void *explore_memset(void *to, int value, size_t bytes);

/* What stands in place of an order: it, or a weaker one (explore --weaken). */
int explore_order(const char *name, int order);

uintptr_t explore_context(void);
void explore_assertion(const char *text);

#undef LFM_ASSERTIONS
#define LFM_ASSERTIONS             1
#define LFM_PORT_ASSERT(condition) ((condition) ? (void)0 : explore_assertion(#condition))

#define LFM_PORT_CONTEXT()          explore_context()
#define LFM_PORT_ORDER(name, order) explore_order(name, order)

#define SHIM_TYPE(object)        __typeof__((void)0, *(object))
#define SHIM_BITS(object, value) ((uint64_t)(SHIM_TYPE(object))(value))
#define SHIM_REPLACE(object, keep, value, order)                                                                   \
    (__extension__({                                                                                               \
        SHIM_TYPE(object) old_ = (SHIM_TYPE(object))explore_replace(object, sizeof *(object), keep, value, order); \
        old_;                                                                                                      \
    }))
#define SHIM_CAS(object, expected, desired, order, fail_order, weak)                                            \
    (__extension__({                                                                                            \
        SHIM_TYPE(object) *const expected_ = (expected);                                                        \
        uint64_t seen_ = (uint64_t)*expected_;                                                                  \
        const bool succeeds_ =                                                                                  \
            explore_cas(object, sizeof *(object), &seen_, SHIM_BITS(object, desired), order, fail_order, weak); \
        if (!succeeds_) {                                                                                       \
            *expected_ = (SHIM_TYPE(object))seen_;                                                              \
        }                                                                                                       \
        succeeds_;                                                                                              \
    }))

#define LFM_PORT_LOAD(object, order)         ((SHIM_TYPE(object))explore_load(object, sizeof *(object), order))
#define LFM_PORT_STORE(object, value, order) explore_store(object, sizeof *(object), SHIM_BITS(object, value), order)
#define LFM_PORT_EXCHANGE(object, value, order) \
    SHIM_REPLACE(object, 0, SHIM_BITS(object, value), order) /* for mutants */
#define LFM_PORT_FETCH_ADD(object, value, order) SHIM_REPLACE(object, UINT64_MAX, SHIM_BITS(object, value), order)
#define LFM_PORT_FETCH_SUB(object, value, order) SHIM_REPLACE(object, UINT64_MAX, -SHIM_BITS(object, value), order)
#define LFM_PORT_CAS_STRONG(object, expected, desired, order, fail_order) \
    SHIM_CAS(object, expected, desired, order, fail_order, false)
#define LFM_PORT_CAS_WEAK(object, expected, desired, order, fail_order) \
    SHIM_CAS(object, expected, desired, order, fail_order, true)

#ifdef SHIM_LINKED /* one core that has load-linked and store-conditional */
#define LFM_PORT_LOAD_LINKED(object, order) ((SHIM_TYPE(object))explore_load_linked(object, sizeof *(object)))
#define LFM_PORT_STORE_CONDITIONAL(object, value, order) \
    explore_store_conditional(object, sizeof *(object), SHIM_BITS(object, value))
#endif

/* The marks that lfmem/detail/cache_inline.h reads and writes inline. */
#define LFM_MARK_LOAD_(mark) ((SHIM_TYPE(mark))explore_load(mark, sizeof *(mark), memory_order_relaxed))
#define LFM_MARK_STORE_(mark, value) \
    explore_store(mark, sizeof *(mark), SHIM_BITS(mark, value), explore_order("MARK_STORE", LFM_MARK_ORDER_))

/* Compilers may take these for plain accesses that they need not tell of. */
#define memcpy(to, from, bytes)  explore_memcpy(to, from, bytes)
#define memset(to, value, bytes) explore_memset(to, value, bytes)

#endif
