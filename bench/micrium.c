/* SPDX-License-Identifier: MIT */
/* What the front-end of Micrium uC/LIB adds to lfmem's own calls: a get and a put in one thread, of a dynamic pool's
 * initial block, of one that was created later, and of a static pool. The two take turns in one process; medians and
 * quartiles of the ratio in each turn. */
#include <lib_mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    ROUNDS = 301,
    PAIRS = 10000,
    BLOCK = 64,
    GROWN = 1000,
    RAM = (GROWN + 64) * BLOCK,
    KINDS = 3
};

static _Alignas(BLOCK) CPU_INT08U ram[RAM], static_ram[64 * BLOCK];
static MEM_SEG seg;
static MEM_DYN_POOL initial, grown;
static MEM_POOL fixed;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void touch(void *block, int i)
{
    *(volatile int *)block = i;
}

static void core_dynpool(lfm_dynpool *pool)
{
    for (int i = 0; i < PAIRS; i++) {
        void *block = lfm_dynpool_get(pool);
        touch(block, i);
        lfm_dynpool_put(pool, block);
    }
}

static void front_dynpool(MEM_DYN_POOL *pool)
{
    for (int i = 0; i < PAIRS; i++) {
        LIB_ERR err;
        void *block = Mem_DynPoolBlkGet(pool, &err);
        touch(block, i);
        Mem_DynPoolBlkFree(pool, block, &err);
    }
}

static void core_initial(void)
{
    core_dynpool(&initial.Pool);
}

static void front_initial(void)
{
    front_dynpool(&initial);
}

static void core_grown(void)
{
    core_dynpool(&grown.Pool);
}

static void front_grown(void)
{
    front_dynpool(&grown);
}

static void core_static(void)
{
    for (int i = 0; i < PAIRS; i++) {
        void *block = lfm_pool_get(&fixed.Pool);
        touch(block, i);
        lfm_pool_put(&fixed.Pool, block);
    }
}

static void front_static(void)
{
    for (int i = 0; i < PAIRS; i++) {
        LIB_ERR err;
        void *block = Mem_PoolBlkGet(&fixed, BLOCK, &err);
        touch(block, i);
        Mem_PoolBlkFree(&fixed, block, &err);
    }
}

static const struct {
    const char *name;
    void (*core)(void);
    void (*front)(void);
} contestants[KINDS] = {
    {"dynamic pool, initial block", core_initial, front_initial},
    {"dynamic pool, one grown of 1000", core_grown, front_grown},
    {"static pool", core_static, front_static},
};

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

static double measure(void (*run)(void))
{
    const double began = now();
    run();
    return (now() - began) / PAIRS;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    static double ratios[KINDS][ROUNDS], core[KINDS][ROUNDS];
    set_up();
    for (int round = 0; round < ROUNDS; round++) {
        for (int k = 0; k < KINDS; k++) {
            const double before = measure(contestants[k].core), front = measure(contestants[k].front);
            const double after = measure(contestants[k].core);
            core[k][round] = (before + after) / 2;
            ratios[k][round] = front / core[k][round];
        }
    }
    printf("one thread, %d-bit words, checks level %d; a get and a put by Micrium's calls, as ratio to lfmem's own\n",
           LFM_WORD_BITS, LFM_CHECKS);
    for (int k = 0; k < KINDS; k++) {
        qsort(ratios[k], ROUNDS, sizeof ratios[k][0], ascending);
        qsort(core[k], ROUNDS, sizeof core[k][0], ascending);
        printf("%-32s %5.3f   quartiles %.3f ... %.3f   (lfmem: %.1f ns)\n", contestants[k].name, ratios[k][ROUNDS / 2],
               ratios[k][ROUNDS / 4], ratios[k][ROUNDS * 3 / 4], core[k][ROUNDS / 2]);
    }
    return 0;
}
