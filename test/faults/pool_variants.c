/* SPDX-License-Identifier: MIT */
#include "pool_variants.h"
#include "check.h"
#include <string.h>

/* The smallest split count. */
#define SPLIT_COUNT ((size_t)(LFM_WORD_BITS == 64 ? 65535 : 255))

_Static_assert(LFM_SPLIT_BITS_(SPLIT_COUNT) > 0, "the count is split");

/* Of a dynamic pool; metadata of its own lies behind. */
#define SEGMENT_BYTES ((size_t)1024)
/* Metadata that makes records wide, and counts are split. */
#define WIDE_BYTES    ((size_t)(LFM_WORD_BITS == 64 ? 400000 : 200000))
#define STORAGE_BYTES (SPLIT_COUNT * (VARIANT_BLOCK + 4) + 4 * LFM_LIST_STRIDE_ + SEGMENT_BYTES + WIDE_BYTES)

const pool_variant pool_variants[VARIANTS] = {
    [VARIANT_PLAIN] = {.name = "plain", .count = VARIANT_LIVE, .shards = 1, .align = VARIANT_BLOCK},
    [VARIANT_IN_LINE] =
        {.name = "in-line", .count = VARIANT_LIVE, .shards = 1, .align = VARIANT_BLOCK, .in_line = true},
    [VARIANT_SHARDED] = {.name = "sharded", .count = VARIANT_LIVE, .shards = 2, .align = VARIANT_BLOCK},
    [VARIANT_SPLIT] = {.name = "split", .count = SPLIT_COUNT, .shards = 1, .align = VARIANT_BLOCK},
    [VARIANT_DYNPOOL] = {.name = "dynpool",
                         .count = VARIANT_LIVE,
                         .initial = VARIANT_LIVE,
                         .maximum = VARIANT_LIVE,
                         .align = VARIANT_BLOCK},
    [VARIANT_GROWN] = {.name = "grown",
                       .count = VARIANT_LIVE,
                       .initial = 3,
                       .maximum = LFM_UNLIMITED,
                       .align = VARIANT_BLOCK,
                       .records = SEGMENT_BYTES,
                       .made = true},
    [VARIANT_GROW] = {.name = "grow",
                      .count = VARIANT_LIVE,
                      .initial = 1,
                      .maximum = LFM_UNLIMITED,
                      .grow = 1,
                      .align = VARIANT_BLOCK},
    [VARIANT_STEPS] = {.name = "steps",
                       .count = VARIANT_LIVE,
                       .initial = 1,
                       .maximum = VARIANT_LIVE,
                       .grow = 3,
                       .align = 32,
                       .records = WIDE_BYTES},
};

size_t pool_memory_bytes(void)
{
    return sizeof(pool_memory) + STORAGE_BYTES;
}

size_t pool_units(const pool_variant *s)
{
    return s->shards != 0 ? s->count : SEGMENT_BYTES / VARIANT_BLOCK;
}

static size_t record_bytes(const pool_variant *s)
{
    return LFM_CHECKS >= 2 || s->records == WIDE_BYTES ? 16 : 8;
}

size_t pool_piece(const pool_variant *s)
{
    return LFM_ROUND_UP_(VARIANT_BLOCK, s->align) + (s->records == 0 ? record_bytes(s) : 0);
}

/* Leaves so many bytes at the end of a segment free. */
static void trim(lfm_segment *segment, size_t left)
{
    const size_t room = lfm_segment_remaining(segment, VARIANT_BLOCK);
    NEED(room == left || (room > left && lfm_segment_alloc(segment, room - left, VARIANT_BLOCK) != NULL),
         "a segment has %zu bytes, not %zu", room, left);
}

static void make_dynpool(const pool_variant *s, pool_memory *memory, allocator *made)
{
    unsigned char *records = memory->storage + SEGMENT_BYTES;
    const lfm_dynpool_config config = {
        .block_size = VARIANT_BLOCK,
        .align = VARIANT_BLOCK,
        .initial = s->initial,
        .maximum = s->maximum,
        .grow = s->grow,
        .padded = s->align > VARIANT_BLOCK,
        .metadata = s->records != 0 ? &memory->metadata : NULL,
    };
    /* short where records lie in it too, for few roots and so a tree with branches */
    const size_t bytes = s->records != 0 ? SEGMENT_BYTES : SEGMENT_BYTES / 4, grown = s->count - s->initial;
    memset(memory->storage, 0xee, 2 * SEGMENT_BYTES); /* records must not count on zeros */
    lfm_status status = lfm_segment_init(&memory->segment, memory->storage, bytes, s->align);
    if (status == LFM_OK && s->records != 0) {
        status = lfm_segment_init(&memory->metadata, records, s->records, 1);
    }
    if (status == LFM_OK) {
        status = lfm_dynpool_init(&memory->dynpool, &memory->segment, &config);
    }
    NEED(status == LFM_OK, "%s: %s", s->name, lfm_status_string(status));
    trim(&memory->segment, grown * pool_piece(s));
    if (s->records != 0) {
        trim(&memory->metadata, grown * record_bytes(s));
    }
    made->pool = NULL;
    made->dynpool = &memory->dynpool;
    made->segment = &memory->segment;
}

unsigned char *pool_make(const pool_variant *s, pool_memory *memory, allocator *made)
{
    made->in_line = false;
    if (s->in_line) {
        return allocator_make_in_line(made, (uint32_t)s->count, VARIANT_BLOCK);
    }
    if (s->shards == 0) {
        make_dynpool(s, memory, made);
        return memory->storage;
    }
    const lfm_status status = lfm_pool_init_sharded(&memory->pool, memory->storage, STORAGE_BYTES, s->count,
                                                    VARIANT_BLOCK, VARIANT_BLOCK, s->shards);
    NEED(status == LFM_OK, "%s: %s", s->name, lfm_status_string(status));
    made->pool = &memory->pool;
    made->dynpool = NULL;
    return memory->storage;
}
