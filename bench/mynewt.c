/* SPDX-License-Identifier: MIT */
/* What a get and a put cost through Mynewt's names, against the pool itself: in one thread, with a store into the block
 * between them. */
#include "measure.h"
#include <lfmem/pool.h>
#include <os/mynewt.h>

enum {
    PAIRS = 40000,
    BLOCKS = 64,
    SIZE = 64
};

LFM_POOL_DEFINE(pool, BLOCKS, SIZE, OS_ALIGNMENT);
static struct os_mempool mempool;
static os_membuf_t buffer[OS_MEMPOOL_SIZE(BLOCKS, SIZE)];

static void *pool_get(void *from)
{
    return lfm_pool_get(from);
}

static void pool_put(void *from, void *block)
{
    lfm_pool_put(from, block);
}

static void *mempool_get(void *from)
{
    return os_memblock_get(from);
}

static void mempool_put(void *from, void *block)
{
    os_memblock_put(from, block);
}

static void pool_ping_pong(void)
{
    ping_pong(PAIRS, pool_get, pool_put, pool);
}

static void mempool_ping_pong(void)
{
    ping_pong(PAIRS, mempool_get, mempool_put, &mempool);
}

static void pool_burst(void)
{
    burst(PAIRS, pool_get, pool_put, pool);
}

static void mempool_burst(void)
{
    burst(PAIRS, mempool_get, mempool_put, &mempool);
}

int main(void)
{
    static const rivals all[] = {
        {"ping-pong", pool_ping_pong, mempool_ping_pong},
        {"burst of 32", pool_burst, mempool_burst},
    };
    if (os_mempool_init(&mempool, BLOCKS, SIZE, buffer, "bench") != OS_OK) {
        return 1;
    }
    printf("one thread, %d-bit words, checks level %d; a get and a put by Mynewt's names\n", LFM_WORD_BITS, LFM_CHECKS);
    compare(all, sizeof all / sizeof *all, PAIRS);
    return 0;
}
