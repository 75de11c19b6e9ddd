/* SPDX-License-Identifier: MIT */
/* DPDK's memory pools, with and without a cache for each thread, and its malloc; without huge pages or devices. */
#include "../loops.h"
#include "adapter.h"
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mempool.h>
#include <sched.h>

enum {
    CACHE = 256
};

/* EAL pins the thread that starts it; that is undone. */
static const char *dpdk_open(void)
{
    static int state; /* 1: ready, -1: failed */
    if (state == 0) {
        /* EAL may write to its arguments */
        static char texts[][16] = {"bench", "--no-huge", "--no-shconf", "--no-pci",    "--no-telemetry", "-m",
                                   "64",    "-l",        "0",           "--log-level", "error"};
        enum {
            COUNT = sizeof texts / sizeof *texts
        };
        char *arguments[COUNT];
        for (int i = 0; i < COUNT; i++) {
            arguments[i] = texts[i];
        }
        cpu_set_t cores;
        sched_getaffinity(0, sizeof cores, &cores);
        state = rte_eal_init(COUNT, arguments) < 0 ? -1 : 1;
        sched_setaffinity(0, sizeof cores, &cores);
    }
    return state < 0 ? rte_strerror(rte_errno) : NULL;
}

/* A thread without a number of EAL's has no cache. */
static void dpdk_enter(void)
{
    if (rte_lcore_id() == LCORE_ID_ANY && rte_thread_register() != 0) {
        abort();
    }
}

static struct rte_mempool *create(struct rte_mempool *old, const char *name, size_t count, unsigned cache)
{
    rte_mempool_free(old);
    struct rte_mempool *const pool =
        rte_mempool_create(name, (unsigned)count, BLOCK_BYTES, cache, 0, NULL, NULL, NULL, NULL, SOCKET_ID_ANY, 0);
    if (pool == NULL) {
        abort();
    }
    return pool;
}

static double dpdk_metadata(void)
{
    struct rte_mempool_objsz size;
    return (double)rte_mempool_calc_obj_size(BLOCK_BYTES, 0, &size) - BLOCK_BYTES +
           sizeof(void *); /* and in the ring */
}

#define MEMPOOL_CONTESTANT(id, shown, how, most, cache)                           \
    static struct rte_mempool *id##_pool;                                         \
    static void id##_make(size_t count, size_t unit)                              \
    {                                                                             \
        (void)unit;                                                               \
        id##_pool = create(id##_pool, #id, count, cache);                         \
    }                                                                             \
    static inline void *id##_get(worker *w)                                       \
    {                                                                             \
        (void)w;                                                                  \
        void *block = NULL;                                                       \
        return rte_mempool_get(id##_pool, &block) == 0 ? block : NULL;            \
    }                                                                             \
    static inline void id##_put(worker *w, void *block)                           \
    {                                                                             \
        (void)w;                                                                  \
        rte_mempool_put(id##_pool, block);                                        \
    }                                                                             \
    static inline size_t id##_get_many(worker *w, void **blocks, size_t n)        \
    {                                                                             \
        (void)w;                                                                  \
        return rte_mempool_get_bulk(id##_pool, blocks, (unsigned)n) == 0 ? n : 0; \
    }                                                                             \
    static inline void id##_put_many(worker *w, void **blocks, size_t n)          \
    {                                                                             \
        (void)w;                                                                  \
        rte_mempool_put_bulk(id##_pool, blocks, (unsigned)n);                     \
    }                                                                             \
    POOL_LOOPS(id)                                                                \
    LOOP(id, many, id##_get_many, id##_put_many)                                  \
    const contestant contestant_##id = {.name = (shown),                          \
                                        .kind = (how),                            \
                                        .most_threads = (most),                   \
                                        .open = dpdk_open,                        \
                                        .make = id##_make,                        \
                                        .enter = dpdk_enter,                      \
                                        .loops = {[PING_PONG] = id##_ping_pong,   \
                                                  [BURST_32] = id##_burst,        \
                                                  [MANY_32] = id##_many,          \
                                                  [LATENCY] = id##_latency,       \
                                                  [HANDOFF] = HANDOFF_OF(id)},    \
                                        .metadata = dpdk_metadata}

/* Without a cache it stalls, for seconds, when a thread is preempted in the ring: no more threads than cores. */
MEMPOOL_CONTESTANT(mempool, "rte_mempool, no cache", LOCKED, 2, 0);
MEMPOOL_CONTESTANT(mempool_cache, "rte_mempool, cache 256", CACHING, 0, CACHE);

static inline void *rte_alloc(worker *w, size_t bytes)
{
    (void)w;
    return rte_malloc(NULL, bytes, 0);
}

static inline void rte_put(worker *w, void *block)
{
    (void)w;
    rte_free(block);
}

HEAP_LOOPS(rte)

const contestant contestant_rte_malloc = {.name = "rte_malloc",
                                          .kind = LOCKED,
                                          .most_size = 32 << 20, /* what EAL was given, less its own */
                                          .open = dpdk_open,
                                          .loops = {HEAP_LOOPS_OF(rte)},
                                          .alloc = rte_alloc,
                                          .put = rte_put};
