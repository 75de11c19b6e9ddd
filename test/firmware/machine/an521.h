/* SPDX-License-Identifier: MIT */
/* Port of lfmem for Arm's MPS2 image AN521: contexts are the two cores, told by CPU_IDENTITY, which reads differently
 * on each. A port for another machine with several cores looks like this (lib/README.md, "Ports"). */
#ifndef AN521_H
#define AN521_H

#include <stdint.h>

static inline uint32_t an521_core(void)
{
    return *(const volatile uint32_t *)(uintptr_t)0x5001F000;
}

#define LFM_PORT_CONTEXT() an521_core()

#endif
