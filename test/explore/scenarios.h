/* SPDX-License-Identifier: MIT */
/* The scenarios of each part of the library. */
#ifndef LFM_TEST_SCENARIOS_H
#define LFM_TEST_SCENARIOS_H

#include "explore.h"
#include <stddef.h>

/* Each writes up to `room` scenarios, and returns how many. Those of a front-end are there where it is built. */
size_t pool_scenarios(explore_scenario *out, size_t room);
size_t cache_scenarios(explore_scenario *out, size_t room);
size_t dynpool_scenarios(explore_scenario *out, size_t room);
size_t heap_scenarios(explore_scenario *out, size_t room);
size_t micrium_scenarios(explore_scenario *out, size_t room);
size_t mynewt_scenarios(explore_scenario *out, size_t room);
size_t zephyr_scenarios(explore_scenario *out, size_t room);

#endif
