/* SPDX-License-Identifier: MIT */
/** @file mynewt.h
 * What code for Mynewt includes: here, its memory pools, and the macro for the values of build options. */
#ifndef LFMEM_COMPAT_MYNEWT_OS_MYNEWT_H
#define LFMEM_COMPAT_MYNEWT_OS_MYNEWT_H

#include "os/os.h"

/** The value of a build option: MYNEWT_VAL(OS_MEMPOOL_GUARD). */
#ifndef MYNEWT_VAL
#define MYNEWT_VAL(name) MYNEWT_VAL_##name
#endif

#endif
