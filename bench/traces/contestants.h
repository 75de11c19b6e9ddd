/* SPDX-License-Identifier: MIT */
/* Whom traces are replayed on: heaps of lfmem in each fit and with three sizes of units, the C library, three others,
 * and a floor that hands out addresses which an allocator has chosen before: what is left then is the replay itself. */
#ifndef LFM_BENCH_TRACES_CONTESTANTS_H
#define LFM_BENCH_TRACES_CONTESTANTS_H

#include "allocator.h"
#include "trace.h"

typedef enum contestant_kind {
    CONTESTANT_HEAP,
    CONTESTANT_PEER,
    CONTESTANT_FLOOR
} contestant_kind;

typedef struct contestant {
    const char *name;
    contestant_kind kind;
    lfm_heap_config config;
    const char *library, *package; /* of a peer; NULL: the C library */
    const char *missing;           /* why it does not take part; NULL: it does */
    allocator allocator;
    void **placed; /* of the floor, one for each allocation and reallocation, and where it is */
    size_t next;
    allocator placer;
} contestant;

enum {
    CONTESTANTS = 14
};

extern contestant contestants[CONTESTANTS];

/* Loads the peers; those that cannot be had get a reason. */
void contestants_load(void);
contestant *contestant_by_name(const char *name);

/* Makes it ready for a trace; a heap gets so many bytes of storage. It lasts from replay to replay, as all blocks are
 * freed in the end; the floor has to be rewound. */
void contestant_open(contestant *c, const trace *t, size_t bytes);
void contestant_rewind(contestant *c);
void contestant_close(contestant *c);

#endif
