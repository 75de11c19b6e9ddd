/* SPDX-License-Identifier: MIT */
/* Threads hold many blocks of 1 to 4096 bytes in a heap that is nearly full, so that some allocations fail. They pass
 * blocks on to others, which verify and free them, grow and shrink them, and one more thread looks at the heap
 * meanwhile. After each of -r rounds the heap must agree with what the threads hold. Then each thread frees what
 * another one holds, and all must be free. -b: units of 64 bytes; -g: the fit, or none for trimmed. */
#define _POSIX_C_SOURCE 200809L
#include "heap_common.h"
#include <inttypes.h>
#include <sched.h>
#include <stdatomic.h>

enum {
    UNIT = 64,
    MAX_ORDER = 12 /* of the size of a block */
};

typedef struct worker {
    rng random;
    uint32_t number, holding;
    uint64_t ops, nulls, stamps;
    uint64_t *blocks[STRESS_MAX_HELD]; /* each begins with its stamp and its size */
} worker;

typedef struct run {
    stress_options options;
    stress_heap heap;
    _Atomic(uint32_t) busy; /* threads that are not done yet */
    _Atomic(void *) slots[STRESS_MAX_THREADS];
    worker workers[STRESS_MAX_THREADS];
} run;

/* Every order as often as any other. */
static size_t some_bytes(rng *random)
{
    const size_t most = (size_t)1 << rng_below(random, MAX_ORDER + 1);
    return most - rng_below(random, (uint32_t)(most + 1) / 2);
}

static void fill(const run *r, worker *w, void *block, size_t bytes)
{
    stress_heap_fill(block, stress_heap_size(&r->heap, block, bytes), stress_stamp(w->number, w->stamps++));
}

/* One of the blocks in hand, by chance, as it was left. */
static uint64_t *leave(const run *r, worker *w)
{
    const uint32_t i = rng_below(&w->random, w->holding);
    uint64_t *const block = w->blocks[i];
    stress_heap_verify_own(&r->heap, block);
    w->blocks[i] = w->blocks[--w->holding];
    return block;
}

static void give(run *r, worker *w)
{
    if (w->holding > 0) {
        stress_heap_free(&r->heap, leave(r, w));
    }
}

static bool failed(worker *w, const void *block)
{
    w->nulls += block == NULL;
    return block == NULL;
}

static void take(run *r, worker *w)
{
    const size_t bytes = some_bytes(&w->random);
    void *const block = lfm_heap_alloc(&r->heap.heap, bytes);
    if (!failed(w, block)) {
        fill(r, w, block, bytes);
        w->blocks[w->holding++] = block;
    } else {
        give(r, w); /* or all would wait for room for ever */
    }
}

static void take_zeros(run *r, worker *w)
{
    const size_t bytes = some_bytes(&w->random), n = 1 + rng_below(&w->random, 8);
    unsigned char *const block = lfm_heap_calloc(&r->heap.heap, n, (bytes + n - 1) / n);
    if (failed(w, block)) {
        return;
    }
    for (size_t i = 0; i < bytes; i++) {
        MUST(block[i] == 0, "byte %zu of %zu is %d", i, bytes, block[i]);
    }
    fill(r, w, block, bytes);
    w->blocks[w->holding++] = (uint64_t *)(void *)block;
}

/* Contents up to the smaller size stay, whether the block moves or not; a failure leaves all as it was. */
static void resize(run *r, worker *w)
{
    if (w->holding == 0) {
        return;
    }
    uint64_t **const place = &w->blocks[rng_below(&w->random, w->holding)], *const old = *place;
    const size_t had = stress_heap_verify_own(&r->heap, old), bytes = some_bytes(&w->random);
    const uint64_t stamp = old[0];
    uint64_t *const block = lfm_heap_realloc(&r->heap.heap, old, bytes);
    if (failed(w, block)) {
        MUST(bytes > had, "%zu bytes were not made %zu", had, bytes);
        MUST(stress_heap_verify_own(&r->heap, old) == had, "not %zu bytes any more", had);
        return;
    }
    MUST(block == old || bytes > had, "%zu bytes moved to be %zu", had, bytes);
    stress_heap_verify(block, bytes < had ? bytes : had, had, stamp);
    fill(r, w, block, bytes);
    *place = block;
}

/* Leaves a block in some thread's slot, and frees or keeps the one that was there. */
static void pass(run *r, worker *w)
{
    _Atomic(void *) *const slot = &r->slots[rng_below(&w->random, r->options.threads)];
    void *const own = w->holding == 0 ? NULL : leave(r, w);
    uint64_t *const other = atomic_exchange_explicit(slot, own, memory_order_acq_rel);
    if (other == NULL) {
        return;
    }
    stress_heap_verify_own(&r->heap, other);
    if (rng_below(&w->random, 2) == 0 && w->holding < r->options.held) {
        w->blocks[w->holding++] = other;
    } else {
        stress_heap_free(&r->heap, other);
    }
}

/* Takes part in the looking; of its own blocks a thread knows what must be said. */
static void ask(const run *r, const worker *w)
{
    static uint64_t elsewhere;
    const lfm_heap *const heap = &r->heap.heap;
    const unsigned char *const first = r->heap.storage;
    lfm_heap_stats_t stats;
    MUST(lfm_heap_usable_size(heap, &elsewhere) == 0, "a size outside of the heap");
    MUST(lfm_heap_usable_size(heap, first + r->heap.bytes) == 0, "a size behind the heap");
    for (uint32_t i = 0; i < w->holding && i < 4; i++) {
        const unsigned char *const block = (const unsigned char *)w->blocks[i];
        const uint64_t bytes = w->blocks[i][1];
        MUST(lfm_heap_usable_size(heap, block) == bytes, "not %" PRIu64 " bytes", bytes);
        MUST(lfm_heap_usable_size(heap, block + bytes / 2) == 0, "a size within %" PRIu64 " bytes", bytes);
    }
    lfm_heap_stats(heap, &stats);
    MUST(stats.total == r->heap.bytes && stats.used + stats.free == stats.total && stats.used <= stats.total,
         "%zu bytes used, %zu free", stats.used, stats.free);
    MUST(stats.largest_free <= stats.total && stats.blocks <= stats.used / UNIT, "%zu bytes at most in %zu blocks",
         stats.largest_free, stats.blocks);
}

static void ignore(void *block, size_t bytes, bool taken, void *arg)
{
    (void)block, (void)taken;
    *(size_t *)arg += bytes;
}

/* While others change the heap, what these two tell may be untrue, but they may not harm. */
static void watch(const run *r)
{
    static const worker none;
    while (atomic_load_explicit(&r->busy, memory_order_acquire) != 0) {
        size_t sum = 0;
        ask(r, &none);
        lfm_heap_visit(&r->heap.heap, ignore, &sum);
        const lfm_status status = lfm_heap_check(&r->heap.heap);
        MUST(status == LFM_OK || status == LFM_ECORRUPT, "%s", lfm_status_string(status));
        sched_yield();
    }
}

static void work(void *arg, uint32_t number)
{
    run *const r = arg;
    worker *const w = &r->workers[number];
    if (number == r->options.threads) {
        watch(r);
        return;
    }
    w->number = number;
    w->random.state = r->options.seed + number * UINT64_C(0xd1342543de82ef95);
    for (uint64_t end = w->ops + r->options.ops; w->ops < end; w->ops++) {
        const uint32_t dice = rng_below(&w->random, 64);
        if (dice < 24) {
            w->holding < r->options.held ? take(r, w) : give(r, w);
        } else if (dice < 28) {
            w->holding < r->options.held ? take_zeros(r, w) : give(r, w);
        } else if (dice < 38) {
            resize(r, w);
        } else if (dice < 46) {
            pass(r, w);
        } else {
            give(r, w);
        }
        if (dice % 16 == 0) {
            rng_below(&w->random, 4) == 0 ? ask(r, w) : (void)sched_yield();
        }
    }
    atomic_fetch_sub_explicit(&r->busy, 1, memory_order_release);
}

typedef struct visited {
    const run *r;
    unsigned char *at;
    size_t used, blocks;
} visited;

static void visit(void *block, size_t bytes, bool taken, void *arg)
{
    visited *const v = arg;
    MUST(block == v->at, "%zu bytes at %p, not at %p", bytes, block, (void *)v->at);
    v->at += bytes;
    if (taken) {
        MUST(stress_heap_verify_own(&v->r->heap, block) == bytes, "%zu bytes", bytes);
        v->used += bytes;
        v->blocks++;
    }
}

/* At rest: the heap knows of all blocks that are held, and of no other. */
static void compare(run *r, uint64_t *nulls)
{
    size_t used = 0, blocks = 0;
    visited v = {.r = r, .at = r->heap.storage};
    lfm_heap_stats_t stats;
    for (uint32_t i = 0; i < r->options.threads; i++) {
        worker *const w = &r->workers[i];
        uint64_t *const passed = atomic_exchange_explicit(&r->slots[i], NULL, memory_order_relaxed);
        if (passed != NULL) {
            stress_heap_verify_own(&r->heap, passed);
            stress_heap_free(&r->heap, passed);
        }
        for (uint32_t j = 0; j < w->holding; j++, blocks++) {
            used += stress_heap_verify_own(&r->heap, w->blocks[j]);
        }
        r->heap.failures += w->nulls;
        *nulls += w->nulls;
        w->nulls = 0;
    }
    lfm_heap_stats(&r->heap.heap, &stats);
    MUST(stats.used == used && stats.blocks == blocks, "%zu bytes in %zu blocks, but %zu in %zu are held", stats.used,
         stats.blocks, used, blocks);
    lfm_heap_visit(&r->heap.heap, visit, &v);
    MUST(v.used == used && v.blocks == blocks && v.at == r->heap.storage + r->heap.bytes,
         "%zu bytes in %zu blocks were visited, not %zu in %zu", v.used, v.blocks, used, blocks);
    MUST(lfm_heap_check(&r->heap.heap) == LFM_OK, "damaged");
    stress_heap_take_largest(&r->heap);
}

/* Frees what the next thread holds. */
static void clear(void *arg, uint32_t number)
{
    run *const r = arg;
    worker *const w = &r->workers[(number + 1) % r->options.threads];
    while (w->holding > 0) {
        give(r, w);
    }
}

int main(int argc, char **argv)
{
    static run r = {.options = {.threads = 4, .ops = 100000, .blocks = 1024, .held = 64, .rounds = 10}};
    uint64_t ops = 0, nulls = 0;
    double seconds = 0;
    stress_parse(argc, argv, &r.options);
    NEED(r.options.threads < STRESS_MAX_THREADS, "one thread is the watcher");
    stress_heap_make(&r.heap, &r.options, UNIT);
    for (uint32_t round = 0; round < r.options.rounds; round++, r.options.seed++) {
        stress_options options = r.options;
        options.threads++; /* the watcher */
        atomic_store_explicit(&r.busy, r.options.threads, memory_order_relaxed);
        seconds += stress_run(&options, work, &r);
        compare(&r, &nulls);
        seconds += stress_run(&r.options, clear, &r);
        stress_heap_account(&r.heap, r.options.seed);
    }
    for (uint32_t i = 0; i < r.options.threads; i++) {
        ops += r.workers[i].ops;
    }
    MUST(nulls > 0, "the heap was never short");
    stress_heap_end(&r.heap);
    stress_report(ops, nulls, seconds);
    return 0;
}
