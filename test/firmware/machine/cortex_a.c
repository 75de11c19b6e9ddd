/* SPDX-License-Identifier: MIT */
/* Cortex-A in QEMU's virt machine: other cores are started by PSCI; each has its virtual timer, whose interrupt comes
 * through the GIC (version 2). */
#include "machine.h"
#include "semihosting.h"
#include <port/mpidr.h>
#include <stdbool.h>

#ifdef __aarch64__
#define PSCI_CPU_ON 0xC4000003
#define HVC         "hvc #0"
#else
#define PSCI_CPU_ON 0x84000003
#define HVC         ".arch_extension virt\n\thvc #0"
#endif

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define GICD_CTLR         REGISTER(0x08000000)
#define GICD_ISENABLER0   REGISTER(0x08000100) /* each core's own */
#define GICC_CTLR         REGISTER(0x08010000) /* the same for these */
#define GICC_PMR          REGISTER(0x08010004)
#define GICC_IAR          REGISTER(0x0801000c)
#define GICC_EOIR         REGISTER(0x08010010)
#define TIMER_INTERRUPT   27u

extern char start_other[];
void gic_interrupt(void);

static bool is_routed[MACHINE_CORES];

unsigned machine_core(void)
{
    return (unsigned)lfm_port_core();
}

static void psci(uintptr_t function, uintptr_t core, uintptr_t entry)
{
#ifdef __aarch64__
    register uintptr_t r0 __asm__("x0") = function;
    register uintptr_t r1 __asm__("x1") = core;
    register uintptr_t r2 __asm__("x2") = entry;
    register uintptr_t r3 __asm__("x3") = 0;
#else
    register uintptr_t r0 __asm__("r0") = function;
    register uintptr_t r1 __asm__("r1") = core;
    register uintptr_t r2 __asm__("r2") = entry;
    register uintptr_t r3 __asm__("r3") = 0;
#endif
    __asm__ volatile(HVC : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3) : : "memory");
    if (r0 != 0) {
        machine_fault();
    }
}

void machine_start_others(void)
{
    for (unsigned core = 1; core < MACHINE_CORES; core++) {
        psci(PSCI_CPU_ON, core, (uintptr_t)start_other);
    }
}

void machine_relax(void)
{
    __asm__ volatile("yield");
}

static void timer_set(uint32_t ticks, uintptr_t control)
{
#ifdef __aarch64__
    __asm__ volatile("msr cntv_tval_el0, %0" : : "r"((uintptr_t)ticks));
    __asm__ volatile("msr cntv_ctl_el0, %0\n\tisb" : : "r"(control) : "memory");
#else
    __asm__ volatile("mcr p15, 0, %0, c14, c3, 0" : : "r"(ticks));
    __asm__ volatile("mcr p15, 0, %0, c14, c3, 1\n\tisb" : : "r"(control) : "memory");
#endif
}

void machine_timer_start(uint32_t ticks)
{
    const unsigned core = machine_core();
    if (!is_routed[core]) {
        GICD_CTLR = 1;
        GICD_ISENABLER0 = 1u << TIMER_INTERRUPT;
        GICC_PMR = 0xff;
        GICC_CTLR = 1;
        is_routed[core] = true;
    }
    timer_set(ticks, 1);
}

void machine_timer_stop(void)
{
    timer_set(0, 0);
}

/* The timer asks until it is set again. */
void gic_interrupt(void)
{
    const uint32_t number = GICC_IAR;
    if (number == TIMER_INTERRUPT) {
        machine_interrupt();
        GICC_EOIR = number;
    }
}
