/* SPDX-License-Identifier: MIT */
/** @file lib_cfg.h
 * What a project configures Micrium uC/LIB by: here nothing, so that lib_mem.h tells how lfmem was built. If a project
 * has a lib_cfg.h on its search path, before this directory or behind it, this file is that one. */
#ifdef __has_include_next
#if __has_include_next(<lib_cfg.h>)
#define LFM_MICRIUM_OTHER_ 1
#endif
#endif

#ifdef LFM_MICRIUM_OTHER_
#undef LFM_MICRIUM_OTHER_
#pragma GCC system_header /* -Wpedantic takes the next line nowhere else */
#include_next <lib_cfg.h>
#endif
