/* SPDX-License-Identifier: MIT */
/* A process that is stopped at any wanted instruction of a call (ptrace).
 *
 * Stepping to the k-th instruction costs two process switches for each before it. So the way that a call takes is
 * recorded once, and later the victim runs to breakpoints. Only x86-64 has them here; elsewhere all is stepped. On
 * machines whose compare-and-swap is a loop of load-linked and store-conditional, a step between the two undoes the
 * reservation, so stepping never leaves the loop; the tests are skipped there. */
#ifndef LFM_TEST_FAULTS_VICTIM_H
#define LFM_TEST_FAULTS_VICTIM_H

#include "scene.h"
#include "way.h"
#include <sys/types.h>

typedef struct victim {
    pid_t pid;
    scene_seat *seat;
    bool ready; /* before its next call, not in one */
} victim;

/* Starts a process that performs what its seat says, again and again, and waits before each call. Ends the program with
 * exit status 77 where ptrace is refused. */
void victim_start(victim *v, scene_seat *seat);

/* Ends it for good, where it stands. */
void victim_kill(victim *v);

/* Records the way of the call that its seat says; the call is then done. */
void victim_record(victim *v, victim_way *way);

/* Runs a ready victim up to the point that is so many steps on its way. Returns false, and the call is done, if the way
 * was another one this time and did not come there. */
bool victim_advance(victim *v, const victim_way *way, size_t steps);

/* Lets it go on until its call has returned. */
void victim_finish(victim *v);

#endif
