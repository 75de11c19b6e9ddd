/* SPDX-License-Identifier: MIT */
/** @file mynewt.h
 * What code for Mynewt includes: here, its memory pools, and the macro for the values of build options. */
#ifndef LFMEM_COMPAT_MYNEWT_OS_MYNEWT_H
#define LFMEM_COMPAT_MYNEWT_OS_MYNEWT_H

#include "os/os.h"

#endif
