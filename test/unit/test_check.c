/* SPDX-License-Identifier: MIT */
/* lfm_pool_check() finds damage: every kind that a write to the wrong place can do to head and links, and at last each
 * bit of them. Every case begins with a pool that was used and passes. */
#include "pool_fixture.h"
#include <lfmem/detail/list_word.h>

/* Plain, split and wide; the sharded ones begin at their own shard. */
static const pool_plan plans[] = {{8, 8, 8, 1},    {9, 24, 8, SHARDS(3)}, {14, 3, 1, 1},
                                  {1023, 1, 1, 1}, {24, 8, 8, SHARDS(2)}, {70000, 1, 1, 1}};

enum {
    FREE = 5
}; /* blocks in the list that is damaged */

typedef struct victim {
    pool_fixture fixture;
    lfm_list_shape shape; /* of the list that this thread uses */
    lfm_word_ *head;
    uint32_t chain[FREE]; /* the free blocks, top first */
    uint32_t taken;       /* one that is not free */
    unsigned char *saved;
} victim;

static unsigned char *place_of_link(const victim *v, uint32_t block)
{
    return v->fixture.storage + v->fixture.pool->links + LFM_LINK_BYTES_(v->fixture.plan.count) * block;
}

static uint32_t load_link(const victim *v, uint32_t block)
{
    uint8_t byte;
    uint16_t half;
    uint32_t word;
    const unsigned char *place = place_of_link(v, block);
    switch (LFM_LINK_BYTES_(v->fixture.plan.count)) {
    case 1:
        return memcpy(&byte, place, 1), byte;
    case 2:
        return memcpy(&half, place, 2), half;
    default:
        return memcpy(&word, place, 4), word;
    }
}

static void store_link(const victim *v, uint32_t block, uint32_t link)
{
    const uint8_t byte = (uint8_t)link;
    const uint16_t half = (uint16_t)link;
    const size_t bytes = LFM_LINK_BYTES_(v->fixture.plan.count);
    memcpy(place_of_link(v, block), bytes == 1 ? (const void *)&byte : bytes == 2 ? (const void *)&half : &link, bytes);
}

/* Leads from block to next, all else as it was. */
static void lead(const victim *v, uint32_t block, uint32_t next)
{
    const uint32_t low = lfm_link_count_low(&v->shape, block, load_link(v, block));
    store_link(v, block, lfm_link_make(&v->shape, block, next, low));
}

/* Takes every block, so that no list has one, and puts FREE of them back, in no order. */
static victim victim_make(pool_plan p)
{
    victim v = {.fixture = pool_fixture_make(p)};
    pool_fixture *f = &v.fixture;
    const uint32_t start = (uint32_t)(f->home * (p.count / p.shards));
    const bool last = f->home + 1 == p.shards;
    v.shape = (lfm_list_shape){(uint32_t)p.count,
                               start,
                               (uint32_t)(last ? p.count - start : p.count / p.shards),
                               f->pool->index_bits,
                               f->pool->split_bits,
                               f->pool->split_bits != 0,
                               f->pool->shards > 1};
    unsigned char *lists = f->storage + f->pool->links - (p.shards - f->home) * LFM_LIST_STRIDE_;
    v.head = p.shards == 1 ? (lfm_word_ *)(void *)f->pool : (lfm_word_ *)(void *)lists;
    while (lfm_pool_get(f->pool) != NULL) {
    }
    const uint32_t order[FREE] = {3, 0, 6, 1, 4};
    for (uint32_t i = 0; i < FREE; i++) {
        MUST(lfm_pool_put(f->pool, pool_fixture_block(f, order[i])) == LFM_OK, "block %u", order[i]);
        v.chain[FREE - 1 - i] = order[i];
    }
    v.taken = 5;
    MUST(lfm_pool_check(f->pool) == LFM_OK, "nothing is wrong yet");
    MUST(lfm_head_top(&v.shape, *v.head) == v.chain[0], "the test knows the head");
    MUST(lfm_link_next(&v.shape, v.chain[1], load_link(&v, v.chain[1])) == v.chain[2], "the test knows the links");
    v.saved = pool_fixture_save(f, NULL);
    return v;
}

/* The damage is seen, and what was there before is whole again. */
static void expect_damage(victim *v, const char *what)
{
    pool_fixture *f = &v->fixture;
    const lfm_status status = lfm_pool_check(f->pool);
    MUST(status == LFM_ECORRUPT, "%zu blocks, %zu shards: %s: %s", f->plan.count, f->plan.shards, what,
         lfm_status_string(status));
    lfm_pool_stats_t stats; /* which survive it */
    lfm_pool_stats(f->pool, &stats);
    MUST(stats.free <= stats.count && stats.min_free <= stats.free, "%zu free, %zu at least", stats.free,
         stats.min_free);
    memcpy(f->pool, v->saved, sizeof *f->pool);
    memcpy(f->storage, v->saved + sizeof *f->pool, f->bytes);
    MUST(lfm_pool_check(f->pool) == LFM_OK, "whole again");
}

static void for_each_plan(void (*test)(victim *v))
{
    for (size_t i = 0; i < LENGTH(plans); i++) {
        if (plans[i].count <= LFM_POOL_MAX_COUNT) {
            victim v = victim_make(plans[i]);
            test(&v);
            free(v.saved);
            pool_fixture_free(&v.fixture);
        }
    }
}

static void damage_links(victim *v)
{
    const uint32_t count = v->shape.count, *chain = v->chain;
    for (uint32_t i = 0; i < FREE; i++) {
        for (uint32_t k = 0; k < FREE; k++) {
            if (k != i + 1) {
                lead(v, chain[i], chain[k]);
                expect_damage(v, k <= i ? "a cycle" : "a block is left out");
            }
        }
        if (i + 1 < FREE) {
            lead(v, chain[i], count);
            expect_damage(v, "the list ends early");
        }
        for (uint32_t index = count + 1; index <= lfm_index_mask(&v->shape); index += count / 4 + 1) {
            lead(v, chain[i], index);
            expect_damage(v, "a link that leads to no block");
        }
    }
}

Test(check, damaged_links)
{
    for_each_plan(damage_links);
}

#if LFM_CHECKS >= 1
/* Taken blocks have marks, and no others. */
static void damage_marks(victim *v)
{
    const uint32_t *chain = v->chain;
    for (uint32_t i = 0; i < FREE; i++) {
        store_link(v, chain[i], LFM_LINK_TAKEN_(chain[i]));
        expect_damage(v, "a free block is marked as taken");
        lead(v, chain[i], v->taken);
        expect_damage(v, "a taken block is in the list");
    }
    store_link(v, v->taken, 0);
    expect_damage(v, "a taken block lost its mark");
    store_link(v, v->taken, lfm_link_cached(&v->shape, v->taken + 1));
    expect_damage(v, "another block's mark of being in a cache");
    store_link(
        v, v->taken,
        lfm_link_make(&v->shape, v->taken, chain[3], lfm_link_count_low(&v->shape, chain[2], load_link(v, chain[2]))));
    lead(v, chain[1], v->taken);
    expect_damage(v, "a taken block in the list, a free one in none");
}

Test(check, damaged_marks)
{
    for_each_plan(damage_marks);
}
#endif

static void set_head(victim *v, uint32_t top, uint32_t allocated)
{
    const lfm_word_ one = (lfm_word_)1 << v->shape.index_bits;
    const lfm_word_ high = ((allocated >> v->shape.split_bits) - ((v->shape.size - FREE) >> v->shape.split_bits)) * one;
    *v->head = lfm_head_with_top(&v->shape, *v->head, top) + high;
}

static void damage_head(victim *v)
{
    const lfm_list_shape *s = &v->shape;
    const uint32_t *chain = v->chain, allocated = s->size - FREE;
    for (uint32_t top = s->count + 1; top <= lfm_index_mask(s); top += s->count / 4 + 1) {
        set_head(v, top, allocated);
        lfm_pool_stats_t stats; /* that block has no link, in which a part of the count could be */
        lfm_pool_stats(v->fixture.pool, &stats);
        MUST(stats.free == 0, "%zu free below no block", stats.free);
        expect_damage(v, "the top is no block");
    }
    /* with a split count, below level 1, that is a shorter list */
    for (uint32_t i = 1; i < FREE && (LFM_CHECKS >= 1 || s->split_bits == 0); i++) {
        set_head(v, chain[i], allocated);
        expect_damage(v, "the top is not the uppermost block");
    }
    if (LFM_CHECKS >= 1) {
        set_head(v, v->taken, allocated);
        expect_damage(v, "the top is a taken block");
        set_head(v, s->count, allocated); /* below level 1 an empty list is a list */
        expect_damage(v, "no top block, yet some are free");
    }
    for (uint32_t step = (uint32_t)1 << s->split_bits; step <= lfm_index_mask(s); step *= 2) {
        *v->head += (lfm_word_)(step >> s->split_bits) << s->index_bits;
        expect_damage(v, "a wrong count of free blocks");
    }
}

Test(check, damaged_head)
{
    for_each_plan(damage_head);
}

#if LFM_CHECKS >= 1
/* Each bit that has a meaning: all of a mark's, in a free block's link the index and what split, in the head all but
 * the tag. */
static void damage_bits(victim *v)
{
    const lfm_list_shape *s = &v->shape;
    for (int bit = 0; bit < 8 * (int)LFM_LINK_BYTES_(s->count); bit++) {
        for (uint32_t i = 0; i < FREE && bit < s->index_bits + s->split_bits; i++) {
            store_link(v, v->chain[i], load_link(v, v->chain[i]) ^ (uint32_t)1 << bit);
            expect_damage(v, "a bit of a free block's link");
        }
        store_link(v, v->taken, load_link(v, v->taken) ^ (uint32_t)1 << bit);
        expect_damage(v, "a bit of a mark");
    }
    for (int bit = 0; bit < 2 * s->index_bits - s->split_bits; bit++) {
        *v->head ^= (lfm_word_)1 << bit;
        expect_damage(v, "a bit of the head");
    }
}

Test(check, damaged_bits)
{
    for_each_plan(damage_bits);
}
#endif

#if LFM_CHECKS == 1
/* What level 1 cannot see when it happens, a second put of a block that was handed out again, the check sees later if
 * the block's owner puts it once more: as a double free, or else as an agreeing pool. Nothing else may come of it. */
Test(check, stale_put_is_a_put)
{
    pool_fixture f = pool_fixture_make((pool_plan){4, 8, 8, 1});
    void *block = lfm_pool_get(f.pool);
    MUST(lfm_pool_put(f.pool, block) == LFM_OK && lfm_pool_get(f.pool) == block, "handed out again");
    MUST(lfm_pool_put(f.pool, block) == LFM_OK, "no level can see whose put this is");
    MUST(lfm_pool_put(f.pool, block) == LFM_EDOUBLEFREE, "the owner's own put");
    MUST(lfm_pool_check(f.pool) == LFM_OK, "agrees");
    pool_fixture_free(&f);
}
#endif
