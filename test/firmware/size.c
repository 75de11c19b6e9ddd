/* SPDX-License-Identifier: MIT */
/* Calls whose instructions costs.py counts, CALLS times each, without contention. */
#include "in_line.h"
#include <lfmem/lfmem.h>

LFM_POOL_DEFINE(pool, 64, 64, 64);
LFM_CACHE_DEFINE(cache, pool, 32);
LFM_SEGMENT_DEFINE(ram, CALLS * 16, 64);
LFM_SEGMENT_DEFINE(blocks, LFM_DYNPOOL_METADATA_BYTES(64, 0) + 64 * 64 + 64, 64);
LFM_HEAP_DEFINE(heap, 65536, 64, LFM_FIT_TRIMMED);

int main(void)
{
    void *(*volatile get)(const lfm_pool *) = lfm_pool_get; /* not in line */
    lfm_status (*volatile put)(const lfm_pool *, void *) = lfm_pool_put;
    void *(*volatile alloc)(const lfm_segment *, size_t, size_t) = lfm_segment_alloc;
    static lfm_dynpool dynpool;
    const lfm_dynpool_config config = {.block_size = 64, .align = 64, .initial = 64, .maximum = 64};
    void *many[8];
    int failed = lfm_dynpool_init(&dynpool, blocks, &config) != LFM_OK;
    for (int i = 0; i < CALLS; i++) {
        failed |= put_in_line(get_in_line()) != LFM_OK;
        failed |= put(pool, get(pool)) != LFM_OK;
        failed |= lfm_pool_put_many(pool, many, lfm_pool_get_many(pool, many, 8)) != LFM_OK;
        failed |= lfm_cache_put(cache, lfm_cache_get(cache)) != LFM_OK;
        failed |= alloc(ram, 16, 16) == NULL || alloc_in_line(16) == NULL;
        lfm_segment_reset(in_line_ram);
        failed |= dynpool_put_in_line(dynpool_get_in_line()) != LFM_OK;
        failed |= lfm_dynpool_put(&dynpool, lfm_dynpool_get(&dynpool)) != LFM_OK;
        failed |= lfm_heap_free(heap, lfm_heap_alloc(heap, 200)) != LFM_OK;
    }
    return failed;
}
