/* SPDX-License-Identifier: MIT */
/** @file segment_inline.h
 * Allocations from a segment in programs. Where compilers know the segment, since a definer made it in this file, they
 * fold what is constant of it into the code. Else it is the library's function. Both are made of one text, bump.h.
 * Private. */
#ifndef LFMEM_DETAIL_SEGMENT_INLINE_H
#define LFMEM_DETAIL_SEGMENT_INLINE_H

/* A program's names and its warnings are not ours (pool_inline.h). */
#pragma GCC system_header

#include <lfmem/detail/bump.h>
#include <lfmem/detail/configuration.h>
#include <lfmem/segment.h>

#ifdef __clang__ /* as in pool_inline.h */
#define LFM_SEGMENT_INLINE_(name)        static inline __attribute__((always_inline)) LFM_MUST_USE_ void *name##_inline_
#define lfm_segment_alloc_called_        lfm_segment_alloc
#define lfm_segment_alloc_padded_called_ lfm_segment_alloc_padded
#else
#define LFM_SEGMENT_INLINE_(name) extern inline __attribute__((gnu_inline, always_inline)) void *name
void *lfm_segment_alloc_called_(const lfm_segment *segment, size_t bytes, size_t align) LFM_NAMED_(lfm_segment_alloc);
void *lfm_segment_alloc_padded_called_(const lfm_segment *segment, size_t bytes, size_t align)
    LFM_NAMED_(lfm_segment_alloc_padded);
#endif

LFM_ALWAYS_INLINE bool lfm_segment_is_known_(const lfm_segment *segment)
{
    return __builtin_constant_p(segment->bytes) && segment->bytes != 0;
}

LFM_SEGMENT_INLINE_(lfm_segment_alloc)(const lfm_segment *segment, size_t bytes, size_t align)
{
    if (!lfm_segment_is_known_(segment)) {
        return lfm_segment_alloc_called_(segment, bytes, align);
    }
    LFM_WANT_CONFIGURATION_();
    return lfm_segment_take(segment, bytes, align);
}

LFM_SEGMENT_INLINE_(lfm_segment_alloc_padded)(const lfm_segment *segment, size_t bytes, size_t align)
{
    if (!lfm_segment_is_known_(segment)) {
        return lfm_segment_alloc_padded_called_(segment, bytes, align);
    }
    LFM_WANT_CONFIGURATION_();
    const lfm_piece padded = lfm_segment_pad(segment, bytes, align);
    return lfm_segment_take(segment, padded.bytes, padded.align);
}

#ifdef __clang__
#define lfm_segment_alloc(segment, bytes, align)        lfm_segment_alloc_inline_(segment, bytes, align)
#define lfm_segment_alloc_padded(segment, bytes, align) lfm_segment_alloc_padded_inline_(segment, bytes, align)
#endif

#endif
