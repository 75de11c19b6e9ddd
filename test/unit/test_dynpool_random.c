/* SPDX-License-Identifier: MIT */
/* A million random calls on a segment and three dynamic pools, good and bad ones, each as the model says. */
#include "dynpool_fixture.h"

enum {
    CALLS = 1000000 / SUPPORT_SHARE
};

typedef struct world {
    size_t bytes, padding, record_bytes;
    lfm_dynpool_config configs[DYNPOOL_POOLS];
} world;

static const world worlds[] = {
    {3000,
     32,
     0,
     {{20, 8, 10, 10, 0, false, NULL}, {20, 8, 10, LFM_UNLIMITED, 1, true, NULL}, {3, 1, 0, 9, 2, false, NULL}}},
    {3000,
     1,
     2000,
     {{24, 8, 0, LFM_UNLIMITED, 0, false, NULL},
      {1, 1, 3, LFM_UNLIMITED, 4, false, NULL},
      {100, 64, 1, 1, 1, false, NULL}}},
    {2000,
     64,
     150000,
     {{8, 8, 1, LFM_UNLIMITED, 3, false, NULL}, {40, 4, 0, 6, 0, true, NULL}, {5, 1, 2, 30, 7, false, NULL}}},
    {4000,
     16,
     200,
     {{16, 4, 0, 40, 1, false, NULL}, {16, 16, 0, 40, 5, false, NULL}, {7, 1, 1, LFM_UNLIMITED, 0, true, NULL}}},
};

typedef struct state {
    const world *world;
    dynpool_fixture d;
    segment_model segment, metadata;
    dynpool_model models[DYNPOOL_POOLS];
} state;

static void start(state *s)
{
    for (size_t i = 0; i < DYNPOOL_POOLS; i++) {
        dynpool_fixture_pool(&s->d, i, s->world->configs[i]);
        s->models[i] = dynpool_model_make(&s->d, i, s->world->configs[i], &s->segment,
                                          s->d.record_bytes != 0 ? &s->metadata : &s->segment);
    }
    s->segment = segment_model_make(&s->d.c->segment, s->d.base);
    s->metadata = segment_model_make(&s->d.c->metadata, s->d.records);
}

static void reset(state *s)
{
    lfm_segment_reset(&s->d.c->segment);
    lfm_segment_reset(&s->d.c->metadata);
    MUST(segment_used(&s->d.c->segment) == 0, "all is back");
    for (size_t i = 0; i < DYNPOOL_POOLS; i++) {
        dynpool_model_free(&s->models[i]);
    }
    start(s);
}

static void *random_pointer(rng *random, const state *s, const dynpool_model *m)
{
    unsigned char *block = m->created != 0 ? (void *)m->blocks[rng_below(random, (uint32_t)m->created)] : NULL;
    const dynpool_model *other = &s->models[rng_below(random, DYNPOOL_POOLS)];
    switch (rng_below(random, 12)) {
    case 0:
        return s->d.base - 100 + rng_below(random, (uint32_t)s->d.bytes + 200);
    case 1:
        return (void *)((uintptr_t)block + rng_below(random, (uint32_t)m->stride));
    case 2:
        return (void *)((uintptr_t)block ^ (uintptr_t)1 << rng_below(random, sizeof(uintptr_t) * 8));
    case 3:
        return other->created != 0 ? (void *)other->blocks[rng_below(random, (uint32_t)other->created)] : NULL;
    case 4:
        return (void *)(uintptr_t)rng_next(random);
    default:
        return block;
    }
}

static void random_put(rng *random, state *s, dynpool_model *m, lfm_dynpool *pool)
{
    size_t index = 0;
    void *block = random_pointer(random, s, m);
    const lfm_status wanted = dynpool_model_put_status(m, block, &index);
    if (LFM_CHECKS == 0 && (block == NULL || (wanted == LFM_OK && !m->taken[index]))) {
        return;
    }
    const lfm_status status = lfm_dynpool_put(pool, block);
    MUST(status == wanted, "put of %p: %s, not %s", block, lfm_status_string(status), lfm_status_string(wanted));
    if (status == LFM_OK) {
        dynpool_model_put(m, index);
    }
}

static void random_alloc(rng *random, state *s)
{
    const size_t padding = rng_below(random, 2) == 0 ? s->world->padding : 1;
    const size_t size = 1 + rng_below(random, rng_below(random, 8) == 0 ? 200 : 8);
    const size_t align = (size_t)1 << rng_below(random, 7);
    uintptr_t place = 0;
    const bool fits =
        segment_model_take(&s->segment, round_up(size, padding), align > padding ? align : padding, &place);
    void *got = padding > 1 ? lfm_segment_alloc_padded(&s->d.c->segment, size, align)
                            : lfm_segment_alloc(&s->d.c->segment, size, align);
    MUST(got == (fits ? (void *)place : NULL), "%zu bytes, align %zu, padding %zu: %p", size, align, padding, got);
}

static void random_call(rng *random, state *s, bool getting)
{
    const size_t i = rng_below(random, DYNPOOL_POOLS);
    dynpool_model *m = &s->models[i];
    lfm_dynpool *pool = &s->d.c->pools[i];
    const uint32_t kind = rng_below(random, 64);
    if (kind == 0) {
        random_alloc(random, s);
    } else if (kind < (getting ? 40 : 20)) {
        void *const wanted = dynpool_model_get(m), *const block = lfm_dynpool_get(pool);
        MUST(block == wanted, "pool %zu: %p, not %p", i, block, wanted);
    } else {
        random_put(random, s, m, pool);
    }
    dynpool_model_check(m, pool);
    MUST(segment_used(&s->d.c->segment) == s->segment.next, "%zu used, not %zu", segment_used(&s->d.c->segment),
         s->segment.next);
    MUST(s->d.record_bytes == 0 || segment_used(&s->d.c->metadata) == s->metadata.next, "metadata");
}

Test(dynpool_random, a_million_calls)
{
    rng random = support_seed("dynpool_random.a_million_calls");
    for (size_t w = 0; w < LENGTH(worlds); w++) {
        state s = {.world = &worlds[w]};
        s.d = dynpool_fixture_make(s.world->bytes, s.world->padding, rng_below(&random, 100), s.world->record_bytes);
        start(&s);
        bool getting = true;
        for (size_t call = 0; call < CALLS / LENGTH(worlds); call++) {
            getting = rng_below(&random, 64) == 0 ? !getting : getting;
            random_call(&random, &s, getting);
            if (call % 256 == 0) {
                for (size_t i = 0; i < DYNPOOL_POOLS; i++) {
                    MUST(lfm_dynpool_check(&s.d.c->pools[i]) == LFM_OK, "pool %zu after %zu calls", i, call);
                }
            }
            if (rng_below(&random, 2000) == 0) {
                reset(&s);
            }
        }
        for (size_t i = 0; i < DYNPOOL_POOLS; i++) {
            dynpool_model_free(&s.models[i]);
        }
        dynpool_fixture_free(&s.d);
    }
}
