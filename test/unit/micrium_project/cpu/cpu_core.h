/* SPDX-License-Identifier: MIT */
/* Stands for uC/CPU's cpu_core.h, which includes lib_mem.h itself where the processor has a name. */
#ifndef CPU_CORE_MODULE_PRESENT
#define CPU_CORE_MODULE_PRESENT

#include <cpu.h>

#include <lib_def.h>

#include <cpu_cfg.h>

#if (CPU_CFG_NAME_EN == DEF_ENABLED)
#include <lib_mem.h>
#include <lib_str.h>
#endif

typedef enum cpu_err {
    CPU_ERR_NONE = 0u
} CPU_ERR;

#define CPU_SW_EXCEPTION(err_rtn_val) \
    do {                              \
        ProjectException();           \
    } while (0)

#ifdef __cplusplus
extern "C" {
#endif
void ProjectException(void);
#ifdef __cplusplus
}
#endif

#endif
