/* SPDX-License-Identifier: MIT */
/* Threads take and put blocks of a Mynewt pool at random, write and verify whole blocks, pass some on to others through
 * slots, and now and then put what is none, or make a pool of their own anew, walk the list of pools, and take theirs
 * off. A thread's own pools lie at several addresses, of which one is listed at a time, so places in the list go from
 * hand to hand, and links are taken, found again and given back. The last thread only walks. At the end every block is
 * there, and the counts that users read are exact after one more call. */
#include "rng.h"
#include "stress.h"
#include <inttypes.h>
#include <os/mynewt.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    HELD_MAX = 16,
    OTHERS = 8,     /* threads with pools of their own */
    ADDRESSES = 16, /* of each of them */
    NAMES = 4096    /* likewise; after so many it begins again */
};

typedef struct run {
    stress_options options;
    struct os_mempool_ext mpe;
    struct os_mempool others[OTHERS][ADDRESSES];
    uint32_t named[OTHERS];
    struct os_mempool *listed[OTHERS]; /* each thread's own */
    char names[OTHERS][NAMES][8];      /* of each thread; each is written before a pool has it, and read by all */
    os_membuf_t buffers[OTHERS][OS_MEMPOOL_SIZE(2, 8)];
    _Atomic(void *) slots[STRESS_MAX_THREADS]; /* blocks on their way to whoever takes them */
    _Atomic(uint64_t) puts, calls;             /* blocks given back; calls of the callback */
} run;

/* Only the block's owner is told, before anybody else can have it. */
static os_error_t on_put(struct os_mempool_ext *ome, void *data, void *arg)
{
    run *const r = arg;
    atomic_fetch_add_explicit(&r->calls, 1, memory_order_relaxed);
    stress_verify(data);
    return os_memblock_put_from_cb(&ome->mpe_mp, data);
}

static void put(run *r, void *block)
{
    const os_error_t status = os_memblock_put(&r->mpe.mpe_mp, block);
    MUST(status == OS_OK, "put: %d", status);
    atomic_fetch_add_explicit(&r->puts, 1, memory_order_relaxed);
}

static void put_bad(run *r, unsigned char *held)
{
    struct os_mempool *const mp = &r->mpe.mpe_mp;
    if (LFM_CHECKS >= 1) {
        MUST(os_memblock_put(mp, r) == OS_INVALID_PARM, "a foreign pointer");
        MUST(held == NULL || os_memblock_put(mp, held + 8) == OS_INVALID_PARM, "an interior one");
        MUST(held == NULL || os_memblock_put_from_cb(mp, held + 1) == OS_INVALID_PARM, "an odd one");
    }
}

/* Enters a pool of one's own, at an address after another. The last one is gone before, with its links or without. */
static struct os_mempool *enter(run *r, uint32_t number, uint32_t address, uint16_t blocks)
{
    struct os_mempool *const last = r->listed[number], *const mine = &r->others[number][address];
    if (last != NULL && last != mine) {
        MUST(os_mempool_unregister(last) == OS_OK, "it was listed");
        if (address % 4 != 0) {
            lfm_mynewt_fini(last);
        }
    }
    char *const name = r->names[number][r->named[number]++ % NAMES];
    if (name[0] == 0) {
        name[0] = (char)('0' + number);
        name[1] = (char)('a' + r->named[number] % 26);
    }
    MUST(os_mempool_init(mine, blocks, 8, r->buffers[number], name) == OS_OK, "init");
    MUST(os_memblock_get(mine) == r->buffers[number], "the first block");
    return r->listed[number] = mine;
}

/* Looks at what is told of a pool in the list. */
static void check_name(const run *r, const struct os_mempool *mp, const char *name)
{
    const bool right = mp == &r->mpe.mpe_mp ? strcmp(name, "stressed") == 0
                                            : name[0] == '0' + (mp - r->others[0]) / ADDRESSES && name[1] != 0;
    MUST(right, "whose is %s", name);
}

/* Changes the list, and finds in it what must be in it. Pools on which a step of the walk stands may move, and it with
 * them, so it may leave some out; a search by name does not. */
static void walk(run *r, uint32_t number, uint32_t address, bool leaves)
{
    struct os_mempool *const mine = enter(r, number, address, (uint16_t)(1 + leaves));
    struct os_mempool_info info;
    uint32_t main_pools = 0, own_pools = 0;
    for (struct os_mempool *mp = NULL; (mp = os_mempool_info_get_next(mp, &info)) != NULL;) {
        main_pools += mp == &r->mpe.mpe_mp;
        own_pools += mp == mine;
        check_name(r, mp, info.omi_name);
    }
    MUST(main_pools <= 1 && own_pools <= 1, "met %" PRIu32 " and %" PRIu32 " times", main_pools, own_pools);
    MUST(os_mempool_get("stressed", &info) == &r->mpe.mpe_mp, "it has been listed all the while");
    MUST(os_mempool_get(mine->name, &info) == mine && info.omi_num_blocks == 1 + leaves, "so has this one");
    if (leaves) {
        MUST(os_mempool_unregister(mine) == OS_OK, "it was listed");
        MUST(os_mempool_get(mine->name, &info) == NULL, "and is no more");
        if (address % 4 != 0) {
            lfm_mynewt_fini(mine);
        }
        r->listed[number] = NULL;
    }
}

/* Only walks: what it knows of the pools that it meets, it knows from the list. */
static void watch(run *r)
{
    for (uint64_t walks = r->options.ops; walks > 0; walks--) {
        struct os_mempool_info info;
        for (struct os_mempool *mp = NULL; (mp = os_mempool_info_get_next(mp, &info)) != NULL;) {
            check_name(r, mp, info.omi_name);
        }
    }
}

static void work(void *arg, uint32_t number)
{
    run *const r = arg;
    rng random = {r->options.seed + number * UINT64_C(0xd1342543de82ef95)};
    unsigned char *held[HELD_MAX];
    uint64_t stamps[HELD_MAX], stamp = 0;
    uint32_t n = 0;
    if (number != 0 && number == r->options.threads - 1) {
        watch(r);
        return;
    }
    for (uint64_t op = 0; op < r->options.ops; op++) {
        const uint32_t kind = rng_below(&random, 16);
        if (kind < 8 && n < r->options.held && n < HELD_MAX) {
            unsigned char *const block = os_memblock_get(&r->mpe.mpe_mp);
            if (block != NULL) {
                held[n] = block;
                stamps[n] = stress_stamp(number, stamp++);
                stress_fill(block, stamps[n++]);
            }
        } else if (kind < 15 && n > 0) {
            const uint32_t i = rng_below(&random, n);
            MUST(stress_verify(held[i]) == stamps[i], "a block in hand was written by another");
            unsigned char *block = held[i];
            n--;
            held[i] = held[n];
            stamps[i] = stamps[n];
            if (kind < 10) { /* passes it on, and puts what was on its way there */
                block = atomic_exchange_explicit(&r->slots[rng_below(&random, r->options.threads)], block,
                                                 memory_order_acq_rel);
            }
            if (block != NULL) {
                put(r, block);
            }
        } else if (rng_below(&random, 2) == 0) {
            put_bad(r, n > 0 ? held[0] : NULL);
        } else if (number < OTHERS) {
            walk(r, number, rng_below(&random, ADDRESSES), rng_below(&random, 2) == 0);
        }
    }
    while (n > 0) {
        put(r, held[--n]);
    }
}

/* All blocks can be had, each once, and put again. */
static void account(run *r)
{
    struct os_mempool *const mp = &r->mpe.mpe_mp;
    const uint32_t blocks = r->options.blocks;
    void **all = calloc(blocks, sizeof *all);
    MUST(all != NULL, "no memory");
    for (uint32_t i = 0; i < blocks; i++) {
        all[i] = os_memblock_get(mp);
        MUST(all[i] != NULL, "%" PRIu32 " blocks of %" PRIu32, i, blocks);
        MUST(mp->mp_num_free == blocks - 1 - i, "mp_num_free is %u", mp->mp_num_free);
        stress_fill(all[i], i);
    }
    MUST(os_memblock_get(mp) == NULL, "one too many");
    for (uint32_t i = 0; i < blocks; i++) {
        MUST(stress_verify(all[i]) == i, "handed out twice");
        MUST(os_memblock_put(mp, all[i]) == OS_OK && mp->mp_num_free == i + 1, "mp_num_free is %u", mp->mp_num_free);
    }
    MUST(mp->mp_min_free == 0 && os_mempool_is_sane(mp), "sane");
    free(all);
}

int main(int argc, char **argv)
{
    static run r = {.options = {.threads = 4, .ops = 200000, .blocks = 64, .held = 12}};
    stress_parse(argc, argv, &r.options);
    os_membuf_t *const buffer =
        aligned_alloc(64, OS_MEMPOOL_BYTES(r.options.blocks, STRESS_BLOCK_BYTES) / 64 * 64 + 64);
    MUST(buffer != NULL &&
             os_mempool_ext_init(&r.mpe, (uint16_t)r.options.blocks, STRESS_BLOCK_BYTES, buffer, "stressed") == OS_OK,
         "no pool");
    r.mpe.mpe_put_cb = on_put;
    r.mpe.mpe_put_arg = &r;
    const double seconds = stress_run(&r.options, work, &r);
    for (uint32_t i = 0; i < STRESS_MAX_THREADS; i++) {
        void *const block = atomic_load_explicit(&r.slots[i], memory_order_relaxed);
        if (block != NULL) {
            put(&r, block);
        }
    }
    MUST(atomic_load(&r.calls) == atomic_load(&r.puts), "calls of the callback");
    account(&r);
    stress_report(r.options.ops * r.options.threads, 0, seconds);
    free(buffer);
    return 0;
}
