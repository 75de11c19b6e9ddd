/* SPDX-License-Identifier: MIT */
/* The static definers: each pool is the same as the one that its run-time twin makes, and is ready before anything has
 * run. */
#include "pool_fixture.h"

typedef struct record {
    double value;
    char name[13];
} record;

LFM_POOL_DEFINE(one_byte, 1, 1, 1);
LFM_POOL_DEFINE(odd_size, 7, 3, 1);
LFM_POOL_DEFINE(rounded_up, 14, 20, 16);
LFM_POOL_DEFINE(page_size, 3, 4096, 4096);
LFM_POOL_DEFINE(most_short, 254, 3, 1);
LFM_POOL_DEFINE(first_longer, 255, 3, 1);
LFM_POOL_DEFINE(short_links, 1022, 8, 8);
LFM_POOL_DEFINE(more_links, 1023, 12, 4);
LFM_POOL_DEFINE(most_narrow, 65534, 2, 2);
LFM_POOL_DEFINE_TYPE(records, 25, record);
LFM_POOL_DEFINE_TYPE(chars, 9, char);
LFM_POOL_DEFINE_SHARDED(two_lists, 9, 24, 8, SHARDS(2));
LFM_POOL_DEFINE_SHARDED(short_lists, 254, 8, 8, SHARDS(3));
LFM_POOL_DEFINE_SHARDED(all_lists, 255, 1, 1, SHARDS(255));
LFM_POOL_DEFINE_SHARDED(odd_lists, 1000, 100, 4, SHARDS(7));
LFM_POOL_DEFINE_SHARDED(aligned_lists, 5, 7, 1024, SHARDS(3));
#if LFM_WORD_BITS == 64
LFM_POOL_DEFINE(wide_links, 65535, 1, 1);
LFM_POOL_DEFINE_SHARDED(wide_lists, 70000, 4, 4, SHARDS(3));
#endif
LFM_POOL_DEFINE(early, 4, 16, 8);
LFM_SEGMENT_DEFINE(early_segment, 1000, 32);
LFM_POOL_DEFINE_SHARDED(early_lists, 8, 16, 8, SHARDS(4));

#define TWIN(name, count, block_size, align, shards)                                                               \
    {                                                                                                              \
#name, name, name##_lfm_storage, sizeof name##_lfm_storage,                                                \
            {count, block_size, align, shards }, LFM_POOL_STORAGE_BYTES_SHARDED(count, block_size, align, shards), \
             LFM_POOL_STORAGE_BYTES(count, block_size, align)                                                      \
    }

static const struct twin {
    const char *name;
    const lfm_pool *pool;
    unsigned char *storage;
    size_t storage_bytes;
    pool_plan plan;
    size_t sharded_bytes, plain_bytes;
} twins[] = {
    TWIN(one_byte, 1, 1, 1, 1),
    TWIN(odd_size, 7, 3, 1, 1),
    TWIN(rounded_up, 14, 20, 16, 1),
    TWIN(page_size, 3, 4096, 4096, 1),
    TWIN(most_short, 254, 3, 1, 1),
    TWIN(first_longer, 255, 3, 1, 1),
    TWIN(short_links, 1022, 8, 8, 1),
    TWIN(more_links, 1023, 12, 4, 1),
    TWIN(most_narrow, 65534, 2, 2, 1),
    TWIN(records, 25, sizeof(record), _Alignof(record), 1),
    TWIN(chars, 9, 1, 1, 1),
    TWIN(two_lists, 9, 24, 8, SHARDS(2)),
    TWIN(short_lists, 254, 8, 8, SHARDS(3)),
    TWIN(all_lists, 255, 1, 1, SHARDS(255)),
    TWIN(odd_lists, 1000, 100, 4, SHARDS(7)),
    TWIN(aligned_lists, 5, 7, 1024, SHARDS(3)),
#if LFM_WORD_BITS == 64
    TWIN(wide_links, 65535, 1, 1, 1),
    TWIN(wide_lists, 70000, 4, 4, SHARDS(3)),
#endif
};

/* Taken before main, by a function that may run before the library's own, if it had any. */
static void *early_block, *early_list_block, *early_piece, *early_padded;
static lfm_status early_put = LFM_ECORRUPT;

__attribute__((constructor(101))) static void take_early(void)
{
    early_block = lfm_pool_get(early);
    early_list_block = lfm_pool_get(early_lists);
    early_put = lfm_pool_put(early, lfm_pool_get(early));
    early_piece = lfm_segment_alloc(early_segment, 5, 1);
    early_padded = lfm_segment_alloc_padded(early_segment, 5, 1);
}

Test(define, ready_before_main)
{
    lfm_pool_stats_t stats;
    MUST(early_block == early_lfm_storage, "the first block");
    MUST(early_list_block != NULL && lfm_pool_owns(early_lists, early_list_block), "a block");
    MUST(early_put == LFM_OK, "a put before main: %s", lfm_status_string(early_put));
    lfm_pool_stats(early, &stats);
    MUST(stats.free == 3 && stats.min_free == 2, "%zu free, %zu at least", stats.free, stats.min_free);
    MUST(lfm_pool_get(early) == early_lfm_storage + 16, "the next one");
    MUST(lfm_pool_put(early, early_block) == LFM_OK, "back");
    MUST(lfm_pool_put(early_lists, early_list_block) == LFM_OK, "back");
    MUST(lfm_pool_check(early) == LFM_OK && lfm_pool_check(early_lists) == LFM_OK, "whole");
}

/* The run-time twin, in storage that is aligned as the static one. */
static void *make_twin(const struct twin *t, lfm_pool *pool)
{
    const size_t align = t->plan.align > 128 ? t->plan.align : 128;
    void *storage = aligned_alloc(align, round_up(t->storage_bytes, align));
    MUST(storage != NULL, "no memory for the test");
    const lfm_status status = lfm_pool_init_sharded(pool, storage, t->storage_bytes, t->plan.count, t->plan.block_size,
                                                    t->plan.align, t->plan.shards);
    MUST(status == LFM_OK, "%s: %s", t->name, lfm_status_string(status));
    return storage;
}

static void check_fields(const struct twin *t, const lfm_pool *made)
{
    const lfm_pool *defined = t->pool;
    MUST(t->storage_bytes == t->sharded_bytes, "%s: %zu bytes", t->name, t->storage_bytes);
    MUST(t->plan.shards > 1 || t->storage_bytes == t->plain_bytes, "%s: %zu bytes", t->name, t->storage_bytes);
    MUST(defined->count == made->count && made->count == t->plan.count, "%s: count", t->name);
    MUST(defined->links == made->links, "%s: links at %zu and %zu", t->name, defined->links, made->links);
    MUST(defined->inverse == made->inverse, "%s: inverse", t->name);
    MUST(defined->stride == made->stride && defined->stride_shift == made->stride_shift, "%s: stride", t->name);
    MUST(defined->block_size == made->block_size && made->block_size == t->plan.block_size, "%s: size", t->name);
    MUST(defined->shards == made->shards && defined->shard_count == made->shard_count, "%s: shards", t->name);
    MUST(defined->index_bits == made->index_bits && defined->split_bits == made->split_bits, "%s: widths", t->name);
}

static void check_stats(const struct twin *t, const lfm_pool *made)
{
    lfm_pool_stats_t a, b;
    lfm_pool_stats(t->pool, &a);
    lfm_pool_stats(made, &b);
    MUST(a.count == b.count && a.free == b.free && a.min_free == b.min_free && a.block_size == b.block_size &&
             a.stride == b.stride,
         "%s: free %zu and %zu, at least %zu and %zu", t->name, a.free, b.free, a.min_free, b.min_free);
    MUST(lfm_pool_check(t->pool) == LFM_OK && lfm_pool_check(made) == LFM_OK, "%s", t->name);
}

/* Takes all, puts every other back, takes those again: the same addresses from both, counted from the first block. */
static void check_behaviour(const struct twin *t, const lfm_pool *made, unsigned char *storage)
{
    const size_t count = t->plan.count;
    ptrdiff_t *offsets = calloc(count, sizeof *offsets);
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < count; i += 1 + round) {
            unsigned char *a = lfm_pool_get(t->pool), *b = lfm_pool_get(made);
            MUST(a != NULL && b != NULL && a - t->storage == b - storage, "%s: block %zu", t->name, i);
            MUST((uintptr_t)a % t->plan.align == 0, "%s: block %zu is not aligned", t->name, i);
            offsets[i] = b - storage;
        }
        MUST(lfm_pool_get(t->pool) == NULL && lfm_pool_get(made) == NULL, "%s: all are taken", t->name);
        check_stats(t, made);
        for (size_t i = 0; round == 0 && i < count; i += 2) {
            const lfm_status a = lfm_pool_put(t->pool, t->storage + offsets[i]);
            const lfm_status b = lfm_pool_put(made, storage + offsets[i]);
            MUST(a == LFM_OK && b == LFM_OK, "%s: block %zu", t->name, i);
        }
        check_stats(t, made);
    }
    free(offsets);
}

Test(define, same_as_init)
{
    for (size_t i = 0; i < LENGTH(twins); i++) {
        const struct twin *t = &twins[i];
        lfm_pool made;
        void *storage = make_twin(t, &made);
        check_fields(t, &made);
        check_stats(t, &made);
        check_behaviour(t, &made, storage);
        free(storage);
    }
}

/* Macro arguments may be expressions. */
enum {
    SMALL = 3
};
LFM_POOL_DEFINE(expressions, SMALL << 1, sizeof(int) + SMALL, SMALL > 2 ? 8 : 4);
LFM_POOL_DEFINE_SHARDED(expression_lists, SMALL + 1, SMALL | 4, 1 << SMALL, SMALL == 3 ? SHARDS(2) : 1);

Test(define, arguments_may_be_expressions)
{
    lfm_pool_stats_t stats;
    lfm_pool_stats(expressions, &stats);
    MUST(stats.count == 6 && stats.block_size == 7 && stats.stride == 8, "%zu of %zu", stats.count, stats.block_size);
    MUST(sizeof expressions_lfm_storage == LFM_POOL_STORAGE_BYTES(6, 7, 8), "%zu", sizeof expressions_lfm_storage);
    lfm_pool_stats(expression_lists, &stats);
    MUST(stats.count == 4 && stats.block_size == 7 && stats.stride == 8, "%zu of %zu", stats.count, stats.block_size);
    MUST(expression_lists->shards == SHARDS(2) && expression_lists->shard_count == 4 / SHARDS(2), "two of two");
    MUST(sizeof expression_lists_lfm_storage == LFM_POOL_STORAGE_BYTES_SHARDED(4, 7, 8, SHARDS(2)), "%zu",
         sizeof expression_lists_lfm_storage);
    for (int i = 0; i < 6; i++) {
        MUST(lfm_pool_get(expressions) == expressions_lfm_storage + 8 * i, "block %d", i);
    }
    MUST(lfm_pool_get(expressions) == NULL, "no more than 6");
}

Test(define, segment_ready_before_main)
{
    lfm_segment_stats_t stats;
    lfm_segment_stats(early_segment, &stats);
    MUST(stats.bytes == 1000 && stats.used == 64 && stats.padding == 32, "%zu used", stats.used);
    MUST(early_piece == early_segment_lfm_storage && early_padded == early_segment_lfm_storage + 32, "in order");
    MUST(lfm_segment_alloc(early_segment, 936, 1) == early_segment_lfm_storage + 64, "the rest");
    MUST(lfm_segment_remaining(early_segment, 1) == 0, "all");
}

LFM_SEGMENT_DEFINE(odd_bytes, 1001, 1);
LFM_SEGMENT_DEFINE(wide_padding, SMALL << 10, SMALL > 2 ? 4096 : 1);

/* A segment of a definer and one that was made in memory aligned as its own: the same places for the same calls. */
static void check_segment_twin(const lfm_segment *defined, unsigned char *storage, size_t bytes, size_t padding)
{
    lfm_segment made;
    unsigned char *memory = aligned_alloc(4096, 4096);
    MUST(memory != NULL && lfm_segment_init(&made, memory, bytes, padding) == LFM_OK, "init");
    MUST((uintptr_t)storage % padding == 0 && (uintptr_t)storage % _Alignof(max_align_t) == 0, "%p", (void *)storage);
    for (size_t i = 1; i < 30; i++) {
        lfm_segment_stats_t a, b;
        unsigned char *x = lfm_segment_alloc(defined, i * 7 % 50, 1), *y = lfm_segment_alloc(&made, i * 7 % 50, 1);
        MUST((x == NULL) == (y == NULL) && (x == NULL || x - storage == y - memory), "piece %zu", i);
        x = lfm_segment_alloc_padded(defined, i, 2), y = lfm_segment_alloc_padded(&made, i, 2);
        MUST((x == NULL) == (y == NULL) && (x == NULL || x - storage == y - memory), "padded piece %zu", i);
        lfm_segment_stats(defined, &a);
        lfm_segment_stats(&made, &b);
        MUST(a.bytes == bytes && a.used == b.used && a.free == b.free && a.padding == padding, "%zu used", a.used);
    }
    lfm_segment_reset(defined);
    MUST(lfm_segment_alloc(defined, bytes, 1) == storage, "all");
    free(memory);
}

Test(define, segment_same_as_init)
{
    check_segment_twin(odd_bytes, odd_bytes_lfm_storage, 1001, 1);
    check_segment_twin(wide_padding, wide_padding_lfm_storage, 3072, 4096);
}

/* In a section of its own, of which the linker tells where it is. */
#define APART LFM_SECTION("lfm_apart")
extern unsigned char apart_begin[] __asm__(LFM_TEXT_OF_(__USER_LABEL_PREFIX__) "__start_lfm_apart");
extern unsigned char apart_end[] __asm__(LFM_TEXT_OF_(__USER_LABEL_PREFIX__) "__stop_lfm_apart");
LFM_POOL_DEFINE_IN(APART, apart_pool, 5, 24, 8);
LFM_CACHE_DEFINE_IN(APART, apart_cache, apart_pool, 3);
LFM_SEGMENT_DEFINE_IN(APART, apart_ram, 1000, 32);
LFM_HEAP_DEFINE_IN(APART, apart_heap, 1024, 64, LFM_FIT_TRIMMED);
LFM_POOL_DEFINE_IN(__attribute__((aligned(512))), wide_apart, 3, 8, 8);

static bool is_apart(const void *object, size_t bytes)
{
    const uintptr_t at = (uintptr_t)object;
    return at >= (uintptr_t)apart_begin && at + bytes <= (uintptr_t)apart_end;
}

Test(define, storage_in_a_section)
{
    MUST(is_apart(apart_pool_lfm_storage, sizeof apart_pool_lfm_storage), "blocks and links");
    MUST(is_apart(apart_cache_lfm_slots, sizeof apart_cache_lfm_slots), "slots");
    MUST(is_apart(apart_ram_lfm_storage, sizeof apart_ram_lfm_storage), "memory");
    MUST(is_apart(apart_heap_lfm_storage, sizeof apart_heap_lfm_storage), "units and metadata");
    MUST(!is_apart(apart_pool, 1) && !is_apart(apart_cache, 1) && !is_apart(apart_ram, 1) && !is_apart(apart_heap, 1),
         "control blocks");
    MUST((uintptr_t)wide_apart_lfm_storage % 512 == 0, "another attribute");
    void *const block = lfm_cache_get(apart_cache), *const piece = lfm_heap_alloc(apart_heap, 100);
    MUST(is_apart(block, 24) && (uintptr_t)block % 8 == 0 && is_apart(piece, 100), "handed out from there");
    MUST(is_apart(lfm_segment_alloc(apart_ram, 1000, 32), 1000), "handed out from there");
    MUST(lfm_cache_put(apart_cache, block) == LFM_OK && lfm_heap_free(apart_heap, piece) == LFM_OK, "back");
    lfm_cache_flush(apart_cache);
    MUST(lfm_pool_check(apart_pool) == LFM_OK && lfm_heap_check(apart_heap) == LFM_OK, "whole");
}

Test(define, typed)
{
    record *all[25];
    for (size_t i = 0; i < LENGTH(all); i++) {
        all[i] = LFM_POOL_GET(records);
        MUST(lfm_pool_owns(records, all[i]), "record %zu", i);
        all[i]->value = (double)i;
    }
    MUST(LFM_POOL_GET(records) == NULL, "all are taken");
    for (size_t i = 0; i < LENGTH(all); i++) {
        record *const this_one = all[i];
        MUST(all[i]->value == (double)i && LFM_POOL_PUT(records, this_one) == LFM_OK, "record %zu", i);
    }
    char *const letter = LFM_POOL_GET(chars);
    MUST(letter != NULL && LFM_POOL_PUT(chars, letter) == LFM_OK, "a char");
    MUST(lfm_pool_check(records) == LFM_OK && lfm_pool_check(chars) == LFM_OK, "whole");
}
