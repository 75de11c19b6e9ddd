/* SPDX-License-Identifier: MIT */
/* Marks tell a search in a large heap where another one found no room, so that it need not look there again. They are
 * hints: read and written without order, often stale, never trusted. Who finds no room without them looks at every word
 * (heap_tree.h).
 *
 * All words of a heap are in one row, level by level, in groups of 16. A node has a field of 4 bits (32-bit words: 2)
 * for each of 16 groups; a node one higher has one for each of 16 nodes, up to one node. A field of m says that no word
 * below it had room for LFM_WORD_UNITS - m units or more, each at a multiple of its size rounded up to a power of two;
 * 0: nothing is known. If there is no room for n units there is none for more. Nodes that end one level of words and
 * begin the next are never full, since their groups are not marked.
 *
 * A search that finds no room in a group raises its field, and that of the node if no field in it is lower. A free
 * takes marks away, if there are any. A mark that is set when a free has just looked, or because of a claim that is
 * undone later, stays wrong until a search that looks everywhere finds that room. */
#ifndef LFM_LIB_HEAP_FULL_H
#define LFM_LIB_HEAP_FULL_H

#include "heap_search.h"

enum {
    LFM_FULL_BITS = LFM_WORD_BITS / 16,
    LFM_FULL_HEIGHTS = 8 /* of the highest tree, of 2^32 words */
};

static inline bool lfm_heap_has_full(const lfm_heap *heap)
{
    return LFM_HEAP_MARKS && heap->full != 0;
}

static inline _Atomic(lfm_word_) *lfm_full(const lfm_heap *heap)
{
    return (_Atomic(lfm_word_) *)(void *)(lfm_heap_metadata(heap) + heap->full);
}

/* The group of a word. */
static inline size_t lfm_full_group(const lfm_heap *heap, unsigned level, size_t index)
{
    return (heap->first[level] + index) >> 4;
}

static inline unsigned lfm_full_field(lfm_word_ node, size_t at)
{
    return (unsigned)(node >> LFM_FULL_BITS * (at & 15)) & ((1u << LFM_FULL_BITS) - 1);
}

/* A walk up and down the nodes: fields at one height, and where the nodes begin that have them. */
typedef struct lfm_full_path {
    size_t begin[LFM_FULL_HEIGHTS], fields[LFM_FULL_HEIGHTS];
    unsigned heights;
} lfm_full_path;

static inline void lfm_full_path_init(const lfm_heap *heap, lfm_full_path *path)
{
    const size_t last = heap->first[heap->top]; /* the number of the last word */
    size_t fields = (last >> 4) + 1, begin = 0;
    path->heights = 0;
    do {
        path->begin[path->heights] = begin;
        path->fields[path->heights++] = fields;
        fields = ((fields - 1) >> 4) + 1;
        begin += fields;
    } while (fields > 1);
}

/* The first group from `from` on, and before `to`, that may have room for n units; `to`: none. */
static size_t lfm_full_next(const lfm_heap *heap, const lfm_full_path *path, size_t from, size_t to, unsigned n)
{
    unsigned height = 0;
    for (size_t at = from; height < path->heights && at << 4 * height < to;) {
        const lfm_word_ node = LFM_LOAD(HINT, lfm_full(heap) + path->begin[height] + (at >> 4));
        const size_t end = (at | 15) + 1;
        while (at < end && lfm_full_field(node, at) >= LFM_WORD_UNITS - n) {
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
static void lfm_full_raise(lfm_heap *heap, const lfm_full_path *path, size_t group, unsigned n)
{
    const unsigned mark = LFM_WORD_UNITS - n;
    for (unsigned height = 0; height < path->heights; height++, group >>= 4) {
        _Atomic(lfm_word_) *const place = lfm_full(heap) + path->begin[height] + (group >> 4);
        lfm_word_ node = LFM_LOAD(HINT, place);
        const unsigned old = lfm_full_field(node, group);
        const lfm_word_ marked = node + ((lfm_word_)(mark - old) << LFM_FULL_BITS * (group & 15));
        if (old >= mark || !LFM_CAS(HINT, HINT, place, &node, marked)) {
            return;
        }
        for (size_t at = group & ~(size_t)15; at <= (group | 15) && at < path->fields[height]; at++) {
            if (lfm_full_field(marked, at) < mark) {
                return;
            }
        }
    }
}

/* There may be room again in a group, but no more than this mark says. */
static void lfm_full_lower(lfm_heap *heap, size_t group, unsigned mark)
{
    lfm_full_path path;
    lfm_full_path_init(heap, &path);
    for (unsigned height = 0; height < path.heights; height++, group >>= 4) {
        _Atomic(lfm_word_) *const place = lfm_full(heap) + path.begin[height] + (group >> 4);
        lfm_word_ node = LFM_LOAD(HINT, place);
        while (
            lfm_full_field(node, group) > mark &&
            !LFM_CAS_WEAK(HINT, HINT, place, &node,
                          node - ((lfm_word_)(lfm_full_field(node, group) - mark) << LFM_FULL_BITS * (group & 15)))) {
        }
    }
}

/* The mark of a word of level 0, or more than none: with a free place of 2^order units and none that is larger, a block
 * may have all units but one of the larger place. */
static unsigned lfm_full_of(lfm_word_ word)
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

/* Units of a word became free. If the word is empty now, a unit of the next level may be, and so on. */
LFM_NOINLINE void lfm_full_freed(lfm_heap *heap, unsigned level, size_t index, lfm_word_ word)
{
    for (unsigned at = level;;) {
        const size_t group = lfm_full_group(heap, at, index);
        if (lfm_full_field(LFM_LOAD(HINT, lfm_full(heap) + (group >> 4)), group) != 0) {
            lfm_full_lower(heap, group, at == 0 ? lfm_full_of(word) : 0);
        }
        if (!lfm_heap_word_empty(word) || ++at >= heap->top) {
            return;
        }
        index >>= LFM_WORD_UNITS_SHIFT_;
    }
}

/* Takes what is asked for where the marks do not speak against it, in *groups groups at most, from word `start` on.
 * False: it was not found, which proves nothing; *groups is 0 if there are more. */
static bool lfm_heap_search_by_full(lfm_heap *heap, lfm_request *request, size_t start, size_t *groups,
                                    lfm_location *location)
{
    const unsigned level = request->level, n = request->positions.n;
    const size_t first = heap->first[level], words = lfm_heap_level_words(heap, level);
    const size_t middle = (first + start) >> 4, end = ((first + words - 1) >> 4) + 1;
    const bool natural = n > (1u << request->positions.order) / 2; /* not aligned to more than its size */
    lfm_full_path path;
    lfm_full_path_init(heap, &path);
    for (unsigned half = 0; half < 2; half++) {
        const size_t to = half == 0 ? end : middle;
        size_t group = lfm_full_next(heap, &path, half == 0 ? middle : first >> 4, to, n);
        while (group < to) {
            const size_t from = group << 4 > first ? (group << 4) - first : 0;
            const size_t until = ((group + 1) << 4) - first;
            if (lfm_heap_take_in_range(heap, request, from, until < words ? until : words, location)) {
                return true;
            }
            if (natural && group << 4 >= first && until <= words) {
                lfm_full_raise(heap, &path, group, n);
            }
            if (--*groups == 0) {
                return false;
            }
            group = lfm_full_next(heap, &path, group + 1, to, n);
        }
    }
    return false;
}

#endif
