/* SPDX-License-Identifier: MIT */
#include "in_line.h"

LFM_POOL_DEFINE(pool, 16, 64, 8);

void *get_in_line(void)
{
    return lfm_pool_get(pool);
}

lfm_status put_in_line(void *block)
{
    return lfm_pool_put(pool, block);
}
