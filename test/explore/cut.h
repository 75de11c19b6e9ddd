/* SPDX-License-Identifier: MIT */
/* Instants, where memory is weak. Contexts have no common time then: what one has done, others may not know. An instant
 * is a consistent cut (F. Mattern, Virtual Time and Global States of Distributed Systems, 1989): so many operations of
 * each context that whatever happens before one of them is among them.
 *
 * A moment is what a call has in place of a time: it lies between two operations of its context. */
#ifndef LFM_TEST_CUT_H
#define LFM_TEST_CUT_H

#include "memory.h"

typedef struct moment {
    int context; /* EXPLORE_NONE: before all contexts; CUT_NEVER */
    uint32_t time;
} moment;

enum {
    CUT_NEVER = -2
};

/* A cut: so many operations of each context. */
typedef explore_clock cut;

/* Before a run. */
void cut_reset(void);

/* The moment at which the running context is now; in setup, the one before all. A search tells cuts apart by the
 * moments that were asked for. */
moment cut_now(void);

/* The moment that never comes. */
moment cut_never(void);

/* Whether all that comes before the one moment happens before the other. */
bool cut_is_before(moment a, moment b);

/* Whether something that lasts from one moment to another may be under way in a cut: its first operation has been made,
 * its last has not. */
bool cut_may_be_in(const cut *c, moment begin, moment end);

/* Whether a cut is for certain between two moments: it has all up to `begin`, and nothing after `end`. */
bool cut_is_in(const cut *c, moment begin, moment end);

/* Whether there is a cut from one moment of a context to another, both included, in which `holds` is so. */
bool cut_exists(moment begin, moment end, bool (*holds)(const cut *c, const void *argument), const void *argument);

#endif
