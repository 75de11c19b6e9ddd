/* SPDX-License-Identifier: MIT */
/* The area for links of Mynewt pools on its own (lib/compat/mynewt_links.h), so that each run can begin with an unused
 * one. */
#ifndef LFM_TEST_MYNEWT_AREA_H
#define LFM_TEST_MYNEWT_AREA_H

#include <stdint.h>

enum {
    AREA_MAX = 8
};

void area_reset(uint32_t units);

/* The first of n units, which are the pool's; as many as there are: none. */
uint32_t area_take(const void *pool, uint32_t n);

/* Gives all of a pool's back, which are found by its address. Returns how many. */
uint32_t area_give(const void *pool);

#endif
