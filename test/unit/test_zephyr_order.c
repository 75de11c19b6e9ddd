/* SPDX-License-Identifier: MIT */
/* In which order Zephyr's allocation serves threads that wait. The port is the test's: its clock stands unless a test
 * moves it, so nobody looks again by itself and a thread that is not told sleeps for ever. A test goes on when each
 * thread is done or asleep. There are four waiters. */
#define LFM_ZEPHYR_WAITERS 4
#include "../../lib/compat/zephyr_alloc.c"
#include "../../lib/compat/zephyr_k_heap.c"
#include "support.h"
#include <pthread.h>
#include <setjmp.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    UNIT = 64,
    ALL = 4 * UNIT,
    ROUNDS = 100,
    LOST_S = 120 /* far more than anything here takes */
};

K_MEM_POOL_DEFINE(pool, UNIT, ALL, 1, ALL);
__attribute__((aligned(ALL))) K_HEAP_DEFINE(heap, ALL);

typedef struct waiter {
    size_t align, size;
    int priority;
    k_timeout_t timeout;
    pthread_t thread;
    jmp_buf out;
    void *block;
    bool is_done, dies, is_gone; /* the last two: ends, or stops for good, where it sleeps */
    /* while it sleeps */
    const lfm_zephyr_word *word;
    uint32_t seen;
    int64_t until;
} waiter;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int64_t now = 1000;
static waiter *started[16];
static size_t n_started;
static void (*before_wake)(lfm_zephyr_word *word);
static _Thread_local waiter *me;

static bool sleeps(const waiter *w)
{
    return w->word != NULL && (w->is_gone || (atomic_load(w->word) == w->seen && now < w->until && !w->dies));
}

int64_t lfm_zephyr_uptime(void)
{
    pthread_mutex_lock(&mutex);
    const int64_t time = now;
    pthread_mutex_unlock(&mutex);
    return time;
}

int lfm_zephyr_priority(void)
{
    return me->priority;
}

void lfm_zephyr_wait(const lfm_zephyr_word *word, uint32_t seen, int64_t until)
{
    pthread_mutex_lock(&mutex);
    me->word = word;
    me->seen = seen;
    me->until = until;
    pthread_cond_broadcast(&changed);
    while (sleeps(me)) {
        pthread_cond_wait(&changed, &mutex);
    }
    me->word = NULL;
    pthread_mutex_unlock(&mutex);
    if (me->dies) {
        lfm_zephyr_abandon(word);
        longjmp(me->out, 1);
    }
}

void lfm_zephyr_wake(lfm_zephyr_word *word)
{
    if (before_wake != NULL) {
        before_wake(word);
    }
    pthread_mutex_lock(&mutex);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static void *is_through(void)
{
    pthread_mutex_lock(&mutex);
    me->is_done = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void *wait_for_block(void *arg)
{
    me = arg;
    if (setjmp(me->out) == 0) {
        me->block = lfm_zephyr_take(pool.heap, &pool.waits, me->align, me->size, me->timeout);
    }
    return is_through();
}

/* Until nothing moves any more. */
static void settle(void)
{
    pthread_mutex_lock(&mutex);
    for (size_t i = 0; i < n_started; i++) {
        while (!started[i]->is_done && !sleeps(started[i])) {
            pthread_cond_wait(&changed, &mutex);
            i = 0;
        }
    }
    pthread_mutex_unlock(&mutex);
}

static void start_with(waiter *w, void *(*run)(void *))
{
    w->timeout = w->timeout == 0 ? K_FOREVER : w->timeout;
    w->is_done = false;
    MUST(n_started < LENGTH(started), "too many threads");
    started[n_started++] = w;
    MUST(pthread_create(&w->thread, NULL, run, w) == 0, "no thread");
    settle();
}

static void start(waiter *w, size_t size, int priority)
{
    w->size = size;
    w->priority = priority;
    start_with(w, wait_for_block);
}

static void pass_time(int64_t ms)
{
    pthread_mutex_lock(&mutex);
    now += ms;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
    settle();
}

static void join_all(void)
{
    for (size_t i = 0; i < n_started; i++) {
        MUST(started[i]->is_done, "thread %zu still waits", i);
        pthread_join(started[i]->thread, NULL);
    }
    n_started = 0;
    MUST(atomic_load(&pool.waits) == 0, "somebody is counted who does not wait");
}

static void *take(size_t size)
{
    void *const block = lfm_zephyr_take(pool.heap, &pool.waits, 0, size, K_NO_WAIT);
    MUST(block != NULL, "%zu bytes", size);
    return block;
}

static void take_all(void *blocks[4])
{
    for (int i = 0; i < 4; i++) {
        blocks[i] = take(UNIT);
    }
}

static void give(void *block)
{
    MUST(lfm_heap_free(pool.heap, block) == LFM_OK, "free");
    lfm_zephyr_freed(pool.heap, &pool.waits);
    settle();
}

static void must_be_free(void)
{
    lfm_heap_stats_t stats;
    lfm_heap_stats(pool.heap, &stats);
    MUST(stats.used == 0 && lfm_heap_check(pool.heap) == LFM_OK, "%zu bytes are lost", stats.used);
}

/* Frees the same block again and again: each time the next thread gets it. */
static void must_be_served(waiter *waiters, const int *order, int n, void *block)
{
    for (int i = 0; i < n; i++) {
        give(block);
        for (int j = 0; j < n; j++) {
            bool was_before = false;
            for (int k = 0; k <= i; k++) {
                was_before |= order[k] == j;
            }
            MUST(waiters[j].is_done == was_before, "after %d frees, thread %d", i + 1, j);
        }
        MUST(waiters[order[i]].block == block, "another block");
    }
}

Test(zephyr_order, arrival)
{
    alarm(LOST_S);
    for (int round = 0; round < ROUNDS; round++) {
        waiter waiters[4] = {{0}};
        void *blocks[4];
        take_all(blocks);
        for (int i = 0; i < 4; i++) {
            start(&waiters[i], UNIT, 7);
        }
        must_be_served(waiters, (int[]){0, 1, 2, 3}, 4, blocks[round % 4]);
        join_all();
        for (int i = 0; i < 4; i++) {
            give(blocks[i]);
        }
        must_be_free();
    }
}

/* The least urgent thread comes first; of two that are as urgent, the one that has waited longer is served. */
Test(zephyr_order, priority)
{
    static const int priorities[4] = {5, -2, 3, -2}, order[4] = {1, 3, 2, 0};
    alarm(LOST_S);
    for (int round = 0; round < ROUNDS; round++) {
        waiter waiters[4] = {{0}};
        void *blocks[4];
        take_all(blocks);
        for (int i = 0; i < 4; i++) {
            start(&waiters[i], UNIT, priorities[i]);
        }
        must_be_served(waiters, order, 4, blocks[0]);
        join_all();
        for (int i = 0; i < 4; i++) {
            give(blocks[i]);
        }
    }
}

/* Tickets come round in the middle of the order. */
Test(zephyr_order, tickets_come_round)
{
    alarm(LOST_S);
    for (uint32_t before = 0; before < 5; before++) {
        waiter waiters[4] = {{0}};
        void *blocks[4];
        take_all(blocks);
        atomic_store(&lfm_zephyr_tickets, 0u - before);
        for (int i = 0; i < 4; i++) {
            start(&waiters[i], UNIT, 0);
        }
        must_be_served(waiters, (int[]){0, 1, 2, 3}, 4, blocks[0]);
        join_all();
        for (int i = 0; i < 4; i++) {
            give(blocks[i]);
        }
    }
}

/* A thread waits while tickets come round several times. */
Test(zephyr_order, stays_old)
{
    waiter old = {0}, young = {0};
    void *const all = take(ALL);
    alarm(LOST_S);
    start(&old, ALL, 0);
    for (int i = 0; i < 20; i++) {
        atomic_fetch_add(&lfm_zephyr_tickets, LFM_ZEPHYR_AGE_MAX - 1);
        pass_time(LFM_ZEPHYR_LOOK_MS);
    }
    start(&young, ALL, 0);
    give(all);
    MUST(old.is_done && !young.is_done, "the older one is served");
    give(all);
    join_all();
}

Test(zephyr_order, small_behind_large)
{
    waiter large = {0}, small = {0}, larger = {0};
    void *blocks[4];
    alarm(LOST_S);
    take_all(blocks);
    start(&large, ALL, 0);
    start(&small, UNIT, 1);
    start(&larger, ALL, 0);
    give(blocks[2]);
    MUST(small.is_done && small.block == blocks[2] && !large.is_done, "there is room for the small one");
    for (int i = 0; i < 4; i++) {
        MUST(!large.is_done && !larger.is_done, "%d blocks are still taken", 4 - i);
        give(blocks[i]);
    }
    MUST(large.is_done && !larger.is_done, "the first of two");
    give(large.block);
    join_all();
    give(larger.block);
    must_be_free();
}

/* A request that asks for less alignment is served though an earlier one has no room; one for as much is not. */
Test(zephyr_order, alignment)
{
    waiter first = {.align = ALL}, any = {0}, more = {.align = ALL};
    void *blocks[4];
    alarm(LOST_S);
    take_all(blocks);
    start(&first, UNIT, 0);
    start(&any, UNIT, 0);
    start(&more, 2 * UNIT, 0);
    void *aligned = NULL, *other = NULL;
    for (int i = 0; i < 4; i++) {
        if ((uintptr_t)blocks[i] % ALL == 0) {
            aligned = blocks[i];
        } else {
            other = blocks[i];
        }
    }
    give(other);
    MUST(any.is_done && any.block == other && !first.is_done && !more.is_done, "not aligned");
    give(aligned);
    MUST(first.is_done && first.block == aligned && !more.is_done, "aligned");
    for (int i = 0; i < 4; i++) {
        give(blocks[i]);
    }
    join_all();
    give(more.block);
    must_be_free();
}

/* What frees is stopped before it serves: a newcomer leaves the block to the one in front, and a call that does not
 * wait takes it. */
Test(zephyr_order, newcomer)
{
    waiter first = {0}, second = {0};
    void *blocks[4];
    alarm(LOST_S);
    take_all(blocks);
    start(&first, UNIT, 5);
    MUST(lfm_heap_free(pool.heap, blocks[0]) == LFM_OK, "free");
    MUST(take(UNIT) == blocks[0] && !first.is_done, "it does not wait");
    MUST(lfm_heap_free(pool.heap, blocks[0]) == LFM_OK, "free");
    start(&second, UNIT, 5);
    MUST(first.is_done && first.block == blocks[0] && !second.is_done, "it comes behind");
    give(blocks[1]);
    join_all();
}

/* One free makes room for several. */
Test(zephyr_order, one_free_serves_all)
{
    waiter waiters[4] = {{0}};
    void *const all = take(ALL);
    alarm(LOST_S);
    for (int i = 0; i < 4; i++) {
        start(&waiters[i], UNIT, 0);
    }
    give(all);
    join_all();
    for (int i = 0; i < 4; i++) {
        MUST(waiters[i].block != NULL, "thread %d", i);
        give(waiters[i].block);
    }
    must_be_free();
}

static void time_is_up(lfm_zephyr_word *word)
{
    (void)word;
    before_wake = NULL;
    pass_time(1000);
}

/* Between the hand-over and the wake the time is up: the block is the thread's. Without one, it gives its waiter up. */
Test(zephyr_order, timeout)
{
    waiter late = {.timeout = 50}, never = {.timeout = 50}, next = {0};
    void *const all = take(ALL);
    alarm(LOST_S);
    start(&late, ALL, 0);
    before_wake = time_is_up;
    give(all);
    MUST(late.is_done && late.block == all && before_wake == NULL, "a block that came in time");
    start(&never, ALL, 0);
    start(&next, ALL, 0);
    pass_time(50);
    MUST(!never.is_done, "its time is not up");
    pass_time(1);
    MUST(never.is_done && never.block == NULL && !next.is_done, "its time is up");
    give(all);
    join_all();
    give(next.block);
    must_be_free();
}

static waiter *dying;
static void dies_now(lfm_zephyr_word *word)
{
    (void)word;
    before_wake = NULL;
    dying->dies = true;
}

/* A thread ends where it sleeps: without a block, or with one that it cannot use. */
Test(zephyr_order, abandoned)
{
    waiter first = {0}, second = {0}, next = {0};
    void *const all = take(ALL);
    alarm(LOST_S);
    start(&first, ALL, 0);
    start(&second, ALL, 0);
    start(&next, ALL, 0);
    first.dies = true;
    pass_time(0);
    MUST(first.is_done && atomic_load(&pool.waits) == 2, "its waiter is free");
    dying = &second;
    before_wake = dies_now;
    give(all);
    MUST(second.is_done && second.block == NULL && next.is_done && next.block == all, "another one gets the block");
    join_all();
    give(all);
    must_be_free();
}

/* A thread that stops for good keeps its waiter and one block. */
Test(zephyr_order, killed)
{
    static waiter gone = {.is_gone = true}; /* its thread is still there when this test ends */
    waiter next = {0};
    void *blocks[4];
    alarm(LOST_S);
    take_all(blocks);
    start(&gone, UNIT, 0);
    start(&next, UNIT, 0);
    give(blocks[0]);
    MUST(!next.is_done, "that was not its own");
    give(blocks[1]);
    MUST(next.is_done && next.block == blocks[1] && atomic_load(&pool.waits) == 1, "others go on");
}

/* Threads without a waiter take one when they look and there is one. */
Test(zephyr_order, crowded)
{
    waiter waiters[6] = {{0}};
    void *const all = take(ALL);
    alarm(LOST_S);
    waiters[5].timeout = 20;
    for (int i = 0; i < 6; i++) {
        start(&waiters[i], ALL, -i);
    }
    MUST(waiters[3].until == now + LFM_ZEPHYR_LOOK_MS && waiters[4].until == now + LFM_ZEPHYR_CROWDED_MS,
         "looks again after %d and %d ms", (int)(waiters[3].until - now), (int)(waiters[4].until - now));
    pass_time(LFM_ZEPHYR_CROWDED_MS);
    MUST(waiters[4].word == &lfm_zephyr_no_waiter && atomic_load(&pool.waits) == LFM_ZEPHYR_WAITERS, "no waiter");
    give(all);
    MUST(waiters[3].is_done && waiters[3].block == all, "the most urgent one of those with a waiter");
    pass_time(LFM_ZEPHYR_CROWDED_MS);
    MUST((waiters[4].word != &lfm_zephyr_no_waiter) != (waiters[5].word != &lfm_zephyr_no_waiter), "one has a waiter");
    pass_time(20);
    MUST(waiters[5].is_done && waiters[5].block == NULL, "its time is up, whether it had a waiter or not");
    for (int i = 0; i < 4; i++) {
        pass_time(LFM_ZEPHYR_CROWDED_MS); /* the other one may have a waiter now */
        give(all);
    }
    join_all();
    give(all);
    must_be_free();
}

/* A child begins between the hand-over and the wake: nobody is there who would take the block. */
static void fork_now(lfm_zephyr_word *word)
{
    (void)word;
    before_wake = NULL;
    const pid_t child = fork();
    if (child == 0) {
        lfm_heap_stats_t stats;
        /* else the thread has woken by itself before the fork, and the block was its own */
        const bool was_given = (atomic_load(&lfm_zephyr_waiters[0].state) & LFM_WAITER_MASK) == LFM_WAITER_GIVEN;
        lfm_zephyr_forked();
        lfm_heap_stats(pool.heap, &stats);
        bool good = (stats.used == 0 || !was_given) && atomic_load(&pool.waits) == 0;
        for (size_t i = 0; i < LFM_ZEPHYR_WAITERS; i++) {
            good = good && (atomic_load(&lfm_zephyr_waiters[i].state) & LFM_WAITER_MASK) == LFM_WAITER_FREE;
        }
        _exit(good ? 0 : 1);
    }
    int status;
    MUST(child > 0 && waitpid(child, &status, 0) == child, "no child");
    MUST(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child ends with %#x", (unsigned)status);
}

Test(zephyr_order, forked)
{
    waiter first = {0}, second = {0};
    void *const all = take(ALL);
    alarm(LOST_S);
    start(&first, ALL, 0);
    start(&second, ALL, 0);
    before_wake = fork_now;
    give(all);
    MUST(first.is_done && before_wake == NULL, "the parent goes on");
    give(all);
    join_all();
    give(all);
    must_be_free();
}

/* A server that was stopped gives nothing to a later wait in the same waiter, also where sequences come round. */
Test(zephyr_order, sequences)
{
    static const uint32_t sequences[] = {0, 1, UINT32_MAX >> LFM_WAITER_SHIFT};
    alarm(LOST_S);
    for (size_t i = 0; i < LENGTH(sequences); i++) {
        waiter first = {.timeout = 10}, second = {0};
        void *const all = take(ALL);
        atomic_store(&lfm_zephyr_waiters[0].state, sequences[i] << LFM_WAITER_SHIFT);
        start(&first, ALL, 0);
        lfm_zephyr_request request;
        MUST(lfm_zephyr_read_request(&lfm_zephyr_waiters[0], pool.heap, atomic_load(&lfm_zephyr_tickets), &request),
             "it waits");
        pass_time(11);
        start(&second, ALL, 0);
        MUST(second.word == &lfm_zephyr_waiters[0].state && !lfm_zephyr_give(pool.heap, &request, all),
             "sequence %u is taken for the one before", (unsigned)sequences[i] + 1);
        give(all);
        join_all();
        give(second.block);
        must_be_free();
    }
}

static void *wait_for_more(void *arg)
{
    me = arg;
    me->block = k_heap_realloc(&heap, me->block, me->size, me->timeout);
    return is_through();
}

static void *wait_in_heap(void *arg)
{
    me = arg;
    me->block = k_heap_alloc(&heap, me->size, me->timeout);
    return is_through();
}

/* Memory that is free but was handed to nobody yet, as between the two steps of a free, belongs to the thread that
 * waits: a realloc that may wait does not take it in passing. */
Test(zephyr_order, realloc_comes_behind)
{
    alarm(LOST_S);
    for (int round = 0; round < ROUNDS; round++) {
        waiter first = {.size = 2 * UNIT, .timeout = K_FOREVER}, second = {.size = 2 * UNIT, .timeout = K_FOREVER};
        void *blocks[4];
        for (int i = 0; i < 4; i++) {
            blocks[i] = k_heap_alloc(&heap, UNIT, K_NO_WAIT);
            MUST(blocks[i] == kheap_heap + i * UNIT, "block %d", i);
        }
        second.block = blocks[0];
        start_with(&first, wait_in_heap);
        sys_heap_free(&heap.heap, blocks[2]);
        sys_heap_free(&heap.heap, blocks[3]);
        start_with(&second, wait_for_more);
        MUST(first.is_done && first.block == blocks[2], "it was there before");
        MUST(!second.is_done, "nothing is left");
        k_heap_free(&heap, first.block);
        settle();
        MUST(second.is_done && second.block == blocks[2], "it has moved");
        join_all();
        k_heap_free(&heap, second.block);
        k_heap_free(&heap, blocks[1]);
        MUST(sys_heap_validate(&heap.heap) && lfm_heap_used(&heap.heap.lfm) == 0, "a block is lost");
    }
}

/* A unit does not fit into a state there. */
Test(zephyr_order, too_many_units)
{
    lfm_heap vast = *pool.heap;
    vast.units = LFM_ZEPHYR_UNITS_MAX;
    vast.units += sizeof(size_t) > 4;
    MUST(sizeof(size_t) == 4 || lfm_zephyr_begin_wait(&vast, &pool.waits, 1, 1, 0) == NULL, "a waiter");
}
