/* SPDX-License-Identifier: MIT */
/** @file cpu.h
 * The types of Micrium uC/CPU that lib_mem.h needs, in terms of C11's. If a project has a port of uC/CPU on its search
 * path, before this directory or behind it, this file is that one. */
#ifdef __has_include_next
#if __has_include_next(<cpu.h>)
#define LFM_MICRIUM_OTHER_ 1
#endif
#endif

#ifdef LFM_MICRIUM_OTHER_
#undef LFM_MICRIUM_OTHER_
#pragma GCC system_header /* -Wpedantic takes the next line nowhere else */
#include_next <cpu.h>
#elif !defined(LFMEM_COMPAT_MICRIUM_CPU_H)
#define LFMEM_COMPAT_MICRIUM_CPU_H

#include <stddef.h>
#include <stdint.h>

typedef void CPU_VOID;
typedef char CPU_CHAR;
typedef unsigned char CPU_BOOLEAN;

typedef uint8_t CPU_INT08U;
typedef int8_t CPU_INT08S;
typedef uint16_t CPU_INT16U;
typedef int16_t CPU_INT16S;
typedef uint32_t CPU_INT32U;
typedef int32_t CPU_INT32S;
typedef uint64_t CPU_INT64U;
typedef int64_t CPU_INT64S;

typedef float CPU_FP32;
typedef double CPU_FP64;

typedef volatile CPU_INT08U CPU_REG08;
typedef volatile CPU_INT16U CPU_REG16;
typedef volatile CPU_INT32U CPU_REG32;
typedef volatile CPU_INT64U CPU_REG64;

typedef void (*CPU_FNCT_VOID)(void);
typedef void (*CPU_FNCT_PTR)(void *p_obj);

/** The version of uC/CPU that has these: 1.32.01. */
#define CPU_CORE_VERSION 13201u

/** Widths in bytes, for CPU_CFG_ADDR_SIZE and CPU_CFG_DATA_SIZE. */
#define CPU_WORD_SIZE_08 1u
#define CPU_WORD_SIZE_16 2u
#define CPU_WORD_SIZE_32 4u
#define CPU_WORD_SIZE_64 8u

/** An address, and a word: as wide as a pointer. */
typedef uintptr_t CPU_ADDR;
typedef uintptr_t CPU_DATA;
#if UINTPTR_MAX > UINT32_MAX
#define CPU_CFG_ADDR_SIZE CPU_WORD_SIZE_64
#define CPU_CFG_DATA_SIZE CPU_WORD_SIZE_64
#else
#define CPU_CFG_ADDR_SIZE CPU_WORD_SIZE_32
#define CPU_CFG_DATA_SIZE CPU_WORD_SIZE_32
#endif
#define CPU_CFG_DATA_SIZE_MAX  CPU_WORD_SIZE_64

/** The order of bytes, for CPU_CFG_ENDIAN_TYPE. */
#define CPU_ENDIAN_TYPE_NONE   0u
#define CPU_ENDIAN_TYPE_BIG    1u
#define CPU_ENDIAN_TYPE_LITTLE 2u
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define CPU_CFG_ENDIAN_TYPE CPU_ENDIAN_TYPE_BIG
#else
#define CPU_CFG_ENDIAN_TYPE CPU_ENDIAN_TYPE_LITTLE
#endif

typedef CPU_DATA CPU_ALIGN;
typedef size_t CPU_SIZE_T;

#endif
