/* SPDX-License-Identifier: MIT */
#include "allocator.h"
#include "in_line.h"
#include "oracle.h"
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

static void lock(const allocator *s)
{
    uint32_t open = 0;
    while (s->lock != NULL &&
           !atomic_compare_exchange_weak_explicit(s->lock, &open, 1, memory_order_acquire, memory_order_relaxed)) {
        open = 0;
    }
}

static void unlock(const allocator *s)
{
    if (s->lock != NULL) {
        atomic_store_explicit(s->lock, 0, memory_order_release);
    }
}

unsigned char *allocator_make_in_line(allocator *s, uint32_t blocks, size_t bytes)
{
    static bool is_shared;
    unsigned char *first = NULL;
    if (!is_shared) {
        size_t size;
        void *const memory = in_line_memory(&size);
        if ((uintptr_t)memory % (size_t)sysconf(_SC_PAGESIZE) != 0 || size % (size_t)sysconf(_SC_PAGESIZE) != 0) {
            SKIP("pages are too large for static pools of their own");
        }
        NEED(mmap(memory, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == memory,
             "no shared memory");
        is_shared = true;
    }
    s->pool = in_line_pool(blocks, bytes, &first);
    NEED(s->pool != NULL, "no static pool has %u blocks of %zu bytes", blocks, bytes);
    s->dynpool = NULL;
    s->in_line = true;
    return first;
}

void *allocator_get(const allocator *s)
{
    lock(s);
    void *block = s->in_line        ? in_line_get(s->pool)
                  : s->pool != NULL ? lfm_pool_get(s->pool)
                                    : lfm_dynpool_get(s->dynpool);
    unlock(s);
    return block;
}

lfm_status allocator_put(const allocator *s, void *block)
{
    lock(s);
    const lfm_status status = s->in_line        ? in_line_put(s->pool, block)
                              : s->pool != NULL ? lfm_pool_put(s->pool, block)
                                                : lfm_dynpool_put(s->dynpool, block);
    unlock(s);
    return status;
}

size_t allocator_get_many(const allocator *s, void *blocks[], size_t n)
{
    lock(s);
    const size_t got = lfm_pool_get_many(s->pool, blocks, n);
    unlock(s);
    return got;
}

lfm_status allocator_put_many(const allocator *s, void *const blocks[], size_t n)
{
    lock(s);
    const lfm_status status = lfm_pool_put_many(s->pool, blocks, n);
    unlock(s);
    return status;
}

void *allocator_alloc(const allocator *s, size_t bytes, size_t align)
{
    lock(s);
    void *memory = lfm_segment_alloc(s->segment, bytes, align);
    unlock(s);
    return memory;
}

void *allocator_heap_alloc(const allocator *s, size_t bytes)
{
    lock(s);
    void *block = lfm_heap_alloc(s->heap, bytes);
    unlock(s);
    return block;
}

void *allocator_heap_realloc(const allocator *s, void *block, size_t bytes)
{
    lock(s);
    void *moved = lfm_heap_realloc(s->heap, block, bytes);
    unlock(s);
    return moved;
}

lfm_status allocator_heap_free(const allocator *s, void *block)
{
    lock(s);
    const lfm_status status = lfm_heap_free(s->heap, block);
    unlock(s);
    return status;
}
