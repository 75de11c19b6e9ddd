/* SPDX-License-Identifier: MIT */
/** @file lfm_zephyr_port.h
 * What k_mem_pool_alloc() needs of the system in order to wait. A host has it; firmware (-Dzephyr_wait=none) defines
 * these three, if it calls k_mem_pool_alloc() at all: nothing else refers to them.
 *
 * All pools may share one mutex with a condition variable, one event or the like: a wake may wake anybody, since who
 * wakes looks at his word again. */
#ifndef LFM_ZEPHYR_PORT_H
#define LFM_ZEPHYR_PORT_H

#include <lfmem/layout.h>

#ifdef __cplusplus
extern "C" {
typedef uint32_t lfm_zephyr_word;
#else
typedef _Atomic(uint32_t) lfm_zephyr_word;
#endif

/** Milliseconds since some instant; never less than before. */
int64_t lfm_zephyr_uptime(void);

/** Sleeps as long as *word is @p seen, at most until lfm_zephyr_uptime() is @p until. It may return at any time before,
 * but should not do so always; it must not sleep on when *word has changed and lfm_zephyr_wake() was called after that,
 * be it between the first look at *word and the sleep. A thread may be ended in here (cancelled, deleted): it holds
 * nothing of lfmem's. Context: the thread that called k_mem_pool_alloc(). */
void lfm_zephyr_wait(const lfm_zephyr_word *word, uint32_t seen, int64_t until);

/** Wakes everybody who sleeps on @p word, which has just changed. Context: whichever frees a block while somebody waits
 * for one; so if interrupt handlers free, from those. It is the only part of a free that need not be lock-free. A
 * thread must not be ended in here while it keeps others out. */
void lfm_zephyr_wake(lfm_zephyr_word *word);

#ifdef __cplusplus
}
#endif

#endif
