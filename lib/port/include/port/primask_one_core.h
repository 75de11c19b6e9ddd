/* SPDX-License-Identifier: MIT */
/* Port for a single core that has no compare-and-swap: Cortex-M0, M0+, M1 (Armv6-M).
 *
 * NOT LOCK-FREE, ONE CORE ONLY. A change of a shared word is a few instructions with interrupts masked (PRIMASK), so
 *   - contexts are the thread and the interrupts of one core, in privileged mode;
 *   - a second core (RP2040: spin_lock_rp2040.h) or a DMA controller that swaps is not kept out;
 *   - interrupts come later by those instructions: about ten, or 40 for a get or a put of a pool.
 * There is no lock that could stay held: what masks also unmasks before anybody else runs. Nothing chooses this port by
 * itself: -Dport=port/primask_one_core.h.
 *
 * One core sees its own accesses in program order, so all that an order has to stop is the compiler. */
#ifndef LFM_LIB_PORT_PRIMASK_ONE_CORE_H
#define LFM_LIB_PORT_PRIMASK_ONE_CORE_H

#include "primask.h"
#include <stdatomic.h>

#define LFM_PORT_CONTEXT() 0

#define LFM_PORT_ENTER()        lfm_port_mask()
#define LFM_PORT_LEAVE(before)  lfm_port_unmask(before)
#define LFM_PORT_BARRIER(order) atomic_signal_fence(memory_order_seq_cst) /* of any: that is smaller code */
#define LFM_PORT_ALONE          1
#include "masked.h"

#endif
