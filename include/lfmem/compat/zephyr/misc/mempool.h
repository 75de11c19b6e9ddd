/* SPDX-License-Identifier: MIT */
/** @file misc/mempool.h
 * sys/mempool.h as Zephyr 1 calls it. */
#ifndef LFMEM_COMPAT_ZEPHYR_MISC_MEMPOOL_H
#define LFMEM_COMPAT_ZEPHYR_MISC_MEMPOOL_H

#include "../sys/mempool.h"

#endif
