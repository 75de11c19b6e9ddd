/* SPDX-License-Identifier: MIT */
/* The array of heaps that Zephyr's tools ask for. Only a program that calls these functions has it. */
#include "zephyr.h"

/* Releases the heap to contexts that find it; pairs with ARRAY_LOAD. */
#ifndef LFM_MO_ARRAY_CAS
#define LFM_MO_ARRAY_CAS memory_order_release
#endif
/* An entry that is taken: no other memory depends on it. */
#define LFM_MO_ARRAY_FAIL memory_order_relaxed
/* Acquires the heap; pairs with ARRAY_CAS. */
#ifndef LFM_MO_ARRAY_LOAD
#define LFM_MO_ARRAY_LOAD memory_order_acquire
#endif

typedef _Atomic(struct sys_heap *) lfm_sys_heap_entry;

/* Entries are filled from the first on, and never emptied. So there is no ABA, and all heaps come before the first
 * NULL. */
static lfm_sys_heap_entry lfm_sys_heaps[CONFIG_SYS_HEAP_ARRAY_SIZE];

_Static_assert(sizeof(lfm_sys_heap_entry) == sizeof(struct sys_heap *), "callers see plain pointers");

int sys_heap_array_save(struct sys_heap *heap)
{
    for (size_t i = 0; heap != NULL && i < CONFIG_SYS_HEAP_ARRAY_SIZE; i++) {
        struct sys_heap *expected = NULL;
        if (LFM_CAS(ARRAY_CAS, ARRAY_FAIL, &lfm_sys_heaps[i], &expected, heap)) {
            return 0;
        }
        LFM_ASSERT(expected != NULL);
    }
    return -EINVAL;
}

int sys_heap_array_get(struct sys_heap ***heap)
{
    if (heap == NULL) {
        return -EINVAL;
    }
    int count = 0;
    while (count < CONFIG_SYS_HEAP_ARRAY_SIZE && LFM_LOAD(ARRAY_LOAD, &lfm_sys_heaps[count]) != NULL) {
        count++;
    }
    LFM_ASSERT(count >= 0 && count <= CONFIG_SYS_HEAP_ARRAY_SIZE);
    *heap = (struct sys_heap **)(void *)lfm_sys_heaps;
    return count;
}
