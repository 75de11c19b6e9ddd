/* SPDX-License-Identifier: MIT */
/* Stands for a project's cpu_cfg.h. */
#ifndef CPU_CFG_MODULE_PRESENT
#define CPU_CFG_MODULE_PRESENT

#ifndef CPU_CFG_NAME_EN
#define CPU_CFG_NAME_EN DEF_ENABLED
#endif

#endif
