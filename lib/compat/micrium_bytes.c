/* SPDX-License-Identifier: MIT */
/* Bytes of memory, by the calls of Micrium uC/LIB: not lfmem's business, but its lib_mem.h has them, and programs use
 * them. */
#include "micrium.h"

void Mem_Clr(void *pmem, CPU_SIZE_T size)
{
    Mem_Set(pmem, 0, size);
}

void Mem_Set(void *pmem, CPU_INT08U data_val, CPU_SIZE_T size)
{
    if (pmem != NULL && size != 0) {
        memset(pmem, data_val, size);
    }
}

void Mem_Copy(void *pdest, const void *psrc, CPU_SIZE_T size)
{
    if (pdest != NULL && psrc != NULL && size != 0) {
        memcpy(pdest, psrc, size);
    }
}

/* There is no memmove() in a freestanding program. */
void Mem_Move(void *pdest, const void *psrc, CPU_SIZE_T size)
{
    CPU_INT08U *const to = pdest;
    const CPU_INT08U *const from = psrc;
    if (to == NULL || from == NULL || to == from) {
        return;
    }
    if ((uintptr_t)to - (uintptr_t)from >= size) { /* the start of what is written is not read later */
        for (size_t i = 0; i < size; i++) {
            to[i] = from[i];
        }
    } else {
        for (size_t i = size; i-- > 0;) {
            to[i] = from[i];
        }
    }
}

CPU_BOOLEAN Mem_Cmp(const void *p1_mem, const void *p2_mem, CPU_SIZE_T size)
{
    const CPU_INT08U *const a = p1_mem, *const b = p2_mem;
    if (size == 0) {
        return DEF_YES;
    }
    if (a == NULL || b == NULL) {
        return DEF_NO;
    }
    for (size_t i = 0; i < size; i++) {
        if (a[i] != b[i]) {
            return DEF_NO;
        }
    }
    return DEF_YES;
}
