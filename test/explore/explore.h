/* SPDX-License-Identifier: MIT */
/* The explorer runs 1 to 4 contexts as coroutines. At every atomic operation of the library (shim.h) another context
 * may run. The explorer tries all orders with at most so many preemptions.
 *
 * One order is a schedule: a letter for each choice. It is printed when a run fails, and replays that run:
 *
 *     0 1 2 3   that context goes on
 *     A B C D   that context is stopped for good (freeze mode)
 *     w .       the weak compare-and-swap about to be made fails by itself, or does what it says */
#ifndef LFM_TEST_EXPLORE_H
#define LFM_TEST_EXPLORE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    EXPLORE_CONTEXTS_MAX = 4,
    EXPLORE_NONE = -1
};

typedef struct explore_scenario {
    const char *name;
    int contexts;
    int preemptions;                     /* how often a context may be interrupted that could go on */
    int weak_failures;                   /* how often a weak compare-and-swap may fail by itself */
    bool freeze;                         /* also stop one context for good, after each of its operations in turn */
    void (*setup)(const void *argument); /* before each run */
    void (*context)(int me, const void *argument);    /* what a context does */
    void (*observe)(const void *argument);            /* between any two operations, or NULL */
    void (*finish)(int frozen, const void *argument); /* after each run; frozen: context or EXPLORE_NONE */
    const void *argument;
} explore_scenario;

typedef struct explore_result {
    bool failed;
    bool exhausted; /* every schedule within the bounds was run */
    uint64_t schedules;
    uint64_t operations; /* atomic ones, in all runs */
    unsigned longest;    /* most operations of one context in a run */
    char message[256];   /* of a failure */
    char schedule[4096]; /* of a failure */
} explore_result;

/* Runs all schedules within the bounds, or until a run fails. */
void explore_run(const explore_scenario *scenario, explore_result *result);

/* Runs one schedule. */
void explore_replay(const explore_scenario *scenario, const char *schedule, explore_result *result);

/* For scenarios: the run has failed. Does not return when called from a context. It does in observe() and finish(),
 * which the explorer calls itself; so this is no MUST(). No line of source is printed either: the schedule replays the
 * run. */
void explore_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for an assertion of the library (shim.h). */
void explore_assertion(const char *text);

/* The calling context sleeps until another one wakes it. If none does, the run ends without it. */
void explore_sleep(void);
void explore_wake(int context);

/* What LFM_PORT_CONTEXT() is in this context from now on. It may change, as a thread may change cores. */
void explore_set_home(int context, uintptr_t home);

#endif
