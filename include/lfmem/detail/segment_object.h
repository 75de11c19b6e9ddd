/* SPDX-License-Identifier: MIT */
/** @file segment_object.h
 * A segment's control block and its state, and what a static segment begins as. Private. */
#ifndef LFMEM_DETAIL_SEGMENT_OBJECT_H
#define LFMEM_DETAIL_SEGMENT_OBJECT_H

#include <lfmem/detail/layout.h>

/* What changes. A static segment has it in an object of its own, so that all else is constant. */
typedef struct lfm_segment_state_ {
    /* written by every allocation */
    LFM_ATOMIC_(lfm_word_) next; /* bytes handed out, from the base on; monotonic but for reset and fini */
} lfm_segment_state_;

struct lfm_segment {
    lfm_segment_state_ own; /* the state of a segment that was made at run time; unused in a static one */
    /* constant after init */
    unsigned char *base;       /* address of the memory where the segment was made: what alignments count from */
    const void *origin;        /* this object's own address there; base - origin is the same in every mapping */
    lfm_segment_state_ *state; /* address of the state there; state - origin is, too */
    size_t bytes;
    uint8_t padding_shift; /* log2 of the padding */
    uint8_t type;          /* LFM_OBJECT_SEGMENT_ or LFM_OBJECT_STATIC_SEGMENT_ */
    uint16_t layout;       /* LFM_LAYOUT_ */
};

#define LFM_SEGMENT_LARGEST_ \
    LFM_SIZE_(LFM_WORD_BITS == 64 || PTRDIFF_MAX < UINT32_MAX ? LFM_CAST_(uint64_t, PTRDIFF_MAX) : UINT32_MAX)

/* Initialises a static segment that is, or is part of, the object at @p segment. */
#define LFM_SEGMENT_AT_(segment, state, storage, bytes, padding)                                 \
    {                                                                                            \
        {0}, (storage), (segment), (state), (bytes), LFM_CAST_(uint8_t, LFM_BITS_(padding) - 1), \
            LFM_OBJECT_STATIC_SEGMENT_, LFM_CAST_(uint16_t, LFM_LAYOUT_)                         \
    }

/* A static segment. */
#define LFM_SEGMENT_DEFINE_WITH(linkage, attributes, name, bytes, padding)                                        \
    LFM_STATIC_ASSERT_((bytes) >= 1 && (bytes) <= LFM_SEGMENT_MAX_BYTES, #name ": number of bytes out of range"); \
    LFM_STATIC_ASSERT_((padding) >= 1 && ((padding) & ((padding)-1)) == 0, #name ": padding is no power of two"); \
    LFM_ALIGNAS_((padding) > LFM_ALIGNOF_(max_align_t) ? (padding) : LFM_ALIGNOF_(max_align_t))                   \
    attributes static unsigned char name##_lfm_storage[bytes];                                                    \
    static lfm_segment_state_ name##_lfm_state;                                                                   \
    LFM_CONSTINIT_ LFM_CONST_##linkage lfm_segment name[1] = {                                                    \
        LFM_SEGMENT_AT_(name, &name##_lfm_state, name##_lfm_storage, bytes, padding)}

#define LFM_SEGMENT_DEFINE_IN(attributes, name, bytes, padding) \
    LFM_SEGMENT_DEFINE_WITH(static, attributes, name, bytes, padding)

#endif
