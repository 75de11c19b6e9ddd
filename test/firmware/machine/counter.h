/* SPDX-License-Identifier: MIT */
/* A clock by which instructions.c counts: with QEMU's -icount each instruction takes the same time. */
#ifndef LFM_TEST_COUNTER_H
#define LFM_TEST_COUNTER_H

#include <stdint.h>

/* counter.S: it returns and does nothing else; and one of so many instructions, which tells whether counts are right.
 */
uintptr_t counter_returns(uintptr_t, uintptr_t, uintptr_t);
uintptr_t counter_known(uintptr_t, uintptr_t, uintptr_t);
#define COUNTER_KNOWN 122u

#if defined(__aarch64__)
/* the virtual timer */
static inline void counter_start(void)
{
}

static inline uint32_t counter_now(void)
{
    uint64_t now;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(now) : : "memory");
    return (uint32_t)now;
}

static inline uint32_t counter_since(uint32_t before)
{
    return counter_now() - before;
}
#elif defined(__riscv)
/* retired instructions, which QEMU counts in ns */
static inline void counter_start(void)
{
}

static inline uint32_t counter_now(void)
{
    uintptr_t now;
    __asm__ volatile("csrr %0, minstret" : "=r"(now) : : "memory");
    return (uint32_t)now;
}

static inline uint32_t counter_since(uint32_t before)
{
    return counter_now() - before;
}
#else
/* SysTick, which counts down, 24 bits */
#define COUNTER_SYST ((volatile uint32_t *)0xE000E010) /* control, reload value, current value */

static inline void counter_start(void)
{
    COUNTER_SYST[1] = 0xFFFFFF;
    COUNTER_SYST[2] = 0;
    COUNTER_SYST[0] = 5; /* counts, core clock, no interrupt */
}

static inline uint32_t counter_now(void)
{
    return COUNTER_SYST[2];
}

static inline uint32_t counter_since(uint32_t before)
{
    return (before - counter_now()) & 0xFFFFFF;
}
#endif

#endif
