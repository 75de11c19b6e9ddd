/* SPDX-License-Identifier: MIT */
/* Memory orders, each with its reason, of all that is not in programs as well. Those of free lists, and the operations
 * that name them, are in lfmem/detail/atomic.h. */
#ifndef LFM_LIB_ATOMIC_H
#define LFM_LIB_ATOMIC_H

#include <lfmem/detail/atomic.h>

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
