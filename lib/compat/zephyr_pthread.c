/* SPDX-License-Identifier: MIT */
/* How a thread sleeps on other hosts: one mutex and one condition variable for all pools. A wake holds the mutex, so
 * where somebody waits, a signal handler must not free. */
#define _POSIX_C_SOURCE 200809L
#include "zephyr.h"
#include <pthread.h>
#include <time.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;

static void begin(void)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

int64_t lfm_zephyr_uptime(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void lfm_zephyr_wait(const lfm_zephyr_word *word, uint32_t seen, int64_t until)
{
    const struct timespec at = {.tv_sec = (time_t)(until / 1000), .tv_nsec = (long)(until % 1000) * 1000000};
    pthread_once(&once, begin);
    pthread_mutex_lock(&mutex);
    int failed = 0;
    while (failed == 0 && atomic_load_explicit(word, memory_order_acquire) == seen) {
        failed = pthread_cond_timedwait(&changed, &mutex, &at);
    }
    pthread_mutex_unlock(&mutex);
}

/* The word has changed before the mutex is taken: who holds it and has seen the old word sleeps when it is free. */
void lfm_zephyr_wake(lfm_zephyr_word *word)
{
    (void)word;
    pthread_once(&once, begin);
    pthread_mutex_lock(&mutex);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}
