/* SPDX-License-Identifier: MIT */
/* What is wrong in uC/LIB's own segments and pools, and right here. Each test is named after a defect. */
#include "micrium.h"
#include <pthread.h>
#include <stdatomic.h>

static MEM_SEG seg;
static MEM_DYN_POOL pool;

Test(micrium_defects, initial_hardware_blocks_miss_the_padding_alignment)
{
    LIB_ERR err;
    micrium_segment(&seg, RAM, 32);
    Mem_SegAllocExt("a", &seg, 20, 1, NULL, &err);
    Mem_DynPoolCreateHW("pool", &pool, &seg, 20, 8, 10, 10, &err);
    for (size_t i = 0; i < 10; i++) {
        const unsigned char *const block = Mem_DynPoolBlkGet(&pool, &err);
        MUST(block != NULL && (uintptr_t)block % 32 == 0, "block %zu at %p", i, (const void *)block);
    }
    MUST(micrium_used(&seg) % 32 == 0, "the last one's cache line is its own");
}

Test(micrium_defects, grown_blocks_smaller_than_a_pointer_overlap)
{
    LIB_ERR err;
    for (size_t size = 1; size < sizeof(void *); size++) {
        unsigned char *blocks[10];
        micrium_segment_anew(&seg, RAM, 1);
        Mem_DynPoolCreate("pool", &pool, &seg, size, 1, 0, LIB_MEM_BLK_QTY_UNLIMITED, &err);
        for (size_t i = 0; i < LENGTH(blocks); i++) {
            blocks[i] = Mem_DynPoolBlkGet(&pool, &err);
            memset(blocks[i], (int)i, size);
        }
        for (size_t i = 0; i < LENGTH(blocks); i++) {
            MUST(blocks[i] == ram + size * i && blocks[i][0] == i && blocks[i][size - 1] == i, "block %zu", i);
            Mem_DynPoolBlkFree(&pool, blocks[i], &err);
            SAYS(LIB_MEM_ERR_NONE);
        }
    }
}

/* CVE-2021-26706, which upstream's repair leaves open where the size is close to its largest. */
Test(micrium_defects, sizes_near_the_largest_wrap_around)
{
    LIB_ERR err;
    micrium_segment(&seg, RAM, 32);
    MUST(Mem_SegAllocExt("a", &seg, 40, 1, NULL, &err) == ram, "something is taken");
    for (size_t less = 0; less < 200; less++) {
        size_t missing = 0;
        const size_t size = SIZE_MAX - less;
        for (size_t align = 1; align <= 64; align *= 2) {
            MUST(Mem_SegAllocExt("a", &seg, size, align, &missing, &err) == NULL, "SIZE_MAX - %zu", less);
            SAYS(LIB_MEM_ERR_SEG_OVF);
            MUST(missing > SIZE_MAX - RAM - 200, "%zu", missing);
            MUST(Mem_SegAllocHW("a", &seg, size, align, &missing, &err) == NULL, "SIZE_MAX - %zu", less);
            SAYS(LIB_MEM_ERR_SEG_OVF);
            MUST(missing > SIZE_MAX - RAM - 200, "%zu", missing);
        }
        MUST(Mem_SegAlloc("a", &seg, size, &err) == NULL && Mem_HeapAlloc(size, 8, NULL, &err) == NULL, "%zu", less);
        SAYS(LIB_MEM_ERR_HEAP_OVF);
    }
    MUST(micrium_used(&seg) == 40 && micrium_used(NULL) == 0, "nothing was taken");
}

Test(micrium_defects, a_double_free_is_accepted_and_the_block_handed_out_twice)
{
    if (LFM_CHECKS == 0) {
        cr_skip_test("nothing is checked");
    }
    LIB_ERR err;
    micrium_segment(&seg, RAM, 1);
    Mem_DynPoolCreate("pool", &pool, &seg, 8, 8, 1, 4, &err);
    void *const a = Mem_DynPoolBlkGet(&pool, &err), *const b = Mem_DynPoolBlkGet(&pool, &err);
    void *const blocks[] = {a, b};
    for (size_t i = 0; i < 2; i++) { /* an initial block, and one that was created later */
        Mem_DynPoolBlkFree(&pool, blocks[i], &err);
        SAYS(LIB_MEM_ERR_NONE);
        Mem_DynPoolBlkFree(&pool, blocks[i], &err);
        SAYS(LIB_MEM_ERR_INVALID_BLK_ADDR_IN_POOL);
    }
    MUST(Mem_DynPoolBlkNbrAvailGet(&pool, &err) == 4, "the count is right");
    MUST(Mem_DynPoolBlkGet(&pool, &err) != Mem_DynPoolBlkGet(&pool, &err), "each once");
}

enum {
    ROUNDS = 20000
};

static atomic_int holders, failures;

/* Takes and frees one block again and again. */
static void *take_turns(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        LIB_ERR err, freed = LIB_MEM_ERR_NONE;
        void *const block = Mem_DynPoolBlkGet(&pool, &err);
        if (block != NULL) {
            const int others = atomic_fetch_add(&holders, 1);
            failures += others >= (int)pool.BlkQtyMax;
            atomic_fetch_sub(&holders, 1);
            Mem_DynPoolBlkFree(&pool, block, &freed);
        }
        failures += freed != LIB_MEM_ERR_NONE || (err != LIB_MEM_ERR_NONE && pool.BlkQtyMax > 1);
        failures += Mem_DynPoolBlkNbrAvailGet(&pool, &err) > pool.BlkQtyMax;
    }
    return NULL;
}

static void run_two(size_t initial, size_t maximum)
{
    LIB_ERR err;
    pthread_t threads[2];
    micrium_segment(&seg, RAM, 1);
    Mem_DynPoolCreate("pool", &pool, &seg, 8, 8, initial, maximum, &err);
    SAYS(LIB_MEM_ERR_NONE);
    for (size_t i = 0; i < 2; i++) {
        MUST(pthread_create(&threads[i], NULL, take_turns, NULL) == 0, "no thread");
    }
    for (size_t i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    MUST(failures == 0, "%d failures", failures);
    MUST(Mem_DynPoolBlkNbrAvailGet(&pool, &err) == maximum && micrium_used(&seg) <= 8 * maximum, "all is back");
    MUST(lfm_dynpool_check(&pool.Pool) == LFM_OK, "exact");
}

/* There, of two threads that hold one of two blocks each, one can be refused. */
Test(micrium_defects, the_count_is_given_back_outside_of_the_critical_section)
{
    run_two(0, 2);
}

/* There, two threads can pass the quota of one block. */
Test(micrium_defects, quota_and_list_are_taken_in_two_steps)
{
    run_two(0, 1);
}
