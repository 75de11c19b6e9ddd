/* SPDX-License-Identifier: MIT */
/* The only file of the library that touches atomics. An operation names its memory order; the orders stand below, each
 * with its reason.
 *
 *     LFM_LOAD(order, object)
 *     LFM_STORE(order, object, value)
 *     LFM_FETCH_ADD(order, object, value)                           also LFM_FETCH_SUB
 *     LFM_CAS(order, order of failure, object, &expected, desired)
 *     LFM_CAS_WEAK(...)                                             may fail by itself: for loops
 *
 * They are made of LFM_PORT_LOAD and so on: <stdatomic.h>, or what a port's header, the explorer or a model checker
 * defines before this file. There is no other way in.
 *
 * An order can be replaced from the command line, -DLFM_MO_POP_LOAD=memory_order_relaxed. The explorer replaces it at
 * run time, by LFM_PORT_ORDER (lib/README.md, "Memory orders"). Operations carry orders; there are no fences. */
#ifndef LFM_LIB_ATOMIC_H
#define LFM_LIB_ATOMIC_H

#include "port.h"
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

/* The same on element i of an array whose elements have 4 bytes if it is wide, else 2. A narrow store can have an order
 * of its own. */
#define LFM_LOAD_AT(order, wide, array, i) \
    ((wide) ? LFM_LOAD(order, (_Atomic(uint32_t) *)(array) + (i)) : LFM_LOAD(order, (_Atomic(uint16_t) *)(array) + (i)))
#define LFM_STORE_AT(order, narrow_order, wide, array, i, value)          \
    ((wide) ? LFM_STORE(order, (_Atomic(uint32_t) *)(array) + (i), value) \
            : LFM_STORE(narrow_order, (_Atomic(uint16_t) *)(array) + (i), (uint16_t)(value)))

/* Free lists (list.h: I3, I4; pool.c: I5). */

/* I4: the top's link must be at least as new as the head; pairs with PUSH_CAS. */
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
/* I4: if the count is split, the low bits of the top's link; pairs with PUSH_CAS. */
#ifndef LFM_MO_PUSH_LOAD
#define LFM_MO_PUSH_LOAD memory_order_acquire
#endif
/* As PUSH_LOAD, whose place it takes in the next round. */
#ifndef LFM_MO_PUSH_FAIL
#define LFM_MO_PUSH_FAIL memory_order_acquire
#endif
/* Releases links and the owner's use of the block; pairs with POP_LOAD. Acquires for C11, since PUSH_FAIL does. */
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
/* Releases the pop that gave this context the block; pairs with STAT_LINK. Where no count is split, nobody needs it: a
 * count is always split with 32-bit words, and with 64-bit words only beside wide links. */
#ifndef LFM_MO_LINK_STORE
#define LFM_MO_LINK_STORE memory_order_release
#endif
#define LFM_MO_NARROW_STORE (LFM_WORD_BITS == 32 ? LFM_MO_LINK_STORE : memory_order_relaxed)
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

/* Tree of records (dynpool_tree.h: T2). */

/* T2; pairs with TREE_CAS. */
#ifndef LFM_MO_TREE_LOAD
#define LFM_MO_TREE_LOAD memory_order_acquire
#endif
/* As TREE_LOAD, whose place it takes in the next round. */
#ifndef LFM_MO_TREE_FAIL
#define LFM_MO_TREE_FAIL memory_order_acquire
#endif
/* T2; pairs with TREE_LOAD. Acquires for C11, since TREE_FAIL does: 7.17.7.4. */
#ifndef LFM_MO_TREE_CAS
#define LFM_MO_TREE_CAS memory_order_acq_rel
#endif
/* Published by TREE_CAS and, for those who have the block from the list, by PUSH_CAS. */
#define LFM_MO_RECORD memory_order_relaxed

/* Shares of a dynamic pool's maximum (dynpool_view.h: D2). */

/* D2; pairs with QUOTA_CAS. */
#ifndef LFM_MO_QUOTA_LOAD
#define LFM_MO_QUOTA_LOAD memory_order_acquire
#endif
/* As QUOTA_LOAD, whose place it takes in the next round. */
#ifndef LFM_MO_QUOTA_FAIL
#define LFM_MO_QUOTA_FAIL memory_order_acquire
#endif
/* D2; pairs with QUOTA_LOAD. Acquires for C11, since QUOTA_FAIL does: 7.17.7.4. */
#ifndef LFM_MO_QUOTA_CAS
#define LFM_MO_QUOTA_CAS memory_order_acq_rel
#endif
/* What others may see the sooner the better, but may see late. */
#define LFM_MO_QUOTA_BACK memory_order_relaxed
/* A number. A context that has a block in hand sees it counted: that came before its put, or by the same context. */
#define LFM_MO_QUOTA_STAT memory_order_relaxed

/* Heap (heap_tree.h: H1 to H4). */

/* Searches and merges go on from what they read:
 * - a context that reads a split sees the claim below it (HEAP_SPLIT, H4);
 * - one that reads a claim sees what its context did before (HEAP_CLAIM, G3);
 * - one that reads an empty word sees all use of its units (HEAP_RELEASE). */
#ifndef LFM_MO_HEAP_LOAD
#define LFM_MO_HEAP_LOAD memory_order_acquire
#endif
/* A compare-and-swap confirms what was read, and acquires if need be; or an owner looks for its own block. */
#ifndef LFM_MO_HEAP_PEEK
#define LFM_MO_HEAP_PEEK memory_order_relaxed
#endif
/* As HEAP_PEEK, whose place it takes in the next round; or nothing depends on it. */
#ifndef LFM_MO_HEAP_FAIL
#define LFM_MO_HEAP_FAIL memory_order_relaxed
#endif
/* Acquires the use of the units before (HEAP_RELEASE, HEAP_MERGE, HEAP_PUBLISH). Releases what its context freed
 * before: a search that sees the claim must not miss that (HEAP_LOAD, G3). */
#ifndef LFM_MO_HEAP_CLAIM
#define LFM_MO_HEAP_CLAIM memory_order_acq_rel
#endif
/* Releases the claim, or split, below it to merges (HEAP_LOAD, H4). Acquires the use of a larger block that lay there
 * (HEAP_RELEASE), or that lay over the reachable word in which the splits end (HEAP_PUBLISH). */
#ifndef LFM_MO_HEAP_SPLIT
#define LFM_MO_HEAP_SPLIT memory_order_acq_rel
#endif
/* Releases what the splits acquired to contexts that claim or split in this word, and so look no further up. */
#ifndef LFM_MO_HEAP_PUBLISH
#define LFM_MO_HEAP_PUBLISH memory_order_release
#endif
/* Releases the use of the parts, which HEAP_LOAD has acquired, to a claim of the whole (HEAP_CLAIM). Releases to the
 * free of that block that no word below is reachable. To unpublish needs no order; it is too rare to have one of its
 * own. */
#ifndef LFM_MO_HEAP_MERGE
#define LFM_MO_HEAP_MERGE memory_order_release
#endif
/* Releases the use of the block to claims there (HEAP_CLAIM), below (HEAP_SPLIT) and, by way of merges, above
 * (HEAP_LOAD). The heap has no use for the other half; waiting has (compat/zephyr_alloc.h, F1). */
#ifndef LFM_MO_HEAP_RELEASE
#define LFM_MO_HEAP_RELEASE memory_order_acq_rel
#endif
/* Never trusted. */
#define LFM_MO_HINT memory_order_relaxed
/* A number of which any value was right at an instant. */
#define LFM_MO_HEAP_STAT memory_order_relaxed
/* Nothing else uses the heap while it ends. */
#define LFM_MO_HEAP_END memory_order_relaxed
/* Releases what the caller did to contexts that change the word later; pairs with HEAP_RELEASE, which acquires. The
 * caller's next look at the same word sees what came before, whatever the order. */
#ifndef LFM_MO_HEAP_RENDEZVOUS
#define LFM_MO_HEAP_RENDEZVOUS memory_order_release
#endif

/* Numbers of threads (thread.c). */

/* A number is a hint: no other memory hangs on it, and each of these words is right by itself. */
#define LFM_MO_THREAD memory_order_relaxed

/* Tools (tools.c). */

/* A flag that is set before other contexts run. */
#define LFM_MO_TOOLS memory_order_relaxed

#endif
