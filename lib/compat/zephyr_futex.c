/* SPDX-License-Identifier: MIT */
/* How a thread sleeps on Linux: the kernel compares the word and puts the thread to sleep in one step. A wake holds
 * nothing and may come from a signal handler. */
#define _GNU_SOURCE
#include "zephyr.h"
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The system call that takes the C library's time_t. */
#if !defined(SYS_futex)
#define LFM_FUTEX SYS_futex_time64
#elif defined(SYS_futex_time64)
#define LFM_FUTEX (sizeof(time_t) > sizeof(long) ? SYS_futex_time64 : SYS_futex)
#else
#define LFM_FUTEX SYS_futex
#endif

int64_t lfm_zephyr_uptime(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* This operation takes an instant of CLOCK_MONOTONIC, not a duration. */
void lfm_zephyr_wait(const lfm_zephyr_word *word, uint32_t seen, int64_t until)
{
    const struct timespec at = {.tv_sec = (time_t)(until / 1000), .tv_nsec = (long)(until % 1000) * 1000000};
    syscall(LFM_FUTEX, word, FUTEX_WAIT_BITSET_PRIVATE, seen, &at, NULL, FUTEX_BITSET_MATCH_ANY);
}

void lfm_zephyr_wake(lfm_zephyr_word *word)
{
    syscall(LFM_FUTEX, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}
