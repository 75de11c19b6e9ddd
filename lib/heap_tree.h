/* SPDX-License-Identifier: MIT */
/* Buddies: a tree of words (heap_word.h). A unit of level 0 is the heap's smallest block; word i of a level tells of
 * its units i * LFM_WORD_UNITS and on; unit i of level l + 1 is word i of level l. The top level is one word.
 *
 * State. Every word is written by everybody, by compare-and-swap only, and every change has a new tag. Hints are
 * written by everybody and never trusted.
 *
 * Invariants
 * H1  A unit goes from FREE to TAKEN or CONT only by the call that thereby has it in hand, and back only by who has it.
 *     It goes from FREE to PART and back without belonging to anybody.
 * H2  If a word is anchored, its unit one level up is PART and the word that this unit is in is anchored or the top.
 *     So from an anchored word up all is PART, and what it tells is true. What a word tells that is not anchored holds
 *     only below a PART unit; there may be stray claims in it, about to be undone.
 * H3  A claim is valid once its word is anchored. Its context marks units PART from the claim up to an anchored word,
 *     each mark a new tag even if the unit is PART already, and then anchors the words from there down, each by a
 *     compare-and-swap with a value that is older than the mark above and not empty. If it meets a
 *     TAKEN or CONT unit instead, a larger block was faster: it undoes the claim and looks elsewhere. (The PART marks
 *     that it leaves are as true as any: they send who comes by to an empty word.)
 * H4  A PART unit is made FREE by who has read, in this order, the unit's word, and then that the child word is empty
 *     and not anchored (taking the anchor off itself if need be), and only if the unit's word has not changed since.
 *     Between a claim in the child and the mark that follows it (H3) the child is not empty; the mark itself changes
 *     the unit's word. So whoever's mark is in place keeps the path until it anchors, and H2 follows.
 *
 * A free only makes units FREE. Free memory is never in transit: an empty word is free memory for who looks at it.
 *
 * Linearisation: a take at the compare-and-swap that anchors its word, or at its claim if that is anchored already; a
 * release at its compare-and-swap. A search that fails: two rounds in a row have read the same words with the same tags
 * (as told by a digest of their sequence). Of each word, the change that was read happens before the second round, for
 * the first one acquired it; a later one does not, or the second round would have read that. So what happens before the
 * second round is a state of the heap in which everything was as it was read: G3.
 * ABA: every change has a new tag; how long it takes to come round is in lib/README.md.
 * Progress: lock-free: a loop goes round only because a word has changed; an undo means that a larger block was taken.
 * Who stops between any two steps leaves a claim (its own block), marks without an anchor (which anybody goes through)
 * or an empty word without an anchor (which anybody can claim in or make FREE).
 *
 * Memory orders: atomic.h. */
#ifndef LFM_LIB_HEAP_TREE_H
#define LFM_LIB_HEAP_TREE_H

#include "assertion.h"
#include "atomic.h"
#include "digest.h"
#include "heap_units.h"
#include "heap_word.h"

static inline _Atomic(lfm_word_) *lfm_heap_word_at(const lfm_heap *heap, unsigned level, size_t index)
{
    return (_Atomic(lfm_word_) *)(void *)lfm_heap_metadata(heap) + heap->first[level] + index;
}

static inline lfm_word_ lfm_heap_load(const lfm_heap *heap, unsigned level, size_t index)
{
    return LFM_LOAD(HEAP_LOAD, lfm_heap_word_at(heap, level, index));
}

/* Words of a level. */
static inline size_t lfm_heap_level_words(const lfm_heap *heap, unsigned level)
{
    return ((heap->units - 1) >> LFM_WORD_UNITS_SHIFT_ * level >> LFM_WORD_UNITS_SHIFT_) + 1;
}

/* The unit of a level that has no place in the heap, or only in part, counts as busy, and so do those behind it. */
static inline uint32_t lfm_heap_out_of_range(const lfm_heap *heap, unsigned level, size_t index)
{
    const size_t whole = heap->units >> LFM_WORD_UNITS_SHIFT_ * level;
    return index < whole >> LFM_WORD_UNITS_SHIFT_ ? 0 : lfm_heap_word_from((unsigned)(whole & (LFM_WORD_UNITS - 1)));
}

/* Where a block is, or is to be. */
typedef struct lfm_location {
    unsigned level, unit, n;
    size_t index; /* of its word in the level */
} lfm_location;

static inline void lfm_location_set(lfm_location *location, unsigned level, size_t index, unsigned unit, unsigned n)
{
    location->level = level;
    location->index = index;
    location->unit = unit;
    location->n = n;
}

/* Bytes from the first unit. */
static inline size_t lfm_location_offset(const lfm_heap *heap, const lfm_location *location)
{
    return (location->index * LFM_WORD_UNITS + location->unit)
           << LFM_WORD_UNITS_SHIFT_ * location->level << heap->unit_shift;
}

static inline size_t lfm_location_bytes(const lfm_heap *heap, const lfm_location *location)
{
    return (size_t)location->n << LFM_WORD_UNITS_SHIFT_ * location->level << heap->unit_shift;
}

/* What is looked for. */
typedef struct lfm_request {
    unsigned level;
    lfm_positions positions;
} lfm_request;

static inline void lfm_request_init(lfm_request *request, unsigned level, unsigned n, unsigned order)
{
    request->level = level;
    lfm_positions_init(&request->positions, n, order);
}

/* Everything that a search has read, in order. */
typedef struct lfm_digest {
    uint64_t sum;
    bool clean; /* nothing was changed by the search itself */
} lfm_digest;

static inline void lfm_digest_add(lfm_digest *digest, lfm_word_ word)
{
    digest->sum = lfm_digest_step(digest->sum, word);
}

/* Makes a unit PART; its word gets a new tag even if it is PART already. False: a block covers it. *marked: the word.
 */
static bool lfm_heap_split(lfm_heap *heap, unsigned level, size_t unit, lfm_word_ *marked)
{
    _Atomic(lfm_word_) *const word = lfm_heap_word_at(heap, level, unit >> LFM_WORD_UNITS_SHIFT_);
    const unsigned place = (unsigned)(unit & (LFM_WORD_UNITS - 1));
    lfm_word_ seen = LFM_LOAD(HEAP_PEEK, word);
    do {
        if (lfm_heap_word_state(seen, place) >= LFM_UNIT_TAKEN) {
            return false;
        }
        *marked = lfm_heap_word_split(seen, place);
    } while (!LFM_CAS_WEAK(HEAP_SPLIT, HEAP_FAIL, word, &seen, *marked));
    return true;
}

/* Makes a claim valid, which made `claimed` of a word that was not anchored (H3). False: a larger block covers it.
 *
 * A word is anchored only if it has not changed since its mark above was made, or else after another one: a program's
 * bad free can take the claim away meanwhile, and then what was above it may be somebody's block. */
LFM_NOINLINE bool lfm_heap_publish(lfm_heap *heap, const lfm_location *claim, lfm_word_ claimed)
{
    lfm_word_ left[LFM_HEAP_LEVELS_]; /* each word as the claim, or the mark in it, left it */
    unsigned level = claim->level;
    left[level] = claimed;
    while (level < heap->top && !lfm_heap_word_reachable(left[level])) {
        const size_t index = claim->index >> LFM_WORD_UNITS_SHIFT_ * (level - claim->level);
        level++;
        if (!lfm_heap_split(heap, level, index, &left[level])) {
            return false;
        }
    }
    while (level-- > claim->level) {
        const size_t index = claim->index >> LFM_WORD_UNITS_SHIFT_ * (level - claim->level);
        lfm_word_ seen = left[level], above;
        while (!LFM_CAS(HEAP_PUBLISH, HEAP_FAIL, lfm_heap_word_at(heap, level, index), &seen,
                        lfm_heap_word_publish(seen)) &&
               !lfm_heap_word_reachable(seen)) {
            if (lfm_heap_word_empty(seen) || !lfm_heap_split(heap, level + 1, index, &above) ||
                !(level + 1 == heap->top || lfm_heap_word_reachable(above))) {
                return true; /* the claim is gone, as if its block had been freed */
            }
        }
    }
    return true;
}

/* Takes a claim back, unless a bad free has done so. */
static inline void lfm_heap_undo(lfm_heap *heap, const lfm_location *claim)
{
    _Atomic(lfm_word_) *const word = lfm_heap_word_at(heap, claim->level, claim->index);
    lfm_word_ seen = LFM_LOAD(HEAP_PEEK, word);
    while (lfm_heap_word_state(seen, claim->unit) == LFM_UNIT_TAKEN &&
           lfm_heap_word_length(seen, claim->unit) == claim->n &&
           !LFM_CAS_WEAK(HEAP_RELEASE, HEAP_FAIL, word, &seen, lfm_heap_word_release(seen, claim->unit, claim->n))) {
    }
}

/* The level of a block that covers this word, or its own level if it is open to claims. */
static unsigned lfm_heap_covering_level(const lfm_heap *heap, unsigned level, size_t index, lfm_digest *digest)
{
    for (unsigned up = level; up < heap->top;) {
        const unsigned unit = (unsigned)(index & (LFM_WORD_UNITS - 1));
        up++;
        index >>= LFM_WORD_UNITS_SHIFT_;
        const lfm_word_ word = lfm_heap_load(heap, up, index);
        lfm_digest_add(digest, word);
        if (lfm_heap_word_state(word, unit) >= LFM_UNIT_TAKEN) {
            return up;
        }
        if (lfm_heap_word_reachable(word)) {
            break;
        }
    }
    return level;
}

/* Makes a PART unit FREE if nothing is taken below it (H4), from the lowest empty words up. False: something is, or the
 * unit is not PART any more. */
static bool lfm_heap_merge(lfm_heap *heap, unsigned top, size_t unit, lfm_digest *digest)
{
    unsigned level = top; /* of the unit that is looked at */
    for (;;) {
        _Atomic(lfm_word_) *const word = lfm_heap_word_at(heap, level, unit >> LFM_WORD_UNITS_SHIFT_);
        const unsigned place = (unsigned)(unit & (LFM_WORD_UNITS - 1));
        lfm_word_ seen = LFM_LOAD(HEAP_LOAD, word);
        lfm_digest_add(digest, seen);
        bool merged = lfm_heap_word_state(seen, place) != LFM_UNIT_PART;
        if (!merged) {
            _Atomic(lfm_word_) *const below = lfm_heap_word_at(heap, level - 1, unit);
            lfm_word_ child = LFM_LOAD(HEAP_LOAD, below);
            lfm_digest_add(digest, child);
            if (lfm_heap_word_blocked(child) != 0) {
                return false;
            }
            if (!lfm_heap_word_empty(child)) {
                level--;
                unit = unit * LFM_WORD_UNITS + (unsigned)__builtin_ctz(lfm_heap_word_parts(child)) / 2;
                continue;
            }
            digest->clean = false;
            if (lfm_heap_word_reachable(child) &&
                !LFM_CAS(HEAP_MERGE, HEAP_FAIL, below, &child, lfm_heap_word_unpublish(child))) {
                continue;
            }
            merged = LFM_CAS(HEAP_MERGE, HEAP_FAIL, word, &seen, lfm_heap_word_merge(seen, place));
            if (merged && level == top) {
                return true;
            }
        } else if (level == top) {
            return false;
        }
        if (merged) {
            level++;
            unit >>= LFM_WORD_UNITS_SHIFT_;
        }
    }
}

/* Looks below the PART units of places that would do if those were FREE, up to a place below which nothing is taken.
 * Returns the units that speak against the places before it. A search that fails spends its time here. */
static inline uint32_t lfm_heap_occupied(const lfm_heap *heap, const lfm_request *request, size_t index, uint32_t parts,
                                         lfm_digest *digest)
{
    lfm_digest read = *digest;
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
    *digest = read;
    return occupied;
}

/* Takes what is asked for in this word, if there is a place for it. */
static bool lfm_heap_take_in_word(lfm_heap *heap, const lfm_request *request, size_t index, lfm_word_ seen,
                                  lfm_location *location, lfm_digest *digest)
{
    const unsigned level = request->level;
    _Atomic(lfm_word_) *const word = lfm_heap_word_at(heap, level, index);
    const uint32_t out_of_range = lfm_heap_out_of_range(heap, level, index);
    uint32_t full = 0; /* PART units below which something is taken */
    for (;;) {
        unsigned unit = lfm_positions_find(&request->positions, lfm_heap_word_busy(seen) | out_of_range);
        if (unit < LFM_WORD_UNITS) {
            digest->clean = false;
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
            full |= lfm_heap_occupied(heap, request, index, lfm_heap_word_parts(seen) & open, digest);
        }
        unit = lfm_positions_find(&request->positions, busy | full);
        if (unit == LFM_WORD_UNITS) {
            return false;
        }
        const uint32_t units = (uint32_t)lfm_heap_word_units(request->positions.n) << 2 * unit;
        const unsigned part = (unsigned)__builtin_ctz(lfm_heap_word_parts(seen) & units) / 2;
        const bool merged = lfm_heap_merge(heap, level, index * LFM_WORD_UNITS + part, digest);
        seen = LFM_LOAD(HEAP_LOAD, word);
        lfm_digest_add(digest, seen);
        if (!merged && lfm_heap_word_state(seen, part) == LFM_UNIT_PART) {
            full |= (uint32_t)1 << 2 * part;
        }
    }
}

/* Whether a word is open to claims. If a larger block covers it, *step becomes the words from it to that block's end.
 */
static inline bool lfm_heap_is_open(const lfm_heap *heap, unsigned level, size_t index, lfm_word_ seen, size_t *step,
                                    lfm_digest *digest)
{
    const unsigned cover = lfm_heap_word_reachable(seen) ? level : lfm_heap_covering_level(heap, level, index, digest);
    if (cover > level) {
        const size_t span = (size_t)1 << LFM_WORD_UNITS_SHIFT_ * (cover - level - 1);
        *step = span - (index & (span - 1));
    }
    return cover == level;
}

/* Looks at these words of the level, but not at those that a larger block covers. */
static bool lfm_heap_take_in_range(lfm_heap *heap, const lfm_request *request, size_t from, size_t to,
                                   lfm_location *location, lfm_digest *digest)
{
    const unsigned level = request->level;
    for (size_t index = from, step; index < to; index += step) {
        const lfm_word_ seen = lfm_heap_load(heap, level, index);
        const uint32_t busy = (level == 0 ? lfm_heap_word_busy(seen) : lfm_heap_word_blocked(seen)) |
                              lfm_heap_out_of_range(heap, level, index);
        lfm_digest_add(digest, seen);
        step = 1;
        if (lfm_positions_find(&request->positions, busy) < LFM_WORD_UNITS &&
            lfm_heap_is_open(heap, level, index, seen, &step, digest) &&
            lfm_heap_take_in_word(heap, request, index, seen, location, digest)) {
            return true;
        }
    }
    return false;
}

/* Takes what is asked for in the one word where it was last to be had. */
LFM_INLINE bool lfm_heap_take_fast(lfm_heap *heap, const lfm_request *request, size_t index, lfm_location *location)
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
LFM_NOINLINE bool lfm_heap_search(lfm_heap *heap, const lfm_request *request, size_t start, lfm_location *location)
{
    uint64_t last = 0;
    for (bool last_clean = false;;) {
        lfm_digest digest;
        digest.sum = 0;
        digest.clean = true;
        if (lfm_heap_take_in_range(heap, request, start, lfm_heap_level_words(heap, request->level), location,
                                   &digest) ||
            lfm_heap_take_in_range(heap, request, 0, start, location, &digest)) {
            return true;
        }
        if (digest.clean && last_clean && digest.sum == last) {
            return false;
        }
        last = digest.sum;
        last_clean = digest.clean;
    }
}

/* Finds the block that begins at this offset from the first unit: the lowest anchored word decides (H2). *seen: its
 * word. */
LFM_INLINE lfm_status lfm_heap_find(const lfm_heap *heap, size_t offset, lfm_location *location, lfm_word_ *seen)
{
    size_t index = offset >> heap->unit_shift;
    unsigned level = 0;
    if (index >= heap->units) {
        return LFM_EFOREIGN;
    }
    for (;; level++) {
        location->unit = (unsigned)(index & (LFM_WORD_UNITS - 1));
        index >>= LFM_WORD_UNITS_SHIFT_;
        *seen = LFM_LOAD(HEAP_PEEK, lfm_heap_word_at(heap, level, index));
        if (level == heap->top || lfm_heap_word_reachable(*seen)) {
            break;
        }
    }
    const size_t below = ((size_t)1 << LFM_WORD_UNITS_SHIFT_ * level << heap->unit_shift) - 1;
    const lfm_unit_state state = lfm_heap_word_state(*seen, location->unit);
    if (state == LFM_UNIT_CONT || (state == LFM_UNIT_TAKEN && (offset & below) != 0)) {
        return LFM_EINTERIOR;
    }
    if (state != LFM_UNIT_TAKEN) {
        return (offset & (((size_t)1 << heap->unit_shift) - 1)) != 0 ? LFM_EINTERIOR : LFM_EDOUBLEFREE;
    }
    lfm_location_set(location, level, index, location->unit, lfm_heap_word_length(*seen, location->unit));
    return LFM_OK;
}

#endif
