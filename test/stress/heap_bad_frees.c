/* SPDX-License-Identifier: MIT */
/* Threads take and free blocks as they should while thread 0 and thread 1, its twin, free what must not be freed. Every
 * bad free says what is wrong with it, and no block and no place is the worse for it.
 *
 * What is free for certain? The lower half of the heap is an area of groups of four places of -h units each. In each
 * group one place is taken for good, so the workers, which ask for four places and more, never get any of the others:
 * only thread 0 takes blocks of one place, and so it knows what is free there. -b: units of 64 bytes; -g: the fit, or
 * none for trimmed. */
#define _POSIX_C_SOURCE 200809L
#include "heap_common.h"
#include <inttypes.h>
#include <sched.h>
#include <stdatomic.h>

enum {
    UNIT = 64,
    GROUP = 4,
    MAX_PLACES = 4096, /* of the area */
    MAX_KEPT = 8       /* blocks of a worker */
};

typedef enum place {
    PLACE_FREE,
    PLACE_TAKEN, /* by thread 0 */
    PLACE_FIXED
} place;

typedef struct run {
    stress_options options;
    stress_heap heap;
    size_t bytes; /* of a place */
    uint32_t places;
    place area[MAX_PLACES]; /* thread 0's; fixed ones everybody's */
    /* What the twin is to free, and 1 + what it was told. */
    _Atomic(void *) twin;
    _Atomic(int) told;
    _Atomic(bool) done;
    _Atomic(uint64_t) nulls, bad;
    uint64_t races, lost; /* thread 0's */
} run;

static unsigned char *at(const run *r, uint32_t number)
{
    return r->heap.storage + number * r->bytes;
}

static void expect(lfm_status got, lfm_status expected, const run *r, const void *pointer)
{
    MUST(got == expected, "%s instead of %s, for offset %td", lfm_status_string(got), lfm_status_string(expected),
         (ptrdiff_t)((uintptr_t)pointer - (uintptr_t)r->heap.storage));
}

/* A pointer that is no block, whatever other threads do, and the status that a free of it must return. */
static void *bad_pointer(const run *r, rng *random, lfm_status *expected)
{
    static uint64_t elsewhere;
    const uint32_t last = (uint32_t)r->heap.bytes - 1;
    *expected = LFM_EFOREIGN;
    switch (rng_below(random, 6)) {
    case 0:
        return &elsewhere;
    case 1:
        return r->heap.storage + r->heap.bytes; /* its words */
    case 2:
        return (void *)((uintptr_t)r->heap.storage - 1 - rng_below(random, 100000));
    case 3:
        return (void *)(uintptr_t)(1 + rng_below(random, 4096));
    default: /* anything in the heap that is no start of a unit */
        *expected = LFM_EINTERIOR;
        return r->heap.storage +
               ((rng_below(random, last) & ~(uint32_t)(UNIT - 1)) | (1 + rng_below(random, UNIT - 1)));
    }
}

/* Something in the area, as thread 0 knows it. Inside of a free place every unit is free. */
static void *bad_place(const run *r, rng *random, lfm_status *expected)
{
    const uint32_t i = rng_below(random, r->places), inside = rng_below(random, r->options.held) * UNIT;
    *expected = LFM_EDOUBLEFREE;
    if (r->area[i] == PLACE_FREE) {
        return at(r, i) + inside;
    }
    *expected = LFM_EINTERIOR;
    return at(r, i) + (inside != 0 ? inside : 1 + rng_below(random, (uint32_t)r->bytes - 1));
}

static void refuse(run *r, rng *random, void *bad, lfm_status expected)
{
    lfm_heap *const heap = &r->heap.heap;
    expect(lfm_heap_free(heap, bad), expected, r, bad);
    if (rng_below(random, 4) == 0) {
        MUST(lfm_heap_usable_size(heap, bad) == 0, "a size, for what is no block");
        MUST(lfm_heap_realloc(heap, bad, rng_below(random, 2) * 100) == NULL, "a block, for what is no block");
        expect(lfm_heap_free(heap, NULL), LFM_OK, r, NULL);
        expect(lfm_heap_free(NULL, bad), LFM_EINVAL, r, bad);
    }
    atomic_fetch_add_explicit(&r->bad, 1, memory_order_relaxed);
}

static void refuse_any(run *r, rng *random)
{
    lfm_status expected;
    void *const bad = bad_pointer(r, random, &expected);
    refuse(r, random, bad, expected);
}

/* Of two frees of one block at the same time, one is right. */
static void free_twice(run *r, rng *random, void *block)
{
    atomic_store_explicit(&r->told, 0, memory_order_relaxed);
    atomic_store_explicit(&r->twin, block, memory_order_release);
    for (uint32_t wait = rng_below(random, 200); wait > 0; wait--) {
        (void)atomic_load_explicit(&r->told, memory_order_relaxed); /* now one is first, now the other */
    }
    const lfm_status own = lfm_heap_free(&r->heap.heap, block);
    int told;
    while ((told = atomic_load_explicit(&r->told, memory_order_acquire)) == 0) {
        sched_yield();
    }
    MUST(own == LFM_OK || own == LFM_EDOUBLEFREE, "%s", lfm_status_string(own));
    expect((lfm_status)(told - 1), own == LFM_OK ? LFM_EDOUBLEFREE : LFM_OK, r, block);
    r->races++;
    r->lost += own != LFM_OK;
}

static void take_place(run *r)
{
    void *const block = lfm_heap_alloc(&r->heap.heap, r->bytes);
    if (block == NULL) {
        atomic_fetch_add_explicit(&r->nulls, 1, memory_order_relaxed);
        return;
    }
    MUST(stress_heap_size(&r->heap, block, r->bytes) == r->bytes, "not %zu bytes", r->bytes);
    const size_t number = (size_t)((unsigned char *)block - r->heap.storage) / r->bytes;
    if (number >= r->places) {
        stress_heap_free(&r->heap, block); /* not in the area; somebody may have it at once */
        return;
    }
    MUST(r->area[number] == PLACE_FREE, "place %zu was not free", number);
    r->area[number] = PLACE_TAKEN;
    stress_heap_fill(block, r->bytes, number);
}

static void give_place(run *r, rng *random)
{
    const uint32_t i = rng_below(random, r->places);
    if (r->area[i] != PLACE_TAKEN) {
        return;
    }
    stress_heap_verify_own(&r->heap, at(r, i));
    r->area[i] = PLACE_FREE;
    if (rng_below(random, 8) == 0) {
        free_twice(r, random, at(r, i));
    } else {
        stress_heap_free(&r->heap, at(r, i));
    }
    refuse(r, random, at(r, i), LFM_EDOUBLEFREE);
}

static void hammer(run *r, rng *random)
{
    for (uint64_t i = 0; i < r->options.ops; i++) {
        lfm_status expected;
        switch (rng_below(random, 4)) {
        case 0:
            take_place(r);
            break;
        case 1:
            give_place(r, random);
            break;
        case 2:
            refuse_any(r, random);
            break;
        default: {
            void *const bad = bad_place(r, random, &expected);
            refuse(r, random, bad, expected);
        }
        }
    }
    atomic_store_explicit(&r->done, true, memory_order_release);
}

static void answer(run *r, rng *random)
{
    while (!atomic_load_explicit(&r->done, memory_order_acquire)) {
        void *const block = atomic_exchange_explicit(&r->twin, NULL, memory_order_acquire);
        if (block != NULL) {
            const lfm_status status = lfm_heap_free(&r->heap.heap, block);
            atomic_store_explicit(&r->told, 1 + (int)status, memory_order_release);
        } else {
            refuse_any(r, random);
        }
        if (rng_below(random, 32) == 0) {
            sched_yield();
        }
    }
}

static void behave(run *r, rng *random, uint32_t number)
{
    void *kept[MAX_KEPT];
    uint32_t keeping = 0;
    for (uint64_t i = 0; i < r->options.ops; i++) {
        if (rng_below(random, 8) == 0) {
            sched_yield(); /* more threads than cores: thread 0 waits for its twin */
        }
        if (keeping == 0 || (keeping < MAX_KEPT && rng_below(random, 2) == 0)) {
            const size_t bytes = GROUP * r->bytes + rng_below(random, GROUP * GROUP * (uint32_t)r->bytes);
            void *const block = lfm_heap_alloc(&r->heap.heap, bytes);
            if (block == NULL) {
                atomic_fetch_add_explicit(&r->nulls, 1, memory_order_relaxed);
                continue;
            }
            MUST((unsigned char *)block >= at(r, r->places), "%zu bytes in the area", bytes);
            stress_heap_fill(block, stress_heap_size(&r->heap, block, bytes), stress_stamp(number, i));
            kept[keeping++] = block;
        } else {
            const uint32_t chosen = rng_below(random, keeping);
            stress_heap_verify_own(&r->heap, kept[chosen]);
            stress_heap_free(&r->heap, kept[chosen]);
            kept[chosen] = kept[--keeping];
        }
    }
    while (keeping > 0) {
        stress_heap_free(&r->heap, kept[--keeping]);
    }
}

static void work(void *arg, uint32_t number)
{
    run *const r = arg;
    rng random = {r->options.seed + number * UINT64_C(0xd1342543de82ef95)};
    if (number == 0) {
        hammer(r, &random);
    } else if (number == 1) {
        answer(r, &random);
    } else {
        behave(r, &random, number);
    }
}

/* Takes the heap place by place, and frees all but what is fixed and half of the rest of the area: what thread 0 frees
 * there is where it looks for a place next. */
static void prepare(run *r)
{
    rng random = {r->options.seed};
    const uint32_t all = r->options.blocks / r->options.held;
    r->bytes = (size_t)r->options.held * UNIT;
    r->places = all / 2 / GROUP * GROUP;
    NEED(r->places >= GROUP && r->places <= MAX_PLACES && r->options.blocks % r->options.held == 0,
         "no area of %" PRIu32 " places", r->places);
    for (uint32_t i = 0; i < all; i++) {
        MUST(lfm_heap_alloc(&r->heap.heap, r->bytes) != NULL, "no block");
    }
    for (uint32_t i = 0; i < r->places; i += GROUP) {
        for (uint32_t j = i; j < i + GROUP; j++) {
            r->area[j] = rng_below(&random, 2) == 0 ? PLACE_FREE : PLACE_TAKEN;
        }
        r->area[i + rng_below(&random, GROUP)] = PLACE_FIXED;
    }
    for (uint32_t i = 0; i < all; i++) {
        if (i >= r->places || r->area[i] == PLACE_FREE) {
            stress_heap_free(&r->heap, at(r, i));
        } else {
            stress_heap_fill(at(r, i), r->bytes, i);
        }
    }
}

/* At rest: what is taken in the area, and nothing else, is taken. */
static void finish(run *r)
{
    size_t taken = 0;
    lfm_heap_stats_t stats;
    for (uint32_t i = 0; i < r->places; i++) {
        taken += r->area[i] != PLACE_FREE;
    }
    lfm_heap_stats(&r->heap.heap, &stats);
    MUST(stats.blocks == taken && stats.used == taken * r->bytes, "%zu bytes in %zu blocks, not in %zu", stats.used,
         stats.blocks, taken);
    MUST(lfm_heap_check(&r->heap.heap) == LFM_OK, "damaged");
    for (uint32_t i = 0; i < r->places; i++) {
        if (r->area[i] != PLACE_FREE) {
            stress_heap_verify_own(&r->heap, at(r, i));
            stress_heap_free(&r->heap, at(r, i));
        }
        expect(lfm_heap_free(&r->heap.heap, at(r, i)), LFM_EDOUBLEFREE, r, at(r, i));
    }
    r->heap.failures += atomic_load_explicit(&r->nulls, memory_order_relaxed);
    stress_heap_account(&r->heap, r->options.seed);
}

int main(int argc, char **argv)
{
    static run r = {.options = {.threads = 4, .ops = 200000, .blocks = 1024, .held = 1, .rounds = 1}};
    stress_parse(argc, argv, &r.options);
    NEED(r.options.threads >= 2, "no twin");
    stress_heap_make(&r.heap, &r.options, UNIT);
    prepare(&r);
    const double seconds = stress_run(&r.options, work, &r);
    finish(&r);
    stress_heap_end(&r.heap);
    MUST(atomic_load(&r.bad) > r.options.ops / 8 && (r.races > 0 || r.options.ops < 1000), "few bad frees");
    printf("%" PRIu64 " blocks freed twice at the same time, %" PRIu64 " by the twin first\n", r.races, r.lost);
    stress_report(atomic_load(&r.bad), atomic_load(&r.nulls), seconds);
    return 0;
}
