/* SPDX-License-Identifier: MIT */
/* Concurrency Kit's stack for many producers and many consumers, with a 16-byte head of {pointer, generation}. Its
 * calls are in a header, so they are inlined. The ring of the handoffs is defined here as well. */
#include "../loops.h"
#include "adapter.h"
#include <ck_stack.h>

enum {
    RING_SLOTS = 1024
};

ck_ring_t handoff_ring;
ck_ring_buffer_t handoff_slots[RING_SLOTS];

static _Alignas(128) ck_stack_t stack = CK_STACK_INITIALIZER;

typedef struct entry {
    _Alignas(BLOCK_BYTES) ck_stack_entry_t link;
} entry;

static const char *ck_open(void)
{
    ck_ring_init(&handoff_ring, RING_SLOTS);
    return NULL;
}

static void ck_make(size_t count, size_t unit)
{
    (void)unit;
    static entry *entries;
    entries = remake(entries, count * sizeof *entries);
    ck_stack_init(&stack);
    for (size_t i = count; i-- > 0;) {
        ck_stack_push_spnc(&stack, &entries[i].link);
    }
}

static inline void *ck_get(worker *w)
{
    (void)w;
    return ck_stack_pop_mpmc(&stack);
}

static inline void ck_put(worker *w, void *block)
{
    (void)w;
    ck_stack_push_mpmc(&stack, block);
}

static double ck_metadata(void)
{
    return 0;
}

POOL_LOOPS(ck)

const contestant contestant_ck = {.name = "ck_stack",
                                  .kind = LOCK_FREE,
                                  .open = ck_open,
                                  .make = ck_make,
                                  .loops = {POOL_LOOPS_OF(ck)},
                                  .metadata = ck_metadata};
