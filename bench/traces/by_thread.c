/* SPDX-License-Identifier: MIT */
#include "contents.h"
#include "crew.h"

enum {
    WINDOW = 4096,   /* operations of the trace */
    LOOKS_EVERY = 64 /* operations of a thread */
};

/* A block between threads: EMPTY, or its address, or why there is none and will be none. */
typedef struct shared_place {
    _Atomic(uintptr_t) block;
    size_t bytes; /* of who has the block; handed over with it */
} shared_place;

enum {
    EMPTY = 0,
    FREED = 1,
    FAILED = 2,
    ADDRESSES = 3 /* from here on */
};

typedef struct crew crew;

typedef struct worker {
    _Alignas(128) _Atomic size_t position; /* in the trace, about; SIZE_MAX: through */
    _Alignas(128) crew *crew;
    pthread_t thread;
    unsigned number;
    uint32_t *ops; /* numbers of its operations */
    size_t n;
    replay_counts counts;
    span span;
} worker;

struct crew {
    const trace *trace;
    allocator *allocator;
    replay_touch touch;
    shared_place *places; /* by blocks */
    worker *workers;
    pthread_barrier_t start;
};

/* Makes a block that this thread has in hand known to the others, unless it has been freed by now. Release: bytes and
 * contents go with the address, to who takes it from the word (do_free, do_realloc). */
static void publish(worker *w, shared_place *shared, const replay_place *p, uint64_t word)
{
    uintptr_t seen = EMPTY;
    shared->bytes = p->bytes;
    if (!atomic_compare_exchange_strong_explicit(&shared->block, &seen, (uintptr_t)p->block, memory_order_release,
                                                 memory_order_relaxed)) {
        give(w->crew->allocator, p, word, w->crew->touch, &w->counts);
    }
}

static void do_alloc(worker *w, const trace_op *op, shared_place *shared, uint64_t word)
{
    const replay_place p = {take(w->crew->allocator, op, word, w->crew->touch, &w->counts), op->bytes};
    if (p.block != NULL) {
        publish(w, shared, &p, word);
    } else {
        atomic_store_explicit(&shared->block, FAILED, memory_order_relaxed);
    }
}

static void do_free(worker *w, shared_place *shared, uint64_t word)
{
    /* Acquire: bytes and contents come with the block (publish). */
    const uintptr_t seen = atomic_exchange_explicit(&shared->block, FREED, memory_order_acquire);
    w->counts.early += seen == EMPTY;
    if (seen >= ADDRESSES) {
        const replay_place p = {(void *)seen, shared->bytes};
        give(w->crew->allocator, &p, word, w->crew->touch, &w->counts);
    }
}

static void do_realloc(worker *w, const trace_op *op, shared_place *shared, uint64_t word)
{
    uintptr_t seen = atomic_load_explicit(&shared->block, memory_order_relaxed);
    /* Acquire: bytes and contents come with the block (publish). If it fails, the block has just been freed. */
    if (seen < ADDRESSES || !atomic_compare_exchange_strong_explicit(&shared->block, &seen, EMPTY, memory_order_acquire,
                                                                     memory_order_relaxed)) {
        w->counts.skipped += seen != FAILED;
        return;
    }
    replay_place p = {(void *)seen, shared->bytes};
    resize(w->crew->allocator, &p, op->bytes, word, w->crew->touch, &w->counts);
    publish(w, shared, &p, word);
}

/* Tells where this thread is, and gives up the processor, once, if it is far ahead. */
static void look_around(worker *w, size_t position)
{
    atomic_store_explicit(&w->position, position, memory_order_relaxed);
    for (uint32_t i = 0; i < w->crew->trace->threads; i++) {
        const size_t other = atomic_load_explicit(&w->crew->workers[i].position, memory_order_relaxed);
        if (other < position && position - other > WINDOW) {
            sched_yield();
            return;
        }
    }
}

static void *work(void *arg)
{
    worker *const w = arg;
    start_together(&w->crew->start, w->number);
    w->span = span_begin();
    for (size_t i = 0; i < w->n; i++) {
        const trace_op *const op = &w->crew->trace->ops[w->ops[i]];
        shared_place *const shared = &w->crew->places[op->block];
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
static bool divide(crew *c)
{
    const trace *const t = c->trace;
    for (uint32_t i = 0; i < t->threads; i++) {
        c->workers[i] = (worker){.crew = c, .number = i};
    }
    for (size_t i = t->prelude; i < t->n; i++) {
        c->workers[t->ops[i].thread].n++;
    }
    bool had = true;
    for (uint32_t i = 0; i < t->threads; i++) {
        worker *const w = &c->workers[i];
        w->ops = calloc(w->n + 1, sizeof *w->ops);
        had &= w->ops != NULL;
        w->n = 0;
    }
    for (size_t i = t->prelude; had && i < t->n; i++) {
        worker *const w = &c->workers[t->ops[i].thread];
        w->ops[w->n++] = (uint32_t)i;
    }
    return had;
}

static replay_time run_crew(crew *c, replay_counts *counts)
{
    const uint32_t threads = c->trace->threads;
    worker first = {.crew = c};
    for (size_t i = 0; i < c->trace->prelude; i++) {
        const trace_op *const op = &c->trace->ops[i];
        do_alloc(&first, op, &c->places[op->block], contents_word(0, op->block));
    }
    pthread_barrier_init(&c->start, NULL, threads);
    for (uint32_t i = 0; i < threads; i++) {
        if (pthread_create(&c->workers[i].thread, NULL, work, &c->workers[i]) != 0) {
            abort();
        }
    }
    span all;
    replay_time time = {0};
    for (uint32_t i = 0; i < threads; i++) {
        worker *const w = &c->workers[i];
        pthread_join(w->thread, NULL);
        span_add(&all, &time, &w->span, i);
        add(counts, &w->counts);
    }
    pthread_barrier_destroy(&c->start);
    for (uint32_t i = 0; i < c->trace->blocks; i++) {
        if (atomic_load_explicit(&c->places[i].block, memory_order_relaxed) >= ADDRESSES) {
            do_free(&first, &c->places[i], contents_word(0, i));
        }
    }
    add(counts, &first.counts);
    return time;
}

replay_time replay_by_thread(const trace *t, allocator *a, replay_touch touch, replay_counts *counts)
{
    crew c = {.trace = t, .allocator = a, .touch = touch};
    c.places = calloc((size_t)t->blocks + 1, sizeof *c.places);
    c.workers = aligned_alloc(_Alignof(worker), t->threads * sizeof *c.workers);
    if (c.places == NULL || c.workers == NULL || !divide(&c)) {
        abort();
    }
    const replay_time time = run_crew(&c, counts);
    for (uint32_t i = 0; i < t->threads; i++) {
        free(c.workers[i].ops);
    }
    free(c.places);
    free(c.workers);
    return time;
}
