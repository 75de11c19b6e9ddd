/* SPDX-License-Identifier: MIT */
/** @file os_mempool.h
 * The memory pools of Apache Mynewt, by their own names, over lfmem's pools: lock-free, race-free, and with every bad
 * block refused.
 *
 *     static os_membuf_t memory[OS_MEMPOOL_SIZE(32, 64)];
 *     static struct os_mempool pool;
 *
 *     os_mempool_init(&pool, 32, 64, memory, "packets");   // once
 *
 *     void *packet = os_memblock_get(&pool);               // NULL: all 32 are taken
 *     ...                                                  // any thread, core or interrupt may put it back
 *     os_memblock_put(&pool, packet);
 *
 * What may run at the same time as what (threads, cores and interrupts alike). On one pool:
 *
 *     |                             | get, put, put_from_cb, from | is_sane           | init, ext_init, clear |
 *     |-----------------------------|-----------------------------|-------------------|-----------------------|
 *     | get, put, put_from_cb, from | yes                         | may report damage | no                    |
 *     | is_sane                     | may report damage           | yes               | no                    |
 *     | init, ext_init, clear       | no                          | no                | no                    |
 *
 * lfm_mynewt_fini() is as init. What works on the list of pools may run beside anything: unregister, module_init,
 * info_get_next and os_mempool_get. Init and unregister enter and take off pools while others walk. A walk reads the
 * pools that it meets. So the `struct` and the name of a pool must stay for as long as it is listed. They must also
 * stay until walks have left it that began before it was taken off.
 *
 * Contents: what a context wrote into a block before it put it happens before the return of the get that hands the
 * block out next. Only init and clear write into blocks: the chain that code for Mynewt looks for (see below).
 *
 * Memory: a pool takes sizeof(struct os_mempool) and no more than the macros tell in the buffer. Its links have 2 bytes
 * a block. They have 4 beyond 65 534 blocks and at checks level 2. With 32-bit words they have 1 byte up to 254 blocks,
 * and 4 beyond 1 022. They lie in an area of the front-end's, build option `mynewt_metadata`. LFM_MYNEWT_METADATA_BYTES
 * tells what they take there. They stay the pool's when it is unregistered, since it stays usable, and are found again
 * by the next init at its address. So a pool whose `struct` is to be something else, or elsewhere the next time, ends
 * with lfm_mynewt_fini(). A `struct` may not be copied or moved.
 *
 * This header stands in the place of Mynewt's and includes what that includes. In a project with Mynewt's kernel, or
 * NimBLE's porting layer, os/os.h, os/queue.h and the values of options are the project's; else they are lfmem's. */
#ifndef LFMEM_COMPAT_MYNEWT_OS_MEMPOOL_H
#define LFMEM_COMPAT_MYNEWT_OS_MEMPOOL_H

/* Mynewt's own guard: another copy of the header that comes later stays out. */
#ifdef _OS_MEMPOOL_H_
#error "Mynewt's own os/os_mempool.h comes first: take it out of the project, and os_mempool.c with it"
#endif
#define _OS_MEMPOOL_H_

#include "os/os.h"
#include <stdbool.h>
#if __has_include("os/queue.h")
#include "os/queue.h"
#endif
#ifndef OS_ALIGNMENT
#include "os/os_arch.h"
#endif
#include "os/os_error.h"
#include <lfmem/pool.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What buffers are made of: as many bytes as their alignment. */
#if OS_ALIGNMENT == 4
#define LFM_MYNEWT_ALIGNED_ "_a4"
typedef uint32_t os_membuf_t __attribute__((aligned(4)));
#elif OS_ALIGNMENT == 8
#define LFM_MYNEWT_ALIGNED_ "_a8"
typedef uint64_t os_membuf_t __attribute__((aligned(8)));
#elif OS_ALIGNMENT == 16
#define LFM_MYNEWT_ALIGNED_ "_a16"
typedef struct os_membuf {
    uint64_t words[2];
} __attribute__((aligned(16))) os_membuf_t;
#else
#error "OS_ALIGNMENT is 4, 8 or 16"
#endif

/* A project of before there were guards has none. */
#ifndef MYNEWT_VAL_OS_MEMPOOL_GUARD
#define LFM_MYNEWT_GUARDS_ 0
#elif MYNEWT_VAL_OS_MEMPOOL_GUARD
#define LFM_MYNEWT_GUARDS_ 1
#else
#define LFM_MYNEWT_GUARDS_ 0
#endif

/* How buffers and blocks are laid out is in the names that the linker sees, as the rest of the configuration is. */
#if LFM_MYNEWT_GUARDS_
#define LFM_MYNEWT_GUARDED_ "_g1"
#else
#define LFM_MYNEWT_GUARDED_ "_g0"
#endif
#define LFM_MYNEWT_NAMED_(function) \
    __asm__(LFM_TEXT_OF_(__USER_LABEL_PREFIX__) #function LFM_CONFIGURATION_ LFM_MYNEWT_ALIGNED_ LFM_MYNEWT_GUARDED_)

/** Bytes that a block of @p size takes, before they are rounded up: with a guard, more than the size. A block of an
 * extended pool has no guard, and takes @p size. */
#if LFM_MYNEWT_GUARDS_
#define OS_MEMPOOL_BLOCK_SZ(size) ((size) + sizeof(os_membuf_t))
#else
#define OS_MEMPOOL_BLOCK_SZ(size) (size)
#endif

/** Elements of a buffer for @p n blocks of @p blksize bytes, in any pool. An extended one leaves the room for guards
 * unused, if there is any. A constant expression, of the type of its arguments if there are no guards. */
#define OS_MEMPOOL_SIZE(n, blksize) (((OS_MEMPOOL_BLOCK_SZ(blksize) + ((OS_ALIGNMENT)-1)) / (OS_ALIGNMENT)) * (n))

/** Bytes of the same buffer. */
#define OS_MEMPOOL_BYTES(n, blksize) (sizeof(os_membuf_t) * OS_MEMPOOL_SIZE((n), (blksize)))

/* Links lie in the area in multiples of this. */
#define LFM_MYNEWT_UNIT_ 32

/** Bytes that a pool of @p n blocks takes of the area for links (build option `mynewt_metadata`). They are those of its
 * links, rounded up to a multiple of 32. An area of as many bytes as the pools' values add up to has room for all of
 * them. In which order they are made, and when, makes no difference. Once links have been given back that is no longer
 * certain, since what is free can be in several pieces. (lfm_mynewt_fini() gives links back, or an init with another
 * number of blocks.) A constant expression.
 * @param n  0 to 65535 */
#define LFM_MYNEWT_METADATA_BYTES(n) \
    ((LFM_POOL_LINKS_BYTES(n) + (LFM_MYNEWT_UNIT_ - 1)) / LFM_MYNEWT_UNIT_ * LFM_MYNEWT_UNIT_)

/** Flag of a pool that is the first part of a struct os_mempool_ext. */
#define OS_MEMPOOL_F_EXT 0x01

/** Flag of a pool in which poison or a guard was found overwritten. Stays until init or clear. */
#define OS_MEMPOOL_F_DAMAGED 0x80

/** Room for a name in a struct os_mempool_info, in bytes. */
#define OS_MEMPOOL_INFO_NAME_LEN 32

/* Those of the BSD lists' macros that are used on pools, as <sys/queue.h> has them, where there is no os/queue.h. */
#ifndef SLIST_FIRST
#define SLIST_FIRST(head) ((head)->slh_first)
#endif
#ifndef SLIST_NEXT
#define SLIST_NEXT(elm, field) ((elm)->field.sle_next)
#endif

/** A block as it lies in the chain that init and clear leave: SLIST_FIRST(pool), then SLIST_NEXT(block, mb_next), is
 * each block in ascending order. lfmem does not read the chain, and nobody updates it. Blocks in which the link has no
 * room (of 4 bytes, beside pointers of 8) are not chained, and SLIST_FIRST is NULL. */
struct os_memblock {
    struct {
        struct os_memblock *sle_next;
    } mb_next;
};

/** A pool. Fields are to be read only. Those that change or are walked over are atomics of their size; a read in C is
 * one, too. Where one core (with its interrupts) works on the pool, the counts are exact whenever a call has
 * returned and none is under way. Where several do, they may be those of a moment before until the next call. */
struct os_mempool {
    /* constant after init */
    LFM_ATOMIC_(uint32_t) mp_block_size; /**< bytes, as given */
    LFM_ATOMIC_(uint16_t) mp_num_blocks; /**< blocks in all */
    /* written by every get and put */
    LFM_ATOMIC_(uint16_t) mp_num_free;  /**< free blocks */
    LFM_ATOMIC_(uint16_t) mp_min_free;  /**< the smallest value that mp_num_free ever had */
    LFM_ATOMIC_(uint8_t) mp_flags;      /**< OS_MEMPOOL_F_... */
    LFM_ATOMIC_(uint32_t) mp_sequence_; /* of its last registration; 0: none (private) */
    /* constant after init */
    uintptr_t mp_membuf_addr; /**< address of the buffer */
    struct {
        struct os_mempool *stqe_next;
    } mp_list;                     /**< the next pool; only as g_os_mempool_list has left it */
    struct os_memblock *slh_first; /**< head of the chain that init and clear leave */
    LFM_ATOMIC_(char *) name;      /**< as given; the characters are not copied */
    lfm_pool mp_lfm_;              /* the pool itself: private */
};

struct os_mempool_ext;

/** What is called with a block that is put into an extended pool, before it is free.
 * @param ome   the pool
 * @param data  the block; os_memblock_put_from_cb() frees it, now or later
 * @param arg   the pool's mpe_put_arg
 * @return what os_memblock_put() is to return */
typedef os_error_t os_mempool_put_fn(struct os_mempool_ext *ome, void *data, void *arg);

/** A pool that tells of each put. The callback may be set while nobody puts. */
struct os_mempool_ext {
    struct os_mempool mpe_mp;
    os_mempool_put_fn *mpe_put_cb; /**< NULL: blocks are freed at once */
    void *mpe_put_arg;
};

/** What os_mempool_info_get_next() tells. */
struct os_mempool_info {
    int omi_block_size;                      /**< bytes, as given */
    int omi_num_blocks;                      /**< blocks in all */
    int omi_num_free;                        /**< free blocks */
    int omi_min_free;                        /**< low-water mark */
    char omi_name[OS_MEMPOOL_INFO_NAME_LEN]; /**< the first 31 bytes of the name; empty for NULL */
};

/** Empties the list of pools. They keep working, and can be registered again by an init only.
 *
 * - Context: any; pools that are registered meanwhile may be listed or not.
 * - Progress: wait-free.
 * - Time: O(pools). */
LFM_API void os_mempool_module_init(void);

/** Makes a pool, all blocks free, and enters it at the end of the list of pools; one that is listed already keeps its
 * place. Links that an earlier init took for the pool at this address serve again if they are enough. If not, they are
 * given back.
 * @param mp          the pool; what was in it is overwritten
 * @param blocks      0 to 65535; with 32-bit words to 65534
 * @param block_size  bytes, 1 and up
 * @param membuf      OS_MEMPOOL_BYTES(blocks, block_size) bytes at a multiple of OS_ALIGNMENT; NULL only if @p blocks
 *                    is 0
 * @param name        NULL, or a string that stays
 * @return OS_OK; or, with nothing changed, so that an earlier pool at this address goes on as it was:
 *         - OS_INVALID_PARM iff @p mp is NULL, @p block_size is 0, @p membuf is NULL with blocks to be in it, or there
 *           are too many blocks;
 *         - OS_INVALID_PARM also iff a block is larger than 2^31 - 1 - 2 * OS_ALIGNMENT bytes, or the buffer than what
 *           lies behind its address;
 *         - OS_MEM_NOT_ALIGNED iff all that is in order and @p membuf is not aligned;
 *         - OS_ENOMEM iff there is no room for the links, also with those of the earlier pool given back (build option
 *           `mynewt_metadata`). Room that an init at the same time was trying to take counts as taken;
 *         - OS_ENOMEM also iff at an instant during the call as many pools were listed, or being made, as can be
 *           (`mynewt_pools`).
 *
 * One change there is. The links may have to be given back first, and an init of another pool may take the room in
 * between. Then the earlier pool has 0 blocks from then on.
 *
 * - Context: any, but nothing else may use this pool meanwhile; hand it to others by something that synchronises.
 * - Progress: lock-free.
 * - Time: O(blocks) for the chain and 2 or 4 bytes of link each, O(pools), O(mynewt_metadata). */
LFM_API os_error_t os_mempool_init(struct os_mempool *mp, uint16_t blocks, uint32_t block_size, void *membuf,
                                   const char *name) LFM_MYNEWT_NAMED_(os_mempool_init);

/** The same for an extended pool, without a callback yet. It has no guards, whatever the build option says, so that its
 * blocks lie mp_block_size bytes apart, rounded up to OS_ALIGNMENT. */
LFM_API os_error_t os_mempool_ext_init(struct os_mempool_ext *mpe, uint16_t blocks, uint32_t block_size, void *membuf,
                                       const char *name) LFM_MYNEWT_NAMED_(os_mempool_ext_init);

/** Takes a pool off the list of pools: another one can have its place. It stays usable, and keeps its links.
 * @return OS_OK; OS_INVALID_PARM iff @p mp is NULL or, at an instant during the call, not listed.
 *
 * - Context: any.
 * - Progress: wait-free.
 * - Time: O(pools). */
LFM_API os_error_t os_mempool_unregister(struct os_mempool *mp) LFM_MYNEWT_NAMED_(os_mempool_unregister);

/** Ends a pool; not one of Mynewt's calls. It is taken off the list if it is there, and its links are given back. What
 * AddressSanitizer and Valgrind hide of its buffer is shown. It has 0 blocks from then on. Its memory and its buffer
 * may be anything else as soon as walks have left it (see above), or a pool again by an init.
 * @param mp  a pool that an init has made, or all zero; NULL: nothing is done
 *
 * - Context: any, but nothing else may use this pool meanwhile.
 * - Progress: lock-free.
 * - Time: O(pools), O(mynewt_metadata). */
LFM_API void lfm_mynewt_fini(struct os_mempool *mp) LFM_MYNEWT_NAMED_(lfm_mynewt_fini);

/** Makes all blocks free again, those that are taken included: nothing may use one of those any more. Both counts are
 * the number of blocks, as after init. Does not touch the list of pools, the name, or the callback.
 * @return OS_OK; OS_INVALID_PARM iff @p mp is NULL, or its fields are not those that an init has left: then it has 0
 *         blocks from then on. A pool that is all zero has none and is OS_OK.
 *
 * - Context: any, but nothing else may use this pool meanwhile.
 * - Progress: wait-free.
 * - Time: O(blocks). */
LFM_API os_error_t os_mempool_clear(struct os_mempool *mp) LFM_MYNEWT_NAMED_(os_mempool_clear);

/** Checks the whole pool: every free block is in the free list, once, as many as the list says. Every other one is
 * marked as taken. With poison every free block is as it was put. Of mp_num_free and mp_min_free, which may be late
 * (see above), only that they are possible. At checks level 0 taken blocks carry no mark.
 * @return false also for NULL; true for a pool without blocks, one that is all zero included.
 *
 * - Context: any, but nobody may get or put meanwhile.
 * - Progress: wait-free, whatever the damage.
 * - Time: O(blocks). */
LFM_API bool os_mempool_is_sane(const struct os_mempool *mp) LFM_MYNEWT_NAMED_(os_mempool_is_sane);

/** Tells whether @p block_addr is the start of one of the pool's blocks, taken or free.
 * @return 1 or 0; 0 also for NULL.
 *
 * - Context: any.
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API int os_memblock_from(const struct os_mempool *mp, const void *block_addr) LFM_MYNEWT_NAMED_(os_memblock_from);

/** Takes a block; its bytes are as they were left.
 * @return the block that was put last; NULL iff at one instant during the call no block was free, or @p mp is NULL.
 *         With poison, a block that was written to while it was free is not handed out. It stays taken, the pool is
 *         marked OS_MEMPOOL_F_DAMAGED, and the next one is tried.
 *
 * - Context: any.
 * - Progress: lock-free; a retry means that another get or put succeeded.
 * - Order: acquires what the block's last owner released by its put.
 * - Time: O(1) without contention. */
LFM_API void *os_memblock_get(struct os_mempool *mp) LFM_MYNEWT_NAMED_(os_memblock_get);

/** Gives a block back. An extended pool may have a callback. That is called with the block, which is still taken, and
 * the call returns what it returns. Else the call is os_memblock_put_from_cb().
 * @return OS_OK; or, with nothing changed and no callback called:
 *         - OS_INVALID_PARM iff a pointer is NULL, or @p block_addr is not the start of one of the pool's blocks, or
 *           the block is free already;
 *         - OS_EINVAL iff the guard behind the block was overwritten: the block stays taken.
 *
 * At checks level 0 only pointers that are NULL are found. Of puts of one block that race, both may succeed
 * below level 2: lfm_pool_put().
 *
 * - Context: any.
 * - Progress: lock-free, and the callback's.
 * - Order: releases the owner's accesses.
 * - Time: O(1). */
LFM_API os_error_t os_memblock_put(struct os_mempool *mp, void *block_addr) LFM_MYNEWT_NAMED_(os_memblock_put);

/** Gives a block back and calls nobody: what a callback uses.
 * @return as os_memblock_put(). */
LFM_API os_error_t os_memblock_put_from_cb(struct os_mempool *mp, void *block_addr)
    LFM_MYNEWT_NAMED_(os_memblock_put_from_cb);

/** Walks the list of pools, in the order in which they were registered.
 * @param mp    NULL to begin; else the pool that was returned last, or any other one that an init has made, or all
 *              zero. If it has been taken off the list in between, the walk goes on from where it was. If it has been
 *              registered again, it goes on from its new place at the end
 * @param info  receives what the fields of the pool that is returned say; may be NULL
 * @return a pool that was listed at an instant during the call; NULL: there is no further one, or @p mp is all zero. A
 *         walk meets every pool that is listed all the while, once, unless the walk is taken along as above.
 *
 * - Context: any.
 * - Progress: wait-free.
 * - Order: acquires the init that registered the pool.
 * - Time: O(pools). */
LFM_API struct os_mempool *os_mempool_info_get_next(struct os_mempool *mp, struct os_mempool_info *info)
    LFM_MYNEWT_NAMED_(os_mempool_info_get_next);

/** Finds the first pool in the list whose name is @p mempool_name, or is that once it is cut to 31 bytes.
 * @param info  receives what its fields say; may be NULL. Undefined if none is found
 * @return a pool that was listed at an instant during the call. NULL only if none with this name was listed all the
 *         while, or @p mempool_name is NULL.
 *
 * - Context, Progress, Order: as os_mempool_info_get_next().
 * - Time: O(pools) and comparing names. */
LFM_API struct os_mempool *os_mempool_get(const char *mempool_name, struct os_mempool_info *info)
    LFM_MYNEWT_NAMED_(os_mempool_get);

/** The list of pools as Mynewt has it, for code that declares it and goes through it:
 *
 *     STAILQ_HEAD(os_mempool_list, os_mempool);
 *     extern struct os_mempool_list g_os_mempool_list;
 *     STAILQ_FOREACH(mp, &g_os_mempool_list, mp_list) ...
 *
 * It is a picture: each use of the name is a call that writes head and links anew, of the pools listed, in their order.
 * What is assigned to it changes no list. Nothing else reads or writes it, so no other call is any slower or less safe.
 * In C++ the declaration has to be in an extern "C" block.
 *
 * One context at a time may use it, from the use of the name to the end of the walk. No pool may be registered or taken
 * off meanwhile. Else a walk may miss pools or meet one that has left. Or it goes in a circle until the other context's
 * use of the name has ended: for ever, if that one cannot go on meanwhile. A walk by os_mempool_info_get_next() has
 * none of these limits.
 *
 * - Context: any, one at a time.
 * - Time: O(pools^2). */
#define g_os_mempool_list (*lfm_mynewt_pools())

#ifdef __cplusplus
}
#endif

#endif
