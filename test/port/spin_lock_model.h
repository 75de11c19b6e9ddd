/* SPDX-License-Identifier: MIT */
/* A port with a model of a spin lock in hardware (port/spin_lock.h), to try it where there is none: on a host,
 * whose contexts are threads, and on two Cortex-M33, which have a compare-and-swap and use it here for the register
 * alone. As the RP2040's, the register is claimed by a read that finds it other than 0, and released by a write. */
#ifndef LFM_TEST_SPIN_LOCK_MODEL_H
#define LFM_TEST_SPIN_LOCK_MODEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* spin_lock_model.c. What claims and releases are made of has no order of its own: barriers are the port's part. */
bool spin_model_claim(void);
void spin_model_release(void);

#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
#include "../../lib/port/include/port/primask.h"
#include "../firmware/machine/an521.h"
#else
static inline uint32_t lfm_port_mask(void)
{
    return 0;
}

static inline void lfm_port_unmask(uint32_t before)
{
    (void)before;
}
#endif

static inline void lfm_port_barrier(void)
{
    atomic_thread_fence(memory_order_seq_cst);
}
#define LFM_PORT_BARRIER(order) ((order) == memory_order_relaxed ? (void)0 : lfm_port_barrier())

static inline bool lfm_port_spin_claim(void)
{
    return spin_model_claim();
}

static inline void lfm_port_spin_release(void)
{
    spin_model_release();
}

#include "../../lib/port/include/port/spin_lock.h"

#endif
