/* SPDX-License-Identifier: MIT */
/* What the parts of Zephyr's front-end share.
 *
 *     zephyr.c          pools, the list of pools, whether a free has to serve
 *     zephyr_alloc.c    the allocation that waits, in order
 *     zephyr_heap.c     the heap memory pool: a pool like others
 *     zephyr_k_heap.c   heaps that wait as pools do; zephyr_sys_heap*.c: those below them
 *     zephyr_pools.c    pools whose blocks are freed by their address, pools of threads
 *     zephyr_thread.c   allocations from the pool of the calling thread
 *     zephyr_current.c  which thread this is
 *     zephyr_futex.c, zephyr_pthread.c    how a thread sleeps, and how urgent it is
 *
 * A program that never waits links no port, and one that does not use the heap has no heap. Only allocations from pools
 * of threads refer to k_current_get().
 *
 * Waiting. A context that frees takes a block for the thread that is first in order, and gives it that block. The
 * places in the order are a table for all heaps. A place has one word, its state, on which its thread sleeps:
 *
 *     FREE, turn       nobody has the place; turns count the waits in it
 *     HELD, turn       a thread comes or goes, and writes the fields: heap, align, size, priority, ticket
 *     WAITING, turn    the fields hold; others only read them
 *     GIVEN, unit      a block was taken for the thread, which begins at this unit of its heap
 *
 * Only the thread of a place changes the state, but for one step: WAITING to GIVEN, a compare-and-swap of any context.
 *
 *     a thread that waits                     a context that frees
 *     W1  hold a place, count it in `waits`   F1  free the block
 *     W2  draw a ticket, set WAITING          F2  load `waits`; 0: done
 *     W3  meet each word of the heap          F3  serve
 *     W4  serve
 *     W5  sleep while the state is the same   serve, in passes
 *     W6  from GIVEN take the block; else,    S1  load the number of tickets drawn: the horizon
 *         when the time is up, take back      S2  find the next in order, below the horizon; none: done
 *         WAITING by compare-and-swap         S3  allocate for it; no room: go on with S2
 *                                             S4  give the block: WAITING to GIVEN
 *                                             S5  wake that thread; go on with S2
 *                                             S6  if S4 failed, free the block and begin a new pass
 *
 * Order: the smaller priority, then the older ticket. S3 leaves out a wish if one that was considered before it still
 * waits and asks for no more: no larger size, no larger alignment. There was no room for that one, so none for this.
 *
 * Q1  No block is lost or given twice. A block in the hands of a server ends in S4 or S6. The state names the wait by
 *     its turn. So S4 succeeds only if the wait goes on of which S2 has read; then those fields were its own. W6
 *     takes WAITING back or finds a block.
 * Q2  No wait is overtaken by one behind it that asks for no less. A pass that sees both considers the first one
 *     before, and S3 then leaves out the other. If the first has set WAITING before the second draws its ticket, each
 *     pass that sees the second sees the first: the draw releases, S1 acquires, and S2 comes after it. Equal wishes are
 *     served in the order of arrival therefore.
 * Q3  A call with a timeout tries by itself only if `waits` is 0, so it overtakes no wait that began before it.
 * Q4  Tickets come round after 2^32. A thread that looks again moves its own up, so that it is never more than 2^30
 *     behind. Two such threads may change places.
 * Q5  Nobody sleeps while there is room for it. F1 and W3 are read-modify-writes of the same word of the heap, F1
 *     acquires and releases, W3 releases (heap_rendezvous.h), so one comes first. If F1 does, W4 sees the block. If W3
 * does, then W1 and W2 come before F2, and F3 sees the wait. The same holds for a wait beyond the horizon of a pass:
 * had its W3 come before F1, S1 would have seen its ticket, so its W4 sees the block. What S6 frees is followed by a
 *     pass with a horizon of its own.
 *
 * A free without waiters pays one load, which need not be ordered, and there is no fence on either side.
 *
 * Progress: S6 follows only where some wait has ended or was served, and each ends once; so serving is lock-free. A
 * context that is stopped in it keeps one block at most, and all others go on. A thread that ends without notice keeps
 * its place, and a block if it is given one.
 *
 * Two things are told to nobody: a claim that a running allocation takes back because a larger block was faster, which
 * is a place that S3 may have missed; and what a context does not get to that is stopped between F1 and S5. So a thread
 * that waits serves again now and then (LFM_ZEPHYR_LOOK_MS).
 *
 * Turns come round after 2^30 waits in one place. A server that is stopped between S2 and S4 for exactly so long gives
 * a block to a wait that it does not know: if that is for another heap, or more, it gets a bad block. At 10^5 waits a
 * second in one place this takes 3 hours. A unit needs no bits beside the turn, as only the thread of the place
 * reads it, which knows its turn. So the number is the same for each size of pool, and heaps of more than 2^30 units
 * have no places: threads wait for them without order.
 *
 * If all places are taken, a thread serves and tries every few milliseconds (LFM_ZEPHYR_CROWDED_MS), until it finds
 * one.
 *
 * A thread that is cancelled ends in W5. There its port tells lfm_zephyr_abandon(), which gives up the place; a block
 * that was given meanwhile is freed, and others are served. Its callers are unwound through these files: where a
 * compiler makes no tables for that by itself, they are compiled with -fexceptions, as meson.build does.
 *
 * A child of fork() has none of the threads that waited. lfm_zephyr_forked() empties their places there. */
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

#include "../atomic.h"
#include <kernel.h>
#include <lfm_zephyr_port.h>

/* Memory orders of the list of pools. A context that meets a pool sees its fields, which may have come with a module
 * that was loaded later; pairs with POOLS_CAS and POOLS_REMOVE. */
#ifndef LFM_MO_POOLS_LOAD
#define LFM_MO_POOLS_LOAD memory_order_acquire
#endif
/* As POOLS_LOAD: it is how the next pool is met. */
#ifndef LFM_MO_POOLS_FAIL
#define LFM_MO_POOLS_FAIL memory_order_acquire
#endif
/* Releases the pool's fields. Acquires for C11, since POOLS_FAIL does: 7.17.7.4. */
#ifndef LFM_MO_POOLS_CAS
#define LFM_MO_POOLS_CAS memory_order_acq_rel
#endif
/* Releases the fields of the pools behind, as the contexts that appended them did. */
#ifndef LFM_MO_POOLS_REMOVE
#define LFM_MO_POOLS_REMOVE memory_order_release
#endif
/* Nobody else uses this pool, and contexts that will are told by other means. */
#define LFM_MO_POOLS_RESET memory_order_relaxed
/* Releases the way to the pool: a context that sees this and hands out a block, hands that on, too. */
#ifndef LFM_MO_LISTED_SET
#define LFM_MO_LISTED_SET memory_order_release
#endif
/* Acquires the way to the pool on the list; pairs with LISTED_SET. */
#ifndef LFM_MO_LISTED_LOAD
#define LFM_MO_LISTED_LOAD memory_order_acquire
#endif
/* Releases the pool's fields, which may have come with a module, to the thread; pairs with THREAD_POOL_LOAD. */
#ifndef LFM_MO_THREAD_POOL_SET
#define LFM_MO_THREAD_POOL_SET memory_order_release
#endif
/* Acquires them; pairs with THREAD_POOL_SET. */
#ifndef LFM_MO_THREAD_POOL_LOAD
#define LFM_MO_THREAD_POOL_LOAD memory_order_acquire
#endif

/* Memory orders of waiting. S2: acquires the fields of this wait; pairs with WAIT_BEGIN. */
#ifndef LFM_MO_WAIT_STATE
#define LFM_MO_WAIT_STATE memory_order_acquire
#endif
/* S2: a load that sees a later wait's field makes the second load of the state see that wait, too; pairs with
 * WAIT_FIELD_SET. */
#ifndef LFM_MO_WAIT_FIELD
#define LFM_MO_WAIT_FIELD memory_order_acquire
#endif
/* Releases that the wait before has ended; pairs with WAIT_FIELD. */
#ifndef LFM_MO_WAIT_FIELD_SET
#define LFM_MO_WAIT_FIELD_SET memory_order_release
#endif
/* The loads of the fields before it have ordered it. */
#define LFM_MO_WAIT_STATE_AGAIN memory_order_relaxed
/* S4: releases the block, and that the fields were read, to the thread that takes it; pairs with WAIT_LEAVE. */
#ifndef LFM_MO_WAIT_GIVE
#define LFM_MO_WAIT_GIVE memory_order_release
#endif
/* S1, Q2: acquires what threads did before they drew: those in front of one that is seen are seen as well; pairs with
 * WAIT_DRAW. */
#ifndef LFM_MO_WAIT_HORIZON
#define LFM_MO_WAIT_HORIZON memory_order_acquire
#endif
/* W2, Q2: releases that earlier waits have begun, to the passes that see this ticket; pairs with WAIT_HORIZON. */
#ifndef LFM_MO_WAIT_DRAW
#define LFM_MO_WAIT_DRAW memory_order_release
#endif
/* W1: acquires the place from the thread that had it; pairs with WAIT_END. */
#ifndef LFM_MO_WAIT_HOLD
#define LFM_MO_WAIT_HOLD memory_order_acquire
#endif
/* W2: releases the fields; pairs with WAIT_STATE. */
#ifndef LFM_MO_WAIT_BEGIN
#define LFM_MO_WAIT_BEGIN memory_order_release
#endif
/* W6: if it fails it acquires the block that was given (WAIT_GIVE); if not, nothing depends on the order. */
#ifndef LFM_MO_WAIT_LEAVE
#define LFM_MO_WAIT_LEAVE memory_order_acquire
#endif
/* W6: releases the place to the thread that takes it next; pairs with WAIT_HOLD. */
#ifndef LFM_MO_WAIT_END
#define LFM_MO_WAIT_END memory_order_release
#endif
/* W1: releases where the count is: a child that sees it sees that as well. */
#ifndef LFM_MO_WAIT_COUNT_UP
#define LFM_MO_WAIT_COUNT_UP memory_order_release
#endif
/* F1 has ordered it (F2, Q5). A wait that has begun before a call is seen by it (Q3). A free that still sees a count
 * looks for nothing. */
#define LFM_MO_WAIT_COUNT memory_order_relaxed
/* A guess, which a compare-and-swap confirms: WAIT_HOLD or WAIT_LEAVE. */
#define LFM_MO_WAIT_GUESS memory_order_relaxed
/* The thread's own fields, or nobody else is there. */
#define LFM_MO_WAIT_OWN memory_order_relaxed
/* Q4: the number alone counts. */
#define LFM_MO_WAIT_TICKETS memory_order_relaxed

/* How long a thread sleeps at most before it looks again: with a place, and without one. */
#define LFM_ZEPHYR_LOOK_MS    100
#define LFM_ZEPHYR_CROWDED_MS 5

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

/* The heap of a pool, which is on the list then; NULL: it has no blocks of this size. */
lfm_heap *lfm_zephyr_heap_for(struct k_mem_pool *pool, size_t size);

/* The pool in which a block is taken; NULL: none that is on the list. */
struct k_mem_pool *lfm_zephyr_find(const void *block);

/* Counts the threads that have a place and wait for the memory of a heap. Zero to begin with. */
typedef _Atomic(uint32_t) lfm_zephyr_waiters;

/* Takes a block, waiting in order if there is none. `waiters` counts the threads that wait for this heap's memory.
 * NULL: none in time. `align` 0: any. */
void *lfm_zephyr_take(lfm_heap *heap, lfm_zephyr_waiters *waiters, size_t align, size_t size, k_timeout_t timeout);

/* Gives what is free to threads that wait, in order: S1 to S6. A program that never waits does without it
 * (zephyr_alloc.c): if anybody waits, this is there. */
#pragma weak lfm_zephyr_serve
void lfm_zephyr_serve(lfm_heap *heap);

/* F2 and F3: some of the heap's memory is free now. One relaxed load if nobody waits. */
static inline void lfm_zephyr_freed(lfm_heap *heap, const lfm_zephyr_waiters *waiters)
{
    if (LFM_LOAD(WAIT_COUNT, waiters) != 0) {
        lfm_zephyr_serve(heap);
    }
}

#endif
