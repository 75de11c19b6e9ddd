/* SPDX-License-Identifier: MIT */
/* What a replay does with a block. It writes words that are made of the block's number, so that no two blocks have the
 * same ones. It checks them when the block has been moved and before it is freed. */
#ifndef LFM_BENCH_TRACES_CONTENTS_H
#define LFM_BENCH_TRACES_CONTENTS_H

#include "replay.h"
#include <string.h>

static inline uint64_t contents_word(uint64_t salt, uint32_t block)
{
    return (salt + block + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

/* Bytes from one word that is written to the next one, where the whole block is. */
static inline size_t contents_step(size_t bytes)
{
    return bytes <= 4096 ? sizeof(uint64_t) : 64;
}

static inline void contents_write(void *to, size_t bytes, uint64_t word, replay_touch touch)
{
    unsigned char *const at = to;
    if (bytes < sizeof word) {
        memcpy(at, &word, bytes);
        return;
    }
    if (touch == REPLAY_ENDS) {
        memcpy(at, &word, sizeof word);
    } else {
        const size_t step = contents_step(bytes);
        for (size_t i = 0; i + sizeof word <= bytes; i += step) {
            memcpy(at + i, &word, sizeof word);
        }
    }
    memcpy(at + bytes - sizeof word, &word, sizeof word);
}

/* Whether the first `bytes` of a block are as contents_write() left them in one of `written`. The last word was written
 * over those that it touches. */
static inline bool contents_right(const void *from, size_t bytes, size_t written, uint64_t word, replay_touch touch)
{
    const unsigned char *const at = from;
    if (written < sizeof word) {
        return memcmp(at, &word, bytes < written ? bytes : written) == 0;
    }
    const size_t last = written - sizeof word;
    if (bytes == written && memcmp(at + last, &word, sizeof word) != 0) {
        return false;
    }
    const size_t step = touch == REPLAY_ENDS ? written : contents_step(written);
    for (size_t i = 0; i + sizeof word <= bytes && i + sizeof word <= last; i += step) {
        if (memcmp(at + i, &word, sizeof word) != 0) {
            return false;
        }
    }
    return true;
}

static inline bool contents_zero(const void *from, size_t bytes, replay_touch touch)
{
    const unsigned char *const at = from;
    if (bytes == 0 || touch == REPLAY_ENDS) {
        return bytes == 0 || (at[0] == 0 && at[bytes - 1] == 0);
    }
    return at[0] == 0 && memcmp(at, at + 1, bytes - 1) == 0;
}

/* Allocates what an operation asks for, and writes to it. NULL: the allocation failed. */
static inline void *take(allocator *a, const trace_op *op, uint64_t word, replay_touch touch, replay_counts *counts)
{
    void *block;
    if (op->kind == TRACE_MALLOC) {
        block = a->alloc(a, op->bytes);
    } else if (op->kind == TRACE_CALLOC) {
        block = a->calloc(a, op->bytes);
        counts->damaged += block != NULL && !contents_zero(block, op->bytes, touch);
    } else {
        const size_t align = (size_t)1 << op->align;
        block = a->aligned(a, align, op->bytes);
        counts->damaged += ((uintptr_t)block & (align - 1)) != 0;
    }
    if (block == NULL) {
        counts->failures++;
    } else {
        contents_write(block, op->bytes, word, touch);
    }
    return block;
}

/* Checks a block and frees it. */
static inline void give(allocator *a, const replay_block *p, uint64_t word, replay_touch touch, replay_counts *counts)
{
    counts->damaged += !contents_right(p->block, p->bytes, p->bytes, word, touch);
    counts->damaged += !a->free(a, p->block);
}

/* Moves a block to another size, or leaves it as it was if the reallocation fails. */
static inline void resize(allocator *a, replay_block *p, size_t bytes, uint64_t word, replay_touch touch,
                          replay_counts *counts)
{
    void *const moved = a->realloc(a, p->block, bytes);
    if (moved == NULL) {
        counts->failures++;
        return;
    }
    const size_t kept = bytes < p->bytes ? bytes : p->bytes;
    counts->damaged += !contents_right(moved, kept, p->bytes, word, touch);
    contents_write(moved, bytes, word, touch);
    *p = (replay_block){moved, bytes};
}

#endif
