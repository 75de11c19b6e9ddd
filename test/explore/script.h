/* SPDX-License-Identifier: MIT */
/* A scenario as a script: for each context a string, with a letter for each call that it makes. What stands before a
 * bar, if there is one, is done by setup, one context after the other. */
#ifndef LFM_TEST_EXPLORE_SCRIPT_H
#define LFM_TEST_EXPLORE_SCRIPT_H

#include "explore.h"
#include <stddef.h>

/* A part that needs more than that has a struct of its own, of which this is the first member. */
typedef struct script {
    const char *name;
    const char *contexts[EXPLORE_CONTEXTS_MAX]; /* NULL after the last one */
    int preemptions;
} script;

/* What a context does for a letter. The argument is the script, as it is for the functions of a scenario. */
typedef void script_act(int me, char letter, const void *argument);

/* The letters before the bars: for setup. */
void script_prepare(const void *argument, script_act *act);

/* The letters of one context that are left: what it does. */
void script_follow(int me, const void *argument, script_act *act);

/* Writes up to `room` scenarios, one for each script of a table whose entries have so many bytes, with the functions of
 * `common` and what else that says; returns how many. */
size_t script_scenarios(const void *table, size_t count, size_t bytes, const explore_scenario *common,
                        explore_scenario *out, size_t room);

#endif
