/* SPDX-License-Identifier: MIT */
/** @file dynpool_inline.h
 * A dynamic pool's get and put in programs. Where compilers know the pool's shape, since a definer made it in this
 * file, they fold it into the code. That is for a get of a free block, and a put of an initial one. Else it is the
 * library's function, which grows the pool, and finds a created block. Both are made of one text, dynpool_list.h.
 * Private. */
#ifndef LFMEM_DETAIL_DYNPOOL_INLINE_H
#define LFMEM_DETAIL_DYNPOOL_INLINE_H

/* A program's names and its warnings are not ours (pool_inline.h). */
#pragma GCC system_header

#include <lfmem/detail/configuration.h>
#include <lfmem/detail/dynpool_list.h>
#include <lfmem/dynpool.h>

#ifdef __clang__ /* as in pool_inline.h */
#define LFM_DYNPOOL_GET_INLINE_ static inline __attribute__((always_inline)) LFM_MUST_USE_ void *lfm_dynpool_get_inline_
#define LFM_DYNPOOL_PUT_INLINE_ static inline __attribute__((always_inline)) lfm_status lfm_dynpool_put_inline_
#define lfm_dynpool_get_called_ lfm_dynpool_get
#define lfm_dynpool_put_called_ lfm_dynpool_put
#else
#define LFM_DYNPOOL_GET_INLINE_ extern inline __attribute__((gnu_inline, always_inline)) void *lfm_dynpool_get
#define LFM_DYNPOOL_PUT_INLINE_ extern inline __attribute__((gnu_inline, always_inline)) lfm_status lfm_dynpool_put
void *lfm_dynpool_get_called_(const lfm_dynpool *pool) LFM_NAMED_(lfm_dynpool_get);
lfm_status lfm_dynpool_put_called_(const lfm_dynpool *pool, void *block) LFM_NAMED_(lfm_dynpool_put);
#endif

/* Whether the shape is known, and its count is not split. */
LFM_ALWAYS_INLINE bool lfm_dynpool_is_known_(const lfm_dynpool *pool)
{
    return __builtin_constant_p(pool->cells) && pool->cells != 0 && pool->split_bits == 0;
}

LFM_DYNPOOL_GET_INLINE_(const lfm_dynpool *pool)
{
    if (lfm_dynpool_is_known_(pool)) {
        lfm_list list;
        void *block;
        LFM_WANT_CONFIGURATION_();
        lfm_dynpool_list(pool, pool->wide, false, &list);
        if (lfm_dynpool_take(pool, &list, &block)) {
            return block;
        }
    }
    return lfm_dynpool_get_called_(pool);
}

LFM_DYNPOOL_PUT_INLINE_(const lfm_dynpool *pool, void *block)
{
    if (lfm_dynpool_is_known_(pool)) {
        lfm_list list;
        uint32_t index;
        LFM_WANT_CONFIGURATION_();
        lfm_dynpool_list(pool, pool->wide, false, &list);
        if (lfm_dynpool_index(pool, block, &index)) {
            return lfm_dynpool_give(pool, &list, block, index);
        }
    }
    return lfm_dynpool_put_called_(pool, block);
}

#ifdef __clang__
#define lfm_dynpool_get(pool)        lfm_dynpool_get_inline_(pool)
#define lfm_dynpool_put(pool, block) lfm_dynpool_put_inline_(pool, block)
#endif

#endif
