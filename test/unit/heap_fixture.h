/* SPDX-License-Identifier: MIT */
/* The fixture for heaps: one in storage between guard bytes, with a model of it. The model knows which block each unit
 * belongs to, and which aligned positions heap.h allows for a request. It computes in units, without words or masks. */
#ifndef LFM_TEST_HEAP_FIXTURE_H
#define LFM_TEST_HEAP_FIXTURE_H

#include "support.h"
#include <lfmem/heap.h>

enum {
    HEAP_FIXTURE_GROUP = 1 << LFM_WORD_UNITS_SHIFT_,
    HEAP_FIXTURE_BASE = 32768 /* the storage's alignment */
};

/* What a heap is made from. */
typedef struct heap_plan {
    size_t units, min_block;
    lfm_heap_fit fit;
} heap_plan;

typedef struct heap_fixture {
    heap_plan plan;
    size_t span;  /* bytes of all units */
    size_t bytes; /* of the storage */
    unsigned char *memory, *storage;
    lfm_heap *heap;
    uint32_t *owner; /* of each unit: the number of its block; 0: it is free */
    size_t used, blocks, failures, visited;
    size_t peak;     /* largest `used` */
    bool keeps_peak; /* the heap keeps the high-water mark */
} heap_fixture;

/* How heap.h lays out a block: so many units, which begin at a multiple of so many. */
typedef struct block_layout {
    size_t units, stride;
} block_layout;

static const lfm_heap_fit heap_fixture_fits[] = {LFM_FIT_TRIMMED, LFM_FIT_BUDDY4, LFM_FIT_BUDDY2};

static inline heap_fixture heap_fixture_make(heap_plan p)
{
    heap_fixture f = {.plan = p, .span = p.units * p.min_block};
    f.keeps_peak = p.units % 2 == 0; /* half of the tests with a high-water mark */
    const lfm_heap_config config = {.min_block = p.min_block, .fit = p.fit, .peak = f.keeps_peak};
    f.bytes = LFM_HEAP_STORAGE_BYTES(f.span, p.min_block);
    f.memory = aligned_alloc(HEAP_FIXTURE_BASE, round_up(HEAP_FIXTURE_BASE + f.bytes + GUARD_BYTES, HEAP_FIXTURE_BASE));
    f.heap = malloc(sizeof *f.heap);
    f.owner = calloc(p.units, sizeof *f.owner);
    MUST(f.memory != NULL && f.heap != NULL && f.owner != NULL, "no memory for the test");
    f.storage = f.memory + HEAP_FIXTURE_BASE;
    memset(f.storage - GUARD_BYTES, GUARD_BYTE, GUARD_BYTES);
    memset(f.storage, FILL_BYTE, f.bytes);
    memset(f.storage + f.bytes, GUARD_BYTE, GUARD_BYTES);
    const lfm_status status = lfm_heap_init(f.heap, f.storage, f.bytes, &config);
    MUST(status == LFM_OK, "%zu units of %zu: %s", p.units, p.min_block, lfm_status_string(status));
    return f;
}

/* Checks the guard bytes and frees all. */
static inline void heap_fixture_free(heap_fixture *f)
{
    for (size_t i = 0; i < GUARD_BYTES; i++) {
        MUST(*(f->storage - GUARD_BYTES + i) == GUARD_BYTE, "byte %zu before the storage was written", GUARD_BYTES - i);
        MUST(f->storage[f->bytes + i] == GUARD_BYTE, "byte %zu behind the storage was written", i);
    }
    free(f->memory);
    free(f->heap);
    free(f->owner);
}

/* Copies control block and storage. */
static inline unsigned char *heap_fixture_save(const heap_fixture *f)
{
    unsigned char *copy = malloc(sizeof *f->heap + f->bytes);
    MUST(copy != NULL, "no memory for the test");
    support_show(f->storage, f->bytes);
    memcpy(copy, f->heap, sizeof *f->heap);
    memcpy(copy + sizeof *f->heap, f->storage, f->bytes);
    return copy;
}

static inline bool heap_fixture_is_same(const heap_fixture *f, const unsigned char *copy)
{
    support_show(f->storage, f->bytes);
    return memcmp(copy, f->heap, sizeof *f->heap) == 0 && memcmp(copy + sizeof *f->heap, f->storage, f->bytes) == 0;
}

static inline size_t heap_fixture_power_up(size_t n)
{
    size_t power = 1;
    while (power < n) {
        power *= 2;
    }
    return power;
}

/* The largest scale that sizes are counted in: the smallest of 1, GROUP, GROUP^2 ... units of which GROUP are enough
 * for the heap. */
static inline size_t heap_fixture_top_scale(const heap_fixture *f)
{
    size_t scale = 1;
    while (scale * HEAP_FIXTURE_GROUP < f->plan.units) {
        scale *= HEAP_FIXTURE_GROUP;
    }
    return scale;
}

/* The layout of a block for so many bytes at a multiple of `align`. Returns false if it is larger than the heap. */
static inline bool heap_fixture_layout(const heap_fixture *f, size_t bytes, size_t align, block_layout *shape)
{
    const size_t unit = f->plan.min_block, need = bytes == 0 ? 1 : bytes / unit + (bytes % unit != 0);
    const size_t wanted = align > unit ? align / unit : 1, top = heap_fixture_top_scale(f);
    size_t scale = 1;
    if (need > f->plan.units) {
        return false;
    }
    if (f->plan.fit == LFM_FIT_TRIMMED) {
        while (scale < top && (need + scale - 1) / scale >= HEAP_FIXTURE_GROUP) {
            scale *= HEAP_FIXTURE_GROUP;
        }
    }
    while (scale < top && scale * HEAP_FIXTURE_GROUP < wanted) { /* the next scale makes up for the alignment */
        scale *= HEAP_FIXTURE_GROUP;
    }
    shape->units = (need + scale - 1) / scale * scale;
    if (f->plan.fit != LFM_FIT_TRIMMED) {
        shape->units = heap_fixture_power_up(shape->units);
    }
    while (f->plan.fit == LFM_FIT_BUDDY4 && shape->units % 3 != 1) { /* 4^k is 1 modulo 3, 2 * 4^k is 2 */
        shape->units *= 2;
    }
    shape->stride = heap_fixture_power_up(shape->units);
    shape->stride = shape->stride > wanted ? shape->stride : wanted;
    return shape->units <= f->plan.units;
}

/* Tells whether these units are in the heap, and each is free or belongs to the block `owner`. */
static inline bool heap_fixture_is_free(const heap_fixture *f, size_t from, size_t units, uint32_t owner)
{
    if (from > f->plan.units || units > f->plan.units - from) {
        return false;
    }
    for (size_t i = from; i < from + units; i++) {
        if (f->owner[i] != 0 && f->owner[i] != owner) {
            return false;
        }
    }
    return true;
}

static inline bool heap_fixture_has_room(const heap_fixture *f, size_t bytes, size_t align)
{
    block_layout shape;
    if (!heap_fixture_layout(f, bytes, align, &shape)) {
        return false;
    }
    for (size_t at = 0; at < f->plan.units; at += shape.stride) {
        if (heap_fixture_is_free(f, at, shape.units, 0)) {
            return true;
        }
    }
    return false;
}

/* The largest request that there is room for, by trying all. */
static inline size_t heap_fixture_largest(const heap_fixture *f)
{
    size_t units = f->plan.units;
    while (units > 0 && !heap_fixture_has_room(f, units * f->plan.min_block, 1)) {
        units--;
    }
    return units * f->plan.min_block;
}

static inline size_t heap_fixture_unit(const heap_fixture *f, const void *block)
{
    const size_t offset = (size_t)((uintptr_t)block - (uintptr_t)f->storage);
    MUST(offset < f->span && offset % f->plan.min_block == 0, "offset %zu is not that of a block", offset);
    return offset / f->plan.min_block;
}

static inline void heap_fixture_use(heap_fixture *f, size_t units)
{
    f->used = units;
    f->peak = units > f->peak ? units : f->peak;
}

/* A block was handed out: checks that it lies as heap.h says, in free units. */
static inline void heap_fixture_note_alloc(heap_fixture *f, const void *block, size_t bytes, size_t align,
                                           uint32_t owner)
{
    block_layout shape = {0, 1};
    const size_t at = heap_fixture_unit(f, block), usable = lfm_heap_usable_size(f->heap, block);
    MUST(heap_fixture_layout(f, bytes, align, &shape), "%zu bytes of %zu", bytes, f->span);
    MUST(lfm_heap_owns(f->heap, block), "unit %zu is not owned", at);
    MUST(usable == shape.units * f->plan.min_block, "%zu bytes for %zu, should be %zu units", usable, bytes,
         shape.units);
    MUST(at % shape.stride == 0 && (uintptr_t)block % align == 0, "%zu units at unit %zu", shape.units, at);
    MUST(heap_fixture_is_free(f, at, shape.units, 0), "%zu units at unit %zu: somebody has them", shape.units, at);
    for (size_t i = at; i < at + shape.units; i++) {
        f->owner[i] = owner;
    }
    heap_fixture_use(f, f->used + shape.units);
    f->blocks++;
}

/* The block that begins at this unit was freed. */
static inline void heap_fixture_note_free(heap_fixture *f, size_t at)
{
    const uint32_t owner = f->owner[at];
    MUST(owner != 0, "unit %zu is nobody's", at);
    for (; at < f->plan.units && f->owner[at] == owner; at++) {
        f->owner[at] = 0;
        f->used--;
    }
    f->blocks--;
}

/* Allocates, and checks that this fails iff there is no room. */
static inline unsigned char *heap_fixture_alloc(heap_fixture *f, size_t bytes, size_t align, uint32_t owner)
{
    const bool possible = heap_fixture_has_room(f, bytes, align);
    unsigned char *block = align == 1 ? lfm_heap_alloc(f->heap, bytes) : lfm_heap_alloc_aligned(f->heap, align, bytes);
    MUST((block != NULL) == possible, "%zu units of %zu, fit %d: %zu bytes at %zu: %s", f->plan.units,
         f->plan.min_block, (int)f->plan.fit, bytes, align, possible ? "there is room" : "there is no room");
    if (block == NULL) {
        f->failures++;
    } else {
        heap_fixture_note_alloc(f, block, bytes, align, owner);
    }
    return block;
}

static inline void heap_fixture_give(heap_fixture *f, void *block)
{
    const lfm_status status = lfm_heap_free(f->heap, block);
    MUST(status == LFM_OK, "unit %zu: %s", heap_fixture_unit(f, block), lfm_status_string(status));
    MUST(!lfm_heap_owns(f->heap, block), "unit %zu is owned", heap_fixture_unit(f, block));
    heap_fixture_note_free(f, heap_fixture_unit(f, block));
}

static inline void heap_fixture_check(const heap_fixture *f)
{
    lfm_heap_stats_t stats;
    const size_t unit = f->plan.min_block;
    lfm_heap_stats(f->heap, &stats);
    MUST(lfm_heap_check(f->heap) == LFM_OK, "%zu units of %zu", f->plan.units, unit);
    MUST(stats.total == f->span && stats.used == f->used * unit && stats.free == f->span - f->used * unit,
         "%zu of %zu used, should be %zu", stats.used, stats.total, f->used * unit);
    MUST(stats.blocks == f->blocks && stats.failures == f->failures, "%zu blocks, should be %zu; %zu failures",
         stats.blocks, f->blocks, stats.failures);
    MUST(stats.peak == (f->keeps_peak ? f->peak * unit : 0), "peak %zu, should be %zu units", stats.peak, f->peak);
    MUST(lfm_heap_used(f->heap) == (f->keeps_peak ? f->used * unit : 0), "%zu used without a walk, should be %zu units",
         lfm_heap_used(f->heap), f->used);
    MUST(lfm_heap_peak(f->heap) == stats.peak, "peak %zu without a walk, not %zu", lfm_heap_peak(f->heap), stats.peak);
    const size_t largest = heap_fixture_largest(f);
    MUST(stats.largest_free == largest, "%zu units of %zu, fit %d, %zu used: largest %zu, should be %zu", f->plan.units,
         unit, (int)f->plan.fit, f->used, stats.largest_free, largest);
}

#endif
