/* SPDX-License-Identifier: MIT */
/* The file that the recorder (record.c) writes and the packer (pack.c) reads, on one machine: a header of a page, and
 * records in the order of the calls.
 *
 * A record gets its index by one atomic addition, after the call that allocates a block and before the call that frees
 * it. So whatever the threads are, a block's free stands behind its allocation. The next allocation of the address
 * stands behind that free. A realloc does both, and is two records; others may lie between them.
 *
 * The file is shared memory and needs no flush. However the process ends (_exit, a signal, exec), only calls under way
 * are lost. */
#ifndef LFM_BENCH_TRACES_RAW_H
#define LFM_BENCH_TRACES_RAW_H

#include <stdatomic.h>
#include <stdint.h>

#define RAW_MAGIC "LFMRAW1"

enum {
    RAW_HEADER_BYTES = 4096,
    RAW_COMMAND_BYTES = 3072
};

typedef enum raw_op {
    RAW_NONE = 0,      /* its index was taken, and it was never written */
    RAW_MALLOC,        /* address and size of what was handed out, as in the next two */
    RAW_CALLOC,        /* size: the product */
    RAW_ALIGNED,       /* align: log2 of the alignment */
    RAW_REALLOC_BEGIN, /* address: the old one; size: the new one */
    RAW_REALLOC_END,   /* address: the new one, 0 if it failed; by the same thread */
    RAW_FREE,
} raw_op;

typedef struct raw_record {
    uint64_t address;
    uint64_t size;
    uint32_t thread; /* by order of first calls */
    uint8_t align;
    _Atomic uint8_t op; /* written last */
    uint16_t unused;
} raw_record;

_Static_assert(sizeof(raw_record) == 24, "as files have it");

typedef struct raw_header {
    char magic[8];
    _Atomic uint64_t records; /* indices taken; may be more than there is room for */
    uint64_t room;            /* records */
    _Atomic uint64_t missed;  /* calls while the file was being made */
    _Atomic uint32_t threads;
    uint32_t process;
    char command[RAW_COMMAND_BYTES]; /* arguments, each with a 0 behind it */
} raw_header;

_Static_assert(sizeof(raw_header) <= RAW_HEADER_BYTES, "as files have it");

static inline raw_record *raw_records(raw_header *file)
{
    void *const records = (char *)file + RAW_HEADER_BYTES;
    return records;
}

#endif
