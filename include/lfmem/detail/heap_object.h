/* SPDX-License-Identifier: MIT */
/** @file heap_object.h
 * A heap's control block and its state, how its storage is divided, and what a static heap begins as. Private. */
#ifndef LFMEM_DETAIL_HEAP_OBJECT_H
#define LFMEM_DETAIL_HEAP_OBJECT_H

#include <lfmem/detail/layout.h>

/* A word has the states of 2^LFM_WORD_UNITS_SHIFT_ units, so 2^32 units need this many levels of words. */
#define LFM_WORD_UNITS_SHIFT_ (LFM_WORD_BITS == 64 ? 4 : 2)
#define LFM_HEAP_LEVELS_      (32 / LFM_WORD_UNITS_SHIFT_)

/* What changes, beside the metadata. A static heap has it in an object of its own, so that all else is constant. */
typedef struct lfm_heap_state_ {
    /* written by failing allocations */
    LFM_ATOMIC_(uint32_t) failures;
    /* written by every alloc and free if the heap keeps a high-water mark */
    LFM_ATOMIC_(size_t) used; /* bytes */
    LFM_ATOMIC_(size_t) peak; /* the largest of these that a free found; monotonic */
} lfm_heap_state_;

struct lfm_heap {
    lfm_heap_state_ own; /* the state of a heap that was made at run time; unused in a static one */
    /* constant after init */
    uint8_t unit_shift;     /* a unit is 2^unit_shift bytes */
    uint8_t fit;            /* lfm_heap_fit */
    uint8_t top_level;      /* the level of one word */
    uint8_t counts;         /* whether the heap keeps a high-water mark */
    unsigned char *blocks;  /* blocks - origin: bytes from this object to the first unit */
    const void *origin;     /* this object's own address where a linker set it, else LFM_SIGNATURE_(LFM_OBJECT_HEAP_) */
    lfm_heap_state_ *state; /* state - origin: bytes from this object to its state */
    size_t units;
    unsigned char
        *words;   /* words - origin: bytes from this object to the words of level 0, those of level 1 and so on */
    size_t hints; /* bytes from the first word to the hints */
    size_t full;  /* bytes from the first word to the full-summary; 0: there is none */
    uint32_t first[LFM_HEAP_LEVELS_]; /* index of the first word of each level */
};

/* How the storage of a heap is divided: units, words by levels, hints. */
#define LFM_HEAP_UNIT_SHIFT_(min_block) (LFM_BITS_(min_block) - 1)
#define LFM_HEAP_WORDS_(units, level)   (((LFM_CAST_(uint64_t, units) - 1) >> LFM_WORD_UNITS_SHIFT_ * ((level) + 1)) + 1)
#define LFM_HEAP_TOP_LEVEL_(units)                                                                                  \
    (((units) > 1 ? (LFM_BITS_(LFM_CAST_(uint64_t, units) - 1) + LFM_WORD_UNITS_SHIFT_ - 1) / LFM_WORD_UNITS_SHIFT_ \
                  : 1) -                                                                                            \
     1)
#define LFM_HEAP_LEVEL_(units, level) ((level) <= LFM_HEAP_TOP_LEVEL_(units) ? LFM_HEAP_WORDS_(units, level) : 0)
#define LFM_HEAP_FIRST_1_(n)          LFM_HEAP_LEVEL_(n, 0)
#define LFM_HEAP_FIRST_2_(n)          (LFM_HEAP_FIRST_1_(n) + LFM_HEAP_LEVEL_(n, 1))
#define LFM_HEAP_FIRST_3_(n)          (LFM_HEAP_FIRST_2_(n) + LFM_HEAP_LEVEL_(n, 2))
#define LFM_HEAP_FIRST_4_(n)          (LFM_HEAP_FIRST_3_(n) + LFM_HEAP_LEVEL_(n, 3))
#define LFM_HEAP_FIRST_5_(n)          (LFM_HEAP_FIRST_4_(n) + LFM_HEAP_LEVEL_(n, 4))
#define LFM_HEAP_FIRST_6_(n)          (LFM_HEAP_FIRST_5_(n) + LFM_HEAP_LEVEL_(n, 5))
#define LFM_HEAP_FIRST_7_(n)          (LFM_HEAP_FIRST_6_(n) + LFM_HEAP_LEVEL_(n, 6))
#define LFM_HEAP_FIRST_8_(n)          (LFM_HEAP_FIRST_7_(n) + LFM_HEAP_LEVEL_(n, 7))
#define LFM_HEAP_NUMBER_(n)           LFM_CAST_(uint32_t, n)
#define LFM_HEAP_FIRST_TO_7_(n)                                                         \
    0, LFM_HEAP_NUMBER_(LFM_HEAP_FIRST_1_(n)), LFM_HEAP_NUMBER_(LFM_HEAP_FIRST_2_(n)),  \
        LFM_HEAP_NUMBER_(LFM_HEAP_FIRST_3_(n)), LFM_HEAP_NUMBER_(LFM_HEAP_FIRST_4_(n)), \
        LFM_HEAP_NUMBER_(LFM_HEAP_FIRST_5_(n)), LFM_HEAP_NUMBER_(LFM_HEAP_FIRST_6_(n)), \
        LFM_HEAP_NUMBER_(LFM_HEAP_FIRST_7_(n))
#if LFM_WORD_BITS == 64
#define LFM_HEAP_FIRST_(n)     LFM_HEAP_FIRST_TO_7_(n)
#define LFM_HEAP_ALL_WORDS_(n) LFM_HEAP_FIRST_8_(n)
#else
#define LFM_HEAP_FIRST_9_(n)  (LFM_HEAP_FIRST_8_(n) + LFM_HEAP_LEVEL_(n, 8))
#define LFM_HEAP_FIRST_10_(n) (LFM_HEAP_FIRST_9_(n) + LFM_HEAP_LEVEL_(n, 9))
#define LFM_HEAP_FIRST_11_(n) (LFM_HEAP_FIRST_10_(n) + LFM_HEAP_LEVEL_(n, 10))
#define LFM_HEAP_FIRST_12_(n) (LFM_HEAP_FIRST_11_(n) + LFM_HEAP_LEVEL_(n, 11))
#define LFM_HEAP_FIRST_13_(n) (LFM_HEAP_FIRST_12_(n) + LFM_HEAP_LEVEL_(n, 12))
#define LFM_HEAP_FIRST_14_(n) (LFM_HEAP_FIRST_13_(n) + LFM_HEAP_LEVEL_(n, 13))
#define LFM_HEAP_FIRST_15_(n) (LFM_HEAP_FIRST_14_(n) + LFM_HEAP_LEVEL_(n, 14))
#define LFM_HEAP_FIRST_16_(n) (LFM_HEAP_FIRST_15_(n) + LFM_HEAP_LEVEL_(n, 15))
#define LFM_HEAP_FIRST_(n)                                                                                   \
    LFM_HEAP_FIRST_TO_7_(n), LFM_HEAP_NUMBER_(LFM_HEAP_FIRST_8_(n)), LFM_HEAP_NUMBER_(LFM_HEAP_FIRST_9_(n)), \
        LFM_HEAP_NUMBER_(LFM_HEAP_FIRST_10_(n)), LFM_HEAP_NUMBER_(LFM_HEAP_FIRST_11_(n)),                    \
        LFM_HEAP_NUMBER_(LFM_HEAP_FIRST_12_(n)), LFM_HEAP_NUMBER_(LFM_HEAP_FIRST_13_(n)),                    \
        LFM_HEAP_NUMBER_(LFM_HEAP_FIRST_14_(n)), LFM_HEAP_NUMBER_(LFM_HEAP_FIRST_15_(n))
#define LFM_HEAP_ALL_WORDS_(n) LFM_HEAP_FIRST_16_(n)
#endif
/* A heap with more units than this, 8192 words of them, has a full-summary, if the library was built with it. It spares
 * searches what others have found full. The tests try small ones. */
#ifndef LFM_HEAP_UNITS_WITHOUT_FULL_
#define LFM_HEAP_UNITS_WITHOUT_FULL_ (8192u << LFM_WORD_UNITS_SHIFT_)
#endif
#define LFM_HEAP_HAS_FULL_(units) (LFM_HEAP_MARKS && (units) > LFM_HEAP_UNITS_WITHOUT_FULL_)
/* Contexts have hints of their own (a stripe) where the heap is so large that this is next to nothing. There is one
 * for each order of each level, and one more if there is a full-summary. */
#define LFM_HEAP_STRIPES_(units) ((units) >= 4096 ? 16 : 1)
#define LFM_HEAP_ORDERS_(units)  (LFM_SIZE_(LFM_HEAP_TOP_LEVEL_(units) + 1) * (LFM_WORD_UNITS_SHIFT_ + 1))
#define LFM_HEAP_STRIPE_HINTS_(units)                                              \
    (LFM_HEAP_STRIPES_(units) > 1 ? LFM_ROUND_UP_(LFM_HEAP_ORDERS_(units) + 1, 16) \
                                  : LFM_HEAP_ORDERS_(units) + LFM_SIZE_(LFM_HEAP_HAS_FULL_(units)))
#define LFM_HEAP_UNITS_(bytes, min_block)    (LFM_SIZE_(bytes) / LFM_SIZE_(min_block))
#define LFM_HEAP_WORDS_AT_(units, min_block) (LFM_SIZE_(units) * LFM_SIZE_(min_block))
#define LFM_HEAP_HINTS_AT_(units)            (LFM_SIZE_(LFM_HEAP_ALL_WORDS_(units)) * sizeof(lfm_word_))
#define LFM_HEAP_FULL_AT_(units) \
    (LFM_HEAP_HINTS_AT_(units) + \
     LFM_SIZE_(LFM_HEAP_STRIPES_(units)) * LFM_HEAP_STRIPE_HINTS_(units) * sizeof(lfm_word_))

/* Room for the full-summary: a node for each 256 words, one for each 16 of those, and so on, are fewer than these. */
#define LFM_HEAP_NODES_(units) (LFM_HEAP_HAS_FULL_(units) ? ((units) >> (7 + LFM_WORD_UNITS_SHIFT_)) + 8 : 0)
#define LFM_HEAP_FULL_(units)  (LFM_HEAP_HAS_FULL_(units) ? LFM_HEAP_FULL_AT_(units) : 0)
#define LFM_HEAP_METADATA_BYTES_(units) \
    (LFM_HEAP_FULL_AT_(units) + LFM_SIZE_(LFM_HEAP_NODES_(units)) * sizeof(lfm_word_))
#define LFM_HEAP_END_(units, min_block) (LFM_HEAP_WORDS_AT_(units, min_block) + LFM_HEAP_METADATA_BYTES_(units))

/* The storage of a static heap is aligned to the size of a block up to this. Where memory is small it is not: that
 * would leave holes of up to as much. */
#if SIZE_MAX > UINT32_MAX
#define LFM_HEAP_ALIGN_(bytes) ((bytes) >= 4096 ? 4096 : (bytes) >= 1024 ? 1024 : (bytes) >= 256 ? 256 : 64)
#else
#define LFM_HEAP_ALIGN_(bytes) (LFM_ALIGNOF_(max_align_t) > 16 ? LFM_ALIGNOF_(max_align_t) : 16)
#endif

/* A static heap. */
#define LFM_HEAP_DEFINE_WITH(linkage, attributes, name, bytes, min_block, fit, align, peak)                          \
    LFM_HEAP_CHECK_(name, bytes, min_block, fit, align);                                                             \
    LFM_ALIGNAS_(align)                                                                                              \
    attributes static unsigned char name##_lfm_storage[LFM_HEAP_END_(LFM_HEAP_UNITS_(bytes, min_block), min_block)]; \
    LFM_HEAP_OBJECT_(linkage, name, name##_lfm_storage,                                                              \
                     name##_lfm_storage + LFM_HEAP_WORDS_AT_(LFM_HEAP_UNITS_(bytes, min_block), min_block), bytes,   \
                     min_block, fit, peak)

/* The same with the usual alignment; with a high-water mark; with another alignment. */
#define LFM_HEAP_(linkage, attributes, name, bytes, min_block, fit) \
    LFM_HEAP_DEFINE_WITH(linkage, attributes, name, bytes, min_block, fit, LFM_HEAP_ALIGN_(bytes), false)
#define LFM_HEAP_PEAK_(name, bytes, min_block, fit) \
    LFM_HEAP_DEFINE_WITH(static, , name, bytes, min_block, fit, LFM_HEAP_ALIGN_(bytes), true)
#define LFM_HEAP_AT_(name, bytes, min_block, fit, align) \
    LFM_HEAP_DEFINE_WITH(static, , name, bytes, min_block, fit, align, false)

/* The same over memory that the caller defines, aligned to 16 at least. Only blocks lie there: the metadata are an
 * object of their own, so that this memory may have any contents when the program starts. */
#define LFM_HEAP_DEFINE_OVER_(name, memory, bytes, min_block, fit) \
    LFM_HEAP_METADATA_(name, bytes, min_block, fit);               \
    LFM_HEAP_OBJECT_(static, name, memory, name##_lfm_metadata, bytes, min_block, fit, false)

/* That object, name_lfm_metadata: for a front-end whose heap is part of something larger (LFM_HEAP_VALUE_). */
#define LFM_HEAP_METADATA_(name, bytes, min_block, fit) \
    LFM_HEAP_CHECK_(name, bytes, min_block, fit, 16);   \
    LFM_ALIGNAS_(sizeof(lfm_word_))                     \
    static unsigned char name##_lfm_metadata[LFM_HEAP_METADATA_BYTES_(LFM_HEAP_UNITS_(bytes, min_block))]

/* Whether the arguments are those of a heap. */
#define LFM_HEAP_CHECK_(name, bytes, min_block, fit, align)                                                           \
    LFM_STATIC_ASSERT_((min_block) >= 8 && (min_block) <= 1 << 30 && ((min_block) & ((min_block)-1)) == 0,            \
                       #name ": smallest block is no power of two from 8 to 2^30");                                   \
    LFM_STATIC_ASSERT_((bytes) >= (min_block) &&                                                                      \
                           LFM_CAST_(uint64_t, bytes) / LFM_CAST_(uint64_t, min_block) <= LFM_HEAP_MAX_UNITS &&       \
                           LFM_CAST_(uint64_t, bytes) <= LFM_CAST_(uint64_t, PTRDIFF_MAX) / 4,                        \
                       #name ": size out of range");                                                                  \
    LFM_STATIC_ASSERT_((fit) == LFM_FIT_TRIMMED || (fit) == LFM_FIT_BUDDY4 || (fit) == LFM_FIT_BUDDY2,                \
                       #name ": no such fit");                                                                        \
    LFM_STATIC_ASSERT_((align) >= 16 && ((align) & ((align)-1)) == 0, #name ": alignment is no power of two from 16 " \
                                                                            "up")

/* The object that they make. */
#define LFM_HEAP_OBJECT_(linkage, name, blocks, words, bytes, min_block, fit, peak) \
    static lfm_heap_state_ name##_lfm_state;                                        \
    LFM_CONSTINIT_ LFM_CONST_##linkage lfm_heap name[1] = {                         \
        LFM_HEAP_VALUE_(name, &name##_lfm_state, blocks, words, bytes, min_block, fit, peak)}

/* What a static heap at `self` begins as. */
#define LFM_HEAP_VALUE_(self, state, blocks, words, bytes, min_block, fit, peak)                                      \
    {                                                                                                                 \
        {0, 0, 0}, LFM_CAST_(uint8_t, LFM_HEAP_UNIT_SHIFT_(min_block)), LFM_CAST_(uint8_t, fit),                      \
            LFM_CAST_(uint8_t, LFM_HEAP_TOP_LEVEL_(LFM_HEAP_UNITS_(bytes, min_block))), (peak), (blocks), (self),     \
            (state), LFM_HEAP_UNITS_(bytes, min_block), (words),                                                      \
            LFM_HEAP_HINTS_AT_(LFM_HEAP_UNITS_(bytes, min_block)), LFM_HEAP_FULL_(LFM_HEAP_UNITS_(bytes, min_block)), \
            {LFM_HEAP_FIRST_(LFM_HEAP_UNITS_(bytes, min_block))},                                                     \
    }

#define LFM_HEAP_DEFINE_IN(attributes, name, bytes, min_block, fit) \
    LFM_HEAP_(static, attributes, name, bytes, min_block, fit)

#endif
