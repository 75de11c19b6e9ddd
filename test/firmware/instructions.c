/* SPDX-License-Identifier: MIT */
/* Instructions of calls on a Cortex-M, without contention, as size.py prints them. With QEMU's -icount an instruction
 * takes 1024 ns of the machine's time, which SysTick counts: INSTRUCTION_TICKS_1000 thousandths of a tick. Each call is
 * made by ticks_of(), and so is a function that only returns: what differs is the call's own. The last of several
 * rounds counts; then hints and caches have what they need. */
#include "machine.h"
#include "stdio.h"
#include <lfmem/lfmem.h>

#define SYST_CSR (*(volatile uint32_t *)0xE000E010)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018)

LFM_POOL_DEFINE(pool, 16, 64, 8);
LFM_CACHE_DEFINE(cache, pool, 8);
LFM_SEGMENT_DEFINE(ram, 1024, 8);
LFM_SEGMENT_DEFINE(blocks, LFM_DYNPOOL_METADATA_BYTES(16, 0) + 16 * 64 + 64, 8);
LFM_HEAP_DEFINE(heap, 4096, 64, LFM_FIT_TRIMMED);

/* Arguments and results of all of them are words. */
typedef uintptr_t call(uintptr_t, uintptr_t, uintptr_t);

__attribute__((naked, noipa)) static uintptr_t only_returns(uintptr_t a, uintptr_t b, uintptr_t c)
{
    __asm__("bx lr");
}

__attribute__((noipa)) static uint32_t ticks_of(call *called, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t *result)
{
    const uint32_t before = SYST_CVR;
    *result = called(a, b, c);
    return (before - SYST_CVR) & 0xFFFFFF;
}

/* With the pool's shape folded in (lfmem/detail/pool_inline.h), and what it takes to be a function. */
__attribute__((noipa)) static void *get_in_line(void)
{
    return lfm_pool_get(pool);
}

__attribute__((noipa)) static lfm_status put_in_line(void *block)
{
    return lfm_pool_put(pool, block);
}

static uint32_t counts[16];

static uintptr_t count(unsigned at, call *called, uintptr_t a, uintptr_t b, uintptr_t c)
{
    uintptr_t result;
    const uint32_t without = ticks_of(only_returns, a, b, c, &result);
    const uint32_t ticks = ticks_of(called, a, b, c, &result) - without;
    counts[at] = (ticks * 1000 + INSTRUCTION_TICKS_1000 / 2) / INSTRUCTION_TICKS_1000 + 1;
    return result;
}

#define COUNT(at, function, a, b, c) \
    count(at, (call *)(void *)(function), (uintptr_t)(a), (uintptr_t)(b), (uintptr_t)(c))

int main(void)
{
    static lfm_dynpool dynpool;
    static const char *const names[] = {
        "lfm_pool_get",  "lfm_pool_put",      "lfm_pool_get_many", "lfm_pool_put_many", "lfm_cache_get",
        "lfm_cache_put", "lfm_segment_alloc", "lfm_dynpool_get",   "lfm_dynpool_put",   "lfm_heap_alloc",
        "lfm_heap_free", "get_in_line",       "put_in_line",
    };
    const lfm_dynpool_config config = {.block_size = 64, .align = 8, .initial = 16, .maximum = 16};
    void *block, *many[8];
    size_t n;
    lfm_status status = lfm_dynpool_init(&dynpool, blocks, &config);
    bool failed = status != LFM_OK;
    SYST_RVR = 0xFFFFFF;
    SYST_CVR = 0;
    SYST_CSR = 5; /* counts, core clock, no interrupt */
    for (int i = 0; i < 4; i++) {
        block = (void *)COUNT(0, lfm_pool_get, pool, 0, 0);
        status = (lfm_status)COUNT(1, lfm_pool_put, pool, block, 0);
        failed |= status != LFM_OK;
        n = (size_t)COUNT(2, lfm_pool_get_many, pool, many, 8);
        status = (lfm_status)COUNT(3, lfm_pool_put_many, pool, many, n);
        failed |= n != 8 || status != LFM_OK;
        block = (void *)COUNT(4, lfm_cache_get, cache, 0, 0);
        status = (lfm_status)COUNT(5, lfm_cache_put, cache, block, 0);
        failed |= status != LFM_OK;
        block = (void *)COUNT(6, lfm_segment_alloc, ram, 16, 16);
        failed |= block == NULL;
        block = (void *)COUNT(7, lfm_dynpool_get, &dynpool, 0, 0);
        status = (lfm_status)COUNT(8, lfm_dynpool_put, &dynpool, block, 0);
        failed |= status != LFM_OK;
        block = (void *)COUNT(9, lfm_heap_alloc, heap, 200, 0);
        status = (lfm_status)COUNT(10, lfm_heap_free, heap, block, 0);
        failed |= status != LFM_OK;
        block = (void *)COUNT(11, get_in_line, 0, 0, 0);
        status = (lfm_status)COUNT(12, put_in_line, block, 0, 0);
        failed |= status != LFM_OK;
    }
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        printf("%s %u\n", names[i], (unsigned)counts[i]);
    }
    return failed;
}
