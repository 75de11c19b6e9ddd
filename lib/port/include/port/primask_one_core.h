/* SPDX-License-Identifier: MIT */
/* Port for a single core that has no compare-and-swap: Cortex-M0, M0+, M1 (Armv6-M).
 *
 * NOT LOCK-FREE, ONE CORE ONLY. A change of a shared word is a few instructions with interrupts masked (PRIMASK), so
 *   - contexts are the thread and the interrupts of one core, in privileged mode;
 *   - a second core (RP2040) or a DMA controller that swaps is not kept out;
 *   - interrupts come later by those instructions, about ten.
 * There is no lock that could stay held: what masks also unmasks before anybody else runs. Nothing chooses this port by
 * itself: -Dport=port/primask_one_core.h.
 *
 * Plain loads and stores of 1, 2 and 4 bytes are single instructions. One core sees its own in program order, so all
 * that an order has to stop is the compiler. */
#ifndef LFM_LIB_PORT_PRIMASK_ONE_CORE_H
#define LFM_LIB_PORT_PRIMASK_ONE_CORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#if !defined(__ARM_ARCH_PROFILE) || __ARM_ARCH_PROFILE != 'M'
#error "this port is for Cortex-M"
#endif

/* Tells port.h that compare-and-swap is here, lock-free or not. */
#define LFM_PORT_CAS 1

#define LFM_PORT_CONTEXT() 0

/* Returns what has to be given back to lfm_port_unmask(): they nest. */
static inline uint32_t lfm_port_mask(void)
{
    uint32_t before;
    __asm__ volatile("mrs %0, primask" : "=r"(before));
    __asm__ volatile("cpsid i" : : : "memory");
    return before;
}

static inline void lfm_port_unmask(uint32_t before)
{
    __asm__ volatile("msr primask, %0" : : "r"(before) : "memory");
}

static inline bool lfm_port_compare_exchange(volatile void *object, void *expected, uint32_t desired)
{
    volatile uint32_t *const word = object;
    uint32_t *const seen = expected;
    const uint32_t before = lfm_port_mask();
    const uint32_t found = *word;
    const bool same = found == *seen;
    if (same) {
        *word = desired;
    }
    lfm_port_unmask(before);
    *seen = found;
    return same;
}

static inline uint32_t lfm_port_fetch_add(volatile void *object, uint32_t sum)
{
    volatile uint32_t *const word = object;
    const uint32_t before = lfm_port_mask();
    const uint32_t found = *word;
    *word = found + sum;
    lfm_port_unmask(before);
    return found;
}

/* An _Atomic object as its compiler-visible self; a comma expression has no qualifiers. */
#define LFM_PORT_TYPE(object)  __typeof__((void)0, *(object))
#define LFM_PORT_PLAIN(object) ((volatile LFM_PORT_TYPE(object) *)(uintptr_t)(object))
#define LFM_PORT_IS_WORD(object) \
    _Static_assert(sizeof *(object) == sizeof(uint32_t), "only words of 32 bits are read, modified and written")

/* What atomic.h makes its operations of. No order is needed: one core sees its own accesses in order. */
#define LFM_PORT_LOAD(object, order)                                          \
    __extension__({                                                           \
        const LFM_PORT_TYPE(object) lfm_port_value = *LFM_PORT_PLAIN(object); \
        atomic_signal_fence(memory_order_seq_cst);                            \
        lfm_port_value;                                                       \
    })
#define LFM_PORT_STORE(object, value, order) \
    (atomic_signal_fence(memory_order_seq_cst), (void)(*LFM_PORT_PLAIN(object) = (value)))
#define LFM_PORT_FETCH_ADD(object, sum, order)       \
    __extension__({                                  \
        LFM_PORT_IS_WORD(object);                    \
        lfm_port_fetch_add(object, (uint32_t)(sum)); \
    })
#define LFM_PORT_FETCH_SUB(object, sum, order) LFM_PORT_FETCH_ADD(object, 0 - (sum), order)
#define LFM_PORT_CAS_STRONG(object, expected, desired, succeeded, failed) \
    __extension__({                                                       \
        LFM_PORT_IS_WORD(object);                                         \
        lfm_port_compare_exchange(object, expected, (uint32_t)(desired)); \
    })
#define LFM_PORT_CAS_WEAK(object, expected, desired, succeeded, failed) \
    LFM_PORT_CAS_STRONG(object, expected, desired, succeeded, failed)

#endif
