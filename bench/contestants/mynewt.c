/* SPDX-License-Identifier: MIT */
/* A memory pool of Apache Mynewt. It is small, since its links lie in -Dmynewt_metadata bytes. */
#include "../loops.h"
#include "adapter.h"
#include <os/mynewt.h>

enum {
    BLOCKS = 512
};

static struct os_mempool pool;
static os_membuf_t buffer[OS_MEMPOOL_SIZE(BLOCKS, BLOCK_BYTES)];

static const char *mynewt_open(void)
{
    return os_mempool_init(&pool, BLOCKS, BLOCK_BYTES, buffer, "bench") == OS_OK ? NULL
                                                                                 : "-Dmynewt_metadata is too small";
}

static inline void *mynewt_get(worker *w)
{
    (void)w;
    return os_memblock_get(&pool);
}

static inline void mynewt_put(worker *w, void *block)
{
    (void)w;
    os_memblock_put(&pool, block);
}

POOL_LOOPS(mynewt)

extern const contestant contestant_lfmem_pool;

const contestant contestant_mynewt = {.name = "Mynewt os_memblock",
                                      .kind = FRONT_END,
                                      .most_threads = 1,
                                      .open = mynewt_open,
                                      .loops = {[PING_PONG] = mynewt_ping_pong, [BURST_32] = mynewt_burst},
                                      .core = &contestant_lfmem_pool};
