/* SPDX-License-Identifier: MIT */
/* What a search asks of a cut changes only at moments. So one cut stands for all between the same moments: the least
 * one, which there is, since consistent cuts are a lattice. */
#include "cut.h"
#include <string.h>

enum {
    MOMENTS_MAX = 64
};

static struct {
    uint32_t at[EXPLORE_CONTEXTS_MAX][MOMENTS_MAX];
    int n[EXPLORE_CONTEXTS_MAX];
} moments;

/* Bounds of the cuts that are looked for, and what they are asked. */
typedef struct search {
    moment begin, end;
    cut least, most;
    bool (*holds)(const cut *c, const void *argument);
    const void *argument;
} search;

void cut_reset(void)
{
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        moments.at[i][0] = 0;
        moments.n[i] = 1;
    }
}

moment cut_now(void)
{
    const int me = explore_running();
    if (me == EXPLORE_NONE) {
        return (moment){EXPLORE_NONE, 0};
    }
    const uint32_t now = memory_now(me);
    int *const n = &moments.n[me];
    if (moments.at[me][*n - 1] != now) {
        if (*n == MOMENTS_MAX) {
            explore_fail("too many moments");
        }
        moments.at[me][(*n)++] = now;
    }
    return (moment){me, now};
}

moment cut_never(void)
{
    return (moment){CUT_NEVER, 0};
}

bool cut_is_before(moment a, moment b)
{
    return a.context == EXPLORE_NONE || b.context == CUT_NEVER || a.time == 0 ||
           (a.context != CUT_NEVER && b.context != EXPLORE_NONE &&
            memory_clock(b.context, b.time)->at[a.context] >= a.time);
}

bool cut_may_be_in(const cut *c, moment begin, moment end)
{
    return (begin.context == EXPLORE_NONE || c->at[begin.context] > begin.time) &&
           (end.context == CUT_NEVER || (end.context != EXPLORE_NONE && c->at[end.context] < end.time));
}

bool cut_is_in(const cut *c, moment begin, moment end)
{
    return (begin.context == EXPLORE_NONE || c->at[begin.context] >= begin.time) &&
           (end.context == CUT_NEVER || (end.context != EXPLORE_NONE && c->at[end.context] <= end.time));
}

/* Adds whatever happens before the operations of a cut. */
static cut close(const cut *least)
{
    cut c = *least, last;
    do {
        last = c;
        for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
            const explore_clock *const before = memory_clock(i, last.at[i]);
            for (int k = 0; k < EXPLORE_CONTEXTS_MAX && last.at[i] > 0; k++) {
                c.at[k] = before->at[k] > c.at[k] ? before->at[k] : c.at[k];
            }
        }
    } while (memcmp(&c, &last, sizeof c) != 0);
    return c;
}

static bool found(const search *s)
{
    const cut c = close(&s->least);
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        if (c.at[i] > s->most.at[i]) {
            return false;
        }
    }
    return s->holds(&c, s->argument);
}

static bool look(search *s, int context);

/* Fixes how many operations of a context a cut has, at least and at most, within `begin` and `end`. Then goes on with
 * the next context. */
static bool look_from(search *s, int context, uint32_t least, uint32_t most)
{
    s->least.at[context] = least;
    s->most.at[context] = most;
    if (context == s->begin.context) {
        s->least.at[context] = least < s->begin.time ? s->begin.time : least;
        s->most.at[context] = s->end.context == context && s->end.time < most ? s->end.time : most;
    }
    return s->least.at[context] <= s->most.at[context] && look(s, context + 1);
}

/* Each moment of a context, and each time between two. */
static bool look(search *s, int context)
{
    if (context == EXPLORE_CONTEXTS_MAX) {
        return found(s);
    }
    for (int i = 0; i < moments.n[context]; i++) {
        const uint32_t at = moments.at[context][i];
        const uint32_t next = i + 1 < moments.n[context] ? moments.at[context][i + 1] : memory_now(context) + 1;
        if (look_from(s, context, at, at) || (next > at + 1 && look_from(s, context, at + 1, next - 1))) {
            return true;
        }
    }
    return false;
}

bool cut_exists(moment begin, moment end, bool (*holds)(const cut *c, const void *argument), const void *argument)
{
    search s = {.begin = begin, .end = end, .holds = holds, .argument = argument};
    return look(&s, 0);
}
