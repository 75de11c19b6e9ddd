/* SPDX-License-Identifier: MIT */
/** @file atomic.h
 * The only way in which the library touches atomics. An operation names its memory order; the orders stand below and in
 * lib/atomic.h, each with its reason.
 *
 *     LFM_LOAD(order, object)
 *     LFM_STORE(order, object, value)
 *     LFM_FETCH_ADD(order, object, value)                           also LFM_FETCH_SUB
 *     LFM_CAS(order, order of failure, object, &expected, desired)
 *     LFM_CAS_WEAK(...)                                             may fail by itself: for loops
 *     LFM_LOAD_LINKED(order, object)                                see below
 *     LFM_STORE_CONDITIONAL(order, order of failure, object, &expected, desired)
 *
 * They are made of LFM_PORT_LOAD and so on: <stdatomic.h>, or what a port's header, the explorer or a model checker
 * defines before this file. There is no other way in.
 *
 * An order can be replaced from the command line, -DLFM_MO_POP_LOAD=memory_order_relaxed. The explorer replaces it at
 * run time, by LFM_PORT_ORDER (lib/README.md, "Memory orders"). Operations carry orders; there are no fences. */
#ifndef LFMEM_DETAIL_ATOMIC_H
#define LFMEM_DETAIL_ATOMIC_H

#include <lfmem/detail/port.h>
#include <stdatomic.h>

/* Where a port defines LFM_PORT_CAS, it has all of these. */
#ifndef LFM_PORT_LOAD
#define LFM_PORT_LOAD(object, order) atomic_load_explicit(object, order)
#endif
#ifndef LFM_PORT_STORE
#define LFM_PORT_STORE(object, value, order) atomic_store_explicit(object, value, order)
#endif
#ifndef LFM_PORT_FETCH_ADD
#define LFM_PORT_FETCH_ADD(object, sum, order) atomic_fetch_add_explicit(object, sum, order)
#endif
#ifndef LFM_PORT_FETCH_SUB
#define LFM_PORT_FETCH_SUB(object, sum, order) atomic_fetch_sub_explicit(object, sum, order)
#endif
#ifndef LFM_PORT_CAS_STRONG
#define LFM_PORT_CAS_STRONG(object, expected, desired, order, fail_order) \
    atomic_compare_exchange_strong_explicit(object, expected, desired, order, fail_order)
#endif
#ifndef LFM_PORT_CAS_WEAK
#define LFM_PORT_CAS_WEAK(object, expected, desired, order, fail_order) \
    atomic_compare_exchange_weak_explicit(object, expected, desired, order, fail_order)
#endif

/* The order of a name. A test may define this, and weaken one of them. */
#ifndef LFM_PORT_ORDER
#define LFM_PORT_ORDER(name, order) order
#endif
#define LFM_LOAD(order, object)             LFM_PORT_LOAD(object, LFM_PORT_ORDER(#order, LFM_MO_##order))
#define LFM_STORE(order, object, value)     LFM_PORT_STORE(object, value, LFM_PORT_ORDER(#order, LFM_MO_##order))
#define LFM_FETCH_ADD(order, object, value) LFM_PORT_FETCH_ADD(object, value, LFM_PORT_ORDER(#order, LFM_MO_##order))
#define LFM_FETCH_SUB(order, object, value) LFM_PORT_FETCH_SUB(object, value, LFM_PORT_ORDER(#order, LFM_MO_##order))
#define LFM_CAS(order, fail_order, object, expected, desired)                              \
    LFM_PORT_CAS_STRONG(object, expected, desired, LFM_PORT_ORDER(#order, LFM_MO_##order), \
                        LFM_PORT_ORDER(#fail_order, LFM_MO_##fail_order))
#define LFM_CAS_WEAK(order, fail_order, object, expected, desired)                       \
    LFM_PORT_CAS_WEAK(object, expected, desired, LFM_PORT_ORDER(#order, LFM_MO_##order), \
                      LFM_PORT_ORDER(#fail_order, LFM_MO_##fail_order))

/* A load, and what would else be a weak compare-and-swap of the value that was loaded. Where a port has load-linked and
 * store-conditional (LFM_LINKED), the store fails if another context has run since the load, or by itself. So what is
 * read between the two is of one instant: a word that was changed and changed back (ABA) does not deceive it. In
 * between there is no call, and no other operation of these kinds. */
#if LFM_LINKED
#define LFM_LOAD_LINKED(order, object) LFM_PORT_LOAD_LINKED(object, LFM_PORT_ORDER(#order, LFM_MO_##order))
#define LFM_STORE_CONDITIONAL(order, fail_order, object, expected, desired)              \
    (LFM_PORT_STORE_CONDITIONAL(object, desired, LFM_PORT_ORDER(#order, LFM_MO_##order)) \
         ? true                                                                          \
         : (*(expected) = LFM_LOAD_LINKED(fail_order, object), false))
#else
#define LFM_LOAD_LINKED(order, object) LFM_LOAD(order, object)
#define LFM_STORE_CONDITIONAL(order, fail_order, object, expected, desired) \
    LFM_CAS_WEAK(order, fail_order, object, expected, desired)
#endif

/* Where a port has sections in which no other context runs, a short operation as a whole is one. Its compare-and-swaps
 * are stores then, and what it accesses need not be atomic. Elsewhere there are none. */
#if defined(LFM_PORT_ALONE) && LFM_PORT_ALONE && !LFM_POISON /* which fills a block, however large, within a put */
#define LFM_SECTIONS                          1
#define LFM_SECTION_ENTER()                   LFM_PORT_ENTER()
#define LFM_SECTION_LEAVE(token)              LFM_PORT_LEAVE(token)
#define LFM_LOAD_ALONE(order, object)         LFM_PORT_LOAD_ALONE(object)
#define LFM_STORE_ALONE(order, object, value) LFM_PORT_STORE_ALONE(object, value)
#else
#define LFM_SECTIONS             0
#define LFM_SECTION_ENTER()      0
#define LFM_SECTION_LEAVE(token) ((void)(token))
#define LFM_LOAD_ALONE           LFM_LOAD
#define LFM_STORE_ALONE          LFM_STORE
#endif

/* An operation on link i of an array: of the width that links have beside an index of so many bits (layout.h). */
#define LFM_LOAD_LINK(load, order, index_bits, links, i)                                  \
    ((index_bits) <= LFM_LINK_1_BITS_   ? load(order, (_Atomic(uint8_t) *)(links) + (i))  \
     : (index_bits) <= LFM_LINK_2_BITS_ ? load(order, (_Atomic(uint16_t) *)(links) + (i)) \
                                        : load(order, (_Atomic(uint32_t) *)(links) + (i)))
#define LFM_STORE_LINK(store, order, index_bits, links, i, value)                                             \
    ((index_bits) <= LFM_LINK_1_BITS_   ? store(order, (_Atomic(uint8_t) *)(links) + (i), (uint8_t)(value))   \
     : (index_bits) <= LFM_LINK_2_BITS_ ? store(order, (_Atomic(uint16_t) *)(links) + (i), (uint16_t)(value)) \
                                        : store(order, (_Atomic(uint32_t) *)(links) + (i), value))

/* Free lists (list.h: I3, I4; pool.c: I5). */

/* I4: the top's link must be at least as new as the head; pairs with PUSH_CAS and PUSH_UNSPLIT_CAS. */
#ifndef LFM_MO_POP_LOAD
#define LFM_MO_POP_LOAD memory_order_acquire
#endif
/* As POP_LOAD, whose place it takes in the next round. */
#ifndef LFM_MO_POP_FAIL
#define LFM_MO_POP_FAIL memory_order_acquire
#endif
/* The load before acquired all that is needed; C11 7.17.7.4 wants no less than POP_FAIL. */
#ifndef LFM_MO_POP_CAS
#define LFM_MO_POP_CAS memory_order_acquire
#endif
/* Releases this context's earlier pushes to other lists. Pairs with POP_LOAD of a context that finds this list empty
 * and looks at those again (pool.c, I5). Acquires for C11, as POP_CAS. */
#ifndef LFM_MO_POP_SHARD_CAS
#define LFM_MO_POP_SHARD_CAS memory_order_acq_rel
#endif
/* In a section (LFM_SECTIONS): its two ends are barriers, and nobody else runs between them. */
#define LFM_MO_ALONE memory_order_relaxed
/* Of a count that is not split: the compare-and-swap confirms what was read, or it is read again. */
#define LFM_MO_PUSH_PEEK memory_order_relaxed
/* Releases links and the owner's use of the block; pairs with POP_LOAD. */
#ifndef LFM_MO_PUSH_UNSPLIT_CAS
#define LFM_MO_PUSH_UNSPLIT_CAS memory_order_release
#endif
/* Of a split count. I4: the low bits of the top's link; pairs with PUSH_CAS. */
#ifndef LFM_MO_PUSH_LOAD
#define LFM_MO_PUSH_LOAD memory_order_acquire
#endif
/* As PUSH_LOAD, whose place it takes in the next round. */
#ifndef LFM_MO_PUSH_FAIL
#define LFM_MO_PUSH_FAIL memory_order_acquire
#endif
/* As PUSH_UNSPLIT_CAS. Acquires for C11, since PUSH_FAIL does. */
#ifndef LFM_MO_PUSH_CAS
#define LFM_MO_PUSH_CAS memory_order_acq_rel
#endif
/* I4, as PUSH_LOAD; and the peak that pushes up to this head noted. */
#ifndef LFM_MO_STAT_LOAD
#define LFM_MO_STAT_LOAD memory_order_acquire
#endif
/* If the count is split, statistics, and a push that notes a new peak, load a link between two loads of the head. A
 * link stored after the first head was popped must bring that pop along, so that the second load sees it; pairs with
 * LINK_STORE. */
#ifndef LFM_MO_STAT_LINK
#define LFM_MO_STAT_LINK memory_order_acquire
#endif
/* If the count is split: releases the pop that gave this context the block; pairs with STAT_LINK. */
#ifndef LFM_MO_LINK_STORE
#define LFM_MO_LINK_STORE memory_order_release
#endif
/* Ordered by the head's loads and CAS (I4). A context that reads a stale one loses its CAS (I3). */
#define LFM_MO_LINK memory_order_relaxed
/* A block's mark is read by the context that popped it, or one that was handed the block. Taking it off is a
 * read-modify-write and so continues the release of LINK_STORE. */
#define LFM_MO_MARK memory_order_relaxed
/* A maximum of values; nothing hangs on it. */
#define LFM_MO_PEAK memory_order_relaxed

/* Bump pointer (bump.h: B1). */

/* A context that finds no room goes on to say that there was none. So it must have seen what others had done before
 * they took the room, such as a put to a list (dynpool_view.h, D2). Pairs with BUMP_CAS. */
#ifndef LFM_MO_BUMP_LOAD
#define LFM_MO_BUMP_LOAD memory_order_acquire
#endif
/* As BUMP_LOAD, whose place it takes in the next round. */
#ifndef LFM_MO_BUMP_FAIL
#define LFM_MO_BUMP_FAIL memory_order_acquire
#endif
/* Releases what this context did before it took the room; pairs with BUMP_LOAD. Acquires for C11, since BUMP_FAIL
 * does: 7.17.7.4. */
#ifndef LFM_MO_BUMP_CAS
#define LFM_MO_BUMP_CAS memory_order_acq_rel
#endif
/* One number, of which any value was right at an instant. */
#define LFM_MO_BUMP_STAT memory_order_relaxed

/* Dynamic pools (lib/dynpool_tree.h: T2; lib/dynpool_view.h: D2). */

/* Published by TREE_CAS and, for those who have the block from the list, by PUSH_CAS. */
#define LFM_MO_RECORD memory_order_relaxed
/* A number. A context that has a block in hand sees it counted: that came before its put, or by the same context. */
#define LFM_MO_QUOTA_STAT memory_order_relaxed

#endif
