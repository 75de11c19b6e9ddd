/* SPDX-License-Identifier: MIT */
/** @file pool.h
 * Pool: a fixed number of blocks of one size, in memory that the caller gives.
 *
 *     LFM_POOL_DEFINE(packets, 32, 256, 4);         // 32 blocks of 256 bytes; ready before main
 *
 *     void *packet = lfm_pool_get(packets);         // NULL: all 32 are taken
 *     if (packet != NULL) {
 *         ...                                       // any thread, core or interrupt may put it back
 *         lfm_status status = lfm_pool_put(packets, packet);
 *     }
 *
 * What may run at the same time as what, on one pool (threads, cores and interrupts alike):
 *
 *     |               | get, put, *_many, stats, owns | check               | init, fini        |
 *     |---------------|-------------------------------|---------------------|-------------------|
 *     | get, put, ... | yes                           | check may see damage| no                |
 *     | check         | check may see damage          | yes                 | no                |
 *     | init, fini    | no                            | no                  | no                |
 *
 * Caches (cache.h) may hold some of a pool's free blocks; for the calls here such a block is not free, but nobody may
 * put it either.
 *
 * Contents: what a context wrote into a block before it put it happens before the return of the get that hands the
 * block out next. lfmem itself neither reads nor writes the bytes of a block (the build option `poison` aside).
 *
 * Memory: the control block is at most 64 bytes; a block costs a link of 2 bytes beside itself (4 bytes beyond 65 534
 * blocks, with 32-bit words beyond 1 022, and at checks level 2). Links lie apart from the blocks.
 *
 * Position: a pool in shared memory may be mapped at different addresses, as long as its control block and its storage
 * keep their distance: put both into one mapping and use lfm_pool_init(). A control block may not be copied or moved
 * without its storage, and that of a static pool not at all: it would hand out memory outside of its storage. All
 * programs that use one pool must agree on the width of pointers and of words, the byte order, checks, shards, marks
 * and the layout of this version; lfm_pool_attach() tells.
 *
 * Before init: a control block that is all zero is that of an empty pool, at checks level 0 for gets only. A get
 * returns NULL, a put LFM_EFOREIGN, attach and check LFM_EINVAL; statistics are zero. An init that fails changes
 * nothing.
 *
 * Source: R. K. Treiber, "Systems Programming: Coping with Parallelism", IBM RJ 5118 (1986), with the links out of
 * band; tags against ABA: IBM System/370 Principles of Operation, appendix A. Proof and memory orders: lib/README.md.
 */
#ifndef LFMEM_POOL_H
#define LFMEM_POOL_H

#include <lfmem/detail/pool_object.h>
#include <lfmem/layout.h>
#include <lfmem/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Most blocks that a pool can have: 2^26 - 2 with 64-bit words, 2^16 - 2 with 32-bit words. */
#define LFM_POOL_MAX_COUNT (LFM_WORD_BITS == 64 ? 67108862u : 65534u)

/** Most shards that a pool can have; 1 without the build option `shards`. */
#define LFM_POOL_MAX_SHARDS (LFM_SHARDS ? 255u : 1u)

/** A pool. A complete type, so that it can be static or part of something else; its fields are private. */
typedef struct lfm_pool lfm_pool;

/** What lfm_pool_stats() tells. Counts are in blocks, sizes in bytes. */
typedef struct lfm_pool_stats_t {
    size_t count;      /**< blocks in all */
    size_t free;       /**< blocks that a get could have taken at one instant during the call: none in caches */
    size_t min_free;   /**< low-water mark: the smallest value that `free` ever had */
    size_t block_size; /**< usable bytes of a block, as asked for */
    size_t stride;     /**< bytes from a block to the next */
} lfm_pool_stats_t;

/** Bytes of storage that lfm_pool_init_sharded() needs, for storage that is aligned to at least @p align. A constant
 * expression. Meaningful for arguments that the init accepts. */
#define LFM_POOL_STORAGE_BYTES_SHARDED(count, block_size, align, shards) \
    LFM_POOL_STORAGE_BYTES_(count, block_size, align, shards)

/** Bytes of storage that lfm_pool_init() needs, for storage that is aligned to at least @p align. A constant
 * expression: blocks, each rounded up to the alignment, and a link for each. */
#define LFM_POOL_STORAGE_BYTES(count, block_size, align) LFM_POOL_STORAGE_BYTES_SHARDED(count, block_size, align, 1)

/** Bytes of links that lfm_pool_init_apart() needs for @p count blocks, at a multiple of 4. A constant expression. */
#define LFM_POOL_LINKS_BYTES(count) (LFM_SIZE_(count) * LFM_LINK_BYTES_(count))

/** Defines a pool at file scope, ready at link time: nothing has to run before its first get. Afterwards @p name can be
 * used as an `lfm_pool *` in this file. The blocks and links are zero-initialised memory and take no room in an image.
 * @param count       blocks, 1 to LFM_POOL_MAX_COUNT
 * @param block_size  bytes, 1 to UINT32_MAX / 2
 * @param align       of every block, bytes; a power of two
 * Each is a constant expression; a bad one does not compile. */
#define LFM_POOL_DEFINE(name, count, block_size, align) LFM_POOL_DEFINE_SHARDED(name, count, block_size, align, 1)

/** The same with the free blocks in @p shards lists (1 to LFM_POOL_MAX_SHARDS and at most @p count):
 * lfm_pool_init_sharded(). */
#define LFM_POOL_DEFINE_SHARDED(name, count, block_size, align, shards) \
    LFM_POOL_DEFINE_WITH(static, , name, count, block_size, align, shards)

/** The same with attributes of the storage, such as LFM_SECTION(".dma"): blocks and links lie there, the control block
 * in ordinary memory. The start-up code has to clear or load that section before the first get, since links begin as
 * zeros. A section takes room in the image unless it is of the kind of .bss: compilers take those whose names begin
 * with ".bss." for such. For memory without compare-and-swap: lfm_pool_init_apart(). */
#define LFM_POOL_DEFINE_IN(attributes, name, count, block_size, align) \
    LFM_POOL_DEFINE_WITH(static, attributes, name, count, block_size, align, 1)

/** The same for several files: those that use the pool, and this one, see LFM_POOL_DECLARE(name). */
#define LFM_POOL_DEFINE_GLOBAL(name, count, block_size, align) \
    LFM_POOL_DEFINE_WITH(LFM_GLOBAL, , name, count, block_size, align, 1)

/** Declares, in a header, a pool that one file defines with LFM_POOL_DEFINE_GLOBAL or LFM_POOL_DEFINE_TYPE_GLOBAL.
 * Afterwards @p name can be used as an `lfm_pool *`. */
#define LFM_POOL_DECLARE(name) extern lfm_pool name[1]

/** LFM_POOL_DEFINE with block size and alignment of a type, for LFM_POOL_GET and LFM_POOL_PUT. */
#define LFM_POOL_DEFINE_TYPE(name, count, type) \
    LFM_POOL_TYPE_(name, type);                 \
    LFM_POOL_DEFINE(name, count, sizeof(type), LFM_ALIGNOF_(type))

/** The same for several files, which see LFM_POOL_DECLARE_TYPE(name, type). */
#define LFM_POOL_DEFINE_TYPE_GLOBAL(name, count, type) \
    LFM_POOL_TYPE_(name, type);                        \
    LFM_POOL_DEFINE_GLOBAL(name, count, sizeof(type), LFM_ALIGNOF_(type))

/** LFM_POOL_DECLARE for a pool of blocks of a type. One with several lists, or in a section, is defined after this by
 * LFM_POOL_DEFINE_WITH(LFM_GLOBAL, ...), with the type's size and alignment. */
#define LFM_POOL_DECLARE_TYPE(name, type) \
    LFM_POOL_TYPE_(name, type);           \
    LFM_POOL_DECLARE(name)

/** lfm_pool_get() from a pool that was defined or declared with its type.
 * @return a pointer to that type */
#define LFM_POOL_GET(name) LFM_POINTER_(name##_lfm_type, lfm_pool_get(name))

/** lfm_pool_put() into such a pool. A pointer to another type, `void *` included, does not compile. */
#define LFM_POOL_PUT(name, block) LFM_POOL_PUT_(name, block)

/** What all of these are.
 * @param linkage     `static`, or LFM_GLOBAL
 * @param attributes  of the storage; may be empty. A section: LFM_POOL_DEFINE_IN
 * The others as above. */
#define LFM_POOL_DEFINE_WITH(linkage, attributes, name, count, block_size, align, shards) \
    LFM_POOL_OBJECT_(linkage, attributes, name, count, block_size, align, shards)

/** Makes a pool of @p count blocks in @p storage, all free. The run-time twin of LFM_POOL_DEFINE.
 * @param pool           the control block; what was in it is overwritten
 * @param storage        aligned to @p align; stays the pool's for as long as the pool is used. AddressSanitizer and
 *                       Valgrind go on hiding free blocks after that: call lfm_pool_fini() before the memory serves
 *                       another purpose than a pool
 * @param storage_bytes  at least LFM_POOL_STORAGE_BYTES(count, block_size, align)
 * @param count          blocks, 1 to LFM_POOL_MAX_COUNT
 * @param block_size     bytes, 1 to UINT32_MAX / 2
 * @param align          of every block, bytes; a power of two
 * @return LFM_OK;
 *         LFM_EINVAL iff a pointer is NULL, a count, size or alignment is out of range or @p storage is not aligned;
 *         LFM_ENOMEM iff all are in range and the storage is too short (a need that overflows size_t included).
 * Context: any, but nothing else may use the pool meanwhile; hand it to others by something that synchronises.
 * Progress: wait-free. Time: O(1) and zeroing 2 or 4 bytes for each block. */
LFM_API LFM_MUST_USE_ lfm_status lfm_pool_init(lfm_pool *pool, void *storage, size_t storage_bytes, size_t count,
                                               size_t block_size, size_t align) LFM_NAMED_(lfm_pool_init);

/** The same with the free blocks in several lists ("shards"), so that contexts that run at the same time do not fight
 * over one word. A context begins at the list that its number gives (threads have numbers on Linux, elsewhere it is
 * the port's LFM_PORT_CONTEXT) and goes round the others before it says that the pool is empty.
 * @param shards  1 to LFM_POOL_MAX_SHARDS, and at most @p count. 1 is an ordinary pool. As many as contexts that
 *                run at the same time, if they live as long as each other or each thread that ends gives back its
 *                number (thread.h), else two to four for each. Each takes LFM_LIST_STRIDE_ (128) bytes.
 * @return as lfm_pool_init(), with LFM_EINVAL also iff @p shards is out of range. */
LFM_API LFM_MUST_USE_ lfm_status lfm_pool_init_sharded(lfm_pool *pool, void *storage, size_t storage_bytes,
                                                       size_t count, size_t block_size, size_t align, size_t shards)
    LFM_NAMED_(lfm_pool_init_sharded);

/** The same with blocks and links in two places: for blocks in memory of a given size, or of another kind than that
 * which the processor should work in.
 * @param blocks        aligned to @p align; as the storage of lfm_pool_init()
 * @param blocks_bytes  at least @p count times the block size, rounded up to the alignment
 * @param links         aligned to 4 bytes; stays the pool's for as long as the pool is used
 * @param links_bytes   at least LFM_POOL_LINKS_BYTES(count)
 * @return as lfm_pool_init(), each of the two pieces being storage. */
LFM_API LFM_MUST_USE_ lfm_status lfm_pool_init_apart(lfm_pool *pool, void *blocks, size_t blocks_bytes, void *links,
                                                     size_t links_bytes, size_t count, size_t block_size, size_t align)
    LFM_NAMED_(lfm_pool_init_apart);

/** Tells whether this program can use a pool that another process, or another image, has made. It only reads.
 * @return LFM_OK;
 *         LFM_EINVAL iff @p pool is NULL or all zero: nobody has made it;
 *         LFM_EMISMATCH iff a build that lays pools out differently made it (see Position; a static pool does not tell
 *         checks level 0 from 1), or it is a copy of a static pool, or such a pool at another address; a copy of a pool
 *         that an init made cannot be told from it;
 *         LFM_ECORRUPT iff it is neither and its constants do not belong together.
 * Context: any. Progress: wait-free. Time: O(1). */
LFM_API LFM_MUST_USE_ lfm_status lfm_pool_attach(const lfm_pool *pool) LFM_NAMED_(lfm_pool_attach);

/** Ends the use of a pool: AddressSanitizer and Valgrind no longer hide its blocks, so that the storage may serve
 * another purpose, and the pool is empty as one of all zero bytes is: it hands out nothing and takes nothing until it
 * is made anew. Blocks that are still taken are nobody's block any more. Does nothing to an empty pool, or if @p pool
 * is NULL. Context: any, but nothing else may use the pool meanwhile, nor its caches, which are finished or made anew
 * first. Progress: wait-free. Time: O(1), but for what a tool takes. */
LFM_API void lfm_pool_fini(lfm_pool *pool) LFM_NAMED_(lfm_pool_fini);

/** Takes a block; its bytes are as their last owner left them.
 * @return a block that nobody else has; NULL iff at one instant during the call no block was free, that is each was
 *         taken, in a cache or in the hands of a call that had not returned, or @p pool is NULL (at checks level 0 that
 * is not looked at, here and in the other calls that take or give blocks). Context: any. Progress: lock-free; a retry
 * means that another get or put on the same list succeeded, or that the machine's weak compare-and-swap failed by
 * itself. Order: acquires what the block's last owner released by its put. Time: O(1) without contention; sharded:
 * O(shards) when the home list is empty. */
LFM_API LFM_MUST_USE_ void *lfm_pool_get(lfm_pool *pool) LFM_NAMED_(lfm_pool_get);

/** Gives a block back; in its list it is the next one to be taken (last in, first out).
 * @return LFM_OK; or, with nothing changed:
 *         LFM_EINVAL iff @p pool or @p block is NULL;
 *         LFM_EFOREIGN iff @p block points outside of the pool's blocks;
 *         LFM_EINTERIOR iff it points into them, but not to the start of one;
 *         LFM_EDOUBLEFREE iff the block is free already, in a cache or not, or another put has it in hand. Of two puts
 * of one block that race, both can succeed at checks level 1, which corrupts the pool, and exactly one succeeds at
 * level 2. No level can see a second put of a block that has been handed out again in between. At level 0 nothing is
 *         checked.
 * Context: any. Progress: lock-free, as get. Order: releases the owner's accesses to the block. Time: O(1). */
LFM_API lfm_status lfm_pool_put(lfm_pool *pool, void *block) LFM_NAMED_(lfm_pool_put);

/** Takes up to @p n blocks, by one compare-and-swap for each list.
 * @param blocks  room for @p n pointers; those beyond the number returned are undefined
 * @return how many it took: fewer than @p n iff at one instant during the call no further block was free; 0 also iff
 *         @p pool or @p blocks is NULL.
 * Context, Progress, Order: as lfm_pool_get(). Time: O(blocks taken) for each try. */
LFM_API LFM_MUST_USE_ size_t lfm_pool_get_many(lfm_pool *pool, void *blocks[], size_t n) LFM_NAMED_(lfm_pool_get_many);

/** Gives @p n blocks back by one compare-and-swap: all of them or, if any is bad, none. In their list the first is the
 * next one to be taken. A block that is named twice is a double free. The array may not lie in one of the blocks.
 * @return as lfm_pool_put(), for the first bad one; LFM_EINVAL iff @p pool or, with @p n > 0, @p blocks or one of the
 *         blocks is NULL; LFM_OK for @p n = 0. At checks level 2, of calls that race over the same blocks at most one
 *         succeeds; each may fail because of a block that another one had in hand at that moment.
 * Context, Progress, Order: as lfm_pool_put(). Time: O(n), and for each further try O(1), or O(n) if the count is split
 * (lib/README.md). */
LFM_API lfm_status lfm_pool_put_many(lfm_pool *pool, void *const blocks[], size_t n) LFM_NAMED_(lfm_pool_put_many);

/** Tells whether @p p is the start of one of the pool's blocks, taken or free.
 * @return false also for NULL. Context: any. Progress: wait-free. Time: O(1). */
LFM_API bool lfm_pool_owns(const lfm_pool *pool, const void *p) LFM_NAMED_(lfm_pool_owns);

/** Tells how the pool stands. It only reads, so a mapping that cannot be written will do. One list: `free` is exact at
 * one instant during the call, and `min_free` lies between its true values at the beginning and the end of the call.
 * Sharded: each list is read at an instant of its own, so `free` is exact while nobody gets or puts; `min_free` is the
 * sum of the lists' own low-water marks, never above the true one when the call began. With 32-bit words, or beyond
 * 65 534 blocks, a put that stops until a list's tag has come round (the table in lib/README.md says after how long)
 * can leave a wrong count, here and for lfm_pool_check(), until the list is empty, and a wrong low-water mark.
 * @param out  zeroed if @p pool is NULL; nothing is done if @p out is NULL
 * Context: any. Progress: lock-free. Time: O(shards). */
LFM_API void lfm_pool_stats(const lfm_pool *pool, lfm_pool_stats_t *out) LFM_NAMED_(lfm_pool_stats);

/** Checks the whole structure, block by block: every free block is in exactly one list, every other one is marked as
 * taken or in a cache, and the counts agree. At checks level 0 taken blocks carry no mark, so only the lists themselves
 * are checked.
 * @return as lfm_pool_attach(), which is the first thing it does; LFM_ECORRUPT also iff something disagrees. A context
 * that was killed inside a call leaves a block that is neither free nor marked, which is reported as LFM_ECORRUPT too.
 * Context: any, but nobody may get or put meanwhile, through caches either. Progress: wait-free. Time: O(count). */
LFM_API lfm_status lfm_pool_check(const lfm_pool *pool) LFM_NAMED_(lfm_pool_check);

#ifdef __cplusplus
}
#endif

#endif
