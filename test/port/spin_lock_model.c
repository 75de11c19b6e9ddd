/* SPDX-License-Identifier: MIT */
#include "spin_lock_model.h"

#if __STDC_HOSTED__
#include <sched.h>
#else
static void sched_yield(void)
{
}
#endif

/* 1: the lock is free. */
static _Atomic(uint32_t) reads = 1;

bool spin_model_claim(void)
{
    const bool claimed = atomic_exchange_explicit(&reads, 0, memory_order_relaxed) != 0;
    if (!claimed) {
        sched_yield(); /* there are more threads than processors */
    }
    return claimed;
}

void spin_model_release(void)
{
    if (atomic_exchange_explicit(&reads, 1, memory_order_relaxed) != 0) {
        __builtin_trap(); /* nobody had claimed it */
    }
}
