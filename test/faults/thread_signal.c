/* SPDX-License-Identifier: MIT */
/* An interrupt at every instruction in which a thread takes its number or gives it back. The handler uses the same
 * pool, leaves, or both. Afterwards the thread has one number at most, and none is lost. A lost one shows when the
 * thread takes a number again: it begins at another list of a sharded pool. */
#include "oracle.h"
#include "step.h"
#include <lfmem/pool.h>
#include <lfmem/thread.h>

enum {
    SHARDS = 7, /* not 2^n: a word of numbers that is lost shows */
    EACH = 4,   /* blocks of a list */
    SIZE = 16
};

static lfm_pool pool;
static _Alignas(128) unsigned char storage[LFM_POOL_STORAGE_BYTES_SHARDED(SHARDS * EACH, SIZE, 8, SHARDS)];
static void *mine, *kept;

static void make(void)
{
    MUST(lfm_pool_init_sharded(&pool, storage, sizeof storage, SHARDS * EACH, SIZE, 8, SHARDS) == LFM_OK, "init");
}

/* The list that a get begins at. */
static size_t home(void)
{
    make();
    const unsigned char *const block = lfm_pool_get(&pool);
    MUST(block != NULL, "get");
    return (size_t)(block - storage) / SIZE / EACH;
}

static void call_get(void)
{
    mine = lfm_pool_get(&pool);
    MUST(mine != NULL, "there are blocks");
}

static void call_put(void)
{
    MUST(lfm_pool_put(&pool, mine) == LFM_OK, "put");
}

static void move_get(void)
{
    kept = lfm_pool_get(&pool);
    MUST(kept != NULL, "there are blocks");
}

static void move_both(void)
{
    move_get();
    lfm_thread_leave();
}

static void (*const moves[])(void) = {move_get, lfm_thread_leave, move_both};
static void (*const calls[])(void) = {call_get, call_put, lfm_thread_leave};
enum {
    MOVES = sizeof moves / sizeof *moves,
    CALLS = sizeof calls / sizeof *calls
};

static size_t first; /* the list of the number that is taken when none is */

/* Calls begin without a number, but lfm_thread_leave() with one. A put wants a block. */
static void prepare(size_t call)
{
    make();
    mine = kept = NULL;
    if (calls[call] != call_get) {
        mine = lfm_pool_get(&pool);
    }
    if (calls[call] != lfm_thread_leave) {
        lfm_thread_leave();
    }
}

static void perform(size_t call)
{
    calls[call]();
}

static void make_move(size_t call, size_t move)
{
    (void)call;
    moves[move]();
}

static void audit(size_t call, size_t move)
{
    MUST(lfm_pool_check(&pool) == LFM_OK, "call %zu, move %zu: damaged", call, move);
    MUST(calls[call] == call_put || kept == NULL || kept != mine, "call %zu: both have one block", call);
    lfm_thread_leave();
    const size_t list = home();
    MUST(list == first, "call %zu, move %zu: a number is lost: list %zu, not %zu", call, move, list, first);
    lfm_thread_leave();
}

int main(int argc, char **argv)
{
    static const step_test test = {prepare, perform, make_move, audit};
    oracle_begin(argc, argv);
    lfm_thread_leave();
    first = home();
    lfm_thread_leave();
    step_begin(&test);
    for (size_t call = 0; call < CALLS; call++) {
        step_through(call, MOVES);
    }
    return step_end();
}
