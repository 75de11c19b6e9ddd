/* SPDX-License-Identifier: MIT */
/** @file sys/sys_heap.h
 * Zephyr's low-level heaps, sys_heap_alloc() and the like, on lock-free heaps (lfmem/heap.h).
 *
 *     static unsigned char memory[4096];
 *     static struct sys_heap heap;
 *
 *     sys_heap_init(&heap, memory, sizeof memory);
 *     char *text = sys_heap_alloc(&heap, 100);
 *     text = sys_heap_realloc(&heap, text, 200);
 *     sys_heap_free(&heap, text);
 *
 * Zephyr's callers lock each heap by themselves. Here every call but sys_heap_init() may be made at any time from any
 * thread, core or interrupt handler, with such a lock and without. Each block is used by one context at a time.
 *
 * Failure, order and contents are those of lfmem/heap.h. Blocks have no header. A block has at least 16 bytes, or 8
 * in a heap whose memory has no place for units of 16. It is aligned to its size rounded down to a power of two, as far
 * as its heap is (sys_heap_init()). So every block suits every type, but in a heap with units of 8.
 *
 * A bad pointer (foreign, inside a block, free already) changes nothing, where Zephyr's heap is undefined then.
 * lfm_heap_free(&heap->lfm, block) tells what is wrong with it.
 *
 * A `struct sys_heap` that is all zero, or whose memory was too small, is an empty heap: each allocation returns NULL.
 * It may not be copied or moved, unlike Zephyr's: the heap is described in it, not in its memory. Memory that serves
 * another purpose afterwards is given up by lfm_heap_fini(&heap->lfm).
 *
 * Not here: heap listeners (CONFIG_SYS_HEAP_LISTENER), which would be called by several contexts at the same time and
 * in no order that the calls had. Zephyr's <sys/heap_listener.h> is not part of lfmem.
 */
#ifndef LFMEM_COMPAT_ZEPHYR_SYS_SYS_HEAP_H
#define LFMEM_COMPAT_ZEPHYR_SYS_SYS_HEAP_H

#include "mem_stats.h"
#include <lfmem/heap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A heap. A complete type, so that it can be static or part of something else. */
struct sys_heap {
    /* constant after init */
    void *heap;        /**< its first byte for blocks, in front of which no block lies; NULL: the heap is empty */
    void *init_mem;    /**< its memory, as it was given */
    size_t init_bytes; /**< bytes of that */
    lfm_heap lfm;      /**< for lfm_heap_stats(), lfm_heap_visit(), lfm_heap_check() and lfm_heap_fini() */
};

/** What sys_heap_stress() counts. */
struct z_heap_stress_result {
    uint32_t total_allocs;
    uint32_t successful_allocs;
    uint32_t total_frees;
    uint64_t accumulated_in_use_bytes;
};

/* Bytes of a unit in a heap of so many. Small units waste least; in large heaps blocks are larger as well, and larger
 * units leave less to search. */
#define LFM_ZEPHYR_UNIT_(bytes) ((bytes) <= 32768 ? 16 : (bytes) <= 262144 ? 32 : 64)

/* Bytes of the smallest unit that a heap can have. Memory of less than Z_HEAP_MIN_SIZE bytes may have room for that. */
#define LFM_ZEPHYR_LEAST_UNIT_ 8

/* Short, since this is written as an argument of other macros:
 * - bytes of the units in which a block of so many is counted, whichever unit its heap has;
 * - metadata that do not grow with the heap;
 * - numerator and denominator of those that do, with what sys_heap_init() may leave out. */
#if LFM_WORD_BITS == 64
#define LFM_ZEPHYR_SCALE_(n)               \
    ((n) < 256        ? LFM_SIZE_(16)      \
     : (n) < 4096     ? LFM_SIZE_(256)     \
     : (n) < 28672    ? LFM_SIZE_(4096)    \
     : (n) < 131072   ? LFM_SIZE_(8192)    \
     : (n) < 262144   ? LFM_SIZE_(131072)  \
     : (n) < 4194304  ? LFM_SIZE_(262144)  \
     : (n) < 67108864 ? LFM_SIZE_(4194304) \
                      : LFM_SIZE_(67108864))
#define LFM_ZEPHYR_FIXED_(n) ((n) < 256 ? 80 : (n) < 28672 ? 192 : 7168)
#define LFM_ZEPHYR_PART_     10 / 9
#else
#define LFM_ZEPHYR_SCALE_(n)                \
    ((n) < 64         ? LFM_SIZE_(16)       \
     : (n) < 256      ? LFM_SIZE_(64)       \
     : (n) < 1024     ? LFM_SIZE_(256)      \
     : (n) < 4096     ? LFM_SIZE_(1024)     \
     : (n) < 16384    ? LFM_SIZE_(4096)     \
     : (n) < 32768    ? LFM_SIZE_(16384)    \
     : (n) < 131072   ? LFM_SIZE_(32768)    \
     : (n) < 262144   ? LFM_SIZE_(131072)   \
     : (n) < 1048576  ? LFM_SIZE_(262144)   \
     : (n) < 4194304  ? LFM_SIZE_(1048576)  \
     : (n) < 16777216 ? LFM_SIZE_(4194304)  \
     : (n) < 67108864 ? LFM_SIZE_(16777216) \
                      : LFM_SIZE_(67108864))
#define LFM_ZEPHYR_FIXED_(n) ((n) < 256 ? 64 : (n) < 28672 ? 128 : 5120)
#define LFM_ZEPHYR_PART_     7 / 6
#endif

/* What the full-summary takes of a heap with at most so many units, if it has one, and its hint. */
#define LFM_ZEPHYR_MARKS_(units) \
    (LFM_HEAP_HAS_FULL_(units) ? LFM_SIZE_(LFM_HEAP_NODES_(units) + 1) * sizeof(lfm_word_) : 0)

/** Bytes of memory with which a heap has room for one block of so many bytes, wherever the memory lies. A constant
 * expression. Beyond 15 units (32-bit words: 3) a block takes larger units, so it can be much more than Zephyr's.
 * @param bytes  from 1 to 256 MiB */
#define Z_HEAP_MIN_SIZE_FOR(bytes)                                                                  \
    (LFM_ROUND_UP_(bytes, LFM_ZEPHYR_SCALE_(bytes)) * LFM_ZEPHYR_PART_ + LFM_ZEPHYR_FIXED_(bytes) + \
     LFM_ZEPHYR_MARKS_(LFM_SIZE_(bytes) / 4 + 1))

/** Bytes of memory with which a heap has room for one block of one byte, wherever the memory lies. */
#define Z_HEAP_MIN_SIZE LFM_ROUND_UP_(LFM_HEAP_STORAGE_BYTES(16, 16) + 15, 16)

/** Makes a heap of memory that the caller gives.
 * @param heap   what was in it is overwritten
 * @param mem    at any address. The heap begins at the next multiple of 16 or of a larger power of two. That is the
 *               largest for which at most 1/16 of the memory is left out in front, and beyond 64 bytes at most 1/64. Up
 *               to this, blocks are aligned to their size, and sys_heap_aligned_alloc() finds any. In memory that has
 *               an alignment by itself nothing is left out.
 * @param bytes  with the metadata. These take 3.4 % of it with 64-bit words and 8 % with 32-bit words. They take half
 *               of that beyond 32 KiB and a quarter beyond 256 KiB: units have 16 bytes, then 32, then 64. Less than
 *               Z_HEAP_MIN_SIZE may be too little, where Zephyr stops at an assertion: then the heap is empty, and
 *               `heap->heap` is NULL.
 *
 * - Context: any, but nothing else may use the heap meanwhile; hand it to others by something that synchronises.
 * - Progress: wait-free.
 * - Time: that of zeroing the metadata. */
LFM_API void sys_heap_init(struct sys_heap *heap, void *mem, size_t bytes) LFM_NAMED_(sys_heap_init);

/** Takes a block.
 * @param bytes  from 1 up; 0 returns NULL, as Zephyr's does
 * @return a block of at least so many bytes, its contents undefined; NULL: @p bytes is 0 or there is no room.
 *
 * - Context: any.
 * - Progress: lock-free.
 * - Order, Time: as lfm_heap_alloc(), and the heap keeps a high-water mark. */
LFM_API void *sys_heap_alloc(struct sys_heap *heap, size_t bytes) LFM_NAMED_(sys_heap_alloc);

/** Takes a block at a multiple of @p align bytes.
 * @param align  0: any; or a power of two. Beyond the alignment of the heap, see sys_heap_init(), there is no such
 *               block. Zephyr also takes the sum of a power of two and a smaller one, and returns the address so much
 *               in front of a multiple. Here that is no alignment. (Only Zephyr's own k_aligned_alloc() asks for that.)
 * @return as sys_heap_alloc(); NULL also if @p align is neither 0 nor a power of two.
 *
 * - Context, Progress, Order, Time: as sys_heap_alloc(). */
LFM_API void *sys_heap_aligned_alloc(struct sys_heap *heap, size_t align, size_t bytes)
    LFM_NAMED_(sys_heap_aligned_alloc);

/** sys_heap_alloc() with the arguments of sys_heap_aligned_alloc().
 * @param align  whatever it is makes no difference */
LFM_API void *sys_heap_noalign_alloc(struct sys_heap *heap, size_t align, size_t bytes)
    LFM_NAMED_(sys_heap_noalign_alloc);

/** Frees a block.
 * @param mem  NULL, or no taken block of this heap: nothing is done
 *
 * - Context: any.
 * - Progress: lock-free.
 * - Order, Time: as lfm_heap_free(). */
LFM_API void sys_heap_free(struct sys_heap *heap, void *mem) LFM_NAMED_(sys_heap_free);

/** Changes the size of a block: in place if that can be, else it moves the contents into another block.
 * @param ptr    NULL: sys_heap_alloc()
 * @param bytes  0: frees the block and returns NULL
 * @return the block, at its old address or a new one, with its contents up to the smaller of both sizes; NULL if
 *         @p bytes is 0; NULL too, and @p ptr is as it was, if there was no room or @p ptr is no taken block.
 *
 * - Context, Progress, Order, Time: as lfm_heap_realloc(). */
LFM_API void *sys_heap_realloc(struct sys_heap *heap, void *ptr, size_t bytes) LFM_NAMED_(sys_heap_realloc);

/** The same, with the block at a multiple of @p align afterwards: in place only if it lies at one already.
 * @param align  as for sys_heap_aligned_alloc(). The heap does not remember with which one a block was taken: name it
 *               each time
 * @return as sys_heap_realloc(); NULL also, and nothing has changed, if @p align is neither 0 nor a power of two. */
LFM_API void *sys_heap_aligned_realloc(struct sys_heap *heap, void *ptr, size_t align, size_t bytes)
    LFM_NAMED_(sys_heap_aligned_realloc);

/** Tells how many bytes a taken block has. All of them may be used.
 * @return bytes, at least those asked for; 0 if @p mem is no taken block of this heap, or NULL.
 *
 * - Context: any; nobody may free or change the block meanwhile.
 * - Progress: wait-free.
 * - Time: as a free. */
LFM_API size_t sys_heap_usable_size(struct sys_heap *heap, void *mem) LFM_NAMED_(sys_heap_usable_size);

/** Checks the heap while nobody changes it, whatever CONFIG_SYS_HEAP_VALIDATE is.
 * @return true iff it is sound; false also for an empty heap.
 *
 * - Context: any, but a call of another context that is under way may look like damage.
 * - Progress: wait-free.
 * - Time: O(words) of lfm_heap_check(). */
LFM_API bool sys_heap_validate(struct sys_heap *heap) LFM_NAMED_(sys_heap_validate);

/** Tells how full the heap is, whatever CONFIG_SYS_HEAP_RUNTIME_STATS is. Blocks count with all the units that they
 * take, and the sum of free and allocated bytes is the heap's.
 * @return 0; -EINVAL if a pointer is NULL.
 *
 * - Context: any; while calls overlap, numbers may be off by what they have in hand.
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API int sys_heap_runtime_stats_get(struct sys_heap *heap, struct sys_memory_stats *stats)
    LFM_NAMED_(sys_heap_runtime_stats_get);

/** Lets max_allocated_bytes begin anew, at what is allocated now.
 * @return 0; -EINVAL if @p heap is NULL.
 *
 * - Context: any; a free that overlaps the call may note the use from before it.
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API int sys_heap_runtime_stats_reset_max(struct sys_heap *heap) LFM_NAMED_(sys_heap_runtime_stats_reset_max);

/** Prints how full the heap is by printk(), if the program has a function of that name. Else it does so on a host by
 * printf(), and in firmware not at all.
 * @param dump_chunks  a line for each block and each free stretch, too
 *
 * - Context: that of printk(); while others change the heap, what it tells may be untrue.
 * - Progress: that of printk().
 * - Time: O(words). */
LFM_API void sys_heap_print_info(struct sys_heap *heap, bool dump_chunks) LFM_NAMED_(sys_heap_print_info);

/* How many heaps sys_heap_array_save() has places for. */
#ifndef CONFIG_SYS_HEAP_ARRAY_SIZE
#define CONFIG_SYS_HEAP_ARRAY_SIZE 8
#endif

/** Puts a heap into the array of sys_heap_array_get(). sys_heap_init() does not do that here, where Zephyr's does: so a
 * program without an array has none.
 * @return 0; -EINVAL if @p heap is NULL or the array is full.
 *
 * - Context: any.
 * - Progress: lock-free.
 * - Time: O(heaps in the array). */
LFM_API int sys_heap_array_save(struct sys_heap *heap) LFM_NAMED_(sys_heap_array_save);

/** Tells which heaps sys_heap_array_save() was called for, the earliest first.
 * @param heap  the address of the array is written there
 * @return how many there are; -EINVAL if @p heap is NULL.
 *
 * - Context: any.
 * - Progress: wait-free.
 * - Time: O(heaps in the array). */
LFM_API int sys_heap_array_get(struct sys_heap ***heap) LFM_NAMED_(sys_heap_array_get);

/** Zephyr's stress test, which is not in lfmem: its lib/heap/heap_stress.c compiles with this file and runs. */
void sys_heap_stress(void *(*alloc_fn)(void *arg, size_t bytes), void (*free_fn)(void *arg, void *p), void *arg,
                     size_t total_bytes, uint32_t op_count, void *scratch_mem, size_t scratch_bytes, int target_percent,
                     struct z_heap_stress_result *result);

#ifdef __cplusplus
}
#endif

#endif
