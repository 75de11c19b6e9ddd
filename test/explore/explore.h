/* SPDX-License-Identifier: MIT */
/* The explorer runs 1 to 4 contexts as coroutines. At every atomic operation of the library (shim.h) another context
 * may run. The explorer tries all orders with at most so many preemptions. Memory is sequentially consistent, or weak:
 * then an operation may also take a value that is no longer the newest (memory.h).
 *
 * One run is a schedule: a letter for each choice. It is printed when a run fails, and replays that run:
 *
 *     0 1 2 3   that context goes on
 *     A B C D   that context is stopped for good (freeze mode)
 *     . w       the operation takes the newest store; the weak compare-and-swap fails by itself
 *     b c ...   it takes the store before that, the one before that, and so on
 *     B C ...   it takes such a one, and the weak compare-and-swap fails by itself */
#ifndef LFM_TEST_EXPLORE_H
#define LFM_TEST_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    EXPLORE_CONTEXTS_MAX = 4,
    EXPLORE_NONE = -1,
    EXPLORE_RANDOM = -1 /* in place of a number of preemptions: too large for anything but schedules at random */
};

typedef struct explore_extent {
    unsigned char *at;
    size_t bytes;
} explore_extent;

typedef struct explore_scenario {
    const char *name;
    int contexts;
    int preemptions;                     /* how often a context may be interrupted that could go on */
    int weak_failures;                   /* how often a weak compare-and-swap may fail by itself */
    bool freeze;                         /* also stop one context for good, after each of its operations in turn */
    bool may_sleep;                      /* contexts may sleep: no reduced search */
    bool weak;                           /* memory is weak */
    int stale;                           /* how many operations may take a store that is not the newest */
    bool reduced;                        /* no bounds, but one schedule of those that are equal (explore.c); weak */
    uint64_t most;                       /* schedules; 0: all */
    void (*setup)(const void *argument); /* before each run */
    void (*context)(int me, const void *argument);    /* what a context does */
    void (*observe)(const void *argument);            /* between any two operations, or NULL */
    void (*finish)(int frozen, const void *argument); /* after each run; frozen: context or EXPLORE_NONE */
    const void *argument;
    explore_extent world; /* statics that scenarios with other ones do not use */
} explore_scenario;

typedef struct explore_result {
    bool failed;
    bool exhausted; /* every schedule within the bounds was run */
    uint64_t schedules;
    uint64_t pruned;     /* schedules left in the middle: the rest is equal to others */
    uint64_t operations; /* atomic ones, in all runs */
    uint64_t stale;      /* of these, how many took a store that was not the newest */
    uint64_t
        executions;    /* with weak memory: that differ in what an operation took, or in the order of stores; <= 2^19 */
    unsigned longest;  /* most operations of one context in a run */
    char message[256]; /* of a failure */
    char schedule[4096]; /* of a failure */
} explore_result;

/* Before anything is run: all scenarios that there are. The worlds of others need not be kept when one is run. */
void explore_scenarios(const explore_scenario *scenarios, size_t n);

/* Runs all schedules within the bounds, or until a run fails. */
void explore_run(const explore_scenario *scenario, explore_result *result);

/* Runs schedules at random, whatever the bounds, until a run fails or so many seconds have passed. */
void explore_random(const explore_scenario *scenario, uint64_t seed, double seconds, explore_result *result);

/* Runs one schedule. */
void explore_replay(const explore_scenario *scenario, const char *schedule, explore_result *result);

/* For scenarios: the run has failed. Does not return when called from a context. It does in observe() and finish(),
 * which the explorer calls itself; so this is no MUST(). No line of source is printed either: the schedule replays the
 * run. */
void explore_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether memory is weak in this run. A scenario asks for cuts then (cut.h) where else it would look at instants. */
bool explore_is_weak(void);

/* Whether the library's plain accesses are told (memory_hooks.c), without which races with weak memory go unseen. */
bool explore_is_told(void);

/* Plain accesses by scenarios, of a block's contents: where memory is weak, a race fails the run. */
void explore_read(const void *at, size_t bytes);
void explore_write(void *at, size_t bytes);

/* Atomic operations by scenarios: of the library's, these are shim.h's. */
uint64_t explore_load(const volatile void *at, size_t bytes, int order);
void explore_store(volatile void *at, size_t bytes, uint64_t value, int order);

/* Another context may run here. */
void explore_point(void);

/* From now on the running context knows what another one has done, as if the system had told it. */
void explore_learn(int context);

/* The calling context sleeps until another one wakes it. If none does, the run ends without it. */
void explore_sleep(void);
void explore_wake(int context);

/* From now on the library's operations with the order LFM_MO_<name> have that one: a constant such as
 * __ATOMIC_RELAXED. */
void explore_weaken(const char *name, int order);

/* From now on the core is a broken one: what a context has loaded to change it is linked even if another one runs. */
void explore_stay_linked(bool stay);

/* What LFM_PORT_CONTEXT() is. */
uintptr_t explore_context(void);

/* What LFM_PORT_CONTEXT() is in this context from now on. It may change, as a thread may change cores. */
void explore_set_home(int context, uintptr_t home);

#endif
