/* SPDX-License-Identifier: MIT */
/* A million random calls of Zephyr's front-end against a model: which units of the heap memory pool are taken, and what
 * was written into each block. An allocation fails exactly if there is no place in the model. Every eighth call is a
 * wrong one: a block that is free already, an address inside a block, one that is nobody's. Valgrind gets fewer. */
#include "support.h"
#include <kernel.h>

enum {
    MIN = CONFIG_HEAP_MEM_POOL_MIN_SIZE,
    UNITS = CONFIG_HEAP_MEM_POOL_SIZE / MIN,
    CALLS = LFM_VALGRIND ? 50000 : 1000000
};

typedef struct held {
    unsigned char *block;
    size_t bytes, units;
    unsigned char stamp;
} held;

static struct {
    unsigned char *base;
    uint16_t owner[UNITS]; /* index into held, plus one; 0: free */
    held held[UNITS];
    size_t n, used;
    rng random;
} world;

static size_t units_of(size_t bytes)
{
    size_t units = 1;
    while (units * MIN < bytes) {
        units *= 4;
    }
    return units;
}

static bool has_place(size_t units)
{
    for (size_t at = 0; at + units <= UNITS; at += units) {
        size_t k = 0;
        while (k < units && world.owner[at + k] == 0) {
            k++;
        }
        if (k == units) {
            return true;
        }
    }
    return false;
}

static void own(size_t i, uint16_t owner)
{
    const held *const h = &world.held[i];
    const size_t at = (size_t)(h->block - world.base) / MIN;
    MUST(at + h->units <= UNITS && at % h->units == 0, "a block of %zu units at %zu", h->units, at);
    for (size_t k = at; k < at + h->units; k++) {
        MUST(owner == 0 || world.owner[k] == 0, "unit %zu is somebody's", k);
        world.owner[k] = owner;
    }
    world.used += owner != 0 ? h->units : 0 - h->units;
}

static void fill(held *h)
{
    h->stamp = (unsigned char)rng_next(&world.random);
    memset(h->block, h->stamp, h->bytes);
}

static void verify(const held *h, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        MUST(h->block[i] == h->stamp, "byte %zu of %zu", i, h->bytes);
    }
}

static size_t random_bytes(void)
{
    const uint32_t most = (uint32_t)MIN << 2 * rng_below(&world.random, 5);
    return rng_below(&world.random, 50) == 0 ? SIZE_MAX - rng_below(&world.random, 200)
                                             : rng_below(&world.random, most + most / 8);
}

static void random_alloc(void)
{
    const size_t bytes = random_bytes();
    const bool possible = bytes <= CONFIG_HEAP_MEM_POOL_SIZE && has_place(units_of(bytes));
    const bool zero = rng_below(&world.random, 4) == 0;
    unsigned char *const block = zero ? k_calloc(1, bytes) : k_malloc(bytes);
    MUST((block != NULL) == possible, "%zu bytes", bytes);
    if (block != NULL) {
        held *const h = &world.held[world.n++];
        *h = (held){block, bytes, units_of(bytes), 0};
        if (zero) {
            verify(h, bytes);
        }
        own(world.n - 1, (uint16_t)world.n);
        fill(h);
    }
}

static void random_free(void)
{
    const size_t i = rng_below(&world.random, (uint32_t)world.n);
    verify(&world.held[i], world.held[i].bytes);
    own(i, 0);
    MUST(lfm_zephyr_free(world.held[i].block) == LFM_OK, "block %zu", i);
    if (i != --world.n) {
        held *const h = &world.held[i];
        *h = world.held[world.n];
        for (size_t k = 0; k < h->units; k++) {
            world.owner[(size_t)(h->block - world.base) / MIN + k] = (uint16_t)(i + 1);
        }
    }
}

static void random_realloc(void)
{
    const size_t i = rng_below(&world.random, (uint32_t)world.n), bytes = random_bytes();
    held *const h = &world.held[i];
    const size_t kept = bytes < h->bytes ? bytes : h->bytes;
    if (bytes == 0) {
        return;
    }
    unsigned char *const block = k_realloc(h->block, bytes);
    if (block == NULL) {
        MUST(bytes > CONFIG_HEAP_MEM_POOL_SIZE || !has_place(units_of(bytes)), "%zu to %zu bytes", h->bytes, bytes);
        verify(h, h->bytes);
        return;
    }
    own(i, 0);
    /* a block that shrinks keeps whole units of the size that it was counted in */
    const size_t usable = lfm_heap_usable_size(lfm_zephyr_heap(), block);
    MUST(usable >= bytes && usable % MIN == 0, "%zu bytes have %zu", bytes, usable);
    *h = (held){block, bytes, usable / MIN, h->stamp};
    own(i, (uint16_t)(i + 1));
    verify(h, kept);
    fill(h);
}

static void random_bad_free(void)
{
    const size_t at = rng_below(&world.random, UNITS),
                 step = rng_below(&world.random, 2) * (1 + rng_below(&world.random, MIN - 1));
    const bool starts = world.owner[at] != 0 && (at == 0 || world.owner[at - 1] != world.owner[at]);
    if (rng_below(&world.random, 8) == 0) {
        unsigned char *const outside =
            rng_below(&world.random, 2) == 0 ? (unsigned char *)&world : world.base + CONFIG_HEAP_MEM_POOL_SIZE + at;
        MUST(lfm_zephyr_free(outside) == LFM_EFOREIGN, "nobody's");
    } else if (!starts || step != 0) {
        const lfm_status wanted = world.owner[at] != 0 || step != 0 ? LFM_EINTERIOR : LFM_EDOUBLEFREE;
        const lfm_status status = lfm_zephyr_free(world.base + at * MIN + step);
        MUST(status == wanted, "unit %zu, byte %zu: %s", at, step, lfm_status_string(status));
        k_free(world.base + at * MIN + step);
        MUST(k_realloc(world.base + at * MIN + step, 1) == NULL, "no block");
    }
}

static void check(void)
{
    lfm_heap_stats_t stats;
    lfm_heap_stats(lfm_zephyr_heap(), &stats);
    MUST(stats.used == world.used * MIN && stats.blocks == world.n, "%zu bytes in %zu blocks, should be %zu in %zu",
         stats.used, stats.blocks, world.used * MIN, world.n);
    MUST(lfm_heap_check(lfm_zephyr_heap()) == LFM_OK, "damaged");
}

Test(zephyr_random, a_million_calls)
{
    world.random = support_seed("zephyr_random");
    world.base = k_malloc(CONFIG_HEAP_MEM_POOL_SIZE);
    k_free(world.base);
    uint32_t eagerness = 8;
    for (size_t i = 0; i < CALLS; i++) {
        const uint32_t what = rng_below(&world.random, 16);
        eagerness = rng_below(&world.random, 200) == 0 ? 5 + rng_below(&world.random, 8) : eagerness;
        if (what < 2) {
            random_bad_free();
        } else if (what == 2 && world.n > 0) {
            random_realloc();
        } else if (what < eagerness) {
            random_alloc();
        } else if (world.n > 0) {
            random_free();
        }
        if (i % 256 == 0) {
            check();
        }
    }
    while (world.n > 0) {
        random_free();
    }
    check();
    MUST(k_malloc(CONFIG_HEAP_MEM_POOL_SIZE) == world.base, "the heap is not whole again");
}
