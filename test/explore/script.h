/* SPDX-License-Identifier: MIT */
/* A scenario as a script: for each context a string, with a letter for each call. Letters before a bar, if there is
 * one, are done by setup, one context after the other. */
#ifndef LFM_TEST_EXPLORE_SCRIPT_H
#define LFM_TEST_EXPLORE_SCRIPT_H

#include "explore.h"
#include <stddef.h>

/* A part that needs more has its own struct, with this as the first member. */
typedef struct script {
    const char *name;
    const char *contexts[EXPLORE_CONTEXTS_MAX]; /* NULL after the last one */
    int preemptions;
} script;

/* What a context does for a letter. The argument is the script, also in the functions of the scenario. */
typedef void script_act(int me, char letter, const void *argument);

/* Does the letters before the bars: for setup. */
void script_prepare(const void *argument, script_act *act);

/* Does the other letters of one context. */
void script_follow(int me, const void *argument, script_act *act);

/* Writes up to `room` scenarios, one for each script of a table whose entries have so many bytes. What a script does
 * not say is as in `common`. Returns how many. */
size_t script_scenarios(const void *table, size_t count, size_t bytes, const explore_scenario *common,
                        explore_scenario *out, size_t room);

#endif
