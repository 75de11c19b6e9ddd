/* SPDX-License-Identifier: MIT */
/* Stands for uC/LIB's lib_str.h. */
#ifndef LIB_STR_MODULE_PRESENT
#define LIB_STR_MODULE_PRESENT

#include <cpu.h>
#include <cpu_core.h>

#include <lib_def.h>

#include <lib_cfg.h>

#ifdef __cplusplus
extern "C" {
#endif
CPU_SIZE_T Str_Len(const CPU_CHAR *pstr);
#ifdef __cplusplus
}
#endif

#endif
