/* SPDX-License-Identifier: MIT */
/* Zephyr's low-level heaps: heaps of the core, in memory at any address. */
#include "zephyr.h"

#include "../arith.h"
#include "../heap_units.h"

/* Every heap is aligned to this. */
#define LFM_SYS_HEAP_ALIGN 16u

/* Bytes that are left out in front, so that the heap can have blocks at multiples of a larger power of two. Up to a
 * cache line that is worth more than beyond. */
static size_t lfm_sys_heap_gap(const void *mem, size_t bytes)
{
    size_t gap = (0 - (uintptr_t)mem) & (LFM_SYS_HEAP_ALIGN - 1);
    for (size_t align = LFM_SYS_HEAP_ALIGN * 2; align <= bytes && align != 0; align *= 2) {
        const size_t larger = (0 - (uintptr_t)mem) & (align - 1);
        if (larger > bytes / (align <= 64 ? 16 : 64)) {
            break;
        }
        LFM_ASSERT(larger >= gap && (larger - gap) % LFM_SYS_HEAP_ALIGN == 0);
        gap = larger;
    }
    LFM_ASSERT(((uintptr_t)mem + gap) % LFM_SYS_HEAP_ALIGN == 0);
    return gap;
}

void sys_heap_init(struct sys_heap *heap, void *mem, size_t bytes)
{
    const size_t gap = lfm_sys_heap_gap(mem, bytes);
    LFM_ASSERT(gap < LFM_SYS_HEAP_ALIGN || gap <= bytes / 16);
    lfm_heap_config config = {.min_block = LFM_ZEPHYR_UNIT_(bytes), .fit = LFM_FIT_TRIMMED, .peak = true};
    heap->heap = NULL;
    heap->init_mem = mem;
    heap->init_bytes = bytes;
    lfm_status status = LFM_EINVAL;
    if (mem != NULL && gap < bytes) {
        unsigned char *const first = (unsigned char *)mem + gap;
        status = lfm_heap_init(&heap->lfm, first, bytes - gap, &config);
        if (status == LFM_ENOMEM && config.min_block > LFM_ZEPHYR_LEAST_UNIT_) {
            config.min_block = LFM_ZEPHYR_LEAST_UNIT_;
            status = lfm_heap_init(&heap->lfm, first, bytes - gap, &config);
        }
    }
    if (status == LFM_OK) {
        heap->heap = lfm_heap_units(&heap->lfm);
        LFM_ASSERT(heap->heap == (unsigned char *)mem + gap && lfm_heap_bytes(&heap->lfm) <= bytes - gap);
    } else {
        LFM_ASSERT(status == LFM_EINVAL || status == LFM_ENOMEM);
        memset(&heap->lfm, 0, sizeof heap->lfm);
    }
}

void *sys_heap_alloc(struct sys_heap *heap, size_t bytes)
{
    return bytes == 0 ? NULL : lfm_heap_alloc(&heap->lfm, bytes);
}

void *sys_heap_aligned_alloc(struct sys_heap *heap, size_t align, size_t bytes)
{
    return bytes == 0 ? NULL : lfm_heap_alloc_aligned(&heap->lfm, align == 0 ? 1 : align, bytes);
}

void *sys_heap_noalign_alloc(struct sys_heap *heap, size_t align, size_t bytes)
{
    (void)align;
    return sys_heap_alloc(heap, bytes);
}

void sys_heap_free(struct sys_heap *heap, void *mem)
{
    (void)lfm_heap_free(&heap->lfm, mem); /* Zephyr's callers are told nothing */
}

void *sys_heap_aligned_realloc(struct sys_heap *heap, void *ptr, size_t align, size_t bytes)
{
    return ptr == NULL ? sys_heap_aligned_alloc(heap, align, bytes)
                       : lfm_heap_realloc_aligned(&heap->lfm, ptr, align == 0 ? 1 : align, bytes);
}

void *sys_heap_realloc(struct sys_heap *heap, void *ptr, size_t bytes)
{
    return sys_heap_aligned_realloc(heap, ptr, 0, bytes);
}

size_t sys_heap_usable_size(struct sys_heap *heap, void *mem)
{
    return lfm_heap_usable_size(&heap->lfm, mem);
}

bool sys_heap_validate(struct sys_heap *heap)
{
    return lfm_heap_check(&heap->lfm) == LFM_OK;
}

int sys_heap_runtime_stats_get(struct sys_heap *heap, struct sys_memory_stats *stats)
{
    if (heap == NULL || stats == NULL) {
        return -EINVAL;
    }
    const size_t used = lfm_heap_used(&heap->lfm);
    stats->allocated_bytes = used;
    stats->free_bytes = lfm_heap_bytes(&heap->lfm) - used;
    stats->max_allocated_bytes = lfm_heap_peak(&heap->lfm);
    return 0;
}

int sys_heap_runtime_stats_reset_max(struct sys_heap *heap)
{
    if (heap == NULL) {
        return -EINVAL;
    }
    lfm_heap_reset_peak(&heap->lfm);
    return 0;
}
