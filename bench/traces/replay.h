/* SPDX-License-Identifier: MIT */
/* Replays a trace on an allocator. Each block is written to when it is allocated and checked when it is freed, so that
 * two owners of one byte show. An allocation that fails is counted, and all operations on its block are left out. */
#ifndef LFM_BENCH_TRACES_REPLAY_H
#define LFM_BENCH_TRACES_REPLAY_H

#include "allocator.h"
#include "trace.h"
#include <stdatomic.h>

typedef enum replay_touch {
    REPLAY_ENDS,  /* the first and the last word, as for figures */
    REPLAY_WHOLE, /* every byte; of blocks beyond 4096 bytes a word in each 64, and the last ones */
} replay_touch;

typedef struct replay_counts {
    size_t failures; /* allocations and reallocations that the allocator could not serve */
    size_t damaged;  /* blocks with other contents than were written, not aligned or not zeroed, or that free refuses */
    size_t early;    /* by_thread: frees that came before the allocation */
    size_t skipped;  /* by_thread: reallocations that came before the allocation, or after the free */
} replay_counts;

/* A block in the hands of a replay. */
typedef struct replay_block {
    void *block; /* NULL: none, or its allocation failed */
    size_t bytes;
} replay_block;

/* Of several threads, nanoseconds, from their begin to their end. */
typedef struct replay_time {
    double elapsed;   /* from the first one's begin to the last one's end */
    double processor; /* of all threads together, neither waiting nor other programs counted */
    double fair;      /* the least of their times on a processor to the largest one */
} replay_time;

/* Nanoseconds of this thread on a processor. */
double replay_processor_time(void);

/* One thread goes over a trace in its order. */
typedef struct replay {
    const trace *trace;
    allocator *allocator;
    replay_block *held; /* by slots */
    uint64_t salt;      /* of what is written; differs between replays on one heap */
    replay_touch touch;
    bool stops; /* at the first failure */
    replay_counts counts;
} replay;

/* Leaves `held` zero, for replay_range(). false: no memory. */
bool replay_begin(replay *r, const trace *t, allocator *a);
/* Does the operations from `from` to `to` - 1. */
void replay_range(replay *r, size_t from, size_t to);
/* Frees what is left, so that the next replay may begin. */
void replay_rest(replay *r);
void replay_end(replay *r);

/* Replays each thread of a trace by a thread of its own, all on one allocator. Threads do not wait for each other. For
 * each block there is a word, through which the thread that allocates it hands it over:
 *
 * - A free may come before the allocation. It leaves "freed" in the word, and the allocation then frees the block at
 * once.
 * - A reallocation takes the block out of the word while it works. If there is none, it is left out.
 *
 * A thread that is WINDOW operations of the trace ahead of the last one gives up the processor, once each time that it
 * looks. So about as much memory is live as in the program. One thread does the prelude before, and frees what is left
 * afterwards. */
replay_time replay_by_thread(const trace *t, allocator *a, replay_touch touch, replay_counts *counts);

/* Replays copies of the trace at the same time, each by a thread, on one allocator. Each thread does the prelude first;
 * then all begin together. */
replay_time replay_copies(const trace *t, allocator *a, replay_touch touch, unsigned copies, replay_counts *counts);

#endif
