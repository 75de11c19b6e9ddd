/* SPDX-License-Identifier: MIT */
/* The protocol of a heap: how contexts that come at any time take and free blocks of one tree of words, and why no unit
 * ever has two owners.
 *
 * Problem. A buddy allocator divides a large unit to hand out a part of it, and joins the parts when they are free
 * again. With a free list for each size, memory that is being divided or joined is in no list for a moment. Then an
 * allocation fails although memory is free. And one context may want a part of a unit while another wants all of it.
 *
 * Solution. There are no lists: a unit's state says all (heap_word.h), and memory is free where nothing says that it is
 * taken. A free changes one word and joins nothing. An allocation divides and joins what is in its way, so that what a
 * context has not finished is in nobody's way.
 *
 * Example: 16 units, four to a word. The top word tells of four units of level 1; word 1 of level 0 stands for one of
 * them. Each line is one compare-and-swap, and shows the word that it changes.
 *
 *                          level 1: the top word          level 0: word 1
 *                          FREE  FREE  FREE  FREE         FREE FREE FREE FREE, not reachable    all is free
 *     allocate 1 unit
 *       claim                                             TAKEN FREE FREE FREE, not reachable
 *       split              FREE  PART  FREE  FREE
 *       publish                                           TAKEN FREE FREE FREE, reachable       the block is valid
 *     allocate 2 units
 *       claim                                             TAKEN FREE TAKEN CONT, reachable      valid at once
 *     free both                                           TAKEN FREE FREE FREE, reachable
 *                                                         FREE  FREE FREE FREE, reachable       all is free again
 *     allocate 16 units
 *       unpublish                                         FREE FREE FREE FREE, not reachable
 *       merge              FREE  FREE  FREE  FREE
 *       claim              TAKEN CONT  CONT  CONT                                               valid: the top word
 *
 * What keeps a unit from two owners:
 * - Two contexts on one level change the same word: the second compare-and-swap fails.
 * - On two levels, the larger block needs the unit above to be FREE, the smaller one needs it to be PART. Both
 *   change the word of that unit. If the smaller one comes second, it finds the unit TAKEN and takes its claim back.
 *   If the larger one does, it finds PART and looks elsewhere.
 * - So all hangs on this: above a valid block a unit never goes from PART to FREE. Tags see to it (H4).
 *
 * State. Any context changes any word, by a compare-and-swap only, and each change makes a new tag. (A rendezvous adds
 * 0, which changes nothing.)
 *
 * Invariants
 * H1  Ownership. A unit goes from FREE to TAKEN or CONT only by the context that thereby owns it. It goes back only by
 *     its owner. Between FREE and PART any context may change it; nobody owns it then.
 * H2  Reachable. If a word is reachable, its unit one level up is PART, and the word of that unit is reachable or the
 *     top word. So the lowest reachable word above an address tells what is there. A word that is not reachable tells
 *     nothing: in it there may be claims that are about to become valid, or to be taken back.
 * H3  Claims. A claim makes n FREE units a block. It is valid once its word is reachable or the top word. If that is
 *     not so, its context goes up first. It splits the unit above, and so on, up to a reachable word or the top word.
 *     Then it goes down and publishes each word, expecting the value that its claim or split has left there. If the
 *     word has changed, it splits the unit above once more before it publishes. An empty word is never published. If a
 *     split finds a block above, that was faster, and the claim is taken back. Splits that are left behind do no harm:
 *     they send contexts to an empty word, which tells the truth.
 * H4  Merges. A context that makes a PART unit FREE first reads the unit's word. Then it reads the word below, which
 *     must be empty, and unpublishes that if it is reachable. Last it swaps the unit's word, expecting what it read at
 *     first. From a claim to the split above it, the word below is not empty; the split makes a new tag above. So a
 *     merge that overlooks the claim fails by the tag (the table is at lfm_heap_split()), and H2 follows.
 *
 * A program's bad free can take a claim away while it is made, once another context has published its word. Then
 * nothing is published, as if the block had been valid and freed: H3 publishes no empty word.
 *
 * Linearisation. An allocation: the compare-and-swap that makes its word reachable; if it is so or is the top word, its
 * claim. A free: its compare-and-swap. An allocation that fails: heap_search.h.
 *
 * ABA: every change makes a new tag; lib/README.md says how long it takes to wrap round.
 *
 * Progress: lock-free. A loop goes round only because another context has changed a word; a claim is taken back only
 * because a larger block was taken. A context that stops for ever may leave a claim, which is its own block. It may
 * leave splits above words that are not reachable, which any context goes through. Or it leaves an empty word that is
 * not reachable, in which any context can claim, and which any can merge.
 *
 * Memory orders: atomic.h. */
#ifndef LFM_LIB_HEAP_TREE_H
#define LFM_LIB_HEAP_TREE_H

#include "digest.h"
#include "heap_level.h"
#include "heap_positions.h"

/* What a round of a search has read, in order. */
typedef struct lfm_digest {
    uint64_t sum;
    bool clean; /* the round itself has changed nothing */
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

/* Whether two rounds in a row have read the same, and changed nothing themselves. */
static inline bool lfm_digest_same(const lfm_digest *a, const lfm_digest *b)
{
    return a->clean && b->clean && a->sum == b->sum;
}

/* What an allocation looks for, and what this round of its search has read. */
typedef struct lfm_request {
    lfm_digest digest;
    unsigned level;
    lfm_positions positions; /* in a word of that level */
} lfm_request;

static inline void lfm_request_init(lfm_request *request, unsigned level, unsigned n, unsigned order)
{
    LFM_ASSERT(level < LFM_HEAP_LEVELS_);
    lfm_digest_begin(&request->digest);
    request->level = level;
    lfm_positions_init(&request->positions, n, order);
}

/* Makes a unit PART; false: a block covers it. `number` is the unit's in its level, and so the index of the word below
 * it. *after: its word, as this has left it.
 *
 * A unit that is PART already gets a new tag all the same. That is what saves a claim from a merge that began before
 * it:
 *
 *     A merges the unit                 B allocates in the word below      the unit's word   the word below
 *                                                                          PART, tag 7       empty, not reachable
 *     reads the unit's word: tag 7
 *     reads the word below: empty
 *                                       claims                                               TAKEN
 *                                       splits: the unit is PART, but      PART, tag 8
 *                                       publishes                                            TAKEN, reachable
 *     compare-and-swap with tag 7:
 *     fails                                                                PART, tag 8
 *
 * Without the new tag, A would make the unit FREE above B's block, and a third context could take all of it. If B
 * claims before A reads the word below, A sees the claim. If B splits after A's compare-and-swap, the unit is FREE and
 * becomes PART again, or is TAKEN, and B takes its claim back. */
static bool lfm_heap_split(const lfm_heap *heap, unsigned level, size_t number, lfm_word_ *after)
{
    LFM_ASSERT(level > 0 && number < lfm_heap_level_words(heap, level - 1));
    _Atomic(lfm_word_) *const word = lfm_heap_word_at(heap, level, number >> LFM_WORD_UNITS_SHIFT_);
    const unsigned unit = (unsigned)(number & (LFM_WORD_UNITS - 1));
    lfm_word_ seen = LFM_LOAD(HEAP_PEEK, word);
    do {
        if (lfm_heap_word_state(seen, unit) >= LFM_UNIT_TAKEN) {
            return false;
        }
        *after = lfm_heap_word_split(seen, unit);
    } while (!LFM_CAS_WEAK(HEAP_SPLIT, HEAP_FAIL, word, &seen, *after));
    LFM_ASSERT(lfm_heap_word_state(*after, unit) == LFM_UNIT_PART);
    return true;
}

/* Makes a claim valid (H3). `claimed` is its word, not reachable, as the claim has left it. True: the claim is valid,
 * or a bad free has taken it away already. False: a larger block covers it, and the claim has to be taken back. */
LFM_NOINLINE bool lfm_heap_publish(const lfm_heap *heap, const lfm_location *claim, lfm_word_ claimed)
{
    lfm_word_ after[LFM_HEAP_LEVELS_]; /* each word, as the claim or the split in it has left it */
    unsigned level = claim->level;
    LFM_ASSERT(level < heap->top_level && !lfm_heap_word_reachable(claimed));
    LFM_ASSERT(lfm_heap_word_length(claimed, claim->unit) == claim->n);
    after[level] = claimed;
    while (level < heap->top_level && !lfm_heap_word_reachable(after[level])) {
        const size_t index = claim->index >> LFM_WORD_UNITS_SHIFT_ * (level - claim->level);
        level++;
        if (!lfm_heap_split(heap, level, index, &after[level])) {
            return false;
        }
    }
    LFM_ASSERT(level > claim->level && (level == heap->top_level || lfm_heap_word_reachable(after[level])));
    while (level-- > claim->level) {
        const size_t index = claim->index >> LFM_WORD_UNITS_SHIFT_ * (level - claim->level);
        lfm_word_ seen = after[level];
        while (!LFM_CAS(HEAP_PUBLISH, HEAP_FAIL, lfm_heap_word_at(heap, level, index), &seen,
                        lfm_heap_word_publish(seen)) &&
               !lfm_heap_word_reachable(seen)) {
            if (lfm_heap_word_empty(seen) || !lfm_heap_split(heap, level + 1, index, &after[level + 1]) ||
                !(level + 1 == heap->top_level || lfm_heap_word_reachable(after[level + 1]))) {
                return true; /* the claim is gone, as if its block had been freed */
            }
        }
    }
    return true;
}

/* Takes a claim back. A program's bad free may have done so already; then nothing is left to do. Another block of the
 * same position and length may be there by then, which is freed: that is what the bad free has cost. */
static inline void lfm_heap_undo(const lfm_heap *heap, const lfm_location *claim)
{
    LFM_ASSERT(claim->level < heap->top_level);
    _Atomic(lfm_word_) *const word = lfm_heap_word_at(heap, claim->level, claim->index);
    lfm_word_ seen = LFM_LOAD(HEAP_PEEK, word);
    while (lfm_heap_word_state(seen, claim->unit) == LFM_UNIT_TAKEN &&
           lfm_heap_word_length(seen, claim->unit) == claim->n &&
           !LFM_CAS_WEAK(HEAP_RELEASE, HEAP_FAIL, word, &seen, lfm_heap_word_release(seen, claim->unit, claim->n))) {
    }
}

/* Makes a PART unit FREE if nothing is taken below it (H4), from the lowest empty words up. False: something is, or the
 * unit is not PART any more. `number` is the unit's in its level. The unit's word is read before the word below it. The
 * other way round, a claim and its split could come between: then the new tag would be taken for the old one. */
static bool lfm_heap_merge(const lfm_heap *heap, unsigned goal, size_t number, lfm_request *request)
{
    unsigned level = goal; /* of the unit that is looked at */
    for (;;) {
        _Atomic(lfm_word_) *const word = lfm_heap_word_at(heap, level, number >> LFM_WORD_UNITS_SHIFT_);
        const unsigned unit = (unsigned)(number & (LFM_WORD_UNITS - 1));
        lfm_word_ seen = LFM_LOAD(HEAP_LOAD, word);
        lfm_digest_add(&request->digest, seen);
        bool merged = lfm_heap_word_state(seen, unit) != LFM_UNIT_PART;
        if (!merged) {
            LFM_ASSERT(level > 0);
            _Atomic(lfm_word_) *const below = lfm_heap_word_at(heap, level - 1, number);
            lfm_word_ child = LFM_LOAD(HEAP_LOAD, below);
            lfm_digest_add(&request->digest, child);
            if (lfm_heap_word_blocked(child) != 0) {
                return false;
            }
            if (!lfm_heap_word_empty(child)) {
                LFM_ASSERT(lfm_heap_word_parts(child) != 0 && level > 1);
                level--;
                number = number * LFM_WORD_UNITS + (unsigned)__builtin_ctz(lfm_heap_word_parts(child)) / 2;
                continue;
            }
            request->digest.clean = false;
            if (lfm_heap_word_reachable(child) &&
                !LFM_CAS(HEAP_MERGE, HEAP_FAIL, below, &child, lfm_heap_word_unpublish(child))) {
                continue;
            }
            merged = LFM_CAS(HEAP_MERGE, HEAP_FAIL, word, &seen, lfm_heap_word_merge(seen, unit));
            if (merged && level == goal) {
                return true;
            }
        } else if (level == goal) {
            return false;
        }
        if (merged) {
            LFM_ASSERT(level < goal);
            level++;
            number >>= LFM_WORD_UNITS_SHIFT_;
        }
    }
}

/* Finds the block that begins at this offset from the first unit: the lowest reachable word above it tells (H2). *seen:
 * that word. */
LFM_ALWAYS_INLINE lfm_status lfm_heap_find(const lfm_heap *heap, size_t offset, lfm_location *location, lfm_word_ *seen)
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
        if (level == heap->top_level || lfm_heap_word_reachable(*seen)) {
            break;
        }
    }
    LFM_ASSERT(level <= heap->top_level);
    const size_t below = ((size_t)1 << LFM_WORD_UNITS_SHIFT_ * level << heap->unit_shift) - 1;
    const lfm_unit_state state = lfm_heap_word_state(*seen, location->unit);
    if (state == LFM_UNIT_CONT || (state == LFM_UNIT_TAKEN && (offset & below) != 0)) {
        return LFM_EINTERIOR;
    }
    if (state != LFM_UNIT_TAKEN) {
        return (offset & (((size_t)1 << heap->unit_shift) - 1)) != 0 ? LFM_EINTERIOR : LFM_EDOUBLEFREE;
    }
    lfm_location_set(location, level, index, location->unit, lfm_heap_word_length(*seen, location->unit));
    LFM_ASSERT(lfm_location_offset(heap, location) == offset);
    return LFM_OK;
}

#endif
