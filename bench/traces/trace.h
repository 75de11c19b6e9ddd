/* SPDX-License-Identifier: MIT */
/* A trace: the allocations of a real program, in the order in which they happened, and the file that holds one.
 *
 * File: gzip of
 *
 *     "LFMTRACE1\n"
 *     text          what was recorded: its length, and so many bytes
 *     operations, prelude, threads, blocks, peak bytes, peak blocks
 *     each operation: a byte, the lower 3 bits its kind, the upper 5 its thread (0: that of the one before; 1 ... 30:
 *                   thread 0 ... 29; 31: a number follows), and then
 *         malloc, calloc    bytes
 *         aligned           log2 of the alignment, bytes
 *         realloc           block, bytes
 *         free              block
 *
 * Numbers have 7 bits a byte, the lowest first; the top bit says that there is more. Blocks are numbered as they are
 * allocated. An operation names its block by how many have been allocated after it; a realloc keeps the number. The
 * first operations, `prelude` of them, allocate what was live where the trace was cut out of a longer one. Blocks may
 * be left at the end.
 */
#ifndef LFM_BENCH_TRACES_TRACE_H
#define LFM_BENCH_TRACES_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_MAGIC "LFMTRACE1\n"

typedef enum trace_kind {
    TRACE_MALLOC,
    TRACE_CALLOC,
    TRACE_ALIGNED,
    TRACE_REALLOC,
    TRACE_FREE,
    TRACE_KINDS
} trace_kind;

typedef struct trace_op {
    uint32_t block; /* number of the block */
    uint32_t slot;  /* a number that no other block has at the same time: fewer than blocks */
    uint32_t bytes; /* asked for; a free: what the block has */
    uint16_t thread;
    uint8_t kind;
    uint8_t align; /* log2 */
} trace_op;

typedef struct trace {
    char *text;
    trace_op *ops;
    size_t n;
    size_t prelude;              /* so many of them first */
    uint32_t threads;            /* numbers are lower */
    uint32_t blocks, slots;      /* numbers are lower */
    size_t peak_bytes;           /* most bytes asked for and not freed, the prelude included */
    size_t peak_blocks, peak_at; /* blocks at most; operation behind which bytes are at their peak */
    size_t left_bytes;           /* at the end */
} trace;

/* Reads a file. Returns NULL, or what is wrong with it. A trace that it accepts is legal: only operations between a
 * block's allocation and its free name it, and the header's sums are right. */
const char *trace_load(trace *t, const char *path);
void trace_free(trace *t);

#endif
