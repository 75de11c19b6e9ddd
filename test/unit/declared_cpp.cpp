/* SPDX-License-Identifier: MIT */
/* Static objects with external linkage, defined in C++, and those of C in use. */
#include "declared.h"

LFM_POOL_DEFINE_GLOBAL(cpp_pool, 4, 24, 8);
LFM_POOL_DEFINE_TYPE_GLOBAL(cpp_records, 3, record);
LFM_CACHE_DEFINE_GLOBAL(cpp_cache, cpp_pool, 2);
LFM_SEGMENT_DEFINE_GLOBAL(cpp_ram, 256, 32);
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
