/* SPDX-License-Identifier: MIT */
/* A waiter of Zephyr's threads on its own (lib/compat/zephyr_alloc.h): waits begin and end, and others read them. */
#ifndef LFM_TEST_ZEPHYR_REQUEST_ALONE_H
#define LFM_TEST_ZEPHYR_REQUEST_ALONE_H

#include <kernel.h>
#include <stdbool.h>
#include <stddef.h>

void request_reset(const lfm_heap *heap);

/* A wait for so many bytes at that alignment, from its begin to its end. */
void request_wait(size_t align, size_t size);

/* What a context that serves reads of a wait. False: nobody waits, or it ends or begins just then. */
bool request_read(size_t *align, size_t *size);

#endif
