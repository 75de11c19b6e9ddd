/* SPDX-License-Identifier: MIT */
#include "mynewt_places.h"
#include "../../lib/compat/mynewt_list.h"

static lfm_place place[PLACES_MAX];
static lfm_roster roster;

void places_reset(uint32_t count)
{
    memset(place, 0, sizeof place);
    memset(&roster, 0, sizeof roster);
    roster.count = count;
    roster.place = place;
}

bool places_register(void *pool)
{
    uint32_t turn;
    if (lfm_roster_find(&roster, pool, &turn) != NULL) {
        return true;
    }
    lfm_place *const taken = lfm_roster_take(&roster, &turn);
    if (taken != NULL) {
        lfm_roster_enlist(taken, pool, turn);
    }
    return taken != NULL;
}

bool places_fail(void)
{
    uint32_t turn;
    lfm_place *const taken = lfm_roster_take(&roster, &turn);
    if (taken != NULL) {
        lfm_roster_untake(taken, turn);
    }
    return taken != NULL;
}

bool places_unregister(void *pool)
{
    uint32_t turn;
    lfm_place *const found = lfm_roster_find(&roster, pool, &turn);
    return found != NULL && lfm_roster_delist(found, turn);
}

void *places_next(uint32_t *turn)
{
    return lfm_roster_next(&roster, turn);
}

uint32_t places_of(const void *pool)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < roster.count; i++) {
        uint32_t turn;
        n += lfm_place_listed(&place[i], &turn) == pool;
    }
    return n;
}
