/* SPDX-License-Identifier: MIT */
/* Port for a single core, for systems that compile for many: the one of these two that is for this core. */
#ifndef LFM_LIB_PORT_ANY_ONE_CORE_H
#define LFM_LIB_PORT_ANY_ONE_CORE_H

#if defined(__ARM_ARCH) && __ARM_ARCH >= 7 && __ARM_ARCH_PROFILE == 'M'
#include "llsc_one_core.h"
#else
#include "one_core.h"
#endif

#endif
