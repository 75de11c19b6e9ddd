/* SPDX-License-Identifier: MIT */
/* Buddies under a weak memory model: see rc11.c. Hints are left out, since nothing may depend on them: every search
 * begins at the first word.
 *
 *     -DDIRTY      all words have been in use before, so a large block must merge
 *     -DTWICE      small blocks are taken and freed twice
 *     -DTHREADS=3  two small, one large; else one small, one large
 *
 * There are as many units of level 1 as threads, so no call may fail. */
#include "rc11.h"

#undef atomic_compare_exchange_strong_explicit
#define atomic_compare_exchange_strong_explicit RC11_STRONG
#define RC11_STRONG(object, expected, desired, succeeded, failed)                                             \
    (__extension__({                                                                                          \
        __typeof__(*(expected)) wanted_ = *(expected);                                                        \
        const bool won =                                                                                      \
            __c11_atomic_compare_exchange_strong(object, &wanted_, desired, succeeded, memory_order_relaxed); \
        won || FAILED(object, expected, failed);                                                              \
    }))
#undef atomic_compare_exchange_weak_explicit
#define atomic_compare_exchange_weak_explicit RC11_STRONG

#include "../../lib/buddy.h"

#ifndef THREADS
#define THREADS 2
#endif
#define LARGES (THREADS)
#define UNITS  (LARGES * LFM_GROUP)

static _Atomic(lfm_word_) words[LARGES + 1];
static long contents[UNITS]; /* plain: written by a block's owner, so a missing order is a data race */
static lfm_heap object = {
    .top = 1,
    .slots = 1,
    .blocks = (unsigned char *)words,
    .origin = (unsigned char *)&object,
    .units = UNITS,
    .first = {0, LARGES},
};
static lfm_heap *heap = &object; /* GenMC wants no address of a global in what it assumes */

static long number_of(const lfm_spot *spot)
{
    return (long)lfm_spot_offset(heap, spot);
}

static long size_of(const lfm_spot *spot)
{
    return spot->level == 0 ? 1 : LFM_GROUP;
}

/* Takes a unit of a level; the last unit of it stands for all its contents. */
static bool take(unsigned level, long owner, lfm_spot *spot)
{
    lfm_request request;
    request.level = level;
    lfm_places_init(&request.places, 1, 0);
    if (!lfm_heap_take_again(heap, &request, 0, spot) && !lfm_heap_search(heap, &request, 0, spot)) {
        return false;
    }
    contents[number_of(spot)] = owner;
    contents[number_of(spot) + size_of(spot) - 1] = owner;
    return true;
}

static void give(const lfm_spot *taken, long owner)
{
    lfm_spot spot;
    lfm_word_ seen;
    assert(contents[number_of(taken)] == owner);
    assert(contents[number_of(taken) + size_of(taken) - 1] == owner);
    do {
        assert(lfm_heap_find(heap, lfm_spot_offset(heap, taken), &spot, &seen) == LFM_OK);
        assert(spot.level == taken->level && spot.n == 1);
    } while (!atomic_compare_exchange_weak_explicit(lfm_heap_word(heap, spot.level, spot.index), &seen,
                                                    lfm_group_release(seen, spot.unit, spot.n), LFM_MO_HEAP_RELEASE,
                                                    LFM_MO_HEAP_FAIL));
}

static void *work(void *argument)
{
    const long me = (long)argument;
    lfm_spot spot;
    if (me == 1) {
        assert(take(1, me, &spot));
        give(&spot, me);
        return NULL;
    }
#ifdef TWICE
    assert(take(0, me, &spot));
    give(&spot, me);
#endif
    assert(take(0, me, &spot));
    give(&spot, me);
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
#ifdef DIRTY
    for (int i = 0; i < LARGES; i++) {
        words[i] = lfm_group_anchor(0);
        words[LARGES] = lfm_group_part(words[LARGES], (unsigned)i);
    }
#endif
    for (long i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, work, (void *)(i + 1));
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (int i = 0; i < LARGES; i++) {
        assert(lfm_group_empty(words[i]));
    }
    assert(lfm_group_blocked(words[LARGES]) == 0);
    return 0;
}
