/* SPDX-License-Identifier: MIT */
/* Arm's semihosting: the debugger, here QEMU, writes characters and ends the program. */
#ifndef LFM_TEST_SEMIHOSTING_H
#define LFM_TEST_SEMIHOSTING_H

#include "machine.h"

enum {
    SEMIHOSTING_WRITEC = 0x03,
    SEMIHOSTING_EXIT_EXTENDED = 0x20,
    SEMIHOSTING_APPLICATION_EXIT = 0x20026, /* ADP_Stopped_ApplicationExit */
};

static inline void semihosting_call(uintptr_t operation, const volatile void *argument)
{
#if defined(__aarch64__)
    register uintptr_t x0 __asm__("x0") = operation;
    register const volatile void *x1 __asm__("x1") = argument;
    __asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
#else
    register uintptr_t r0 __asm__("r0") = operation;
    register const volatile void *r1 __asm__("r1") = argument;
#if __ARM_ARCH_PROFILE == 'M'
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
#else
    __asm__ volatile("svc 0x123456" : "+r"(r0) : "r"(r1) : "memory");
#endif
#endif
}

void machine_put(char c)
{
    const volatile char byte = c;
    semihosting_call(SEMIHOSTING_WRITEC, &byte);
}

void machine_exit(int status)
{
    const volatile uintptr_t block[2] = {SEMIHOSTING_APPLICATION_EXIT, (uintptr_t)status};
    semihosting_call(SEMIHOSTING_EXIT_EXTENDED, block);
    for (;;) {
    }
}

#endif
