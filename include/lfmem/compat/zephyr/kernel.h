/* SPDX-License-Identifier: MIT */
/** @file kernel.h
 * Zephyr's heap memory pool, memory pools and heaps under their own names, on lock-free heaps (lfmem/heap.h). Add the
 * folder of this file to the include path, and code written for Zephyr compiles as it is.
 *
 *     char *text = k_malloc(200);                              // from the one heap memory pool: a block of 256 bytes
 *     k_free(text);
 *
 *     K_MEM_POOL_DEFINE(packets, 64, 4096, 3, 4);              // 3 blocks of 4096 bytes, quartered down to 64
 *     struct k_mem_block block;
 *     if (k_mem_pool_alloc(&packets, &block, 1000, K_MSEC(20)) == 0) {
 *         memset(block.data, 0, 1000);
 *         k_mem_pool_free(&block);
 *     }
 *
 *     K_HEAP_DEFINE(buffers, 2048);                            // 2048 bytes for blocks of any size
 *     char *buffer = k_heap_alloc(&buffers, 100, K_MSEC(20));
 *     k_heap_free(&buffers, buffer);
 *
 * All is ready at link time. Every call may be made at any time from any thread, core or interrupt handler. Only
 * k_mem_pool_alloc() and the calls of k_heap wait, with another timeout than K_NO_WAIT. That an interrupt handler must
 * not do. Each block is used by one context at a time.
 *
 * Failure, order and memory are those of the heap. An allocation fails only if at one instant during the call blocks
 * overlapped each place for it. Those were taken, or the one that each running call has in hand. A free releases what
 * was done with the block to the context that allocates any of its bytes next. Blocks have no descriptor in them: 64
 * bytes fit into a block of 64 bytes. A block lies at a multiple of its size, up to the alignment of its pool's buffer.
 * That is what K_MEM_POOL_DEFINE is told, at least 16, and 4096 in the heap memory pool.
 *
 * A bad pointer (foreign, inside a block, free already) changes nothing; lfm_zephyr_free() tells what is wrong with it.
 *
 * A pool in a module, or in memory that serves another purpose later, is ended by lfm_zephyr_pool_fini() before that
 * goes. Otherwise k_free() would look at it. A `struct k_mem_pool` may not be copied or moved.
 *
 * Where threads can be cancelled (POSIX), k_mem_pool_alloc() and the calls of k_heap are cancellation points while they
 * wait, and the other calls are none. A call that is cancelled has taken no block. Cancellation must be deferred while
 * a thread waits. A process may fork while others wait, and its child may free and wait. A signal handler must not fork
 * that has interrupted a thread which waits.
 *
 * Order of threads that wait: the most urgent one first, and of those that are as urgent the one that has waited
 * longest (lfm_zephyr_priority() tells how urgent a thread is). A context that frees takes the block for that thread
 * and hands it over. Precisely, for two threads that wait for one pool:
 *
 * - While the first waits the second is not served, if the first is as urgent or more, came before it, and asks for
 *   no more. It came before if it had begun to wait when the second called. So equal requests are served in order of
 *   arrival.
 * - A request for less may be served first. Waiting for the larger one could be a deadlock, where a block is freed only
 *   by a thread that waits. So a thread that asks for more than others waits until they leave room.
 * - Calls that do not wait (K_NO_WAIT, k_mem_pool_malloc()) take what is free when they look, though others wait, as
 *   in Zephyr. So does k_heap_realloc() when it looks by itself, but with a timeout it serves those that wait before.
 *
 * There are places for so many threads as the build option `zephyr_waiters` says (8), for all pools and heaps together.
 * It should be the number of threads that wait at a time. A place takes 32 bytes of RAM (48 with 64-bit pointers), in
 * each program that calls k_mem_pool_alloc() or a function of k_heap. A further thread waits without order: it looks
 * every 5 ms whether there is a block, or a place. A thread that ends without notice while it waits keeps its place,
 * and a block if one is given to it. One that is cancelled, or for which its port calls lfm_zephyr_abandon(), does not.
 */
#ifndef LFMEM_COMPAT_ZEPHYR_KERNEL_H
#define LFMEM_COMPAT_ZEPHYR_KERNEL_H

#include "sys/sys_heap.h"
#include <lfm_zephyr_config.h>
#include <lfmem/heap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A freestanding program has none, even where the compiler finds one: that of another system. Zephyr's numbers are the
 * same everywhere. */
#if __STDC_HOSTED__
#include <errno.h>
#endif
#ifndef EAGAIN
#define EAGAIN 11
#endif
#ifndef ENOMEM
#define ENOMEM 12
#endif
#ifndef EINVAL
#define EINVAL 22
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** How long to wait, in milliseconds: from 0 up, or K_FOREVER. A plain number will do. */
typedef int32_t k_timeout_t;

#define K_NO_WAIT          LFM_CAST_(k_timeout_t, 0)
#define K_FOREVER          LFM_CAST_(k_timeout_t, -1)
#define K_MSEC(ms)         LFM_CAST_(k_timeout_t, ms)
#define K_SECONDS(s)       K_MSEC((s)*1000)
#define K_MINUTES(m)       K_SECONDS((m)*60)
#define K_HOURS(h)         K_MINUTES((h)*60)
#define K_TIMEOUT_EQ(a, b) ((a) == (b))

/** A memory pool. A complete type, so that it can be static; `heap` may be given to lfm_heap_stats(), lfm_heap_visit()
 * and lfm_heap_check(), the other fields are private. */
struct k_mem_pool {
    /* constant */
    const lfm_heap *heap;
    size_t max_size; /* bytes; no block is larger */
    /* written once, and by lfm_zephyr_pool_fini() */
    LFM_ATOMIC_(struct k_mem_pool *) next; /* on the list of pools that k_free() looks at */
    LFM_ATOMIC_(uint32_t) listed;
    /* written by threads that begin or end to wait, which it counts */
    LFM_ATOMIC_(uint32_t) waits;
};

/** Where a block comes from. For k_mem_pool_free_id(); the fields are private. */
struct k_mem_block_id {
    struct k_mem_pool *pool;
    void *data;
};

/** A block of a memory pool. */
struct k_mem_block {
    void *data; /**< its first byte; NULL: there is none */
    struct k_mem_block_id id;
};

/* Exponents of the largest and the smallest block. Zephyr quarters a block as long as the parts are no smaller than
 * minsz; the sizes between are maxsz / 4^k. The heap's units are powers of two from 8 on. */
#define LFM_ZEPHYR_BITS_(bytes)       ((bytes) <= 8 ? 3 : LFM_BITS_(LFM_CAST_(uint64_t, bytes) - 1))
#define LFM_ZEPHYR_SHIFT_(max, least) ((max) - ((max) - (least)) / 2 * 2)

/** The smallest block that K_MEM_POOL_DEFINE() can make, in bytes: Zephyr's where pointers have 4. */
#define _MPOOL_MINBLK LFM_SIZE_(8)

/* The memory of a pool's blocks. It comes first, so that what stands in front of a definer goes with it. Where sizes
 * are bad it has one byte, and what the assertions say is all that the compiler says. */
#define LFM_ZEPHYR_FITS_(maxsz, nmax) \
    ((maxsz) >= 1 && (maxsz) <= 1 << 30 && (nmax) >= 1 && (nmax) <= (1 << 30) >> LFM_ZEPHYR_BITS_(maxsz))
#define LFM_ZEPHYR_BUFFER_(attributes, name, maxsz, nmax, align)                                                    \
    unsigned char name##_lfm_buffer[LFM_ZEPHYR_FITS_(maxsz, nmax) ? LFM_SIZE_(nmax) << LFM_ZEPHYR_BITS_(maxsz) : 1] \
        __attribute__((aligned((align) > 16 ? (align) : 16))) attributes

/* The heap over it. */
#define LFM_ZEPHYR_HEAP_(name, minsz, maxsz, nmax, align)                                                           \
    LFM_STATIC_ASSERT_((minsz) >= 1 && (minsz) <= (maxsz), #name ": sizes out of range");                           \
    LFM_STATIC_ASSERT_(LFM_ZEPHYR_FITS_(maxsz, nmax), #name ": too large, or no blocks");                           \
    LFM_STATIC_ASSERT_((align) >= 1 && ((align) & ((align)-1)) == 0, #name ": alignment is no power of two");       \
    enum {                                                                                                          \
        name##_lfm_max = LFM_ZEPHYR_BITS_(maxsz),                                                                   \
        name##_lfm_least = LFM_ZEPHYR_BITS_(minsz),                                                                 \
        name##_lfm_unit = 1 << LFM_ZEPHYR_SHIFT_(LFM_CAST_(int, name##_lfm_max), LFM_CAST_(int, name##_lfm_least)), \
        name##_lfm_bytes = (nmax) << LFM_CAST_(int, name##_lfm_max)                                                 \
    };                                                                                                              \
    LFM_HEAP_DEFINE_OVER_(name##_lfm_heap, name##_lfm_buffer, name##_lfm_bytes, name##_lfm_unit, LFM_FIT_BUDDY4)

/** Defines a memory pool at file scope, ready at link time. Other files declare it by
 * `extern struct k_mem_pool name;`. A qualifier or an attribute in front goes with the memory of the blocks:
 * `static K_MEM_POOL_DEFINE(...)`, `__nocache K_MEM_POOL_DEFINE(...)`. Only blocks lie there. So its section need not
 * be cleared at the start, and a device that writes to it cannot damage the pool.
 * @param minsz  bytes of the smallest block, from 1 to maxsz. The smallest block that there is has maxsz / 4^k bytes
 *               with the largest k that keeps this at or above minsz and 8.
 * @param maxsz  bytes of the largest block. What is no power of two of 8 or more takes the room of the next one.
 * @param nmax   how many of the largest blocks, from 1 up; less than 2 GiB in all
 * @param align  of the pool's buffer, bytes; a power of two. Less than 16 is 16
 *
 * Each is a constant expression; a bad one does not compile. */
#define K_MEM_POOL_DEFINE(name, minsz, maxsz, nmax, align) \
    LFM_ZEPHYR_BUFFER_(, name, maxsz, nmax, align);        \
    LFM_ZEPHYR_HEAP_(name, minsz, maxsz, nmax, align);     \
    extern struct k_mem_pool name;                         \
    LFM_CONSTINIT_ struct k_mem_pool name = {name##_lfm_heap, (maxsz), LFM_NULL_, 0, 0}

/** The same, as Zephyr 2.5 calls it. */
#define Z_MEM_POOL_DEFINE(name, minsz, maxsz, nmax, align) K_MEM_POOL_DEFINE(name, minsz, maxsz, nmax, align)

/** Takes a block, and waits for one if there is none.
 * @param block    its address is written to block->data; NULL there unless 0 is returned
 * @param size     bytes; 0 takes a smallest block
 * @param timeout  how long to wait at most: K_NO_WAIT, K_FOREVER or milliseconds
 * @return 0, or
 *         - -ENOMEM if there is no such block and @p timeout is K_NO_WAIT;
 *         - -ENOMEM also if @p size is more than the pool's largest block (whatever the timeout: none will ever come);
 *         - -EAGAIN if none came in time;
 *         - -EINVAL if a pointer is NULL, @p timeout is below K_FOREVER or the pool is all zero: nobody has made it.
 *
 * - Context: any with K_NO_WAIT, else threads.
 * - Progress: lock-free with K_NO_WAIT, else it waits for others to free, in the order above, and looks again by itself
 *   every 100 ms. Each time that there is no room for it counts as a failure of the heap.
 * - Order, Time: as lfm_heap_alloc(); a thread that waits also changes each word of the pool's metadata once, and
 *   serves as k_mem_pool_free() does. */
LFM_API int k_mem_pool_alloc(struct k_mem_pool *pool, struct k_mem_block *block, size_t size, k_timeout_t timeout)
    LFM_NAMED_(k_mem_pool_alloc);

/** Frees a block that k_mem_pool_alloc() gave.
 * @param block  NULL, or without data: nothing is done
 *
 * - Context: any.
 * - Progress: lock-free; where somebody waits for a block, also the port's (see lfm_zephyr_wake()). A context that is
 *   stopped in it keeps at most one block from others.
 * - Order: as lfm_heap_free().
 * - Time: as lfm_heap_free(), and one load. For each thread that waits for this pool there is a look at each place, and
 *   one allocation at most. That is so in an interrupt handler, too. All of that is done again if one of them has
 *   ended its wait meanwhile. */
LFM_API void k_mem_pool_free(struct k_mem_block *block) LFM_NAMED_(k_mem_pool_free);

/** The same by the block's id, of which the block may have been copied. */
LFM_API void k_mem_pool_free_id(struct k_mem_block_id *id) LFM_NAMED_(k_mem_pool_free_id);

/** Takes a block that k_free() can free.
 * @return the block; NULL: there is none, @p size is more than the pool's largest block, or @p pool is NULL or all
 *         zero.
 *
 * - Context: any.
 * - Progress: lock-free.
 * - Order, Time: as lfm_heap_alloc(); the first call of each pool puts it on a list, O(pools). */
LFM_API void *k_mem_pool_malloc(struct k_mem_pool *pool, size_t size) LFM_NAMED_(k_mem_pool_malloc);

/** Frees a block of k_malloc(), k_calloc(), k_realloc(), k_aligned_alloc() or k_mem_pool_malloc().
 * @param block  NULL: nothing is done
 *
 * - Context, Progress, Order: as k_mem_pool_free().
 * - Time: that of lfm_heap_free(), and O(pools that k_mem_pool_malloc() was called for before it was for this one). */
LFM_API void k_free(void *block);

/** Takes a block from the heap memory pool: CONFIG_HEAP_MEM_POOL_SIZE bytes in classes of CONFIG_HEAP_MEM_POOL_MIN_SIZE
 * times 4^k. Where the library was built with a heap of 0 bytes, this and the next three functions do not link.
 * @param size  bytes; 0 takes a smallest block
 * @return the block; NULL: there is none.
 *
 * - Context: any.
 * - Progress: lock-free.
 * - Order, Time: as lfm_heap_alloc(). */
LFM_API void *k_malloc(size_t size);

/** Takes a block for @p n objects of @p size bytes each, and sets it to zero.
 * @return as k_malloc(); NULL also if the product overflows. */
LFM_API void *k_calloc(size_t n, size_t size);

/** Changes the size of a block that k_free() could free. It stays in place if that can be. Else its contents move into
 * another block of the same pool.
 * @param block  NULL: k_malloc(), unless @p size is 0
 * @param size   bytes; 0: frees the block, if there is one, and returns NULL
 * @return the block, at its old address or a new one, with its contents up to the smaller of both sizes; NULL if
 *         @p size is 0, or, and @p block is as it was, if there was no room or @p block is no taken block.
 *
 * - Context, Progress, Order, Time: as lfm_heap_realloc(). */
LFM_API void *k_realloc(void *block, size_t size);

/** As k_malloc(), at a multiple of @p align bytes.
 * @param align  a power of two. Beyond 4096, or beyond the size of the heap, there may be no such block.
 * @return as k_malloc(); NULL also if @p align is no power of two. */
LFM_API void *k_aligned_alloc(size_t align, size_t size);

/** Does nothing: here the largest block is there as soon as its parts are free. Zephyr 1.7 and before had to merge
 * them.
 * @param pool  any, or NULL
 *
 * - Context: any.
 * - Progress: wait-free. */
static inline void k_mem_pool_defrag(struct k_mem_pool *pool)
{
    (void)pool;
}

/** What lfmem keeps of a thread: the pool that its own allocations come from. On a host each thread has one; in
 * firmware (zephyr_wait=none) it is part of what the program's kernel keeps of a thread. A new thread has none, all
 * zero. Zephyr's has that of the thread which made it: here the program assigns it. */
struct k_thread {
    LFM_ATOMIC_(struct k_mem_pool *) resource_pool; /* private */
};

/** A thread. */
typedef struct k_thread *k_tid_t;

/** Tells which thread calls. Firmware (zephyr_wait=none) defines it, if it calls z_thread_malloc() or
 * z_thread_aligned_alloc(): nothing else refers to it.
 * @return the thread; NULL from firmware's, in an interrupt handler: there is no pool then.
 *
 * - Context: any thread.
 * - Progress: wait-free. */
LFM_API k_tid_t k_current_get(void);

/** Tells where a thread's own allocations come from.
 * @param thread  NULL: nothing is done
 * @param pool    NULL: there are none
 *
 * - Context: any.
 * - Progress: wait-free.
 * - Order: releases the pool to that thread. */
LFM_API void k_thread_resource_pool_assign(struct k_thread *thread, struct k_mem_pool *pool)
    LFM_NAMED_(k_thread_resource_pool_assign);

/** The same with the heap memory pool, that of k_malloc(). Without that pool it does not link. */
LFM_API void k_thread_system_pool_assign(struct k_thread *thread);

/** Takes a block from the pool of the calling thread: as k_mem_pool_malloc(), and k_free() frees it.
 * @return the block; NULL: as k_mem_pool_malloc(), or the thread has no pool. */
LFM_API void *z_thread_malloc(size_t size);

/** The same at a multiple of @p align bytes.
 * @param align  a power of two, or 0: any. Beyond the alignment of the pool's buffer there may be no such block.
 * @return as z_thread_malloc(); NULL also if @p align is another number. */
LFM_API void *z_thread_aligned_alloc(size_t align, size_t size);

/* Heaps that threads can wait for: sys/sys_heap.h with a timeout. */

/** A heap. A complete type, so that it can be static. `heap` may be given to each function of sys/sys_heap.h. Memory
 * that sys_heap_free() gives back wakes nobody. A thread that waits finds it when it looks again by itself. */
struct k_heap {
    struct sys_heap heap;
    /* written by threads that begin or end to wait, which it counts */
    LFM_ATOMIC_(uint32_t) waits;
};

/* Bytes of all units of a static heap for so many, and of its alignment. */
#define LFM_ZEPHYR_STATIC_BYTES_(bytes) LFM_ROUND_UP_(bytes, LFM_ZEPHYR_UNIT_(bytes))
#if SIZE_MAX > UINT32_MAX
#define LFM_ZEPHYR_STATIC_ALIGN_(bytes) LFM_HEAP_ALIGN_(bytes)
#else
#define LFM_ZEPHYR_STATIC_ALIGN_(bytes) ((bytes) >= 1024 ? 64 : (bytes) >= 512 ? 32 : 16)
#endif

/** Defines a heap at file scope, ready at link time. Other files declare it by `extern struct k_heap name;`.
 * What stands in front of it (`static`, a section, __aligned()) is that of the memory for blocks, `kheap_name`, as in
 * Zephyr. That may have any contents when the program starts.
 * @param bytes  for blocks, from 1 up, rounded up to units. Units have 16 bytes, or 32 in heaps of more than 32 KiB, or
 *               64 in heaps of more than 256 KiB. Metadata lie apart, where Zephyr's are in these bytes. The memory is
 *               aligned to 64 bytes, with less than 1024 bytes to 32, with less than 512 to 16. Where addresses have
 *               64 bits, it is aligned as LFM_HEAP_DEFINE says.
 *
 * It is a constant expression; a bad one does not compile. */
#define K_HEAP_DEFINE(name, bytes) Z_HEAP_DEFINE_IN_SECT(name, bytes, )

/** The same in memory that is not cached, where the project has Zephyr's __nocache. */
#define K_HEAP_DEFINE_NOCACHE(name, bytes) Z_HEAP_DEFINE_IN_SECT(name, bytes, __nocache)

/** What both are.
 * @param in_section  attributes of the memory for blocks */
#define Z_HEAP_DEFINE_IN_SECT(name, bytes, in_section)                                 \
    unsigned char in_section __attribute__((aligned(LFM_ZEPHYR_STATIC_ALIGN_(bytes)))) \
    kheap_##name[LFM_ZEPHYR_STATIC_BYTES_(bytes)];                                     \
    LFM_STATIC_ASSERT_((bytes) >= 1, #name ": no bytes");                              \
    LFM_ZEPHYR_HEAP_OBJECT_(name, sizeof kheap_##name, LFM_ZEPHYR_UNIT_(sizeof kheap_##name))

/* The metadata and the heap over that memory. */
#define LFM_ZEPHYR_HEAP_OBJECT_(name, bytes, unit)                                                                   \
    LFM_HEAP_METADATA_(name, bytes, unit, LFM_FIT_TRIMMED);                                                          \
    extern struct k_heap name;                                                                                       \
    LFM_CONSTINIT_ struct k_heap name = {{kheap_##name, kheap_##name, bytes,                                         \
                                          LFM_HEAP_VALUE_(&name.heap.lfm, &name.heap.lfm.own, kheap_##name,          \
                                                          name##_lfm_metadata, bytes, unit, LFM_FIT_TRIMMED, true)}, \
                                         0}

/** Makes a heap of memory that the caller gives: sys_heap_init(). A k_heap that has only init_mem and init_bytes, as
 * projects define them for Zephyr to make at boot, is empty until
 * `k_heap_init(heap, heap->heap.init_mem, heap->heap.init_bytes)`.
 *
 * - Context, Progress, Time: as sys_heap_init(). */
LFM_API void k_heap_init(struct k_heap *heap, void *mem, size_t bytes) LFM_NAMED_(k_heap_init);

/** Takes a block, and waits for one if there is none.
 * @param bytes    from 1 up; 0 returns NULL at once, where Zephyr waits for the time to pass
 * @param timeout  how long to wait at most: K_NO_WAIT, K_FOREVER or milliseconds
 * @return a block of at least so many bytes, aligned as sys_heap_alloc() says; NULL: none came in time; or, at once,
 *         @p bytes is 0 or more than the heap has, or @p timeout is below K_FOREVER.
 *
 * - Context, Progress, Order, Time: as k_mem_pool_alloc(). */
LFM_API void *k_heap_alloc(struct k_heap *heap, size_t bytes, k_timeout_t timeout) LFM_NAMED_(k_heap_alloc);

/** The same at a multiple of @p align bytes.
 * @param align  as for sys_heap_aligned_alloc()
 * @return as k_heap_alloc(); NULL at once also if @p align is neither 0 nor a power of two, or more than the heap's. */
LFM_API void *k_heap_aligned_alloc(struct k_heap *heap, size_t align, size_t bytes, k_timeout_t timeout)
    LFM_NAMED_(k_heap_aligned_alloc);

/** Takes a block for @p num objects of @p size bytes each, and sets it to zero.
 * @return as k_heap_alloc(); NULL at once also if the product overflows. */
LFM_API void *k_heap_calloc(struct k_heap *heap, size_t num, size_t size, k_timeout_t timeout)
    LFM_NAMED_(k_heap_calloc);

/** Changes the size of a block: in place if that can be, else it moves the contents into another block, and waits for
 * one or for room behind this one.
 * @param ptr      NULL: k_heap_alloc()
 * @param bytes    0: frees the block and returns NULL at once
 * @param timeout  as for k_heap_alloc(). Every 100 ms the wait begins anew, behind others that wait, and looks whether
 *                 there is room behind the block.
 * @return the block, at its old address or a new one, with its contents up to the smaller of both sizes; NULL if
 *         @p bytes is 0. NULL too, with @p ptr as it was, if there was no room in time or, at once, @p ptr is no taken
 *         block.
 *
 * - Context, Progress, Order, Time: as k_heap_alloc() and lfm_heap_realloc(). */
LFM_API void *k_heap_realloc(struct k_heap *heap, void *ptr, size_t bytes, k_timeout_t timeout)
    LFM_NAMED_(k_heap_realloc);

/** Frees a block.
 * @param mem  NULL, or no taken block of this heap: nothing is done
 *
 * - Context, Progress, Order, Time: as k_mem_pool_free(). */
LFM_API void k_heap_free(struct k_heap *heap, void *mem) LFM_NAMED_(k_heap_free);

/* Not Zephyr's. */

/** k_free() that tells.
 * @return LFM_OK; or, with nothing changed,
 *         - LFM_EFOREIGN iff @p block is in none of the pools that k_free() knows;
 *         - LFM_EINTERIOR iff it is, but not at the start of a block;
 *         - LFM_EDOUBLEFREE iff nothing is taken there. */
LFM_API lfm_status lfm_zephyr_free(void *block);

/** Ends a pool: k_free() and its like do not look at it any more. Call it before a module with a K_MEM_POOL_DEFINE() is
 * unloaded, and before the memory of a pool serves another purpose. AddressSanitizer and Valgrind hide nothing of it
 * any more. A pool whose memory stays may be used again, and its blocks are then as they were.
 * @param pool  NULL, or a pool that was never used: nothing is done
 *
 * - Context: any, but nobody else may use this pool meanwhile or wait for it. No k_free(), k_realloc(),
 *   lfm_zephyr_free() of any pool, no first k_malloc() or k_mem_pool_malloc() of one and no other
 *   lfm_zephyr_pool_fini() may be under way.
 * - Progress: wait-free.
 * - Time: O(pools that k_mem_pool_malloc() was called for). */
LFM_API void lfm_zephyr_pool_fini(struct k_mem_pool *pool) LFM_NAMED_(lfm_zephyr_pool_fini);

/** The heap of k_malloc(), for lfm_heap_stats(), lfm_heap_visit() and lfm_heap_check(). Without that pool it does not
 * link.
 *
 * - Context: any.
 * - Progress: wait-free. */
LFM_API const lfm_heap *lfm_zephyr_heap(void) LFM_NAMED_(lfm_zephyr_heap);

#ifdef __cplusplus
}
#endif

#endif
