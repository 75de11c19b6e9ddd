/* SPDX-License-Identifier: MIT */
/** @file heap_info.h
 * What a heap (heap.h) tells of itself: whether it can be used, sizes of blocks, statistics, a walk and a check.
 *
 *     lfm_heap_stats_t stats;
 *     lfm_heap_stats(heap, &stats);                        // stats.largest_free: the largest request that would fit
 *     assert(lfm_heap_check(heap) == LFM_OK);              // in a debug build, while nobody allocates or frees
 *
 * The matrix in heap.h says what may run at the same time as these calls. Nothing here takes or gives a block.
 *
 * Law: total = used + free, unit by unit. Statistics of a control block that is all zero are zero, its blocks have 0
 * bytes, and nothing is visited.
 */
#ifndef LFMEM_HEAP_INFO_H
#define LFMEM_HEAP_INFO_H

#include <lfmem/detail/heap_object.h>
#include <lfmem/layout.h>
#include <lfmem/status.h>

#ifdef __cplusplus
extern "C" {
#endif

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

/** Tells whether this program can use a heap that another process, or another image, has made. It only reads.
 * @return LFM_OK, LFM_EINVAL, LFM_EMISMATCH or LFM_ECORRUPT, as lfm_pool_attach() of a pool LFM_EINVAL also iff it is a
 *         static heap that has ended.
 *
 * - Context: any.
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API LFM_MUST_USE_ lfm_status lfm_heap_attach(const lfm_heap *heap) LFM_NAMED_(lfm_heap_attach);

/** Tells how many bytes a taken block has.
 * @return bytes, at least those asked for. 0 iff @p block is no taken block of this heap, or NULL. Compilers know only
 *         of the bytes asked for (`alloc_size`). To use more, ask for them by lfm_heap_realloc(), which is O(1) here.
 *
 * - Context: any; nobody may free or change the block meanwhile.
 * - Progress: wait-free.
 * - Time: as lfm_heap_free(). */
LFM_API size_t lfm_heap_usable_size(const lfm_heap *heap, const void *block) LFM_NAMED_(lfm_heap_usable_size);

/** Tells whether @p block is the start of a block of this heap that is taken. (lfm_pool_owns() tells of free blocks,
 * too. A heap has none.)
 * @return false also for NULL.
 *
 * - Context: any; nobody may free or change the block meanwhile.
 * - Progress: wait-free.
 * - Time: as lfm_heap_free(). */
LFM_API bool lfm_heap_owns(const lfm_heap *heap, const void *block) LFM_NAMED_(lfm_heap_owns);

/** Tells how the heap stands. It only reads.
 * @param out  zeroed if @p heap is NULL; nothing is done if @p out is NULL
 *
 * - Context: any. Words are read one after the other: while others change the heap, the numbers are those of no single
 *   instant.
 * - Progress: wait-free.
 * - Time: O(words). */
LFM_API void lfm_heap_stats(const lfm_heap *heap, lfm_heap_stats_t *out) LFM_NAMED_(lfm_heap_stats);

/** Tells how many bytes are in blocks, without a walk: lfm_heap_stats_t.used of a heap that keeps a high-water mark.
 * @return bytes, at most the heap's total. 0 if the heap keeps no high-water mark or @p heap is NULL. While calls
 *         overlap the number may be off by what they have in hand.
 *
 * - Context: any.
 * - Progress: wait-free.
 * - Time: two loads. */
LFM_API size_t lfm_heap_used(const lfm_heap *heap) LFM_NAMED_(lfm_heap_used);

/** Tells the high-water mark, without a walk: lfm_heap_stats_t.peak.
 * @return bytes, as lfm_heap_used().
 *
 * - Context: any.
 * - Progress: wait-free.
 * - Time: three loads. */
LFM_API size_t lfm_heap_peak(const lfm_heap *heap) LFM_NAMED_(lfm_heap_peak);

/** Lets the high-water mark begin anew, at what is in use now. Does nothing if @p heap is NULL.
 *
 * - Context: any. A free that overlaps the call may note the use from before it.
 * - Progress: wait-free.
 * - Time: one store. */
LFM_API void lfm_heap_reset_peak(const lfm_heap *heap) LFM_NAMED_(lfm_heap_reset_peak);

/** Calls @p visit for every block and every free stretch, by address.
 * @param visit  what to call; nothing is done if this or @p heap is NULL
 * @param arg    handed on to @p visit; may be NULL
 *
 * - Context: any, but while others change the heap what it tells may be untrue.
 * - Progress: wait-free.
 * - Time: O(words). */
LFM_API void lfm_heap_visit(const lfm_heap *heap, lfm_heap_visitor *visit, void *arg) LFM_NAMED_(lfm_heap_visit);

/** Checks every word of the heap while nobody changes it.
 * @return as lfm_heap_attach(), which is the first thing it does. LFM_ECORRUPT also iff a word is not as the library
 *         leaves it.
 *
 * - Context: any, but a call of another context that is under way may look like damage.
 * - Progress: wait-free.
 * - Time: O(words). */
LFM_API lfm_status lfm_heap_check(const lfm_heap *heap) LFM_NAMED_(lfm_heap_check);

#ifdef __cplusplus
}
#endif

#endif
