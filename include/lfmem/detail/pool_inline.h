/* SPDX-License-Identifier: MIT */
/** @file pool_inline.h
 * A pool's get and put in programs. Where compilers know the pool's shape, since a definer made it in this file, they
 * fold it into the code. Else it is the library's function. Both are made of one text, pool_list.h. Private. */
#ifndef LFMEM_DETAIL_POOL_INLINE_H
#define LFMEM_DETAIL_POOL_INLINE_H

/* A program's names and its warnings (-Wshadow, -Wconversion) are not ours. */
#pragma GCC system_header

#include <lfmem/detail/configuration.h>
#include <lfmem/detail/pool_list.h>
#include <lfmem/pool.h>

#ifdef __clang__
/* To clang all declarations of one symbol are one function. So what is inline has a name of its own, and a call is a
 * macro. */
#define LFM_POOL_GET_INLINE_ static inline __attribute__((always_inline)) LFM_MUST_USE_ void *lfm_pool_get_inline_
#define LFM_POOL_PUT_INLINE_ static inline __attribute__((always_inline)) lfm_status lfm_pool_put_inline_
#define lfm_pool_get_called_ lfm_pool_get
#define lfm_pool_put_called_ lfm_pool_put
#else
/* What GNU calls an extern inline function. Its address is that of the library's, which has the same symbol. */
#define LFM_POOL_GET_INLINE_ extern inline __attribute__((gnu_inline, always_inline)) void *lfm_pool_get
#define LFM_POOL_PUT_INLINE_ extern inline __attribute__((gnu_inline, always_inline)) lfm_status lfm_pool_put
void *lfm_pool_get_called_(const lfm_pool *pool) LFM_NAMED_(lfm_pool_get);
lfm_status lfm_pool_put_called_(const lfm_pool *pool, void *block) LFM_NAMED_(lfm_pool_put);
#endif

/* Whether the shape is known, and one of those for which the library has copies of its own. */
LFM_ALWAYS_INLINE bool lfm_pool_is_known_(const lfm_pool *pool)
{
    return __builtin_constant_p(pool->count) && pool->count != 0 && pool->shards == 1 && pool->split_bits == 0;
}

LFM_POOL_GET_INLINE_(const lfm_pool *pool)
{
    if (!lfm_pool_is_known_(pool)) {
        return lfm_pool_get_called_(pool);
    }
    LFM_WANT_CONFIGURATION_();
    lfm_list list;
    lfm_list_result after;
    lfm_pool_list(pool, LFM_LIST_SINGLE, 0, &list);
    return lfm_pool_take(pool, &list, false, &after);
}

LFM_POOL_PUT_INLINE_(const lfm_pool *pool, void *block)
{
    if (!lfm_pool_is_known_(pool)) {
        return lfm_pool_put_called_(pool, block);
    }
    LFM_WANT_CONFIGURATION_();
    lfm_list list;
    lfm_list_result after;
    lfm_pool_list(pool, LFM_LIST_SINGLE, 0, &list);
    return lfm_pool_give(pool, &list, block, &after);
}

#ifdef __clang__
#define lfm_pool_get(pool)        lfm_pool_get_inline_(pool)
#define lfm_pool_put(pool, block) lfm_pool_put_inline_(pool, block)
#endif

#endif
