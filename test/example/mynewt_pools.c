/* SPDX-License-Identifier: MIT */
/* A Mynewt application's memory pools: one in a static buffer, one in memory from malloc, both of 32 blocks of 100
 * bytes. What it includes and calls is Mynewt's; nothing in it knows of lfmem. Here a pool is filled from the main
 * program while another thread gives blocks back. */
#include "check.h"
#include <os/mynewt.h>
#include <pthread.h>
#include <string.h>

#define NUM_BLOCKS 32
#define BLOCK_SIZE 100

static os_membuf_t static_buffer[OS_MEMPOOL_SIZE(NUM_BLOCKS, BLOCK_SIZE)];
static struct os_mempool static_pool, heap_pool;

/* Sizes as the macros tell them: each block rounded up to the alignment. */
static void check_sizes(void)
{
    const size_t block = OS_ALIGN(OS_MEMPOOL_BLOCK_SZ(BLOCK_SIZE), sizeof(os_membuf_t));
    MUST(OS_MEMPOOL_BYTES(NUM_BLOCKS, BLOCK_SIZE) == NUM_BLOCKS * block, "bytes of a buffer");
    MUST(OS_MEMPOOL_SIZE(NUM_BLOCKS, BLOCK_SIZE) == NUM_BLOCKS * block / sizeof(os_membuf_t), "elements of a buffer");
    MUST(sizeof static_buffer == OS_MEMPOOL_BYTES(NUM_BLOCKS, BLOCK_SIZE), "the buffer");
}

/* Takes every block, in order, and writes into it. */
static void take_all(struct os_mempool *pool, unsigned char *buffer, void *blocks[])
{
    for (int i = 0; i < NUM_BLOCKS; i++) {
        blocks[i] = os_memblock_get(pool);
        MUST(blocks[i] == buffer + (size_t)i * OS_MEMPOOL_BYTES(1, BLOCK_SIZE), "block %d comes in order", i);
        MUST(pool->mp_num_free == NUM_BLOCKS - 1 - i, "blocks are free after block %d", i);
        memset(blocks[i], i, BLOCK_SIZE);
    }
    MUST(os_memblock_get(pool) == NULL && pool->mp_min_free == 0, "the pool is empty");
}

static void *give_all(void *blocks)
{
    for (int i = 0; i < NUM_BLOCKS; i++) {
        MUST(os_memblock_put(&static_pool, ((void **)blocks)[i]) == OS_OK, "block %d", i);
    }
    return NULL;
}

static void check_pool(struct os_mempool *pool, void *buffer, const char *name)
{
    MUST(os_mempool_init(pool, NUM_BLOCKS, BLOCK_SIZE, buffer, name) == OS_OK, "init");
    MUST(pool->mp_block_size == BLOCK_SIZE && pool->mp_num_blocks == NUM_BLOCKS && pool->mp_num_free == NUM_BLOCKS,
         "as it was asked for");
    struct os_memblock *block = SLIST_FIRST(pool);
    for (int i = 0; i < NUM_BLOCKS; i++) {
        MUST((unsigned char *)block == (unsigned char *)buffer + (size_t)i * OS_MEMPOOL_BYTES(1, BLOCK_SIZE),
             "block %d is linked in order", i);
        block = SLIST_NEXT(block, mb_next);
    }
    MUST(block == NULL, "the list ends");
}

int main(void)
{
    void *const heap_buffer = malloc(OS_MEMPOOL_BYTES(NUM_BLOCKS, BLOCK_SIZE)), *blocks[NUM_BLOCKS];
    NEED(heap_buffer != NULL, "memory for the example");
    check_sizes();
    check_pool(&static_pool, static_buffer, "static");
    check_pool(&heap_pool, heap_buffer, "heap");
    take_all(&heap_pool, heap_buffer, blocks);
    MUST(os_mempool_clear(&heap_pool) == OS_OK && heap_pool.mp_num_free == NUM_BLOCKS, "all blocks are free again");

    take_all(&static_pool, (unsigned char *)static_buffer, blocks);
    pthread_t driver;
    NEED(pthread_create(&driver, NULL, give_all, blocks) == 0, "a thread");
    for (int got = 0; got < NUM_BLOCKS;) { /* as they come back */
        void *const block = os_memblock_get(&static_pool);
        got += block != NULL;
    }
    NEED(pthread_join(driver, NULL) == 0, "the thread ends");

    struct os_mempool_info info;
    for (struct os_mempool *pool = NULL; (pool = os_mempool_info_get_next(pool, &info)) != NULL;) {
        printf("%-8s %d blocks of %d bytes, %d free, never fewer than %d\n", info.omi_name, info.omi_num_blocks,
               info.omi_block_size, info.omi_num_free, info.omi_min_free);
        MUST(os_mempool_is_sane(pool), "%s is sane", info.omi_name);
    }
    MUST(os_mempool_get("static", &info) == &static_pool && info.omi_num_free == 0 && info.omi_min_free == 0,
         "the pool in the static buffer");
    MUST(os_mempool_get("heap", &info) == &heap_pool && info.omi_num_free == NUM_BLOCKS,
         "the pool in memory from malloc");
    free(heap_buffer);
    return 0;
}
