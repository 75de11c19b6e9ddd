/* SPDX-License-Identifier: MIT */
/* Floors: what the machine needs for a part of what an allocator does. There are atomics alone on a word that all
 * threads share, a list without atomics, and the queue of a handoff alone. No allocator that needs that part can be
 * faster. */
#include "../loops.h"
#include "adapter.h"

static _Alignas(128) _Atomic uint64_t shared;

/* The worker's own line stands for a block. */
static inline void *own_block(worker *w)
{
    return w->block;
}

/* A load and a compare-and-swap for a get, and again for a put: the unit of R, but on a shared word. */
static inline void cas_until_done(void)
{
    uint64_t seen = atomic_load_explicit(&shared, memory_order_relaxed);
    while (
        !atomic_compare_exchange_weak_explicit(&shared, &seen, seen + 1, memory_order_acquire, memory_order_relaxed)) {
    }
}

static inline void *cas_get(worker *w)
{
    cas_until_done();
    return own_block(w);
}

static inline void cas_put(worker *w, void *block)
{
    (void)w;
    (void)block;
    cas_until_done();
}

static _Alignas(64) unsigned char memory[2 * BLOCK_BYTES * GROW_GETS]; /* of two workers */

/* A bump pointer by compare-and-swap. */
static inline void *cas_bump(worker *w)
{
    (void)w;
    uint64_t seen = atomic_load_explicit(&shared, memory_order_relaxed);
    while (
        !atomic_compare_exchange_weak_explicit(&shared, &seen, seen + 1, memory_order_relaxed, memory_order_relaxed)) {
    }
    return &memory[seen % (2 * GROW_GETS) * BLOCK_BYTES];
}

POOL_LOOPS(cas)
LOOP(cas, grow, cas_bump, NULL)

const contestant contestant_cas = {
    .name = "floor: CAS pair",
    .kind = FLOOR,
    .loops = {[PING_PONG] = cas_ping_pong, [BURST_32] = cas_burst, [LATENCY] = cas_latency, [GROW] = cas_grow}};

/* Unconditional exchanges instead: no list can do with them. */
static inline void *xchg_get(worker *w)
{
    atomic_exchange_explicit(&shared, 1, memory_order_acquire);
    return own_block(w);
}

static inline void xchg_put(worker *w, void *block)
{
    (void)w;
    (void)block;
    atomic_exchange_explicit(&shared, 0, memory_order_release);
}

/* A bump pointer by fetch_add. */
static inline void *add_bump(worker *w)
{
    (void)w;
    const uint64_t seen = atomic_fetch_add_explicit(&shared, 1, memory_order_relaxed);
    return &memory[seen % (2 * GROW_GETS) * BLOCK_BYTES];
}

POOL_LOOPS(xchg)
LOOP(xchg, grow, add_bump, NULL)

const contestant contestant_xchg = {
    .name = "floor: xchg pair",
    .kind = FLOOR,
    .loops = {[PING_PONG] = xchg_ping_pong, [BURST_32] = xchg_burst, [LATENCY] = xchg_latency, [GROW] = xchg_grow}};

/* Free blocks in a list without atomics, for one thread. A put undoes the get before it; the fence keeps the compiler
 * from leaving both out. */
static void *list;
static node *blocks;

static void plain_make(size_t count, size_t unit)
{
    (void)unit;
    blocks = remake(blocks, count * sizeof *blocks);
    list = NULL;
    for (size_t i = count; i-- > 0;) {
        blocks[i].next = list;
        list = &blocks[i];
    }
}

static inline void *plain_get(worker *w)
{
    (void)w;
    node *const n = list;
    list = n->next;
    atomic_signal_fence(memory_order_seq_cst);
    return n;
}

static inline void plain_put(worker *w, void *block)
{
    (void)w;
    node *const n = block;
    n->next = list;
    list = n;
}

POOL_LOOPS(plain)

const contestant contestant_plain = {
    .name = "floor: plain list",
    .kind = FLOOR,
    .most_threads = 1,
    .make = plain_make,
    .loops = {
        [PING_PONG] = plain_ping_pong, [BURST_32] = plain_burst, [LATENCY] = plain_latency, [SWEEP] = plain_sweep}};

/* What a handoff costs without an allocator: the block is always the same. */
static inline void *ring_get(worker *w)
{
    return own_block(w);
}

static inline void ring_put(worker *w, void *block)
{
    (void)w;
    (void)block;
}

HANDOFF_LOOP(ring)

const contestant contestant_ring = {
    .name = "floor: ring alone", .kind = FLOOR, .loops = {[HANDOFF] = HANDOFF_OF(ring)}};

/* A heap that needs no search: a block has the address of the one that was freed just before. An allocation and a free
 * are a compare-and-swap each, on a line of the worker's own. The rest is the mix itself: its steps, and cache misses
 * of its blocks where these are many. */
static struct {
    _Alignas(128) _Atomic uint64_t word;
    unsigned char *freed;
} lanes[WORKERS_MAX];
static unsigned char *arena;
static size_t arena_bytes;
static _Atomic size_t arena_used;

static void mix_make(size_t bytes, size_t unit)
{
    (void)unit;
    arena = remake(arena, bytes);
    arena_bytes = bytes;
    for (unsigned lane = 0; lane < WORKERS_MAX; lane++) {
        lanes[lane].freed = NULL;
    }
}

/* No other thread looks at the word. The orders are those of an allocation, so that they cost as much. */
static inline void lane_cas(unsigned lane)
{
    uint64_t seen = atomic_load_explicit(&lanes[lane].word, memory_order_relaxed);
    atomic_compare_exchange_strong_explicit(&lanes[lane].word, &seen, seen + 1, memory_order_acquire,
                                            memory_order_relaxed);
}

static inline void *mix_alloc(worker *w, size_t bytes)
{
    const unsigned lane = w->index;
    unsigned char *const block = lanes[lane].freed;
    lane_cas(lane);
    lanes[lane].freed = NULL;
    if (block != NULL) {
        return block;
    }
    /* one of the first blocks of a mix, which may overlap older ones; relaxed: only the number counts */
    const size_t at = atomic_fetch_add_explicit(&arena_used, bytes / HEAP_UNIT + 1, memory_order_relaxed);
    return arena + at * HEAP_UNIT % arena_bytes;
}

static inline void mix_put(worker *w, void *block)
{
    const unsigned lane = w->index;
    lane_cas(lane);
    lanes[lane].freed = block;
}

LOOP(mix, mix, mix_alloc, mix_put)

const contestant contestant_mix = {.name = "floor: mix, CAS pair",
                                   .kind = FLOOR,
                                   .make = mix_make,
                                   .loops = {[MIX] = mix_mix},
                                   .alloc = mix_alloc,
                                   .put = mix_put};
