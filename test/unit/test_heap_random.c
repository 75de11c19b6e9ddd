/* SPDX-License-Identifier: MIT */
/* Random calls of one heap against a model of ranges (heap_fixture.h). An allocation fails iff there is no room. Blocks
 * do not overlap, and keep their contents. A bad free says what it is. Once all is freed, all is there.
 */
#include "heap_fixture.h"

enum {
    MOST = 600 /* blocks at once */
};

typedef struct held {
    unsigned char *block;
    size_t bytes; /* asked for */
    uint32_t owner;
} held;

typedef struct world {
    heap_fixture fixture;
    held held[MOST];
    size_t count;
    uint32_t owners; /* so far */
    rng *random;
} world;

static unsigned char pattern(uint32_t owner, size_t i)
{
    return (unsigned char)(owner * 31 + i * 7 + i / 251);
}

static void fill(const held *h)
{
    for (size_t i = 0; i < h->bytes; i++) {
        h->block[i] = pattern(h->owner, i);
    }
}

static void check_contents(const held *h, const unsigned char *block, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        MUST(block[i] == pattern(h->owner, i), "byte %zu of %zu is not what was written", i, bytes);
    }
}

/* A few units mostly; now and then as much as the heap or more. */
static size_t random_bytes(world *w)
{
    const size_t span = w->fixture.span;
    switch (rng_below(w->random, 8)) {
    case 0:
        return rng_below(w->random, (uint32_t)span + (uint32_t)span / 8 + 2);
    case 1:
        return rng_below(w->random, (uint32_t)span / 8 + 2);
    case 2:
        return rng_below(w->random, (uint32_t)span / 2 + 2) / w->fixture.plan.min_block * w->fixture.plan.min_block;
    case 3:
        return w->fixture.plan.min_block << rng_below(w->random, 6);
    default:
        return rng_below(w->random, 20 * (uint32_t)w->fixture.plan.min_block);
    }
}

static void hold(world *w, unsigned char *block, size_t bytes, uint32_t owner)
{
    w->held[w->count] = (held){block, bytes, owner};
    fill(&w->held[w->count++]);
}

static void random_alloc(world *w)
{
    const size_t bytes = random_bytes(w);
    const bool aligned = rng_below(w->random, 4) == 0;
    const size_t most = heap_fixture_power_up(w->fixture.span / 2 + 1), align = (size_t)1 << rng_below(w->random, 16);
    unsigned char *block = heap_fixture_alloc(&w->fixture, bytes, aligned && align <= most ? align : 1, w->owners + 1);
    if (block != NULL) {
        hold(w, block, bytes, ++w->owners);
    }
}

static void random_calloc(world *w)
{
    const size_t bytes = random_bytes(w), n = 1 + rng_below(w->random, 9);
    const bool possible = heap_fixture_has_room(&w->fixture, n * (bytes / n), 1);
    unsigned char *block = lfm_heap_calloc(w->fixture.heap, n, bytes / n);
    MUST((block != NULL) == possible, "%zu times %zu bytes of %zu", n, bytes / n, w->fixture.span);
    if (block == NULL) {
        w->fixture.failures++;
        return;
    }
    for (size_t i = 0; i < n * (bytes / n); i++) {
        MUST(block[i] == 0, "byte %zu", i);
    }
    heap_fixture_note_alloc(&w->fixture, block, n * (bytes / n), 1, ++w->owners);
    hold(w, block, n * (bytes / n), w->owners);
}

static void give(world *w, size_t at)
{
    check_contents(&w->held[at], w->held[at].block, w->held[at].bytes);
    heap_fixture_give(&w->fixture, w->held[at].block);
    w->held[at] = w->held[--w->count];
}

/* Whether a block of `old` units at `at` can become one of this shape where it is; if so, *after is its units then.
 * Units are counted in the scale in which the block was, and it keeps one of them at least. */
static bool fits_in_place(const heap_fixture *f, size_t at, size_t old, block_layout shape, size_t *after)
{
    const size_t top = heap_fixture_top_scale(f);
    size_t scale = 1;
    while (scale < top && old >= scale * HEAP_FIXTURE_GROUP) {
        scale *= HEAP_FIXTURE_GROUP;
    }
    *after = shape.units > scale ? shape.units : scale;
    if (*after <= old) {
        return true;
    }
    const bool same_scale = scale == top || *after < scale * HEAP_FIXTURE_GROUP;
    return same_scale && at % shape.stride == 0 && heap_fixture_is_free(f, at, *after, f->owner[at]);
}

static void resized_in_place(world *w, held *h, size_t at, size_t old, size_t after)
{
    for (size_t i = at; i < at + (old > after ? old : after); i++) {
        w->fixture.owner[i] = i < at + after ? h->owner : 0;
    }
    heap_fixture_use(&w->fixture, w->fixture.used - old + after);
    MUST(lfm_heap_usable_size(w->fixture.heap, h->block) == after * w->fixture.plan.min_block,
         "%zu units, should be %zu", lfm_heap_usable_size(w->fixture.heap, h->block) / w->fixture.plan.min_block,
         after);
}

static void random_realloc(world *w, size_t k)
{
    held *const h = &w->held[k];
    heap_fixture *const f = &w->fixture;
    const size_t bytes = 1 + random_bytes(w), at = heap_fixture_unit(f, h->block), unit = f->plan.min_block;
    const size_t old = lfm_heap_usable_size(f->heap, h->block) / unit, kept = bytes < h->bytes ? bytes : h->bytes;
    const size_t most = heap_fixture_power_up(f->span / 2 + 1), wanted = (size_t)1 << rng_below(w->random, 16);
    const bool aligned = rng_below(w->random, 2) == 0;
    const size_t align = aligned && wanted <= most ? wanted : 1;
    block_layout shape;
    size_t after;
    const bool possible = heap_fixture_layout(f, bytes, 1, &shape) && (uintptr_t)h->block % align == 0;
    const bool stays = possible && fits_in_place(f, at, old, shape, &after);
    const bool moves = !stays && heap_fixture_has_room(f, bytes, align);
    unsigned char *block = aligned ? lfm_heap_realloc_aligned(f->heap, h->block, align, bytes)
                                   : lfm_heap_realloc(f->heap, h->block, bytes);
    MUST((block == h->block) == stays, "%zu units at %zu to %zu bytes at %zu: %s", old, at, bytes, align,
         stays ? "moved" : "stayed");
    MUST((block != NULL) == (stays || moves), "%zu units at %zu to %zu bytes: %d", old, at, bytes, block != NULL);
    if (block == NULL) {
        f->failures++;
        check_contents(h, h->block, h->bytes);
        return;
    }
    check_contents(h, block, kept);
    if (stays) {
        resized_in_place(w, h, at, old, after);
    } else {
        heap_fixture_note_alloc(f, block, bytes, align, ++w->owners);
        heap_fixture_note_free(f, at);
        h->owner = w->owners;
    }
    h->block = block;
    h->bytes = bytes;
    fill(h);
}

/* An address that may be anything but the start of a block. */
static void random_bad_free(world *w)
{
    const heap_fixture *const f = &w->fixture;
    const size_t unit = f->plan.min_block;
    const size_t offset = rng_below(w->random, (uint32_t)f->bytes) / (rng_below(w->random, 2) == 0 ? 1 : unit) * unit;
    const uint32_t inside = unit < 16 ? (uint32_t)unit - 1 : 15;
    const size_t at = offset / unit, step = rng_below(w->random, 4) == 0 ? 1 + rng_below(w->random, inside) : 0;
    lfm_status wanted = LFM_EFOREIGN;
    if (offset >= f->bytes) {
        return;
    }
    if (at < f->plan.units) {
        const uint32_t owner = f->owner[at];
        if (owner != 0 && step == 0 && (at == 0 || f->owner[at - 1] != owner)) {
            return;
        }
        wanted = owner != 0 || step != 0 ? LFM_EINTERIOR : LFM_EDOUBLEFREE;
    }
    const lfm_status status = lfm_heap_free(f->heap, f->storage + offset + step);
    MUST(status == wanted, "unit %zu, byte %zu: %s, should be %s", at, step, lfm_status_string(status),
         lfm_status_string(wanted));
    MUST(!lfm_heap_owns(f->heap, f->storage + offset + step), "unit %zu, byte %zu is owned", at, step);
    MUST(lfm_heap_usable_size(f->heap, f->storage + offset + step) == 0, "unit %zu, byte %zu is no block", at, step);
}

static void random_step(world *w, uint32_t eagerness)
{
    const uint32_t what = rng_below(w->random, 16);
    if (what == 0) {
        random_bad_free(w);
    } else if (what < 4 && w->count > 0) {
        random_realloc(w, rng_below(w->random, (uint32_t)w->count));
    } else if (what < eagerness && w->count < MOST) {
        what == 4 ? random_calloc(w) : random_alloc(w);
    } else if (w->count > 0) {
        give(w, rng_below(w->random, (uint32_t)w->count));
    }
}

/* In order of address, as the model has it. */
static void check_range(void *block, size_t bytes, bool taken, void *arg)
{
    world *const w = arg;
    const size_t from = heap_fixture_unit(&w->fixture, block), n = bytes / w->fixture.plan.min_block;
    const uint32_t owner = w->fixture.owner[from];
    MUST(from == w->fixture.visited && n > 0 && (owner != 0) == taken, "%zu units at %zu", n, from);
    MUST(heap_fixture_is_free(&w->fixture, from, n, owner), "%zu units at %zu are not one", n, from);
    MUST(from + n == w->fixture.plan.units || w->fixture.owner[from + n] != owner, "%zu units at %zu go on", n, from);
    w->fixture.visited += n;
}

static void check_all(world *w)
{
    heap_fixture_check(&w->fixture);
    w->fixture.visited = 0;
    lfm_heap_visit(w->fixture.heap, check_range, w);
    MUST(w->fixture.visited == w->fixture.plan.units, "%zu units were visited of %zu", w->fixture.visited,
         w->fixture.plan.units);
}

static void random_calls(rng *random, heap_plan p, size_t steps)
{
    static world w;
    w = (world){.fixture = heap_fixture_make(p), .random = random};
    uint32_t eagerness = 12;
    for (size_t i = 0; i < steps; i++) {
        eagerness = rng_below(random, 50) == 0 ? 6 + rng_below(random, 10) : eagerness;
        random_step(&w, eagerness);
        if (i % 32 == 0) {
            check_all(&w);
        }
    }
    while (w.count > 0) {
        give(&w, rng_below(random, (uint32_t)w.count));
    }
    const size_t largest = heap_fixture_largest(&w.fixture);
    void *const block = heap_fixture_alloc(&w.fixture, largest, 1, 1);
    MUST(block != NULL, "%zu bytes at once", largest);
    heap_fixture_give(&w.fixture, block);
    check_all(&w);
    heap_fixture_free(&w.fixture);
}

static void all_units(const char *name, lfm_heap_fit fit)
{
    static const size_t sizes[] = {16, 64, 256};
    static const size_t counts[] = {1, 2, 3, 4, 5, 13, 15, 16, 17, 31, 63, 64, 65, 100, 240, 256, 257, 300, 1000, 1024};
    rng random = support_seed(name);
    for (size_t i = 0; i < LENGTH(counts); i++) {
        for (size_t k = 0; k < LENGTH(sizes); k++) {
            random_calls(&random, (heap_plan){counts[i], sizes[k], fit}, 1500);
        }
    }
    random_calls(&random, (heap_plan){4096, 16, fit}, 1500); /* contexts have hints of their own */
    random_calls(&random, (heap_plan){5003, 16, fit}, 1500);
    random_calls(&random, (heap_plan){5003, 8, fit}, 1500);
}

Test(heap_random, trimmed)
{
    all_units("heap_random.trimmed", LFM_FIT_TRIMMED);
}

Test(heap_random, buddies_of_four)
{
    all_units("heap_random.buddies_of_four", LFM_FIT_BUDDY4);
}

Test(heap_random, buddies_of_two)
{
    all_units("heap_random.buddies_of_two", LFM_FIT_BUDDY2);
}
