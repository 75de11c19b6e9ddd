/* SPDX-License-Identifier: MIT */
/* A slice is one timed run of a contestant's loop, in one or several pinned threads. Before and after it the bare pair
 * of compare-and-swaps is timed in the same process. A cell is a contestant in a scenario with a number of threads:
 * what one figure is about. Each round has a few slices of it. */
#ifndef LFM_BENCH_SLICE_H
#define LFM_BENCH_SLICE_H

#include "bench.h"

typedef struct cell {
    const contestant *contestant;
    scenario scenario;
    unsigned threads;
    size_t size;      /* blocks of the pool, or bytes of the heap */
    unsigned percent; /* how full a mix keeps the heap */
    double length;    /* of a slice, ns */
    unsigned slices;  /* in a round, all on one pool or heap */
    unsigned rounds;  /* in which it takes part */
    bool by_size;     /* it is one of a row of sizes */
    /* results */
    unsigned chunk;                /* pairs between looks at the clock; 0: not tried yet */
    size_t kept, dropped;          /* slices, of all rounds */
    double *ratios, *times, *fair; /* of the kept ones: R, ns a pair of all threads in all, slowest to fastest thread */
    uint64_t pairs, failed;
    histogram *latencies; /* in ticks, or NULL */
} cell;

/* Starts the workers, and pins them in turn to the cores that this process may use. */
void slice_begin(uint64_t seed);

/* Runs the slices that a cell has in a round. A slice is disturbed if a thread was preempted in it, or if its two
 * runs of the bare pair differ by a tenth. It is run again then, three times at most, and dropped after that. With
 * more threads than cores, preemption is the scenario, and every slice is kept. */
void slice_run(cell *c);

/* Cores that the workers share. */
unsigned slice_cores(void);

/* Median, over all rounds so far, of the bare pair in ns. */
double slice_bare(void);

#endif
