/* SPDX-License-Identifier: MIT */
/* What an image needs of the machine that it runs on. Start-up code (machine/) brings up core 0 with memory in order,
 * calls main() and leaves the machine with the status that main() returns. */
#ifndef LFM_TEST_MACHINE_H
#define LFM_TEST_MACHINE_H

#include <stdint.h>

/* MACHINE_CORES comes from the build. A context is a core's thread or its timer interrupt. */
#define MACHINE_CONTEXTS (2u * MACHINE_CORES)

typedef void machine_body(unsigned core);
typedef void machine_handler(void);

int main(void);

/* 0 ... MACHINE_CORES - 1 */
unsigned machine_core(void);

/* The caller's context: 2 * core, and 1 more in its timer interrupt. */
unsigned machine_context(void);

/* Calls body(core) on every core at the same time; returns when all have returned. For core 0. */
void machine_run(machine_body *body);

/* Calls the handler on this core by timer interrupt: `period` ticks after this call and after each return of the
 * handler, so that the thread always gets on. */
void machine_tick_start(uint32_t period, machine_handler *handler);
void machine_tick_stop(void);

void machine_put(char c);
_Noreturn void machine_exit(int status);

/* What machines have to give to machine/run.c */
void machine_start_others(void);          /* cores 1 ... call machine_other() from now on */
void machine_relax(void);                 /* in a loop that waits for another core */
void machine_timer_start(uint32_t ticks); /* machine_interrupt() once, after so many */
void machine_timer_stop(void);

/* and what they call there */
_Noreturn void machine_first(void); /* by core 0 once memory is in order */
_Noreturn void machine_other(void);
_Noreturn void machine_fault(void); /* for exceptions */
void machine_interrupt(void);

#endif
