/* SPDX-License-Identifier: MIT */
/* Zephyr's heaps that threads can wait for: sys_heap with the waiting of pools (zephyr_alloc.h). */
#include "zephyr_alloc.h"

#include "../arith.h"
#include "../heap_units.h"

void k_heap_init(struct k_heap *heap, void *mem, size_t bytes)
{
    sys_heap_init(&heap->heap, mem, bytes);
    LFM_STORE(WAIT_OWN, &heap->waits, 0);
}

/* Tells whether frees can ever make room for so many bytes. An empty heap has 0. */
static bool lfm_k_heap_may(const lfm_heap *heap, size_t align, size_t bytes)
{
    return bytes != 0 && bytes <= lfm_heap_bytes(heap) &&
           (align == 0 || (lfm_is_power_of_two(align) && ((uintptr_t)lfm_heap_units(heap) & (align - 1)) == 0));
}

void *k_heap_aligned_alloc(struct k_heap *heap, size_t align, size_t bytes, k_timeout_t timeout)
{
    lfm_heap *const lfm = &heap->heap.lfm;
    return timeout >= K_FOREVER && lfm_k_heap_may(lfm, align, bytes)
               ? lfm_zephyr_take(lfm, &heap->waits, align, bytes, timeout)
               : NULL;
}

void *k_heap_alloc(struct k_heap *heap, size_t bytes, k_timeout_t timeout)
{
    return k_heap_aligned_alloc(heap, 0, bytes, timeout);
}

void *k_heap_calloc(struct k_heap *heap, size_t num, size_t size, k_timeout_t timeout)
{
    void *const block = size != 0 && num > SIZE_MAX / size ? NULL : k_heap_alloc(heap, num * size, timeout);
    if (block != NULL) {
        LFM_ASSERT(size != 0 && num <= SIZE_MAX / size); /* k_heap_alloc() has no block of 0 bytes */
        memset(block, 0, num * size);
    }
    return block;
}

void k_heap_free(struct k_heap *heap, void *mem)
{
    if (mem != NULL && lfm_heap_free(&heap->heap.lfm, mem) == LFM_OK) {
        lfm_zephyr_freed(&heap->heap.lfm, &heap->waits);
    }
}

/* Moves the contents of a block into a larger one, and frees it. NULL: it was no block, and the larger one is free. */
static void *lfm_k_heap_move(struct k_heap *heap, void *from, void *to)
{
    lfm_heap *const lfm = &heap->heap.lfm;
    LFM_ASSERT(from != NULL && to != NULL);
    memcpy(to, from, lfm_heap_usable_size(lfm, from));
    const bool moved = lfm_heap_free(lfm, from) == LFM_OK;
    if (!moved) { /* another context freed it meanwhile */
        (void)lfm_heap_free(lfm, to);
    }
    lfm_zephyr_freed(lfm, &heap->waits);
    return moved ? to : NULL;
}

/* Resizes a block, or moves it. In a call that may wait, free memory goes first to threads that wait already: the call
 * sees each wait that began before it (Q3). */
static void *lfm_k_heap_resize(struct k_heap *heap, void *block, size_t bytes, bool may_wait)
{
    lfm_heap *const lfm = &heap->heap.lfm;
    LFM_ASSERT(block != NULL && bytes != 0);
    if (may_wait) {
        lfm_zephyr_freed(lfm, &heap->waits);
    }
    void *const resized = lfm_heap_realloc(lfm, block, bytes);
    if (resized != NULL) {
        lfm_zephyr_freed(lfm, &heap->waits); /* of the old block, of its end, or of nothing */
    }
    return resized;
}

/* Waits for a larger block, or for room behind this one. A free announces no such room, so this looks now and then. */
static void *lfm_k_heap_wait(struct k_heap *heap, void *block, size_t bytes, k_timeout_t timeout)
{
    lfm_heap *const lfm = &heap->heap.lfm;
    const int64_t deadline = timeout == K_FOREVER ? INT64_MAX : lfm_zephyr_uptime() + timeout + 1;
    LFM_ASSERT(timeout > K_NO_WAIT || timeout == K_FOREVER);
    LFM_ASSERT(bytes != 0 && bytes <= lfm_heap_bytes(lfm));
    for (;;) {
        const int64_t left = deadline - lfm_zephyr_uptime();
        if (left <= 0 || lfm_heap_usable_size(lfm, block) == 0) {
            return NULL;
        }
        const k_timeout_t slice = left < LFM_ZEPHYR_LOOK_MS ? (k_timeout_t)left : LFM_ZEPHYR_LOOK_MS;
        LFM_ASSERT(slice > 0);
        void *const other = lfm_zephyr_take(lfm, &heap->waits, 0, bytes, slice);
        if (other != NULL) {
            return lfm_k_heap_move(heap, block, other);
        }
        void *const resized = lfm_k_heap_resize(heap, block, bytes, true);
        if (resized != NULL) {
            return resized;
        }
    }
}

void *k_heap_realloc(struct k_heap *heap, void *ptr, size_t bytes, k_timeout_t timeout)
{
    if (ptr == NULL) {
        return k_heap_alloc(heap, bytes, timeout);
    }
    if (bytes == 0) {
        k_heap_free(heap, ptr);
        return NULL;
    }
    const bool may_wait = timeout != K_NO_WAIT && timeout >= K_FOREVER;
    void *const resized = lfm_k_heap_resize(heap, ptr, bytes, may_wait);
    return resized == NULL && may_wait && lfm_k_heap_may(&heap->heap.lfm, 0, bytes)
               ? lfm_k_heap_wait(heap, ptr, bytes, timeout)
               : resized;
}
