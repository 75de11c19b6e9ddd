/* SPDX-License-Identifier: MIT */
/* G5: each bad input has its own status, and nothing changes: control block and storage are the same bytes after it. */
#include "model.h"

#define BIG (SIZE_MAX / 2 + 1) /* the top bit alone: anything multiplied or truncated comes out as 0 */
#if SIZE_MAX > UINT32_MAX
#define OVER(n) ((size_t)UINT32_MAX + 1 + (n)) /* n, to whoever forgets the upper half */
#else
#define OVER(n) SIZE_MAX
#endif

static const plan good = {16, 24, 8, SHARDS(2)};

static const plan bad_plans[] = {
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
static void check_init(rig *r, lfm_pool *pool, void *storage, size_t bytes, plan p, lfm_status wanted)
{
    unsigned char *before = rig_save(r, NULL);
    lfm_status status = lfm_pool_init_sharded(pool, storage, bytes, p.count, p.block_size, p.align, p.shards);
    MUST(status == wanted, "%zu blocks of %zu, align %zu, %zu shards in %zu bytes: %s", p.count, p.block_size, p.align,
         p.shards, bytes, lfm_status_string(status));
    if (p.shards == 1) {
        status = lfm_pool_init(pool, storage, bytes, p.count, p.block_size, p.align);
        MUST(status == wanted, "%zu blocks of %zu, align %zu in %zu bytes: %s", p.count, p.block_size, p.align, bytes,
             lfm_status_string(status));
    }
    MUST(rig_is_same(r, before), "%zu blocks of %zu, align %zu, %zu shards: changed something", p.count, p.block_size,
         p.align, p.shards);
    free(before);
}

Test(bad_input, init_arguments)
{
    rig r = rig_make(good);
    for (size_t i = 0; i < LENGTH(bad_plans); i++) {
        check_init(&r, r.pool, r.storage, r.bytes, bad_plans[i], LFM_EINVAL);
        check_init(&r, r.pool, r.storage, 0, bad_plans[i], LFM_EINVAL);
        check_init(&r, r.pool, r.storage, SIZE_MAX, bad_plans[i], LFM_EINVAL);
    }
    const plan one = {16, 24, 8, 1};
    check_init(&r, NULL, r.storage, r.bytes, good, LFM_EINVAL);
    check_init(&r, NULL, r.storage, r.bytes, one, LFM_EINVAL);
    check_init(&r, r.pool, NULL, r.bytes, good, LFM_EINVAL);
    check_init(&r, r.pool, NULL, SIZE_MAX, one, LFM_EINVAL);
    check_init(&r, NULL, NULL, 0, one, LFM_EINVAL);
    rig_free(&r);
}

Test(bad_input, init_in_misaligned_storage)
{
    for (size_t align = 2; align <= 4096; align *= 2) {
        rig r = rig_make((plan){4, 2 * align, align, 1});
        for (size_t off = 1; off < align; off = align <= 64 ? off + 1 : 2 * off) {
            check_init(&r, r.pool, r.storage + off, r.bytes, (plan){2, align, align, 1}, LFM_EINVAL);
            check_init(&r, r.pool, r.storage + off, r.bytes, (plan){2, align, align, SHARDS(2)}, LFM_EINVAL);
        }
        rig_free(&r);
    }
}

Test(bad_input, init_in_short_storage)
{
    const plan plans[] = {{1, 1, 1, 1},         {16, 24, 8, 1},  {16, 24, 8, SHARDS(2)},  {7, 3, 1, 1},
                          {7, 3, 1, SHARDS(3)}, {3, 100, 64, 1}, {3, 1, 1024, SHARDS(3)}, {255, 1, 1, SHARDS(255)},
                          {1022, 2, 2, 1},      {1023, 2, 2, 1}, {65534, 1, 1, 1}};
    for (size_t i = 0; i < LENGTH(plans); i++) {
        rig r = rig_make(plans[i]);
        const size_t step = r.bytes > 5000 ? r.bytes / 50 : 1;
        for (size_t lacks = 1; lacks <= r.bytes; lacks += lacks < 10 ? 1 : step) {
            check_init(&r, r.pool, r.storage, r.bytes - lacks, plans[i], LFM_ENOMEM);
        }
        check_init(&r, r.pool, r.storage, 0, plans[i], LFM_ENOMEM);
        rig_init(&r);
        rig_free(&r);
    }
}

/* Needs of many gigabytes. The storage is not looked at before its size is. */
Test(bad_input, init_of_huge_pools)
{
    rig r = rig_make(good);
    const size_t largest = UINT32_MAX / 2, align = (size_t)1 << 30;
    check_init(&r, r.pool, r.storage, r.bytes, (plan){LFM_POOL_MAX_COUNT, largest, 1, 1}, LFM_ENOMEM);
    check_init(&r, r.pool, r.storage, r.bytes, (plan){LFM_POOL_MAX_COUNT, largest, 8, SHARDS(255)}, LFM_ENOMEM);
    check_init(&r, r.pool, r.storage, UINT32_MAX, (plan){4, largest, 8, 1}, LFM_ENOMEM);
    /* 2^31 blocks of stride 2: the product comes out as 0 in 32 bits */
    check_init(&r, r.pool, r.storage, r.bytes, (plan){LFM_WORD_BITS == 64 ? 1u << 25 : 1u << 15, 1u << 17, 8, 1},
               LFM_ENOMEM);
    check_init(&r, r.pool, (void *)align, r.bytes, (plan){1, 1, align, 1}, LFM_ENOMEM);
    check_init(&r, r.pool, (void *)align, r.bytes, (plan){4, largest, align, 1}, LFM_ENOMEM);
    check_init(&r, r.pool, (void *)(align / 2), r.bytes, (plan){4, largest, align, 1}, LFM_EINVAL);
    rig_free(&r);
}

Test(bad_input, null_where_nothing_is_written)
{
    rig r = rig_make(good);
    lfm_pool_stats_t stats, zero;
    unsigned char *before = rig_save(&r, NULL);
    memset(&stats, 0xFF, sizeof stats);
    memset(&zero, 0, sizeof zero);
    lfm_pool_stats(NULL, &stats);
    MUST(memcmp(&stats, &zero, sizeof stats) == 0, "no pool, no counts");
    lfm_pool_stats(r.pool, NULL);
    lfm_pool_stats(NULL, NULL);
    MUST(lfm_pool_check(NULL) == LFM_EINVAL, "no pool");
    MUST(!lfm_pool_owns(NULL, r.storage) && !lfm_pool_owns(r.pool, NULL) && !lfm_pool_owns(NULL, NULL), "nothing");
    MUST(lfm_pool_get_many(r.pool, (void *[]){NULL}, 0) == 0, "none asked for");
    MUST(lfm_pool_put_many(r.pool, NULL, 0) == LFM_OK, "none named");
    MUST(rig_is_same(&r, before), "changed something");
    free(before);
    rig_free(&r);
}

/* Every address around and inside the blocks: only their starts are the pool's. */
Test(bad_input, owns_no_other_address)
{
    const plan plans[] = {{1, 1, 1, 1}, {5, 3, 1, 1}, {7, 24, 8, 1}, {6, 7, 8, SHARDS(2)}, {3, 100, 64, SHARDS(3)},
                          {5, 40, 4, 1}};
    for (size_t i = 0; i < LENGTH(plans); i++) {
        rig r = rig_make(plans[i]);
        const uintptr_t from = (uintptr_t)r.storage, bytes = r.stride * r.plan.count;
        for (uintptr_t at = from - 300; at < from + r.bytes + 300; at++) {
            const bool start = at >= from && at < from + bytes && (at - from) % r.stride == 0;
            MUST(lfm_pool_owns(r.pool, (void *)at) == start, "offset %lld", (long long)(at - from));
        }
        for (int bit = 0; bit < (int)sizeof(uintptr_t) * 8; bit++) {
            const uintptr_t off = (uintptr_t)1 << bit, start = off < bytes && off % r.stride == 0;
            MUST(lfm_pool_owns(r.pool, (void *)(from + off)) == (start != 0), "block 0 and 2^%d", bit);
            MUST(!lfm_pool_owns(r.pool, (void *)(from - off)), "block 0 less 2^%d", bit);
        }
        rig_free(&r);
    }
}

#if LFM_CHECKS >= 1

Test(bad_input, null_pool)
{
    rig r = rig_make(good);
    void *blocks[2] = {lfm_pool_get(r.pool), NULL};
    unsigned char *before = rig_save(&r, NULL);
    MUST(lfm_pool_get(NULL) == NULL, "no pool");
    MUST(lfm_pool_get_many(NULL, blocks, 1) == 0 && lfm_pool_get_many(NULL, NULL, 1) == 0, "no pool");
    MUST(lfm_pool_get_many(r.pool, NULL, 1) == 0 && lfm_pool_get_many(r.pool, NULL, SIZE_MAX) == 0, "no room");
    MUST(lfm_pool_put(NULL, blocks[0]) == LFM_EINVAL && lfm_pool_put(NULL, NULL) == LFM_EINVAL, "no pool");
    MUST(lfm_pool_put(r.pool, NULL) == LFM_EINVAL, "no block");
    MUST(lfm_pool_put_many(NULL, blocks, 1) == LFM_EINVAL && lfm_pool_put_many(NULL, blocks, 0) == LFM_EINVAL,
         "no pool");
    MUST(lfm_pool_put_many(NULL, NULL, 0) == LFM_EINVAL, "no pool");
    MUST(lfm_pool_put_many(r.pool, NULL, 1) == LFM_EINVAL, "no blocks");
    MUST(lfm_pool_put_many(r.pool, blocks, 2) == LFM_EINVAL, "the second is none");
    MUST(rig_is_same(&r, before), "changed something");
    free(before);
    rig_free(&r);
}

/* A put of one address, alone and by put_many, against the model; a good one is taken again. */
static void check_put(rig *r, model *m, uintptr_t at, const unsigned char *before)
{
    void *block = (void *)at;
    const lfm_status wanted = model_put_status(m, r, block);
    if (wanted == LFM_OK) {
        return;
    }
    const lfm_status one = lfm_pool_put(r->pool, block), many = lfm_pool_put_many(r->pool, &block, 1);
    MUST(one == wanted && many == wanted, "offset %lld: %s, as one of many %s", (long long)(at - (uintptr_t)r->storage),
         lfm_status_string(one), lfm_status_string(many));
    MUST(rig_is_same(r, before), "offset %lld: changed something", (long long)(at - (uintptr_t)r->storage));
}

static const plan put_plans[] = {
    {1, 1, 1, 1},   {1, 24, 8, 1},           {7, 3, 1, 1},    {8, 8, 8, 1},    {16, 24, 8, SHARDS(2)},
    {6, 20, 16, 1}, {5, 100, 64, SHARDS(5)}, {3, 7, 4096, 1}, {1023, 1, 1, 1}, {70, 3, 1, SHARDS(9)}};

Test(bad_input, put_of_every_address)
{
    rng random = support_seed("bad_input.put_of_every_address");
    for (size_t i = 0; i < LENGTH(put_plans); i++) {
        rig r = rig_make(put_plans[i]);
        model m = model_make(r.plan, r.home);
        unsigned char *before = NULL;
        for (size_t taken = 0; taken <= r.plan.count; taken = taken < 3 ? taken + 1 : 2 * taken) {
            size_t index;
            while (r.plan.count - model_free_count(&m) < taken && model_get(&m, &index)) {
                MUST(lfm_pool_get(r.pool) != NULL, "a block");
            }
            before = rig_save(&r, before);
            const uintptr_t from = (uintptr_t)r.storage;
            for (uintptr_t at = from - r.stride - 1; at < from + r.bytes + r.stride; at++) {
                check_put(&r, &m, at, before);
            }
            for (int bit = 0; bit < (int)sizeof(uintptr_t) * 8; bit++) {
                const uintptr_t block = (uintptr_t)rig_block(&r, rng_below(&random, (uint32_t)r.plan.count));
                check_put(&r, &m, block + ((uintptr_t)1 << bit), before);
                check_put(&r, &m, block - ((uintptr_t)1 << bit), before);
            }
            check_put(&r, &m, (uintptr_t)r.pool, before);
            check_put(&r, &m, (uintptr_t)&m, before);
            check_put(&r, &m, 0, before);
            check_put(&r, &m, 1, before);
            check_put(&r, &m, UINTPTR_MAX, before);
        }
        free(before);
        model_free(&m);
        rig_free(&r);
    }
}

/* put_many of n good blocks with one bad pointer at `place`: its status, and every claim before it undone. */
static void check_undo(rig *r, void *const good_blocks[], size_t n, size_t place, void *bad, lfm_status wanted)
{
    void *blocks[17];
    unsigned char *before = rig_save(r, NULL);
    memcpy(blocks, good_blocks, place * sizeof *blocks);
    blocks[place] = bad;
    memcpy(blocks + place + 1, good_blocks + place, (n - place) * sizeof *blocks);
    const lfm_status status = lfm_pool_put_many(r->pool, blocks, n + 1);
    MUST(status == wanted, "bad one at place %zu of %zu: %s", place, n + 1, lfm_status_string(status));
    MUST(rig_is_same(r, before), "%s at place %zu of %zu: changed something", lfm_status_string(wanted), place, n + 1);
    free(before);
}

Test(bad_input, put_many_undoes_at_every_place)
{
    const plan plans[] = {
        {20, 24, 8, 1}, {20, 3, 1, 1}, {1023, 8, 8, 1}, {40, 24, 8, SHARDS(2)}, {50, 8, 8, SHARDS(25)}};
    for (size_t i = 0; i < LENGTH(plans); i++) {
        rig r = rig_make(plans[i]);
        void *taken[18];
        MUST(lfm_pool_get_many(r.pool, taken, 18) == 18, "18 of %zu", plans[i].count);
        void *free_block = taken[16], *other_free = taken[17];
        MUST(lfm_pool_put_many(r.pool, taken + 16, 2) == LFM_OK, "two of them");
        for (size_t n = 0; n <= 16; n++) {
            for (size_t place = 0; place <= n; place++) {
                check_undo(&r, taken, n, place, NULL, LFM_EINVAL);
                check_undo(&r, taken, n, place, free_block, LFM_EDOUBLEFREE);
                check_undo(&r, taken, n, place, other_free, LFM_EDOUBLEFREE);
                check_undo(&r, taken, n, place, r.storage + 1, LFM_EINTERIOR);
                check_undo(&r, taken, n, place, r.storage - 1, LFM_EFOREIGN);
                check_undo(&r, taken, n, place, rig_block(&r, plans[i].count), LFM_EFOREIGN);
                check_undo(&r, taken, n, place, r.pool, LFM_EFOREIGN);
                for (size_t again = 0; again < n; again++) {
                    check_undo(&r, taken, n, place, taken[again], LFM_EDOUBLEFREE);
                }
            }
        }
        MUST(lfm_pool_put_many(r.pool, taken, 16) == LFM_OK, "they are still their owner's");
        MUST(lfm_pool_check(r.pool) == LFM_OK && rig_free_count(&r) == plans[i].count, "all are back");
        rig_free(&r);
    }
}

Test(bad_input, the_first_bad_one_decides)
{
    rig r = rig_make((plan){4, 8, 8, 1});
    void *block = lfm_pool_get(r.pool);
    void *const bad[] = {NULL, r.storage + 1, r.storage - 1, r.storage + 8};
    const lfm_status wanted[] = {LFM_EINVAL, LFM_EINTERIOR, LFM_EFOREIGN, LFM_EDOUBLEFREE};
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 4; j++) {
            void *blocks[] = {block, bad[i], bad[j]};
            MUST(lfm_pool_put_many(r.pool, blocks, 3) == wanted[i], "%zu before %zu", i, j);
        }
    }
    MUST(lfm_pool_put(r.pool, block) == LFM_OK, "none of them took it");
    rig_free(&r);
}

/* A pointer that is right, or wrong in one of many ways. */
static void *random_pointer(rng *random, const rig *r)
{
    unsigned char *block = rig_block(r, rng_below(random, (uint32_t)r->plan.count));
    switch (rng_below(random, 12)) {
    case 0:
        return NULL;
    case 1:
        return block + rng_below(random, (uint32_t)r->stride);
    case 2:
        return r->storage - 40 + rng_below(random, (uint32_t)r->bytes + 80);
    case 3:
        return (void *)((uintptr_t)block ^ (uintptr_t)1 << rng_below(random, sizeof(uintptr_t) * 8));
    case 4:
        return (void *)(uintptr_t)rng_next(random);
    default:
        return block;
    }
}

/* What put_many has to say: the first bad one's status, where a block that was named before is free already. */
static lfm_status many_status(const model *m, const rig *r, void *const blocks[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const lfm_status status = model_put_status(m, r, blocks[i]);
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
static void random_call(rng *random, rig *r, model *m, unsigned char *before)
{
    const size_t n = rng_below(random, 4) == 0 ? 1 + rng_below(random, 4) : 1;
    void *blocks[4];
    size_t index;
    if (rng_below(random, 4) == 0) {
        const size_t got = lfm_pool_get_many(r->pool, blocks, n);
        for (size_t i = 0; i < got; i++) {
            MUST(model_get(m, &index) && rig_index(r, blocks[i]) == index, "block %zu of %zu", i, got);
        }
        return;
    }
    for (size_t i = 0; i < n; i++) {
        blocks[i] = random_pointer(random, r);
    }
    before = rig_save(r, before);
    const lfm_status wanted = many_status(m, r, blocks, n);
    const lfm_status status = n == 1 ? lfm_pool_put(r->pool, blocks[0]) : lfm_pool_put_many(r->pool, blocks, n);
    MUST(status == wanted, "put of %zu, first %p: %s", n, blocks[0], lfm_status_string(status));
    MUST(status == LFM_OK || rig_is_same(r, before), "%s: changed something", lfm_status_string(status));
    for (size_t i = n; status == LFM_OK && i > 0; i--) {
        model_put(m, rig_index(r, blocks[i - 1]));
    }
}

Test(bad_input, a_million_random_calls)
{
    enum {
        CALLS = 1000000 / SUPPORT_SHARE
    };
    rng random = support_seed("bad_input.a_million_random_calls");
    const plan plans[] = {{16, 24, 8, 1}, {40, 3, 1, 1}, {12, 20, 4, SHARDS(3)}, {100, 1, 1, 1}};
    for (size_t i = 0; i < LENGTH(plans); i++) {
        rig r = rig_make(plans[i]);
        model m = model_make(plans[i], r.home);
        unsigned char *before = rig_save(&r, NULL);
        for (size_t call = 0; call < CALLS / LENGTH(plans); call++) {
            random_call(&random, &r, &m, before);
            MUST(rig_free_count(&r) == model_free_count(&m), "%zu free", rig_free_count(&r));
            MUST(call % 256 != 0 || lfm_pool_check(r.pool) == LFM_OK, "after %zu calls", call);
        }
        MUST(lfm_pool_check(r.pool) == LFM_OK, "at the end");
        free(before);
        model_free(&m);
        rig_free(&r);
    }
}

#endif
