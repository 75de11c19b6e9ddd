/* SPDX-License-Identifier: MIT */
/** @file layout.h
 * What the objects of lfmem are made of, so that they are complete types and their sizes constant expressions.
 * There is nothing to call here. Names that end in an underscore are private and may change in any release. */
#ifndef LFMEM_LAYOUT_H
#define LFMEM_LAYOUT_H

#include <lfmem/config.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Marks what the shared library exports. */
#define LFM_API __attribute__((visibility("default")))

/** Puts the storage of a static object into a section of its own: an argument of LFM_POOL_DEFINE_IN and the like. */
#define LFM_SECTION(section_name) __attribute__((section(section_name)))

/** The linkage of a static object that other files may name; an argument of LFM_POOL_DEFINE_WITH and the like. */
#define LFM_GLOBAL

/* What compilers are told of functions. MUST_USE: a program that drops the result loses a block, or goes on with an
 * object that is none. FREED_BY: gcc, from 11 on, warns of a block that anything else than this function frees (as
 * which parameter), that is freed twice, or used afterwards. Not said of any function is plain `malloc`, which promises
 * that no other pointer reaches the block: the pointer to the storage, which the program has, does. */
#define LFM_MUST_USE_        __attribute__((warn_unused_result))
#define LFM_ALLOC_SIZE_(...) __attribute__((alloc_size(__VA_ARGS__)))
#ifdef __clang__
/* clang 14 crashes where it finds out that an alignment is no power of two, or more than 2^32 */
#define LFM_ALLOC_ALIGN_(n)
#else
#define LFM_ALLOC_ALIGN_(n) __attribute__((alloc_align(n)))
#endif
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 11
#define LFM_FREED_BY_(function, n) __attribute__((malloc(function, n)))
#else
#define LFM_FREED_BY_(function, n)
#endif

/* Names the configuration in the symbol of a function that works on an object which a header lays out:
 * lfm_pool_get() is lfm_pool_get_w64_c1_s1_m1 to the linker. So a program and a library that would lay the object out
 * differently do not link, and the linker says what the program wanted. */
#if LFM_WORD_BITS == 64
#define LFM_NAME_OF_WORD_ "_w64"
#else
#define LFM_NAME_OF_WORD_ "_w32"
#endif
#if LFM_CHECKS == 0
#define LFM_NAME_OF_CHECKS_ "_c0"
#elif LFM_CHECKS == 1
#define LFM_NAME_OF_CHECKS_ "_c1"
#elif LFM_CHECKS == 2
#define LFM_NAME_OF_CHECKS_ "_c2"
#else
#error "LFM_CHECKS is 0, 1 or 2"
#endif
#if LFM_SHARDS
#define LFM_NAME_OF_SHARDS_ "_s1"
#else
#define LFM_NAME_OF_SHARDS_ "_s0"
#endif
#if LFM_HEAP_MARKS
#define LFM_NAME_OF_MARKS_ "_m1"
#else
#define LFM_NAME_OF_MARKS_ "_m0"
#endif
#define LFM_CONFIGURATION_ LFM_NAME_OF_WORD_ LFM_NAME_OF_CHECKS_ LFM_NAME_OF_SHARDS_ LFM_NAME_OF_MARKS_

/* The same as a number, which objects carry from process to process: lfm_pool_attach(). Its two bytes differ in their
 * lowest bits, so that it is another one in the other byte order. */
#define LFM_LAYOUT_VERSION_ 1
#define LFM_LAYOUT_                                                                                                  \
    (LFM_LAYOUT_VERSION_ << 9 | 1 | (LFM_WORD_BITS == 64) << 1 | (UINTPTR_MAX > UINT32_MAX) << 2 | LFM_CHECKS << 3 | \
     !!(LFM_SHARDS) << 5 | !!(LFM_HEAP_MARKS) << 6)

/* With what kind of object it is. Odd, so that no object that holds a pointer has such an address. */
#define LFM_KIND_POOL_           1
#define LFM_KIND_HEAP_           2
#define LFM_KIND_SEGMENT_        3
#define LFM_KIND_STATIC_SEGMENT_ 4
#define LFM_SIGNATURE_(kind)     ((uint32_t)0xa6000000 | (uint32_t)(kind) << 16 | (uint32_t)LFM_LAYOUT_)

/* Some systems put an underscore in front of C's names. */
#define LFM_TEXT_(...)       #__VA_ARGS__
#define LFM_TEXT_OF_(...)    LFM_TEXT_(__VA_ARGS__)
#define LFM_NAMED_(function) __asm__(LFM_TEXT_OF_(__USER_LABEL_PREFIX__) #function LFM_CONFIGURATION_)

/* For an enumeration as wide as an int, whatever -fshort-enums makes of others: `enum name LFM_OF_INT_ {...}
 * LFM_INT_WIDE_`. */
#ifdef __cplusplus
#define LFM_OF_INT_ : int
#define LFM_INT_WIDE_
#else
#define LFM_OF_INT_
#define LFM_INT_WIDE_ __attribute__((mode(SI)))
#endif

/* C++ sees an atomic field as a plain one of the same size and alignment, and never touches it. */
#ifdef __cplusplus
#define LFM_ATOMIC_(type)   alignas(sizeof(type)) type
#define LFM_ALIGNAS_(bytes) alignas(bytes)
#define LFM_ALIGNOF_(type)  alignof(type)
#define LFM_STATIC_ASSERT_  static_assert
#else
#define LFM_ATOMIC_(type)   _Alignas(sizeof(type)) _Atomic(type)
#define LFM_ALIGNAS_(bytes) _Alignas(bytes)
#define LFM_ALIGNOF_(type)  _Alignof(type)
#define LFM_STATIC_ASSERT_  _Static_assert
#endif

/* Headers cast by these, so that C++ finds neither old casts nor useless ones: LFM_CAST_ converts numbers, and nothing
 * where the types are the same; LFM_RECAST_ makes an address of another type, or a number, of an address. */
#ifdef __cplusplus
#define LFM_NULL_             nullptr
#define LFM_CAST_(type, x)    lfm_cast_<type>(x)
#define LFM_RECAST_(type, x)  reinterpret_cast<type>(x)
#define LFM_POINTER_(type, x) static_cast<type *>(x)
extern "C++" {
template <typename lfm_to_, typename lfm_from_> struct lfm_cast_to_ {
    __attribute__((always_inline)) static constexpr lfm_to_ from(lfm_from_ x)
    {
        return static_cast<lfm_to_>(x);
    }
};
template <typename lfm_same_> struct lfm_cast_to_<lfm_same_, lfm_same_> {
    __attribute__((always_inline)) static constexpr lfm_same_ from(lfm_same_ x)
    {
        return x;
    }
};
template <typename lfm_to_, typename lfm_from_> __attribute__((always_inline)) constexpr lfm_to_ lfm_cast_(lfm_from_ x)
{
    return lfm_cast_to_<lfm_to_, lfm_from_>::from(x);
}
/* What converts to this type by itself, and nothing else. */
template <typename lfm_to_> __attribute__((always_inline)) constexpr lfm_to_ lfm_only_(lfm_to_ x)
{
    return x;
}
}
#else
#define LFM_NULL_             NULL
#define LFM_CAST_(type, x)    ((type)(x))
#define LFM_RECAST_(type, x)  ((type)(x))
#define LFM_POINTER_(type, x) ((type *)(x))
#endif

/* A static object that C++ could not initialise before everything else does not compile. */
#if defined(__cplusplus) && __cplusplus >= 202002L
#define LFM_CONSTINIT_ constinit
#elif defined(__cplusplus) && defined(__clang__)
#define LFM_CONSTINIT_ __attribute__((require_constant_initialization))
#else
#define LFM_CONSTINIT_
#endif

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
    LFM_ATOMIC_(uint32_t) peak;  /* most blocks of that range that were missing at once; monotonic */
} lfm_list_state_;

/* Lists that different contexts work on lie this many bytes apart: two cache lines, since hardware fetches pairs. */
#define LFM_LIST_STRIDE_ 128

/* Bits that hold the numbers 0 ... n, for n < 2^32. */
#define LFM_BITS_8_(n) \
    (((n) >= 1) + ((n) >= 2) + ((n) >= 4) + ((n) >= 8) + ((n) >= 16) + ((n) >= 32) + ((n) >= 64) + ((n) >= 128))
#define LFM_BITS_16_(n) (LFM_BITS_8_(n) + LFM_BITS_8_((n) >> 8))
#define LFM_BITS_(n)    (LFM_BITS_16_(LFM_CAST_(uint64_t, n)) + LFM_BITS_16_(LFM_CAST_(uint64_t, n) >> 16))

/* An index is a block 0 ... n-1, n for "none", or n + 1 for "in a cache". */
#define LFM_INDEX_BITS_(n) LFM_BITS_(LFM_CAST_(uint64_t, n) + 1)

/* A head is {index, count, tag}. The tag wants 32 bits: what it lacks, the count makes room for by leaving its low
 * bits in the links (("split count")), as far as a link of link_bits has room beside an index. */
#define LFM_MIN_(a, b)                ((a) < (b) ? (a) : (b))
#define LFM_WANTED_SPLIT_(index_bits) (32 + 2 * (index_bits) > LFM_WORD_BITS ? 32 + 2 * (index_bits)-LFM_WORD_BITS : 0)
#define LFM_SPLIT_(index_bits, link_bits) \
    LFM_MIN_(LFM_WANTED_SPLIT_(index_bits), LFM_MIN_(index_bits, (link_bits) - (index_bits)))
#define LFM_TAG_(index_bits, link_bits) (LFM_WORD_BITS - 2 * (index_bits) + LFM_SPLIT_(index_bits, link_bits))

/* A link is 2 bytes where the tag keeps 16 bits with it (and 32 in a 64-bit word), else 4. Racing puts are told apart
 * by a compare-and-swap on the link, which no target lacks for 4 bytes. */
#if LFM_CHECKS >= 2
#define LFM_LINK_IS_WIDE_(index_bits) 1
#else
#define LFM_LINK_IS_WIDE_(index_bits) ((index_bits) > (LFM_WORD_BITS == 64 ? 16 : 10))
#endif
#define LFM_LINK_BYTES_(n) (LFM_LINK_IS_WIDE_(LFM_INDEX_BITS_(n)) ? 4u : 2u)
#define LFM_SPLIT_BITS_(n) LFM_SPLIT_(LFM_INDEX_BITS_(n), LFM_CAST_(int, LFM_LINK_BYTES_(n)) * 8)
#define LFM_TAG_BITS_(n)   LFM_TAG_(LFM_INDEX_BITS_(n), LFM_CAST_(int, LFM_LINK_BYTES_(n)) * 8)

/* The marks of a block that is in no list. Taken: the index, which is xor the next block in order, says the block
 * itself. In a cache: it says n + 1. No free block's link does. */
#define LFM_LINK_TAKEN_(block)     (LFM_CAST_(uint32_t, block) ^ (LFM_CAST_(uint32_t, block) + 1))
#define LFM_LINK_CACHED_(n, block) ((LFM_CAST_(uint32_t, n) + 1) ^ (LFM_CAST_(uint32_t, block) + 1))

/* The tag never has fewer bits than this; that bounds the number of blocks. */
#define LFM_TAG_BITS_MIN_ 16

/* size_t arithmetic in constant expressions */
#define LFM_SIZE_(x)                LFM_CAST_(size_t, x)
#define LFM_ROUND_UP_(bytes, align) ((LFM_SIZE_(bytes) + (LFM_SIZE_(align) - 1)) / LFM_SIZE_(align) * LFM_SIZE_(align))
#define LFM_LOW_BIT_(x)             (LFM_SIZE_(x) & (LFM_SIZE_(0) - LFM_SIZE_(x)))
#define LFM_ODD_(x)                 (LFM_SIZE_(x) / LFM_LOW_BIT_(x))

/* The inverse of an odd d modulo 2^(bits of size_t), by Newton's iteration, which doubles the right bits each time
 * from the 5 of (3 d) xor 2 (Montgomery; see Hacker's Delight, 2nd edition, 10-16). */
#define LFM_INVERSE_STEP_(d, x) ((x) * (2 - (d) * (x)))
#define LFM_INVERSE_5_(d)       ((3 * (d)) ^ 2)
#define LFM_INVERSE_10_(d)      LFM_INVERSE_STEP_(d, LFM_INVERSE_5_(d))
#define LFM_INVERSE_20_(d)      LFM_INVERSE_STEP_(d, LFM_INVERSE_10_(d))
#define LFM_INVERSE_40_(d)      LFM_INVERSE_STEP_(d, LFM_INVERSE_20_(d))
#define LFM_INVERSE_(d)         LFM_INVERSE_STEP_(d, LFM_INVERSE_40_(d))

/* A run of blocks of one stride. Constant. */
typedef struct lfm_run_ {
    unsigned char *first;
    size_t inverse; /* of the odd part of the stride */
    uint32_t stride, count;
    uint8_t stride_shift; /* trailing zero bits of the stride */
} lfm_run_;

/* From the address of a block to its number. A multiple of the stride, divided by it exactly, gives its index; every
 * other number gives one >= count, since multiplying by an inverse and rotating map numbers one to one (Granlund and
 * Montgomery, PLDI 1994, section 9). */
static inline __attribute__((always_inline)) bool lfm_run_index_(const lfm_run_ *run, const void *block,
                                                                 uint32_t *index)
{
    const unsigned bits = sizeof(size_t) * 8;
    const size_t product = (LFM_RECAST_(uintptr_t, block) - LFM_RECAST_(uintptr_t, run->first)) * run->inverse;
    const size_t quotient = product >> run->stride_shift | product << ((bits - run->stride_shift) % bits);
    *index = LFM_CAST_(uint32_t, quotient);
    return quotient < run->count;
}

#endif
