/* SPDX-License-Identifier: MIT */
/* Pools that a header declares with their shape: no call of the library. */
#include "declared.h"

#if LFM_INLINES_ && !defined(__clang__)
/* A call that is left of them does not compile. */
void *lfm_pool_get_called_(const lfm_pool *pool) __attribute__((error("not in line")));
lfm_status lfm_pool_put_called_(const lfm_pool *pool, void *block) __attribute__((error("not in line")));
#endif

static void *get_c(void)
{
    return lfm_pool_get(c_shaped);
}

static void *get_cpp(void)
{
    return lfm_pool_get(cpp_shaped);
}

static lfm_status put_c(void *block)
{
    return lfm_pool_put(c_shaped, block);
}

static lfm_status put_cpp(void *block)
{
    return lfm_pool_put(cpp_shaped, block);
}

static record *take(void)
{
    return LFM_POOL_GET(cpp_shaped_records);
}

static lfm_status give(record *r)
{
    return LFM_POOL_PUT(cpp_shaped_records, r);
}

const shaped_use c_shaped_use = {
    {get_c, get_cpp}, {put_c, put_cpp}, take, give, {c_shaped, cpp_shaped, c_shaped_records, cpp_shaped_records}};
