/* SPDX-License-Identifier: MIT */
/* A victim: a process that ptrace stops at any wanted instruction of a call.
 *
 * To step to the k-th instruction costs two process switches for each before it. So the path of a call is recorded
 * once, and later the victim runs to a breakpoint. Only x86-64 has them here; elsewhere all is stepped. Where
 * compare-and-swap is a loop of load-linked and store-conditional, a step between the two undoes the reservation.
 * Stepping would never leave the loop, so the tests are skipped there. */
#ifndef LFM_TEST_FAULTS_VICTIM_H
#define LFM_TEST_FAULTS_VICTIM_H

#include "call_path.h"
#include "fixture.h"
#include <sys/types.h>

typedef struct victim {
    pid_t pid;
    fixture_task *task;
    bool ready; /* it waits before its next call */
} victim;

/* Starts a process that performs its task again and again, and waits before each call. Skips the test where ptrace is
 * refused. */
void victim_start(victim *v, fixture_task *task);

/* Kills it where it stands. */
void victim_kill(victim *v);

/* Performs its task and records the path of the call. */
void victim_record(victim *v, call_path *path);

/* Runs a ready victim up to the point that is so many steps on its path. Returns false if the call took another path
 * this time, and is done. */
bool victim_advance(victim *v, const call_path *path, size_t steps);

/* Lets its call go on until it returns. */
void victim_finish(victim *v);

#endif
