/* SPDX-License-Identifier: MIT */
#include "replay.h"
#include "contents.h"
#include "parallel.h"

enum {
    MOST_COPIES = 16
};

double replay_processor_time(void)
{
    return nanoseconds(CLOCK_THREAD_CPUTIME_ID);
}

bool replay_begin(replay *r, const trace *t, allocator *a)
{
    *r = (replay){.trace = t, .allocator = a, .held = calloc((size_t)t->slots + 1, sizeof *r->held)};
    return r->held != NULL;
}

void replay_range(replay *r, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const trace_op *const op = &r->trace->ops[i];
        replay_block *const p = &r->held[op->slot];
        const uint64_t word = contents_word(r->salt, op->block);
        if (op->kind < TRACE_REALLOC) {
            *p = (replay_block){take(r->allocator, op, word, r->touch, &r->counts), op->bytes};
        } else if (p->block != NULL) {
            if (op->kind == TRACE_REALLOC) {
                resize(r->allocator, p, op->bytes, word, r->touch, &r->counts);
            } else {
                give(r->allocator, p, word, r->touch, &r->counts);
                p->block = NULL;
            }
        }
        if (r->stops && r->counts.failures > 0) {
            return;
        }
    }
}

void replay_rest(replay *r)
{
    for (size_t i = 0; i < r->trace->slots; i++) {
        if (r->held[i].block != NULL) {
            r->counts.damaged += !r->allocator->free(r->allocator, r->held[i].block);
        }
        r->held[i].block = NULL;
    }
}

void replay_end(replay *r)
{
    free(r->held);
}

typedef struct copier {
    _Alignas(128) replay replay;
    pthread_t thread;
    unsigned number;
    span span;
} copier;

static pthread_barrier_t start;

static void *copy(void *arg)
{
    copier *const c = arg;
    replay_range(&c->replay, 0, c->replay.trace->prelude);
    start_together(&start, c->number);
    c->span = span_begin();
    replay_range(&c->replay, c->replay.trace->prelude, c->replay.trace->n);
    span_end(&c->span);
    replay_rest(&c->replay);
    return NULL;
}

replay_time replay_copies(const trace *t, allocator *a, replay_touch touch, unsigned copies, replay_counts *counts)
{
    static copier copiers[MOST_COPIES];
    copies = copies < MOST_COPIES ? copies : MOST_COPIES;
    pthread_barrier_init(&start, NULL, copies);
    for (unsigned i = 0; i < copies; i++) {
        copier *const c = &copiers[i];
        c->number = i;
        if (!replay_begin(&c->replay, t, a)) {
            abort();
        }
        c->replay.touch = touch;
        c->replay.salt = (uint64_t)i << 32;
        if (pthread_create(&c->thread, NULL, copy, c) != 0) {
            abort();
        }
    }
    span all;
    replay_time time = {0};
    for (unsigned i = 0; i < copies; i++) {
        copier *const c = &copiers[i];
        pthread_join(c->thread, NULL);
        span_add(&all, &time, &c->span, i);
        add(counts, &c->replay.counts);
        replay_end(&c->replay);
    }
    pthread_barrier_destroy(&start);
    return time;
}
