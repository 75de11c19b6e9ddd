/* SPDX-License-Identifier: MIT */
/* The contract between the benchmark and its contestants.
 *
 * A contestant is an allocator behind an adapter of a few lines in contestants/. The adapter loads the
 * allocator, makes a pool or a heap of it, and says in which timed loops it takes part. It makes these loops from the
 * templates in loops.h, so that calls of the allocator are direct, as in a program that uses it.
 *
 * A worker is a thread that is pinned to a core. A slice (slice.h) is one timed run of one loop, in one worker or in
 * several at the same time. */
#ifndef LFM_BENCH_BENCH_H
#define LFM_BENCH_BENCH_H

#include "histogram.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WORKERS_MAX = 8,
    CONTESTANTS_MAX = 64,
    BLOCK_BYTES = 64,     /* blocks of pools */
    POOL_BLOCKS = 4096,   /* in a pool, unless the scenario has a row of sizes */
    HEAP_BYTES = 4 << 20, /* of a heap, likewise */
    HEAP_UNIT = 64,       /* smallest block, where a heap has such a parameter */
    GROW_GETS = 4096      /* of each worker; two workers need no more records than 32-bit words can count */
};

typedef enum scenario {
    PING_PONG,   /* get, store, put */
    BURST_32,    /* 32 gets, each with a store, then as many puts */
    MANY_32,     /* the same by calls that take 32 blocks at a time */
    HANDOFF,     /* the first worker gets, the second one puts; between them a queue */
    GROW,        /* gets that take new memory, no puts */
    SWEEP,       /* half of the pool's blocks are taken, and put in another order */
    LATENCY,     /* ping-pong, each pair timed by itself */
    SAME_SIZE,   /* heaps: ping-pong of 256 bytes */
    BURST_64,    /* heaps: bursts of 32 blocks of 64 bytes */
    MIX,         /* heaps: a block at random is freed and another one taken in its place */
    MIX_LATENCY, /* the same, each pair timed by itself */
    SCENARIOS
} scenario;

/* A step of a mix: which of the blocks held is freed, and of how many bytes the next one in its place is. */
typedef struct step {
    uint32_t slot;
    uint32_t bytes;
} step;

typedef struct worker {
    /* constant in a slice */
    _Alignas(128) unsigned index; /* 0 watches the clock */
    unsigned chunk;               /* pairs between two looks at the clock, a multiple of 32 */
    double length;                /* of the slice, ns */
    atomic_bool *stop;            /* written by worker 0 when the slice has lasted that long */
    /* the worker's own */
    double began, ended; /* ns */
    uint64_t pairs;
    uint64_t failed; /* allocations of a mix that returned NULL */
    histogram *latencies;
    void **held;     /* blocks in hand, in a mix, a sweep or a growing pool */
    uint32_t *order; /* in which a sweep puts them; sizes of a mix's first blocks, bytes */
    size_t blocks;   /* length of both arrays */
    step *steps;
    size_t step_count, next_step; /* of a mix; the count is a power of two */
    uint64_t block[16];           /* a floor has no blocks, and hands out this */
} worker;

typedef void loop(worker *w);

/* What an adapter is made of. The worker is the one that calls; a thread's cache is found by it. */
typedef void *getter(worker *w);
typedef void putter(worker *w, void *block);
typedef void *allocator(worker *w, size_t bytes);
typedef size_t many_getter(worker *w, void **blocks, size_t n); /* returns how many it got */
typedef void many_putter(worker *w, void **blocks, size_t n);

typedef enum kind {
    FLOOR,     /* what the machine needs for less than an allocator does */
    LOCKED,    /* by a lock */
    LOCK_FREE, /* a shared free list without a lock */
    CACHING,   /* caches of each thread over locks or shared lists */
    LFMEM,     /* lfmem's own calls */
    FRONT_END  /* other systems' names for lfmem's calls */
} kind;

typedef struct contestant contestant;

struct contestant {
    const char *name;
    kind kind;
    unsigned most_threads;     /* 0: any number */
    size_t most_size;          /* of a pool or a heap; 0: any */
    unsigned most_percent;     /* how full a mix may keep the heap; 0: any */
    const char *missing;       /* the Debian package or build option for want of which it was not built, or NULL */
    const char *(*open)(void); /* once, before all else: returns NULL, or why it cannot take part */
    void (*make)(size_t size, size_t unit); /* a pool of so many blocks of `unit` bytes, all free, or a heap of so many
                                               bytes; the last one is void. NULL: there is nothing to make */
    void (*enter)(void);                    /* in each worker, before a slice */
    void (*leave)(worker *w);               /* in each worker, after one: gives back what the thread keeps */
    loop *loops[SCENARIOS];                 /* NULL: does not take part */
    bool arena;       /* a heap that lives in the bytes it was made with: how full it gets is measured */
    allocator *alloc; /* heaps: for what is not timed */
    putter *put;
    double (*metadata)(void); /* bytes that a block of 64 costs beside itself; NULL: not known */
    const contestant *core;   /* of a front-end: lfmem's own calls that do the same, which it is compared with */
};

extern const contestant *const contestants[];
extern const size_t contestant_count;

#endif
