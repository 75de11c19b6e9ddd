/* SPDX-License-Identifier: MIT */
/* The shares of a dynamic pool's maximum on their own: a get that has taken one, and has not made the block yet. */
#ifndef LFM_TEST_DYNPOOL_SHARE_H
#define LFM_TEST_DYNPOOL_SHARE_H

#include <lfmem/dynpool.h>

bool share_take(const lfm_dynpool *pool); /* false: all are taken */
void share_give_back(const lfm_dynpool *pool);

#endif
