/* SPDX-License-Identifier: MIT */
/* Port for a single core that has a compare-and-swap: Armv7-M, Armv8-M, RISC-V with A, and any other.
 *
 * LOCK-FREE, ONE CORE ONLY. Contexts are the threads and the interrupts of one core. A core sees its own accesses in
 * program order, so all that an order has to stop is the compiler. Atomic operations are relaxed, between fences of the
 * compiler's, and there are no barrier instructions (dmb, fence, .aq, .rl).
 *
 * It is wrong where another core comes to lfmem's objects, or gets blocks that are put here. That is so with several
 * cores of one system, with programs on two cores that share memory (AMP), and with processes.
 *
 * For devices lfmem orders nothing, with this port or without it. A driver has a barrier of its own between its last
 * access to a block and the start of DMA. Interrupt handlers and switches of threads have to clear the core's exclusive
 * monitor, or reservation. Cortex-M does so itself, and systems for other cores do. */
#ifndef LFM_LIB_PORT_ONE_CORE_H
#define LFM_LIB_PORT_ONE_CORE_H

#include <stdatomic.h>
#include <stdbool.h>

#define LFM_PORT_CONTEXT() 0

/* Keeps the compiler from moving accesses past it. clang 14 makes an instruction of atomic_signal_fence() on RISC-V. */
static inline void lfm_port_compiler_fence(void)
{
    __asm__ volatile("" : : : "memory");
}
#define LFM_PORT_FENCE(order) ((order) == memory_order_relaxed ? (void)0 : lfm_port_compiler_fence())

/* What atomic.h makes its operations of. */
#define LFM_PORT_LOAD(object, order)                                                            \
    __extension__({                                                                             \
        const __auto_type lfm_port_loaded = atomic_load_explicit(object, memory_order_relaxed); \
        LFM_PORT_FENCE(order);                                                                  \
        lfm_port_loaded;                                                                        \
    })
#define LFM_PORT_STORE(object, value, order) \
    (LFM_PORT_FENCE(order), atomic_store_explicit(object, value, memory_order_relaxed))
#define LFM_PORT_FETCH(operation, object, sum, order)                                    \
    __extension__({                                                                      \
        LFM_PORT_FENCE(order);                                                           \
        const __auto_type lfm_port_found = operation(object, sum, memory_order_relaxed); \
        LFM_PORT_FENCE(order);                                                           \
        lfm_port_found;                                                                  \
    })
#define LFM_PORT_FETCH_ADD(object, sum, order) LFM_PORT_FETCH(atomic_fetch_add_explicit, object, sum, order)
#define LFM_PORT_FETCH_SUB(object, sum, order) LFM_PORT_FETCH(atomic_fetch_sub_explicit, object, sum, order)
/* A fence in each branch: behind a result that both have in common, compilers make a value of it and test that. */
#define LFM_PORT_SWAP(operation, object, expected, desired, order, fail_order)                                 \
    ((LFM_PORT_FENCE(order), operation(object, expected, desired, memory_order_relaxed, memory_order_relaxed)) \
         ? (LFM_PORT_FENCE(order), true)                                                                       \
         : (LFM_PORT_FENCE(fail_order), false))
#define LFM_PORT_CAS_STRONG(object, expected, desired, order, fail_order) \
    LFM_PORT_SWAP(atomic_compare_exchange_strong_explicit, object, expected, desired, order, fail_order)
#define LFM_PORT_CAS_WEAK(object, expected, desired, order, fail_order) \
    LFM_PORT_SWAP(atomic_compare_exchange_weak_explicit, object, expected, desired, order, fail_order)

/* The library's own copy of a cache's inline half (lfmem/detail/cache_inline.h). A program's has the order that it has
 * without this port. */
#define LFM_MARK_LOAD_(mark)         __atomic_load_n(mark, __ATOMIC_RELAXED)
#define LFM_MARK_STORE_(mark, value) (lfm_port_compiler_fence(), __atomic_store_n(mark, value, __ATOMIC_RELAXED))

#endif
