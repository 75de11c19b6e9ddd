/* SPDX-License-Identifier: MIT */
/* The registry of Mynewt pools on its own (lib/compat/mynewt_registry.h), so that each run can begin with an empty one.
 */
#ifndef LFM_TEST_MYNEWT_REGISTRY_ALONE_H
#define LFM_TEST_MYNEWT_REGISTRY_ALONE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    REGISTRY_MAX = 4
};

void registry_reset(uint32_t count);
bool registry_register(void *pool); /* false: no entry is left */
bool registry_fail(void);           /* the same for a pool that cannot be made: takes an entry and gives it back */
bool registry_unregister(void *pool);
void *registry_next(uint32_t *sequence);

/* In how many entries the pool is registered. */
uint32_t registry_entries_of(const void *pool);

#endif
