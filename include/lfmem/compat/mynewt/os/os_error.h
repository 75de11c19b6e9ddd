/* SPDX-License-Identifier: MIT */
/** @file os_error.h
 * The status that functions of Mynewt's kernel return. Those on memory pools return the first five. */
#ifndef LFMEM_COMPAT_MYNEWT_OS_ERROR_H
#define LFMEM_COMPAT_MYNEWT_OS_ERROR_H

/** Zero is success. */
typedef enum os_error
#ifdef __cplusplus
    : int
#endif
{
    OS_OK = 0,
    OS_ENOMEM = 1,          /**< the front-end has no room for the pool's links, or in its list of pools */
    OS_EINVAL = 2,          /**< the guard behind a block was overwritten */
    OS_INVALID_PARM = 3,    /**< an argument that is none */
    OS_MEM_NOT_ALIGNED = 4, /**< a buffer that does not lie at a multiple of OS_ALIGNMENT */
    OS_BAD_MUTEX = 5,
    OS_TIMEOUT = 6,
    OS_ERR_IN_ISR = 7,
    OS_ERR_PRIV = 8,
    OS_NOT_STARTED = 9,
    OS_ENOENT = 10,
    OS_EBUSY = 11,
    OS_ERROR = 12,
}
#ifndef __cplusplus
__attribute__((mode(SI))) /* as wide as an int, whatever -fshort-enums makes of others */
#endif
os_error_t;

#endif
