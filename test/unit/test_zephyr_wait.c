/* SPDX-License-Identifier: MIT */
/* Zephyr's allocation that waits: how long, and until when. That no wake is lost is for the explorer; here a wait would
 * end all the same when it looks again by itself, so what is measured is that it does not take that long. */
#include "zephyr_pool.h"
#include <lfm_zephyr_port.h>
#include <pthread.h>

enum {
    SOON_MS = 60, /* less than a wait takes to look again, more than a thread takes to get going on a quiet machine */
    MOST = 600,   /* waits, where the machine is busy: a thread that gets going late proves nothing */
    LOST_MS = 60000, /* later than any machine is, however busy */
};

typedef struct waiter {
    pthread_t thread;
    size_t size;
    k_timeout_t timeout;
    int status;
    int64_t began, ended;
    struct k_mem_block block;
} waiter;

static void *wait_for_block(void *arg)
{
    waiter *const w = arg;
    w->began = lfm_zephyr_uptime();
    w->status = k_mem_pool_alloc(&pool, &w->block, w->size, w->timeout);
    w->ended = lfm_zephyr_uptime();
    return NULL;
}

static void start(waiter *w, size_t size, k_timeout_t timeout)
{
    *w = (waiter){.size = size, .timeout = timeout};
    MUST(pthread_create(&w->thread, NULL, wait_for_block, w) == 0, "no thread");
}

/* -EAGAIN, and not before the time. */
Test(zephyr_wait, times_out)
{
    struct k_mem_block all = take(256), block;
    for (int i = 0; i < 24; i++) { /* shorter and longer than a look, most not at the turn of a millisecond */
        const k_timeout_t ms = i < 20 ? 1 + i % 5 : 25 * (i - 15);
        struct timespec before, after;
        clock_gettime(CLOCK_MONOTONIC, &before);
        MUST(k_mem_pool_alloc(&pool, &block, 64, K_MSEC(ms)) == -EAGAIN && block.data == NULL, "%d ms", (int)ms);
        clock_gettime(CLOCK_MONOTONIC, &after);
        const int64_t took = (after.tv_sec - before.tv_sec) * INT64_C(1000000000) + after.tv_nsec - before.tv_nsec;
        MUST(took >= ms * INT64_C(1000000), "%d ms took %lld ns", (int)ms, (long long)took);
        MUST(took < LOST_MS * INT64_C(1000000), "%d ms took %lld ns", (int)ms, (long long)took);
    }
    const int64_t began = lfm_zephyr_uptime();
    MUST(k_mem_pool_alloc(&pool, &block, 64, K_NO_WAIT) == -ENOMEM, "no wait");
    MUST(lfm_zephyr_uptime() - began < LOST_MS, "no wait");
    k_mem_pool_free(&all);
    MUST(k_mem_pool_alloc(&pool, &block, 64, K_MSEC(1)) == 0, "there is room again");
    MUST(k_mem_pool_alloc(&pool, &block, 64, K_FOREVER) == 0, "there is room");
}

/* Wakes of others do not make a wait longer or shorter. */
Test(zephyr_wait, frees_that_do_not_help)
{
    struct k_mem_block small = take(64);
    waiter w;
    start(&w, 256, K_MSEC(150));
    for (int i = 0; i < 200; i++) {
        struct k_mem_block other = take(64);
        k_mem_pool_free(&other);
        sleep_ms(1);
    }
    pthread_join(w.thread, NULL);
    MUST(w.status == -EAGAIN && w.ended - w.began >= 150, "%d after %d ms", w.status, (int)(w.ended - w.began));
    MUST(w.ended - w.began < LOST_MS, "%d ms", (int)(w.ended - w.began));
    k_mem_pool_free(&small);
}

/* Five of ten, so that not each wait can have ended by looking again; on a busy machine, of some ten. */
Test(zephyr_wait, a_free_wakes)
{
    static const k_timeout_t timeouts[] = {K_FOREVER, K_SECONDS(60)};
    int soon = 0;
    for (int i = 0; soon < 5; i++) {
        MUST(i < MOST, "never did five of ten waits end when the block was freed");
        soon = i % 10 == 0 ? 0 : soon;
        struct k_mem_block all = take(256);
        waiter w;
        start(&w, 256, timeouts[i % 2]);
        sleep_ms(20);
        const int64_t freed = lfm_zephyr_uptime();
        k_mem_pool_free(&all);
        pthread_join(w.thread, NULL);
        MUST(w.status == 0 && w.block.data == all.data, "%d", w.status);
        soon += w.ended - freed < SOON_MS;
        k_mem_pool_free(&w.block);
    }
}

/* All who wait are told, and those for whom there is room get it. */
Test(zephyr_wait, several_wait)
{
    struct k_mem_block all = take(256);
    waiter waiters[5];
    for (size_t i = 0; i < LENGTH(waiters); i++) {
        start(&waiters[i], 64, K_SECONDS(60));
    }
    sleep_ms(20);
    k_mem_pool_free(&all);
    for (size_t left = LENGTH(waiters), turn = 0; left > 0;) {
        waiter *const w = &waiters[turn++ % LENGTH(waiters)];
        if (w->began != -1 && pthread_tryjoin_np(w->thread, NULL) == 0) {
            MUST(w->status == 0, "%d", w->status);
            k_mem_pool_free(&w->block);
            w->began = -1;
            left--;
        }
    }
    MUST(k_mem_pool_alloc(&pool, &all, 256, K_NO_WAIT) == 0, "all is free");
}

/* Each way in which memory comes back wakes. */
Test(zephyr_wait, k_free_and_realloc_wake)
{
    static const char *const ways[] = {"k_free", "k_realloc to less", "k_realloc to 0"};
    int soon[3] = {0};
    for (int i = 0; soon[0] == 0 || soon[1] == 0 || soon[2] == 0; i++) {
        MUST(i < MOST, "%s: no wait ended when memory came back", ways[soon[0] == 0 ? 0 : soon[1] == 0 ? 1 : 2]);
        void *const all = k_mem_pool_malloc(&pool, 256);
        MUST(all != NULL, "the pool is free");
        waiter w;
        start(&w, 64, K_SECONDS(60));
        sleep_ms(20);
        const int64_t freed = lfm_zephyr_uptime();
        if (i % 3 == 0) {
            k_free(all);
        } else {
            void *const rest = k_realloc(all, i % 3 == 1 ? 64 : 0);
            MUST(rest == (i % 3 == 1 ? all : NULL), "realloc");
        }
        pthread_join(w.thread, NULL);
        soon[i % 3] += w.ended - freed < SOON_MS;
        k_mem_pool_free(&w.block);
        if (i % 3 == 1) {
            k_free(all);
        }
    }
}

/* Real-time threads come first, the one of the highest priority before the others; nobody else is urgent. */
Test(zephyr_wait, priority_of_a_thread)
{
#ifdef SCHED_RESET_ON_FORK
    const int policies[] = {SCHED_FIFO, SCHED_RR, SCHED_FIFO | SCHED_RESET_ON_FORK, SCHED_RR | SCHED_RESET_ON_FORK};
#else
    const int policies[] = {SCHED_FIFO, SCHED_RR};
#endif
    MUST(lfm_zephyr_priority() == 0, "%d", lfm_zephyr_priority());
    for (size_t i = 0; i < LENGTH(policies); i++) {
        const struct sched_param param = {.sched_priority = 2 + (int)i};
        if (pthread_setschedparam(pthread_self(), policies[i], &param) == 0) { /* a right that few have */
            MUST(lfm_zephyr_priority() == -param.sched_priority, "%d", lfm_zephyr_priority());
        }
    }
}
