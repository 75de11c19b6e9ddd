/* SPDX-License-Identifier: MIT */
/* The scenarios of each part. */
#ifndef LFM_TEST_SCENARIOS_H
#define LFM_TEST_SCENARIOS_H

#include "explore.h"
#include <stddef.h>

/* Writes up to `room` scenarios; returns how many. */
size_t pool_scenarios(explore_scenario *out, size_t room);
size_t cache_scenarios(explore_scenario *out, size_t room);
size_t dynpool_scenarios(explore_scenario *out, size_t room);
size_t heap_scenarios(explore_scenario *out, size_t room);
size_t micrium_scenarios(explore_scenario *out, size_t room); /* only with the front-end */
size_t mynewt_scenarios(explore_scenario *out, size_t room);  /* the same */
size_t zephyr_scenarios(explore_scenario *out, size_t room);  /* only with the front-end */

#endif
