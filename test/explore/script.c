/* SPDX-License-Identifier: MIT */
#include "script.h"
#include <string.h>

static int contexts_of(const script *s)
{
    int n = 0;
    while (n < EXPLORE_CONTEXTS_MAX && s->contexts[n] != NULL) {
        n++;
    }
    return n;
}

void script_prepare(const void *argument, script_act *act)
{
    const script *s = argument;
    for (int me = 0; me < contexts_of(s); me++) {
        const char *const bar = strchr(s->contexts[me], '|');
        for (const char *letter = s->contexts[me]; bar != NULL && letter != bar; letter++) {
            act(me, *letter, argument);
        }
    }
}

void script_follow(int me, const void *argument, script_act *act)
{
    const script *s = argument;
    const char *const bar = strchr(s->contexts[me], '|');
    for (const char *letter = bar != NULL ? bar + 1 : s->contexts[me]; *letter != '\0'; letter++) {
        act(me, *letter, argument);
    }
}

size_t script_scenarios(const void *table, size_t count, size_t bytes, const explore_scenario *common,
                        explore_scenario *out, size_t room)
{
    const size_t n = count < room ? count : room;
    for (size_t i = 0; i < n; i++) {
        const script *s = (const void *)((const char *)table + i * bytes);
        out[i] = *common;
        out[i].name = s->name;
        out[i].contexts = contexts_of(s);
        out[i].preemptions = s->preemptions;
        out[i].argument = s;
    }
    return n;
}
