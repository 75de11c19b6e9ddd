/* SPDX-License-Identifier: MIT */
/* Whether tools are told of blocks in this process. */
#include "atomic.h"
#include "hooks.h"
#include <lfmem/tools.h>

#if LFM_HOOK_TOOLS
static _Atomic(uint32_t) lfm_tools_off;

void lfm_tools_hide(bool on)
{
    LFM_STORE(TOOLS, &lfm_tools_off, !on);
}

bool lfm_tools_hides_(void)
{
    return LFM_LOAD(TOOLS, &lfm_tools_off) == 0;
}
#else
void lfm_tools_hide(bool on)
{
    (void)on;
}
#endif
