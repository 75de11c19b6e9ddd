/* SPDX-License-Identifier: MIT */
/* Linux: cores are threads. There are no timer interrupts; whoever runs is interrupted by the others. */
#include "machine.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local unsigned own_core;
static machine_body *job;
static const unsigned numbers[] = {0, 1, 2, 3};
_Static_assert(MACHINE_CORES == sizeof numbers / sizeof *numbers, "a number for each core");

unsigned machine_core(void)
{
    return own_core;
}

unsigned machine_context(void)
{
    return 2 * own_core;
}

static void *thread(void *number)
{
    own_core = *(const unsigned *)number;
    job(own_core);
    return NULL;
}

void machine_run(machine_body *body)
{
    pthread_t threads[MACHINE_CORES];
    job = body;
    for (unsigned core = 1; core < MACHINE_CORES; core++) {
        if (pthread_create(&threads[core], NULL, thread, (void *)(uintptr_t)&numbers[core]) != 0) {
            fprintf(stderr, "no thread\n");
            exit(1);
        }
    }
    body(0);
    for (unsigned core = 1; core < MACHINE_CORES; core++) {
        pthread_join(threads[core], NULL);
    }
}

void machine_tick_start(uint32_t period, machine_handler *handler)
{
    (void)period, (void)handler;
}

void machine_tick_stop(void)
{
}
