/* SPDX-License-Identifier: MIT */
/* A text as messages, each of which belongs to a topic: the first letter in it. */
#ifndef LFM_EXAMPLE_TEXT_H
#define LFM_EXAMPLE_TEXT_H

#include <stddef.h>
#include <stdint.h>

enum {
    TEXT_TOPICS = 27, /* a to z; the last one: no letter */
};

typedef enum text_cut {
    TEXT_LINES,      /* each with its end */
    TEXT_PARAGRAPHS, /* each with the empty lines that follow it */
    TEXT_WHOLE,
} text_cut;

typedef struct text_source {
    const char *start;
    size_t bytes;
    text_cut cut;
} text_source;

/* What messages add up to, in any order. Two sums are equal only if the messages are, or by a chance of 2^-64. */
typedef struct tally {
    uint64_t messages, bytes, words;
    uint64_t hashes; /* modulo 2^64 */
} tally;

/* Bytes of the message that begins at `from`; 0: the text ends there. */
size_t text_next(const text_source *t, size_t from);

/* 0 ... TEXT_TOPICS - 1. */
unsigned text_topic(const char *message, size_t bytes);

/* FNV-1a. So that a text can be hashed in pieces, each call goes on from the last; the first one from TEXT_HASH. */
#define TEXT_HASH UINT64_C(0xcbf29ce484222325)
uint64_t text_hash(uint64_t hash, const char *piece, size_t bytes);

void tally_add(tally *sum, const char *message, size_t bytes);
void tally_sum(tally *sum, const tally *other);

#endif
