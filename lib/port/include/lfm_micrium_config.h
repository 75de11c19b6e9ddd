/* SPDX-License-Identifier: MIT */
/* The same as Meson makes of include/lfmem/compat/micrium/lfm_micrium_config.h.in, for builds that compile the
 * front-end of Micrium uC/LIB themselves. It is taken from the project's lib_cfg.h, which the library's sources have to
 * find, too. A LIB_ERR of the project's own lib_def.h is as wide as the compiler makes it, which no name tells the
 * linker. So all is to be compiled with -fshort-enums, or nothing. */
#if !defined(LFM_MICRIUM_CONFIG_H) && !defined(LFM_MICRIUM_NO_SIZES_)
#define LFM_MICRIUM_CONFIG_H

#include <lib_cfg.h>

/* Bytes of the heap. */
#ifdef LIB_MEM_CFG_HEAP_SIZE
#define LFM_MICRIUM_HEAP_SIZE (LIB_MEM_CFG_HEAP_SIZE)
#else
#define LFM_MICRIUM_HEAP_SIZE 28672u
#endif

/* Bytes to which hardware blocks on the heap are aligned and padded. */
#ifdef LIB_MEM_CFG_HEAP_PADDING_ALIGN
#define LFM_MICRIUM_HEAP_PADDING (LIB_MEM_CFG_HEAP_PADDING_ALIGN)
#else
#define LFM_MICRIUM_HEAP_PADDING 1u
#endif

/* Names that Mem_OutputUsage() tells apart; none if the project has no use for it. */
#ifndef LFM_MICRIUM_NAMES
#ifdef LIB_MEM_CFG_DBG_INFO_EN
#define LFM_MICRIUM_NAMES (LIB_MEM_CFG_DBG_INFO_EN == DEF_ENABLED ? 32 : 0)
#else
#define LFM_MICRIUM_NAMES 32
#endif
#endif

#endif
