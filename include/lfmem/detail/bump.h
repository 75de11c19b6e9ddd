/* SPDX-License-Identifier: MIT */
/** @file bump.h
 * Bump pointer: the one number of a segment, how many of its bytes are handed out.
 *
 *     base                       next              base + bytes
 *     | taken ...                | gap | piece     | free ... |
 *                                      start       next, after the compare-and-swap
 *
 * State. `next`, in bytes from the base: any context changes it, by compare-and-swap only. It only grows, but for a
 * reset, which runs alone. All else is constant, and so is a static segment, which has its state beside it.
 *
 * Invariant
 * B1  Bytes below `next` are taken, those from it on are free. The context that moves `next` from one value to another
 *     has what lies between, and no other context has.
 *
 * Linearisation: an allocation at its successful compare-and-swap. One that fails at its last load of `next`: since
 * `next` only grows, what does not fit then will not fit later either.
 *
 * ABA: by B1 the value alone says all, and it never comes back.
 *
 * Progress: lock-free. A loop goes round only if `next` has moved, or if the weak compare-and-swap failed by itself. A
 * context that stops for good is in nobody's way. */
#ifndef LFMEM_DETAIL_BUMP_H
#define LFMEM_DETAIL_BUMP_H

#include <lfmem/detail/address.h>
#include <lfmem/detail/assertion.h>
#include <lfmem/detail/atomic.h>
#include <lfmem/detail/segment_object.h>

typedef struct lfm_segment lfm_segment;

/* What an allocation asks for. */
typedef struct lfm_piece {
    size_t bytes;
    size_t align; /* bytes, a power of two */
} lfm_piece;

/* The base in this mapping. Alignments count from segment->base, the one in the maker's mapping. So a piece is as many
 * bytes from the base whichever mapping it is taken in. */
LFM_ALWAYS_INLINE unsigned char *lfm_segment_base(const lfm_segment *segment)
{
    return lfm_relocate(segment, segment->origin, segment->base);
}

/* The bump pointer: in the segment, or beside a static one. */
LFM_ALWAYS_INLINE _Atomic(lfm_word_) *lfm_segment_next(const lfm_segment *segment)
{
    lfm_segment_state_ *const state = (void *)lfm_relocate(segment, segment->origin, segment->state);
    return (_Atomic(lfm_word_) *)&state->next;
}

/* The step: a piece behind the first *next bytes of a segment. False, and nothing changed, if there is no room. */
LFM_ALWAYS_INLINE bool lfm_bump_fit(uintptr_t base, size_t bytes, size_t *next, lfm_piece piece, size_t *start)
{
    LFM_ASSERT(*next <= bytes && lfm_is_power_of_two(piece.align));
    const size_t room = bytes - *next;
    const size_t gap = lfm_gap(base + *next, piece.align);
    if (gap > room || piece.bytes > room - gap) {
        return false;
    }
    *start = *next + gap;
    *next = *start + piece.bytes;
    LFM_ASSERT(*next <= bytes && ((base + *start) & (piece.align - 1)) == 0);
    return true;
}

/* Takes a piece and another one behind it: both or none. *start and *start2 are bytes from the base. */
LFM_ALWAYS_INLINE bool lfm_bump(const lfm_segment *segment, lfm_piece piece, lfm_piece piece2, size_t *start,
                                size_t *start2)
{
    _Atomic(lfm_word_) *const shared = lfm_segment_next(segment);
    const uintptr_t base = (uintptr_t)segment->base;
    lfm_word_ next = LFM_LOAD(BUMP_LOAD, shared);
    size_t end;
    do {
        end = (size_t)next;
        if (!lfm_bump_fit(base, segment->bytes, &end, piece, start) ||
            !lfm_bump_fit(base, segment->bytes, &end, piece2, start2)) {
            return false;
        }
        LFM_ASSERT(end >= next && *start + piece.bytes <= *start2); /* B1: it only grows */
    } while (!LFM_CAS_WEAK(BUMP_CAS, BUMP_FAIL, shared, &next, (lfm_word_)end));
    return true;
}

/* Takes one piece. */
LFM_ALWAYS_INLINE bool lfm_bump_one(const lfm_segment *segment, lfm_piece piece, size_t *start)
{
    const lfm_piece nothing = {0, 1};
    size_t end;
    return lfm_bump(segment, piece, nothing, start, &end);
}

/* Bytes: the length of a cache line, or 1. */
LFM_ALWAYS_INLINE size_t lfm_segment_padding(const lfm_segment *segment)
{
    return (size_t)1 << segment->padding_shift;
}

/* Tells whether a piece fits in at an instant during the call. */
LFM_ALWAYS_INLINE bool lfm_bump_has_room(const lfm_segment *segment, lfm_piece piece)
{
    size_t start, next = (size_t)LFM_LOAD(BUMP_LOAD, lfm_segment_next(segment));
    return lfm_bump_fit((uintptr_t)segment->base, segment->bytes, &next, piece, &start);
}

/* What lfm_segment_alloc() does on a segment that there is. */
LFM_ALWAYS_INLINE void *lfm_segment_take(const lfm_segment *segment, size_t bytes, size_t align)
{
    if (bytes == 0 || !lfm_is_power_of_two(align)) {
        return NULL;
    }
    const lfm_piece piece = {bytes, align};
    size_t start;
    return lfm_bump_one(segment, piece, &start) ? lfm_segment_base(segment) + start : NULL;
}

/* What lfm_segment_alloc_padded() makes of its arguments: those of an allocation. No bytes: they overflow. */
LFM_ALWAYS_INLINE lfm_piece lfm_segment_pad(const lfm_segment *segment, size_t bytes, size_t align)
{
    const size_t padding = lfm_segment_padding(segment);
    const bool fits = bytes <= SIZE_MAX - (padding - 1);
    LFM_ASSERT(lfm_is_power_of_two(padding) && (!fits || lfm_round_up(bytes, padding) >= bytes));
    const lfm_piece padded = {fits ? lfm_round_up(bytes, padding) : 0,
                              lfm_is_power_of_two(align) && align < padding ? padding : align};
    return padded;
}

#endif
