/* SPDX-License-Identifier: MIT */
/** @file layout.h
 * The parts that the control blocks of several objects have in common, so that these are complete types and their sizes
 * constant expressions. Private, as all of lfmem/detail/: it may change in any release. */
#ifndef LFMEM_DETAIL_LAYOUT_H
#define LFMEM_DETAIL_LAYOUT_H

#include <lfmem/detail/annotations.h>

/* The configuration (LFM_CONFIGURATION_) as a number, which objects carry from process to process: lfm_pool_attach().
 * Its two bytes differ in their lowest bits, so the other byte order makes it another number. */
#define LFM_LAYOUT_VERSION_ 3
#define LFM_LAYOUT_                                                                                                  \
    (LFM_LAYOUT_VERSION_ << 9 | 1 | (LFM_WORD_BITS == 64) << 1 | (UINTPTR_MAX > UINT32_MAX) << 2 | LFM_CHECKS << 3 | \
     !!(LFM_SHARDS) << 5 | !!(LFM_HEAP_MARKS) << 6)

/* With the type of the object. Odd, so that no object that holds a pointer has such an address. */
#define LFM_OBJECT_POOL_           1
#define LFM_OBJECT_HEAP_           2
#define LFM_OBJECT_SEGMENT_        3
#define LFM_OBJECT_STATIC_SEGMENT_ 4
#define LFM_OBJECT_DYNPOOL_        5
#define LFM_OBJECT_STATIC_DYNPOOL_ 6
#define LFM_SIGNATURE_(type)       ((uint32_t)0xa6000000 | (uint32_t)(type) << 16 | (uint32_t)LFM_LAYOUT_)

/* The word that is changed by compare-and-swap. */
#if LFM_WORD_BITS == 64
typedef uint64_t lfm_word_;
#elif LFM_WORD_BITS == 32
typedef uint32_t lfm_word_;
#else
#error "LFM_WORD_BITS is 32 or 64"
#endif

/* The shared state of a list of free blocks. lib/list_word.h says what a head holds. */
typedef struct lfm_list_state_ {
    LFM_ATOMIC_(lfm_word_) head; /* 0: all blocks of the list's range are in it, in order */
    LFM_ATOMIC_(uint32_t) peak;  /* the largest allocated count of that range; monotonic */
} lfm_list_state_;

/* Lists that different contexts work on lie this many bytes apart: two cache lines, since hardware fetches pairs. */
#define LFM_LIST_STRIDE_ 128

/* Bits that hold each of 0 ... n, for n < 2^63. A constant expression that names n once: definers nest it. */
#define LFM_BITS_(n) (63 - __builtin_clzll(LFM_CAST_(uint64_t, n) << 1 | 1u))

/* An index is 0 ... n-1 for a block, n for "none", or n + 1 for "in a cache". */
#define LFM_INDEX_BITS_(n) LFM_BITS_(LFM_CAST_(uint64_t, n) + 1)

/* A head is {index, allocated count, tag}. Where that leaves too few bits to the tag, the count makes room, until the
 * tag has 32. Its low bits are in the links then (the split count), as far as a link of link_bits has room beside an
 * index. A split count costs a put an access to another block's link, so small pools do with a tag of 16 bits. */
#ifndef LFM_TAG_ENOUGH_ /* tests set it, so that lists of few blocks are split, too */
#define LFM_TAG_ENOUGH_ (LFM_WORD_BITS == 64 ? 32 : 16)
#endif
#define LFM_MIN_(a, b) ((a) < (b) ? (a) : (b))
#define LFM_WANTED_SPLIT_(index_bits) \
    (LFM_TAG_ENOUGH_ + 2 * (index_bits) > LFM_WORD_BITS ? 32 + 2 * (index_bits)-LFM_WORD_BITS : 0)
#define LFM_SPLIT_(index_bits, link_bits) \
    LFM_MIN_(LFM_WANTED_SPLIT_(index_bits), LFM_MIN_(index_bits, (link_bits) - (index_bits)))
#define LFM_TAG_(index_bits, link_bits) (LFM_WORD_BITS - 2 * (index_bits) + LFM_SPLIT_(index_bits, link_bits))

/* A link has 2 bytes where the tag keeps 16 bits with it (and 32 in a 64-bit word), else 4. With 32-bit words it has 1
 * where an index fits and the count is not split. (With 64-bit words it never does: memory is not so scarce there, and
 * all lists whose count is not split have one width.) Racing puts are told apart by a compare-and-swap on the link,
 * which no target lacks for 4 bytes. These are the most bits of an index with links of 1 and of 2 bytes. */
#if LFM_CHECKS >= 2
#define LFM_LINK_1_BITS_ 0
#define LFM_LINK_2_BITS_ 0
#elif LFM_WORD_BITS == 64
#define LFM_LINK_1_BITS_ 0
#define LFM_LINK_2_BITS_ 16
#else
#define LFM_LINK_1_BITS_ LFM_MIN_(8, (LFM_WORD_BITS - LFM_TAG_ENOUGH_) / 2)
#define LFM_LINK_2_BITS_ 10
#endif
#define LFM_LINK_BYTES_OF_(index_bits) \
    ((index_bits) <= LFM_LINK_1_BITS_ ? 1u : (index_bits) <= LFM_LINK_2_BITS_ ? 2u : 4u)
#define LFM_LINK_BYTES_(n) LFM_LINK_BYTES_OF_(LFM_INDEX_BITS_(n))
#define LFM_SPLIT_BITS_(n) LFM_SPLIT_(LFM_INDEX_BITS_(n), LFM_CAST_(int, LFM_LINK_BYTES_(n)) * 8)
#define LFM_TAG_BITS_(n)   LFM_TAG_(LFM_INDEX_BITS_(n), LFM_CAST_(int, LFM_LINK_BYTES_(n)) * 8)

/* The marks of a block that is in no list. A link is stored xor the index of the next block in order. Of a taken block
 * it says the block itself, of one in a cache n + 1. No free block's link says either. */
#define LFM_LINK_TAKEN_(block)     (LFM_CAST_(uint32_t, block) ^ (LFM_CAST_(uint32_t, block) + 1))
#define LFM_LINK_CACHED_(n, block) ((LFM_CAST_(uint32_t, n) + 1) ^ (LFM_CAST_(uint32_t, block) + 1))

/* The tag never has fewer bits than this; that bounds the number of blocks. */
#define LFM_TAG_BITS_MIN_ 16

/* size_t arithmetic in constant expressions */
#define LFM_SIZE_(x)                LFM_CAST_(size_t, x)
#define LFM_ROUND_UP_(bytes, align) ((LFM_SIZE_(bytes) + (LFM_SIZE_(align) - 1)) / LFM_SIZE_(align) * LFM_SIZE_(align))
#define LFM_LOW_BIT_(x)             (LFM_SIZE_(x) & (LFM_SIZE_(0) - LFM_SIZE_(x)))
#define LFM_ODD_(x)                 (LFM_SIZE_(x) / LFM_LOW_BIT_(x))

/* The inverse of an odd d modulo 2^(bits of size_t), by Newton's iteration. That doubles the right bits each time, from
 * the 5 of (3 d) xor 2 (Montgomery; see Hacker's Delight, 2nd edition, 10-16). */
#define LFM_INVERSE_STEP_(d, x) ((x) * (2 - (d) * (x)))
#define LFM_INVERSE_5_(d)       ((3 * (d)) ^ 2)
#define LFM_INVERSE_10_(d)      LFM_INVERSE_STEP_(d, LFM_INVERSE_5_(d))
#define LFM_INVERSE_20_(d)      LFM_INVERSE_STEP_(d, LFM_INVERSE_10_(d))
#define LFM_INVERSE_40_(d)      LFM_INVERSE_STEP_(d, LFM_INVERSE_20_(d))
#define LFM_INVERSE_(d)         LFM_INVERSE_STEP_(d, LFM_INVERSE_40_(d))

/* A run of blocks of one stride. Constant. From an address to an index: lib/pool_list.h, lfm_run_index(). */
typedef struct lfm_run_ {
    unsigned char *first;
    size_t inverse; /* of the odd part of the stride */
    uint32_t stride, count;
    uint8_t stride_shift; /* trailing zero bits of the stride */
} lfm_run_;

#endif
