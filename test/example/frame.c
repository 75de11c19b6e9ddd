/* SPDX-License-Identifier: MIT */
#include "frame.h"

#include <stddef.h>
#include <string.h>

enum { /* where things are, bytes */
    IP = 14,
    UDP = IP + 20,
    PAYLOAD = UDP + 8, /* a sequence number of 4 bytes, then the fill */
    FILL = PAYLOAD + 4,
    PORT_SERVER = 7, /* echo */
    PORT_CLIENT = 50000,
};

static uint16_t get16(const unsigned char *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const unsigned char *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void put16(unsigned char *at, uint32_t value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

static void put32(unsigned char *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

/* SplitMix64's finalizer: spreads the bits of a number. */
static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

uint32_t traffic_flow(const traffic *t, uint64_t n)
{
    return (uint32_t)(mix(mix(t->seed) + n) % FRAME_FLOWS);
}

static uint64_t frame_key(const traffic *t, uint32_t flow, uint32_t sequence, direction way)
{
    return mix(mix(t->seed + (unsigned)way) ^ ((uint64_t)flow << 32 | sequence));
}

frame traffic_frame(const traffic *t, uint32_t flow, uint32_t sequence)
{
    const uint64_t key = frame_key(t, flow, sequence, FRAME_REQUEST);
    const uint32_t more = (uint32_t)(key % (t->most_bytes - FRAME_MIN_BYTES + 1));
    return (frame){flow, sequence, FRAME_MIN_BYTES + more, key >> 62 == 0};
}

/* RFC 1071: the sum of 16-bit numbers, carries not added yet (they fit: a frame is short). */
static uint32_t sum16(uint32_t sum, const unsigned char *at, uint32_t bytes)
{
    for (; bytes >= 2; at += 2, bytes -= 2)
        sum += get16(at);
    return bytes == 1 ? sum + (uint32_t)(at[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static uint16_t ip_sum(const unsigned char *in)
{
    return fold(sum16(0, in + IP, UDP - IP));
}

/* With the pseudo header: addresses, protocol, length. */
static uint16_t udp_sum(const unsigned char *in, uint32_t bytes)
{
    const uint32_t pseudo = sum16(in[IP + 9] + (bytes - UDP), in + IP + 12, 8);
    return fold(sum16(pseudo, in + UDP, bytes - UDP));
}

/* Writes the fill, or compares it. Returns whether it is the same now. */
static bool fill(unsigned char *out, const unsigned char *in, uint32_t bytes, uint64_t key)
{
    for (uint32_t at = FILL; at < bytes; at += 8) {
        const uint64_t word = mix(key += at);
        const uint32_t n = bytes - at < 8 ? bytes - at : 8;
        if (out != NULL)
            memcpy(out + at, &word, n);
        else if (memcmp(in + at, &word, n) != 0)
            return false;
    }
    return true;
}

static void build_headers(const frame *f, direction way, unsigned char *out)
{
    static const unsigned char server[6] = {2, 0, 0, 0, 0, 1}, client[6] = {2, 0, 0, 0, 0, 2};
    const bool reply = way == FRAME_REPLY;
    const uint32_t client_ip = 0x0a000100 + f->flow, server_ip = 0x0a000001; /* 10.0.1.x, 10.0.0.1 */
    memset(out, 0, PAYLOAD);
    memcpy(out, reply ? client : server, 6);
    memcpy(out + 6, reply ? server : client, 6);
    put16(out + 12, 0x0800);

    put16(out + IP, 0x4500); /* version 4, 5 words of header */
    put16(out + IP + 2, f->bytes - IP);
    put16(out + IP + 4, f->sequence & 0xffff);
    put16(out + IP + 8, 64 << 8 | 17); /* time to live, UDP */
    put32(out + IP + 12, reply ? server_ip : client_ip);
    put32(out + IP + 16, reply ? client_ip : server_ip);

    put16(out + UDP, reply ? PORT_SERVER : PORT_CLIENT + f->flow);
    put16(out + UDP + 2, reply ? PORT_CLIENT + f->flow : PORT_SERVER);
    put16(out + UDP + 4, f->bytes - UDP);
}

void frame_build(const traffic *t, const frame *f, direction way, unsigned char *out)
{
    build_headers(f, way, out);
    put32(out + PAYLOAD, f->sequence);
    fill(out, NULL, f->bytes, frame_key(t, f->flow, f->sequence, way));
    put16(out + IP + 10, ip_sum(out) ^ 0xffffu);
    const uint16_t sum = udp_sum(out, f->bytes) ^ 0xffffu;
    put16(out + UDP + 6, sum != 0 ? sum : 0xffff); /* 0 would be: no checksum */
}

uint32_t frame_flow(const unsigned char *in)
{
    return (uint32_t)(get16(in + UDP) - PORT_CLIENT) % FRAME_FLOWS;
}

const char *frame_check(const traffic *t, const unsigned char *in, uint32_t bytes, direction way, frame *f)
{
    const bool reply = way == FRAME_REPLY;
    if (bytes < FRAME_MIN_BYTES || bytes > t->most_bytes)
        return "frame: length out of range";
    if (get16(in + 12) != 0x0800 || in[IP] != 0x45 || in[IP + 9] != 17)
        return "frame: not UDP in IPv4";
    if (get16(in + IP + 2) != bytes - IP || get16(in + UDP + 4) != bytes - UDP)
        return "frame: lengths in the headers";
    if (ip_sum(in) != 0xffff)
        return "frame: checksum of IP";
    if (get16(in + UDP + 6) == 0 || udp_sum(in, bytes) != 0xffff)
        return "frame: checksum of UDP";
    const uint32_t flow = get16(in + (reply ? UDP + 2 : UDP)) - (uint32_t)PORT_CLIENT;
    if (flow >= FRAME_FLOWS || get16(in + (reply ? UDP : UDP + 2)) != PORT_SERVER)
        return "frame: ports";
    *f = traffic_frame(t, flow, get32(in + PAYLOAD));
    if (f->bytes != bytes || !fill(NULL, in, bytes, frame_key(t, flow, f->sequence, way)))
        return "frame: not the one that was sent";
    return NULL;
}
