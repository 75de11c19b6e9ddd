/* SPDX-License-Identifier: MIT */
#include "contents.h"
#include "parallel.h"

enum {
    WINDOW = 4096,   /* operations of the trace */
    LOOKS_EVERY = 64 /* operations of a thread */
};

/* A block on its way between threads: its address, or EMPTY: none yet, or FREED or FAILED: there will be none. */
typedef struct shared_block {
    _Atomic(uintptr_t) block;
    size_t bytes; /* written before the address, by the thread that has the block in hand */
} shared_block;

enum {
    EMPTY = 0,
    FREED = 1,
    FAILED = 2,
    ADDRESSES = 3 /* from here on */
};

typedef struct run run;

typedef struct worker {
    _Alignas(128) _Atomic size_t position; /* in the trace, approximate; SIZE_MAX: at the end */
    _Alignas(128) run *run;
    pthread_t thread;
    unsigned number;
    uint32_t *ops; /* numbers of its operations */
    size_t n;
    replay_counts counts;
    span span;
} worker;

struct run {
    const trace *trace;
    allocator *allocator;
    replay_touch touch;
    shared_block *shared; /* by blocks */
    worker *workers;
    pthread_barrier_t start;
};

/* Hands a block over to the other threads, or frees it if its free came before. Release: bytes and contents go with the
 * address, to the thread that takes it from the word (do_free, do_realloc). */
static void publish(worker *w, shared_block *shared, const replay_block *p, uint64_t word)
{
    uintptr_t seen = EMPTY;
    shared->bytes = p->bytes;
    if (!atomic_compare_exchange_strong_explicit(&shared->block, &seen, (uintptr_t)p->block, memory_order_release,
                                                 memory_order_relaxed)) {
        give(w->run->allocator, p, word, w->run->touch, &w->counts);
    }
}

static void do_alloc(worker *w, const trace_op *op, shared_block *shared, uint64_t word)
{
    const replay_block p = {take(w->run->allocator, op, word, w->run->touch, &w->counts), op->bytes};
    if (p.block != NULL) {
        publish(w, shared, &p, word);
    } else {
        atomic_store_explicit(&shared->block, FAILED, memory_order_relaxed);
    }
}

static void do_free(worker *w, shared_block *shared, uint64_t word)
{
    /* Acquire: bytes and contents come with the block (publish). */
    const uintptr_t seen = atomic_exchange_explicit(&shared->block, FREED, memory_order_acquire);
    w->counts.early += seen == EMPTY;
    if (seen >= ADDRESSES) {
        const replay_block p = {(void *)seen, shared->bytes};
        give(w->run->allocator, &p, word, w->run->touch, &w->counts);
    }
}

static void do_realloc(worker *w, const trace_op *op, shared_block *shared, uint64_t word)
{
    uintptr_t seen = atomic_load_explicit(&shared->block, memory_order_relaxed);
    /* Acquire: bytes and contents come with the block (publish). If it fails, the block has just been freed. */
    if (seen < ADDRESSES || !atomic_compare_exchange_strong_explicit(&shared->block, &seen, EMPTY, memory_order_acquire,
                                                                     memory_order_relaxed)) {
        w->counts.skipped += seen != FAILED;
        return;
    }
    replay_block p = {(void *)seen, shared->bytes};
    resize(w->run->allocator, &p, op->bytes, word, w->run->touch, &w->counts);
    publish(w, shared, &p, word);
}

/* Tells how far this thread is, and gives up the processor once if it is far ahead of another one. */
static void look_around(worker *w, size_t position)
{
    atomic_store_explicit(&w->position, position, memory_order_relaxed);
    for (uint32_t i = 0; i < w->run->trace->threads; i++) {
        const size_t other = atomic_load_explicit(&w->run->workers[i].position, memory_order_relaxed);
        if (other < position && position - other > WINDOW) {
            sched_yield();
            return;
        }
    }
}

static void *work(void *arg)
{
    worker *const w = arg;
    start_together(&w->run->start, w->number);
    w->span = span_begin();
    for (size_t i = 0; i < w->n; i++) {
        const trace_op *const op = &w->run->trace->ops[w->ops[i]];
        shared_block *const shared = &w->run->shared[op->block];
        const uint64_t word = contents_word(0, op->block);
        if (i % LOOKS_EVERY == 0) {
            look_around(w, w->ops[i]);
        }
        if (op->kind < TRACE_REALLOC) {
            do_alloc(w, op, shared, word);
        } else if (op->kind == TRACE_REALLOC) {
            do_realloc(w, op, shared, word);
        } else {
            do_free(w, shared, word);
        }
    }
    atomic_store_explicit(&w->position, SIZE_MAX, memory_order_relaxed);
    span_end(&w->span);
    return NULL;
}

/* Divides the operations behind the prelude among the workers. */
static bool divide(run *r)
{
    const trace *const t = r->trace;
    for (uint32_t i = 0; i < t->threads; i++) {
        r->workers[i] = (worker){.run = r, .number = i};
    }
    for (size_t i = t->prelude; i < t->n; i++) {
        r->workers[t->ops[i].thread].n++;
    }
    bool had = true;
    for (uint32_t i = 0; i < t->threads; i++) {
        worker *const w = &r->workers[i];
        w->ops = calloc(w->n + 1, sizeof *w->ops);
        had &= w->ops != NULL;
        w->n = 0;
    }
    for (size_t i = t->prelude; had && i < t->n; i++) {
        worker *const w = &r->workers[t->ops[i].thread];
        w->ops[w->n++] = (uint32_t)i;
    }
    return had;
}

static replay_time run_workers(run *r, replay_counts *counts)
{
    const uint32_t threads = r->trace->threads;
    worker first = {.run = r};
    for (size_t i = 0; i < r->trace->prelude; i++) {
        const trace_op *const op = &r->trace->ops[i];
        do_alloc(&first, op, &r->shared[op->block], contents_word(0, op->block));
    }
    pthread_barrier_init(&r->start, NULL, threads);
    for (uint32_t i = 0; i < threads; i++) {
        if (pthread_create(&r->workers[i].thread, NULL, work, &r->workers[i]) != 0) {
            abort();
        }
    }
    span all;
    replay_time time = {0};
    for (uint32_t i = 0; i < threads; i++) {
        worker *const w = &r->workers[i];
        pthread_join(w->thread, NULL);
        span_add(&all, &time, &w->span, i);
        add(counts, &w->counts);
    }
    pthread_barrier_destroy(&r->start);
    for (uint32_t i = 0; i < r->trace->blocks; i++) {
        if (atomic_load_explicit(&r->shared[i].block, memory_order_relaxed) >= ADDRESSES) {
            do_free(&first, &r->shared[i], contents_word(0, i));
        }
    }
    add(counts, &first.counts);
    return time;
}

replay_time replay_by_thread(const trace *t, allocator *a, replay_touch touch, replay_counts *counts)
{
    run r = {.trace = t, .allocator = a, .touch = touch};
    r.shared = calloc((size_t)t->blocks + 1, sizeof *r.shared);
    r.workers = aligned_alloc(_Alignof(worker), t->threads * sizeof *r.workers);
    if (r.shared == NULL || r.workers == NULL || !divide(&r)) {
        abort();
    }
    const replay_time time = run_workers(&r, counts);
    for (uint32_t i = 0; i < t->threads; i++) {
        free(r.workers[i].ops);
    }
    free(r.shared);
    free(r.workers);
    return time;
}
