/* SPDX-License-Identifier: MIT */
/** @file os.h
 * What code for Mynewt includes: here, its memory pools. */
#ifndef LFMEM_COMPAT_MYNEWT_OS_OS_H
#define LFMEM_COMPAT_MYNEWT_OS_OS_H

#include "os/os_arch.h"
#include "os/os_error.h"
#include "os/os_mempool.h"

#endif
