/* SPDX-License-Identifier: MIT */
/** @file segment.h
 * Segment: a region of memory that is handed out from its start to its end, and taken back only as a whole.
 *
 *     LFM_SEGMENT_DEFINE(ram, 4096, 32);                    // 4096 bytes, cache lines of 32; ready before main
 *
 *     void *table = lfm_segment_alloc(ram, 100, 4);         // 100 bytes, at a multiple of 4
 *     void *frame = lfm_segment_alloc_padded(ram, 100, 8);  // alone on its cache lines: 128 bytes at a multiple of 32
 *
 * What may run at the same time as what, on one segment (threads, cores and interrupts alike):
 *
 *     |                                       | alloc, alloc_padded, remaining, stats | init, reset, fini |
 *     |---------------------------------------|---------------------------------------|-------------------|
 *     | alloc, alloc_padded, remaining, stats | yes                                   | no                |
 *     | init, reset, fini                     | no                                    | no                |
 *
 * Dynamic pools (dynpool.h) take their blocks from a segment; any number of them can share one with each other and
 * with direct allocations.
 *
 * Law: used + free = bytes; the bytes that alignment skips count as used.
 *
 * Memory: the control block has at most 48 bytes. That of a static segment is constant, so that it can lie in flash.
 * Beside its memory, such a segment has one word in RAM, its state: 8 bytes, or 4 with 32-bit words. An allocation
 * costs nothing beside itself and what alignment skips.
 *
 * Position: as a pool's (pool.h), which also says what may not be copied or moved. Alignments count from the address of
 * the memory in the mapping in which the segment was made, whichever context allocates. So all mappings agree on
 * addresses. An alignment holds in each mapping whose address is the same as that one's modulo the alignment. One up to
 * the size of a page holds in any.
 *
 * Before init: a control block that is all zero is that of a segment without a byte. Allocations return NULL, attach
 * LFM_EINVAL. Statistics are zero.
 *
 * In line: in an optimised C program, lfm_segment_alloc() and lfm_segment_alloc_padded() on a static segment of the
 * same file are compiled into the program, as lfm_pool_get() is (pool.h).
 *
 * Source: an atomic bump pointer; folklore. Proof and memory orders: lib/README.md.
 */
#ifndef LFMEM_SEGMENT_H
#define LFMEM_SEGMENT_H

#include <lfmem/detail/segment_object.h>
#include <lfmem/layout.h>
#include <lfmem/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Most bytes that a segment can have: an object's largest size, with 32-bit words at most 2^32 - 1. */
#define LFM_SEGMENT_MAX_BYTES LFM_SEGMENT_LARGEST_

/** A segment. A complete type, so that it can be static or part of something else; its fields are private. */
typedef struct lfm_segment lfm_segment;

/** What lfm_segment_stats() tells, in bytes. */
typedef struct lfm_segment_stats_t {
    size_t bytes;   /**< in all */
    size_t used;    /**< handed out, or skipped by alignment, at one instant during the call */
    size_t free;    /**< the rest */
    size_t padding; /**< what lfm_segment_alloc_padded() rounds to */
} lfm_segment_stats_t;

/** Defines a segment at file scope, ready at link time. Afterwards @p name can be used as a `const lfm_segment *`
 * in this file. The memory is zero-initialised, takes no room in an image, and is aligned to @p padding, at least to
 * max_align_t. The control block is constant. What changes is one word, `name_lfm_state`, in ordinary memory.
 * @param bytes    1 to LFM_SEGMENT_MAX_BYTES
 * @param padding  bytes, a power of two: the length of a cache line, or 1 for none
 *
 * Each is a constant expression. A bad one does not compile. */
#define LFM_SEGMENT_DEFINE(name, bytes, padding) LFM_SEGMENT_DEFINE_WITH(static, , name, bytes, padding)

/** @def LFM_SEGMENT_DEFINE_IN(attributes, name, bytes, padding)
 * The same with attributes of the memory that it hands out, such as LFM_SECTION(".dma"), as LFM_POOL_DEFINE_IN. Its
 * state lies in ordinary memory. The memory need not be zero at the start. */

/** The same for several files: those that use the segment, and this one, see LFM_SEGMENT_DECLARE(name). */
#define LFM_SEGMENT_DEFINE_GLOBAL(name, bytes, padding) LFM_SEGMENT_DEFINE_WITH(LFM_GLOBAL, , name, bytes, padding)

/** Declares, in a header, a segment that one file defines with LFM_SEGMENT_DEFINE_GLOBAL. Afterwards @p name can be
 * used as a `const lfm_segment *`. */
#define LFM_SEGMENT_DECLARE(name) extern const lfm_segment name[1]

/** @def LFM_SEGMENT_DEFINE_WITH(linkage, attributes, name, bytes, padding)
 * The general form, of which all definers above are cases.
 * @param linkage     `static`, or LFM_GLOBAL
 * @param attributes  of the memory; may be empty
 *
 * The others are as above. */

/** Makes a segment of the @p bytes from @p base on. The run-time twin of LFM_SEGMENT_DEFINE.
 * @param segment  the control block; what was in it is overwritten. No static one: these are constant
 * @param base     any address; the memory stays the segment's for as long as the segment is used
 * @param bytes    1 to LFM_SEGMENT_MAX_BYTES
 * @param padding  bytes, a power of two: the length of a cache line, or 1 for none
 * @return LFM_OK, or LFM_EINVAL iff a pointer is NULL, @p padding is no power of two or @p bytes is out of range.
 *         LFM_EINVAL also iff the memory runs over the end of the address space.
 *
 * - Context: any, but nothing else may use the segment meanwhile. Hand it to others by something that synchronises.
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API LFM_MUST_USE_ lfm_status lfm_segment_init(lfm_segment *segment, void *base, size_t bytes, size_t padding)
    LFM_NAMED_(lfm_segment_init);

/** Tells whether this program can use a segment that another process, or another image, has made. It only reads.
 * @return LFM_OK, LFM_EINVAL, LFM_EMISMATCH or LFM_ECORRUPT, as lfm_pool_attach() of a pool.
 *
 * - Context: any.
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API LFM_MUST_USE_ lfm_status lfm_segment_attach(const lfm_segment *segment) LFM_NAMED_(lfm_segment_attach);

/** Takes @p bytes from the segment, at the lowest free address that is a multiple of @p align where the segment was
 * made. (In another mapping it may be none, so compilers are not told of the alignment.)
 * @param bytes  1 and up
 * @param align  bytes; any power of two
 * @return memory that nobody else has, down to the segment's last byte. NULL iff at one instant during the call it did
 *         not fit. NULL also iff @p bytes is 0, @p align is no power of two or @p segment is NULL. What does not fit
 *         takes nothing.
 *
 * - Context: any.
 * - Progress: lock-free. A retry means that another allocation succeeded, or that the machine's weak compare-and-swap
 *   failed by itself.
 * - Order: a call that fails because of other allocations acquires what their contexts did before.
 * - Time: O(1), one compare-and-swap without contention. */
LFM_API LFM_MUST_USE_ LFM_ALLOC_SIZE_(2) void *lfm_segment_alloc(const lfm_segment *segment, size_t bytes, size_t align)
    LFM_NAMED_(lfm_segment_alloc); /* not alloc_align: see Position */

/** The same for memory that shares no cache line with anything else. It begins at a multiple of @p align and of the
 * segment's padding. Everything up to the next multiple of the padding after its end is taken too.
 * @param bytes  1 and up
 * @param align  bytes; any power of two
 * @return as lfm_segment_alloc(); NULL also if the last cache line would not lie in the segment as a whole.
 *
 * - Context, Progress, Order, Time: as lfm_segment_alloc(). */
LFM_API LFM_MUST_USE_ LFM_ALLOC_SIZE_(2) void *lfm_segment_alloc_padded(const lfm_segment *segment, size_t bytes,
                                                                        size_t align)
    LFM_NAMED_(lfm_segment_alloc_padded);

/** Tells how many bytes a single lfm_segment_alloc() with this alignment could take at one instant during the call.
 * @param align  bytes; any power of two
 * @return bytes; 0 also if @p align is no power of two or @p segment is NULL.
 *
 * - Context: any.
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API size_t lfm_segment_remaining(const lfm_segment *segment, size_t align) LFM_NAMED_(lfm_segment_remaining);

/** Takes everything back. All memory that was taken from the segment is void, dynamic pools on it included.
 * Does nothing if @p segment is NULL.
 *
 * - Context: any, but nothing else may use the segment or what came from it meanwhile.
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API void lfm_segment_reset(const lfm_segment *segment) LFM_NAMED_(lfm_segment_reset);

/** Ends the use of a segment. AddressSanitizer and Valgrind no longer hide what dynamic pools had of its memory, so it
 * may serve another purpose. All memory that was taken from it is void, as after a reset. A segment that was made at
 * run time is empty then, as one of all zero bytes is, until it is made anew. A static segment has nothing left: all of
 * its bytes count as used, until a reset makes it anew. Does nothing to an empty segment, or if @p segment is NULL.
 *
 * - Context: any, but nothing else may use the segment or what came from it meanwhile.
 * - Progress: wait-free.
 * - Time: O(1), but for what a tool takes. */
LFM_API void lfm_segment_fini(const lfm_segment *segment) LFM_NAMED_(lfm_segment_fini);

/** Tells how the segment stands. It only reads.
 * @param out  zeroed if @p segment is NULL; nothing is done if @p out is NULL
 *
 * - Context: any.
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API void lfm_segment_stats(const lfm_segment *segment, lfm_segment_stats_t *out) LFM_NAMED_(lfm_segment_stats);

#ifdef __cplusplus
}
#endif

#if LFM_INLINES_
#include <lfmem/detail/segment_inline.h>
#endif

#endif
