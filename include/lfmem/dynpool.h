/* SPDX-License-Identifier: MIT */
/** @file dynpool.h
 * Dynamic pool: blocks of one size. Where none is free, the pool takes a new one from a segment, up to a maximum or
 * until the segment is full.
 *
 *     LFM_SEGMENT_DEFINE(ram, 65536, 32);                   // for blocks; cache lines of 32 bytes
 *     static lfm_dynpool frames;
 *     const lfm_dynpool_config config = {
 *         .block_size = 1536, .align = 4, .initial = 8, .maximum = LFM_UNLIMITED, .grow = 1, .padded = true,
 *     };
 *
 *     lfm_status status = lfm_dynpool_init(&frames, ram, &config);
 *     void *frame = lfm_dynpool_get(&frames);               // NULL: all are taken and the segment is full
 *     if (frame != NULL) {
 *         status = lfm_dynpool_put(&frames, frame);         // any thread, core or interrupt
 *     }
 *
 * Or ready before main, with 8 blocks of its own, and up to 24 more from the segment:
 *
 *     LFM_DYNPOOL_DEFINE(events, ram, 8, 32, 1, 40, 8);     // blocks of 40 bytes at multiples of 8, one at a time
 *
 *     void *event = lfm_dynpool_get(events);
 *
 * What may run at the same time as what, on one pool (threads, cores and interrupts alike):
 *
 *     |                 | get, put, stats      | check                | init, fini | reset, fini of its segments |
 *     |-----------------|----------------------|----------------------|------------|-----------------------------|
 *     | get, put, stats | yes                  | check may see damage | no         | no                          |
 *     | check           | check may see damage | yes                  | no         | no                          |
 *     | init, fini      | no                   | no                   | no         | no                          |
 *
 * Other pools, and direct allocations, may use the same segments at any time, this pool's init included.
 *
 * Law: created = free + in use <= maximum, at every instant. A block that was created stays the pool's.
 *
 * Contents and DMA: everything that lfmem knows of a block lies elsewhere. No get, no put and no growth reads or writes
 * a byte of a block (the build option `poison` aside). So what an owner left there stays until the next owner changes
 * it. A padded block shares no cache line with anything else. So the usual rule is enough where DMA does not see the
 * caches:
 * - clean the block's lines before the device reads it;
 * - invalidate them before the device writes it, and once more before the processor reads what the device wrote.
 *
 * Get and put themselves need no maintenance. A device that goes on writing to a free block does no harm to the pool.
 *
 * Memory: the control block has at most 112 bytes. That of a static pool is constant, and so in flash. In RAM it has 16
 * bytes, or 24 with 64-bit words, its initial blocks and its metadata. A pool that can grow takes links from its
 * metadata segment, one for each 4 to 8 blocks that it could still create. They find a block by its address. Besides,
 * each pool takes:
 *
 *     | for each        | bytes | in the wide form |
 *     |-----------------|-------|------------------|
 *     | initial block   | 2     | 4                |
 *     | created block   | 8     | 16               |
 *
 * The wide form is that of checks level 2, and of a metadata segment with more than 128 KiB left (32-bit words: 2 KiB).
 * It is also that of a segment with more than 65 534 positions for a block. LFM_DYNPOOL_METADATA_BYTES adds this up. A
 * static pool has its metadata beside its initial blocks, 8 bytes for each block that it can still create, or 16.
 *
 * A pool that can grow is fast, and its tag against ABA wide, with a metadata segment of its own, no larger than
 * needed. The size of that takes the place of the number of blocks in the table under "ABA" in lib/README.md. Without
 * one, the size of the whole segment does.
 *
 * Position: as a pool's (pool.h), with the control blocks of pool and segments and their memory in one mapping. None of
 * these may be copied or moved without the others. A static pool may not be copied or moved at all. Blocks are aligned
 * in the mapping in which their segment was made (segment.h), from whichever one it grows.
 *
 * Before init: a control block that is all zero is that of an empty pool, as in pool.h. On a segment that is all zero
 * there is no room for a pool: its init fails with LFM_ENOMEM.
 *
 * In line: an optimised C program has lfm_dynpool_get() and lfm_dynpool_put() on a static pool of the same file
 * compiled into it, as those of pools (pool.h). That goes for blocks that are free, and for initial blocks. The library
 * grows the pool, and finds blocks that were created later. With 32-bit words, such a pool has at most 254 links. It
 * has 4 for each block that it can still create, one for each initial block, and those that find a block.
 *
 * Source: the free list is the pool's (pool.h). A digital search tree leads from a created block to its record. It is
 * that of E. G. Coffman and J. Eve, "File structures using hashing functions", CACM 13 (1970); Knuth, TAOCP 3, 6.3. It
 * only grows, so that one compare-and-swap adds a record. Proof and memory orders: lib/README.md.
 */
#ifndef LFMEM_DYNPOOL_H
#define LFMEM_DYNPOOL_H

#include <lfmem/detail/dynpool_object.h>
#include <lfmem/pool.h>
#include <lfmem/segment.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A maximum that only the segment sets. */
#define LFM_UNLIMITED SIZE_MAX

/** Most bytes that a metadata segment may have left when a pool that can grow is made on it. That is 256 MiB with
 * 64-bit words, 256 KiB with 32-bit words. (A record is known by where it lies.) */
#define LFM_DYNPOOL_METADATA_MAX (LFM_SIZE_(LFM_POOL_MAX_COUNT) * 4)

/** Bytes of metadata that a pool on its own takes at most. A constant expression, for sizing a segment of metadata: add
 * up those of its pools. Contexts may run into the end of the segment of blocks at the same time. Then each can take
 * a record (16 bytes) for a block that it does not get: add that for each.
 * @param initial  blocks that are there from the beginning
 * @param grown    blocks that it creates later. For an unlimited pool, as many as its segment has room for */
#define LFM_DYNPOOL_METADATA_BYTES(initial, grown) (16 + 4 * LFM_SIZE_(initial) + 17 * LFM_SIZE_(grown))

/** What a dynamic pool is to be. What is left out of an initialiser is 0. */
typedef struct lfm_dynpool_config {
    size_t block_size; /**< bytes, 1 to UINT32_MAX / 2 */
    size_t align;      /**< of every block, bytes; a power of two up to 2^30 */
    size_t initial;    /**< blocks that are there from the beginning; 0 and up */
    size_t maximum;    /**< blocks; at least 1 and at least `initial`, or LFM_UNLIMITED */
    size_t grow;       /**< blocks taken from the segment when none is free; 0: as many again as there are */
    bool padded;       /**< hardware blocks: each begins and ends at a multiple of the segment's padding as well */
    const lfm_segment *metadata; /**< where links and records are taken from; NULL: the segment of the blocks */
} lfm_dynpool_config;

/** A dynamic pool. A complete type, so that it can be static or part of something else; its fields are private. */
typedef struct lfm_dynpool lfm_dynpool;

/** What lfm_dynpool_stats() tells. Counts are in blocks, sizes in bytes. */
typedef struct lfm_dynpool_stats_t {
    size_t created;    /**< blocks that there are, free or not; a get that grows the pool has one in hand meanwhile */
    size_t free;       /**< blocks in the list */
    size_t in_use;     /**< the others: taken, or in the hands of a call */
    size_t peak;       /**< the largest value that `in_use` ever had (see lfm_dynpool_stats()) */
    size_t maximum;    /**< as configured: LFM_UNLIMITED if there is none */
    size_t block_size; /**< usable bytes of a block, as asked for */
    size_t stride;     /**< bytes that a block takes from the segment */
} lfm_dynpool_stats_t;

/** @def LFM_DYNPOOL_DEFINE(name, segment, initial, maximum, grow, block_size, align)
 * Defines a pool at file scope, ready at link time: nothing has to run before its first get. Afterwards @p name can be
 * used as a `const lfm_dynpool *` in this file. The initial blocks are memory of the pool's own, as those of
 * LFM_POOL_DEFINE, and so is its metadata. What it creates later comes from the segment. A cache line as alignment
 * makes hardware blocks, of which each begins and ends at a multiple of it.
 * @param segment     a segment that a definer made in this file, by its name
 * @param initial     blocks that are there from the beginning, 0 to @p maximum
 * @param maximum     blocks, 1 to LFM_POOL_MAX_COUNT. One that can be created takes 4 links. All links, and those that
 *                    find a block, are at most LFM_POOL_MAX_COUNT
 * @param grow        blocks taken from the segment when none is free; 0: as many again as there are
 * @param block_size  bytes, 1 to UINT32_MAX / 2
 * @param align       bytes, a power of two: where each block begins
 *
 * Each number is a constant expression. A bad one does not compile. */

/** @def LFM_DYNPOOL_DEFINE_GLOBAL(name, segment, initial, maximum, grow, block_size, align)
 * The same for several files: those that use the pool, and this one, see LFM_DYNPOOL_DECLARE(name). */

/** Declares, in a header, a pool that one file defines with LFM_DYNPOOL_DEFINE_GLOBAL. Afterwards @p name can be used
 * as a `const lfm_dynpool *`. */
#define LFM_DYNPOOL_DECLARE(name) extern const lfm_dynpool name[1]

/** @def LFM_DYNPOOL_DEFINE_WITH(linkage, attributes, name, segment, segment_bytes, initial, maximum, grow, block_size,
 * align)
 * The general form, of which the definers above are cases. It is also for a segment that another file defines.
 * @param linkage        `static`, or LFM_GLOBAL
 * @param attributes     of initial blocks and metadata; may be empty. For a section see LFM_POOL_DEFINE_IN
 * @param segment        a static segment, or the address of one that an init makes
 * @param segment_bytes  at least the bytes of the segment. With so many more a record may have no room for the place
 *                       of a block. Then the pool does not grow, and attach and check return LFM_ECORRUPT
 *
 * The others are as above. */

/** Makes a pool with its initial blocks, all free.
 * @param pool     the control block; what was in it is overwritten. No static one: these are constant
 * @param segment  where blocks are taken from, now and later; it must outlive the pool
 * @param config   what the pool is to be; not needed afterwards, its metadata segment is
 * @return LFM_OK, or
 *         - LFM_EINVAL iff a pointer is NULL, a field is out of its range or more than LFM_POOL_MAX_COUNT blocks are
 *           asked for;
 *         - LFM_EINVAL also iff the pool can grow and its metadata segment has more than LFM_DYNPOOL_METADATA_MAX
 *           bytes left;
 *         - LFM_EINVAL also iff the pool can grow and its segment has 2^32 - 1 or more positions for a block (bytes /
 *           alignment);
 *         - LFM_EINVAL also iff the pool is padded and the padding is more than UINT32_MAX / 2;
 *         - LFM_ENOMEM iff all is in range and a segment has no room for the initial blocks or for links, or their need
 *           overflows size_t.
 *
 * A call that fails has taken nothing, with one exception. If another call took the last room of the blocks' segment
 * meanwhile, the links stay taken from a metadata segment of their own.
 * - Context: any, but nothing else may use the pool meanwhile. Hand it to others by something that synchronises.
 * - Progress: lock-free.
 * - Time: O(1) and zeroing 2 or 4 bytes for each initial block, and for each 4 to 8 further ones that there can be. */
LFM_API LFM_MUST_USE_ lfm_status lfm_dynpool_init(lfm_dynpool *pool, const lfm_segment *segment,
                                                  const lfm_dynpool_config *config) LFM_NAMED_(lfm_dynpool_init);

/** Tells whether this program can use a pool that another process, or another image, has made, and its segments. It
 * only reads.
 * @return LFM_OK, LFM_EINVAL, LFM_EMISMATCH or LFM_ECORRUPT, as lfm_pool_attach() of a pool or as lfm_segment_attach()
 *         of one of the segments. LFM_ECORRUPT also iff a static pool was told of a smaller segment than it has.
 *
 * - Context: any.
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API LFM_MUST_USE_ lfm_status lfm_dynpool_attach(const lfm_dynpool *pool) LFM_NAMED_(lfm_dynpool_attach);

/** Takes a block: the free one that was put last, or if there is none a new one from the segment. New blocks are taken
 * one by one, as many as the configuration says. All but the last are free at once for everybody. So a context that
 * stops for good in the middle keeps one block, whatever the step of growth.
 * @return a block that nobody else has. NULL iff at one instant during the call no block was free and none could be
 *         created. (The pool had its maximum, those in the hands of calls counted, or a segment had no room for one
 *         more block or its metadata.) NULL also iff @p pool is NULL.
 *
 * - Context: any.
 * - Progress: lock-free. A retry means that another call on this pool or its segments succeeded, or that the machine's
 *   weak compare-and-swap failed by itself.
 * - Order: acquires what the block's last owner released by its put.
 * - Time: O(1) without contention if a block is free. Else O(log (segment / stride)) for each block that is created, in
 *   practice O(log created). */
LFM_API LFM_MUST_USE_ void *lfm_dynpool_get(const lfm_dynpool *pool) LFM_NAMED_(lfm_dynpool_get);

/** Gives a block back; it is the next one to be taken (last in, first out).
 * @return LFM_OK; or, with nothing changed:
 *         - LFM_EINVAL iff @p pool or @p block is NULL;
 *         - LFM_EFOREIGN iff @p block points outside of the pool's blocks;
 *         - LFM_EINTERIOR iff it points into them, but not to the start of one;
 *         - LFM_EDOUBLEFREE iff the block is free already, or another put has it in hand.
 *
 * What is found at which level of checks, and of puts that race, is in the table of lfm_pool_put().
 * - Context: any.
 * - Progress: lock-free, as lfm_dynpool_get().
 * - Order: releases the owner's accesses to the block.
 * - Time: O(1) for an initial block. For one that was created later O(log (segment / stride)), in practice
 *   O(log created). */
LFM_API lfm_status lfm_dynpool_put(const lfm_dynpool *pool, void *block) LFM_NAMED_(lfm_dynpool_put);

/** Ends the use of a pool. AddressSanitizer and Valgrind no longer hide its blocks, the created ones included. The pool
 * is empty as one of all zero bytes is, until it is made anew. What it had of its segments stays taken until they are
 * reset. Does nothing to an empty pool, or if @p pool is NULL.
 *
 * A static pool stays empty for good, and all of its blocks count as created and in use. Its gets return NULL. At
 * checks level 1 and 2 its puts return LFM_EDOUBLEFREE or LFM_EFOREIGN, and lfm_dynpool_check() LFM_ECORRUPT. A reset
 * of its segment makes such a pool void for good, so it is ended by this before.
 *
 * - Context: any, but nothing else may use the pool meanwhile, and its segments must still be as they were.
 * - Progress: wait-free.
 * - Time: O(1), or O(metadata) for a static pool; for builds that tell tools also O(created). */
LFM_API void lfm_dynpool_fini(const lfm_dynpool *pool) LFM_NAMED_(lfm_dynpool_fini);

/** Tells how the pool stands. It only reads.
 * @param out  zeroed if @p pool is NULL; nothing is done if @p out is NULL
 *
 * `created`, `free` and `in_use` are exact at one instant during the call. A block that a get is about to create then
 * may be left out. The value of `peak` is at least the most blocks that were outside of the pool between calls at once.
 * It is at most that and the blocks in the hands of calls. Counts can be wrong after a put that stopped very long, as
 * lfm_pool_stats() says.
 * - Context: any.
 * - Progress: lock-free.
 * - Time: O(1). */
LFM_API void lfm_dynpool_stats(const lfm_dynpool *pool, lfm_dynpool_stats_t *out) LFM_NAMED_(lfm_dynpool_stats);

/** Checks the whole structure, block by block. Every free block is in the list once, every other one is marked as
 * taken. Every block can be found from its address, and the counts agree. At checks level 0 taken blocks carry no mark,
 * so only list and records themselves are checked.
 * @return as lfm_dynpool_attach(), which is the first thing it does. LFM_ECORRUPT also iff something disagrees. A
 *         context that was killed inside a call leaves a block that is neither free nor marked, which is LFM_ECORRUPT
 *         too.
 *
 * - Context: any, but nobody may get or put meanwhile.
 * - Progress: wait-free.
 * - Time: O(created) searches. */
LFM_API lfm_status lfm_dynpool_check(const lfm_dynpool *pool) LFM_NAMED_(lfm_dynpool_check);

#ifdef __cplusplus
}
#endif

#if LFM_INLINES_
#include <lfmem/detail/dynpool_inline.h>
#endif

#endif
