/* SPDX-License-Identifier: MIT */
/* Random calls of one heap against a model of ranges (heap_rig.h): an allocation fails exactly if there is no place,
 * blocks do not overlap and keep their contents, a bad free says what it is, and once all is freed all is there. */
#include "heap_rig.h"

enum {
    MOST = 600 /* blocks at once */
};

typedef struct held {
    unsigned char *block;
    size_t bytes; /* asked for */
    uint32_t owner;
} held;

typedef struct world {
    hrig rig;
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
    const size_t span = w->rig.span;
    switch (rng_below(w->random, 8)) {
    case 0:
        return rng_below(w->random, (uint32_t)span + (uint32_t)span / 8 + 2);
    case 1:
        return rng_below(w->random, (uint32_t)span / 8 + 2);
    case 2:
        return rng_below(w->random, (uint32_t)span / 2 + 2) / w->rig.plan.min_block * w->rig.plan.min_block;
    case 3:
        return w->rig.plan.min_block << rng_below(w->random, 6);
    default:
        return rng_below(w->random, 20 * (uint32_t)w->rig.plan.min_block);
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
    const size_t most = hrig_power_up(w->rig.span / 2 + 1), align = (size_t)1 << rng_below(w->random, 16);
    unsigned char *block = hrig_alloc(&w->rig, bytes, aligned && align <= most ? align : 1, w->owners + 1);
    if (block != NULL) {
        hold(w, block, bytes, ++w->owners);
    }
}

static void random_calloc(world *w)
{
    const size_t bytes = random_bytes(w), n = 1 + rng_below(w->random, 9);
    const bool possible = hrig_has_place(&w->rig, n * (bytes / n), 1);
    unsigned char *block = lfm_heap_calloc(w->rig.heap, n, bytes / n);
    MUST((block != NULL) == possible, "%zu times %zu bytes of %zu", n, bytes / n, w->rig.span);
    if (block == NULL) {
        w->rig.failures++;
        return;
    }
    for (size_t i = 0; i < n * (bytes / n); i++) {
        MUST(block[i] == 0, "byte %zu", i);
    }
    hrig_took(&w->rig, block, n * (bytes / n), 1, ++w->owners);
    hold(w, block, n * (bytes / n), w->owners);
}

static void give(world *w, size_t at)
{
    check_contents(&w->held[at], w->held[at].block, w->held[at].bytes);
    hrig_give(&w->rig, w->held[at].block);
    w->held[at] = w->held[--w->count];
}

/* Whether a block of `old` units at `at` can become one of this shape where it is; if so, *after is its units then.
 * Units are counted in the scale in which the block was, and it keeps one of them at least. */
static bool fits_in_place(const hrig *r, size_t at, size_t old, hshape shape, size_t *after)
{
    const size_t top = hrig_top_scale(r);
    size_t scale = 1;
    while (scale < top && old >= scale * HRIG_GROUP) {
        scale *= HRIG_GROUP;
    }
    *after = shape.units > scale ? shape.units : scale;
    if (*after <= old) {
        return true;
    }
    const bool same_scale = scale == top || *after < scale * HRIG_GROUP;
    return same_scale && at % shape.stride == 0 && hrig_is_free(r, at, *after, r->owner[at]);
}

static void resized_in_place(world *w, held *h, size_t at, size_t old, size_t after)
{
    for (size_t i = at; i < at + (old > after ? old : after); i++) {
        w->rig.owner[i] = i < at + after ? h->owner : 0;
    }
    hrig_use(&w->rig, w->rig.used - old + after);
    MUST(lfm_heap_usable_size(w->rig.heap, h->block) == after * w->rig.plan.min_block, "%zu units, should be %zu",
         lfm_heap_usable_size(w->rig.heap, h->block) / w->rig.plan.min_block, after);
}

static void random_realloc(world *w, size_t k)
{
    held *const h = &w->held[k];
    hrig *const r = &w->rig;
    const size_t bytes = 1 + random_bytes(w), at = hrig_unit(r, h->block), unit = r->plan.min_block;
    const size_t old = lfm_heap_usable_size(r->heap, h->block) / unit, kept = bytes < h->bytes ? bytes : h->bytes;
    const size_t most = hrig_power_up(r->span / 2 + 1), wanted = (size_t)1 << rng_below(w->random, 16);
    const bool aligned = rng_below(w->random, 2) == 0;
    const size_t align = aligned && wanted <= most ? wanted : 1;
    hshape shape;
    size_t after;
    const bool possible = hrig_shape(r, bytes, 1, &shape) && (uintptr_t)h->block % align == 0;
    const bool stays = possible && fits_in_place(r, at, old, shape, &after);
    const bool moves = !stays && hrig_has_place(r, bytes, align);
    unsigned char *block = aligned ? lfm_heap_realloc_aligned(r->heap, h->block, align, bytes)
                                   : lfm_heap_realloc(r->heap, h->block, bytes);
    MUST((block == h->block) == stays, "%zu units at %zu to %zu bytes at %zu: %s", old, at, bytes, align,
         stays ? "moved" : "stayed");
    MUST((block != NULL) == (stays || moves), "%zu units at %zu to %zu bytes: %d", old, at, bytes, block != NULL);
    if (block == NULL) {
        r->failures++;
        check_contents(h, h->block, h->bytes);
        return;
    }
    check_contents(h, block, kept);
    if (stays) {
        resized_in_place(w, h, at, old, after);
    } else {
        hrig_took(r, block, bytes, align, ++w->owners);
        hrig_gave(r, at);
        h->owner = w->owners;
    }
    h->block = block;
    h->bytes = bytes;
    fill(h);
}

/* An address that may be anything but the start of a block. */
static void random_bad_free(world *w)
{
    const hrig *const r = &w->rig;
    const size_t unit = r->plan.min_block;
    const size_t offset = rng_below(w->random, (uint32_t)r->bytes) / (rng_below(w->random, 2) == 0 ? 1 : unit) * unit;
    const uint32_t inside = unit < 16 ? (uint32_t)unit - 1 : 15;
    const size_t at = offset / unit, step = rng_below(w->random, 4) == 0 ? 1 + rng_below(w->random, inside) : 0;
    lfm_status wanted = LFM_EFOREIGN;
    if (offset >= r->bytes) {
        return;
    }
    if (at < r->plan.units) {
        const uint32_t owner = r->owner[at];
        if (owner != 0 && step == 0 && (at == 0 || r->owner[at - 1] != owner)) {
            return;
        }
        wanted = owner != 0 || step != 0 ? LFM_EINTERIOR : LFM_EDOUBLEFREE;
    }
    const lfm_status status = lfm_heap_free(r->heap, r->storage + offset + step);
    MUST(status == wanted, "unit %zu, byte %zu: %s, should be %s", at, step, lfm_status_string(status),
         lfm_status_string(wanted));
    MUST(!lfm_heap_owns(r->heap, r->storage + offset + step), "unit %zu, byte %zu is owned", at, step);
    MUST(lfm_heap_usable_size(r->heap, r->storage + offset + step) == 0, "unit %zu, byte %zu is no block", at, step);
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
    const size_t from = hrig_unit(&w->rig, block), n = bytes / w->rig.plan.min_block;
    const uint32_t owner = w->rig.owner[from];
    MUST(from == w->rig.visited && n > 0 && (owner != 0) == taken, "%zu units at %zu", n, from);
    MUST(hrig_is_free(&w->rig, from, n, owner), "%zu units at %zu are not one", n, from);
    MUST(from + n == w->rig.plan.units || w->rig.owner[from + n] != owner, "%zu units at %zu go on", n, from);
    w->rig.visited += n;
}

static void check_all(world *w)
{
    hrig_check(&w->rig);
    w->rig.visited = 0;
    lfm_heap_visit(w->rig.heap, check_range, w);
    MUST(w->rig.visited == w->rig.plan.units, "%zu units were visited of %zu", w->rig.visited, w->rig.plan.units);
}

static void random_calls(rng *random, hplan p, size_t steps)
{
    static world w;
    w = (world){.rig = hrig_make(p), .random = random};
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
    const size_t largest = hrig_largest(&w.rig);
    void *const block = hrig_alloc(&w.rig, largest, 1, 1);
    MUST(block != NULL, "%zu bytes at once", largest);
    hrig_give(&w.rig, block);
    check_all(&w);
    hrig_free(&w.rig);
}

static void all_units(const char *name, lfm_heap_fit fit)
{
    static const size_t sizes[] = {16, 64, 256};
    static const size_t counts[] = {1, 2, 3, 4, 5, 13, 15, 16, 17, 31, 63, 64, 65, 100, 240, 256, 257, 300, 1000, 1024};
    rng random = support_seed(name);
    for (size_t i = 0; i < LENGTH(counts); i++) {
        for (size_t k = 0; k < LENGTH(sizes); k++) {
            random_calls(&random, (hplan){counts[i], sizes[k], fit}, 1500);
        }
    }
    random_calls(&random, (hplan){4096, 16, fit}, 1500); /* contexts have hints of their own */
    random_calls(&random, (hplan){5003, 16, fit}, 1500);
    random_calls(&random, (hplan){5003, 8, fit}, 1500);
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
