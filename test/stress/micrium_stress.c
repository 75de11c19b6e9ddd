/* SPDX-License-Identifier: MIT */
/* Threads that take and free blocks by the calls of Micrium uC/LIB: of a dynamic pool of hardware blocks that the
 * segment limits, of one that its maximum limits, and of a static pool, in turn. A thread holds up to -h blocks of
 * each; while threads * held <= blocks (-b), no get may fail. Owners write and verify whole blocks. */
#include "rng.h"
#include "stress.h"
#include <lib_mem.h>
#include <stdlib.h>
#include <string.h>

enum {
    KINDS = 3
};

typedef struct run {
    stress_options options;
    bool must; /* as many blocks as can be held */
    MEM_DYN_POOL dyn[KINDS - 1];
    MEM_POOL fixed;
    MEM_SEG segs[KINDS - 1];
    CPU_INT08U *memory[KINDS];
    size_t bytes; /* of each */
} run;

static void *get(run *r, uint32_t kind, LIB_ERR *err)
{
    return kind == KINDS - 1 ? Mem_PoolBlkGet(&r->fixed, STRESS_BLOCK_BYTES, err)
                             : Mem_DynPoolBlkGet(&r->dyn[kind], err);
}

static LIB_ERR put(run *r, uint32_t kind, void *block)
{
    LIB_ERR err;
    if (kind == KINDS - 1) {
        Mem_PoolBlkFree(&r->fixed, block, &err);
    } else {
        Mem_DynPoolBlkFree(&r->dyn[kind], block, &err);
    }
    return err;
}

static void release(run *r, uint32_t kind, void *block)
{
    stress_verify(block);
    const LIB_ERR err = put(r, kind, block);
    MUST(err == LIB_MEM_ERR_NONE, "kind %u: free says %d", kind, (int)err);
}

static void work(void *arg, uint32_t thread)
{
    run *const r = arg;
    void *held[KINDS][STRESS_MAX_HELD];
    uint32_t n[KINDS] = {0};
    rng random = {r->options.seed + thread * UINT64_C(0xd1342543de82ef95)};
    for (uint64_t op = 0; op < r->options.ops; op++) {
        const uint32_t kind = rng_below(&random, KINDS);
        if (n[kind] < r->options.held && rng_below(&random, 2) == 0) {
            LIB_ERR err;
            void *const block = get(r, kind, &err);
            const LIB_ERR full = kind == 0 ? LIB_MEM_ERR_SEG_OVF : LIB_MEM_ERR_POOL_EMPTY;
            MUST(block != NULL || (!r->must && err == full), "kind %u: get says %d", kind, (int)err);
            if (block != NULL) {
                stress_fill(block, stress_stamp(thread, op));
                held[kind][n[kind]++] = block;
            }
        } else if (n[kind] > 0) {
            const uint32_t which = rng_below(&random, n[kind]);
            release(r, kind, held[kind][which]);
            held[kind][which] = held[kind][--n[kind]];
        }
    }
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        while (n[kind] > 0) {
            release(r, kind, held[kind][--n[kind]]);
        }
    }
}

static void make(run *r)
{
    LIB_ERR err;
    const size_t blocks = r->options.blocks;
    Mem_Init();
    for (size_t i = 0; i < KINDS - 1; i++) {
        Mem_SegCreate("memory", &r->segs[i], (CPU_ADDR)r->memory[i], r->bytes, STRESS_BLOCK_BYTES, &err);
        MUST(err == LIB_MEM_ERR_NONE, "segment: %d", (int)err);
    }
    Mem_DynPoolCreateHW("hardware", &r->dyn[0], &r->segs[0], STRESS_BLOCK_BYTES - 4, 8, blocks / 4,
                        LIB_MEM_BLK_QTY_UNLIMITED, &err);
    MUST(err == LIB_MEM_ERR_NONE, "dynamic pool: %d", (int)err);
    Mem_DynPoolCreate("limited", &r->dyn[1], &r->segs[1], STRESS_BLOCK_BYTES, 8, 0, blocks, &err);
    MUST(err == LIB_MEM_ERR_NONE, "dynamic pool: %d", (int)err);
    Mem_PoolCreate(&r->fixed, r->memory[KINDS - 1], r->bytes, blocks, STRESS_BLOCK_BYTES, 8, NULL, &err);
    MUST(err == LIB_MEM_ERR_NONE, "static pool: %d", (int)err);
}

/* At rest: each block can be had once, and no more of them. */
static void account(run *r)
{
    static bool seen[1 << 16];
    MUST(lfm_dynpool_check(&r->dyn[0].Pool) == LFM_OK && lfm_dynpool_check(&r->dyn[1].Pool) == LFM_OK &&
             lfm_pool_check(&r->fixed.Pool) == LFM_OK,
         "damaged");
    for (uint32_t kind = 0; kind < KINDS; kind++) {
        LIB_ERR err;
        uint32_t n = 0;
        memset(seen, 0, sizeof seen);
        for (CPU_INT08U *block; (block = get(r, kind, &err)) != NULL; n++) {
            const size_t at = (size_t)(block - r->memory[kind]);
            MUST(at % STRESS_BLOCK_BYTES == 0 && at < r->bytes && !seen[at / STRESS_BLOCK_BYTES],
                 "kind %u: a block at %zu", kind, at);
            seen[at / STRESS_BLOCK_BYTES] = true;
        }
        MUST(n == r->options.blocks, "kind %u: %u blocks", kind, n);
    }
}

int main(int argc, char **argv)
{
    static run r = {.options = {.threads = 4, .ops = 100000, .blocks = 64, .held = 16, .shards = 1, .many = 1}};
    double seconds = 0;
    stress_parse(argc, argv, &r.options);
    r.must = r.options.threads * r.options.held <= r.options.blocks;
    r.bytes = (size_t)r.options.blocks * STRESS_BLOCK_BYTES;
    NEED(r.options.blocks <= 500, "the heap has links for so many blocks");
    for (size_t i = 0; i < KINDS; i++) {
        r.memory[i] = aligned_alloc(STRESS_BLOCK_BYTES, r.bytes);
        NEED(r.memory[i] != NULL, "no memory");
    }
    for (uint32_t round = 0; round < r.options.rounds; round++, r.options.seed++) {
        make(&r);
        seconds += stress_run(&r.options, work, &r);
        account(&r);
    }
    stress_report(r.options.ops * r.options.threads * r.options.rounds, 0, seconds);
    return 0;
}
