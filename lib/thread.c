/* SPDX-License-Identifier: MIT */
/* Numbers of threads, where context.h asks for them.
 *
 * The problem: threads that run at the same time are to begin at different lists, so their numbers are to be small and
 * differ. Threads come and go, and nobody says when one begins.
 *
 * The solution: the first call of a thread that asks takes the smallest number that is free. A thread that calls
 * lfm_thread_leave() gives its number back.
 *
 * State. `taken`: bit n of all its words says that number n is taken. A thread that wants a number sets a bit by
 * compare-and-swap; the one that has it clears it by subtraction. `more`: counts the numbers beyond those.
 * `own`: 0 if this thread has no number, else the number + `first`. `first` is at least 1, and depends on where the
 * program was loaded, so that processes that share memory begin at different lists. Only this thread and its signal
 * handlers write `own`, but a handler can come between any two instructions. So a thread that has won a bit stores it
 * by compare-and-swap. If a handler has stored another number meanwhile, the thread gives its own back.
 *
 * Progress: lock-free. A compare-and-swap of a word of bits fails only if another thread has come or gone. */
#include "context.h"
#include <lfmem/detail/assertion.h>
#include <lfmem/thread.h>

#if LFM_PORT_THREADS
#define LFM_THREAD_BITS 32u
#define LFM_THREADS     256u

_Thread_local _Atomic(uint32_t) lfm_thread_own LFM_THREAD_LOCAL;

static _Atomic(uint32_t) lfm_thread_taken[LFM_THREADS / LFM_THREAD_BITS];
static _Atomic(uint32_t) lfm_thread_more;

/* What `own` is for number 0; small enough that no number makes it 0. */
static inline uint32_t lfm_thread_first(void)
{
    return ((uint32_t)((uintptr_t)&lfm_thread_more >> 12) & UINT32_MAX / 4) + 1;
}

/* Takes the smallest number that is free. If all that have a bit are taken, it is one without a bit. */
static uint32_t lfm_thread_take(void)
{
    for (uint32_t i = 0; i < LFM_THREADS / LFM_THREAD_BITS; i++) {
        uint32_t seen = LFM_LOAD(THREAD, &lfm_thread_taken[i]);
        while (seen != UINT32_MAX) {
            const uint32_t bit = (uint32_t)__builtin_ctz(~seen);
            LFM_ASSERT(bit < LFM_THREAD_BITS && (seen >> bit & 1) == 0);
            if (LFM_CAS_WEAK(THREAD, THREAD, &lfm_thread_taken[i], &seen, seen | (uint32_t)1 << bit)) {
                return i * LFM_THREAD_BITS + bit;
            }
        }
    }
    return LFM_THREADS + LFM_FETCH_ADD(THREAD, &lfm_thread_more, 1) % (UINT32_MAX / 4);
}

static void lfm_thread_give(uint32_t number)
{
    LFM_ASSERT(number < LFM_THREADS + UINT32_MAX / 4);
    if (number < LFM_THREADS) {
        const uint32_t bit = (uint32_t)1 << number % LFM_THREAD_BITS;
        const uint32_t seen = LFM_FETCH_SUB(THREAD, &lfm_thread_taken[number / LFM_THREAD_BITS], bit);
        LFM_ASSERT((seen & bit) != 0);
    }
}

uint32_t lfm_thread_enter(void)
{
    const uint32_t number = lfm_thread_take(), wanted = lfm_thread_first() + number;
    uint32_t own = 0;
    LFM_ASSERT(wanted != 0);
    if (LFM_CAS(THREAD, THREAD, &lfm_thread_own, &own, wanted)) {
        return wanted;
    }
    lfm_thread_give(number);
    return own;
}

void lfm_thread_leave(void)
{
    uint32_t own = LFM_LOAD(THREAD, &lfm_thread_own);
    if (own != 0 && LFM_CAS(THREAD, THREAD, &lfm_thread_own, &own, 0)) {
        LFM_ASSERT(own >= lfm_thread_first());
        lfm_thread_give(own - lfm_thread_first());
    }
}
#else
void lfm_thread_leave(void)
{
}
#endif
