/* SPDX-License-Identifier: MIT */
/* Who owns a block: the pool; the driver; from its push to `posted` until its pop from `completed`, the device; then,
 * with a descriptor, a worker; from a push to `transmit` until `transmitted`, the device again. Who owns it last puts
 * it back, in its own context.
 *
 * Short of memory. Without a descriptor the driver drops the frame and posts its block again: the ring does not get
 * shorter. Without blocks the ring does, until somebody puts one (kick); meanwhile frames are missed. Without either a
 * worker does not reply. Nobody waits for memory but the driver, which waits for anything new.
 *
 * Queues. Never more under way than a queue has room for: of the receive ring by count (refill), of the others since
 * each item is a descriptor. A slot of a queue is written again only after its last reader is done, as in pipeline.c:
 * by then some entry or descriptor went round through it. */
#include "netdriver.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    INITIAL_BLOCKS = 8,
    INITIAL_DESCRIPTORS = 8,
    MOST_GROWN = NETDRIVER_RAM_BYTES / DMA_LINE + NETDRIVER_MAX_DESCRIPTORS,
};

LFM_SEGMENT_DEFINE(ram, NETDRIVER_RAM_BYTES, DMA_LINE); /* what both pools grow in */
LFM_SEGMENT_DEFINE(metadata, 2 * LFM_DYNPOOL_METADATA_BYTES(0, 0) + LFM_DYNPOOL_METADATA_BYTES(16, MOST_GROWN), 4);
static lfm_dynpool blocks;      /* for DMA */
static lfm_dynpool descriptors; /* never seen by the device's bus */

typedef struct worker {
    pthread_t thread;
    queue received; /* descriptor, from the driver; NULL: no more */
    queue *transmit;
    /* the worker's; read by others when it has ended */
    uint64_t delivered, bytes, asked, refused, replied;
    uint32_t next[FRAME_FLOWS]; /* least sequence number that can come */
    uint64_t flows[FRAME_FLOWS];
} worker;

static struct driver {
    const netdriver_config *config;
    size_t dma_bytes; /* of a block, whole lines */
    device device;
    event interrupt;
    worker workers[NETDRIVER_MAX_WORKERS];
    /* the driver context */
    device_entry ring[DEVICE_RING];
    unsigned posted, next; /* entries that the device has; entry to post next */
    uint64_t dropped, dropped_bytes;
    /* all contexts */
    atomic_bool starving;        /* the driver waits for a block */
    _Atomic(const char *) fault; /* the first */
} driver = {.interrupt = EVENT_INIT, .device.doorbell = EVENT_INIT};

static void fault(const char *what)
{
    const char *none = NULL;
    atomic_compare_exchange_strong(&driver.fault, &none, what);
}

/* Puts a block back, in any context, and wakes the driver if it waits for one. No block is slept past: driver and
 * putter both exchange `starving`. If the putter's comes first, the driver acquires the put with its own, and its
 * second get sees the block (refill); if it comes second, it sees that the driver waits. */
static void block_put(unsigned char *block)
{
    const lfm_status status = lfm_dynpool_put(&blocks, block);
    if (status != LFM_OK)
        fault(lfm_status_string(status));
    if (atomic_exchange_explicit(&driver.starving, false, memory_order_acq_rel))
        event_raise(&driver.interrupt); /* kick */
}

static void descriptor_put(descriptor *x)
{
    const lfm_status status = lfm_dynpool_put(&descriptors, x);
    if (status != LFM_OK)
        fault(lfm_status_string(status));
}

/* ---- workers ---- */

static const char *accept_frame(worker *w, const descriptor *x, frame *f)
{
    const char *problem = frame_check(&driver.config->traffic, x->block, x->bytes, FRAME_REQUEST, f);
    if (problem != NULL)
        return problem;
    if (f->sequence < w->next[f->flow])
        return "frame: twice or out of order";
    w->next[f->flow] = f->sequence + 1;
    w->flows[f->flow]++;
    w->delivered++;
    w->bytes += f->bytes;
    return NULL;
}

/* Sends a reply, if there is memory for one: a descriptor and a block, or neither. */
static void reply(worker *w, const frame *f)
{
    w->asked++;
    descriptor *x = lfm_dynpool_get(&descriptors);
    unsigned char *block = x != NULL ? lfm_dynpool_get(&blocks) : NULL;
    if (block == NULL) {
        if (x != NULL)
            descriptor_put(x);
        w->refused++;
        return;
    }
    frame_build(&driver.config->traffic, f, FRAME_REPLY, block);
    dma_clean(block, driver.dma_bytes); /* the device reads it next */
    *x = (descriptor){block, f->bytes};
    w->replied++;
    queue_push(w->transmit, x);
    event_raise(&driver.device.doorbell);
}

static void *worker_main(void *arg)
{
    worker *w = arg;
    descriptor *x;
    while ((x = queue_pop(&w->received)) != NULL) {
        frame f;
        const char *problem = accept_frame(w, x, &f);
        block_put(x->block); /* first, so that a single block can be the reply's as well */
        descriptor_put(x);
        if (problem != NULL)
            fault(problem);
        else if (f.wants_reply)
            reply(w, &f);
    }
    queue_push(w->transmit, NULL);
    event_raise(&driver.device.doorbell);
    return NULL;
}

/* ---- the interrupt after sending, in the context of the device ---- */

static void transmitted(descriptor *x)
{
    block_put(x->block);
    descriptor_put(x);
}

/* ---- driver ---- */

/* Gives a block to the device, for a frame. */
static void post(unsigned char *block)
{
    device_entry *entry = &driver.ring[driver.next++ % DEVICE_RING]; /* they come back in this order */
    dma_invalidate(block, driver.dma_bytes);                         /* the device writes it next */
    entry->block = block;
    driver.posted++;
    queue_push(&driver.device.posted, entry);
    event_raise(&driver.device.doorbell);
}

/* Posts as many blocks as the ring has room for and the pool has. */
static void refill(void)
{
    while (driver.posted < DEVICE_RING) {
        unsigned char *block = lfm_dynpool_get(&blocks);
        if (block == NULL) {
            atomic_exchange_explicit(&driver.starving, true, memory_order_acq_rel);
            block = lfm_dynpool_get(&blocks); /* one may have come back before it was said: see block_put */
        }
        if (block == NULL)
            return;
        post(block);
    }
}

/* Hands a frame to the worker of its flow. */
static void receive(const device_entry *entry)
{
    descriptor *x = lfm_dynpool_get(&descriptors);
    if (x == NULL) {
        driver.dropped++;
        driver.dropped_bytes += entry->bytes;
        post(entry->block);
        return;
    }
    *x = (descriptor){entry->block, entry->bytes};
    dma_invalidate(x->block, driver.dma_bytes); /* the processor reads it next */
    queue_push(&driver.workers[frame_flow(x->block) % driver.config->workers].received, x);
}

/* Takes all that the device has received. Returns whether more can come. */
static bool poll_device(void)
{
    void *item;
    while (queue_try_pop(&driver.device.completed, &item)) {
        if (item == NULL)
            return false;
        driver.posted--;
        receive(item);
        refill();
    }
    refill(); /* for blocks that came back since (kick) */
    return true;
}

static void *driver_main(void *unused)
{
    refill();
    while (poll_device())
        event_wait(&driver.interrupt);
    for (unsigned i = 0; i < driver.config->workers; i++)
        queue_push(&driver.workers[i].received, NULL);
    return unused;
}

/* ---- start and end ---- */

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "lfmem-netdriver: %s\n", what);
    exit(1);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void make_pools(const netdriver_config *c)
{
    const lfm_dynpool_config block_config = {
        .block_size = c->traffic.most_bytes,
        .align = 4,
        .initial = least(INITIAL_BLOCKS, c->most_blocks),
        .maximum = c->most_blocks,
        .grow = 1,
        .padded = true,
        .metadata = metadata,
    };
    const lfm_dynpool_config descriptor_config = {
        .block_size = sizeof(descriptor),
        .align = _Alignof(descriptor),
        .initial = least(INITIAL_DESCRIPTORS, c->most_descriptors),
        .maximum = c->most_descriptors,
        .metadata = metadata,
    };
    lfm_status status = lfm_dynpool_init(&blocks, ram, &block_config);
    if (status == LFM_OK)
        status = lfm_dynpool_init(&descriptors, ram, &descriptor_config);
    if (status != LFM_OK)
        give_up(lfm_status_string(status));
}

static void make_device(const netdriver_config *c)
{
    device *d = &driver.device;
    d->traffic = c->traffic;
    d->frames = c->frames;
    d->block_bytes = c->traffic.most_bytes;
    d->queue_count = c->workers;
    d->pause = c->pause;
    d->interrupt = &driver.interrupt;
    d->transmitted = transmitted;
    bool made = queue_init(&d->posted, DEVICE_RING) && queue_init(&d->completed, DEVICE_RING + 1);
    for (unsigned i = 0; i < c->workers && made; i++) {
        driver.workers[i].transmit = &d->transmit[i];
        made = queue_init(&d->transmit[i], NETDRIVER_MAX_DESCRIPTORS + 1) &&
               queue_init(&driver.workers[i].received, NETDRIVER_MAX_DESCRIPTORS + 1);
    }
    if (!made)
        give_up("not enough memory for queues");
}

static void run_threads(void)
{
    pthread_t device_thread, driver_thread;
    int error = pthread_create(&device_thread, NULL, device_main, &driver.device);
    for (unsigned i = 0; i < driver.config->workers && error == 0; i++)
        error = pthread_create(&driver.workers[i].thread, NULL, worker_main, &driver.workers[i]);
    if (error == 0)
        error = pthread_create(&driver_thread, NULL, driver_main, NULL);
    if (error != 0)
        give_up("cannot start a thread");
    pthread_join(driver_thread, NULL);
    for (unsigned i = 0; i < driver.config->workers; i++)
        pthread_join(driver.workers[i].thread, NULL);
    pthread_join(device_thread, NULL);
}

/* The device has stopped: takes the empty blocks from its ring. */
static void reclaim(void)
{
    void *item;
    while (queue_try_pop(&driver.device.posted, &item)) {
        block_put(((device_entry *)item)->block);
        driver.posted--;
    }
}

static void destroy_queues(void)
{
    queue_destroy(&driver.device.posted);
    queue_destroy(&driver.device.completed);
    for (unsigned i = 0; i < driver.config->workers; i++) {
        queue_destroy(&driver.device.transmit[i]);
        queue_destroy(&driver.workers[i].received);
    }
}

static void sum_up(netdriver_result *r)
{
    const device *d = &driver.device;
    *r = (netdriver_result){
        .sent = d->sent,
        .missed = d->missed,
        .dropped = driver.dropped,
        .dropped_bytes = driver.dropped_bytes,
        .device_bytes = d->bytes,
        .transmitted = d->replies,
        .fault = d->fault != NULL ? d->fault : atomic_load(&driver.fault),
    };
    for (unsigned i = 0; i < driver.config->workers; i++) {
        const worker *w = &driver.workers[i];
        r->delivered += w->delivered;
        r->bytes += w->bytes;
        r->asked += w->asked;
        r->refused += w->refused;
        r->replied += w->replied;
        for (unsigned flow = 0; flow < FRAME_FLOWS; flow++)
            r->flows[flow] += w->flows[flow];
    }
    lfm_dynpool_stats(&blocks, &r->blocks);
    lfm_dynpool_stats(&descriptors, &r->descriptors);
    lfm_segment_stats(ram, &r->ram);
    lfm_segment_stats(metadata, &r->metadata);
    r->check = lfm_dynpool_check(&blocks);
    if (r->check == LFM_OK)
        r->check = lfm_dynpool_check(&descriptors);
}

void netdriver_run(const netdriver_config *config, netdriver_result *result)
{
    driver.config = config;
    driver.dma_bytes = dma_bytes(config->traffic.most_bytes);
    make_pools(config);
    make_device(config);
    run_threads();
    reclaim();
    sum_up(result);
    destroy_queues();
}
