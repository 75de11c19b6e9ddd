/* SPDX-License-Identifier: MIT */
/* A model of a network device: a thread in place of the hardware. It knows nothing of pools.
 *
 *     driver -- posted --> device: empty blocks, for frames that will come from the wire
 *     driver <- completed -- device: the same ring entries in the same order, with frames in their blocks
 *     worker -- transmit --> device: frames to send, a queue for each worker
 *
 * Its bus moves whole cache lines: it writes all lines of a block that it receives to, and reads all of one that it
 * sends. The wire is in it as well: clients whose frames it receives, and who check the replies. */
#ifndef LFM_EXAMPLE_DEVICE_H
#define LFM_EXAMPLE_DEVICE_H

#include "dma.h"
#include "event.h"
#include "frame.h"
#include "queue.h"

#define DEVICE_RING       64u /* entries of the receive ring */
#define DEVICE_MAX_QUEUES 16u

/* An entry of the receive ring. Whoever has it from a queue owns it and its block. */
typedef struct device_entry {
    unsigned char *block;
    uint32_t bytes; /* of the frame; written by the device */
} device_entry;

/* A frame on its way through the driver. */
typedef struct descriptor {
    unsigned char *block;
    uint32_t bytes; /* of the frame */
} descriptor;

typedef struct device {
    /* constant while it runs */
    traffic traffic;
    uint64_t frames;      /* that come from the wire */
    uint32_t block_bytes; /* of every block */
    unsigned queue_count; /* 1 ... DEVICE_MAX_QUEUES */
    bool pause;           /* flow control: the wire waits while the ring has no block, else frames are missed */
    event *interrupt;     /* raised for what is new in `completed` */
    void (*transmitted)(descriptor *d); /* the interrupt after a frame was sent */
    /* others -> device */
    event doorbell;                    /* raised for what is new in these queues */
    queue posted;                      /* device_entry */
    queue transmit[DEVICE_MAX_QUEUES]; /* descriptor; NULL: no more */
    /* device -> others */
    queue completed; /* device_entry; NULL: the link is down, no more */
    /* the device; read by others when it has ended */
    uint64_t sent, missed; /* frames: of all that came from the wire, and those that found the ring empty */
    uint64_t bytes;        /* of frames that were received into a block */
    uint64_t replies;      /* that were sent */
    const char *fault;     /* the first, NULL if none */
    uint32_t next_request[FRAME_FLOWS], next_reply[FRAME_FLOWS]; /* least sequence number that can come */
    unsigned ended;                                              /* transmit queues */
    bool link_up; /* since the driver has posted its first block; nothing comes from the wire before */
    bool link_down;
    unsigned char fifo[FRAME_MAX_BYTES + DMA_LINE];
} device;

/* The thread. The device must have been filled in to `completed`, the rest zeroed. Ends when `frames` have come and
 * each transmit queue has got its NULL. */
void *device_main(void *device);

#endif
