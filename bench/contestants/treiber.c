/* SPDX-License-Identifier: MIT */
/* The textbook's stack: links in the blocks and a head of {index, tag}, no count and no checks. Its functions are not
 * inlined, as those of a library are not. */
#include "../loops.h"
#include "adapter.h"

typedef struct link {
    _Alignas(BLOCK_BYTES) _Atomic uint32_t next;
} link;

static link *links;
static _Alignas(128) _Atomic uint64_t top;

static void treiber_make(size_t count, size_t unit)
{
    (void)unit;
    links = remake(links, count * sizeof *links);
    for (size_t i = 0; i < count; i++) {
        atomic_init(&links[i].next, i + 1 < count ? (uint32_t)i + 1 : UINT32_MAX);
    }
    atomic_init(&top, 0);
}

__attribute__((noinline)) static void *treiber_get(worker *w)
{
    (void)w;
    /* acquire, and again when the exchange fails: the link was written before its block became the top */
    uint64_t head = atomic_load_explicit(&top, memory_order_acquire), wanted;
    do {
        if ((uint32_t)head == UINT32_MAX) {
            return NULL;
        }
        const uint32_t next = atomic_load_explicit(&links[(uint32_t)head].next, memory_order_relaxed);
        wanted = ((head >> 32) + 1) << 32 | next;
    } while (!atomic_compare_exchange_weak_explicit(&top, &head, wanted, memory_order_acquire, memory_order_acquire));
    return &links[(uint32_t)head];
}

__attribute__((noinline)) static void treiber_put(worker *w, void *block)
{
    (void)w;
    link *const n = block;
    uint64_t head = atomic_load_explicit(&top, memory_order_relaxed), wanted;
    do {
        atomic_store_explicit(&n->next, (uint32_t)head, memory_order_relaxed);
        wanted = head >> 32 << 32 | (uint32_t)(n - links);
        /* release: the link and the block's bytes */
    } while (!atomic_compare_exchange_weak_explicit(&top, &head, wanted, memory_order_release, memory_order_relaxed));
}

static double treiber_metadata(void)
{
    return 0;
}

POOL_LOOPS(treiber)

const contestant contestant_treiber = {.name = "textbook Treiber",
                                       .kind = LOCK_FREE,
                                       .make = treiber_make,
                                       .loops = {POOL_LOOPS_OF(treiber)},
                                       .metadata = treiber_metadata};
