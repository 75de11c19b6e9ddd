/* SPDX-License-Identifier: MIT */
/* The memory of dynamic pools: bytes of blocks stay as their owners left them, segments are used again, blocks as large
 * as pages. */
#include "dynpool_fixture.h"

/* What each byte of the segment has to be: as written by owners, or by poison. */
typedef struct ledger {
    dynpool_fixture d;
    lfm_dynpool *pool;
    lfm_dynpool_config config;
    size_t stride;
    unsigned char *bytes;
    unsigned char *taken[256];
    size_t n;
} ledger;

static void compare(const ledger *l, const unsigned char *from, size_t bytes, const char *when)
{
    support_show(from, bytes);
    for (size_t i = 0; i < bytes; i++) {
        const size_t at = (size_t)(from - l->d.base) + i;
        MUST(from[i] == l->bytes[at], "%s: byte %zu is %#x, not %#x", when, at, from[i], l->bytes[at]);
    }
}

static void write_block(ledger *l, rng *random, unsigned char *block)
{
    for (size_t i = 0; i < l->config.block_size; i++) {
        block[i] = l->bytes[(size_t)(block - l->d.base) + i] = (unsigned char)rng_next(random);
    }
}

static void take(ledger *l, rng *random)
{
    unsigned char *block = lfm_dynpool_get(l->pool);
    if (block != NULL) {
        compare(l, block, l->stride, "get");
        write_block(l, random, block);
        l->taken[l->n++] = block;
    }
}

static void give(ledger *l, rng *random)
{
    const size_t at = rng_below(random, (uint32_t)l->n);
    unsigned char *block = l->taken[at];
    l->taken[at] = l->taken[--l->n];
    compare(l, block, l->stride, "before put");
    MUST(lfm_dynpool_put(l->pool, block) == LFM_OK, "put");
    if (LFM_POISON) {
        memset(l->bytes + (block - l->d.base), 0xA5, l->stride);
    }
    if (rng_below(random, 4) == 0) { /* a device that goes on writing to a free block harms nobody */
        support_show(block, l->config.block_size);
        write_block(l, random, block);
    }
}

static void check_bytes(rng *random, lfm_dynpool_config config)
{
    ledger l = {.d = dynpool_fixture_make(4000, 32, rng_below(random, 64), 3000), .config = config};
    l.bytes = malloc(l.d.bytes);
    MUST(l.bytes != NULL, "no memory for the test");
    for (size_t i = 0; i < l.d.bytes; i++) {
        l.d.base[i] = l.bytes[i] = (unsigned char)rng_next(random);
    }
    lfm_dynpool_stats_t stats;
    l.pool = dynpool_fixture_pool(&l.d, 0, config);
    lfm_dynpool_stats(l.pool, &stats);
    l.stride = stats.stride;
    bool getting = true;
    for (size_t i = 0; i < 4000; i++) {
        getting = rng_below(random, 32) == 0 ? !getting : getting;
        if (l.n == 0 || (l.n < LENGTH(l.taken) && rng_below(random, 8) < (getting ? 6 : 2))) {
            take(&l, random);
        } else {
            give(&l, random);
        }
    }
    MUST(lfm_dynpool_check(l.pool) == LFM_OK, "check");
    if (!LFM_POISON) { /* growth by several puts, and so poisons, blocks that nobody has had */
        compare(&l, l.d.base, l.d.bytes, "end");
    }
    free(l.bytes);
    dynpool_fixture_free(&l.d);
}

Test(dynpool_memory, bytes_stay_as_they_are)
{
    rng random = support_seed("dynpool_memory.bytes_stay_as_they_are");
    const size_t step = LFM_POISON ? 1 : 3; /* a put poisons, those of growth too */
    const lfm_dynpool_config configs[] = {{20, 8, 3, LFM_UNLIMITED, step, true, NULL},
                                          {24, 8, 0, LFM_UNLIMITED, 1, false, NULL},
                                          {1, 1, 7, 40, step, false, NULL},
                                          {3, 1, 0, 100, 1, false, NULL},
                                          {40, 64, 4, 4, 1, false, NULL},
                                          {256, 16, 1, LFM_UNLIMITED, step, true, NULL}};
    for (size_t i = 0; i < 8 * LENGTH(configs); i++) {
        check_bytes(&random, configs[i % LENGTH(configs)]);
    }
}

/* After a reset the memory is like new, whatever pools hid in it, and so are pools made in the same control blocks. */
Test(dynpool_memory, reset_and_init_again)
{
    rng random = support_seed("dynpool_memory.reset_and_init_again");
    for (size_t apart = 0; apart < 2; apart++) {
        dynpool_fixture d = dynpool_fixture_make(4096, 32, 0, apart * 4096);
        for (size_t round = 0; round < 300; round++) {
            const size_t initial = rng_below(&random, 20), size = 1 + rng_below(&random, 60);
            const lfm_dynpool_config config = {size,
                                               (size_t)1 << rng_below(&random, 5),
                                               initial,
                                               LFM_UNLIMITED,
                                               rng_below(&random, 4),
                                               rng_below(&random, 2) == 0,
                                               NULL};
            lfm_dynpool *pool = dynpool_fixture_pool(&d, round % DYNPOOL_POOLS, config);
            void *blocks[50];
            size_t n = 0;
            while (n < 50 && (blocks[n] = lfm_dynpool_get(pool)) != NULL) {
                memset(blocks[n++], (int)round, size);
            }
            MUST(n > 20, "%zu blocks", n);
            for (size_t i = rng_below(&random, 2); i < n; i++) {
                MUST(lfm_dynpool_put(pool, blocks[i]) == LFM_OK, "block %zu", i);
            }
            MUST(lfm_dynpool_check(pool) == LFM_OK, "round %zu", round);
            lfm_segment_reset(&d.c->segment);
            if (apart != 0) {
                lfm_segment_reset(&d.c->metadata);
            }
            if (rng_below(&random, 2) == 0) {
                unsigned char *all = lfm_segment_alloc(&d.c->segment, d.bytes, 1);
                MUST(all == d.base, "all of it");
                memset(all, 0xB7, d.bytes);
                MUST(lfm_segment_init(&d.c->segment, d.base, d.bytes, 32) == LFM_OK, "init instead of reset");
            }
        }
        dynpool_fixture_free(&d);
    }
}

/* Blocks of a page, each a page of its own. */
Test(dynpool_memory, pages)
{
    for (size_t skew = 0; skew < 8192; skew += 819) {
        dynpool_fixture d = dynpool_fixture_make(12 * 4096, 4096, skew, 1000);
        const size_t sizes[] = {4096, 4095, 1, 2049};
        for (size_t i = 0; i < LENGTH(sizes); i++) {
            lfm_segment_reset(&d.c->segment);
            lfm_segment_reset(&d.c->metadata);
            lfm_dynpool *pool = dynpool_fixture_pool(
                &d, 0, (lfm_dynpool_config){sizes[i], i % 2 == 0 ? 4096 : 8, i, LFM_UNLIMITED, 1, true, NULL});
            const size_t n = skew % 4096 == 0 ? 12 : 11;
            unsigned char *first = NULL;
            for (size_t k = 0; k < n; k++) {
                unsigned char *block = lfm_dynpool_get(pool);
                first = k == 0 ? block : first;
                MUST(block != NULL && (uintptr_t)block % 4096 == 0 && block == first + 4096 * k, "page %zu", k);
                memset(block, 1, sizes[i]);
            }
            MUST(lfm_dynpool_get(pool) == NULL, "no more than %zu pages", n);
            for (size_t k = 0; k < n; k++) {
                MUST(lfm_dynpool_put(pool, first + 4096 * k + 4095) == LFM_EINTERIOR, "page %zu", k);
                MUST(lfm_dynpool_put(pool, first + 4096 * k) == LFM_OK, "page %zu", k);
            }
            MUST(lfm_dynpool_put(pool, first + 4096 * n) == LFM_EFOREIGN, "behind");
            MUST(lfm_dynpool_put(pool, first - 1) == LFM_EFOREIGN, "before");
            MUST(lfm_dynpool_check(pool) == LFM_OK, "check");
        }
        dynpool_fixture_free(&d);
    }
}
