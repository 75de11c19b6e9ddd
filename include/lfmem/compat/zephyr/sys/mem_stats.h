/* SPDX-License-Identifier: MIT */
/** @file sys/mem_stats.h
 * How full a heap is, as Zephyr's functions say it. */
#ifndef LFMEM_COMPAT_ZEPHYR_SYS_MEM_STATS_H
#define LFMEM_COMPAT_ZEPHYR_SYS_MEM_STATS_H

#include <stddef.h>

/* A project that has Zephyr's own file, which is the same, may take either. */
#ifndef ZEPHYR_INCLUDE_SYS_MEM_STATS_H_
#define ZEPHYR_INCLUDE_SYS_MEM_STATS_H_

/** Bytes of a heap. */
struct sys_memory_stats {
    size_t free_bytes;          /**< in no block */
    size_t allocated_bytes;     /**< in blocks */
    size_t max_allocated_bytes; /**< the most that have been in blocks at a time */
};

#endif

#endif
