/* SPDX-License-Identifier: MIT */
/* Numbers of threads, where port.h asks for them.
 *
 * State. `taken`: bit n of them is the number n; set and cleared by compare-and-swap or subtraction, by whoever has it.
 * `more`: counts the numbers that no bit had room for. `own`: 0, or where this thread begins: its number, from 1 on,
 * and where the program was loaded, so that processes that share memory begin elsewhere. It is written by this thread
 * and its signal handlers only, but those come anywhere. So a thread that has won a bit stores it only if no handler
 * has been here meanwhile; else it gives its own back.
 *
 * Progress: lock-free; a compare-and-swap on a word of bits fails if another thread has come or gone. */
#include "context.h"
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

/* Takes the smallest number that is free; one that no bit has if all are taken. */
static uint32_t lfm_thread_take(void)
{
    for (uint32_t i = 0; i < LFM_THREADS / LFM_THREAD_BITS; i++) {
        uint32_t seen = LFM_LOAD(THREAD, &lfm_thread_taken[i]);
        while (seen != UINT32_MAX) {
            const uint32_t bit = (uint32_t)__builtin_ctz(~seen);
            if (LFM_CAS_WEAK(THREAD, THREAD, &lfm_thread_taken[i], &seen, seen | (uint32_t)1 << bit)) {
                return i * LFM_THREAD_BITS + bit;
            }
        }
    }
    return LFM_THREADS + LFM_FETCH_ADD(THREAD, &lfm_thread_more, 1) % (UINT32_MAX / 4);
}

static void lfm_thread_give(uint32_t number)
{
    if (number < LFM_THREADS) {
        LFM_FETCH_SUB(THREAD, &lfm_thread_taken[number / LFM_THREAD_BITS], (uint32_t)1 << number % LFM_THREAD_BITS);
    }
}

uint32_t lfm_thread_enter(void)
{
    const uint32_t number = lfm_thread_take(), wanted = lfm_thread_first() + number;
    uint32_t own = 0;
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
        lfm_thread_give(own - lfm_thread_first());
    }
}
#else
void lfm_thread_leave(void)
{
}
#endif
