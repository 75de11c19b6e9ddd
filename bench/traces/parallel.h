/* SPDX-License-Identifier: MIT */
/* For threads that replay at the same time: how they begin, and how their times add up. */
#ifndef LFM_BENCH_TRACES_PARALLEL_H
#define LFM_BENCH_TRACES_PARALLEL_H

#include "replay.h"
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static inline double nanoseconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* When a thread began and ended, and its time on a processor, in ns. Of several threads: when the first one began and
 * the last one ended, and their most and least time on a processor. */
typedef struct span {
    double began, ended, processor, least;
} span;

static inline span span_begin(void)
{
    return (span){.began = nanoseconds(CLOCK_MONOTONIC), .processor = replay_processor_time()};
}

static inline void span_end(span *s)
{
    s->processor = replay_processor_time() - s->processor;
    s->ended = nanoseconds(CLOCK_MONOTONIC);
}

/* Adds the n-th thread's span. */
static inline void span_add(span *all, replay_time *time, const span *s, unsigned n)
{
    if (n == 0) {
        *all = *s;
        all->least = s->processor;
    }
    all->began = s->began < all->began ? s->began : all->began;
    all->ended = s->ended > all->ended ? s->ended : all->ended;
    all->processor = s->processor > all->processor ? s->processor : all->processor;
    all->least = s->processor < all->least ? s->processor : all->least;
    time->elapsed = all->ended - all->began;
    time->processor += s->processor;
    time->fair = all->least / all->processor;
}

/* Pins the calling thread to a core, one for each thread as far as there are enough, and waits for the other threads.
 */
static inline void start_together(pthread_barrier_t *start, unsigned number)
{
    const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    cpu_set_t mine;
    CPU_ZERO(&mine);
    CPU_SET(cpus > 0 ? number % (size_t)cpus : 0, &mine);
    pthread_setaffinity_np(pthread_self(), sizeof mine, &mine);
    pthread_barrier_wait(start);
}

static inline void add(replay_counts *sum, const replay_counts *part)
{
    sum->failures += part->failures;
    sum->damaged += part->damaged;
    sum->early += part->early;
    sum->skipped += part->skipped;
}

#endif
