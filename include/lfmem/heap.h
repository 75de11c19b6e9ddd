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
 * What may run at the same time as what, on one heap (threads, cores and interrupts alike):
 *
 *     |                   | any other call                    | visit, check     | init, fini |
 *     |-------------------|-----------------------------------|------------------|------------|
 *     | any other call    | yes, each block by one at a time  | may tell untruth | no         |
 *     | visit, check      | may tell untruth                  | yes              | no         |
 *     | init, fini        | no                                | no               | no         |
 *
 * Failure: an allocation fails only if at one instant during the call every place that could have served it was
 * overlapped by blocks that are taken or that running calls have in hand, one each. Splitting and merging hide
 * nothing. A block of n units lies at a multiple of n rounded up to a power of two (LFM_FIT_BUDDY4: to its class). So
 * if k blocks, each so rounded, are at most 1/k of a heap whose size is a power of two, none keeps another one out.
 *
 * Contents: what a context wrote into a block before it freed it happens before the return of the allocation that
 * hands out any of its bytes next. lfmem neither reads nor writes the bytes of a block (calloc, realloc and the build
 * option `poison` aside).
 *
 * Memory: a unit costs two bits and its share of the rest of a word: with 64-bit words 4.3 bits, with 32-bit words
 * 10.7. A block has no header: a request of 64 bytes takes 64 bytes. The control block is at most 144 bytes; hints for
 * where to look take 40 bytes for each factor of 16 in the number of units (32-bit words: 12 bytes for each factor of
 * 4), in heaps of 4096 units and more 16 times that, rounded up to a multiple of 2048 bytes (1024); marks, if the
 * library has them, in heaps of more than 8192 words a word more for each 128.
 *
 * Law: total = used + free, unit by unit.
 *
 * Position: as a pool's (pool.h), which also says what may not be copied or moved. lfm_heap_alloc_aligned() goes
 * by addresses in the caller's mapping; where that lies differently modulo the alignment than the one in which the heap
 * was made, it may find no such block.
 *
 * Before init: a control block that is all zero is that of a heap without a unit. Allocations return NULL and count as
 * no failure, a free says LFM_EFOREIGN, a block has 0 bytes, attach and check say LFM_EINVAL; statistics are zero and
 * nothing is visited.
 *
 * Source: binary buddies, K. C. Knowlton, CACM 8(10), 1965; one word of states for several orders, and frees that leave
 * merging to the allocation that needs it, are lfmem's own. Proof and memory orders: lib/README.md.
 */
#ifndef LFMEM_HEAP_H
#define LFMEM_HEAP_H

#include <lfmem/detail/heap_object.h>
#include <lfmem/layout.h>
#include <lfmem/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a request is rounded up to. */
typedef enum lfm_heap_fit LFM_OF_INT_ {
    LFM_FIT_TRIMMED = 0, /**< the units that it needs; beyond 15 of them (32-bit words: 3) the larger units of 16 (4),
                              256 (16) ... that it needs */
    LFM_FIT_BUDDY4,      /**< classes of min_block * 4^k bytes */
    LFM_FIT_BUDDY2,      /**< classes of min_block * 2^k bytes */
} LFM_INT_WIDE_ lfm_heap_fit;

/** How a heap is made. All zero is a good choice. */
typedef struct lfm_heap_config {
    size_t min_block; /**< bytes of a unit, the smallest block: a power of two from 8 to 2^30; 0 = 64. Blocks that are
                         to suit every type need 16 */
    lfm_heap_fit fit;
    bool peak; /**< count what is in use and keep its high-water mark (lfm_heap_used(), lfm_heap_peak()), for an atomic
                    addition more in each alloc and free */
} lfm_heap_config;

/** A heap. A complete type, so that it can be static or part of something else; its fields are private. */
typedef struct lfm_heap lfm_heap;

/** What lfm_heap_stats() tells. Bytes, unless it says counts. Blocks count with all the units that they take. */
typedef struct lfm_heap_stats_t {
    size_t total;        /**< all units */
    size_t free;         /**< units that are in no block */
    size_t largest_free; /**< the largest request that could have been met */
    size_t used;         /**< units in blocks */
    size_t peak;         /**< high-water mark of `used`; 0 if the heap keeps none. While calls overlap it may be off by
                              what they have in hand. */
    size_t blocks;       /**< count of blocks */
    size_t failures;     /**< count of allocations that returned NULL for want of room, modulo 2^32 */
} lfm_heap_stats_t;

/** Called by lfm_heap_visit() for every block (taken) and for every stretch of free memory between two, by address.
 * @param bytes  all of its units */
typedef void lfm_heap_visitor(void *block, size_t bytes, bool taken, void *arg);

/** Most units that a heap can have, as far as its size is that of an object. */
#define LFM_HEAP_MAX_UNITS (LFM_CAST_(uint64_t, 1) << 32)

/** Bytes of storage of a heap with at least @p bytes for blocks (less what does not fill a unit) in units of
 * @p min_block. A constant expression. Meaningful for arguments that the init accepts. */
#define LFM_HEAP_STORAGE_BYTES(bytes, min_block) LFM_HEAP_END_(LFM_HEAP_UNITS_(bytes, min_block), min_block)

/** Defines a heap at file scope, ready at link time. Afterwards @p name can be used as an `lfm_heap *` in this file.
 * The memory is zero-initialised and takes no room in an image. Blocks are aligned to their size rounded down to a
 * power of two, up to the alignment of the storage: where addresses have 32 bits, 16 bytes (max_align_t's, if that is
 * more), else 4096, or in heaps of less than that 1024, 256 or 64, the largest that is no more than @p bytes, or 64.
 * @param bytes      for blocks, from min_block up; what does not fill a unit is left out
 * @param min_block  bytes of a unit; a power of two from 8 to 2^30. Blocks that are to suit every type need 16
 * @param fit        an lfm_heap_fit
 * Each is a constant expression; a bad one does not compile. */
#define LFM_HEAP_DEFINE(name, bytes, min_block, fit) \
    LFM_HEAP_DEFINE_ALIGNED(name, bytes, min_block, fit, LFM_HEAP_ALIGN_(bytes))

/** The same with a high-water mark: lfm_heap_used(), lfm_heap_peak(). */
#define LFM_HEAP_DEFINE_PEAK(name, bytes, min_block, fit) \
    LFM_HEAP_DEFINE_WITH(static, , name, bytes, min_block, fit, LFM_HEAP_ALIGN_(bytes), true)

/** The same with the alignment of the storage, up to which blocks are aligned to their size and
 * lfm_heap_alloc_aligned() finds any. The linker may leave a hole of up to as much in front of it.
 * @param align  bytes; a power of two from 16 up */
#define LFM_HEAP_DEFINE_ALIGNED(name, bytes, min_block, fit, align) \
    LFM_HEAP_DEFINE_WITH(static, , name, bytes, min_block, fit, align, false)

/** The same with attributes of the storage, such as LFM_SECTION(".sdram"): blocks and metadata lie there, the control
 * block in ordinary memory. The start-up code has to clear or load that section before the first call, since metadata
 * begin as zeros; and the memory has to have compare-and-swap. A section takes room in the image unless it is of the
 * kind of .bss: compilers take those whose names begin with ".bss." for such. */
#define LFM_HEAP_DEFINE_IN(attributes, name, bytes, min_block, fit) \
    LFM_HEAP_DEFINE_WITH(static, attributes, name, bytes, min_block, fit, LFM_HEAP_ALIGN_(bytes), false)

/** The same for several files: those that use the heap, and this one, see LFM_HEAP_DECLARE(name). */
#define LFM_HEAP_DEFINE_GLOBAL(name, bytes, min_block, fit) \
    LFM_HEAP_DEFINE_WITH(LFM_GLOBAL, , name, bytes, min_block, fit, LFM_HEAP_ALIGN_(bytes), false)

/** Declares, in a header, a heap that one file defines with LFM_HEAP_DEFINE_GLOBAL. Afterwards @p name can be used as
 * an `lfm_heap *`. */
#define LFM_HEAP_DECLARE(name) extern lfm_heap name[1]

/** What all of these are.
 * @param linkage     `static`, or LFM_GLOBAL
 * @param attributes  of the storage; may be empty. A section: LFM_HEAP_DEFINE_IN
 * @param peak        whether the heap keeps a high-water mark
 * The others as above. */
#define LFM_HEAP_DEFINE_WITH(linkage, attributes, name, bytes, min_block, fit, align, peak) \
    LFM_HEAP_STATIC_(linkage, attributes, name, bytes, min_block, fit, align, peak)

/** Makes a heap of storage that the caller gives. The run-time twin of LFM_HEAP_DEFINE.
 * @param heap           the control block; what was in it is overwritten
 * @param storage        aligned to 16 bytes at least; blocks lie at multiples of their size, rounded down to a power of
 *                       two, from here on, and so have this alignment or that of their size, whichever is less
 * @param storage_bytes  the heap gets as many units as fit in with their metadata; LFM_HEAP_STORAGE_BYTES tells what a
 *                       given number needs
 * @param config         NULL or all zero: units of 64 bytes, trimmed fit
 * @return LFM_OK; LFM_EINVAL iff a pointer but @p config is NULL, the storage is not aligned or runs over the end of
 *         the address space, or min_block or fit is out of range; LFM_ENOMEM iff not one unit fits in.
 * Context: any, but nothing else may use the heap meanwhile; hand it to others by something that synchronises.
 * Progress: wait-free. Time: that of zeroing the metadata. */
LFM_API LFM_MUST_USE_ lfm_status lfm_heap_init(lfm_heap *heap, void *storage, size_t storage_bytes,
                                               const lfm_heap_config *config) LFM_NAMED_(lfm_heap_init);

/** Tells whether this program can use a heap that another process, or another image, has made: as lfm_pool_attach() of
 * a pool. It only reads.
 * @return LFM_OK; LFM_EINVAL, LFM_EMISMATCH or LFM_ECORRUPT as lfm_pool_attach().
 * Context: any. Progress: wait-free. Time: O(1). */
LFM_API LFM_MUST_USE_ lfm_status lfm_heap_attach(const lfm_heap *heap) LFM_NAMED_(lfm_heap_attach);

/** Frees a block. Nothing is merged and nobody else's word is touched: that is left to who needs a larger block.
 * @param block  NULL: nothing is done
 * @return LFM_OK; LFM_EINVAL iff @p heap is NULL; LFM_EFOREIGN iff @p block does not point into the heap's units;
 *         LFM_EINTERIOR iff it does, but not to the start of a block; LFM_EDOUBLEFREE iff nothing is taken there.
 * Unless LFM_OK, nothing has changed. Of two calls at the same time for one block one gets LFM_EDOUBLEFREE, unless the
 *         block was handed out again in between: then that is what the second one frees.
 * Context: any. Progress: lock-free. Order: releases what was done with the block. Time: one load for each level up to
 * the block's, one compare-and-swap. */
LFM_API lfm_status lfm_heap_free(lfm_heap *heap, void *block) LFM_NAMED_(lfm_heap_free);

/** Takes a block.
 * @param bytes  any number; 0 takes a smallest block
 * @return a block of at least so many bytes, aligned as init says, contents undefined; NULL iff there was no room (see
 *         Failure above), which counts as a failure, or @p heap is NULL.
 * Context: any. Progress: lock-free; a retry means that another call changed a word, or that the machine's weak
 * compare-and-swap failed by itself. Order: acquires what was done with the block before it was freed. Time: one
 * compare-and-swap if one of the last places, up to four, where this context took or freed a block of about this size
 * has room; else a search, at most of all words; one that fails goes over them twice, and again when others have
 * changed them. */
LFM_API LFM_MUST_USE_ LFM_FREED_BY_(lfm_heap_free, 2)
    LFM_ALLOC_SIZE_(2) void *lfm_heap_alloc(lfm_heap *heap, size_t bytes) LFM_NAMED_(lfm_heap_alloc);

/** The same at a multiple of @p align.
 * @param align  bytes; a power of two. Beyond the alignment of the storage (a static heap: see LFM_HEAP_DEFINE and
 *               LFM_HEAP_DEFINE_ALIGNED), or beyond the size of the heap, there may be no such block. Beyond 16 units
 * (32-bit words: 4) it takes larger units.
 * @return as lfm_heap_alloc(); NULL also if @p align is no power of two. */
LFM_API LFM_MUST_USE_ LFM_FREED_BY_(lfm_heap_free, 2) LFM_ALLOC_ALIGN_(2)
    LFM_ALLOC_SIZE_(3) void *lfm_heap_alloc_aligned(lfm_heap *heap, size_t align, size_t bytes)
        LFM_NAMED_(lfm_heap_alloc_aligned);

/** Takes a block for @p n objects of @p bytes each, and sets it to zero.
 * @return as lfm_heap_alloc(); NULL also if the product overflows. */
LFM_API LFM_MUST_USE_ LFM_FREED_BY_(lfm_heap_free, 2)
    LFM_ALLOC_SIZE_(2, 3) void *lfm_heap_calloc(lfm_heap *heap, size_t n, size_t bytes) LFM_NAMED_(lfm_heap_calloc);

/** Changes the size of a block: in place if the units that it needs more are free, belong to it by alignment and are
 * units like its own (not 15 to 16), or if it needs fewer (of which one of its own kind is the least); else it moves
 * the contents into another block.
 * @param block  NULL: lfm_heap_alloc(); else a taken block, which the caller gives away unless the call fails
 * @param bytes  0: frees the block and returns NULL
 * @return the block, at its old address or a new one, with its contents up to the smaller of both sizes; NULL if
 *         @p bytes is 0; NULL too, and @p block is as it was, iff there was no room or @p block is no taken block of
 *         this heap (lfm_heap_free() tells which).
 * Context, progress, order: as lfm_heap_alloc() and lfm_heap_free(). Time: O(1) in place, else that of an alloc, a free
 * and copying. */
LFM_API LFM_MUST_USE_ LFM_ALLOC_SIZE_(3) void *lfm_heap_realloc(lfm_heap *heap, void *block, size_t bytes)
    LFM_NAMED_(lfm_heap_realloc);

/** The same, with the block at a multiple of @p align afterwards: in place only if it lies at one already.
 * @param block  NULL: lfm_heap_alloc_aligned(); else as lfm_heap_realloc()
 * @param align  bytes; a power of two, as for lfm_heap_alloc_aligned(). It may be another one than the block was taken
 *               with: the heap does not remember that, so name it each time
 * @param bytes  0: frees the block and returns NULL
 * @return as lfm_heap_realloc(); NULL also, and nothing has changed, if @p align is no power of two.
 * Context, progress, order, time: as lfm_heap_realloc(). */
LFM_API LFM_MUST_USE_ LFM_ALLOC_ALIGN_(3)
    LFM_ALLOC_SIZE_(4) void *lfm_heap_realloc_aligned(lfm_heap *heap, void *block, size_t align, size_t bytes)
        LFM_NAMED_(lfm_heap_realloc_aligned);

/** Tells how many bytes a taken block has.
 * @return bytes, at least those asked for, which are those that compilers know of (`alloc_size`): to use more, ask for
 *         them by lfm_heap_realloc(), which is O(1) here; 0 if @p block is no taken block of this heap, or NULL.
 * Context: any; nobody may free or change the block meanwhile. Progress: wait-free. Time: as a free. */
LFM_API size_t lfm_heap_usable_size(const lfm_heap *heap, const void *block) LFM_NAMED_(lfm_heap_usable_size);

/** Tells whether @p block is the start of a block of this heap that is taken. (A heap has no blocks but those, where
 * lfm_pool_owns() tells of free ones, too.)
 * @return false also for NULL.
 * Context: any; nobody may free or change the block meanwhile. Progress: wait-free. Time: as a free. */
LFM_API bool lfm_heap_owns(const lfm_heap *heap, const void *block) LFM_NAMED_(lfm_heap_owns);

/** Ends the use of a heap: AddressSanitizer and Valgrind no longer hide what is free in it, so that its storage may
 * serve another purpose, and the heap is empty as one of all zero bytes is: it hands out nothing and takes nothing
 * until it is made anew. Blocks that are still taken are nobody's block any more. Does nothing to an empty heap, or if
 * @p heap is NULL. Context: any, but nothing else may use the heap meanwhile. Progress: wait-free. Time: O(1), but for
 * what a tool takes. */
LFM_API void lfm_heap_fini(lfm_heap *heap) LFM_NAMED_(lfm_heap_fini);

/** Tells how the heap stands. It only reads.
 * @param out  zeroed if @p heap is NULL; nothing is done if @p out is NULL
 * Context: any; while others change the heap, words are read one after the other, so numbers are those of no single
 * instant. Progress: wait-free. Time: O(words). */
LFM_API void lfm_heap_stats(const lfm_heap *heap, lfm_heap_stats_t *out) LFM_NAMED_(lfm_heap_stats);

/** Tells how many bytes are in blocks, without a walk: lfm_heap_stats_t.used of a heap that keeps a high-water mark.
 * @return bytes, at most the heap's size, which is lfm_heap_stats_t.total; 0 if the heap keeps no mark or @p heap is
 *         NULL. While calls overlap it may be off by what they have in hand.
 * Context: any. Progress: wait-free. Time: two loads. */
LFM_API size_t lfm_heap_used(const lfm_heap *heap) LFM_NAMED_(lfm_heap_used);

/** Tells the high-water mark, without a walk: lfm_heap_stats_t.peak.
 * @return bytes, at most the heap's size; 0 if the heap keeps no mark or @p heap is NULL. While calls overlap it may be
 *         off by what they have in hand.
 * Context: any. Progress: wait-free. Time: three loads. */
LFM_API size_t lfm_heap_peak(const lfm_heap *heap) LFM_NAMED_(lfm_heap_peak);

/** Lets the high-water mark begin anew, at what is in use now. Does nothing if @p heap is NULL.
 * Context: any; a free that overlaps the call may note the use from before it. Progress: wait-free. Time: one store. */
LFM_API void lfm_heap_reset_peak(lfm_heap *heap) LFM_NAMED_(lfm_heap_reset_peak);

/** Calls @p visit for every block and every free stretch, by address. Does nothing if a pointer but @p arg is NULL.
 * Context: any, but while others change the heap what it tells may be untrue. Progress: wait-free. Time: O(words). */
LFM_API void lfm_heap_visit(const lfm_heap *heap, lfm_heap_visitor *visit, void *arg) LFM_NAMED_(lfm_heap_visit);

/** Checks every word of the heap while nobody changes it.
 * @return as lfm_heap_attach(), which is the first thing it does; LFM_ECORRUPT also iff a word is not as the library
 *         leaves it.
 * Context: any, but a call of another context that is under way may look like damage. Progress: wait-free. Time:
 * O(words). */
LFM_API lfm_status lfm_heap_check(const lfm_heap *heap) LFM_NAMED_(lfm_heap_check);

#ifdef __cplusplus
}
#endif

#endif
