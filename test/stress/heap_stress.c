/* SPDX-License-Identifier: MIT */
/* Threads of which each holds one block at a time, at most 1/threads of the heap (rounded up to its class or power of
 * two). So there is always room, and no allocation may fail. Whole blocks are written and verified by their owner; at
 * the end everything is free and can be had as one block. -b: units of 64 bytes; -g: the fit, or
 * none for trimmed. */
#include "check.h"
#include "rng.h"
#include "stress.h"
#include <lfmem/heap.h>
#include <stdlib.h>

enum {
    UNIT = 64,
    ODD_SIZES = 16 /* one allocation in so many is as large as it may be, another one as small */
};

typedef struct run {
    stress_options options;
    lfm_heap heap;
    size_t largest;
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
        REQUIRE(block[i] == (unsigned char)(stamp + i * 13), "byte %zu of %zu is somebody else's", i, bytes);
    }
}

static void work(void *arg, uint32_t number)
{
    run *const r = arg;
    rng random = {r->options.seed + number * UINT64_C(0xd1342543de82ef95)};
    for (uint64_t op = 0; op < r->options.ops; op++) {
        const uint64_t kind = rng_below(&random, ODD_SIZES);
        const size_t bytes = kind == 0 ? r->largest : kind == 1 ? 1 : 1 + rng_below(&random, (uint32_t)r->largest);
        unsigned char *const block = lfm_heap_alloc(&r->heap, bytes);
        REQUIRE(block != NULL, "no block of %zu bytes", bytes);
        const uint64_t stamp = stress_stamp(number, op) * 31;
        write_block(block, bytes, stamp);
        verify_block(block, bytes, stamp);
        const lfm_status status = lfm_heap_free(&r->heap, block);
        REQUIRE(status == LFM_OK, "free: %s", lfm_status_string(status));
    }
}

int main(int argc, char **argv)
{
    run r = {.options = {.threads = 4, .ops = 100000, .blocks = 256}};
    stress_parse(argc, argv, &r.options);
    const lfm_heap_config config = {UNIT, (lfm_heap_fit)r.options.grow};
    const size_t bytes = (size_t)r.options.blocks * UNIT, storage_bytes = LFM_HEAP_STORAGE_BYTES(bytes, UNIT);
    void *const storage = malloc(storage_bytes);
    REQUIRE(storage != NULL && lfm_heap_init(&r.heap, storage, storage_bytes, &config) == LFM_OK, "no heap");
    r.largest = UNIT;
    for (size_t next = UNIT; next <= bytes / r.options.threads; next *= config.fit == LFM_FIT_BUDDY4 ? 4 : 2) {
        r.largest = next;
    }
    const double seconds = stress_run(&r.options, work, &r);
    lfm_heap_stats_t stats;
    lfm_heap_stats(&r.heap, &stats);
    REQUIRE(stats.used == 0 && stats.failures == 0, "%zu bytes are lost", stats.used);
    REQUIRE(lfm_heap_check(&r.heap) == LFM_OK, "damaged");
    REQUIRE(lfm_heap_alloc(&r.heap, bytes) == storage, "the heap is not whole again");
    stress_report(r.options.ops * r.options.threads, 0, seconds);
    free(storage);
    return 0;
}
