/* SPDX-License-Identifier: MIT */
/* detail/layout.h: the widths of head and link for every number of blocks, and the arithmetic in constant expressions.
 */
#include "support.h"

static int naive_bits(uint64_t n)
{
    int bits = 0;
    for (; n > 0; n /= 2) {
        bits++;
    }
    return bits;
}

Test(layout, bits_of_a_number)
{
    for (unsigned shift = 0; shift < 32; shift++) {
        for (int64_t off = -2; off <= 2; off++) {
            const uint64_t n = (UINT64_C(1) << shift) + (uint64_t)(shift > 1 ? off : 0);
            MUST(LFM_BITS_(n) == naive_bits(n), "%llu has %d bits", (unsigned long long)n, naive_bits(n));
        }
    }
    MUST(LFM_BITS_(0) == 0, "0 needs no bit");
    MUST(LFM_BITS_(UINT32_MAX) == 32, "the largest needs 32");
}

/* What pool.h promises for a link, and the fields of head and link fit their words exactly. */
static void check_widths(uint32_t n)
{
    const int index = LFM_INDEX_BITS_(n), split = LFM_SPLIT_BITS_(n), tag = LFM_TAG_BITS_(n);
    const int link_bits = 8 * (int)LFM_LINK_BYTES_(n);
    const uint32_t narrow = LFM_CHECKS >= 2 ? 0 : LFM_WORD_BITS == 64 ? 65534 : 1022;
    MUST(index == naive_bits((uint64_t)n + 1), "%u blocks: an index of %d bits", n, index);
    const uint32_t few = LFM_CHECKS >= 2 || LFM_WORD_BITS == 64 ? 0 : 254;
    MUST(link_bits == (n <= few ? 8 : n <= narrow ? 16 : 32), "%u blocks: a link of %d bits", n, link_bits);
    MUST(LFM_WORD_BITS == 64 || (split != 0) == (n > 254), "%u blocks: %d bits are split off", n, split);
    MUST(split >= 0 && split <= index && index + split <= link_bits, "%u blocks: %d bits are split off", n, split);
    MUST(index + (index - split) + tag == LFM_WORD_BITS, "%u blocks: %d, %d, %d", n, index, split, tag);
    MUST(tag >= LFM_TAG_BITS_MIN_ && LFM_TAG_BITS_MIN_ >= 16, "%u blocks: a tag of %d bits", n, tag);
    MUST(LFM_WORD_BITS == 32 || n > 65534 || tag >= 32, "%u blocks: a tag of %d bits", n, tag);
    MUST(split == 0 || tag <= 32, "%u blocks: %d bits are split off for a tag of %d", n, split, tag);
}

Test(layout, widths_for_every_number_of_blocks)
{
    rng random = support_seed("layout.widths_for_every_number_of_blocks");
    for (uint32_t n = 1; n <= LFM_POOL_MAX_COUNT && n <= 200000; n++) {
        check_widths(n);
    }
    for (int i = 0; i < 100000; i++) {
        check_widths(1 + rng_below(&random, LFM_POOL_MAX_COUNT));
    }
    check_widths(LFM_POOL_MAX_COUNT);
}

/* The limit is the limit: one block more would not leave the tag its bits, or break the documented number. */
Test(layout, the_largest_pool)
{
    MUST(LFM_POOL_MAX_COUNT == (LFM_WORD_BITS == 64 ? 67108862u : 65534u), "%u", LFM_POOL_MAX_COUNT);
    MUST(LFM_TAG_BITS_(LFM_POOL_MAX_COUNT + 1) < LFM_TAG_BITS_(LFM_POOL_MAX_COUNT), "an index of one bit more");
    MUST(LFM_TAG_BITS_(LFM_POOL_MAX_COUNT + 1) < LFM_TAG_BITS_MIN_, "room for more blocks is left unused");
}

Test(layout, inverses)
{
    rng random = support_seed("layout.inverses");
    for (size_t i = 0; i < 1000000; i++) {
        const size_t odd = i < 500000 ? 2 * i + 1 : (size_t)rng_next(&random) | 1;
        const size_t inverse = LFM_INVERSE_(odd);
        MUST(odd * inverse == 1, "%zu times %zu is not 1", odd, inverse);
    }
}

Test(layout, rounding_and_low_bits)
{
    for (size_t align = 1; align <= 4096; align *= 2) {
        for (size_t bytes = 0; bytes <= 3 * align; bytes++) {
            const size_t up = LFM_ROUND_UP_(bytes, align);
            MUST(up >= bytes && up - bytes < align && up % align == 0, "%zu to a multiple of %zu: %zu", bytes, align,
                 up);
        }
        for (size_t odd = 1; odd < 100; odd += 2) {
            MUST(LFM_LOW_BIT_(odd * align) == align, "lowest bit of %zu", odd * align);
            MUST(LFM_ODD_(odd * align) == odd, "odd part of %zu", odd * align);
        }
    }
}

/* What pool.h promises about memory, for each number of blocks. */
Test(layout, storage_is_blocks_and_links)
{
    MUST(sizeof(lfm_pool) <= 72, "a control block has %zu bytes", sizeof(lfm_pool));
    MUST(sizeof(lfm_list_state_) <= LFM_LIST_STRIDE_, "a list has %zu bytes", sizeof(lfm_list_state_));
    for (size_t count = 1; count <= 3000; count++) {
        for (size_t size = 1; size <= 65; size += 4) {
            const size_t link = LFM_LINK_BYTES_(count), blocks = count * ((size + 3) / 4 * 4);
            const size_t plain = LFM_POOL_STORAGE_BYTES(count, size, 4);
            MUST(plain == blocks + link * count, "%zu blocks of %zu: %zu bytes", count, size, plain);
            const size_t sharded = LFM_POOL_STORAGE_BYTES_SHARDED(count, size, 4, 2);
            MUST(sharded >= plain + 2 * LFM_LIST_STRIDE_ && sharded < plain + 4 * LFM_LIST_STRIDE_,
                 "%zu blocks of %zu in two lists: %zu bytes", count, size, sharded);
        }
    }
}
