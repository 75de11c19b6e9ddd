/* SPDX-License-Identifier: MIT */
/* Stands for the cpu.h of a port of uC/CPU: types that are as wide as lfmem's, and others wherever C has two that are.
 */
#ifndef CPU_MODULE_PRESENT
#define CPU_MODULE_PRESENT

#include <cpu_def.h>

#include <cpu_cfg.h>

typedef void CPU_VOID;
typedef char CPU_CHAR;
typedef unsigned char CPU_BOOLEAN;
typedef unsigned char CPU_INT08U;
typedef unsigned short CPU_INT16U;
#if __SIZEOF_LONG__ == 4
typedef unsigned long CPU_INT32U;
typedef unsigned int CPU_ADDR;
#define CPU_CFG_ADDR_SIZE CPU_WORD_SIZE_32
#else
typedef unsigned int CPU_INT32U;
__extension__ typedef unsigned long long CPU_ADDR;
#define CPU_CFG_ADDR_SIZE CPU_WORD_SIZE_64
#endif
typedef CPU_ADDR CPU_DATA;
#define CPU_CFG_DATA_SIZE CPU_CFG_ADDR_SIZE
typedef CPU_DATA CPU_ALIGN;
typedef CPU_ADDR CPU_SIZE_T;

#ifndef CPU_CFG_ENDIAN_TYPE
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define CPU_CFG_ENDIAN_TYPE CPU_ENDIAN_TYPE_LITTLE
#else
#define CPU_CFG_ENDIAN_TYPE CPU_ENDIAN_TYPE_BIG
#endif
#endif

/* What no header of lfmem has. */
typedef unsigned int CPU_SR;
#define CPU_CRITICAL_ENTER()

#endif
