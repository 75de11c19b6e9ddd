/* SPDX-License-Identifier: MIT */
/* A module of a project that has uC/CPU and uC/LIB, and uses what is in their headers. Also as C++. PROJECT_FIRST is
 * the header that it includes first. */
#include PROJECT_FIRST
#include <cpu.h>
#include <lib_mem.h>
#include <lib_str.h>

#if !defined(LIB_MEM_MODULE_PRESENT) || !defined(CPU_CORE_MODULE_PRESENT) || !defined(LIB_CFG_MODULE_PRESENT)
#error "a header is missing that lib_mem.h includes"
#endif
#if (LIB_VERSION < 13800u) || (CPU_CORE_VERSION < 12900u)
#error "versions"
#endif
#if (LIB_MEM_CFG_HEAP_SIZE > 0u) && (LIB_MEM_CFG_ARG_CHK_EXT_EN == DEF_DISABLED) && \
    (LIB_MEM_CFG_OPTIMIZE_ASM_EN == DEF_ENABLED)
#define HEAP_IS_USED 1
#endif

static CPU_SR Status;
static MEM_SEG Segment;
static MEM_POOL Blocks;
static MEM_DYN_POOL Frames;
static CPU_ALIGN Ram[512];
static const CPU_INT16U Port = MEM_VAL_HOST_TO_BIG_16(0x1234u);

void ProjectException(void)
{
    Status = DEF_BIT_07;
}

CPU_SIZE_T Str_Len(const CPU_CHAR *pstr)
{
    CPU_SIZE_T n = 0;
    while (pstr[n] != 0) {
        n++;
    }
    return n;
}

/* A variable of LIB_ERR's type between others, which are to stay as they are. */
typedef struct guarded {
    CPU_INT08U Before[8];
    LIB_ERR Err;
    CPU_INT08U Behind[8];
} GUARDED;

static CPU_BOOLEAN IsWhole(const GUARDED *g)
{
    CPU_BOOLEAN whole = DEF_YES;
    for (MEM_POOL_IX i = 0; i < 8u; i++) {
        if (g->Before[i] != 0x5Au || g->Behind[i] != 0x5Au) {
            whole = DEF_NO;
        }
    }
    return whole;
}

int main(void)
{
    GUARDED g;
    CPU_SIZE_T missing = 1u;
    CPU_INT08U bytes[8] = {0, 0, 0, 0, 0, 0, 0, 0};
    CPU_CRITICAL_ENTER();
    Mem_Set(&g, 0x5Au, sizeof(g));
#ifdef HEAP_IS_USED
    if (Mem_HeapAlloc(16u, sizeof(CPU_ALIGN), &missing, &g.Err) == DEF_NULL || g.Err != LIB_MEM_ERR_NONE ||
        missing != 0u) {
        return 1;
    }
    if (Mem_HeapGetSizeRem(1u, &g.Err) < LIB_MEM_CFG_HEAP_SIZE - 16u) {
        return 2;
    }
#ifdef PROJECT_HEAP_IS
    if (Mem_HeapGetSizeRem(1u, &g.Err) != PROJECT_HEAP_IS - 16u) {
        return 3;
    }
#endif
#endif
    Mem_SegCreate("ram", &Segment, (CPU_ADDR)Ram, sizeof(Ram), LIB_MEM_PADDING_ALIGN_NONE, &g.Err);
    if (g.Err != LIB_MEM_ERR_NONE) {
        return 4;
    }
    Mem_DynPoolCreate("frames", &Frames, &Segment, 20u, sizeof(CPU_ALIGN), 2u, LIB_MEM_BLK_QTY_UNLIMITED, &g.Err);
    void *const frame = Mem_DynPoolBlkGet(&Frames, &g.Err);
    if (g.Err != LIB_MEM_ERR_NONE || frame == DEF_NULL) {
        return 5;
    }
    MEM_VAL_SET_INT32U_BIG(frame, 0x01020304u);
    MEM_VAL_COPY_GET_INT32U_BIG(&bytes[1], frame);
    if (MEM_VAL_GET_INT32U(&bytes[1]) != 0x01020304u || MEM_VAL_GET_INT08U(&Port) != 0x12u) {
        return 6;
    }
    Mem_DynPoolBlkFree(&Frames, frame, &g.Err);
    if (g.Err != LIB_MEM_ERR_NONE) {
        return 7;
    }
    Mem_PoolCreate(&Blocks, DEF_NULL, 0u, 3u, 10u, 2u, &missing, &g.Err);
    if (g.Err != LIB_MEM_ERR_NONE || Mem_PoolBlkGetNbrAvail(&Blocks, &g.Err) != 3u) {
        return 8;
    }
    Mem_DynPoolCreate("large", &Frames, &Segment, (CPU_SIZE_T)-1 / 2u, 8u, 4u, LIB_MEM_BLK_QTY_UNLIMITED, &g.Err);
    if (g.Err != LIB_MEM_ERR_ADDR_OVF || Str_Len("large") != 5u) {
        return 9;
    }
    if (IsWhole(&g) == DEF_NO) {
        CPU_SW_EXCEPTION(10);
    }
    return Status == DEF_BIT_07 ? 10 : 0;
}
