/* SPDX-License-Identifier: MIT */
/* What LFM_MYNEWT_METADATA_BYTES tells of some pools adds up to an area that has room for all of them, in any order and
 * at any times. With the library's source, whose area is exactly that sum. */
#include "mynewt.h"
#include <pthread.h>

/* The pools of the order that is tried in full. */
#define METADATA_SUM                                                                                         \
    (3 * LFM_MYNEWT_METADATA_BYTES(4) + LFM_MYNEWT_METADATA_BYTES(8192) + LFM_MYNEWT_METADATA_BYTES(20480) + \
     LFM_MYNEWT_METADATA_BYTES(1024))
#define LFM_MYNEWT_METADATA METADATA_SUM
#define LFM_MYNEWT_POOLS    64
#define LFM_MYNEWT_TRAPS    0
#include "../../lib/compat/mynewt.c"

enum {
    SIX = 6,
    THREADS = 4,
    THREAD_POOLS = LFM_MYNEWT_POOLS / THREADS
};

static const uint16_t six[SIX] = {4, 8192, 20480, 4, 1024, 4};
static struct os_mempool pools[LFM_MYNEWT_POOLS + 1];
static uint16_t blocks_of[LFM_MYNEWT_POOLS];
static size_t pool_count;

/* As the area is when the program starts, or with all of it given back. */
static void empty_area(bool unused)
{
    for (size_t i = 0; i < LENGTH(pools); i++) {
        lfm_mynewt_fini(&pools[i]);
    }
    for (size_t i = 0; i < LFM_MYNEWT_UNITS && unused; i++) {
        lfm_mynewt_owner[i] = 0;
    }
    if (unused) {
        lfm_mynewt_area.top = 0;
    }
}

/* The buffer of a pool lies behind those of the pools before it. */
static unsigned char *buffer_of(size_t pool)
{
    unsigned char *buffer = mynewt_buffer;
    for (size_t i = 0; i < pool; i++) {
        buffer += OS_MEMPOOL_BYTES((size_t)blocks_of[i], 1);
    }
    MUST(buffer + OS_MEMPOOL_BYTES((size_t)blocks_of[pool], 1) <= mynewt_buffer + MYNEWT_BYTES, "the test's buffer");
    return buffer;
}

static void make(size_t pool)
{
    const os_error_t status = os_mempool_init(&pools[pool], blocks_of[pool], 1, buffer_of(pool), "");
    MUST(status == OS_OK, "pool %zu of %u blocks: %d", pool, blocks_of[pool], status);
}

/* No pool has the links of another one: each hands out all of its blocks, and they come back. */
static void use_all(void)
{
    for (size_t i = 0; i < pool_count; i++) {
        for (size_t k = 0; k < blocks_of[i]; k++) {
            MUST(os_memblock_get(&pools[i]) != NULL, "pool %zu, block %zu", i, k);
        }
    }
    for (size_t i = 0; i < pool_count; i++) {
        MUST(os_memblock_get(&pools[i]) == NULL, "pool %zu", i);
        for (size_t k = blocks_of[i]; k-- > 0;) {
            MUST(os_memblock_put(&pools[i], buffer_of(i) + k * mynewt_stride(1)) == OS_OK, "pool %zu, %zu", i, k);
        }
        MUST(os_mempool_is_sane(&pools[i]), "pool %zu", i);
    }
}

/* Each pool's links are as long as is said, and its own. */
static void check_links(void)
{
    for (size_t i = 0; i < pool_count; i++) {
        const uint32_t first = lfm_area_find(&lfm_mynewt_area, &pools[i]);
        const size_t units = lfm_area_length(&lfm_mynewt_area, first, &pools[i]);
        MUST(units * LFM_MYNEWT_UNIT_ == LFM_MYNEWT_METADATA_BYTES(blocks_of[i]), "pool %zu has %zu units", i, units);
    }
}

/* The area is full to the last unit, and a pool that finds no room has changed nothing. */
static void check_full(void)
{
    struct os_mempool *const more = &pools[LFM_MYNEWT_POOLS];
    MUST(os_mempool_init(more, 1, 1, mynewt_buffer, "") == OS_ENOMEM, "a block more");
    MUST(os_mempool_init(more, 0, 1, NULL, "") == (pool_count < LFM_MYNEWT_POOLS ? OS_OK : OS_ENOMEM), "none more");
}

static void each_order(size_t done, uint32_t made, uint32_t *orders, bool unused)
{
    static size_t order[SIX];
    for (size_t i = 0; i < SIX && done < SIX; i++) {
        if ((made >> i & 1) == 0) {
            order[done] = i;
            each_order(done + 1, made | UINT32_C(1) << i, orders, unused);
        }
    }
    if (done < SIX) {
        return;
    }
    for (size_t i = 0; i < SIX; i++) {
        make(order[i]);
    }
    check_links();
    if (*orders % 60 == 0) {
        use_all();
    }
    check_full();
    empty_area(unused);
    ++*orders;
}

static void every_order(bool unused)
{
    uint32_t orders = 0;
    memcpy(blocks_of, six, sizeof six);
    pool_count = SIX;
    empty_area(unused);
    each_order(0, 0, &orders, unused);
    MUST(orders == 720, "%u orders", orders);
}

Test(mynewt_metadata, every_order_of_six_pools)
{
    every_order(true);
}

Test(mynewt_metadata, every_order_of_what_was_given_back)
{
    every_order(false);
}

/* Fills the area with pools of any sizes, to the last unit. */
static void choose_pools(rng *random)
{
    size_t left = LFM_MYNEWT_UNITS * LFM_MYNEWT_UNIT_;
    for (pool_count = 0; left > 0 && pool_count < LFM_MYNEWT_POOLS; pool_count++) {
        const bool last = pool_count == LFM_MYNEWT_POOLS - 1;
        size_t n = rng_below(random, 30000 >> rng_below(random, 15)) + 1;
        while (n < 30000 && last && LFM_MYNEWT_METADATA_BYTES(n) < left) {
            n++;
        }
        while (LFM_MYNEWT_METADATA_BYTES(n) > left) {
            n--;
        }
        blocks_of[pool_count] = (uint16_t)n;
        left -= LFM_MYNEWT_METADATA_BYTES(n);
    }
    MUST(left < LFM_MYNEWT_UNITS * LFM_MYNEWT_UNIT_ / 2, "the area is nearly empty");
}

static size_t bytes_of_all(void)
{
    size_t bytes = 0;
    for (size_t i = 0; i < pool_count; i++) {
        bytes += LFM_MYNEWT_METADATA_BYTES(blocks_of[i]);
    }
    return bytes;
}

Test(mynewt_metadata, any_pools_in_any_order)
{
    rng random = support_seed("mynewt_metadata");
    size_t full = 0;
    for (int round = 0; round < 400; round++) {
        empty_area(round % 4 != 0);
        choose_pools(&random);
        size_t order[LFM_MYNEWT_POOLS];
        for (size_t i = 0; i < pool_count; i++) {
            const size_t at = rng_below(&random, (uint32_t)i + 1);
            order[i] = order[at];
            order[at] = i;
        }
        for (size_t i = 0; i < pool_count; i++) {
            make(order[i]);
        }
        if (round % 20 == 0) {
            use_all();
        }
        if (bytes_of_all() == LFM_MYNEWT_UNITS * LFM_MYNEWT_UNIT_) {
            check_full();
            full++;
        }
    }
    MUST(full > 200, "only %zu rounds filled the area", full);
    empty_area(true);
}

static pthread_barrier_t start;

static void *make_some(void *argument)
{
    pthread_barrier_wait(&start);
    for (size_t i = (size_t)(uintptr_t)argument; i < pool_count; i += THREADS) {
        make(i);
    }
    return NULL;
}

/* Threads that make pools at the same time: none of them fails. */
Test(mynewt_metadata, at_the_same_time)
{
    rng random = support_seed("mynewt_metadata threads");
    pthread_barrier_init(&start, NULL, THREADS);
    for (int round = 0; round < 400; round++) {
        pthread_t threads[THREADS];
        empty_area(true);
        choose_pools(&random);
        for (size_t i = 0; i < THREADS; i++) {
            MUST(pthread_create(&threads[i], NULL, make_some, (void *)(uintptr_t)i) == 0, "thread %zu", i);
        }
        for (size_t i = 0; i < THREADS; i++) {
            MUST(pthread_join(threads[i], NULL) == 0, "thread %zu", i);
        }
        check_links();
        if (round % 20 == 0) {
            use_all();
        }
    }
    pthread_barrier_destroy(&start);
    empty_area(true);
}
