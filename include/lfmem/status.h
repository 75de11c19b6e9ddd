/* SPDX-License-Identifier: MIT */
/** @file status.h
 * What a call that can fail says. A call that does not return LFM_OK has changed nothing. */
#ifndef LFMEM_STATUS_H
#define LFMEM_STATUS_H

#include <lfmem/detail/annotations.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a call says. Each call names the causes of its own. */
typedef enum lfm_status LFM_OF_INT_ {
    LFM_OK = 0,
    LFM_EINVAL,      /**< a NULL or out-of-range argument, an alignment that is no power of two, a size of 0 */
    LFM_ENOMEM,      /**< not enough room, or a size that overflows */
    LFM_EFOREIGN,    /**< the pointer does not point into this allocator's blocks */
    LFM_EINTERIOR,   /**< it does, but not to the start of a block */
    LFM_EDOUBLEFREE, /**< the block is free already */
    LFM_ECORRUPT,    /**< a self-check found damage: something has written over the object's own memory */
    LFM_EMISMATCH,   /**< another build laid the object out, or its control block was copied or moved */
} LFM_INT_WIDE_ lfm_status;

/** A constant English text for @p status, without the full stop; "unknown status" for any other value.
 *
 * - Context: any.
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API const char *lfm_status_string(lfm_status status);

#ifdef __cplusplus
}
#endif

#endif
