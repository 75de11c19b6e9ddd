/* SPDX-License-Identifier: MIT */
/* A static segment, and a static dynamic pool on it, whose calls are in line (lfmem/detail/dynpool_inline.h). */
#ifndef LFM_TEST_DYNPOOL_IN_LINE_H
#define LFM_TEST_DYNPOOL_IN_LINE_H

#include <lfmem/dynpool.h>

/* As if both were new. The pool has 1 initial block of 16 bytes, at *first, and may create 2. The segment has 64 bytes,
 * from *memory on. *records is the segment of the pool's records. */
const lfm_dynpool *in_line_dynpool(unsigned char **first, const lfm_segment **segment, unsigned char **memory,
                                   const lfm_segment **records);

void *in_line_dynpool_get(void);
lfm_status in_line_dynpool_put(void *block);
void *in_line_alloc(size_t bytes, size_t align);

#endif
