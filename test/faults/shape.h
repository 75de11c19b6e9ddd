/* SPDX-License-Identifier: MIT */
/* The pools that the tests with a scene (scene.h) know: fixed ones, and dynamic ones with nothing to spare, so that a
 * lost share of the maximum, a lost stride of the segment or a lost record is a lost block. */
#ifndef LFM_TEST_FAULTS_SHAPE_H
#define LFM_TEST_FAULTS_SHAPE_H

#include "subject.h"

/* Blocks that take part. A pool with more keeps only these in play, the rest stays taken. */
#define SHAPE_LIVE 9
/* Bytes of a block. */
#define SHAPE_BLOCK ((size_t)8)

typedef struct shape_kind {
    const char *name;
    size_t count;
    size_t shards;  /* 0: a dynamic pool */
    size_t align;   /* of blocks; more than SHAPE_BLOCK: they are padded to it */
    size_t initial; /* from here on only of dynamic pools: as in the configuration */
    size_t maximum, grow;
    size_t records; /* bytes of the metadata segment; 0: the same segment */
    bool made;      /* all blocks have been made before the scene begins */
} shape_kind;

enum {
    SHAPE_PLAIN,   /* one list */
    SHAPE_SHARDED, /* two lists */
    SHAPE_SPLIT,   /* a split count into the links */
    SHAPE_DYNPOOL, /* all blocks initial */
    SHAPE_GROWN,   /* most blocks grown */
    SHAPE_GROW,    /* each get makes a block, in the segment of its record */
    SHAPE_STEPS,   /* each third get makes three, padded, with wide records in another segment */
    SHAPES
};
extern const shape_kind shapes[SHAPES];

/* Controls of dynamic pools, and memory for blocks, links and all. */
typedef struct shape_memory {
    lfm_pool pool;
    lfm_dynpool dynpool;
    lfm_segment segment, metadata;
    _Alignas(LFM_LIST_STRIDE_) unsigned char storage[];
} shape_memory;

/* How long all that is, in bytes. */
size_t shape_memory_bytes(void);

/* Storage that can hold blocks, in units of SHAPE_BLOCK bytes from its start. */
size_t shape_units(const shape_kind *s);

/* Makes a new pool, and the subject to work on it but for the lock. */
void shape_make(const shape_kind *s, shape_memory *memory, subject *made);

/* Bytes of the segment that are taken by making one more block, record included. */
size_t shape_piece(const shape_kind *s);

#endif
