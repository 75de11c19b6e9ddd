/* SPDX-License-Identifier: MIT */
/* What tools are told about blocks, and poison. A block is hidden before it is published (before the CAS of a put) and
 * shown after it is won (after the CAS of a get): the other way round, one context would show what another hides.
 *
 * AddressSanitizer: hides free blocks whose size and place are multiples of 8 bytes (two blocks would share a shadow
 * byte otherwise). Blocks of a pool that was never initialised at run time are hidden from their first put on.
 * Valgrind: each pool (not a dynamic one) is a memory pool of Valgrind's, announced by its init or its first get. */
#ifndef LFM_LIB_HOOKS_H
#define LFM_LIB_HOOKS_H

#include "port.h"

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
#define LFM_HOOK_HIDE(place, bytes) \
    (((uintptr_t)(place) | (bytes)) % 8 == 0 ? __asan_poison_memory_region(place, bytes) : (void)0)
#define LFM_HOOK_SHOW(place, bytes) __asan_unpoison_memory_region(place, bytes)
#else
#define LFM_HOOK_ASAN               0
#define LFM_HOOK_HIDE(place, bytes) ((void)0)
#define LFM_HOOK_SHOW(place, bytes) ((void)0)
#endif

#if LFM_VALGRIND
#include <valgrind/memcheck.h>
#define LFM_HOOK_VALGRIND(...) __VA_ARGS__
#else
#define LFM_HOOK_VALGRIND(...)
#endif

/* Whether the hooks of a get and a put do anything. */
#define LFM_HOOKS (LFM_POISON || LFM_VALGRIND || LFM_HOOK_ASAN)

/* Memory becomes a pool's storage, in which an earlier pool may have hidden blocks. */
static inline void lfm_hook_reuse(void *storage, size_t bytes)
{
    LFM_HOOK_SHOW(storage, bytes);
    LFM_HOOK_VALGRIND(VALGRIND_MAKE_MEM_UNDEFINED(storage, bytes);)
    (void)storage, (void)bytes;
}

/* Blocks at `place` are free now. */
static inline void lfm_hook_hide_run(void *place, size_t stride, size_t count)
{
    if (stride % 8 == 0) {
        LFM_HOOK_HIDE(place, stride * count);
    }
    LFM_HOOK_VALGRIND(VALGRIND_MAKE_MEM_NOACCESS(place, stride * count);)
    (void)place, (void)stride, (void)count;
}

/* All blocks of a pool, at `place`, are free now. */
static inline void lfm_hook_init(const void *pool, void *place, size_t stride, size_t count)
{
    LFM_HOOK_VALGRIND(if (VALGRIND_MEMPOOL_EXISTS(pool)) { VALGRIND_DESTROY_MEMPOOL(pool); })
    LFM_HOOK_VALGRIND(VALGRIND_CREATE_MEMPOOL(pool, 0, 0);)
    lfm_hook_hide_run(place, stride, count);
    (void)pool;
}

/* A block was taken. Of a dynamic pool that is all it takes from its segment: a device writes whole cache lines. */
static inline void lfm_hook_show(void *block, size_t bytes)
{
    LFM_HOOK_SHOW(block, bytes);
    LFM_HOOK_VALGRIND(VALGRIND_MAKE_MEM_UNDEFINED(block, bytes);)
    (void)block, (void)bytes;
}

/* A block is about to be put. */
static inline void lfm_hook_hide(void *block, size_t bytes)
{
#if LFM_POISON
    memset(block, 0xA5, bytes);
#endif
    LFM_HOOK_HIDE(block, bytes);
    LFM_HOOK_VALGRIND(VALGRIND_MAKE_MEM_NOACCESS(block, bytes);)
    (void)block, (void)bytes;
}

/* The same for a pool whose storage is its own. A dynamic pool is no memory pool of Valgrind's: when its segment is
 * reset, blocks that Valgrind still takes for its own are somebody else's memory. */
static inline void lfm_hook_get(const void *pool, void *block, size_t bytes)
{
    LFM_HOOK_SHOW(block, bytes);
    LFM_HOOK_VALGRIND(if (!VALGRIND_MEMPOOL_EXISTS(pool)) { VALGRIND_CREATE_MEMPOOL(pool, 0, 0); })
    LFM_HOOK_VALGRIND(VALGRIND_MEMPOOL_ALLOC(pool, block, bytes);)
    (void)pool, (void)block, (void)bytes;
}

static inline void lfm_hook_put(const void *pool, void *block, size_t bytes)
{
#if LFM_POISON
    memset(block, 0xA5, bytes);
#endif
    LFM_HOOK_HIDE(block, bytes);
    LFM_HOOK_VALGRIND(VALGRIND_MEMPOOL_FREE(pool, block);)
    (void)pool, (void)block, (void)bytes;
}

#endif
