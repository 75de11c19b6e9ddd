/* SPDX-License-Identifier: MIT */
/** @file os.h
 * What code for Mynewt includes: here, its memory pools. For programs without Mynewt's kernel. */
#ifndef LFMEM_COMPAT_MYNEWT_OS_OS_H
#define LFMEM_COMPAT_MYNEWT_OS_OS_H

#if __has_include("os/os_mbuf.h")
#error \
    "this project has Mynewt's kernel or NimBLE's porting layer, whose os/os.h this is not: name include/lfmem/compat/mynewt_kernel in place of include/lfmem/compat/mynewt"
#endif

#include "os/os_arch.h"
#include "os/os_error.h"

/** @p n rounded up to a multiple of @p align, a power of two. */
#ifndef OS_ALIGN
#define OS_ALIGN(n, align) ((((n) + ((align)-1)) / (align)) * (align))
#endif

#include "os/os_mempool.h"

#endif
