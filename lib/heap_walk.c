/* SPDX-License-Identifier: MIT */
/* Walks through a heap: statistics, a visit of every block, and the check of every word. A walk goes down from the top,
 * into the word below each PART unit, and so by address. */
#include "arith.h"
#include "heap_level.h"

/* A walk, and what it adds up. */
typedef struct lfm_walk {
    const lfm_heap *heap;
    lfm_heap_visitor *visit;
    void *arg;
    size_t free_from, free_bytes; /* free bytes that end where the walk is */
    size_t used, blocks, largest;
} lfm_walk;

static void lfm_walk_free_ends(lfm_walk *walk)
{
    if (walk->free_bytes != 0 && walk->visit != NULL) {
        walk->visit(lfm_heap_units(walk->heap) + walk->free_from, walk->free_bytes, false, walk->arg);
    }
    walk->free_bytes = 0;
}

/* The next bytes, by address, are all of a block, or free. */
static void lfm_walk_add(lfm_walk *walk, size_t offset, size_t bytes, bool taken)
{
    LFM_ASSERT(bytes > 0 && offset + bytes <= lfm_heap_bytes(walk->heap));
    LFM_ASSERT(walk->free_bytes == 0 || walk->free_from + walk->free_bytes == offset);
    if (taken) {
        lfm_walk_free_ends(walk);
        walk->used += bytes;
        walk->blocks++;
        if (walk->visit != NULL) {
            walk->visit(lfm_heap_units(walk->heap) + offset, bytes, true, walk->arg);
        }
    } else {
        walk->free_from = walk->free_bytes == 0 ? offset : walk->free_from;
        walk->free_bytes += bytes;
    }
}

/* The largest block that has room in a word. A block begins at a multiple of its size, rounded up to a power of two: so
 * the free units from `unit` on are worth no more than the alignment of `unit`. */
static void lfm_walk_largest(lfm_walk *walk, unsigned level, uint32_t busy)
{
    unsigned largest = 0;
    LFM_ASSERT((busy & ~LFM_HEAP_WORD_EACH) == 0);
    for (unsigned unit = 0; unit < LFM_WORD_UNITS; unit++) {
        const uint32_t from = busy >> 2 * unit;
        const unsigned aligned = (unit | LFM_WORD_UNITS) & -(unit | LFM_WORD_UNITS);
        const unsigned run = from == 0 ? LFM_WORD_UNITS : (unsigned)__builtin_ctz(from) / 2;
        const unsigned n = run < aligned ? run : aligned;
        largest = n > largest ? n : largest;
    }
    LFM_ASSERT(largest <= LFM_WORD_UNITS);
    if (largest != 0) {
        const unsigned order = 31 - (unsigned)__builtin_clz(largest);
        const unsigned whole = 1u << (walk->heap->fit == LFM_FIT_BUDDY4 ? order & ~1u : order);
        const size_t n = walk->heap->fit == LFM_FIT_TRIMMED ? largest : whole;
        const size_t bytes = n << LFM_WORD_UNITS_SHIFT_ * level << walk->heap->unit_shift;
        walk->largest = bytes > walk->largest ? bytes : walk->largest;
    }
}

/* Walks through what a word stands for, by address. Returns whether nothing is taken there. In damaged memory a CONT
 * unit may have no block before it, a PART unit no word below, and a block may go on behind the heap's end. They count
 * as blocks, as far as the heap goes; lfm_heap_check() tells of them. */
static bool lfm_walk_word(lfm_walk *walk, unsigned level, size_t index)
{
    const lfm_heap *heap = walk->heap;
    const lfm_word_ word = lfm_heap_load(heap, level, index);
    const unsigned shift = LFM_WORD_UNITS_SHIFT_ * level + heap->unit_shift;
    const size_t bytes = (size_t)1 << shift; /* of a unit of this level */
    uint32_t busy = lfm_heap_out_of_range(heap, level, index);
    size_t from = index * LFM_WORD_UNITS << shift;
    bool empty = true;
    LFM_ASSERT(level <= heap->top_level && shift < sizeof(size_t) * 8);
    for (unsigned unit = 0; unit < LFM_WORD_UNITS && from < lfm_heap_bytes(heap);) {
        const size_t left = lfm_heap_bytes(heap) - from;
        const lfm_unit_state state = lfm_heap_word_state(word, unit);
        unsigned n = 1;
        /* Below PART there are smaller blocks. A unit that the heap's end cuts is no position, but its parts may be. */
        if (level > 0 && (state == LFM_UNIT_PART || (state == LFM_UNIT_FREE && bytes > left))) {
            if (!lfm_walk_word(walk, level - 1, index * LFM_WORD_UNITS + unit)) {
                busy |= (uint32_t)1 << 2 * unit;
                empty = false;
            }
        } else if (state == LFM_UNIT_FREE) {
            lfm_walk_add(walk, from, bytes < left ? bytes : left, false);
        } else {
            n = lfm_heap_word_stretch(word, unit);
            lfm_walk_add(walk, from, n * bytes < left ? n * bytes : left, true);
            busy |= (uint32_t)lfm_heap_word_units(n) << 2 * unit & LFM_HEAP_WORD_EACH;
            empty = false;
        }
        unit += n;
        from += n * bytes;
    }
    lfm_walk_largest(walk, level, busy);
    return empty;
}

/* A block that is just being freed may be taken anew and counted twice. */
static inline size_t lfm_heap_at_most_all(const lfm_heap *heap, size_t bytes)
{
    return bytes < lfm_heap_bytes(heap) ? bytes : lfm_heap_bytes(heap);
}

size_t lfm_heap_used(const lfm_heap *heap)
{
    return heap == NULL ? 0 : lfm_heap_at_most_all(heap, LFM_LOAD(HEAP_STAT, &lfm_heap_state(heap)->used));
}

size_t lfm_heap_peak(const lfm_heap *heap)
{
    if (heap == NULL) {
        return 0;
    }
    /* the next free notes what is in use now */
    const size_t used = LFM_LOAD(HEAP_STAT, &lfm_heap_state(heap)->used);
    const size_t noted = LFM_LOAD(HEAP_STAT, &lfm_heap_state(heap)->peak);
    return lfm_heap_at_most_all(heap, noted > used ? noted : used);
}

void lfm_heap_reset_peak(const lfm_heap *heap)
{
    if (heap != NULL && heap->units != 0) {
        LFM_STORE(HEAP_STAT, &lfm_heap_state(heap)->peak, 0);
    }
}

void lfm_heap_stats(const lfm_heap *heap, lfm_heap_stats_t *out)
{
    if (out == NULL) {
        return;
    }
    memset(out, 0, sizeof *out);
    if (heap == NULL) {
        return;
    }
    lfm_walk walk = {.heap = heap};
    (void)lfm_walk_word(&walk, heap->top_level, 0); /* whether the heap is empty */
    out->total = lfm_heap_bytes(heap);
    LFM_ASSERT(walk.used <= out->total && walk.largest <= out->total);
    out->used = walk.used;
    out->free = out->total - out->used;
    out->largest_free = walk.largest;
    out->peak = lfm_heap_peak(heap);
    out->blocks = walk.blocks;
    out->failures = LFM_LOAD(HEAP_STAT, &lfm_heap_state(heap)->failures);
}

void lfm_heap_visit(const lfm_heap *heap, lfm_heap_visitor *visit, void *arg)
{
    if (heap != NULL && visit != NULL) {
        lfm_walk walk = {.heap = heap, .visit = visit, .arg = arg};
        (void)lfm_walk_word(&walk, heap->top_level, 0);
        lfm_walk_free_ends(&walk);
    }
}

/* Whether a word can be what the library leaves: CONT follows TAKEN or CONT, PART has a word below, nothing is beyond
 * the heap's end, and H2 holds. */
static bool lfm_heap_word_is_sound(const lfm_heap *heap, unsigned level, size_t index)
{
    const lfm_word_ word = lfm_heap_load(heap, level, index);
    const uint32_t out_of_range = lfm_heap_out_of_range(heap, level, index);
    LFM_ASSERT((out_of_range & ~LFM_HEAP_WORD_EACH) == 0);
    const uint32_t blocked = lfm_heap_word_blocked(word), cont = blocked & (uint32_t)word;
    if ((cont & ~(blocked << 2)) != 0 || (blocked & out_of_range) != 0 ||
        (level == 0 && lfm_heap_word_parts(word) != 0)) {
        return false;
    }
    const size_t units = level == 0 ? heap->units : lfm_heap_level_words(heap, level - 1);
    if (units - index * LFM_WORD_UNITS < LFM_WORD_UNITS &&
        (lfm_heap_word_parts(word) & lfm_heap_word_from((unsigned)(units - index * LFM_WORD_UNITS))) != 0) {
        return false;
    }
    if (level == heap->top_level) {
        return !lfm_heap_word_reachable(word);
    }
    const lfm_word_ above = lfm_heap_load(heap, level + 1, index >> LFM_WORD_UNITS_SHIFT_);
    return !lfm_heap_word_reachable(word) ||
           (lfm_heap_word_state(above, (unsigned)(index & (LFM_WORD_UNITS - 1))) == LFM_UNIT_PART &&
            (level + 1 == heap->top_level || lfm_heap_word_reachable(above)));
}

lfm_status lfm_heap_check(const lfm_heap *heap)
{
    const lfm_status status = lfm_heap_attach(heap);
    if (status != LFM_OK) {
        return status;
    }
    LFM_ASSERT(lfm_heap_level_words(heap, heap->top_level) == 1);
    for (unsigned level = 0; level <= heap->top_level; level++) {
        for (size_t index = 0; index < lfm_heap_level_words(heap, level); index++) {
            if (!lfm_heap_word_is_sound(heap, level, index)) {
                return LFM_ECORRUPT;
            }
        }
    }
    return LFM_OK;
}
