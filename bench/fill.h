/* SPDX-License-Identifier: MIT */
/* How full heaps get that live in the memory they are given; nothing here is timed. */
#ifndef LFM_BENCH_FILL_H
#define LFM_BENCH_FILL_H

#include "bench.h"
#include <stdio.h>

typedef struct fill {
    /* quartiles of requested bytes to all bytes */
    double first[3]; /* when an allocation first fails */
    double churn[3]; /* at failures in churn */
} fill;

/* Fills a heap of 4 MiB to its first failure and churns there, so many times. */
void fill_measure(const contestant *who, unsigned fills, uint64_t seed, fill *out);

/* The share of requests that a heap of 16 KiB meets in Zephyr's stress test, kept so many hundredths full. */
double fill_served(const contestant *who, unsigned percent, uint64_t seed);

/* Churns a small lfmem heap of each fit and writes its blocks and free stretches, as CSV lines. */
void fill_picture(FILE *out, uint64_t seed);

#endif
