/* SPDX-License-Identifier: MIT */
/** @file cache_object.h
 * A cache's control block, and what a static cache begins as. Private. */
#ifndef LFMEM_DETAIL_CACHE_OBJECT_H
#define LFMEM_DETAIL_CACHE_OBJECT_H

#include <lfmem/detail/pool_object.h>

struct lfm_cache {
    /* written by each get and put: the end of what is in the slots, which are indices of blocks, the newest one last */
    void **top;
    /* written by init and by the first call of the library, which looks at the pool */
    void **floor;   /* with its top here or below, a get is the library's: the cache is empty */
    void **ceiling; /* with its top here or above, a put is the library's: the cache is full */
    /* written by the first call of the library: until then, the run has no blocks, and a put is the library's */
    void *links;
    lfm_run_ run;
    /* constant after init */
    const struct lfm_pool *pool;
    /* written by calls that go to the pool */
    uint32_t refills, flushes;
};

/* Two cache lines where machines have some that are so long. */
#define LFM_CACHE_ALIGN_ (sizeof(void *) >= 8 ? LFM_SIZE_(LFM_LIST_STRIDE_) : sizeof(void *))

/* A static cache. */
#define LFM_CACHE_DEFINE_WITH(linkage, attributes, name, pool, slot_count)                        \
    LFM_STATIC_ASSERT_((slot_count) >= LFM_CACHE_MIN_SLOTS && (slot_count) <= LFM_POOL_MAX_COUNT, \
                       #name ": number of slots out of range");                                   \
    LFM_ALIGNAS_(LFM_CACHE_ALIGN_) attributes static void *name##_lfm_slots[slot_count];          \
    LFM_ALIGNAS_(LFM_CACHE_ALIGN_)                                                                \
    LFM_CONSTINIT_ linkage lfm_cache name[1] = {{                                                 \
        name##_lfm_slots,                                                                         \
        name##_lfm_slots,                                                                         \
        name##_lfm_slots + (slot_count),                                                          \
        LFM_NULL_,                                                                                \
        {LFM_NULL_, 0, 0, 0, 0},                                                                  \
        (pool),                                                                                   \
        0,                                                                                        \
        0,                                                                                        \
    }}

#define LFM_CACHE_DEFINE_IN(attributes, name, pool, slot_count) \
    LFM_CACHE_DEFINE_WITH(static, attributes, name, pool, slot_count)

#endif
