/* SPDX-License-Identifier: MIT */
/* Zephyr's allocation that waits: W1 to W4, and who wakes it: F3, F4 (zephyr.h). */
#include "zephyr.h"

#include "../heap_meet.h"

/* Here and not with those who free, so that only who waits needs a port. */
void lfm_zephyr_wake_all(lfm_zephyr_waiters *waiters, uint32_t seen)
{
    /* Order: W1 of who is woken comes before, and F1 comes before his next try. */
    while (!atomic_compare_exchange_weak_explicit(waiters, &seen, seen + LFM_ZEPHYR_ASLEEP, memory_order_acq_rel,
                                                  memory_order_acquire)) {
        if ((seen & LFM_ZEPHYR_ASLEEP) == 0) {
            return; /* somebody else wakes them, after this F1 */
        }
    }
    lfm_zephyr_wake(waiters);
}

/* Tries until there is a block or the time is up. */
static void *lfm_zephyr_wait_for(lfm_heap *heap, lfm_zephyr_waiters *waiters, size_t align, size_t size,
                                 k_timeout_t timeout)
{
    /* An uptime that reads t may be nearly t + 1. */
    const int64_t deadline = timeout == K_FOREVER ? INT64_MAX : lfm_zephyr_uptime() + timeout + 1;
    for (;;) {
        /* W1: acquires the free that cleared the flag */
        const uint32_t seen =
            atomic_fetch_or_explicit(waiters, LFM_ZEPHYR_ASLEEP, memory_order_acq_rel) | LFM_ZEPHYR_ASLEEP;
        lfm_heap_meet(heap); /* W2 */
        void *const data = lfm_heap_alloc_aligned(heap, align == 0 ? 1 : align, size);
        if (data != NULL) {
            return data; /* the flag stays: one wake for nothing */
        }
        const int64_t now = lfm_zephyr_uptime();
        if (now >= deadline) {
            return NULL;
        }
        const int64_t look = now + LFM_ZEPHYR_LOOK_MS;
        lfm_zephyr_wait(waiters, seen, look < deadline ? look : deadline);
    }
}

void *lfm_zephyr_take(lfm_heap *heap, lfm_zephyr_waiters *waiters, size_t align, size_t size, k_timeout_t timeout)
{
    void *const data = lfm_heap_alloc_aligned(heap, align == 0 ? 1 : align, size);
    return data != NULL || timeout == K_NO_WAIT ? data : lfm_zephyr_wait_for(heap, waiters, align, size, timeout);
}

int k_mem_pool_alloc(struct k_mem_pool *pool, struct k_mem_block *block, size_t size, k_timeout_t timeout)
{
    if (block == NULL) {
        return -EINVAL;
    }
    *block = (struct k_mem_block){NULL, {NULL, NULL}};
    if (pool == NULL || timeout < K_FOREVER) {
        return -EINVAL;
    }
    if (size > pool->max_size) {
        return lfm_zephyr_is_void(pool) ? -EINVAL : -ENOMEM;
    }
    if (lfm_zephyr_is_void(pool)) {
        return -EINVAL; /* nothing will ever come */
    }
    void *const data = lfm_zephyr_take(pool->heap, &pool->waits, 0, size, timeout);
    if (data == NULL) {
        return timeout == K_NO_WAIT ? -ENOMEM : -EAGAIN;
    }
    /* No thread can be cancelled from here on, nor since it got the block: that would be lost. */
    *block = (struct k_mem_block){data, {pool, data}};
    return 0;
}
