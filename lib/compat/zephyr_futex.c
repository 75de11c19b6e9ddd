/* SPDX-License-Identifier: MIT */
/* How a thread sleeps on Linux. The kernel compares the word and puts the thread to sleep in one step. A wake holds no
 * lock and may come from a signal handler. A thread that sleeps holds none either, and may be cancelled. */
#include "zephyr_alloc.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* A flag that Linux adds to the policy of a thread whose children have another one. Older headers lack it. */
#ifndef SCHED_RESET_ON_FORK
#define SCHED_RESET_ON_FORK 0
#endif

/* The system call that takes the C library's time_t. */
#if !defined(SYS_futex)
#define LFM_FUTEX SYS_futex_time64
#elif defined(SYS_futex_time64)
#define LFM_FUTEX (sizeof(time_t) > sizeof(long) ? SYS_futex_time64 : SYS_futex)
#else
#define LFM_FUTEX SYS_futex
#endif

/* An older glibc has threads in a library of their own; a program without it cancels no thread. Android has no
 * cancellation. */
#if defined(__GLIBC__)
#if !__GLIBC_PREREQ(2, 34)
#pragma weak pthread_testcancel
#define LFM_ZEPHYR_TESTCANCEL() (pthread_testcancel != NULL ? pthread_testcancel() : (void)0)
#endif
#elif defined(__ANDROID__)
#define LFM_ZEPHYR_TESTCANCEL() ((void)0)
#endif
#ifndef LFM_ZEPHYR_TESTCANCEL
#define LFM_ZEPHYR_TESTCANCEL() pthread_testcancel()
#endif

/* There, pthread_atfork() is in the library of threads, too. The function that it calls is not. */
#if defined(__GLIBC__) && !__GLIBC_PREREQ(2, 34)
extern void *__dso_handle;
int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *object);
#define LFM_ZEPHYR_IN_CHILD(function) __register_atfork(NULL, NULL, function, __dso_handle)
#else
#define LFM_ZEPHYR_IN_CHILD(function) pthread_atfork(NULL, NULL, function)
#endif

/* Acquires that the handler is registered; pairs with HANDLER_SET. */
#ifndef LFM_MO_HANDLER_LOAD
#define LFM_MO_HANDLER_LOAD memory_order_acquire
#endif
/* Releases it; pairs with HANDLER_LOAD. */
#ifndef LFM_MO_HANDLER_SET
#define LFM_MO_HANDLER_SET memory_order_release
#endif

static _Atomic(bool) lfm_zephyr_has_handler;

/* The handler for forks is registered here, before the thread has a waiter: so no child begins without it. Threads that
 * come here at the same time may register several, which do no harm. */
int lfm_zephyr_priority(void)
{
    int policy;
    struct sched_param param;
    if (!LFM_LOAD(HANDLER_LOAD, &lfm_zephyr_has_handler) && LFM_ZEPHYR_IN_CHILD(lfm_zephyr_forked) == 0) {
        LFM_STORE(HANDLER_SET, &lfm_zephyr_has_handler, true);
    }
    if (pthread_getschedparam(pthread_self(), &policy, &param) != 0) {
        return 0;
    }
    policy &= ~SCHED_RESET_ON_FORK;
    return policy == SCHED_FIFO || policy == SCHED_RR ? -param.sched_priority : 0;
}

int64_t lfm_zephyr_uptime(void)
{
    struct timespec now;
    const int failed = clock_gettime(CLOCK_MONOTONIC, &now);
    LFM_ASSERT(failed == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void lfm_zephyr_cancelled(void *word)
{
    lfm_zephyr_abandon(word);
}

/* FUTEX_WAIT_BITSET takes an instant of CLOCK_MONOTONIC, where FUTEX_WAIT takes a duration. A system call by its number
 * is no cancellation point. A thread that is cancelled in it ends when it would have looked again. */
void lfm_zephyr_wait(const lfm_zephyr_word *word, uint32_t seen, int64_t until)
{
    const struct timespec at = {.tv_sec = (time_t)(until / 1000), .tv_nsec = (long)(until % 1000) * 1000000};
    LFM_ASSERT(until >= 0 && at.tv_nsec < 1000000000);
    LFM_ASSERT((uintptr_t)word % sizeof *word == 0);
    pthread_cleanup_push(lfm_zephyr_cancelled, (void *)(uintptr_t)word);
    LFM_ZEPHYR_TESTCANCEL();
    syscall(LFM_FUTEX, word, FUTEX_WAIT_BITSET_PRIVATE, seen, &at, NULL, FUTEX_BITSET_MATCH_ANY);
    LFM_ZEPHYR_TESTCANCEL();
    pthread_cleanup_pop(0);
}

void lfm_zephyr_wake(lfm_zephyr_word *word)
{
    LFM_ASSERT((uintptr_t)word % sizeof *word == 0);
    syscall(LFM_FUTEX, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}
