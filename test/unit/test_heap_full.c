/* SPDX-License-Identifier: MIT */
/* The full-summary: what it says of each group, at every height, against a plain array of what is known. */
#include <lfmem/heap.h>

#pragma GCC diagnostic ignored "-Wunused-function" /* what only heap.c calls */
#include "../../lib/heap_full.h"
#include "heap_fixture.h"

enum {
    UNIT = 16,
    MOST = LFM_WORD_UNITS - 1 /* the highest field */
};

typedef struct world {
    lfm_heap heap;
    unsigned char *storage;
    size_t groups;
    unsigned char *known; /* of each group */
} world;

/* In place: a heap does not move. */
static void make(world *w, size_t units)
{
    w->groups = (size_t)((LFM_HEAP_ALL_WORDS_(units) - 1) >> 4) + 1;
    const lfm_heap_config config = {.min_block = UNIT};
    const size_t bytes = LFM_HEAP_STORAGE_BYTES(units * UNIT, UNIT);
    w->storage = aligned_alloc(4096, round_up(bytes, 4096));
    w->known = calloc(w->groups, 1);
    MUST(w->storage != NULL && w->known != NULL, "no memory for the test");
    MUST(lfm_heap_init(&w->heap, w->storage, bytes, &config) == LFM_OK && w->heap.full != 0, "%zu units", units);
}

static size_t next_known(const world *w, size_t from, size_t to, unsigned n)
{
    while (from < to && w->known[from] >= LFM_WORD_UNITS - n) {
        from++;
    }
    return from;
}

/* What is found is what a look at all groups finds, whatever the summary says. */
static void check_walks(size_t units)
{
    rng random = support_seed("heap_full");
    world w;
    make(&w, units);
    lfm_full_shape shape;
    lfm_full_shape_init(&w.heap, &shape);
    MUST(shape.fields[0] == w.groups && shape.fields[shape.heights - 1] <= 16, "%zu groups", shape.fields[0]);
    for (size_t i = 0; i < 20000; i++) {
        const size_t middle = rng_below(&random, (uint32_t)w.groups), run = 1 + rng_below(&random, 600);
        const unsigned n = 1 + rng_below(&random, MOST);
        if (i % 3 != 0) {
            for (size_t at = middle; at < middle + run && at < w.groups; at++) {
                lfm_full_raise(&w.heap, &shape, at, n);
                w.known[at] = w.known[at] > LFM_WORD_UNITS - n ? w.known[at] : (unsigned char)(LFM_WORD_UNITS - n);
            }
        } else {
            lfm_full_lower(&w.heap, middle, LFM_WORD_UNITS - n);
            w.known[middle] =
                w.known[middle] < LFM_WORD_UNITS - n ? w.known[middle] : (unsigned char)(LFM_WORD_UNITS - n);
        }
        const size_t from = rng_below(&random, (uint32_t)w.groups),
                     to = from + rng_below(&random, (uint32_t)(w.groups - from) + 1);
        const unsigned wanted = 1 + rng_below(&random, MOST);
        const size_t found = lfm_full_next_group(&w.heap, &shape, from, to, wanted);
        MUST(found == next_known(&w, from, to, wanted), "try %zu: %u units from %zu to %zu: %zu, should be %zu", i,
             wanted, from, to, found, next_known(&w, from, to, wanted));
    }
    free(w.storage);
    free(w.known);
}

Test(heap_full, walks)
{
    check_walks(140000);
    check_walks(1000003);
    check_walks(3333333);
}

/* In a full heap the summary says so of every group of one level; what is freed is found, and by the summary. */
Test(heap_full, full_heap)
{
    const size_t units = 200000;
    world w;
    make(&w, units);
    lfm_request request;
    lfm_full_shape shape;
    lfm_location location;
    lfm_full_shape_init(&w.heap, &shape);
    lfm_request_init(&request, 0, 1, 0);
    for (size_t i = 0; i < units; i++) {
        MUST(lfm_heap_alloc(&w.heap, UNIT) != NULL, "block %zu", i);
    }
    MUST(lfm_heap_alloc(&w.heap, UNIT) == NULL, "one more");
    const size_t whole = lfm_heap_level_words(&w.heap, 0) / 16;
    MUST(lfm_full_next_group(&w.heap, &shape, 0, whole, 1) == whole,
         "a group is full, and the summary does not say so");
    rng random = support_seed("heap_full");
    for (size_t i = 0; i < 1000; i++) {
        unsigned char *const block =
            w.storage + (size_t)rng_below(&random, (uint32_t)(whole * 16 * LFM_WORD_UNITS)) * UNIT;
        MUST(lfm_heap_free(&w.heap, block) == LFM_OK, "free");
        size_t groups = SIZE_MAX;
        MUST(lfm_heap_search_by_full(&w.heap, &request, 0, &groups, &location), "not found by the summary");
        MUST(lfm_heap_units(&w.heap) + lfm_location_offset(&w.heap, &location) == block, "another block");
    }
    free(w.storage);
    free(w.known);
}
