/* SPDX-License-Identifier: MIT */
/* Static pools whose gets and puts are in line (lfmem/detail/pool_inline.h): no call of the library. */
#ifndef LFM_TEST_POOL_IN_LINE_H
#define LFM_TEST_POOL_IN_LINE_H

#include <lfmem/pool.h>

/* The pool of so many blocks, 1 to 3, of 8 bytes, as if it were new; *first is its first block. */
const lfm_pool *in_line_pool(uint32_t blocks, unsigned char **first);

void *in_line_get(const lfm_pool *pool);
lfm_status in_line_put(const lfm_pool *pool, void *block);

#endif
