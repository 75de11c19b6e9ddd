/* SPDX-License-Identifier: MIT */
/** @file lib_def.h
 * The constants of Micrium uC/LIB that users of lib_mem.h need: truth values and error codes. If a project has uC/LIB's
 * lib_def.h on its search path, before this directory or behind it, this file is that one. */
#ifdef __has_include_next
#if __has_include_next(<lib_def.h>)
#define LFM_MICRIUM_OTHER_ 1
#endif
#endif

#ifdef LFM_MICRIUM_OTHER_
#undef LFM_MICRIUM_OTHER_
#pragma GCC system_header /* -Wpedantic takes the next line nowhere else */
#include_next <lib_def.h>
#elif !defined(LFMEM_COMPAT_MICRIUM_LIB_DEF_H)
#define LFMEM_COMPAT_MICRIUM_LIB_DEF_H

#include <cpu.h>
/* The width of a LIB_ERR, where that is known before sizes are: a lib_cfg.h that includes this one has none yet. */
#define LFM_MICRIUM_NO_SIZES_ 1
#include <lfm_micrium_config.h>
#undef LFM_MICRIUM_NO_SIZES_

/** The version of uC/LIB that has these, and the rest of lib_mem.h: 1.39.01. */
#define LIB_VERSION 13901u

#ifdef __cplusplus
#define DEF_NULL nullptr
#else
#define DEF_NULL 0
#endif

#define DEF_FALSE          0u
#define DEF_TRUE           1u
#define DEF_NO             0u
#define DEF_YES            1u
#define DEF_DISABLED       0u
#define DEF_ENABLED        1u
#define DEF_INACTIVE       0u
#define DEF_ACTIVE         1u
#define DEF_INVALID        0u
#define DEF_VALID          1u
#define DEF_OFF            0u
#define DEF_ON             1u
#define DEF_CLR            0u
#define DEF_SET            1u
#define DEF_FAIL           0u
#define DEF_OK             1u

/** Bits, and bits in a byte. */
#define DEF_BIT_NONE       0u
#define DEF_BIT(bit)       (1uL << (bit))
#define DEF_OCTET_NBR_BITS 8u
#define DEF_OCTET_MASK     0xFFu

/** These evaluate arguments twice, as uC/LIB's do. */
#define DEF_MIN(a, b)      (((a) < (b)) ? (a) : (b))
#define DEF_MAX(a, b)      (((a) > (b)) ? (a) : (b))
#define DEF_ABS(a)         (((a) < 0) ? (-(a)) : (a))

/** What a call of lib_mem.h says. Success is not 0. Those that lfmem never says are marked so. */
#if defined(LFM_MICRIUM_ERR_BYTES) && LFM_MICRIUM_ERR_BYTES == 2
#define LFM_MICRIUM_ERR_INT  short
#define LFM_MICRIUM_ERR_MODE HI
#else
#define LFM_MICRIUM_ERR_INT  int
#define LFM_MICRIUM_ERR_MODE SI
#endif
typedef enum lib_err
#ifdef __cplusplus
    : LFM_MICRIUM_ERR_INT
#endif
{
    LIB_ERR_NONE = 0, /**< never said */

    LIB_MEM_ERR_NONE = 10000,     /**< done */
    LIB_MEM_ERR_NULL_PTR = 10001, /**< a pointer is NULL that may not be */

    LIB_MEM_ERR_INVALID_MEM_SIZE = 10100,  /**< a size of 0 */
    LIB_MEM_ERR_INVALID_MEM_ALIGN = 10101, /**< an alignment or padding that is no power of two */

    LIB_MEM_ERR_INVALID_SEG_SIZE = 10110,    /**< a segment of no bytes, or over the end of the address space */
    LIB_MEM_ERR_INVALID_SEG_OVERLAP = 10111, /**< it has bytes in common with another segment */
    LIB_MEM_ERR_INVALID_SEG_EXISTS = 10112,  /**< there is a segment of these bytes, or this MEM_SEG is in use */

    LIB_MEM_ERR_INVALID_POOL = 10120, /**< this is no pool, or one of the other type */

    LIB_MEM_ERR_INVALID_BLK_NBR = 10130,          /**< a number of blocks that is out of range */
    LIB_MEM_ERR_INVALID_BLK_SIZE = 10131,         /**< a size of block that is out of range */
    LIB_MEM_ERR_INVALID_BLK_ALIGN = 10132,        /**< an alignment that is no power of two, or is out of range */
    LIB_MEM_ERR_INVALID_BLK_IX = 10133,           /**< never said */
    LIB_MEM_ERR_INVALID_BLK_ADDR = 10135,         /**< the address is not that of one of the pool's blocks */
    LIB_MEM_ERR_INVALID_BLK_ADDR_IN_POOL = 10136, /**< the block is free already */

    LIB_MEM_ERR_SEG_EMPTY = 10200,      /**< never said */
    LIB_MEM_ERR_SEG_OVF = 10201,        /**< the segment has no room */
    LIB_MEM_ERR_POOL_FULL = 10205,      /**< never said: a free too many is that of a block that is free */
    LIB_MEM_ERR_POOL_EMPTY = 10206,     /**< all blocks are taken, and there are as many as there may be */
    LIB_MEM_ERR_POOL_UNLIMITED = 10207, /**< the pool has no maximum */
    LIB_MEM_ERR_HEAP_EMPTY = 10210,     /**< never said */
    LIB_MEM_ERR_HEAP_OVF = 10211,       /**< the heap has no room, for links for example */
    LIB_MEM_ERR_HEAP_NOT_FOUND = 10215, /**< never said: the heap is always there */

    LIB_MEM_ERR_ADDR_OVF = 10300 /**< a total size that is larger than the address space */
}
#ifndef __cplusplus
__attribute__((mode(LFM_MICRIUM_ERR_MODE))) /* as wide as the library's, whatever -fshort-enums makes of others */
#endif
LIB_ERR;

#endif
