/* SPDX-License-Identifier: MIT */
/* What dynamic and static pools check alike: the numbers that they are made from. */
#ifndef LFM_LIB_COMPAT_MICRIUM_BLOCKS_H
#define LFM_LIB_COMPAT_MICRIUM_BLOCKS_H

#include "micrium_list.h"

/* What lfmem's pools take; more is an error here, too. */
#define LFM_MICRIUM_MAX_BYTES ((size_t)UINT32_MAX / 2)

/* Blocks of one size that lie in a row. */
typedef struct lfm_micrium_blocks {
    size_t size, align; /* bytes */
    size_t n;
    size_t stride; /* set by lfm_micrium_lay_out() */
} lfm_micrium_blocks;

/* Step: what is wrong with the numbers, whatever the memory. `most`: as of a dynamic pool. */
static inline LIB_ERR lfm_micrium_check_blocks(const lfm_micrium_blocks *blocks, size_t most)
{
    if (blocks->size == 0) {
        return LIB_MEM_ERR_INVALID_BLK_SIZE;
    }
    if (most != LIB_MEM_BLK_QTY_UNLIMITED && blocks->n > most) {
        return LIB_MEM_ERR_INVALID_BLK_NBR;
    }
    return lfm_is_power_of_two(blocks->align) ? LIB_MEM_ERR_NONE : LIB_MEM_ERR_INVALID_BLK_ALIGN;
}

/* Step: rounds blocks up to their alignment. */
static inline LIB_ERR lfm_micrium_lay_out(lfm_micrium_blocks *blocks)
{
    LFM_ASSERT(blocks->size != 0 && lfm_is_power_of_two(blocks->align));
    if (blocks->size > SIZE_MAX - (blocks->align - 1)) {
        return LIB_MEM_ERR_ADDR_OVF;
    }
    blocks->stride = lfm_round_up(blocks->size, blocks->align);
    LFM_ASSERT(blocks->stride >= blocks->size && blocks->stride - blocks->size < blocks->align);
    return blocks->n != 0 && blocks->stride > SIZE_MAX / blocks->n ? LIB_MEM_ERR_ADDR_OVF : LIB_MEM_ERR_NONE;
}

/* Step: which limit of lfmem's pools is passed. */
static inline LIB_ERR lfm_micrium_check_range(const lfm_micrium_blocks *blocks)
{
    LFM_ASSERT(blocks->stride >= blocks->size);
    if (blocks->size > LFM_MICRIUM_MAX_BYTES) {
        return LIB_MEM_ERR_INVALID_BLK_SIZE;
    }
    if (blocks->align > LFM_MICRIUM_MAX_BYTES) {
        return LIB_MEM_ERR_INVALID_BLK_ALIGN;
    }
    return blocks->n > LFM_POOL_MAX_COUNT ? LIB_MEM_ERR_INVALID_BLK_NBR : LIB_MEM_ERR_NONE;
}

/* Tells whether a segment has room for them now. */
static inline bool lfm_micrium_has_room(const MEM_SEG *seg, const lfm_micrium_blocks *blocks)
{
    LFM_ASSERT(seg != NULL && lfm_is_power_of_two(blocks->align));
    LFM_ASSERT(blocks->n == 0 || blocks->stride <= SIZE_MAX / blocks->n);
    return blocks->n * blocks->stride <= lfm_segment_remaining(&seg->Segment, blocks->align);
}

#endif
