/* SPDX-License-Identifier: MIT */
/* A queue of pointers between two threads, on a ring of Concurrency Kit, whose consumer can sleep while it is empty.
 *
 * One producer, one consumer. The semaphore counts items: it is posted after the ring has the item and waited for
 * before the item is taken out. So everything before a push happens before the return of its pop, by the semaphore
 * alone. That matters to tools which check for data races: they see semaphores, but not the inline assembly of the
 * ring. (With several producers it would not hold: one of them can post for an item that another has just finished.)
 *
 * A slot is written again after `slots` further pushes. That its last reader is done by then is for the user to see
 * to, by never having more than `capacity` items under way; then the ring is never full either. */
#ifndef LFM_EXAMPLE_QUEUE_H
#define LFM_EXAMPLE_QUEUE_H

#include <ck_ring.h>
#include <errno.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>

typedef struct queue {
    ck_ring_t ring;
    ck_ring_buffer_t *slots;
    sem_t items;
} queue;

/* A signal may end a wait before there is anything. */
static inline void semaphore_wait(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0 && errno == EINTR)
        ;
}

/* Room for `capacity` items, below 2^30. Returns false iff memory is short. */
static inline bool queue_init(queue *q, unsigned capacity)
{
    unsigned slots = 4; /* the least that ck_ring takes; a power of two, one of which stays empty */
    while (slots <= capacity)
        slots *= 2;
    q->slots = calloc(slots, sizeof *q->slots);
    ck_ring_init(&q->ring, slots);
    return q->slots != NULL && sem_init(&q->items, 0, 0) == 0;
}

static inline void queue_destroy(queue *q)
{
    sem_destroy(&q->items);
    free(q->slots);
}

/* Appends an item, which may be NULL. The queue is never full: see above. */
static inline void queue_push(queue *q, void *item)
{
    if (!ck_ring_enqueue_spsc(&q->ring, q->slots, item) || sem_post(&q->items) != 0)
        abort();
}

static inline void *queue_front_(queue *q)
{
    void *item;
    if (!ck_ring_dequeue_spsc(&q->ring, q->slots, &item))
        abort();
    return item;
}

/* Takes the oldest item; sleeps until there is one. */
static inline void *queue_pop(queue *q)
{
    semaphore_wait(&q->items);
    return queue_front_(q);
}

/* Takes the oldest item. Returns false iff there is none. */
static inline bool queue_try_pop(queue *q, void **item)
{
    if (sem_trywait(&q->items) != 0)
        return false;
    *item = queue_front_(q);
    return true;
}

#endif
