/* SPDX-License-Identifier: MIT */
/* The array of heaps that Zephyr's tools ask for. A program that does not has none. */
#include "zephyr.h"

typedef _Atomic(struct sys_heap *) lfm_sys_heap_place;

/* Filled from the first on, never emptied: so there is no ABA, and those before a NULL are all. */
static lfm_sys_heap_place lfm_sys_heaps[CONFIG_SYS_HEAP_ARRAY_SIZE];

_Static_assert(sizeof(lfm_sys_heap_place) == sizeof(struct sys_heap *), "callers see plain pointers");

int sys_heap_array_save(struct sys_heap *heap)
{
    for (size_t i = 0; heap != NULL && i < CONFIG_SYS_HEAP_ARRAY_SIZE; i++) {
        struct sys_heap *expected = NULL;
        /* releases the heap to contexts that find it; relaxed: a place that is taken tells nothing */
        if (atomic_compare_exchange_strong_explicit(&lfm_sys_heaps[i], &expected, heap, memory_order_release,
                                                    memory_order_relaxed)) {
            return 0;
        }
    }
    return -EINVAL;
}

int sys_heap_array_get(struct sys_heap ***heap)
{
    if (heap == NULL) {
        return -EINVAL;
    }
    int count = 0;
    /* acquires what came before the save */
    while (count < CONFIG_SYS_HEAP_ARRAY_SIZE &&
           atomic_load_explicit(&lfm_sys_heaps[count], memory_order_acquire) != NULL) {
        count++;
    }
    *heap = (struct sys_heap **)(void *)lfm_sys_heaps;
    return count;
}
