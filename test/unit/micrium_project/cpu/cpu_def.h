/* SPDX-License-Identifier: MIT */
/* Stands for uC/CPU's cpu_def.h. */
#ifndef CPU_DEF_MODULE_PRESENT
#define CPU_DEF_MODULE_PRESENT

#define CPU_CORE_VERSION       13201u
#define CPU_WORD_SIZE_32       4u
#define CPU_WORD_SIZE_64       8u
#define CPU_ENDIAN_TYPE_BIG    1u
#define CPU_ENDIAN_TYPE_LITTLE 2u

#endif
