/* SPDX-License-Identifier: MIT */
/** @file zephyr/kernel.h
 * kernel.h as later versions of Zephyr call it. */
#ifndef LFMEM_COMPAT_ZEPHYR_ZEPHYR_KERNEL_H
#define LFMEM_COMPAT_ZEPHYR_ZEPHYR_KERNEL_H

#include "../kernel.h"

#endif
