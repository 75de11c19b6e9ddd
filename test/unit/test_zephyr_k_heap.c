/* SPDX-License-Identifier: MIT */
/* Zephyr's heaps that threads can wait for: how they are defined, each call, and how long a call waits. */
#include "support.h"
#include <errno.h>
#include <lfm_zephyr_port.h>
#include <pthread.h>
#include <unistd.h>
#include <zephyr/kernel.h>

enum {
    SOON_MS = 60, /* less than a wait takes to look again, more than a thread takes to get going on a quiet machine */
    MOST = 600,   /* waits, where the machine is busy: a thread that gets going late proves nothing */
    LOST_MS = 60000, /* later than any machine is, however busy */
    ALL = 256        /* bytes of the heap that threads wait for */
};

/* As users write them. */
K_HEAP_DEFINE(heap, ALL);
static K_HEAP_DEFINE(inner, 2048);
__attribute__((aligned(512))) K_HEAP_DEFINE(aligned, 1000);
K_HEAP_DEFINE(tiny, 1);
K_HEAP_DEFINE(odd, 100);
K_HEAP_DEFINE(counted, 5 * (sizeof(void *) * 8));
K_HEAP_DEFINE(large, 40000);
K_HEAP_DEFINE(huge, 300000);
__attribute__((section(".lfm_test_kheap"))) K_HEAP_DEFINE(apart, 512);
#define __nocache __attribute__((section(".bss.lfm_test_nocache")))
K_HEAP_DEFINE_NOCACHE(uncached, 256);
Z_HEAP_DEFINE_IN_SECT(placed, 256, __attribute__((aligned(1024))));

static void *before_main;

__attribute__((constructor)) static void early(void)
{
    memset(kheap_apart, 0xEE, sizeof kheap_apart); /* as in a section that nobody clears */
    before_main = k_heap_alloc(&inner, 10, K_NO_WAIT);
}

static struct sys_memory_stats stats(struct k_heap *h)
{
    struct sys_memory_stats now = {1, 1, 1};
    MUST(sys_heap_runtime_stats_get(&h->heap, &now) == 0, "stats");
    return now;
}

static void must_be_whole(struct k_heap *h)
{
    MUST(sys_heap_validate(&h->heap), "damaged");
    MUST(stats(h).allocated_bytes == 0, "%zu bytes are lost", stats(h).allocated_bytes);
}

static void sleep_ms(long ms)
{
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static void free_early(void)
{
    MUST(before_main != NULL && stats(&inner).allocated_bytes == 16, "ready before main");
    k_heap_free(&inner, before_main);
}

/* All bytes that were asked for, rounded up, can be had. */
static void must_have(struct k_heap *h, unsigned char *memory, size_t bytes, size_t unit, size_t align)
{
    const size_t all = (bytes + unit - 1) / unit * unit;
    MUST(h->heap.heap == memory && h->heap.init_mem == memory && h->heap.init_bytes == all, "%zu bytes", bytes);
    MUST((uintptr_t)memory % align == 0, "%p is not at a multiple of %zu", (void *)memory, align);
    MUST(sys_heap_validate(&h->heap) && stats(h).free_bytes == all, "%zu bytes have %zu", bytes, stats(h).free_bytes);
    size_t count = 0;
    for (unsigned char *block; (block = k_heap_alloc(h, unit, K_NO_WAIT)) != NULL; count++) {
        MUST(block >= memory && block + unit <= memory + all && (size_t)(block - memory) % unit == 0, "block %zu",
             count);
        memset(block, 0xEE, unit);
    }
    MUST(count == all / unit && k_heap_alloc(h, 1, K_NO_WAIT) == NULL, "%zu blocks of %zu bytes", count, unit);
    for (size_t i = 0; i < count; i++) {
        k_heap_free(h, memory + i * unit);
    }
    must_be_whole(h);
}

Test(zephyr_k_heap, definers)
{
    free_early();
    must_have(&heap, kheap_heap, ALL, 16, 16);
    must_have(&inner, kheap_inner, 2048, 16, 64);
    must_have(&aligned, kheap_aligned, 1000, 16, 512);
    must_have(&tiny, kheap_tiny, 1, 16, 16);
    must_have(&odd, kheap_odd, 100, 16, 16);
    must_have(&counted, kheap_counted, 5 * sizeof(void *) * 8, 16, 16);
    must_have(&large, kheap_large, 40000, 32, 64);
    must_have(&huge, kheap_huge, 300000, 64, 64);
    must_have(&apart, kheap_apart, 512, 16, 16);
    must_have(&uncached, kheap_uncached, 256, 16, 16);
    must_have(&placed, kheap_placed, 256, 16, 1024);
}

Test(zephyr_k_heap, init)
{
    static unsigned char memory[1024];
    static struct k_heap mine;
    memset(memory, 0xEE, sizeof memory);
    memset(&mine, 0xEE, sizeof mine);
    k_heap_init(&mine, memory + 1, sizeof memory - 1);
    MUST(mine.heap.init_mem == memory + 1 && mine.heap.init_bytes == sizeof memory - 1, "what it was made of");
    void *const block = k_heap_alloc(&mine, 100, K_NO_WAIT);
    MUST(block != NULL && (unsigned char *)block > memory, "alloc");
    k_heap_free(&mine, block);
    must_be_whole(&mine);
    /* what a program calls at boot for heaps that have only their memory */
    static struct k_heap later = {.heap = {.init_mem = memory, .init_bytes = sizeof memory}};
    MUST(k_heap_alloc(&later, 1, K_FOREVER) == NULL, "empty until it is made");
    k_heap_init(&later, later.heap.init_mem, later.heap.init_bytes);
    MUST(k_heap_alloc(&later, 1, K_FOREVER) != NULL, "made");
    k_heap_init(&mine, memory, 3);
    MUST(k_heap_alloc(&mine, 1, K_FOREVER) == NULL && mine.heap.heap == NULL, "too little memory");
}

Test(zephyr_k_heap, every_call)
{
    free_early();
    unsigned char *const plain = k_heap_alloc(&inner, 100, K_NO_WAIT);
    unsigned char *const at64 = k_heap_aligned_alloc(&inner, 64, 100, K_MSEC(1));
    unsigned char *const at0 = k_heap_aligned_alloc(&inner, 0, 100, K_FOREVER);
    MUST(plain != NULL && at64 != NULL && at0 != NULL && (uintptr_t)at64 % 64 == 0, "alloc");
    memset(plain, 1, 100);
    memset(at64, 2, 100);
    memset(at0, 3, 100);
    k_heap_free(&inner, at0);
    unsigned char *const zeros = k_heap_calloc(&inner, 25, 4, K_NO_WAIT);
    MUST(zeros == at0, "the place that is free");
    for (size_t i = 0; i < 100; i++) {
        MUST(zeros[i] == 0 && plain[i] == 1 && at64[i] == 2, "byte %zu", i);
    }
    unsigned char *const grown = k_heap_realloc(&inner, plain, 600, K_NO_WAIT);
    MUST(grown != NULL && grown[0] == 1 && grown[99] == 1, "realloc");
    MUST(k_heap_realloc(&inner, grown, 50, K_FOREVER) == grown, "to less, in place");
    MUST(k_heap_realloc(&inner, grown, 5000, K_FOREVER) == NULL && grown[49] == 1, "more than all");
    MUST(k_heap_realloc(&inner, grown + 1, 5, K_FOREVER) == NULL && k_heap_realloc(&heap, grown, 5, K_FOREVER) == NULL,
         "no taken block");
    MUST(k_heap_realloc(&inner, grown, 0, K_FOREVER) == NULL, "0 bytes: free");
    unsigned char *const fresh = k_heap_realloc(&inner, NULL, 10, K_NO_WAIT);
    MUST(fresh != NULL, "of NULL: alloc");
    k_heap_free(&inner, fresh + 1);
    k_heap_free(&inner, fresh);
    k_heap_free(&inner, fresh);
    k_heap_free(&inner, NULL);
    k_heap_free(&inner, zeros);
    k_heap_free(&heap, at64);
    MUST(sys_heap_usable_size(&inner.heap, at64) >= 100, "bad frees change nothing");
    sys_heap_free(&inner.heap, at64);
    must_be_whole(&inner);
}

/* What no free can bring returns at once, even with K_FOREVER. */
Test(zephyr_k_heap, never)
{
    static struct k_heap nothing;
    const k_timeout_t timeouts[] = {K_NO_WAIT, K_MSEC(1), K_FOREVER};
    alarm(60);
    for (size_t i = 0; i < LENGTH(timeouts); i++) {
        const k_timeout_t t = timeouts[i];
        MUST(k_heap_alloc(&heap, 0, t) == NULL && k_heap_aligned_alloc(&heap, 16, 0, t) == NULL, "0 bytes");
        MUST(k_heap_calloc(&heap, 0, 1, t) == NULL && k_heap_calloc(&heap, 1, 0, t) == NULL, "0 bytes");
        MUST(k_heap_realloc(&heap, NULL, 0, t) == NULL, "0 bytes");
        MUST(k_heap_alloc(&heap, ALL + 1, t) == NULL && k_heap_alloc(&heap, SIZE_MAX, t) == NULL, "more than all");
        MUST(k_heap_calloc(&heap, SIZE_MAX / 2 + 2, 2, t) == NULL && k_heap_calloc(&heap, 2, ALL, t) == NULL,
             "product");
        MUST(k_heap_aligned_alloc(&heap, 3, 1, t) == NULL &&
                 k_heap_aligned_alloc(&heap, SIZE_MAX / 2 + 1, 1, t) == NULL,
             "no such alignment");
        MUST(k_heap_alloc(&nothing, 1, t) == NULL && k_heap_calloc(&nothing, 1, 1, t) == NULL, "all zero");
        MUST(k_heap_aligned_alloc(&nothing, 16, 1, t) == NULL && k_heap_realloc(&nothing, NULL, 1, t) == NULL,
             "all zero");
        MUST(k_heap_realloc(&nothing, &nothing, 1, t) == NULL && k_heap_realloc(&nothing, &nothing, 0, t) == NULL,
             "all zero");
    }
    k_heap_free(&nothing, &nothing);
    for (size_t i = 0; i < sizeof nothing; i++) {
        MUST(((const unsigned char *)&nothing)[i] == 0, "byte %zu was written", i);
    }
    MUST(k_heap_alloc(&heap, 1, K_FOREVER - 1) == NULL, "no timeout");
    must_be_whole(&heap);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* NULL, and not before the time. */
Test(zephyr_k_heap, times_out)
{
    free_early();
    void *const all = k_heap_alloc(&heap, ALL, K_FOREVER), *const small = k_heap_alloc(&inner, 1024, K_FOREVER);
    void *const rest = k_heap_alloc(&inner, 1024, K_FOREVER);
    for (int i = 0; i < 4 * 9; i++) { /* shorter and longer than a look */
        const k_timeout_t ms = i < 32 ? 1 + i % 5 : 110 + i;
        const int64_t began = now_ns();
        void *const block = i % 4 == 0   ? k_heap_alloc(&heap, 16, K_MSEC(ms))
                            : i % 4 == 1 ? k_heap_aligned_alloc(&heap, 16, 16, K_MSEC(ms))
                            : i % 4 == 2 ? k_heap_calloc(&heap, 4, 4, K_MSEC(ms))
                                         : k_heap_realloc(&inner, small, 1025, K_MSEC(ms));
        const int64_t took = now_ns() - began;
        MUST(block == NULL && took >= ms * INT64_C(1000000), "call %d: %d ms took %lld ns", i % 4, (int)ms,
             (long long)took);
        MUST(took < LOST_MS * INT64_C(1000000), "call %d: %d ms took %lld ns", i % 4, (int)ms, (long long)took);
    }
    MUST(sys_heap_usable_size(&inner.heap, small) == 1024, "the block is as it was");
    k_heap_free(&heap, all);
    k_heap_free(&inner, small);
    k_heap_free(&inner, rest);
    must_be_whole(&heap);
    must_be_whole(&inner);
}

typedef struct waiter {
    pthread_t thread;
    void *from; /* a block to make larger */
    size_t align, size;
    k_timeout_t timeout;
    unsigned char *block;
    int64_t ended;
} waiter;

static void *wait_for_block(void *arg)
{
    waiter *const w = arg;
    w->block = w->from != NULL ? k_heap_realloc(&heap, w->from, w->size, w->timeout)
                               : k_heap_aligned_alloc(&heap, w->align, w->size, w->timeout);
    w->ended = lfm_zephyr_uptime();
    return NULL;
}

static void start(waiter *w)
{
    MUST(pthread_create(&w->thread, NULL, wait_for_block, w) == 0, "no thread");
}

/* Each way in which memory comes back wakes a thread that waits. */
Test(zephyr_k_heap, wakes)
{
    static const char *const ways[] = {"free", "realloc to less", "realloc to 0"};
    int soon[LENGTH(ways)] = {0};
    for (int i = 0; soon[0] == 0 || soon[1] == 0 || soon[2] == 0; i++) {
        const int way = i % 3;
        MUST(i < MOST, "%d, %d, %d waits ended when memory came back", soon[0], soon[1], soon[2]);
        unsigned char *const first = k_heap_alloc(&heap, 128, K_NO_WAIT);
        unsigned char *const second = k_heap_alloc(&heap, 128, K_NO_WAIT);
        MUST(first != NULL && second != NULL, "%s: the heap is free", ways[way]);
        waiter w = {.align = i % 2 == 0 ? 0 : 16, .size = way == 1 ? 64 : 128, .timeout = K_SECONDS(60)};
        start(&w);
        sleep_ms(20);
        const int64_t freed = lfm_zephyr_uptime();
        if (way == 0) {
            k_heap_free(&heap, first);
        } else {
            void *const rest = k_heap_realloc(&heap, first, way == 1 ? 64 : 0, K_NO_WAIT);
            MUST(rest == (way == 1 ? first : NULL), "%s", ways[way]);
        }
        pthread_join(w.thread, NULL);
        MUST(w.block != NULL, "%s: none came", ways[way]);
        soon[way] += w.ended - freed < SOON_MS;
        k_heap_free(&heap, w.block);
        k_heap_free(&heap, way == 1 ? first : NULL);
        k_heap_free(&heap, second);
        must_be_whole(&heap);
    }
}

/* A block that becomes larger waits for another place, or for the room behind it, and keeps its contents. */
Test(zephyr_k_heap, realloc_waits)
{
    for (int i = 0; i < 6; i++) {
        const bool in_place = i % 2 == 0; /* only the whole heap will do */
        unsigned char *const first = k_heap_alloc(&heap, 64, K_NO_WAIT);
        unsigned char *const others[] = {k_heap_alloc(&heap, 64, K_NO_WAIT), k_heap_alloc(&heap, 64, K_NO_WAIT),
                                         k_heap_alloc(&heap, 64, K_NO_WAIT)};
        memset(first, 0x70 + i, 64);
        waiter w = {.from = first, .size = in_place ? ALL : 128, .timeout = i < 3 ? K_FOREVER : K_SECONDS(60)};
        start(&w);
        sleep_ms(5);
        for (size_t k = in_place ? 0 : 1; k < 3; k++) {
            k_heap_free(&heap, others[k]);
        }
        pthread_join(w.thread, NULL);
        MUST(w.block != NULL && (w.block == first) == in_place, "%s", in_place ? "in place" : "elsewhere");
        MUST(sys_heap_usable_size(&heap.heap, w.block) == w.size, "%zu bytes", w.size);
        for (size_t k = 0; k < 64; k++) {
            MUST(w.block[k] == 0x70 + i, "byte %zu", k);
        }
        MUST(in_place || sys_heap_usable_size(&heap.heap, first) == 0, "the old block is free");
        k_heap_free(&heap, w.block);
        if (!in_place) {
            k_heap_free(&heap, others[0]);
        }
        must_be_whole(&heap);
    }
}
