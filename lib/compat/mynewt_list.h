/* SPDX-License-Identifier: MIT */
/* The list of pools: a table of places.
 *
 * State. `turn` of a place: {number of a registration, state}. Of one registration the states come in this order: TAKEN
 * (a context is making the pool that goes here), LISTED, LEFT. A place that nobody ever took has 0. `pool`: which pool
 * that is; written by the context that took the place, before it makes it LISTED. `registrations`: the last number
 * drawn.
 *
 * Invariants
 * L1  No value of a turn comes back: a number is drawn once, for one place, and its states come in their order. A place
 *     is taken by a compare-and-swap from a turn that is 0 or LEFT, and goes on from TAKEN by its owner alone. From
 *     LISTED it goes on to LEFT by a compare-and-swap. So a place belongs to one registration at a time. (Its numbers
 *     need not grow: one that was drawn early can take a place late.)
 * L2  A turn that is LISTED at two loads, with the pool loaded in between, is the turn of that pool. By L1 the turn was
 *     the same all the while. The pool of the registration is seen at least (TURN_LIST, TURN_LOAD); that of a later one
 *     cannot be, since with it comes that the turn was TAKEN by then (PLACE_SET, PLACE_LOAD).
 * L3  A pool is LISTED in one place at most. Only an init of the pool lists it, two of which must not run at the same
 *     time (os_mempool.h); it looks for the pool first, and what it does not find it would find, by L2, if it were
 *     there. Others may take it off meanwhile, which makes no second one.
 * L4  An init that is left without a place is right: at an instant during its round over the places, as many other
 *     pools as there are places were listed, or in the hands of an init. Say the round meets every place in use. If
 *     each of those that use one had begun its init when the round began, that is the instant. Else let the one in
 *     place k be the one that began last: it took k in a round of its own, which met the places before k in use, so (by
 *     induction over the number of places) there was an instant in that round at which k others were there for those.
 *     It was there itself, and so were those in the places behind k, which had begun before and were met after.
 * L5  The order of the list is that of the numbers. A walk that goes from number to number meets every pool that stays
 *     listed, once: its turn does not change, so no step passes it over. A pool keeps its number in its own memory, so
 *     a walk that stands on it finds its way on when the place is another's. (If the pool is registered again, it has
 *     another number and takes the walk with it.)
 *
 * Linearisation: enlist at its store to `turn`; one that finds the pool listed, at its second load of that turn. delist
 * at its compare-and-swap; if that fails another one's was a moment before, and the call counts as made right beside
 * it. A step of a walk returns what was listed at its second load of that turn.
 * ABA: none (L1) until the number comes round after 2^30 registrations: after that the order of the list is lost, and
 * a context that was stopped for exactly so many takes one registration for another.
 * Progress: wait-free: no loop but the one over places. What changes while a walk looks has not been listed all the
 * while, and is left out. A context that stops for good keeps the place that it has TAKEN, one, and is in nobody's way.
 */
#ifndef LFM_LIB_COMPAT_MYNEWT_LIST_H
#define LFM_LIB_COMPAT_MYNEWT_LIST_H

#include "../atomic.h"
#include <stdbool.h>

/* L2: releases that the place was taken before; pairs with PLACE_LOAD. */
#ifndef LFM_MO_PLACE_SET
#define LFM_MO_PLACE_SET memory_order_release
#endif
/* L2: keeps the second load of the turn behind it, and pairs with PLACE_SET. */
#ifndef LFM_MO_PLACE_LOAD
#define LFM_MO_PLACE_LOAD memory_order_acquire
#endif
/* Acquires what the last owner of the place did: its store to `pool` comes before the one of the new owner. Pairs with
 * TURN_LIST; what lies between are read-modify-writes, which continue its release. */
#ifndef LFM_MO_TURN_TAKE
#define LFM_MO_TURN_TAKE memory_order_acquire
#endif
/* Releases the pool that was made, and `pool`; pairs with TURN_LOAD and TURN_TAKE. */
#ifndef LFM_MO_TURN_LIST
#define LFM_MO_TURN_LIST memory_order_release
#endif
/* Acquires the pool that is about to be looked into, and `pool`; pairs with TURN_LIST. */
#ifndef LFM_MO_TURN_LOAD
#define LFM_MO_TURN_LOAD memory_order_acquire
#endif
/* Nothing hangs on it but the word itself, or PLACE_LOAD has ordered it (L2). */
#define LFM_MO_TURN memory_order_relaxed

#define LFM_TURN_STATE  3u
#define LFM_TURN_TAKEN  1u
#define LFM_TURN_LISTED 2u
#define LFM_TURN_LEFT   3u
#define LFM_TURN_STEP   4u /* from one registration to the next */

/* A pool is whatever has an address. */
typedef struct lfm_place {
    _Atomic(void *) pool;
    _Atomic(uint32_t) turn;
} lfm_place;

/* All zero at first. */
typedef struct lfm_roster {
    _Atomic(uint32_t) registrations;
    uint32_t count; /* constant */
    lfm_place *place;
} lfm_roster;

static inline bool lfm_turn_is_listed(uint32_t turn)
{
    return (turn & LFM_TURN_STATE) == LFM_TURN_LISTED;
}

/* The place is nobody's. */
static inline bool lfm_turn_is_free(uint32_t turn)
{
    return turn == 0 || (turn & LFM_TURN_STATE) == LFM_TURN_LEFT;
}

/* The pool that is listed in a place, with this turn. NULL: none, or none all the while. */
static inline void *lfm_place_listed(const lfm_place *place, uint32_t *turn)
{
    *turn = LFM_LOAD(TURN_LOAD, &place->turn);
    if (!lfm_turn_is_listed(*turn)) {
        return NULL;
    }
    void *const pool = LFM_LOAD(PLACE_LOAD, &place->pool);
    return LFM_LOAD(TURN, &place->turn) == *turn ? pool : NULL; /* L2 */
}

/* The place in which a pool is listed, with its turn. NULL: it is not listed. */
static inline lfm_place *lfm_roster_find(const lfm_roster *roster, const void *pool, uint32_t *turn)
{
    for (uint32_t i = 0; i < roster->count; i++) {
        if (lfm_place_listed(&roster->place[i], turn) == pool) {
            return &roster->place[i];
        }
    }
    return NULL;
}

/* Takes a place for a pool, with the turn that the pool will be listed with. NULL: none is left (L4). */
static inline lfm_place *lfm_roster_take(lfm_roster *roster, uint32_t *turn)
{
    const uint32_t number = LFM_FETCH_ADD(TURN, &roster->registrations, LFM_TURN_STEP) + LFM_TURN_STEP;
    *turn = number | LFM_TURN_LISTED;
    for (uint32_t i = 0; i < roster->count; i++) {
        lfm_place *const place = &roster->place[i];
        uint32_t seen = LFM_LOAD(TURN, &place->turn);
        if (lfm_turn_is_free(seen) && LFM_CAS(TURN_TAKE, TURN, &place->turn, &seen, number | LFM_TURN_TAKEN)) {
            return place;
        }
    }
    return NULL;
}

/* Enters a pool in the place that was taken for it. */
static inline void lfm_roster_enlist(lfm_place *place, void *pool, uint32_t turn)
{
    LFM_STORE(PLACE_SET, &place->pool, pool);
    LFM_STORE(TURN_LIST, &place->turn, turn);
}

/* Gives a place back that was taken for a pool, which cannot be made. Releases what was acquired with it. */
static inline void lfm_roster_untake(lfm_place *place, uint32_t turn)
{
    LFM_STORE(TURN_LIST, &place->turn, turn | LFM_TURN_LEFT);
}

/* Takes the pool off the list that is in it with this turn. False: another one did. */
static inline bool lfm_roster_delist(lfm_place *place, uint32_t turn)
{
    return LFM_CAS(TURN, TURN, &place->turn, &turn, turn | LFM_TURN_LEFT);
}

/* The listed pool with the first turn after *turn, which becomes its. NULL: there is none. */
static inline void *lfm_roster_next(const lfm_roster *roster, uint32_t *turn)
{
    const uint32_t after = *turn;
    void *found = NULL;
    for (uint32_t i = 0; i < roster->count; i++) {
        uint32_t seen;
        void *const pool = lfm_place_listed(&roster->place[i], &seen);
        if (pool != NULL && seen > after && (found == NULL || seen < *turn)) {
            *turn = seen;
            found = pool;
        }
    }
    return found;
}

#endif
