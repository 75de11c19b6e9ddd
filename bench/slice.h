/* SPDX-License-Identifier: MIT */
/* A slice: one timed run of one contestant's loop in one or several pinned threads, between two runs of the bare pair
 * of compare-and-swaps in the same process. A cell is what is measured again and again: contestant, scenario, threads.
 */
#ifndef LFM_BENCH_SLICE_H
#define LFM_BENCH_SLICE_H

#include "bench.h"

typedef struct cell {
    const peer *who;
    scenario what;
    unsigned threads;
    size_t size;      /* blocks of the pool, or bytes of the heap */
    unsigned percent; /* how full a mix keeps the heap */
    double length;    /* of a slice, ns */
    unsigned slices;  /* for each time that the pool or heap is made */
    unsigned rounds;  /* in how many it takes part */
    bool grid;        /* one of a row of sizes */
    /* results */
    unsigned chunk;                /* pairs between looks at the clock; 0: not tried yet */
    size_t kept, dropped;          /* slices */
    double *ratios, *times, *fair; /* of the kept ones: R, ns a pair of all threads in all, slowest to fastest thread */
    uint64_t pairs, failed;
    histogram *latencies; /* in ticks, or NULL */
} cell;

/* Starts the workers. They are pinned to the cores that this process may use, in turn. */
void slice_begin(uint64_t seed);

/* Runs a cell's slices once. One in which a thread was preempted, or before which the bare pair took another time than
 * after it, is run again, three times at most, and then dropped, unless there are more threads than cores. */
void slice_run(cell *c);

/* Cores that the workers share. */
unsigned slice_cores(void);

/* Median, over all rounds so far, of the bare pair in ns. */
double slice_bare(void);

#endif
