/* SPDX-License-Identifier: MIT */
/* Port for RISC-V without an operating system: contexts are harts. Reading that register needs machine mode. Choose it
 * with -Dport=port/mhartid.h. */
#ifndef LFM_LIB_PORT_MHARTID_H
#define LFM_LIB_PORT_MHARTID_H

#include <stdint.h>

static inline uintptr_t lfm_port_hart(void)
{
    uintptr_t hart;
    __asm__("csrr %0, mhartid" : "=r"(hart));
    return hart;
}

#define LFM_PORT_CONTEXT() lfm_port_hart()

#endif
