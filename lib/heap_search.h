/* SPDX-License-Identifier: MIT */
/* The search of an allocation: every word of its level, from where a hint says, and round to there.
 *
 * Problem. While a search goes from word to word, blocks can run from it. One is freed where it has been, and another
 * is taken where it comes next. It then finds no room, although at every moment there was some.
 *
 * Rule (G3: a failure means that there was no room). A search fails only after two equal rounds in a row. Both have
 * read the same words with the same tags, and have changed none. A digest stands for all that a round has read. It also
 * reads what lies below PART units, and above words that are not reachable, wherever that decides. Each change that a
 * round reads happens before the next round begins, for the load acquires it. A change that comes later leaves a tag
 * that the next round would have seen. So at the beginning of the second round the heap was as it was read, with no
 * room. The failing allocation linearises there. */
#ifndef LFM_LIB_HEAP_SEARCH_H
#define LFM_LIB_HEAP_SEARCH_H

#include "heap_tree.h"

/* For a word that is not reachable: the level of the block that covers it. Its own level if there is none, so that
 * claims in it can become valid. */
static unsigned lfm_heap_covering_level(const lfm_heap *heap, unsigned level, size_t index, lfm_request *request)
{
    LFM_ASSERT(level < heap->top_level || index == 0);
    for (unsigned up = level; up < heap->top_level;) {
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

/* Looks below the PART units of a word, in those positions that would do if the units were FREE. Returns the units
 * below which something is taken. It ends at the first position below which nothing is; in a search that fails, the
 * time goes here. */
static inline uint32_t lfm_heap_occupied(const lfm_heap *heap, lfm_request *request, size_t index, uint32_t parts)
{
    lfm_digest read = request->digest;
    uint32_t occupied = 0;
    LFM_ASSERT(request->level > 0);
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
    LFM_ASSERT((occupied & ~LFM_HEAP_WORD_EACH) == 0);
    request->digest = read;
    return occupied;
}

/* Takes what is asked for in this word, at an empty position, or at one that merges make empty. `seen` was read there.
 */
static bool lfm_heap_take_in_word(const lfm_heap *heap, lfm_request *request, size_t index, lfm_word_ seen,
                                  lfm_location *location)
{
    const unsigned level = request->level;
    _Atomic(lfm_word_) *const word = lfm_heap_word_at(heap, level, index);
    const uint32_t out_of_range = lfm_heap_out_of_range(heap, level, index);
    uint32_t full = 0; /* PART units below which something is taken */
    LFM_ASSERT(level <= heap->top_level && index < lfm_heap_level_words(heap, level));
    for (;;) {
        unsigned unit = lfm_positions_find(&request->positions, lfm_heap_word_busy(seen) | out_of_range);
        if (unit < LFM_WORD_UNITS) {
            request->digest.clean = false;
            if (!LFM_CAS_WEAK(HEAP_CLAIM, HEAP_FAIL, word, &seen,
                              lfm_heap_word_take(seen, unit, request->positions.n))) {
                continue;
            }
            lfm_location_set(location, level, index, unit, request->positions.n);
            if (level == heap->top_level || lfm_heap_word_reachable(seen) ||
                lfm_heap_publish(heap, location, lfm_heap_word_take(seen, unit, request->positions.n))) {
                return true;
            }
            LFM_ASSERT(level < heap->top_level);
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
        LFM_ASSERT((lfm_heap_word_parts(seen) & units) != 0 && (lfm_heap_word_parts(seen) & units & full) == 0);
        const unsigned part = (unsigned)__builtin_ctz(lfm_heap_word_parts(seen) & units) / 2;
        const bool merged = lfm_heap_merge(heap, level, index * LFM_WORD_UNITS + part, request);
        seen = LFM_LOAD(HEAP_LOAD, word);
        lfm_digest_add(&request->digest, seen);
        if (!merged && lfm_heap_word_state(seen, part) == LFM_UNIT_PART) {
            full |= (uint32_t)1 << 2 * part;
        }
    }
}

/* Takes what is asked for in one of these words, but not below a larger block. */
static bool lfm_heap_take_in_range(const lfm_heap *heap, lfm_request *request, size_t from, size_t to,
                                   lfm_location *location)
{
    const unsigned level = request->level;
    LFM_ASSERT(to <= lfm_heap_level_words(heap, level));
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
        LFM_ASSERT(cover >= level && cover <= heap->top_level);
        if (cover > level) { /* go on behind that unit of the block */
            index |= ((size_t)1 << LFM_WORD_UNITS_SHIFT_ * (cover - level - 1)) - 1;
        } else if (lfm_heap_take_in_word(heap, request, index, seen, location)) {
            return true;
        }
    }
    return false;
}

/* Takes what is asked for in one word, where a hint says, if that needs one compare-and-swap only. */
LFM_ALWAYS_INLINE bool lfm_heap_take_fast(const lfm_heap *heap, lfm_request *request, size_t index,
                                          lfm_location *location)
{
    const unsigned level = request->level;
    if (index >= heap->units >> LFM_WORD_UNITS_SHIFT_ * level >> LFM_WORD_UNITS_SHIFT_) {
        return false; /* no such word, or the heap ends in it */
    }
    LFM_ASSERT(level <= heap->top_level && lfm_heap_out_of_range(heap, level, index) == 0);
    _Atomic(lfm_word_) *const word = lfm_heap_word_at(heap, level, index);
    lfm_word_ seen = LFM_LOAD(HEAP_PEEK, word);
    const unsigned unit = lfm_positions_find(&request->positions, lfm_heap_word_busy(seen));
    lfm_location_set(location, level, index, unit, request->positions.n);
    return unit < LFM_WORD_UNITS && (lfm_heap_word_reachable(seen) || level == heap->top_level) &&
           LFM_CAS_WEAK(HEAP_CLAIM, HEAP_FAIL, word, &seen, lfm_heap_word_take(seen, unit, request->positions.n));
}

/* Takes what is asked for, wherever there is room. False: at an instant during this call there was none (G3, above). */
LFM_NOINLINE bool lfm_heap_search(const lfm_heap *heap, lfm_request *request, size_t start, lfm_location *location)
{
    const size_t words = lfm_heap_level_words(heap, request->level);
    LFM_ASSERT(start <= words);
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
