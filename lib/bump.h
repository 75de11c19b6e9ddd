/* SPDX-License-Identifier: MIT */
/* Bump pointer: the one number of a segment, how many of its bytes are handed out.
 *
 * State. `next`: written by everybody, by compare-and-swap only; it only grows.
 *
 * Invariant
 * B1  Bytes below `next` are taken, those from it on are free. Who moves it from one value to another has what lies
 *     between, and nobody else.
 *
 * Linearisation: an allocation at its successful CAS; one that fails at its last load of `next`: since `next` only
 * grows, what does not fit then will not fit later either.
 * ABA: none to fear: by B1 the value alone says all, and it never comes back.
 * Progress: lock-free: a loop goes round only if `next` has moved (or if the weak CAS failed by itself). A context that
 * stops for good is in nobody's way. */
#ifndef LFM_LIB_BUMP_H
#define LFM_LIB_BUMP_H

#include "arith.h"
#include "atomic.h"
#include <lfmem/segment.h>

/* Something to be taken. */
typedef struct lfm_piece {
    size_t bytes, align;
} lfm_piece;

/* In this mapping. Alignments count from segment->base, so that a piece is at the same place whoever takes it. */
static inline unsigned char *lfm_segment_base(const lfm_segment *segment)
{
    return lfm_relocate(segment, segment->origin, segment->base);
}

/* Step: fits a piece in behind the first *next of a segment's bytes. False, and nothing changed, if there is no room.
 */
static inline bool lfm_bump_fit(uintptr_t base, size_t bytes, size_t *next, lfm_piece piece, size_t *start)
{
    const size_t room = bytes - *next;
    const size_t gap = lfm_gap(base + *next, piece.align);
    if (gap > room || piece.bytes > room - gap) {
        return false;
    }
    *start = *next + gap;
    *next = *start + piece.bytes;
    return true;
}

/* Takes a piece and another one behind it; both or none. *start and *start2: bytes from the base. */
static inline bool lfm_bump(lfm_segment *segment, lfm_piece piece, lfm_piece piece2, size_t *start, size_t *start2)
{
    _Atomic(lfm_word_) *const shared = (_Atomic(lfm_word_) *)&segment->next;
    const uintptr_t base = (uintptr_t)segment->base;
    lfm_word_ next = LFM_LOAD(BUMP_LOAD, shared);
    size_t end;
    do {
        end = (size_t)next;
        if (!lfm_bump_fit(base, segment->bytes, &end, piece, start) ||
            !lfm_bump_fit(base, segment->bytes, &end, piece2, start2)) {
            return false;
        }
    } while (!LFM_CAS_WEAK(BUMP_CAS, BUMP_FAIL, shared, &next, (lfm_word_)end));
    return true;
}

/* Takes one piece. */
static inline bool lfm_bump_one(lfm_segment *segment, lfm_piece piece, size_t *start)
{
    const lfm_piece nothing = {0, 1};
    size_t end;
    return lfm_bump(segment, piece, nothing, start, &end);
}

static inline size_t lfm_segment_padding(const lfm_segment *segment)
{
    return (size_t)1 << segment->padding_shift;
}

/* Tells whether a piece fits in now. */
static inline bool lfm_bump_has_room(const lfm_segment *segment, lfm_piece piece)
{
    size_t start, next = (size_t)LFM_LOAD(BUMP_LOAD, (const _Atomic(lfm_word_) *)&segment->next);
    return lfm_bump_fit((uintptr_t)segment->base, segment->bytes, &next, piece, &start);
}

#endif
