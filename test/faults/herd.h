/* SPDX-License-Identifier: MIT */
/* Processes that share memory and are killed at random instants, while others take their places. Each has the memory
 * mapped at another address (G6). */
#ifndef LFM_TEST_FAULTS_HERD_H
#define LFM_TEST_FAULTS_HERD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HERD 4u /* processes at a time */

/* What a process tells of itself, in the shared memory. */
typedef struct herd_slot {
    _Atomic(uint64_t) rounds;  /* since it was started */
    _Atomic(uint64_t) foreign; /* blocks it got that another process had written; monotonic over all in this slot */
    _Atomic(uintptr_t) base;   /* where it has the memory */
    _Atomic(uint32_t) asked;   /* to take blocks for good, and die */
    _Atomic(uint32_t) takings; /* begun since it was started */
} herd_slot;

/* At the start of the shared memory. */
typedef struct herd_board {
    herd_slot slots[HERD];
    _Atomic(uint32_t) broken; /* a block that was handed out twice or has been written to, plus 1 */
} herd_board;

typedef struct herd {
    void (*live)(const struct herd *h, unsigned place, uint32_t self); /* the life of a process: until it is killed */
    const void *arg;
    uint32_t takings; /* if a process is to die of its own timer, while it takes so many blocks; else 0 */
    /* private */
    herd_board *board; /* where the parent has the memory */
    size_t bytes;
    int file;
    pid_t parent, processes[HERD];
    uint32_t last;                      /* of all processes that ever were, from 1 */
    unsigned long kills, kills_growing; /* of the latter those between the first taking and the last */
} herd;

/* Makes so many bytes of shared memory, zeroed, and returns where the parent has them. */
void *herd_begin(herd *h, size_t bytes);
void herd_end(herd *h);

/* Starts processes and kills so many; the last ones, too. */
void herd_run(herd *h, unsigned kills);

/* The first thing that a process does: it moves the memory to an address that no other process has it at. */
void *herd_enter(const herd *h, unsigned place);

/* A process that has found something broken stops here. */
_Noreturn void herd_give_up(herd_board *board, uint32_t block);

#endif
