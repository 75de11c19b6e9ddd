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
    lfm_place *const found = lfm_roster_find(&roster, pool, true);
    if (found != NULL) {
        lfm_roster_enlist(&roster, found);
    }
    return found != NULL;
}

bool places_unregister(void *pool)
{
    lfm_place *const found = lfm_roster_find(&roster, pool, false);
    return found != NULL && lfm_roster_delist(found);
}

void *places_next(uint32_t *turn)
{
    return lfm_roster_next(&roster, turn);
}

uint32_t places_of(const void *pool)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < roster.count; i++) {
        n += atomic_load_explicit(&place[i].pool, LFM_MO_PLACE) == pool;
    }
    return n;
}
