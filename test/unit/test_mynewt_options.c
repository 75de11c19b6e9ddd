/* SPDX-License-Identifier: MIT */
/* Poison and guards: compiled with a front-end that has one of them, or both. */
#include "mynewt.h"

enum {
    BLOCKS = 4,
    SIZE = 30,
    LINK = sizeof(struct os_memblock)
};

static struct os_mempool mp;

static uint32_t word_at(const unsigned char *place)
{
    uint32_t word;
    memcpy(&word, place, sizeof word);
    return word;
}

static void check_poison(const unsigned char *block)
{
    for (size_t i = LINK; i + 4 <= SIZE; i += 4) {
        MUST(!MYNEWT_VAL(OS_MEMPOOL_POISON) || word_at(block + i) == 0xde7ec7ed, "word at %zu is %08x", i,
             word_at(block + i));
    }
}

static void check_decoration(void)
{
    support_show(mynewt_memory, sizeof mynewt_memory);
    for (size_t i = 0; i < BLOCKS; i++) {
        check_poison(mynewt_block(&mp, i));
        MUST(!MYNEWT_VAL(OS_MEMPOOL_GUARD) || word_at(mynewt_block(&mp, i) + SIZE) == 0xBAFF1ED1, "guard %zu", i);
    }
}

Test(mynewt_options, chain_and_decoration_after_init_and_clear)
{
    mynewt_init(&mp, BLOCKS, SIZE, "");
    mynewt_check_chain(&mp);
    check_decoration();
    memset(os_memblock_get(&mp), 0, SIZE);
    MUST(os_mempool_clear(&mp) == OS_OK, "clear");
    mynewt_check_chain(&mp);
    check_decoration();
    mynewt_check_edges(BLOCKS, SIZE);
}

/* An owner may write all that it asked for, and not find it again. */
Test(mynewt_options, legal_use)
{
    mynewt_init(&mp, BLOCKS, SIZE, "");
    for (int round = 0; round < 10; round++) {
        unsigned char *blocks[BLOCKS];
        for (int i = 0; i < BLOCKS; i++) {
            blocks[i] = os_memblock_get(&mp);
            MUST(blocks[i] != NULL, "round %d", round);
            memset(blocks[i], round, SIZE);
        }
        MUST(os_memblock_get(&mp) == NULL, "empty");
        for (int i = 0; i < BLOCKS; i++) {
            MUST(os_memblock_put(&mp, blocks[i]) == OS_OK, "round %d", round);
            support_show(blocks[i], SIZE);
            check_poison(blocks[i]);
            MUST(LFM_CHECKS == 0 || os_memblock_put(&mp, blocks[i]) == OS_INVALID_PARM, "twice");
        }
        mynewt_check_counts(&mp, BLOCKS, 0);
    }
    MUST(mp.mp_flags == 0, "no damage");
}

/* Sizes around a word and a link, in which poison ends within a word and a guard lies anywhere. */
Test(mynewt_options, every_size)
{
    for (size_t size = 1; size < 40; size++) {
        mynewt_init(&mp, BLOCKS, size, "");
        void *a = os_memblock_get(&mp), *b = os_memblock_get(&mp);
        memset(a, 1, size);
        memset(b, 2, size);
        MUST(os_memblock_put(&mp, a) == OS_OK && os_memblock_put(&mp, b) == OS_OK, "size %zu", size);
        MUST(os_memblock_get(&mp) == b && os_memblock_get(&mp) == a && mp.mp_flags == 0, "size %zu", size);
        mynewt_check_edges(BLOCKS, size);
    }
}

/* As in Mynewt, whose clients divide addresses by mp_block_size: no guard lies between blocks, none is looked for. Made
 * as a usual pool, then as an extended one, and back, at one address. */
Test(mynewt_options, extended_pools_have_no_guards)
{
    static struct os_mempool_ext mpe;
    struct os_mempool *const pool = &mpe.mpe_mp;
    for (size_t size = 1; size < 3 * OS_ALIGNMENT; size++) {
        const size_t stride = OS_ALIGN(size, OS_ALIGNMENT);
        mynewt_init(pool, BLOCKS, size, "");
        unsigned char *first = os_memblock_get(pool), *second = os_memblock_get(pool);
        const size_t with = stride + (MYNEWT_VAL(OS_MEMPOOL_GUARD) ? OS_ALIGNMENT : 0);
        MUST((size_t)(second - first) == with && with == mynewt_stride(size), "blocks of %zu", size);

        support_show(mynewt_memory, sizeof mynewt_memory);
        memset(mynewt_memory, GUARD_BYTE, sizeof mynewt_memory);
        MUST(os_mempool_ext_init(&mpe, BLOCKS, (uint32_t)size, mynewt_buffer, "") == OS_OK, "extended");
        for (size_t i = BLOCKS * stride; i < OS_MEMPOOL_BYTES(BLOCKS, size); i++) {
            MUST(mynewt_buffer[i] == GUARD_BYTE, "byte %zu behind the last block of %zu", i, size);
        }
        const struct os_memblock *link = SLIST_FIRST(pool);
        for (size_t i = 0; i < BLOCKS && stride >= LINK; i++) {
            MUST((const unsigned char *)link == mynewt_buffer + i * stride, "link %zu of %zu", i, size);
            link = SLIST_NEXT(link, mb_next);
        }
        MUST(link == NULL, "no chain where it has no room, or its end");
        unsigned char *blocks[BLOCKS];
        for (size_t i = 0; i < BLOCKS; i++) {
            blocks[i] = os_memblock_get(pool);
            MUST(blocks[i] == mynewt_buffer + i * stride && os_memblock_from(pool, blocks[i]), "block %zu", i);
            memset(blocks[i], 0x5c, stride); /* what would be a guard is the next block, or nobody's */
        }
        MUST(os_memblock_get(pool) == NULL, "empty");
        for (size_t i = 0; i < BLOCKS; i++) {
            MUST(os_memblock_put(pool, blocks[i]) == OS_OK, "block %zu of %zu", i, size);
        }
        MUST(pool->mp_flags == OS_MEMPOOL_F_EXT && os_mempool_is_sane(pool), "no damage");
        MUST(os_mempool_clear(pool) == OS_OK && pool->mp_flags == OS_MEMPOOL_F_EXT, "clear");
        MUST(os_memblock_get(pool) == mynewt_buffer && os_memblock_get(pool) == mynewt_buffer + stride, "as before");

        mynewt_init(pool, BLOCKS, size, "");
        mynewt_check_chain(pool);
        first = os_memblock_get(pool);
        second = os_memblock_get(pool);
        MUST((size_t)(second - first) == with && pool->mp_flags == 0, "a usual one again");
        MUST(os_memblock_put(pool, first) == OS_OK && os_memblock_put(pool, second) == OS_OK, "with its guards");
        mynewt_check_edges(BLOCKS, size);
    }
}

#if MYNEWT_VAL_OS_MEMPOOL_POISON
/* A block that was written to after its put is not handed out, and the pool says so. */
Test(mynewt_options, use_after_put_is_seen)
{
    for (size_t at = LINK; at < SIZE; at++) {
        mynewt_init(&mp, BLOCKS, SIZE, "");
        unsigned char *block = os_memblock_get(&mp);
        MUST(os_memblock_put(&mp, block) == OS_OK && os_mempool_is_sane(&mp), "put");
        support_show(block, SIZE);
        block[at] ^= 0x10;
        MUST(LFM_CHECKS == 0 || !os_mempool_is_sane(&mp), "is_sane sees byte %zu", at);
        unsigned char *other = os_memblock_get(&mp);
        MUST(other == mynewt_block(&mp, 1), "byte %zu: the next block is handed out", at);
        MUST((mp.mp_flags & OS_MEMPOOL_F_DAMAGED) != 0 && !os_mempool_is_sane(&mp), "and the pool is marked");
        MUST(mp.mp_num_free == BLOCKS - 2, "the damaged one is out of use");
        MUST(os_mempool_clear(&mp) == OS_OK && mp.mp_flags == 0 && os_mempool_is_sane(&mp), "until it is cleared");
    }
}
#endif

#if MYNEWT_VAL_OS_MEMPOOL_GUARD
/* The byte behind the block is enough. */
Test(mynewt_options, overflow_is_seen)
{
    for (size_t at = SIZE; at < SIZE + 4; at++) {
        mynewt_init(&mp, BLOCKS, SIZE, "");
        unsigned char *block = os_memblock_get(&mp);
        const unsigned char was = block[at];
        block[at] = (unsigned char)~was;
        MUST(os_memblock_put(&mp, block) == OS_EINVAL, "byte %zu", at);
        MUST((mp.mp_flags & OS_MEMPOOL_F_DAMAGED) != 0 && !os_mempool_is_sane(&mp), "the pool is marked");
        MUST(mp.mp_num_free == BLOCKS - 1, "the block stays taken");
        block[at] = was;
        MUST(os_memblock_put(&mp, block) == OS_OK && mp.mp_num_free == BLOCKS, "mended, it can be put");
    }
}
#endif
