/* SPDX-License-Identifier: MIT */
/* Static pools whose gets and puts are in line (lfmem/detail/pool_inline.h): no call of the library. */
#ifndef LFM_TEST_IN_LINE_H
#define LFM_TEST_IN_LINE_H

#include <lfmem/pool.h>

/* The pool of so many blocks of so many bytes, as if it were new; *first is its first block. NULL: there is none. */
const lfm_pool *in_line_pool(uint32_t blocks, size_t bytes, unsigned char **first);

void *in_line_get(const lfm_pool *pool);
lfm_status in_line_put(const lfm_pool *pool, void *block);

/* All that changes of them: whole pages, which processes can map. */
void *in_line_memory(size_t *bytes);

/* Whether these calls are in line: in optimised builds without tools. */
bool in_line_is(void);

#endif
