/* SPDX-License-Identifier: MIT */
/* Uses blocks as they may be used, or one after it was put, which a tool that is told of free blocks has to report.
 * usage: hooks legal|read|write|many|cached|brought|untaken made|defined
 * "made": a pool of lfm_pool_init(), whose blocks are hidden at once; "untaken" reads one there. "defined": one of
 * LFM_POOL_DEFINE, whose blocks are hidden from their first put on. "cached" is put into a cache, "brought" came into
 * one and was not taken. */
#include "check.h"
#include <lfmem/lfmem.h>
#include <string.h>

enum {
    COUNT = 8,
    SIZE = 64
};

LFM_POOL_DEFINE(defined, COUNT, SIZE, 8);
static lfm_pool made[1];
static _Alignas(8) unsigned char storage[LFM_POOL_STORAGE_BYTES(COUNT, SIZE, 8)];

/* Where a compiler cannot see that nobody needs it. */
static volatile unsigned char sink;

static void use_legally(lfm_pool *pool)
{
    void *blocks[COUNT];
    for (int round = 0; round < 3; round++) {
        blocks[0] = lfm_pool_get(pool);
        CHECK(lfm_pool_get_many(pool, blocks + 1, COUNT - 1) == COUNT - 1, "round %d", round);
        for (int i = 0; i < COUNT; i++) {
            memset(blocks[i], i, SIZE);
        }
        for (int i = 0; i < COUNT; i++) {
            sink = ((volatile unsigned char *)blocks[i])[SIZE - 1];
            CHECK(sink == i, "block %d", i);
        }
        CHECK(lfm_pool_put(pool, blocks[0]) == LFM_OK, "round %d", round);
        CHECK(lfm_pool_put_many(pool, blocks + 1, COUNT - 1) == LFM_OK, "round %d", round);
        CHECK(lfm_pool_check(pool) == LFM_OK, "round %d", round);
    }
}

static void use_cache_legally(lfm_pool *pool, lfm_cache *cache)
{
    void *blocks[COUNT];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT; i++) {
            CHECK((blocks[i] = lfm_cache_get(cache)) != NULL, "round %d", round);
            memset(blocks[i], i, SIZE);
        }
        for (int i = 0; i < COUNT; i++) {
            sink = ((volatile unsigned char *)blocks[i])[SIZE - 1];
            CHECK(sink == i && lfm_cache_put(cache, blocks[i]) == LFM_OK, "block %d", i);
        }
        CHECK(lfm_cache_get_many(cache, blocks, COUNT) == COUNT, "round %d", round);
        memset(blocks[0], 1, SIZE);
        CHECK(lfm_cache_put_many(cache, blocks, COUNT) == LFM_OK, "round %d", round);
        CHECK(lfm_pool_check(pool) == LFM_OK, "round %d", round);
        lfm_cache_flush(cache);
    }
}

/* As use_after_put(): of a block that was put into the cache, or that came into it with the one that was asked for. */
static void use_of_cached(lfm_pool *pool, lfm_cache *cache, bool brought)
{
    volatile unsigned char *block = lfm_pool_get(pool), *other;
    CHECK((brought ? lfm_pool_put(pool, (void *)block) : lfm_cache_put(cache, (void *)block)) == LFM_OK, "put");
    other = brought ? lfm_cache_get(cache) : lfm_pool_get(pool);
    CHECK(other != NULL && other != block, "another one");
    other[SIZE - 1] = 1;
    puts("so far all was legal");
    fflush(stdout);
    sink = block[0];
}

/* Another block stays taken, and must stay usable. */
static void use_after_put(lfm_pool *pool, bool writes, bool many)
{
    volatile unsigned char *other = lfm_pool_get(pool), *block = lfm_pool_get(pool);
    void *blocks[] = {(void *)block, lfm_pool_get(pool)};
    memset(blocks[0], 1, SIZE);
    CHECK((many ? lfm_pool_put_many(pool, blocks, 2) : lfm_pool_put(pool, blocks[0])) == LFM_OK, "put");
    other[SIZE - 1] = 1;
    puts("so far all was legal");
    fflush(stdout);
    if (writes) {
        block[SIZE - 1] = 1;
    } else {
        sink = block[0];
    }
}

int main(int argc, char **argv)
{
    CHECK(argc == 3, "usage: hooks legal|read|write|many|cached|brought|untaken made|defined");
    static void *slots[4];
    lfm_cache cache;
    lfm_pool *const pool = strcmp(argv[2], "made") == 0 ? made : defined;
    CHECK(lfm_pool_init(made, storage, sizeof storage, COUNT, SIZE, 8) == LFM_OK, "init");
    CHECK(lfm_cache_init(&cache, pool, slots, 4) == LFM_OK, "init");
    if (strcmp(argv[1], "legal") == 0) {
        use_legally(pool);
        use_cache_legally(pool, &cache);
        CHECK(lfm_pool_init(made, storage, sizeof storage, COUNT, SIZE, 8) == LFM_OK, "made again");
        use_legally(pool);
    } else if (strcmp(argv[1], "cached") == 0 || strcmp(argv[1], "brought") == 0) {
        use_of_cached(pool, &cache, strcmp(argv[1], "brought") == 0);
    } else if (strcmp(argv[1], "untaken") == 0) {
        /* not by the array's name: an access that is in its bounds for all to see is not instrumented */
        volatile unsigned char *volatile untaken = storage + SIZE;
        puts("so far all was legal");
        fflush(stdout);
        sink = *untaken;
    } else {
        use_after_put(pool, strcmp(argv[1], "write") == 0, strcmp(argv[1], "many") == 0);
    }
    puts("nothing was reported");
    return 0;
}
