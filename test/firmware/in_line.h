/* SPDX-License-Identifier: MIT */
/* A program's own get and put of a static pool, whose shape is folded in (lfmem/detail/pool_inline.h), and what it
 * takes to be a function. */
#ifndef LFM_TEST_IN_LINE_H
#define LFM_TEST_IN_LINE_H

#include <lfmem/pool.h>

void *get_in_line(void);
lfm_status put_in_line(void *block);

#endif
