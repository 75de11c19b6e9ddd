/* SPDX-License-Identifier: MIT */
/* What the parts of Zephyr's front-end share.
 *
 *     zephyr.c          pools, the list of pools, who is told of a free
 *     zephyr_alloc.c    the allocation that waits
 *     zephyr_heap.c     the heap memory pool: a pool like others
 *     zephyr_futex.c, zephyr_pthread.c    how a thread sleeps
 *
 * A program that never waits links no port, and one that does not use the heap has no heap.
 *
 * Waiting. The word `waits` of a pool has a flag, ASLEEP, and above it a number that tells wakes apart.
 *
 *     who waits                               who frees
 *     W1  set ASLEEP, note the word           F1  free the block
 *     W2  meet each word of the heap          F2  load the word; not ASLEEP: done
 *     W3  try to allocate                     F3  clear ASLEEP and count, by one compare-and-swap
 *     W4  sleep while the word is the same    F4  wake who sleeps on the word
 *
 * No wake is lost. F1 and W2 are read-modify-writes of the same word of the heap, each of which acquires and releases
 * (heap_meet.h), so one comes first. If F1 does, W3 sees the block. If W2 does, then W1 comes before F2, which sees the
 * flag, and F3 changes the word; or the flag is gone since somebody else's F3 has changed the word after W1. W4 then
 * does not sleep, or F4 wakes it.
 *
 * So a free without waiters pays one load, which need not be ordered, and there is no fence on either side.
 *
 * Two things are told to nobody: a claim that a running allocation takes back because a larger block was faster, which
 * is a place that W3 may have missed; and what a context does not get to that is stopped between F1 and F4. So who
 * waits looks again by himself now and then (LFM_ZEPHYR_LOOK_MS).
 *
 * The number comes round after 2^31 wakes: a thread that stops for so long between W1 and W4 sleeps until its next
 * look.
 *
 * A thread that is cancelled while it waits ends in W4, where it holds nothing. What it leaves is ASLEEP, which costs
 * the next free a wake for nothing. Its callers are unwound through these files: where a compiler makes no tables for
 * that by itself, they are compiled with -fexceptions, as meson.build does. */
#ifndef LFM_LIB_COMPAT_ZEPHYR_H
#define LFM_LIB_COMPAT_ZEPHYR_H

/* For the parts that sleep. Only what comes before the first header of the system counts, and the parts may be compiled
 * as one file; so each part includes this file first. */
#if __STDC_HOSTED__
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#elif !defined(__linux__) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif
#endif

#include "../port.h"
#include <kernel.h>
#include <lfm_zephyr_port.h>

/* A flag in k_mem_pool.waits: somebody may be asleep. */
#define LFM_ZEPHYR_ASLEEP 1u

/* How long somebody sleeps at most before he looks again. */
#define LFM_ZEPHYR_LOOK_MS 100

/* The list of pools that k_free() looks at. Pools are appended; one is taken off only while nobody looks. */
typedef _Atomic(struct k_mem_pool *) lfm_zephyr_link;
extern lfm_zephyr_link lfm_zephyr_pools;

/* A pool that was never made: all zero, or over a heap that is. */
static inline bool lfm_zephyr_is_void(const struct k_mem_pool *pool)
{
    return pool->heap == NULL || pool->heap->units == 0;
}

/* Puts a pool on the list, once. */
void lfm_zephyr_enlist(struct k_mem_pool *pool);

/* The pool in which a block is taken; NULL: none that is on the list. */
struct k_mem_pool *lfm_zephyr_find(const void *block);

/* Counts the threads that wait for the memory of a heap. Zero to begin with. */
typedef _Atomic(uint32_t) lfm_zephyr_waiters;

/* Takes a block, waiting in order if there is none. `waiters` counts who waits for this heap's memory. NULL: none in
 * time. `align` 0: any. */
void *lfm_zephyr_take(lfm_heap *heap, lfm_zephyr_waiters *waiters, size_t align, size_t size, k_timeout_t timeout);

/* Some of the heap's memory is free now: serves those who wait. One relaxed load if nobody does. */
void lfm_zephyr_freed(lfm_heap *heap, lfm_zephyr_waiters *waiters);

/* F3 and F4, the flag having been seen in `seen`. */
void lfm_zephyr_wake_all(lfm_zephyr_waiters *waiters, uint32_t seen);

#endif
