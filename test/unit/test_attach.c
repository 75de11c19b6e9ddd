/* SPDX-License-Identifier: MIT */
/* Which objects of other programs can be used here, told from their control blocks. */
#include "support.h"

LFM_POOL_DEFINE(static_pool, 10, 24, 8);
LFM_POOL_DEFINE_SHARDED(static_shards, 40, 16, 16, SHARDS(3));
LFM_SEGMENT_DEFINE(static_segment, 1000, 32);
LFM_HEAP_DEFINE(static_heap, 4096, 64, LFM_FIT_BUDDY2);
LFM_DYNPOOL_DEFINE(static_dynpool, static_segment, 5, 20, 1, 24, 8);

enum {
    BYTES = 16384
};

/* Objects that an init makes. */
static lfm_pool pool;
static lfm_segment segment, metadata;
static lfm_dynpool dynpool;
static lfm_heap heap;
static _Alignas(128) unsigned char pool_storage[BYTES], memory[BYTES], notes[BYTES], heap_storage[BYTES];

static void make(bool apart)
{
    const lfm_dynpool_config config = {
        .block_size = 40, .align = 8, .initial = 3, .maximum = 50, .grow = 2, .metadata = apart ? &metadata : NULL};
    MUST(lfm_pool_init_sharded(&pool, pool_storage, BYTES, 100, 40, 8, SHARDS(3)) == LFM_OK, "pool");
    MUST(lfm_segment_init(&segment, memory, BYTES, 32) == LFM_OK, "segment");
    MUST(lfm_segment_init(&metadata, notes, BYTES, 1) == LFM_OK, "metadata");
    MUST(lfm_dynpool_init(&dynpool, &segment, &config) == LFM_OK, "dynamic pool");
    MUST(lfm_heap_init(&heap, heap_storage, BYTES, NULL) == LFM_OK, "heap");
}

Test(attach, own_objects)
{
    for (int round = 0; round < 2; round++) {
        make(round == 1);
        MUST(lfm_pool_attach(&pool) == LFM_OK && lfm_pool_attach(static_pool) == LFM_OK, "pools");
        MUST(lfm_pool_attach(static_shards) == LFM_OK, "shards");
        MUST(lfm_segment_attach(&segment) == LFM_OK && lfm_segment_attach(static_segment) == LFM_OK, "segments");
        MUST(lfm_dynpool_attach(&dynpool) == LFM_OK && lfm_dynpool_attach(static_dynpool) == LFM_OK, "dynamic pools");
        MUST(lfm_heap_attach(&heap) == LFM_OK && lfm_heap_attach(static_heap) == LFM_OK, "heaps");
        MUST(lfm_pool_get(&pool) != NULL && lfm_pool_attach(&pool) == LFM_OK, "a pool in use");
        MUST(lfm_heap_alloc(&heap, 9) != NULL && lfm_heap_attach(&heap) == LFM_OK, "a heap in use");
        for (int i = 0; i < 50; i++) {
            MUST(lfm_dynpool_get(&dynpool) != NULL, "block %d", i);
        }
        MUST(lfm_dynpool_attach(&dynpool) == LFM_OK && lfm_segment_attach(&segment) == LFM_OK, "one in use");
        while (lfm_segment_alloc(&segment, 1, 1) != NULL) {
        }
        MUST(lfm_segment_attach(&segment) == LFM_OK, "a segment that is full");
    }
    MUST(lfm_pool_attach(NULL) == LFM_EINVAL && lfm_segment_attach(NULL) == LFM_EINVAL, "NULL");
    MUST(lfm_dynpool_attach(NULL) == LFM_EINVAL && lfm_heap_attach(NULL) == LFM_EINVAL, "NULL");
}

/* All sizes, since attach works out what init and definers do. */
Test(attach, every_count)
{
    static lfm_pool_stats_t stats;
    for (size_t count = 1; count <= 2000; count++) {
        for (size_t shards = 1; shards <= SHARDS(5); shards += 2) {
            if (shards <= count) {
                const size_t size = 1 + count % 3;
                MUST(lfm_pool_init_sharded(&pool, pool_storage, BYTES, count, size, 1, shards) == LFM_OK, "%zu", count);
                MUST(lfm_pool_attach(&pool) == LFM_OK, "%zu blocks", count);
                MUST(lfm_pool_check(&pool) == LFM_OK, "%zu blocks", count);
            }
        }
    }
    lfm_pool_stats(&pool, &stats);
    for (size_t bytes = 64; bytes <= BYTES; bytes += 16) {
        const lfm_heap_config config = {.min_block = (size_t)8 << bytes / 16 % 4, .peak = bytes % 32 == 0};
        MUST(lfm_heap_init(&heap, heap_storage, bytes, &config) != LFM_OK || lfm_heap_attach(&heap) == LFM_OK, "%zu",
             bytes);
    }
}

/* A control block that lies elsewhere than the linker put it would hand out memory outside of its storage. */
Test(attach, copies_of_static_objects)
{
    lfm_pool pool_copy, shards_copy;
    lfm_segment segment_copy;
    lfm_heap heap_copy;
    lfm_dynpool dynpool_copy;
    memcpy((void *)&pool_copy, static_pool, sizeof pool_copy);
    memcpy((void *)&shards_copy, static_shards, sizeof shards_copy);
    memcpy((void *)&segment_copy, static_segment, sizeof segment_copy);
    memcpy((void *)&heap_copy, static_heap, sizeof heap_copy);
    memcpy((void *)&dynpool_copy, static_dynpool, sizeof dynpool_copy);
    MUST(lfm_pool_attach(&pool_copy) == LFM_EMISMATCH && lfm_pool_check(&pool_copy) == LFM_EMISMATCH, "pool");
    MUST(lfm_pool_attach(&shards_copy) == LFM_EMISMATCH && lfm_pool_check(&shards_copy) == LFM_EMISMATCH, "shards");
    MUST(lfm_segment_attach(&segment_copy) == LFM_EMISMATCH, "segment");
    MUST(lfm_dynpool_attach(&dynpool_copy) == LFM_EMISMATCH, "dynamic pool");
    MUST(lfm_heap_attach(&heap_copy) == LFM_EMISMATCH && lfm_heap_check(&heap_copy) == LFM_EMISMATCH, "heap");
}

/* Another configuration, another byte order: each byte of a signature counts, and so does each number. */
Test(attach, changed_bytes)
{
    const struct {
        void *object;
        size_t first, last;
        const char *name;
    } parts[] = {
        {&pool, offsetof(lfm_pool, origin), offsetof(lfm_pool, origin) + 4, "signature of a pool"},
        {&pool, offsetof(lfm_pool, state), offsetof(lfm_pool, origin), "state of a pool"},
        {&pool, offsetof(lfm_pool, index_bits), offsetof(lfm_pool, shard_count) + 4, "numbers of a pool"},
        {&pool, offsetof(lfm_pool, inverse), offsetof(lfm_pool, stride) + 4, "stride of a pool"},
        {&segment, offsetof(lfm_segment, origin), offsetof(lfm_segment, bytes), "state of a segment"},
        {&segment, offsetof(lfm_segment, type), offsetof(lfm_segment, layout) + 2, "signature of a segment"},
        {&dynpool, offsetof(lfm_dynpool, type), offsetof(lfm_dynpool, layout) + 2, "layout of a dynamic pool"},
        {&dynpool, offsetof(lfm_dynpool, state), offsetof(lfm_dynpool, segment), "state of a dynamic pool"},
        {&dynpool, offsetof(lfm_dynpool, inverse), offsetof(lfm_dynpool, cells), "inverse of a dynamic pool"},
        {&dynpool, offsetof(lfm_dynpool, first), offsetof(lfm_dynpool, initial), "first of a dynamic pool"},
        {&dynpool, offsetof(lfm_dynpool, index_bits), offsetof(lfm_dynpool, offset_shift), "widths of a dynamic pool"},
        {&heap, offsetof(lfm_heap, origin), offsetof(lfm_heap, origin) + 4, "signature of a heap"},
        {&heap, offsetof(lfm_heap, state), offsetof(lfm_heap, first), "places of a heap"},
    };
    make(true);
    for (size_t i = 0; i < LENGTH(parts); i++) {
        for (size_t at = parts[i].first; at < parts[i].last; at++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                ((unsigned char *)parts[i].object)[at] ^= (unsigned char)(1u << bit);
                const lfm_status all[] = {lfm_pool_attach(&pool), lfm_segment_attach(&segment),
                                          lfm_dynpool_attach(&dynpool), lfm_heap_attach(&heap)};
                const bool refused = all[0] != LFM_OK || all[1] != LFM_OK || all[2] != LFM_OK || all[3] != LFM_OK;
                MUST(refused, "%s, bit %u of byte %zu", parts[i].name, bit, at - parts[i].first);
                if (parts[i].object == &pool) {
                    MUST(lfm_pool_check(&pool) == all[0], "check of a pool");
                } else if (parts[i].object == &heap) {
                    MUST(lfm_heap_check(&heap) == all[3], "check of a heap");
                } else {
                    MUST(lfm_dynpool_check(&dynpool) == all[2] && all[2] != LFM_OK, "check of a dynamic pool");
                }
                ((unsigned char *)parts[i].object)[at] ^= (unsigned char)(1u << bit);
            }
        }
    }
    MUST(lfm_pool_attach(&pool) == LFM_OK && lfm_dynpool_attach(&dynpool) == LFM_OK, "as before");
}

/* Control blocks of fresh objects as programs with other pointers and words lay them out. */
typedef struct writer {
    unsigned char bytes[512];
    bool written[512]; /* the others are padding */
    size_t at;
    unsigned pointer; /* bytes */
    unsigned word;
} writer;

static void put_bytes(writer *w, uint64_t value, unsigned bytes)
{
    w->at = round_up(w->at, bytes);
    for (unsigned i = 0; i < bytes; i++) {
        const unsigned shift = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 8 * i : 8 * (bytes - 1 - i);
        w->written[w->at] = true;
        w->bytes[w->at++] = (unsigned char)(value >> shift);
    }
}

static void put_word(writer *w, uint64_t value)
{
    put_bytes(w, value, w->word);
}

static void put_size(writer *w, uint64_t value)
{
    put_bytes(w, value, w->pointer);
}

static uint32_t layout_of(const writer *w)
{
    return ((uint32_t)LFM_LAYOUT_ & ~6u) | (uint32_t)(w->word == 8) << 1 | (uint32_t)(w->pointer == 8) << 2;
}

static uint32_t signature_of(const writer *w, uint32_t type)
{
    return (LFM_SIGNATURE_(type) & 0xffff0000) | layout_of(w);
}

static unsigned spill_of(const writer *w, unsigned index_bits, unsigned link_bits)
{
    const unsigned enough = w->word == 8 ? 32 : 16, bits = 8 * w->word;
    const unsigned wanted = enough + 2 * index_bits > bits ? 32 + 2 * index_bits - bits : 0;
    const unsigned room = index_bits < link_bits - index_bits ? index_bits : link_bits - index_bits;
    return wanted < room ? wanted : room;
}

static void write_pool(writer *w)
{
    const size_t field = LFM_CHECKS >= 2 ? round_up(w->word + 16, w->pointer) : 0; /* LFM_POOL_ORIGIN_ */
    const uint64_t offset = (uintptr_t)pool_storage - (uintptr_t)&pool - field;
    put_word(w, 0);
    put_bytes(w, 0, 4);
    put_bytes(w, pool.count, 4);
    put_bytes(w, pool.shards, 1);
    put_bytes(w, pool.index_bits, 1);
    put_bytes(w, spill_of(w, pool.index_bits, LFM_CHECKS >= 2 ? 32 : 16), 1);
    put_bytes(w, pool.stride_shift, 1);
    put_bytes(w, pool.shard_count, 4);
    put_size(w, offset + signature_of(w, LFM_OBJECT_POOL_));
    put_size(w, signature_of(w, LFM_OBJECT_POOL_) - field);
    put_size(w, signature_of(w, LFM_OBJECT_POOL_));
    put_size(w, pool.links);
    put_size(w, 0xccccccccccccccccu / 4 * 4 + 1); /* the inverse of 5, and of it alone */
    put_bytes(w, pool.stride, 4);
    put_bytes(w, pool.block_size, 4);
}

static void write_segment(writer *w)
{
    lfm_segment_stats_t stats;
    lfm_segment_stats(&segment, &stats);
    put_word(w, stats.used);
    put_size(w, (uintptr_t)memory);
    put_size(w, (uintptr_t)&segment);
    put_size(w, (uintptr_t)&segment); /* its state is in it */
    put_size(w, BYTES);
    put_bytes(w, 5, 1);
    put_bytes(w, LFM_OBJECT_SEGMENT_, 1);
    put_bytes(w, layout_of(w), 2);
}

static void write_heap(writer *w)
{
    const unsigned shift = w->word == 8 ? 4 : 2;
    size_t words = 0, level_words = heap.units, first[16], top = 0;
    do {
        level_words = ((level_words - 1) >> shift) + 1;
        first[top++] = words;
        words += level_words;
    } while (level_words > 1);
    put_bytes(w, 0, 4);
    put_size(w, 0);
    put_size(w, 0);
    put_bytes(w, heap.unit_shift, 1);
    put_bytes(w, heap.fit, 1);
    put_bytes(w, top - 1, 1);
    put_bytes(w, 0, 1);
    put_size(w, (uintptr_t)heap_storage - (uintptr_t)&heap + (uint64_t)signature_of(w, LFM_OBJECT_HEAP_));
    put_size(w, signature_of(w, LFM_OBJECT_HEAP_));
    put_size(w, signature_of(w, LFM_OBJECT_HEAP_)); /* its state is in it */
    put_size(w, heap.units);
    put_size(w, (uintptr_t)heap_storage + heap.units * 64 - (uintptr_t)&heap +
                    (uint64_t)signature_of(w, LFM_OBJECT_HEAP_));
    const size_t hints = words * w->word, orders = top * (shift + 1); /* contexts share hints: it is small */
    put_size(w, hints);
    put_size(w, LFM_HEAP_HAS_FULL_(heap.units) ? hints + (orders + 1) * w->word : 0);
    for (size_t level = 0; level < 32 / shift; level++) {
        put_bytes(w, level < top ? first[level] : words, 4);
    }
}

Test(attach, other_widths)
{
    void (*const write[])(writer *) = {write_pool, write_segment, write_heap};
    void *const objects[] = {&pool, &segment, &heap};
    const size_t sizes[] = {sizeof pool, sizeof segment, sizeof heap};
    for (unsigned width = 0; width < 4; width++) {
        for (size_t i = 0; i < LENGTH(write); i++) {
            writer w = {.pointer = 4u << width % 2, .word = 4u << width / 2};
            const bool own = w.pointer == sizeof(void *) && w.word == sizeof(lfm_word_);
            make(false);
            write[i](&w);
            for (size_t at = 0; at < w.at && own; at++) {
                MUST(!w.written[at] || w.bytes[at] == ((unsigned char *)objects[i])[at], "byte %zu of object %zu", at,
                     i);
            }
            memcpy(objects[i], w.bytes, sizes[i]);
            const lfm_status status = i == 0   ? lfm_pool_attach(&pool)
                                      : i == 1 ? lfm_segment_attach(&segment)
                                               : lfm_heap_attach(&heap);
            MUST(own ? status == LFM_OK : status != LFM_OK && status != LFM_EINVAL,
                 "object %zu, pointers of %u bytes, words of %u: %s", i, w.pointer, w.word, lfm_status_string(status));
            if (i == 1) {
                MUST((lfm_dynpool_attach(&dynpool) == LFM_OK) == own, "a dynamic pool on such a segment");
            }
        }
    }
}
