/* SPDX-License-Identifier: MIT */
/* A program for Mynewt, which finds its headers where they always are. */
#include "os/mynewt.h"

static os_membuf_t memory[OS_MEMPOOL_SIZE(8, 100)];
static struct os_mempool pool;

int main(void)
{
    if (os_mempool_init(&pool, 8, 100, memory, "consumer") != OS_OK) {
        return 1;
    }
    void *block = os_memblock_get(&pool);
    return block == NULL || pool.mp_num_free != 7 || os_memblock_put(&pool, block) != OS_OK || pool.mp_num_free != 8;
}
