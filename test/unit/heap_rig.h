/* SPDX-License-Identifier: MIT */
/* What the tests of heaps share: a heap in storage between guard bytes, and a model of it: which units are taken, and
 * where heap.h says that a request may lie, worked out in plain units without levels of words or masks. */
#ifndef LFM_TEST_HEAP_RIG_H
#define LFM_TEST_HEAP_RIG_H

#include "support.h"
#include <lfmem/heap.h>

enum {
    HRIG_GROUP = 1 << LFM_WORD_UNITS_SHIFT_,
    HRIG_BASE = 32768 /* the storage's alignment */
};

/* The three numbers that a heap is made from. */
typedef struct hplan {
    size_t units, min_block;
    lfm_heap_fit fit;
} hplan;

typedef struct hrig {
    hplan plan;
    size_t span;  /* bytes of all units */
    size_t bytes; /* of the storage */
    unsigned char *memory, *storage;
    lfm_heap *heap;
    uint32_t *owner; /* of each unit: the number of its block; 0: none */
    size_t used, blocks, failures, visited;
    size_t peak; /* largest `used` */
    bool counts; /* whether the heap keeps it */
} hrig;

/* A block as heap.h has it: so many units, at a multiple of so many. */
typedef struct hshape {
    size_t units, stride;
} hshape;

static const lfm_heap_fit hrig_fits[] = {LFM_FIT_TRIMMED, LFM_FIT_BUDDY4, LFM_FIT_BUDDY2};

static inline hrig hrig_make(hplan p)
{
    hrig r = {.plan = p, .span = p.units * p.min_block};
    r.counts = p.units % 2 == 0; /* half of the tests with a high-water mark */
    const lfm_heap_config config = {.min_block = p.min_block, .fit = p.fit, .peak = r.counts};
    r.bytes = LFM_HEAP_STORAGE_BYTES(r.span, p.min_block);
    r.memory = aligned_alloc(HRIG_BASE, rig_round_up(HRIG_BASE + r.bytes + RIG_GUARD, HRIG_BASE));
    r.heap = malloc(sizeof *r.heap);
    r.owner = calloc(p.units, sizeof *r.owner);
    MUST(r.memory != NULL && r.heap != NULL && r.owner != NULL, "no memory for the test");
    r.storage = r.memory + HRIG_BASE;
    memset(r.storage - RIG_GUARD, RIG_GUARD_BYTE, RIG_GUARD);
    memset(r.storage, RIG_FILL_BYTE, r.bytes);
    memset(r.storage + r.bytes, RIG_GUARD_BYTE, RIG_GUARD);
    const lfm_status status = lfm_heap_init(r.heap, r.storage, r.bytes, &config);
    MUST(status == LFM_OK, "%zu units of %zu: %s", p.units, p.min_block, lfm_status_string(status));
    return r;
}

/* Ends with a look at the bytes around the storage. */
static inline void hrig_free(hrig *r)
{
    for (size_t i = 0; i < RIG_GUARD; i++) {
        MUST(*(r->storage - RIG_GUARD + i) == RIG_GUARD_BYTE, "byte %zu before the storage was written", RIG_GUARD - i);
        MUST(r->storage[r->bytes + i] == RIG_GUARD_BYTE, "byte %zu behind the storage was written", i);
    }
    free(r->memory);
    free(r->heap);
    free(r->owner);
}

/* Control block and storage, to be compared byte by byte. */
static inline unsigned char *hrig_save(const hrig *r)
{
    unsigned char *copy = malloc(sizeof *r->heap + r->bytes);
    MUST(copy != NULL, "no memory for the test");
    support_show(r->storage, r->bytes);
    memcpy(copy, r->heap, sizeof *r->heap);
    memcpy(copy + sizeof *r->heap, r->storage, r->bytes);
    return copy;
}

static inline bool hrig_is_same(const hrig *r, const unsigned char *copy)
{
    support_show(r->storage, r->bytes);
    return memcmp(copy, r->heap, sizeof *r->heap) == 0 && memcmp(copy + sizeof *r->heap, r->storage, r->bytes) == 0;
}

static inline size_t hrig_power_up(size_t n)
{
    size_t power = 1;
    while (power < n) {
        power *= 2;
    }
    return power;
}

/* Units of the largest scale in which sizes are counted: the smallest of 1, GROUP, GROUP^2 ... of which GROUP are
 * enough for the heap. */
static inline size_t hrig_top_scale(const hrig *r)
{
    size_t scale = 1;
    while (scale * HRIG_GROUP < r->plan.units) {
        scale *= HRIG_GROUP;
    }
    return scale;
}

/* The shape of a block for so many bytes at a multiple of `align`. False: larger than the heap. */
static inline bool hrig_shape(const hrig *r, size_t bytes, size_t align, hshape *shape)
{
    const size_t unit = r->plan.min_block, need = bytes == 0 ? 1 : bytes / unit + (bytes % unit != 0);
    const size_t wanted = align > unit ? align / unit : 1, top = hrig_top_scale(r);
    size_t scale = 1;
    if (need > r->plan.units) {
        return false;
    }
    if (r->plan.fit == LFM_FIT_TRIMMED) {
        while (scale < top && (need + scale - 1) / scale >= HRIG_GROUP) {
            scale *= HRIG_GROUP;
        }
    }
    while (scale < top && scale * HRIG_GROUP < wanted) { /* the next scale makes up for the alignment */
        scale *= HRIG_GROUP;
    }
    shape->units = (need + scale - 1) / scale * scale;
    if (r->plan.fit != LFM_FIT_TRIMMED) {
        shape->units = hrig_power_up(shape->units);
    }
    while (r->plan.fit == LFM_FIT_BUDDY4 && shape->units % 3 != 1) { /* 4^k is 1 modulo 3, 2 * 4^k is 2 */
        shape->units *= 2;
    }
    shape->stride = hrig_power_up(shape->units);
    shape->stride = shape->stride > wanted ? shape->stride : wanted;
    return shape->units <= r->plan.units;
}

/* Whether these units are in the heap and belong to nobody but `owner`. */
static inline bool hrig_is_free(const hrig *r, size_t from, size_t units, uint32_t owner)
{
    if (from > r->plan.units || units > r->plan.units - from) {
        return false;
    }
    for (size_t i = from; i < from + units; i++) {
        if (r->owner[i] != 0 && r->owner[i] != owner) {
            return false;
        }
    }
    return true;
}

static inline bool hrig_has_place(const hrig *r, size_t bytes, size_t align)
{
    hshape shape;
    if (!hrig_shape(r, bytes, align, &shape)) {
        return false;
    }
    for (size_t at = 0; at < r->plan.units; at += shape.stride) {
        if (hrig_is_free(r, at, shape.units, 0)) {
            return true;
        }
    }
    return false;
}

/* The largest request that has a place, by trying all. */
static inline size_t hrig_largest(const hrig *r)
{
    size_t units = r->plan.units;
    while (units > 0 && !hrig_has_place(r, units * r->plan.min_block, 1)) {
        units--;
    }
    return units * r->plan.min_block;
}

static inline size_t hrig_unit(const hrig *r, const void *block)
{
    const size_t offset = (size_t)((uintptr_t)block - (uintptr_t)r->storage);
    MUST(offset < r->span && offset % r->plan.min_block == 0, "offset %zu is not that of a block", offset);
    return offset / r->plan.min_block;
}

static inline void hrig_use(hrig *r, size_t units)
{
    r->used = units;
    r->peak = units > r->peak ? units : r->peak;
}

/* A block was handed out: it is where heap.h says that it is, and nobody else's. */
static inline void hrig_took(hrig *r, const void *block, size_t bytes, size_t align, uint32_t owner)
{
    hshape shape = {0, 1};
    const size_t at = hrig_unit(r, block), usable = lfm_heap_usable_size(r->heap, block);
    MUST(hrig_shape(r, bytes, align, &shape), "%zu bytes of %zu", bytes, r->span);
    MUST(lfm_heap_owns(r->heap, block), "unit %zu is not owned", at);
    MUST(usable == shape.units * r->plan.min_block, "%zu bytes for %zu, should be %zu units", usable, bytes,
         shape.units);
    MUST(at % shape.stride == 0 && (uintptr_t)block % align == 0, "%zu units at unit %zu", shape.units, at);
    MUST(hrig_is_free(r, at, shape.units, 0), "%zu units at unit %zu: somebody has them", shape.units, at);
    for (size_t i = at; i < at + shape.units; i++) {
        r->owner[i] = owner;
    }
    hrig_use(r, r->used + shape.units);
    r->blocks++;
}

/* What took at least this unit is gone. */
static inline void hrig_gave(hrig *r, size_t at)
{
    const uint32_t owner = r->owner[at];
    MUST(owner != 0, "unit %zu is nobody's", at);
    for (; at < r->plan.units && r->owner[at] == owner; at++) {
        r->owner[at] = 0;
        r->used--;
    }
    r->blocks--;
}

/* Allocates, and checks that this fails exactly if it has to. */
static inline unsigned char *hrig_alloc(hrig *r, size_t bytes, size_t align, uint32_t owner)
{
    const bool possible = hrig_has_place(r, bytes, align);
    unsigned char *block = align == 1 ? lfm_heap_alloc(r->heap, bytes) : lfm_heap_alloc_aligned(r->heap, align, bytes);
    MUST((block != NULL) == possible, "%zu units of %zu, fit %d: %zu bytes at %zu: %s", r->plan.units,
         r->plan.min_block, (int)r->plan.fit, bytes, align, possible ? "there is a place" : "there is no place");
    if (block == NULL) {
        r->failures++;
    } else {
        hrig_took(r, block, bytes, align, owner);
    }
    return block;
}

static inline void hrig_give(hrig *r, void *block)
{
    const lfm_status status = lfm_heap_free(r->heap, block);
    MUST(status == LFM_OK, "unit %zu: %s", hrig_unit(r, block), lfm_status_string(status));
    MUST(!lfm_heap_owns(r->heap, block), "unit %zu is owned", hrig_unit(r, block));
    hrig_gave(r, hrig_unit(r, block));
}

static inline void hrig_check(const hrig *r)
{
    lfm_heap_stats_t stats;
    const size_t unit = r->plan.min_block;
    lfm_heap_stats(r->heap, &stats);
    MUST(lfm_heap_check(r->heap) == LFM_OK, "%zu units of %zu", r->plan.units, unit);
    MUST(stats.total == r->span && stats.used == r->used * unit && stats.free == r->span - r->used * unit,
         "%zu of %zu used, should be %zu", stats.used, stats.total, r->used * unit);
    MUST(stats.blocks == r->blocks && stats.failures == r->failures, "%zu blocks, should be %zu; %zu failures",
         stats.blocks, r->blocks, stats.failures);
    MUST(stats.peak == (r->counts ? r->peak * unit : 0), "peak %zu, should be %zu units", stats.peak, r->peak);
    MUST(lfm_heap_used(r->heap) == (r->counts ? r->used * unit : 0), "%zu used without a walk, should be %zu units",
         lfm_heap_used(r->heap), r->used);
    MUST(lfm_heap_peak(r->heap) == stats.peak, "peak %zu without a walk, not %zu", lfm_heap_peak(r->heap), stats.peak);
    const size_t largest = hrig_largest(r);
    MUST(stats.largest_free == largest, "%zu units of %zu, fit %d, %zu used: largest %zu, should be %zu", r->plan.units,
         unit, (int)r->plan.fit, r->used, stats.largest_free, largest);
}

static inline void hrig_shuffle(rng *random, void **blocks, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        const size_t at = rng_below(random, (uint32_t)i);
        void *const block = blocks[at];
        blocks[at] = blocks[i - 1];
        blocks[i - 1] = block;
    }
}

#endif
