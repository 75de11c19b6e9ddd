/* SPDX-License-Identifier: MIT */
#include "dynpool_share.h"
#include "../../lib/dynpool_view.h"

bool share_take(const lfm_dynpool *pool)
{
    return lfm_dynpool_reserve(pool);
}

void share_give_back(const lfm_dynpool *pool)
{
    lfm_dynpool_give_back(pool);
}
