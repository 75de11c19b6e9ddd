/* SPDX-License-Identifier: MIT */
/* The heap under a weak memory model: see rc11.c. Contexts do what the command line says:
 *
 *     -DFIRST=unit();give() -DSECOND=large()    and THIRD, if there is one; SETUP is done before, by as(1) ...
 *     -DLARGES=2                                units of level 1 in the heap
 *     -DTOP=2                                   LARGES units of level 2 instead
 *
 * A unit has one byte, so that a number of bytes is one of units. Hints are left out, since nothing may depend on them:
 * searches begin where from() says. */
#include "rc11.h"

#define LFM_PORT_CONTEXT() 0u /* hints are left out */

#include <lfmem/detail/port.h>

#define memset(to, value, bytes) ((void)(to)) /* GenMC does not mix bytes with words */
#define memcpy(to, from, bytes)  ((void)(to))
#include "../../lib/heap.c"
#include "../../lib/heap_walk.c"

#ifndef SETUP
#define SETUP
#endif
#ifndef LARGES
#define LARGES 2
#endif
#ifndef TOP
#define TOP 1
#endif
#ifdef THIRD
#define CONTEXTS 3
#else
#define CONTEXTS 2
#define THIRD
#endif
#define UNITS ((size_t)LARGES << LFM_WORD_UNITS_SHIFT_ * TOP)

typedef struct actor {
    lfm_location held[4];
    int n;
    size_t start; /* of its searches */
} actor;

static actor actors[CONTEXTS + 1];
/* Blocks, which are plain: their owner writes to them, so a missing order is a data race; and the words. */
static _Alignas(8) unsigned char memory[UNITS + (LFM_HEAP_ALL_WORDS_(UNITS) + 1) * sizeof(lfm_word_)];
static const lfm_heap object = {
    .top_level = TOP,
    .blocks = memory,
    .origin = &object,
    .state = (lfm_heap_state_ *)&object.own,
    .units = UNITS,
    .words = memory + UNITS,
    .first = {LFM_HEAP_FIRST_(UNITS)},
};
static const lfm_heap *const heap = &object;

/* First, second and last unit of a block stand for all its contents. */
static void contents(const actor *self, const lfm_location *location, bool write)
{
    unsigned char *const block = memory + lfm_location_offset(heap, location);
    const unsigned char mark = (unsigned char)(self - actors + 1);
    const size_t last = lfm_location_bytes(heap, location) - 1;
    if (write) {
        block[0] = mark;
        block[last != 0] = mark;
        block[last] = mark;
    } else {
        assert(block[0] == mark && block[last != 0] == mark && block[last] == mark);
    }
}

/* How hard an allocation tries: it looks where a hint says; it searches; it finds. */
typedef enum effort {
    LOOK,
    TRY,
    MUST
} effort;

static void take(actor *self, unsigned level, unsigned n, effort effort)
{
    lfm_request request;
    lfm_location *const location = &self->held[self->n];
    lfm_request_init(&request, level, n, lfm_log2_up(n));
    if (lfm_heap_take_fast(heap, &request, self->start, location) ||
        (effort != LOOK && lfm_heap_search(heap, &request, self->start, location))) {
        self->n++;
        contents(self, location, true);
    } else {
        assert(effort != MUST);
    }
}

/* Frees the block that was taken first: the steps of lfm_heap_free(). */
static void give(actor *self)
{
    if (self->n == 0) {
        return;
    }
    const lfm_location *const block = &self->held[0];
    lfm_location location;
    lfm_word_ seen;
    contents(self, block, false);
    do {
        assert(lfm_heap_find(heap, lfm_location_offset(heap, block), &location, &seen) == LFM_OK);
        assert(location.level == block->level && location.n == block->n);
    } while (!LFM_CAS_WEAK(HEAP_RELEASE, HEAP_FAIL, lfm_heap_word_at(heap, location.level, location.index), &seen,
                           lfm_heap_word_free(seen, location.unit)));
    self->n--;
    for (int i = 0; i < self->n; i++) {
        const lfm_location *const next = &self->held[i + 1];
        lfm_location_set(&self->held[i], next->level, next->index, next->unit, next->n);
    }
}

/* Gives the block that was taken first twice its units. */
static void grow(actor *self)
{
    lfm_location *const location = &self->held[0];
    lfm_request request;
    lfm_request_init(&request, location->level, 2 * location->n, lfm_log2_up(2 * location->n));
    if (lfm_heap_resize(heap, memory + lfm_location_offset(heap, location), &request)) {
        location->n *= 2;
        contents(self, location, true);
    }
}

/* lfm_heap_stats(): what a context freed before it took another block does not count beside that one. */
static void stats(size_t blocks, size_t used)
{
    static lfm_walk walk;
    walk.heap = heap;
    lfm_walk_word(&walk, heap->top_level, 0);
    assert(walk.blocks <= blocks && walk.used <= used);
}

/* What contexts do. */
#define unit()       take(self, 0, 1, MUST)
#define all_but(n)   take(self, 0, LFM_WORD_UNITS - (n), MUST) /* most of a word */
#define large()      take(self, 1, 1, MUST)
#define larger()     take(self, 2, 1, MUST)
#define look()       take(self, 0, 1, LOOK)
#define try_unit()   take(self, 0, 1, TRY)
#define try_large()  take(self, 1, 1, TRY)
#define try_larger() take(self, 2, 1, TRY)
#define give()       give(self)
#define try_grow()   grow(self)
#define as(i)        (self = &actors[i])
#define from(word)   (self->start = (word))

static void *work(void *argument)
{
    actor *const self = argument;
    if (self == &actors[1]) {
        FIRST;
    } else if (self == &actors[2]) {
        SECOND;
    } else {
        THIRD;
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[CONTEXTS];
    actor *self = &actors[0];
    SETUP;
    for (int i = 0; i < CONTEXTS; i++) {
        pthread_create(&threads[i], NULL, work, &actors[i + 1]);
    }
    for (int i = 0; i < CONTEXTS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (self = actors; self <= &actors[CONTEXTS]; self++) {
        while (self->n > 0) {
            give();
        }
    }
    assert(lfm_heap_check(heap) == LFM_OK);
    self = actors;
    from(0);
    for (int i = 0; i < LARGES; i++) {
        take(self, TOP, 1, MUST);
    }
    return 0;
}
