/* SPDX-License-Identifier: MIT */
/* What a process that will be killed does with a pool in shared memory.
 *
 * Each block has an owner word, which the pool knows nothing of: a process sets it after it got the block and clears it
 * before it puts it back. A set word that somebody else finds means that the block was handed out twice. The word of a
 * block that a killed process held stays set for ever: the block must not come back. What a block contains is checked
 * by whoever gets it next, in whatever process.
 *
 * A dynamic pool grows only while blocks are short. So a process that is asked to takes blocks for good, one after
 * another, until a timer kills it. */
#ifndef LFM_TEST_FAULTS_WORKER_H
#define LFM_TEST_FAULTS_WORKER_H

#include "herd.h"
#include "subject.h"

#define IN_HAND     3u     /* most blocks that a process holds */
#define MOST_BLOCKS 15000u /* of a dynamic pool: more than all kills and takings can cost */
#define BLOCKS      2048u  /* of a fixed one: more than all kills can cost */
#define TAKINGS     96u    /* blocks that a process takes for good */
#define WORDS       4u     /* of 8 bytes in a block */
#define MAILBOXES   8u
#define FOR_GOOD    UINT32_MAX /* an owner word */

typedef struct arena {
    herd_board board;
    lfm_pool pool;
    lfm_dynpool dynpool;
    lfm_segment segment, metadata;
    uint32_t blocks; /* of the pool in use, at most; constant */
    _Atomic(uint32_t) lock;
    _Atomic(uint32_t) owner[MOST_BLOCKS]; /* 0: none */
    _Atomic(uint32_t) mailbox[MAILBOXES]; /* a block that one process passes to another, plus 1 */
    _Alignas(64) unsigned char storage[LFM_POOL_STORAGE_BYTES(MOST_BLOCKS, WORDS * 8, 64)];
    _Alignas(64) unsigned char records[LFM_DYNPOOL_METADATA_BYTES(0, MOST_BLOCKS)];
} arena;

/* How the arena is used. */
typedef struct worker_order {
    bool is_dynamic, locks;
} worker_order;

/* The subject in an arena as this process sees it. */
subject worker_subject(arena *a, bool is_dynamic, bool locks);

/* The number of a block; that of no block if it is none. */
uint32_t worker_block(const arena *a, const void *block);

/* The life of a process (herd.h), whose argument is a worker_order. */
void worker_live(const herd *h, unsigned place, uint32_t self);

#endif
