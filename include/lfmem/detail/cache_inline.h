/* SPDX-License-Identifier: MIT */
/** @file cache_inline.h
 * A cache's get and put, as far as they are compiled into the program. Private. */
#ifndef LFMEM_DETAIL_CACHE_INLINE_H
#define LFMEM_DETAIL_CACHE_INLINE_H

#include <lfmem/detail/cache_object.h>
#include <lfmem/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The rest of what the two calls do that can be inline. */
LFM_API void *lfm_cache_get_other_(struct lfm_cache *cache) LFM_NAMED_(lfm_cache_get_other_);
LFM_API lfm_status lfm_cache_put_other_(struct lfm_cache *cache, void *block) LFM_NAMED_(lfm_cache_put_other_);

/* From the address of a block to its index, in C and in C++. The library's own is lfm_run_index() of lib/pool_list.h,
 * which explains it. */
static inline __attribute__((always_inline)) bool lfm_cache_index_(const struct lfm_cache *cache, const void *block,
                                                                   uint32_t *index)
{
    const unsigned bits = sizeof(size_t) * 8, shift = cache->run.stride_shift;
    const size_t distance = LFM_RECAST_(uintptr_t, block) - LFM_RECAST_(uintptr_t, cache->run.first);
    const size_t product = distance * cache->run.inverse;
    const size_t quotient = product >> shift | product << ((bits - shift) % bits);
    *index = LFM_CAST_(uint32_t, quotient);
    return quotient < cache->run.count;
}

/* Marks. The library's own accesses are those of lib/list.h. C++ has no atomic operations on plain objects but these;
 * links of any declared type are behind them. The width is that of the links of lists whose count is not split. Only
 * tests have 32-bit words and no such list. */
#define LFM_MARK_MAY_SPLIT_ (LFM_WORD_BITS == 32 && LFM_LINK_1_BITS_ == 0)
#if LFM_WORD_BITS == 64 || LFM_MARK_MAY_SPLIT_
typedef uint16_t __attribute__((may_alias)) lfm_mark_;
#define LFM_MARK_LOCK_FREE_ __GCC_ATOMIC_SHORT_LOCK_FREE
#else
typedef uint8_t __attribute__((may_alias)) lfm_mark_;
#define LFM_MARK_LOCK_FREE_ __GCC_ATOMIC_CHAR_LOCK_FREE
#endif
#ifndef LFM_MARK_ORDER_ /* of a split count as LINK_STORE, else as LINK (atomic.h) */
#define LFM_MARK_ORDER_ (LFM_MARK_MAY_SPLIT_ ? __ATOMIC_RELEASE : __ATOMIC_RELAXED)
#endif
#if defined(__clang__) && LFM_MARK_LOCK_FREE_ != 2 && !defined(LFM_MARK_LOAD_)
/* For cores without atomic instructions (Cortex-M0, RV32IMC) clang calls functions even to load and store. They have no
 * other core beside them: what counts is the order in which the compiler leaves accesses. (gcc loads and stores in line
 * everywhere, RISC-V with several harts among them, of which it says the same.) */
#define LFM_MARK_LOAD_(mark) (*LFM_RECAST_(const volatile lfm_mark_ *, mark))
#define LFM_MARK_STORE_(mark, value)                        \
    do {                                                    \
        __atomic_signal_fence(__ATOMIC_RELEASE);            \
        *LFM_RECAST_(volatile lfm_mark_ *, mark) = (value); \
    } while (0)
#endif
#ifndef LFM_MARK_LOAD_
#define LFM_MARK_LOAD_(mark)         __atomic_load_n(mark, __ATOMIC_RELAXED)
#define LFM_MARK_STORE_(mark, value) __atomic_store_n(mark, value, LFM_MARK_ORDER_)
#endif

static inline __attribute__((always_inline)) void *lfm_cache_get_inline_(struct lfm_cache *cache)
{
    if ((LFM_CHECKS >= 1 && cache == LFM_NULL_) || cache->top <= cache->floor) {
        return lfm_cache_get_other_(cache);
    }
    const uint32_t index = LFM_CAST_(uint32_t, LFM_RECAST_(uintptr_t, *--cache->top));
    void *const block = cache->run.first + LFM_SIZE_(index) * cache->run.stride;
    if (LFM_CHECKS >= 1) {
        LFM_MARK_STORE_(LFM_POINTER_(lfm_mark_, cache->links) + index, LFM_CAST_(lfm_mark_, LFM_LINK_TAKEN_(index)));
    }
    return block;
}

static inline __attribute__((always_inline)) lfm_status lfm_cache_put_inline_(struct lfm_cache *cache, void *block)
{
    uint32_t index;
    if ((LFM_CHECKS >= 1 && cache == LFM_NULL_) || cache->top >= cache->ceiling ||
        !lfm_cache_index_(cache, block, &index)) {
        return lfm_cache_put_other_(cache, block);
    }
    if (LFM_CHECKS >= 1) {
        lfm_mark_ *const mark = LFM_POINTER_(lfm_mark_, cache->links) + index;
        if (LFM_MARK_LOAD_(mark) != LFM_CAST_(lfm_mark_, LFM_LINK_TAKEN_(index))) {
            return lfm_cache_put_other_(cache, block);
        }
        LFM_MARK_STORE_(mark, LFM_CAST_(lfm_mark_, LFM_LINK_CACHED_(cache->run.count, index)));
    }
    *cache->top++ = LFM_RECAST_(void *, LFM_CAST_(uintptr_t, index));
    return LFM_OK;
}

#ifndef LFM_CACHE_FUNCTIONS
static inline void *lfm_cache_get(struct lfm_cache *cache)
{
    return lfm_cache_get_inline_(cache);
}

static inline lfm_status lfm_cache_put(struct lfm_cache *cache, void *block)
{
    return lfm_cache_put_inline_(cache, block);
}
#endif

#ifdef __cplusplus
}
#endif

#endif
