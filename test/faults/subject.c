/* SPDX-License-Identifier: MIT */
#include "subject.h"
#include <stdatomic.h>

static _Atomic(uint32_t) *spin;

static void spin_lock(void)
{
    uint32_t open = 0;
    while (!atomic_compare_exchange_weak_explicit(spin, &open, 1, memory_order_acquire, memory_order_relaxed)) {
        open = 0;
    }
}

static void spin_unlock(void)
{
    atomic_store_explicit(spin, 0, memory_order_release);
}

static void *locked_get(lfm_pool *pool)
{
    spin_lock();
    void *block = lfm_pool_get(pool);
    spin_unlock();
    return block;
}

static lfm_status locked_put(lfm_pool *pool, void *block)
{
    spin_lock();
    const lfm_status status = lfm_pool_put(pool, block);
    spin_unlock();
    return status;
}

static size_t locked_get_many(lfm_pool *pool, void *blocks[], size_t n)
{
    spin_lock();
    const size_t got = lfm_pool_get_many(pool, blocks, n);
    spin_unlock();
    return got;
}

static lfm_status locked_put_many(lfm_pool *pool, void *const blocks[], size_t n)
{
    spin_lock();
    const lfm_status status = lfm_pool_put_many(pool, blocks, n);
    spin_unlock();
    return status;
}

subject subject_make(_Atomic(uint32_t) *lock)
{
    const subject plain = {lfm_pool_get, lfm_pool_put, lfm_pool_get_many, lfm_pool_put_many};
    const subject locked = {locked_get, locked_put, locked_get_many, locked_put_many};
    spin = lock;
    return lock != NULL ? locked : plain;
}
