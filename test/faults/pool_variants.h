/* SPDX-License-Identifier: MIT */
/* The variants of pools that the fixture (fixture.h) has: fixed ones and dynamic ones. Those have nothing to spare: if
 * a share of the maximum, a stride of the segment or a record is lost, a block is lost. */
#ifndef LFM_TEST_FAULTS_POOL_VARIANTS_H
#define LFM_TEST_FAULTS_POOL_VARIANTS_H

#include "allocator.h"

/* Blocks in use. Of a pool with more, the rest stays taken. */
#define VARIANT_LIVE 9
/* Bytes of a block. */
#define VARIANT_BLOCK ((size_t)8)

typedef struct pool_variant {
    const char *name;
    size_t count;
    size_t shards;  /* 0: a dynamic pool */
    size_t align;   /* of blocks; more than VARIANT_BLOCK: they are padded to it */
    size_t initial; /* from here on only of dynamic pools: as in the configuration */
    size_t maximum, grow;
    size_t records; /* bytes of the metadata segment; 0: the same segment */
    bool in_line;   /* gets and puts are in line */
    bool made;      /* all blocks have been made before a call begins */
} pool_variant;

enum {
    VARIANT_PLAIN,   /* one list */
    VARIANT_IN_LINE, /* the same, in line */
    VARIANT_SHARDED, /* two lists */
    VARIANT_SPLIT,   /* one list, whose count is split */
    VARIANT_DYNPOOL, /* all blocks initial */
    VARIANT_GROWN,   /* most blocks grown */
    VARIANT_GROW,    /* each get makes a block, in the segment of its record */
    VARIANT_STEPS,   /* each third get makes three, padded, with wide records in another segment */
    VARIANTS
};
extern const pool_variant pool_variants[VARIANTS];

/* Controls of dynamic pools, and memory for blocks, links and all. */
typedef struct pool_memory {
    lfm_pool pool;
    lfm_dynpool dynpool;
    lfm_segment segment, metadata;
    _Alignas(LFM_LIST_STRIDE_) unsigned char storage[];
} pool_memory;

/* Its size in bytes. */
size_t pool_memory_bytes(void);

/* Storage that can hold blocks, in units of VARIANT_BLOCK bytes from its start. */
size_t pool_units(const pool_variant *s);

/* Makes a new pool. Sets all of *made but the lock. Returns where blocks begin. */
unsigned char *pool_make(const pool_variant *s, pool_memory *memory, allocator *made);

/* Bytes of the segment that are taken by making one more block, record included. */
size_t pool_piece(const pool_variant *s);

#endif
