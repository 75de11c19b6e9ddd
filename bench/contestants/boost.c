/* SPDX-License-Identifier: MIT */
/* Boost: the lock-free stack as a pool of pointers, the list of nodes below it, and the heap of its shared memory. */
#include "../loops.h"
#include "adapter.h"
#include "boost_calls.h"

static void stack_make(size_t count, size_t unit)
{
    (void)unit;
    static node *blocks;
    blocks = remake(blocks, count * sizeof *blocks);
    boost_stack_make();
    for (size_t i = count; i-- > 0;) {
        boost_stack_push(&blocks[i]);
    }
}

static inline void *stack_get(worker *w)
{
    (void)w;
    return boost_stack_pop();
}

static inline void stack_put(worker *w, void *block)
{
    (void)w;
    boost_stack_push(block);
}

/* For each block a node with a pointer and a link. */
static double stack_metadata(void)
{
    return 16;
}

POOL_LOOPS(stack)

/* No sweep: the stack cannot hold as many blocks. */
const contestant contestant_boost_stack = {.name = "boost lockfree::stack",
                                           .kind = LOCK_FREE,
                                           .make = stack_make,
                                           .loops = {[PING_PONG] = stack_ping_pong,
                                                     [BURST_32] = stack_burst,
                                                     [LATENCY] = stack_latency,
                                                     [HANDOFF] = HANDOFF_OF(stack)},
                                           .metadata = stack_metadata};

static void freelist_make(size_t count, size_t unit)
{
    (void)unit;
    boost_freelist_make(count);
}

static inline void *freelist_get(worker *w)
{
    (void)w;
    return boost_freelist_get();
}

static inline void freelist_put(worker *w, void *block)
{
    (void)w;
    boost_freelist_put(block);
}

static double freelist_metadata(void)
{
    return 0;
}

POOL_LOOPS(freelist)

const contestant contestant_boost_freelist = {.name = "boost freelist",
                                              .kind = LOCK_FREE,
                                              .make = freelist_make,
                                              .loops = {POOL_LOOPS_OF(freelist)},
                                              .metadata = freelist_metadata};

static void best_fit_make(size_t bytes, size_t unit)
{
    (void)unit;
    static void *memory;
    static size_t size;
    if (size != bytes) {
        memory = remake(memory, bytes);
        size = bytes;
    }
    boost_heap_make(memory, bytes);
}

static inline void *best_fit_alloc(worker *w, size_t bytes)
{
    (void)w;
    return boost_heap_alloc(bytes);
}

static inline void best_fit_put(worker *w, void *block)
{
    (void)w;
    boost_heap_free(block);
}

HEAP_LOOPS(best_fit)

const contestant contestant_boost_heap = {
    .name = "boost best fit + mutex",
    .kind = LOCKED,
    .make = best_fit_make,
    .loops = {HEAP_LOOPS_OF(best_fit)},
    .arena = true,
    .alloc = best_fit_alloc,
    .put = best_fit_put,
};
