/* SPDX-License-Identifier: MIT */
/* The full-summary of a large heap: where searches have found no room, so that others need not look there again.
 *
 * Problem. In a heap that is nearly full, a search passes thousands of words without room.
 *
 * Rule. All words of a heap are in one row, level by level, in groups of 16. A summary word has a field of 4 bits for
 * each of 16 groups (2 bits in 32-bit words). One a height above has a field for each of 16 summary words. So it goes
 * on up to a single one. A field of f says that no word below it had room for LFM_WORD_UNITS - f units or more. (Blocks
 * lie at multiples of their units rounded up to a power of two.) 0 counts as unknown. No room for n units means none
 * for more, so fields can be compared with a request.
 *
 *     height 1                  5 7 0 5 ...                      a field is the least of the summary word below it
 *                              /  |
 *     height 0      5 5 9 7 ... 6   7 7 7 9 ... 8                a field for each group
 *                   |
 *     words         16 words of a level
 *
 * A search that finds no room in a group raises its field. It also raises the field above if none beside it is lower. A
 * free lowers the fields above its word, if they are not 0. Fields are hints: read and written without order, often
 * stale, never trusted. A field can stay too high. Then it was raised just after a free has looked, or for a claim that
 * is then taken back. A search that finds no room by the summary looks at every word (heap_search.h). It lowers what
 * was wrong.
 *
 * Where one level of words ends and the next begins, the group is never raised, so the words above it never are. */
#ifndef LFM_LIB_HEAP_FULL_H
#define LFM_LIB_HEAP_FULL_H

#include "heap_search.h"

enum {
    LFM_FULL_BITS = LFM_WORD_BITS / 16,
    LFM_FULL_HEIGHTS = 8 /* of the summary of 2^32 words */
};

static inline bool lfm_heap_has_full(const lfm_heap *heap)
{
    return LFM_HEAP_MARKS && heap->full != 0;
}

static inline _Atomic(lfm_word_) *lfm_full_words(const lfm_heap *heap)
{
    return (_Atomic(lfm_word_) *)(void *)(lfm_heap_metadata(heap) + heap->full);
}

/* The group of a heap's word. */
static inline size_t lfm_full_group(const lfm_heap *heap, unsigned level, size_t index)
{
    LFM_ASSERT(level <= heap->top_level && index < lfm_heap_level_words(heap, level));
    return (heap->first[level] + index) >> 4;
}

/* Field `at` of a height, in its summary word. */
static inline unsigned lfm_full_field(lfm_word_ summary, size_t at)
{
    return (unsigned)(summary >> LFM_FULL_BITS * (at & 15)) & ((1u << LFM_FULL_BITS) - 1);
}

/* The shape of a summary: how many fields each height has, and where its words begin. */
typedef struct lfm_full_shape {
    size_t begin[LFM_FULL_HEIGHTS], fields[LFM_FULL_HEIGHTS];
    unsigned heights;
} lfm_full_shape;

static inline void lfm_full_shape_init(const lfm_heap *heap, lfm_full_shape *shape)
{
    const size_t last = heap->first[heap->top_level]; /* the last word in the row */
    size_t fields = (last >> 4) + 1, begin = 0;
    shape->heights = 0;
    do {
        shape->begin[shape->heights] = begin;
        shape->fields[shape->heights++] = fields;
        fields = ((fields - 1) >> 4) + 1;
        begin += fields;
    } while (fields > 1);
    LFM_ASSERT(shape->heights >= 1 && shape->heights <= LFM_FULL_HEIGHTS);
}

/* The first group from `from` on, and before `to`, that may have room for n units; `to`: none. It goes up where all
 * fields to the end of a summary word are too high, and down where one is not. */
static size_t lfm_full_next_group(const lfm_heap *heap, const lfm_full_shape *shape, size_t from, size_t to, unsigned n)
{
    unsigned height = 0;
    LFM_ASSERT(n >= 1 && n <= LFM_WORD_UNITS && to <= shape->fields[0]);
    for (size_t at = from; height < shape->heights && at << 4 * height < to;) {
        const lfm_word_ summary = LFM_LOAD(HINT, lfm_full_words(heap) + shape->begin[height] + (at >> 4));
        const size_t end = (at | 15) + 1;
        while (at < end && lfm_full_field(summary, at) >= LFM_WORD_UNITS - n) {
            at++;
        }
        if (at == end) {
            at >>= 4;
            height++;
        } else if (height == 0) {
            return at < to ? at : to;
        } else {
            at <<= 4;
            height--;
        }
    }
    return to;
}

/* No room for n units was found in a group. */
static void lfm_full_raise(const lfm_heap *heap, const lfm_full_shape *shape, size_t group, unsigned n)
{
    const unsigned field = LFM_WORD_UNITS - n;
    LFM_ASSERT(n >= 1 && n <= LFM_WORD_UNITS && group < shape->fields[0]);
    for (unsigned height = 0; height < shape->heights; height++, group >>= 4) {
        _Atomic(lfm_word_) *const word = lfm_full_words(heap) + shape->begin[height] + (group >> 4);
        lfm_word_ summary = LFM_LOAD(HINT, word);
        const unsigned old = lfm_full_field(summary, group);
        const lfm_word_ raised = summary + ((lfm_word_)(field - old) << LFM_FULL_BITS * (group & 15));
        if (old >= field || !LFM_CAS(HINT, HINT, word, &summary, raised)) {
            return;
        }
        LFM_ASSERT(lfm_full_field(raised, group) == field);
        for (size_t at = group & ~(size_t)15; at <= (group | 15) && at < shape->fields[height]; at++) {
            if (lfm_full_field(raised, at) < field) {
                return;
            }
        }
    }
}

/* There may be room again in a group, but no more than `field` says. */
static void lfm_full_lower(const lfm_heap *heap, size_t group, unsigned field)
{
    lfm_full_shape shape;
    lfm_full_shape_init(heap, &shape);
    LFM_ASSERT(group < shape.fields[0] && field < LFM_WORD_UNITS);
    for (unsigned height = 0; height < shape.heights; height++, group >>= 4) {
        _Atomic(lfm_word_) *const word = lfm_full_words(heap) + shape.begin[height] + (group >> 4);
        lfm_word_ summary = LFM_LOAD(HINT, word);
        while (lfm_full_field(summary, group) > field &&
               !LFM_CAS_WEAK(
                   HINT, HINT, word, &summary,
                   summary - ((lfm_word_)(lfm_full_field(summary, group) - field) << LFM_FULL_BITS * (group & 15)))) {
        }
    }
}

/* The highest field that is true of this word of level 0, or a lower one. Say that 2^order units are free at a multiple
 * of their number, but no more are. Then a block may have all units but one of twice as many. */
static unsigned lfm_full_highest_field(lfm_word_ word)
{
    for (unsigned order = LFM_WORD_UNITS_SHIFT_ - 1; order > 0; order--) {
        lfm_positions positions;
        lfm_positions_init(&positions, 1u << order, order);
        if (lfm_positions_find(&positions, lfm_heap_word_busy(word)) < LFM_WORD_UNITS) {
            return LFM_WORD_UNITS - (2u << order);
        }
    }
    return LFM_WORD_UNITS - 2;
}

/* Units of a word became free. If the word is empty now, its unit one level up may be, too, and so on. */
LFM_NOINLINE void lfm_full_freed(const lfm_heap *heap, unsigned level, size_t index, lfm_word_ word)
{
    for (unsigned at = level;;) {
        LFM_ASSERT(at <= heap->top_level && lfm_heap_has_full(heap));
        const size_t group = lfm_full_group(heap, at, index);
        if (lfm_full_field(LFM_LOAD(HINT, lfm_full_words(heap) + (group >> 4)), group) != 0) {
            lfm_full_lower(heap, group, at == 0 ? lfm_full_highest_field(word) : 0);
        }
        if (!lfm_heap_word_empty(word) || ++at >= heap->top_level) {
            return;
        }
        index >>= LFM_WORD_UNITS_SHIFT_;
    }
}

/* Takes what is asked for where the summary does not say that there is no room, in *groups groups at most, from word
 * `start` on. False: it was not found, which proves nothing; *groups is 0 if there are more. */
static bool lfm_heap_search_by_full(const lfm_heap *heap, lfm_request *request, size_t start, size_t *groups,
                                    lfm_location *location)
{
    const unsigned level = request->level, n = request->positions.n;
    const size_t first = heap->first[level], words = lfm_heap_level_words(heap, level);
    const size_t middle = (first + start) >> 4, end = ((first + words - 1) >> 4) + 1;
    const bool natural = n > (1u << request->positions.order) / 2; /* fields tell of no larger alignment */
    lfm_full_shape shape;
    LFM_ASSERT(start < words);
    LFM_ASSERT(*groups > 0);
    lfm_full_shape_init(heap, &shape);
    for (unsigned half = 0; half < 2; half++) {
        const size_t to = half == 0 ? end : middle;
        size_t group = lfm_full_next_group(heap, &shape, half == 0 ? middle : first >> 4, to, n);
        while (group < to) {
            const size_t from = group << 4 > first ? (group << 4) - first : 0;
            LFM_ASSERT(from < words);
            const size_t until = ((group + 1) << 4) - first;
            if (lfm_heap_take_in_range(heap, request, from, until < words ? until : words, location)) {
                return true;
            }
            if (natural && group << 4 >= first && until <= words) {
                lfm_full_raise(heap, &shape, group, n);
            }
            if (--*groups == 0) {
                return false;
            }
            group = lfm_full_next_group(heap, &shape, group + 1, to, n);
        }
    }
    return false;
}

#endif
