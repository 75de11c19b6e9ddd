/* SPDX-License-Identifier: MIT */
/* pool.h as one thread sees it: which block comes next, where blocks lie, the counts, and what is left alone. */
#include "model.h"

/* One list and many; with and without a split count; narrow and wide links; every size and alignment that differs in
 * kind. */
static const pool_plan plans[] = {
    {1, 1, 1, 1},
    {1, 100, 64, 1},
    {2, 3, 1, 1},
    {3, 7, 1, 1},
    {7, 7, 8, 1},
    {8, 8, 8, 1},
    {14, 20, 4, 1},
    {62, 24, 8, 1},
    {64, 64, 64, 1},
    {100, 100, 4, 1},
    {126, 12, 4, 1},
    {253, 3, 1, 1},
    {254, 3, 1, 1},
    {255, 3, 1, 1},
    {1000, 20, 1, 1},
    {20, 4096, 16, 1},
    {5, 1, 4096, 1},
    {1022, 8, 8, 1},
    {1023, 8, 8, 1},
    {3, 5, 2, SHARDS(3)},
    {7, 8, 8, SHARDS(2)},
    {64, 64, 64, SHARDS(4)},
    {100, 24, 8, SHARDS(7)},
    {254, 8, 8, SHARDS(9)},
    {255, 8, 8, SHARDS(255)},
    {300, 3, 1, SHARDS(17)},
    {1023, 16, 2, SHARDS(5)},
    {65534, 1, 1, 1},
    {65535, 1, 1, 1},
    {70000, 4, 4, SHARDS(3)},
    {70001, 24, 8, 1},
};

static bool fits(pool_plan p)
{
    return p.count <= LFM_POOL_MAX_COUNT;
}

static void check_counts(const pool_fixture *f, size_t free, size_t min_free)
{
    lfm_pool_stats_t stats;
    lfm_pool_stats(f->pool, &stats);
    MUST(stats.count == f->plan.count && stats.block_size == f->plan.block_size && stats.stride == f->stride,
         "%zu blocks of %zu in %zu", stats.count, stats.block_size, stats.stride);
    MUST(stats.free == free, "%zu of %zu blocks free, should be %zu", stats.free, stats.count, free);
    MUST(stats.min_free == min_free, "low-water mark %zu of %zu, should be %zu", stats.min_free, stats.count, min_free);
}

static void check_whole(const pool_fixture *f)
{
    const lfm_status status = lfm_pool_check(f->pool);
    MUST(status == LFM_OK, "%zu blocks, %zu shards: %s", f->plan.count, f->plan.shards, lfm_status_string(status));
}

/* All blocks, each once, aligned and inside the blocks' part of the storage; then no more. */
static void check_all_blocks(pool_plan p)
{
    pool_fixture f = pool_fixture_make(p);
    bool *seen = calloc(p.count, sizeof *seen);
    MUST(f.stride >= p.block_size && p.count * f.stride <= f.bytes, "blocks do not overlap");
    for (size_t i = 0; i < p.count; i++) {
        const size_t index = pool_fixture_index(&f, lfm_pool_get(f.pool));
        MUST(!seen[index], "block %zu came twice", index);
        MUST(p.shards > 1 || index == i, "block %zu came %zuth", index, i);
        MUST(lfm_pool_owns(f.pool, pool_fixture_block(&f, index)), "block %zu", index);
        seen[index] = true;
    }
    MUST(lfm_pool_get(f.pool) == NULL, "%zu blocks, and one more", p.count);
    MUST(lfm_pool_get(f.pool) == NULL, "empty stays empty");
    check_counts(&f, 0, 0);
    check_whole(&f);
    for (size_t i = 0; i < p.count; i++) {
        MUST(lfm_pool_put(f.pool, pool_fixture_block(&f, i)) == LFM_OK, "block %zu", i);
    }
    check_counts(&f, p.count, 0);
    check_whole(&f);
    free(seen);
    pool_fixture_free(&f);
}

Test(pool, every_block_once)
{
    for (size_t i = 0; i < LENGTH(plans); i++) {
        if (fits(plans[i])) {
            check_all_blocks(plans[i]);
        }
    }
}

Test(pool, every_size_at_every_alignment)
{
    const size_t sizes[] = {1, 3, 7, 8, 20, 24, 64, 100, 4096};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (size_t align = 1; align <= 4096; align *= 2) {
            check_all_blocks((pool_plan){5, sizes[i], align, 1});
            check_all_blocks((pool_plan){5, sizes[i], align, SHARDS(2)});
        }
    }
}

/* The storage's own alignment may be larger than asked for: at every place it is enough. */
Test(pool, storage_anywhere)
{
    enum {
        COUNT = 9,
        SIZE = 5,
        BYTES = LFM_POOL_STORAGE_BYTES_SHARDED(COUNT, SIZE, 1, SHARDS(3))
    };
    static _Alignas(128) unsigned char memory[128 + BYTES + 1];
    for (size_t at = 0; at < 128; at++) {
        lfm_pool pool;
        memset(memory, GUARD_BYTE, sizeof memory);
        MUST(lfm_pool_init_sharded(&pool, memory + at, BYTES, COUNT, SIZE, 1, SHARDS(3)) == LFM_OK, "at %zu", at);
        for (size_t i = 0; i < COUNT; i++) {
            MUST(lfm_pool_get(&pool) != NULL, "at %zu", at);
        }
        for (size_t i = 0; i < COUNT; i++) {
            MUST(lfm_pool_put(&pool, memory + at + i * SIZE) == LFM_OK, "at %zu", at);
        }
        MUST(lfm_pool_check(&pool) == LFM_OK, "at %zu", at);
        MUST(at == 0 || memory[at - 1] == GUARD_BYTE, "at %zu: a byte before the storage", at);
        MUST(memory[at + BYTES] == GUARD_BYTE, "at %zu: a byte behind the storage", at);
        support_show(memory, sizeof memory);
    }
}

Test(pool, last_in_first_out)
{
    pool_fixture f = pool_fixture_make((pool_plan){4, 8, 8, 1});
    void *a = lfm_pool_get(f.pool), *b = lfm_pool_get(f.pool), *c = lfm_pool_get(f.pool);
    MUST(lfm_pool_put(f.pool, b) == LFM_OK && lfm_pool_put(f.pool, a) == LFM_OK, "b, then a");
    MUST(lfm_pool_get(f.pool) == a && lfm_pool_get(f.pool) == b, "a, then b");
    void *three[] = {c, a, b}, *got[4];
    MUST(lfm_pool_put_many(f.pool, three, 3) == LFM_OK, "all of them");
    MUST(lfm_pool_get(f.pool) == c, "the first is the next to be taken");
    MUST(lfm_pool_get_many(f.pool, got, 4) == 3, "two that were put and one that never was taken");
    MUST(got[0] == a && got[1] == b && got[2] == pool_fixture_block(&f, 3), "in this order");
    pool_fixture_free(&f);
}

Test(pool, get_many_takes_what_there_is)
{
    const pool_plan many[] = {{6, 8, 8, 1}, {6, 8, 8, SHARDS(2)}, {6, 8, 8, SHARDS(6)}, {1, 1, 1, 1}};
    for (size_t i = 0; i < LENGTH(many); i++) {
        const size_t wanted[] = {1, 2, many[i].count, many[i].count + 1, SIZE_MAX};
        for (size_t j = 0; j < LENGTH(wanted); j++) {
            const size_t n = wanted[j] < many[i].count ? wanted[j] : many[i].count;
            pool_fixture f = pool_fixture_make(many[i]);
            void *blocks[7] = {NULL};
            const size_t got = lfm_pool_get_many(f.pool, blocks, wanted[j]);
            MUST(got == n && blocks[n] == NULL, "asked for %zu of %zu, got %zu", wanted[j], many[i].count, got);
            check_counts(&f, many[i].count - n, many[i].count - n);
            MUST(lfm_pool_put_many(f.pool, blocks, n) == LFM_OK, "the same ones");
            check_counts(&f, many[i].count, many[i].count - n);
            check_whole(&f);
            pool_fixture_free(&f);
        }
    }
}

/* One random call, with the block indices that it must give and the counts that it must leave. */
static void random_step(rng *random, pool_fixture *f, model *m, void **blocks, uint32_t *held, size_t *held_count,
                        bool getting)
{
    const uint32_t most = rng_below(random, 4) == 0 ? (uint32_t)m->count : 4;
    const size_t n = rng_below(random, 2) == 0 ? 1 : rng_below(random, most + 1);
    size_t done = 0;
    if (rng_below(random, 8) < (getting ? 5u : 3u)) {
        const bool single = n == 1;
        const size_t got = single ? (blocks[0] = lfm_pool_get(f->pool)) != NULL : lfm_pool_get_many(f->pool, blocks, n);
        for (size_t index; done < n && model_get(m, &index); done++) {
            MUST(done < got, "%zu blocks of %zu, but %zu are free", got, n, model_free_count(m) + 1);
            MUST(pool_fixture_index(f, blocks[done]) == index, "block %zu should come next", index);
            held[(*held_count)++] = (uint32_t)index;
        }
        MUST(done == got, "%zu blocks, but only %zu were free", got, done);
        return;
    }
    for (; done<n && * held_count> 0; done++) {
        const size_t at = rng_below(random, (uint32_t)*held_count);
        blocks[done] = pool_fixture_block(f, held[at]);
        held[at] = held[--*held_count];
    }
    const lfm_status status = done == 1 ? lfm_pool_put(f->pool, blocks[0]) : lfm_pool_put_many(f->pool, blocks, done);
    MUST(status == LFM_OK, "put of %zu: %s", done, lfm_status_string(status));
    for (size_t i = done; i > 0; i--) {
        model_put(m, pool_fixture_index(f, blocks[i - 1]));
    }
}

static void random_calls(rng *random, pool_plan p, size_t steps)
{
    pool_fixture f = pool_fixture_make(p);
    model m = model_make(p, f.home);
    void **blocks = calloc(p.count + 1, sizeof *blocks);
    uint32_t *held = calloc(p.count, sizeof *held);
    size_t held_count = 0;
    bool getting = true;
    for (size_t i = 0; i < steps; i++) {
        getting = rng_below(random, 64) == 0 ? !getting : getting;
        random_step(random, &f, &m, blocks, held, &held_count, getting);
        check_counts(&f, model_free_count(&m), model_min_free(&m));
        if (i % 64 == 0) {
            check_whole(&f);
        }
    }
    check_whole(&f);
    model_free(&m);
    free(blocks);
    free(held);
    pool_fixture_free(&f);
}

Test(pool, random_calls_agree_with_stacks)
{
    rng random = support_seed("pool.random_calls_agree_with_stacks");
    for (size_t i = 0; i < LENGTH(plans); i++) {
        if (fits(plans[i])) {
            random_calls(&random, plans[i], plans[i].count > 10000 ? 200 : 3000);
        }
    }
}

/* G2: no byte of a block is lfmem's, neither in the init nor later, nor between block_size and stride. With poison, a
 * put fills all up to the next block. */
static void check_bytes(pool_plan p)
{
    pool_fixture f = pool_fixture_make(p);
    const size_t bytes = p.count * f.stride;
    void *blocks[64];
    support_show(f.storage, bytes);
    for (size_t i = 0; i < bytes; i++) {
        MUST(f.storage[i] == FILL_BYTE, "init wrote to byte %zu", i);
    }
    MUST(lfm_pool_get_many(f.pool, blocks, p.count) == p.count, "all");
    MUST(lfm_pool_put_many(f.pool, blocks, p.count / 2) == LFM_OK, "some");
    MUST(lfm_pool_get(f.pool) == blocks[0], "the first of them");
    MUST(lfm_pool_put(f.pool, blocks[0]) == LFM_OK, "and back");
    support_show(f.storage, bytes);
    for (size_t i = 0; i < bytes; i++) {
        bool was_put = false;
        for (size_t k = 0; k < p.count / 2; k++) {
            was_put |= pool_fixture_index(&f, blocks[k]) == i / f.stride;
        }
        const unsigned char wanted = LFM_POISON && was_put ? 0xA5 : FILL_BYTE;
        MUST(f.storage[i] == wanted, "byte %zu of block %zu is %#x", i % f.stride, i / f.stride, f.storage[i]);
    }
    pool_fixture_free(&f);
}

Test(pool, bytes_of_blocks)
{
    const pool_plan some[] = {{8, 8, 8, 1},          {64, 3, 1, 1},     {20, 20, 16, 1}, {16, 100, 64, SHARDS(4)},
                              {64, 1, 1, SHARDS(7)}, {6, 4096, 4096, 1}};
    for (size_t i = 0; i < LENGTH(some); i++) {
        check_bytes(some[i]);
    }
}

Test(pool, millions_of_blocks)
{
#ifdef SUPPORT_ASAN
    const uint32_t count = LFM_WORD_BITS == 64 ? 1u << 20 : 65534u; /* for the time it takes */
#else
    const uint32_t count = LFM_WORD_BITS == 64 && SUPPORT_SHARE == 1 ? 1u << 24 : 65534u;
#endif
    pool_fixture f = pool_fixture_make((pool_plan){count, 1, 1, 1});
    for (uint32_t i = 0; i < count; i++) {
        MUST(lfm_pool_get(f.pool) == pool_fixture_block(&f, i), "block %u", i);
    }
    MUST(lfm_pool_get(f.pool) == NULL, "all are taken");
    check_counts(&f, 0, 0);
    check_whole(&f);
    for (uint32_t i = 0; i < count; i++) {
        MUST(lfm_pool_put(f.pool, pool_fixture_block(&f, i)) == LFM_OK, "block %u", i);
    }
    check_counts(&f, count, 0);
    check_whole(&f);
    for (uint32_t i = count; i > 0; i--) {
        MUST(lfm_pool_get(f.pool) == pool_fixture_block(&f, i - 1), "block %u", i - 1);
    }
    pool_fixture_free(&f);
}

/* G6: control block and storage in one mapping, which comes to lie elsewhere. */
static void check_relocated(rng *random, pool_plan p, size_t shift)
{
    const size_t place = round_up(sizeof(lfm_pool), 128),
                 need = place + LFM_POOL_STORAGE_BYTES_SHARDED(p.count, p.block_size, p.align, p.shards);
    const size_t room = round_up(need, 128) + 128 * shift;
    unsigned char *old = aligned_alloc(128, room), *new = aligned_alloc(128, room);
    MUST(old != NULL && new != NULL, "no memory for the test");
    lfm_pool *pool = (lfm_pool *)(void *)old;
    MUST(lfm_pool_init_sharded(pool, old + place, need - place, p.count, p.block_size, p.align, p.shards) == LFM_OK,
         "init");
    const size_t taken = rng_below(random, (uint32_t)p.count + 1);
    size_t *offsets = calloc(p.count, sizeof *offsets);
    for (size_t i = 0; i < taken; i++) {
        offsets[i] = (size_t)((unsigned char *)lfm_pool_get(pool) - old);
    }
    support_show(old, need);
    memcpy(new + 128 * shift, old, need);
    memset(old, 0xFF, need);
    free(old);
    unsigned char *at = new + 128 * shift;
    pool = (lfm_pool *)(void *)at;
    MUST(lfm_pool_check(pool) == LFM_OK, "as it was");
    for (size_t i = taken; i < p.count; i++) {
        offsets[i] = (size_t)((unsigned char *)lfm_pool_get(pool) - at);
        MUST(offsets[i] >= place && (offsets[i] - place) / p.block_size < p.count, "block %zu is not in the copy", i);
    }
    MUST(lfm_pool_get(pool) == NULL, "the rest of the blocks and no more");
    for (size_t i = 0; i < p.count; i++) {
        MUST(lfm_pool_put(pool, at + offsets[i]) == LFM_OK, "block %zu, taken at the %s place", i,
             i < taken ? "old" : "new");
    }
    MUST(lfm_pool_check(pool) == LFM_OK, "as at first");
    free(new);
    free(offsets);
}

Test(pool, moves_with_its_storage)
{
    rng random = support_seed("pool.moves_with_its_storage");
    const pool_plan moved[] = {
        {1, 8, 8, 1}, {50, 8, 8, 1}, {50, 24, 8, SHARDS(5)}, {2000, 3, 1, 1}, {2000, 16, 16, SHARDS(3)}};
    for (size_t i = 0; i < 10 * LENGTH(moved); i++) {
        check_relocated(&random, moved[i % LENGTH(moved)], i % 3);
    }
}
