/* SPDX-License-Identifier: MIT */
/* Zephyr's allocation that waits, in a thread that is cancelled, beside a process that forks, and where the system has
 * no condition variable to give. What is left must serve others: a wait, a free and a wake that never come back are
 * ended by an alarm. */
#include "zephyr_pool.h"
#include <dlfcn.h>
#include <lfm_zephyr_port.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LOST_S = 60, /* far more than anything here takes */
    LOOK_MS = 100
};

/* In place of the system's, for the pthread port: fails if a test wants that. */
static bool has_no_clock;
int pthread_condattr_setclock(pthread_condattr_t *attributes, clockid_t clock)
{
    int (*real)(pthread_condattr_t *, clockid_t);
    *(void **)&real = dlsym(RTLD_NEXT, "pthread_condattr_setclock");
    return has_no_clock ? EINVAL : real(attributes, clock);
}

/* Another one: whoever forks does so while the port has its handlers, but has not come back from asking for them. */
static void (*meanwhile)(void);
#ifdef __GLIBC__
int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *object);
extern void *__dso_handle;
int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    const int status = __register_atfork(prepare, parent, child, __dso_handle);
    void (*const fork_now)(void) = meanwhile;
    meanwhile = NULL;
    if (fork_now != NULL) {
        fork_now();
    }
    return status;
}
#endif

typedef struct waiter {
    pthread_t thread;
    size_t size;
    k_timeout_t timeout;
    bool is_cancelled_first, keeps_on; /* before it waits; not to be cancelled */
    int status;
    struct k_mem_block block;
} waiter;

static void *wait_for_block(void *arg)
{
    waiter *const w = arg;
    int old;
    if (w->keeps_on) {
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    }
    if (w->is_cancelled_first) {
        pthread_cancel(pthread_self());
    }
    w->status = k_mem_pool_alloc(&pool, &w->block, w->size, w->timeout);
    return NULL;
}

static void start(waiter *w)
{
    w->status = 1;
    MUST(pthread_create(&w->thread, NULL, wait_for_block, w) == 0, "no thread");
}

/* Whether it was cancelled; if not, it has got what its status says. */
static bool join(waiter *w)
{
    void *result;
    MUST(pthread_join(w->thread, &result) == 0, "join");
    MUST((w->block.data != NULL) == (w->status == 0), "a block and status %d", w->status);
    return result == PTHREAD_CANCELED;
}

static void must_be_free(void)
{
    lfm_heap_stats_t stats;
    lfm_heap_stats(pool.heap, &stats);
    MUST(stats.used == 0 && lfm_heap_check(pool.heap) == LFM_OK, "%zu bytes are lost", stats.used);
}

/* Another thread waits for all of the pool, which this one has, and gets it soon. */
static void must_serve(struct k_mem_block *all)
{
    waiter w = {.size = 256, .timeout = K_FOREVER};
    start(&w);
    sleep_ms(20);
    k_mem_pool_free(all);
    MUST(!join(&w) && w.status == 0, "%d", w.status);
    k_mem_pool_free(&w.block);
    must_be_free();
}

Test(zephyr_cancel, who_waits)
{
    alarm(LOST_S);
    for (int i = 0; i < 5; i++) {
        struct k_mem_block all = take(256);
        waiter w = {.size = 64, .timeout = i % 2 == 0 ? K_FOREVER : K_SECONDS(1000)};
        start(&w);
        sleep_ms(20);
        const int64_t began = lfm_zephyr_uptime();
        pthread_cancel(w.thread);
        MUST(join(&w), "it was not cancelled");
        MUST(lfm_zephyr_uptime() - began < LOOK_MS + 2000, "that took %d ms", (int)(lfm_zephyr_uptime() - began));
        must_serve(&all);
    }
}

/* The first of all waits is cancelled at once: nothing may be half made. Who has room does not wait. */
Test(zephyr_cancel, before_it_waits)
{
    alarm(LOST_S);
    waiter first = {.size = 64, .timeout = K_FOREVER, .is_cancelled_first = true};
    start(&first);
    MUST(!join(&first) && first.status == 0, "there was room: %d", first.status);
    k_mem_pool_free(&first.block);
    struct k_mem_block all = take(256);
    for (int i = 0; i < 3; i++) {
        waiter w = {.size = 64, .timeout = K_FOREVER, .is_cancelled_first = true};
        start(&w);
        MUST(join(&w), "it was not cancelled");
    }
    must_serve(&all);
}

/* Who does not want to be cancelled waits on. */
Test(zephyr_cancel, disabled)
{
    alarm(LOST_S);
    struct k_mem_block all = take(256);
    waiter w = {.size = 64, .timeout = K_MSEC(250), .keeps_on = true}, lucky = {.size = 256, .keeps_on = true};
    start(&w);
    sleep_ms(20);
    pthread_cancel(w.thread);
    MUST(!join(&w) && w.status == -EAGAIN, "%d", w.status);
    lucky.timeout = K_FOREVER;
    start(&lucky);
    sleep_ms(20);
    pthread_cancel(lucky.thread);
    k_mem_pool_free(&all);
    MUST(!join(&lucky) && lucky.status == 0, "%d", lucky.status);
    k_mem_pool_free(&lucky.block);
    must_be_free();
}

static void *free_when_cancelled(void *arg)
{
    pthread_cancel(pthread_self());
    k_mem_pool_free(arg); /* wakes, and comes back from there */
    ((struct k_mem_block *)arg)->data = NULL;
    return NULL;
}

Test(zephyr_cancel, who_wakes)
{
    alarm(LOST_S);
    for (int i = 0; i < 5; i++) {
        struct k_mem_block all = take(256);
        waiter w = {.size = 256, .timeout = K_FOREVER};
        pthread_t thread;
        start(&w);
        sleep_ms(20);
        MUST(pthread_create(&thread, NULL, free_when_cancelled, &all) == 0, "no thread");
        MUST(pthread_join(thread, NULL) == 0 && all.data == NULL, "a free is a cancellation point");
        MUST(!join(&w) && w.status == 0, "%d", w.status);
        must_serve(&w.block);
    }
}

/* Freed and cancelled at the same time: either way, no block is lost. */
Test(zephyr_cancel, while_a_block_comes)
{
    rng random = support_seed("zephyr_cancel");
    int cancelled = 0;
    alarm(2 * LOST_S);
    for (int i = 0; i < 200; i++) {
        struct k_mem_block all = take(256);
        waiter w = {.size = 256, .timeout = K_FOREVER};
        start(&w);
        const struct timespec moment = {0, (long)(rng_next(&random) % 200000)};
        nanosleep(&moment, NULL);
        if (i % 2 == 0) {
            pthread_cancel(w.thread);
            k_mem_pool_free(&all);
        } else {
            k_mem_pool_free(&all);
            pthread_cancel(w.thread);
        }
        cancelled += join(&w);
        k_mem_pool_free(&w.block);
        must_be_free();
    }
    MUST(cancelled > 0, "none was cancelled in time");
}

static _Atomic(bool) is_over;
static void *wake_all_the_time(void *arg)
{
    while (!atomic_load(&is_over)) {
        lfm_zephyr_wake(arg);
    }
    return NULL;
}

/* A child has what was in the way when its parent forked, and not who would have taken it away. */
Test(zephyr_cancel, fork_while_others_wait)
{
    alarm(2 * LOST_S);
    struct k_mem_block all = take(256);
    waiter w = {.size = 256, .timeout = K_FOREVER};
    pthread_t waker;
    start(&w);
    MUST(pthread_create(&waker, NULL, wake_all_the_time, (void *)(uintptr_t)&pool.waits) == 0, "no thread");
    for (int i = 0; i < 60; i++) {
        sleep_ms(1);
        const pid_t child = fork();
        if (child == 0) {
            alarm(20);
            atomic_store(&is_over, true);
            must_serve(&all);
            _exit(0);
        }
        int status;
        MUST(child > 0 && waitpid(child, &status, 0) == child, "no child");
        MUST(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child %d ends with %#x", i, (unsigned)status);
    }
    atomic_store(&is_over, true);
    pthread_join(waker, NULL);
    k_mem_pool_free(&all);
    MUST(!join(&w) && w.status == 0, "%d", w.status);
}

static int child_status = -1;

/* What a child that begins by itself leaves must serve its own children. */
static void *fork_in_a_thread(void *unused)
{
    const pid_t child = fork();
    if (child == 0) {
        alarm(20);
        lfm_zephyr_wake((lfm_zephyr_word *)&pool.waits);
        const pid_t grandchild = fork();
        int status = 1;
        if (grandchild == 0) {
            _exit(0);
        }
        _exit(grandchild < 0 || waitpid(grandchild, &status, 0) != grandchild || status != 0);
    }
    MUST(child > 0 && waitpid(child, &child_status, 0) == child, "no child");
    return unused;
}

static void fork_beside(void)
{
    pthread_t thread;
    MUST(pthread_create(&thread, NULL, fork_in_a_thread, NULL) == 0, "no thread");
    pthread_join(thread, NULL);
}

Test(zephyr_cancel, fork_while_handlers_come)
{
    alarm(LOST_S);
    meanwhile = fork_beside;
    lfm_zephyr_wake((lfm_zephyr_word *)&pool.waits);
    MUST(meanwhile != NULL || (WIFEXITED(child_status) && WEXITSTATUS(child_status) == 0), "child ends with %#x",
         (unsigned)child_status);
}

/* Waits are as long as they should be, and are not spent running. */
Test(zephyr_cancel, no_condition_variable)
{
    alarm(LOST_S);
    has_no_clock = true;
    struct k_mem_block all = take(256);
    waiter w = {.size = 64, .timeout = K_MSEC(500)};
    struct timespec cpu;
    const int64_t began = lfm_zephyr_uptime();
    start(&w);
    MUST(!join(&w) && w.status == -EAGAIN && lfm_zephyr_uptime() - began >= 500, "%d", w.status);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    MUST(RUNNING_UNDER_TOOL || cpu.tv_sec * 1000 + cpu.tv_nsec / 1000000 < 300, "it does not sleep");
    waiter gone = {.size = 64, .timeout = K_FOREVER};
    start(&gone);
    pthread_cancel(gone.thread);
    MUST(join(&gone), "it was not cancelled");
    must_serve(&all);
}
