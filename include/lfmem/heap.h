/* SPDX-License-Identifier: MIT */
/** @file heap.h
 * Heap: blocks of any size from one piece of memory, taken and given back in any order: malloc without a lock.
 *
 *     LFM_HEAP_DEFINE(heap, 16384, 64, LFM_FIT_TRIMMED);   // 16 KiB in units of 64 bytes; ready before main
 *
 *     char *message = lfm_heap_alloc(heap, 100);           // two units; NULL: no room
 *     if (message != NULL) {
 *         ...                                              // any thread, core or interrupt may free it
 *         lfm_status status = lfm_heap_free(heap, message);
 *     }
 *
 * This header includes heap_info.h: what a heap tells of itself (sizes, statistics, a walk, a check). What may run at
 * the same time as what, on one heap (threads, cores and interrupts alike):
 *
 *     |                | any other call                   | visit, check     | init, fini |
 *     |----------------|----------------------------------|------------------|------------|
 *     | any other call | yes, each block by one at a time | may tell untruth | no         |
 *     | visit, check   | may tell untruth                 | yes              | no         |
 *     | init, fini     | no                               | no               | no         |
 *
 * Sizes: a request is rounded up to units, or to a class of the heap's fit, without a header. With units of 64 bytes:
 *
 *     | request | TRIMMED, 64-bit words | TRIMMED, 32-bit words | BUDDY4 | BUDDY2 |
 *     |---------|-----------------------|-----------------------|--------|--------|
 *     |       1 |                    64 |                    64 |     64 |     64 |
 *     |      65 |                   128 |                   128 |    256 |    128 |
 *     |     300 |                   320 |                   512 |   1024 |    512 |
 *     |     700 |                   704 |                   768 |   1024 |   1024 |
 *     |    1100 |                  2048 |                  2048 |   4096 |   2048 |
 *     |    5000 |                  5120 |                  8192 |  16384 |   8192 |
 *     |  100000 |                114688 |                131072 | 262144 | 131072 |
 *
 * Failure: an allocation fails only if, at one instant during the call, blocks overlapped every position that could
 * have served it. Those were taken, or the one that each running call has in hand. A block of n units lies at a
 * multiple of n rounded up to a power of two (LFM_FIT_BUDDY4: to its class). So if k blocks, each so rounded, are at
 * most 1/k of a heap whose size is a power of two, none keeps another out. Splitting and merging hide nothing.
 *
 * Contents: what a context wrote into a block before it freed it happens before the next allocation that hands out any
 * of its bytes returns. Only calloc, realloc and the build option `poison` read or write those bytes.
 *
 * Memory: a unit costs 4.3 bits (32-bit words: 10.7), the control block at most 152 bytes. That of a static heap is
 * constant, so that it can lie in flash. Its state in RAM is a number of 32 bits and two sizes. Hints take 40 bytes for
 * each factor of 16 in the number of units (12 for each factor of 4). From 4096 units on they take 16 times that, up to
 * a multiple of 2048 bytes (1024). Beyond 8192 words the full-summary (`heap_marks`) takes a word for each 128.
 *
 * Position: as a pool's (pool.h), which also says what may not be copied or moved. lfm_heap_alloc_aligned() goes by
 * addresses in the caller's mapping. It may find no block where these differ, modulo the alignment, from those in the
 * mapping in which the heap was made.
 *
 * Before init: a control block that is all zero is that of a heap without a unit. Allocations return NULL and do not
 * count as failures, a free says LFM_EFOREIGN, attach and check say LFM_EINVAL.
 *
 * Source: binary buddies, K. C. Knowlton, CACM 8(10), 1965, with the states of several orders in one word, and frees
 * that leave merging to allocations. Proof and memory orders: lib/README.md.
 */
#ifndef LFMEM_HEAP_H
#define LFMEM_HEAP_H

#include <lfmem/heap_info.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a request is rounded up to: the table under Sizes has examples. */
typedef enum lfm_heap_fit LFM_OF_INT_ {
    LFM_FIT_TRIMMED = 0, /**< the units that it needs; beyond 15 of them (32-bit words: 3) the larger units of 16 (4),
                              256 (16) ... that it needs */
    LFM_FIT_BUDDY4,      /**< classes of min_block * 4^k bytes */
    LFM_FIT_BUDDY2,      /**< classes of min_block * 2^k bytes */
} LFM_INT_WIDE_ lfm_heap_fit;

/** How a heap is made. All zero is a good choice. */
typedef struct lfm_heap_config {
    size_t min_block; /**< bytes of a unit: a power of two from 8 to 2^30, 16 to suit every type; 0 is 64 */
    lfm_heap_fit fit;
    bool peak; /**< keep a high-water mark, for an atomic addition more in each alloc and free */
} lfm_heap_config;

/** Most units that a heap can have, as far as its size is that of an object. */
#define LFM_HEAP_MAX_UNITS (LFM_CAST_(uint64_t, 1) << 32)

/** Bytes of storage of a heap with at least @p bytes for blocks (less what does not fill a unit) in units of
 * @p min_block. A constant expression. Meaningful for arguments that the init accepts. */
#define LFM_HEAP_STORAGE_BYTES(bytes, min_block) LFM_HEAP_END_(LFM_HEAP_UNITS_(bytes, min_block), min_block)

/** Defines a heap at file scope, ready at link time. Afterwards @p name can be used as a `const lfm_heap *` in this
 * file. The control block is constant. What changes is the storage, and `name_lfm_state`, which is in ordinary memory.
 * The memory is zero-initialised and takes no room in an image. Blocks are aligned to their size rounded down to a
 * power of two, up to the alignment of the storage. That is 16 bytes (or max_align_t's) where addresses have 32 bits.
 * Else it is the largest of 64, 256, 1024 and 4096 that is at most @p bytes, at least 64.
 * @param bytes      for blocks, from min_block up; what does not fill a unit is left out
 * @param min_block  bytes of a unit; a power of two from 8 to 2^30. Blocks that are to suit every type need 16
 * @param fit        an lfm_heap_fit. Each of the three is a constant expression, and a bad one does not compile */
#define LFM_HEAP_DEFINE(name, bytes, min_block, fit) LFM_HEAP_(static, , name, bytes, min_block, fit)

/** The same with a high-water mark: lfm_heap_used(), lfm_heap_peak(). */
#define LFM_HEAP_DEFINE_PEAK(name, bytes, min_block, fit) LFM_HEAP_PEAK_(name, bytes, min_block, fit)

/** The same with the alignment of the storage, up to which blocks are aligned to their size and
 * lfm_heap_alloc_aligned() finds any. The linker may leave a hole of up to as much in front of it.
 * @param align  bytes; a power of two from 16 up */
#define LFM_HEAP_DEFINE_ALIGNED(name, bytes, min_block, fit, align) LFM_HEAP_AT_(name, bytes, min_block, fit, align)

/** @def LFM_HEAP_DEFINE_IN(attributes, name, bytes, min_block, fit)
 * The same with attributes of the storage, such as LFM_SECTION(".sdram"), as LFM_POOL_DEFINE_IN: blocks and metadata
 * lie there, and metadata begin as zeros. That memory has to have compare-and-swap. */

/** The same for several files: those that use the heap, and this one, see LFM_HEAP_DECLARE(name). */
#define LFM_HEAP_DEFINE_GLOBAL(name, bytes, min_block, fit) LFM_HEAP_(LFM_GLOBAL, , name, bytes, min_block, fit)

/** Declares, in a header, a heap that one file defines with LFM_HEAP_DEFINE_GLOBAL. */
#define LFM_HEAP_DECLARE(name) extern const lfm_heap name[1]

/** @def LFM_HEAP_DEFINE_WITH(linkage, attributes, name, bytes, min_block, fit, align, peak)
 * The general form, of which all definers above are cases, as LFM_POOL_DEFINE_WITH.
 * @param peak  whether the heap keeps a high-water mark */

/** Makes a heap of storage that the caller gives. The run-time twin of LFM_HEAP_DEFINE.
 * @param heap           the control block; what was in it is overwritten. No static one: these are constant
 * @param storage        aligned to 16 bytes at least. Blocks lie at multiples of their size, rounded down to a power of
 *                       two, from here on. Their alignment is that or the storage's, whichever is less
 * @param storage_bytes  the heap gets as many units as fit in with their metadata (LFM_HEAP_STORAGE_BYTES)
 * @param config         NULL or all zero: units of 64 bytes, trimmed fit
 * @return LFM_OK, or
 *         - LFM_EINVAL iff a pointer but @p config is NULL or min_block or fit is out of range;
 *         - LFM_EINVAL also iff the storage is not aligned or runs over the end of the address space;
 *         - LFM_ENOMEM iff not one unit fits in.
 *
 * - Context, Progress: as lfm_pool_init().
 * - Time: that of zeroing the metadata. */
LFM_API LFM_MUST_USE_ lfm_status lfm_heap_init(lfm_heap *heap, void *storage, size_t storage_bytes,
                                               const lfm_heap_config *config) LFM_NAMED_(lfm_heap_init);

/** Ends the use of a heap. AddressSanitizer and Valgrind no longer hide its blocks, so the memory of the units may
 * serve another purpose. A heap that was made at run time is empty then, as one of all zero bytes is, until it is made
 * anew. A static heap has no room any more: allocations fail, and frees of what were its blocks return LFM_EINTERIOR.
 * Attach and check return LFM_EINVAL, and all of its memory counts as used, in one block. Does nothing to an empty
 * heap, or if
 * @p heap is NULL.
 *
 * - Context: any, but nothing else may use the heap meanwhile.
 * - Progress: wait-free.
 * - Time: O(1), but for what a tool takes; of a static heap that of zeroing the metadata. */
LFM_API void lfm_heap_fini(const lfm_heap *heap) LFM_NAMED_(lfm_heap_fini);

/** Frees a block. It merges nothing: the next allocation that needs a larger block does.
 * @param block  NULL: nothing is done
 * @return LFM_OK; or, with nothing changed,
 *         - LFM_EINVAL iff @p heap is NULL;
 *         - LFM_EFOREIGN iff @p block does not point into the heap's units;
 *         - LFM_EINTERIOR iff it does, but not to the start of a block;
 *         - LFM_EDOUBLEFREE iff nothing is taken there. Of two calls at the same time for one block, one gets this. (If
 *           the block was handed out again in between, the second call frees that.)
 *
 * - Context: any.
 * - Progress: lock-free.
 * - Order: releases what was done with the block.
 * - Time: one load for each level up to the block's, and one compare-and-swap. */
LFM_API lfm_status lfm_heap_free(const lfm_heap *heap, void *block) LFM_NAMED_(lfm_heap_free);

/** Takes a block.
 * @param bytes  any number; 0 takes a smallest block
 * @return a block of at least so many bytes, aligned as init says, contents undefined. NULL iff there was no room (see
 *         Failure), which counts as a failure, or @p heap is NULL.
 *
 * - Context: any.
 * - Progress: lock-free. A retry means that another call changed a word (or what lfm_pool_get() says).
 * - Order: acquires what was done with the block before it was freed.
 * - Time: one compare-and-swap where this context's hints (up to four words) find room. Else a search, at most of all
 *   words. A call that fails makes it twice, and again when others have changed words. */
LFM_API LFM_MUST_USE_ LFM_FREED_BY_(lfm_heap_free, 2)
    LFM_ALLOC_SIZE_(2) void *lfm_heap_alloc(const lfm_heap *heap, size_t bytes) LFM_NAMED_(lfm_heap_alloc);

/** The same at a multiple of @p align.
 * @param align  bytes; a power of two. There may be no such block beyond the heap's size, or the alignment of its
 *               storage (LFM_HEAP_DEFINE_ALIGNED). Beyond 16 units (32-bit words: 4) it takes larger units
 * @return as lfm_heap_alloc(); NULL also if @p align is no power of two.
 *
 * - Context, Progress, Order, Time: as lfm_heap_alloc(). */
LFM_API LFM_MUST_USE_ LFM_FREED_BY_(lfm_heap_free, 2) LFM_ALLOC_ALIGN_(2)
    LFM_ALLOC_SIZE_(3) void *lfm_heap_alloc_aligned(const lfm_heap *heap, size_t align, size_t bytes)
        LFM_NAMED_(lfm_heap_alloc_aligned);

/** lfm_heap_alloc() of @p n objects of @p bytes each, set to zero.
 * @return as lfm_heap_alloc(); NULL also if the product overflows.
 *
 * - Context, Progress, Order: as lfm_heap_alloc().
 * - Time: that of lfm_heap_alloc(), and of setting the block to zero. */
LFM_API LFM_MUST_USE_ LFM_FREED_BY_(lfm_heap_free, 2)
    LFM_ALLOC_SIZE_(2, 3) void *lfm_heap_calloc(const lfm_heap *heap, size_t n, size_t bytes)
        LFM_NAMED_(lfm_heap_calloc);

/** Changes the size of a block.
 *
 *     | block         | bytes                          | what happens                            | returns       |
 *     |---------------|--------------------------------|-----------------------------------------|---------------|
 *     | NULL          | any                            | lfm_heap_alloc()                        | the new block |
 *     | a taken block | 0                              | lfm_heap_free()                         | NULL          |
 *     | a taken block | no more than it has            | units that it does not need become free | block         |
 *     | a taken block | more, its next units are free  | it takes them                           | block         |
 *     | a taken block | more, and they are not         | it moves: alloc, copy, free             | the new block |
 *     | a taken block | more, and there is no room     | nothing                                 | NULL          |
 *     | anything else | any                            | nothing: lfm_heap_free() says what it is | NULL         |
 *
 * A block keeps at least one of its units: 16 units that were taken as one larger unit all stay. So it grows in place
 * to at most 15 units (32-bit words: 3), or larger ones, and only over those that its alignment leaves it.
 * @return as in the table; the block has its contents up to the smaller of both sizes.
 *
 * - Context, Progress, Order: as lfm_heap_alloc() and lfm_heap_free().
 * - Time: O(1) in place, else that of an alloc, a free and copying. */
LFM_API LFM_MUST_USE_ LFM_ALLOC_SIZE_(3) void *lfm_heap_realloc(const lfm_heap *heap, void *block, size_t bytes)
    LFM_NAMED_(lfm_heap_realloc);

/** The same, with the block at a multiple of @p align afterwards: it stays in place only if it lies at one already.
 * @param align  bytes; a power of two, as for lfm_heap_alloc_aligned(). The heap does not remember it: say it each time
 * @return as lfm_heap_realloc(); NULL also, and nothing has changed, if @p align is no power of two.
 *
 * - Context, Progress, Order, Time: as lfm_heap_realloc(). */
LFM_API LFM_MUST_USE_ LFM_ALLOC_ALIGN_(3)
    LFM_ALLOC_SIZE_(4) void *lfm_heap_realloc_aligned(const lfm_heap *heap, void *block, size_t align, size_t bytes)
        LFM_NAMED_(lfm_heap_realloc_aligned);

#ifdef __cplusplus
}
#endif

#endif
