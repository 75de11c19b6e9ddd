/* SPDX-License-Identifier: MIT */
/* What a call of a pool does that is stopped while others work so much that tags come round. The library's source as it
 * is: the orders that it names are where the test steps in. */
static void before_a_look(void);
static void before_a_push(void);
#define LFM_MO_POP_LOAD         (before_a_look(), memory_order_acquire)
#define LFM_MO_PUSH_CAS         (before_a_push(), memory_order_acq_rel)
#define LFM_MO_PUSH_UNSPLIT_CAS (before_a_push(), memory_order_release)
#include "../../lib/pool.c"
#include "../../lib/pool_init.c"
#include "support.h"

enum {
    MOST = 70000,
    SIZE = 8
};

typedef struct fixture {
    size_t count, shards;
    lfm_pool pool;
    lfm_list list; /* that this thread puts into */
    bool is_free[MOST];
    void *taken[MOST];
    size_t taken_count;
} fixture;

static _Alignas(128) unsigned char storage[LFM_POOL_STORAGE_BYTES_SHARDED(MOST, SIZE, 8, SHARDS(3)) + 128];
static fixture s;
static void (*meanwhile)(void); /* what others do when the call under test is stopped; NULL: it is not */
static unsigned looks;          /* before it is stopped */

static void before_a_look(void)
{
    if (meanwhile != NULL && looks > 0 && --looks == 0) {
        void (*const others)(void) = meanwhile;
        meanwhile = NULL;
        others();
    }
}

static void before_a_push(void)
{
    if (meanwhile != NULL && looks == 0) {
        void (*const others)(void) = meanwhile;
        meanwhile = NULL;
        others();
    }
}

static lfm_word_ tag_of(const lfm_list *list)
{
    return lfm_head_tag(&list->shape, *(lfm_word_ *)(void *)list->head);
}

/* As if a list had been popped and pushed until its tag is this one. */
static void set_tag(const lfm_list *list, lfm_word_ tag)
{
    lfm_word_ *const head = (lfm_word_ *)(void *)list->head;
    const unsigned shift = lfm_tag_shift(&list->shape);
    *head = (*head & (((lfm_word_)1 << shift) - 1)) | tag << shift;
}

/* All blocks are taken. */
static void fixture_make(size_t count, size_t shards)
{
    s.count = count;
    s.shards = shards;
    MUST(lfm_pool_init_sharded(&s.pool, storage, sizeof storage, count, SIZE, 8, shards) == LFM_OK, "init");
    lfm_pool_list(&s.pool, LFM_LIST_ANY, lfm_pool_home(&s.pool), &s.list);
    s.taken_count = lfm_pool_get_many(&s.pool, s.taken, count);
    MUST(s.taken_count == count && lfm_pool_get(&s.pool) == NULL, "%zu taken", s.taken_count);
    memset(s.is_free, 0, sizeof s.is_free);
}

static size_t index_of(const void *block)
{
    const size_t index = (size_t)((const unsigned char *)block - storage) / SIZE;
    MUST(block != NULL && index < s.count && lfm_pool_owns(&s.pool, block), "no block");
    return index;
}

/* Notes a block that came out. */
static void *note_get(void *block)
{
    const size_t index = index_of(block);
    MUST(s.is_free[index], "block %zu of %zu was handed out twice", index, s.count);
    s.is_free[index] = false;
    return block;
}

static void *get(void)
{
    return note_get(lfm_pool_get(&s.pool));
}

static void put(void *block)
{
    s.is_free[index_of(block)] = true;
    MUST(lfm_pool_put(&s.pool, block) == LFM_OK, "put");
}

static void put_taken(size_t n)
{
    for (; n > 0; n--) {
        put(s.taken[--s.taken_count]);
    }
}

/* Gets of several find as many as there are, each once. */
static void take_all(size_t free)
{
    static void *blocks[MOST];
    size_t got = 0;
    if (free > 2) {
        got = lfm_pool_get_many(&s.pool, blocks, 2);
        MUST(got == 2, "%zu of 2 blocks, while %zu are free", got, free);
    }
    got += lfm_pool_get_many(&s.pool, blocks + got, s.count);
    MUST(got == free, "%zu of %zu blocks", got, free);
    for (size_t i = 0; i < got; i++) {
        s.taken[s.taken_count++] = note_get(blocks[i]);
    }
    MUST(lfm_pool_get(&s.pool) == NULL && s.taken_count == s.count, "all are taken");
}

/* Now the counts are right again. */
static void check_whole(void)
{
    lfm_pool_stats_t stats;
    lfm_pool_stats(&s.pool, &stats);
    MUST(stats.free == 0 && stats.min_free == 0, "%zu free, once %zu", stats.free, stats.min_free);
    MUST(lfm_pool_check(&s.pool) == LFM_OK, "check of an empty pool");
    put_taken(s.count / 2);
    lfm_pool_stats(&s.pool, &stats);
    MUST(stats.free == s.count / 2, "%zu of %zu free", stats.free, s.count / 2);
    MUST(lfm_pool_check(&s.pool) == LFM_OK, "check");
}

/* The top block stays on top while what is below becomes more or less, and the tag comes round. */
static size_t depth_before, depth_after;
static unsigned fooled;

static void change_depth(void)
{
    const lfm_word_ before = *(lfm_word_ *)(void *)s.list.head;
    void *const top = get();
    for (size_t depth = depth_before; depth > depth_after; depth--) {
        s.taken[s.taken_count++] = get();
    }
    for (size_t depth = depth_before; depth < depth_after; depth++) {
        put_taken(1);
    }
    put(top);
    set_tag(&s.list, lfm_head_tag(&s.list.shape, before));
    fooled += *(lfm_word_ *)(void *)s.list.head == before && depth_before != depth_after;
}

/* A put, or one of two blocks, that is stopped. */
static void put_stopped(size_t count, size_t shards, size_t before, size_t after, size_t puts)
{
    fixture_make(count, shards);
    put_taken(before);
    depth_before = before;
    depth_after = after;
    if (puts == 1) {
        void *const block = s.taken[--s.taken_count];
        looks = 0;
        meanwhile = change_depth;
        put(block);
    } else {
        void *const blocks[2] = {s.taken[s.taken_count - 1], s.taken[s.taken_count - 2]};
        s.taken_count -= 2;
        s.is_free[index_of(blocks[0])] = s.is_free[index_of(blocks[1])] = true;
        looks = 0;
        meanwhile = change_depth;
        MUST(lfm_pool_put_many(&s.pool, blocks, 2) == LFM_OK, "puts of two");
    }
    MUST(meanwhile == NULL, "the put was not stopped");
}

static void stop_a_put(size_t count, size_t shards, size_t before, size_t after, size_t puts)
{
    put_stopped(count, shards, before, after, puts);
    const lfm_word_ tag = tag_of(&s.list);
    put_taken(2);
    MUST(tag_of(&s.list) == tag, "a put changes a tag");
    s.taken[s.taken_count++] = get();
    MUST(tag_of(&s.list) != tag, "a get does not");
    while (s.count - s.taken_count > 1) { /* down, where a count that is wrong may say less than nothing, and up */
        s.taken[s.taken_count++] = get();
    }
    put_taken(2);
    put_taken(s.taken_count / 2);
    take_all(s.count - s.taken_count);
    check_whole();
    put_stopped(count, shards, before, after, puts);
    take_all(s.count - s.taken_count);
    check_whole();
    put_stopped(count, shards, before, after, puts);
    if (s.count - s.taken_count >= 2) { /* more are missing now, it seems, than there are: a put notes that */
        void *blocks[2];
        MUST(lfm_pool_get_many(&s.pool, blocks, 2) == 2, "two blocks");
        s.taken[s.taken_count++] = note_get(blocks[0]);
        s.taken[s.taken_count++] = note_get(blocks[1]);
    }
    put_taken(1);
    take_all(s.count - s.taken_count);
    check_whole();
}

Test(stopped, a_put_that_finds_another_depth)
{
    const size_t counts[] = {13, 40, 300, MOST};
    unsigned all = 0;
    for (size_t i = 0; i < LENGTH(counts); i++) {
        if (counts[i] > LFM_POOL_MAX_COUNT) {
            continue;
        }
        for (size_t shards = 1; shards <= SHARDS(3); shards += 2) {
            fooled = 0;
            for (size_t before = 1; before <= 6; before++) {
                for (size_t after = 1; after <= 6; after++) {
                    stop_a_put(counts[i], shards, before, after, 1);
                    stop_a_put(counts[i], shards, before, after, 2);
                }
            }
            MUST((fooled > 0) == (s.list.shape.split_bits != 0), "%zu blocks: %u puts were fooled", counts[i], fooled);
            all += fooled;
        }
    }
    MUST(all > 0, "no put was fooled");
}

#if LFM_SHARDS
/* Two lists and one free block, which is always in the list that a get is not looking at. When the get has looked at
 * each twice, the tags' sum is what it was. */
static lfm_list lists[2];
static lfm_word_ first_tags[2];

static void move_to(unsigned to)
{
    lfm_list_result left;
    uint32_t index;
    lfm_word_ tag;
    MUST(lfm_list_pop(&lists[1 - to], true, &index, &tag, &left), "the block is in the other list");
    lfm_list_push(&lists[to], index, index, 1);
}

static void dodge_again(void)
{
    move_to(0); /* out of the second list */
    set_tag(&lists[1], first_tags[0] + first_tags[1] - tag_of(&lists[0]));
}

static void dodge_back(void)
{
    move_to(1);
    looks = 1;
    meanwhile = dodge_again;
}

static void dodge(void)
{
    first_tags[0] = tag_of(&lists[0]);
    move_to(0);
    first_tags[1] = tag_of(&lists[1]);
    looks = 1;
    meanwhile = dodge_back;
}

Test(stopped, a_get_whose_tags_have_the_same_sum)
{
    fixture_make(8, 2);
    const uint32_t home = lfm_pool_home(&s.pool);
    lfm_pool_list(&s.pool, LFM_LIST_ANY, home, &lists[0]);
    lfm_pool_list(&s.pool, LFM_LIST_ANY, 1 - home, &lists[1]);
    put_taken(1);
    move_to(1);
    set_tag(&lists[0], 100);
    set_tag(&lists[1], 200);
    looks = 2; /* at the second list */
    meanwhile = dodge;
    void *block;
    const size_t got = lfm_pool_get_many(&s.pool, &block, 1);
    MUST(meanwhile == NULL, "the get was not stopped");
    MUST(got == 1, "a block was free all the time");
}
#endif
