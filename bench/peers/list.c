/* SPDX-License-Identifier: MIT */
/* All contestants, in the order of the tables. One that could not be built is named all the same. */
#include "peers.h"

extern const peer peer_plain, peer_xchg, peer_cas, peer_ring, peer_mix, peer_mutex, peer_spin, peer_treiber, peer_glibc,
    peer_mimalloc, peer_jemalloc, peer_tcmalloc, peer_tbb, peer_lfmem_pool, peer_lfmem_sharded, peer_lfmem_cache,
    peer_lfmem_cache_256, peer_lfmem_dynpool, peer_lfmem_grown, peer_lfmem_by_1, peer_lfmem_by_16, peer_lfmem_segment,
    peer_lfmem_heap, peer_lfmem_buddy4;

#if BENCH_CK
extern const peer peer_ck;
#else
static const peer peer_ck = {.name = "ck_stack, and handoffs", .missing = "libck-dev"};
#endif

#if BENCH_BOOST
extern const peer peer_boost_stack, peer_boost_freelist, peer_boost_heap;
#else
static const peer peer_boost_stack = {.name = "boost lockfree::stack", .missing = "libboost-dev"},
                  peer_boost_freelist = {.name = "boost freelist", .missing = "libboost-dev"},
                  peer_boost_heap = {.name = "boost best fit + mutex", .missing = "libboost-dev"};
#endif

#if BENCH_DPDK
extern const peer peer_mempool, peer_mempool_cache, peer_rte_malloc;
#else
static const peer peer_mempool = {.name = "rte_mempool, no cache", .missing = "libdpdk-dev"},
                  peer_mempool_cache = {.name = "rte_mempool, cache 256", .missing = "libdpdk-dev"},
                  peer_rte_malloc = {.name = "rte_malloc", .missing = "libdpdk-dev"};
#endif

#if BENCH_MICRIUM
extern const peer peer_micrium_fixed, peer_micrium_initial, peer_micrium_grown;
#else
static const peer peer_micrium_fixed = {.name = "Micrium static pool", .missing = "-Dmicrium=true"},
                  peer_micrium_initial = {.name = "Micrium dynamic pool", .missing = "-Dmicrium=true"},
                  peer_micrium_grown = {.name = "Micrium dynamic pool, grown", .missing = "-Dmicrium=true"};
#endif

#if BENCH_MYNEWT
extern const peer peer_mynewt;
#else
static const peer peer_mynewt = {.name = "Mynewt os_memblock", .missing = "-Dmynewt=true"};
#endif

#if BENCH_ZEPHYR
extern const peer peer_zephyr_heap, peer_zephyr_pool;
#else
static const peer peer_zephyr_heap = {.name = "Zephyr k_malloc", .missing = "-Dzephyr=true"},
                  peer_zephyr_pool = {.name = "Zephyr k_mem_pool", .missing = "-Dzephyr=true"};
#endif

const peer *const peers[] = {
    /* floors */
    &peer_plain,
    &peer_xchg,
    &peer_cas,
    &peer_ring,
    &peer_mix,
    /* locks */
    &peer_mutex,
    &peer_spin,
    &peer_mempool,
    &peer_rte_malloc,
    &peer_boost_heap,
    /* lists without locks */
    &peer_treiber,
    &peer_ck,
    &peer_boost_stack,
    &peer_boost_freelist,
    /* caches of each thread */
    &peer_mempool_cache,
    &peer_glibc,
    &peer_mimalloc,
    &peer_jemalloc,
    &peer_tcmalloc,
    &peer_tbb,
    /* lfmem */
    &peer_lfmem_pool,
    &peer_lfmem_sharded,
    &peer_lfmem_cache,
    &peer_lfmem_cache_256,
    &peer_lfmem_dynpool,
    &peer_lfmem_grown,
    &peer_lfmem_by_1,
    &peer_lfmem_by_16,
    &peer_lfmem_segment,
    &peer_lfmem_heap,
    &peer_lfmem_buddy4,
    /* front-ends */
    &peer_micrium_fixed,
    &peer_micrium_initial,
    &peer_micrium_grown,
    &peer_mynewt,
    &peer_zephyr_heap,
    &peer_zephyr_pool,
};
const size_t peer_count = sizeof peers / sizeof *peers;
_Static_assert(sizeof peers / sizeof *peers <= PEERS_MAX, "PEERS_MAX is the length of arrays");
