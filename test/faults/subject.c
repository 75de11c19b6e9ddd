/* SPDX-License-Identifier: MIT */
#include "subject.h"
#include <stdatomic.h>

static void lock(const subject *s)
{
    uint32_t open = 0;
    while (s->lock != NULL &&
           !atomic_compare_exchange_weak_explicit(s->lock, &open, 1, memory_order_acquire, memory_order_relaxed)) {
        open = 0;
    }
}

static void unlock(const subject *s)
{
    if (s->lock != NULL) {
        atomic_store_explicit(s->lock, 0, memory_order_release);
    }
}

void *subject_get(const subject *s)
{
    lock(s);
    void *block = s->pool != NULL ? lfm_pool_get(s->pool) : lfm_dynpool_get(s->dynpool);
    unlock(s);
    return block;
}

lfm_status subject_put(const subject *s, void *block)
{
    lock(s);
    const lfm_status status = s->pool != NULL ? lfm_pool_put(s->pool, block) : lfm_dynpool_put(s->dynpool, block);
    unlock(s);
    return status;
}

size_t subject_get_many(const subject *s, void *blocks[], size_t n)
{
    lock(s);
    const size_t got = lfm_pool_get_many(s->pool, blocks, n);
    unlock(s);
    return got;
}

lfm_status subject_put_many(const subject *s, void *const blocks[], size_t n)
{
    lock(s);
    const lfm_status status = lfm_pool_put_many(s->pool, blocks, n);
    unlock(s);
    return status;
}

void *subject_alloc(const subject *s, size_t bytes, size_t align)
{
    lock(s);
    void *memory = lfm_segment_alloc(s->segment, bytes, align);
    unlock(s);
    return memory;
}

void *subject_heap_alloc(const subject *s, size_t bytes)
{
    lock(s);
    void *block = lfm_heap_alloc(s->heap, bytes);
    unlock(s);
    return block;
}

void *subject_heap_realloc(const subject *s, void *block, size_t bytes)
{
    lock(s);
    void *moved = lfm_heap_realloc(s->heap, block, bytes);
    unlock(s);
    return moved;
}

lfm_status subject_heap_free(const subject *s, void *block)
{
    lock(s);
    const lfm_status status = lfm_heap_free(s->heap, block);
    unlock(s);
    return status;
}
