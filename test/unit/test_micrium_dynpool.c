/* SPDX-License-Identifier: MIT */
/* Micrium uC/LIB: dynamic pools. */
#include "micrium.h"

static MEM_SEG seg;
static MEM_DYN_POOL pool;

static void *get(void)
{
    LIB_ERR err;
    void *const block = Mem_DynPoolBlkGet(&pool, &err);
    SAYS(LIB_MEM_ERR_NONE);
    MUST(block != NULL, "no error and no block");
    return block;
}

static void get_says(LIB_ERR wanted)
{
    LIB_ERR err;
    MUST(Mem_DynPoolBlkGet(&pool, &err) == NULL, "a block");
    SAYS(wanted);
}

static void put_says(void *block, LIB_ERR wanted)
{
    LIB_ERR err;
    Mem_DynPoolBlkFree(&pool, block, &err);
    SAYS(wanted);
}

static void create(size_t size, size_t align, size_t initial, size_t maximum)
{
    LIB_ERR err;
    Mem_DynPoolCreate("pool", &pool, &seg, size, align, initial, maximum, &err);
    SAYS(LIB_MEM_ERR_NONE);
}

static size_t available(LIB_ERR wanted)
{
    LIB_ERR err;
    const size_t n = Mem_DynPoolBlkNbrAvailGet(&pool, &err);
    SAYS(wanted);
    return n;
}

Test(micrium_dynpool, arguments)
{
    static const struct {
        size_t size, align, initial, maximum;
        LIB_ERR wanted;
    } bad[] = {
        {0, 8, 1, 1, LIB_MEM_ERR_INVALID_BLK_SIZE},
        {8, 8, 2, 1, LIB_MEM_ERR_INVALID_BLK_NBR},
        {8, 0, 1, 1, LIB_MEM_ERR_INVALID_BLK_ALIGN},
        {8, 3, 1, 1, LIB_MEM_ERR_INVALID_BLK_ALIGN},
        {8, SIZE_MAX, 1, 1, LIB_MEM_ERR_INVALID_BLK_ALIGN},
        {SIZE_MAX, 8, 1, 1, LIB_MEM_ERR_ADDR_OVF},
        {SIZE_MAX - 6, 8, 0, 0, LIB_MEM_ERR_ADDR_OVF},
        {SIZE_MAX / 2 + 1, 1, 2, 2, LIB_MEM_ERR_ADDR_OVF},
        {8, 8, SIZE_MAX / 8 + 1, 0, LIB_MEM_ERR_ADDR_OVF},
        {8, SIZE_MAX / 2 + 1, 2, 2, LIB_MEM_ERR_ADDR_OVF},
        {SIZE_MAX, 1, 1, 1, LIB_MEM_ERR_SEG_OVF},
        {8, 8, RAM / 8 + 1, 0, LIB_MEM_ERR_SEG_OVF},
        {RAM + 1, 1, 1, 1, LIB_MEM_ERR_SEG_OVF},
        {8, 8, SIZE_MAX / 8, 0, LIB_MEM_ERR_SEG_OVF},
        {SIZE_MAX, 1, 0, 0, LIB_MEM_ERR_INVALID_BLK_SIZE},
        {8, SIZE_MAX / 2 + 1, 0, 0, LIB_MEM_ERR_INVALID_BLK_ALIGN},
    };
    static MEM_DYN_POOL before;
    LIB_ERR err;
    micrium_segment(&seg, RAM, 1);
    memset(&pool, 0x5C, sizeof pool);
    before = pool;
    for (size_t i = 0; i < LENGTH(bad); i++) {
        Mem_DynPoolCreate("a", &pool, &seg, bad[i].size, bad[i].align, bad[i].initial, bad[i].maximum, &err);
        MUST(err == bad[i].wanted, "line %zu: %d, not %d", i, (int)err, (int)bad[i].wanted);
        Mem_DynPoolCreateHW("a", &pool, &seg, bad[i].size, bad[i].align, bad[i].initial, bad[i].maximum, &err);
        MUST(err == bad[i].wanted, "line %zu: %d, not %d", i, (int)err, (int)bad[i].wanted);
    }
    Mem_DynPoolCreate("a", NULL, &seg, 8, 8, 1, 1, &err);
    SAYS(LIB_MEM_ERR_NULL_PTR);
    MUST(memcmp(&pool, &before, sizeof pool) == 0 && micrium_used(&seg) == 0 && micrium_used(NULL) == 0,
         "nothing changes");
}

Test(micrium_dynpool, null_and_no_pool)
{
    LIB_ERR err;
    MUST(Mem_DynPoolBlkGet(NULL, &err) == NULL, "get");
    SAYS(LIB_MEM_ERR_NULL_PTR);
    Mem_DynPoolBlkFree(NULL, ram, &err);
    SAYS(LIB_MEM_ERR_NULL_PTR);
    MUST(Mem_DynPoolBlkNbrAvailGet(NULL, &err) == 0, "available");
    SAYS(LIB_MEM_ERR_NULL_PTR);
    get_says(LIB_MEM_ERR_INVALID_POOL);
    put_says(ram, LIB_MEM_ERR_INVALID_POOL);
    available(LIB_MEM_ERR_INVALID_POOL);
    micrium_segment(&seg, RAM, 1);
    create(8, 8, 1, 1);
    put_says(NULL, LIB_MEM_ERR_NULL_PTR);
}

Test(micrium_dynpool, initial_is_maximum)
{
    micrium_segment(&seg, RAM, 32);
    create(20, 8, 10, 10);
    MUST(micrium_used(&seg) == 10 * 24, "%zu", micrium_used(&seg));
    for (size_t i = 0; i < 10; i++) {
        MUST(available(LIB_MEM_ERR_NONE) == 10 - i, "%zu", i);
        MUST(get() == ram + 24 * i, "block %zu", i);
    }
    MUST(available(LIB_MEM_ERR_NONE) == 0, "none");
    get_says(LIB_MEM_ERR_POOL_EMPTY);
    MUST(micrium_used(&seg) == 10 * 24, "it does not grow");
    put_says(ram + 24, LIB_MEM_ERR_NONE);
    MUST(available(LIB_MEM_ERR_NONE) == 1 && get() == ram + 24, "last in, first out");
}

Test(micrium_dynpool, no_initial_blocks)
{
    micrium_segment(&seg, RAM, 32);
    create(20, 4, 0, 3);
    MUST(micrium_used(&seg) == 0 && available(LIB_MEM_ERR_NONE) == 3, "all of them lazily");
    for (size_t i = 0; i < 3; i++) {
        MUST(get() == ram + 20 * i && micrium_used(&seg) == 20 * (i + 1), "one at a time");
    }
    get_says(LIB_MEM_ERR_POOL_EMPTY);
}

/* The links lie in the heap, so a segment that is sized for n blocks holds n. */
Test(micrium_dynpool, segment_of_n_blocks_holds_n)
{
    const size_t maxima[] = {LIB_MEM_BLK_QTY_UNLIMITED, RAM / 32, RAM, SIZE_MAX};
    for (size_t initial = 0; initial <= RAM / 32; initial += 32) {
        for (size_t i = 0; i < LENGTH(maxima); i++) {
            micrium_segment_anew(&seg, RAM, 32);
            create(30, 32, initial, maxima[i]);
            for (size_t n = 0; n < RAM / 32; n++) {
                MUST(get() == ram + 32 * n, "block %zu", n);
            }
            get_says(maxima[i] == RAM / 32 ? LIB_MEM_ERR_POOL_EMPTY : LIB_MEM_ERR_SEG_OVF);
            const bool limited = maxima[i] != LIB_MEM_BLK_QTY_UNLIMITED;
            MUST(available(limited ? LIB_MEM_ERR_NONE : LIB_MEM_ERR_POOL_UNLIMITED) ==
                     (limited ? maxima[i] - RAM / 32 : 0),
                 "available");
            put_says(ram, LIB_MEM_ERR_NONE);
            MUST(get() == ram, "again");
        }
    }
}

Test(micrium_dynpool, hardware_blocks)
{
    LIB_ERR err;
    for (size_t padding = 1; padding <= 128; padding *= 2) {
        for (size_t align = 1; align <= 128; align *= 4) {
            const size_t unit = padding > align ? padding : align, stride = (20 + unit - 1) / unit * unit;
            size_t n = 0;
            micrium_segment_anew(&seg, RAM, padding);
            MUST(Mem_SegAllocExt("a", &seg, 3, 1, NULL, &err) == ram, "so the next address is odd");
            Mem_DynPoolCreateHW("pool", &pool, &seg, 20, align, 2, LIB_MEM_BLK_QTY_UNLIMITED, &err);
            SAYS(LIB_MEM_ERR_NONE);
            const size_t first = (3 + unit - 1) / unit * unit;
            for (; n < (RAM - first) / stride; n++) {
                MUST(get() == ram + first + n * stride, "padding %zu, align %zu, block %zu", padding, align, n);
            }
            get_says(LIB_MEM_ERR_SEG_OVF);
        }
    }
}

/* Room for a block as asked for, but not for its cache line: the segment is full, not the heap. */
Test(micrium_dynpool, hardware_blocks_without_room)
{
    LIB_ERR err;
    micrium_segment(&seg, 63, 32);
    Mem_SegAllocExt("a", &seg, 1, 1, NULL, &err);
    Mem_DynPoolCreateHW("pool", &pool, &seg, 8, 8, 1, 1, &err);
    SAYS(LIB_MEM_ERR_SEG_OVF);
    Mem_DynPoolCreateHW("pool", &pool, &seg, 8, 8, 0, 1, &err);
    SAYS(LIB_MEM_ERR_NONE);
    get_says(LIB_MEM_ERR_SEG_OVF);
    create(8, 8, 1, 1);
}

/* Blocks of the heap, with their links between them. */
Test(micrium_dynpool, on_the_heap)
{
    LIB_ERR err;
    size_t n = 0;
    void *last = NULL;
    Mem_DynPoolCreate(NULL, &pool, NULL, 100, 8, 3, LIB_MEM_BLK_QTY_UNLIMITED, &err);
    SAYS(LIB_MEM_ERR_NONE);
    for (void *block; (block = Mem_DynPoolBlkGet(&pool, &err)) != NULL; n++, last = block) {
        MUST((uintptr_t)block % 8 == 0, "aligned");
        memset(block, (int)n, 100);
    }
    SAYS(LIB_MEM_ERR_SEG_OVF);
    MUST(n > MICRIUM_HEAP_SIZE / 125 && n < MICRIUM_HEAP_SIZE / 104, "%zu blocks", n);
    put_says(last, LIB_MEM_ERR_NONE);
    MUST(lfm_dynpool_check(&pool.Pool) == LFM_OK, "exact");
}

/* Not the segment is full, but the heap. */
Test(micrium_dynpool, heap_without_room_for_links)
{
    LIB_ERR err;
    micrium_segment(&seg, RAM, 1);
    create(8, 8, 0, LIB_MEM_BLK_QTY_UNLIMITED);
    Mem_HeapAlloc(Mem_HeapGetSizeRem(1, &err), 1, NULL, &err);
    SAYS(LIB_MEM_ERR_NONE);
    get_says(LIB_MEM_ERR_HEAP_OVF);
    static MEM_DYN_POOL other;
    Mem_DynPoolCreate("a", &other, &seg, 8, 8, 1, 1, &err);
    SAYS(LIB_MEM_ERR_HEAP_OVF);
    Mem_DynPoolCreate("a", &other, &seg, 8, 8, 0, 0, &err);
    SAYS(LIB_MEM_ERR_HEAP_OVF);
    Mem_DynPoolCreate("a", &other, NULL, 8, 8, 1, 1, &err);
    SAYS(LIB_MEM_ERR_SEG_OVF);
    MUST(micrium_used(&seg) == 0, "the segment lost nothing");
    Mem_SegAlloc("a", &seg, RAM - 8, &err);
    get_says(LIB_MEM_ERR_HEAP_OVF); /* room for just one block is room */
    Mem_SegAlloc("a", &seg, 8, &err);
    get_says(LIB_MEM_ERR_SEG_OVF);
}

Test(micrium_dynpool, bad_frees_change_nothing)
{
    if (LFM_CHECKS == 0) {
        cr_skip_test("nothing is checked");
    }
    micrium_segment(&seg, RAM, 1);
    create(24, 8, 4, LIB_MEM_BLK_QTY_UNLIMITED);
    for (size_t i = 0; i < 8; i++) {
        get();
    }
    for (size_t i = 0; i < 8 * 24; i++) {
        if (i % 24 != 0) {
            put_says(ram + i, LIB_MEM_ERR_INVALID_BLK_ADDR);
        }
    }
    void *const foreign[] = {&pool, &seg, ram + 8 * 24, ram + RAM, (void *)((uintptr_t)ram - 24), (void *)UINTPTR_MAX};
    for (size_t i = 0; i < LENGTH(foreign); i++) {
        put_says(foreign[i], LIB_MEM_ERR_INVALID_BLK_ADDR);
    }
    for (size_t i = 0; i < 8; i++) {
        put_says(ram + 24 * i, LIB_MEM_ERR_NONE);
        put_says(ram + 24 * i, LIB_MEM_ERR_INVALID_BLK_ADDR_IN_POOL);
    }
    MUST(lfm_dynpool_check(&pool.Pool) == LFM_OK, "exact");
    for (size_t i = 8; i-- > 0;) {
        MUST(get() == ram + 24 * i, "block %zu", i);
    }
}

/* Two pools and plain allocations in turn: each gets a block at a time. */
Test(micrium_dynpool, pools_share_a_segment)
{
    static MEM_DYN_POOL other;
    LIB_ERR err;
    size_t ours = 0, theirs = 0;
    micrium_segment(&seg, RAM, 32);
    create(24, 8, 0, LIB_MEM_BLK_QTY_UNLIMITED);
    Mem_DynPoolCreateHW("b", &other, &seg, 24, 8, 0, LIB_MEM_BLK_QTY_UNLIMITED, &err);
    while (Mem_DynPoolBlkGet(&pool, &err) != NULL) {
        ours++;
        theirs += Mem_DynPoolBlkGet(&other, &err) != NULL;
    }
    MUST(theirs == RAM / 64 && ours >= theirs && ours <= theirs + 1, "%zu and %zu", ours, theirs);
}
