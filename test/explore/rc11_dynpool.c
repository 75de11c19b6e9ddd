/* SPDX-License-Identifier: MIT */
/* Segment and dynamic pool under a weak memory model: see rc11.c.
 *
 * The library's memset and memcpy work by bytes, which GenMC does not mix with words: statics are zero anyway, and a
 * control block is copied as what it is. */
#include "rc11.h"

#include <lfmem/detail/port.h>
#include <lfmem/dynpool.h>

static void copy_segment(lfm_segment *to, const lfm_segment *from)
{
    to->base = from->base;
    to->bytes = from->bytes;
    to->origin = from->origin;
    to->state = from->state;
    to->padding_shift = from->padding_shift;
    to->type = from->type;
    to->layout = from->layout;
    atomic_init(&to->own.next, 0);
}

static void copy_dynpool(lfm_dynpool *to, const lfm_dynpool *from)
{
    atomic_init(&to->own.peak, 0);
    atomic_init(&to->own.created, 0);
    to->blocks = from->blocks;
    to->state = from->state;
    to->origin = from->origin;
    to->segment = from->segment;
    to->metadata = from->metadata;
    to->links = from->links;
    to->inverse = from->inverse;
    to->cells = from->cells;
    to->first = from->first;
    to->initial = from->initial;
    to->maximum = from->maximum;
    to->grow = from->grow;
    to->stride = from->stride;
    to->block_size = from->block_size;
    to->wide = from->wide;
    to->index_bits = from->index_bits;
    to->split_bits = from->split_bits;
    to->stride_shift = from->stride_shift;
    to->offset_shift = from->offset_shift;
    to->key_shift = from->key_shift;
    to->root_bits = from->root_bits;
    to->type = from->type;
    to->layout = from->layout;
}

#define memset(to, value, bytes) ((void)(to))
#define memcpy(to, from, bytes)  _Generic(to, lfm_segment * : copy_segment, lfm_dynpool * : copy_dynpool)(to, from)
#include "../../lib/dynpool.c"
#include "../../lib/dynpool_check.c"
#include "../../lib/dynpool_init.c"
#include "../../lib/segment.c"

#ifndef MAXIMUM
#define MAXIMUM LFM_UNLIMITED
#endif
#ifndef ROOM /* blocks */
#define ROOM 4
#endif

/* Keys of blocks that lie a record apart are even here: all records are in one tree. */
#define BLOCK 16
#define STEP  32
#define ROOTS 4

static _Alignas(64) unsigned char memory[ROOTS + 12 + ROOM * STEP];
static lfm_segment ram;
static lfm_dynpool pool;
static long contents[ROOM]; /* plain: written by a block's owner, so a missing order is a data race */
static void *first;

static unsigned long index_of(const void *block)
{
    return (unsigned long)((const unsigned char *)block - memory - 16) / STEP;
}

static void make(void)
{
    static const lfm_dynpool_config config = {.block_size = BLOCK, .align = BLOCK, .maximum = MAXIMUM, .grow = 1};
    assert(lfm_segment_init(&ram, memory, sizeof memory, 1) == LFM_OK);
    assert(lfm_dynpool_init(&pool, &ram, &config) == LFM_OK);
}

static void *take(long owner)
{
    void *block = lfm_dynpool_get(&pool);
    assert(block != NULL);
    contents[index_of(block)] = owner;
    return block;
}

static void give(void *block, long owner)
{
    assert(contents[index_of(block)] == owner);
    assert(lfm_dynpool_put(&pool, block) == LFM_OK);
}

static void *work(void *argument)
{
    const long me = (long)argument;
#if defined(LAST)
    /* Thread 1 takes room, puts a block, then takes the last room: there is always one or the other for thread 2 (D2).
     */
    if (me == 1) {
        (void)(lfm_segment_alloc(&ram, STEP - 8, BLOCK) != NULL);
        give(first, 0);
        (void)(lfm_segment_alloc(&ram, STEP - 8, BLOCK) != NULL);
    } else {
        take(me);
    }
#elif defined(SHARE)
    /* Thread 1 takes a share, finds the list empty, is interrupted by a put, and now takes the last share (D2). */
    if (me == 1) {
        lfm_dynpool_reserve(&pool);
        give(first, 0);
        lfm_dynpool_reserve(&pool);
    } else {
        take(me);
    }
#elif defined(STATS)
    if (me == 1) {
        give(take(me), me);
    } else {
        static lfm_dynpool_stats_t stats;
        lfm_dynpool_stats(&pool, &stats);
        assert(stats.created <= 1 && stats.free + stats.in_use == stats.created && stats.in_use <= 1);
    }
#elif defined(TWICE)
    /* Thread 1 fills both children of a record, of which thread 2 wants one. */
    if (me == 1) {
        take(me);
        take(me);
    } else {
        give(take(me), me);
    }
#else
    give(take(me), me);
#endif
    return NULL;
}

int main(void)
{
    pthread_t threads[2];
#ifdef DIRTY
    /* An earlier pool left its records in the memory. */
    make();
    for (int i = 0; i < ROOM; i++) {
        take(0);
    }
    atomic_store_explicit((_Atomic(uint32_t) *)(void *)memory, 0, memory_order_relaxed); /* both roots */
#endif
    make();
#if defined(LAST) || defined(SHARE) || defined(TWICE)
    first = take(0);
#endif
    for (long i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, work, (void *)(i + 1));
    }
    for (long i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
#if !defined(LAST) && !defined(SHARE) && !defined(TWICE)
    static lfm_dynpool_stats_t stats;
    lfm_dynpool_stats(&pool, &stats);
    assert(stats.free == stats.created && stats.created <= 2);
#endif
    return 0;
}
