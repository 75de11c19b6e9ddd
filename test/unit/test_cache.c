/* SPDX-License-Identifier: MIT */
/* Caches in one context: what they hold, when they go to the pool, bad input, and random calls on several of them.
 * Built twice: with the functions of the header, and with those of the library. */
#include "pool_fixture.h"

enum {
    SLOTS = 8,
    HALF = SLOTS / 2
};

/* Plain, sharded, with split counts, with links of 4 bytes. */
static const pool_plan plans[] = {
    {16, 8, 8, 1}, {17, 24, 8, SHARDS(3)}, {40, 3, 1, 1}, {1500, 1, 1, 1}, {70000, 1, 1, 1}};

/* A pool with two caches. */
typedef struct cache_fixture {
    pool_fixture fixture;
    lfm_cache a[1], b[1];
    void *slots[2][SLOTS];
} cache_fixture;

static void cache_fixture_make(cache_fixture *d, pool_plan p)
{
    d->fixture = pool_fixture_make(p);
    MUST(lfm_cache_init(d->a, d->fixture.pool, d->slots[0], SLOTS) == LFM_OK, "init");
    MUST(lfm_cache_init(d->b, d->fixture.pool, d->slots[1], SLOTS) == LFM_OK, "init");
}

/* Everything is back, block by block. */
static void cache_fixture_free(cache_fixture *d)
{
    lfm_cache_flush(d->a);
    lfm_cache_flush(d->b);
    MUST(pool_fixture_free_count(&d->fixture) == d->fixture.plan.count, "%zu blocks are free",
         pool_fixture_free_count(&d->fixture));
    MUST(lfm_cache_count(d->fixture.pool) == 0, "none is in a cache");
    MUST(lfm_pool_check(d->fixture.pool) == LFM_OK, "whole");
    pool_fixture_free(&d->fixture);
}

static lfm_cache_stats_t stats_of(const lfm_cache *cache)
{
    lfm_cache_stats_t stats;
    lfm_cache_stats(cache, &stats);
    return stats;
}

static void take(lfm_cache *cache, void *blocks[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        MUST((blocks[i] = lfm_cache_get(cache)) != NULL, "block %zu of %zu", i, n);
    }
}

static void give(lfm_cache *cache, void *const blocks[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        MUST(lfm_cache_put(cache, blocks[i]) == LFM_OK, "block %zu of %zu", i, n);
    }
}

static void for_each_plan(void (*test)(cache_fixture *d))
{
    for (size_t i = 0; i < LENGTH(plans); i++) {
        if (plans[i].count <= LFM_POOL_MAX_COUNT) {
            cache_fixture d;
            cache_fixture_make(&d, plans[i]);
            test(&d);
            cache_fixture_free(&d);
        }
    }
}

static void every_block(cache_fixture *d)
{
    const size_t count = d->fixture.plan.count;
    void **blocks = calloc(count, sizeof *blocks);
    bool *seen = calloc(count, sizeof *seen);
    MUST(blocks != NULL && seen != NULL, "no memory for the test");
    take(d->a, blocks, count);
    for (size_t i = 0; i < count; i++) {
        const size_t index = pool_fixture_index(&d->fixture, blocks[i]);
        MUST(!seen[index], "block %zu came twice", index);
        seen[index] = true;
        memset(blocks[i], (int)i, d->fixture.plan.block_size);
    }
    MUST(lfm_cache_get(d->a) == NULL && lfm_cache_get(d->b) == NULL && lfm_pool_get(d->fixture.pool) == NULL,
         "all taken");
    for (size_t i = 0; i < count; i++) {
        MUST(*(unsigned char *)blocks[i] == (unsigned char)i, "block %zu was written by another", i);
    }
    give(d->b, blocks, count); /* who puts need not be who got */
    free(blocks);
    free(seen);
}

Test(cache, every_block_once)
{
    for_each_plan(every_block);
}

/* What a cache has in the program finds the blocks that the library finds, and nothing else, at any address. */
static void find_blocks(cache_fixture *d)
{
    void *block = lfm_cache_get(d->a);
    MUST(block != NULL && lfm_cache_put(d->a, block) == LFM_OK, "the cache knows its pool");
    const pool_fixture *const f = &d->fixture;
    const uintptr_t first = (uintptr_t)f->storage, beyond = 2 * f->stride + 1;
    const uintptr_t end = first + f->plan.count * f->stride;
    size_t found = 0;
    for (uintptr_t at = first - beyond; at < end + beyond; at++) {
        const bool is_block = at >= first && at < end && (at - first) % f->stride == 0;
        uint32_t index = 0;
        MUST(lfm_cache_index_(d->a, (void *)at, &index) == is_block, "by the cache, %zu bytes from the first",
             (size_t)(at - first));
        MUST(lfm_pool_owns(f->pool, (void *)at) == is_block, "by the pool, %zu bytes from the first",
             (size_t)(at - first));
        MUST(!is_block || index == (at - first) / f->stride, "block %zu is said to be %u",
             (size_t)((at - first) / f->stride), index);
        found += is_block;
    }
    MUST(found == f->plan.count, "%zu blocks", found);
}

Test(cache, finds_what_the_pool_finds)
{
    for_each_plan(find_blocks);
}

static void check_books(const cache_fixture *d, size_t taken)
{
    const size_t cached = stats_of(d->a).cached + stats_of(d->b).cached;
    MUST(pool_fixture_free_count(&d->fixture) + cached + taken == d->fixture.plan.count,
         "%zu free, %zu in caches, %zu taken", pool_fixture_free_count(&d->fixture), cached, taken);
    MUST(lfm_cache_count(d->fixture.pool) == (LFM_CHECKS >= 1 ? cached : 0), "%zu marked, %zu in caches",
         lfm_cache_count(d->fixture.pool), cached);
    MUST(lfm_pool_check(d->fixture.pool) == LFM_OK, "whole");
}

/* A call goes to the pool at most once in half as many as there are slots, wherever it stands. */
static void halves(cache_fixture *d)
{
    void *blocks[2 * SLOTS];
    take(d->a, blocks, 1);
    MUST(stats_of(d->a).cached + 1 == HALF || d->fixture.plan.shards > 1, "half of the slots came: %zu",
         stats_of(d->a).cached);
    MUST(stats_of(d->a).refills == 1 && stats_of(d->a).flushes == 0, "by one call");
    check_books(d, 1);
    take(d->a, blocks + 1, 2 * SLOTS - 2);
    give(d->a, blocks, SLOTS);
    lfm_cache_flush(d->a);
    MUST(stats_of(d->a).cached == 0, "empty");
    check_books(d, SLOTS - 1);
    give(d->a, blocks + SLOTS, SLOTS - 1);
    check_books(d, 0);
    const size_t flushes = stats_of(d->a).flushes;
    void *one = lfm_pool_get(d->fixture.pool), *other = lfm_pool_get(d->fixture.pool);
    MUST(lfm_cache_put(d->a, one) == LFM_OK && stats_of(d->a).cached == SLOTS, "full");
    MUST(lfm_cache_put(d->a, other) == LFM_OK, "one more");
    MUST(stats_of(d->a).cached == HALF + 1 && stats_of(d->a).flushes == flushes + 1, "half of them left");
    const size_t refills = stats_of(d->a).refills;
    for (int round = 0; round < 100; round++) {
        const size_t n = (size_t)round % HALF;
        take(d->a, blocks, n);
        give(d->a, blocks, n);
    }
    MUST(stats_of(d->a).refills == refills && stats_of(d->a).flushes == flushes + 1, "nobody went to the pool");
    check_books(d, 0);
}

Test(cache, goes_to_the_pool_by_halves)
{
    for_each_plan(halves);
}

Test(cache, last_in_first_out)
{
    cache_fixture d;
    cache_fixture_make(&d, plans[0]);
    void *blocks[3], *again[3];
    take(d.a, blocks, 3);
    give(d.a, blocks, 3);
    take(d.a, again, 3);
    for (size_t i = 0; i < 3; i++) {
        MUST(again[i] == blocks[2 - i], "block %zu", i);
    }
    MUST(lfm_cache_put_many(d.a, blocks, 3) == LFM_OK && lfm_cache_get_many(d.a, again, 3) == 3, "many");
    for (size_t i = 0; i < 3; i++) {
        MUST(again[i] == blocks[2 - i], "block %zu", i);
    }
    give(d.a, blocks, 3);
    cache_fixture_free(&d);
}

/* What one cache holds the other one does not get, until it is flushed. */
static void held_back(cache_fixture *d)
{
    const size_t count = d->fixture.plan.count;
    void **blocks = calloc(count, sizeof *blocks);
    MUST(blocks != NULL, "no memory for the test");
    take(d->a, blocks, count);
    give(d->a, blocks, 2);
    MUST(lfm_cache_get(d->b) == NULL && lfm_pool_get(d->fixture.pool) == NULL, "two are free, but not for these");
    MUST(lfm_cache_get_many(d->b, blocks, 2) == 0, "nor many");
    lfm_cache_flush(d->a);
    take(d->b, blocks, 2);
    MUST(lfm_cache_get(d->a) == NULL, "and no more");
    give(d->b, blocks, count);
    free(blocks);
}

Test(cache, holds_back_until_it_is_flushed)
{
    for_each_plan(held_back);
}

static void many_calls(cache_fixture *d)
{
    const size_t count = d->fixture.plan.count;
    void **blocks = calloc(count + 1, sizeof *blocks);
    MUST(blocks != NULL, "no memory for the test");
    for (size_t n = 0; n <= count + 1 && n < 50; n++) {
        const size_t want = n <= count ? n : SIZE_MAX, got = lfm_cache_get_many(d->a, blocks, want);
        MUST(got == (n <= count ? n : count), "asked for %zu, got %zu", want, got);
        for (size_t i = 0; i < got; i++) {
            pool_fixture_index(&d->fixture, blocks[i]);
        }
        check_books(d, got);
        MUST(lfm_cache_put_many(n % 2 == 0 ? d->a : d->b, blocks, got) == LFM_OK, "put %zu", got);
        check_books(d, 0);
        lfm_cache_flush(n % 2 == 0 ? d->a : d->b); /* the other one may hold blocks of the round before */
        lfm_cache_flush(n % 3 == 0 ? d->b : d->a);
        lfm_cache_flush(n % 3 == 0 ? d->a : d->b);
    }
    free(blocks);
}

Test(cache, many)
{
    for_each_plan(many_calls);
}

Test(cache, bad_arguments)
{
    cache_fixture d;
    cache_fixture_make(&d, plans[0]);
    void *const blocks[] = {NULL, NULL};
    lfm_cache_stats_t stats;
    MUST(lfm_cache_init(NULL, d.fixture.pool, d.slots[0], SLOTS) == LFM_EINVAL, "no cache");
    MUST(lfm_cache_init(d.a, NULL, d.slots[0], SLOTS) == LFM_EINVAL, "no pool");
    MUST(lfm_cache_init(d.a, d.fixture.pool, NULL, SLOTS) == LFM_EINVAL, "no slots");
    const size_t bad[] = {0, 1, (size_t)LFM_POOL_MAX_COUNT + 1, SIZE_MAX};
    for (size_t i = 0; i < LENGTH(bad); i++) {
        MUST(lfm_cache_init(d.a, d.fixture.pool, d.slots[0], bad[i]) == LFM_EINVAL, "%zu slots", bad[i]);
    }
    memset(&stats, 0xFF, sizeof stats);
    lfm_cache_stats(NULL, &stats);
    MUST(stats.slot_count + stats.cached + stats.refills + stats.flushes == 0, "zeroed");
    lfm_cache_stats(d.a, NULL);
    lfm_cache_flush(NULL);
    lfm_cache_flush(d.a);
    MUST(lfm_cache_count(NULL) == 0, "no pool");
    MUST(lfm_cache_put_many(d.a, blocks, 0) == LFM_OK && lfm_cache_put_many(d.a, NULL, 0) == LFM_OK, "nothing to do");
#if LFM_CHECKS >= 1
    MUST(lfm_cache_get(NULL) == NULL && lfm_cache_get_many(NULL, (void **)(uintptr_t)blocks, 2) == 0, "no cache");
    MUST(lfm_cache_get_many(d.a, NULL, 2) == 0, "no room");
    MUST(lfm_cache_put(NULL, d.fixture.storage) == LFM_EINVAL && lfm_cache_put_many(NULL, blocks, 2) == LFM_EINVAL,
         "none");
    MUST(lfm_cache_put(d.a, NULL) == LFM_EINVAL && lfm_cache_put_many(d.a, blocks, 2) == LFM_EINVAL, "no block");
    MUST(lfm_cache_put_many(d.a, NULL, 2) == LFM_EINVAL, "no array");
#endif
    cache_fixture_free(&d);
}

#if LFM_CHECKS >= 1
/* A put that is refused changes nothing: not the pool, not the cache. */
static void expect_refusal(cache_fixture *d, lfm_cache *cache, void *const blocks[], size_t n, lfm_status wanted)
{
    unsigned char *const pool = pool_fixture_save(&d->fixture, NULL);
    lfm_cache saved;
    void *slots[SLOTS], **const own = cache == d->a ? d->slots[0] : d->slots[1];
    memcpy(&saved, cache, sizeof saved);
    memcpy(slots, own, sizeof slots);
    const lfm_status status = n == 1 ? lfm_cache_put(cache, blocks[0]) : lfm_cache_put_many(cache, blocks, n);
    MUST(status == wanted, "%s, not %s", lfm_status_string(status), lfm_status_string(wanted));
    MUST(pool_fixture_is_same(&d->fixture, pool), "the pool has changed");
    const size_t cached = stats_of(cache).cached; /* what lies above means nothing */
    MUST(memcmp(&saved, cache, sizeof saved) == 0 && memcmp(slots, own, cached * sizeof *slots) == 0, "the cache has");
    if (n == 1) { /* among good ones it is refused as well */
        void *one = lfm_pool_get(d->fixture.pool), *two = lfm_pool_get(d->fixture.pool),
             *three[] = {one, blocks[0], two};
        expect_refusal(d, cache, three, 3, wanted);
        MUST(lfm_pool_put(d->fixture.pool, one) == LFM_OK && lfm_pool_put(d->fixture.pool, two) == LFM_OK,
             "both are taken");
    }
    free(pool);
}

static void bad_blocks(cache_fixture *d)
{
    static unsigned char stranger;
    const pool_fixture *f = &d->fixture;
    void *blocks[3];
    take(d->a, blocks, 2); /* and some more, which nobody has taken yet */
    for (int i = 0; i < 2; i++) {
        lfm_cache *const cache = i == 0 ? d->a : d->b;
        MUST(lfm_cache_put(cache, lfm_cache_get(cache)) == LFM_OK, "the cache knows its pool");
        void *const foreign[] = {&stranger, f->storage + f->plan.count * f->stride, f->storage - 1, d->a};
        for (size_t k = 0; k < LENGTH(foreign); k++) {
            expect_refusal(d, cache, &foreign[k], 1, LFM_EFOREIGN);
        }
        void *const null = NULL, *const inner = (unsigned char *)blocks[0] + f->stride / 2;
        expect_refusal(d, cache, &null, 1, LFM_EINVAL);
        if (f->stride > 1) {
            expect_refusal(d, cache, &inner, 1, LFM_EINTERIOR);
        }
    }
    MUST(lfm_cache_put(d->a, blocks[0]) == LFM_OK, "once");
    expect_refusal(d, d->a, blocks, 1, LFM_EDOUBLEFREE);
    expect_refusal(d, d->b, blocks, 1, LFM_EDOUBLEFREE);
    MUST(lfm_pool_put(f->pool, blocks[0]) == LFM_EDOUBLEFREE, "nor into the pool");
    MUST(lfm_pool_put_many(f->pool, blocks, 1) == LFM_EDOUBLEFREE, "nor so");
    lfm_cache_flush(d->a);
    expect_refusal(d, d->a, blocks, 1, LFM_EDOUBLEFREE);
    void *const twice[] = {blocks[1], blocks[1]};
    expect_refusal(d, d->b, twice, 2, LFM_EDOUBLEFREE);
    MUST(lfm_pool_put(f->pool, blocks[1]) == LFM_OK, "once");
    expect_refusal(d, d->b, blocks + 1, 1, LFM_EDOUBLEFREE);

    /* of the blocks that came with one that was asked for, nobody has taken any */
    take(d->a, blocks, 1);
    for (size_t i = 0; i < f->plan.count; i++) {
        void *const block = pool_fixture_block(f, i);
        const lfm_status wanted = block == blocks[0] ? LFM_OK : LFM_EDOUBLEFREE, status = lfm_cache_put(d->b, block);
        MUST(status == wanted, "block %zu: %s", i, lfm_status_string(status));
    }
    check_books(d, 0);
}

Test(cache, bad_blocks)
{
    for_each_plan(bad_blocks);
}
#endif

/* Two caches and the pool itself: a random one gets or puts one or many, or is flushed. */
static void random_calls(cache_fixture *d)
{
    rng random = support_seed("cache.random");
    const size_t count = d->fixture.plan.count;
    void **held = calloc(count, sizeof *held), **some = calloc(count, sizeof *some);
    bool *taken = calloc(count, sizeof *taken);
    size_t n = 0;
    MUST(held != NULL && some != NULL && taken != NULL, "no memory for the test");
    for (int step = 0; step < 4000; step++) {
        lfm_cache *const cache = rng_below(&random, 2) == 0 ? d->a : d->b;
        const uint32_t dice = rng_below(&random, 16), most = rng_below(&random, 3 * SLOTS);
        const bool direct = rng_below(&random, 8) == 0;
        const size_t wish = dice % 2 == 0 ? 1 : most;
        if (dice < (step / 500 % 2 == 0 ? 7u : 9u)) {
            const size_t room = wish < count - n ? wish : count - n;
            const size_t got = direct      ? lfm_pool_get_many(d->fixture.pool, some, room)
                               : wish == 1 ? (some[0] = lfm_cache_get(cache)) != NULL
                                           : lfm_cache_get_many(cache, some, room);
            MUST(got <= room || wish == 1, "step %d: %zu of %zu", step, got, room);
            for (size_t i = 0; i < got; i++) {
                const size_t index = pool_fixture_index(&d->fixture, some[i]);
                MUST(!taken[index], "step %d: block %zu came twice", step, index);
                taken[index] = true;
                held[n++] = some[i];
            }
        } else if (dice < 15) {
            size_t m = 0;
            for (; m < wish && n > 0; m++) {
                const size_t at = rng_below(&random, (uint32_t)n);
                some[m] = held[at];
                held[at] = held[--n];
                taken[pool_fixture_index(&d->fixture, some[m])] = false;
            }
            const lfm_status status = direct   ? lfm_pool_put_many(d->fixture.pool, some, m)
                                      : m == 1 ? lfm_cache_put(cache, some[0])
                                               : lfm_cache_put_many(cache, some, m);
            MUST(status == LFM_OK, "step %d: %s", step, lfm_status_string(status));
        } else {
            lfm_cache_flush(cache);
        }
        const size_t index = rng_below(&random, (uint32_t)count);
        if (LFM_CHECKS >= 1 && !taken[index]) {
            MUST(lfm_cache_put(cache, pool_fixture_block(&d->fixture, index)) == LFM_EDOUBLEFREE, "step %d: block %zu",
                 step, index);
        }
        MUST(stats_of(cache).cached <= SLOTS, "step %d", step);
        if (step % (count > 2000 ? 1000 : 16) == 0) {
            check_books(d, n);
        }
    }
    give(d->a, held, n);
    free(held);
    free(some);
    free(taken);
}

Test(cache, random)
{
    for_each_plan(random_calls);
}

/* Of any number of slots, odd ones too, and of more than there are blocks. */
Test(cache, every_number_of_slots)
{
    for (size_t slot_count = 2; slot_count < 40; slot_count++) {
        pool_fixture f = pool_fixture_make((pool_plan){32, 8, 8, SHARDS(1 + slot_count % 2)});
        void *slots[41], *blocks[32];
        lfm_cache cache;
        memset(slots, GUARD_BYTE, sizeof slots);
        void *const guard = slots[slot_count];
        MUST(lfm_cache_init(&cache, f.pool, slots, slot_count) == LFM_OK, "%zu slots", slot_count);
        for (int round = 0; round < 3; round++) {
            take(&cache, blocks, 32);
            MUST(lfm_cache_get(&cache) == NULL, "%zu slots", slot_count);
            give(&cache, blocks, 32);
            MUST(stats_of(&cache).cached + pool_fixture_free_count(&f) == 32, "%zu slots", slot_count);
        }
        MUST(slots[slot_count] == guard, "%zu slots: one more was written", slot_count);
        lfm_cache_flush(&cache);
        MUST(pool_fixture_free_count(&f) == 32 && lfm_pool_check(f.pool) == LFM_OK, "%zu slots", slot_count);
        pool_fixture_free(&f);
    }
}

/* With so many blocks as are taken at most and as all caches but the smallest hold, no get fails. */
Test(cache, enough_blocks)
{
    enum {
        TAKEN = 4,
        FEW = 3
    };
    rng random = support_seed("cache.enough");
    cache_fixture d;
    cache_fixture_make(&d, (pool_plan){TAKEN + SLOTS, 8, 8, SHARDS(2)});
    MUST(lfm_cache_init(d.b, d.fixture.pool, d.slots[1], FEW) == LFM_OK, "init");
    void *blocks[TAKEN];
    size_t n = 0;
    for (int step = 0; step < 20000; step++) {
        lfm_cache *const cache = rng_below(&random, 4) < (step / 100 % 2 == 0 ? 3u : 1u) ? d.a : d.b;
        if (n < TAKEN && rng_below(&random, 2) == 0) {
            MUST((blocks[n] = lfm_cache_get(cache)) != NULL, "step %d: %zu taken, the caches have %zu and %zu", step, n,
                 stats_of(d.a).cached, stats_of(d.b).cached);
            n++;
        } else if (n > 0) {
            MUST(lfm_cache_put(cache, blocks[--n]) == LFM_OK, "step %d", step);
        }
    }
    give(d.a, blocks, n);
    cache_fixture_free(&d);
}

LFM_POOL_DEFINE(defined, 20, 64, 64);
LFM_CACHE_DEFINE(early, defined, SLOTS);
LFM_CACHE_DEFINE(late, defined, 3);

static void *before_main;
__attribute__((constructor)) static void take_early(void)
{
    before_main = lfm_cache_get(early);
}

Test(cache, defined)
{
    void *blocks[19];
    MUST(before_main != NULL && stats_of(early).slot_count == SLOTS, "ready before main");
    MUST(lfm_cache_put(late, before_main) == LFM_OK, "a put comes first in this one");
    lfm_cache_flush(early);
    take(early, blocks, 19);
    MUST(lfm_cache_get(early) == NULL && lfm_cache_get(late) == before_main, "the last one");
    give(late, blocks, 19);
    MUST(lfm_cache_put(early, before_main) == LFM_OK, "where it came from");
    lfm_cache_flush(early);
    lfm_cache_flush(late);
    lfm_pool_stats_t stats;
    lfm_pool_stats(defined, &stats);
    MUST(stats.free == 20 && stats.min_free == 0 && lfm_pool_check(defined) == LFM_OK, "%zu free", stats.free);
}
