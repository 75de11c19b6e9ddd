/* SPDX-License-Identifier: MIT */
/* The journal of a topic: its latest messages, one after another in a single block that grows with them. One context
 * writes it. Journals are what memory is spared for: one that finds no room gives back what it has. */
#ifndef LFM_EXAMPLE_JOURNAL_H
#define LFM_EXAMPLE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include <lfmem/heap.h>

/* All zero: empty. */
typedef struct journal {
    char *text; /* a block of the heap; NULL: none */
    size_t bytes;
    uint64_t hash; /* of what was written to it */
} journal;

/* Counts of what one context's journals did. */
typedef struct journal_counts {
    uint64_t in_place, moved; /* growth of a block */
    uint64_t cuts;            /* to the newer half, in place */
    uint64_t given_back;      /* for want of room */
    uint64_t failures;        /* calls of the heap that returned NULL for want of room */
    uint64_t written;         /* bytes */
    uint64_t left_out;        /* bytes, for want of room or because they are more than a journal may have */
    bool damaged;             /* a journal was not what had been written to it */
} journal_counts;

/* Appends a message. A journal that would have more than `most` bytes is cut first. */
void journal_append(journal *j, lfm_heap *heap, size_t most, const char *message, size_t bytes, journal_counts *counts);

/* Gives the block back. */
void journal_drop(journal *j, lfm_heap *heap, journal_counts *counts);

#endif
