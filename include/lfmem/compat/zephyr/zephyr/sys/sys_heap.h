/* SPDX-License-Identifier: MIT */
/** @file zephyr/sys/sys_heap.h
 * sys/sys_heap.h as later versions of Zephyr call it. */
#ifndef LFMEM_COMPAT_ZEPHYR_ZEPHYR_SYS_SYS_HEAP_H
#define LFMEM_COMPAT_ZEPHYR_ZEPHYR_SYS_SYS_HEAP_H

#include "../../sys/sys_heap.h"

#endif
