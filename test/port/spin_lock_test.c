/* SPDX-License-Identifier: MIT */
/* Operations of port/spin_lock.h over the model of a lock, by threads. Each has a word that it alone stores to,
 * while the others change the lowest bit of it. None of its stores may be lost in such a change. All add to two
 * counters. */
#define _POSIX_C_SOURCE 200809L
#include "atomic.h"
#include "check.h"
#include <pthread.h>

#define LFM_MO_LOOSE memory_order_relaxed
#define LFM_MO_BOTH  memory_order_acq_rel
#define LFM_MO_SEEN  memory_order_acquire
#define LFM_MO_TELL  memory_order_release

enum {
    THREADS = 4,
    ROUNDS = 2000
};

static _Atomic(uint32_t) words[THREADS], narrow;
static _Atomic(size_t) wide;

static void flip(_Atomic(uint32_t) *word)
{
    uint32_t seen = LFM_LOAD(SEEN, word);
    while (!LFM_CAS_WEAK(BOTH, SEEN, word, &seen, seen ^ 1)) {
    }
}

static void *work(void *arg)
{
    const size_t own = (size_t)((_Atomic(uint32_t) *)arg - words);
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        LFM_STORE(TELL, &words[own], i << 1);
        for (size_t other = (own + 1) % THREADS; other != own; other = (other + 1) % THREADS) {
            flip(&words[other]);
        }
        const uint32_t found = LFM_LOAD(SEEN, &words[own]);
        MUST(found >> 1 == i, "%u was stored, and %u is there", (unsigned)i, (unsigned)(found >> 1));
        LFM_FETCH_ADD(LOOSE, &narrow, 3);
        LFM_FETCH_ADD(LOOSE, &wide, SIZE_MAX / 2);
        LFM_FETCH_SUB(LOOSE, &narrow, 1u);
        LFM_FETCH_SUB(LOOSE, &wide, SIZE_MAX / 2 - 5);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        NEED(pthread_create(&threads[i], NULL, work, &words[i]) == 0, "no thread");
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    const uint32_t all = THREADS * ROUNDS;
    MUST(LFM_LOAD(SEEN, &narrow) == 2 * all, "%u of %u are counted", (unsigned)LFM_LOAD(SEEN, &narrow), 2 * all);
    MUST(LFM_LOAD(SEEN, &wide) == 5 * (size_t)all, "%zu of %zu are counted", LFM_LOAD(SEEN, &wide), 5 * (size_t)all);
    return 0;
}
