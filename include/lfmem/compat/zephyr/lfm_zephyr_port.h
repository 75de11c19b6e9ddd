/* SPDX-License-Identifier: MIT */
/** @file lfm_zephyr_port.h
 * What k_mem_pool_alloc() and k_heap need of the system in order to wait. A host has it. Firmware (-Dzephyr_wait=none)
 * defines the first four, if it calls k_mem_pool_alloc() or a function of k_heap. Nothing else refers to them.
 * lfmem has the last two, for ports to call. For pools of threads it also defines k_current_get() (kernel.h).
 *
 * All threads may share one mutex with a condition variable, one event or the like. A wake may wake anybody, since a
 * thread that wakes looks at its word again. */
#ifndef LFM_ZEPHYR_PORT_H
#define LFM_ZEPHYR_PORT_H

#include <lfmem/layout.h>

#ifdef __cplusplus
extern "C" {
typedef uint32_t lfm_zephyr_word;
#else
typedef _Atomic(uint32_t) lfm_zephyr_word;
#endif

/** Milliseconds since some instant; never less than before.
 *
 * - Context: a thread that waits. */
int64_t lfm_zephyr_uptime(void);

/** How urgent the calling thread is: a smaller number is served first, as in Zephyr, where this is
 * k_thread_priority_get(k_current_get()). Threads of the same number are served in order of arrival; a port that knows
 * no priorities returns 0. It is asked once for each wait, before anything else of this file but lfm_zephyr_uptime() is
 * called for that. So a port that has to prepare something does so here.
 *
 * - Context: the thread that is going to wait. */
int lfm_zephyr_priority(void);

/** Sleeps as long as *word is @p seen, at most until lfm_zephyr_uptime() is @p until. It may return at any time before,
 * but should not do so always. It must not sleep on when *word has changed and lfm_zephyr_wake() was called after that.
 * That includes a change between the first look at *word and the sleep. Where a thread may be ended in here (cancelled,
 * deleted), the port calls lfm_zephyr_abandon().
 *
 * - Context: the thread that waits. */
void lfm_zephyr_wait(const lfm_zephyr_word *word, uint32_t seen, int64_t until);

/** Wakes the thread that sleeps on @p word, which has just changed; that thread may be awake already.
 *
 * - Context: whichever frees a block while a thread waits for one; so if interrupt handlers free, from those. It is the
 *   only part of a free that need not be lock-free. A thread must not be ended in here while it keeps others out. */
void lfm_zephyr_wake(lfm_zephyr_word *word);

/** A thread has ended in lfm_zephyr_wait() for this word. Its place in the order serves others then, and a block that
 * it was given meanwhile is freed. To be called once, by any context, after that thread has run for the last time, or
 * by itself on its way out. A port without it loses the place for good, and a block if one is given to that thread. The
 * pool and its memory must still be there.
 *
 * - Context: any.
 * - Progress: lock-free, and that of lfm_zephyr_wake(). */
void lfm_zephyr_abandon(const lfm_zephyr_word *word);

/** This process is a child of fork(), and has one thread. The places of others are free, and blocks that they were
 * given are freed. To be called before that thread uses a pool (pthread_atfork()). A signal handler that has
 * interrupted a thread which waits must not fork.
 *
 * - Context: that thread.
 * - Progress: wait-free.
 * - Time: O(zephyr_waiters) and a free for each block that was given. */
void lfm_zephyr_forked(void);

#ifdef __cplusplus
}
#endif

#endif
