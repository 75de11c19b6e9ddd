/* SPDX-License-Identifier: MIT */
/** @file cpu_core.h
 * What Micrium uC/CPU brings beside its ports and users of lib_mem.h need. If a project has uC/CPU's cpu_core.h on its
 * search path, before this directory or behind it, this file is that one. */
#ifdef __has_include_next
#if __has_include_next(<cpu_core.h>)
#define LFM_MICRIUM_OTHER_ 1
#endif
#endif

#ifdef LFM_MICRIUM_OTHER_
#undef LFM_MICRIUM_OTHER_
#pragma GCC system_header /* -Wpedantic takes the next line nowhere else */
#include_next <cpu_core.h>
#elif !defined(LFMEM_COMPAT_MICRIUM_CPU_CORE_H)
#define LFMEM_COMPAT_MICRIUM_CPU_CORE_H

#include <cpu.h>
#include <lib_def.h>

/** Ends the program by a trap of the processor. A project may define another one.
 * @param err_rtn_val  what the function that says it would return; empty if nothing */
#ifndef CPU_SW_EXCEPTION
#define CPU_SW_EXCEPTION(err_rtn_val) \
    do {                              \
        __builtin_trap();             \
    } while (0)
#endif

/** For what a function does not use. With a semicolon, as uC/CPU's. */
#ifdef __cplusplus
#define CPU_VAL_UNUSED(val) static_cast<void>(val);
#else
#define CPU_VAL_UNUSED(val) ((void)(val));
#endif
#define CPU_VAL_IGNORED(val) CPU_VAL_UNUSED(val)

#endif
