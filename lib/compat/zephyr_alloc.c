/* SPDX-License-Identifier: MIT */
/* Zephyr's allocation that waits, and the hand-over by a context that frees. zephyr_alloc.h has protocol and proof. */
#include "zephyr.h"

#include "../arith.h"
#include "../heap_rendezvous.h"

_Static_assert(LFM_ZEPHYR_WAITERS >= 1 && LFM_ZEPHYR_WAITERS <= 1024, "zephyr_waiters is 1 to 1024");

/* The state of a waiter, in the low bits of its word. Above stands its sequence, or for GIVEN the unit. */
enum {
    LFM_WAITER_FREE,
    LFM_WAITER_HELD, /* a thread begins or ends a wait */
    LFM_WAITER_WAITING,
    LFM_WAITER_GIVEN,
    LFM_WAITER_MASK = 3,
    LFM_WAITER_SHIFT = 2
};

/* Units of larger heaps do not fit into the word. */
#define LFM_ZEPHYR_UNITS_MAX ((size_t)1 << (32 - LFM_WAITER_SHIFT))

/* A ticket that is less than this behind counts as drawn before. A thread that waits stays AGE_MAX behind at most. */
#define LFM_ZEPHYR_PAST    ((uint32_t)1 << 31)
#define LFM_ZEPHYR_AGE_MAX ((uint32_t)1 << 30)

/* What the table keeps of a thread that waits. Other contexts read its fields while they change. Therefore each store
 * of a field releases, and each load acquires (WAIT_FIELD). */
typedef struct lfm_zephyr_waiter {
    lfm_zephyr_word state; /* the word that its thread sleeps on */
    /* written by the thread that has the waiter, read by servers */
    _Atomic(uint32_t) ticket;
    _Atomic(const lfm_heap *) heap;
    _Atomic(size_t) align, size;
    _Atomic(int) priority;
    /* written and read by that thread, or in a child of fork() */
    uint32_t sequence; /* waits here before this one */
    _Atomic(lfm_zephyr_wait_count *) waits;
} lfm_zephyr_waiter;

static lfm_zephyr_waiter lfm_zephyr_waiters[LFM_ZEPHYR_WAITERS];
static _Atomic(uint32_t) lfm_zephyr_tickets;           /* drawn so far */
static const lfm_zephyr_word lfm_zephyr_no_waiter = 0; /* a thread without one sleeps on it */

/* What the fields of a waiter said at one instant. */
typedef struct lfm_zephyr_request {
    lfm_zephyr_waiter *waiter;
    uint32_t state;
    uint32_t age; /* tickets drawn since, up to the horizon */
    int priority;
    size_t align, size;
} lfm_zephyr_request;

/* Reads what the thread of a waiter requests. False: it does not wait for this heap, or began beyond the horizon. */
static bool lfm_zephyr_read_request(lfm_zephyr_waiter *waiter, const lfm_heap *heap, uint32_t horizon,
                                    lfm_zephyr_request *request)
{
    LFM_ASSERT(heap != NULL);
    const uint32_t state = LFM_LOAD(WAIT_STATE, &waiter->state);
    if ((state & LFM_WAITER_MASK) != LFM_WAITER_WAITING || LFM_LOAD(WAIT_FIELD, &waiter->heap) != heap) {
        return false;
    }
    request->waiter = waiter;
    request->state = state;
    request->age = horizon - LFM_LOAD(WAIT_FIELD, &waiter->ticket);
    request->priority = LFM_LOAD(WAIT_FIELD, &waiter->priority);
    request->align = LFM_LOAD(WAIT_FIELD, &waiter->align);
    request->size = LFM_LOAD(WAIT_FIELD, &waiter->size);
    if (request->age - 1 >= LFM_ZEPHYR_PAST || LFM_LOAD(WAIT_STATE_AGAIN, &waiter->state) != state) {
        return false;
    }
    LFM_ASSERT(lfm_is_power_of_two(request->align)); /* Q1: the fields are of one wait */
    LFM_ASSERT(heap->units <= LFM_ZEPHYR_UNITS_MAX);
    return true;
}

/* S2: returns the next request in order that was not considered yet. Its waiter is NULL if there is none. */
static lfm_zephyr_request lfm_zephyr_next_request(const lfm_heap *heap, uint32_t horizon, const bool *considered)
{
    lfm_zephyr_request next = {.waiter = NULL}, request;
    for (size_t i = 0; i < LFM_ZEPHYR_WAITERS; i++) {
        if (!considered[i] && lfm_zephyr_read_request(&lfm_zephyr_waiters[i], heap, horizon, &request) &&
            (next.waiter == NULL || request.priority < next.priority ||
             (request.priority == next.priority && request.age > next.age))) {
            next = request;
        }
    }
    LFM_ASSERT(next.waiter == NULL || !considered[next.waiter - lfm_zephyr_waiters]);
    LFM_ASSERT(next.waiter == NULL || (next.age != 0 && next.age <= LFM_ZEPHYR_PAST));
    return next;
}

/* S3, Q2: tells whether a request that was considered, and still waits, asks for no more than this one. */
static bool lfm_zephyr_is_behind(const lfm_heap *heap, uint32_t horizon, const bool *considered,
                                 const lfm_zephyr_request *request)
{
    bool found = false;
    LFM_ASSERT(considered[request->waiter - lfm_zephyr_waiters]);
    for (size_t i = 0; i < LFM_ZEPHYR_WAITERS && !found; i++) {
        lfm_zephyr_request other;
        found = considered[i] && &lfm_zephyr_waiters[i] != request->waiter &&
                lfm_zephyr_read_request(&lfm_zephyr_waiters[i], heap, horizon, &other) && other.size <= request->size &&
                other.align <= request->align;
    }
    return found;
}

static void *lfm_zephyr_given_block(const lfm_heap *heap, uint32_t given)
{
    LFM_ASSERT((given & LFM_WAITER_MASK) == LFM_WAITER_GIVEN);
    LFM_ASSERT(given >> LFM_WAITER_SHIFT < heap->units);
    return lfm_heap_units(heap) + ((size_t)(given >> LFM_WAITER_SHIFT) << heap->unit_shift);
}

/* S4 and S5. False: that wait has ended. */
static bool lfm_zephyr_give(const lfm_heap *heap, const lfm_zephyr_request *request, const void *block)
{
    const size_t unit = ((uintptr_t)block - (uintptr_t)lfm_heap_units(heap)) >> heap->unit_shift;
    LFM_ASSERT((request->state & LFM_WAITER_MASK) == LFM_WAITER_WAITING);
    LFM_ASSERT(unit < heap->units && unit < LFM_ZEPHYR_UNITS_MAX);
    uint32_t waiting = request->state;
    if (!LFM_CAS(WAIT_GIVE, WAIT_GUESS, &request->waiter->state, &waiting,
                 (uint32_t)unit << LFM_WAITER_SHIFT | LFM_WAITER_GIVEN)) {
        return false;
    }
    lfm_zephyr_wake(&request->waiter->state);
    return true;
}

/* One pass in order, S1 to S6. False: S6 freed a block, for which a new pass has to look. */
static bool lfm_zephyr_pass(const lfm_heap *heap)
{
    bool considered[LFM_ZEPHYR_WAITERS] = {false};
    lfm_zephyr_request request;
    const uint32_t horizon = LFM_LOAD(WAIT_HORIZON, &lfm_zephyr_tickets);
    while ((request = lfm_zephyr_next_request(heap, horizon, considered)).waiter != NULL) {
        LFM_ASSERT(request.waiter >= lfm_zephyr_waiters && request.waiter < lfm_zephyr_waiters + LFM_ZEPHYR_WAITERS);
        considered[request.waiter - lfm_zephyr_waiters] = true;
        if (lfm_zephyr_is_behind(heap, horizon, considered, &request)) {
            continue;
        }
        void *const block = lfm_heap_alloc_aligned(heap, request.align, request.size);
        LFM_ASSERT(((uintptr_t)block & (request.align - 1)) == 0);
        if (block != NULL && !lfm_zephyr_give(heap, &request, block)) {
            (void)lfm_heap_free(heap, block);
            return false;
        }
    }
    return true;
}

/* It is here, apart from the frees, so that only a program that waits needs a port. */
void lfm_zephyr_serve(const lfm_heap *heap)
{
    LFM_ASSERT(heap != NULL && heap->units > 0);
    while (!lfm_zephyr_pass(heap)) {
    }
}

/* W1 to W3. NULL: no waiter is left. */
static lfm_zephyr_waiter *lfm_zephyr_begin_wait(const lfm_heap *heap, lfm_zephyr_wait_count *waits, size_t align,
                                                size_t size, int priority)
{
    lfm_zephyr_waiter *waiter = lfm_zephyr_waiters;
    LFM_ASSERT(waits != NULL && lfm_is_power_of_two(align));
    for (;; waiter++) {
        if (waiter == lfm_zephyr_waiters + LFM_ZEPHYR_WAITERS || heap->units > LFM_ZEPHYR_UNITS_MAX) {
            return NULL;
        }
        uint32_t seen = LFM_LOAD(WAIT_GUESS, &waiter->state);
        if ((seen & LFM_WAITER_MASK) == LFM_WAITER_FREE &&
            LFM_CAS(WAIT_HOLD, WAIT_GUESS, &waiter->state, &seen, seen | LFM_WAITER_HELD)) {
            LFM_ASSERT((seen & LFM_WAITER_MASK) == LFM_WAITER_FREE);
            waiter->sequence = seen >> LFM_WAITER_SHIFT;
            break;
        }
    }
    LFM_STORE(WAIT_FIELD_SET, &waiter->heap, heap);
    LFM_STORE(WAIT_FIELD_SET, &waiter->align, align);
    LFM_STORE(WAIT_FIELD_SET, &waiter->size, size);
    LFM_STORE(WAIT_FIELD_SET, &waiter->priority, priority);
    LFM_STORE(WAIT_OWN, &waiter->waits, waits);
    const uint32_t others = LFM_FETCH_ADD(WAIT_COUNT_UP, waits, 1);
    LFM_ASSERT(others < LFM_ZEPHYR_WAITERS); /* each of them holds a waiter, and this is one */
    LFM_STORE(WAIT_FIELD_SET, &waiter->ticket, LFM_FETCH_ADD(WAIT_DRAW, &lfm_zephyr_tickets, 1));
    LFM_STORE(WAIT_BEGIN, &waiter->state, waiter->sequence << LFM_WAITER_SHIFT | LFM_WAITER_WAITING);
    lfm_heap_rendezvous(heap);
    return waiter;
}

/* W6: gives the waiter up. Returns the block that was given before; NULL: none. */
static void *lfm_zephyr_end_wait(lfm_zephyr_waiter *waiter)
{
    const lfm_heap *const heap = LFM_LOAD(WAIT_OWN, &waiter->heap);
    uint32_t seen = waiter->sequence << LFM_WAITER_SHIFT | LFM_WAITER_WAITING;
    void *block = NULL;
    LFM_ASSERT(heap != NULL);
    if (!LFM_CAS(WAIT_LEAVE, WAIT_LEAVE, &waiter->state, &seen,
                 waiter->sequence << LFM_WAITER_SHIFT | LFM_WAITER_HELD)) {
        LFM_ASSERT((seen & LFM_WAITER_MASK) == LFM_WAITER_GIVEN); /* the one step of another context */
        block = lfm_zephyr_given_block(heap, seen);
    }
    const uint32_t counted = LFM_FETCH_SUB(WAIT_COUNT, LFM_LOAD(WAIT_OWN, &waiter->waits), 1);
    LFM_ASSERT(counted >= 1 && counted <= LFM_ZEPHYR_WAITERS);
    LFM_STORE(WAIT_OWN, &waiter->waits, NULL);
    LFM_STORE(WAIT_END, &waiter->state, (waiter->sequence + 1) << LFM_WAITER_SHIFT);
    return block;
}

static bool lfm_zephyr_was_given(const lfm_zephyr_waiter *waiter)
{
    return (LFM_LOAD(WAIT_GUESS, &waiter->state) & LFM_WAITER_MASK) == LFM_WAITER_GIVEN;
}

/* Q4: keeps the ticket of a thread that waits among the oldest while numbers come round. */
static void lfm_zephyr_stay_old(lfm_zephyr_waiter *waiter)
{
    const uint32_t oldest = LFM_LOAD(WAIT_TICKETS, &lfm_zephyr_tickets) - LFM_ZEPHYR_AGE_MAX;
    const uint32_t ticket = LFM_LOAD(WAIT_OWN, &waiter->ticket);
    if (oldest - ticket - 1 < LFM_ZEPHYR_PAST) {
        LFM_STORE(WAIT_FIELD_SET, &waiter->ticket, oldest);
    }
}

void lfm_zephyr_abandon(const lfm_zephyr_word *word)
{
    for (size_t i = 0; i < LFM_ZEPHYR_WAITERS; i++) {
        lfm_zephyr_waiter *const waiter = &lfm_zephyr_waiters[i];
        if (&waiter->state == word) {
            const lfm_heap *const heap = LFM_LOAD(WAIT_OWN, &waiter->heap);
            LFM_ASSERT(heap != NULL);
            void *const block = lfm_zephyr_end_wait(waiter);
            if (block != NULL) {
                (void)lfm_heap_free(heap, block);
                lfm_zephyr_serve(heap);
            }
        }
    }
}

/* A child of fork() has one thread, so that no order matters. */
void lfm_zephyr_forked(void)
{
    for (size_t i = 0; i < LFM_ZEPHYR_WAITERS; i++) {
        lfm_zephyr_waiter *const waiter = &lfm_zephyr_waiters[i];
        const lfm_heap *const heap = LFM_LOAD(WAIT_OWN, &waiter->heap);
        lfm_zephyr_wait_count *const waits = LFM_LOAD(WAIT_OWN, &waiter->waits);
        const uint32_t seen = LFM_LOAD(WAIT_OWN, &waiter->state);
        if ((seen & LFM_WAITER_MASK) == LFM_WAITER_GIVEN) {
            LFM_ASSERT(heap != NULL);
            (void)lfm_heap_free(heap, lfm_zephyr_given_block(heap, seen));
        }
        if (waits != NULL) {
            LFM_STORE(WAIT_OWN, waits, 0);
            LFM_STORE(WAIT_OWN, &waiter->waits, NULL);
        }
        if ((seen & LFM_WAITER_MASK) != LFM_WAITER_FREE) {
            LFM_STORE(WAIT_OWN, &waiter->state, (waiter->sequence + 1) << LFM_WAITER_SHIFT);
        }
    }
}

static int64_t lfm_zephyr_earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Waits until there is a block or the time is up. */
static void *lfm_zephyr_wait_and_take(const lfm_heap *heap, lfm_zephyr_wait_count *waits, size_t align, size_t size,
                                      k_timeout_t timeout)
{
    const int priority = lfm_zephyr_priority();
    LFM_ASSERT(timeout > K_NO_WAIT || timeout == K_FOREVER);
    /* An uptime that reads t may be nearly t + 1. */
    const int64_t deadline = timeout == K_FOREVER ? INT64_MAX : lfm_zephyr_uptime() + timeout + 1;
    lfm_zephyr_waiter *waiter;
    while ((waiter = lfm_zephyr_begin_wait(heap, waits, align, size, priority)) == NULL) {
        lfm_zephyr_serve(heap); /* threads with a waiter come first */
        void *const block = lfm_heap_alloc_aligned(heap, align, size);
        const int64_t now = lfm_zephyr_uptime();
        LFM_ASSERT(((uintptr_t)block & (align - 1)) == 0);
        if (block != NULL || now >= deadline) {
            return block;
        }
        lfm_zephyr_wait(&lfm_zephyr_no_waiter, 0, lfm_zephyr_earlier(now + LFM_ZEPHYR_CROWDED_MS, deadline));
    }
    while (!lfm_zephyr_was_given(waiter)) {
        lfm_zephyr_stay_old(waiter);
        lfm_zephyr_serve(heap); /* W4, and what is announced to no thread */
        const int64_t now = lfm_zephyr_uptime();
        if (now >= deadline) {
            break;
        }
        lfm_zephyr_wait(&waiter->state, waiter->sequence << LFM_WAITER_SHIFT | LFM_WAITER_WAITING,
                        lfm_zephyr_earlier(now + LFM_ZEPHYR_LOOK_MS, deadline));
    }
    return lfm_zephyr_end_wait(waiter);
}

void *lfm_zephyr_take(const lfm_heap *heap, lfm_zephyr_wait_count *waits, size_t align, size_t size,
                      k_timeout_t timeout)
{
    const size_t multiple = align == 0 ? 1 : align;
    LFM_ASSERT(heap->units > 0 && timeout >= K_FOREVER);
    LFM_ASSERT(lfm_is_power_of_two(multiple));
    if (timeout == K_NO_WAIT || LFM_LOAD(WAIT_COUNT, waits) == 0) {
        void *const block = lfm_heap_alloc_aligned(heap, multiple, size);
        if (block != NULL || timeout == K_NO_WAIT) {
            return block;
        }
    }
    return lfm_zephyr_wait_and_take(heap, waits, multiple, size, timeout);
}

int k_mem_pool_alloc(struct k_mem_pool *pool, struct k_mem_block *block, size_t size, k_timeout_t timeout)
{
    if (block == NULL) {
        return -EINVAL;
    }
    *block = (struct k_mem_block){NULL, {NULL, NULL}};
    if (pool == NULL || timeout < K_FOREVER || lfm_zephyr_is_void(pool)) {
        return -EINVAL; /* a pool that was never made will never have a block */
    }
    if (size > pool->max_size) {
        return -ENOMEM;
    }
    void *const data = lfm_zephyr_take(pool->heap, &pool->waits, 0, size, timeout);
    if (data == NULL) {
        return timeout == K_NO_WAIT ? -ENOMEM : -EAGAIN;
    }
    /* No thread is cancelled since it got the block, or the block would be lost. */
    LFM_ASSERT((uintptr_t)data >= (uintptr_t)lfm_heap_units(pool->heap) &&
               (uintptr_t)data - (uintptr_t)lfm_heap_units(pool->heap) < lfm_heap_bytes(pool->heap));
    *block = (struct k_mem_block){data, {pool, data}};
    return 0;
}
