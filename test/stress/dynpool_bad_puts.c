/* SPDX-License-Identifier: MIT */
/* Threads make two dynamic pools on one segment grow, while thread 0 puts what
 * must not be put. Every bad put says what is wrong with it, whatever grows
 * meanwhile, and no block changes.
 *
 * Pool 1 is taken from by thread 0 alone, so that what it put is free for
 * certain. Blocks and records of both pools lie between each other's. */
#include "rng.h"
#include "stress.h"
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

typedef struct run {
    stress_options options;
    lfm_segment segment, metadata;
    lfm_dynpool shared, own;
    unsigned char *memory, *records;
    size_t bytes;
    _Atomic(void *) seen[STRESS_MAX_THREADS]; /* a block of the shared pool, taken or free */
} run;

static void put(lfm_dynpool *pool, void *pointer, lfm_status expected)
{
    const lfm_status got = lfm_dynpool_put(pool, pointer);
    MUST(got == expected, "%s instead of %s, for %p", lfm_status_string(got), lfm_status_string(expected), pointer);
}

static unsigned char *get(run *r, lfm_dynpool *pool, uint64_t stamp)
{
    unsigned char *const block = lfm_dynpool_get(pool);
    MUST(block != NULL, "no block, with room for all");
    const size_t offset = (size_t)(block - r->memory);
    MUST(offset % 8 == 0 && offset < r->bytes && r->bytes - offset >= STRESS_BLOCK_BYTES, "%p is outside", block);
    stress_fill(block, stamp);
    return block;
}

/* A pointer that is no block of either pool. */
static void put_nonsense(run *r, rng *random, lfm_dynpool *pool)
{
    static uint64_t elsewhere;
    switch (rng_below(random, 5)) {
    case 0:
        put(pool, &elsewhere, LFM_EFOREIGN);
        break;
    case 1:
        put(pool, r->memory + r->bytes + rng_below(random, 1u << 20), LFM_EFOREIGN);
        break;
    case 2:
        put(pool, r->memory - 1 - rng_below(random, 1u << 20), LFM_EFOREIGN);
        break;
    case 3:
        put(pool, (void *)(uintptr_t)(1 + rng_below(random, 4096)), LFM_EFOREIGN);
        break;
    default:
        put(pool, NULL, LFM_EINVAL);
        break;
    }
}

static void hammer(run *r, rng *random)
{
    const uint64_t stamp = stress_stamp(0, 1);
    for (uint64_t i = 0; i < r->options.ops; i++) {
        unsigned char *const other =
            atomic_load_explicit(&r->seen[rng_below(random, r->options.threads)], memory_order_acquire);
        const uint32_t inside = 1 + rng_below(random, STRESS_BLOCK_BYTES - 1);
        if (other != NULL) {
            put(&r->own, other, LFM_EFOREIGN);
            put(&r->own, other + inside, LFM_EFOREIGN);
            put(&r->shared, other + inside, LFM_EINTERIOR);
        }
        unsigned char *const first = get(r, &r->own, stamp), *const block = get(r, &r->own, stamp);
        put(&r->own, block + inside, LFM_EINTERIOR);
        put(&r->shared, block, LFM_EFOREIGN);
        put(&r->shared, block + inside, LFM_EFOREIGN);
        put_nonsense(r, random, rng_below(random, 2) == 0 ? &r->own : &r->shared);
        MUST(stress_verify(block) == stamp && stress_verify(first) == stamp, "another owner's block");
        put(&r->own, block, LFM_OK);
        put(&r->own, block, LFM_EDOUBLEFREE);
        if (rng_below(random, 4) == 0) { /* else it grows with the next one */
            put(&r->own, first, LFM_OK);
            put(&r->own, block, LFM_EDOUBLEFREE);
            put(&r->own, first, LFM_EDOUBLEFREE);
        }
    }
}

static void behave(run *r, rng *random, uint32_t number)
{
    void *held[STRESS_MAX_HELD];
    uint32_t holding = 0;
    for (uint64_t i = 0; i < r->options.ops; i++) {
        if (holding == 0 || (holding < r->options.held && rng_below(random, 4) != 0)) {
            held[holding] = get(r, &r->shared, stress_stamp(number, i));
            atomic_store_explicit(&r->seen[number], held[holding++], memory_order_release);
        } else {
            const uint32_t chosen = rng_below(random, holding);
            MUST(stress_verify(held[chosen]) >> 48 == number, "another owner's block");
            put(&r->shared, held[chosen], LFM_OK);
            held[chosen] = held[--holding];
        }
    }
    while (holding > 0) {
        put(&r->shared, held[--holding], LFM_OK);
    }
}

static void work(void *arg, uint32_t number)
{
    run *const r = arg;
    rng random = {r->options.seed + number * UINT64_C(0xd1342543de82ef95)};
    if (number == 0) {
        hammer(r, &random);
    } else {
        behave(r, &random, number);
    }
}

/* A segment with room for what all may hold, and metadata in it or not. */
static void begin(run *r, uint32_t round)
{
    const size_t blocks = r->options.ops * 2 + (size_t)r->options.threads * r->options.held + 16;
    const size_t records = LFM_DYNPOOL_METADATA_BYTES(16, 2 * blocks);
    r->bytes = blocks * (STRESS_BLOCK_BYTES + 16) + records;
    r->memory = aligned_alloc(STRESS_BLOCK_BYTES, LFM_ROUND_UP_(r->bytes, STRESS_BLOCK_BYTES));
    r->records = aligned_alloc(STRESS_BLOCK_BYTES, LFM_ROUND_UP_(2 * records, STRESS_BLOCK_BYTES));
    NEED(r->memory != NULL && r->records != NULL, "no memory");
    MUST(lfm_segment_init(&r->segment, r->memory, r->bytes, 64) == LFM_OK, "no segment");
    MUST(lfm_segment_init(&r->metadata, r->records, 2 * records, 1) == LFM_OK, "no segment");
    for (uint32_t i = 0; i < 2; i++) {
        const lfm_dynpool_config config = {
            .block_size = STRESS_BLOCK_BYTES,
            .align = 8,
            .initial = round / 2 % 4 * i,
            .maximum = LFM_UNLIMITED,
            .grow = i == 0 ? 1 + round % 3 : 1,
            .metadata = round % 2 == 0 ? &r->metadata : NULL,
        };
        const lfm_status status = lfm_dynpool_init(i == 0 ? &r->shared : &r->own, &r->segment, &config);
        MUST(status == LFM_OK, "%s", lfm_status_string(status));
    }
    for (uint32_t t = 0; t < r->options.threads; t++) {
        atomic_store_explicit(&r->seen[t], NULL, memory_order_relaxed);
    }
}

int main(int argc, char **argv)
{
    static run r = {.options = {.threads = 3, .ops = 20000, .blocks = 1, .shards = 1, .held = 64, .many = 1}};
    double seconds = 0;
    if (LFM_CHECKS < 1) {
        SKIP("at checks level 0 a put believes what it is told");
    }
    stress_parse(argc, argv, &r.options);
    for (uint32_t round = 0; round < r.options.rounds; round++, r.options.seed++) {
        begin(&r, round);
        seconds += stress_run(&r.options, work, &r);
        MUST(lfm_dynpool_check(&r.shared) == LFM_OK && lfm_dynpool_check(&r.own) == LFM_OK, "a pool is damaged");
        free(r.memory);
        free(r.records);
    }
    stress_report(r.options.ops * r.options.threads * r.options.rounds, 0, seconds);
    return 0;
}
