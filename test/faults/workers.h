/* SPDX-License-Identifier: MIT */
/* Worker processes that share memory. Each has the memory mapped at another address (G6). They are killed at random
 * instants, and a new one takes the place of each. */
#ifndef LFM_TEST_FAULTS_WORKERS_H
#define LFM_TEST_FAULTS_WORKERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define WORKERS 4u /* processes at a time */

/* What a process tells of itself, in the shared memory. */
typedef struct worker_slot {
    _Atomic(uint64_t) rounds;  /* since it was started */
    _Atomic(uint64_t) foreign; /* blocks it got that another process had written; never reset */
    _Atomic(uintptr_t) base;   /* where it has the memory */
    _Atomic(uint32_t) asked;   /* to leak blocks until its timer kills it */
    _Atomic(uint32_t) leaks;   /* blocks it has begun to leak since it was started */
} worker_slot;

/* At the start of the shared memory. */
typedef struct workers_board {
    worker_slot slots[WORKERS];
    _Atomic(uint32_t) broken; /* a block that was handed out twice or has been written to, plus 1 */
} workers_board;

typedef struct workers {
    /* what a process does until it is killed: the worker-th of those alive, the self-th that was ever started */
    void (*body)(const struct workers *w, unsigned worker, uint32_t self);
    const void *arg;
    uint32_t leaks; /* not 0: a process dies of its own timer, while it leaks up to so many blocks */
    /* private */
    workers_board *board; /* where the parent has the memory */
    size_t bytes;
    int file;
    pid_t parent, processes[WORKERS];
    uint32_t last;                      /* process that was started, from 1 */
    unsigned long kills, kills_growing; /* those that came between the first leak and the last */
} workers;

/* Makes so many bytes of shared memory, zeroed. Returns where the parent has them. */
void *workers_begin(workers *w, size_t bytes);
void workers_end(workers *w);

/* Starts processes and makes so many kills. At the end it kills those that are left. */
void workers_run(workers *w, unsigned kills);

/* A body begins with this: it maps the memory at an address that no other process has it at. Returns it. */
void *worker_enter(const workers *w, unsigned worker);

/* A process that has found a broken block reports it, and waits to be killed. */
_Noreturn void worker_give_up(workers_board *board, uint32_t block);

#endif
