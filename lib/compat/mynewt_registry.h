/* SPDX-License-Identifier: MIT */
/* The registry of Mynewt's pools: a table of entries, one for each pool that is registered.
 *
 * Contexts register and unregister pools, and walk the registry, all at the same time and without a lock. An entry is
 * used again for other pools. So a walk needs to know whether the pool that it has read belongs to the registration
 * that it has seen. A sequence number tells.
 *
 * State:
 *
 *     entry.sequence          a number and a state. FREE: 0, an entry that was never used. TAKEN: a context is making
 *                             the pool for this entry. REGISTERED: the pool can be found. UNREGISTERED: it was removed,
 *                             and the entry can be taken.
 *     entry.pool              which pool it is. The context that took the entry writes it before it registers the pool.
 *     registry.registrations  the last number drawn; each registration draws one.
 *
 *     0, or UNREGISTERED n --CAS--> TAKEN m --store--> REGISTERED m --CAS--> UNREGISTERED m
 *                                           --store--> UNREGISTERED m, if the pool cannot be made
 *
 * Invariants
 * L1  No value of a sequence comes back. A number is drawn once and used for one entry, and its states come in the
 *     order above. From TAKEN the context that took the entry goes on alone. So an entry belongs to one registration at
 *     a time. (Its numbers need not grow: one that was drawn early can take an entry late.)
 * L2  A context loads the sequence, the pool, and the sequence again. If both sequences are REGISTERED n, the pool is
 *     that of registration n. By L1 the sequence did not change in between. The load of the pool sees registration n at
 *     least (SEQUENCE_REGISTER, SEQUENCE_LOAD). Had it seen a later one, the second load would have seen that the entry
 *     was TAKEN again (ENTRY_SET, ENTRY_LOAD).
 * L3  A pool is REGISTERED in one entry at most. Only an init of the pool registers it, and two of these must not run
 *     at the same time (os_mempool.h). The init looks for the pool first, and by L2 it finds a pool that is there.
 *     Another context may unregister the pool meanwhile, which makes no second entry.
 * L4  An init that finds no entry is right. At one instant during its round, as many other pools as there are entries
 *     were registered or in the hands of an init. Say the round finds every entry in use. If each of their users had
 *     begun its init when the round began, that is the instant. Else let the user of entry k be the one whose init
 *     began last. It took k in a round of its own, which found the entries before k in use. So, by induction over the
 *     number of entries, there was an instant in that round at which k others were there for those. It was there
 *     itself. So were the users of the entries behind k, which had begun before and were found after.
 * L5  The order of the pools is that of their numbers. A walk goes from number to number. It meets every pool that
 *     stays registered once, since the sequence of such a pool does not change, and no step passes it over. A pool
 *     keeps its number in its own memory. So a walk that stands on a pool finds its way on when another pool has the
 *     entry. (If the pool is registered again it has another number, and takes the walk with it.)
 *
 * Linearisation: register at its store to `sequence`; an init that finds the pool registered, at its second load of
 * that sequence. Unregister at its compare-and-swap. If that fails another context's has succeeded a moment before, and
 * the call counts as made right beside it. A step of a walk returns what was registered at its second load.
 *
 * ABA: none (L1) until the number comes round after 2^30 registrations. After that the order of the pools is lost, and
 * a context that was stopped for exactly so many takes one registration for another.
 *
 * Progress: wait-free. The only loop goes over the entries. A pool that changes while a walk looks at it was not
 * registered all the while, and is left out. A context that stops for good keeps the one entry that it has TAKEN, and
 * delays nobody. */
#ifndef LFM_LIB_COMPAT_MYNEWT_REGISTRY_H
#define LFM_LIB_COMPAT_MYNEWT_REGISTRY_H

#include <lfmem/detail/assertion.h>
#include "../atomic.h"
#include <stdbool.h>

/* L2: releases that the entry was taken before; pairs with ENTRY_LOAD. */
#ifndef LFM_MO_ENTRY_SET
#define LFM_MO_ENTRY_SET memory_order_release
#endif
/* L2: keeps the second load of the sequence behind it; pairs with ENTRY_SET. */
#ifndef LFM_MO_ENTRY_LOAD
#define LFM_MO_ENTRY_LOAD memory_order_acquire
#endif
/* Acquires what the last owner of the entry did, so that its store to `pool` comes before the new owner's. Pairs with
 * SEQUENCE_REGISTER; read-modify-writes lie between them, and continue its release. */
#ifndef LFM_MO_SEQUENCE_TAKE
#define LFM_MO_SEQUENCE_TAKE memory_order_acquire
#endif
/* Releases the pool that was made, and `pool`; pairs with SEQUENCE_LOAD and SEQUENCE_TAKE. */
#ifndef LFM_MO_SEQUENCE_REGISTER
#define LFM_MO_SEQUENCE_REGISTER memory_order_release
#endif
/* Acquires the pool, which the context goes on to read, and `pool`; pairs with SEQUENCE_REGISTER. */
#ifndef LFM_MO_SEQUENCE_LOAD
#define LFM_MO_SEQUENCE_LOAD memory_order_acquire
#endif
/* No other memory depends on it, or ENTRY_LOAD has ordered it (L2). */
#define LFM_MO_SEQUENCE memory_order_relaxed

#define LFM_SEQUENCE_STATE        3u
#define LFM_SEQUENCE_TAKEN        1u
#define LFM_SEQUENCE_REGISTERED   2u
#define LFM_SEQUENCE_UNREGISTERED 3u
#define LFM_SEQUENCE_STEP         4u /* from one registration to the next */

/* A pool is whatever has an address. */
typedef struct lfm_entry {
    _Atomic(void *) pool;
    _Atomic(uint32_t) sequence;
} lfm_entry;

/* All zero at first. */
typedef struct lfm_registry {
    _Atomic(uint32_t) registrations;
    uint32_t count; /* of entries; constant */
    lfm_entry *entries;
} lfm_registry;

static inline bool lfm_sequence_is_registered(uint32_t sequence)
{
    return (sequence & LFM_SEQUENCE_STATE) == LFM_SEQUENCE_REGISTERED;
}

/* Tells whether the entry can be taken. */
static inline bool lfm_sequence_is_free(uint32_t sequence)
{
    return sequence == 0 || (sequence & LFM_SEQUENCE_STATE) == LFM_SEQUENCE_UNREGISTERED;
}

/* Returns the pool that is registered in an entry, and its sequence. NULL: none, or none all the while. */
static inline void *lfm_entry_pool(const lfm_entry *entry, uint32_t *sequence)
{
    *sequence = LFM_LOAD(SEQUENCE_LOAD, &entry->sequence);
    if (!lfm_sequence_is_registered(*sequence)) {
        return NULL;
    }
    void *const pool = LFM_LOAD(ENTRY_LOAD, &entry->pool);
    if (LFM_LOAD(SEQUENCE, &entry->sequence) != *sequence) {
        return NULL;
    }
    LFM_ASSERT(pool != NULL); /* L2 */
    return pool;
}

/* Returns the entry in which a pool is registered, and its sequence. NULL: it is not registered. */
static inline lfm_entry *lfm_registry_find(const lfm_registry *registry, const void *pool, uint32_t *sequence)
{
    LFM_ASSERT(pool != NULL);
    for (uint32_t i = 0; i < registry->count; i++) {
        if (lfm_entry_pool(&registry->entries[i], sequence) == pool) {
            LFM_ASSERT(lfm_sequence_is_registered(*sequence));
            return &registry->entries[i];
        }
    }
    return NULL;
}

/* Takes an entry for a pool. Sets the sequence with which the pool will be registered. NULL: no entry is left (L4). */
static inline lfm_entry *lfm_registry_take(lfm_registry *registry, uint32_t *sequence)
{
    const uint32_t number = LFM_FETCH_ADD(SEQUENCE, &registry->registrations, LFM_SEQUENCE_STEP) + LFM_SEQUENCE_STEP;
    *sequence = number | LFM_SEQUENCE_REGISTERED;
    LFM_ASSERT((number & LFM_SEQUENCE_STATE) == 0 && registry->count > 0);
    for (uint32_t i = 0; i < registry->count; i++) {
        lfm_entry *const entry = &registry->entries[i];
        uint32_t seen = LFM_LOAD(SEQUENCE, &entry->sequence);
        if (lfm_sequence_is_free(seen) &&
            LFM_CAS(SEQUENCE_TAKE, SEQUENCE, &entry->sequence, &seen, number | LFM_SEQUENCE_TAKEN)) {
            LFM_ASSERT(seen == 0 || (seen & ~LFM_SEQUENCE_STATE) != number); /* L1: a number is drawn once */
            return entry;
        }
    }
    return NULL;
}

/* Registers a pool in the entry that was taken for it. */
static inline void lfm_entry_register(lfm_entry *entry, void *pool, uint32_t sequence)
{
    LFM_ASSERT(pool != NULL && lfm_sequence_is_registered(sequence));
    LFM_STORE(ENTRY_SET, &entry->pool, pool);
    LFM_STORE(SEQUENCE_REGISTER, &entry->sequence, sequence);
}

/* Gives an entry back that was taken for a pool, as the pool cannot be made. Releases what was acquired with it. */
static inline void lfm_entry_give_back(lfm_entry *entry, uint32_t sequence)
{
    LFM_ASSERT(lfm_sequence_is_registered(sequence));
    LFM_STORE(SEQUENCE_REGISTER, &entry->sequence, sequence | LFM_SEQUENCE_UNREGISTERED);
}

/* Unregisters the pool that is in an entry with this sequence. False: another context has done so. */
static inline bool lfm_entry_unregister(lfm_entry *entry, uint32_t sequence)
{
    LFM_ASSERT(lfm_sequence_is_registered(sequence));
    return LFM_CAS(SEQUENCE, SEQUENCE, &entry->sequence, &sequence, sequence | LFM_SEQUENCE_UNREGISTERED);
}

/* Returns the registered pool with the first sequence after *sequence, and sets that to its own. NULL: there is none.
 */
static inline void *lfm_registry_next(const lfm_registry *registry, uint32_t *sequence)
{
    const uint32_t after = *sequence;
    void *found = NULL;
    for (uint32_t i = 0; i < registry->count; i++) {
        uint32_t seen;
        void *const pool = lfm_entry_pool(&registry->entries[i], &seen);
        if (pool != NULL && seen > after && (found == NULL || seen < *sequence)) {
            *sequence = seen;
            found = pool;
        }
    }
    LFM_ASSERT(found != NULL ? *sequence > after : *sequence == after); /* L5 */
    return found;
}

#endif
