/* SPDX-License-Identifier: MIT */
/* Static objects with external linkage, defined in C, and those of C++ in use. */
#include "check.h"
#include "declared.h"

LFM_POOL_DEFINE_GLOBAL(c_pool, 4, 24, 8);
LFM_POOL_DEFINE_TYPE_GLOBAL(c_records, 3, record);
LFM_POOL_DEFINE_DECLARED(c_shaped);
LFM_POOL_DEFINE_DECLARED_IN(__attribute__((aligned(64))), c_shaped_records);
LFM_CACHE_DEFINE(shaped_cache, cpp_shaped, 2);
LFM_CACHE_DEFINE_GLOBAL(c_cache, c_pool, 2);
LFM_SEGMENT_DEFINE_GLOBAL(c_ram, 256, 32);
LFM_DYNPOOL_DEFINE_WITH(LFM_GLOBAL, , c_dynpool, cpp_ram, 256, 1, 3, 1, 16, 8); /* over a segment of another file */
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
static void use(const lfm_pool *pool, lfm_cache *cache, const lfm_dynpool *dynpool, const lfm_heap *heap)
{
    void *const block = lfm_cache_get(cache);
    MUST(lfm_pool_owns(pool, block) && lfm_pool_put(pool, block) == LFM_OK, "a block of the pool");
    lfm_cache_flush(cache);
    MUST(lfm_pool_check(pool) == LFM_OK, "whole");
    void *const initial = lfm_dynpool_get(dynpool), *const created = lfm_dynpool_get(dynpool);
    MUST(initial != NULL && created != NULL && lfm_dynpool_put(dynpool, created) == LFM_OK, "two blocks");
    MUST(lfm_dynpool_put(dynpool, initial) == LFM_OK && lfm_dynpool_check(dynpool) == LFM_OK, "whole");
    void *const piece = lfm_heap_alloc(heap, 100);
    MUST(piece != NULL && lfm_heap_free(heap, piece) == LFM_OK && lfm_heap_check(heap) == LFM_OK, "100 bytes");
}

/* A pool of a shape is one pool to every file, wherever each has it. */
static void use_shaped(const shaped_use *mine, const shaped_use *others, int which)
{
    void *blocks[3];
    lfm_pool_stats_t stats;
    for (int i = 0; i < 3; i++) {
        blocks[i] = (i == 1 ? others : mine)->get[which]();
        MUST(blocks[i] != NULL && lfm_pool_owns(mine->pools[which], blocks[i]), "three blocks");
    }
    MUST(mine->get[which]() == NULL && others->get[which]() == NULL, "no more");
    MUST(LFM_CHECKS == 0 || mine->put[!which](blocks[0]) == LFM_EFOREIGN, "the other pool's");
    MUST(mine->put[which](blocks[1]) == LFM_OK && others->put[which](blocks[0]) == LFM_OK, "back");
    MUST(LFM_CHECKS == 0 || mine->put[which](blocks[0]) == LFM_EDOUBLEFREE, "free already");
    for (int i = 0; i < 2; i++) {
        const lfm_pool *const pool = (i == 0 ? mine : others)->pools[which];
        lfm_pool_stats(pool, &stats);
        MUST(stats.count == 3 && stats.free == 2 && stats.min_free == 0 && stats.block_size == 24, "counts");
        MUST(lfm_pool_attach(pool) == LFM_OK && lfm_pool_check(pool) == LFM_OK, "whole");
    }
    MUST(mine->put[which](blocks[2]) == LFM_OK, "back");
}

static void use_shaped_records(const shaped_use *use, const lfm_pool *pool)
{
    record *const r = use->take();
    MUST(r != NULL && (uintptr_t)r % 64 == 0 && lfm_pool_owns(pool, r) && use->give(r) == LFM_OK, "a record");
}

int main(void)
{
    use_shaped(&c_shaped_use, &cpp_shaped_use, 0);
    use_shaped(&c_shaped_use, &cpp_shaped_use, 1);
    use_shaped(&cpp_shaped_use, &c_shaped_use, 0);
    use_shaped(&cpp_shaped_use, &c_shaped_use, 1);
    use_shaped_records(&c_shaped_use, cpp_shaped_records);
    use_shaped_records(&cpp_shaped_use, c_shaped_records);
    void *const cached = lfm_cache_get(shaped_cache);
    MUST(lfm_pool_owns(cpp_shaped, cached) && lfm_cache_put(shaped_cache, cached) == LFM_OK, "a cache");
    use(c_pool, c_cache, c_dynpool, c_heap);
    use(cpp_pool, cpp_cache, cpp_dynpool, cpp_heap);
    MUST(lfm_segment_alloc(c_ram, 256, 1) != NULL && lfm_segment_alloc(c_ram, 1, 1) == NULL, "256 bytes");
    MUST(lfm_segment_remaining(cpp_ram, 1) == 256 - 2 * 16, "two blocks");
    record *const c = cpp_takes(), *const cpp = c_takes();
    MUST(cpp_took_early != NULL && c != NULL && cpp != NULL && c != cpp_took_early, "records");
    MUST(LFM_CHECKS == 0 || cpp_gives(c) == LFM_EFOREIGN, "the other pool's");
    MUST(c_gives(c) == LFM_OK && cpp_gives(cpp) == LFM_OK && c_gives(cpp_took_early) == LFM_OK, "back");
    MUST(lfm_pool_check(c_records) == LFM_OK && lfm_pool_check(cpp_records) == LFM_OK, "whole");
    return 0;
}
