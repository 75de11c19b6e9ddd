/* SPDX-License-Identifier: MIT */
/* The traffic of lfmem-netdriver: Ethernet frames with IPv4 and UDP in them, checksums included.
 *
 * Length and payload of a frame follow from the seed, its flow and its sequence number. So each end can tell whether
 * what arrives is what was sent: a frame whose checksums are right, but which is another one, shows as well. */
#ifndef LFM_EXAMPLE_FRAME_H
#define LFM_EXAMPLE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

enum {
    FRAME_FLOWS = 16,       /* a flow is a client's UDP port */
    FRAME_MIN_BYTES = 60,   /* lengths are those of frames without their FCS */
    FRAME_MAX_BYTES = 9014, /* jumbo: 9000 bytes of IP */
};

typedef enum direction {
    FRAME_REQUEST, /* from a client, through the device, to a worker */
    FRAME_REPLY,   /* back: same flow, sequence number and length */
} direction;

typedef struct traffic {
    uint64_t seed;
    uint32_t most_bytes; /* length of the longest frame, FRAME_MIN_BYTES ... FRAME_MAX_BYTES */
} traffic;

typedef struct frame {
    uint32_t flow;     /* 0 ... FRAME_FLOWS - 1 */
    uint32_t sequence; /* in its flow, from 0 on */
    uint32_t bytes;
    bool wants_reply;
} frame;

/* The flow of the frame that a client sends as its n-th. */
uint32_t traffic_flow(const traffic *t, uint64_t n);

/* The frame with this number in this flow. */
frame traffic_frame(const traffic *t, uint32_t flow, uint32_t sequence);

/* Writes the f->bytes bytes of a frame. */
void frame_build(const traffic *t, const frame *f, direction way, unsigned char *out);

/* The flow that a frame seems to be of: for spreading frames before anybody looks at them closely. */
uint32_t frame_flow(const unsigned char *in);

/* Takes a frame apart. Returns NULL and *f, or what is wrong with it. */
const char *frame_check(const traffic *t, const unsigned char *in, uint32_t bytes, direction way, frame *f);

#endif
