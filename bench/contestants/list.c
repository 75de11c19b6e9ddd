/* SPDX-License-Identifier: MIT */
/* All contestants, in the order of the tables. One that could not be built has a name and the reason. */
#include "adapter.h"

extern const contestant contestant_plain, contestant_xchg, contestant_cas, contestant_ring, contestant_mix,
    contestant_mutex, contestant_spin, contestant_treiber, contestant_glibc, contestant_mimalloc, contestant_jemalloc,
    contestant_tcmalloc, contestant_tbb, contestant_lfmem_pool, contestant_lfmem_fixed, contestant_lfmem_sharded,
    contestant_lfmem_cache, contestant_lfmem_cache_256, contestant_lfmem_dynpool, contestant_lfmem_grown,
    contestant_lfmem_by_1, contestant_lfmem_by_16, contestant_lfmem_segment, contestant_lfmem_heap,
    contestant_lfmem_buddy4;

#if BENCH_CK
extern const contestant contestant_ck;
#else
static const contestant contestant_ck = {.name = "ck_stack, and handoffs", .missing = "libck-dev"};
#endif

#if BENCH_BOOST
extern const contestant contestant_boost_stack, contestant_boost_freelist, contestant_boost_heap;
#else
static const contestant contestant_boost_stack = {.name = "boost lockfree::stack", .missing = "libboost-dev"},
                        contestant_boost_freelist = {.name = "boost freelist", .missing = "libboost-dev"},
                        contestant_boost_heap = {.name = "boost best fit + mutex", .missing = "libboost-dev"};
#endif

#if BENCH_DPDK
extern const contestant contestant_mempool, contestant_mempool_cache, contestant_rte_malloc;
#else
static const contestant contestant_mempool = {.name = "rte_mempool, no cache", .missing = "libdpdk-dev"},
                        contestant_mempool_cache = {.name = "rte_mempool, cache 256", .missing = "libdpdk-dev"},
                        contestant_rte_malloc = {.name = "rte_malloc", .missing = "libdpdk-dev"};
#endif

#if BENCH_MICRIUM
extern const contestant contestant_micrium_fixed, contestant_micrium_initial, contestant_micrium_grown;
#else
static const contestant contestant_micrium_fixed = {.name = "Micrium static pool", .missing = "-Dmicrium=true"},
                        contestant_micrium_initial = {.name = "Micrium dynamic pool", .missing = "-Dmicrium=true"},
                        contestant_micrium_grown = {.name = "Micrium dynamic pool, grown", .missing = "-Dmicrium=true"};
#endif

#if BENCH_MYNEWT
extern const contestant contestant_mynewt;
#else
static const contestant contestant_mynewt = {.name = "Mynewt os_memblock", .missing = "-Dmynewt=true"};
#endif

#if BENCH_ZEPHYR
extern const contestant contestant_zephyr_heap, contestant_zephyr_pool;
#else
static const contestant contestant_zephyr_heap = {.name = "Zephyr k_malloc", .missing = "-Dzephyr=true"},
                        contestant_zephyr_pool = {.name = "Zephyr k_mem_pool", .missing = "-Dzephyr=true"};
#endif

const contestant *const contestants[] = {
    /* floors */
    &contestant_plain,
    &contestant_xchg,
    &contestant_cas,
    &contestant_ring,
    &contestant_mix,
    /* locks */
    &contestant_mutex,
    &contestant_spin,
    &contestant_mempool,
    &contestant_rte_malloc,
    &contestant_boost_heap,
    /* lists without locks */
    &contestant_treiber,
    &contestant_ck,
    &contestant_boost_stack,
    &contestant_boost_freelist,
    /* caches of each thread */
    &contestant_mempool_cache,
    &contestant_glibc,
    &contestant_mimalloc,
    &contestant_jemalloc,
    &contestant_tcmalloc,
    &contestant_tbb,
    /* lfmem */
    &contestant_lfmem_pool,
    &contestant_lfmem_fixed,
    &contestant_lfmem_sharded,
    &contestant_lfmem_cache,
    &contestant_lfmem_cache_256,
    &contestant_lfmem_dynpool,
    &contestant_lfmem_grown,
    &contestant_lfmem_by_1,
    &contestant_lfmem_by_16,
    &contestant_lfmem_segment,
    &contestant_lfmem_heap,
    &contestant_lfmem_buddy4,
    /* front-ends */
    &contestant_micrium_fixed,
    &contestant_micrium_initial,
    &contestant_micrium_grown,
    &contestant_mynewt,
    &contestant_zephyr_heap,
    &contestant_zephyr_pool,
};
const size_t contestant_count = sizeof contestants / sizeof *contestants;
_Static_assert(sizeof contestants / sizeof *contestants <= CONTESTANTS_MAX, "CONTESTANTS_MAX is the length of arrays");
