/* SPDX-License-Identifier: MIT */
/* lfm_dynpool_check() finds damage, each kind by itself, and survives any. The sizes of metadata: narrow and wide, and
 * that LFM_DYNPOOL_METADATA_BYTES is enough. */
#include "dynpool_fixture.h"
#include <lfmem/detail/list_word.h>

enum {
    GROWN = 24,
    MOST_TRIES = 20000
};

/* A pool with grown blocks, every third one taken. */
typedef struct victim {
    dynpool_fixture d;
    lfm_dynpool *pool;
    unsigned char *saved;
    uint32_t initial, records; /* index of the first record */
    bool taken[64];            /* blocks in the order of their making */
} victim;

/* As a number, since the distance between two objects may wrap. */
static unsigned char *links_of(const victim *v)
{
    return (unsigned char *)((uintptr_t)v->pool->blocks + v->pool->links);
}

static uint32_t load_cell(const victim *v, uint32_t cell)
{
    const unsigned char *at = links_of(v);
    uint32_t wide;
    uint16_t narrow;
    memcpy(&narrow, at + 2 * cell, sizeof narrow);
    if (!v->pool->wide) {
        return narrow;
    }
    memcpy(&wide, at + 4 * cell, sizeof wide);
    return wide;
}

static void store_cell(const victim *v, uint32_t cell, uint32_t value)
{
    unsigned char *at = links_of(v);
    const uint16_t narrow = (uint16_t)value;
    if (v->pool->wide) {
        memcpy(at + 4 * cell, &value, sizeof value);
    } else {
        memcpy(at + 2 * cell, &narrow, sizeof narrow);
    }
}

static victim victim_make(size_t initial, size_t block_size, size_t align, size_t record_bytes)
{
    victim v = {.d = dynpool_fixture_make(GROWN * 200, 1, 8, record_bytes), .initial = (uint32_t)initial};
    v.pool = dynpool_fixture_pool(&v.d, 0,
                                  (lfm_dynpool_config){block_size, align, initial, initial + GROWN, 1, false, NULL});
    v.records = (uint32_t)(initial + initial % 2) + (1u << v.pool->root_bits);
    void *blocks[64];
    for (size_t i = 0; i < initial + GROWN; i++) {
        blocks[i] = lfm_dynpool_get(v.pool);
        MUST(blocks[i] != NULL, "block %zu", i);
    }
    for (size_t i = 0; i < initial + GROWN; i++) {
        v.taken[i] = i % 3 == 0;
        MUST(v.taken[i] || lfm_dynpool_put(v.pool, blocks[i]) == LFM_OK, "block %zu", i);
    }
    MUST(lfm_dynpool_check(v.pool) == LFM_OK, "nothing is wrong yet");
    v.saved = dynpool_fixture_save(&v.d, NULL);
    return v;
}

static void expect_damage(victim *v, const char *what, uint32_t which)
{
    const lfm_status status = lfm_dynpool_check(v->pool);
    MUST(status == LFM_ECORRUPT, "%u initial, wide %d: %s, %u: %s", v->initial, v->pool->wide, what, which,
         lfm_status_string(status));
    lfm_dynpool_stats_t stats; /* which survive it */
    lfm_dynpool_stats(v->pool, &stats);
    MUST(stats.peak <= stats.created, "%zu at most of %zu", stats.peak, stats.created);
    dynpool_fixture_restore(&v->d, v->saved);
}

static void for_each_victim(void (*test)(victim *v))
{
    const size_t shapes[][2] = {{8, 8}, {24, 8}, {3, 1}, {100, 4}};
    for (size_t i = 0; i < 8 * LENGTH(shapes); i++) {
        const size_t records[] = {2000, 140000};
        const size_t *shape = shapes[i / 8];
        victim v = victim_make(i % 4 == 3 ? 8 : i % 4, shape[0], shape[1], records[i / 4 % 2]);
        test(&v);
        dynpool_fixture_restore(&v.d, v.saved);
        MUST(lfm_dynpool_check(v.pool) == LFM_OK, "whole again");
        free(v.saved);
        dynpool_fixture_free(&v.d);
    }
}

#if LFM_CHECKS >= 1
/* Index of the k-th block: its link's. */
static uint32_t index_of(const victim *v, uint32_t k)
{
    return k < v->initial ? k : v->records + 4 * (k - v->initial);
}

static void damage_links(victim *v)
{
    for (uint32_t k = 0; k < v->initial + GROWN; k++) {
        const uint32_t n = index_of(v, k), mark = LFM_LINK_TAKEN_(n);
        const int bits = v->taken[k] ? (v->pool->wide ? 32 : 16) : v->pool->index_bits + v->pool->split_bits;
        MUST((load_cell(v, n) == mark) == v->taken[k], "the test knows the marks");
        for (int bit = 0; bit < bits; bit++) {
            store_cell(v, n, load_cell(v, n) ^ (uint32_t)1 << bit);
            expect_damage(v, v->taken[k] ? "a bit of a mark" : "a bit of a link", k);
        }
        if (!v->taken[k]) {
            store_cell(v, n, mark);
            expect_damage(v, "a free block is marked", k);
        } else {
            store_cell(v, n, 0);
            expect_damage(v, "a taken block has no mark", k);
        }
    }
    for (int bit = 0; bit < 2 * v->pool->index_bits - v->pool->split_bits; bit++) {
        lfm_word_ head;
        memcpy(&head, (void *)v->pool, sizeof head);
        head ^= (lfm_word_)1 << bit;
        memcpy((void *)v->pool, &head, sizeof head);
        expect_damage(v, "a bit of the head", (uint32_t)bit);
    }
}

Test(dynpool_check, links_marks_and_head)
{
    for_each_victim(damage_links);
}
#endif

static void damage_created(victim *v)
{
    const uint32_t created = v->initial + GROWN;
    const uint32_t wrong[] = {0, 1, v->initial, created - 1, created + 1, UINT32_MAX};
    for (size_t i = 0; i < LENGTH(wrong); i++) {
        v->pool->own.created = wrong[i];
        expect_damage(v, "created", wrong[i]);
    }
    v->pool->maximum = created - 1;
    expect_damage(v, "more blocks than the maximum", created);
}

Test(dynpool_check, created)
{
    for_each_victim(damage_created);
}

/* Each child and root: lost, not a record, or another one's. */
static void damage_children(victim *v)
{
    const uint32_t root = v->initial + v->initial % 2;
    uint32_t there = 0;
    for (uint32_t cell = root; cell < v->records + 4 * GROWN; cell++) {
        if (cell >= v->records && (cell - v->records) % 4 < 2) {
            continue;
        }
        const uint32_t was = load_cell(v, cell), self = cell < v->records ? cell : cell / 4 * 4;
        const uint32_t wrong[] = {0,
                                  1,
                                  v->initial,
                                  self + 1,
                                  v->records + 1,
                                  v->records + 5,
                                  v->pool->cells,
                                  v->pool->cells - 2,
                                  v->pool->wide ? UINT32_MAX : UINT16_MAX};
        there += was != 0;
        for (size_t i = 0; i < LENGTH(wrong); i++) {
            if (wrong[i] != was && !(wrong[i] == 0 && was == 0) && !(v->initial == 0 && wrong[i] == 0 && was == 0)) {
                store_cell(v, cell, wrong[i]);
                expect_damage(v, "a child", cell);
            }
        }
    }
    MUST(there == GROWN, "%u children", there);
}

Test(dynpool_check, children)
{
    for_each_victim(damage_children);
}

/* A fini walks through the trees where tools are told of blocks, and does not trust them either. */
static void end_damaged(victim *v)
{
    const uint32_t root = v->initial + v->initial % 2;
    for (uint32_t wrong = 1; wrong <= v->records + 1; wrong++) {
        store_cell(v, root, wrong);
        lfm_dynpool_fini(v->pool);
        dynpool_fixture_restore(&v->d, v->saved);
    }
}

Test(dynpool_check, fini)
{
    for_each_victim(end_damaged);
}

/* A place that its root does not lead to, or behind the segment. */
static void damage_places(victim *v)
{
    const unsigned key = v->pool->key_shift - v->pool->offset_shift;
    for (uint32_t k = 0; k < GROWN; k++) {
        const uint32_t cell = v->records + 4 * k + 1, was = load_cell(v, cell);
        store_cell(v, cell, was ^ (uint32_t)1 << key);
        expect_damage(v, "a place below another root", k);
        store_cell(v, cell, (uint32_t)(v->d.bytes >> v->pool->offset_shift) + 1);
        expect_damage(v, "a place behind the segment", k);
        store_cell(v, cell, v->pool->wide ? UINT32_MAX : UINT16_MAX);
        expect_damage(v, "the last place", k);
        for (uint32_t far = 1; far < GROWN; far *= 2) {
            store_cell(v, cell, load_cell(v, v->records + 4 * ((k + far) % GROWN) + 1));
            expect_damage(v, "another's place", k);
        }
    }
}

Test(dynpool_check, places)
{
    for_each_victim(damage_places);
}

/* Whatever is in the metadata, the check ends and stays inside. */
static void damage_at_random(victim *v)
{
    static rng random;
    random = random.state == 0 ? support_seed("dynpool_check.survives") : random;
    unsigned char *records = links_of(v);
    const uint32_t used = v->pool->wide ? 4 * (v->records + 4 * GROWN) : 2 * (v->records + 4 * GROWN);
    for (size_t i = 0; i < MOST_TRIES / 64; i++) {
        for (uint32_t n = 1 + rng_below(&random, 6); n > 0; n--) {
            const uint32_t at = rng_below(&random, used);
            records[at] =
                rng_below(&random, 2) == 0 ? (unsigned char)rng_next(&random) : records[rng_below(&random, used)];
        }
        if (rng_below(&random, 4) == 0) {
            ((unsigned char *)v->pool)[rng_below(&random, sizeof(lfm_word_))] = (unsigned char)rng_next(&random);
        }
        const lfm_status status = lfm_dynpool_check(v->pool);
        MUST(status == LFM_OK || status == LFM_ECORRUPT, "%d", status);
        lfm_dynpool_stats_t stats;
        lfm_dynpool_stats(v->pool, &stats);
        memcpy(v->pool, v->saved + ((unsigned char *)v->pool - (unsigned char *)v->d.c), sizeof *v->pool);
        memcpy(records, v->saved + sizeof *v->d.c + (records - v->d.memory), used);
    }
}

Test(dynpool_check, survives)
{
    for_each_victim(damage_at_random);
}

/* Roots that lead out of metadata which has no room for a record. */
/* More roots than there is room for lie behind the metadata, whatever is there. */
Test(dynpool_check, too_many_roots)
{
    dynpool_fixture d = dynpool_fixture_make(4000, 1, 8, 2000);
    lfm_dynpool *const pool = dynpool_fixture_pool(&d, 0, (lfm_dynpool_config){8, 8, 3, 40, 1, false, NULL});
    const uint8_t right = pool->root_bits;
    MUST(lfm_dynpool_attach(pool) == LFM_OK && lfm_dynpool_check(pool) == LFM_OK, "nothing is wrong yet");
    for (unsigned wrong = 10; wrong <= UINT8_MAX; wrong++) {
        pool->root_bits = (uint8_t)wrong;
        MUST(lfm_dynpool_attach(pool) == LFM_ECORRUPT && lfm_dynpool_check(pool) == LFM_ECORRUPT, "2^%u roots", wrong);
    }
    pool->root_bits = right;
    MUST(lfm_dynpool_check(pool) == LFM_OK, "whole again");
    dynpool_fixture_free(&d);
}

Test(dynpool_check, no_room_for_a_record)
{
    const size_t cell = LFM_CHECKS >= 2 ? 4 : 2;
    for (size_t bytes = 2 * cell; bytes < 6 * cell; bytes += 4) {
        dynpool_fixture d = dynpool_fixture_make(4096, 1, 0, 0);
        unsigned char *records = malloc(bytes);
        MUST(records != NULL && lfm_segment_init(&d.c->metadata, records, bytes, 1) == LFM_OK, "metadata");
        d.record_bytes = bytes;
        lfm_dynpool *pool = dynpool_fixture_pool(&d, 0, (lfm_dynpool_config){8, 8, 0, LFM_UNLIMITED, 1, false, NULL});
        MUST(lfm_dynpool_get(pool) == NULL && lfm_dynpool_check(pool) == LFM_OK, "no room for a record");
        const victim v = {.pool = pool};
        for (uint32_t root = 0; root < 2; root++) {
            for (uint32_t record = 0; record < 300; record++) {
                store_cell(&v, root, record + 1);
                MUST(lfm_dynpool_check(pool) == LFM_ECORRUPT, "%zu bytes, record %u", bytes, record);
            }
            store_cell(&v, root, 0);
        }
        free(records);
        d.record_bytes = 0;
        dynpool_fixture_free(&d);
    }
}

/* Links of 2 bytes while all indices fit 16 bits. */
Test(dynpool_check, narrow_and_wide)
{
    const size_t limit = (size_t)1 << (LFM_WORD_BITS == 64 ? 17 : 11);
    for (size_t initial = 0; initial <= 3; initial++) {
        for (size_t wide = 0; wide < 2; wide++) {
            dynpool_fixture d = dynpool_fixture_make(60000, 1, 0, wide != 0 ? limit + 4 : limit - 64);
            lfm_dynpool *pool = dynpool_fixture_pool(&d, 0, (lfm_dynpool_config){8, 8, initial, 90, 1, false, NULL});
            const size_t cell = wide != 0 || LFM_CHECKS >= 2 ? 4 : 2, at = segment_used(&d.c->metadata);
            const size_t roots = at / cell - initial - initial % 2;
            MUST(at % cell == 0 && roots >= 2 && roots <= (90 - initial) / 4, "%zu bytes, wide %zu", at, wide);
            for (size_t i = 0; i < 90; i++) {
                MUST(lfm_dynpool_get(pool) != NULL, "block %zu", i);
                MUST(i < initial || segment_used(&d.c->metadata) == at + 4 * cell * (i + 1 - initial), "block %zu", i);
            }
            MUST(lfm_dynpool_get(pool) == NULL && lfm_dynpool_check(pool) == LFM_OK, "all");
            dynpool_fixture_free(&d);
        }
    }
}

static void check_metadata_bytes(rng *random, uint32_t initial, uint32_t grown)
{
    const size_t size = 1 + rng_below(random, 40), align = (size_t)1 << rng_below(random, 5);
    const bool padded = rng_below(random, 2) == 0, unlimited = rng_below(random, 2) == 0;
    const size_t stride = round_up(size, padded && align < 8 ? 8 : align), all = (size_t)initial + grown;
    const size_t more = unlimited ? 0 : rng_below(random, 5000);
    dynpool_fixture d = dynpool_fixture_make(all * stride + more, 8, rng_below(random, 4) * 32,
                                             LFM_DYNPOOL_METADATA_BYTES(initial, grown));
    const lfm_dynpool_config config = {size,   align, initial, unlimited ? LFM_UNLIMITED : all, rng_below(random, 4),
                                       padded, NULL};
    lfm_dynpool *pool = dynpool_fixture_pool(&d, 0, config);
    for (size_t k = 0; k < all; k++) {
        MUST(lfm_dynpool_get(pool) != NULL, "block %zu of %u and %u of %zu", k, initial, grown, stride);
    }
    MUST(lfm_dynpool_get(pool) == NULL && lfm_dynpool_check(pool) == LFM_OK, "all");
    dynpool_fixture_free(&d);
}

/* As many blocks as were named, or as the segment has room for, whatever the rest of the configuration. */
Test(dynpool_check, metadata_bytes_are_enough)
{
    rng random = support_seed("dynpool_check.metadata_bytes_are_enough");
    for (size_t i = 0; i < 4000; i++) {
        const uint32_t most = i % 50 == 0 ? 60000 : i % 4 == 0 ? 700 : 20; /* the first of these: wide links */
        const uint32_t initial = rng_below(&random, most);
        const uint32_t grown = rng_below(&random, rng_below(&random, 4) == 0 ? 700 : 20) + (initial == 0);
        check_metadata_bytes(&random, initial, grown);
    }
}

/* A pool that cannot grow has no use for places: its links are narrow in a segment of any size. */
Test(dynpool_check, fixed_in_a_large_segment)
{
    dynpool_fixture d = dynpool_fixture_make(200000, 1, 0, 1000);
    lfm_dynpool *pool = dynpool_fixture_pool(&d, 0, (lfm_dynpool_config){1, 1, 20, 20, 1, false, NULL});
    MUST(pool->wide == (LFM_CHECKS >= 2) && lfm_dynpool_check(pool) == LFM_OK, "wide %d", pool->wide);
    dynpool_fixture_free(&d);
}

/* Places that do not fit 16 bits make links wide as well: the last blocks of segments of about 64 KiB. */
Test(dynpool_check, far_places)
{
    for (size_t bytes = 65500; bytes < 65580; bytes++) {
        dynpool_fixture d = dynpool_fixture_make(bytes, 1, bytes % 8, 1000);
        lfm_dynpool *pool = dynpool_fixture_pool(&d, 0, (lfm_dynpool_config){1, 1, 0, 20, 1, false, NULL});
        MUST(lfm_segment_alloc(&d.c->segment, bytes - 20, 1) == d.base, "all but 20");
        for (size_t i = 0; i < 20; i++) {
            MUST(lfm_dynpool_get(pool) == d.base + bytes - 20 + i, "block %zu of %zu bytes", i, bytes);
        }
        MUST(lfm_dynpool_check(pool) == LFM_OK, "%zu bytes", bytes);
        for (size_t i = 0; i < 20; i++) {
            MUST(lfm_dynpool_put(pool, d.base + bytes - 20 + i) == LFM_OK, "block %zu of %zu bytes", i, bytes);
        }
        MUST(lfm_dynpool_check(pool) == LFM_OK && lfm_dynpool_get(pool) == d.base + bytes - 1, "%zu bytes", bytes);
        dynpool_fixture_free(&d);
    }
}
