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
bool places_fail(void);           /* the same for a pool that cannot be made: takes a place and gives it back */
bool places_unregister(void *pool);
void *places_next(uint32_t *turn);

/* In how many places the pool is listed. */
uint32_t places_of(const void *pool);

#endif
