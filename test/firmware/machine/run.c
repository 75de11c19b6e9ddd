/* SPDX-License-Identifier: MIT */
/* What all machines have in common: cores that wait for work, and whose timer interrupt it is. Other cores are told and
 * tell by stores alone, which every core has. */
#include "machine.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

static machine_body *job;
static _Atomic(unsigned) round_number;        /* changes when there is a job; releases `job` */
static _Atomic(unsigned) done[MACHINE_CORES]; /* the round that a core has finished; releases its work */

/* Each its core's own. */
typedef struct tick {
    machine_handler *handler;
    volatile uint32_t period; /* 0: no further tick */
    volatile bool running;
} tick;

static tick ticks[MACHINE_CORES];

static void wait_for(_Atomic(unsigned) *number, unsigned value)
{
    while (atomic_load_explicit(number, memory_order_acquire) != value) {
        machine_relax();
    }
}

/* From the linker script */
typedef void constructor(void);
extern constructor *const image_constructors[], *const image_constructors_end[];

void machine_first(void)
{
    for (constructor *const *one = image_constructors; one < image_constructors_end; one++) {
        (*one)();
    }
    machine_exit(main());
}

void machine_other(void)
{
    const unsigned core = machine_core();
    for (unsigned number = 1;; number++) {
        wait_for(&round_number, number);
        job(core);
        atomic_store_explicit(&done[core], number, memory_order_release);
    }
}

void machine_run(machine_body *body)
{
    const unsigned number = atomic_load_explicit(&round_number, memory_order_relaxed) + 1;
    job = body;
    if (number == 1) {
        machine_start_others();
    }
    atomic_store_explicit(&round_number, number, memory_order_release);
    body(0);
    for (unsigned core = 1; core < MACHINE_CORES; core++) {
        wait_for(&done[core], number);
    }
}

unsigned machine_context(void)
{
    const unsigned core = machine_core();
    return 2 * core + ticks[core].running;
}

void machine_tick_start(uint32_t period, machine_handler *handler)
{
    tick *const own = &ticks[machine_core()];
    own->period = period;
    own->handler = handler;
    machine_timer_start(period);
}

/* A tick that comes while the timer is being stopped must not start it again. */
void machine_tick_stop(void)
{
    ticks[machine_core()].period = 0;
    machine_timer_stop();
}

void machine_interrupt(void)
{
    tick *const own = &ticks[machine_core()];
    own->running = true;
    own->handler();
    own->running = false;
    if (own->period != 0) {
        machine_timer_start(own->period);
    } else {
        machine_timer_stop(); /* some timers ask until they are set or stopped */
    }
}

void machine_fault(void)
{
    printf("fault on core %u\n", machine_core());
    machine_exit(1);
}
