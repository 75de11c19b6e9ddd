/* SPDX-License-Identifier: MIT */
/* Whether tools are told of blocks in this process. */
#include "hooks.h"
#include <lfmem/tools.h>

#if LFM_HOOK_TOOLS
/* A flag that is set before other contexts run. */
#define LFM_MO_TOOLS memory_order_relaxed

static _Atomic(uint32_t) lfm_tools_off;

void lfm_tools_hide(bool on)
{
    atomic_store_explicit(&lfm_tools_off, !on, LFM_MO_TOOLS);
}

bool lfm_tools_hides_(void)
{
    return atomic_load_explicit(&lfm_tools_off, LFM_MO_TOOLS) == 0;
}
#else
void lfm_tools_hide(bool on)
{
    (void)on;
}
#endif
