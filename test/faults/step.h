/* SPDX-License-Identifier: MIT */
/* A call that is interrupted at any wanted instruction of it by a signal, whose handler makes a move of its own.
 *
 * The way of a call is recorded once with the trap flag of x86-64, which raises SIGTRAP after each instruction. Later a
 * breakpoint instruction, written into the program's own code, raises SIGTRAP at the wanted one: stepping there each
 * time would take minutes. Instructions of libc do not count. Other machines skip the test. */
#ifndef LFM_TEST_FAULTS_STEP_H
#define LFM_TEST_FAULTS_STEP_H

#include "way.h"

#define STEP_ALONE SIZE_MAX /* no move */

/* What is tested; calls are numbered, and for each call the moves. */
typedef struct step_test {
    void (*prepare)(size_t call);             /* all is as it was at first, and the call has what it needs */
    void (*call)(size_t call);                /* what is interrupted */
    void (*move)(size_t call, size_t move);   /* what the handler does */
    void (*settle)(size_t call, size_t move); /* looks whether all is there after both; STEP_ALONE: after the call */
} step_test;

/* Ends the program with exit status 77 where nothing can be interrupted. The test stays in use. */
void step_begin(const step_test *test);

/* Performs a call that nobody disturbs, and returns the way that it took, which is valid until the next one. */
const victim_way *step_record(size_t call);

/* Performs the call that was recorded last, with a move after so many steps; a call that is then stuck is a fault. */
void step_interrupt(size_t move, size_t step);

/* To be called by a move: has this called at every instruction from there to the end of the call. */
void step_watch(void (*watch)(void));

/* Records a call and makes each of so many moves at each of its instructions. */
void step_through(size_t call, size_t moves);

/* No fault was found: the line that main() ends with, and its exit status. */
int step_end(void);

#endif
