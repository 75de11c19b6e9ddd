/* SPDX-License-Identifier: MIT */
/* The list of pools: a table of places.
 *
 * State. `pool`: the address that a place belongs to; NULL at first, then set once, by compare-and-swap. `turn`:
 * changed by everybody, by compare-and-swap: {number of the registration, listed}. `registrations`: the last number
 * drawn.
 *
 * Invariants
 * L1  A place that has a pool keeps it, and places are set in order: nobody tries one before having seen another pool
 *     in each place before it.
 * L2  A pool has one place at most. Say it had two, i < j: who set j had seen another pool in i, which by L1 still is
 *     there. So two contexts that register a new pool at once meet at the same place; one sets it, and the other one
 *     finds it set.
 * L3  Whether a pool is listed is one word, so it cannot be listed twice, whoever registers it and how often. Numbers
 *     grow, so the order of the list is that of registration, and a walk that goes from number to number meets every
 *     pool that stays listed, once. (One that remembers the pool instead of the number goes with it if that is taken
 *     off and registered again.)
 *
 * Linearisation: enlist and delist at their compare-and-swap on `turn`; if that fails, another one's was a moment
 * before, and the call counts as made right beside it. A step of a walk returns what it saw listed at its load of that
 * `turn`. ABA: a place never changes hands (L1), and a turn comes back only after 2^31 registrations, after which the
 * order of the list is lost, and no more. Progress: wait-free: no loop but the one over places. A context that stops
 * for good is in nobody's way. A full table is an error of the one that would be too many: places are never taken back,
 * since that would undo L2. */
#ifndef LFM_LIB_COMPAT_MYNEWT_LIST_H
#define LFM_LIB_COMPAT_MYNEWT_LIST_H

#include "../port.h"
#include <stdbool.h>

/* An address that is compared; by L1 the first value seen is the last. What is behind it comes with `turn`. */
#define LFM_MO_PLACE memory_order_relaxed
/* Releases the pool that was made; pairs with TURN_LOAD. */
#ifndef LFM_MO_TURN_LIST
#define LFM_MO_TURN_LIST memory_order_release
#endif
/* Acquires the pool that is about to be looked into; pairs with TURN_LIST. Delisting is a read-modify-write and so
 * continues its release. */
#ifndef LFM_MO_TURN_LOAD
#define LFM_MO_TURN_LOAD memory_order_acquire
#endif
/* Nothing hangs on it but the word itself. */
#define LFM_MO_TURN memory_order_relaxed

#define LFM_TURN_LISTED 1u
#define LFM_TURN_STEP   2u /* from one registration to the next */

/* A pool is whatever has an address. */
typedef struct lfm_place {
    _Atomic(void *) pool;
    _Atomic(uint32_t) turn;
    void *own; /* the user's, who has the pool for himself while he uses this */
} lfm_place;

/* All zero at first. */
typedef struct lfm_roster {
    _Atomic(uint32_t) registrations;
    uint32_t count; /* constant */
    lfm_place *place;
} lfm_roster;

/* The place of a pool; if it has none, `add` gives it one. NULL: it has none. */
static inline lfm_place *lfm_roster_find(lfm_roster *roster, void *pool, bool add)
{
    for (uint32_t i = 0; i < roster->count; i++) {
        lfm_place *const place = &roster->place[i];
        void *seen = atomic_load_explicit(&place->pool, LFM_MO_PLACE);
        if (seen == NULL) {
            if (!add) {
                return NULL; /* L1: no place behind it is set */
            }
            if (atomic_compare_exchange_strong_explicit(&place->pool, &seen, pool, LFM_MO_PLACE, LFM_MO_PLACE)) {
                return place;
            }
        }
        if (seen == pool) {
            return place; /* L2: also if somebody has just set it */
        }
    }
    return NULL;
}

/* Enters a pool at the end of the list; one that is in it keeps its turn. */
static inline void lfm_roster_enlist(lfm_roster *roster, lfm_place *place)
{
    uint32_t turn = atomic_load_explicit(&place->turn, LFM_MO_TURN);
    if ((turn & LFM_TURN_LISTED) == 0) {
        const uint32_t number =
            atomic_fetch_add_explicit(&roster->registrations, LFM_TURN_STEP, LFM_MO_TURN) + LFM_TURN_STEP;
        atomic_compare_exchange_strong_explicit(&place->turn, &turn, number | LFM_TURN_LISTED, LFM_MO_TURN_LIST,
                                                LFM_MO_TURN);
    }
}

/* Takes a pool off the list. False: it was not in it. It remembers its turn, for walks that stand on it. */
static inline bool lfm_roster_delist(lfm_place *place)
{
    uint32_t turn = atomic_load_explicit(&place->turn, LFM_MO_TURN);
    if ((turn & LFM_TURN_LISTED) == 0) {
        return false;
    }
    const uint32_t off = turn - LFM_TURN_LISTED;
    return atomic_compare_exchange_strong_explicit(&place->turn, &turn, off, LFM_MO_TURN, LFM_MO_TURN);
}

/* Where a walk goes on from a pool. */
static inline uint32_t lfm_roster_turn(const lfm_place *place)
{
    return atomic_load_explicit(&place->turn, LFM_MO_TURN) | LFM_TURN_LISTED;
}

/* The listed pool with the first turn after *turn, which becomes its. NULL: there is none. */
static inline void *lfm_roster_next(lfm_roster *roster, uint32_t *turn)
{
    const uint32_t after = *turn;
    void *found = NULL;
    for (uint32_t i = 0; i < roster->count; i++) {
        const uint32_t seen = atomic_load_explicit(&roster->place[i].turn, LFM_MO_TURN_LOAD);
        if ((seen & LFM_TURN_LISTED) != 0 && seen > after && (found == NULL || seen < *turn)) {
            *turn = seen;
            found = atomic_load_explicit(&roster->place[i].pool, LFM_MO_PLACE);
        }
    }
    return found;
}

#endif
