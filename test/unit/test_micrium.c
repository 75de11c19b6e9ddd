/* SPDX-License-Identifier: MIT */
/* Micrium uC/LIB: names, numbers, segments, the list of segments, the heap. */
#include "micrium.h"

Test(micrium, numbers)
{
    const struct {
        int value, number;
    } all[] = {
        {LIB_MEM_ERR_NONE, 10000},
        {LIB_MEM_ERR_NULL_PTR, 10001},
        {LIB_MEM_ERR_INVALID_MEM_SIZE, 10100},
        {LIB_MEM_ERR_INVALID_MEM_ALIGN, 10101},
        {LIB_MEM_ERR_INVALID_SEG_SIZE, 10110},
        {LIB_MEM_ERR_INVALID_SEG_OVERLAP, 10111},
        {LIB_MEM_ERR_INVALID_SEG_EXISTS, 10112},
        {LIB_MEM_ERR_INVALID_POOL, 10120},
        {LIB_MEM_ERR_INVALID_BLK_NBR, 10130},
        {LIB_MEM_ERR_INVALID_BLK_SIZE, 10131},
        {LIB_MEM_ERR_INVALID_BLK_ALIGN, 10132},
        {LIB_MEM_ERR_INVALID_BLK_IX, 10133},
        {LIB_MEM_ERR_INVALID_BLK_ADDR, 10135},
        {LIB_MEM_ERR_INVALID_BLK_ADDR_IN_POOL, 10136},
        {LIB_MEM_ERR_SEG_EMPTY, 10200},
        {LIB_MEM_ERR_SEG_OVF, 10201},
        {LIB_MEM_ERR_POOL_FULL, 10205},
        {LIB_MEM_ERR_POOL_EMPTY, 10206},
        {LIB_MEM_ERR_POOL_UNLIMITED, 10207},
        {LIB_MEM_ERR_HEAP_EMPTY, 10210},
        {LIB_MEM_ERR_HEAP_OVF, 10211},
        {LIB_MEM_ERR_HEAP_NOT_FOUND, 10215},
        {LIB_MEM_ERR_ADDR_OVF, 10300},
        {LIB_MEM_PADDING_ALIGN_NONE, 1},
        {LIB_MEM_BLK_QTY_UNLIMITED, 0},
    };
    for (size_t i = 0; i < LENGTH(all); i++) {
        MUST(all[i].value == all[i].number, "%d", all[i].number);
    }
}

Test(micrium, types)
{
    MUST(sizeof(CPU_INT08U) == 1 && sizeof(CPU_INT16U) == 2 && sizeof(CPU_INT32U) == 4 && sizeof(CPU_INT64U) == 8,
         "unsigned");
    MUST(sizeof(CPU_INT08S) == 1 && sizeof(CPU_INT16S) == 2 && sizeof(CPU_INT32S) == 4 && sizeof(CPU_INT64S) == 8,
         "signed");
    MUST((CPU_INT32U)-1 > 0 && (CPU_INT32S)-1 < 0 && (CPU_ADDR)-1 > 0 && (CPU_SIZE_T)-1 > 0, "signs");
    MUST(sizeof(CPU_ADDR) == sizeof(void *) && sizeof(CPU_ALIGN) == sizeof(void *), "as wide as a pointer");
    MUST(sizeof(CPU_SIZE_T) == sizeof(size_t) && sizeof(MEM_POOL_BLK_QTY) == sizeof(CPU_SIZE_T), "sizes");
    MUST(sizeof(CPU_CHAR) == 1 && sizeof(CPU_BOOLEAN) == 1, "characters");
    MUST(DEF_FALSE == 0 && DEF_TRUE == 1 && DEF_OK == 1 && DEF_FAIL == 0 && DEF_YES == 1 && DEF_NO == 0, "truth");
}

/* This compiles only if each call has the arguments that code for uC/LIB gives it. */
Test(micrium, prototypes)
{
    void (*const init)(void) = Mem_Init;
    void *(*const heap_alloc)(CPU_SIZE_T, CPU_SIZE_T, CPU_SIZE_T *, LIB_ERR *) = Mem_HeapAlloc;
    CPU_SIZE_T (*const heap_rem)(CPU_SIZE_T, LIB_ERR *) = Mem_HeapGetSizeRem;
    void (*const create)(const CPU_CHAR *, MEM_SEG *, CPU_ADDR, CPU_SIZE_T, CPU_SIZE_T, LIB_ERR *) = Mem_SegCreate;
    void (*const clear)(MEM_SEG *, LIB_ERR *) = Mem_SegClr;
    void *(*const alloc)(const CPU_CHAR *, MEM_SEG *, CPU_SIZE_T, LIB_ERR *) = Mem_SegAlloc;
    void *(*const ext[])(const CPU_CHAR *, MEM_SEG *, CPU_SIZE_T, CPU_SIZE_T, CPU_SIZE_T *,
                         LIB_ERR *) = {Mem_SegAllocExt, Mem_SegAllocHW};
    CPU_SIZE_T (*const rem)(MEM_SEG *, CPU_SIZE_T, MEM_SEG_INFO *, LIB_ERR *) = Mem_SegRemSizeGet;
    void (*const usage)(void (*)(CPU_CHAR *), LIB_ERR *) = Mem_OutputUsage;
    void (*const pool)(MEM_POOL *, void *, CPU_SIZE_T, MEM_POOL_BLK_QTY, CPU_SIZE_T, CPU_SIZE_T, CPU_SIZE_T *,
                       LIB_ERR *) = Mem_PoolCreate;
    void (*const pool_clear)(MEM_POOL *, LIB_ERR *) = Mem_PoolClr;
    void *(*const pool_get)(MEM_POOL *, CPU_SIZE_T, LIB_ERR *) = Mem_PoolBlkGet;
    void (*const pool_free)(MEM_POOL *, void *, LIB_ERR *) = Mem_PoolBlkFree;
    MEM_POOL_BLK_QTY (*const pool_left)(MEM_POOL *, LIB_ERR *) = Mem_PoolBlkGetNbrAvail;
    void (*const dyn[])(const CPU_CHAR *, MEM_DYN_POOL *, MEM_SEG *, CPU_SIZE_T, CPU_SIZE_T, CPU_SIZE_T, CPU_SIZE_T,
                        LIB_ERR *) = {Mem_DynPoolCreate, Mem_DynPoolCreateHW};
    void *(*const dyn_get)(MEM_DYN_POOL *, LIB_ERR *) = Mem_DynPoolBlkGet;
    void (*const dyn_free)(MEM_DYN_POOL *, void *, LIB_ERR *) = Mem_DynPoolBlkFree;
    CPU_SIZE_T (*const dyn_left)(MEM_DYN_POOL *, LIB_ERR *) = Mem_DynPoolBlkNbrAvailGet;
    MUST(init && heap_alloc && heap_rem && create && clear && alloc && ext[1] && rem && usage, "segments");
    MUST(pool && pool_clear && pool_get && pool_free && pool_left && dyn[1] && dyn_get && dyn_free && dyn_left,
         "pools");
}

/* Where there is no place for an error, nothing is done. */
Test(micrium, no_error_pointer)
{
    static MEM_SEG seg;
    static MEM_DYN_POOL dyn;
    static MEM_POOL pool;
    LIB_ERR err;
    size_t missing = 99;
    Mem_SegCreate("a", &seg, (CPU_ADDR)ram, RAM, 1, NULL);
    micrium_segment(&seg, RAM, 1); /* so it was not created */
    MUST(Mem_SegAlloc("a", &seg, 8, NULL) == NULL && Mem_SegAllocExt("a", &seg, 8, 8, &missing, NULL) == NULL &&
             Mem_SegAllocHW("a", &seg, 8, 8, &missing, NULL) == NULL && Mem_HeapAlloc(8, 8, &missing, NULL) == NULL,
         "allocations");
    MUST(missing == 99 && micrium_used(&seg) == 0 && micrium_used(NULL) == 0, "nothing was done");
    MUST(Mem_SegRemSizeGet(&seg, 1, NULL, NULL) == 0 && Mem_HeapGetSizeRem(1, NULL) == 0, "sizes");
    Mem_DynPoolCreate("a", &dyn, &seg, 8, 8, 4, 4, NULL);
    Mem_DynPoolCreateHW("a", &dyn, &seg, 8, 8, 4, 4, NULL);
    Mem_PoolCreate(&pool, NULL, 0, 4, 8, 8, &missing, NULL);
    MUST(Mem_DynPoolBlkGet(&dyn, &err) == NULL, "no pool");
    SAYS(LIB_MEM_ERR_INVALID_POOL);
    MUST(Mem_PoolBlkGet(&pool, 8, &err) == NULL, "no pool");
    SAYS(LIB_MEM_ERR_INVALID_POOL);
    Mem_DynPoolCreate("a", &dyn, &seg, 8, 8, 1, 1, &err);
    SAYS(LIB_MEM_ERR_NONE);
    Mem_PoolCreate(&pool, NULL, 0, 1, 8, 8, NULL, &err);
    SAYS(LIB_MEM_ERR_NONE);
    MUST(Mem_DynPoolBlkGet(&dyn, NULL) == NULL && Mem_DynPoolBlkNbrAvailGet(&dyn, NULL) == 0, "dynamic pool");
    MUST(Mem_PoolBlkGet(&pool, 8, NULL) == NULL && Mem_PoolBlkGetNbrAvail(&pool, NULL) == 0, "static pool");
    void *a = Mem_DynPoolBlkGet(&dyn, &err), *b = Mem_PoolBlkGet(&pool, 8, &err);
    MUST(a != NULL && b != NULL, "the blocks are still there");
    Mem_DynPoolBlkFree(&dyn, a, NULL);
    Mem_PoolBlkFree(&pool, b, NULL);
    Mem_PoolClr(&pool, NULL);
    Mem_SegClr(&seg, NULL);
    Mem_OutputUsage(NULL, NULL);
    MUST(Mem_DynPoolBlkNbrAvailGet(&dyn, &err) == 0 && Mem_PoolBlkGetNbrAvail(&pool, &err) == 0, "and are still taken");
    SAYS(LIB_MEM_ERR_NONE);
}

Test(micrium, segment_arguments)
{
    static MEM_SEG seg, before;
    LIB_ERR err;
    memset(&seg, 0x5C, sizeof seg);
    before = seg;
    Mem_SegCreate("a", NULL, (CPU_ADDR)ram, RAM, 1, &err);
    SAYS(LIB_MEM_ERR_NULL_PTR);
    Mem_SegCreate("a", &seg, 0, RAM, 1, &err);
    SAYS(LIB_MEM_ERR_NULL_PTR);
    const size_t sizes[] = {0, (size_t)0 - (size_t)ram + 1, SIZE_MAX / 2 + 1, SIZE_MAX - 1, SIZE_MAX};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        Mem_SegCreate("a", &seg, (CPU_ADDR)ram, sizes[i], 1, &err);
        SAYS(LIB_MEM_ERR_INVALID_SEG_SIZE);
    }
    const size_t paddings[] = {0, 3, 6, 48, SIZE_MAX};
    for (size_t i = 0; i < LENGTH(paddings); i++) {
        Mem_SegCreate("a", &seg, (CPU_ADDR)ram, RAM, paddings[i], &err);
        SAYS(LIB_MEM_ERR_INVALID_MEM_ALIGN);
    }
    MUST(memcmp(&seg, &before, sizeof seg) == 0, "nothing changes");
    Mem_SegCreate(NULL, &seg, (CPU_ADDR)ram, 1, 4096, &err);
    SAYS(LIB_MEM_ERR_NONE);
}

/* The last byte of the address space is one, too; nobody looks at this memory. */
Test(micrium, segment_at_the_end_of_the_address_space)
{
    static MEM_SEG seg, other;
    LIB_ERR err;
    if (RUNNING_UNDER_TOOL) {
        cr_skip_test("a tool is told of the segment's memory");
    }
    Mem_SegCreate("a", &other, UINTPTR_MAX - 98, 100, 1, &err);
    SAYS(LIB_MEM_ERR_INVALID_SEG_SIZE);
    Mem_SegCreate("a", &seg, UINTPTR_MAX - 99, 100, 1, &err);
    SAYS(LIB_MEM_ERR_NONE);
    Mem_SegCreate("a", &other, UINTPTR_MAX, 1, 1, &err);
    SAYS(LIB_MEM_ERR_INVALID_SEG_OVERLAP);
    MUST(Mem_SegAllocExt("a", &seg, 100, 1, NULL, &err) == (void *)(UINTPTR_MAX - 99), "all of it");
}

/* Each range of 1 to 12 bytes against one of 4. */
Test(micrium, segment_exists_or_overlaps)
{
    for (size_t first = 0; first < 12; first++) {
        for (size_t last = first; last < 12; last++) {
            static MEM_SEG listed, seg;
            LIB_ERR err;
            Mem_Init();
            Mem_SegCreate("listed", &listed, (CPU_ADDR)ram + 4, 4, 1, &err);
            SAYS(LIB_MEM_ERR_NONE);
            Mem_SegCreate("a", &seg, (CPU_ADDR)ram + first, last - first + 1, 1, &err);
            if (first == 4 && last == 7) {
                SAYS(LIB_MEM_ERR_INVALID_SEG_EXISTS);
            } else if (first <= 7 && last >= 4) {
                SAYS(LIB_MEM_ERR_INVALID_SEG_OVERLAP);
            } else {
                SAYS(LIB_MEM_ERR_NONE);
                MUST(Mem_SegListNext(NULL) == &seg, "it is listed");
            }
        }
    }
}

Test(micrium, segment_behind_many)
{
    enum {
        MANY = 100
    };
    static MEM_SEG segs[MANY], one;
    LIB_ERR err;
    for (size_t i = 0; i < MANY; i++) {
        Mem_SegCreate("a", &segs[i], (CPU_ADDR)ram + 8 * i, 8, 1, &err);
        SAYS(LIB_MEM_ERR_NONE);
    }
    for (size_t i = 0; i < MANY; i++) {
        Mem_SegCreate("a", &one, (CPU_ADDR)ram + 8 * i, 8, 1, &err);
        SAYS(LIB_MEM_ERR_INVALID_SEG_EXISTS);
        Mem_SegCreate("a", &one, (CPU_ADDR)ram + 8 * i, 7, 1, &err);
        SAYS(LIB_MEM_ERR_INVALID_SEG_OVERLAP);
    }
    size_t n = 0;
    const MEM_SEG *last = NULL;
    for (const MEM_SEG *seg = Mem_SegListNext(NULL); seg != NULL; seg = Mem_SegListNext(seg)) {
        MUST(n == MANY || seg == &segs[MANY - 1 - n], "the newest first");
        n++;
        last = seg;
    }
    MUST(n == MANY + 1 && last != &segs[0], "the heap is the last one");
}

/* A MEM_SEG that is in the list may not be put into it again: the list would be a ring. */
Test(micrium, segment_twice)
{
    static MEM_SEG a, b;
    LIB_ERR err;
    Mem_SegCreate("a", &a, (CPU_ADDR)ram, 8, 1, &err);
    Mem_SegCreate("b", &b, (CPU_ADDR)ram + 8, 8, 1, &err);
    SAYS(LIB_MEM_ERR_NONE);
    Mem_SegCreate("a", &a, (CPU_ADDR)ram + 64, 8, 1, &err);
    SAYS(LIB_MEM_ERR_INVALID_SEG_EXISTS);
    MUST(Mem_SegListNext(&b) == &a && Mem_SegListNext(&a) != &b, "no ring");
    MUST(Mem_SegAllocExt("a", &a, 8, 1, NULL, &err) == ram, "it is what it was");
    Mem_Init();
    Mem_SegCreate("a", &a, (CPU_ADDR)ram + 64, 8, 1, &err);
    SAYS(LIB_MEM_ERR_NONE);
    MUST(Mem_SegAllocExt("a", &a, 8, 1, NULL, &err) == ram + 64, "made anew");
}

Test(micrium, heap_is_ready_at_link_time)
{
    static MEM_SEG seg;
    LIB_ERR err;
    const size_t size = Mem_HeapGetSizeRem(1, &err);
    MUST(size == MICRIUM_HEAP_SIZE, "%zu", size);
    unsigned char *a = Mem_HeapAlloc(10, 8, NULL, &err);
    SAYS(LIB_MEM_ERR_NONE);
    MUST(a != NULL && (uintptr_t)a % 8 == 0, "aligned");
    memset(a, 1, 10);
    Mem_SegCreate("in the heap", &seg, (CPU_ADDR)a, 10, 1, &err);
    SAYS(LIB_MEM_ERR_INVALID_SEG_OVERLAP);
    const MEM_SEG *const heap = Mem_SegListNext(NULL);
    MUST(heap != NULL && Mem_SegListNext(heap) == NULL, "it is listed");
}

Test(micrium, heap_calls)
{
    LIB_ERR err;
    size_t missing = 99;
    MUST(Mem_HeapAlloc(0, 8, &missing, &err) == NULL && missing == 0, "size");
    SAYS(LIB_MEM_ERR_INVALID_MEM_SIZE);
    MUST(Mem_HeapAlloc(8, 0, &missing, &err) == NULL, "align");
    SAYS(LIB_MEM_ERR_INVALID_MEM_ALIGN);
    MUST(Mem_HeapGetSizeRem(3, &err) == 0, "align");
    SAYS(LIB_MEM_ERR_INVALID_MEM_ALIGN);
    MUST(Mem_HeapAlloc(MICRIUM_HEAP_SIZE + 7, 1, &missing, &err) == NULL && missing == 7, "%zu", missing);
    SAYS(LIB_MEM_ERR_HEAP_OVF);
    MUST(Mem_HeapAlloc(MICRIUM_HEAP_SIZE, 1, &missing, &err) != NULL && missing == 0, "all of it");
    MUST(Mem_HeapAlloc(1, 1, &missing, &err) == NULL && missing == 1, "no more");
    SAYS(LIB_MEM_ERR_HEAP_OVF);
    MUST(Mem_SegAlloc("a", NULL, 1, &err) == NULL, "no segment is the heap");
    SAYS(LIB_MEM_ERR_SEG_OVF);
    MUST(Mem_HeapGetSizeRem(1, &err) == 0, "full");
    SAYS(LIB_MEM_ERR_NONE);
    Mem_SegClr(NULL, &err);
    SAYS(LIB_MEM_ERR_NONE);
    MUST(Mem_HeapGetSizeRem(1, &err) == MICRIUM_HEAP_SIZE, "cleared");
}

Test(micrium, clear_and_init)
{
    static MEM_SEG seg, other;
    LIB_ERR err;
    micrium_segment(&seg, RAM, 32);
    MUST(Mem_SegAlloc("a", &seg, 100, &err) == ram && Mem_SegAlloc("a", NULL, 100, &err) != NULL, "taken");
    Mem_SegClr(&seg, &err);
    SAYS(LIB_MEM_ERR_NONE);
    MUST(micrium_used(&seg) == 0 && micrium_used(NULL) >= 100, "this segment only");
    MUST(Mem_SegAllocHW("a", &seg, RAM, 1, NULL, &err) == ram, "all of it again");
    Mem_SegCreate("b", &other, (CPU_ADDR)ram, RAM, 1, &err);
    SAYS(LIB_MEM_ERR_INVALID_SEG_EXISTS);
    Mem_Init();
    MUST(micrium_used(NULL) == 0 && Mem_SegListNext(Mem_SegListNext(NULL)) == NULL, "only the heap is left, and empty");
    Mem_SegCreate("b", &other, (CPU_ADDR)ram, RAM, 1, &err);
    SAYS(LIB_MEM_ERR_NONE);
}

/* Segments and pools that nobody has made: no room, no pool, and no crash. */
Test(micrium, all_zero)
{
    static MEM_SEG seg;
    static MEM_POOL pool;
    static MEM_DYN_POOL dynamic;
    LIB_ERR err;
    MEM_SEG_INFO info = {1, 1, 1, 1};
    CPU_SIZE_T missing = 0;
    MUST(Mem_SegAlloc("a", &seg, 8, &err) == NULL, "memory");
    SAYS(LIB_MEM_ERR_SEG_OVF);
    MUST(Mem_SegAllocExt("a", &seg, 8, 8, &missing, &err) == NULL && missing >= 8, "%zu are missing", missing);
    SAYS(LIB_MEM_ERR_SEG_OVF);
    MUST(Mem_SegAllocHW("a", &seg, 8, 8, &missing, &err) == NULL && missing >= 8, "%zu are missing", missing);
    SAYS(LIB_MEM_ERR_SEG_OVF);
    MUST(Mem_SegRemSizeGet(&seg, 8, &info, &err) == 0, "room");
    SAYS(LIB_MEM_ERR_NONE);
    MUST(info.TotalSize == 0 && info.UsedSize == 0 && info.AddrNextAlloc == 0, "room");
    MUST(Mem_SegListNext(&seg) == NULL, "it is in no list");
    Mem_SegClr(&seg, &err);
    SAYS(LIB_MEM_ERR_NONE);
    Mem_DynPoolCreate("d", &dynamic, &seg, 8, 8, 1, LIB_MEM_BLK_QTY_UNLIMITED, &err);
    SAYS(LIB_MEM_ERR_SEG_OVF);
    Mem_DynPoolCreateHW("d", &dynamic, &seg, 8, 8, 1, 1, &err);
    SAYS(LIB_MEM_ERR_SEG_OVF);
    memset(&dynamic, 0, sizeof dynamic);

    MUST(Mem_DynPoolBlkGet(&dynamic, &err) == NULL, "a block");
    SAYS(LIB_MEM_ERR_INVALID_POOL);
    Mem_DynPoolBlkFree(&dynamic, ram, &err);
    SAYS(LIB_MEM_ERR_INVALID_POOL);
    MUST(Mem_DynPoolBlkNbrAvailGet(&dynamic, &err) == 0, "blocks");
    SAYS(LIB_MEM_ERR_INVALID_POOL);

    MUST(Mem_PoolBlkGet(&pool, 1, &err) == NULL, "a block");
    SAYS(LIB_MEM_ERR_INVALID_POOL);
    Mem_PoolBlkFree(&pool, ram, &err);
    SAYS(LIB_MEM_ERR_INVALID_POOL);
    MUST(Mem_PoolBlkGetNbrAvail(&pool, &err) == 0, "blocks");
    SAYS(LIB_MEM_ERR_INVALID_POOL);
    Mem_PoolClr(&pool, &err);
    SAYS(LIB_MEM_ERR_NONE);

    /* a pool that grows on a segment without room */
    Mem_DynPoolCreate("d", &dynamic, &seg, 8, 8, 0, LIB_MEM_BLK_QTY_UNLIMITED, &err);
    if (err == LIB_MEM_ERR_NONE) {
        MUST(Mem_DynPoolBlkGet(&dynamic, &err) == NULL, "a block");
        SAYS(LIB_MEM_ERR_SEG_OVF);
    }
    micrium_segment(&seg, RAM, 1); /* and it can be made as ever */
}
