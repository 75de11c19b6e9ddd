/* SPDX-License-Identifier: MIT */
/* Zephyr's allocation that waits: places in the order, and the hand-over by what frees (zephyr.h has protocol and
 * proof). */
#include "zephyr.h"

#include "../heap_rendezvous.h"

_Static_assert(LFM_ZEPHYR_WAITERS >= 1 && LFM_ZEPHYR_WAITERS <= 1024, "zephyr_waiters is 1 to 1024");

/* What a place is, in the low bits of its state; above that stands its turn, or for GIVEN the unit. */
enum {
    LFM_PLACE_FREE,
    LFM_PLACE_HELD, /* a thread comes or goes */
    LFM_PLACE_WAITING,
    LFM_PLACE_GIVEN,
    LFM_PLACE_MASK = 3,
    LFM_PLACE_SHIFT = 2
};

/* Larger heaps have units that do not fit into a state. */
#define LFM_ZEPHYR_UNITS_MAX ((size_t)1 << (32 - LFM_PLACE_SHIFT))

/* So many tickets back counts as the past, and so many at most a thread that waits stays behind. */
#define LFM_ZEPHYR_PAST    ((uint32_t)1 << 31)
#define LFM_ZEPHYR_AGE_MAX ((uint32_t)1 << 30)

/* A place in the order. Fields are read by others while they change. Therefore each store of one releases and each load
 * acquires: a load that sees a later wait's field makes the second load of the state see that wait, too. */
typedef struct lfm_zephyr_place {
    lfm_zephyr_word state; /* the word that its thread sleeps on */
    /* written by the thread that has the place */
    _Atomic(uint32_t) ticket;
    _Atomic(lfm_heap *) heap;
    _Atomic(size_t) align, size;
    _Atomic(int) priority;
    /* and only read by it, or in a child */
    uint32_t turn; /* waits here before this one */
    _Atomic(lfm_zephyr_waiters *) waiters;
} lfm_zephyr_place;

static lfm_zephyr_place lfm_zephyr_places[LFM_ZEPHYR_WAITERS];
static _Atomic(uint32_t) lfm_zephyr_tickets;         /* drawn so far */
static const lfm_zephyr_word lfm_zephyr_nowhere = 0; /* slept on without a place */

/* What a place said at one moment. */
typedef struct lfm_zephyr_wish {
    lfm_zephyr_place *place;
    uint32_t state;
    uint32_t age; /* tickets drawn since */
    int priority;
    size_t align, size;
} lfm_zephyr_wish;

/* What is wished at a place for the memory of this heap, if that was so when `horizon` tickets were drawn. */
static bool lfm_zephyr_read(lfm_zephyr_place *place, const lfm_heap *heap, uint32_t horizon, lfm_zephyr_wish *wish)
{
    const uint32_t state = LFM_LOAD(WAIT_STATE, &place->state);
    if ((state & LFM_PLACE_MASK) != LFM_PLACE_WAITING || LFM_LOAD(WAIT_FIELD, &place->heap) != heap) {
        return false;
    }
    wish->place = place;
    wish->state = state;
    wish->age = horizon - LFM_LOAD(WAIT_FIELD, &place->ticket);
    wish->priority = LFM_LOAD(WAIT_FIELD, &place->priority);
    wish->align = LFM_LOAD(WAIT_FIELD, &place->align);
    wish->size = LFM_LOAD(WAIT_FIELD, &place->size);
    return wish->age - 1 < LFM_ZEPHYR_PAST && LFM_LOAD(WAIT_STATE_AGAIN, &place->state) == state;
}

/* The next wish in order, of those that were not considered yet. Its place is NULL if there is none. */
static lfm_zephyr_wish lfm_zephyr_next(const lfm_heap *heap, uint32_t horizon, const bool *considered)
{
    lfm_zephyr_wish next = {.place = NULL}, wish;
    for (size_t i = 0; i < LFM_ZEPHYR_WAITERS; i++) {
        if (!considered[i] && lfm_zephyr_read(&lfm_zephyr_places[i], heap, horizon, &wish) &&
            (next.place == NULL || wish.priority < next.priority ||
             (wish.priority == next.priority && wish.age > next.age))) {
            next = wish;
        }
    }
    return next;
}

/* Whether one that was considered, and still waits, asks for no more than this one: Q2. */
static bool lfm_zephyr_is_behind(const lfm_heap *heap, uint32_t horizon, const bool *considered,
                                 const lfm_zephyr_wish *wish)
{
    bool found = false;
    for (size_t i = 0; i < LFM_ZEPHYR_WAITERS && !found; i++) {
        lfm_zephyr_wish other;
        found = considered[i] && &lfm_zephyr_places[i] != wish->place &&
                lfm_zephyr_read(&lfm_zephyr_places[i], heap, horizon, &other) && other.size <= wish->size &&
                other.align <= wish->align;
    }
    return found;
}

static void *lfm_zephyr_unit(const lfm_heap *heap, uint32_t given)
{
    return lfm_heap_units(heap) + ((size_t)(given >> LFM_PLACE_SHIFT) << heap->unit_shift);
}

/* S4 and S5. False: that thread does not wait any more. */
static bool lfm_zephyr_give(const lfm_heap *heap, const lfm_zephyr_wish *wish, const void *block)
{
    const size_t unit = ((uintptr_t)block - (uintptr_t)lfm_heap_units(heap)) >> heap->unit_shift;
    uint32_t waiting = wish->state;
    if (!LFM_CAS(WAIT_GIVE, WAIT_GUESS, &wish->place->state, &waiting,
                 (uint32_t)unit << LFM_PLACE_SHIFT | LFM_PLACE_GIVEN)) {
        return false;
    }
    lfm_zephyr_wake(&wish->place->state);
    return true;
}

/* One pass in order, S1 to S6. False: a block came back, of which all have to be told. */
static bool lfm_zephyr_pass(lfm_heap *heap)
{
    bool considered[LFM_ZEPHYR_WAITERS] = {false};
    lfm_zephyr_wish wish;
    const uint32_t horizon = LFM_LOAD(WAIT_HORIZON, &lfm_zephyr_tickets);
    while ((wish = lfm_zephyr_next(heap, horizon, considered)).place != NULL) {
        considered[wish.place - lfm_zephyr_places] = true;
        if (lfm_zephyr_is_behind(heap, horizon, considered, &wish)) {
            continue;
        }
        void *const block = lfm_heap_alloc_aligned(heap, wish.align, wish.size);
        if (block != NULL && !lfm_zephyr_give(heap, &wish, block)) {
            (void)lfm_heap_free(heap, block);
            return false;
        }
    }
    return true;
}

/* Here and not with what frees, so that only a program that waits needs a port. */
void lfm_zephyr_serve(lfm_heap *heap)
{
    while (!lfm_zephyr_pass(heap)) {
    }
}

/* Takes a place: W1 to W3. NULL: there is none. */
static lfm_zephyr_place *lfm_zephyr_join(lfm_heap *heap, lfm_zephyr_waiters *waiters, size_t align, size_t size,
                                         int priority)
{
    lfm_zephyr_place *place = lfm_zephyr_places;
    for (;; place++) {
        if (place == lfm_zephyr_places + LFM_ZEPHYR_WAITERS || heap->units > LFM_ZEPHYR_UNITS_MAX) {
            return NULL;
        }
        uint32_t seen = LFM_LOAD(WAIT_GUESS, &place->state);
        if ((seen & LFM_PLACE_MASK) == LFM_PLACE_FREE &&
            LFM_CAS(WAIT_HOLD, WAIT_GUESS, &place->state, &seen, seen | LFM_PLACE_HELD)) {
            place->turn = seen >> LFM_PLACE_SHIFT;
            break;
        }
    }
    LFM_STORE(WAIT_FIELD_SET, &place->heap, heap);
    LFM_STORE(WAIT_FIELD_SET, &place->align, align);
    LFM_STORE(WAIT_FIELD_SET, &place->size, size);
    LFM_STORE(WAIT_FIELD_SET, &place->priority, priority);
    LFM_STORE(WAIT_OWN, &place->waiters, waiters);
    LFM_FETCH_ADD(WAIT_COUNT_UP, waiters, 1);
    LFM_STORE(WAIT_FIELD_SET, &place->ticket, LFM_FETCH_ADD(WAIT_DRAW, &lfm_zephyr_tickets, 1));
    LFM_STORE(WAIT_BEGIN, &place->state, place->turn << LFM_PLACE_SHIFT | LFM_PLACE_WAITING);
    lfm_heap_rendezvous(heap);
    return place;
}

/* Gives a place up. Returns the block that was given before; NULL: none. */
static void *lfm_zephyr_leave(lfm_zephyr_place *place)
{
    const lfm_heap *const heap = LFM_LOAD(WAIT_OWN, &place->heap);
    uint32_t seen = place->turn << LFM_PLACE_SHIFT | LFM_PLACE_WAITING;
    void *block = NULL;
    /* If it fails it acquires the block that was given. Nothing depends on the order if not. */
    if (!LFM_CAS(WAIT_LEAVE, WAIT_LEAVE, &place->state, &seen, place->turn << LFM_PLACE_SHIFT | LFM_PLACE_HELD)) {
        block = lfm_zephyr_unit(heap, seen);
    }
    LFM_FETCH_SUB(WAIT_COUNT, LFM_LOAD(WAIT_OWN, &place->waiters), 1);
    LFM_STORE(WAIT_OWN, &place->waiters, NULL);
    LFM_STORE(WAIT_END, &place->state, (place->turn + 1) << LFM_PLACE_SHIFT);
    return block;
}

static bool lfm_zephyr_was_given(const lfm_zephyr_place *place)
{
    return (LFM_LOAD(WAIT_GUESS, &place->state) & LFM_PLACE_MASK) == LFM_PLACE_GIVEN;
}

/* A thread that waits while tickets come round keeps a place among the oldest: Q4. */
static void lfm_zephyr_stay_old(lfm_zephyr_place *place)
{
    const uint32_t oldest = LFM_LOAD(WAIT_TICKETS, &lfm_zephyr_tickets) - LFM_ZEPHYR_AGE_MAX;
    const uint32_t ticket = LFM_LOAD(WAIT_OWN, &place->ticket);
    if (oldest - ticket - 1 < LFM_ZEPHYR_PAST) {
        LFM_STORE(WAIT_FIELD_SET, &place->ticket, oldest);
    }
}

void lfm_zephyr_abandon(const lfm_zephyr_word *word)
{
    for (size_t i = 0; i < LFM_ZEPHYR_WAITERS; i++) {
        lfm_zephyr_place *const place = &lfm_zephyr_places[i];
        if (&place->state == word) {
            lfm_heap *const heap = LFM_LOAD(WAIT_OWN, &place->heap);
            void *const block = lfm_zephyr_leave(place);
            if (block != NULL) {
                (void)lfm_heap_free(heap, block);
                lfm_zephyr_serve(heap);
            }
        }
    }
}

/* A child has one thread, so that no order matters. */
void lfm_zephyr_forked(void)
{
    for (size_t i = 0; i < LFM_ZEPHYR_WAITERS; i++) {
        lfm_zephyr_place *const place = &lfm_zephyr_places[i];
        lfm_heap *const heap = LFM_LOAD(WAIT_OWN, &place->heap);
        lfm_zephyr_waiters *const waiters = LFM_LOAD(WAIT_OWN, &place->waiters);
        const uint32_t seen = LFM_LOAD(WAIT_OWN, &place->state);
        if ((seen & LFM_PLACE_MASK) == LFM_PLACE_GIVEN) {
            (void)lfm_heap_free(heap, lfm_zephyr_unit(heap, seen));
        }
        if (waiters != NULL) {
            LFM_STORE(WAIT_OWN, waiters, 0);
            LFM_STORE(WAIT_OWN, &place->waiters, NULL);
        }
        if ((seen & LFM_PLACE_MASK) != LFM_PLACE_FREE) {
            LFM_STORE(WAIT_OWN, &place->state, (place->turn + 1) << LFM_PLACE_SHIFT);
        }
    }
}

static int64_t lfm_zephyr_earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Waits until there is a block or the time is up. */
static void *lfm_zephyr_wait_for(lfm_heap *heap, lfm_zephyr_waiters *waiters, size_t align, size_t size,
                                 k_timeout_t timeout)
{
    const int priority = lfm_zephyr_priority();
    /* An uptime that reads t may be nearly t + 1. */
    const int64_t deadline = timeout == K_FOREVER ? INT64_MAX : lfm_zephyr_uptime() + timeout + 1;
    lfm_zephyr_place *place;
    while ((place = lfm_zephyr_join(heap, waiters, align, size, priority)) == NULL) {
        lfm_zephyr_serve(heap); /* threads that have a place come first */
        void *const block = lfm_heap_alloc_aligned(heap, align, size);
        const int64_t now = lfm_zephyr_uptime();
        if (block != NULL || now >= deadline) {
            return block;
        }
        lfm_zephyr_wait(&lfm_zephyr_nowhere, 0, lfm_zephyr_earlier(now + LFM_ZEPHYR_CROWDED_MS, deadline));
    }
    while (!lfm_zephyr_was_given(place)) {
        lfm_zephyr_stay_old(place);
        lfm_zephyr_serve(heap); /* W4, and what nobody is told */
        const int64_t now = lfm_zephyr_uptime();
        if (now >= deadline) {
            break;
        }
        lfm_zephyr_wait(&place->state, place->turn << LFM_PLACE_SHIFT | LFM_PLACE_WAITING,
                        lfm_zephyr_earlier(now + LFM_ZEPHYR_LOOK_MS, deadline));
    }
    return lfm_zephyr_leave(place);
}

void *lfm_zephyr_take(lfm_heap *heap, lfm_zephyr_waiters *waiters, size_t align, size_t size, k_timeout_t timeout)
{
    const size_t multiple = align == 0 ? 1 : align;
    if (timeout == K_NO_WAIT || LFM_LOAD(WAIT_COUNT, waiters) == 0) {
        void *const block = lfm_heap_alloc_aligned(heap, multiple, size);
        if (block != NULL || timeout == K_NO_WAIT) {
            return block;
        }
    }
    return lfm_zephyr_wait_for(heap, waiters, multiple, size, timeout);
}

int k_mem_pool_alloc(struct k_mem_pool *pool, struct k_mem_block *block, size_t size, k_timeout_t timeout)
{
    if (block == NULL) {
        return -EINVAL;
    }
    *block = (struct k_mem_block){NULL, {NULL, NULL}};
    if (pool == NULL || timeout < K_FOREVER || lfm_zephyr_is_void(pool)) {
        return -EINVAL; /* of a pool that was never made nothing will ever come */
    }
    if (size > pool->max_size) {
        return -ENOMEM;
    }
    void *const data = lfm_zephyr_take(pool->heap, &pool->waits, 0, size, timeout);
    if (data == NULL) {
        return timeout == K_NO_WAIT ? -ENOMEM : -EAGAIN;
    }
    /* No thread can be cancelled from here on, nor since it got the block: that would be lost. */
    *block = (struct k_mem_block){data, {pool, data}};
    return 0;
}
