/* SPDX-License-Identifier: MIT */
/* After lfm_zephyr_pool_fini() a pool whose memory stays may be used on, its taken blocks included: no tool reports it.
 */
#include "check.h"
#include <kernel.h>
#include <string.h>

enum {
    SIZE = 64
};

K_MEM_POOL_DEFINE(pool, SIZE, 4 * SIZE, 1, 4);

int main(void)
{
    struct k_mem_block kept, other;
    MUST(k_mem_pool_alloc(&pool, &kept, SIZE, K_NO_WAIT) == 0, "a block");
    MUST(k_mem_pool_alloc(&pool, &other, SIZE, K_NO_WAIT) == 0, "another one");
    memset(kept.data, 7, SIZE);
    k_mem_pool_free(&other);
    lfm_zephyr_pool_fini(&pool);
    for (int i = 0; i < SIZE; i++) {
        MUST(((volatile unsigned char *)kept.data)[i] == 7, "byte %d", i);
        ((volatile unsigned char *)other.data)[i] = 1; /* it serves another purpose */
    }
    MUST(k_mem_pool_alloc(&pool, &other, SIZE, K_NO_WAIT) == 0, "used on");
    memset(other.data, 8, SIZE);
    k_mem_pool_free(&other);
    k_mem_pool_free(&kept);
    return 0;
}
