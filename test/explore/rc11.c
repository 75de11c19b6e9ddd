/* SPDX-License-Identifier: MIT */
/* The pool under a weak memory model: a harness for GenMC, which runs all executions that RC11 allows (M.
 * Kokologiannakis and V. Vafeiadis, CAV 2021). It includes the library's sources, so what is checked is what is linked.
 * rc11.py runs it in several shapes and with each memory order weakened in turn.
 */
#include "rc11.h"

#ifdef SHARDS
static _Thread_local unsigned long home;
#define LFM_PORT_CONTEXT() home
#else
#define SHARDS             1
#define LFM_PORT_CONTEXT() 0
#endif

#include "../../lib/pool.c"
#include "../../lib/pool_init.c"

#ifndef BLOCKS
#define BLOCKS 2
#endif
#ifndef HOLD /* blocks that a thread holds at once */
#define HOLD 1
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef THREADS
#define THREADS 2
#endif

LFM_POOL_DEFINE_SHARDED(pool, BLOCKS, 8, 8, SHARDS);
static long contents[BLOCKS]; /* plain: written by a block's owner, so a missing order is a data race */
static void *held[THREADS + 1][HOLD];

static unsigned long index_of(const void *block)
{
    return (unsigned long)((const unsigned char *)block - pool_lfm_storage) / 8;
}

#ifdef IN_LINE
/* Thread 1's calls are in line, and the others' are the library's, so that both forms meet. */
#undef __ELF__                    /* no assembler */
#define __builtin_constant_p(x) 1 /* whatever passes the compiler has run */
#include <lfmem/detail/pool_inline.h>
#undef __builtin_constant_p
#define GET(owner)        ((owner) == 1 ? lfm_pool_get_inline_(pool) : lfm_pool_get(pool))
#define PUT(owner, block) ((owner) == 1 ? lfm_pool_put_inline_(pool, block) : lfm_pool_put(pool, block))
#else
#define GET(owner)        lfm_pool_get(pool)
#define PUT(owner, block) lfm_pool_put(pool, block)
#endif

static void *take(long owner)
{
    void *block = GET(owner);
#ifdef MUST
    assert(block != NULL);
#endif
    if (block != NULL) {
        contents[index_of(block)] = owner;
    }
    return block;
}

static void give(void *block, long owner)
{
    if (block != NULL) {
        assert(contents[index_of(block)] == owner);
        assert(PUT(owner, block) == LFM_OK);
    }
}

#if defined(MANY)
/* Each thread takes and gives HOLD blocks at once. */
static void *work(void *argument)
{
    const long me = (long)argument;
    for (int round = 0; round < ROUNDS; round++) {
        void **blocks = held[me];
        const size_t got = lfm_pool_get_many(pool, blocks, HOLD);
        for (size_t i = 0; i < got; i++) {
            contents[index_of(blocks[i])] = me;
        }
        for (size_t i = 0; i < got; i++) {
            assert(contents[index_of(blocks[i])] == me);
        }
        assert(got == 0 || lfm_pool_put_many(pool, blocks, got) == LFM_OK);
    }
    return NULL;
}
#elif defined(DODGE)
/* Thread 1 puts a block into shard 0, then takes the one of shard 1; thread 2 may not find both empty (I5). */
static void *work(void *argument)
{
    if ((long)argument == 1) {
        home = 0;
        assert(lfm_pool_put(pool, held[0][0]) == LFM_OK);
        home = 1;
        assert(lfm_pool_get(pool) != NULL);
    } else {
        home = 0;
        assert(lfm_pool_get(pool) != NULL);
    }
    return NULL;
}
#elif defined(STATS)
/* Thread 2 asks while thread 1 works: with one thread, one block at most is missing. The list is in such an order that
 * a link read at another time than the head would tell of more. */
static void *work(void *argument)
{
    if ((long)argument == 1) {
        for (int round = 0; round < ROUNDS; round++) {
            give(take(1), 1);
        }
    } else {
        static lfm_pool_stats_t stats;
        lfm_pool_stats(pool, &stats);
        assert(stats.free + 1 == BLOCKS || stats.free == BLOCKS);
    }
    return NULL;
}
#else
static void *work(void *argument)
{
    const long me = (long)argument;
#if SHARDS > 1
    home = 0; /* of both, so that they meet */
#endif
    for (int round = 0; round < ROUNDS; round++) {
        void **blocks = held[me];
        for (int i = 0; i < HOLD; i++) {
            blocks[i] = take(me);
        }
        for (int i = 0; i < HOLD; i++) {
            give(blocks[i], me);
        }
    }
    return NULL;
}
#endif

int main(void)
{
    pthread_t threads[THREADS];
#ifdef DODGE
    home = 0;
    held[0][0] = lfm_pool_get(pool);
#endif
#ifdef STATS
    void *all[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        all[i] = lfm_pool_get(pool);
    }
    for (int i = 0; i < BLOCKS; i++) {
        assert(lfm_pool_put(pool, all[i]) == LFM_OK);
    }
#endif
    for (long i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, work, (void *)(i + 1));
    }
    for (long i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
#ifndef DODGE
    static lfm_pool_stats_t stats;
    lfm_pool_stats(pool, &stats);
    assert(stats.free == BLOCKS);
    for (int i = 0; i < BLOCKS; i++) {
        assert(lfm_pool_get(pool) != NULL);
    }
    assert(lfm_pool_get(pool) == NULL);
#endif
    return 0;
}
