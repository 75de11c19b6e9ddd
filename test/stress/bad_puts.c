/* SPDX-License-Identifier: MIT */
/* Some threads take and give blocks as they should while thread 0 puts what must not be put. Every bad put says what is
 * wrong with it, and no block of another and no list changes.
 *
 * Which blocks are free for certain? Lists are stacks, and a thread puts where it gets. So of each shard's range, which
 * is in order at first, blocks beyond as many as all threads together hold are never touched. */
#include "rng.h"
#include "stress.h"
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

typedef struct run {
    stress_options options;
    stress_pool pool;
    uint32_t untouched; /* blocks at the end of each shard's range that stay free */
    _Atomic(uint64_t) ops;
} run;

static void *block_at(const run *r, uint32_t index)
{
    return r->pool.storage + (size_t)index * STRESS_BLOCK_BYTES;
}

static void *free_block(const run *r, rng *random)
{
    const uint32_t range = r->options.blocks / r->options.shards;
    const uint32_t shard = rng_below(random, r->options.shards);
    return block_at(r, (shard + 1) * range - 1 - rng_below(random, r->untouched));
}

/* Something that is no block to put, and what a put must say. */
static void *bad_pointer(const run *r, rng *random, lfm_status *expected)
{
    static uint64_t elsewhere;
    unsigned char *const any = block_at(r, rng_below(random, r->pool.count));
    *expected = LFM_EFOREIGN;
    switch (rng_below(random, 8)) {
    case 0:
        return &elsewhere;
    case 1:
        return block_at(r, r->pool.count); /* one past the last */
    case 2:
        return r->pool.storage - STRESS_BLOCK_BYTES * (size_t)(1 + rng_below(random, 1000));
    case 3:
        return (void *)(uintptr_t)(1 + rng_below(random, 4096));
    case 4:
        *expected = LFM_EINVAL;
        return NULL;
    case 5:
    case 6:
        *expected = LFM_EINTERIOR;
        return any + 1 + rng_below(random, STRESS_BLOCK_BYTES - 1);
    default:
        *expected = LFM_EDOUBLEFREE;
        return free_block(r, random);
    }
}

static void expect(lfm_status got, lfm_status expected, const void *pointer)
{
    MUST(got == expected, "%s instead of %s, for %p", lfm_status_string(got), lfm_status_string(expected), pointer);
}

/* A block of the caller's own together with a bad pointer, or named twice: the block stays the caller's. */
static void put_with_bad(run *r, rng *random, void *own)
{
    void *pair[2] = {own, own};
    lfm_status expected = LFM_EDOUBLEFREE;
    const uint32_t place = rng_below(random, 3);
    if (place < 2) {
        pair[place] = bad_pointer(r, random, &expected);
    }
    expect(lfm_pool_put_many(r->pool.pool, pair, 2), expected, pair[place % 2]);
}

static void hammer(run *r, rng *random)
{
    void *const own = stress_get(&r->pool);
    MUST(own != NULL, "no block");
    const uint64_t stamp = stress_stamp(0, 1);
    stress_fill(own, stamp);
    for (uint64_t i = 0; i < r->options.ops; i++) {
        lfm_status expected;
        void *const bad = bad_pointer(r, random, &expected);
        expect(stress_put(&r->pool, bad), expected, bad);
        if (!r->pool.dynamic) {
            MUST(lfm_pool_owns(r->pool.pool, bad) == (expected == LFM_EDOUBLEFREE), "wrong for %p", bad);
            put_with_bad(r, random, own);
        }
    }
    MUST(stress_verify(own) == stamp, "a block that was not put had another owner");
    expect(stress_put(&r->pool, own), LFM_OK, own);
}

static void behave(run *r, rng *random, uint32_t number)
{
    void *held[STRESS_MAX_HELD];
    uint32_t holding = 0;
    for (uint64_t i = 0; i < r->options.ops; i++) {
        if (holding == 0 || (holding < r->options.held && rng_below(random, 2) == 0)) {
            held[holding] = stress_get(&r->pool);
            MUST(held[holding] != NULL, "no block");
            stress_index(&r->pool, held[holding]);
            stress_fill(held[holding++], stress_stamp(number, 0));
        } else {
            const uint32_t chosen = rng_below(random, holding);
            void *const block = held[chosen];
            MUST(stress_verify(block) == stress_stamp(number, 0), "another owner's block");
            expect(stress_put(&r->pool, block), LFM_OK, block);
            held[chosen] = held[--holding];
        }
    }
    while (holding > 0) {
        holding--;
        expect(stress_put(&r->pool, held[holding]), LFM_OK, held[holding]);
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

/* Makes a dynamic pool grow to its end, and the last blocks those that are taken last. */
static void grow(run *r)
{
    void **const all = malloc(r->pool.count * sizeof *all);
    NEED(all != NULL, "no memory");
    for (uint32_t i = 0; i < r->pool.count; i++) {
        void *const block = stress_get(&r->pool);
        MUST(block != NULL, "no block");
        all[stress_index(&r->pool, block)] = block;
    }
    for (uint32_t i = r->pool.count; i-- > 0;) {
        expect(stress_put(&r->pool, all[i]), LFM_OK, all[i]);
    }
    free(all);
}

int main(int argc, char **argv)
{
    static run r = {.options = {.threads = 3, .ops = 200000, .blocks = 1000, .shards = 1, .held = 8, .many = 1}};
    if (LFM_CHECKS < 1) {
        SKIP("at checks level 0 a put believes what it is told");
    }
    stress_parse(argc, argv, &r.options);
    const uint32_t range = r.options.blocks / r.options.shards;
    NEED(r.options.threads * r.options.held < range, "a shard needs blocks that stay free");
    r.untouched = range - r.options.threads * r.options.held;
    stress_pool_make(&r.pool, &r.options);
    if (r.pool.dynamic) {
        grow(&r);
    }
    const double seconds = stress_run(&r.options, work, &r);
    stress_account(&r.pool);
    stress_pool_end(&r.pool);
    stress_report(r.options.ops * r.options.threads, 0, seconds);
    return 0;
}
