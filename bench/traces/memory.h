/* SPDX-License-Identifier: MIT */
/* How much memory a trace takes. */
#ifndef LFM_BENCH_TRACES_MEMORY_H
#define LFM_BENCH_TRACES_MEMORY_H

#include "allocator.h"
#include "trace.h"

/* Bytes of storage, metadata included, in which a heap serves the whole trace in its order. Bisection finds them, to
 * within 1/256 of the trace's most live bytes. By chance a smaller storage may do as well: whether one does is not
 * monotonic. */
size_t memory_smallest_arena(const trace *t, const lfm_heap_config *config);

/* Most bytes of such a heap that are in blocks at a time, in storage of so many bytes. */
size_t memory_used(const trace *t, const lfm_heap_config *config, size_t storage_bytes);

/* By how many bytes this process grows while the trace is replayed and every byte of its blocks is written to. Its
 * resident memory is sampled some sixty times, and where most bytes are live. Negative: not known. */
double memory_resident(const trace *t, allocator *a);

/* The same in a process of its own: this program again, with --resident CONTESTANT TRACE ARENA. */
double memory_resident_elsewhere(const char *contestant, const char *path, double arena);

#endif
