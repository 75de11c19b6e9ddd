/* SPDX-License-Identifier: MIT */
/* A program to copy from: from a sensor to a radio, on two cores that share memory.
 *
 *     timer interrupt, core 0   reads the sensor: each 8 samples fill a block of a pool
 *     thread of core 0          packs such blocks, 1 to 4 at a time, into a message from a heap, as long as it needs
 *     thread of core 1          copies messages into frames from a padded dynamic pool, whose cache lines are theirs
 *                               alone, for the radio's DMA; a frame is given back when the radio has sent it
 *
 * Each memory is given back by another context than took it: blocks by the thread that the interrupt interrupted,
 * messages by the other core. Nothing is locked and no interrupt is switched off. If a memory is used up, its next
 * block comes later: the interrupt drops its samples and counts them; the others look again.
 *
 * Queues: one context puts, one takes. Places are free memory until `put` moves on (release), and read until `taken`
 * does. */
#include "check.h"
#include "machine.h"
#include <lfmem/lfmem.h>
#include <stdatomic.h>
#include <string.h>

enum {
    SAMPLES = 8,   /* in a block */
    BLOCKS = 6,    /* of samples */
    PACKED = 4,    /* most blocks in a message */
    FRAMES = 5,    /* most */
    QUEUE = 4,     /* places, a power of two */
    TOTAL = 20000, /* blocks until the end */
    PERIOD = 700,  /* of the sensor, in ticks */
    LINE = 32,     /* bytes of a cache line */
};

typedef struct samples {
    uint32_t first; /* number of the first sample */
    uint16_t values[SAMPLES];
} samples;

typedef struct message {
    uint32_t blocks;
    samples packed[]; /* as many */
} message;

typedef struct frame {
    uint32_t bytes, checksum;
    unsigned char payload[sizeof(message) + PACKED * sizeof(samples)];
} frame;

LFM_POOL_DEFINE_TYPE(sample_blocks, BLOCKS, samples);
LFM_HEAP_DEFINE_PEAK(messages, 1024, 16, LFM_FIT_TRIMMED);
LFM_SEGMENT_DEFINE(radio_memory, 2048, LINE);
static lfm_dynpool frames;

typedef struct queue {
    _Atomic(uint32_t) put, taken; /* so far */
    void *places[QUEUE];
} queue;

static bool queue_put(queue *q, void *item)
{
    const uint32_t put = atomic_load_explicit(&q->put, memory_order_relaxed); /* our own */
    if (put - atomic_load_explicit(&q->taken, memory_order_acquire) == QUEUE) {
        return false;
    }
    q->places[put % QUEUE] = item;
    atomic_store_explicit(&q->put, put + 1, memory_order_release);
    return true;
}

static void *queue_take(queue *q)
{
    const uint32_t taken = atomic_load_explicit(&q->taken, memory_order_relaxed); /* our own */
    if (atomic_load_explicit(&q->put, memory_order_acquire) == taken) {
        return NULL;
    }
    void *const item = q->places[taken % QUEUE];
    atomic_store_explicit(&q->taken, taken + 1, memory_order_release);
    return item;
}

static queue filled, packed;                    /* sample blocks; messages */
static _Atomic(uint32_t) sampled, dropped;      /* blocks so far; the interrupt's own */
static uint32_t sent, sent_frames, waits, last; /* core 1's own */
static _Atomic(uint32_t) is_over;               /* the last message is in the queue */

static uint16_t read_sensor(uint32_t number)
{
    return (uint16_t)(number * 40503u >> 4);
}

/* One more; for the context that alone writes the number. */
static void count(_Atomic(uint32_t) *number)
{
    const uint32_t now = atomic_load_explicit(number, memory_order_relaxed);
    atomic_store_explicit(number, now + 1, memory_order_relaxed);
}

static uint32_t count_of(const _Atomic(uint32_t) *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

static void sensor_interrupt(void)
{
    const uint32_t first = count_of(&sampled) * SAMPLES;
    samples *const block = lfm_pool_get(sample_blocks);
    count(&sampled);
    if (block == NULL) {
        count(&dropped);
        return;
    }
    block->first = first;
    for (unsigned i = 0; i < SAMPLES; i++) {
        block->values[i] = read_sensor(first + i);
    }
    if (!queue_put(&filled, block)) {
        count(&dropped);
        MUST(lfm_pool_put(sample_blocks, block) == LFM_OK, "interrupt");
    }
}

/* Core 0: up to so many blocks as there are now become a message. */
static void pack(void)
{
    samples *blocks[PACKED];
    uint32_t n = 0;
    while (n < PACKED && (blocks[n] = queue_take(&filled)) != NULL) {
        n++;
    }
    if (n == 0) {
        machine_relax();
        return;
    }
    message *m;
    while ((m = lfm_heap_alloc(messages, sizeof *m + n * sizeof *m->packed)) == NULL) {
        machine_relax(); /* the radio is slower: it gives some back */
    }
    m->blocks = n;
    for (uint32_t i = 0; i < n; i++) {
        memcpy(&m->packed[i], blocks[i], sizeof *blocks[i]);
        MUST(lfm_pool_put(sample_blocks, blocks[i]) == LFM_OK, "sample block");
    }
    while (!queue_put(&packed, m)) {
        machine_relax();
    }
}

/* The radio: takes what DMA would, and looks at it. */
static void radio_send(const frame *f)
{
    uint32_t checksum = 0;
    for (uint32_t i = 0; i < f->bytes; i++) {
        checksum += f->payload[i];
    }
    MUST(checksum == f->checksum, "frame %lu", (unsigned long)sent_frames);
    message head;
    memcpy(&head, f->payload, sizeof head);
    for (uint32_t i = 0; i < head.blocks; i++) {
        samples block;
        memcpy(&block, f->payload + sizeof head + i * sizeof block, sizeof block);
        MUST(block.first >= last, "samples %lu come after %lu", (unsigned long)block.first, (unsigned long)last);
        for (unsigned k = 0; k < SAMPLES; k++) {
            MUST(block.values[k] == read_sensor(block.first + k), "sample %lu", (unsigned long)block.first + k);
        }
        last = block.first + SAMPLES;
    }
    sent += head.blocks;
    sent_frames++;
}

/* Core 1: sends a message. A frame stays with the radio until some more have been sent. */
static void transmit(message *m, frame *at_radio[FRAMES - 1])
{
    frame *f;
    while ((f = lfm_dynpool_get(&frames)) == NULL) {
        waits++;
        machine_relax();
    }
    MUST((uintptr_t)f % LINE == 0, "%p is not a cache line's", (void *)f);
    f->bytes = (uint32_t)(sizeof *m + m->blocks * sizeof *m->packed);
    memcpy(f->payload, m, f->bytes);
    MUST(lfm_heap_free(messages, m) == LFM_OK, "message");
    f->checksum = 0;
    for (uint32_t i = 0; i < f->bytes; i++) {
        f->checksum += f->payload[i];
    }
    radio_send(f);
    frame **const place = &at_radio[sent_frames % (FRAMES - 1)];
    if (*place != NULL) {
        MUST(lfm_dynpool_put(&frames, *place) == LFM_OK, "frame");
    }
    *place = f;
}

static void core_body(unsigned core)
{
    if (core == 0) {
        machine_tick_start(PERIOD, sensor_interrupt);
        while (count_of(&sampled) < TOTAL) {
            pack();
        }
        machine_tick_stop();
        pack(); /* what the interrupt has left: no more than a queue */
        atomic_store_explicit(&is_over, 1, memory_order_release);
    } else if (core == 1) {
        frame *at_radio[FRAMES - 1] = {NULL};
        for (;;) {
            const bool last_look = atomic_load_explicit(&is_over, memory_order_acquire) != 0;
            message *const m = queue_take(&packed);
            if (m != NULL) {
                transmit(m, at_radio);
            } else if (last_look) {
                break;
            } else {
                machine_relax();
            }
        }
        for (unsigned i = 0; i < FRAMES - 1; i++) {
            MUST(at_radio[i] == NULL || lfm_dynpool_put(&frames, at_radio[i]) == LFM_OK, "frame");
        }
    }
}

int main(void)
{
    const lfm_dynpool_config config = {
        .block_size = sizeof(frame), .align = 4, .initial = 1, .maximum = FRAMES, .grow = 1, .padded = true};
    MUST(lfm_dynpool_init(&frames, radio_memory, &config) == LFM_OK, "frames");
    machine_run(core_body);

    lfm_pool_stats_t pool;
    lfm_heap_stats_t heap;
    lfm_dynpool_stats_t dynpool;
    lfm_pool_stats(sample_blocks, &pool);
    lfm_heap_stats(messages, &heap);
    lfm_dynpool_stats(&frames, &dynpool);
    printf("sensor: %lu blocks of %d samples, %lu dropped\n", (unsigned long)count_of(&sampled), SAMPLES,
           (unsigned long)count_of(&dropped));
    printf("radio:  %lu blocks in %lu frames, waited %lu times for a frame\n", (unsigned long)sent,
           (unsigned long)sent_frames, (unsigned long)waits);
    printf("blocks:   %zu of %zu free, never fewer than %zu\n", pool.free, pool.count, pool.min_free);
    printf("messages: %zu of %zu bytes used, never more than %zu\n", heap.used, heap.total, heap.peak);
    printf("frames:   %zu of at most %zu made, %zu used, never more than %zu\n", dynpool.created, dynpool.maximum,
           dynpool.in_use, dynpool.peak);
    MUST(pool.free == pool.count && heap.used == 0 && dynpool.in_use == 0, "not all is back");
    MUST(sent > 0 && sent + count_of(&dropped) == count_of(&sampled), "samples are missing");
    return 0;
}
