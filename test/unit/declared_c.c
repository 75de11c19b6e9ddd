/* SPDX-License-Identifier: MIT */
/* Static objects with external linkage, defined in C, and those of C++ in use. */
#include "check.h"
#include "declared.h"

LFM_POOL_DEFINE_GLOBAL(c_pool, 4, 24, 8);
LFM_POOL_DEFINE_TYPE_GLOBAL(c_records, 3, record);
LFM_CACHE_DEFINE_GLOBAL(c_cache, c_pool, 2);
LFM_SEGMENT_DEFINE_GLOBAL(c_ram, 256, 32);
LFM_HEAP_DEFINE_GLOBAL(c_heap, 1024, 16, LFM_FIT_TRIMMED);

record *c_takes(void)
{
    return LFM_POOL_GET(cpp_records);
}

lfm_status c_gives(record *r)
{
    return LFM_POOL_PUT(c_records, r);
}

/* One call of each kind of object that the other file defines. */
static void use(const lfm_pool *pool, lfm_cache *cache, const lfm_segment *ram, const lfm_heap *heap)
{
    void *const block = lfm_cache_get(cache);
    MUST(lfm_pool_owns(pool, block) && lfm_pool_put(pool, block) == LFM_OK, "a block of the pool");
    lfm_cache_flush(cache);
    MUST(lfm_pool_check(pool) == LFM_OK, "whole");
    MUST(lfm_segment_alloc(ram, 256, 1) != NULL && lfm_segment_alloc(ram, 1, 1) == NULL, "256 bytes");
    void *const piece = lfm_heap_alloc(heap, 100);
    MUST(piece != NULL && lfm_heap_free(heap, piece) == LFM_OK && lfm_heap_check(heap) == LFM_OK, "100 bytes");
}

int main(void)
{
    use(c_pool, c_cache, c_ram, c_heap);
    use(cpp_pool, cpp_cache, cpp_ram, cpp_heap);
    record *const c = cpp_takes(), *const cpp = c_takes();
    MUST(cpp_took_early != NULL && c != NULL && cpp != NULL && c != cpp_took_early, "records");
    MUST(LFM_CHECKS == 0 || cpp_gives(c) == LFM_EFOREIGN, "the other pool's");
    MUST(c_gives(c) == LFM_OK && cpp_gives(cpp) == LFM_OK && c_gives(cpp_took_early) == LFM_OK, "back");
    MUST(lfm_pool_check(c_records) == LFM_OK && lfm_pool_check(cpp_records) == LFM_OK, "whole");
    return 0;
}
