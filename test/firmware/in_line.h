/* SPDX-License-Identifier: MIT */
/* A program's own calls on a static pool, segment and dynamic pool, whose shapes are folded in
 * (lfmem/detail/pool_inline.h), and what it takes to be a function. */
#ifndef LFM_TEST_IN_LINE_H
#define LFM_TEST_IN_LINE_H

#include <lfmem/lfmem.h>

void *get_in_line(void);
lfm_status put_in_line(void *block);
void *alloc_in_line(size_t bytes);
void *dynpool_get_in_line(void);
lfm_status dynpool_put_in_line(void *block);

LFM_SEGMENT_DECLARE(in_line_ram);

#endif
