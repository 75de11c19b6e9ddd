/* SPDX-License-Identifier: MIT */
/* Damaged heaps: lfm_heap_check() tells of words that the library never leaves, and walks survive any. Whatever the
 * words say, a walk tells of each byte of the heap once, and of no other. */
#include "heap_fixture.h"
#include "heap_word.h"

/* One level, two and three, with and without units beyond the last whole word. */
static const heap_plan plans[] = {
    {LFM_WORD_UNITS, 16, LFM_FIT_TRIMMED},
    {LFM_WORD_UNITS - 1, 64, LFM_FIT_BUDDY2},
    {5, 16, LFM_FIT_BUDDY4},
    {17, 64, LFM_FIT_TRIMMED},
    {64, 16, LFM_FIT_BUDDY2},
    {300, 64, LFM_FIT_TRIMMED},
    {4099, 16, LFM_FIT_BUDDY4},
};

enum {
    TRIES = 400 / SUPPORT_SHARE
};

/* A heap in use, and what it was before the damage. */
typedef struct victim {
    heap_fixture fixture;
    unsigned char *saved;
} victim;

static lfm_word_ *words_of(const victim *v)
{
    return (lfm_word_ *)(void *)(v->fixture.storage + v->fixture.span);
}

static victim victim_make(heap_plan p)
{
    victim v = {.fixture = heap_fixture_make(p)};
    for (size_t i = 0; i < 12; i++) {
        void *const block = lfm_heap_alloc(v.fixture.heap, (i % 4) * (i % 4) * p.min_block);
        MUST(block == NULL || i % 3 != 0 || lfm_heap_free(v.fixture.heap, block) == LFM_OK, "block %zu", i);
    }
    MUST(lfm_heap_check(v.fixture.heap) == LFM_OK, "nothing is wrong yet");
    v.saved = heap_fixture_save(&v.fixture);
    return v;
}

static void restore(victim *v)
{
    memcpy(v->fixture.heap, v->saved, sizeof *v->fixture.heap);
    memcpy(words_of(v), v->saved + sizeof *v->fixture.heap + v->fixture.span, v->fixture.bytes - v->fixture.span);
}

/* Bytes that are free and taken, and where the walk has come to. */
typedef struct visited {
    size_t bytes[2], blocks;
    unsigned char *next;
} visited;

static void visit(void *block, size_t bytes, bool taken, void *arg)
{
    visited *const v = arg;
    MUST(block == v->next && bytes > 0, "by address, without a gap");
    v->bytes[taken] += bytes;
    v->blocks += taken;
    v->next += bytes;
}

/* Statistics and visits of a heap, which may be damaged. */
static void walk(const victim *v)
{
    const heap_fixture *const f = &v->fixture;
    lfm_heap_stats_t stats;
    lfm_heap_stats(f->heap, &stats);
    MUST(stats.total == f->span && stats.used <= stats.total && stats.free == stats.total - stats.used,
         "%zu used, %zu free, %zu in all", stats.used, stats.free, stats.total);
    MUST(stats.largest_free <= stats.total, "%zu of %zu", stats.largest_free, stats.total);
    visited all = {.next = f->storage};
    lfm_heap_visit(f->heap, visit, &all);
    MUST(all.next == f->storage + f->span, "a walk ends after %zu of %zu bytes", (size_t)(all.next - f->storage),
         f->span);
    MUST(all.bytes[true] == stats.used && all.blocks == stats.blocks, "%zu bytes in %zu blocks, not %zu in %zu",
         all.bytes[true], all.blocks, stats.used, stats.blocks);
}

static void expect_damage(victim *v, const char *what)
{
    const lfm_status status = lfm_heap_check(v->fixture.heap);
    MUST(status == LFM_ECORRUPT, "%zu units: %s: %s", v->fixture.plan.units, what, lfm_status_string(status));
    walk(v);
    restore(v);
}

static void for_each_victim(void (*test)(victim *v))
{
    for (size_t i = 0; i < LENGTH(plans); i++) {
        victim v = victim_make(plans[i]);
        test(&v);
        MUST(lfm_heap_check(v.fixture.heap) == LFM_OK, "whole again");
        walk(&v);
        free(v.saved);
        heap_fixture_free(&v.fixture);
    }
}

/* Each of the states that a unit of level 0 cannot have after the unit before it. */
static void damage_units(victim *v)
{
    const size_t units = v->fixture.plan.units;
    for (size_t i = 0; i < units; i += i < 40 ? 1 : 97) {
        lfm_word_ *const word = words_of(v) + i / LFM_WORD_UNITS;
        lfm_heap_value value = lfm_heap_decode(*word);
        const size_t unit = i % LFM_WORD_UNITS;
        if (unit == 0 || value.units[unit - 1] < LFM_UNIT_TAKEN) {
            value.units[unit] = LFM_UNIT_CONT;
            *word = lfm_heap_encode(&value);
            expect_damage(v, "CONT with no block before it");
        }
        value = lfm_heap_decode(*word);
        value.units[unit] = LFM_UNIT_PART;
        *word = lfm_heap_encode(&value);
        expect_damage(v, "PART at level 0");
    }
}

Test(heap_check, units)
{
    for_each_victim(damage_units);
}

/* A block that begins in the heap or behind its end, and goes on as far as its word does. */
static void damage_end(victim *v)
{
    const size_t units = v->fixture.plan.units, unit = units % LFM_WORD_UNITS;
    if (unit == 0) {
        return;
    }
    for (size_t from = 0; from < LFM_WORD_UNITS; from++) {
        lfm_word_ *const word = words_of(v) + units / LFM_WORD_UNITS;
        lfm_heap_value value = lfm_heap_decode(*word);
        for (size_t i = from; i < LFM_WORD_UNITS; i++) {
            value.units[i] = i == from ? LFM_UNIT_TAKEN : LFM_UNIT_CONT;
        }
        *word = lfm_heap_encode(&value);
        expect_damage(v, "a block behind the heap's end");
    }
}

Test(heap_check, end)
{
    for_each_victim(damage_end);
}

/* Whatever is in the words, the check and walks end and stay inside. */
static void damage_at_random(victim *v)
{
    static rng random;
    random = random.state == 0 ? support_seed("heap_check.survives") : random;
    const heap_fixture *const f = &v->fixture;
    const uint32_t words = f->heap->first[f->heap->top_level] + 1u;
    for (size_t i = 0; i < TRIES; i++) {
        for (uint32_t n = 1 + rng_below(&random, 6); n > 0; n--) {
            lfm_word_ *const word = words_of(v) + words - 1 - rng_below(&random, 1 + rng_below(&random, words));
            *word ^= rng_below(&random, 2) == 0 ? (lfm_word_)rng_next(&random)
                                                : (lfm_word_)1 << rng_below(&random, 2 * LFM_WORD_UNITS + 1);
        }
        const lfm_status status = lfm_heap_check(f->heap);
        MUST(status == LFM_OK || status == LFM_ECORRUPT, "%d", status);
        walk(v);
        restore(v);
    }
}

Test(heap_check, survives)
{
    for_each_victim(damage_at_random);
}
