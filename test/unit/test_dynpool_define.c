/* SPDX-License-Identifier: MIT */
/* The definers of dynamic pools: each static pool keeps the contract of one that an init makes, whatever its shape, and
 * is ready before anything has run. */
#include "support.h"

enum {
    MOST = 600 /* blocks of a pool */
};

LFM_SEGMENT_DEFINE(ram, 40000, 32);
LFM_SEGMENT_DEFINE(large, 200000, 1); /* too large for offsets of 2 bytes, where the alignment is 1 */
LFM_SEGMENT_DEFINE(little, 100, 1);

/* initial, maximum, grow, block size, alignment */
LFM_DYNPOOL_DEFINE(fixed, ram, 9, 9, 1, 24, 8);
LFM_DYNPOOL_DEFINE(one, ram, 1, 1, 0, 1, 1);
LFM_DYNPOOL_DEFINE(lazy, ram, 0, 5, 1, 24, 8);
LFM_DYNPOOL_DEFINE(usual, ram, 8, 40, 1, 20, 4);
LFM_DYNPOOL_DEFINE(by_three, ram, 3, 41, 3, 32, 32);
LFM_DYNPOOL_DEFINE(odd_size, large, 7, 50, 2, 3, 1);
LFM_DYNPOOL_DEFINE(doubling, large, 5, 300, 0, 16, 8);
LFM_DYNPOOL_DEFINE(split_count, ram, 200, 240, 1, 8, 8);  /* with 32-bit words */
LFM_DYNPOOL_DEFINE(many_links, large, 300, 600, 7, 8, 8); /* the same; and links of 4 bytes */
LFM_DYNPOOL_DEFINE(no_room, little, 2, 20, 1, 40, 4);
LFM_DYNPOOL_DEFINE_GLOBAL(early, ram, 2, 3, 1, 16, 8);
LFM_DYNPOOL_DEFINE_WITH(static, __attribute__((aligned(64))), apart, large, 200000, 3, 5, 1, 12, 4);
LFM_DYNPOOL_DEFINE_WITH(static, , misled, large, 100, 3, 5, 1, 3, 1);

#define SHAPE(name, segment, initial, maximum, size, align)                                                     \
    {                                                                                                           \
#name, name, segment, segment##_lfm_storage, sizeof segment##_lfm_storage, name##_lfm_storage, initial, \
            maximum, size, align, LFM_ROUND_UP_(size, align)                                                    \
    }

static const struct shape {
    const char *name;
    const lfm_dynpool *pool;
    const lfm_segment *segment;
    unsigned char *memory; /* of the segment */
    size_t memory_bytes;
    unsigned char *storage;
    size_t initial, maximum, size, align, stride;
} shapes[] = {
    SHAPE(fixed, ram, 9, 9, 24, 8),
    SHAPE(one, ram, 1, 1, 1, 1),
    SHAPE(lazy, ram, 0, 5, 24, 8),
    SHAPE(usual, ram, 8, 40, 20, 4),
    SHAPE(by_three, ram, 3, 41, 32, 32),
    SHAPE(odd_size, large, 7, 50, 3, 1),
    SHAPE(doubling, large, 5, 300, 16, 8),
    SHAPE(split_count, ram, 200, 240, 8, 8),
    SHAPE(many_links, large, 300, 600, 8, 8),
    SHAPE(apart, large, 3, 5, 12, 4),
};

static void check_stats(const struct shape *s, size_t created, size_t free, size_t peak)
{
    lfm_dynpool_stats_t stats;
    lfm_dynpool_stats(s->pool, &stats);
    MUST(stats.created == created && stats.free == free && stats.in_use == created - free, "%s: %zu created, %zu free",
         s->name, stats.created, stats.free);
    MUST(stats.peak == peak && stats.maximum == s->maximum, "%s: peak %zu", s->name, stats.peak);
    MUST(stats.block_size == s->size && stats.stride == s->stride, "%s: %zu bytes", s->name, stats.stride);
    MUST(lfm_dynpool_check(s->pool) == LFM_OK, "%s", s->name);
}

/* Where a block may lie: the initial ones in their place in the storage, the others in the segment. */
static void check_place(const struct shape *s, const unsigned char *block, size_t i)
{
    MUST(block != NULL && (uintptr_t)block % s->align == 0, "%s: block %zu", s->name, i);
    MUST(i >= s->initial || block == s->storage + i * s->stride, "%s: block %zu", s->name, i);
    const size_t at = (size_t)((uintptr_t)block - (uintptr_t)s->memory);
    MUST(i < s->initial || (at < s->memory_bytes && s->stride <= s->memory_bytes - at), "%s: block %zu", s->name, i);
}

static void take_all(const struct shape *s, unsigned char *blocks[], size_t from)
{
    for (size_t i = from; i < s->maximum; i++) {
        blocks[i] = lfm_dynpool_get(s->pool);
        MUST(blocks[i] != NULL, "%s: block %zu", s->name, i);
    }
    MUST(lfm_dynpool_get(s->pool) == NULL, "%s: no more than the maximum", s->name);
    for (size_t i = 0; i < s->maximum; i++) {
        memset(blocks[i], (int)(i % 251), s->size);
    }
    for (size_t i = 0; i < s->maximum; i++) {
        for (size_t k = 0; k < s->size; k++) {
            MUST(blocks[i][k] == i % 251, "%s: block %zu overlaps another one", s->name, i);
        }
    }
}

static void check_bad_puts(const struct shape *s, unsigned char *free_block, unsigned char *taken)
{
#if LFM_CHECKS >= 1
    MUST(lfm_dynpool_put(s->pool, NULL) == LFM_EINVAL, "%s", s->name);
    MUST(lfm_dynpool_put(s->pool, free_block) == LFM_EDOUBLEFREE, "%s", s->name);
    MUST(s->size == 1 || lfm_dynpool_put(s->pool, taken + 1) == LFM_EINTERIOR, "%s", s->name);
    MUST(lfm_dynpool_put(s->pool, &free_block) == LFM_EFOREIGN, "%s", s->name);
#endif
    (void)s, (void)free_block, (void)taken;
}

static void check_shape(const struct shape *s, rng *random)
{
    static unsigned char *blocks[MOST];
    MUST(lfm_dynpool_attach(s->pool) == LFM_OK, "%s", s->name);
    check_stats(s, s->initial, s->initial, 0);
    for (size_t i = 0; i < s->initial; i++) {
        blocks[i] = lfm_dynpool_get(s->pool);
        check_place(s, blocks[i], i);
    }
    check_stats(s, s->initial, 0, s->initial);
    take_all(s, blocks, s->initial);
    for (size_t i = s->initial; i < s->maximum; i++) {
        check_place(s, blocks[i], i);
    }
    check_stats(s, s->maximum, 0, s->maximum);
    for (size_t left = s->maximum; left > 0; left--) { /* in any order */
        const size_t i = rng_below(random, (uint32_t)left);
        unsigned char *const block = blocks[i];
        blocks[i] = blocks[left - 1];
        blocks[left - 1] = block;
        MUST(lfm_dynpool_put(s->pool, block) == LFM_OK, "%s", s->name);
        check_bad_puts(s, block, left > 1 ? blocks[0] : block);
        MUST(lfm_dynpool_get(s->pool) == block && lfm_dynpool_put(s->pool, block) == LFM_OK, "%s: LIFO", s->name);
        if (left % 16 == 1) {
            check_stats(s, s->maximum, s->maximum - left + 1, s->maximum);
        }
    }
    take_all(s, blocks, 0);
    for (size_t i = 0; i < s->maximum; i++) {
        MUST(lfm_dynpool_put(s->pool, blocks[i]) == LFM_OK, "%s: block %zu", s->name, i);
    }
    check_stats(s, s->maximum, s->maximum, s->maximum);
}

Test(dynpool_define, each_shape)
{
    rng random = support_seed("dynpool_define.each_shape");
    for (size_t i = 0; i < LENGTH(shapes); i++) {
        check_shape(&shapes[i], &random);
    }
}

/* With 32-bit words, shapes have what their names say. */
Test(dynpool_define, kinds)
{
    MUST(usual->split_bits == 0 && usual->wide == (LFM_CHECKS >= 2), "usual");
    MUST(odd_size->wide == 1, "a segment of more than 65 534 places");
    MUST((split_count->split_bits != 0) == (LFM_WORD_BITS == 32), "a split count");
    MUST(many_links->wide == (LFM_CHECKS >= 2 || LFM_WORD_BITS == 32), "links of 4 bytes");
}

/* A record is taken for no block that does not fit. */
Test(dynpool_define, segment_without_room)
{
    void *blocks[6];
    for (size_t i = 0; i < LENGTH(blocks); i++) {
        blocks[i] = lfm_dynpool_get(no_room);
        MUST((blocks[i] != NULL) == (i < 4), "block %zu: 2 initial ones, and 2 of 100 bytes", i);
    }
    for (size_t i = 0; i < 4; i++) {
        MUST(lfm_dynpool_put(no_room, blocks[i]) == LFM_OK, "block %zu", i);
    }
    MUST(lfm_dynpool_check(no_room) == LFM_OK, "whole");
}

/* A pool that was told of too small a segment does not grow. */
Test(dynpool_define, smaller_segment_told)
{
    if (LFM_CHECKS >= 2) {
        return; /* its records are wide enough all the same */
    }
    for (int i = 0; i < 3; i++) {
        MUST(lfm_dynpool_get(misled) != NULL, "block %d", i);
    }
    MUST(lfm_dynpool_get(misled) == NULL, "grows");
    MUST(lfm_dynpool_attach(misled) == LFM_ECORRUPT && lfm_dynpool_check(misled) == LFM_ECORRUPT, "attach");
}

static void *early_blocks[4];
static lfm_status early_put = LFM_ECORRUPT;

__attribute__((constructor(101))) static void take_early(void)
{
    for (size_t i = 0; i < LENGTH(early_blocks); i++) {
        early_blocks[i] = lfm_dynpool_get(early);
    }
    early_put = lfm_dynpool_put(early, early_blocks[0]);
}

Test(dynpool_define, ready_before_main)
{
    MUST(early_blocks[0] == early_lfm_storage && early_blocks[1] == early_lfm_storage + 16, "initial ones");
    MUST(early_blocks[2] != NULL && early_blocks[3] == NULL && early_put == LFM_OK, "a created one, and a put");
    MUST(lfm_dynpool_put(early, early_blocks[2]) == LFM_OK && lfm_dynpool_check(early) == LFM_OK, "whole");
}
