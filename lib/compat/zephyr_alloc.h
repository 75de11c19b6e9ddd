/* SPDX-License-Identifier: MIT */
/* How Zephyr's threads wait for memory of a heap, in order and without a lock. zephyr_alloc.c has the code.
 *
 * A thread that finds no block has to sleep until a free makes room. If it merely tried again after each free, a
 * newcomer could overtake it for ever. So the context that frees takes a block for the thread that is first in order,
 * and gives it that block. That context may be an interrupt handler, so it can neither lock nor wait.
 *
 * State:
 *
 *     waiters   a table for all heaps. While a thread waits it has one of them.
 *     state     of a waiter, one word, on which its thread sleeps:
 *                 FREE, sequence      no thread has the waiter; the sequence counts the waits in it
 *                 HELD, sequence      a thread begins or ends a wait, and writes the fields
 *                 WAITING, sequence   the fields hold; other contexts only read them
 *                 GIVEN, unit         a block was taken for the thread, which begins at this unit of its heap
 *     fields    of a waiter: heap, align, size, priority, ticket.
 *     waits     of a pool or k_heap: how many threads have a waiter for its memory.
 *     tickets   drawn so far, by all threads.
 *
 *     FREE s --CAS--> HELD s --store--> WAITING s --CAS, any context--> GIVEN unit --store--> FREE s + 1
 *                                                 --CAS--> HELD s                  --store--> FREE s + 1
 *
 * Only the thread of a waiter changes its state, but for the one step to GIVEN.
 *
 *     a thread that waits                     a context that frees
 *     W1  hold a waiter, count it in `waits`  F1  free the block
 *     W2  draw a ticket, set WAITING          F2  load `waits`; 0: done
 *     W3  rendezvous with each word of the    F3  serve
 *         heap
 *     W4  serve                               serve, in passes
 *     W5  sleep while the state is the same   S1  load the number of tickets drawn: the horizon
 *     W6  from GIVEN take the block; else,    S2  find the next request in order, below the horizon; none: done
 *         when the time is up, take back      S3  allocate for it; no room: go on with S2
 *         WAITING by compare-and-swap         S4  give the block: WAITING to GIVEN
 *                                             S5  wake that thread; go on with S2
 *                                             S6  if S4 failed, free the block and begin a new pass
 *
 * Order: the smaller priority, then the older ticket. S3 leaves out a request if one before it still waits and asks for
 * no more: no larger size, no larger alignment. There was no room for that one, so there is none for this.
 *
 * Invariants
 * Q1  No block is lost or given twice. A block in the hands of a server ends in S4 or S6. A wait is named by the
 *     sequence in the state. So S4 succeeds only if the wait goes on that S2 has read, and the fields were its own. W6
 *     takes WAITING back or finds a block.
 * Q2  No wait is overtaken by a later one that asks for no less. A pass that sees both considers the first one before,
 *     and S3 then leaves out the other. Say the first has set WAITING before the second draws its ticket. Then each
 *     pass that sees the second sees the first: the draw releases, S1 acquires, and S2 comes after it. Therefore equal
 *     requests are served in the order of arrival.
 * Q3  A call with a timeout tries by itself only if `waits` is 0. So it overtakes no wait that began before it.
 * Q4  Tickets come round after 2^32. A thread that looks again moves its own up, so that it is never more than 2^30
 *     behind. Two such threads may change places.
 * Q5  No thread sleeps while there is room for it. F1 and W3 are read-modify-writes of the same word of the heap. F1
 *     acquires and releases, W3 releases (heap_rendezvous.h). So one comes first. If F1 does, W4 sees the block. If W3
 *     does, W1 and W2 come before F2, and F3 sees the wait. The same holds for a wait beyond the horizon of a pass. Had
 *     its W3 come before F1, S1 would have seen its ticket. So its W4 sees the block. A block that S6 frees is followed
 *     by a pass with a horizon of its own.
 *
 * Cost: a free without waits pays one load, which need not be ordered. There is no fence on either side.
 *
 * Progress: lock-free. S6 follows only where some wait has ended or was served, and each wait ends once. A context that
 * stops while it serves keeps one block at most, and all others go on. A thread that ends without notice keeps its
 * waiter, and a block if it is given one.
 *
 * Two changes are announced to no thread. A running allocation may take back a claim because a larger block was faster,
 * and S3 may have missed that room. A context may stop between F1 and S5. So a thread that waits serves again now and
 * then (LFM_ZEPHYR_LOOK_MS).
 *
 * ABA: sequences come round after 2^30 waits in one waiter. Say a server stops between S2 and S4 for exactly so long.
 * Then it gives a block to a wait that it has not read. If that is for another heap, or for more, it gets a bad block.
 * At 10^5 waits a second in one waiter this takes 3 hours. A unit needs no bits beside the sequence, since only the
 * thread of the waiter reads it, and that knows its sequence. So the limit is the same for each size of pool. A heap of
 * more than 2^30 units has no waiters: threads wait for its memory without order.
 *
 * If all waiters are taken, a thread serves and tries again every few milliseconds (LFM_ZEPHYR_CROWDED_MS), until it
 * finds one.
 *
 * A thread that is cancelled ends in W5. There its port calls lfm_zephyr_abandon(), which ends the wait. A block that
 * was given meanwhile is freed, and other threads are served. The callers of the port are unwound through these files.
 * Where a compiler makes no tables for that by itself, they are compiled with -fexceptions, as meson.build does.
 *
 * A child of fork() has none of the threads that waited. lfm_zephyr_forked() ends their waits there. */
#ifndef LFM_LIB_COMPAT_ZEPHYR_ALLOC_H
#define LFM_LIB_COMPAT_ZEPHYR_ALLOC_H

/* For the parts that sleep. These macros count only before the first header of the system, and the parts may be
 * compiled as one file. So each part includes this file first. */
#if __STDC_HOSTED__
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#elif !defined(__linux__) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif
#endif

#include <lfmem/detail/assertion.h>
#include "../atomic.h"
#include <kernel.h>
#include <lfm_zephyr_port.h>

/* Memory orders, in pairs. */

/* W1: acquires the waiter from the thread that had it; pairs with WAIT_END. */
#ifndef LFM_MO_WAIT_HOLD
#define LFM_MO_WAIT_HOLD memory_order_acquire
#endif
/* W6: releases the waiter to the thread that takes it next; pairs with WAIT_HOLD. */
#ifndef LFM_MO_WAIT_END
#define LFM_MO_WAIT_END memory_order_release
#endif

/* W1: releases that the wait before has ended; pairs with WAIT_FIELD. */
#ifndef LFM_MO_WAIT_FIELD_SET
#define LFM_MO_WAIT_FIELD_SET memory_order_release
#endif
/* S2: a load that sees a later wait's field makes the second load of the state see that wait, too; pairs with
 * WAIT_FIELD_SET. */
#ifndef LFM_MO_WAIT_FIELD
#define LFM_MO_WAIT_FIELD memory_order_acquire
#endif

/* W2, Q2: releases that earlier waits have begun, to the passes that see this ticket; pairs with WAIT_HORIZON. */
#ifndef LFM_MO_WAIT_DRAW
#define LFM_MO_WAIT_DRAW memory_order_release
#endif
/* S1, Q2: acquires what threads did before they drew, so that a pass that sees a wait sees those before it; pairs with
 * WAIT_DRAW. */
#ifndef LFM_MO_WAIT_HORIZON
#define LFM_MO_WAIT_HORIZON memory_order_acquire
#endif

/* W2: releases the fields; pairs with WAIT_STATE. */
#ifndef LFM_MO_WAIT_BEGIN
#define LFM_MO_WAIT_BEGIN memory_order_release
#endif
/* S2: acquires the fields of this wait; pairs with WAIT_BEGIN. */
#ifndef LFM_MO_WAIT_STATE
#define LFM_MO_WAIT_STATE memory_order_acquire
#endif

/* S4: releases the block, and that the fields were read, to the thread that takes it; pairs with WAIT_LEAVE. */
#ifndef LFM_MO_WAIT_GIVE
#define LFM_MO_WAIT_GIVE memory_order_release
#endif
/* W6: if it fails it acquires the block that was given; pairs with WAIT_GIVE. If not, no other memory depends on it. */
#ifndef LFM_MO_WAIT_LEAVE
#define LFM_MO_WAIT_LEAVE memory_order_acquire
#endif

/* W1: releases `waits` of the waiter, so that a child of fork() that finds the count finds the waiter, too. */
#ifndef LFM_MO_WAIT_COUNT_UP
#define LFM_MO_WAIT_COUNT_UP memory_order_release
#endif
/* F2: F1 has ordered it (Q5). A call sees each wait that began before it (Q3). A free that still sees a count serves
 * nobody. */
#define LFM_MO_WAIT_COUNT memory_order_relaxed
/* S2: the loads of the fields before it have ordered it. */
#define LFM_MO_WAIT_STATE_AGAIN memory_order_relaxed
/* A guess, which a compare-and-swap confirms: WAIT_HOLD, WAIT_GIVE or WAIT_LEAVE. */
#define LFM_MO_WAIT_GUESS memory_order_relaxed
/* The thread's own waiter, or no other context is there. */
#define LFM_MO_WAIT_OWN memory_order_relaxed
/* Q4: the number alone counts. */
#define LFM_MO_WAIT_TICKETS memory_order_relaxed

/* How long a thread sleeps at most before it looks again: with a waiter, and without one. */
#define LFM_ZEPHYR_LOOK_MS    100
#define LFM_ZEPHYR_CROWDED_MS 5

/* Counts the threads that have a waiter for the memory of one heap. Zero to begin with. */
typedef _Atomic(uint32_t) lfm_zephyr_wait_count;

/* Takes a block. If there is none, waits for one in order; `waits` counts the threads that wait for this heap's memory.
 * `align` 0: any. NULL: none in time. */
void *lfm_zephyr_take(const lfm_heap *heap, lfm_zephyr_wait_count *waits, size_t align, size_t size,
                      k_timeout_t timeout);

/* Gives free blocks to threads that wait, in order: S1 to S6. A program that never waits is linked without it: if a
 * thread waits, it is there. */
#pragma weak lfm_zephyr_serve
void lfm_zephyr_serve(const lfm_heap *heap);

/* F2 and F3: some of the heap's memory is free now. One relaxed load if no thread waits. */
static inline void lfm_zephyr_freed(const lfm_heap *heap, const lfm_zephyr_wait_count *waits)
{
    LFM_ASSERT(heap != NULL && waits != NULL);
    if (LFM_LOAD(WAIT_COUNT, waits) != 0) {
        lfm_zephyr_serve(heap);
    }
}

#endif
