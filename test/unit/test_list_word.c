/* SPDX-License-Identifier: MIT */
/* list_word.h without threads: the packed steps against its specification, the specification against what it has to
 * refuse, and whole lists against stacks. */
#include <lfmem/detail/list_word.h>
#include "support.h"

static const uint32_t counts[] = {1,    2,    3,     6,     7,        14,       15,
                                  62,   63,   64,    126,   127,      254,      255,
                                  1022, 1023, 65534, 65535, 1u << 20, 1u << 24, LFM_POOL_MAX_COUNT};

static lfm_list_shape shape_of(uint32_t count, uint32_t start, uint32_t size)
{
    return (lfm_list_shape){.count = count,
                            .start = start,
                            .size = size,
                            .index_bits = (uint8_t)LFM_INDEX_BITS_(count),
                            .split_bits = (uint8_t)LFM_SPLIT_BITS_(count),
                            .split = LFM_SPLIT_BITS_(count) != 0,
                            .sharded = size < count};
}

/* The ranges of one, three and as many shards as there may be: whole, first, middle, last. */
static size_t shapes_of(uint32_t count, lfm_list_shape shapes[6])
{
    const uint32_t third = count / 3, many = count < 255 ? count : 255;
    size_t n = 0;
    shapes[n++] = shape_of(count, 0, count);
    if (third > 0) {
        shapes[n++] = shape_of(count, 0, third);
        shapes[n++] = shape_of(count, third, third);
        shapes[n++] = shape_of(count, 2 * third, count - 2 * third);
    }
    shapes[n++] = shape_of(count, 0, count / many);
    shapes[n++] = shape_of(count, (many - 1) * (count / many), count - (many - 1) * (count / many));
    return n;
}

static uint32_t as_stored(const lfm_list_shape *s, int64_t allocated)
{
    return lfm_modulo(allocated, s->index_bits);
}

static uint32_t low_of(const lfm_list_shape *s, int64_t allocated)
{
    return lfm_modulo(allocated, s->split_bits);
}

static bool same_head(lfm_head_value a, lfm_head_value b)
{
    return a.top == b.top && a.allocated == b.allocated && a.tag == b.tag;
}

/* A possible list: empty iff all of its range is allocated. */
static lfm_head_value random_value(rng *random, const lfm_list_shape *s)
{
    const uint32_t free = rng_below(random, 4) == 0 ? rng_below(random, 2) * s->count : rng_below(random, s->count + 1);
    const lfm_word_ tags = (lfm_word_)(UINT64_MAX >> (64 - LFM_TAG_BITS_(s->count)));
    lfm_head_value m = {s->count, (int64_t)s->size - free, 0};
    m.top = free == 0 ? s->count : rng_below(random, s->count);
    m.tag = (lfm_word_)(rng_below(random, 3) == 0 ? (uint64_t)rng_below(random, 3) - 1 : rng_next(random));
    m.tag &= tags;
    return m;
}

/* What is read of a packed head and link is what they say. */
static void check_decoding(const lfm_list_shape *s, lfm_head_value m, uint32_t next)
{
    const lfm_word_ head = lfm_head_encode(s, m);
    const int64_t free = (int64_t)s->size - m.allocated;
    const uint32_t allocated = as_stored(s, m.allocated);
    MUST(same_head(lfm_head_decode(s, head, low_of(s, m.allocated)), m), "count %u start %u: top %u", s->count,
         s->start, m.top);
    MUST(lfm_head_top(s, head) == m.top, "count %u start %u: top %u", s->count, s->start, m.top);
    MUST(lfm_head_tag(s, head) == m.tag, "count %u: tag %llu", s->count, (unsigned long long)m.tag);
    MUST((int64_t)lfm_free_count(s, allocated) == free, "count %u allocated %lld", s->count, (long long)m.allocated);
    MUST((int64_t)lfm_allocated_of(s, s->size, allocated) == (m.allocated > 0 ? m.allocated : 0), "allocated %lld",
         (long long)m.allocated);
    if (free == 0) {
        MUST(lfm_allocated_count(s, head, 0) == s->size, "an empty list misses its range");
        return;
    }
    const lfm_link_value value = {next, next == m.top ? 0 : low_of(s, m.allocated)}; /* the top itself: a mark */
    const uint32_t link = lfm_link_encode(s, m.top, value);
    const lfm_link_value decoded = lfm_link_decode(s, m.top, link);
    MUST(decoded.next == value.next && decoded.low == value.low, "count %u top %u next %u", s->count, m.top, next);
    MUST(lfm_link_next(s, m.top, link) == next, "count %u top %u next %u", s->count, m.top, next);
    if (next == m.top) {
        MUST(link == LFM_LINK_TAKEN_(m.top), "count %u: the mark of %u", s->count, m.top);
        return;
    }
    MUST(lfm_link_make(s, m.top, next, as_stored(s, m.allocated)) == link, "count %u top %u next %u", s->count, m.top,
         next);
    MUST(lfm_link_count_low(s, m.top, link) == value.low, "allocated %lld", (long long)m.allocated);
    MUST(lfm_allocated_count(s, head, link) == allocated, "count %u size %u allocated %lld", s->count, s->size,
         (long long)m.allocated);
}

/* A pop of k blocks does what the specification says. */
static void check_pop(const lfm_list_shape *s, lfm_head_value m, uint32_t k, uint32_t next)
{
    lfm_head_value after = m;
    MUST(lfm_value_pop(s, &after, k, next), "count %u size %u: pop %u", s->count, s->size, k);
    const lfm_word_ head = lfm_head_pop(s, lfm_head_encode(s, m), as_stored(s, m.allocated), k, next ^ (m.top + 1));
    MUST(head == lfm_head_encode(s, after), "count %u size %u: pop %u at allocated %lld", s->count, s->size, k,
         (long long)m.allocated);
    MUST(head != lfm_head_encode(s, m), "a pop changes the head");
    MUST(after.top == next && after.allocated == m.allocated + k && after.tag != m.tag, "what a pop does");
}

/* So does a push. */
static void check_push(const lfm_list_shape *s, lfm_head_value m, uint32_t k, uint32_t top)
{
    lfm_head_value after = m;
    MUST(lfm_value_push(s, &after, k, top), "count %u size %u: push %u", s->count, s->size, k);
    const lfm_word_ head = lfm_head_push(s, lfm_head_encode(s, m), as_stored(s, m.allocated), k, top);
    MUST(head == lfm_head_encode(s, after), "count %u size %u: push %u at allocated %lld", s->count, s->size, k,
         (long long)m.allocated);
    MUST(after.top == top && after.allocated == m.allocated - k && after.tag == m.tag, "what a push does");
}

/* A block that is not on top. */
static uint32_t random_other(rng *random, const lfm_list_shape *s, lfm_head_value m)
{
    const uint32_t block = rng_below(random, s->count);
    return block != m.top ? block : (block + 1) % s->count;
}

static void check_steps(rng *random, const lfm_list_shape *s, lfm_head_value m)
{
    const uint32_t free = (uint32_t)((int64_t)s->size - m.allocated), taken = s->count - free;
    check_decoding(s, m, rng_below(random, s->count + 1));
    if (free > 0) {
        const uint32_t several = 1 + rng_below(random, free);
        check_pop(s, m, 1, free == 1 ? s->count : random_other(random, s, m));
        check_pop(s, m, several, several == free ? s->count : random_other(random, s, m));
        check_pop(s, m, free, s->count);
    }
    if (taken > 0) {
        check_push(s, m, 1, random_other(random, s, m));
        check_push(s, m, 1 + rng_below(random, taken), random_other(random, s, m));
        check_push(s, m, taken, random_other(random, s, m));
    }
}

Test(list_word, steps_agree_with_the_specification)
{
    rng random = support_seed("word.steps_agree_with_the_specification");
    for (size_t i = 0; i < LENGTH(counts) && counts[i] <= LFM_POOL_MAX_COUNT; i++) {
        lfm_list_shape shapes[6];
        for (size_t n = shapes_of(counts[i], shapes); n > 0; n--) {
            for (int round = 0; round < 3000; round++) {
                check_steps(&random, &shapes[n - 1], random_value(&random, &shapes[n - 1]));
            }
        }
    }
}

/* Small shapes leave nothing to chance: every range, top, number of free blocks and number popped or pushed, with tags
 * that are about to come round. */
static void check_every_step(const lfm_list_shape *s, lfm_word_ tag)
{
    for (uint32_t free = 0; free <= s->count; free++) {
        for (uint32_t top = 0; top < s->count; top++) {
            const lfm_head_value m = {free == 0 ? s->count : top, (int64_t)s->size - free, tag};
            for (uint32_t next = 0; next <= s->count; next++) {
                check_decoding(s, m, next);
            }
            for (uint32_t k = 1; k <= free; k++) {
                check_pop(s, m, k, k == free ? s->count : (top + k) % s->count);
            }
            for (uint32_t k = 1; k <= s->count - free; k++) {
                check_push(s, m, k, (top + k) % s->count);
            }
        }
    }
}

Test(list_word, every_step_of_small_lists)
{
    for (uint32_t count = 1; count <= 8; count++) {
        const lfm_word_ last_tag = (lfm_word_)(UINT64_MAX >> (64 - LFM_TAG_BITS_(count)));
        for (uint32_t start = 0; start < count; start++) {
            for (uint32_t size = 1; start + size <= count; size++) {
                const lfm_list_shape s = shape_of(count, start, size);
                check_every_step(&s, 0);
                check_every_step(&s, 1);
                check_every_step(&s, last_tag - 1);
                check_every_step(&s, last_tag);
            }
        }
    }
}

/* A pop may read a head, and then a link that another context has stored since. Its compare-and-swap will fail, but
 * before that an assertion compares: where the specification allows the pop, both say the same. */
static void check_newer_link(const lfm_list_shape *s, lfm_head_value m, uint32_t low, uint32_t next)
{
    const lfm_word_ head = lfm_head_encode(s, m);
    lfm_head_value after = lfm_head_decode(s, head, low);
    MUST(!lfm_value_pop(s, &after, 1, next) ||
             lfm_head_pop(s, head, low, 1, next ^ (m.top + 1)) == lfm_head_encode(s, after),
         "count %u size %u: allocated %lld in the head, %u in the link", s->count, s->size, (long long)m.allocated,
         low);
}

Test(list_word, a_link_newer_than_the_head)
{
    rng random = support_seed("word.a_link_newer_than_the_head");
    for (size_t i = 0; i < LENGTH(counts) && counts[i] <= LFM_POOL_MAX_COUNT; i++) {
        lfm_list_shape shapes[6];
        for (size_t n = counts[i] > 1 ? shapes_of(counts[i], shapes) : 0; n > 0; n--) {
            const lfm_list_shape *const s = &shapes[n - 1];
            for (int round = 0; round < 3000; round++) {
                const lfm_head_value some = random_value(&random, s);
                const uint32_t top = rng_below(&random, s->count), ones = lfm_split_mask(s);
                const int64_t last = (int64_t)s->size - 1;
                const lfm_head_value m = {top, some.top == s->count ? last : some.allocated, some.tag};
                const uint32_t low = round % 2 == 0 ? ones : (uint32_t)rng_next(&random) & ones;
                check_newer_link(s, m, low, random_other(&random, s, m));
            }
        }
    }
}

static bool refuses_pop(const lfm_list_shape *s, lfm_head_value m, uint32_t k, uint32_t next)
{
    lfm_head_value after = m;
    return !lfm_value_pop(s, &after, k, next) && same_head(after, m);
}

static bool refuses_push(const lfm_list_shape *s, lfm_head_value m, uint32_t k, uint32_t top)
{
    lfm_head_value after = m;
    return !lfm_value_push(s, &after, k, top) && same_head(after, m);
}

/* What is illegal is refused, and nothing changes. */
static void check_refusals(const lfm_list_shape *s, lfm_head_value m)
{
    const uint32_t free = (uint32_t)((int64_t)s->size - m.allocated), taken = s->count - free;
    const uint32_t other = m.top == 0 ? s->count - 1 : 0;
    for (uint32_t k = 0; k <= s->count + 1; k++) {
        MUST(k >= 1 && k <= free ? true : refuses_pop(s, m, k, s->count), "pop %u of %u", k, free);
        MUST(k == free ? true : refuses_pop(s, m, k, s->count), "none below, but %u of %u are left", k, free);
        MUST(k != free ? true : refuses_pop(s, m, k, other), "a block below the last of %u", free);
        MUST(refuses_pop(s, m, k, m.top), "pop %u: the top below itself", k);
        MUST(refuses_pop(s, m, k, s->count + 1), "pop %u: a mark below", k);
        MUST(k >= 1 && k <= taken ? true : refuses_push(s, m, k, other), "push %u of %u", k, taken);
        MUST(refuses_push(s, m, k, m.top), "push %u: what is on top", k);
        MUST(refuses_push(s, m, k, s->count), "push %u: no block", k);
    }
}

Test(list_word, the_specification_refuses_what_is_illegal)
{
    for (uint32_t count = 2; count <= 8; count++) {
        for (uint32_t start = 0; start < count; start++) {
            for (uint32_t size = 1; start + size <= count; size++) {
                const lfm_list_shape s = shape_of(count, start, size);
                for (uint32_t free = 0; free <= count; free++) {
                    for (uint32_t top = 0; top < count; top++) {
                        check_refusals(&s, (lfm_head_value){free == 0 ? count : top, (int64_t)size - free, 1});
                    }
                }
            }
        }
    }
}

/* G8: zeroed memory is a complete list. */
static void check_zero_list(const lfm_list_shape *s)
{
    lfm_word_ head = 0;
    for (uint32_t i = 0; i < s->size; i++) {
        const uint32_t top = lfm_head_top(s, head), last = s->start + s->size - 1;
        MUST(top == s->start + i, "count %u start %u: block %u comes %uth", s->count, s->start, top, i);
        MUST(lfm_allocated_count(s, head, 0) == i, "%u are allocated after %u pops", lfm_allocated_count(s, head, 0),
             i);
        const uint32_t next = lfm_link_next(s, top, 0);
        MUST(next == (top == last ? s->count : top + 1), "%u comes after %u", next, top);
        head = lfm_head_pop(s, head, i, 1, next ^ (top + 1));
    }
    MUST(lfm_head_top(s, head) == s->count, "the list is empty at last");
    MUST(lfm_head_tag(s, head) == s->size % lfm_two_to((unsigned)LFM_TAG_BITS_(s->count)), "as many pops as blocks");
}

Test(list_word, zero_is_the_whole_range_in_order)
{
    for (size_t i = 0; i < LENGTH(counts) && counts[i] <= LFM_POOL_MAX_COUNT && counts[i] <= 1u << 20; i++) {
        lfm_list_shape shapes[6];
        for (size_t n = shapes_of(counts[i], shapes); n > 0; n--) {
            check_zero_list(&shapes[n - 1]);
        }
    }
}

Test(list_word, no_free_link_looks_like_a_mark)
{
    rng random = support_seed("word.no_free_link_looks_like_a_mark");
    for (size_t i = 0; i < LENGTH(counts) && counts[i] <= LFM_POOL_MAX_COUNT; i++) {
        const uint32_t count = counts[i];
        const uint64_t limit = (uint64_t)1 << 8 * LFM_LINK_BYTES_(count);
        lfm_list_shape shapes[6];
        const size_t n = shapes_of(count, shapes);
        for (int round = 0; round < 20000; round++) {
            const lfm_list_shape *s = &shapes[rng_below(&random, (uint32_t)n)];
            const uint32_t block = round < 2 ? (uint32_t)round * (count - 1) : rng_below(&random, count);
            const uint32_t other = rng_below(&random, count);
            const uint32_t next = round % 4 == 0 || other == block ? count : other;
            const uint32_t link = lfm_link_make(s, block, next, (uint32_t)rng_next(&random));
            const uint32_t taken = LFM_LINK_TAKEN_(block), cached = lfm_link_cached(s, block);
            MUST(link != taken && link != cached, "count %u block %u next %u", count, block, next);
            MUST(taken != cached && taken != 0 && cached != 0, "count %u block %u", count, block);
            MUST(lfm_link_next(s, block, taken) == block, "the mark of block %u of %u", block, count);
            MUST(lfm_link_next(s, block, cached) == count + 1, "the mark of block %u of %u", block, count);
            MUST(link < limit && taken < limit && cached < limit, "count %u: a link has %u bytes", count,
                 LFM_LINK_BYTES_(count));
        }
    }
}

/* Lists that share their blocks, as the shards of a pool do. */
enum {
    LISTS = 3,
    MOST = 1023
};
typedef struct world {
    lfm_list_shape shapes[LISTS];
    lfm_word_ heads[LISTS];
    uint32_t links[MOST];
    uint32_t stacks[LISTS][MOST], free[LISTS]; /* top last */
    lfm_word_ pops[LISTS];
    uint32_t taken[MOST], taken_count;
} world;

static void world_make(world *w, uint32_t count)
{
    memset(w, 0, sizeof *w);
    for (uint32_t l = 0; l < LISTS; l++) {
        const uint32_t start = l * (count / LISTS);
        w->free[l] = l + 1 == LISTS ? count - start : count / LISTS;
        w->shapes[l] = shape_of(count, start, w->free[l]);
        for (uint32_t i = 0; i < w->free[l]; i++) {
            w->stacks[l][i] = start + w->free[l] - 1 - i;
        }
    }
}

static uint32_t world_missing(const world *w, uint32_t l)
{
    const uint32_t top = lfm_head_top(&w->shapes[l], w->heads[l]);
    return lfm_allocated_count(&w->shapes[l], w->heads[l], top == w->shapes[l].count ? 0 : w->links[top]);
}

static void world_pop(world *w, uint32_t l, uint32_t k)
{
    const lfm_list_shape *s = &w->shapes[l];
    const uint32_t allocated = world_missing(w, l);
    const uint32_t top = lfm_head_top(s, w->heads[l]);
    uint32_t block = top;
    for (uint32_t i = 0; i < k; i++) {
        const uint32_t next = lfm_link_next(s, block, w->links[block]);
        MUST(block == w->stacks[l][--w->free[l]], "list %u of %u blocks: popped %u", l, s->count, block);
        w->links[block] = LFM_LINK_TAKEN_(block);
        w->taken[w->taken_count++] = block;
        block = next;
    }
    MUST((block == s->count) == (w->free[l] == 0), "list %u of %u blocks: %u is below", l, s->count, block);
    w->heads[l] = lfm_head_pop(s, w->heads[l], allocated, k, block ^ (top + 1));
    w->pops[l]++;
}

static void world_push(world *w, uint32_t l, uint32_t k, rng *random)
{
    const lfm_list_shape *s = &w->shapes[l];
    const uint32_t allocated = world_missing(w, l);
    uint32_t below = lfm_head_top(s, w->heads[l]);
    for (uint32_t i = 0; i < k; i++) {
        const uint32_t at = rng_below(random, w->taken_count), block = w->taken[at];
        w->taken[at] = w->taken[--w->taken_count];
        w->links[block] = lfm_link_make(s, block, below, allocated - i - 1);
        w->stacks[l][w->free[l]++] = block;
        below = block;
    }
    w->heads[l] = lfm_head_push(s, w->heads[l], allocated, k, below);
}

static void world_check(const world *w, uint32_t l)
{
    const lfm_list_shape *s = &w->shapes[l];
    const uint32_t top = w->free[l] == 0 ? s->count : w->stacks[l][w->free[l] - 1];
    const lfm_head_value m = {top, (int64_t)s->size - w->free[l], w->pops[l]};
    MUST(w->heads[l] == lfm_head_encode(s, m), "list %u of %u blocks, %u free", l, s->count, w->free[l]);
    MUST(lfm_free_count(s, world_missing(w, l)) == w->free[l], "list %u of %u blocks", l, s->count);
}

Test(list_word, lists_agree_with_stacks)
{
    rng random = support_seed("word.lists_agree_with_stacks");
    static world w;
    for (size_t i = 0; i < LENGTH(counts) && counts[i] <= MOST; i++) {
        world_make(&w, counts[i] < LISTS ? LISTS : counts[i]);
        for (int round = 0; round < 20000; round++) {
            const uint32_t l = rng_below(&random, LISTS);
            const uint32_t most = rng_below(&random, 8) == 0 ? MOST : 3; /* whole lists, too */
            if (rng_below(&random, 2) == 0 && w.free[l] > 0) {
                const uint32_t k = 1 + rng_below(&random, most);
                world_pop(&w, l, k < w.free[l] ? k : w.free[l]);
            } else if (w.taken_count > 0) {
                const uint32_t k = 1 + rng_below(&random, most);
                world_push(&w, l, k < w.taken_count ? k : w.taken_count, &random);
            }
            world_check(&w, l);
        }
    }
}
