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
 *     |                               | get, put, *_many, stats, owns | check                | init, fini |
 *     |-------------------------------|-------------------------------|----------------------|------------|
 *     | get, put, *_many, stats, owns | yes                           | check may see damage | no         |
 *     | check                         | check may see damage          | yes                  | no         |
 *     | init, fini                    | no                            | no                   | no         |
 *
 * Caches: a cache (cache.h) may hold some of a pool's free blocks. The calls here do not find such a block free, and
 * refuse a put of it.
 *
 * Contents: what a context wrote into a block before it put it happens before the return of the get that hands the
 * block out next. lfmem itself neither reads nor writes the bytes of a block (the build option `poison` aside).
 *
 * Memory: the control block has at most 72 bytes. That of a static pool is constant, and so in flash. In RAM it has 8
 * bytes, or 16 with 64-bit words, its blocks and their links. A link lies apart from its block:
 *
 *     | a link has | 64-bit words                        | 32-bit words                     |
 *     |------------|-------------------------------------|----------------------------------|
 *     | 1 byte     | none                                | up to 254 blocks                 |
 *     | 2 bytes    | up to 65 534 blocks                 | up to 1 022 blocks               |
 *     | 4 bytes    | more blocks, or checks level 2      | more blocks, or checks level 2   |
 *
 * ABA: each get changes a tag of at least 16 bits beside the top of the list. A get would have to stand still until the
 * tag has come round. The table under "ABA" in lib/README.md says how long that is for each number of blocks.
 *
 * Position: a pool in shared memory may be mapped at different addresses, if its control block and its storage keep
 * their distance. So put both into one mapping and use lfm_pool_init(). A control block may not be copied or moved
 * without its storage: it would hand out memory outside of it. That of a static pool may not be copied or moved at all.
 * All programs that use one pool must agree on:
 * - the width of pointers and of words, and the byte order;
 * - the build options checks, shards and heap_marks;
 * - the layout of this version.
 *
 * lfm_pool_attach() tells whether they do.
 *
 * Before init: a control block that is all zero is that of an empty pool, at checks level 0 for gets only. A get
 * returns NULL, a put LFM_EFOREIGN, attach and check LFM_EINVAL. Statistics are zero. An init that fails changes
 * nothing.
 *
 * In line: in an optimised C program, lfm_pool_get() and lfm_pool_put() on a static pool are compiled into the program.
 * What is constant is folded. The same file defines the pool, or a header declares its shape (LFM_POOL_DECLARE_SHAPE).
 * The pool has one list, and with 32-bit words at most 254 blocks. Elsewhere they are calls of the library, made of the
 * same text. So they are in C++, without optimisation, and with -DLFM_INLINE=0, LFM_POISON, LFM_VALGRIND or LFM_ASAN.
 *
 * Source: R. K. Treiber, "Systems Programming: Coping with Parallelism", IBM RJ 5118 (1986), with the links out of
 * band. Tags against ABA: IBM System/370 Principles of Operation, appendix A. Proof and memory orders: lib/README.md.
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

/** Most shards that a pool can have. It is 1 without the build option `shards`. */
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

/** @def LFM_POOL_STORAGE_BYTES_SHARDED(count, block_size, align, shards)
 * Bytes of storage that lfm_pool_init_sharded() needs, for storage that is aligned to at least @p align. A constant
 * expression. Meaningful for arguments that the init accepts. */

/** Bytes of storage that lfm_pool_init() needs, for storage that is aligned to at least @p align. A constant
 * expression: blocks, each rounded up to the alignment, and a link for each. */
#define LFM_POOL_STORAGE_BYTES(count, block_size, align) LFM_POOL_STORAGE_BYTES_SHARDED(count, block_size, align, 1)

/** Bytes of links that lfm_pool_init_apart() needs for @p count blocks, at a multiple of 4. A constant expression. */
#define LFM_POOL_LINKS_BYTES(count) (LFM_SIZE_(count) * LFM_LINK_BYTES_(count))

/** Defines a pool at file scope, ready at link time: nothing has to run before its first get. Afterwards @p name can be
 * used as a `const lfm_pool *` in this file. The blocks and links are zero-initialised memory and take no room in an
 * image.
 * @param count       blocks, 1 to LFM_POOL_MAX_COUNT
 * @param block_size  bytes, 1 to UINT32_MAX / 2
 * @param align       bytes, a power of two: where each block begins
 *
 * Each is a constant expression. A bad one does not compile. */
#define LFM_POOL_DEFINE(name, count, block_size, align) LFM_POOL_(static, name, count, block_size, align)

/** @def LFM_POOL_DEFINE_SHARDED(name, count, block_size, align, shards)
 * The same with the free blocks in several lists, as lfm_pool_init_sharded().
 * @param shards  lists, 1 to LFM_POOL_MAX_SHARDS and at most @p count */

/** @def LFM_POOL_DEFINE_IN(attributes, name, count, block_size, align)
 * The same with attributes of the storage, such as LFM_SECTION(".dma"): blocks and links lie there, the control block
 * in ordinary memory. Links begin as zeros, so the start-up code has to clear or load that section before the first
 * get. A section takes room in the image unless compilers take it for a part of .bss, as they do if its name begins
 * with ".bss.". Memory without compare-and-swap needs lfm_pool_init_apart() instead. */

/** The same for several files: those that use the pool, and this one, see LFM_POOL_DECLARE(name). */
#define LFM_POOL_DEFINE_GLOBAL(name, count, block_size, align) LFM_POOL_(LFM_GLOBAL, name, count, block_size, align)

/** Declares, in a header, a pool that one file defines with LFM_POOL_DEFINE_GLOBAL or LFM_POOL_DEFINE_TYPE_GLOBAL.
 * Afterwards @p name can be used as a `const lfm_pool *`. */
#define LFM_POOL_DECLARE(name) extern const lfm_pool name[1]

/** @def LFM_POOL_DECLARE_SHAPE(name, count, block_size, align)
 * Declares, in a header, a pool and its shape. So gets and puts are in line in every C file that includes it (see In
 * line). One file, in C or C++, has LFM_POOL_DEFINE_DECLARED(name); the shape is said here alone. Afterwards @p name
 * can be used as a `const lfm_pool *`. It is one pool in all files.
 *
 * Do not compare its address, which may differ from file to file. A file with calls in line that passes it to other
 * functions has a constant control block of its own.
 * @param count       blocks, 1 to LFM_POOL_MAX_COUNT
 * @param block_size  bytes, 1 to UINT32_MAX / 2
 * @param align       bytes, a power of two: where each block begins
 *
 * Each is a constant expression, with the same value in all files. A bad one does not compile. */

/** @def LFM_POOL_DECLARE_SHAPE_TYPE(name, count, type)
 * The same with block size and alignment of a type, for LFM_POOL_GET and LFM_POOL_PUT. */

/** Defines, in one file, a pool whose shape the header declares that it includes. As LFM_POOL_DEFINE_GLOBAL. */
#define LFM_POOL_DEFINE_DECLARED(name) LFM_POOL_DEFINE_DECLARED_IN(, name)

/** @def LFM_POOL_DEFINE_DECLARED_IN(attributes, name)
 * The same with attributes of the storage: as LFM_POOL_DEFINE_IN. */

/** LFM_POOL_DEFINE with block size and alignment of a type, for LFM_POOL_GET and LFM_POOL_PUT. */
#define LFM_POOL_DEFINE_TYPE(name, count, type) LFM_POOL_TYPED_(static, name, count, type)

/** The same for several files, which see LFM_POOL_DECLARE_TYPE(name, type). */
#define LFM_POOL_DEFINE_TYPE_GLOBAL(name, count, type) LFM_POOL_TYPED_(LFM_GLOBAL, name, count, type)

/** LFM_POOL_DECLARE for a pool of blocks of a type. After this, LFM_POOL_DEFINE_WITH(LFM_GLOBAL, ...) with the type's
 * size and alignment defines one with several lists, or in a section. */
#define LFM_POOL_DECLARE_TYPE(name, type) LFM_POOL_DECLARE_TYPED_(name, type)

/** lfm_pool_get() from a pool that was defined or declared with its type.
 * @return a pointer to that type, or NULL */
#define LFM_POOL_GET(name) LFM_POINTER_(name##_lfm_type, lfm_pool_get(name))

/** lfm_pool_put() into such a pool. A pointer to another type, `void *` included, does not compile. */
#define LFM_POOL_PUT(name, block) LFM_POOL_PUT_(name, block)

/** @def LFM_POOL_DEFINE_WITH(linkage, attributes, name, count, block_size, align, shards)
 * The general form, of which all definers above are cases.
 * @param linkage     `static`, or LFM_GLOBAL
 * @param attributes  of the storage; may be empty. For a section see LFM_POOL_DEFINE_IN
 *
 * The others are as above. */

/** Makes a pool of @p count blocks in @p storage, all free. The run-time twin of LFM_POOL_DEFINE.
 * @param pool           the control block; what was in it is overwritten
 * @param storage        aligned to @p align. It stays the pool's for as long as the pool is used. AddressSanitizer and
 *                       Valgrind go on hiding free blocks after that: call lfm_pool_fini() before the memory serves
 *                       another purpose than a pool
 * @param storage_bytes  at least LFM_POOL_STORAGE_BYTES(count, block_size, align)
 * @param count          blocks, 1 to LFM_POOL_MAX_COUNT
 * @param block_size     bytes, 1 to UINT32_MAX / 2
 * @param align          bytes, a power of two: where each block begins
 * @return LFM_OK, or
 *         - LFM_EINVAL iff a pointer is NULL, a count, size or alignment is out of range or @p storage is not aligned;
 *         - LFM_ENOMEM iff all are in range and the storage is too short, or its need overflows size_t.
 *
 * - Context: any, but nothing else may use the pool meanwhile. Hand it to others by something that synchronises.
 * - Progress: wait-free.
 * - Time: O(1) and zeroing 2 or 4 bytes for each block. */
LFM_API LFM_MUST_USE_ lfm_status lfm_pool_init(lfm_pool *pool, void *storage, size_t storage_bytes, size_t count,
                                               size_t block_size, size_t align) LFM_NAMED_(lfm_pool_init);

/** The same with the free blocks in several lists ("shards"), so that contexts that run at the same time do not fight
 * over one word. A context begins at the list that its number gives, and goes round the others before it finds the pool
 * empty. Threads have numbers on Linux (thread.h). Elsewhere the number is that of the port's LFM_PORT_CONTEXT.
 * @param shards  lists, 1 to LFM_POOL_MAX_SHARDS and at most @p count. One list makes an ordinary pool. Take as many as
 *                contexts that run at the same time. Take two to four for each if threads come and go and do not give
 *                back their numbers. Each list takes 128 bytes (LFM_LIST_STRIDE_)
 * @return as lfm_pool_init(); LFM_EINVAL also iff @p shards is out of range.
 *
 * - Context, Progress: as lfm_pool_init().
 * - Time: that of lfm_pool_init(), and O(shards). */
LFM_API LFM_MUST_USE_ lfm_status lfm_pool_init_sharded(lfm_pool *pool, void *storage, size_t storage_bytes,
                                                       size_t count, size_t block_size, size_t align, size_t shards)
    LFM_NAMED_(lfm_pool_init_sharded);

/** The same with blocks and links in two places. It is for blocks in memory of a given size, or in other memory than
 * that which the processor should work in.
 * @param blocks        aligned to @p align; as the storage of lfm_pool_init()
 * @param blocks_bytes  at least @p count times the block size, rounded up to the alignment
 * @param links         aligned to 4 bytes; stays the pool's for as long as the pool is used
 * @param links_bytes   at least LFM_POOL_LINKS_BYTES(count)
 * @return as lfm_pool_init(), each of the two pieces being storage.
 *
 * - Context, Progress, Time: as lfm_pool_init(). */
LFM_API LFM_MUST_USE_ lfm_status lfm_pool_init_apart(lfm_pool *pool, void *blocks, size_t blocks_bytes, void *links,
                                                     size_t links_bytes, size_t count, size_t block_size, size_t align)
    LFM_NAMED_(lfm_pool_init_apart);

/** Tells whether this program can use a pool that another process, or another image, has made. It only reads.
 * @return LFM_OK, or
 *         - LFM_EINVAL iff @p pool is NULL or all zero: it was never made;
 *         - LFM_EMISMATCH iff a build that lays pools out differently made it (see Position);
 *         - LFM_EMISMATCH also iff it is a copy of a static pool, or such a pool at another address;
 *         - LFM_ECORRUPT iff it is neither and its constants do not belong together.
 *
 * A static pool does not tell checks level 0 from 1. A copy of a pool that an init made cannot be told from it.
 * - Context: any.
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API LFM_MUST_USE_ lfm_status lfm_pool_attach(const lfm_pool *pool) LFM_NAMED_(lfm_pool_attach);

/** Ends the use of a pool. AddressSanitizer and Valgrind no longer hide its blocks, so the storage may serve another
 * purpose. The pool is empty as one of all zero bytes is, until it is made anew. A block that is still taken no longer
 * belongs to anything. Does nothing to an empty pool, or if @p pool is NULL.
 *
 * A static pool stays empty for good. Its gets return NULL. At checks level 1 and 2 its puts return LFM_EDOUBLEFREE,
 * and lfm_pool_check() LFM_ECORRUPT.
 *
 * - Context: any, but nothing else may use the pool meanwhile. Its caches are finished or made anew first.
 * - Progress: wait-free.
 * - Time: O(1), or O(blocks) for a static pool, and what a tool takes. */
LFM_API void lfm_pool_fini(const lfm_pool *pool) LFM_NAMED_(lfm_pool_fini);

/** Takes a block. Its bytes are as their last owner left them.
 * @return a block that nobody else has. NULL iff at one instant during the call no block was free. (Each was taken, in
 *         a cache or in the hands of a running call.) NULL also iff @p pool is NULL. (At checks level 0 the calls that
 *         take or give blocks do not look for that.)
 *
 * - Context: any.
 * - Progress: lock-free. A retry means that another get or put on the same list succeeded, or that the machine's weak
 *   compare-and-swap failed by itself.
 * - Order: acquires what the block's last owner released by its put.
 * - Time: O(1) without contention; sharded, O(shards) if the home list is empty. */
LFM_API LFM_MUST_USE_ void *lfm_pool_get(const lfm_pool *pool) LFM_NAMED_(lfm_pool_get);

/** Gives a block back; in its list it is the next one to be taken (last in, first out).
 * @return LFM_OK; or, with nothing changed,
 *         - LFM_EINVAL iff @p pool or @p block is NULL;
 *         - LFM_EFOREIGN iff @p block points outside of the pool's blocks;
 *         - LFM_EINTERIOR iff it points into them, but not to the start of one;
 *         - LFM_EDOUBLEFREE iff the block is free already, in a cache or not, or another put has it in hand.
 *
 * What is found depends on the build option `checks`:
 *
 *     | level | bad pointers | a second put           | two puts of one block that race        |
 *     |-------|--------------|------------------------|----------------------------------------|
 *     | 0     | not checked  | not checked            | not checked                            |
 *     | 1     | refused      | refused                | both can succeed and corrupt the pool  |
 *     | 2     | refused      | refused                | exactly one succeeds                   |
 *
 * No level can see a second put of a block that has been handed out again in between.
 * - Context: any.
 * - Progress: lock-free, as lfm_pool_get().
 * - Order: releases the owner's accesses to the block.
 * - Time: O(1) without contention. */
LFM_API lfm_status lfm_pool_put(const lfm_pool *pool, void *block) LFM_NAMED_(lfm_pool_put);

/** Takes up to @p n blocks, by one compare-and-swap for each list (one for each block with port/llsc_one_core.h).
 * @param blocks  room for @p n pointers; those beyond the number returned are undefined
 * @param n       pointers, 0 and up
 * @return blocks that it took: fewer than @p n iff at one instant during the call no further block was free. 0 also iff
 *         @p pool or @p blocks is NULL.
 *
 * - Context, Progress, Order: as lfm_pool_get().
 * - Time: O(blocks taken) for each try. */
LFM_API LFM_MUST_USE_ size_t lfm_pool_get_many(const lfm_pool *pool, void *blocks[], size_t n)
    LFM_NAMED_(lfm_pool_get_many);

/** Gives @p n blocks back by one compare-and-swap: all of them or, if any is bad, none. In their list the first is the
 * next one to be taken. A block that is named twice is a double free.
 * @param blocks  @p n pointers; the array may not lie in one of the blocks
 * @param n       pointers, 0 and up
 * @return as lfm_pool_put(), for the first bad one. LFM_EINVAL iff @p pool or, with @p n > 0, @p blocks or one of the
 *         blocks is NULL. LFM_OK for @p n = 0.
 *
 * At checks level 2, of calls that race over the same blocks at most one succeeds. Each may fail because of a block
 * that another one had in hand at that moment.
 * - Context, Progress, Order: as lfm_pool_put().
 * - Time: O(n). Each further try takes O(1), or O(n) if the count is split (lib/README.md). */
LFM_API lfm_status lfm_pool_put_many(const lfm_pool *pool, void *const blocks[], size_t n)
    LFM_NAMED_(lfm_pool_put_many);

/** Tells whether @p p is the start of one of the pool's blocks, taken or free.
 * @return false also for NULL.
 *
 * - Context: any.
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API bool lfm_pool_owns(const lfm_pool *pool, const void *p) LFM_NAMED_(lfm_pool_owns);

/** Tells how the pool stands. It only reads, so a mapping that cannot be written will do.
 * @param out  zeroed if @p pool is NULL; nothing is done if @p out is NULL
 *
 * One list: `free` is exact at one instant during the call. `min_free` lies between its true values at the beginning
 * and the end of the call.
 *
 * Sharded: each list is read at an instant of its own, so `free` is exact while nobody gets or puts. The sum of the
 * lists' own low-water marks is `min_free`, never above the true one when the call began.
 *
 * A put can stop until a list's tag has come round (see ABA), with 32-bit words or more than 65 534 blocks. It can
 * leave a wrong low-water mark. It can also leave a wrong count, here and for lfm_pool_check(), until the list is
 * empty.
 * - Context: any.
 * - Progress: lock-free.
 * - Time: O(shards). */
LFM_API void lfm_pool_stats(const lfm_pool *pool, lfm_pool_stats_t *out) LFM_NAMED_(lfm_pool_stats);

/** Checks the whole structure, block by block. Every free block is in exactly one list, every other one is marked as
 * taken or in a cache, and the counts agree. At checks level 0 taken blocks carry no mark, so only the lists themselves
 * are checked.
 * @return as lfm_pool_attach(), which is the first thing it does. LFM_ECORRUPT also iff something disagrees. A context
 *         that was killed inside a call leaves a block that is neither free nor marked, which is LFM_ECORRUPT too.
 *
 * - Context: any, but nobody may get or put meanwhile, through caches either.
 * - Progress: wait-free.
 * - Time: O(count). */
LFM_API lfm_status lfm_pool_check(const lfm_pool *pool) LFM_NAMED_(lfm_pool_check);

#ifdef __cplusplus
}
#endif

#if LFM_INLINES_
#include <lfmem/detail/pool_inline.h>
#endif

#endif
