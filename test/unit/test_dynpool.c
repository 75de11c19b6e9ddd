/* SPDX-License-Identifier: MIT */
/* dynpool.h as one thread sees it: which blocks there are, where they lie, when they are made, and the counts. */
#include "dynpool_fixture.h"

static void check_stats(const lfm_dynpool *pool, size_t created, size_t free, size_t peak)
{
    lfm_dynpool_stats_t stats;
    lfm_dynpool_stats(pool, &stats);
    MUST(stats.created == created && stats.free == free && stats.in_use == created - free && stats.peak == peak,
         "created %zu, free %zu, in use %zu, peak %zu; not %zu, %zu, %zu, %zu", stats.created, stats.free, stats.in_use,
         stats.peak, created, free, created - free, peak);
    MUST(lfm_dynpool_check(pool) == LFM_OK, "check");
}

/* Takes n blocks, then no more, gives them back from both ends and takes them again. */
static void check_all_of(lfm_dynpool *pool, void **blocks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        blocks[i] = lfm_dynpool_get(pool);
        MUST(blocks[i] != NULL, "block %zu of %zu", i, n);
    }
    MUST(lfm_dynpool_get(pool) == NULL && lfm_dynpool_get(pool) == NULL, "%zu and one more", n);
    check_stats(pool, n, 0, n);
    for (size_t i = 0; i < n; i++) {
        MUST(lfm_dynpool_put(pool, blocks[i % 2 == 0 ? i / 2 : n - 1 - i / 2]) == LFM_OK, "number %zu", i);
    }
    check_stats(pool, n, n, n);
    for (size_t i = n; i > 0; i--) {
        MUST(lfm_dynpool_get(pool) == blocks[(i - 1) % 2 == 0 ? (i - 1) / 2 : n - 1 - (i - 1) / 2],
             "last in first out");
    }
    MUST(lfm_dynpool_get(pool) == NULL, "no more than before");
    check_stats(pool, n, 0, n);
}

LFM_SEGMENT_DEFINE(ram, 4096, 32);
LFM_SEGMENT_DEFINE(records, LFM_DYNPOOL_METADATA_BYTES(10, 0) + LFM_DYNPOOL_METADATA_BYTES(10, 110), 1);

Test(dynpool, two_pools_on_one_segment)
{
    static lfm_dynpool general, hardware;
    void *blocks[120];
    const lfm_dynpool_config general_config = {
        .block_size = 20, .align = 8, .initial = 10, .maximum = 10, .metadata = records};
    const lfm_dynpool_config hardware_config = {.block_size = 20,
                                                .align = 8,
                                                .initial = 10,
                                                .maximum = LFM_UNLIMITED,
                                                .grow = 1,
                                                .padded = true,
                                                .metadata = records};
    MUST(lfm_dynpool_init(&general, ram, &general_config) == LFM_OK, "general");
    MUST(lfm_dynpool_init(&hardware, ram, &hardware_config) == LFM_OK, "hardware");
    check_all_of(&general, blocks, 10);
    for (size_t i = 0; i < 10; i++) {
        MUST((uintptr_t)blocks[i] % 8 == 0, "block %zu: %p", i, blocks[i]);
    }
    check_all_of(&hardware, blocks, 120);
    for (size_t i = 0; i < 120; i++) {
        MUST((uintptr_t)blocks[i] % 32 == 0, "block %zu: %p", i, blocks[i]);
        MUST(i == 0 || (unsigned char *)blocks[i] == (unsigned char *)blocks[i - 1] + 32, "block %zu", i);
    }
    MUST(lfm_segment_remaining(ram, 1) < 32, "the segment is full");
    for (size_t i = 0; i < 120; i++) {
        MUST(lfm_dynpool_put(&general, blocks[i]) == LFM_EFOREIGN, "block %zu is the other pool's", i);
        MUST(lfm_dynpool_put(&hardware, blocks[i]) == LFM_OK, "block %zu", i);
    }
    check_stats(&general, 10, 0, 10);
    check_stats(&hardware, 120, 120, 120);
}

/* Takes all that a pool can give, as its model says, and twice more from what came back. */
static void check_as_model(dynpool_fixture *d, lfm_dynpool_config config)
{
    lfm_dynpool *pool = dynpool_fixture_pool(d, 0, config);
    segment_model segment = segment_model_make(&d->c->segment, d->base);
    segment_model metadata = segment_model_make(&d->c->metadata, d->records);
    dynpool_model m = dynpool_model_make(d, 0, config, &segment, d->record_bytes != 0 ? &metadata : &segment);
    for (size_t round = 0; round < 3; round++) {
        void *block;
        do {
            void *const wanted = dynpool_model_get(&m);
            block = lfm_dynpool_get(pool);
            MUST(block == wanted, "round %zu, %zu created, %zu free: %p, not %p", round, m.created, m.free, block,
                 wanted);
            dynpool_model_check(&m, pool);
            MUST(segment_used(&d->c->segment) == segment.next, "%zu used", segment_used(&d->c->segment));
            MUST(d->record_bytes == 0 || segment_used(&d->c->metadata) == metadata.next, "metadata");
            if (block != NULL) {
                support_show(block, config.block_size);
                memset(block, (int)round, config.block_size);
            }
        } while (block != NULL);
        MUST(lfm_dynpool_check(pool) == LFM_OK, "round %zu", round);
        for (size_t i = 0; i < m.created; i++) {
            const size_t at = (i * 7919 + round) % m.created;
            if (m.taken[at]) {
                MUST(lfm_dynpool_put(pool, (void *)m.blocks[at]) == LFM_OK, "block %zu", at);
                dynpool_model_put(&m, at);
            }
        }
        for (size_t at = 0; at < m.created; at++) {
            if (m.taken[at]) {
                MUST(lfm_dynpool_put(pool, (void *)m.blocks[at]) == LFM_OK, "block %zu", at);
                dynpool_model_put(&m, at);
            }
        }
        MUST(lfm_dynpool_check(pool) == LFM_OK, "round %zu", round);
    }
    dynpool_model_free(&m);
}

/* Every kind of configuration, to the last block that its segments have room for. */
Test(dynpool, to_the_last_block)
{
    const size_t initials[] = {0, 1, 2, 5, 10}, steps[] = {0, 1, 2, 3, 7, 100, SIZE_MAX};
    const size_t more[] = {0, 1, 4, 7, 10, 33, SIZE_MAX};
    const lfm_dynpool_config shapes[] = {{20, 4, 0, 0, 0, false, NULL}, {20, 8, 0, 0, 0, true, NULL},
                                         {1, 1, 0, 0, 0, false, NULL},  {3, 1, 0, 0, 0, false, NULL},
                                         {24, 8, 0, 0, 0, false, NULL}, {24, 64, 0, 0, 0, true, NULL}};
    for (size_t i = 0; i < LENGTH(initials) * LENGTH(steps) * LENGTH(more) * LENGTH(shapes); i++) {
        lfm_dynpool_config config = shapes[i % LENGTH(shapes)];
        const size_t k = i / LENGTH(shapes), plus = more[k / LENGTH(initials) % LENGTH(more)];
        config.initial = initials[k % LENGTH(initials)];
        config.maximum = plus == SIZE_MAX ? LFM_UNLIMITED : config.initial + plus;
        config.grow = steps[k / LENGTH(initials) / LENGTH(more)];
        if (config.maximum == 0) {
            continue;
        }
        const size_t record_bytes[] = {0, 8192, 300};
        for (size_t n = 0; n < LENGTH(record_bytes); n++) {
            dynpool_fixture d = dynpool_fixture_make(1100, 32, i % 61, record_bytes[n]);
            check_as_model(&d, config);
            dynpool_fixture_free(&d);
        }
    }
}

Test(dynpool, growth_doubles)
{
    dynpool_fixture d = dynpool_fixture_make(8192, 32, 0, 0);
    lfm_dynpool *pool = dynpool_fixture_pool(
        &d, 0, (lfm_dynpool_config){.block_size = 8, .align = 8, .initial = 4, .maximum = LFM_UNLIMITED});
    const size_t created[] = {4, 8, 16, 32, 64, 128};
    for (size_t taken = 1, i = 0; taken <= 128; taken++) {
        i += taken > created[i];
        MUST(lfm_dynpool_get(pool) != NULL, "block %zu", taken);
        check_stats(pool, created[i], created[i] - taken, taken);
    }
    dynpool_fixture_free(&d);
}

Test(dynpool, growth_doubles_from_nothing)
{
    dynpool_fixture d = dynpool_fixture_make(8192, 32, 0, 0);
    lfm_dynpool *pool = dynpool_fixture_pool(&d, 0, (lfm_dynpool_config){.block_size = 8, .align = 8, .maximum = 11});
    const size_t created[] = {1, 2, 4, 4, 8, 8, 8, 8, 11, 11, 11};
    check_stats(pool, 0, 0, 0);
    for (size_t taken = 1; taken <= 11; taken++) {
        MUST(lfm_dynpool_get(pool) != NULL, "block %zu", taken);
        check_stats(pool, created[taken - 1], created[taken - 1] - taken, taken);
    }
    MUST(lfm_dynpool_get(pool) == NULL, "the maximum");
    check_stats(pool, 11, 0, 11);
    dynpool_fixture_free(&d);
}

Test(dynpool, growth_by_steps_up_to_the_maximum)
{
    for (size_t grow = 1; grow <= 12; grow++) {
        for (size_t maximum = 1; maximum <= 25; maximum++) {
            const size_t initial = maximum > 2 ? 2 : 0;
            dynpool_fixture d = dynpool_fixture_make(4096, 32, grow, maximum % 2 * 4096);
            lfm_dynpool *pool =
                dynpool_fixture_pool(&d, 0, (lfm_dynpool_config){3, 1, initial, maximum, grow, false, NULL});
            size_t created = initial;
            for (size_t taken = 1; taken <= maximum; taken++) {
                created = taken <= created ? created : created + grow < maximum ? created + grow : maximum;
                MUST(lfm_dynpool_get(pool) != NULL, "block %zu", taken);
                check_stats(pool, created, created - taken, taken);
            }
            const size_t used = segment_used(&d.c->segment);
            MUST(lfm_dynpool_get(pool) == NULL && segment_used(&d.c->segment) == used, "the maximum of %zu", maximum);
            check_stats(pool, maximum, 0, maximum);
            dynpool_fixture_free(&d);
        }
    }
}

/* A pool without initial blocks takes what is left when it needs it, and not before. */
Test(dynpool, nothing_at_first)
{
    for (size_t skew = 0; skew < 64; skew++) {
        dynpool_fixture d = dynpool_fixture_make(400, 32, skew, 400);
        lfm_dynpool *pool = dynpool_fixture_pool(&d, 0, (lfm_dynpool_config){8, 64, 0, LFM_UNLIMITED, 1, true, NULL});
        MUST(segment_used(&d.c->segment) == 0, "%zu used", segment_used(&d.c->segment));
        check_stats(pool, 0, 0, 0);
        dynpool_fixture_free(&d);
    }
    dynpool_fixture d = dynpool_fixture_make(400, 32, 0, 400);
    lfm_dynpool *pool = dynpool_fixture_pool(&d, 0, (lfm_dynpool_config){100, 4, 0, LFM_UNLIMITED, 1, false, NULL});
    MUST(segment_used(&d.c->segment) == 0, "%zu used", segment_used(&d.c->segment));
    MUST(lfm_segment_alloc(&d.c->segment, 301, 1) == d.base, "most of it");
    MUST(lfm_dynpool_get(pool) == NULL, "99 bytes");
    check_stats(pool, 0, 0, 0);
    lfm_segment_reset(&d.c->segment);
    unsigned char *block = lfm_dynpool_get(pool);
    MUST(block == d.base && lfm_dynpool_put(pool, block) == LFM_OK && lfm_dynpool_get(pool) == block, "the first");
    check_stats(pool, 1, 0, 1);
    dynpool_fixture_free(&d);
}

Test(dynpool, one_block)
{
    for (size_t initial = 0; initial <= 1; initial++) {
        dynpool_fixture d = dynpool_fixture_make(64, 32, 1, 0);
        lfm_dynpool *pool = dynpool_fixture_pool(&d, 0, (lfm_dynpool_config){20, 4, initial, 1, 5, false, NULL});
        void *blocks[1];
        check_all_of(pool, blocks, 1);
        dynpool_fixture_free(&d);
    }
}

/* Pools that take turns, with direct allocations between them, fill a segment to its last block. */
static void check_turns(size_t record_bytes, size_t skew)
{
    const lfm_dynpool_config configs[DYNPOOL_POOLS] = {{20, 4, 3, LFM_UNLIMITED, 1, false, NULL},
                                                       {9, 1, 0, LFM_UNLIMITED, 2, true, NULL},
                                                       {40, 16, 1, LFM_UNLIMITED, 0, false, NULL}};
    dynpool_fixture d = dynpool_fixture_make(5000, 32, skew, record_bytes);
    dynpool_model m[DYNPOOL_POOLS];
    segment_model segment, metadata;
    for (size_t i = 0; i < DYNPOOL_POOLS; i++) {
        dynpool_fixture_pool(&d, i, configs[i]);
        m[i] = dynpool_model_make(&d, i, configs[i], &segment, record_bytes != 0 ? &metadata : &segment);
    }
    segment = segment_model_make(&d.c->segment, d.base);
    metadata = segment_model_make(&d.c->metadata, d.records);
    for (size_t round = 0; round < 2; round++) {
        size_t failed = 0;
        for (size_t turn = 0; failed < DYNPOOL_POOLS; turn++) {
            const size_t i = turn % DYNPOOL_POOLS;
            void *const wanted = dynpool_model_get(&m[i]), *const block = lfm_dynpool_get(&d.c->pools[i]);
            MUST(block == wanted, "turn %zu: %p, not %p", turn, block, wanted);
            failed = block != NULL ? 0 : failed + 1;
            if (turn % 5 == 0 && round == 0) {
                uintptr_t at = 0;
                const bool fits = segment_model_take(&segment, 13, 2, &at);
                MUST(lfm_segment_alloc(&d.c->segment, 13, 2) == (fits ? (void *)at : NULL), "turn %zu", turn);
            }
        }
        MUST(segment_used(&d.c->segment) == segment.next, "%zu used, not %zu", segment_used(&d.c->segment),
             segment.next);
        for (size_t i = 0; i < DYNPOOL_POOLS; i++) {
            dynpool_model_check(&m[i], &d.c->pools[i]);
            MUST(lfm_dynpool_check(&d.c->pools[i]) == LFM_OK, "pool %zu", i);
            for (size_t k = 0; k < m[i].created; k++) {
                MUST(lfm_dynpool_put(&d.c->pools[(i + 1) % 3], (void *)m[i].blocks[k]) == LFM_EFOREIGN, "another's");
                MUST(lfm_dynpool_put(&d.c->pools[i], (void *)m[i].blocks[k]) == LFM_OK, "block %zu", k);
                dynpool_model_put(&m[i], k);
            }
        }
    }
    for (size_t i = 0; i < DYNPOOL_POOLS; i++) {
        dynpool_model_free(&m[i]);
    }
    dynpool_fixture_free(&d);
}

Test(dynpool, pools_take_turns)
{
    for (size_t skew = 0; skew < 64; skew += 3) {
        check_turns(0, skew);
        check_turns(4000, skew);
        check_turns(700, skew);
    }
}

Test(dynpool, stats)
{
    dynpool_fixture d = dynpool_fixture_make(4096, 64, 0, 0);
    lfm_dynpool_stats_t stats, zero;
    lfm_dynpool *pool = dynpool_fixture_pool(&d, 0, (lfm_dynpool_config){20, 8, 3, 7, 2, true, NULL});
    lfm_dynpool_stats(pool, &stats);
    MUST(stats.block_size == 20 && stats.stride == 64 && stats.maximum == 7 && stats.created == 3, "as configured");
    pool = dynpool_fixture_pool(&d, 1, (lfm_dynpool_config){20, 8, 0, LFM_UNLIMITED, 2, false, NULL});
    lfm_dynpool_stats(pool, &stats);
    MUST(stats.block_size == 20 && stats.stride == 24 && stats.maximum == LFM_UNLIMITED, "as configured");
    void *a = lfm_dynpool_get(pool), *b = lfm_dynpool_get(pool);
    MUST(lfm_dynpool_put(pool, a) == LFM_OK, "a");
    check_stats(pool, 2, 1, 2);
    MUST(lfm_dynpool_put(pool, b) == LFM_OK && lfm_dynpool_get(pool) == b, "b");
    check_stats(pool, 2, 1, 2);
    memset(&zero, 0, sizeof zero);
    memset(&stats, 0xFF, sizeof stats);
    lfm_dynpool_stats(NULL, &stats);
    MUST(memcmp(&stats, &zero, sizeof stats) == 0, "no pool, no counts");
    lfm_dynpool_stats(pool, NULL);
    lfm_dynpool_stats(NULL, NULL);
    dynpool_fixture_free(&d);
}
