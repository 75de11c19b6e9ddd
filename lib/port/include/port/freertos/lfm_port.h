/* SPDX-License-Identifier: MIT */
/* Port for FreeRTOS. Several cores (the SMP kernel, FreeRTOS 11, or LFM_SHARDS): contexts are cores. Else contexts are
 * the tasks and interrupts of one core, and there are no barriers (any_one_core.h). Unless LFM_FREERTOS_ONE_CORE is 0: then
 * another core, which the kernel does not know of, comes to lfmem's objects or gets blocks. */
#ifndef LFM_LIB_PORT_FREERTOS_H
#define LFM_LIB_PORT_FREERTOS_H

#include "FreeRTOS.h"

#ifndef LFM_FREERTOS_ONE_CORE
#define LFM_FREERTOS_ONE_CORE 1
#endif

/* Kernels with several cores have one of these. Before FreeRTOS 11 its SMP branch had the second; the last is a
 * vendor's, as in ESP-IDF. */
#if LFM_SHARDS || (defined(configNUMBER_OF_CORES) && configNUMBER_OF_CORES > 1) || \
    (defined(configNUM_CORES) && configNUM_CORES > 1) || (defined(portNUM_PROCESSORS) && portNUM_PROCESSORS > 1)
/* A task may move to another core meanwhile: it is a hint. */
#define LFM_PORT_CONTEXT() ((uintptr_t)portGET_CORE_ID())
#elif LFM_FREERTOS_ONE_CORE
#include "../any_one_core.h"
#else
#define LFM_PORT_CONTEXT() 0
#endif

#endif
