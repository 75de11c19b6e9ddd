/* SPDX-License-Identifier: MIT */
/* The area for the links of Mynewt's pools: units of LFM_MYNEWT_UNIT_ bytes. Each unit has a word that names its owner.
 *
 * Pools are made and ended in any order, also at the same time, and no lock orders them. How much of the area a program
 * needs has to be a sum that holds for every order. Room that was given back has to be found again.
 *
 * State:
 *
 *     top    so many units, from the first one on, have been handed out.
 *     owner  of a unit: 0, never handed out, or only just; GIVEN, given back; the address of a pool whose links begin
 *            here; or that plus one, where they go on.
 *
 * Invariants
 * A1  `top` never falls. Units from it on have no owner. A unit below it is GIVEN, or belongs to one context. That is
 *     the context that moved `top` over it, or whose compare-and-swap took it from GIVEN. Only that one gives it back.
 * A2  As long as no unit is given back, links lie one behind the other, in whatever order they were asked for. So a
 *     request is refused only if, together with all that were granted before, it is for more units than there are.
 *     This is why LFM_MYNEWT_METADATA_BYTES adds up for certain.
 * A3  A request may be for more units than are left above `top`. If they are enough together with the GIVEN units
 *     right in front, it gives those that are left back, unused. If not, they stay for requests that fit, as in A2.
 *     Then it takes the first run of GIVEN units that is long enough, unit by unit in ascending order. If another
 *     context has one of them by then, it gives back those before, and searches on behind it.
 * A4  If a search fails, each run of so many units had one that could not be had at an instant during the call. It was
 *     a pool's, or in the hands of another request. Not all of the requests that are in each other's way fail. The
 *     foremost one finds only units in its way that a finished request has taken.
 *
 * Nothing is merged: units are given back one by one, and neighbours are a run.
 *
 * ABA: none. A unit that is GIVEN has no owner, whatever happened to it before.
 *
 * Progress: lock-free. A further round over `top` means that another request has moved it; a search starts again
 * further on each time. A context that stops for good keeps the units that it was taking or giving back. */
#ifndef LFM_LIB_COMPAT_MYNEWT_LINKS_H
#define LFM_LIB_COMPAT_MYNEWT_LINKS_H

#include <lfmem/detail/assertion.h>
#include "../atomic.h"

/* No other memory depends on the number: units that no pool had before hold nothing. */
#define LFM_MO_TOP memory_order_relaxed
/* Until it is given back only its owner writes the word. Another context reads whether it is GIVEN, and swaps if so. */
#define LFM_MO_OWNER memory_order_relaxed
/* Releases the accesses to the links that were there; pairs with OWNER_TAKE. */
#ifndef LFM_MO_OWNER_GIVE
#define LFM_MO_OWNER_GIVE memory_order_release
#endif
/* Acquires them, before other links are written there; pairs with OWNER_GIVE. */
#define LFM_MO_OWNER_TAKE memory_order_acquire

#define LFM_AREA_GIVEN ((uintptr_t)1)

/* All zero at first, but for what is constant. A pool is whatever has an even address. */
typedef struct lfm_area {
    _Atomic(uint32_t) top;
    uint32_t count; /* constant: of units; stands for none, too, where one is asked for */
    _Atomic(uintptr_t) *owner;
} lfm_area;

static inline uintptr_t lfm_area_owner(const lfm_area *area, uint32_t unit)
{
    LFM_ASSERT(unit < area->count);
    return LFM_LOAD(OWNER, &area->owner[unit]);
}

/* The owner word of the i-th unit of a pool's links. */
static inline uintptr_t lfm_area_owner_value(const void *pool, uint32_t i)
{
    LFM_ASSERT(pool != NULL && (uintptr_t)pool % 2 == 0);
    return (uintptr_t)pool + (i > 0);
}

/* The unit at which the links of a pool begin. */
LFM_NOINLINE uint32_t lfm_area_find(const lfm_area *area, const void *pool)
{
    uint32_t unit = 0;
    while (unit < area->count && lfm_area_owner(area, unit) != lfm_area_owner_value(pool, 0)) {
        unit++;
    }
    return unit;
}

/* How many units the links of a pool have, which begin at `first`. */
LFM_NOINLINE uint32_t lfm_area_length(const lfm_area *area, uint32_t first, const void *pool)
{
    uint32_t n = 0;
    LFM_ASSERT(first <= area->count);
    while (first + n < area->count && lfm_area_owner(area, first + n) == lfm_area_owner_value(pool, n)) {
        n++;
    }
    LFM_ASSERT(n <= area->count - first);
    return n;
}

/* Gives units back, the first one last: if the context stops, the pool's other units are still found. */
LFM_NOINLINE void lfm_area_give(lfm_area *area, uint32_t first, uint32_t n)
{
    LFM_ASSERT(n <= area->count && first <= area->count - n);
    while (n > 0) {
        LFM_STORE(OWNER_GIVE, &area->owner[first + --n], LFM_AREA_GIVEN);
    }
}

/* Moves `top` over n units, or over all that are left. Returns where it was; not moved, iff there are fewer than n. */
static inline bool lfm_area_raise(lfm_area *area, uint32_t n, bool all, uint32_t *top)
{
    *top = LFM_LOAD(TOP, &area->top);
    uint32_t wanted;
    LFM_ASSERT(n > 0);
    do {
        LFM_ASSERT(*top <= area->count); /* A1 */
        if (area->count - *top < n) {
            return false;
        }
        wanted = all ? area->count : *top + n;
        LFM_ASSERT(*top < wanted && wanted <= area->count); /* A1 */
    } while (!LFM_CAS_WEAK(TOP, TOP, &area->top, top, wanted));
    return true;
}

/* Takes units that were given back. Returns how many; if fewer than asked for, none are kept. */
static inline uint32_t lfm_area_take_run(lfm_area *area, uint32_t first, uint32_t n, const void *pool)
{
    LFM_ASSERT(n > 0 && n <= area->count && first <= area->count - n);
    for (uint32_t i = 0; i < n; i++) {
        uintptr_t given = LFM_AREA_GIVEN;
        if (!LFM_CAS(OWNER_TAKE, OWNER, &area->owner[first + i], &given, lfm_area_owner_value(pool, i))) {
            LFM_ASSERT(given > LFM_AREA_GIVEN); /* A1: once given back, a unit is a pool's or GIVEN */
            lfm_area_give(area, first, i);
            return i;
        }
    }
    return n;
}

/* The first unit of a run of n that were given back, which are now the pool's (A3, A4). */
static inline uint32_t lfm_area_search(lfm_area *area, uint32_t n, const void *pool)
{
    uint32_t run = 0;
    LFM_ASSERT(n > 0);
    for (uint32_t unit = 0; unit < area->count; unit++) {
        run = lfm_area_owner(area, unit) == LFM_AREA_GIVEN ? run + 1 : 0;
        LFM_ASSERT(run <= n && run <= unit + 1);
        if (run == n) {
            const uint32_t first = unit + 1 - n, got = lfm_area_take_run(area, first, n, pool);
            if (got == n) {
                return first;
            }
            LFM_ASSERT(got < n && first + got <= unit);
            unit = first + got; /* another pool's */
            run = 0;
        }
    }
    return area->count;
}

/* How many units right in front of one were given back. */
static inline uint32_t lfm_area_given_before(const lfm_area *area, uint32_t unit)
{
    uint32_t n = 0;
    LFM_ASSERT(unit <= area->count);
    while (n < unit && lfm_area_owner(area, unit - 1 - n) == LFM_AREA_GIVEN) {
        n++;
    }
    LFM_ASSERT(n <= unit);
    return n;
}

/* Takes n units, at least one, for the links of a pool. Returns the first one. */
static inline uint32_t lfm_area_take(lfm_area *area, uint32_t n, const void *pool)
{
    uint32_t first;
    LFM_ASSERT(n > 0);
    if (lfm_area_raise(area, n, false, &first)) {
        LFM_ASSERT(first < area->count && n <= area->count - first);
        for (uint32_t i = 0; i < n; i++) {
            LFM_STORE(OWNER, &area->owner[first + i], lfm_area_owner_value(pool, i));
        }
        return first;
    }
    if (area->count - first + lfm_area_given_before(area, first) >= n && lfm_area_raise(area, 1, true, &first)) {
        LFM_ASSERT(first < area->count);
        lfm_area_give(area, first, area->count - first);
    }
    return lfm_area_search(area, n, pool);
}

/* Tells whether n units would be found, if those of a pool were given back first and no other context came in between.
 */
static inline bool lfm_area_would_fit(const lfm_area *area, uint32_t n, const void *pool)
{
    const uint32_t top = LFM_LOAD(TOP, &area->top);
    LFM_ASSERT(n > 0 && top <= area->count);
    uint32_t run = 0;
    for (uint32_t unit = 0; unit < area->count && run < n; unit++) {
        const uintptr_t owner = lfm_area_owner(area, unit);
        const bool could = unit >= top || owner == LFM_AREA_GIVEN || owner == lfm_area_owner_value(pool, 0) ||
                           owner == lfm_area_owner_value(pool, 1);
        run = could ? run + 1 : 0;
    }
    return run >= n;
}

#endif
