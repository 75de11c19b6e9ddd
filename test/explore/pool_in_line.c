/* SPDX-License-Identifier: MIT */
#include "pool_in_line.h"
#include <string.h>

#if LFM_WORD_BITS == 64 && !defined(__clang__) /* with 32-bit words, scenarios split counts, which are not in line */
/* A call that is left of them does not compile. */
void *lfm_pool_get_called_(const lfm_pool *pool) __attribute__((error("not in line")));
lfm_status lfm_pool_put_called_(const lfm_pool *pool, void *block) __attribute__((error("not in line")));
#endif

LFM_POOL_DEFINE(one, 1, 8, 8);
LFM_POOL_DEFINE(two, 2, 8, 8);
LFM_POOL_DEFINE(three, 3, 8, 8);

#define RENEW(name)                                        \
    memset(&name##_lfm_state, 0, sizeof name##_lfm_state); \
    memset(name##_lfm_storage, 0, sizeof name##_lfm_storage)

const lfm_pool *in_line_pool(uint32_t blocks, unsigned char **first)
{
    RENEW(one);
    RENEW(two);
    RENEW(three);
    *first = blocks == 1 ? one_lfm_storage : blocks == 2 ? two_lfm_storage : three_lfm_storage;
    return blocks == 1 ? one : blocks == 2 ? two : three;
}

void *in_line_get(const lfm_pool *pool)
{
    return pool == one ? lfm_pool_get(one) : pool == two ? lfm_pool_get(two) : lfm_pool_get(three);
}

lfm_status in_line_put(const lfm_pool *pool, void *block)
{
    return pool == one ? lfm_pool_put(one, block) : pool == two ? lfm_pool_put(two, block) : lfm_pool_put(three, block);
}
