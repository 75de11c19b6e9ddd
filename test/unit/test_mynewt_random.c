/* SPDX-License-Identifier: MIT */
/* A million random calls, good and bad, of one pool against a model of it: a stack of free blocks. */
#include "mynewt.h"

enum {
    BLOCKS = 300,
    SIZE = 24,
    CALLS = LFM_VALGRIND ? 100000 : 1000000
};

static struct os_mempool mp;

static struct {
    unsigned stack[BLOCKS]; /* free blocks, the next one last */
    bool taken[BLOCKS];
    unsigned free, low;
} model;

static void clear_model(void)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        model.stack[i] = BLOCKS - 1 - i;
        model.taken[i] = false;
    }
    model.free = model.low = BLOCKS;
}

static void get(rng *random)
{
    uint32_t *const block = os_memblock_get(&mp);
    if (model.free == 0) {
        MUST(block == NULL, "a block from an empty pool");
        return;
    }
    const unsigned i = model.stack[--model.free];
    MUST((unsigned char *)block == mynewt_block(&mp, i), "%p instead of block %u", (void *)block, i);
    model.low = model.free < model.low ? model.free : model.low;
    model.taken[i] = true;
    *block = (uint32_t)rng_next(random); /* the chain is not read again */
}

/* A pointer at or near a block: one in two is the start of one. */
static void put(rng *random)
{
    const unsigned i = rng_below(random, BLOCKS + 2) - 1; /* one block too low, and too high */
    const size_t off = rng_below(random, 2) == 0 ? 0 : rng_below(random, (uint32_t)mynewt_stride(SIZE));
    unsigned char *const block = mynewt_buffer + (ptrdiff_t)mynewt_stride(SIZE) * (int)i + off;
    const bool good = i < BLOCKS && off == 0 && model.taken[i];
    if (!good && LFM_CHECKS == 0) {
        return;
    }
    const os_error_t status = os_memblock_put(&mp, block);
    MUST(status == (good ? OS_OK : OS_INVALID_PARM), "block %d, byte %zu: %d", (int)i, off, status);
    if (good) {
        model.taken[i] = false;
        model.stack[model.free++] = i;
    }
}

Test(mynewt_random, a_million_calls, .timeout = 300)
{
    rng random = support_seed("mynewt_random");
    mynewt_init(&mp, BLOCKS, SIZE, "random");
    clear_model();
    for (unsigned call = 0; call < CALLS; call++) {
        const bool getting = call / 2000 % 2 == 0; /* full and empty in turns */
        if (rng_below(&random, 100000) == 0) {
            MUST(os_mempool_clear(&mp) == OS_OK, "clear");
            clear_model();
        } else if (rng_below(&random, 8) < (getting ? 5u : 2u)) {
            get(&random);
        } else {
            put(&random);
        }
        MUST(mp.mp_num_free == model.free && mp.mp_min_free == model.low, "%u and %u free instead of %u and %u",
             mp.mp_num_free, mp.mp_min_free, model.free, model.low);
    }
    mynewt_check_counts(&mp, model.free, model.low);
    for (unsigned i = 0; i < BLOCKS; i++) {
        MUST(!model.taken[i] || os_memblock_put(&mp, mynewt_block(&mp, i)) == OS_OK, "block %u", i);
    }
    mynewt_check_counts(&mp, BLOCKS, model.low);
    mynewt_check_edges(BLOCKS, SIZE);
}
