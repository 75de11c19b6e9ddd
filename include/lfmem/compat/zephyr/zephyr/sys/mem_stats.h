/* SPDX-License-Identifier: MIT */
/** @file zephyr/sys/mem_stats.h
 * sys/mem_stats.h as later versions of Zephyr call it. */
#ifndef LFMEM_COMPAT_ZEPHYR_ZEPHYR_SYS_MEM_STATS_H
#define LFMEM_COMPAT_ZEPHYR_ZEPHYR_SYS_MEM_STATS_H

#include "../../sys/mem_stats.h"

#endif
