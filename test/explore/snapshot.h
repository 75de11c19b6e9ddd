/* SPDX-License-Identifier: MIT */
/* Snapshots of a run: all statics, and stacks. The next run begins with the last one that both have in common, instead
 * of anew. */
#ifndef LFM_TEST_SNAPSHOT_H
#define LFM_TEST_SNAPSHOT_H

#include "explore.h"

/* Before anything else: statics that no snapshot holds, but for the world of the scenario that is run. */
void snapshot_leave_out(explore_extent part);

/* Forgets all snapshots. From now on they hold this world, too. */
void snapshot_begin(explore_extent world);

/* Takes a snapshot behind so many choices, when context `last` had run, unless one was taken a moment ago. `stacks` are
 * parts of stacks, at most one for each context. */
void snapshot_take(unsigned made, int last, const explore_extent *stacks, int n);

/* Goes back to the last snapshot with fewer than `below` choices, and tells its choices and context. Returns false if
 * there is none. */
bool snapshot_restore(unsigned below, unsigned *made, int *last);

#endif
