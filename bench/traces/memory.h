/* SPDX-License-Identifier: MIT */
/* How much memory a trace takes. */
#ifndef LFM_BENCH_TRACES_MEMORY_H
#define LFM_BENCH_TRACES_MEMORY_H

#include "allocator.h"
#include "trace.h"

/* Bytes of storage, metadata included, in which a heap serves the whole trace in its order; found by bisection, to
 * within 1/256 of the trace's most live bytes. Somewhat less may do by chance: who packs tightly is not always right.
 */
size_t memory_smallest_arena(const trace *t, const lfm_heap_config *config);

/* Most bytes of such a heap that are in blocks at a time, in storage of so many bytes. */
size_t memory_used(const trace *t, const lfm_heap_config *config, size_t storage_bytes);

/* By how much this process grows while the trace is replayed and every byte of its blocks written to: the largest of
 * some sixty samples of its resident memory and the one where most bytes are live. Negative: cannot be told. */
double memory_resident(const trace *t, allocator *a);

/* The same in a process of its own: this program again, with --resident CONTESTANT TRACE ARENA. */
double memory_resident_elsewhere(const char *contestant, const char *path, double arena);

#endif
