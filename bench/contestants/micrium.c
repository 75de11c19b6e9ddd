/* SPDX-License-Identifier: MIT */
/* Pools of Micrium uC/LIB: a static one, a dynamic one that was made with all of its blocks, and one that has grown.
 * They are small, since their links lie in a heap of -Dmicrium_heap_size bytes.
 *
 * A front-end adds instructions to lfmem's calls, and no shared word. So its contestants run in one thread. */
#include "../loops.h"
#include "adapter.h"
#include <lib_mem.h>

enum {
    BLOCKS = 512
};

static _Alignas(BLOCK_BYTES) CPU_INT08U memory[3][BLOCKS * BLOCK_BYTES];
static MEM_POOL fixed;
static MEM_SEG initial_segment, grown_segment;
static MEM_DYN_POOL initial, grown;

static const char *why(LIB_ERR err)
{
    return err == LIB_MEM_ERR_NONE ? NULL : "-Dmicrium_heap_size is too small";
}

static const char *fixed_open(void)
{
    LIB_ERR err;
    Mem_PoolCreate(&fixed, memory[0], sizeof memory[0], BLOCKS, BLOCK_BYTES, BLOCK_BYTES, NULL, &err);
    return why(err);
}

static inline void *fixed_get(worker *w)
{
    (void)w;
    LIB_ERR err;
    return Mem_PoolBlkGet(&fixed, BLOCK_BYTES, &err);
}

static inline void fixed_put(worker *w, void *block)
{
    (void)w;
    LIB_ERR err;
    Mem_PoolBlkFree(&fixed, block, &err);
}

POOL_LOOPS(fixed)

extern const contestant contestant_lfmem_pool, contestant_lfmem_dynpool, contestant_lfmem_grown;

const contestant contestant_micrium_fixed = {.name = "Micrium static pool",
                                             .kind = FRONT_END,
                                             .most_threads = 1,
                                             .open = fixed_open,
                                             .loops = {[PING_PONG] = fixed_ping_pong, [BURST_32] = fixed_burst},
                                             .core = &contestant_lfmem_pool};

/* A dynamic pool that is made with so many blocks, on a segment of its own. */
static LIB_ERR create(MEM_DYN_POOL *pool, MEM_SEG *segment, CPU_INT08U *bytes, CPU_SIZE_T blocks)
{
    LIB_ERR err;
    Mem_SegCreate(NULL, segment, (CPU_ADDR)bytes, sizeof memory[0], 1, &err);
    if (err == LIB_MEM_ERR_NONE) {
        Mem_DynPoolCreate(NULL, pool, segment, BLOCK_BYTES, BLOCK_BYTES, blocks, LIB_MEM_BLK_QTY_UNLIMITED, &err);
    }
    return err;
}

static const char *initial_open(void)
{
    return why(create(&initial, &initial_segment, memory[1], BLOCKS));
}

static inline void *initial_get(worker *w)
{
    (void)w;
    LIB_ERR err;
    return Mem_DynPoolBlkGet(&initial, &err);
}

static inline void initial_put(worker *w, void *block)
{
    (void)w;
    LIB_ERR err;
    Mem_DynPoolBlkFree(&initial, block, &err);
}

POOL_LOOPS(initial)

const contestant contestant_micrium_initial = {.name = "Micrium dynamic pool",
                                               .kind = FRONT_END,
                                               .most_threads = 1,
                                               .open = initial_open,
                                               .loops = {[PING_PONG] = initial_ping_pong, [BURST_32] = initial_burst},
                                               .core = &contestant_lfmem_dynpool};

static inline void *grown_get(worker *w)
{
    (void)w;
    LIB_ERR err;
    return Mem_DynPoolBlkGet(&grown, &err);
}

static inline void grown_put(worker *w, void *block)
{
    (void)w;
    LIB_ERR err;
    Mem_DynPoolBlkFree(&grown, block, &err);
}

/* A get creates each block, and all are put back. */
static const char *grown_open(void)
{
    static void *blocks[BLOCKS];
    LIB_ERR err = create(&grown, &grown_segment, memory[2], 0);
    size_t n = 0;
    while (err == LIB_MEM_ERR_NONE && n < BLOCKS) {
        blocks[n++] = Mem_DynPoolBlkGet(&grown, &err);
    }
    for (size_t i = n; i-- > 0;) {
        grown_put(NULL, blocks[i]);
    }
    return why(err);
}

POOL_LOOPS(grown)

const contestant contestant_micrium_grown = {.name = "Micrium dynamic pool, grown",
                                             .kind = FRONT_END,
                                             .most_threads = 1,
                                             .open = grown_open,
                                             .loops = {[PING_PONG] = grown_ping_pong, [BURST_32] = grown_burst},
                                             .core = &contestant_lfmem_grown};
