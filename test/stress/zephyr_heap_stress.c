/* SPDX-License-Identifier: MIT */
/* Threads that allocate, change and free through k_heap and sys_heap on the same memory. Whole blocks are written and
 * verified by their owner; in the end everything is free and can be had as one block.
 *
 * Without -h: each thread holds two blocks of one heap at a time, which together with what a realloc wants are at most
 * 1/threads of it, each rounded up. So no call may fail, whatever other threads do.
 * With -h: each wants a block of which there are so many, less than threads, and waits for it; some do not wait for
 * ever.
 */
#include "rng.h"
#include "stress.h"
#include <kernel.h>
#include <sched.h>
#include <string.h>

enum {
    BLOCK = 256 /* bytes of those that are waited for */
};

K_HEAP_DEFINE(shared, 4 * 1024 * STRESS_MAX_THREADS);
static K_HEAP_DEFINE(scarce, 16 * BLOCK);

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

static void share(void *arg, uint32_t number)
{
    const stress_options *const options = arg;
    rng random = {options->seed + number * UINT64_C(0xd1342543de82ef95)};
    for (uint64_t op = 0; op < options->ops; op++) {
        const size_t bytes = 1 + rng_below(&random, 500), more = 1 + rng_below(&random, 500);
        const size_t align = (size_t)1 << rng_below(&random, 7);
        const uint64_t stamp = stress_stamp(number, op) * 31;
        unsigned char *block = rng_below(&random, 2) == 0 ? k_heap_aligned_alloc(&shared, align, bytes, K_NO_WAIT)
                                                          : sys_heap_aligned_alloc(&shared.heap, align, bytes);
        unsigned char *const other = k_heap_calloc(&shared, 1, more, K_NO_WAIT);
        MUST(block != NULL && other != NULL && (uintptr_t)block % align == 0, "%zu bytes at %zu", bytes, align);
        write_block(block, bytes, stamp);
        for (size_t i = 0; i < more; i++) {
            MUST(other[i] == 0, "byte %zu of %zu is no zero", i, more);
        }
        block = rng_below(&random, 2) == 0 ? k_heap_realloc(&shared, block, more, K_NO_WAIT)
                                           : sys_heap_aligned_realloc(&shared.heap, block, align, more);
        MUST(block != NULL, "%zu bytes instead of %zu", more, bytes);
        verify_block(block, bytes < more ? bytes : more, stamp);
        k_heap_free(&shared, other);
        MUST(lfm_heap_free(&shared.heap.lfm, block) == LFM_OK, "it is a block");
    }
}

static void wait(void *arg, uint32_t number)
{
    const stress_options *const options = arg;
    rng random = {options->seed + number * UINT64_C(0xd1342543de82ef95)};
    for (uint64_t op = 0; op < options->ops; op++) {
        const k_timeout_t timeout = rng_below(&random, 8) == 0 ? K_MSEC(1 + rng_below(&random, 3)) : K_FOREVER;
        const bool grows = rng_below(&random, 4) == 0; /* from 0 bytes: else all might wait for each other's */
        unsigned char *const block = grows ? k_heap_realloc(&scarce, NULL, BLOCK, timeout)
                                           : k_heap_aligned_alloc(&scarce, BLOCK / 4, BLOCK, timeout);
        MUST(block != NULL || timeout != K_FOREVER, "none came");
        if (block == NULL) {
            continue;
        }
        const uint64_t stamp = stress_stamp(number, op) * 31;
        write_block(block, BLOCK, stamp);
        if (rng_below(&random, 4) == 0) {
            sched_yield(); /* so that others have to wait */
        }
        verify_block(block, BLOCK, stamp);
        k_heap_free(&scarce, block);
    }
}

static void must_be_whole(struct k_heap *heap, size_t bytes)
{
    struct sys_memory_stats stats;
    sys_heap_runtime_stats_get(&heap->heap, &stats);
    MUST(stats.allocated_bytes == 0 && stats.free_bytes == bytes, "%zu bytes are lost", stats.allocated_bytes);
    MUST(sys_heap_validate(&heap->heap), "damaged");
    void *const block = k_heap_alloc(heap, bytes, K_NO_WAIT);
    MUST(block != NULL, "the heap is not whole again");
    k_heap_free(heap, block);
}

int main(int argc, char **argv)
{
    static stress_options options = {.threads = 4, .ops = 100000};
    void *taken[16];
    stress_parse(argc, argv, &options);
    MUST(options.held <= 16, "-h is at most 16");
    for (uint32_t i = options.held; i < 16; i++) { /* all but so many */
        taken[i] = k_heap_alloc(&scarce, BLOCK, K_NO_WAIT);
        MUST(taken[i] != NULL, "the heap is free");
    }
    const double seconds = stress_run(&options, options.held == 0 ? share : wait, &options);
    for (uint32_t i = options.held; i < 16; i++) {
        k_heap_free(&scarce, taken[i]);
    }
    must_be_whole(&shared, sizeof kheap_shared);
    must_be_whole(&scarce, sizeof kheap_scarce);
    stress_report(options.ops * options.threads, 0, seconds);
    return 0;
}
