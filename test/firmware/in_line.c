/* SPDX-License-Identifier: MIT */
#include "in_line.h"

LFM_POOL_DEFINE(pool, 16, 64, 8);
LFM_SEGMENT_DEFINE_GLOBAL(in_line_ram, 64, 8);
LFM_SEGMENT_DEFINE(grown, 64, 8);
LFM_DYNPOOL_DEFINE(dynpool, grown, 4, 8, 1, 64, 8);

void *get_in_line(void)
{
    return lfm_pool_get(pool);
}

lfm_status put_in_line(void *block)
{
    return lfm_pool_put(pool, block);
}

void *alloc_in_line(size_t bytes)
{
    return lfm_segment_alloc(in_line_ram, bytes, 16);
}

void *dynpool_get_in_line(void)
{
    return lfm_dynpool_get(dynpool);
}

lfm_status dynpool_put_in_line(void *block)
{
    return lfm_dynpool_put(dynpool, block);
}
