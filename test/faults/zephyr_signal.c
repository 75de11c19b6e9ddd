/* SPDX-License-Identifier: MIT */
/* An interrupt at every instruction of every call of Zephyr's front-end. There the handler makes calls of its own: it
 * allocates and frees, keeps a block, frees one that the program has, puts a pool on k_free()'s list. No call fails for
 * want of room, since there is room for all; afterwards every byte is free and can be had as one block.
 *
 * --lock: a spin lock around each call, on which the handler is stuck. */
#include "../../lib/compat/zephyr.h"
#include "oracle.h"
#include "step.h"
#include <string.h>

enum {
    POOLS = 3,
    ALL = CONFIG_HEAP_MEM_POOL_SIZE
};

K_MEM_POOL_DEFINE(pool_0, 64, 1024, 2, 4);
K_MEM_POOL_DEFINE(pool_1, 64, 1024, 2, 4);
K_MEM_POOL_DEFINE(pool_2, 64, 1024, 2, 4);
static struct k_mem_pool *const pools[POOLS] = {&pool_0, &pool_1, &pool_2};

/* What the program and its handler have. */
static struct {
    void *mine, *kept, *to_free;
    struct k_mem_block block;
} world;

/* The metadata of each heap as it was at first: only from there does a call take the same path again. */
static struct {
    size_t bytes;
    unsigned char *metadata, fresh[4096];
} images[1 + POOLS];

static const oracle_options *options;
static atomic_uint lock_word;

static void lock(void)
{
    while (options->lock && atomic_exchange(&lock_word, 1) != 0) {
    }
}

static void unlock(void)
{
    if (options->lock) {
        atomic_store(&lock_word, 0);
    }
}

static void *had(void *block)
{
    MUST(block != NULL, "no block, and there is room");
    return block;
}

static void gone(void *block)
{
    const lfm_status status = lfm_zephyr_free(block);
    MUST(status == LFM_OK, "k_free: %s", lfm_status_string(status));
}

static void call_malloc(void)
{
    world.mine = had(k_malloc(64));
}

static void call_malloc_large(void)
{
    world.mine = had(k_malloc(ALL / 16));
}

static void call_free(void)
{
    gone(world.mine);
    world.mine = NULL;
}

static void call_realloc(void)
{
    world.mine = had(k_realloc(world.mine, ALL / 5));
}

static void call_first_of_pool(void)
{
    void *const block = had(k_mem_pool_malloc(pools[0], 64));
    gone(block);
}

static void call_pool_alloc(void)
{
    const int status = k_mem_pool_alloc(pools[1], &world.block, 1000, K_NO_WAIT);
    MUST(status == 0, "no block of a pool: %d", status);
}

/* Frees into a pool that believes that a thread waits: the call looks for one to serve. */
static void call_pool_free(void)
{
    k_mem_pool_free(&world.block);
}

static void move_pair(void)
{
    gone(had(k_malloc(64)));
}

static void move_keep(void)
{
    world.kept = had(k_malloc(ALL / 16));
}

static void move_free(void)
{
    gone(world.to_free);
    world.to_free = NULL;
}

static void move_whole(void)
{
    k_free(k_malloc(ALL)); /* it may fail */
    gone(had(k_malloc(ALL / 4)));
}

static void move_list(void)
{
    world.kept = had(k_mem_pool_malloc(pools[2], 1));
    gone(had(k_mem_pool_malloc(pools[0], 1)));
}

static void move_pools(void)
{
    struct k_mem_block block;
    const int status = k_mem_pool_alloc(pools[1], &block, 64, K_MSEC(1)); /* there is room: it does not wait */
    MUST(status == 0, "no block of a pool: %d", status);
    k_mem_pool_free(&block);
}

typedef void act(void);
static act *const calls[] = {call_malloc,        call_malloc_large, call_free,     call_realloc,
                             call_first_of_pool, call_pool_alloc,   call_pool_free};
static act *const moves[] = {move_pair, move_keep, move_free, move_whole, move_list, move_pools};

static void perform(size_t call)
{
    lock();
    calls[call]();
    unlock();
}

static void make_move(size_t call, size_t move)
{
    (void)call;
    lock();
    moves[move]();
    unlock();
}

static void keep_image(size_t i, const lfm_heap *heap, size_t blocks, size_t largest)
{
    lfm_heap_free(heap, lfm_heap_alloc(heap, largest));
    lfm_heap_free(heap, lfm_heap_alloc(heap, 64)); /* the first one searches, which is a long path */
    images[i].metadata = heap->blocks + blocks;    /* of a definer: an address */
    images[i].bytes = LFM_HEAP_STORAGE_BYTES(blocks, 64) - blocks;
    NEED(images[i].bytes <= sizeof images[i].fresh, "%zu bytes of metadata", images[i].bytes);
    memcpy(images[i].fresh, images[i].metadata, images[i].bytes);
}

/* Pools as if they were never used, and what the calls want to begin with. */
static void prepare(size_t number)
{
    act *const call = calls[number];
    for (size_t i = 0; i < 1 + POOLS; i++) {
        memcpy(images[i].metadata, images[i].fresh, images[i].bytes);
    }
    for (int i = 0; i < POOLS; i++) {
        atomic_store(&pools[i]->next, NULL);
        atomic_store(&pools[i]->listed, 0);
        atomic_store(&pools[i]->waits, 0);
    }
    struct k_mem_pool *const heap = atomic_load(&lfm_zephyr_pools);
    atomic_store(&heap->next, NULL);
    world.to_free = had(k_malloc(100));
    if (call == call_free || call == call_realloc) {
        world.mine = had(k_malloc(64));
    }
    if (call == call_pool_free) {
        call_pool_alloc();
        atomic_store(&pools[1]->waits, 1);
    }
}

static void must_be_whole(const lfm_heap *heap, size_t bytes)
{
    void *const all = lfm_heap_alloc(heap, bytes);
    MUST(all != NULL && lfm_heap_check(heap) == LFM_OK, "the heap is not whole again");
    lfm_heap_free(heap, all);
}

static void audit(size_t call, size_t move)
{
    (void)call, (void)move;
    k_free(world.mine);
    k_free(world.kept);
    k_free(world.to_free);
    k_mem_pool_free(&world.block);
    memset(&world, 0, sizeof world);
    must_be_whole(lfm_zephyr_heap(), ALL);
    for (int i = 0; i < POOLS; i++) {
        lfm_heap_stats_t stats;
        lfm_heap_stats(pools[i]->heap, &stats);
        MUST(stats.used == 0, "%zu bytes of a pool are lost", stats.used);
        must_be_whole(pools[i]->heap, 1024);
    }
}

static void begin(void)
{
    k_free(k_malloc(1)); /* the heap is on the list */
    keep_image(0, lfm_zephyr_heap(), ALL, ALL);
    for (size_t i = 0; i < POOLS; i++) {
        keep_image(1 + i, pools[i]->heap, 2048, 1024);
    }
}

int main(int argc, char **argv)
{
    static const step_test test = {prepare, perform, make_move, audit};
    options = oracle_begin(argc, argv);
    step_begin(&test);
    begin();
    for (size_t call = 0; call < sizeof calls / sizeof *calls; call++) {
        step_through(call, sizeof moves / sizeof *moves);
    }
    return step_end();
}
