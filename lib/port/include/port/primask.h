/* SPDX-License-Identifier: MIT */
/* To mask the interrupts of the running core, for ports of Armv6-M: privileged mode only. */
#ifndef LFM_LIB_PORT_PRIMASK_H
#define LFM_LIB_PORT_PRIMASK_H

#include <stdint.h>

#if !defined(__ARM_ARCH_PROFILE) || __ARM_ARCH_PROFILE != 'M'
#error "this port is for Cortex-M"
#endif

/* Returns what has to be given back to lfm_port_unmask(): they nest. */
static inline uint32_t lfm_port_mask(void)
{
    uint32_t before;
    __asm__ volatile("mrs %0, primask" : "=r"(before));
    __asm__ volatile("cpsid i" : : : "memory");
    return before;
}

static inline void lfm_port_unmask(uint32_t before)
{
    __asm__ volatile("msr primask, %0" : : "r"(before) : "memory");
}

#endif
