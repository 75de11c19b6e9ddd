/* SPDX-License-Identifier: MIT */
/* Cortex-M: vector table, memory, SysTick. MACHINE_AN521 adds the second core of Arm's MPS2 image AN521 (SSE-200, all
 * in Secure state). */
#include "machine.h"
#include "semihosting.h"
#include <stddef.h>

/* cortex_m.ld */
extern uint32_t image_stack_top[], image_data[], image_data_end[], image_data_load[], image_bss[], image_bss_end[];

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define SYST_CSR          REGISTER(0xE000E010) /* control and status */
#define SYST_RVR          REGISTER(0xE000E014) /* reload value */
#define SYST_CVR          REGISTER(0xE000E018) /* current value; a write starts anew */
#define ICSR              REGISTER(0xE000ED04)
#define SYST_CSR_ON       7u /* core clock, interrupt, counting */
#define ICSR_PENDSTCLR    (1u << 25)

typedef void vector(void);

void machine_reset(void);
void machine_reset(void)
{
    size_t words = (size_t)(image_data_end - image_data);
    for (size_t i = 0; i < words; i++) {
        image_data[i] = image_data_load[i];
    }
    words = (size_t)(image_bss_end - image_bss);
    for (size_t i = 0; i < words; i++) {
        image_bss[i] = 0;
    }
    machine_first();
}

/* Stack pointer, then exceptions 1 ... 15. */
#define VECTORS(stack, reset)                                                                                     \
    {                                                                                                             \
        (vector *)(stack), reset, machine_fault, machine_fault, machine_fault, machine_fault, machine_fault,      \
            machine_fault, NULL, NULL, NULL, machine_fault, machine_fault, NULL, machine_fault, machine_interrupt \
    }
__attribute__((section(".vectors"), used)) static vector *const vectors[16] = VECTORS(image_stack_top, machine_reset);

#ifdef MACHINE_AN521
#include "an521.h"
#define SYSCTL     0x50021000
#define INITSVTOR1 REGISTER(SYSCTL + 0x114) /* core 1's vector table: a multiple of 512 */
#define CPUWAIT    REGISTER(SYSCTL + 0x118) /* bit 1: core 1 waits */

static uint64_t other_stack[1024];
__attribute__((section(".other_vectors"), used, aligned(512))) static vector *const other_vectors[16] =
    VECTORS(other_stack + 1024, machine_other);

unsigned machine_core(void)
{
    return an521_core();
}

void machine_start_others(void)
{
    INITSVTOR1 = (uint32_t)(uintptr_t)other_vectors;
    CPUWAIT = 0;
}
#else
unsigned machine_core(void)
{
    return 0;
}

void machine_start_others(void)
{
}
#endif

void machine_relax(void)
{
    __asm__ volatile("yield");
}

/* Always the whole time: what it was counting, or had counted meanwhile, is dropped. */
void machine_timer_start(uint32_t ticks)
{
    SYST_RVR = ticks;
    SYST_CVR = 0;
    ICSR = ICSR_PENDSTCLR;
    SYST_CSR = SYST_CSR_ON;
}

void machine_timer_stop(void)
{
    SYST_CSR = 0;
    __asm__ volatile("dsb\n\tisb" : : : "memory");
    ICSR = ICSR_PENDSTCLR;
}
