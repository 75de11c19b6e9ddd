/* SPDX-License-Identifier: MIT */
/* The same as Meson makes of include/lfmem/compat/zephyr/lfm_zephyr_config.h.in, for builds that compile the front-end
 * of Zephyr themselves. What is to differ is set by -D, for the library and for what uses it. */
#ifndef LFM_ZEPHYR_CONFIG_H
#define LFM_ZEPHYR_CONFIG_H

/* Bytes of the heap of k_malloc(). A build without one leaves zephyr_heap.c out. */
#ifndef CONFIG_HEAP_MEM_POOL_SIZE
#define CONFIG_HEAP_MEM_POOL_SIZE 16384
#endif

/* Bytes of its smallest block. */
#ifndef CONFIG_HEAP_MEM_POOL_MIN_SIZE
#define CONFIG_HEAP_MEM_POOL_MIN_SIZE 64
#endif

/* Threads that can wait in order at the same time, for all pools and heaps together. */
#ifndef LFM_ZEPHYR_WAITERS
#define LFM_ZEPHYR_WAITERS 8
#endif

#endif
