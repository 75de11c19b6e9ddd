/* SPDX-License-Identifier: MIT */
#include "mynewt_area.h"
#include "../../lib/compat/mynewt_links.h"

static _Atomic(uintptr_t) owner[AREA_MAX];
static lfm_area area;

void area_reset(uint32_t units)
{
    memset(owner, 0, sizeof owner);
    memset(&area, 0, sizeof area);
    area.count = units;
    area.owner = owner;
}

uint32_t area_take(const void *pool, uint32_t n)
{
    return lfm_area_take(&area, n, pool);
}

uint32_t area_give(const void *pool)
{
    const uint32_t first = lfm_area_find(&area, pool), n = lfm_area_length(&area, first, pool);
    lfm_area_give(&area, first, n);
    return n;
}
