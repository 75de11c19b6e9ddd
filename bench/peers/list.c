/* SPDX-License-Identifier: MIT */
/* All contestants, in the order of the tables. One that could not be built is named all the same. */
#include "peers.h"

extern const peer peer_plain, peer_xchg, peer_cas, peer_ring, peer_mix, peer_mutex, peer_spin, peer_treiber, peer_glibc,
    peer_mimalloc, peer_jemalloc, peer_tcmalloc, peer_tbb, peer_lfmem_pool, peer_lfmem_sharded, peer_lfmem_cache,
    peer_lfmem_cache_256, peer_lfmem_dynpool, peer_lfmem_grown, peer_lfmem_by_1, peer_lfmem_by_16, peer_lfmem_segment,
    peer_lfmem_heap;

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
};
const size_t peer_count = sizeof peers / sizeof *peers;
