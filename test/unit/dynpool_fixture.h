/* SPDX-License-Identifier: MIT */
/* The fixture for dynamic pools: up to three on a segment between guard bytes; and a model of them. The model of a
 * segment is a count of bytes, that of a pool is a stack of addresses. */
#ifndef LFM_TEST_DYNPOOL_FIXTURE_H
#define LFM_TEST_DYNPOOL_FIXTURE_H

#include "support.h"

enum {
    DYNPOOL_POOLS = 3,
    DYNPOOL_GUARD = 192
};

typedef struct dynpool_controls {
    lfm_segment segment, metadata;
    lfm_dynpool pools[DYNPOOL_POOLS];
} dynpool_controls;

typedef struct dynpool_fixture {
    dynpool_controls *c;
    unsigned char *memory, *base, *records; /* all of it; in it the blocks' segment, and that of metadata */
    size_t memory_bytes, bytes, record_bytes;
} dynpool_fixture;

/* Makes a segment whose base is `skew` bytes after a multiple of 4096, and one for metadata unless that has 0 bytes. */
static inline dynpool_fixture dynpool_fixture_make(size_t bytes, size_t padding, size_t skew, size_t record_bytes)
{
    dynpool_fixture d = {.bytes = bytes, .record_bytes = record_bytes};
    const size_t records = 4096 + skew + bytes + DYNPOOL_GUARD;
    d.memory_bytes = round_up(records + record_bytes + DYNPOOL_GUARD, 4096);
    d.memory = aligned_alloc(4096, d.memory_bytes);
    d.c = calloc(1, sizeof *d.c);
    MUST(d.memory != NULL && d.c != NULL, "no memory for the test");
    memset(d.memory, GUARD_BYTE, d.memory_bytes);
    d.base = d.memory + 4096 + skew;
    d.records = d.memory + records;
    memset(d.base, FILL_BYTE, bytes);
    memset(d.records, FILL_BYTE, record_bytes);
    MUST(lfm_segment_init(&d.c->segment, d.base, bytes, padding) == LFM_OK, "%zu bytes", bytes);
    MUST(record_bytes == 0 || lfm_segment_init(&d.c->metadata, d.records, record_bytes, padding) == LFM_OK, "metadata");
    return d;
}

/* Checks the guard bytes and frees all. */
static inline void dynpool_fixture_free(dynpool_fixture *d)
{
    support_show(d->memory, d->memory_bytes);
    for (unsigned char *at = d->memory; at < d->memory + d->memory_bytes; at++) {
        const bool ours = (size_t)(at - d->base) < d->bytes || (size_t)(at - d->records) < d->record_bytes;
        MUST(ours || *at == GUARD_BYTE, "byte %td from the segment was written", at - d->base);
    }
    free(d->memory);
    free(d->c);
}

static inline lfm_status dynpool_fixture_try(dynpool_fixture *d, size_t i, lfm_dynpool_config config)
{
    config.metadata = d->record_bytes != 0 ? &d->c->metadata : NULL;
    return lfm_dynpool_init(&d->c->pools[i], &d->c->segment, &config);
}

static inline lfm_dynpool *dynpool_fixture_pool(dynpool_fixture *d, size_t i, lfm_dynpool_config config)
{
    const lfm_status status = dynpool_fixture_try(d, i, config);
    MUST(status == LFM_OK, "%zu of %zu blocks of %zu, align %zu: %s", config.initial, config.maximum, config.block_size,
         config.align, lfm_status_string(status));
    return &d->c->pools[i];
}

/* Copies control blocks and memory, into `copy` unless that is NULL. */
static inline unsigned char *dynpool_fixture_save(const dynpool_fixture *d, unsigned char *copy)
{
    if (copy == NULL) {
        copy = malloc(sizeof *d->c + d->memory_bytes);
        MUST(copy != NULL, "no memory for the test");
    }
    support_show(d->memory, d->memory_bytes);
    memcpy(copy, d->c, sizeof *d->c);
    memcpy(copy + sizeof *d->c, d->memory, d->memory_bytes);
    return copy;
}

static inline void dynpool_fixture_restore(const dynpool_fixture *d, const unsigned char *copy)
{
    support_show(d->memory, d->memory_bytes);
    memcpy(d->c, copy, sizeof *d->c);
    memcpy(d->memory, copy + sizeof *d->c, d->memory_bytes);
}

static inline bool dynpool_fixture_is_same(const dynpool_fixture *d, const unsigned char *copy)
{
    support_show(d->memory, d->memory_bytes);
    return memcmp(copy, d->c, sizeof *d->c) == 0 && memcmp(copy + sizeof *d->c, d->memory, d->memory_bytes) == 0;
}

static inline size_t segment_used(const lfm_segment *segment)
{
    lfm_segment_stats_t stats;
    lfm_segment_stats(segment, &stats);
    return stats.used;
}

typedef struct segment_model {
    uintptr_t base;
    size_t bytes, next;
} segment_model;

/* Takes `size` bytes. Returns false, and takes nothing, if they do not fit. */
static inline bool segment_model_take(segment_model *s, size_t size, size_t align, uintptr_t *place)
{
    const uintptr_t at = s->base + s->next, start = at % align == 0 ? at : at + (align - at % align);
    const size_t skipped = (size_t)(start - s->base);
    if (skipped > s->bytes || size > s->bytes - skipped) {
        return false;
    }
    *place = start;
    s->next = skipped + size;
    return true;
}

static inline segment_model segment_model_make(const lfm_segment *segment, const unsigned char *base)
{
    lfm_segment_stats_t stats;
    lfm_segment_stats(segment, &stats);
    return (segment_model){(uintptr_t)base, stats.bytes, stats.used};
}

typedef struct dynpool_model {
    segment_model *segment, *metadata; /* which other pools may share */
    size_t stride, align, record, maximum, grow;
    size_t created, free, peak;
    uintptr_t *blocks; /* in the order in which they were made */
    bool *taken;
    size_t *stack; /* of indices of blocks, top last */
} dynpool_model;

/* The model of a fresh pool. Its segments' models are as they are then. */
static inline dynpool_model dynpool_model_make(const dynpool_fixture *d, size_t i, lfm_dynpool_config config,
                                               segment_model *segment, segment_model *metadata)
{
    const lfm_dynpool *pool = &d->c->pools[i];
    const size_t padding = config.padded ? (size_t)1 << d->c->segment.padding_shift : 1;
    dynpool_model m = {.segment = segment, .metadata = metadata, .maximum = config.maximum, .grow = config.grow};
    m.align = config.align > padding ? config.align : padding;
    m.stride = round_up(config.block_size, m.align);
    m.record = pool->wide ? 16 : 8;
    const size_t most = config.initial + d->bytes / m.stride + 1;
    m.blocks = calloc(most, sizeof *m.blocks);
    m.taken = calloc(most, sizeof *m.taken);
    m.stack = calloc(most, sizeof *m.stack);
    MUST(m.blocks != NULL && m.taken != NULL && m.stack != NULL, "no memory for the test");
    m.created = m.free = config.initial;
    for (size_t k = 0; k < config.initial; k++) {
        m.blocks[k] = (uintptr_t)pool->blocks + k * m.stride;
        m.stack[k] = config.initial - 1 - k;
    }
    return m;
}

static inline void dynpool_model_free(dynpool_model *m)
{
    free(m->blocks);
    free(m->taken);
    free(m->stack);
}

/* Makes a free block. */
static inline bool dynpool_model_create(dynpool_model *m)
{
    uintptr_t block = 0, record = 0;
    const segment_model segment = *m->segment, metadata = *m->metadata;
    const bool done = m->created < m->maximum && segment_model_take(m->segment, m->stride, m->align, &block) &&
                      segment_model_take(m->metadata, m->record, 4, &record);
    if (!done) {
        *m->segment = segment;
        *m->metadata = m->metadata == m->segment ? segment : metadata;
        return false;
    }
    m->blocks[m->created] = block;
    m->stack[m->free++] = m->created++;
    return true;
}

/* Takes the block that a get has to return, NULL if there is none. */
static inline void *dynpool_model_get(dynpool_model *m)
{
    const size_t step = m->grow != 0 ? m->grow : m->created > 0 ? m->created : 1;
    for (size_t i = 0; m->free == i && i < step && dynpool_model_create(m); i++) {
    }
    if (m->free == 0) {
        return NULL;
    }
    const size_t index = m->stack[--m->free];
    m->taken[index] = true;
    m->peak = m->created - m->free > m->peak ? m->created - m->free : m->peak;
    return (void *)m->blocks[index];
}

/* What a put of this address has to return. If that is LFM_OK, *index is the index of the block. */
static inline lfm_status dynpool_model_put_status(const dynpool_model *m, const void *block, size_t *index)
{
    if (block == NULL) {
        return LFM_EINVAL;
    }
    for (size_t i = 0; i < m->created; i++) {
        if ((uintptr_t)block - m->blocks[i] < m->stride) {
            *index = i;
            return (uintptr_t)block != m->blocks[i]  ? LFM_EINTERIOR
                   : LFM_CHECKS >= 1 && !m->taken[i] ? LFM_EDOUBLEFREE
                                                     : LFM_OK;
        }
    }
    return LFM_EFOREIGN;
}

static inline void dynpool_model_put(dynpool_model *m, size_t index)
{
    m->taken[index] = false;
    m->stack[m->free++] = index;
}

/* Checks that the counts are the model's. */
static inline void dynpool_model_check(const dynpool_model *m, const lfm_dynpool *pool)
{
    lfm_dynpool_stats_t stats;
    lfm_dynpool_stats(pool, &stats);
    MUST(stats.created == m->created && stats.free == m->free && stats.in_use == m->created - m->free,
         "%zu = %zu + %zu blocks, not %zu = %zu + %zu", stats.created, stats.free, stats.in_use, m->created, m->free,
         m->created - m->free);
    MUST(stats.peak == m->peak, "peak %zu, not %zu", stats.peak, m->peak);
    MUST(stats.maximum == m->maximum && stats.stride == m->stride, "maximum %zu, stride %zu", stats.maximum,
         stats.stride);
}

#endif
