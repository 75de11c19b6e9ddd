/* SPDX-License-Identifier: MIT */
/* What the tests of the Mynewt front-end share: a buffer between guard bytes, and the chain in it. */
#ifndef LFM_TEST_MYNEWT_H
#define LFM_TEST_MYNEWT_H

#include "support.h"
#include <os/mynewt.h>

enum {
    MYNEWT_BYTES = 1 << 20,
    MYNEWT_EDGE = 64
};

/* Blocks whose links have room in so many bytes, fewer than 2044: links of one byte are for up to 254 blocks. */
#define MYNEWT_BLOCKS_IN(bytes)                                \
    (LFM_CHECKS >= 2                             ? (bytes) / 4 \
     : LFM_WORD_BITS == 64 || (bytes) >= 255 * 2 ? (bytes) / 2 \
     : (bytes) < 254                             ? (bytes)     \
                                                 : 254)

/* A buffer, aligned to OS_ALIGNMENT and no more. */
static _Alignas(64) unsigned char mynewt_memory[MYNEWT_EDGE + OS_ALIGNMENT + MYNEWT_BYTES + MYNEWT_EDGE];
static unsigned char *const mynewt_buffer = mynewt_memory + MYNEWT_EDGE + OS_ALIGNMENT;

static inline size_t mynewt_stride(size_t block_size)
{
    return OS_MEMPOOL_BYTES(1, block_size);
}

static inline void mynewt_init(struct os_mempool *mp, size_t blocks, size_t block_size, const char *name)
{
    MUST(OS_MEMPOOL_BYTES(blocks, block_size) <= MYNEWT_BYTES, "the test's buffer is too small");
    support_show(mynewt_memory, sizeof mynewt_memory);
    memset(mynewt_memory, GUARD_BYTE, sizeof mynewt_memory);
    const os_error_t status = os_mempool_init(mp, (uint16_t)blocks, (uint32_t)block_size, mynewt_buffer, name);
    MUST(status == OS_OK, "%zu blocks of %zu: %d", blocks, block_size, status);
}

/* Looks at the bytes around the buffer. */
static inline void mynewt_check_edges(size_t blocks, size_t block_size)
{
    const size_t end = MYNEWT_EDGE + OS_ALIGNMENT + OS_MEMPOOL_BYTES(blocks, block_size);
    for (size_t i = 0; i < MYNEWT_EDGE; i++) {
        MUST(mynewt_memory[OS_ALIGNMENT + i] == GUARD_BYTE, "byte %zu before the buffer", MYNEWT_EDGE - i);
        MUST(mynewt_memory[end + i] == GUARD_BYTE, "byte %zu behind the buffer", i);
    }
}

static inline unsigned char *mynewt_block(const struct os_mempool *mp, size_t i)
{
    return (unsigned char *)mp->mp_membuf_addr + i * mynewt_stride(mp->mp_block_size);
}

/* All blocks, ascending, from SLIST_FIRST on; none, if a link has no room. */
static inline void mynewt_check_chain(const struct os_mempool *mp)
{
    const struct os_memblock *block = SLIST_FIRST(mp);
    const size_t room = MYNEWT_VAL(OS_MEMPOOL_GUARD) ? mp->mp_block_size : mynewt_stride(mp->mp_block_size);
    if (room < sizeof *block) {
        MUST(block == NULL, "a chain of blocks that are too small for it");
        return;
    }
    for (size_t i = 0; i < mp->mp_num_blocks; i++) {
        MUST((const unsigned char *)block == mynewt_block(mp, i), "link %zu leads to %p", i, (const void *)block);
        block = SLIST_NEXT(block, mb_next);
    }
    MUST(block == NULL, "the chain goes on behind the last block");
}

static inline void mynewt_check_counts(const struct os_mempool *mp, unsigned free, unsigned min_free)
{
    MUST(mp->mp_num_free == free, "mp_num_free is %u, should be %u", mp->mp_num_free, free);
    MUST(mp->mp_min_free == min_free, "mp_min_free is %u, should be %u", mp->mp_min_free, min_free);
    MUST(os_mempool_is_sane(mp), "sane");
}

#endif
