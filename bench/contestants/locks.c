/* SPDX-License-Identifier: MIT */
/* A list of free blocks under a lock of POSIX threads. */
#include "../loops.h"
#include "adapter.h"
#include <pthread.h>

/* On a line of its own with what it guards. */
static _Alignas(128) struct {
    pthread_mutex_t lock;
    node *list;
} mutexed = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Alignas(128) struct {
    pthread_spinlock_t lock;
    node *list;
} spun;

static node *chain(node *blocks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        blocks[i].next = i + 1 < count ? &blocks[i + 1] : NULL;
    }
    return blocks;
}

static void mutex_make(size_t count, size_t unit)
{
    (void)unit;
    static node *blocks;
    mutexed.list = chain(blocks = remake(blocks, count * sizeof *blocks), count);
}

static inline void *mutex_get(worker *w)
{
    (void)w;
    pthread_mutex_lock(&mutexed.lock);
    node *const n = mutexed.list;
    if (n != NULL) {
        mutexed.list = n->next;
    }
    pthread_mutex_unlock(&mutexed.lock);
    return n;
}

static inline void mutex_put(worker *w, void *block)
{
    (void)w;
    node *const n = block;
    pthread_mutex_lock(&mutexed.lock);
    n->next = mutexed.list;
    mutexed.list = n;
    pthread_mutex_unlock(&mutexed.lock);
}

POOL_LOOPS(mutex)

const contestant contestant_mutex = {
    .name = "pthread mutex + list", .kind = LOCKED, .make = mutex_make, .loops = {POOL_LOOPS_OF(mutex)}};

static void spin_make(size_t count, size_t unit)
{
    (void)unit;
    static node *blocks;
    pthread_spin_init(&spun.lock, PTHREAD_PROCESS_PRIVATE);
    spun.list = chain(blocks = remake(blocks, count * sizeof *blocks), count);
}

static inline void *spin_get(worker *w)
{
    (void)w;
    pthread_spin_lock(&spun.lock);
    node *const n = spun.list;
    if (n != NULL) {
        spun.list = n->next;
    }
    pthread_spin_unlock(&spun.lock);
    return n;
}

static inline void spin_put(worker *w, void *block)
{
    (void)w;
    node *const n = block;
    pthread_spin_lock(&spun.lock);
    n->next = spun.list;
    spun.list = n;
    pthread_spin_unlock(&spun.lock);
}

POOL_LOOPS(spin)

const contestant contestant_spin = {
    .name = "pthread spinlock + list", .kind = LOCKED, .make = spin_make, .loops = {POOL_LOOPS_OF(spin)}};
