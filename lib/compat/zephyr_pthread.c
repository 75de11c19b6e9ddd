/* SPDX-License-Identifier: MIT */
/* How a thread sleeps on other hosts: with one mutex and one condition variable for all pools. A wake holds the mutex.
 * So while a thread waits, a signal handler must not free.
 *
 * A thread that waits may be cancelled: it sleeps in a cancellation point, and gives the mutex back on its way out. A
 * wake is no cancellation point. It disables cancellation, which may be asynchronous, until the mutex is free. */
#include "zephyr_alloc.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

/* A flag that Linux adds to the policy of a thread whose children have another one. */
#ifndef SCHED_RESET_ON_FORK
#define SCHED_RESET_ON_FORK 0
#endif

static pthread_once_t lfm_zephyr_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lfm_zephyr_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t lfm_zephyr_changed;
static bool lfm_zephyr_has_cond; /* constant once begun, but for a fork */
static bool lfm_zephyr_forks; /* handlers are registered; a child whose parent was in lfm_zephyr_begin() begins again */

/* Makes the condition variable, for instants of CLOCK_MONOTONIC. */
static void lfm_zephyr_make_cond(void)
{
    pthread_condattr_t attributes;
    lfm_zephyr_has_cond = false;
    if (pthread_condattr_init(&attributes) == 0) {
        lfm_zephyr_has_cond = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                              pthread_cond_init(&lfm_zephyr_changed, &attributes) == 0;
        pthread_condattr_destroy(&attributes);
    }
}

static void lfm_zephyr_lock(void)
{
    const int failed = pthread_mutex_lock(&lfm_zephyr_mutex);
    LFM_ASSERT(failed == 0);
}

static void lfm_zephyr_unlock(void)
{
    const int failed = pthread_mutex_unlock(&lfm_zephyr_mutex);
    LFM_ASSERT(failed == 0);
}

/* Threads that slept are not in the child, where the condition variable would wait for them. The thread that registered
 * these handlers may be missing, too, before it has set lfm_zephyr_forks. */
static void lfm_zephyr_in_child(void)
{
    lfm_zephyr_forks = true;
    lfm_zephyr_make_cond();
    lfm_zephyr_unlock();
    lfm_zephyr_forked();
}

static void lfm_zephyr_begin(void)
{
    lfm_zephyr_make_cond();
    if (!lfm_zephyr_forks) { /* if this fails, only a fork while a thread waits is affected */
        lfm_zephyr_forks = pthread_atfork(lfm_zephyr_lock, lfm_zephyr_unlock, lfm_zephyr_in_child) == 0;
    }
}

static void lfm_zephyr_leave_mutex(void *arg)
{
    (void)arg;
    lfm_zephyr_unlock();
}

static void lfm_zephyr_cancelled(void *word)
{
    lfm_zephyr_abandon(word);
}

/* The handlers are registered here, before the thread has a waiter: so no child begins without them. */
int lfm_zephyr_priority(void)
{
    int policy;
    struct sched_param param;
    pthread_once(&lfm_zephyr_once, lfm_zephyr_begin);
    if (pthread_getschedparam(pthread_self(), &policy, &param) != 0) {
        return 0;
    }
    policy &= ~SCHED_RESET_ON_FORK;
    return policy == SCHED_FIFO || policy == SCHED_RR ? -param.sched_priority : 0;
}

int64_t lfm_zephyr_uptime(void)
{
    struct timespec now;
    const int failed = clock_gettime(CLOCK_MONOTONIC, &now);
    LFM_ASSERT(failed == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The mutex is free again before the wait is ended, which may wake other threads. */
static void lfm_zephyr_sleep(const lfm_zephyr_word *word, uint32_t seen, int64_t until)
{
    const struct timespec at = {.tv_sec = (time_t)(until / 1000), .tv_nsec = (long)(until % 1000) * 1000000};
    LFM_ASSERT(lfm_zephyr_has_cond && until >= 0);
    lfm_zephyr_lock();
    pthread_cleanup_push(lfm_zephyr_leave_mutex, NULL);
    int failed = 0;
    while (failed == 0 && LFM_LOAD(WAIT_GUESS, word) == seen) {
        failed = pthread_cond_timedwait(&lfm_zephyr_changed, &lfm_zephyr_mutex, &at);
        LFM_ASSERT(failed == 0 || failed == ETIMEDOUT);
    }
    pthread_cleanup_pop(1);
}

/* Without a condition variable, the thread looks again every millisecond. */
void lfm_zephyr_wait(const lfm_zephyr_word *word, uint32_t seen, int64_t until)
{
    pthread_cleanup_push(lfm_zephyr_cancelled, (void *)(uintptr_t)word);
    if (lfm_zephyr_has_cond) {
        lfm_zephyr_sleep(word, seen, until);
    } else {
        const struct timespec moment = {.tv_nsec = 1000000};
        nanosleep(&moment, NULL);
    }
    pthread_cleanup_pop(0);
}

/* The word has changed before the mutex is taken. So a thread that saw the old word has held the mutex since, and
 * sleeps by the time it is free. */
void lfm_zephyr_wake(lfm_zephyr_word *word)
{
    int state;
    (void)word;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    pthread_once(&lfm_zephyr_once, lfm_zephyr_begin);
    if (lfm_zephyr_has_cond) {
        lfm_zephyr_lock();
        pthread_cond_broadcast(&lfm_zephyr_changed);
        lfm_zephyr_unlock();
    }
    pthread_setcancelstate(state, NULL);
}
