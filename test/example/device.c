/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <string.h>
#include <time.h>

#define BURST    32u    /* frames that come at once if there is no flow control */
#define BURST_NS 50000L /* from one burst to the next */

static void bus_write(volatile unsigned char *block, const unsigned char *from, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        block[i] = from[i];
}

static void bus_read(const volatile unsigned char *block, unsigned char *to, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = block[i];
}

static void device_fault(device *d, const char *what)
{
    if (d->fault == NULL)
        d->fault = what;
}

static void send(device *d, descriptor *x)
{
    frame f;
    bus_read(x->block, d->fifo, dma_bytes(d->block_bytes));
    const char *problem = frame_check(&d->traffic, d->fifo, x->bytes, FRAME_REPLY, &f);
    d->transmitted(x);
    d->replies++;
    if (problem != NULL) {
        device_fault(d, problem);
        return;
    }
    if (f.sequence < d->next_reply[f.flow] || f.sequence >= d->next_request[f.flow] || !f.wants_reply)
        device_fault(d, "reply: twice, out of order or not asked for");
    d->next_reply[f.flow] = f.sequence + 1;
}

/* Sends all that is there. Returns whether more may come. */
static bool device_transmit(device *d)
{
    for (unsigned i = 0; i < d->queue_count; i++) {
        void *item;
        while (queue_try_pop(&d->transmit[i], &item)) {
            if (item == NULL)
                d->ended++;
            else
                send(d, item);
        }
    }
    return d->ended < d->queue_count;
}

/* The next frame comes from the wire, whether there is a block for it or not. */
static frame next_frame(device *d)
{
    const uint32_t flow = traffic_flow(&d->traffic, d->sent++);
    return traffic_frame(&d->traffic, flow, d->next_request[flow]++);
}

static void receive_into(device *d, device_entry *entry)
{
    const frame f = next_frame(d);
    frame_build(&d->traffic, &f, FRAME_REQUEST, d->fifo);
    bus_write(entry->block, d->fifo, dma_bytes(d->block_bytes)); /* behind the frame: what the last one left */
    entry->bytes = f.bytes;
    d->bytes += f.bytes;
    queue_push(&d->completed, entry);
    event_raise(d->interrupt);
}

/* Receives a frame. Returns whether to go on without waiting for the doorbell. */
static bool device_receive(device *d)
{
    void *entry;
    if (d->sent == d->frames) {
        if (!d->link_down)
            queue_push(&d->completed, NULL);
        d->link_down = true;
        event_raise(d->interrupt);
        return false;
    }
    if (queue_try_pop(&d->posted, &entry)) {
        d->link_up = true;
        receive_into(d, entry);
    } else if (d->pause || !d->link_up)
        return false;
    else {
        next_frame(d);
        d->missed++;
    }
    if (!d->pause && d->sent % BURST == 0)
        nanosleep(&(struct timespec){0, BURST_NS}, NULL);
    return true;
}

void *device_main(void *arg)
{
    device *d = arg;
    memset(d->fifo, 0xdd, sizeof d->fifo);
    while (device_transmit(d)) {
        if (!device_receive(d))
            event_wait(&d->doorbell);
    }
    return NULL;
}
