/* SPDX-License-Identifier: MIT */
/* What tools are told about blocks, and poison. A block is hidden before it is published (before the CAS of a put) and
 * shown after it is won (after the CAS of a get): the other way round, one context would show what another hides.
 *
 * AddressSanitizer knows granules of 8 bytes, and writes what it knows of one without an atomic. So a granule that two
 * blocks share, or a block and something else, is never hidden; of a block's stride those are hidden that lie in it as
 * a whole. Blocks of a pool that was never initialised at run time are hidden from their first put on.
 * Valgrind: each pool that an init made (not a dynamic one) is a memory pool of Valgrind's, announced by that init. A
 * get does not announce one: two contexts could do so at the same time, which Valgrind does not survive.
 * Both can be told to stop at run time (lfmem/tools.h). */
#ifndef LFM_LIB_HOOKS_H
#define LFM_LIB_HOOKS_H

#include "port.h"
#include <lfmem/layout.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LFM_HAS_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define LFM_HAS_ASAN 1
#endif

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
#define LFM_HOOK_SHOW(place, bytes) __asan_unpoison_memory_region(place, bytes)
#define LFM_HOOK_GRANULE            ((uintptr_t)8)

/* Of the whole granules of a stretch of `stride` bytes: hides all of them. */
static inline void lfm_hook_asan_hide(const void *place, size_t stride)
{
    const uintptr_t from = ((uintptr_t)place + LFM_HOOK_GRANULE - 1) & ~(LFM_HOOK_GRANULE - 1);
    const uintptr_t to = ((uintptr_t)place + stride) & ~(LFM_HOOK_GRANULE - 1);
    if (from < to) {
        __asan_poison_memory_region((void *)from, to - from);
    }
}

/* Shows those of the first `bytes` bytes; the last granule shown may be half a one, but then is the block's own. */
static inline void lfm_hook_asan_show(const void *place, size_t bytes, size_t stride)
{
    const uintptr_t from = ((uintptr_t)place + LFM_HOOK_GRANULE - 1) & ~(LFM_HOOK_GRANULE - 1);
    const uintptr_t whole = ((uintptr_t)place + stride) & ~(LFM_HOOK_GRANULE - 1);
    const uintptr_t wanted = (uintptr_t)place + bytes, to = wanted < whole ? wanted : whole;
    if (from < to) {
        __asan_unpoison_memory_region((void *)from, to - from);
    }
}
#else
#define LFM_HOOK_SHOW(place, bytes) ((void)0)

static inline void lfm_hook_asan_hide(const void *place, size_t stride)
{
    (void)place, (void)stride;
}

static inline void lfm_hook_asan_show(const void *place, size_t bytes, size_t stride)
{
    (void)place, (void)bytes, (void)stride;
}
#endif

/* Memory becomes storage, in which blocks may have been hidden, or serves another purpose from now on. Memory
 * that is shared with other processes has contents that only those wrote: to this process it is all defined. */
static inline void lfm_hook_reuse(void *storage, size_t bytes)
{
    LFM_HOOK_SHOW(storage, bytes);
    LFM_HOOK_VALGRIND(
        if (lfm_tools_hides_()) { VALGRIND_MAKE_MEM_UNDEFINED(storage, bytes); } else {
            VALGRIND_MAKE_MEM_DEFINED(storage, bytes);
        })
    (void)storage, (void)bytes;
}

/* Nothing of this memory is hidden any more, and what is in it stays: blocks that are still taken are used on. */
static inline void lfm_hook_open(void *place, size_t bytes)
{
    LFM_HOOK_SHOW(place, bytes);
    LFM_HOOK_VALGRIND(VALGRIND_MAKE_MEM_DEFINED(place, bytes);)
    (void)place, (void)bytes;
}

/* Blocks at `place` are free now. */
static inline void lfm_hook_hide_run(void *place, size_t stride, size_t count)
{
    if (!lfm_tools_hides_()) {
        return;
    }
    LFM_HOOK_VALGRIND(VALGRIND_MAKE_MEM_NOACCESS(place, stride * count);)
    if (((uintptr_t)place | stride) % 8 == 0) {
        lfm_hook_asan_hide(place, stride * count);
    } else {
        for (size_t i = 0; LFM_HOOK_ASAN && i < count; i++) {
            lfm_hook_asan_hide((unsigned char *)place + i * stride, stride);
        }
    }
}

static inline void lfm_hook_forget(const void *pool)
{
    LFM_HOOK_VALGRIND(if (VALGRIND_MEMPOOL_EXISTS(pool)) { VALGRIND_DESTROY_MEMPOOL(pool); })
    (void)pool;
}

/* All blocks of a pool, at `place`, are free now. */
static inline void lfm_hook_init(const void *pool, void *place, size_t stride, size_t count)
{
    lfm_hook_forget(pool);
    LFM_HOOK_VALGRIND(if (lfm_tools_hides_()) { VALGRIND_CREATE_MEMPOOL(pool, 0, 0); })
    lfm_hook_hide_run(place, stride, count);
}

/* A pool is no pool any more. */
static inline void lfm_hook_fini(const void *pool, void *place, size_t bytes)
{
    lfm_hook_forget(pool);
    lfm_hook_reuse(place, bytes);
}

/* A block was taken. Of a dynamic pool that is all it takes from its segment: a device writes whole cache lines. */
static inline void lfm_hook_show(void *block, size_t bytes)
{
    if (lfm_tools_hides_()) {
        lfm_hook_asan_show(block, bytes, bytes);
        LFM_HOOK_VALGRIND(VALGRIND_MAKE_MEM_UNDEFINED(block, bytes);)
    }
    (void)block, (void)bytes;
}

/* A block is about to be put. */
static inline void lfm_hook_hide(void *block, size_t bytes)
{
#if LFM_POISON
    memset(block, 0xA5, bytes);
#endif
    if (lfm_tools_hides_()) {
        lfm_hook_asan_hide(block, bytes);
        LFM_HOOK_VALGRIND(VALGRIND_MAKE_MEM_NOACCESS(block, bytes);)
    }
    (void)block, (void)bytes;
}

/* The same for a pool whose storage is its own, and whose owners have `bytes` of a stride. A dynamic pool is no memory
 * pool of Valgrind's: when its segment is reset, blocks that Valgrind still takes for its own are somebody else's
 * memory. */
static inline void lfm_hook_get(const void *pool, void *block, size_t bytes, size_t stride)
{
    if (lfm_tools_hides_()) {
        lfm_hook_asan_show(block, bytes, stride);
        LFM_HOOK_VALGRIND(
            if (VALGRIND_MEMPOOL_EXISTS(pool)) { VALGRIND_MEMPOOL_ALLOC(pool, block, bytes); } else {
                VALGRIND_MAKE_MEM_UNDEFINED(block, bytes);
            })
    }
    (void)pool, (void)block, (void)bytes, (void)stride;
}

/* The bytes behind those are nobody's, and stay hidden from owners when a block is taken. */
static inline void lfm_hook_poison(void *block, size_t bytes, size_t stride)
{
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

#endif
