/* SPDX-License-Identifier: MIT */
/* What the front-end of Micrium uC/LIB adds to lfmem's own calls: a get and a put in one thread, of a dynamic pool's
 * initial block, of one that was created later, and of a static pool. */
#include "measure.h"
#include <lib_mem.h>

enum {
    PAIRS = 30000,
    BLOCK = 64,
    GROWN = 1000,
    RAM = (GROWN + 64) * BLOCK
};

static _Alignas(BLOCK) CPU_INT08U ram[RAM], static_ram[64 * BLOCK];
static MEM_SEG seg;
static MEM_DYN_POOL initial, grown;
static MEM_POOL fixed;

static void *core_get(void *pool)
{
    return lfm_dynpool_get(pool);
}

static void core_put(void *pool, void *block)
{
    lfm_dynpool_put(pool, block);
}

static void *front_get(void *pool)
{
    LIB_ERR err;
    return Mem_DynPoolBlkGet(pool, &err);
}

static void front_put(void *pool, void *block)
{
    LIB_ERR err;
    Mem_DynPoolBlkFree(pool, block, &err);
}

static void *core_static_get(void *pool)
{
    return lfm_pool_get(pool);
}

static void core_static_put(void *pool, void *block)
{
    lfm_pool_put(pool, block);
}

static void *front_static_get(void *pool)
{
    LIB_ERR err;
    return Mem_PoolBlkGet(pool, BLOCK, &err);
}

static void front_static_put(void *pool, void *block)
{
    LIB_ERR err;
    Mem_PoolBlkFree(pool, block, &err);
}

static void core_initial(void)
{
    ping_pong(PAIRS, core_get, core_put, &initial.Pool);
}

static void front_initial(void)
{
    ping_pong(PAIRS, front_get, front_put, &initial);
}

static void core_grown(void)
{
    ping_pong(PAIRS, core_get, core_put, &grown.Pool);
}

static void front_grown(void)
{
    ping_pong(PAIRS, front_get, front_put, &grown);
}

static void core_static(void)
{
    ping_pong(PAIRS, core_static_get, core_static_put, &fixed.Pool);
}

static void front_static(void)
{
    ping_pong(PAIRS, front_static_get, front_static_put, &fixed);
}

static void check(LIB_ERR err)
{
    if (err != LIB_MEM_ERR_NONE) {
        fprintf(stderr, "setup: %d\n", (int)err);
        exit(1);
    }
}

static void set_up(void)
{
    LIB_ERR err;
    void *block = NULL;
    Mem_SegCreate("ram", &seg, (CPU_ADDR)ram, RAM, 1, &err);
    check(err);
    Mem_DynPoolCreate("initial", &initial, &seg, BLOCK, BLOCK, 64, 64, &err);
    check(err);
    Mem_DynPoolCreate("grown", &grown, &seg, BLOCK, BLOCK, 0, LIB_MEM_BLK_QTY_UNLIMITED, &err);
    check(err);
    for (int i = 0; i < GROWN; i++) {
        block = Mem_DynPoolBlkGet(&grown, &err);
        check(err);
    }
    Mem_DynPoolBlkFree(&grown, block, &err);
    check(err);
    Mem_PoolCreate(&fixed, static_ram, sizeof static_ram, 64, BLOCK, BLOCK, NULL, &err);
    check(err);
}

int main(void)
{
    static const rivals all[] = {
        {"dynamic pool, initial block", core_initial, front_initial},
        {"dynamic pool, one grown of 1000", core_grown, front_grown},
        {"static pool", core_static, front_static},
    };
    set_up();
    printf("one thread, %d-bit words, checks level %d; a get and a put by Micrium's calls\n", LFM_WORD_BITS,
           LFM_CHECKS);
    compare(all, sizeof all / sizeof *all, PAIRS);
    return 0;
}
