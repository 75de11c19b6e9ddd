/* SPDX-License-Identifier: MIT */
/* Segment: arguments, alignment and padding around the bump pointer. lfmem/detail/bump.h has the algorithm and its
 * proof. */
#include "attach.h"
#include "hooks.h"
#include <lfmem/detail/bump.h>
#include <lfmem/segment.h>

_Static_assert(sizeof(lfm_segment) <= 48, "a control block is at most 48 bytes");

lfm_status lfm_segment_init(lfm_segment *segment, void *base, size_t bytes, size_t padding)
{
    if (segment == NULL || base == NULL || bytes < 1 || bytes > LFM_SEGMENT_MAX_BYTES ||
        bytes - 1 > UINTPTR_MAX - (uintptr_t)base || !lfm_is_power_of_two(padding)) {
        return LFM_EINVAL;
    }
    const lfm_segment made = {
        .base = (unsigned char *)base,
        .origin = segment,
        .state = &segment->own,
        .bytes = bytes,
        .padding_shift = lfm_log2(padding),
        .type = LFM_OBJECT_SEGMENT_,
        .layout = LFM_LAYOUT_,
    };
    LFM_ASSERT((size_t)1 << made.padding_shift == padding);
    memcpy(segment, &made, sizeof *segment);
    lfm_hook_reuse(base, bytes);
    return LFM_OK;
}

lfm_status lfm_segment_attach(const lfm_segment *segment)
{
    if (segment == NULL || lfm_is_unmade(&segment->base, segment + 1)) {
        return LFM_EINVAL;
    }
    const bool here = segment->type == LFM_OBJECT_STATIC_SEGMENT_ && segment->origin == (const unsigned char *)segment;
    if (segment->layout != LFM_LAYOUT_ || !(here || segment->type == LFM_OBJECT_SEGMENT_)) {
        return LFM_EMISMATCH;
    }
    const bool agrees = (here || (const void *)segment->state == segment->origin) && segment->base != NULL &&
                        segment->bytes >= 1 && segment->bytes <= LFM_SEGMENT_MAX_BYTES &&
                        segment->padding_shift < sizeof(size_t) * 8;
    return agrees && LFM_LOAD(BUMP_STAT, lfm_segment_next(segment)) <= segment->bytes ? LFM_OK : LFM_ECORRUPT;
}

void *(lfm_segment_alloc)(const lfm_segment *segment, size_t bytes, size_t align) /* no macro */
{
    return segment != NULL ? lfm_segment_take(segment, bytes, align) : NULL;
}

void *(lfm_segment_alloc_padded)(const lfm_segment *segment, size_t bytes, size_t align)
{
    if (segment == NULL) {
        return NULL;
    }
    const lfm_piece padded = lfm_segment_pad(segment, bytes, align);
    return lfm_segment_alloc(segment, padded.bytes, padded.align);
}

size_t lfm_segment_remaining(const lfm_segment *segment, size_t align)
{
    if (segment == NULL || !lfm_is_power_of_two(align)) {
        return 0;
    }
    const lfm_piece nothing = {0, align};
    size_t start, next = (size_t)LFM_LOAD(BUMP_STAT, lfm_segment_next(segment));
    const bool fits = lfm_bump_fit((uintptr_t)segment->base, segment->bytes, &next, nothing, &start);
    LFM_ASSERT(!fits || (start <= segment->bytes && ((uintptr_t)segment->base + start) % align == 0));
    return fits ? segment->bytes - start : 0;
}

void lfm_segment_reset(const lfm_segment *segment)
{
    if (segment != NULL && segment->bytes != 0) {
        LFM_STORE(BUMP_STAT, lfm_segment_next(segment), 0);
        lfm_hook_reuse(lfm_segment_base(segment), segment->bytes);
    }
}

void lfm_segment_fini(const lfm_segment *segment)
{
    if (segment == NULL) {
        return;
    }
    lfm_hook_reuse(lfm_segment_base(segment), segment->bytes);
    if ((const void *)segment->state == segment->origin) { /* its state is in it, so it is no constant */
        memset((void *)(uintptr_t)segment, 0, sizeof *segment);
    } else {
        LFM_STORE(BUMP_STAT, lfm_segment_next(segment), (lfm_word_)segment->bytes); /* nothing is left */
    }
}

void lfm_segment_stats(const lfm_segment *segment, lfm_segment_stats_t *out)
{
    if (out == NULL) {
        return;
    }
    memset(out, 0, sizeof *out);
    if (segment != NULL && segment->bytes != 0) {
        out->bytes = segment->bytes;
        out->used = (size_t)LFM_LOAD(BUMP_STAT, lfm_segment_next(segment));
        out->free = segment->bytes - out->used;
        out->padding = lfm_segment_padding(segment);
    }
}
