/* SPDX-License-Identifier: MIT */
/* Port for a single Cortex-M from the M3 and the M23 on (Armv7-M, Armv8-M). It is one_core.h, and a pool's get and put
 * are a load-linked and a store-conditional (LDREX, STREX). They need no tags, so there is no ABA. They are shorter,
 * too.
 *
 * LOCK-FREE, ONE CORE ONLY. What one_core.h says of other cores and of devices is true here, too.
 *
 * Why it is right. Another context of this core runs only by way of an exception. Its entry and its return clear the
 * core's monitor (Armv7-M manual, A3.4 and B1.5; Armv8-M manual, B7.2). Then STREX does not store. Between LDREX and
 * STREX there are plain accesses to links, and to the stack without optimisation. They leave the monitor of the cores
 * of today alone. On a core where they did not, nothing would be wrong, but no put would come to its end.
 *
 * A call tries again whenever an interrupt comes in between (lib/README.md, "Ports"). Programs and library have to
 * agree on this port: pops without tags fool those that go by them. */
#ifndef LFM_LIB_PORT_LLSC_ONE_CORE_H
#define LFM_LIB_PORT_LLSC_ONE_CORE_H

#include "one_core.h"
#include <stdint.h>

#if !defined(__ARM_ARCH) || __ARM_ARCH < 7 || __ARM_ARCH_PROFILE != 'M'
#error "port/llsc_one_core.h is for Armv7-M and Armv8-M; other cores have port/one_core.h"
#endif

#define LFM_PORT_KIND "_llsc" /* the compiler's compare-and-swap goes by tags, which pops do not change here */

/* Both are fences of the compiler's, whatever the order. */
static inline uint32_t lfm_port_load_linked(volatile void *object)
{
    uint32_t found;
    __asm__ volatile("ldrex %0, [%1]" : "=r"(found) : "r"(object) : "memory");
    return found;
}

static inline bool lfm_port_store_conditional(volatile void *object, uint32_t value)
{
    uint32_t failed;
    __asm__ volatile("strex %0, %2, [%1]" : "=&r"(failed) : "r"(object), "r"(value) : "memory");
    return failed == 0;
}

#define LFM_PORT_LOAD_LINKED(object, order)              lfm_port_load_linked(object)
#define LFM_PORT_STORE_CONDITIONAL(object, value, order) lfm_port_store_conditional(object, value)

/* Where instructions are 16 bits wide (Armv8-M Baseline: Cortex-M23), they load into low registers only. */
#ifdef __thumb2__
#define LFM_PORT_REGISTER "=r"
#else
#define LFM_PORT_REGISTER "=l"
#endif

/* gcc extends what an atomic load of 8 or 16 bits has extended already. */
#undef LFM_PORT_LOAD
#define LFM_PORT_LOAD_NARROW(instruction, object)                                                      \
    __extension__({                                                                                    \
        uint32_t lfm_port_loaded;                                                                      \
        __asm__ volatile(instruction " %0, %1" : LFM_PORT_REGISTER(lfm_port_loaded) : "m"(*(object))); \
        lfm_port_loaded;                                                                               \
    })
#define LFM_PORT_LOAD(object, order)                                                                                 \
    __extension__({                                                                                                  \
        const __auto_type lfm_port_found =                                                                           \
            __builtin_choose_expr(sizeof *(object) == 2, LFM_PORT_LOAD_NARROW("ldrh", object),                       \
                                  __builtin_choose_expr(sizeof *(object) == 1, LFM_PORT_LOAD_NARROW("ldrb", object), \
                                                        atomic_load_explicit(object, memory_order_relaxed)));        \
        LFM_PORT_FENCE(order);                                                                                       \
        lfm_port_found;                                                                                              \
    })

#endif
