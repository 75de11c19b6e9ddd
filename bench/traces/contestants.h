/* SPDX-License-Identifier: MIT */
/* What traces are replayed on: heaps of lfmem in each fit and with three sizes of units, the C library and three other
 * mallocs. There is a floor as well. It hands out addresses that a heap has chosen before, so its time is the replay's.
 */
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
    void **addresses;  /* of the floor: one for each allocation and reallocation */
    size_t next;       /* of them */
    allocator chooser; /* the heap that chose them */
} contestant;

enum {
    CONTESTANTS = 14
};

extern contestant contestants[CONTESTANTS];

/* Loads the peers; those that cannot be had get a reason. */
void contestants_load(void);
contestant *contestant_by_name(const char *name);

/* Makes a contestant ready for a trace; a heap gets so many bytes of storage. A replay frees all blocks in the end, so
 * the next one may follow; the floor is rewound before. */
void contestant_open(contestant *c, const trace *t, size_t bytes);
void contestant_rewind(contestant *c);
void contestant_close(contestant *c);

#endif
