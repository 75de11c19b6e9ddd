/* SPDX-License-Identifier: MIT */
/* Port for the RP2040: two Cortex-M0+ that have no compare-and-swap, but 32 spin locks in hardware (SIO).
 *
 * NOT LOCK-FREE. A change of a shared word is some twenty instructions with interrupts masked (PRIMASK) and a spin lock
 * held, so
 *   - contexts are threads and interrupts of both cores, in privileged mode;
 *   - a core waits while the other one is in such a change;
 *   - a core that is halted or reset in the middle of one keeps the other waiting for ever. Stop it first, or release
 *     the lock then;
 *   - a DMA controller that changes lfmem's words is not kept out.
 * Nothing chooses this port by itself: -Dport=port/spin_lock_rp2040.h. If one core alone uses lfmem,
 * primask_one_core.h is smaller. The RP2350's cores have a compare-and-swap, and need no such port.
 *
 * The lock is number LFM_PORT_SPIN_LOCK, 30 unless library and program are compiled with another one. It has to be
 * lfmem's alone: code that held it and called lfmem would wait for itself. Of the Pico SDK's numbers
 *   - 0 to 13 are for the SDK itself, 14 and 15 for an operating system (FreeRTOS with several cores takes them);
 *   - 16 to 23 are shared by the SDK's mutexes and queues;
 *   - 24 to 31 are for programs, which the SDK hands out from 24 on by spin_lock_claim_unused().
 * So a program with the SDK calls spin_lock_claim(30) when it starts, before anything else may have it. That stops if
 * it is taken already. The SDK releases all locks when it starts, before main(), and a core that starts later does not
 * do so again. (31 is what Rust's rp2040-hal has its critical sections by.) */
#ifndef LFM_LIB_PORT_SPIN_LOCK_RP2040_H
#define LFM_LIB_PORT_SPIN_LOCK_RP2040_H

#include "primask.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#ifndef LFM_PORT_SPIN_LOCK
#define LFM_PORT_SPIN_LOCK 30
#endif
#define LFM_PORT_KIND "_spin" LFM_TEXT_OF_(LFM_PORT_SPIN_LOCK) /* two locks guard nothing */
_Static_assert(LFM_PORT_SPIN_LOCK >= 0 && LFM_PORT_SPIN_LOCK < 32, "the RP2040 has spin locks 0 to 31");

/* Registers of the SIO: the number of the core that reads it, and a spin lock. */
#define LFM_PORT_SIO_CPUID    (*(const volatile uint32_t *)0xd0000000)
#define LFM_PORT_SIO_SPINLOCK (*(volatile uint32_t *)(0xd0000100 + 4 * LFM_PORT_SPIN_LOCK))

/* Armv6-M's barrier, which stops the compiler as well. */
static inline void lfm_port_barrier(void)
{
    __asm__ volatile("dmb" : : : "memory");
}
#define LFM_PORT_BARRIER(order) ((order) == memory_order_relaxed ? (void)0 : lfm_port_barrier())

#define LFM_PORT_CONTEXT() LFM_PORT_SIO_CPUID

/* A read claims the lock, unless it returns 0. */
static inline bool lfm_port_spin_claim(void)
{
    return LFM_PORT_SIO_SPINLOCK != 0;
}

/* A write releases it, whatever is written. */
static inline void lfm_port_spin_release(void)
{
    LFM_PORT_SIO_SPINLOCK = 0;
}

#include "spin_lock.h"

#endif
