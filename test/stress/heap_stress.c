/* SPDX-License-Identifier: MIT */
/* Threads of which each holds one block at a time, at most 1/threads of the heap (rounded up to its class or power of
 * two). So there is always room, and no allocation may fail. Whole blocks are written and verified by their owner.
 * After each of -r rounds everything is free, and can be had as one block. -b: units of -h bytes; -g: the fit, or none
 * for trimmed. */
#define _POSIX_C_SOURCE 200809L
#include "heap_common.h"
#include <inttypes.h>
#include <sched.h>

typedef struct run {
    stress_options options;
    stress_heap heap;
    uint32_t orders; /* the largest block is the unit times two to the power of this */
} run;

/* Every order as often as any other, and as often as not the largest size that is rounded up to it. */
static size_t some_size(const run *r, rng *random)
{
    const size_t most = r->heap.unit << rng_below(random, r->orders + 1);
    return rng_below(random, 2) == 0 ? most : 1 + rng_below(random, (uint32_t)most);
}

/* A power of two that a block of so many bytes is rounded up to anyway, or less: alignment takes no room from others.
 */
static size_t some_alignment(const run *r, rng *random, size_t bytes)
{
    size_t most = 1;
    while (most < bytes || most < r->heap.unit) {
        most *= 2;
    }
    return most >> rng_below(random, 5);
}

static void *take(run *r, rng *random, size_t bytes)
{
    lfm_heap *const heap = &r->heap.heap;
    const uint32_t dice = rng_below(random, 8);
    if (dice == 0) {
        const unsigned char *const zeros = lfm_heap_calloc(heap, 1, bytes);
        for (size_t i = 0; zeros != NULL && i < bytes; i++) {
            MUST(zeros[i] == 0, "byte %zu of %zu is not zero", i, bytes);
        }
        return (void *)zeros;
    }
    if (dice == 1) {
        const size_t align = some_alignment(r, random, bytes);
        void *const block = lfm_heap_alloc_aligned(heap, align, bytes);
        MUST((uintptr_t)block % align == 0, "%p is not aligned to %zu", block, align);
        return block;
    }
    return lfm_heap_alloc(heap, bytes);
}

/* Gives the end of a block back: it must stay where it is. Returns its size. */
static size_t shrink(run *r, rng *random, void *block, size_t usable, uint64_t stamp)
{
    const size_t bytes = 1 + rng_below(random, (uint32_t)usable);
    void *const same = lfm_heap_realloc(&r->heap.heap, block, bytes);
    MUST(same == block, "%zu of %zu bytes went from %p to %p", bytes, usable, block, same);
    const size_t rest = stress_heap_size(&r->heap, block, bytes);
    MUST(rest <= usable, "%zu bytes became %zu", usable, rest);
    stress_heap_verify(block, rest, usable, stamp);
    stress_heap_fill(block, rest, stamp);
    return rest;
}

static void work(void *arg, uint32_t number)
{
    run *const r = arg;
    rng random = {r->options.seed + number * UINT64_C(0xd1342543de82ef95)};
    for (uint64_t op = 0; op < r->options.ops; op++) {
        const size_t bytes = some_size(r, &random);
        void *const block = take(r, &random, bytes);
        MUST(block != NULL, "no block of %zu bytes, although there is room for all", bytes);
        const uint64_t stamp = stress_stamp(number, op);
        size_t usable = stress_heap_size(&r->heap, block, bytes);
        stress_heap_fill(block, usable, stamp);
        if (rng_below(&random, 8) == 0) {
            usable = shrink(r, &random, block, usable, stamp);
        }
        if (rng_below(&random, 4) == 0) {
            sched_yield(); /* more threads than cores: others are to run while this one holds a block */
        }
        stress_heap_verify(block, usable, usable, stamp);
        stress_heap_free(&r->heap, block);
    }
}

int main(int argc, char **argv)
{
    static run r = {.options = {.threads = 4, .ops = 25000, .blocks = 256, .held = 64, .rounds = 10}};
    double seconds = 0;
    stress_parse(argc, argv, &r.options);
    stress_heap_make(&r.heap, &r.options, r.options.held);
    const size_t most = r.heap.bytes / r.options.threads;
    NEED((r.heap.units & (r.heap.units - 1)) == 0 && most >= r.heap.unit, "no number of units for this");
    const uint32_t step = r.options.grow == LFM_FIT_BUDDY4 ? 2 : 1;
    while (r.heap.unit << (r.orders + step) <= most) {
        r.orders += step;
    }
    for (uint32_t round = 0; round < r.options.rounds; round++, r.options.seed++) {
        seconds += stress_run(&r.options, work, &r);
        stress_heap_account(&r.heap, r.options.seed);
    }
    stress_heap_end(&r.heap);
    stress_report(r.options.ops * r.options.threads * r.options.rounds, 0, seconds);
    return 0;
}
