/* SPDX-License-Identifier: MIT */
/* Micrium uC/LIB: static pools. */
#include "micrium.h"

static MEM_POOL pool;

static void create(void *base, size_t bytes, size_t n, size_t size, size_t align, LIB_ERR wanted, size_t missing)
{
    LIB_ERR err;
    size_t told = 12345;
    Mem_PoolCreate(&pool, base, bytes, n, size, align, &told, &err);
    SAYS(wanted);
    MUST(told == missing, "%zu bytes are missing, it says %zu", missing, told);
}

static void *get(void)
{
    LIB_ERR err;
    void *const block = Mem_PoolBlkGet(&pool, 1, &err);
    SAYS(LIB_MEM_ERR_NONE);
    return block;
}

static void get_says(size_t size, LIB_ERR wanted)
{
    LIB_ERR err;
    MUST(Mem_PoolBlkGet(&pool, size, &err) == NULL, "a block");
    SAYS(wanted);
}

static void put_says(void *block, LIB_ERR wanted)
{
    LIB_ERR err;
    Mem_PoolBlkFree(&pool, block, &err);
    SAYS(wanted);
}

static size_t available(void)
{
    LIB_ERR err;
    const size_t n = Mem_PoolBlkGetNbrAvail(&pool, &err);
    SAYS(LIB_MEM_ERR_NONE);
    return n;
}

/* Memory for ten blocks holds ten. */
Test(micrium_pool, own_memory)
{
    static MEM_SEG seg;
    LIB_ERR err;
    create(ram, 240, 10, 20, 8, LIB_MEM_ERR_NONE, 0);
    for (size_t i = 0; i < 10; i++) {
        MUST(available() == 10 - i && get() == ram + 24 * i, "block %zu", i);
    }
    get_says(1, LIB_MEM_ERR_POOL_EMPTY);
    MUST(available() == 0, "none");
    put_says(ram + 24, LIB_MEM_ERR_NONE);
    MUST(available() == 1 && get() == ram + 24, "last in, first out");
    Mem_SegCreate("a", &seg, (CPU_ADDR)ram, 240, 1, &err);
    SAYS(LIB_MEM_ERR_INVALID_SEG_EXISTS);
    Mem_SegCreate("a", &seg, (CPU_ADDR)ram + 239, 100, 1, &err);
    SAYS(LIB_MEM_ERR_INVALID_SEG_OVERLAP);
}

Test(micrium_pool, on_the_heap)
{
    create(NULL, 0, 10, 20, 8, LIB_MEM_ERR_NONE, 0);
    MUST(micrium_used(NULL) >= 240 + LFM_POOL_LINKS_BYTES(10) && micrium_used(NULL) <= 288, "%zu", micrium_used(NULL));
    unsigned char *const a = get(), *const b = get();
    MUST((uintptr_t)a % 8 == 0 && b == a + 24 && pool.PoolAddrStart == a, "in a row");
    memset(a, 1, 20);
    memset(b, 2, 20);
    MUST(lfm_pool_check(&pool.Pool) == LFM_OK, "exact");
}

/* Blocks come from a segment that there is. */
Test(micrium_pool, on_a_segment)
{
    static MEM_SEG seg;
    LIB_ERR err;
    micrium_segment(&seg, 1000, 32);
    MUST(Mem_SegAlloc("a", &seg, 100, &err) == ram, "taken");
    create(ram, 1000, 10, 24, 8, LIB_MEM_ERR_NONE, 0);
    MUST(get() == ram + 104 && micrium_used(&seg) == 104 + 240, "behind it");
    create(ram, 1000, 30, 24, 8, LIB_MEM_ERR_SEG_OVF, 344 + 720 - 1000);
    create(ram, 999, 1, 24, 8, LIB_MEM_ERR_INVALID_SEG_OVERLAP, 0);
    create(ram + 999, 100, 1, 24, 8, LIB_MEM_ERR_INVALID_SEG_OVERLAP, 0);
    MUST(get() == ram + 128, "the pool is what it was");
}

Test(micrium_pool, arguments)
{
    LIB_ERR err;
    const MEM_POOL none = {.Type = 0};
    Mem_PoolCreate(NULL, ram, RAM, 1, 1, 1, NULL, &err);
    SAYS(LIB_MEM_ERR_NULL_PTR);
    create(ram, 0, 1, 8, 8, LIB_MEM_ERR_INVALID_MEM_SIZE, 0);
    create(ram, RAM, 0, 8, 8, LIB_MEM_ERR_INVALID_BLK_NBR, 0);
    create(ram, RAM, 1, 0, 8, LIB_MEM_ERR_INVALID_BLK_SIZE, 0);
    create(ram, RAM, 1, 8, 0, LIB_MEM_ERR_INVALID_BLK_ALIGN, 0);
    create(ram, RAM, 1, 8, 24, LIB_MEM_ERR_INVALID_BLK_ALIGN, 0);
    create(ram, RAM, 1, SIZE_MAX, 8, LIB_MEM_ERR_ADDR_OVF, 0);
    create(ram, RAM, SIZE_MAX / 8 + 1, 8, 8, LIB_MEM_ERR_ADDR_OVF, 0);
    create(ram, RAM, SIZE_MAX / 8, 8, 8, LIB_MEM_ERR_INVALID_BLK_NBR, 0);
    create(ram, RAM, 1, (size_t)UINT32_MAX / 2 + 1, 8, LIB_MEM_ERR_INVALID_BLK_SIZE, 0);
    create(ram, SIZE_MAX, 1, 8, 8, LIB_MEM_ERR_INVALID_SEG_SIZE, 0);
    create(ram, 239, 10, 20, 8, LIB_MEM_ERR_SEG_OVF, 1);
    create(ram + 1, 240, 10, 20, 8, LIB_MEM_ERR_SEG_OVF, 7);
    MUST(memcmp(&pool, &none, sizeof pool) == 0 && micrium_used(NULL) == 0, "nothing changes");
    MUST(Mem_SegListNext(Mem_SegListNext(NULL)) == NULL, "no segment was left");
}

Test(micrium_pool, heap_without_room)
{
    LIB_ERR err;
    static MEM_SEG seg;
    const size_t left = Mem_HeapGetSizeRem(1, &err);
    create(NULL, 0, 1, left + 5, 1, LIB_MEM_ERR_SEG_OVF, 5);
    Mem_HeapAlloc(left, 1, NULL, &err);
    create(NULL, 0, 1, 8, 1, LIB_MEM_ERR_SEG_OVF, 8);
    create(ram, RAM, 1, 8, 1, LIB_MEM_ERR_HEAP_OVF, sizeof(MEM_SEG));
    Mem_SegCreate("a", &seg, (CPU_ADDR)ram, RAM, 1, &err);
    SAYS(LIB_MEM_ERR_NONE);
    create(ram, RAM, 1, 8, 1, LIB_MEM_ERR_HEAP_OVF, LFM_POOL_LINKS_BYTES(1));
    MUST(micrium_used(&seg) == 0, "the segment lost nothing");
}

Test(micrium_pool, null_and_no_pool)
{
    LIB_ERR err;
    MUST(Mem_PoolBlkGet(NULL, 1, &err) == NULL, "get");
    SAYS(LIB_MEM_ERR_NULL_PTR);
    Mem_PoolBlkFree(NULL, ram, &err);
    SAYS(LIB_MEM_ERR_NULL_PTR);
    MUST(Mem_PoolBlkGetNbrAvail(NULL, &err) == 0, "available");
    SAYS(LIB_MEM_ERR_NULL_PTR);
    Mem_PoolClr(NULL, &err);
    SAYS(LIB_MEM_ERR_NULL_PTR);
    get_says(1, LIB_MEM_ERR_INVALID_POOL);
    put_says(ram, LIB_MEM_ERR_INVALID_POOL);
    MUST(Mem_PoolBlkGetNbrAvail(&pool, &err) == 0, "available");
    SAYS(LIB_MEM_ERR_INVALID_POOL);
    create(ram, RAM, 4, 8, 8, LIB_MEM_ERR_NONE, 0);
    put_says(NULL, LIB_MEM_ERR_NULL_PTR);
    get_says(0, LIB_MEM_ERR_INVALID_BLK_SIZE);
    get_says(9, LIB_MEM_ERR_INVALID_BLK_SIZE);
    MUST(Mem_PoolBlkGet(&pool, 8, &err) == ram, "a whole block");
    Mem_PoolClr(&pool, &err);
    SAYS(LIB_MEM_ERR_NONE);
    get_says(1, LIB_MEM_ERR_INVALID_POOL);
    put_says(ram, LIB_MEM_ERR_INVALID_POOL);
}

Test(micrium_pool, bad_frees_change_nothing)
{
    if (LFM_CHECKS == 0) {
        cr_skip_test("nothing is checked");
    }
    create(ram, RAM, 8, 24, 8, LIB_MEM_ERR_NONE, 0);
    for (size_t i = 0; i < 8; i++) {
        get();
    }
    for (size_t i = 0; i < RAM; i++) {
        if (i % 24 != 0 || i >= 8 * 24) {
            put_says(ram + i, LIB_MEM_ERR_INVALID_BLK_ADDR);
        }
    }
    put_says(&pool, LIB_MEM_ERR_INVALID_BLK_ADDR);
    for (size_t i = 0; i < 8; i++) {
        put_says(ram + 24 * i, LIB_MEM_ERR_NONE);
        put_says(ram + 24 * i, LIB_MEM_ERR_INVALID_BLK_ADDR_IN_POOL);
    }
    MUST(available() == 8 && lfm_pool_check(&pool.Pool) == LFM_OK, "exact");
}
