/* SPDX-License-Identifier: MIT */
/** @file cache.h
 * Cache: some of a pool's free blocks, kept by one owner, which gets and puts them without a compare-and-swap.
 *
 *     LFM_POOL_DEFINE(packets, 256, 1536, 64);
 *     LFM_CACHE_DEFINE(driver, packets, 32);        // the driver's own: 32 slots; ready before main
 *
 *     void *packet = lfm_cache_get(driver);         // NULL: this cache and the pool are empty
 *     if (packet != NULL) {
 *         ...                                       // a context puts it into its own cache, or into the pool
 *         lfm_status status = lfm_cache_put(driver, packet);
 *     }
 *     lfm_cache_flush(driver);                      // before a long rest, and at the end
 *
 * Owner: a cache belongs to one context: a thread, a core's main loop, or an interrupt level of a core. Nobody else may
 * use it, the owner's own interrupt handlers included: those have caches of their own. What may run at the same time
 * as a call on a cache (threads, cores and interrupts alike):
 *
 *     |                                | on this cache | on another cache | on the pool | check and init of the pool |
 *     |--------------------------------|---------------|------------------|-------------|----------------------------|
 *     | get, put, *_many, flush, stats | no            | yes              | yes         | no                         |
 *     | fini                           | no            | yes              | yes         | no                         |
 *     | init                           | no            | yes              | yes         | yes                        |
 *     | count (of a pool)              | yes           | yes              | yes         | not its init               |
 *
 * A cache may change owners by anything that synchronises. A pool that is made anew voids its caches: init them, too.
 *
 * What it costs in guarantees: a free block in a cache is there for its owner only.
 * - A get fails iff at one instant during the call the owner's cache and all lists of the pool were empty. Up to
 *   slot_count blocks in each other cache may have been free.
 * - An owner that stops for good takes along the blocks in its cache, besides those in its hands. One that rests holds
 *   them back, unless it flushes first.
 * - Say that at most m blocks are taken at once, those in the hands of calls included. Then a pool of m + the slots of
 *   all caches but the smallest is large enough: no get from a cache fails.
 *
 * Checks: a block in a cache carries a mark of its own in its link, which tells it from one that is taken. So a second
 * put is a double free, into the same cache, another one or the pool. So is a put of a block that nobody took. At
 * checks level 0 there are no marks. A mark costs a plain load and two plain stores for a get and a put.
 *
 * False sharing: links of neighbours share a cache line, so owners that work on neighbouring blocks at the same time
 * slow each other down. Caches of 64 slots do not while the pool's lists are in order, if cache lines have 64 bytes and
 * the links begin with one. Then half a cache fills a line with links.
 *
 * Contents: what a context wrote into a block before it put it happens before the return of the get that hands the
 * block out next. Tools (AddressSanitizer, Valgrind, poison) see a block in a cache as a free one.
 *
 * Memory: the control block, at most 80 bytes, and the slots, a pointer each. Both are private to the owner and hold
 * addresses. So they may not lie in memory that others map elsewhere, but the pool may. A control block may not be
 * copied.
 *
 * Before init: a control block that is all zero is that of an empty cache without a pool. A get returns NULL, a put
 * LFM_EINVAL. Statistics are zero. A cache in front of a pool that is all zero does the same, but its puts return
 * LFM_EFOREIGN.
 *
 * Source: the pair of magazines of J. Bonwick and J. Adams, "Magazines and Vmem", USENIX ATC 2001, laid end to end. A
 * get from an empty cache brings half of the slots from the pool. A put into a full one takes half of them there.
 * So of half as many calls in a row as there are slots at most one does so, unless the pool has fewer blocks left.
 * Proof: lib/README.md.
 */
#ifndef LFMEM_CACHE_H
#define LFMEM_CACHE_H

#include <lfmem/detail/cache_object.h>
#include <lfmem/pool.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Fewest slots of a cache; it has at most LFM_POOL_MAX_COUNT. */
#define LFM_CACHE_MIN_SLOTS 2u

/** A cache. A complete type, so that it can be static or part of something else; its fields are private. Caches of
 * owners that run at the same time, and their slots, belong on different cache lines. */
typedef struct lfm_cache lfm_cache;

/** What lfm_cache_stats() tells. */
typedef struct lfm_cache_stats_t {
    size_t slot_count; /**< most blocks that can be in the cache */
    size_t cached;     /**< blocks that are */
    size_t refills;    /**< how often it asked the pool for blocks, with or without success, modulo 2^32 */
    size_t flushes;    /**< how often it gave blocks to the pool, modulo 2^32; one call may do so several times */
} lfm_cache_stats_t;

/** Defines an empty cache at file scope, ready at link time. Afterwards @p name can be used as an `lfm_cache *` in this
 * file.
 * @param pool        a constant address: the name of an LFM_POOL_DEFINE of this file, or the address of an lfm_pool
 * @param slot_count  LFM_CACHE_MIN_SLOTS to LFM_POOL_MAX_COUNT; a constant expression, a bad one does not compile */
#define LFM_CACHE_DEFINE(name, pool, slot_count) LFM_CACHE_DEFINE_WITH(static, , name, pool, slot_count)

/** @def LFM_CACHE_DEFINE_IN(attributes, name, pool, slot_count)
 * The same with attributes of the slots, such as LFM_SECTION(".dtcm"), as LFM_POOL_DEFINE_IN. The control block lies
 * in ordinary memory. Slots need not be zero at the start. */

/** The same for several files, as far as these run in the owner's context: those that use the cache, and this one, see
 * LFM_CACHE_DECLARE(name). */
#define LFM_CACHE_DEFINE_GLOBAL(name, pool, slot_count) LFM_CACHE_DEFINE_WITH(LFM_GLOBAL, , name, pool, slot_count)

/** Declares, in a header, a cache that one file defines with LFM_CACHE_DEFINE_GLOBAL. Afterwards @p name can be used as
 * an `lfm_cache *`. */
#define LFM_CACHE_DECLARE(name) extern lfm_cache name[1]

/** @def LFM_CACHE_DEFINE_WITH(linkage, attributes, name, pool, slot_count)
 * The general form, of which all definers above are cases.
 * @param linkage     `static`, or LFM_GLOBAL
 * @param attributes  of the slots; may be empty
 *
 * The others are as above. */

/** Makes an empty cache. The run-time twin of LFM_CACHE_DEFINE.
 * @param cache       the control block; what was in it is overwritten. Flush a cache before it is made anew, or its
 *                    blocks are lost
 * @param pool        any pool, sharded or not; it is not looked at before the cache is used
 * @param slots       room for @p slot_count pointers; stays the cache's for as long as the cache is used
 * @param slot_count  most blocks that the cache holds back, LFM_CACHE_MIN_SLOTS to LFM_POOL_MAX_COUNT. Best at least as
 *                    large as the owner's usual burst of gets or of puts
 * @return LFM_OK; LFM_EINVAL iff a pointer is NULL or @p slot_count is out of range.
 *
 * - Context: the owner, before its first call.
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API LFM_MUST_USE_ lfm_status lfm_cache_init(lfm_cache *cache, const lfm_pool *pool, void **slots, size_t slot_count)
    LFM_NAMED_(lfm_cache_init);

/** Takes a block: the one that was put into the cache last. An empty cache brings up to half as many blocks as it has
 * slots from the pool first, by one compare-and-swap.
 * @return a block that nobody else has. NULL iff the cache was empty and at one instant during the call all lists of
 *         the pool were. NULL also iff @p cache is NULL. (At checks level 0 the calls here do not look for that.)
 *
 * - Context: the owner.
 * - Progress: wait-free. A call that goes to the pool is lock-free as lfm_pool_get_many().
 * - Order: acquires what the block's last owner released by its put.
 * - Time: O(1). A call that goes to the pool takes O(slot_count + shards) without contention. Of slot_count / 2 calls
 *   in a row that is one at most, unless the pool (sharded: a list) has fewer free blocks than that. */
#ifdef LFM_CACHE_FUNCTIONS
LFM_API LFM_MUST_USE_ void *lfm_cache_get(lfm_cache *cache) LFM_NAMED_(lfm_cache_get);
#else
LFM_MUST_USE_ static inline void *lfm_cache_get(lfm_cache *cache);
#endif

/** Gives a block back, from wherever it was taken. If the cache is full, the half of its blocks that have been there
 * longest go to the pool first, by one compare-and-swap.
 * @return LFM_OK; or, with nothing changed, LFM_EINVAL, LFM_EFOREIGN, LFM_EINTERIOR or LFM_EDOUBLEFREE as
 *         lfm_pool_put(). A block in any cache is free, too. The table of lfm_pool_put() says what is found of puts of
 *         one block that race, into caches or the pool.
 *
 * - Context: the owner.
 * - Progress: as lfm_cache_get().
 * - Order: releases the owner's accesses to the block to the context that gets it next.
 * - Time: as lfm_cache_get(). */
#ifdef LFM_CACHE_FUNCTIONS
LFM_API lfm_status lfm_cache_put(lfm_cache *cache, void *block) LFM_NAMED_(lfm_cache_put);
#else
static inline lfm_status lfm_cache_put(lfm_cache *cache, void *block);
#endif

/** Takes up to @p n blocks, from the cache as far as it has them, then from the pool.
 * @param blocks  room for @p n pointers; those beyond the number returned are undefined
 * @param n       pointers, 0 and up
 * @return blocks that it took: fewer than @p n iff the cache was empty then, and at one instant during the call all
 *         the pool's lists were. 0 also iff @p cache or @p blocks is NULL.
 *
 * - Context, Progress, Order: as lfm_cache_get().
 * - Time: O((n + slot_count) * shards) without contention. */
LFM_API LFM_MUST_USE_ size_t lfm_cache_get_many(lfm_cache *cache, void *blocks[], size_t n)
    LFM_NAMED_(lfm_cache_get_many);

/** Gives @p n blocks back: all of them or, if any is bad, none. What there is no room for in the cache goes to the
 * pool, oldest first. A block that is named twice is a double free.
 * @param blocks  @p n pointers; the array may not lie in one of the blocks
 * @param n       pointers, 0 and up
 * @return as lfm_cache_put(), for the first bad one. LFM_EINVAL iff @p cache or, with @p n > 0, @p blocks or one of the
 *         blocks is NULL. LFM_OK for @p n = 0.
 *
 * At checks level 2, of calls that race over the same blocks at most one succeeds. Each may fail because of a block
 * that another one had in hand at that moment.
 * - Context, Progress, Order: as lfm_cache_put().
 * - Time: O(n + slot_count) without contention. */
LFM_API lfm_status lfm_cache_put_many(lfm_cache *cache, void *const blocks[], size_t n) LFM_NAMED_(lfm_cache_put_many);

/** Gives all blocks in the cache to the pool, by one compare-and-swap. The cache stays in use. Does nothing
 * if @p cache is NULL.
 *
 * - Context: the owner.
 * - Progress: lock-free, as lfm_pool_put_many().
 * - Order: as lfm_cache_put().
 * - Time: O(blocks in the cache) without contention. */
LFM_API void lfm_cache_flush(lfm_cache *cache) LFM_NAMED_(lfm_cache_flush);

/** Ends the use of a cache: flushes it, and leaves it empty as one of all zero bytes is, without a pool, until it is
 * made anew. Its pool must still be one. Does nothing if @p cache is NULL, or empty so.
 *
 * - Context: the owner.
 * - Progress, Order, Time: as lfm_cache_flush(). */
LFM_API void lfm_cache_fini(lfm_cache *cache) LFM_NAMED_(lfm_cache_fini);

/** Tells how the cache stands. Compare `refills` and `flushes` with the number of gets and puts to find a good size.
 * @param out  zeroed if @p cache is NULL; nothing is done if @p out is NULL
 *
 * lfm_pool_stats() counts blocks in caches as not free, since a get from the pool does not find them. Its low-water
 * mark is that of the pool's lists. So `count` - `free` of the pool, less `cached` of each cache, are taken.
 * - Context: the owner.
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API void lfm_cache_stats(const lfm_cache *cache, lfm_cache_stats_t *out) LFM_NAMED_(lfm_cache_stats);

/** Tells how many of a pool's blocks are in caches, by their marks. Blocks in the cache of an owner that was killed
 * count as well. The number is exact while nobody uses the pool and its caches. Else each block is looked at at an
 * instant of its own.
 * @return blocks; 0 also iff @p pool is NULL, and always at checks level 0, where there are no marks.
 *
 * - Context: any.
 * - Progress: wait-free.
 * - Time: O(count of the pool). */
LFM_API size_t lfm_cache_count(const lfm_pool *pool) LFM_NAMED_(lfm_cache_count);

#ifdef __cplusplus
}
#endif

#include <lfmem/detail/cache_inline.h>

#endif
