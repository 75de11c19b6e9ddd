/* SPDX-License-Identifier: MIT */
/* An interrupt at every instruction of every call of the Mynewt front-end, in which the handler calls it, too: it gets
 * and puts, takes all and keeps some, makes pools and takes them off the list. Afterwards every block is there, the
 * list is what was made of it, and the counts that users read are exact, at once. */
#include "oracle.h"
#include "step.h"
#include <os/mynewt.h>
#include <string.h>

enum {
    BLOCKS = 5,
    OTHERS = 9,
    SIZE = 32
};

static struct os_mempool pool, other, third;
static os_membuf_t memory[OS_MEMPOOL_SIZE(BLOCKS, SIZE)], other_memory[OS_MEMPOOL_SIZE(OTHERS, SIZE)],
    third_memory[OS_MEMPOOL_SIZE(3, SIZE)];

/* What the call and the handler hold. */
static void *mine, *kept[BLOCKS];
static size_t keeps, got;

static void call_get(void)
{
    mine = os_memblock_get(&pool);
}

static void call_put(void)
{
    void *const block = mine;
    mine = NULL;
    MUST(os_memblock_put(&pool, block) == OS_OK, "put");
}

static void call_init(void)
{
    MUST(os_mempool_init(&other, OTHERS, SIZE, other_memory, "other") == OS_OK, "init");
}

static void call_unregister(void)
{
    MUST(os_mempool_unregister(&other) == OS_OK, "it was listed");
}

static void call_walk(void)
{
    struct os_mempool_info info;
    got = 0;
    for (struct os_mempool *mp = NULL; (mp = os_mempool_info_get_next(mp, &info)) != NULL;) {
        got += mp == &pool;
    }
}

static void call_find(void)
{
    struct os_mempool_info info;
    got = os_mempool_get("pool", &info) == &pool;
}

static void move_pair(void)
{
    void *const a = os_memblock_get(&pool), *const b = os_memblock_get(&pool);
    MUST(a == NULL || os_memblock_put(&pool, a) == OS_OK, "put");
    MUST(b == NULL || os_memblock_put(&pool, b) == OS_OK, "put");
}

/* Takes all, and gives back in another order under the same top. */
static void move_shuffle(void)
{
    void *all[BLOCKS];
    size_t n = 0;
    while (n < BLOCKS && (all[n] = os_memblock_get(&pool)) != NULL) {
        n++;
    }
    for (size_t i = 1; i < n; i++) {
        MUST(os_memblock_put(&pool, all[i]) == OS_OK, "put");
    }
    MUST(n == 0 || os_memblock_put(&pool, all[0]) == OS_OK, "put");
}

static void move_keep(void)
{
    while (keeps < 2 && (kept[keeps] = os_memblock_get(&pool)) != NULL) {
        keeps++;
    }
}

static void watch_counts(void)
{
    MUST(pool.mp_num_free <= BLOCKS - 2 && pool.mp_min_free <= 1,
         "of %d blocks 2 are in other hands and 4 once were, but the counts are %u and %u", BLOCKS, pool.mp_num_free,
         pool.mp_min_free);
}

/* Leaves with a block that the call may just have met on top; further interrupts read the counts. */
static void move_take(void)
{
    MUST((kept[keeps++] = os_memblock_get(&pool)) != NULL, "two blocks or more are free");
    step_watch(watch_counts);
}

static void move_put(void)
{
    while (keeps > 0) {
        MUST(os_memblock_put(&pool, kept[--keeps]) == OS_OK, "put");
    }
}

static void move_list(void)
{
    struct os_mempool_info info;
    MUST(os_mempool_init(&third, 3, SIZE, third_memory, "third") == OS_OK, "init");
    MUST(os_mempool_get("third", &info) == &third && info.omi_num_free == 3, "it is listed");
    MUST(os_mempool_get("pool", &info) == &pool, "as is this one");
    MUST(os_memblock_put(&third, os_memblock_get(&third)) == OS_OK, "get and put");
    MUST(os_mempool_unregister(&third) == OS_OK && os_mempool_get("third", &info) == NULL, "unregister");
}

static const struct {
    const char *name;
    void (*call)(void);
    bool pool;          /* it is a call on the pool, not on the list */
    bool holds, listed; /* before it: a block, the other pool */
} calls[] = {
    {"get", call_get, true, false, true},
    {"put", call_put, true, true, true},
    {"init", call_init, false, false, false},
    {"init again", call_init, false, false, true},
    {"unregister", call_unregister, false, false, true},
    {"walk", call_walk, false, false, true},
    {"find", call_find, false, false, true},
};
enum {
    CALLS = sizeof calls / sizeof *calls,
    INIT = 2 /* of the pool that is not listed */
};

/* The first one is for calls on the list, all are for those on the pool. */
static void (*const moves[])(void) = {move_list, move_pair, move_shuffle, move_keep, move_take, move_put};
enum {
    MOVES = sizeof moves / sizeof *moves
};

static void check_counts(const struct os_mempool *mp, size_t free)
{
    MUST(mp->mp_num_free == free, "mp_num_free is %u instead of %zu", mp->mp_num_free, free);
    lfm_pool_stats_t stats;
    lfm_pool_stats(&mp->mp_lfm_, &stats);
    MUST(mp->mp_min_free == stats.min_free, "mp_min_free is %u instead of %zu", mp->mp_min_free, stats.min_free);
    MUST(os_mempool_is_sane(mp), "the pool is damaged");
}

/* The pool with two blocks in other hands, so that a move can run it dry, and nothing else. Blocks are on top whose
 * numbers tell nothing of how many are free. */
static void prepare(size_t call)
{
    keeps = got = 0;
    mine = NULL;
    os_mempool_module_init();
    MUST(os_mempool_init(&pool, BLOCKS, SIZE, memory, "pool") == OS_OK, "init");
    if (calls[call].listed) {
        call_init();
    } else { /* its links are given back, so that init has to find room */
        MUST(os_mempool_init(&other, 0, SIZE, NULL, "other") == OS_OK && os_mempool_unregister(&other) == OS_OK,
             "init");
    }
    void *const first = os_memblock_get(&pool), *const second = os_memblock_get(&pool);
    move_keep();
    MUST(os_memblock_put(&pool, first) == OS_OK && os_memblock_put(&pool, second) == OS_OK, "put");
    if (calls[call].holds) {
        call_get();
    }
}

static void audit(size_t call, size_t move)
{
    (void)move;
    struct os_mempool_info info;
    check_counts(&pool, BLOCKS - keeps - (mine != NULL));
    MUST(calls[call].call != call_get || mine != NULL, "there were blocks all the while");
    if (mine != NULL) {
        memset(mine, 1, SIZE);
        call_put();
    }
    move_put();
    check_counts(&pool, BLOCKS);
    MUST((os_mempool_get("other", &info) == &other) == (calls[call].call != call_unregister), "the list");
    if (calls[call].call != call_unregister) {
        check_counts(&other, OTHERS);
    }
    MUST((calls[call].call != call_walk && calls[call].call != call_find) || got == 1, "met %zu times", got);
    MUST(os_mempool_get("third", &info) == NULL, "it left");
}

static void perform(size_t call)
{
    calls[call].call();
}

static void make_move(size_t call, size_t move)
{
    (void)call;
    moves[move]();
}

/* Until no links are left that nobody had: from then on an init takes the first that were given back, the same always.
 */
static void use_up_links(void)
{
    size_t before;
    do {
        before = other.mp_lfm_.links;
        prepare(INIT);
        call_init();
    } while (other.mp_lfm_.links != before);
}

int main(int argc, char **argv)
{
    static const step_test test = {prepare, perform, make_move, audit};
    oracle_begin(argc, argv);
    step_begin(&test);
    prepare(0);
    move_list(); /* its pool has a place and links from here on, so that calls always take the same path */
    move_put();
    use_up_links();
    for (size_t call = 0; call < CALLS; call++) {
        step_through(call, calls[call].pool ? MOVES : 1);
    }
    return step_end();
}
