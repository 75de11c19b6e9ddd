/* SPDX-License-Identifier: MIT */
/* What FREERTOS_HEAP names so that the kernel's CMake target brings no heap: FreeRTOS 10 always takes one. The heap is the
 * target lfmem_freertos_heap. */
typedef int heap_is_elsewhere;
