/* SPDX-License-Identifier: MIT */
/* Stands for the lib_def.h of uC/LIB 1.39.00: errors that are as wide as the compiler makes them. */
#ifndef LIB_DEF_MODULE_PRESENT
#define LIB_DEF_MODULE_PRESENT

#define LIB_VERSION 13900u

#include <cpu_def.h>

#include <cpu.h>

#define DEF_NULL           0
#define DEF_NO             0u
#define DEF_YES            1u
#define DEF_DISABLED       0u
#define DEF_ENABLED        1u
#define DEF_OCTET_NBR_BITS 8u

typedef enum lib_err {
    LIB_ERR_NONE = 0u,
    LIB_MEM_ERR_NONE = 10000u,
    LIB_MEM_ERR_NULL_PTR = 10001u,
    LIB_MEM_ERR_INVALID_MEM_SIZE = 10100u,
    LIB_MEM_ERR_INVALID_MEM_ALIGN = 10101u,
    LIB_MEM_ERR_INVALID_SEG_SIZE = 10110u,
    LIB_MEM_ERR_INVALID_SEG_OVERLAP = 10111u,
    LIB_MEM_ERR_INVALID_SEG_EXISTS = 10112u,
    LIB_MEM_ERR_INVALID_POOL = 10120u,
    LIB_MEM_ERR_INVALID_BLK_NBR = 10130u,
    LIB_MEM_ERR_INVALID_BLK_SIZE = 10131u,
    LIB_MEM_ERR_INVALID_BLK_ALIGN = 10132u,
    LIB_MEM_ERR_INVALID_BLK_IX = 10133u,
    LIB_MEM_ERR_INVALID_BLK_ADDR = 10135u,
    LIB_MEM_ERR_INVALID_BLK_ADDR_IN_POOL = 10136u,
    LIB_MEM_ERR_SEG_EMPTY = 10200u,
    LIB_MEM_ERR_SEG_OVF = 10201u,
    LIB_MEM_ERR_POOL_FULL = 10205u,
    LIB_MEM_ERR_POOL_EMPTY = 10206u,
    LIB_MEM_ERR_POOL_UNLIMITED = 10207u,
    LIB_MEM_ERR_HEAP_EMPTY = 10210u,
    LIB_MEM_ERR_HEAP_OVF = 10211u,
    LIB_MEM_ERR_HEAP_NOT_FOUND = 10215u
} LIB_ERR;

/* What no header of lfmem has. */
#define DEF_BIT_07 0x80u

#endif
