/* SPDX-License-Identifier: MIT */
/* The list of Mynewt pools on its own (lib/compat/mynewt_list.h), so that each run can begin with an empty one. */
#ifndef LFM_TEST_MYNEWT_PLACES_H
#define LFM_TEST_MYNEWT_PLACES_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PLACES_MAX = 4
};

void places_reset(uint32_t count);
bool places_register(void *pool); /* false: no place is left */
bool places_unregister(void *pool);
void *places_next(uint32_t *turn);

/* How many places the pool has. */
uint32_t places_of(const void *pool);

#endif
