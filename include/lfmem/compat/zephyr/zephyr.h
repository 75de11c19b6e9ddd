/* SPDX-License-Identifier: MIT */
/** @file zephyr.h
 * kernel.h as programs for Zephyr 1 and 2 include it. */
#ifndef LFMEM_COMPAT_ZEPHYR_ZEPHYR_H
#define LFMEM_COMPAT_ZEPHYR_ZEPHYR_H

#include "kernel.h"

#endif
