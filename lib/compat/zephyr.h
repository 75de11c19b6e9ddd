/* SPDX-License-Identifier: MIT */
/* Zephyr's memory pools, and the list of those that k_free() looks at.
 *
 * The files of this front-end, each above those that come later:
 *
 *     zephyr_heap.c                      the heap memory pool
 *     zephyr_pools.c, zephyr_thread.c    system memory pools; allocations from the pool of the calling thread
 *     zephyr.c, zephyr.h                 pools, and the list of pools
 *     zephyr_k_heap.c                    heaps that threads can wait for
 *     zephyr_sys_heap*.c                 low-level heaps
 *     zephyr_alloc.c, zephyr_alloc.h     the allocation that waits, in order
 *     zephyr_futex.c, zephyr_pthread.c   the port: how a thread sleeps, and how urgent it is
 *     zephyr_current.c                   the port: which thread this is
 *
 * A program that never waits links no port, and one that does not call k_malloc() has no heap. Only allocations from
 * pools of threads refer to k_current_get(). */
#ifndef LFM_LIB_COMPAT_ZEPHYR_H
#define LFM_LIB_COMPAT_ZEPHYR_H

#include "zephyr_alloc.h"

/* Acquires the fields of a pool on the list, which may have come with a module that was loaded later; pairs with
 * POOLS_CAS. */
#ifndef LFM_MO_POOLS_LOAD
#define LFM_MO_POOLS_LOAD memory_order_acquire
#endif
/* As POOLS_LOAD: it finds the next pool. */
#ifndef LFM_MO_POOLS_FAIL
#define LFM_MO_POOLS_FAIL memory_order_acquire
#endif
/* Releases the pool's fields; pairs with POOLS_LOAD. Acquires for C11, since POOLS_FAIL does: 7.17.7.4. */
#ifndef LFM_MO_POOLS_CAS
#define LFM_MO_POOLS_CAS memory_order_acq_rel
#endif
/* A pool is removed while no other context looks. So contexts that will look are told by other means, of this and of
 * the pools behind. */
#define LFM_MO_POOLS_RESET memory_order_relaxed
/* Releases the way to the pool: a context that sees this and hands out a block hands the way on, too. Pairs with
 * LISTED_LOAD. */
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
/* Acquires the pool's fields; pairs with THREAD_POOL_SET. */
#ifndef LFM_MO_THREAD_POOL_LOAD
#define LFM_MO_THREAD_POOL_LOAD memory_order_acquire
#endif

/* The list of pools. Pools are appended; one is removed only while no other context looks. */
typedef _Atomic(struct k_mem_pool *) lfm_zephyr_link;
extern lfm_zephyr_link lfm_zephyr_pools;

/* Tells whether a pool was never made: it is all zero, or over a heap that is. */
static inline bool lfm_zephyr_is_void(const struct k_mem_pool *pool)
{
    return pool->heap == NULL || pool->heap->units == 0;
}

/* Puts a pool on the list, once. */
void lfm_zephyr_register(struct k_mem_pool *pool);

/* Returns the heap of a pool, which is on the list then. NULL: it has no blocks of this size. */
const lfm_heap *lfm_zephyr_heap_for(struct k_mem_pool *pool, size_t size);

/* Returns the pool in which a block is taken. NULL: none that is on the list. */
struct k_mem_pool *lfm_zephyr_find(const void *block);

#endif
