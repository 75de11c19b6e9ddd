/* SPDX-License-Identifier: MIT */
/** @file cpu.h
 * The types of Micrium uC/CPU that lib_mem.h needs, in terms of C11's. A project that has a port of uC/CPU uses that
 * one: lib_mem.h includes whichever <cpu.h> comes first. */
#ifndef LFMEM_COMPAT_MICRIUM_CPU_H
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

typedef CPU_DATA CPU_ALIGN;
typedef size_t CPU_SIZE_T;

#endif
