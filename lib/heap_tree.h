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

#include "digest.h"
#include "heap_level.h"
#include "heap_positions.h"

/* Everything that a search has read, in order. */
typedef struct lfm_digest {
    uint64_t sum;
    bool clean; /* nothing was changed by the search itself */
} lfm_digest;

static inline void lfm_digest_begin(lfm_digest *digest)
{
    digest->sum = 0;
    digest->clean = true;
}

static inline void lfm_digest_add(lfm_digest *digest, lfm_word_ word)
{
    digest->sum = lfm_digest_step(digest->sum, word);
}

/* Whether two rounds in a row prove that nothing has changed between them: they have read the same, and changed nothing
 * themselves. */
static inline bool lfm_digest_same(const lfm_digest *a, const lfm_digest *b)
{
    return a->clean && b->clean && a->sum == b->sum;
}

/* What is looked for, and what this round of the search has read. */
typedef struct lfm_request {
    lfm_digest digest;
    unsigned level;
    lfm_positions positions;
} lfm_request;

static inline void lfm_request_init(lfm_request *request, unsigned level, unsigned n, unsigned order)
{
    lfm_digest_begin(&request->digest);
    request->level = level;
    lfm_positions_init(&request->positions, n, order);
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

/* Makes a PART unit FREE if nothing is taken below it (H4), from the lowest empty words up. False: something is, or the
 * unit is not PART any more. */
static bool lfm_heap_merge(lfm_heap *heap, unsigned top, size_t unit, lfm_request *request)
{
    unsigned level = top; /* of the unit that is looked at */
    for (;;) {
        _Atomic(lfm_word_) *const word = lfm_heap_word_at(heap, level, unit >> LFM_WORD_UNITS_SHIFT_);
        const unsigned place = (unsigned)(unit & (LFM_WORD_UNITS - 1));
        lfm_word_ seen = LFM_LOAD(HEAP_LOAD, word);
        lfm_digest_add(&request->digest, seen);
        bool merged = lfm_heap_word_state(seen, place) != LFM_UNIT_PART;
        if (!merged) {
            _Atomic(lfm_word_) *const below = lfm_heap_word_at(heap, level - 1, unit);
            lfm_word_ child = LFM_LOAD(HEAP_LOAD, below);
            lfm_digest_add(&request->digest, child);
            if (lfm_heap_word_blocked(child) != 0) {
                return false;
            }
            if (!lfm_heap_word_empty(child)) {
                level--;
                unit = unit * LFM_WORD_UNITS + (unsigned)__builtin_ctz(lfm_heap_word_parts(child)) / 2;
                continue;
            }
            request->digest.clean = false;
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
