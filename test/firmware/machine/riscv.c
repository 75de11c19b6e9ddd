/* SPDX-License-Identifier: MIT */
/* RISC-V in QEMU's virt machine: console, exit, and each hart's timer (CLINT). */
#include "machine.h"
#include <port/mhartid.h>

#define UART       ((volatile uint8_t *)0x10000000)
#define UART_READY 0x20 /* line status: room for a character */
#define TEST       ((volatile uint32_t *)0x100000)
#define TEST_PASS  0x5555u
#define TEST_FAIL  0x3333u                           /* and the status in the upper half */
#define MSIP       ((volatile uint32_t *)0x02000000) /* a software interrupt for each hart */
/* mtime counts 10 MHz; words of 32 bits, low half first */
#define MTIME    ((volatile uint32_t *)0x0200bff8)
#define MTIMECMP ((volatile uint32_t *)0x02004000 + 2 * machine_core())

#define RELAX_TICKS  10
#define MIE_MTIE     0x80u
#define CAUSE_TIMER  7u
#define IS_INTERRUPT (~(UINTPTR_MAX >> 1))

void trap(void);

unsigned machine_core(void)
{
    return (unsigned)lfm_port_hart();
}

void machine_put(char c)
{
    while ((UART[5] & UART_READY) == 0) {
    }
    UART[0] = (uint8_t)c;
}

void machine_exit(int status)
{
    *TEST = status == 0 ? TEST_PASS : (uint32_t)status << 16 | TEST_FAIL;
    for (;;) {
    }
}

void machine_start_others(void)
{
    for (unsigned hart = 1; hart < MACHINE_CORES; hart++) {
        MSIP[hart] = 1;
    }
}

void machine_timer_start(uint32_t ticks)
{
    uint32_t high, low;
    do {
        high = MTIME[1];
        low = MTIME[0];
    } while (high != MTIME[1]);
    const uint64_t then = ((uint64_t)high << 32 | low) + ticks;
    MTIMECMP[1] = UINT32_MAX; /* never too early meanwhile */
    MTIMECMP[0] = (uint32_t)then;
    MTIMECMP[1] = (uint32_t)(then >> 32);
    __asm__ volatile("csrs mie, %0" : : "r"(MIE_MTIE) : "memory");
}

void machine_timer_stop(void)
{
    __asm__ volatile("csrc mie, %0" : : "r"(MIE_MTIE) : "memory");
}

/* Sleeps until the tick comes, or for a moment if there is none. Under -icount a hart that went round in a loop would
 * keep the others waiting. */
void machine_relax(void)
{
    uintptr_t enabled;
    __asm__ volatile("csrr %0, mie" : "=r"(enabled));
    if ((enabled & MIE_MTIE) != 0) {
        __asm__ volatile("wfi" : : : "memory");
        return;
    }
    __asm__ volatile("csrci mstatus, 8" : : : "memory");
    machine_timer_start(RELAX_TICKS);
    __asm__ volatile("wfi");
    machine_timer_stop();
    __asm__ volatile("csrsi mstatus, 8" : : : "memory");
}

__attribute__((interrupt("machine"), aligned(4))) void trap(void)
{
    uintptr_t cause;
    __asm__ volatile("csrr %0, mcause" : "=r"(cause));
    if (cause != (IS_INTERRUPT | CAUSE_TIMER)) {
        machine_fault();
    }
    machine_interrupt();
}
