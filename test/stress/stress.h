/* SPDX-License-Identifier: MIT */
/* What stress programs share: options, a pool whose blocks have contents that owners can check, and threads. */
#ifndef LFM_TEST_STRESS_H
#define LFM_TEST_STRESS_H

#include "in_line.h"
#include <lfmem/cache.h>
#include <lfmem/dynpool.h>
#include <lfmem/pool.h>
#include <stdbool.h>
#include <stdint.h>

/* Prints what is wrong and how to replay it, and ends the program with exit status 1. Threads may still be running. */
_Noreturn void stress_fail(const char *file, int line, const char *condition, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#define MUST_FAILED(...) stress_fail(__VA_ARGS__)
#include "check.h"

enum {
    STRESS_MAX_THREADS = 64,
    STRESS_MAX_HELD = 1024,
    STRESS_MAX_MANY = 64,
    STRESS_MAX_SLOTS = 64,
    STRESS_BLOCK_BYTES = 64,
    STRESS_BLOCK_WORDS = STRESS_BLOCK_BYTES / 8,
};

typedef struct stress_options {
    uint32_t threads; /* -t */
    uint64_t ops;     /* -n of each thread */
    uint32_t blocks;  /* -b */
    uint32_t shards;  /* -s */
    uint32_t held;    /* -h most blocks that a thread holds */
    uint32_t many;    /* -m most blocks that one call takes or gives */
    uint32_t grow; /* -g a dynamic pool that begins with a quarter of its blocks and grows by so many; 0: a fixed one */
    uint32_t cache;  /* -c slots of the cache that each thread has; 0: none */
    bool in_line;    /* -i a static pool with gets and puts in line */
    bool doubling;   /* -d a dynamic pool that grows by as many as there are */
    bool unlimited;  /* -u a dynamic pool without a maximum: the room in its segment limits the number of blocks */
    uint32_t rounds; /* -r how often a new pool is made, for a share of the ops each: more growth */
    uint64_t seed;   /* -S */
} stress_options;

/* Replaces the defaults that the command line names. Unless it names a seed, that is a new one each time. */
void stress_parse(int argc, char **argv, stress_options *options);

typedef struct stress_pool {
    const lfm_pool *pool; /* NULL: it is dynamic */
    lfm_pool own;
    lfm_dynpool dynpool;
    lfm_segment segment, metadata;
    bool dynamic, in_line;
    unsigned char *storage; /* begins with the blocks, STRESS_BLOCK_BYTES each */
    unsigned char *records; /* of the dynamic pool */
    uint32_t count;
} stress_pool;

void stress_pool_make(stress_pool *pool, const stress_options *options);
void stress_pool_end(stress_pool *pool);

/* Whether this thread's calls on a pool in line are so; those of every other thread are the library's, so both meet. */
extern _Thread_local bool stress_is_in_line;

static inline void *stress_get(stress_pool *pool)
{
    if (pool->in_line && stress_is_in_line) {
        return in_line_get(pool->pool);
    }
    return pool->dynamic ? lfm_dynpool_get(&pool->dynpool) : lfm_pool_get(pool->pool);
}

static inline lfm_status stress_put(stress_pool *pool, void *block)
{
    if (pool->in_line && stress_is_in_line) {
        return in_line_put(pool->pool, block);
    }
    return pool->dynamic ? lfm_dynpool_put(&pool->dynpool, block) : lfm_pool_put(pool->pool, block);
}

/* The most blocks that were taken at once, by the pool's count. */
size_t stress_peak(const stress_pool *pool);

/* Index of a block that a get returned. Fails if it is no block of the pool. */
uint32_t stress_index(const stress_pool *pool, const void *block);

/* At rest, with all put back: fails unless every block is free exactly once. */
void stress_account(stress_pool *pool);

/* An owner writes into a block: its stamp, words that follow from stamp and address, and a checksum. These are whole
 * words in plain memory, so that ThreadSanitizer sees every byte handed over. A stamp tells a thread and its operation.
 */
static inline uint64_t stress_stamp(uint32_t thread, uint64_t op)
{
    return (uint64_t)thread << 48 | (op & 0xffffffffffff);
}
void stress_fill(void *block, uint64_t stamp);

/* Fails unless the block is as stress_fill() left it. Returns its stamp. */
uint64_t stress_verify(const void *block);

typedef void stress_body(void *arg, uint32_t thread);

/* Runs body(arg, 0 ... threads - 1) in threads that begin together. Their stacks have random sizes, so that they begin
 * at different shards. Returns the seconds that it took. */
double stress_run(const stress_options *options, stress_body *body, void *arg);

/* Prints one line: the options that replay the run, and its figures. */
void stress_report(uint64_t ops, uint64_t nulls, double seconds);

#endif
