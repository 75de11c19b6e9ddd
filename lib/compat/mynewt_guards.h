/* SPDX-License-Identifier: MIT */
/* What lies in and behind free blocks. Code for Mynewt looks for a chain there after init and clear. Build options add
 * poison and guards. The pool itself works with none of these. */
#ifndef LFM_LIB_COMPAT_MYNEWT_GUARDS_H
#define LFM_LIB_COMPAT_MYNEWT_GUARDS_H

#include <lfmem/detail/assertion.h>
#include "../atomic.h"
#include "../hooks.h"
#include <os/os_mempool.h>

/* The library alone knows: where blocks lie does not depend on it. */
#if defined(MYNEWT_VAL_OS_MEMPOOL_POISON)
#define LFM_MYNEWT_POISONS (MYNEWT_VAL_OS_MEMPOOL_POISON != 0)
#else
#define LFM_MYNEWT_POISONS 0
#endif

#define LFM_MYNEWT_POISON UINT32_C(0xde7ec7ed)
#define LFM_MYNEWT_GUARD  UINT32_C(0xBAFF1ED1)

/* A field that init stores; no other memory depends on it. Atomic since a walk may read it while an init runs. */
#define LFM_MO_FIELD memory_order_relaxed

static inline size_t lfm_mynewt_size(const struct os_mempool *mp)
{
    return LFM_LOAD(FIELD, &mp->mp_block_size);
}

static inline size_t lfm_mynewt_count(const struct os_mempool *mp)
{
    return LFM_LOAD(FIELD, &mp->mp_num_blocks);
}

static inline uint8_t lfm_mynewt_flags(const struct os_mempool *mp)
{
    return LFM_LOAD(FIELD, &mp->mp_flags);
}

/* Extended pools have no guards. */
static inline bool lfm_mynewt_guards(const struct os_mempool *mp)
{
    return LFM_MYNEWT_GUARDS_ && (lfm_mynewt_flags(mp) & OS_MEMPOOL_F_EXT) == 0;
}

/* Bytes of a block, with its guard. */
static inline size_t lfm_mynewt_whole(const struct os_mempool *mp)
{
    return lfm_mynewt_guards(mp) ? OS_MEMPOOL_BLOCK_SZ(lfm_mynewt_size(mp)) : lfm_mynewt_size(mp);
}

/* Bytes from a block to the next. */
static inline size_t lfm_mynewt_stride(const struct os_mempool *mp)
{
    return (lfm_mynewt_whole(mp) + (OS_ALIGNMENT - 1)) & ~(size_t)(OS_ALIGNMENT - 1);
}

/* Poison lies behind the link of the chain, up to the size asked for. */
static inline void lfm_mynewt_poison(const struct os_mempool *mp, unsigned char *block)
{
    const uint32_t word = LFM_MYNEWT_POISON;
    LFM_ASSERT(block != NULL && LFM_MYNEWT_POISONS);
    for (size_t at = sizeof(struct os_memblock); at < lfm_mynewt_size(mp); at += sizeof word) {
        memcpy(block + at, &word, LFM_MIN_(sizeof word, lfm_mynewt_size(mp) - at));
    }
}

static inline bool lfm_mynewt_is_poisoned(const struct os_mempool *mp, const unsigned char *block)
{
    const uint32_t word = LFM_MYNEWT_POISON;
    LFM_ASSERT(block != NULL && LFM_MYNEWT_POISONS);
    for (size_t at = sizeof(struct os_memblock); at < lfm_mynewt_size(mp); at++) {
        if (block[at] != ((const unsigned char *)&word)[(at - sizeof(struct os_memblock)) % sizeof word]) {
            return false;
        }
    }
    return true;
}

static inline bool lfm_mynewt_is_guarded(const struct os_mempool *mp, const unsigned char *block)
{
    uint32_t word;
    LFM_ASSERT(block != NULL && LFM_MYNEWT_GUARDS_);
    memcpy(&word, block + lfm_mynewt_size(mp), sizeof word);
    return word == LFM_MYNEWT_GUARD;
}

/* Writes what users expect to find in free blocks: the chain, and with those options poison and guards. The blocks are
 * shown to tools, which hide them from their first put on. */
static void lfm_mynewt_write_contents(struct os_mempool *mp)
{
    const size_t stride = lfm_mynewt_stride(mp), count = lfm_mynewt_count(mp);
    const bool guarded = lfm_mynewt_guards(mp);
    const size_t room = guarded ? lfm_mynewt_size(mp) : stride;
    const bool chained = count > 0 && room >= sizeof(struct os_memblock);
    unsigned char *block = (unsigned char *)mp->mp_membuf_addr;
    LFM_ASSERT(count == 0 || mp->mp_membuf_addr % OS_ALIGNMENT == 0);
    LFM_ASSERT(count == 0 || (stride > 0 && stride % OS_ALIGNMENT == 0));
    LFM_ASSERT(!guarded || room <= stride - sizeof(uint32_t));
    mp->slh_first = chained ? (struct os_memblock *)(void *)block : NULL;
    if (count > 0) {
        lfm_hook_reuse(block, stride * count);
    }
    for (size_t left = count; left > 0; left--, block += stride) {
        const struct os_memblock link = {{left > 1 ? (struct os_memblock *)(void *)(block + stride) : NULL}};
        const uint32_t guard = LFM_MYNEWT_GUARD;
        if (chained) {
            memcpy(block, &link, sizeof link);
        }
        if (LFM_MYNEWT_POISONS) {
            lfm_mynewt_poison(mp, block);
        }
        if (guarded) {
            memcpy(block + lfm_mynewt_size(mp), &guard, sizeof guard);
        }
    }
}

#endif
