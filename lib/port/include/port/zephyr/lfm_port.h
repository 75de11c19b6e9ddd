/* SPDX-License-Identifier: MIT */
/* Port for Zephyr: contexts are cores; what Kconfig says of one core stands there. */
#ifndef LFM_LIB_PORT_ZEPHYR_H
#define LFM_LIB_PORT_ZEPHYR_H

#ifdef CONFIG_LFMEM_MASK_INTERRUPTS
#include "../primask_one_core.h"
#elif defined(CONFIG_SMP)
#include <zephyr/kernel.h>
/* A thread may move to another core meanwhile: it is a hint. */
#define LFM_PORT_CONTEXT() ((uintptr_t)arch_curr_cpu()->id)
#elif defined(CONFIG_LFMEM_ONE_CORE)
#include "../any_one_core.h"
#else
#define LFM_PORT_CONTEXT() 0
#endif

#endif
