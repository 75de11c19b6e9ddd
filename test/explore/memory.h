/* SPDX-License-Identifier: MIT */
/* Memory of the contexts that the explorer runs, as C11 has it, but for load buffering: RC11 (O. Lahav, V. Vafeiadis,
 * J. Kang, C.-K. Hur and D. Dreyer, PLDI 2017) as an abstract machine.
 *
 * Of each atomic object the machine keeps all stores, in modification order. Each context has a clock: which operations
 * happen before its next one. A store has the clock that it releases. It also has, for each context, the time when that
 * first took or made it.
 *
 * - A load takes the newest store or an older one. It cannot go further back than a store that was taken or made by an
 *   operation which happens before the load (coherence). It acquires what that store releases.
 * - A store goes behind any of those. It does not come between a read-modify-write and the store that this took.
 * - A read-modify-write takes a store that no other has taken, goes behind it, and continues its release sequence.
 * - A compare-and-swap that fails is a load with an order of its own, and may take an old store.
 *
 * What this machine does not do: a load that takes a store which comes later in program order (GenMC, rc11.py); fences;
 * memory_order_seq_cst, which is taken as acq_rel; objects that are accessed with several sizes, which fail the run.
 *
 * Plain accesses (the library is compiled with -fsanitize=thread; memory_hooks.c) must not race with each other,
 * nor with atomic ones: C11 5.1.2.4. */
#ifndef LFM_TEST_MEMORY_H
#define LFM_TEST_MEMORY_H

#include "explore.h"
#include <stddef.h>

/* A time for each context: so many of its operations. */
typedef struct explore_clock {
    uint32_t at[EXPLORE_CONTEXTS_MAX];
} explore_clock;

enum {
    EXPLORE_OPERATIONS_MAX = 2000
};

/* Before a run: whether memory is weak, whether the search is reduced, and how many operations may take an old store.
 */
void memory_reset(bool weak, bool reduced, int stale);

/* Begins the next operation of a context: its clock advances by one. */
void memory_begin(int context);

/* How many operations took a store that was not the newest. */
int memory_stale(void);

/* A hash of what each operation of this run took, and of the order of stores. */
uint64_t memory_execution(void);

/* The machine itself. With strong memory nothing in it belongs to a run. */
explore_extent memory_extent(void);

/* How many operations a context has made. */
uint32_t memory_now(int context);

/* What has happened before, and with, so many operations of a context: the clock of the last of them. */
const explore_clock *memory_clock(int context, uint32_t time);

/* What memory.c needs of explore.c. */

/* The running context is about to access this object; NULL: none. Other contexts may run first. */
void explore_operation(const volatile void *address, bool stores);

/* It has done that. */
void explore_did(const volatile void *address, bool stored);

/* Makes a choice; the preferred option first. One option is no choice. */
char explore_choose(const char *options);

/* Whether one more weak compare-and-swap may fail by itself; counts one that did. */
bool explore_cas_may_fail(void);
void explore_cas_failed(void);

/* The running context has loaded a word to change it; and whether no other one has run since. It is asked once. */
void explore_link(void);
bool explore_unlink(void);

/* The running context, or EXPLORE_NONE; whether an address is on a context's stack. */
int explore_running(void);
bool explore_is_stack(const void *at);

#endif
