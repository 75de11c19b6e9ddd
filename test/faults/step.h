/* SPDX-License-Identifier: MIT */
/* Interrupts a call at any wanted instruction of it: there a signal handler makes a move.
 *
 * The path of a call is recorded once with the trap flag of x86-64, which raises SIGTRAP after each instruction. To
 * step to the wanted instruction each time would take minutes: a breakpoint, written into the program's own code,
 * raises SIGTRAP there. Instructions of libc do not count. Other machines skip the test. */
#ifndef LFM_TEST_FAULTS_STEP_H
#define LFM_TEST_FAULTS_STEP_H

#include "call_path.h"

#define STEP_ALONE SIZE_MAX /* no move */

/* What is tested. Calls are numbered, and for each call the moves. */
typedef struct step_test {
    void (*prepare)(size_t call);            /* makes a fresh state in which the call has what it needs */
    void (*call)(size_t call);               /* what is interrupted */
    void (*move)(size_t call, size_t move);  /* what the handler does */
    void (*audit)(size_t call, size_t move); /* checks that nothing is lost after both; STEP_ALONE: after the call */
} step_test;

/* Skips the test where nothing can be interrupted. Keeps the pointer. */
void step_begin(const step_test *test);

/* Performs a call undisturbed. Returns its path, which is valid until the next one. */
const call_path *step_record(size_t call);

/* Performs the call that was recorded last, with a move after so many steps. A call that is then stuck is a fault. */
void step_interrupt(size_t move, size_t step);

/* For moves: calls `watch` at every instruction from here to the end of the call. */
void step_watch(void (*watch)(void));

/* Records a call, then makes each of so many moves at each of its instructions. */
void step_through(size_t call, size_t moves);

/* No fault was found: prints the last line, and returns the exit status for main(). */
int step_end(void);

#endif
