/* SPDX-License-Identifier: MIT */
/* The search for free units. */
#ifndef LFM_LIB_HEAP_SEARCH_H
#define LFM_LIB_HEAP_SEARCH_H

#include "heap_tree.h"

/* The level of a block that covers this word, or its own level if it is open to claims. */
static unsigned lfm_heap_covering_level(const lfm_heap *heap, unsigned level, size_t index, lfm_request *request)
{
    for (unsigned up = level; up < heap->top;) {
        const unsigned unit = (unsigned)(index & (LFM_WORD_UNITS - 1));
        up++;
        index >>= LFM_WORD_UNITS_SHIFT_;
        const lfm_word_ word = lfm_heap_load(heap, up, index);
        lfm_digest_add(&request->digest, word);
        if (lfm_heap_word_state(word, unit) >= LFM_UNIT_TAKEN) {
            return up;
        }
        if (lfm_heap_word_reachable(word)) {
            break;
        }
    }
    return level;
}

/* Looks below the PART units of places that would do if those were FREE, up to a place below which nothing is taken.
 * Returns the units that speak against the places before it. A search that fails spends its time here. */
static inline uint32_t lfm_heap_occupied(const lfm_heap *heap, lfm_request *request, size_t index, uint32_t parts)
{
    lfm_digest read = request->digest;
    uint32_t occupied = 0;
    while (parts != 0) {
        const unsigned unit = (unsigned)__builtin_ctz(parts) / 2;
        const lfm_word_ child = lfm_heap_load(heap, request->level - 1, index * LFM_WORD_UNITS + unit);
        lfm_digest_add(&read, child);
        parts &= parts - 1;
        if (lfm_heap_word_blocked(child) != 0) {
            occupied |= (uint32_t)1 << 2 * unit;
            if (request->positions.order > 0) {
                parts &= ~lfm_positions_around(&request->positions, unit);
            }
        } else if ((parts & lfm_positions_around(&request->positions, unit)) == 0) {
            break;
        }
    }
    request->digest = read;
    return occupied;
}

/* Takes what is asked for in this word, if there is a place for it. */
static bool lfm_heap_take_in_word(lfm_heap *heap, lfm_request *request, size_t index, lfm_word_ seen,
                                  lfm_location *location)
{
    const unsigned level = request->level;
    _Atomic(lfm_word_) *const word = lfm_heap_word_at(heap, level, index);
    const uint32_t out_of_range = lfm_heap_out_of_range(heap, level, index);
    uint32_t full = 0; /* PART units below which something is taken */
    for (;;) {
        unsigned unit = lfm_positions_find(&request->positions, lfm_heap_word_busy(seen) | out_of_range);
        if (unit < LFM_WORD_UNITS) {
            request->digest.clean = false;
            if (!LFM_CAS_WEAK(HEAP_CLAIM, HEAP_FAIL, word, &seen,
                              lfm_heap_word_take(seen, unit, request->positions.n))) {
                continue;
            }
            lfm_location_set(location, level, index, unit, request->positions.n);
            if (level == heap->top || lfm_heap_word_reachable(seen) ||
                lfm_heap_publish(heap, location, lfm_heap_word_take(seen, unit, request->positions.n))) {
                return true;
            }
            lfm_heap_undo(heap, location);
            return false;
        }
        if (level == 0) {
            return false;
        }
        const uint32_t busy = lfm_heap_word_blocked(seen) | out_of_range;
        if (!LFM_SMALL) { /* a merge would find out, unit by unit */
            const uint32_t open = lfm_positions_units(&request->positions, busy | full);
            full |= lfm_heap_occupied(heap, request, index, lfm_heap_word_parts(seen) & open);
        }
        unit = lfm_positions_find(&request->positions, busy | full);
        if (unit == LFM_WORD_UNITS) {
            return false;
        }
        const uint32_t units = (uint32_t)lfm_heap_word_units(request->positions.n) << 2 * unit;
        const unsigned part = (unsigned)__builtin_ctz(lfm_heap_word_parts(seen) & units) / 2;
        const bool merged = lfm_heap_merge(heap, level, index * LFM_WORD_UNITS + part, request);
        seen = LFM_LOAD(HEAP_LOAD, word);
        lfm_digest_add(&request->digest, seen);
        if (!merged && lfm_heap_word_state(seen, part) == LFM_UNIT_PART) {
            full |= (uint32_t)1 << 2 * part;
        }
    }
}

/* Looks at these words of the level, but not at those that a larger block covers. */
static bool lfm_heap_take_in_range(lfm_heap *heap, lfm_request *request, size_t from, size_t to, lfm_location *location)
{
    const unsigned level = request->level;
    for (size_t index = from; index < to; index++) {
        const lfm_word_ seen = lfm_heap_load(heap, level, index);
        const uint32_t busy = (level == 0 ? lfm_heap_word_busy(seen) : lfm_heap_word_blocked(seen)) |
                              lfm_heap_out_of_range(heap, level, index);
        lfm_digest_add(&request->digest, seen);
        if (lfm_positions_find(&request->positions, busy) == LFM_WORD_UNITS) {
            continue;
        }
        const unsigned cover =
            lfm_heap_word_reachable(seen) ? level : lfm_heap_covering_level(heap, level, index, request);
        if (cover > level) { /* to the last word below that block's unit */
            index |= ((size_t)1 << LFM_WORD_UNITS_SHIFT_ * (cover - level - 1)) - 1;
        } else if (lfm_heap_take_in_word(heap, request, index, seen, location)) {
            return true;
        }
    }
    return false;
}

/* Takes what is asked for in the one word where it was last to be had. */
LFM_INLINE bool lfm_heap_take_fast(lfm_heap *heap, lfm_request *request, size_t index, lfm_location *location)
{
    const unsigned level = request->level;
    if (index >= heap->units >> LFM_WORD_UNITS_SHIFT_ * level >> LFM_WORD_UNITS_SHIFT_) {
        return false; /* there is a out_of_range */
    }
    _Atomic(lfm_word_) *const word = lfm_heap_word_at(heap, level, index);
    lfm_word_ seen = LFM_LOAD(HEAP_PEEK, word);
    const unsigned unit = lfm_positions_find(&request->positions, lfm_heap_word_busy(seen));
    lfm_location_set(location, level, index, unit, request->positions.n);
    return unit < LFM_WORD_UNITS && (lfm_heap_word_reachable(seen) || level == heap->top) &&
           LFM_CAS_WEAK(HEAP_CLAIM, HEAP_FAIL, word, &seen, lfm_heap_word_take(seen, unit, request->positions.n));
}

/* Takes what is asked for, wherever there is a place for it. False: there is none, which two rounds over all words have
 * seen. */
LFM_NOINLINE bool lfm_heap_search(lfm_heap *heap, lfm_request *request, size_t start, lfm_location *location)
{
    const size_t words = lfm_heap_level_words(heap, request->level);
    for (lfm_digest last = {0, false};; last = request->digest) {
        lfm_digest_begin(&request->digest);
        if (lfm_heap_take_in_range(heap, request, start, words, location) ||
            lfm_heap_take_in_range(heap, request, 0, start, location)) {
            return true;
        }
        if (lfm_digest_same(&request->digest, &last)) {
            return false;
        }
    }
}

#endif
