/* SPDX-License-Identifier: MIT */
#include "mynewt_places.h"
#include "../../lib/compat/mynewt_list.h"

static lfm_place place[PLACES_MAX];
static lfm_places places;

void places_reset(uint32_t count)
{
    memset(place, 0, sizeof place);
    memset(&places, 0, sizeof places);
    places.count = count;
    places.place = place;
}

bool places_register(void *pool)
{
    lfm_place *const found = lfm_places_find(&places, pool, true);
    if (found != NULL) {
        lfm_places_enlist(&places, found);
    }
    return found != NULL;
}

bool places_unregister(void *pool)
{
    lfm_place *const found = lfm_places_find(&places, pool, false);
    return found != NULL && lfm_places_delist(found);
}

void *places_next(uint32_t *turn)
{
    return lfm_places_next(&places, turn);
}

uint32_t places_of(const void *pool)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < places.count; i++) {
        n += atomic_load_explicit(&place[i].pool, LFM_MO_PLACE) == pool;
    }
    return n;
}
