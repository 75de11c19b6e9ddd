/* SPDX-License-Identifier: MIT */
/* Pools whose links lie away from their blocks. */
#include "support.h"

enum {
    COUNT = 9,
    SIZE = 20,
    BYTES = COUNT * 24,
    GUARD = 32
};

static _Alignas(64) unsigned char memory[GUARD + BYTES + GUARD];
static _Alignas(4) unsigned char notes[GUARD + LFM_POOL_LINKS_BYTES(COUNT) + GUARD];
static unsigned char *const blocks = memory + GUARD, *const links = notes + GUARD;

static lfm_status make(lfm_pool *pool, size_t blocks_bytes, size_t links_bytes)
{
    return lfm_pool_init_apart(pool, blocks, blocks_bytes, links, links_bytes, COUNT, SIZE, 8);
}

static bool is_guarded(const unsigned char *place, size_t bytes)
{
    for (size_t i = 0; i < GUARD; i++) {
        if (place[i] != GUARD_BYTE || place[GUARD + bytes + i] != GUARD_BYTE) {
            return false;
        }
    }
    return true;
}

Test(apart, blocks_take_their_own_bytes_only)
{
    lfm_pool pool;
    memset(memory, GUARD_BYTE, sizeof memory);
    memset(notes, GUARD_BYTE, sizeof notes);
    MUST(make(&pool, BYTES, LFM_POOL_LINKS_BYTES(COUNT)) == LFM_OK, "init");
    MUST(lfm_pool_check(&pool) == LFM_OK, "at first");
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT; i++) {
            MUST(lfm_pool_owns(&pool, lfm_pool_get(&pool)), "block %zu", i);
        }
        MUST(lfm_pool_get(&pool) == NULL, "one too many");
        MUST(lfm_pool_check(&pool) == LFM_OK, "all taken");
        for (size_t i = 0; i < COUNT; i++) {
            MUST(lfm_pool_put(&pool, blocks + 24 * i) == LFM_OK, "block %zu", i);
        }
        MUST(lfm_pool_check(&pool) == LFM_OK, "all back");
    }
    lfm_pool_stats_t stats;
    lfm_pool_stats(&pool, &stats);
    MUST(stats.count == COUNT && stats.free == COUNT && stats.min_free == 0 && stats.stride == 24, "stats");
    support_show(memory, sizeof memory);
    MUST(is_guarded(memory, BYTES) && is_guarded(notes, LFM_POOL_LINKS_BYTES(COUNT)), "a byte outside was written");
}

/* In one array, so that which lies where is known. */
Test(apart, links_below_the_blocks)
{
    static _Alignas(8) unsigned char both[4 * COUNT + 8 + BYTES];
    unsigned char *const upper = both + sizeof both - BYTES;
    lfm_pool pool;
    MUST(lfm_pool_init_apart(&pool, upper, BYTES, both, 4 * COUNT, COUNT, SIZE, 4) == LFM_OK, "init");
    for (size_t i = 0; i < COUNT; i++) {
        MUST(lfm_pool_get(&pool) == upper + SIZE * i, "block %zu", i);
    }
    MUST(lfm_pool_get(&pool) == NULL, "one too many");
    for (size_t i = 0; i < COUNT; i++) {
        MUST(lfm_pool_put(&pool, upper + SIZE * i) == LFM_OK, "block %zu", i);
    }
    MUST(lfm_pool_check(&pool) == LFM_OK, "check");
}

Test(apart, bad_pointers)
{
    lfm_pool pool;
    MUST(make(&pool, BYTES, sizeof notes - GUARD) == LFM_OK, "init");
    void *const block = lfm_pool_get(&pool);
    if (LFM_CHECKS >= 1) {
        MUST(lfm_pool_put(&pool, blocks - 24) == LFM_EFOREIGN && lfm_pool_put(&pool, links) == LFM_EFOREIGN, "foreign");
        MUST(lfm_pool_put(&pool, blocks + 1) == LFM_EINTERIOR, "interior");
    }
    MUST(lfm_pool_put(&pool, block) == LFM_OK, "put");
    MUST(LFM_CHECKS == 0 || lfm_pool_put(&pool, block) == LFM_EDOUBLEFREE, "twice");
    MUST(lfm_pool_check(&pool) == LFM_OK, "check");
}

Test(apart, bad_arguments_change_nothing)
{
    lfm_pool pool, before;
    memset(&pool, 0x5C, sizeof pool);
    memset(notes, GUARD_BYTE, sizeof notes);
    before = pool;
    const size_t need = LFM_POOL_LINKS_BYTES(COUNT);
    MUST(make(&pool, BYTES - 1, need) == LFM_ENOMEM && make(&pool, BYTES, need - 1) == LFM_ENOMEM, "too short");
    MUST(make(NULL, BYTES, need) == LFM_EINVAL, "no pool");
    MUST(lfm_pool_init_apart(&pool, NULL, BYTES, links, need, COUNT, SIZE, 8) == LFM_EINVAL, "no blocks");
    MUST(lfm_pool_init_apart(&pool, blocks, BYTES, NULL, need, COUNT, SIZE, 8) == LFM_EINVAL, "no links");
    MUST(lfm_pool_init_apart(&pool, blocks + 4, BYTES, links, need, COUNT, SIZE, 8) == LFM_EINVAL, "misaligned");
    MUST(lfm_pool_init_apart(&pool, blocks, BYTES, links + 2, need, COUNT, SIZE, 8) == LFM_EINVAL, "links misaligned");
    MUST(lfm_pool_init_apart(&pool, blocks, BYTES, links, need, 0, SIZE, 8) == LFM_EINVAL, "count");
    MUST(lfm_pool_init_apart(&pool, blocks, BYTES, links, need, COUNT, 0, 8) == LFM_EINVAL, "size");
    MUST(lfm_pool_init_apart(&pool, blocks, BYTES, links, need, COUNT, SIZE, 24) == LFM_EINVAL, "align");
    MUST(lfm_pool_init_apart(&pool, blocks, SIZE_MAX, links, SIZE_MAX, SIZE_MAX, SIZE, 8) == LFM_EINVAL, "overflow");
    MUST(memcmp(&pool, &before, sizeof pool) == 0 && is_guarded(notes + need, 0), "nothing changes");
}
