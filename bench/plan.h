/* SPDX-License-Identifier: MIT */
/* What is measured: which contestant in which scenario, with how many threads, how often and for how long. */
#ifndef LFM_BENCH_PLAN_H
#define LFM_BENCH_PLAN_H

#include "slice.h"

typedef enum effort {
    SMOKE, /* does it run at all; no figure is worth anything */
    QUICK, /* at most a minute */
    FULL   /* for the record: at most nine minutes */
} effort;

typedef struct plan {
    cell *cells; /* by scenario, then by contestant */
    size_t count;
    unsigned rounds;
    double budget;  /* ns, after which no further round begins: a busy machine gets fewer of them */
    unsigned fills; /* how often a heap is filled to see how full it gets */
} plan;

/* What stands for "all" in plan_make(). */
typedef enum area {
    POOLS = 1,
    HEAPS = 2
} area;

/* Makes a plan for the contestants that can take part: available[i] says whether contestants[i] can. `only` is part of
 * the names of those that are asked for, or NULL for all. The core of a front-end among them takes part as well, in the
 * scenarios of the front-end. */
void plan_make(plan *p, effort how, unsigned areas, const bool *available, const char *only);

/* Whether a contestant's name has this part, in upper or lower case; NULL: any has. */
bool plan_is_named(const contestant *who, const char *only);

/* Nanoseconds that a cell takes in a round, at least. */
double plan_cost(const cell *c);

/* As tables and the CSV have it. */
const char *scenario_name(scenario s);
bool scenario_of_heaps(scenario s);

#endif
