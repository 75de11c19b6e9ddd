/* SPDX-License-Identifier: MIT */
/* Memory pools of Zephyr's front-end: macros, types, every call and status, and what Zephyr once did wrong. What waits
 * is in test_zephyr_wait.c. */
#include "support.h"
#include <unistd.h>
#include <zephyr/kernel.h>

K_MEM_POOL_DEFINE(pool, 64, 4096, 3, 4);
K_MEM_POOL_DEFINE(other, 16, 256, 2, 64);
K_MEM_POOL_DEFINE(thirty_two, 64, 64, 32, 4);
K_MEM_POOL_DEFINE(odd, 40, 200, 3, 8);
K_MEM_POOL_DEFINE(coarse, 64, 128, 4, 128);
K_MEM_POOL_DEFINE(least, 1, 8, 5, 1);
K_MEM_POOL_DEFINE(whole_pages, 4096, 4096, 2, 8192);
K_MEM_POOL_DEFINE(one, 64, 64, 1, 4);
K_MEM_POOL_DEFINE(early, 64, 64, 1, 4);
extern struct k_mem_pool pool; /* as another file would */

static void *before_main;
static struct k_mem_block block_before_main;
__attribute__((constructor)) static void allocate_before_main(void)
{
    before_main = k_malloc(200);
    k_mem_pool_alloc(&early, &block_before_main, 64, K_NO_WAIT);
}

static lfm_heap_stats_t stats(const struct k_mem_pool *of)
{
    lfm_heap_stats_t now;
    lfm_heap_stats(of->heap, &now);
    return now;
}

static void must_be_free(const struct k_mem_pool *of)
{
    MUST(lfm_heap_check(of->heap) == LFM_OK, "damaged");
    MUST(stats(of).used == 0 && stats(of).blocks == 0, "%zu bytes are lost", stats(of).used);
}

static struct k_mem_block alloc(struct k_mem_pool *from, size_t size)
{
    struct k_mem_block block;
    const int status = k_mem_pool_alloc(from, &block, size, K_NO_WAIT);
    MUST(status == 0 && block.data != NULL, "%zu bytes: %d", size, status);
    return block;
}

Test(zephyr, constants)
{
    MUST(K_NO_WAIT == 0 && K_FOREVER == -1, "as numbers");
    MUST(K_MSEC(7) == 7 && K_SECONDS(3) == 3000 && K_MINUTES(2) == 120000 && K_HOURS(1) == 3600000, "in milliseconds");
    MUST(K_TIMEOUT_EQ(K_MSEC(0), K_NO_WAIT) && !K_TIMEOUT_EQ(K_FOREVER, K_NO_WAIT), "comparison");
    const k_timeout_t timeout = K_MSEC(5);
    MUST(K_TIMEOUT_EQ(timeout, 5), "a plain number will do");
    MUST(EAGAIN == 11 && ENOMEM == 12 && EINVAL == 22, "Zephyr's numbers");
    MUST(CONFIG_HEAP_MEM_POOL_SIZE == 16384 && CONFIG_HEAP_MEM_POOL_MIN_SIZE == 64, "defaults");
}

/* Zephyr's rule: maxsz / 4^k, no smaller than minsz. */
Test(zephyr, classes_of_a_pool)
{
    static const struct {
        struct k_mem_pool *pool;
        size_t smallest, largest, n, align;
    } pools[] = {{&pool, 64, 4096, 3, 16}, {&other, 16, 256, 2, 64},           {&thirty_two, 64, 64, 32, 16},
                 {&odd, 64, 256, 3, 16},   {&coarse, 128, 128, 4, 128},        {&least, 8, 8, 5, 16},
                 {&one, 64, 64, 1, 16},    {&whole_pages, 4096, 4096, 2, 8192}};
    for (size_t i = 0; i < LENGTH(pools); i++) {
        struct k_mem_block blocks[256];
        for (size_t size = pools[i].smallest; size <= pools[i].largest; size *= 4) {
            const size_t n = pools[i].n * (pools[i].largest / size);
            const size_t bytes = size < pools[i].pool->max_size ? size : pools[i].pool->max_size;
            for (size_t k = 0; k < n; k++) {
                blocks[k] = alloc(pools[i].pool, bytes);
                const size_t align = size < pools[i].align ? size : pools[i].align;
                MUST((uintptr_t)blocks[k].data % align == 0, "pool %zu, size %zu", i, size);
                MUST(k > 0 || (uintptr_t)blocks[k].data % pools[i].align == 0, "pool %zu: its buffer", i);
            }
            struct k_mem_block more;
            MUST(k_mem_pool_alloc(pools[i].pool, &more, 0, K_NO_WAIT) == -ENOMEM, "pool %zu: all is taken", i);
            MUST(stats(pools[i].pool).used == n * size, "pool %zu, size %zu", i, size);
            for (size_t k = 0; k < n; k++) {
                k_mem_pool_free(&blocks[k]);
            }
            must_be_free(pools[i].pool);
        }
    }
}

/* As Zephyr aligns it, at least to 16: no holes of a page in front of small pools. */
Test(zephyr, alignment_of_a_pool)
{
    MUST(__alignof__(pool_lfm_buffer) == 16 && __alignof__(least_lfm_buffer) == 16, "4, 1");
    MUST(__alignof__(other_lfm_buffer) == 64 && __alignof__(coarse_lfm_buffer) == 128, "64, 128");
    MUST(__alignof__(whole_pages_lfm_buffer) == 8192, "8192");
}

Test(zephyr, statuses_of_alloc)
{
    struct k_mem_block block = {before_main, {&pool, before_main}};
    MUST(k_mem_pool_alloc(&pool, NULL, 1, K_NO_WAIT) == -EINVAL, "no block");
    MUST(k_mem_pool_alloc(NULL, &block, 1, K_NO_WAIT) == -EINVAL && block.data == NULL, "no pool");
    MUST(k_mem_pool_alloc(&pool, &block, 1, -2) == -EINVAL && block.data == NULL, "no such timeout");
    MUST(k_mem_pool_alloc(&pool, &block, 1, INT32_MIN) == -EINVAL, "no such timeout");
    /* more than a largest block never comes: nobody waits for it */
    MUST(k_mem_pool_alloc(&pool, &block, 4097, K_NO_WAIT) == -ENOMEM, "too large");
    MUST(k_mem_pool_alloc(&pool, &block, 4097, K_FOREVER) == -ENOMEM, "too large");
    MUST(k_mem_pool_alloc(&odd, &block, 201, K_NO_WAIT) == -ENOMEM, "too large, though the room is there");
    for (size_t i = 0; i < 64; i++) {
        MUST(k_mem_pool_alloc(&pool, &block, SIZE_MAX - i, K_FOREVER) == -ENOMEM, "SIZE_MAX - %zu", i);
    }
    MUST(k_mem_pool_malloc(NULL, 1) == NULL && k_mem_pool_malloc(&pool, 4097) == NULL, "malloc");
    MUST(k_mem_pool_malloc(&pool, SIZE_MAX) == NULL, "malloc");
    /* four blocks of 128 bytes lie side by side; one of 129 is none of this pool's all the same */
    MUST(k_mem_pool_alloc(&coarse, &block, 129, K_FOREVER) == -ENOMEM, "too large");
    MUST(k_mem_pool_malloc(&coarse, 129) == NULL && k_mem_pool_malloc(&coarse, 512) == NULL, "too large");
    void *const small = k_mem_pool_malloc(&coarse, 128);
    MUST(small != NULL && k_realloc(small, 129) == NULL && k_realloc(small, 512) == NULL, "too large");
    k_free(small);
    must_be_free(&coarse);
    block = alloc(&pool, 0);
    MUST(stats(&pool).used == 64, "0 bytes take a smallest block");
    k_mem_pool_free(&block);
    must_be_free(&pool);
}

/* Zephyr has returned 0 together with a NULL address. */
Test(zephyr, defect_success_without_an_address)
{
    struct k_mem_block blocks[3], more;
    for (size_t i = 0; i < 3; i++) {
        blocks[i] = alloc(&pool, 4096);
        memset(blocks[i].data, 1, 4096);
    }
    for (size_t size = 0; size <= 4097; size++) {
        memset(&more, 0xFF, sizeof more);
        MUST(k_mem_pool_alloc(&pool, &more, size, K_NO_WAIT) == -ENOMEM, "%zu bytes of a full pool", size);
        MUST(more.data == NULL, "an address without success");
    }
    k_mem_pool_free(&more); /* of what is no block: nothing */
    k_mem_pool_free_id(&more.id);
    for (size_t i = 0; i < 3; i++) {
        k_mem_pool_free(&blocks[i]);
    }
    must_be_free(&pool);
}

/* Zephyr's bitmap was one bit short where a level had 32 blocks: the last was not to be had, or was somebody's. */
Test(zephyr, defect_32_blocks_of_a_level)
{
    struct k_mem_block blocks[32];
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 32; i++) {
            blocks[i] = alloc(&thirty_two, 64);
            memset(blocks[i].data, (int)i, 64);
        }
        for (size_t i = 0; i < 32; i++) {
            const unsigned char *bytes = blocks[i].data;
            for (size_t k = 0; k < 64; k++) {
                MUST(bytes[k] == i, "block %zu, byte %zu", i, k);
            }
            k_mem_pool_free(&blocks[i]);
        }
        must_be_free(&thirty_two);
    }
}

/* Zephyr rounded the parts of a block up, so that together they were more than the block, and the last part overlapped
 * the next block. Here a pool is filled with blocks of all its sizes, every byte of which is written. */
Test(zephyr, defect_rounded_parts_overlap_the_next_block)
{
    static struct k_mem_pool *const pools[] = {&odd, &least, &coarse};
    for (size_t p = 0; p < LENGTH(pools); p++) {
        struct k_mem_block blocks[64];
        size_t sizes[64], n = 0;
        for (size_t size = pools[p]->max_size; stats(pools[p]).free > 0; size = size > 1 ? size - 1 : size) {
            if ((size % 9 == 0 || size == 1) && k_mem_pool_alloc(pools[p], &blocks[n], size, K_NO_WAIT) == 0) {
                memset(blocks[n].data, (int)(n + 1), size);
                sizes[n++] = size;
            }
        }
        for (size_t i = 0; i < n; i++) {
            const unsigned char *bytes = blocks[i].data;
            for (size_t k = 0; k < sizes[i]; k++) {
                MUST(bytes[k] == i + 1, "pool %zu: byte %zu of block %zu of %zu bytes", p, k, i, sizes[i]);
            }
            k_mem_pool_free(&blocks[i]);
        }
        must_be_free(pools[p]);
    }
}

/* k_free() finds the pool of a block, be it the heap or another one, in whatever order they were first used. */
Test(zephyr, k_free_finds_the_pool)
{
    for (int round = 0; round < 3; round++) {
        void *const b = k_mem_pool_malloc(&other, 100), *const a = k_malloc(100),
                    *const c = k_mem_pool_malloc(&pool, 100), *const d = k_mem_pool_malloc(&other, 16);
        MUST(a != NULL && b != NULL && c != NULL && d != NULL, "there is room");
        MUST(stats(&other).used == 256 + 16 && stats(&pool).used == 256, "each from its own pool");
        MUST(lfm_zephyr_free(c) == LFM_OK && lfm_zephyr_free(a) == LFM_OK, "two of them");
        MUST(lfm_zephyr_free(c) == LFM_EDOUBLEFREE && lfm_zephyr_free(a) == LFM_EDOUBLEFREE, "twice");
        void *const larger = k_realloc(d, 17);
        MUST(larger != NULL && stats(&other).used == 256 + 64, "grown, in its own pool");
        k_free(b);
        MUST(k_realloc(larger, 257) == NULL && stats(&other).used == 64, "no block of its pool is larger than 256");
        k_free(larger);
        must_be_free(&other);
        must_be_free(&pool);
    }
    struct k_mem_block block = alloc(&thirty_two, 64);
    MUST(lfm_zephyr_free(block.data) == LFM_EFOREIGN, "k_mem_pool_malloc was never called for this pool");
    k_mem_pool_free(&block);
}

Test(zephyr, bad_frees_of_a_pool)
{
    struct k_mem_block block = alloc(&pool, 1000), copy = block, bad = block, mine = alloc(&other, 64);
    k_mem_pool_free(NULL);
    k_mem_pool_free_id(NULL);
    for (size_t i = 1; i < 1100; i++) {
        bad.id.data = (char *)block.data + i;
        k_mem_pool_free(&bad);
    }
    bad.id.data = mine.data;
    k_mem_pool_free(&bad);
    bad.id.data = &bad;
    k_mem_pool_free(&bad);
    bad.id = (struct k_mem_block_id){NULL, block.data};
    k_mem_pool_free(&bad);
    MUST(stats(&pool).used == 1024 && stats(&other).used == 64, "nothing has changed");
    k_mem_pool_free_id(&copy.id);
    must_be_free(&pool);
    k_mem_pool_free(&block);
    struct k_mem_block again = alloc(&pool, 4096);
    MUST(stats(&pool).used == 4096, "a block that was freed twice is there once");
    k_mem_pool_free(&again);
    k_mem_pool_free(&mine);
    must_be_free(&pool);
    must_be_free(&other);
}

Test(zephyr, ready_before_main)
{
    MUST(before_main != NULL && block_before_main.data != NULL, "before main");
    MUST(lfm_zephyr_free(before_main) == LFM_OK, "free");
    k_mem_pool_free(&block_before_main);
    must_be_free(&early);
}

/* A pool and a block that nobody has made, and a pool over a heap that nobody has. No call waits for what never comes,
 * and the pool gets on no list: walks over that end there. */
Test(zephyr, all_zero)
{
    static struct k_mem_pool nothing;
    static lfm_heap no_heap;
    static struct k_mem_pool hollow = {.heap = &no_heap, .max_size = 256};
    struct k_mem_pool *const pools[] = {&nothing, &hollow};
    struct k_mem_block block, zero = {NULL, {NULL, NULL}};
    struct k_mem_block_id id = {NULL, NULL};
    char foreign[64];
    alarm(60);
    void *const kept = k_mem_pool_malloc(&early, 1); /* before them on the list */
    for (size_t i = 0; i < LENGTH(pools); i++) {
        const k_timeout_t timeouts[] = {K_NO_WAIT, K_MSEC(1), K_FOREVER};
        for (size_t size = 0; size <= 64; size += 64) {
            for (size_t k = 0; k < LENGTH(timeouts); k++) {
                MUST(k_mem_pool_alloc(pools[i], &block, size, timeouts[k]) == -EINVAL && block.data == NULL,
                     "pool %zu, %zu bytes", i, size);
            }
            MUST(k_mem_pool_malloc(pools[i], size) == NULL, "pool %zu, %zu bytes", i, size);
        }
        block = (struct k_mem_block){foreign, {pools[i], foreign}};
        k_mem_pool_free(&block);
        k_mem_pool_free_id(&block.id);
        k_mem_pool_free_id(&(struct k_mem_block_id){pools[i], NULL});
    }
    k_mem_pool_free(&zero);
    k_mem_pool_free_id(&id);
    void *const behind = k_mem_pool_malloc(&other, 1);
    MUST(behind != NULL && lfm_zephyr_free(behind) == LFM_OK, "a pool that came on the list later");
    MUST(lfm_zephyr_free(foreign) == LFM_EFOREIGN && k_realloc(foreign, 1) == NULL, "a foreign pointer");
    k_free(kept);
    lfm_zephyr_pool_fini(&nothing);
    lfm_zephyr_pool_fini(&hollow);
}
