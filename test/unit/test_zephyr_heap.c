/* SPDX-License-Identifier: MIT */
/* The heap memory pool of Zephyr's front-end, built once for each of the sizes that Zephyr names: 256, 1024, 4096 and
 * 16384 bytes. Each test is a process of its own and begins with a heap that was never used. */
#include "support.h"
#include <kernel.h>

enum {
    SIZE = CONFIG_HEAP_MEM_POOL_SIZE,
    MIN = 64,
    BLOCKS = SIZE / MIN
};

_Static_assert(CONFIG_HEAP_MEM_POOL_MIN_SIZE == MIN, "the default");
_Static_assert(SIZE == 256 || SIZE == 1024 || SIZE == 4096 || SIZE == 16384, "one of Zephyr's sizes");

static lfm_heap_stats_t stats(void)
{
    lfm_heap_stats_t now;
    lfm_heap_stats(lfm_zephyr_heap(), &now);
    return now;
}

static size_t class_of(size_t bytes)
{
    size_t class = MIN;
    while (class < bytes) {
        class *= 4;
    }
    return class;
}

/* Everything is free and can be had as one block, at once. */
static void must_be_whole(void)
{
    MUST(lfm_heap_check(lfm_zephyr_heap()) == LFM_OK, "damaged");
    MUST(stats().free == SIZE && stats().blocks == 0, "%zu of %d bytes are free", stats().free, SIZE);
    void *const all = k_malloc(SIZE);
    MUST(all != NULL, "the heap is not whole again");
    k_free(all);
}

/* Zephyr's table: how many blocks of each size a heap has; from an empty heap they come in order of address. */
Test(zephyr_heap, as_many_blocks_of_each_size_as_the_table_says)
{
    static unsigned char *blocks[BLOCKS];
    unsigned char *const base = k_malloc(SIZE);
    k_free(base);
    for (size_t size = MIN; size <= SIZE; size *= 4) {
        for (size_t i = 0; i < SIZE / size; i++) {
            blocks[i] = k_malloc(size);
            MUST(blocks[i] != NULL, "block %zu of %zu bytes", i, size);
            MUST((uintptr_t)blocks[i] % (size < 4096 ? size : 4096) == 0, "block %zu of %zu bytes at %p", i, size,
                 (void *)blocks[i]);
            MUST((size_t)(blocks[i] - base) < SIZE, "block %zu of %zu bytes is not in the heap", i, size);
            memset(blocks[i], (int)i, size);
        }
        MUST(k_malloc(0) == NULL && k_malloc(size) == NULL, "one more than all of %zu bytes", size);
        for (size_t i = 0; i < SIZE / size; i++) {
            MUST(blocks[i][0] == (unsigned char)i && blocks[i][size - 1] == (unsigned char)i, "block %zu", i);
            k_free(blocks[i]);
        }
        must_be_whole();
    }
}

Test(zephyr_heap, addresses_ascend_in_an_empty_heap)
{
    unsigned char *const first = k_malloc(1);
    for (size_t i = 1; i < BLOCKS; i++) {
        MUST(k_malloc(1) == first + i * MIN, "block %zu", i);
    }
}

/* 64 fits into 64: there is no descriptor. */
Test(zephyr_heap, sizes_are_rounded_to_their_class)
{
    for (size_t size = 0; size <= SIZE; size += size < 300 || SIZE - size < 4 ? 1 : 3) {
        void *const block = k_malloc(size);
        MUST(block != NULL, "%zu bytes", size);
        MUST(lfm_heap_usable_size(lfm_zephyr_heap(), block) == class_of(size), "%zu bytes have %zu", size,
             lfm_heap_usable_size(lfm_zephyr_heap(), block));
        MUST(stats().used == class_of(size), "%zu bytes use %zu", size, stats().used);
        k_free(block);
    }
    must_be_whole();
}

/* A block of the largest size leaves no room for the smallest, and one of the smallest none for the largest. */
Test(zephyr_heap, large_and_small_exclude_each_other)
{
    void *block = k_malloc(SIZE / 4 + SIZE / 4 + 22); /* 150 in a heap of 256 */
    MUST(block != NULL && k_malloc(16) == NULL, "the whole heap is one block");
    k_free(block);
    block = k_malloc(16);
    MUST(block != NULL && k_malloc(SIZE / 4 + 16) == NULL, "16, then 80 in a heap of 256");
    k_free(block);
    must_be_whole();
}

#if CONFIG_HEAP_MEM_POOL_SIZE == 256
/* The four sizes that Zephyr's own tests ask a heap of 256 bytes for; none is more than 48. */
Test(zephyr_heap, four_small_blocks_fill_256_bytes)
{
    static const size_t sizes[] = {0, 16, 32, 48};
    for (int round = 0; round < 3; round++) {
        void *blocks[4];
        for (size_t i = 0; i < 4; i++) {
            blocks[i] = k_malloc(sizes[i]);
            MUST(blocks[i] != NULL, "%zu bytes", sizes[i]);
        }
        for (size_t i = 0; i < 4; i++) {
            MUST(k_malloc(sizes[i]) == NULL, "a fifth block of %zu bytes", sizes[i]);
        }
        for (size_t i = 0; i < 4; i++) {
            k_free(blocks[i]);
        }
    }
    must_be_whole();
}

/* The page: 200 bytes, and 75, take a block of 256. */
Test(zephyr_heap, what_the_page_allocates)
{
    static const size_t sizes[] = {200, 75};
    for (size_t i = 0; i < 2; i++) {
        void *const block = k_malloc(sizes[i]);
        MUST(lfm_heap_usable_size(lfm_zephyr_heap(), block) == 256, "%zu bytes", sizes[i]);
        MUST(k_malloc(1) == NULL, "%zu bytes are the heap", sizes[i]);
        k_free(block);
    }
}
#endif

/* Classes down from the largest: one quarter of each is taken, the last quarter whole. */
Test(zephyr_heap, mixed_sizes_fill_the_heap)
{
    void *blocks[32];
    size_t n = 0;
    for (size_t size = SIZE / 4; size >= MIN; size /= 4) {
        const size_t times = size == MIN ? 4 : 3;
        for (size_t i = 0; i < times; i++) {
            blocks[n] = k_malloc(size - i);
            MUST(blocks[n] != NULL, "block %zu of %zu bytes", i, size);
            n++;
        }
    }
    MUST(stats().free == 0 && k_malloc(1) == NULL, "%zu bytes are left", stats().free);
    for (size_t i = 0; i < n; i++) {
        k_free(blocks[i * 3 % n]); /* n is 4, 7, 10 or 13: 3 goes round */
    }
    must_be_whole();
}

/* Zephyr's heap wanted idle time to become whole again; whatever the order of the frees, here it is at once. */
Test(zephyr_heap, whole_again_at_once_in_any_order)
{
    static void *blocks[BLOCKS];
    for (size_t step = 1; step < BLOCKS; step += 2) { /* odd: prime to the number of blocks */
        for (size_t i = 0; i < BLOCKS; i++) {
            blocks[i] = k_malloc(MIN);
        }
        for (size_t i = 0; i < BLOCKS; i++) {
            MUST(k_malloc(SIZE) == NULL, "%zu of %d blocks are taken", BLOCKS - i, BLOCKS);
            k_free(blocks[i * step % BLOCKS]);
        }
        must_be_whole();
    }
}

/* Zephyr's classes wrapped around or were looked for without end. */
Test(zephyr_heap, defect_sizes_near_the_end_of_the_address_space)
{
    void *const block = k_malloc(10);
    const size_t used = stats().used;
    for (size_t i = 0; i < 100; i++) {
        MUST(k_malloc(SIZE_MAX - i) == NULL, "SIZE_MAX - %zu", i);
        MUST(k_malloc(SIZE_MAX / 2 - 50 + i) == NULL, "SIZE_MAX / 2 - 50 + %zu", i);
        MUST(k_malloc((size_t)SIZE + 1 + i) == NULL, "%d + %zu", SIZE, i + 1);
        MUST(k_realloc(block, SIZE_MAX - i) == NULL, "realloc to SIZE_MAX - %zu", i);
        MUST(k_calloc(1, SIZE_MAX - i) == NULL && k_calloc(SIZE_MAX - i, 1) == NULL, "calloc of SIZE_MAX - %zu", i);
        MUST(k_calloc(SIZE_MAX / 2 + 1 + i, 2) == NULL && k_calloc(4, SIZE_MAX / 4 + 1 + i) == NULL, "overflow");
        MUST(k_aligned_alloc(16, SIZE_MAX - i) == NULL, "aligned, SIZE_MAX - %zu", i);
    }
    MUST(k_calloc(SIZE_MAX / 16 + 2, 16) == NULL, "a product that wraps to 16");
    MUST(stats().used == used, "something has changed");
    k_free(block);
    must_be_whole();
}

Test(zephyr_heap, calloc_gives_zeros)
{
    unsigned char *dirty = k_malloc(SIZE);
    memset(dirty, 0xEE, SIZE);
    k_free(dirty);
    unsigned char *const block = k_calloc(SIZE / 8 - 1, 8);
    MUST(block != NULL, "calloc");
    for (size_t i = 0; i < SIZE - 8; i++) {
        MUST(block[i] == 0, "byte %zu", i);
    }
    k_free(block);
    void *const none = k_calloc(0, 8), *const nothing = k_calloc(8, 0);
    MUST(none != NULL && nothing != NULL && none != nothing, "0 bytes take a smallest block");
    MUST(stats().used == 2 * MIN, "%zu", stats().used);
    k_free(none);
    k_free(nothing);
    must_be_whole();
}

Test(zephyr_heap, realloc_keeps_contents)
{
    unsigned char *block = k_realloc(NULL, 20);
    MUST(block != NULL && stats().used == MIN, "of NULL: k_malloc");
    for (size_t i = 0; i < 20; i++) {
        block[i] = (unsigned char)(i + 1);
    }
    MUST(k_realloc(block, MIN) == block, "it has them already");
    if (SIZE > 256) { /* else there is no room for both */
        void *const stone = k_malloc(1);
        unsigned char *const moved = k_realloc(block, 200);
        MUST(moved != NULL && moved != block, "the next block is in the way");
        MUST(stats().used == MIN + 256, "the old block is free: %zu", stats().used);
        k_free(stone);
        block = moved;
    }
    unsigned char *const whole = k_realloc(block, SIZE);
    MUST(whole != NULL || stats().used == class_of(200), "there may be no room to move");
    block = whole != NULL ? whole : block;
    MUST(k_realloc(block, (size_t)SIZE + 1) == NULL, "more than all");
    for (size_t i = 0; i < 20; i++) {
        MUST(block[i] == (unsigned char)(i + 1), "byte %zu", i);
    }
    unsigned char *const small = k_realloc(block, 5);
    MUST(small == block && block[4] == 5, "it shrinks where it is");
    MUST(k_realloc(block, 0) == NULL && k_realloc(NULL, 0) == NULL, "0 bytes: k_free");
    must_be_whole();
}

Test(zephyr_heap, aligned_alloc)
{
    for (size_t align = 1; align <= SIZE && align <= 4096; align *= 2) {
        void *const stone = align < SIZE ? k_malloc(1) : NULL;
        void *const block = k_aligned_alloc(align, 1);
        MUST(block != NULL && (uintptr_t)block % align == 0, "align %zu: %p", align, block);
        k_free(stone);
        k_free(block);
        MUST(k_aligned_alloc(3 * align, 1) == NULL, "align %zu", 3 * align);
    }
    MUST(k_aligned_alloc(0, 1) == NULL && k_aligned_alloc(3, 1) == NULL && k_aligned_alloc(SIZE_MAX, 1) == NULL,
         "no power of two");
    MUST(k_aligned_alloc(SIZE_MAX / 2 + 1, 1) == NULL, "nothing lies there");
    must_be_whole();
}

/* Each bad pointer has its status, and changes nothing. */
Test(zephyr_heap, bad_frees)
{
    char local;
    k_free(NULL);
    MUST(lfm_zephyr_free(NULL) == LFM_OK, "NULL");
    MUST(lfm_zephyr_free(&local) == LFM_EFOREIGN, "before the first k_malloc");
    char *const block = k_malloc(SIZE / 4);
    const size_t used = stats().used;
    MUST(lfm_zephyr_free(&local) == LFM_EFOREIGN, "a variable");
    MUST(lfm_zephyr_free(block - 1) == LFM_EFOREIGN && lfm_zephyr_free(block + SIZE) == LFM_EFOREIGN,
         "beside the heap");
    for (size_t i = 1; i < SIZE / 4; i++) {
        MUST(lfm_zephyr_free(block + i) == LFM_EINTERIOR, "byte %zu of a block", i);
        MUST(k_realloc(block + i, 1) == NULL, "byte %zu of a block", i);
    }
    MUST(lfm_zephyr_free(block + SIZE / 4) == LFM_EDOUBLEFREE, "what was never taken");
    MUST(k_realloc(block + SIZE / 4, 1) == NULL && k_realloc(&local, 1) == NULL, "no blocks");
    MUST(stats().used == used, "something has changed");
    MUST(lfm_zephyr_free(block) == LFM_OK && lfm_zephyr_free(block) == LFM_EDOUBLEFREE, "twice");
    MUST(k_realloc(block, 10) == NULL && k_realloc(block, 0) == NULL, "a free block");
    k_free(block);
    must_be_whole();
}
