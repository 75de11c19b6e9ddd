/* SPDX-License-Identifier: MIT */
/* Templates of the timed loops. An adapter of a pool defines
 *
 *     static inline void *NAME_get(worker *w);
 *     static inline void NAME_put(worker *w, void *block);
 *
 * and POOL_LOOPS(NAME) makes its loops, in which these are direct calls. A heap defines NAME_alloc(w, bytes) and
 * NAME_put(), and HEAP_LOOPS(NAME) makes loops for both kinds of scenarios. Others are made one by one: LOOP(NAME,
 * many, ...), LOOP(NAME, grow, ...). */
#ifndef LFM_BENCH_LOOPS_H
#define LFM_BENCH_LOOPS_H

#include "bench.h"
#include "measure.h"
#include "ticks.h"
#if BENCH_CK
#include <ck_ring.h>
#endif

/* The compiler is to see which functions a loop gets, so that their calls are direct ones. */
#define TEMPLATE __attribute__((always_inline)) static inline

#define BURST 32

/* Every block is written to, as a program would. */
static inline void touch(void *block, unsigned i)
{
    ((volatile uint64_t *)block)[1] = i;
}

/* Counts so many pairs, and tells whether the slice goes on. */
static inline bool go_on(worker *w, uint64_t pairs)
{
    w->pairs += pairs;
    if (w->index == 0 && now() - w->began >= w->length) {
        /* release: the consumer of a queue must see what was put into it before */
        atomic_store_explicit(w->stop, true, memory_order_release);
    }
    return !atomic_load_explicit(w->stop, memory_order_relaxed); /* a flag: nothing is read by its word */
}

TEMPLATE void loop_ping_pong(worker *w, getter *get, putter *put)
{
    const unsigned pairs = w->chunk;
    do {
        for (unsigned i = 0; i < pairs; i++) {
            void *const block = get(w);
            touch(block, i);
            put(w, block);
        }
    } while (go_on(w, pairs));
    w->ended = now();
}

TEMPLATE void loop_burst(worker *w, getter *get, putter *put)
{
    const unsigned bursts = w->chunk / BURST;
    do {
        for (unsigned i = 0; i < bursts; i++) {
            void *blocks[BURST];
            for (unsigned k = 0; k < BURST; k++) {
                touch(blocks[k] = get(w), i);
            }
            for (unsigned k = 0; k < BURST; k++) {
                put(w, blocks[k]);
            }
        }
    } while (go_on(w, bursts * BURST));
    w->ended = now();
}

TEMPLATE void loop_many(worker *w, many_getter *get, many_putter *put)
{
    do {
        for (unsigned i = 0; i < w->chunk; i += BURST) {
            void *blocks[BURST];
            const size_t n = get(w, blocks, BURST);
            for (size_t k = 0; k < n; k++) {
                touch(blocks[k], i);
            }
            put(w, blocks, n);
        }
    } while (go_on(w, w->chunk));
    w->ended = now();
}

TEMPLATE void loop_latency(worker *w, getter *get, putter *put)
{
    do {
        for (unsigned i = 0; i < w->chunk; i++) {
            const uint64_t began = ticks();
            void *const block = get(w);
            touch(block, i);
            put(w, block);
            histogram_add(w->latencies, ticks() - began);
        }
    } while (go_on(w, w->chunk));
    w->ended = now();
}

/* Blocks are put in another order than they were got. So a free list is soon well shuffled. */
TEMPLATE void loop_sweep(worker *w, getter *get, putter *put)
{
    do {
        for (size_t i = 0; i < w->blocks; i++) {
            touch(w->held[i] = get(w), (unsigned)i);
        }
        for (size_t i = 0; i < w->blocks; i++) {
            put(w, w->held[w->order[i]]);
        }
    } while (go_on(w, w->blocks));
    w->ended = now();
}

/* Blocks go back when the clock has been stopped, if the adapter has a put. */
TEMPLATE void loop_grow(worker *w, getter *get, putter *put)
{
    for (unsigned i = 0; i < GROW_GETS; i++) {
        touch(w->held[i] = get(w), i);
    }
    w->ended = now();
    w->pairs = GROW_GETS;
    for (unsigned i = 0; put != NULL && i < GROW_GETS; i++) {
        put(w, w->held[i]);
    }
}

#if BENCH_CK
extern ck_ring_t handoff_ring;
extern ck_ring_buffer_t handoff_slots[];

TEMPLATE void produce(worker *w, getter *get)
{
    do {
        for (unsigned i = 0; i < w->chunk; i++) {
            void *block;
            while ((block = get(w)) == NULL) {
                ck_pr_stall(); /* all are under way, or in the other thread's cache */
            }
            touch(block, i);
            while (!ck_ring_enqueue_spsc(&handoff_ring, handoff_slots, block)) {
                ck_pr_stall();
            }
        }
    } while (go_on(w, 0));
}

/* Counts the pairs, since it ends them. */
TEMPLATE void consume(worker *w, putter *put)
{
    for (bool last = false;;) {
        void *block;
        if (ck_ring_dequeue_spsc(&handoff_ring, handoff_slots, &block)) {
            touch(block, 0);
            put(w, block);
            w->pairs++;
        } else if (last) {
            break;
        } else {
            /* acquire: pairs with go_on(); what was sent before is there for one more look */
            last = atomic_load_explicit(w->stop, memory_order_acquire);
            ck_pr_stall();
        }
    }
}

TEMPLATE void loop_handoff(worker *w, getter *get, putter *put)
{
    if (w->index == 0) {
        produce(w, get);
    } else {
        consume(w, put);
    }
    w->ended = now();
}
#endif

TEMPLATE void one_step(worker *w, allocator *alloc, putter *put)
{
    const step s = w->steps[w->next_step++ & (w->step_count - 1)];
    put(w, w->held[s.slot]);
    void *const block = w->held[s.slot] = alloc(w, s.bytes);
    if (block != NULL) {
        touch(block, s.slot);
    } else {
        w->failed++;
    }
}

TEMPLATE void loop_mix(worker *w, allocator *alloc, putter *put)
{
    do {
        for (unsigned i = 0; i < w->chunk; i++) {
            one_step(w, alloc, put);
        }
    } while (go_on(w, w->chunk));
    w->ended = now();
}

TEMPLATE void loop_mix_latency(worker *w, allocator *alloc, putter *put)
{
    do {
        for (unsigned i = 0; i < w->chunk; i++) {
            const uint64_t began = ticks();
            one_step(w, alloc, put);
            histogram_add(w->latencies, ticks() - began);
        }
    } while (go_on(w, w->chunk));
    w->ended = now();
}

/* A contestant need not take part in each scenario, so some loops are unused. */
#define LOOP(name, kind, ...)                                    \
    __attribute__((unused)) static void name##_##kind(worker *w) \
    {                                                            \
        loop_##kind(w, __VA_ARGS__);                             \
    }

#if BENCH_CK
#define HANDOFF_LOOP(name) LOOP(name, handoff, name##_get, name##_put)
#define HANDOFF_OF(name)   name##_handoff
#else
#define HANDOFF_LOOP(name)
#define HANDOFF_OF(name) NULL
#endif

#define POOL_LOOPS(name)                          \
    LOOP(name, ping_pong, name##_get, name##_put) \
    LOOP(name, burst, name##_get, name##_put)     \
    LOOP(name, latency, name##_get, name##_put)   \
    LOOP(name, sweep, name##_get, name##_put)     \
    HANDOFF_LOOP(name)

/* In the initialiser of a contestant's `loops`. */
#define POOL_LOOPS_OF(name)                                                                                        \
    [PING_PONG] = name##_ping_pong, [BURST_32] = name##_burst, [LATENCY] = name##_latency, [SWEEP] = name##_sweep, \
    [HANDOFF] = HANDOFF_OF(name)

#define HEAP_LOOPS(name)                               \
    static inline void *name##_get(worker *w)          \
    {                                                  \
        return name##_alloc(w, BLOCK_BYTES);           \
    }                                                  \
    static inline void *name##_get_256(worker *w)      \
    {                                                  \
        return name##_alloc(w, 256);                   \
    }                                                  \
    POOL_LOOPS(name)                                   \
    static void name##_same_size(worker *w)            \
    {                                                  \
        loop_ping_pong(w, name##_get_256, name##_put); \
    }                                                  \
    LOOP(name, mix, name##_alloc, name##_put)          \
    LOOP(name, mix_latency, name##_alloc, name##_put)

/* A malloc takes part in both kinds. */
#define HEAP_LOOPS_OF(name) \
    [SAME_SIZE] = name##_same_size, [BURST_64] = name##_burst, [MIX] = name##_mix, [MIX_LATENCY] = name##_mix_latency

#endif
