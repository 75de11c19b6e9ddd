/* SPDX-License-Identifier: MIT */
/* What tools are told about blocks, and poison.
 *
 * The problem: AddressSanitizer and Valgrind are to report uses of free blocks, so free blocks are hidden from
 * programs. But tools are told in calls of their own, while other contexts get and put.
 *
 * The rule: a block is hidden while the call has it in hand before its put is published, and shown after a get has won
 * it. The other way round, one context would show what another one hides.
 *
 * AddressSanitizer knows granules of 8 bytes, and writes what it knows of one without an atomic. So a granule that two
 * blocks share, or a block and something else, is never hidden. Hidden are the granules that lie in a block's stride as
 * a whole. Blocks of a pool that was never initialised at run time are hidden from their first put on.
 *
 * Valgrind: the init of a pool announces it as a memory pool of Valgrind's. That of a dynamic pool does not. Neither
 * does a get: two contexts could announce one at the same time, which Valgrind does not survive. Both can be told to
 * stop at run time (lfmem/tools.h). */
#ifndef LFM_LIB_HOOKS_H
#define LFM_LIB_HOOKS_H

#include <lfmem/detail/assertion.h>
#include <lfmem/detail/port.h>
#include <lfmem/layout.h>

#if LFM_ASAN && defined(LFM_HAS_ASAN)
#include <sanitizer/asan_interface.h>
#define LFM_HOOK_ASAN 1
#else
#define LFM_HOOK_ASAN 0
#endif

#if LFM_VALGRIND
#include <valgrind/memcheck.h>
#define LFM_HOOK_VALGRIND(...) __VA_ARGS__
#else
#define LFM_HOOK_VALGRIND(...)
#endif

/* Whether a tool is told of blocks. */
#define LFM_HOOK_TOOLS (LFM_VALGRIND || LFM_HOOK_ASAN)

/* Whether the hooks of a get and a put do anything. */
#define LFM_HOOKS (LFM_POISON || LFM_HOOK_TOOLS)

/* Whether they are told in this process (lfmem/tools.h); front-ends ask, too. */
#if LFM_HOOK_TOOLS
LFM_API bool lfm_tools_hides_(void);
#else
static inline bool lfm_tools_hides_(void)
{
    return false;
}
#endif

#if LFM_HOOK_ASAN
#define LFM_HOOK_SHOW(memory, bytes) __asan_unpoison_memory_region(memory, bytes)
#define LFM_HOOK_GRANULE             ((uintptr_t)8)

/* Hides all whole granules of a stretch of `stride` bytes. */
static inline void lfm_hook_asan_hide(const void *memory, size_t stride)
{
    const uintptr_t from = ((uintptr_t)memory + LFM_HOOK_GRANULE - 1) & ~(LFM_HOOK_GRANULE - 1);
    const uintptr_t to = ((uintptr_t)memory + stride) & ~(LFM_HOOK_GRANULE - 1);
    if (from < to) {
        __asan_poison_memory_region((void *)from, to - from);
    }
}

/* Shows those of the first `bytes` bytes. The last one may be shown by half; it is the block's own. */
static inline void lfm_hook_asan_show(const void *memory, size_t bytes, size_t stride)
{
    const uintptr_t from = ((uintptr_t)memory + LFM_HOOK_GRANULE - 1) & ~(LFM_HOOK_GRANULE - 1);
    const uintptr_t whole = ((uintptr_t)memory + stride) & ~(LFM_HOOK_GRANULE - 1);
    LFM_ASSERT(bytes <= stride);
    const uintptr_t wanted = (uintptr_t)memory + bytes, to = wanted < whole ? wanted : whole;
    if (from < to) {
        __asan_unpoison_memory_region((void *)from, to - from);
    }
}
#else
#define LFM_HOOK_SHOW(memory, bytes) ((void)0)

static inline void lfm_hook_asan_hide(const void *memory, size_t stride)
{
    (void)memory, (void)stride;
}

static inline void lfm_hook_asan_show(const void *memory, size_t bytes, size_t stride)
{
    (void)memory, (void)bytes, (void)stride;
}
#endif

/* Memory becomes storage, in which blocks may have been hidden, or serves another purpose from now on. Where a process
 * shares memory with others, it tells tools nothing. There, memory has contents that only the others wrote, so all of
 * it counts as written. */
static inline void lfm_hook_reuse(void *storage, size_t bytes)
{
    LFM_ASSERT(storage != NULL || bytes == 0);
    LFM_HOOK_SHOW(storage, bytes);
    LFM_HOOK_VALGRIND(
        if (lfm_tools_hides_()) { VALGRIND_MAKE_MEM_UNDEFINED(storage, bytes); } else {
            VALGRIND_MAKE_MEM_DEFINED(storage, bytes);
        })
    (void)storage, (void)bytes;
}

/* Nothing of this memory is hidden any more. What is in it stays, since blocks that are still taken are used on. */
static inline void lfm_hook_open(void *memory, size_t bytes)
{
    LFM_ASSERT(memory != NULL || bytes == 0);
    LFM_HOOK_SHOW(memory, bytes);
    LFM_HOOK_VALGRIND(VALGRIND_MAKE_MEM_DEFINED(memory, bytes);)
    (void)memory, (void)bytes;
}

/* `count` blocks, `stride` bytes apart from `first` on, are free now. */
static inline void lfm_hook_hide_run(void *first, size_t stride, size_t count)
{
    LFM_ASSERT(first != NULL);
    LFM_ASSERT(count == 0 || (stride != 0 && count <= SIZE_MAX / stride));
    if (!lfm_tools_hides_()) {
        return;
    }
    LFM_HOOK_VALGRIND(VALGRIND_MAKE_MEM_NOACCESS(first, stride * count);)
    if (((uintptr_t)first | stride) % 8 == 0) {
        lfm_hook_asan_hide(first, stride * count);
    } else {
        for (size_t i = 0; LFM_HOOK_ASAN && i < count; i++) {
            lfm_hook_asan_hide((unsigned char *)first + i * stride, stride);
        }
    }
}

static inline void lfm_hook_forget(const void *pool)
{
    LFM_ASSERT(pool != NULL);
    LFM_HOOK_VALGRIND(if (VALGRIND_MEMPOOL_EXISTS(pool)) { VALGRIND_DESTROY_MEMPOOL(pool); })
    (void)pool;
}

/* As lfm_hook_hide_run(), for all blocks of a pool, which becomes a memory pool of Valgrind's. */
static inline void lfm_hook_init(const void *pool, void *first, size_t stride, size_t count)
{
    lfm_hook_forget(pool);
    LFM_HOOK_VALGRIND(if (lfm_tools_hides_()) { VALGRIND_CREATE_MEMPOOL(pool, 0, 0); })
    lfm_hook_hide_run(first, stride, count);
}

/* A pool is no pool any more. */
static inline void lfm_hook_fini(const void *pool, void *memory, size_t bytes)
{
    lfm_hook_forget(pool);
    lfm_hook_reuse(memory, bytes);
}

/* A block was taken. Of a dynamic pool, its owner has all that it takes from the segment, since a device writes whole
 * cache lines. */
static inline void lfm_hook_show(void *block, size_t bytes)
{
    LFM_ASSERT(block != NULL && bytes != 0);
    if (lfm_tools_hides_()) {
        lfm_hook_asan_show(block, bytes, bytes);
        LFM_HOOK_VALGRIND(VALGRIND_MAKE_MEM_UNDEFINED(block, bytes);)
    }
    (void)block, (void)bytes;
}

/* A block is about to be put. */
static inline void lfm_hook_hide(void *block, size_t bytes)
{
    LFM_ASSERT(block != NULL && bytes != 0);
#if LFM_POISON
    memset(block, 0xA5, bytes);
#endif
    if (lfm_tools_hides_()) {
        lfm_hook_asan_hide(block, bytes);
        LFM_HOOK_VALGRIND(VALGRIND_MAKE_MEM_NOACCESS(block, bytes);)
    }
    (void)block, (void)bytes;
}

/* As lfm_hook_show(), for a pool whose storage is its own, and of whose strides owners have `bytes` each. A dynamic
 * pool is no memory pool of Valgrind's. When its segment is reset, its blocks may become somebody else's memory, and
 * Valgrind would still take them for the pool's. */
static inline void lfm_hook_get(const void *pool, void *block, size_t bytes, size_t stride)
{
    LFM_ASSERT(block != NULL && bytes != 0 && bytes <= stride);
    if (lfm_tools_hides_()) {
        lfm_hook_asan_show(block, bytes, stride);
        LFM_HOOK_VALGRIND(
            if (VALGRIND_MEMPOOL_EXISTS(pool)) { VALGRIND_MEMPOOL_ALLOC(pool, block, bytes); } else {
                VALGRIND_MAKE_MEM_UNDEFINED(block, bytes);
            })
    }
    (void)pool, (void)block, (void)bytes, (void)stride;
}

/* Fills a block. The bytes behind those of the owner are nobody's, and stay hidden when the block is taken. */
static inline void lfm_hook_poison(void *block, size_t bytes, size_t stride)
{
    LFM_ASSERT(block != NULL && bytes != 0 && bytes <= stride);
#if LFM_POISON
    if (lfm_tools_hides_()) {
        lfm_hook_asan_show(block, stride, stride);
        LFM_HOOK_VALGRIND(VALGRIND_MAKE_MEM_UNDEFINED((unsigned char *)block + bytes, stride - bytes);)
    }
    memset(block, 0xA5, stride);
    if (lfm_tools_hides_()) {
        LFM_HOOK_VALGRIND(VALGRIND_MAKE_MEM_NOACCESS((unsigned char *)block + bytes, stride - bytes);)
    }
#endif
    (void)block, (void)bytes, (void)stride;
}

static inline void lfm_hook_put(const void *pool, void *block, size_t bytes, size_t stride)
{
    lfm_hook_poison(block, bytes, stride);
    if (lfm_tools_hides_()) {
        lfm_hook_asan_hide(block, stride);
        LFM_HOOK_VALGRIND(
            if (VALGRIND_MEMPOOL_EXISTS(pool)) { VALGRIND_MEMPOOL_FREE(pool, block); } else {
                VALGRIND_MAKE_MEM_NOACCESS(block, bytes);
            })
    }
    (void)pool, (void)block, (void)bytes, (void)stride;
}

/* Of a get and a put of a pool (lfmem/detail/pool_list.h). */
#if LFM_HOOKS
#define LFM_POOL_SHOW_(pool, block)    lfm_hook_get(pool, block, (pool)->block_size, (pool)->stride)
#define LFM_POOL_HIDE_(pool, block)    lfm_hook_put(pool, block, (pool)->block_size, (pool)->stride)
#define LFM_DYNPOOL_SHOW_(pool, block) lfm_hook_show(block, (pool)->stride)
#define LFM_DYNPOOL_HIDE_(pool, block) lfm_hook_hide(block, (pool)->stride)
#endif

#endif
