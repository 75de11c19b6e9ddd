/* SPDX-License-Identifier: MIT */
/* Atomic operations for several cores without compare-and-swap that have a spin lock in hardware, for ports. NOT
 * LOCK-FREE: masked.h, whose sections mask the core's interrupts and hold the lock. A port includes this behind what it
 * defines:
 *
 *     lfm_port_mask(), lfm_port_unmask(before)   primask.h
 *     bool lfm_port_spin_claim(void)             claims the lock, or returns false: somebody has it
 *     void lfm_port_spin_release(void)
 *     LFM_PORT_BARRIER(order)                    masked.h
 *
 * Interrupts are masked first: an interrupt handler that found the lock held by what it interrupts would wait for ever.
 * The barriers keep a section's accesses inside it. The one behind the claim also puts what this context did before in
 * front of the section's store (release). The one before the release puts the section's load in front of what this
 * context does next (acquire). */
#ifndef LFM_LIB_PORT_SPIN_LOCK_H
#define LFM_LIB_PORT_SPIN_LOCK_H

#include <stdatomic.h>
#include <stdint.h>

static inline uint32_t lfm_port_spin_enter(void)
{
    const uint32_t before = lfm_port_mask();
    while (!lfm_port_spin_claim()) {
    }
    LFM_PORT_BARRIER(memory_order_seq_cst);
    return before;
}

static inline void lfm_port_spin_leave(uint32_t before)
{
    LFM_PORT_BARRIER(memory_order_seq_cst);
    lfm_port_spin_release();
    lfm_port_unmask(before);
}

#define LFM_PORT_ENTER()       lfm_port_spin_enter()
#define LFM_PORT_LEAVE(before) lfm_port_spin_leave(before)
#define LFM_PORT_ALONE         0
#ifndef LFM_PORT_KIND
#define LFM_PORT_KIND "_spin" /* to mask interrupts is not enough */
#endif
#include "masked.h"

#endif
