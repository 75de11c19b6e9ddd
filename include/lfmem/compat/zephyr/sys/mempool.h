/* SPDX-License-Identifier: MIT */
/** @file sys/mempool.h
 * Zephyr's system memory pools, as versions 1.12 to 2.5 have them for libraries: memory pools whose blocks are freed by
 * their address alone.
 *
 *     SYS_MEM_POOL_DEFINE(texts, NULL, 16, 1024, 2, 4, .data);    // 2 blocks of 1024 bytes, quartered down to 16
 *     char *text = sys_mem_pool_alloc(&texts, 200);
 *     sys_mem_pool_free(text);
 *
 * There is no mutex: every call may come from any thread, core or interrupt handler. Blocks have no descriptor in them,
 * so 1024 bytes fit into a block of 1024.
 */
#ifndef LFMEM_COMPAT_ZEPHYR_SYS_MEMPOOL_H
#define LFMEM_COMPAT_ZEPHYR_SYS_MEMPOOL_H

#include "../kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A system memory pool. A complete type, so that it can be static; `pool` may be given to the calls of memory pools.
 */
struct sys_mem_pool {
    struct k_mem_pool pool;
};

/** What Zephyr has in front of each block: programs subtract its size from that of a block. Here it is nowhere. */
struct sys_mem_pool_block {
    struct sys_mem_pool *pool;
    uint32_t level : 4;
    uint32_t block : 28;
};

/** Defines a system memory pool at file scope, ready at link time. Other files declare it by
 * `extern struct sys_mem_pool name;`. A qualifier in front goes with the memory of the blocks.
 * @param ignored  anything: Zephyr's mutex
 * @param minsz, maxsz, nmax, align  as for K_MEM_POOL_DEFINE()
 * @param section  of that memory, without quotes: `.data`. It need not be cleared. If it is like .data, it takes room
 *                 in the image. */
#define SYS_MEM_POOL_DEFINE(name, ignored, minsz, maxsz, nmax, align, section)        \
    LFM_ZEPHYR_BUFFER_(LFM_SECTION(LFM_TEXT_OF_(section)), name, maxsz, nmax, align); \
    LFM_ZEPHYR_HEAP_(name, minsz, maxsz, nmax, align);                                \
    extern struct sys_mem_pool name;                                                  \
    LFM_CONSTINIT_ struct sys_mem_pool name = {{name##_lfm_heap, (maxsz), LFM_NULL_, 0, 0}}

/** Does nothing: the pool is ready at link time. In Zephyr no other call may come before it.
 * @param pool  any, or NULL
 *
 * - Context: any.
 * - Progress: wait-free. */
static inline void sys_mem_pool_init(struct sys_mem_pool *pool)
{
    (void)pool;
}

/** Takes a block.
 * @return the block; NULL: there is none, @p size is more than the pool's largest block, or @p pool is NULL or all
 *         zero.
 *
 * - Context, Progress, Order, Time: as k_mem_pool_malloc(). */
LFM_API void *sys_mem_pool_alloc(struct sys_mem_pool *pool, size_t size) LFM_NAMED_(sys_mem_pool_alloc);

/** Frees a block of sys_mem_pool_alloc(). It is k_free().
 * @param block  NULL: nothing is done */
LFM_API void sys_mem_pool_free(void *block);

/** Tells whether a block has room for another size. It changes nothing.
 * @param block     of sys_mem_pool_alloc()
 * @param new_size  bytes
 * @return 0: the block has so many already; else the bytes that it has, all of which the caller copies into a larger
 *         block. 0 too if @p block is NULL or no taken block: there is nothing to copy.
 *
 * - Context: any; nobody may free the block meanwhile.
 * - Progress: wait-free.
 * - Time: as k_free(). */
LFM_API size_t sys_mem_pool_try_expand_inplace(void *block, size_t new_size);

#ifdef __cplusplus
}
#endif

#endif
