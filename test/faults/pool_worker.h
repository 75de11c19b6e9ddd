/* SPDX-License-Identifier: MIT */
/* What a worker process does with a pool in shared memory until it is killed.
 *
 * Each block has an owner word, which the pool knows nothing of. A process sets it after it got the block, and clears
 * it before it puts the block back. If it finds a word set, the block was handed out twice. The word of a block that a
 * killed process held stays set: the block must not come back. The process that gets a block next checks its contents.
 *
 * A dynamic pool grows only while blocks are short. So a process that is asked to leaks blocks, one after another,
 * until a timer kills it. */
#ifndef LFM_TEST_FAULTS_POOL_WORKER_H
#define LFM_TEST_FAULTS_POOL_WORKER_H

#include "allocator.h"
#include "workers.h"

#define IN_HAND     3u     /* most blocks that a process holds */
#define MOST_BLOCKS 15000u /* of a dynamic pool: more than all kills and leaks can cost */
#define BLOCKS      2048u  /* of a fixed one: more than all kills can cost */
#define LEAKS       96u    /* blocks that a process leaks at most */
#define WORDS       4u     /* of 8 bytes in a block */
#define MAILBOXES   8u
#define LEAKED      UINT32_MAX /* the owner word of such a block */

typedef struct arena {
    workers_board board;
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

/* The argument of workers. */
typedef struct pool_worker_options {
    bool is_dynamic, locks;
} pool_worker_options;

/* The allocator in an arena as this process sees it. */
allocator pool_worker_allocator(arena *a, bool is_dynamic, bool locks);

/* The index of a block, or `blocks` of the arena if it is none. */
uint32_t pool_worker_block(const arena *a, const void *block);

/* The body of a worker (workers.h), whose argument is a pool_worker_options. */
void pool_worker_body(const workers *w, unsigned worker, uint32_t self);

#endif
