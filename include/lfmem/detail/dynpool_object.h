/* SPDX-License-Identifier: MIT */
/** @file dynpool_object.h
 * A dynamic pool's control block. Private. */
#ifndef LFMEM_DETAIL_DYNPOOL_OBJECT_H
#define LFMEM_DETAIL_DYNPOOL_OBJECT_H

#include <lfmem/detail/layout.h>

struct lfm_dynpool {
    /* the list of free blocks (an lfm_list_state_): written by every get and put */
    LFM_ATOMIC_(lfm_word_) head;
    LFM_ATOMIC_(uint32_t) peak; /* most blocks that were in use at once; monotonic */
    /* written by every get that grows the pool */
    LFM_ATOMIC_(uint32_t) created; /* blocks there are, or are about to be */
    /* constant after init; offsets are bytes from this object, modulo SIZE_MAX + 1 */
    uint32_t cells;      /* room for so many links: indices of blocks are 0 ... cells - 1 */
    size_t links;        /* offset of the link of block 0 */
    size_t blocks;       /* offset of the initial blocks */
    size_t inverse;      /* of the odd part of the stride */
    size_t segment;      /* offset of the segment of the blocks */
    size_t metadata;     /* offset of the segment of links and records */
    uint32_t initial;    /* blocks */
    uint32_t maximum;    /* blocks; UINT32_MAX: unlimited */
    uint32_t grow;       /* blocks; 0: doubling */
    uint32_t stride;     /* bytes that a block takes */
    uint32_t block_size; /* bytes, as asked for */
    uint8_t wide;        /* links of 4 bytes */
    uint8_t index_bits;
    uint8_t split_bits;
    uint8_t stride_shift; /* trailing zero bits of the stride */
    uint8_t offset_shift; /* log2 of the alignment of a block */
    uint8_t key_shift;    /* log2 of the stride, rounded down */
    uint8_t root_bits;    /* log2 of the number of roots, which lie behind the initial links */
    uint8_t layout;       /* the low byte of LFM_LAYOUT_ */
};

#endif
