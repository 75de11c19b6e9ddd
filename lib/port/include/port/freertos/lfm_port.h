/* SPDX-License-Identifier: MIT */
/* Port for FreeRTOS on several cores (its SMP kernel, FreeRTOS 11): contexts are cores. */
#ifndef LFM_LIB_PORT_FREERTOS_H
#define LFM_LIB_PORT_FREERTOS_H

#include "FreeRTOS.h"

/* A task may move to another core meanwhile: it is a hint. */
#define LFM_PORT_CONTEXT() ((uintptr_t)portGET_CORE_ID())

#endif
