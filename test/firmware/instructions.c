/* SPDX-License-Identifier: MIT */
/* Instructions and stack of calls without contention, as costs.py reads them: a line each of name, instructions, and
 * bytes of stack below the call. An instruction takes INSTRUCTION_TICKS_1000 thousandths of a tick of the machine's
 * clock (machine/counter.h). Each call is made by ticks_of(), and so is a function that only returns: what differs is
 * the call's own. The last of several rounds counts; then hints and caches have what they need. */
#include "floors.h"
#include "in_line.h"
#include "machine.h"
#include "machine/counter.h"
#include "stdio.h"
#include "string.h"
#include <lfmem/lfmem.h>
#ifdef NEWLIB
#include "stdlib.h"
#endif

LFM_POOL_DEFINE(pool, 16, 64, 8);
LFM_CACHE_DEFINE(cache, pool, 8);
LFM_SEGMENT_DEFINE(ram, 1024, 8);
LFM_SEGMENT_DEFINE(blocks, LFM_DYNPOOL_METADATA_BYTES(16, 0) + 16 * 64 + 64, 8);
LFM_HEAP_DEFINE(heap, 4096, 64, LFM_FIT_TRIMMED);

/* Arguments and results of all of them are words, or nothing. */
typedef uintptr_t call(uintptr_t, uintptr_t, uintptr_t);

typedef struct counted {
    const char *name;
    unsigned instructions;
    unsigned stack;
} counted;

static counted all[32];

/* What lies below it while a function runs is the called functions' stack. */
register unsigned char *stack_pointer __asm__("sp");

#define PAINTED 1024u
#define PAINT   0xA5u

/* Makes the call between two looks at the clock. Before it paints the memory below the stack, and then it looks for
 * what was written there. There are no interrupts, and no other call. */
__attribute__((noipa)) static uintptr_t make(call *called, uintptr_t a, uintptr_t b, uintptr_t c, uint32_t *ticks,
                                             unsigned *stack)
{
    volatile unsigned char *const bottom = stack_pointer - PAINTED;
    unsigned untouched = 0;
    for (unsigned i = 0; i < PAINTED; i++) {
        bottom[i] = PAINT;
    }
    const uint32_t before = counter_now();
    const uintptr_t result = called(a, b, c);
    *ticks = counter_since(before);
    while (untouched < PAINTED && bottom[untouched] == PAINT) {
        untouched++;
    }
    *stack = PAINTED - untouched;
    return result;
}

static counted *find(const char *name)
{
    counted *one = all;
    while (one->name != NULL && strcmp(one->name, name) != 0) {
        one++;
    }
    one->name = name;
    return one;
}

static uintptr_t count(const char *name, call *called, uintptr_t a, uintptr_t b, uintptr_t c)
{
    counted *const one = find(name);
    uint32_t without, ticks;
    (void)make(counter_returns, a, b, c, &without, &one->stack);
    const uintptr_t result = make(called, a, b, c, &ticks, &one->stack);
    one->instructions =
        1 + (unsigned)(((ticks - without) * UINT64_C(1000) + INSTRUCTION_TICKS_1000 / 2) / INSTRUCTION_TICKS_1000);
    return result;
}

#define COUNT(function, a, b, c) \
    count(#function, (call *)(void *)(function), (uintptr_t)(a), (uintptr_t)(b), (uintptr_t)(c))
#define COUNT_GET(function, from)        ((void *)COUNT(function, from, 0, 0))
#define COUNT_PUT(function, from, block) ((lfm_status)COUNT(function, from, block, 0))

static bool library(void)
{
    static lfm_dynpool dynpool;
    static const lfm_dynpool_config config = {.block_size = 64, .align = 8, .initial = 16, .maximum = 16};
    void *many[8];
    bool right = lfm_dynpool_init(&dynpool, blocks, &config) == LFM_OK;
    for (int i = 0; i < 4; i++) {
        right &= (lfm_status)COUNT(put_in_line, COUNT_GET(get_in_line, 0), 0, 0) == LFM_OK;
        right &= COUNT(alloc_in_line, 16, 0, 0) != 0;
        lfm_segment_reset(in_line_ram);
        right &= (lfm_status)COUNT(dynpool_put_in_line, COUNT_GET(dynpool_get_in_line, 0), 0, 0) == LFM_OK;
        right &= COUNT_PUT(lfm_pool_put, pool, COUNT_GET(lfm_pool_get, pool)) == LFM_OK;
        right &= (size_t)COUNT(lfm_pool_get_many, pool, many, 8) == 8;
        right &= (lfm_status)COUNT(lfm_pool_put_many, pool, many, 8) == LFM_OK;
        right &= COUNT_PUT(lfm_cache_put, cache, COUNT_GET(lfm_cache_get, cache)) == LFM_OK;
        right &= (void *)COUNT(lfm_segment_alloc, ram, 16, 16) != NULL;
        right &= COUNT_PUT(lfm_dynpool_put, &dynpool, COUNT_GET(lfm_dynpool_get, &dynpool)) == LFM_OK;
        right &= COUNT_PUT(lfm_heap_free, heap, (void *)COUNT(lfm_heap_alloc, heap, 200, 0)) == LFM_OK;
    }
    return right;
}

static bool floors(void)
{
    bool right = true;
    floors_init();
    for (int i = 0; i < 2; i++) {
        void *const in_list = COUNT_GET(list_get, 0);
        (void)COUNT(list_put, in_list, 0, 0);
        right &= (lfm_status)COUNT(checked_put, COUNT_GET(checked_get, 0), 0, 0) == LFM_OK;
        void *const tagged = COUNT_GET(tagged_get, 0);
        (void)COUNT(tagged_put, tagged, 0, 0);
        right &= in_list != NULL && tagged != NULL;
    }
    unsigned char *const block = checked_get();
    right &= checked_put(NULL) == LFM_EINVAL && checked_put(&right) == LFM_EFOREIGN;
    right &= checked_put(block + 8) == LFM_EINTERIOR;
    right &= checked_put(block) == LFM_OK && checked_put(block) == LFM_EDOUBLEFREE;
    return right;
}

#ifdef NEWLIB
static _Alignas(8) unsigned char memory[16 * 64 + 256];
static unsigned used;

/* Where malloc has memory from. */
void *_sbrk(ptrdiff_t bytes);
void *_sbrk(ptrdiff_t bytes)
{
    void *const more = memory + used;
    if ((size_t)bytes > sizeof memory - used) {
        return (void *)-1;
    }
    used += (unsigned)bytes;
    return more;
}

/* All 16 blocks are free, and one piece: the shortest search that malloc can make. */
static bool newlib(void)
{
    void *taken[16];
    bool right = true;
    for (int i = 0; i < 16; i++) {
        taken[i] = malloc(64);
        right &= taken[i] != NULL;
    }
    for (int i = 0; i < 16; i++) {
        free(taken[i]);
    }
    for (int i = 0; i < 2; i++) {
        void *const block = COUNT_GET(malloc, 64);
        right &= block != NULL;
        (void)COUNT(free, block, 0, 0);
    }
    printf("sbrk %u 0\n", used);
    return right;
}
#else
static bool newlib(void)
{
    return true;
}
#endif

int main(void)
{
    counter_start();
    const counted *const known = find("counter_known");
    (void)COUNT(counter_known, 0, 0, 0);
    if (known->instructions != COUNTER_KNOWN) {
        printf("%u instructions were counted as %u\n", COUNTER_KNOWN, known->instructions);
        return 1;
    }
    const bool right = library() & floors() & newlib();
    for (const counted *one = all; one->name != NULL; one++) {
        printf("%s %u %u\n", one->name, one->instructions, one->stack);
    }
    return right ? 0 : 1;
}
