/* SPDX-License-Identifier: MIT */
/* What the unit tests of the front-end of Micrium uC/LIB share. Each test runs in a process of its own, so it finds the
 * list of segments and the heap as they are at link time. */
#ifndef LFM_TEST_MICRIUM_H
#define LFM_TEST_MICRIUM_H

#include "support.h"
#include <lib_mem.h>

/* A call that sets `err` has to say this. */
#define SAYS(wanted) MUST(err == (wanted), "it says %d, not %d", (int)err, (int)(wanted))

enum {
    RAM = 4096
};

static _Alignas(4096) CPU_INT08U ram[RAM];

/* A segment on the ram. */
static inline void micrium_segment(MEM_SEG *seg, size_t bytes, size_t padding)
{
    LIB_ERR err;
    Mem_SegCreate("ram", seg, (CPU_ADDR)ram, bytes, padding, &err);
    SAYS(LIB_MEM_ERR_NONE);
}

/* The same in another list: what was there before is void. */
static inline void micrium_segment_anew(MEM_SEG *seg, size_t bytes, size_t padding)
{
    Mem_Init();
    micrium_segment(seg, bytes, padding);
}

static inline size_t micrium_used(MEM_SEG *seg)
{
    LIB_ERR err;
    MEM_SEG_INFO info;
    Mem_SegRemSizeGet(seg, 1, &info, &err);
    SAYS(LIB_MEM_ERR_NONE);
    return info.UsedSize;
}

#endif
