/* SPDX-License-Identifier: MIT */
#include "mynewt_registry_alone.h"
#include "../../lib/compat/mynewt_registry.h"

static lfm_entry entries[REGISTRY_MAX];
static lfm_registry registry;

void registry_reset(uint32_t count)
{
    memset(entries, 0, sizeof entries);
    memset(&registry, 0, sizeof registry);
    registry.count = count;
    registry.entries = entries;
}

bool registry_register(void *pool)
{
    uint32_t sequence;
    if (lfm_registry_find(&registry, pool, &sequence) != NULL) {
        return true;
    }
    lfm_entry *const taken = lfm_registry_take(&registry, &sequence);
    if (taken != NULL) {
        lfm_entry_register(taken, pool, sequence);
    }
    return taken != NULL;
}

bool registry_fail(void)
{
    uint32_t sequence;
    lfm_entry *const taken = lfm_registry_take(&registry, &sequence);
    if (taken != NULL) {
        lfm_entry_give_back(taken, sequence);
    }
    return taken != NULL;
}

bool registry_unregister(void *pool)
{
    uint32_t sequence;
    lfm_entry *const found = lfm_registry_find(&registry, pool, &sequence);
    return found != NULL && lfm_entry_unregister(found, sequence);
}

void *registry_next(uint32_t *sequence)
{
    return lfm_registry_next(&registry, sequence);
}

uint32_t registry_entries_of(const void *pool)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < registry.count; i++) {
        uint32_t sequence;
        n += lfm_entry_pool(&entries[i], &sequence) == pool;
    }
    return n;
}
