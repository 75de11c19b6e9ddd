/* SPDX-License-Identifier: MIT */
/* A run of blocks of one stride: from the address of a block to its number. */
#ifndef LFM_LIB_RUN_H
#define LFM_LIB_RUN_H

#include "port.h"
#include <lfmem/layout.h>

/* Constant. */
typedef struct lfm_run {
    unsigned char *first;
    size_t inverse; /* of the odd part of the stride */
    uint32_t stride, count;
    uint8_t stride_shift; /* trailing zero bits of the stride */
} lfm_run;

/* A multiple of the stride, divided by it exactly, gives its index; every other number gives one >= count, since
 * multiplying by an inverse and rotating map numbers one to one (Granlund and Montgomery, PLDI 1994, section 9). */
static inline bool lfm_run_index(const lfm_run *run, const void *block, uint32_t *index)
{
    const unsigned bits = sizeof(size_t) * 8;
    const size_t product = ((uintptr_t)block - (uintptr_t)run->first) * run->inverse;
    const size_t quotient = product >> run->stride_shift | product << ((bits - run->stride_shift) % bits);
    *index = (uint32_t)quotient;
    return quotient < run->count;
}

/* Tells whether an address is that of a byte in a block. */
static inline bool lfm_run_covers(const lfm_run *run, const void *p)
{
    return (uintptr_t)p - (uintptr_t)run->first < (size_t)run->stride * run->count;
}

#endif
