/* SPDX-License-Identifier: MIT */
/* What makes a dynamic pool grow, and what keeps it right. (Its list is in lfmem/detail/dynpool_list.h.)
 *
 * The problem: a pool (pool.h) computes the index of a block from its address. Blocks of a dynamic pool come one by
 * one from a segment that others use as well. So they do not lie in a row, and nobody knows how many there will be.
 *
 * The solution: all that is left of the metadata segment is the array of links. The index of a block is that of its
 * link in this array. The initial blocks are a run with indices 0 ... initial-1, as in a pool.
 * A block that is created later has a record there, which has its link, and which is found from the block's address
 * (dynpool_tree.h). So the free list (list.h) knows nothing of all this: it is one of `cells` blocks, of which those
 * that do not exist are allocated.
 *
 *     metadata segment, in links of 2 or 4 bytes
 *     | others' | link 0 | link 1 | ... | roots | others' | record | record | others' | record | free ... |
 *               0        1              initial, even     the index of its block                          cells
 *
 *     segment of the blocks, in bytes
 *     | others' | block 0 | block 1 | ... | others' | block | others' | block | block | free ... |
 *               the initial blocks, a stride apart    created later, where the records say
 *
 * A static pool has its initial blocks and all its metadata in a storage of its own. The links of the initial blocks
 * come last there, and their indices begin at `first`: so zeroed links lead from the last block to none.
 *
 *     | block 0 | block 1 | ... | roots | record | record | ... | link | link | ... |
 *                               0                               first           cells
 *
 * State. `head`, `peak`: as in list.h. `created`: raised by compare-and-swap before a block is made, lowered again if
 * there is no room for the block. All else is constant after init.
 *
 * Invariants
 * D1  created <= maximum always. Each block, and each call that makes one, has its own share of it.
 * D2  Failure. A get that finds the list empty and cannot make a block looks at the list once more. It could not make
 *     one since `created` was at its maximum, or a segment had no room. That lasts: a segment only gets fuller, and
 *     `created` is lowered only by a call that has found a segment full. So if the list is empty at that last load,
 *     nobody could have been served at that instant. On machines with weak order the call must also see every block
 *     that was put before the last share, or the last room, was taken. The calls that took them release those puts
 *     (QUOTA_CAS, BUMP_CAS), and a call that finds nothing left acquires them (QUOTA_LOAD, BUMP_LOAD).
 * D3  A call has at most one block in hand. Growth by several makes them one by one, and puts each but the last into
 *     the list; so growth hides nothing from others.
 * D4  Room for a block and its record is one bump. Of two segments, the record's comes first. So a context that stops
 *     has taken at most one block's share of each. And the segment of the blocks never loses room for want of a record.
 *
 * Linearisation. A get: the compare-and-swap of its pop, or of its last bump. A get that fails: its last load of the
 * head. A put: the compare-and-swap of its push.
 *
 * Progress: lock-free, as all of it is (list.h, bump.h, dynpool_tree.h). A compare-and-swap of `created` fails only if
 * another call has changed it. */
#ifndef LFM_LIB_DYNPOOL_VIEW_H
#define LFM_LIB_DYNPOOL_VIEW_H

#include "dynpool_tree.h"
#include <lfmem/dynpool.h>

static inline unsigned lfm_dynpool_link_shift(const lfm_dynpool *pool)
{
    LFM_ASSERT(pool->wide <= 1);
    return pool->wide ? 2 : 1;
}

static inline size_t lfm_dynpool_link_bytes(const lfm_dynpool *pool)
{
    return (size_t)1 << lfm_dynpool_link_shift(pool);
}

/* D1: takes a share for one more block. False: all are taken. */
static inline bool lfm_dynpool_reserve(const lfm_dynpool *pool)
{
    uint32_t created = LFM_LOAD(QUOTA_LOAD, lfm_dynpool_created(pool));
    LFM_ASSERT(pool->initial <= pool->maximum);
    do {
        if (created >= pool->maximum) {
            return false;
        }
    } while (!LFM_CAS_WEAK(QUOTA_CAS, QUOTA_FAIL, lfm_dynpool_created(pool), &created, created + 1));
    LFM_ASSERT(created >= pool->initial && created < pool->maximum);
    return true;
}

/* Gives a share back. */
static inline void lfm_dynpool_give_back(const lfm_dynpool *pool)
{
    const uint32_t shares = LFM_FETCH_SUB(QUOTA_BACK, lfm_dynpool_created(pool), 1);
    LFM_ASSERT(shares > pool->initial && shares <= pool->maximum);
}

static inline const lfm_segment *lfm_dynpool_metadata(const lfm_dynpool *pool)
{
    return (const lfm_segment *)(const void *)lfm_relocate(pool, pool->origin, pool->metadata);
}

/* Whether it can ever. A pool that cannot has neither roots nor records. */
static inline bool lfm_dynpool_grows(const lfm_dynpool *pool)
{
    return pool->initial < pool->maximum;
}

/* Whether cells of records, if there are any, have room for the offset of any block in the segment. An init sees to
 * that. A definer may have been told of a smaller segment. */
static inline bool lfm_dynpool_reaches(const lfm_dynpool *pool)
{
    return !lfm_dynpool_grows(pool) ||
           lfm_dynpool_segment(pool)->bytes >> pool->offset_shift < (pool->wide ? UINT32_MAX : UINT16_MAX);
}

/* Whether a definer made the pool. Its cells are its own, and the links of the initial blocks the last of them. */
static inline bool lfm_dynpool_is_static(const lfm_dynpool *pool)
{
    return pool->type == LFM_OBJECT_STATIC_DYNPOOL_;
}

static inline lfm_tree lfm_dynpool_tree(const lfm_dynpool *pool, const lfm_list *list)
{
    const bool first = lfm_dynpool_is_static(pool); /* no word of 4 bytes is half link and half root */
    const uint32_t roots = first ? 0 : pool->initial + pool->initial % 2, end = first ? pool->first : pool->cells;
    LFM_ASSERT(pool->key_shift >= pool->offset_shift);
    const lfm_tree tree = {list, roots, end, pool->root_bits, (unsigned)pool->key_shift - pool->offset_shift};
    return tree;
}

/* What dynpool.c has for all files of the pool, once in the library. */

/* The list of any pool. */
void lfm_dynpool_list_init(const lfm_dynpool *pool, lfm_list *list);

/* D4: takes room for blocks, and for their links or a record. */
bool lfm_dynpool_room(const lfm_segment *segment, const lfm_segment *metadata, lfm_piece blocks, lfm_piece records,
                      unsigned char **block, unsigned char **record);

/* The record of the created block whose offset has the same key as this one, or none. */
uint32_t lfm_dynpool_record(const lfm_dynpool *pool, const lfm_list *list, size_t offset);

#endif
