/* SPDX-License-Identifier: MIT */
/* Port for Cortex-A and Cortex-R, 32 and 64 bits, without an operating system: contexts are cores, told by their
 * affinity. Reading that register needs a privileged mode (EL1 or PL1, and up). Choose it with -Dport=port/mpidr.h. */
#ifndef LFM_LIB_PORT_MPIDR_H
#define LFM_LIB_PORT_MPIDR_H

#include <stdint.h>

static inline uintptr_t lfm_port_core(void)
{
    uintptr_t affinity;
#ifdef __aarch64__
    __asm__("mrs %0, mpidr_el1" : "=r"(affinity));
#else
    __asm__("mrc p15, 0, %0, c0, c0, 5" : "=r"(affinity));
#endif
    /* Levels 0, 1, 2: core and cluster, or thread, core and cluster. Five, since numbers are then spread over any power
     * of two of lists, with four cores in a cluster, or one thread in a core. (Of 5, 10 ... lists, over few.) */
    return (affinity & 0xff) + 5 * (affinity >> 8 & 0xff) + 25 * (affinity >> 16 & 0xff);
}

#define LFM_PORT_CONTEXT() lfm_port_core()

#endif
