/* SPDX-License-Identifier: MIT */
/* What a heap of Zephyr's looks like, in lines of text. */
#include "zephyr.h"

#if __STDC_HOSTED__ && (defined(__unix__) || defined(__APPLE__))
#define LFM_ZEPHYR_STDIO 1
#include <stdio.h>
#else
#define LFM_ZEPHYR_STDIO 0
#endif

/* Zephyr's, if the program has one. */
#pragma weak printk
void printk(const char *format, ...);

#if LFM_ZEPHYR_STDIO
#define LFM_ZEPHYR_PRINT(...) (printk != NULL ? printk(__VA_ARGS__) : (void)printf(__VA_ARGS__))
#else
#define LFM_ZEPHYR_PRINT(...) (printk != NULL ? printk(__VA_ARGS__) : (void)0)
#endif

static void lfm_sys_heap_line(void *block, size_t bytes, bool taken, void *arg)
{
    (void)arg;
    LFM_ZEPHYR_PRINT("%p %10lu %s\n", block, (unsigned long)bytes, taken ? "used" : "free");
}

void sys_heap_print_info(struct sys_heap *heap, bool dump_chunks)
{
    lfm_heap_stats_t stats;
    lfm_heap_stats(&heap->lfm, &stats);
    LFM_ZEPHYR_PRINT("heap at %p: %lu bytes in units of %lu, %lu used in %lu blocks, %lu free, at most %lu at once\n",
                     heap->heap, (unsigned long)stats.total, stats.total == 0 ? 0ul : 1ul << heap->lfm.unit_shift,
                     (unsigned long)stats.used, (unsigned long)stats.blocks, (unsigned long)stats.free,
                     (unsigned long)stats.largest_free);
    if (dump_chunks) {
        lfm_heap_visit(&heap->lfm, lfm_sys_heap_line, NULL);
    }
}
