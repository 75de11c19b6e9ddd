/* SPDX-License-Identifier: MIT */
/* What Zephyr's programs write around K_MEM_POOL_DEFINE: qualifiers in front, blocks of 8 bytes, system memory pools,
 * pools of threads, and names that are gone. */
#include "support.h"
#include <misc/mempool.h>
#include <pthread.h>
#include <sys/mempool.h>
#include <zephyr.h>

/* As Zephyr's __nocache: memory that nobody clears. */
#define UNCACHED __attribute__((section("zephyr_nocache")))
extern unsigned char __start_zephyr_nocache[], __stop_zephyr_nocache[];

K_MEM_POOL_DEFINE(eights, 8, 128, 2, 8);
K_MEM_POOL_DEFINE(fours, 4, 64, 4, 4);
K_MEM_POOL_DEFINE(minimal, 4, _MPOOL_MINBLK, 3, 4);
static K_MEM_POOL_DEFINE(quiet, 16, 256, 2, 4);
UNCACHED K_MEM_POOL_DEFINE(uncached, 16, 1024, 2, 4);
static UNCACHED K_MEM_POOL_DEFINE(quiet_uncached, 16, 1024, 2, 64);
__attribute__((aligned(512))) Z_MEM_POOL_DEFINE(aligned, 16, 512, 3, 4);
SYS_MEM_POOL_DEFINE(texts, NULL, 16, 1024, 2, 4, .data);
static SYS_MEM_POOL_DEFINE(others, &no_such_mutex, 16, 1024, 2, 4, zephyr_nocache);

static size_t used(const struct k_mem_pool *pool)
{
    lfm_heap_stats_t stats;
    lfm_heap_stats(pool->heap, &stats);
    MUST(lfm_heap_check(pool->heap) == LFM_OK, "damaged");
    return stats.used;
}

/* Fills a pool with blocks of one size, each at its place, and empties it. */
static void check_size(struct k_mem_pool *pool, unsigned char *buffer, size_t bytes, size_t n)
{
    struct k_mem_block blocks[256], more;
    for (size_t i = 0; i < n; i++) {
        MUST(k_mem_pool_alloc(pool, &blocks[i], bytes, K_NO_WAIT) == 0, "block %zu of %zu bytes", i, bytes);
        MUST(blocks[i].data == buffer + i * bytes, "block %zu of %zu bytes is at %p", i, bytes, blocks[i].data);
        memset(blocks[i].data, (int)i, bytes);
    }
    MUST(k_mem_pool_alloc(pool, &more, 1, K_NO_WAIT) == -ENOMEM, "more than %zu of %zu bytes", n, bytes);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < bytes; k++) {
            MUST(((unsigned char *)blocks[i].data)[k] == (unsigned char)i, "byte %zu of block %zu", k, i);
        }
        k_mem_pool_free(&blocks[i]);
    }
    MUST(used(pool) == 0, "%zu bytes are lost", used(pool));
}

/* Zephyr's own numbers, where pointers have 4 bytes: maxsz / 4^k, at least 8 and minsz. */
Test(zephyr_pools, blocks_of_8)
{
    check_size(&eights, eights_lfm_buffer, 128, 2);
    check_size(&eights, eights_lfm_buffer, 32, 8);
    check_size(&eights, eights_lfm_buffer, 8, 32);
    check_size(&fours, fours_lfm_buffer, 64, 4);
    check_size(&fours, fours_lfm_buffer, 16, 16);
    check_size(&minimal, minimal_lfm_buffer, _MPOOL_MINBLK, 3);
    struct k_mem_block block;
    MUST(k_mem_pool_alloc(&fours, &block, 4, K_NO_WAIT) == 0 && used(&fours) == 16, "64 / 4 / 4 is less than 8");
    k_mem_pool_free(&block);
    MUST(sizeof eights_lfm_buffer == 256 && sizeof fours_lfm_buffer == 256, "and no more than the blocks");
}

/* Only blocks lie in the memory that is qualified, whatever is in it at the start. */
Test(zephyr_pools, memory_that_nobody_clears)
{
    static struct {
        struct k_mem_pool *pool;
        unsigned char *buffer;
        size_t bytes;
    } pools[] = {{&uncached, uncached_lfm_buffer, sizeof uncached_lfm_buffer},
                 {&quiet_uncached, quiet_uncached_lfm_buffer, sizeof quiet_uncached_lfm_buffer},
                 {&others.pool, others_lfm_buffer, sizeof others_lfm_buffer}};
    memset(__start_zephyr_nocache, 0xff, (size_t)(__stop_zephyr_nocache - __start_zephyr_nocache));
    for (size_t i = 0; i < LENGTH(pools); i++) {
        MUST(pools[i].buffer >= __start_zephyr_nocache && pools[i].buffer + 2048 <= __stop_zephyr_nocache &&
                 pools[i].bytes == 2048,
             "pool %zu: where the attribute says", i);
        check_size(pools[i].pool, pools[i].buffer, 1024, 2);
        check_size(pools[i].pool, pools[i].buffer, 16, 128);
    }
    MUST((uintptr_t)quiet_uncached_lfm_buffer % 64 == 0 && (uintptr_t)aligned_lfm_buffer % 512 == 0, "alignment");
    MUST(__alignof__(quiet_lfm_buffer) == 16 && quiet_lfm_buffer < quiet_lfm_buffer + 1, "a plain one");
    check_size(&quiet, quiet_lfm_buffer, 256, 2);
    check_size(&aligned, aligned_lfm_buffer, 512, 3);
}

Test(zephyr_pools, defrag_has_nothing_to_do)
{
    struct k_mem_block blocks[8];
    for (size_t i = 0; i < 8; i++) {
        MUST(k_mem_pool_alloc(&eights, &blocks[i], 32, K_NO_WAIT) == 0, "block %zu", i);
    }
    for (size_t i = 0; i < 8; i++) {
        k_mem_pool_free(&blocks[i]);
    }
    MUST(k_mem_pool_alloc(&eights, &blocks[0], 128, K_NO_WAIT) == 0, "before");
    k_mem_pool_defrag(&eights);
    MUST(k_mem_pool_alloc(&eights, &blocks[1], 128, K_NO_WAIT) == 0 && used(&eights) == 256, "after");
    k_mem_pool_free(&blocks[0]);
    k_mem_pool_free(&blocks[1]);
}

Test(zephyr_pools, system_memory_pools)
{
    void *const early = sys_mem_pool_alloc(&texts, 16); /* before init: it is ready */
    MUST(early != NULL, "ready");
    sys_mem_pool_init(&texts);
    sys_mem_pool_init(&others);
    unsigned char *const text = sys_mem_pool_alloc(&texts, 200), *const other = sys_mem_pool_alloc(&others, 1024);
    MUST(text != NULL && other == others_lfm_buffer && used(&texts.pool) == 16 + 256, "each from its own");
    MUST(sys_mem_pool_alloc(&texts, 1025) == NULL && sys_mem_pool_alloc(NULL, 1) == NULL, "none");
    MUST(sys_mem_pool_alloc(&texts, 1024 - sizeof(struct sys_mem_pool_block)) != NULL, "a whole one is left");
    MUST(sys_mem_pool_alloc(&texts, 1024) == NULL, "and no more");
    /* as realloc in Zephyr's C library uses it */
    MUST(sys_mem_pool_try_expand_inplace(text, 0) == 0 && sys_mem_pool_try_expand_inplace(text, 256) == 0, "as it is");
    MUST(sys_mem_pool_try_expand_inplace(text, 257) == 256 && sys_mem_pool_try_expand_inplace(other, SIZE_MAX) == 1024,
         "to be moved");
    MUST(sys_mem_pool_try_expand_inplace(text + 1, 1) == 0 && sys_mem_pool_try_expand_inplace(NULL, 1) == 0,
         "no block");
    sys_mem_pool_free(text + 16);
    sys_mem_pool_free(NULL);
    MUST(used(&texts.pool) == 16 + 256 + 1024, "nothing has changed");
    sys_mem_pool_free(text);
    sys_mem_pool_free(text);
    sys_mem_pool_free(early);
    sys_mem_pool_free(other);
    MUST(used(&texts.pool) == 1024 && used(&others.pool) == 0, "%zu bytes are used", used(&texts.pool));
    sys_mem_pool_free(texts_lfm_buffer + 1024);
    MUST(used(&texts.pool) == 0, "the last one");
}

static k_tid_t main_thread;

/* A thread begins without a pool; what it and others assign to it is its own. */
static void *run_thread(void *arg)
{
    k_tid_t *const self = arg;
    MUST(k_current_get() != NULL && k_current_get() != main_thread, "a thread of its own");
    MUST(z_thread_malloc(1) == NULL && z_thread_aligned_alloc(16, 1) == NULL, "without a pool");
    k_thread_resource_pool_assign(k_current_get(), &fours);
    void *const block = z_thread_malloc(64);
    MUST(block != NULL && used(&fours) == 64, "from its pool");
    *self = k_current_get();
    return block;
}

Test(zephyr_pools, pools_of_threads)
{
    main_thread = k_current_get();
    MUST(main_thread != NULL && main_thread == k_current_get(), "always the same");
    MUST(z_thread_malloc(1) == NULL, "without a pool");
    k_thread_resource_pool_assign(main_thread, &aligned);
    unsigned char *const a = z_thread_malloc(16), *const b = z_thread_aligned_alloc(512, 1),
                         *const c = z_thread_aligned_alloc(0, 16);
    const size_t mine = used(&aligned);
    MUST(a == aligned_lfm_buffer && (b == a + 512 || b == a + 1024) && c != NULL && mine >= 3 * 32, "from it");
    MUST(z_thread_malloc(513) == NULL && z_thread_aligned_alloc(16, 513) == NULL, "larger than its blocks");
    MUST(z_thread_aligned_alloc(48, 1) == NULL && z_thread_aligned_alloc(SIZE_MAX, 1) == NULL, "no power of two");

    k_tid_t other;
    pthread_t thread;
    void *theirs = NULL;
    MUST(pthread_create(&thread, NULL, run_thread, (void *)&other) == 0 && pthread_join(thread, &theirs) == 0,
         "thread");
    MUST(used(&fours) == 64 && used(&aligned) == mine, "each from its own");
    k_free(theirs); /* whatever thread frees it */
    k_free(a);
    k_free(b);
    k_free(c);
    MUST(used(&fours) == 0 && used(&aligned) == 0, "free");

    k_thread_system_pool_assign(main_thread);
    void *const block = z_thread_malloc(200);
    MUST(lfm_heap_owns(lfm_zephyr_heap(), block) && lfm_zephyr_free(block) == LFM_OK, "as k_malloc");
    k_thread_resource_pool_assign(main_thread, NULL);
    k_thread_resource_pool_assign(NULL, &fours);
    k_thread_system_pool_assign(NULL);
    MUST(z_thread_malloc(1) == NULL, "without a pool again");
}
