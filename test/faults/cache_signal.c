/* SPDX-License-Identifier: MIT */
/* An interrupt at every instruction of every call on a cache. The handler gets, puts and flushes with a cache of its
 * own on the same pool, and calls the pool itself. It keeps what it took while the call goes on. Afterwards every block
 * is there once. */
#include "oracle.h"
#include "step.h"
#include <lfmem/cache.h>
#include <string.h>

enum {
    BLOCKS = 12,
    SIZE = 32,
    SLOTS = 4,
    MANY = 3
};

static lfm_pool pool;
static _Alignas(128) unsigned char storage[LFM_POOL_STORAGE_BYTES_SHARDED(BLOCKS, SIZE, 8, 2)];
static lfm_cache thread, handler;
static void *thread_slots[SLOTS], *handler_slots[SLOTS];

/* The blocks of the call and of the handler. In each block stands the address of its holder's list. */
typedef struct hands {
    void *blocks[BLOCKS];
    size_t n;
} hands;
static hands mine, kept;

static void hold(hands *h, void *block)
{
    MUST(h->n < BLOCKS && lfm_pool_owns(&pool, block), "that is no block");
    memcpy(block, &h, sizeof h);
    h->blocks[h->n++] = block;
}

static void *let_go(hands *h)
{
    void *const block = h->blocks[--h->n];
    MUST(memcmp(block, &h, sizeof h) == 0, "another one wrote into the block");
    return block;
}

static void get(lfm_cache *cache, hands *h)
{
    void *const block = lfm_cache_get(cache);
    if (block != NULL) {
        hold(h, block);
    }
}

static void put(lfm_cache *cache, hands *h)
{
    if (h->n > 0) {
        MUST(lfm_cache_put(cache, let_go(h)) == LFM_OK, "put");
    }
}

static void call_get(void)
{
    get(&thread, &mine);
}

static void call_put(void)
{
    put(&thread, &mine);
}

static void call_flush(void)
{
    lfm_cache_flush(&thread);
}

static void call_get_many(void)
{
    void *blocks[MANY];
    for (size_t n = lfm_cache_get_many(&thread, blocks, MANY); n > 0; n--) {
        hold(&mine, blocks[n - 1]);
    }
}

static void call_put_many(void)
{
    void *const blocks[MANY] = {let_go(&mine), let_go(&mine), let_go(&mine)};
    MUST(lfm_cache_put_many(&thread, blocks, MANY) == LFM_OK, "put");
}

static void move_pair(void)
{
    get(&handler, &kept);
    get(&handler, &kept);
    put(&handler, &kept);
    put(&handler, &kept);
}

static void move_keep(void)
{
    get(&handler, &kept);
}

static void move_flush(void)
{
    put(&handler, &kept);
    lfm_cache_flush(&handler);
}

/* Takes all of the pool and gives it back in another order under the same top. */
static void move_shuffle(void)
{
    void *all[BLOCKS];
    const size_t n = lfm_pool_get_many(&pool, all, BLOCKS);
    for (size_t i = 1; i < n; i++) {
        MUST(lfm_pool_put(&pool, all[i]) == LFM_OK, "put");
    }
    MUST(n == 0 || lfm_pool_put(&pool, all[0]) == LFM_OK, "put");
}

static void (*const moves[])(void) = {move_pair, move_keep, move_flush, move_shuffle};
enum {
    MOVES = sizeof moves / sizeof *moves
};

/* From an empty cache, one with something in it, and a full one; each from a pool with one list and with two. */
static const struct {
    void (*call)(void);
    size_t cached, held;
} calls[] = {
    {call_get, 0, 0},      {call_get, 2, 0},          {call_put, 0, 1},          {call_put, 2, 1},
    {call_put, SLOTS, 1},  {call_flush, SLOTS, 0},    {call_get_many, 0, 0},     {call_get_many, 2, 0},
    {call_put_many, 0, 3}, {call_put_many, SLOTS, 3}, {call_get, 0, BLOCKS - 1},
};
enum {
    CALLS = sizeof calls / sizeof *calls
};

static void prepare(size_t number)
{
    const size_t call = number % CALLS;
    mine.n = kept.n = 0;
    MUST(lfm_pool_init_sharded(&pool, storage, sizeof storage, BLOCKS, SIZE, 8, 1 + number / CALLS) == LFM_OK &&
             lfm_cache_init(&thread, &pool, thread_slots, SLOTS) == LFM_OK &&
             lfm_cache_init(&handler, &pool, handler_slots, SLOTS) == LFM_OK,
         "init");
    for (size_t i = 0; i < calls[call].held + calls[call].cached; i++) {
        hold(&mine, lfm_pool_get(&pool));
    }
    for (size_t i = 0; i < calls[call].cached; i++) {
        put(&thread, &mine);
    }
    if (calls[call].held < BLOCKS - 1) { /* it has blocks in its cache already */
        move_pair();
    }
}

static void perform(size_t number)
{
    calls[number % CALLS].call();
}

static void make_move(size_t number, size_t move)
{
    (void)number;
    moves[move]();
}

static size_t cached_in(const lfm_cache *cache)
{
    lfm_cache_stats_t stats;
    lfm_cache_stats(cache, &stats);
    return stats.cached;
}

static void audit(size_t number, size_t move)
{
    const size_t call = number % CALLS;
    lfm_pool_stats_t stats;
    (void)move;
    MUST(calls[call].call != call_get || mine.n > calls[call].held || calls[call].held > 0,
         "there were blocks all the while");
    lfm_pool_stats(&pool, &stats);
    const size_t cached = cached_in(&thread) + cached_in(&handler);
    MUST(stats.free + cached + mine.n + kept.n == BLOCKS, "%zu free, %zu in caches, %zu and %zu held", stats.free,
         cached, mine.n, kept.n);
    MUST(LFM_CHECKS == 0 || lfm_cache_count(&pool) == cached, "%zu marked, %zu in caches", lfm_cache_count(&pool),
         cached);
    MUST(lfm_pool_check(&pool) == LFM_OK, "damaged");
    while (mine.n > 0) {
        put(&thread, &mine);
    }
    while (kept.n > 0) {
        put(&handler, &kept);
    }
    lfm_cache_flush(&thread);
    lfm_cache_flush(&handler);
    lfm_pool_stats(&pool, &stats);
    MUST(stats.free == BLOCKS && lfm_pool_check(&pool) == LFM_OK, "%zu free", stats.free);
}

int main(int argc, char **argv)
{
    static const step_test test = {prepare, perform, make_move, audit};
    oracle_begin(argc, argv);
    step_begin(&test);
    for (size_t number = 0; number < (size_t)2 * CALLS; number++) {
        step_through(number, MOVES);
    }
    return step_end();
}
