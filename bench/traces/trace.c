/* SPDX-License-Identifier: MIT */
#include "trace.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    MOST_TEXT = 4096,
    MOST_OPS = 1 << 26
};

/* What the reader knows of a block that was allocated. */
typedef struct block_state {
    uint32_t bytes, slot;
    bool live;
} block_state;

/* A file that is being read. Once it is bad, everything read from it is 0. */
typedef struct reader {
    gzFile file;
    bool bad;
    trace *t;
    block_state *blocks;
    uint32_t allocated, thread;
    uint32_t *free_slots, free_count;
    size_t live_bytes, live_blocks;
    size_t peak_bytes, peak_blocks;
} reader;

static uint8_t read_byte(reader *r)
{
    const int c = gzgetc(r->file);
    r->bad |= c < 0;
    return r->bad ? 0 : (uint8_t)c;
}

static uint64_t read_number(reader *r)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
        const uint8_t byte = read_byte(r);
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return number;
        }
    }
    r->bad = true;
    return 0;
}

/* A number below `end`. */
static uint32_t read_below(reader *r, uint64_t end)
{
    const uint64_t number = read_number(r);
    r->bad |= number >= end;
    return r->bad ? 0 : (uint32_t)number;
}

static void read_header(reader *r)
{
    trace *const t = r->t;
    char magic[sizeof TRACE_MAGIC] = {0};
    r->bad |= gzread(r->file, magic, sizeof magic - 1) != sizeof magic - 1 || strcmp(magic, TRACE_MAGIC) != 0;
    const uint32_t length = read_below(r, MOST_TEXT);
    t->text = calloc(length + 1, 1);
    r->bad |= t->text == NULL || gzread(r->file, t->text, length) != (int)length;
    t->n = read_below(r, MOST_OPS);
    t->prelude = read_below(r, t->n + 1);
    t->threads = read_below(r, UINT16_MAX);
    t->blocks = read_below(r, t->n + 1);
    t->peak_bytes = read_number(r);
    t->peak_blocks = read_number(r);
}

/* The block of a realloc or free. */
static block_state *read_block(reader *r, trace_op *op)
{
    const uint32_t back = read_below(r, r->allocated);
    op->block = r->bad ? 0 : r->allocated - 1 - back;
    block_state *const block = &r->blocks[op->block];
    r->bad |= !block->live;
    op->slot = block->slot;
    return block;
}

static block_state *new_block(reader *r, trace_op *op)
{
    r->bad |= r->allocated >= r->t->blocks;
    op->block = r->bad ? 0 : r->allocated++;
    op->slot = r->free_count > 0 ? r->free_slots[--r->free_count] : r->t->slots++;
    r->live_blocks++;
    block_state *const block = &r->blocks[op->block];
    *block = (block_state){.slot = op->slot, .live = true};
    return block;
}

static void read_op(reader *r, trace_op *op)
{
    const uint8_t first = read_byte(r);
    op->kind = first & 7;
    const unsigned by = first >> 3;
    if (by != 0) {
        r->thread = by == 31 ? (uint32_t)read_below(r, r->t->threads) : by - 1;
    }
    op->thread = (uint16_t)r->thread;
    r->bad |= r->thread >= r->t->threads || op->kind >= TRACE_KINDS;
    if (op->kind == TRACE_ALIGNED) {
        op->align = (uint8_t)read_below(r, 31);
    }
    block_state *const block = op->kind >= TRACE_REALLOC ? read_block(r, op) : new_block(r, op);
    if (op->kind == TRACE_FREE) {
        op->bytes = block->bytes;
        block->live = false;
        r->free_slots[r->free_count++] = block->slot;
        r->live_blocks--;
        r->live_bytes -= block->bytes;
    } else {
        op->bytes = read_below(r, UINT32_MAX);
        r->live_bytes += (size_t)op->bytes - block->bytes;
        block->bytes = op->bytes;
    }
}

static void read_ops(reader *r)
{
    trace *const t = r->t;
    t->ops = calloc(t->n + 1, sizeof *t->ops);
    r->blocks = calloc((size_t)t->blocks + 1, sizeof *r->blocks);
    r->free_slots = calloc((size_t)t->blocks + 1, sizeof *r->free_slots);
    r->bad |= t->ops == NULL || r->blocks == NULL || r->free_slots == NULL;
    for (size_t i = 0; i < t->n && !r->bad; i++) {
        read_op(r, &t->ops[i]);
        r->bad |= i < t->prelude && t->ops[i].kind >= TRACE_REALLOC;
        if (r->live_bytes > r->peak_bytes) {
            r->peak_bytes = r->live_bytes;
            t->peak_at = i;
        }
        r->peak_blocks = r->live_blocks > r->peak_blocks ? r->live_blocks : r->peak_blocks;
    }
    t->left_bytes = r->live_bytes;
    r->bad |= r->allocated != t->blocks || r->peak_bytes != t->peak_bytes || r->peak_blocks != t->peak_blocks;
    r->bad |= gzgetc(r->file) >= 0;
    free(r->blocks);
    free(r->free_slots);
}

const char *trace_load(trace *t, const char *path)
{
    reader r = {.file = gzopen(path, "rb"), .t = t};
    *t = (trace){0};
    if (r.file == NULL) {
        return "cannot be opened";
    }
    read_header(&r);
    if (!r.bad) {
        read_ops(&r);
    }
    int error = Z_OK;
    gzerror(r.file, &error);
    r.bad |= gzclose(r.file) != Z_OK || (error != Z_OK && error != Z_STREAM_END);
    if (r.bad) {
        trace_free(t);
        return "is no trace, or damaged";
    }
    return NULL;
}

void trace_free(trace *t)
{
    free(t->text);
    free(t->ops);
    *t = (trace){0};
}
