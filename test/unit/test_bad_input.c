/* SPDX-License-Identifier: MIT */
/* G5: each bad input has its own status, and nothing changes: control block and storage are the same bytes after it. */
#include "model.h"

#define BIG (SIZE_MAX / 2 + 1) /* the top bit alone: anything multiplied or truncated comes out as 0 */
#if SIZE_MAX > UINT32_MAX
#define OVER(n) ((size_t)UINT32_MAX + 1 + (n)) /* n, to whoever forgets the upper half */
#else
#define OVER(n) SIZE_MAX
#endif

static const pool_plan good = {16, 24, 8, SHARDS(2)};

static const pool_plan bad_plans[] = {
    {0, 24, 8, 1},
    {LFM_POOL_MAX_COUNT + 1, 24, 8, 1},
    {OVER(0), 24, 8, 1},
    {OVER(16), 24, 8, 1},
    {BIG, 24, 8, 1},
    {SIZE_MAX, 24, 8, 1},
    {16, 0, 8, 1},
    {16, (size_t)UINT32_MAX / 2 + 1, 8, 1},
    {16, UINT32_MAX, 8, 1},
    {16, OVER(0), 8, 1},
    {16, OVER(24), 8, 1},
    {16, BIG, 8, 1},
    {16, SIZE_MAX - 7, 8, 1},
    {16, SIZE_MAX, 8, 1},
    {16, 24, 0, 1},
    {16, 24, 3, 1},
    {16, 24, 6, 1},
    {16, 24, 12, 1},
    {16, 24, 24, 1},
    {16, 24, 4095, 1},
    {16, 24, (size_t)1 << 31, 1},
    {16, 24, OVER(0), 1},
    {16, 24, OVER(8), 1},
    {16, 24, BIG, 1},
    {16, 24, SIZE_MAX, 1},
    {16, 24, 8, 0},
    {16, 24, 8, 17},
    {1000, 24, 8, 256},
    {1000, 24, 8, 257},
    {16, 24, 8, OVER(0)},
    {16, 24, 8, OVER(1)},
    {16, 24, 8, BIG},
    {16, 24, 8, SIZE_MAX},
    {0, 0, 0, 0},
    {SIZE_MAX, SIZE_MAX, SIZE_MAX, SIZE_MAX},
};

/* An init that has to fail, in both forms where one list is asked for. */
static void check_init(pool_fixture *f, lfm_pool *pool, void *storage, size_t bytes, pool_plan p, lfm_status wanted)
{
    unsigned char *before = pool_fixture_save(f, NULL);
    lfm_status status = lfm_pool_init_sharded(pool, storage, bytes, p.count, p.block_size, p.align, p.shards);
    MUST(status == wanted, "%zu blocks of %zu, align %zu, %zu shards in %zu bytes: %s", p.count, p.block_size, p.align,
         p.shards, bytes, lfm_status_string(status));
    if (p.shards == 1) {
        status = lfm_pool_init(pool, storage, bytes, p.count, p.block_size, p.align);
        MUST(status == wanted, "%zu blocks of %zu, align %zu in %zu bytes: %s", p.count, p.block_size, p.align, bytes,
             lfm_status_string(status));
    }
    MUST(pool_fixture_is_same(f, before), "%zu blocks of %zu, align %zu, %zu shards: changed something", p.count,
         p.block_size, p.align, p.shards);
    free(before);
}

Test(bad_input, init_arguments)
{
    pool_fixture f = pool_fixture_make(good);
    for (size_t i = 0; i < LENGTH(bad_plans); i++) {
        check_init(&f, f.pool, f.storage, f.bytes, bad_plans[i], LFM_EINVAL);
        check_init(&f, f.pool, f.storage, 0, bad_plans[i], LFM_EINVAL);
        check_init(&f, f.pool, f.storage, SIZE_MAX, bad_plans[i], LFM_EINVAL);
    }
    const pool_plan one = {16, 24, 8, 1};
    check_init(&f, NULL, f.storage, f.bytes, good, LFM_EINVAL);
    check_init(&f, NULL, f.storage, f.bytes, one, LFM_EINVAL);
    check_init(&f, f.pool, NULL, f.bytes, good, LFM_EINVAL);
    check_init(&f, f.pool, NULL, SIZE_MAX, one, LFM_EINVAL);
    check_init(&f, NULL, NULL, 0, one, LFM_EINVAL);
    pool_fixture_free(&f);
}

Test(bad_input, init_in_misaligned_storage)
{
    for (size_t align = 2; align <= 4096; align *= 2) {
        pool_fixture f = pool_fixture_make((pool_plan){4, 2 * align, align, 1});
        for (size_t off = 1; off < align; off = align <= 64 ? off + 1 : 2 * off) {
            check_init(&f, f.pool, f.storage + off, f.bytes, (pool_plan){2, align, align, 1}, LFM_EINVAL);
            check_init(&f, f.pool, f.storage + off, f.bytes, (pool_plan){2, align, align, SHARDS(2)}, LFM_EINVAL);
        }
        pool_fixture_free(&f);
    }
}

Test(bad_input, init_in_short_storage)
{
    const pool_plan plans[] = {{1, 1, 1, 1},         {16, 24, 8, 1},  {16, 24, 8, SHARDS(2)},  {7, 3, 1, 1},
                               {7, 3, 1, SHARDS(3)}, {3, 100, 64, 1}, {3, 1, 1024, SHARDS(3)}, {255, 1, 1, SHARDS(255)},
                               {1022, 2, 2, 1},      {1023, 2, 2, 1}, {65534, 1, 1, 1}};
    for (size_t i = 0; i < LENGTH(plans); i++) {
        pool_fixture f = pool_fixture_make(plans[i]);
        const size_t step = f.bytes > 5000 ? f.bytes / 50 : 1;
        for (size_t lacks = 1; lacks <= f.bytes; lacks += lacks < 10 ? 1 : step) {
            check_init(&f, f.pool, f.storage, f.bytes - lacks, plans[i], LFM_ENOMEM);
        }
        check_init(&f, f.pool, f.storage, 0, plans[i], LFM_ENOMEM);
        pool_fixture_init(&f);
        pool_fixture_free(&f);
    }
}

/* Needs of many gigabytes. The storage is not looked at before its size is. */
Test(bad_input, init_of_huge_pools)
{
    pool_fixture f = pool_fixture_make(good);
    const size_t largest = UINT32_MAX / 2, align = (size_t)1 << 30;
    check_init(&f, f.pool, f.storage, f.bytes, (pool_plan){LFM_POOL_MAX_COUNT, largest, 1, 1}, LFM_ENOMEM);
    check_init(&f, f.pool, f.storage, f.bytes, (pool_plan){LFM_POOL_MAX_COUNT, largest, 8, SHARDS(255)}, LFM_ENOMEM);
    check_init(&f, f.pool, f.storage, UINT32_MAX, (pool_plan){4, largest, 8, 1}, LFM_ENOMEM);
    /* 2^31 blocks of stride 2: the product comes out as 0 in 32 bits */
    check_init(&f, f.pool, f.storage, f.bytes, (pool_plan){LFM_WORD_BITS == 64 ? 1u << 25 : 1u << 15, 1u << 17, 8, 1},
               LFM_ENOMEM);
    check_init(&f, f.pool, (void *)align, f.bytes, (pool_plan){1, 1, align, 1}, LFM_ENOMEM);
    check_init(&f, f.pool, (void *)align, f.bytes, (pool_plan){4, largest, align, 1}, LFM_ENOMEM);
    check_init(&f, f.pool, (void *)(align / 2), f.bytes, (pool_plan){4, largest, align, 1}, LFM_EINVAL);
    pool_fixture_free(&f);
}

Test(bad_input, null_where_nothing_is_written)
{
    pool_fixture f = pool_fixture_make(good);
    lfm_pool_stats_t stats, zero;
    unsigned char *before = pool_fixture_save(&f, NULL);
    memset(&stats, 0xFF, sizeof stats);
    memset(&zero, 0, sizeof zero);
    lfm_pool_stats(NULL, &stats);
    MUST(memcmp(&stats, &zero, sizeof stats) == 0, "no pool, no counts");
    lfm_pool_stats(f.pool, NULL);
    lfm_pool_stats(NULL, NULL);
    MUST(lfm_pool_check(NULL) == LFM_EINVAL, "no pool");
    MUST(!lfm_pool_owns(NULL, f.storage) && !lfm_pool_owns(f.pool, NULL) && !lfm_pool_owns(NULL, NULL), "nothing");
    MUST(lfm_pool_get_many(f.pool, (void *[]){NULL}, 0) == 0, "none asked for");
    MUST(lfm_pool_put_many(f.pool, NULL, 0) == LFM_OK, "none named");
    MUST(pool_fixture_is_same(&f, before), "changed something");
    free(before);
    pool_fixture_free(&f);
}

/* Every address around and inside the blocks: only their starts are the pool's. */
Test(bad_input, owns_no_other_address)
{
    const pool_plan plans[] = {{1, 1, 1, 1}, {5, 3, 1, 1}, {7, 24, 8, 1}, {6, 7, 8, SHARDS(2)}, {3, 100, 64, SHARDS(3)},
                               {5, 40, 4, 1}};
    for (size_t i = 0; i < LENGTH(plans); i++) {
        pool_fixture f = pool_fixture_make(plans[i]);
        const uintptr_t from = (uintptr_t)f.storage, bytes = f.stride * f.plan.count;
        for (uintptr_t at = from - 300; at < from + f.bytes + 300; at++) {
            const bool start = at >= from && at < from + bytes && (at - from) % f.stride == 0;
            MUST(lfm_pool_owns(f.pool, (void *)at) == start, "offset %lld", (long long)(at - from));
        }
        for (int bit = 0; bit < (int)sizeof(uintptr_t) * 8; bit++) {
            const uintptr_t off = (uintptr_t)1 << bit, start = off < bytes && off % f.stride == 0;
            MUST(lfm_pool_owns(f.pool, (void *)(from + off)) == (start != 0), "block 0 and 2^%d", bit);
            MUST(!lfm_pool_owns(f.pool, (void *)(from - off)), "block 0 less 2^%d", bit);
        }
        pool_fixture_free(&f);
    }
}

#if LFM_CHECKS >= 1

Test(bad_input, null_pool)
{
    pool_fixture f = pool_fixture_make(good);
    void *blocks[2] = {lfm_pool_get(f.pool), NULL};
    unsigned char *before = pool_fixture_save(&f, NULL);
    MUST(lfm_pool_get(NULL) == NULL, "no pool");
    MUST(lfm_pool_get_many(NULL, blocks, 1) == 0 && lfm_pool_get_many(NULL, NULL, 1) == 0, "no pool");
    MUST(lfm_pool_get_many(f.pool, NULL, 1) == 0 && lfm_pool_get_many(f.pool, NULL, SIZE_MAX) == 0, "no room");
    MUST(lfm_pool_put(NULL, blocks[0]) == LFM_EINVAL && lfm_pool_put(NULL, NULL) == LFM_EINVAL, "no pool");
    MUST(lfm_pool_put(f.pool, NULL) == LFM_EINVAL, "no block");
    MUST(lfm_pool_put_many(NULL, blocks, 1) == LFM_EINVAL && lfm_pool_put_many(NULL, blocks, 0) == LFM_EINVAL,
         "no pool");
    MUST(lfm_pool_put_many(NULL, NULL, 0) == LFM_EINVAL, "no pool");
    MUST(lfm_pool_put_many(f.pool, NULL, 1) == LFM_EINVAL, "no blocks");
    MUST(lfm_pool_put_many(f.pool, blocks, 2) == LFM_EINVAL, "the second is none");
    MUST(pool_fixture_is_same(&f, before), "changed something");
    free(before);
    pool_fixture_free(&f);
}

/* A put of one address, alone and by put_many, against the model; a good one is taken again. */
static void check_put(pool_fixture *f, model *m, uintptr_t at, const unsigned char *before)
{
    void *block = (void *)at;
    const lfm_status wanted = model_put_status(m, f, block);
    if (wanted == LFM_OK) {
        return;
    }
    const lfm_status one = lfm_pool_put(f->pool, block), many = lfm_pool_put_many(f->pool, &block, 1);
    MUST(one == wanted && many == wanted, "offset %lld: %s, as one of many %s", (long long)(at - (uintptr_t)f->storage),
         lfm_status_string(one), lfm_status_string(many));
    MUST(pool_fixture_is_same(f, before), "offset %lld: changed something", (long long)(at - (uintptr_t)f->storage));
}

static const pool_plan put_plans[] = {
    {1, 1, 1, 1},   {1, 24, 8, 1},           {7, 3, 1, 1},    {8, 8, 8, 1},    {16, 24, 8, SHARDS(2)},
    {6, 20, 16, 1}, {5, 100, 64, SHARDS(5)}, {3, 7, 4096, 1}, {1023, 1, 1, 1}, {70, 3, 1, SHARDS(9)}};

Test(bad_input, put_of_every_address)
{
    rng random = support_seed("bad_input.put_of_every_address");
    for (size_t i = 0; i < LENGTH(put_plans); i++) {
        pool_fixture f = pool_fixture_make(put_plans[i]);
        model m = model_make(f.plan, f.home);
        unsigned char *before = NULL;
        for (size_t taken = 0; taken <= f.plan.count; taken = taken < 3 ? taken + 1 : 2 * taken) {
            size_t index;
            while (f.plan.count - model_free_count(&m) < taken && model_get(&m, &index)) {
                MUST(lfm_pool_get(f.pool) != NULL, "a block");
            }
            before = pool_fixture_save(&f, before);
            const uintptr_t from = (uintptr_t)f.storage;
            for (uintptr_t at = from - f.stride - 1; at < from + f.bytes + f.stride; at++) {
                check_put(&f, &m, at, before);
            }
            for (int bit = 0; bit < (int)sizeof(uintptr_t) * 8; bit++) {
                const uintptr_t block = (uintptr_t)pool_fixture_block(&f, rng_below(&random, (uint32_t)f.plan.count));
                check_put(&f, &m, block + ((uintptr_t)1 << bit), before);
                check_put(&f, &m, block - ((uintptr_t)1 << bit), before);
            }
            check_put(&f, &m, (uintptr_t)f.pool, before);
            check_put(&f, &m, (uintptr_t)&m, before);
            check_put(&f, &m, 0, before);
            check_put(&f, &m, 1, before);
            check_put(&f, &m, UINTPTR_MAX, before);
        }
        free(before);
        model_free(&m);
        pool_fixture_free(&f);
    }
}

/* put_many of n good blocks with one bad pointer at `place`: its status, and every claim before it undone. */
static void check_undo(pool_fixture *f, void *const good_blocks[], size_t n, size_t place, void *bad, lfm_status wanted)
{
    void *blocks[17];
    unsigned char *before = pool_fixture_save(f, NULL);
    memcpy(blocks, good_blocks, place * sizeof *blocks);
    blocks[place] = bad;
    memcpy(blocks + place + 1, good_blocks + place, (n - place) * sizeof *blocks);
    const lfm_status status = lfm_pool_put_many(f->pool, blocks, n + 1);
    MUST(status == wanted, "bad one at place %zu of %zu: %s", place, n + 1, lfm_status_string(status));
    MUST(pool_fixture_is_same(f, before), "%s at place %zu of %zu: changed something", lfm_status_string(wanted), place,
         n + 1);
    free(before);
}

Test(bad_input, put_many_undoes_at_every_place)
{
    const pool_plan plans[] = {
        {20, 24, 8, 1}, {20, 3, 1, 1}, {1023, 8, 8, 1}, {40, 24, 8, SHARDS(2)}, {50, 8, 8, SHARDS(25)}};
    for (size_t i = 0; i < LENGTH(plans); i++) {
        pool_fixture f = pool_fixture_make(plans[i]);
        void *taken[18];
        MUST(lfm_pool_get_many(f.pool, taken, 18) == 18, "18 of %zu", plans[i].count);
        void *free_block = taken[16], *other_free = taken[17];
        MUST(lfm_pool_put_many(f.pool, taken + 16, 2) == LFM_OK, "two of them");
        for (size_t n = 0; n <= 16; n++) {
            for (size_t place = 0; place <= n; place++) {
                check_undo(&f, taken, n, place, NULL, LFM_EINVAL);
                check_undo(&f, taken, n, place, free_block, LFM_EDOUBLEFREE);
                check_undo(&f, taken, n, place, other_free, LFM_EDOUBLEFREE);
                check_undo(&f, taken, n, place, f.storage + 1, LFM_EINTERIOR);
                check_undo(&f, taken, n, place, f.storage - 1, LFM_EFOREIGN);
                check_undo(&f, taken, n, place, pool_fixture_block(&f, plans[i].count), LFM_EFOREIGN);
                check_undo(&f, taken, n, place, f.pool, LFM_EFOREIGN);
                for (size_t again = 0; again < n; again++) {
                    check_undo(&f, taken, n, place, taken[again], LFM_EDOUBLEFREE);
                }
            }
        }
        MUST(lfm_pool_put_many(f.pool, taken, 16) == LFM_OK, "they are still their owner's");
        MUST(lfm_pool_check(f.pool) == LFM_OK && pool_fixture_free_count(&f) == plans[i].count, "all are back");
        pool_fixture_free(&f);
    }
}

Test(bad_input, the_first_bad_one_decides)
{
    pool_fixture f = pool_fixture_make((pool_plan){4, 8, 8, 1});
    void *block = lfm_pool_get(f.pool);
    void *const bad[] = {NULL, f.storage + 1, f.storage - 1, f.storage + 8};
    const lfm_status wanted[] = {LFM_EINVAL, LFM_EINTERIOR, LFM_EFOREIGN, LFM_EDOUBLEFREE};
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 4; j++) {
            void *blocks[] = {block, bad[i], bad[j]};
            MUST(lfm_pool_put_many(f.pool, blocks, 3) == wanted[i], "%zu before %zu", i, j);
        }
    }
    MUST(lfm_pool_put(f.pool, block) == LFM_OK, "none of them took it");
    pool_fixture_free(&f);
}

/* A pointer that is right, or wrong in one of many ways. */
static void *random_pointer(rng *random, const pool_fixture *f)
{
    unsigned char *block = pool_fixture_block(f, rng_below(random, (uint32_t)f->plan.count));
    switch (rng_below(random, 12)) {
    case 0:
        return NULL;
    case 1:
        return block + rng_below(random, (uint32_t)f->stride);
    case 2:
        return f->storage - 40 + rng_below(random, (uint32_t)f->bytes + 80);
    case 3:
        return (void *)((uintptr_t)block ^ (uintptr_t)1 << rng_below(random, sizeof(uintptr_t) * 8));
    case 4:
        return (void *)(uintptr_t)rng_next(random);
    default:
        return block;
    }
}

/* What put_many has to say: the first bad one's status, where a block that was named before is free already. */
static lfm_status many_status(const model *m, const pool_fixture *f, void *const blocks[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const lfm_status status = model_put_status(m, f, blocks[i]);
        if (status != LFM_OK) {
            return status;
        }
        for (size_t k = 0; k < i; k++) {
            if (blocks[k] == blocks[i]) {
                return LFM_EDOUBLEFREE;
            }
        }
    }
    return LFM_OK;
}

/* One get of up to 4, or one put of up to 4 right and wrong pointers. */
static void random_call(rng *random, pool_fixture *f, model *m, unsigned char *before)
{
    const size_t n = rng_below(random, 4) == 0 ? 1 + rng_below(random, 4) : 1;
    void *blocks[4];
    size_t index;
    if (rng_below(random, 4) == 0) {
        const size_t got = lfm_pool_get_many(f->pool, blocks, n);
        for (size_t i = 0; i < got; i++) {
            MUST(model_get(m, &index) && pool_fixture_index(f, blocks[i]) == index, "block %zu of %zu", i, got);
        }
        return;
    }
    for (size_t i = 0; i < n; i++) {
        blocks[i] = random_pointer(random, f);
    }
    before = pool_fixture_save(f, before);
    const lfm_status wanted = many_status(m, f, blocks, n);
    const lfm_status status = n == 1 ? lfm_pool_put(f->pool, blocks[0]) : lfm_pool_put_many(f->pool, blocks, n);
    MUST(status == wanted, "put of %zu, first %p: %s", n, blocks[0], lfm_status_string(status));
    MUST(status == LFM_OK || pool_fixture_is_same(f, before), "%s: changed something", lfm_status_string(status));
    for (size_t i = n; status == LFM_OK && i > 0; i--) {
        model_put(m, pool_fixture_index(f, blocks[i - 1]));
    }
}

Test(bad_input, a_million_random_calls)
{
    enum {
        CALLS = 1000000 / SUPPORT_SHARE
    };
    rng random = support_seed("bad_input.a_million_random_calls");
    const pool_plan plans[] = {{16, 24, 8, 1}, {40, 3, 1, 1}, {12, 20, 4, SHARDS(3)}, {100, 1, 1, 1}};
    for (size_t i = 0; i < LENGTH(plans); i++) {
        pool_fixture f = pool_fixture_make(plans[i]);
        model m = model_make(plans[i], f.home);
        unsigned char *before = pool_fixture_save(&f, NULL);
        for (size_t call = 0; call < CALLS / LENGTH(plans); call++) {
            random_call(&random, &f, &m, before);
            MUST(pool_fixture_free_count(&f) == model_free_count(&m), "%zu free", pool_fixture_free_count(&f));
            MUST(call % 256 != 0 || lfm_pool_check(f.pool) == LFM_OK, "after %zu calls", call);
        }
        MUST(lfm_pool_check(f.pool) == LFM_OK, "at the end");
        free(before);
        model_free(&m);
        pool_fixture_free(&f);
    }
}

#endif
