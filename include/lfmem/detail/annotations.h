/* SPDX-License-Identifier: MIT */
/** @file annotations.h
 * What compilers and linkers are told of declarations, and what C and C++ write differently. Private, as all of
 * lfmem/detail/: it may change in any release. */
#ifndef LFMEM_DETAIL_ANNOTATIONS_H
#define LFMEM_DETAIL_ANNOTATIONS_H

#include <lfmem/config.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Marks what the shared library exports. */
#define LFM_API __attribute__((visibility("default")))

/* What compilers are told of functions:
 * - MUST_USE: a program that drops the result loses a block, or goes on with an object that is none.
 * - FREED_BY(function, n): only this function frees the block, as its n-th parameter. From version 11 on, gcc warns of
 *   other functions, of a second free and of a use afterwards.
 *
 * No function is said to be plain `malloc`. That promises that no other pointer reaches the block, but the program's
 * pointer to the storage does. */
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

/* Whether calls of C programs on objects of known shape are compiled into them. They are if the program is optimised.
 * But tools want to be told of blocks, and compare-and-swap may be a port's that the program does not name. */
#ifndef LFM_INLINE
#define LFM_INLINE 1
#endif
#if defined(__SANITIZE_ADDRESS__)
#define LFM_HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LFM_HAS_ASAN 1
#endif
#endif
#if !LFM_INLINE || !defined(__OPTIMIZE__) || defined(__cplusplus) || LFM_POISON || LFM_VALGRIND
#define LFM_INLINES_ 0
#elif LFM_ASAN && defined(LFM_HAS_ASAN)
#define LFM_INLINES_ 0
#elif defined(LFM_PORT_HEADER) || (LFM_WORD_BITS == 64 ? __GCC_ATOMIC_LLONG_LOCK_FREE : __GCC_ATOMIC_INT_LOCK_FREE) == 2
#define LFM_INLINES_ 1
#else
#define LFM_INLINES_ 0
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

/* Headers cast by these, so that C++ finds neither old casts nor useless ones:
 * - LFM_CAST_ converts numbers, and does nothing where the types are the same;
 * - LFM_RECAST_ makes an address of another type, or a number, of an address. */
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

/* The linkage of a constant object, where a definer's is `static`, LFM_GLOBAL or nothing. In C++ one has internal
 * linkage unless it says otherwise. */
#define LFM_CONST_static static const
#ifdef __cplusplus
#define LFM_CONST_ extern const
#else
#define LFM_CONST_ const
#endif
#define LFM_CONST_LFM_GLOBAL LFM_CONST_

/* A static object that C++ could not initialise before everything else does not compile. */
#if defined(__cplusplus) && __cplusplus >= 202002L
#define LFM_CONSTINIT_ constinit
#elif defined(__cplusplus) && defined(__clang__)
#define LFM_CONSTINIT_ __attribute__((require_constant_initialization))
#else
#define LFM_CONSTINIT_
#endif

#endif
