/* SPDX-License-Identifier: MIT */
/* A message broker with one heap, from which messages of any length come, and journals that grow.
 *
 *     text --> publisher: takes a block for each message --- a lane for each pair ---> subscriber of its topic:
 *                                                                              checks it, appends it to the
 *                                                                              journal of the topic, frees it
 *
 * A publisher that finds no room either drops the message or waits: it asks all subscribers for what they can spare,
 * and tries again when they have answered. */
#ifndef LFM_EXAMPLE_BROKER_H
#define LFM_EXAMPLE_BROKER_H

#include "journal.h"
#include "text.h"

#define BROKER_MAX_THREADS 16u /* of each kind */

typedef struct broker_config {
    text_source text;
    uint64_t rounds;     /* how often the text is published */
    unsigned publishers; /* 1 ... BROKER_MAX_THREADS */
    unsigned subscribers;
    size_t heap_bytes, unit_bytes; /* of the heap: min_block */
    lfm_heap_fit fit;
    size_t journal_bytes;      /* most of a topic */
    bool drop;                 /* else wait */
    lfm_heap_visitor *picture; /* of the heap with all journals; NULL: none */
    void *picture_arg;
} broker_config;

typedef struct broker_result {
    tally delivered[TEXT_TOPICS]; /* arrived intact and in order */
    tally dropped[TEXT_TOPICS];   /* for want of room */
    uint64_t oversize;            /* messages among those for which the heap never has room */
    uint64_t waits;               /* of publishers, for room */
    uint64_t failures;            /* calls of the heap that returned NULL, by our count */
    journal_counts journals;
    size_t most_used;              /* bytes, as far as was seen in passing */
    size_t at_start;               /* bytes of the largest free block */
    lfm_heap_stats_t full, at_end; /* with all journals; with nothing taken */
    bool whole;                    /* at the end such a block could be taken */
    lfm_status check;              /* at the end */
    const char *fault;             /* the first thing that went wrong, NULL if nothing */
} broker_result;

/* Publishes everything; then all threads have ended and all memory is back. To be called once. Returns NULL, or why it
 * cannot be started. */
const char *broker_run(const broker_config *config, broker_result *result);

#endif
