/* SPDX-License-Identifier: MIT */
/* Drives an allocator with a trace. Each block is written to when it is handed out and looked at when it is given back,
 * so that two owners of one byte show. Blocks that an allocator cannot give are left out with all that is done to them,
 * and counted. */
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
    size_t damaged;  /* blocks that are not as they were left, not aligned or not zeroed, or that are not taken back */
    size_t early;    /* by_thread: frees that came before the allocation */
    size_t skipped;  /* by_thread: reallocations that came before the allocation, or after the free */
} replay_counts;

/* A block in the hands of a replay. */
typedef struct replay_place {
    void *block; /* NULL: none, or it could not be had */
    size_t bytes;
} replay_place;

/* Of several threads, nanoseconds. Not counted: what is done before they begin and after they end. */
typedef struct replay_time {
    double elapsed;   /* from the first one's begin to the last one's end */
    double processor; /* of all threads together: what else runs on the machine does not count, nor does waiting */
    double fair;      /* the least of their times on a processor to the largest one */
} replay_time;

/* Nanoseconds of this thread on a processor. */
double replay_processor_time(void);

/* One thread goes over a trace in its order. */
typedef struct replay {
    const trace *trace;
    allocator *allocator;
    replay_place *places; /* by slots */
    uint64_t salt;        /* of what is written; differs between replays on one heap */
    replay_touch touch;
    bool stops; /* at the first failure */
    replay_counts counts;
} replay;

/* Leaves `places` zero, from where replay_range() may begin; false: no memory. */
bool replay_begin(replay *r, const trace *t, allocator *a);
/* Operations from ... to - 1. */
void replay_range(replay *r, size_t from, size_t to);
/* Frees what is left, so that the next replay may begin. */
void replay_rest(replay *r);
void replay_end(replay *r);

/* Each thread of a trace does its own operations, all on one allocator, by a thread of its own. Threads do not wait for
 * each other. What one allocates and another frees is handed over through a word for each block: not there yet, a
 * block, freed. Who frees a block that is not there yet leaves "freed" behind, and who then comes to allocate it frees
 * it at once. Who reallocates takes the block out of the word meanwhile; a reallocation of what is not there is left
 * out. A thread that is WINDOW operations of the trace ahead of the last one gives up the processor once in a while
 * (once, not until the others have come), which keeps the amount of live memory near to what it was. The prelude is
 * done before, by one thread, and what is left is freed after, by one thread. */
replay_time replay_by_thread(const trace *t, allocator *a, replay_touch touch, replay_counts *counts);

/* So many threads, each with a copy of the trace, on one allocator; each does the prelude before, and all begin
 * together. */
replay_time replay_copies(const trace *t, allocator *a, replay_touch touch, unsigned copies, replay_counts *counts);

#endif
