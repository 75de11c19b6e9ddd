/* SPDX-License-Identifier: MIT */
/* A pool for tests of Zephyr's allocation that waits. */
#ifndef LFM_TEST_UNIT_ZEPHYR_POOL_H
#define LFM_TEST_UNIT_ZEPHYR_POOL_H

#include "support.h"
#include <kernel.h>
#include <time.h>

K_MEM_POOL_DEFINE(pool, 64, 256, 1, 4);

static inline void sleep_ms(long ms)
{
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static inline struct k_mem_block take(size_t size)
{
    struct k_mem_block block;
    MUST(k_mem_pool_alloc(&pool, &block, size, K_NO_WAIT) == 0, "%zu bytes", size);
    return block;
}

#endif
