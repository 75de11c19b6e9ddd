/* SPDX-License-Identifier: MIT */
/* A program of somebody else's, written for uC/LIB: its #include lines, and no word of lfmem. */
#include <cpu.h>
#include <lib_def.h>
#include <lib_mem.h>
#include <stdio.h>

static CPU_INT08U memory[1024];
static MEM_SEG segment;
static MEM_DYN_POOL pool;

int main(void)
{
    LIB_ERR err;
    CPU_BOOLEAN good = DEF_TRUE;

    Mem_Init();
    Mem_SegCreate("memory", &segment, (CPU_ADDR)memory, sizeof(memory), LIB_MEM_PADDING_ALIGN_NONE, &err);
    good = (err == LIB_MEM_ERR_NONE) ? good : DEF_FALSE;
    Mem_DynPoolCreate("pool", &pool, &segment, 100u, sizeof(CPU_ALIGN), 1u, LIB_MEM_BLK_QTY_UNLIMITED, &err);
    good = (err == LIB_MEM_ERR_NONE) ? good : DEF_FALSE;
    void *block = Mem_DynPoolBlkGet(&pool, &err);
    good = (block != DEF_NULL) ? good : DEF_FALSE;
    Mem_DynPoolBlkFree(&pool, block, &err);
    good = (err == LIB_MEM_ERR_NONE) ? good : DEF_FALSE;
    puts(good ? "uC/LIB on lfmem: ok" : "uC/LIB on lfmem: wrong");
    return good ? 0 : 1;
}
