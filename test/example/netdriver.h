/* SPDX-License-Identifier: MIT */
/* A network driver on two dynamic pools that share a segment: padded blocks for DMA, and descriptors.
 *
 *     frames ------> driver --> device writes --> driver --> worker checks --> frames
 *      (pool)         posts a block       hands it on with a descriptor         (pool)
 *                                                              |
 *                               frames <-- device reads <-- worker replies with a block and a descriptor of its own
 *
 * The contexts, each of which takes from the pools or puts back: the driver (on real hardware the device's interrupt
 * handler, or the poll that it starts), the workers (protocol threads), and the device's interrupt after sending. */
#ifndef LFM_EXAMPLE_NETDRIVER_H
#define LFM_EXAMPLE_NETDRIVER_H

#include "device.h"

#include <lfmem/dynpool.h>

#define NETDRIVER_MAX_WORKERS     DEVICE_MAX_QUEUES
#define NETDRIVER_MAX_DESCRIPTORS 4096u
#define NETDRIVER_MAX_BLOCKS      65534u /* as a maximum for a pool: fits words of any width */
#define NETDRIVER_RAM_BYTES       (512u << 10)

typedef struct netdriver_config {
    uint64_t frames;         /* that come from the wire */
    unsigned workers;        /* 1 ... NETDRIVER_MAX_WORKERS */
    size_t most_blocks;      /* of the frame pool, 1 and up; LFM_UNLIMITED: as many as the segment has room for */
    size_t most_descriptors; /* 1 ... NETDRIVER_MAX_DESCRIPTORS */
    traffic traffic;
    bool pause; /* flow control */
} netdriver_config;

/* Counts are in frames, unless they say something else. */
typedef struct netdriver_result {
    uint64_t sent, missed;            /* by the device: of all, and for want of a posted block */
    uint64_t dropped, dropped_bytes;  /* by the driver, for want of a descriptor */
    uint64_t delivered, bytes;        /* intact and in order, to the workers */
    uint64_t device_bytes;            /* received by the device */
    uint64_t asked, refused, replied; /* replies: wanted, not made for want of memory, made */
    uint64_t transmitted;             /* replies that the device has sent */
    uint64_t flows[FRAME_FLOWS];      /* delivered, per flow */
    const char *fault;                /* the first thing that went wrong, NULL if nothing */
    lfm_dynpool_stats_t blocks, descriptors;
    lfm_segment_stats_t ram, metadata;
    lfm_status check; /* of both pools */
} netdriver_result;

/* Receives all frames; then all threads have ended and all memory is back. To be called once. */
void netdriver_run(const netdriver_config *config, netdriver_result *result);

#endif
