/* SPDX-License-Identifier: MIT */
/* Copies a file through blocks of one pool, which are put back by another thread than took them:
 *
 *     pool -- get --> reader 0 -- queue --> worker 0 -- queue --> writer -- put --> pool
 *              `----> reader 1 -- queue --> worker 1 -- queue ----'
 *               ...
 *
 * A reader fills a block from the file and notes the CRC-32 of what it read; its worker computes the CRC again from the
 * block; the writer writes the block to the same place of the output. If two threads ever had one block at the same
 * time, the CRCs or the files would differ. */
#ifndef LFM_EXAMPLE_PIPELINE_H
#define LFM_EXAMPLE_PIPELINE_H

#include <lfmem/pool.h>
#include <stdbool.h>
#include <stdint.h>

#define PIPELINE_MAX_THREADS     64u
#define PIPELINE_MAX_BLOCKS      65534u /* as many as a pool can have with words of any width */
#define PIPELINE_MAX_BLOCK_BYTES (1u << 24)
#define PIPELINE_MAX_POOL_BYTES  (UINT64_C(1) << 30)

typedef struct pipeline_config {
    int input, output;    /* file descriptors */
    uint64_t bytes;       /* of the input */
    unsigned threads;     /* in each of the two stages, 1 ... PIPELINE_MAX_THREADS */
    unsigned blocks;      /* 1 ... PIPELINE_MAX_BLOCKS */
    unsigned block_bytes; /* of the file in a block, 1 ... PIPELINE_MAX_BLOCK_BYTES */
    unsigned shards;      /* of the pool, 1 ... LFM_POOL_MAX_SHARDS and at most `blocks` */
    /* NULL, or called a few times a second by the thread that called pipeline_run */
    void (*progress)(uint64_t written, uint64_t bytes, double seconds);
} pipeline_config;

typedef struct pipeline_result {
    double seconds;
    uint64_t gets, puts;   /* that succeeded */
    uint64_t empty;        /* gets that found the pool empty */
    lfm_pool_stats_t pool; /* how it stands at the end */
    lfm_status check;      /* what lfm_pool_check says at the end */
    char error[160];       /* what went wrong, "" for nothing */
} pipeline_result;

/* Runs until all is copied or, after an error, until no block is under way any more; every thread has ended then.
 * Returns whether there was no error. */
bool pipeline_run(const pipeline_config *config, pipeline_result *result);

#endif
