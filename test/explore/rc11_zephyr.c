/* SPDX-License-Identifier: MIT */
/* A thread that waits for a block against one that frees one, under a weak memory model: see rc11.c. The sources are
 * those of Zephyr's front-end, over the words of a heap in which one unit is all there will ever be to have. A thread
 * that sleeps has been given it, and woken; the block is given once.
 *
 *     -DLARGE  waits for all units of a word, of which that one is the last
 */
#include "rc11.h"

#define LFM_ZEPHYR_WAITERS 1
#include "../../lib/compat/zephyr.c"
#include "../../lib/compat/zephyr_alloc.c"
#include "../../lib/heap_search.h"

#define WORDS 2

static _Atomic(lfm_word_) words[WORDS + 1];
static lfm_heap object = {
    .top_level = 1,
    .blocks = (unsigned char *)words,
    .words = (unsigned char *)words,
    .origin = &object,
    .state = &object.own,
    .units = WORDS * LFM_WORD_UNITS,
    .hints = sizeof words,
    .first = {0, WORDS},
};
static struct k_mem_pool pool = {.max_size = SIZE_MAX};
static bool slept, woken, got; /* each by one thread */

/* The unit of which all is about; the heap's others are taken for good, or if all of its word are wanted, free. */
static lfm_location last;

void *lfm_heap_alloc(const lfm_heap *heap, size_t bytes)
{
    return lfm_heap_alloc_aligned(heap, 1, bytes);
}

void *lfm_heap_alloc_aligned(const lfm_heap *heap, size_t align, size_t bytes)
{
    (void)align;
    lfm_request request;
    lfm_location location;
    lfm_request_init(&request, bytes == 1 ? 0 : 1, 1, 0);
    return lfm_heap_search(heap, &request, 0, &location) ? lfm_heap_units(heap) : NULL;
}

lfm_status lfm_heap_free(const lfm_heap *heap, void *block)
{
    _Atomic(lfm_word_) *const word = lfm_heap_word_at(heap, last.level, last.index);
    lfm_word_ seen = LFM_LOAD(HEAP_LOAD, word);
    (void)block;
    while (!LFM_CAS_WEAK(HEAP_RELEASE, HEAP_FAIL, word, &seen, lfm_heap_word_free(seen, last.unit))) {
    }
    return LFM_OK;
}

size_t lfm_heap_usable_size(const lfm_heap *heap, const void *block)
{
    (void)heap, (void)block;
    return 0;
}

int lfm_zephyr_priority(void)
{
    return 0;
}

int64_t lfm_zephyr_uptime(void)
{
    return 0;
}

/* The system looks at the word once more, and has its own order with the wake. A thread that sleeps stays there. */
void lfm_zephyr_wait(const lfm_zephyr_word *word, uint32_t seen, int64_t until)
{
    (void)until;
    slept = atomic_load_explicit(word, memory_order_relaxed) == seen;
    if (slept) {
        pthread_exit(NULL);
    }
}

void lfm_zephyr_wake(lfm_zephyr_word *word)
{
    (void)word;
    woken = true;
}

static void *wait_for_it(void *argument)
{
    struct k_mem_block block;
    (void)argument;
#ifdef LARGE
    got = k_mem_pool_alloc(&pool, &block, 2, K_FOREVER) == 0;
#else
    got = k_mem_pool_alloc(&pool, &block, 1, K_FOREVER) == 0;
#endif
    return NULL;
}

static void *free_it(void *argument)
{
    struct k_mem_block block = {&pool, {&pool, &pool}};
    (void)argument;
    k_mem_pool_free(&block);
    return NULL;
}

int main(void)
{
    pthread_t threads[2];
    pool.heap = &object;
    lfm_location_set(&last, 0, WORDS - 1, 0, 1);
    for (unsigned i = 0; i < WORDS; i++) {
        lfm_word_ word = lfm_heap_word_take(lfm_heap_word_publish(0), 0, 1);
#ifdef LARGE
        word = i < WORDS - 1 ? lfm_heap_word_take(word, 1, 1) : word;
#else
        word = lfm_heap_word_take(word, 1, LFM_WORD_UNITS - 1);
#endif
        words[i] = word;
        words[WORDS] = lfm_heap_word_split(words[WORDS], i);
    }
    pthread_create(&threads[0], NULL, wait_for_it, NULL);
    pthread_create(&threads[1], NULL, free_it, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    assert(got || slept);
    assert(!slept || woken);
    return 0;
}
