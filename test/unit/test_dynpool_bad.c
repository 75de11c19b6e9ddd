/* SPDX-License-Identifier: MIT */
/* What dynamic pools refuse: bad configurations, segments without room, addresses that are not a taken block's. Nothing
 * changes then. And what no call ever writes: bytes of blocks. */
#include "dynpool_fixture.h"

static const lfm_dynpool_config good = {20, 8, 4, 9, 2, false, NULL};

static void check_init(dynpool_fixture *d, lfm_dynpool_config config, lfm_status wanted)
{
    unsigned char *before = dynpool_fixture_save(d, NULL);
    const lfm_status status = dynpool_fixture_try(d, 1, config);
    MUST(status == wanted, "%zu of %zu blocks of %zu, align %zu: %s", config.initial, config.maximum, config.block_size,
         config.align, lfm_status_string(status));
    MUST(dynpool_fixture_is_same(d, before), "%s: changed something", lfm_status_string(status));
    free(before);
}

Test(dynpool_bad, init_arguments)
{
    for (size_t record_bytes = 0; record_bytes <= 512; record_bytes += 512) {
        dynpool_fixture d = dynpool_fixture_make(4096, 32, 5, record_bytes);
        dynpool_fixture_pool(&d, 0, good);
        const size_t sizes[] = {0, (size_t)UINT32_MAX / 2 + 1, UINT32_MAX, SIZE_MAX, SIZE_MAX / 2 + 1};
        const size_t aligns[] = {0, 3, 6, 12, 33, (size_t)UINT32_MAX / 2 + 1, SIZE_MAX, SIZE_MAX / 2 + 1};
        const size_t most = LFM_POOL_MAX_COUNT;
        const size_t counts[][2] = {{0, 0},
                                    {1, 0},
                                    {5, 4},
                                    {most + 1, most + 1},
                                    {0, most + 1},
                                    {SIZE_MAX, most},
                                    {4, UINT32_MAX - 1},
                                    {most + 1, LFM_UNLIMITED},
                                    {4, SIZE_MAX - 1},
                                    {LFM_UNLIMITED, LFM_UNLIMITED}};
        for (size_t i = 0; i < LENGTH(sizes); i++) {
            lfm_dynpool_config config = good;
            config.block_size = sizes[i];
            check_init(&d, config, LFM_EINVAL);
        }
        for (size_t i = 0; i < LENGTH(aligns); i++) {
            lfm_dynpool_config config = good;
            config.align = aligns[i];
            check_init(&d, config, LFM_EINVAL);
        }
        for (size_t i = 0; i < LENGTH(counts); i++) {
            lfm_dynpool_config config = good;
            config.initial = counts[i][0];
            config.maximum = counts[i][1];
            check_init(&d, config, LFM_EINVAL);
        }
        unsigned char *before = dynpool_fixture_save(&d, NULL);
        MUST(lfm_dynpool_init(NULL, &d.c->segment, &good) == LFM_EINVAL, "no pool");
        MUST(lfm_dynpool_init(&d.c->pools[1], NULL, &good) == LFM_EINVAL, "no segment");
        MUST(lfm_dynpool_init(&d.c->pools[1], &d.c->segment, NULL) == LFM_EINVAL, "no configuration");
        MUST(dynpool_fixture_is_same(&d, before), "changed something");
        free(before);
        dynpool_fixture_free(&d);
    }
}

/* A growing pool's metadata segment may have so much left and no more; another's may have anything. */
Test(dynpool_bad, init_with_large_metadata)
{
#ifdef SUPPORT_ASAN
    if (LFM_WORD_BITS == 64) {
        return; /* the shadow of 256 MiB that nobody touches */
    }
#endif
    static unsigned char memory[4096];
    lfm_segment segment, metadata;
    lfm_dynpool pool;
    MUST(lfm_segment_init(&segment, memory, sizeof memory, 32) == LFM_OK, "segment");
    unsigned char *large = malloc(LFM_DYNPOOL_METADATA_MAX + 64);
    MUST(large != NULL, "no memory for the test");
    for (size_t more = 0; more <= 8; more += 4) {
        lfm_dynpool_config config = good;
        config.metadata = &metadata;
        MUST(lfm_segment_init(&metadata, large, LFM_DYNPOOL_METADATA_MAX + more, 32) == LFM_OK, "metadata");
        const lfm_status wanted = more < 4 ? LFM_OK : LFM_EINVAL;
        MUST(lfm_dynpool_init(&pool, &segment, &config) == wanted, "%zu more", more);
        MUST(more < 4 || segment_used(&metadata) == 0, "nothing was taken");
        config.maximum = config.initial;
        MUST(lfm_dynpool_init(&pool, &segment, &config) == LFM_OK, "%zu more", more);
    }
    free(large);
}

#ifndef SUPPORT_ASAN
/* More places for a block than 32 bits can tell. Nothing is touched there. */
Test(dynpool_bad, init_on_a_large_segment)
{
    const size_t places = (size_t)1 << (sizeof(size_t) > 4 && LFM_WORD_BITS == 64 ? 32 : 20);
    static unsigned char memory[4096];
    lfm_segment segment, metadata;
    lfm_dynpool pool;
    for (size_t align = 1; align <= 64; align *= 2) {
        lfm_dynpool_config config = {20, align, 0, 9, 1, false, &metadata};
        MUST(lfm_segment_init(&metadata, memory, sizeof memory, 32) == LFM_OK, "metadata");
        MUST(lfm_segment_init(&segment, (void *)4096, (places - 1) * align - 1, 32) == LFM_OK, "segment");
        MUST(lfm_dynpool_init(&pool, &segment, &config) == LFM_OK, "align %zu", align);
        for (size_t more = 0; more <= align && sizeof(size_t) > 4 && LFM_WORD_BITS == 64; more += align) {
            const size_t used = segment_used(&metadata);
            MUST(lfm_segment_init(&segment, (void *)4096, (places - 1) * align + more, 32) == LFM_OK, "segment");
            MUST(lfm_dynpool_init(&pool, &segment, &config) == LFM_EINVAL, "align %zu", align);
            MUST(segment_used(&metadata) == used && segment_used(&segment) == 0, "nothing was taken");
        }
        config.initial = config.maximum;
        MUST(lfm_dynpool_init(&pool, &segment, &config) == LFM_OK, "align %zu, no growth", align);
    }
}
#endif

/* A padding may be larger than any alignment of a pool. */
Test(dynpool_bad, init_with_large_padding)
{
    dynpool_fixture d = dynpool_fixture_make(4096, 32, 5, 4096);
    for (size_t padding = (size_t)1 << 31; padding != 0; padding *= 2) {
        MUST(lfm_segment_init(&d.c->segment, d.base, d.bytes, padding) == LFM_OK, "padding %zu", padding);
        lfm_dynpool_config config = good;
        config.padded = true;
        check_init(&d, config, LFM_EINVAL);
        dynpool_fixture_pool(&d, 0, good);
    }
    MUST(lfm_segment_init(&d.c->segment, d.base, d.bytes, (size_t)1 << 30) == LFM_OK, "padding");
    lfm_dynpool_config config = good;
    config.padded = true;
    check_init(&d, config, LFM_ENOMEM);
    dynpool_fixture_free(&d);
}

/* With one byte less than it takes, nothing is taken, of either segment. */
Test(dynpool_bad, init_without_room)
{
    for (size_t initial = 0; initial < 12; initial++) {
        for (size_t apart = 0; apart < 2; apart++) {
            lfm_dynpool_config config = good;
            config.initial = initial;
            config.maximum = initial % 3 == 0 ? initial + 5 : initial;
            dynpool_fixture d = dynpool_fixture_make(2000, 32, initial, apart * 2000);
            dynpool_fixture_pool(&d, 0, config);
            const size_t blocks = segment_used(&d.c->segment), links = segment_used(&d.c->metadata);
            dynpool_fixture_free(&d);
            for (size_t bytes = 1; bytes < blocks; bytes++) {
                d = dynpool_fixture_make(bytes, 32, initial, apart * 2000);
                check_init(&d, config, LFM_ENOMEM);
                dynpool_fixture_free(&d);
            }
            const size_t room = blocks > 0 ? blocks : 1;
            for (size_t bytes = 1; bytes < links; bytes++) {
                d = dynpool_fixture_make(room, 32, initial, bytes);
                if (links - bytes > 3) { /* what alignment skips differs */
                    check_init(&d, config, LFM_ENOMEM);
                }
                dynpool_fixture_free(&d);
            }
            d = dynpool_fixture_make(room, 32, initial, apart * 2000);
            dynpool_fixture_pool(&d, 0, config);
            dynpool_fixture_free(&d);
        }
    }
    dynpool_fixture d = dynpool_fixture_make(2000, 32, 0, 4000);
    const size_t largest = UINT32_MAX / 2, most = LFM_POOL_MAX_COUNT;
    check_init(&d, (lfm_dynpool_config){largest, 1, most, most, 1, false, NULL}, LFM_ENOMEM);
    check_init(&d, (lfm_dynpool_config){largest, 1u << 30, most, LFM_UNLIMITED, 1, true, NULL}, LFM_ENOMEM);
    check_init(&d, (lfm_dynpool_config){1u << 30, 8, 4, 4, 1, false, NULL}, LFM_ENOMEM);
    check_init(&d, (lfm_dynpool_config){1, 1u << 30, 4, 4, 1, false, NULL}, LFM_ENOMEM);
    check_init(&d, (lfm_dynpool_config){1, 1, most, most, 1, false, NULL}, LFM_ENOMEM);
    dynpool_fixture_free(&d);
}

/* A pool and its model, with gaps of direct allocations and another pool's blocks among its own. */
typedef struct fixture {
    dynpool_fixture d;
    dynpool_model m;
    segment_model segment, metadata;
} fixture;

static fixture *fixture_make(lfm_dynpool_config config, size_t skew, size_t record_bytes, size_t grown)
{
    fixture *s = calloc(1, sizeof *s);
    MUST(s != NULL, "no memory for the test");
    s->d = dynpool_fixture_make(config.initial * (config.block_size + 64) + 40 * config.block_size + 9000, 64, skew,
                                record_bytes);
    const lfm_dynpool_config other = {7, 1, 1, 40, 1, false, NULL};
    MUST(lfm_segment_alloc(&s->d.c->segment, 70, 1) != NULL, "before");
    dynpool_fixture_pool(&s->d, 0, config);
    dynpool_fixture_pool(&s->d, 1, other);
    s->segment = segment_model_make(&s->d.c->segment, s->d.base);
    s->metadata = segment_model_make(&s->d.c->metadata, s->d.records);
    s->m = dynpool_model_make(&s->d, 0, config, &s->segment, record_bytes != 0 ? &s->metadata : &s->segment);
    for (size_t i = 0; i < config.initial + grown; i++) {
        s->segment.next = segment_used(&s->d.c->segment);
        s->metadata.next = segment_used(&s->d.c->metadata);
        MUST(lfm_dynpool_get(&s->d.c->pools[0]) == dynpool_model_get(&s->m), "block %zu", i);
        MUST(i % 3 != 0 || lfm_dynpool_get(&s->d.c->pools[1]) != NULL, "one of another's between");
        MUST(i % 3 != 1 || lfm_segment_alloc(&s->d.c->segment, 1 + i % 50, 1) != NULL, "a gap");
    }
    for (size_t i = 0; i < s->m.created; i += 2) {
        if (s->m.taken[i]) {
            MUST(lfm_dynpool_put(&s->d.c->pools[0], (void *)s->m.blocks[i]) == LFM_OK, "every second");
            dynpool_model_put(&s->m, i);
        }
    }
    return s;
}

static void fixture_free(fixture *s)
{
    MUST(lfm_dynpool_check(&s->d.c->pools[0]) == LFM_OK && lfm_dynpool_check(&s->d.c->pools[1]) == LFM_OK, "check");
    dynpool_model_free(&s->m);
    dynpool_fixture_free(&s->d);
    free(s);
}

/* Strides 1, 3, 24, 64, 104 and 4096; all blocks initial, all grown, and both. */
static const lfm_dynpool_config put_configs[] = {
    {1, 1, 6, LFM_UNLIMITED, 3, false, NULL},  {3, 1, 5, 30, 1, false, NULL},
    {24, 8, 0, LFM_UNLIMITED, 1, false, NULL}, {20, 8, 7, LFM_UNLIMITED, 0, true, NULL},
    {100, 8, 3, 20, 4, false, NULL},           {4096, 16, 1, LFM_UNLIMITED, 1, false, NULL},
    {20, 4, 13, 13, 0, false, NULL},           {40, 8, 0, LFM_UNLIMITED, 2, false, NULL}};

static void check_put(fixture *s, uintptr_t at, const unsigned char *before)
{
    size_t index;
    const lfm_status wanted = dynpool_model_put_status(&s->m, (void *)at, &index);
    if (wanted == LFM_OK || (LFM_CHECKS == 0 && at == 0)) {
        return;
    }
    const lfm_status status = lfm_dynpool_put(&s->d.c->pools[0], (void *)at);
    MUST(status == wanted, "offset %td: %s, not %s", (unsigned char *)at - s->d.base, lfm_status_string(status),
         lfm_status_string(wanted));
    MUST(before == NULL || dynpool_fixture_is_same(&s->d, before), "offset %td: changed something",
         (unsigned char *)at - s->d.base);
}

Test(dynpool_bad, put_of_every_address)
{
    rng random = support_seed("dynpool_bad.put_of_every_address");
    for (size_t i = 0; i < 2 * LENGTH(put_configs); i++) {
        const lfm_dynpool_config config = put_configs[i / 2];
        const size_t grown = config.maximum == config.initial ? 0 : 9;
        fixture *s = fixture_make(config, 1 + 13 * i % 64, i % 2 * 4096, grown);
        unsigned char *before = dynpool_fixture_save(&s->d, NULL);
        for (unsigned char *at = s->d.base - 200; at < s->d.base + s->d.bytes + 200; at++) {
            check_put(s, (uintptr_t)at, (at - s->d.base) % 16 == 0 || s->d.bytes < 12000 ? before : NULL);
        }
        MUST(dynpool_fixture_is_same(&s->d, before), "changed something");
        for (unsigned bit = 0; bit < 8 * (unsigned)sizeof(uintptr_t); bit++) {
            const uintptr_t block = s->m.blocks[rng_below(&random, (uint32_t)s->m.created)];
            check_put(s, block + ((uintptr_t)1 << bit), before);
            check_put(s, block - ((uintptr_t)1 << bit), before);
            check_put(s, (uintptr_t)s->d.base + ((uintptr_t)1 << bit), before);
            check_put(s, (uintptr_t)1 << bit, before);
        }
        for (size_t k = 0; k < 1000; k++) {
            check_put(s, (uintptr_t)rng_next(&random), k % 100 == 0 ? before : NULL);
        }
        check_put(s, 0, before);
        check_put(s, 1, before);
        check_put(s, UINTPTR_MAX, before);
        check_put(s, (uintptr_t)&random, before);
        check_put(s, (uintptr_t)s->d.c, before);
        check_put(s, (uintptr_t)s->d.records, before);
        MUST(dynpool_fixture_is_same(&s->d, before), "changed something");
        free(before);
        fixture_free(s);
    }
}

#if LFM_CHECKS >= 1
Test(dynpool_bad, null)
{
    fixture *s = fixture_make(good, 0, 0, 2);
    unsigned char *before = dynpool_fixture_save(&s->d, NULL);
    MUST(lfm_dynpool_get(NULL) == NULL, "no pool");
    MUST(lfm_dynpool_put(NULL, NULL) == LFM_EINVAL, "no pool");
    MUST(lfm_dynpool_put(NULL, (void *)s->m.blocks[1]) == LFM_EINVAL, "no pool");
    MUST(lfm_dynpool_put(&s->d.c->pools[0], NULL) == LFM_EINVAL, "no block");
    MUST(lfm_dynpool_check(NULL) == LFM_EINVAL, "no pool");
    MUST(dynpool_fixture_is_same(&s->d, before), "changed something");
    free(before);
    fixture_free(s);
}

/* A block that was put twice comes once. */
Test(dynpool_bad, double_free)
{
    for (size_t i = 0; i < LENGTH(put_configs); i++) {
        fixture *s = fixture_make(put_configs[i], i, 0, put_configs[i].maximum == put_configs[i].initial ? 0 : 9);
        lfm_dynpool *pool = &s->d.c->pools[0];
        for (size_t k = 0; k < s->m.created; k++) {
            void *block = (void *)s->m.blocks[k];
            MUST(lfm_dynpool_put(pool, block) == (s->m.taken[k] ? LFM_OK : LFM_EDOUBLEFREE), "block %zu", k);
            MUST(lfm_dynpool_put(pool, block) == LFM_EDOUBLEFREE, "block %zu once more", k);
        }
        for (size_t k = 0; k < s->m.created; k++) {
            void *block = lfm_dynpool_get(pool);
            for (size_t n = 0; n < s->m.created; n++) {
                MUST((uintptr_t)block != s->m.blocks[n] || s->m.stack[n] != SIZE_MAX, "block %zu came twice", n);
                s->m.stack[n] = (uintptr_t)block == s->m.blocks[n] ? SIZE_MAX : k == 0 ? 0 : s->m.stack[n];
            }
        }
        fixture_free(s);
    }
}
#endif

/* No call writes a byte of a block; a put does with poison, all up to the next block. */
Test(dynpool_bad, bytes_of_blocks)
{
    for (size_t i = 0; i < LENGTH(put_configs); i++) {
        const lfm_dynpool_config config = put_configs[i];
        fixture *s = fixture_make(config, 3 * i, i % 2 * 4096, config.maximum == config.initial ? 0 : 9);
        support_show(s->d.memory, s->d.memory_bytes);
        for (size_t k = 0; k < s->m.created; k++) {
            const unsigned char *block = (void *)s->m.blocks[k];
            const bool was_put = k % 2 == 0 || !s->m.taken[k];
            for (size_t n = 0; n < s->m.stride; n++) {
                const bool poisoned = LFM_POISON && was_put;
                const bool either = LFM_POISON && block[n] == 0xA5; /* put by growth */
                MUST(block[n] == (poisoned ? 0xA5 : FILL_BYTE) || either, "byte %zu of block %zu is %#x", n, k,
                     block[n]);
            }
        }
        fixture_free(s);
    }
}
