/* SPDX-License-Identifier: MIT */
/* How Mynewt's pools are made: where their links lie, which fields they get, and their registration.
 *
 * Blocks lie in the user's buffer, which has no room for more. Links lie in an area of the front-end's
 * (mynewt_links.h). The address of a pool tells which links it has. So an init finds the links of an earlier pool at
 * this address, registered or not, whatever the struct holds by now. One context at a time makes or ends a pool. An
 * init takes new links before it gives the old ones back. Where there is no room for both, the old ones go first, but
 * only if the new ones fit in then. So a failing init has changed nothing, with one exception. If the init of another
 * pool takes the room in between, the earlier pool is empty. */
#ifndef LFM_LIB_COMPAT_MYNEWT_INIT_H
#define LFM_LIB_COMPAT_MYNEWT_INIT_H

#include <lfmem/detail/assertion.h>
#include "mynewt_guards.h"
#include "mynewt_links.h"
#include "mynewt_registry.h"

_Static_assert(sizeof(os_membuf_t) == OS_ALIGNMENT && _Alignof(os_membuf_t) == OS_ALIGNMENT,
               "arrays of elements are aligned buffers");
_Static_assert(sizeof(_Atomic(uint16_t)) == 2 && sizeof(_Atomic(uint8_t)) == 1, "C++ sees atomics as plain numbers");

/* Block sizes are 32 bits wide, those of lfm_pool 31. */
#define LFM_MYNEWT_MAX_STRIDE (UINT32_MAX / 2)

/* Copies of what the head says, ordered by the look that follows the store. */
#define LFM_MO_COUNT memory_order_relaxed

/* Releases the characters to a walk that stands on the pool while it gets another name; pairs with NAME_LOAD. */
#ifndef LFM_MO_NAME_SET
#define LFM_MO_NAME_SET memory_order_release
#endif
/* Acquires the characters; pairs with NAME_SET. */
#define LFM_MO_NAME_LOAD memory_order_acquire

#define LFM_MYNEWT_UNITS (LFM_MYNEWT_METADATA / LFM_MYNEWT_UNIT_)
static _Alignas(LFM_MYNEWT_UNIT_) unsigned char lfm_mynewt_links[LFM_MYNEWT_UNITS * LFM_MYNEWT_UNIT_];
static _Atomic(uintptr_t) lfm_mynewt_owner[LFM_MYNEWT_UNITS];
static lfm_area lfm_mynewt_area = {0, LFM_MYNEWT_UNITS, lfm_mynewt_owner};

static lfm_entry lfm_mynewt_entries[LFM_MYNEWT_POOLS];
static lfm_registry lfm_mynewt_registry = {0, LFM_MYNEWT_POOLS, lfm_mynewt_entries};

static inline void lfm_mynewt_set_flags(struct os_mempool *mp, unsigned flags)
{
    LFM_ASSERT(flags <= UINT8_MAX);
    LFM_STORE(FIELD, &mp->mp_flags, (uint8_t)flags);
}

LFM_ALWAYS_INLINE void lfm_mynewt_tell(_Atomic(uint16_t) *count, size_t value)
{
    LFM_STORE(COUNT, count, (uint16_t)value);
}

/* Leaves a pool without blocks. */
static void lfm_mynewt_empty(struct os_mempool *mp)
{
    LFM_ASSERT(mp != NULL);
    LFM_STORE(FIELD, &mp->mp_num_blocks, 0);
    lfm_mynewt_tell(&mp->mp_num_free, 0);
    lfm_mynewt_tell(&mp->mp_min_free, 0);
    mp->slh_first = NULL;
}

/* Makes all blocks free. False: the pool cannot be what its fields say, and is empty now. */
static bool lfm_mynewt_fill(struct os_mempool *mp, void *links)
{
    const size_t size = lfm_mynewt_whole(mp), count = lfm_mynewt_count(mp);
    LFM_ASSERT(count == 0 || (links != NULL && mp->mp_membuf_addr != 0));
    LFM_ASSERT(count <= LFM_POOL_MAX_COUNT);
    if (count > 0 && lfm_pool_init_apart(&mp->mp_lfm_, (void *)mp->mp_membuf_addr, lfm_mynewt_stride(mp) * count, links,
                                         LFM_POOL_LINKS_BYTES(count), count, size, OS_ALIGNMENT) != LFM_OK) {
        lfm_mynewt_empty(mp);
        return false;
    }
    lfm_mynewt_write_contents(mp);
    lfm_mynewt_tell(&mp->mp_num_free, count);
    lfm_mynewt_tell(&mp->mp_min_free, count);
    return true;
}

static os_error_t lfm_mynewt_check(const struct os_mempool *mp, size_t blocks, size_t block_size, const void *membuf)
{
    if (mp == NULL || block_size == 0 || blocks > LFM_POOL_MAX_COUNT || (membuf == NULL && blocks > 0)) {
        return OS_INVALID_PARM;
    }
    if (blocks > 0 && (block_size > LFM_MYNEWT_MAX_STRIDE - 2 * sizeof(os_membuf_t) ||
                       OS_MEMPOOL_BYTES(1, block_size) > (UINTPTR_MAX - (uintptr_t)membuf) / blocks)) {
        return OS_INVALID_PARM;
    }
    if ((uintptr_t)membuf % OS_ALIGNMENT != 0) {
        return OS_MEM_NOT_ALIGNED;
    }
    LFM_ASSERT(blocks == 0 || (membuf != NULL && block_size <= LFM_MYNEWT_MAX_STRIDE));
    return OS_OK;
}

/* Gives back the links that a pool at this address has. */
LFM_NOINLINE void lfm_mynewt_give_links(const struct os_mempool *mp)
{
    const uint32_t first = lfm_area_find(&lfm_mynewt_area, mp);
    LFM_ASSERT(mp != NULL);
    lfm_area_give(&lfm_mynewt_area, first, lfm_area_length(&lfm_mynewt_area, first, mp));
}

/* Takes links for a pool. */
LFM_NOINLINE uint32_t lfm_mynewt_take_links(const struct os_mempool *mp, uint32_t units)
{
    LFM_ASSERT(mp != NULL && units > 0);
    return lfm_area_take(&lfm_mynewt_area, units, mp);
}

/* Finds room for the links of so many blocks, and gives back those of an earlier pool at this address. NULL, if there
 * are blocks: there is no room, and nothing has changed (but see Links above). */
static void *lfm_mynewt_settle(struct os_mempool *mp, size_t blocks)
{
    lfm_area *const area = &lfm_mynewt_area;
    const uint32_t n = (uint32_t)(LFM_MYNEWT_METADATA_BYTES(blocks) / LFM_MYNEWT_UNIT_);
    const uint32_t old = lfm_area_find(area, mp), had = lfm_area_length(area, old, mp);
    uint32_t first = old;
    LFM_ASSERT(blocks <= LFM_POOL_MAX_COUNT && LFM_POOL_LINKS_BYTES(blocks) <= n * LFM_MYNEWT_UNIT_);
    LFM_ASSERT((had == 0) == (old == area->count));
    if (had >= n) {
        lfm_area_give(area, old + n, had - n);
    } else if ((first = lfm_mynewt_take_links(mp, n)) != area->count) {
        lfm_area_give(area, old, had);
    } else if (had > 0 && lfm_area_would_fit(area, n, mp)) {
        lfm_area_give(area, old, had);
        first = lfm_mynewt_take_links(mp, n);
        if (first == area->count) {
            lfm_mynewt_empty(mp);
        }
    }
    LFM_ASSERT(n == 0 || first == area->count || first + n <= area->count);
    return n > 0 && first != area->count ? lfm_mynewt_links + first * LFM_MYNEWT_UNIT_ : NULL;
}

/* Writes what the fields say; all free. False: it is not possible, and the pool is empty. */
static bool lfm_mynewt_make(struct os_mempool *mp, uint16_t blocks, uint32_t block_size, void *membuf, const char *name,
                            uint8_t flags, void *links)
{
    LFM_ASSERT(block_size > 0 && (uintptr_t)membuf % OS_ALIGNMENT == 0);
    LFM_ASSERT(blocks == 0 || (links != NULL && (uintptr_t)links % LFM_MYNEWT_UNIT_ == 0));
    LFM_STORE(FIELD, &mp->mp_block_size, block_size);
    LFM_STORE(FIELD, &mp->mp_num_blocks, blocks);
    lfm_mynewt_set_flags(mp, flags);
    mp->mp_membuf_addr = (uintptr_t)membuf;
    mp->mp_list.stqe_next = NULL;
    LFM_STORE(NAME_SET, &mp->name, (char *)(uintptr_t)name);
    if (flags & OS_MEMPOOL_F_EXT) {
        struct os_mempool_ext *const mpe = (struct os_mempool_ext *)mp;
        mpe->mpe_put_cb = NULL;
        mpe->mpe_put_arg = NULL;
    }
    return lfm_mynewt_fill(mp, links);
}

static os_error_t lfm_mynewt_init(struct os_mempool *mp, uint16_t blocks, uint32_t block_size, void *membuf,
                                  const char *name, uint8_t flags)
{
    os_error_t status = lfm_mynewt_check(mp, blocks, block_size, membuf);
    if (status != OS_OK) {
        return status;
    }
    uint32_t sequence;
    lfm_entry *entry = NULL; /* of a pool that is to be entered */
    if (lfm_registry_find(&lfm_mynewt_registry, mp, &sequence) == NULL &&
        (entry = lfm_registry_take(&lfm_mynewt_registry, &sequence)) == NULL) {
        return OS_ENOMEM;
    }
    LFM_ASSERT(lfm_sequence_is_registered(sequence));
    void *const links = lfm_mynewt_settle(mp, blocks);
    if (links == NULL && blocks > 0) {
        status = OS_ENOMEM;
    } else if (!lfm_mynewt_make(mp, blocks, block_size, membuf, name, flags, links)) {
        status = OS_INVALID_PARM;
    } else {
        LFM_STORE(FIELD, &mp->mp_sequence_, sequence);
    }
    if (entry != NULL && status == OS_OK) {
        lfm_entry_register(entry, mp, sequence);
    } else if (entry != NULL) {
        lfm_entry_give_back(entry, sequence);
    }
    return status;
}

#endif
