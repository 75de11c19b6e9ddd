/* SPDX-License-Identifier: MIT */
/* Atomic operations for cores without compare-and-swap, made of sections that no other context enters meanwhile. NOT
 * LOCK-FREE. A port includes this behind what it defines:
 *
 *     LFM_PORT_ENTER()           begins a section, and returns the uint32_t that ends it
 *     LFM_PORT_LEAVE(before)     ends it; both are barriers
 *     LFM_PORT_BARRIER(order)    keeps accesses before it and behind it in order, unless the order is relaxed
 *     LFM_PORT_ALONE             1: no other context runs during a section; 0: contexts of other cores do
 *
 * A read-modify-write is a section. A plain load is one instruction, which sees the word as it was before a section or
 * as it is behind it. So is a plain store, but one that falls between a section's load and its store is lost. Where
 * other cores run meanwhile, a store of a word is a section, too.
 *
 * Smaller objects, such as links of 8 and 16 bits, are never read, modified and written: plain stores do. */
#ifndef LFM_LIB_PORT_MASKED_H
#define LFM_LIB_PORT_MASKED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tells port.h that compare-and-swap is here, lock-free or not. */
#define LFM_PORT_CAS 1

/* The compiler's own operations would not respect a section. */
#ifndef LFM_PORT_KIND
#define LFM_PORT_KIND "_masked"
#endif

/* Macros, since a function has one width. Those of 64 bits are for a model on a host, where size_t has them. */
#define LFM_PORT_MASKED(bits)                                                                            \
    static inline bool lfm_port_cas##bits(volatile void *object, void *expected, uint##bits##_t desired) \
    {                                                                                                    \
        volatile uint##bits##_t *const word = object;                                                    \
        uint##bits##_t *const seen = expected;                                                           \
        const uint32_t before = LFM_PORT_ENTER();                                                        \
        const uint##bits##_t found = *word;                                                              \
        const bool same = found == *seen;                                                                \
        if (same) {                                                                                      \
            *word = desired;                                                                             \
        }                                                                                                \
        LFM_PORT_LEAVE(before);                                                                          \
        *seen = found;                                                                                   \
        return same;                                                                                     \
    }                                                                                                    \
    static inline uint##bits##_t lfm_port_fetch_add##bits(volatile void *object, uint##bits##_t sum)     \
    {                                                                                                    \
        volatile uint##bits##_t *const word = object;                                                    \
        const uint32_t before = LFM_PORT_ENTER();                                                        \
        const uint##bits##_t found = *word;                                                              \
        *word = found + sum;                                                                             \
        LFM_PORT_LEAVE(before);                                                                          \
        return found;                                                                                    \
    }                                                                                                    \
    static inline void lfm_port_store##bits(volatile void *object, uint##bits##_t value)                 \
    {                                                                                                    \
        volatile uint##bits##_t *const word = object;                                                    \
        const uint32_t before = LFM_PORT_ENTER();                                                        \
        *word = value;                                                                                   \
        LFM_PORT_LEAVE(before);                                                                          \
    }
LFM_PORT_MASKED(32)
LFM_PORT_MASKED(64)

/* An _Atomic object as its compiler-visible self; a comma expression has no qualifiers. */
#define LFM_PORT_TYPE(object)  __typeof__((void)0, *(object))
#define LFM_PORT_PLAIN(object) ((volatile LFM_PORT_TYPE(object) *)(uintptr_t)(object))
/* Within a section, whose ends are barriers, accesses are plain. (Volatile bytes gcc extends a second time.) */
#define LFM_PORT_LOAD_ALONE(object)         (*(LFM_PORT_TYPE(object) *)(uintptr_t)(object))
#define LFM_PORT_STORE_ALONE(object, value) ((void)(LFM_PORT_LOAD_ALONE(object) = (value)))
#define LFM_PORT_IS_WORD(object)                                                               \
    _Static_assert(sizeof *(object) == sizeof(uint32_t) || sizeof *(object) == sizeof(size_t), \
                   "only words are read, modified and written")
#define LFM_PORT_IS_WIDE(object)   (sizeof *(object) == sizeof(uint64_t))
#define LFM_PORT_BITS(bits, value) ((uint##bits##_t)(uintptr_t)(value))

/* What atomic.h makes its operations of. A section has every order. */
#define LFM_PORT_LOAD(object, order)                                           \
    __extension__({                                                            \
        const LFM_PORT_TYPE(object) lfm_port_loaded = *LFM_PORT_PLAIN(object); \
        LFM_PORT_BARRIER(order);                                               \
        lfm_port_loaded;                                                       \
    })
#define LFM_PORT_STORE(object, value, order)                                         \
    (LFM_PORT_ALONE || sizeof *(object) < sizeof(uint32_t)                           \
         ? (LFM_PORT_BARRIER(order), (void)(*LFM_PORT_PLAIN(object) = (value)))      \
     : LFM_PORT_IS_WIDE(object) ? lfm_port_store64(object, LFM_PORT_BITS(64, value)) \
                                : lfm_port_store32(object, LFM_PORT_BITS(32, value)))
#define LFM_PORT_FETCH_ADD(object, sum, order)                                                                    \
    __extension__({                                                                                               \
        LFM_PORT_IS_WORD(object);                                                                                 \
        (LFM_PORT_TYPE(object))(LFM_PORT_IS_WIDE(object) ? lfm_port_fetch_add64(object, LFM_PORT_BITS(64, sum))   \
                                                         : lfm_port_fetch_add32(object, LFM_PORT_BITS(32, sum))); \
    })
#define LFM_PORT_FETCH_SUB(object, sum, order) LFM_PORT_FETCH_ADD(object, (LFM_PORT_TYPE(object))0 - (sum), order)
#define LFM_PORT_CAS_STRONG(object, expected, desired, order, fail_order)                        \
    __extension__({                                                                              \
        LFM_PORT_IS_WORD(object);                                                                \
        LFM_PORT_IS_WIDE(object) ? lfm_port_cas64(object, expected, LFM_PORT_BITS(64, desired))  \
                                 : lfm_port_cas32(object, expected, LFM_PORT_BITS(32, desired)); \
    })
#define LFM_PORT_CAS_WEAK(object, expected, desired, order, fail_order) \
    LFM_PORT_CAS_STRONG(object, expected, desired, order, fail_order)

/* The library's own copy of a cache's inline half (lfmem/detail/cache_inline.h). */
#define LFM_MARK_LOAD_(mark)         LFM_PORT_LOAD(mark, memory_order_relaxed)
#define LFM_MARK_STORE_(mark, value) LFM_PORT_STORE(mark, value, memory_order_release)

#endif
