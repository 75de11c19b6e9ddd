/* SPDX-License-Identifier: MIT */
/* An interrupt line: raised by any thread, seen once by the thread that waits for it. Raise it after the work is
 * there; look at all work after each wait; then none is slept through. */
#ifndef LFM_EXAMPLE_EVENT_H
#define LFM_EXAMPLE_EVENT_H

#include <pthread.h>
#include <stdbool.h>

typedef struct event {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool raised;
} event;

#define EVENT_INIT                                                 \
    {                                                              \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false \
    }

static inline void event_raise(event *e)
{
    pthread_mutex_lock(&e->mutex);
    e->raised = true;
    pthread_cond_signal(&e->changed);
    pthread_mutex_unlock(&e->mutex);
}

static inline void event_wait(event *e)
{
    pthread_mutex_lock(&e->mutex);
    while (!e->raised)
        pthread_cond_wait(&e->changed, &e->mutex);
    e->raised = false;
    pthread_mutex_unlock(&e->mutex);
}

#endif
