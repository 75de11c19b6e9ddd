/* SPDX-License-Identifier: MIT */
/* Static objects with external linkage, defined in C++, and those of C in use. */
#include "declared.h"

LFM_POOL_DEFINE_GLOBAL(cpp_pool, 4, 24, 8);
LFM_POOL_DEFINE_TYPE_GLOBAL(cpp_records, 3, record);
LFM_POOL_DEFINE_DECLARED(cpp_shaped);
LFM_POOL_DEFINE_DECLARED_IN(__attribute__((aligned(64))), cpp_shaped_records);
LFM_CACHE_DEFINE_GLOBAL(cpp_cache, cpp_pool, 2);
LFM_SEGMENT_DEFINE_GLOBAL(cpp_ram, 256, 32);
LFM_DYNPOOL_DEFINE_GLOBAL(cpp_dynpool, cpp_ram, 1, 3, 1, 16, 8);
LFM_HEAP_DEFINE_GLOBAL(cpp_heap, 1024, 16, LFM_FIT_TRIMMED);

record *cpp_takes()
{
    return LFM_POOL_GET(c_records);
}

/* This one runs when the program starts. */
record *const cpp_took_early = cpp_takes();

lfm_status cpp_gives(record *r)
{
    return LFM_POOL_PUT(cpp_records, r);
}

static void *get_c()
{
    return lfm_pool_get(c_shaped);
}

static void *get_cpp()
{
    return lfm_pool_get(cpp_shaped);
}

static lfm_status put_c(void *block)
{
    return lfm_pool_put(c_shaped, block);
}

static lfm_status put_cpp(void *block)
{
    return lfm_pool_put(cpp_shaped, block);
}

static record *take()
{
    return LFM_POOL_GET(c_shaped_records);
}

static lfm_status give(record *r)
{
    return LFM_POOL_PUT(c_shaped_records, r);
}

const shaped_use cpp_shaped_use = {
    {get_c, get_cpp}, {put_c, put_cpp}, take, give, {c_shaped, cpp_shaped, c_shaped_records, cpp_shaped_records}};
