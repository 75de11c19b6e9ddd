/* SPDX-License-Identifier: MIT */
/* Uses blocks as they may be used, or one after it was put, which a tool that is told of free blocks has to report.
 * usage: hooks legal|read|write|many|cached|brought|untaken|handlers made|defined
 * "made": a pool of lfm_pool_init(), whose blocks are hidden at once; "untaken" reads one there. "defined": one of
 * LFM_POOL_DEFINE, whose blocks are hidden from their first put on. "cached" is put into a cache, "brought" came into
 * one and was not taken. "handlers": of many pools that no tool was told of, the first get is interrupted by another.
 */
#include "check.h"
#include <lfmem/lfmem.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#if LFM_VALGRIND
#include <valgrind/memcheck.h>
#define IS_ANNOUNCED(pool) VALGRIND_MEMPOOL_EXISTS(pool)
#else
#define IS_ANNOUNCED(pool) ((void)(pool), false)
#endif

enum {
    COUNT = 8,
    SIZE = 64
};

LFM_POOL_DEFINE(defined, COUNT, SIZE, 8);
static lfm_pool made[1];
static _Alignas(8) unsigned char storage[LFM_POOL_STORAGE_BYTES(COUNT, SIZE, 8)];

/* Where a compiler cannot see that nobody needs it. */
static volatile unsigned char sink;

static void use_legally(const lfm_pool *pool)
{
    void *blocks[COUNT];
    for (int round = 0; round < 3; round++) {
        blocks[0] = lfm_pool_get(pool);
        MUST(lfm_pool_get_many(pool, blocks + 1, COUNT - 1) == COUNT - 1, "round %d", round);
        for (int i = 0; i < COUNT; i++) {
            memset(blocks[i], i, SIZE);
        }
        for (int i = 0; i < COUNT; i++) {
            sink = ((volatile unsigned char *)blocks[i])[SIZE - 1];
            MUST(sink == i, "block %d", i);
        }
        MUST(lfm_pool_put(pool, blocks[0]) == LFM_OK, "round %d", round);
        MUST(lfm_pool_put_many(pool, blocks + 1, COUNT - 1) == LFM_OK, "round %d", round);
        MUST(lfm_pool_check(pool) == LFM_OK, "round %d", round);
    }
}

static void use_cache_legally(const lfm_pool *pool, lfm_cache *cache)
{
    void *blocks[COUNT];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT; i++) {
            MUST((blocks[i] = lfm_cache_get(cache)) != NULL, "round %d", round);
            memset(blocks[i], i, SIZE);
        }
        for (int i = 0; i < COUNT; i++) {
            sink = ((volatile unsigned char *)blocks[i])[SIZE - 1];
            MUST(sink == i && lfm_cache_put(cache, blocks[i]) == LFM_OK, "block %d", i);
        }
        MUST(lfm_cache_get_many(cache, blocks, COUNT) == COUNT, "round %d", round);
        memset(blocks[0], 1, SIZE);
        MUST(lfm_cache_put_many(cache, blocks, COUNT) == LFM_OK, "round %d", round);
        MUST(lfm_pool_check(pool) == LFM_OK, "round %d", round);
        lfm_cache_flush(cache);
    }
}

/* As use_after_put(): of a block that was put into the cache, or that came into it with the one that was asked for. */
static void use_of_cached(const lfm_pool *pool, lfm_cache *cache, bool brought)
{
    volatile unsigned char *block = lfm_pool_get(pool), *other;
    MUST((brought ? lfm_pool_put(pool, (void *)block) : lfm_cache_put(cache, (void *)block)) == LFM_OK, "put");
    other = brought ? lfm_cache_get(cache) : lfm_pool_get(pool);
    MUST(other != NULL && other != block, "another one");
    other[SIZE - 1] = 1;
    puts("so far all was legal");
    fflush(stdout);
    sink = block[0];
}

/* Another block stays taken, and must stay usable. */
static void use_after_put(const lfm_pool *pool, bool writes, bool many)
{
    volatile unsigned char *other = lfm_pool_get(pool), *block = lfm_pool_get(pool);
    void *blocks[] = {(void *)block, lfm_pool_get(pool)};
    memset(blocks[0], 1, SIZE);
    MUST((many ? lfm_pool_put_many(pool, blocks, 2) : lfm_pool_put(pool, blocks[0])) == LFM_OK, "put");
    other[SIZE - 1] = 1;
    puts("so far all was legal");
    fflush(stdout);
    if (writes) {
        block[SIZE - 1] = 1;
    } else {
        sink = block[0];
    }
}

enum {
    MANY = 100000
};
static struct {
    lfm_pool pool;
    _Alignas(8) unsigned char storage[LFM_POOL_STORAGE_BYTES(2, 8, 8)];
} many[MANY];
static volatile sig_atomic_t at;

static void get_and_put(const lfm_pool *pool)
{
    void *const block = lfm_pool_get(pool);
    MUST(block != NULL && lfm_pool_put(pool, block) == LFM_OK, "get and put");
}

static void handle(int signal)
{
    (void)signal;
    get_and_put(&many[at].pool);
}

static void interrupt_first_gets(void)
{
    const struct sigaction action = {.sa_handler = handle};
    const struct itimerval often = {{0, 100}, {0, 100}}, never = {{0, 0}, {0, 0}};
    lfm_tools_hide(false);
    for (int i = 0; i < MANY; i++) {
        MUST(lfm_pool_init(&many[i].pool, many[i].storage, sizeof many[i].storage, 2, 8, 8) == LFM_OK, "init");
    }
    lfm_tools_hide(true);
    MUST(sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &often, NULL) == 0, "signals");
    for (int i = 0; i < MANY; i++) {
        at = i;
        get_and_put(&many[i].pool);
    }
    setitimer(ITIMER_REAL, &never, NULL);
    /* if one did, two could: then it depends on the moment of the signal whether the program gets here */
    MUST(!IS_ANNOUNCED(&many[0].pool), "a get announces its pool");
}

int main(int argc, char **argv)
{
    MUST(argc == 3, "usage: hooks legal|read|write|many|cached|brought|untaken|handlers made|defined");
    static void *slots[4];
    lfm_cache cache;
    const lfm_pool *const pool = strcmp(argv[2], "made") == 0 ? made : defined;
    MUST(lfm_pool_init(made, storage, sizeof storage, COUNT, SIZE, 8) == LFM_OK, "init");
    MUST(lfm_cache_init(&cache, pool, slots, 4) == LFM_OK, "init");
    if (strcmp(argv[1], "legal") == 0) {
        use_legally(pool);
        use_cache_legally(pool, &cache);
        MUST(lfm_pool_init(made, storage, sizeof storage, COUNT, SIZE, 8) == LFM_OK, "made again");
        use_legally(pool);
    } else if (strcmp(argv[1], "cached") == 0 || strcmp(argv[1], "brought") == 0) {
        use_of_cached(pool, &cache, strcmp(argv[1], "brought") == 0);
    } else if (strcmp(argv[1], "handlers") == 0) {
        interrupt_first_gets();
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
