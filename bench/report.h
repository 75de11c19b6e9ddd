/* SPDX-License-Identifier: MIT */
/* Figures as a table for people and as CSV for the rest. */
#ifndef LFM_BENCH_REPORT_H
#define LFM_BENCH_REPORT_H

#include "plan.h"
#include <stdio.h>

/* A figure: a line of the CSV. */
typedef struct figure {
    const char *area, *scenario;
    unsigned threads;
    double param; /* blocks, bytes, per cent or percentile, as the scenario has it; 0: none */
    const char *contestant;
    kind kind;
    const char *unit;
    size_t kept, dropped;
    double quartiles[3];
    double fair;      /* slowest thread's rate to the fastest's; 0: does not apply */
    double ns;        /* 0: does not apply */
    double failed;    /* share of requests */
    const char *core; /* of a front-end: the contestant that it is compared with; NULL: of none */
} figure;

typedef struct figures {
    figure *all;
    size_t count;
} figures;

void figures_add(figures *f, figure one);

/* Adds the figures of a cell, percentiles included; `tick` is the length of one in ns. A cell without a slice that was
 * kept has no figures. */
void figures_of_cell(figures *f, const cell *c, double tick);

void report_table(FILE *out, const figures *f);
void report_csv(FILE *out, const figures *f);

#endif
