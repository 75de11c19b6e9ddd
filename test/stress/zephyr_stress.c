/* SPDX-License-Identifier: MIT */
/* Threads that allocate and free through Zephyr's names. Whole blocks are written and verified by their owner; in the
 * end everything is free and can be had as one block.
 *
 * Without -h: each thread holds one block of the heap memory pool at a time, at most 1/threads of it by class. So there
 * is always room, and no k_malloc() may fail. This is where Zephyr's own heap failed though it was nearly empty. One in
 * so many blocks is of another pool, and is freed by the next thread.
 * With -h: there are so many large blocks, less than threads. Each thread holds one or a part of one, and waits for it;
 * some do not wait for ever.
 */
#include "rng.h"
#include "stress.h"
#include <kernel.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

enum {
    OTHERS = 16, /* one allocation in so many is from the other pool */
    BLOCK = 256  /* bytes of those that are waited for */
};

K_MEM_POOL_DEFINE(other, 64, 64, STRESS_MAX_THREADS, 4);
K_MEM_POOL_DEFINE(scarce, 64, BLOCK, 16, 4);

typedef struct run {
    stress_options options;
    size_t largest;
    _Atomic(unsigned char *) passed[STRESS_MAX_THREADS]; /* to each thread */
} run;

static void write_block(unsigned char *block, size_t bytes, uint64_t stamp)
{
    for (size_t i = 0; i < bytes; i++) {
        block[i] = (unsigned char)(stamp + i * 13);
    }
}

static void verify_block(const unsigned char *block, size_t bytes, uint64_t stamp)
{
    for (size_t i = 0; i < bytes; i++) {
        MUST(block[i] == (unsigned char)(stamp + i * 13), "byte %zu of %zu is somebody else's", i, bytes);
    }
}

static void must_free(void *block)
{
    const lfm_status status = lfm_zephyr_free(block);
    MUST(status == LFM_OK, "k_free: %s", lfm_status_string(status));
}

/* Gives a block of the other pool to the next thread, and frees what was there. */
static void pass_on(run *r, uint32_t number)
{
    unsigned char *const mine = k_mem_pool_malloc(&other, 64);
    MUST(mine != NULL, "each thread has one at most, and has been passed one at most");
    write_block(mine, 64, 5);
    const uint32_t next = (number + 1) % r->options.threads;
    unsigned char *const found = atomic_exchange_explicit(&r->passed[next], mine, memory_order_acq_rel);
    if (found != NULL) {
        verify_block(found, 64, 5);
        must_free(found);
    }
}

static void share(void *arg, uint32_t number)
{
    run *const r = arg;
    rng random = {r->options.seed + number * UINT64_C(0xd1342543de82ef95)};
    for (uint64_t op = 0; op < r->options.ops; op++) {
        const uint32_t kind = rng_below(&random, OTHERS);
        if (kind == 0) {
            pass_on(r, number);
        }
        const size_t bytes = kind == 1 ? r->largest : kind < 8 ? rng_below(&random, 65) : rng_below(&random, 257);
        unsigned char *block = k_malloc(bytes);
        MUST(block != NULL, "no block of %zu bytes", bytes);
        const uint64_t stamp = stress_stamp(number, op) * 31;
        write_block(block, bytes, stamp);
        if (kind == 2) { /* in place or not, there is room: it is the only one of two blocks that may be as large */
            block = k_realloc(block, bytes / 2 + 1);
            MUST(block != NULL, "no %zu bytes of %zu", bytes / 2 + 1, bytes);
            verify_block(block, bytes < bytes / 2 + 1 ? bytes : bytes / 2 + 1, stamp);
        } else {
            verify_block(block, bytes, stamp);
        }
        must_free(block);
    }
}

static void wait(void *arg, uint32_t number)
{
    run *const r = arg;
    rng random = {r->options.seed + number * UINT64_C(0xd1342543de82ef95)};
    for (uint64_t op = 0; op < r->options.ops; op++) {
        struct k_mem_block block;
        const k_timeout_t timeout = rng_below(&random, 8) == 0 ? K_MSEC(1 + rng_below(&random, 3)) : K_FOREVER;
        const size_t bytes = rng_below(&random, 2) == 0 ? BLOCK : BLOCK / 4;
        const int status = k_mem_pool_alloc(&scarce, &block, bytes, timeout);
        MUST(status == 0 || (status == -EAGAIN && timeout != K_FOREVER), "%d", status);
        if (status != 0) {
            continue;
        }
        const uint64_t stamp = stress_stamp(number, op) * 31;
        write_block(block.data, bytes, stamp);
        if (rng_below(&random, 4) == 0) {
            sched_yield(); /* so that others have to wait */
        }
        verify_block(block.data, bytes, stamp);
        k_mem_pool_free(&block);
    }
}

static void must_be_whole(const lfm_heap *heap, size_t largest)
{
    lfm_heap_stats_t stats;
    lfm_heap_stats(heap, &stats);
    MUST(stats.used == 0 && stats.blocks == 0, "%zu bytes are lost", stats.used);
    MUST(lfm_heap_check(heap) == LFM_OK, "damaged");
    void *const block = lfm_heap_alloc(heap, largest);
    MUST(block != NULL, "the heap is not whole again");
    lfm_heap_free(heap, block);
}

int main(int argc, char **argv)
{
    static run r = {.options = {.threads = 4, .ops = 100000}};
    struct k_mem_block taken[16];
    stress_parse(argc, argv, &r.options);
    const uint32_t blocks = r.options.held;
    MUST(blocks <= 16, "-h is at most 16");
    r.largest = CONFIG_HEAP_MEM_POOL_SIZE;
    while (r.largest > CONFIG_HEAP_MEM_POOL_SIZE / r.options.threads) {
        r.largest /= 4;
    }
    for (uint32_t i = blocks; i < 16; i++) { /* all but so many */
        MUST(k_mem_pool_alloc(&scarce, &taken[i], BLOCK, K_NO_WAIT) == 0, "the pool is free");
    }
    const double seconds = stress_run(&r.options, blocks == 0 ? share : wait, &r);
    for (uint32_t i = blocks; i < 16; i++) {
        k_mem_pool_free(&taken[i]);
    }
    for (uint32_t i = 0; i < r.options.threads; i++) {
        k_free(atomic_load_explicit(&r.passed[i], memory_order_relaxed));
    }
    lfm_heap_stats_t stats;
    lfm_heap_stats(lfm_zephyr_heap(), &stats);
    MUST(stats.failures == 0, "%zu times there was no room", stats.failures);
    lfm_heap_stats(scarce.heap, &stats);
    must_be_whole(lfm_zephyr_heap(), CONFIG_HEAP_MEM_POOL_SIZE);
    must_be_whole(other.heap, 64);
    must_be_whole(scarce.heap, BLOCK);
    stress_report(r.options.ops * r.options.threads, stats.failures, seconds);
    return 0;
}
