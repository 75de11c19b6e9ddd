/* SPDX-License-Identifier: MIT */
/* The first calls of several threads at once to FreeRTOS's heap in an array of the application's that is not aligned:
 * each gets blocks of its own, where the heap is from then on. Each round is a process, whose first calls they are. */
#include "check.h"
#include <FreeRTOS.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ROUNDS = 200,
    THREADS = 4,
    BLOCKS = 8
};

extern uint8_t ucHeap[configTOTAL_HEAP_SIZE];
extern uint8_t area[64 + configTOTAL_HEAP_SIZE];
_Alignas(64) uint8_t area[64 + configTOTAL_HEAP_SIZE];
__asm__(".globl ucHeap\n.set ucHeap, area + 5");

size_t freed_bytes;

void vApplicationMallocFailedHook(void);

void disable_interrupts(void)
{
    _exit(2);
}

void vApplicationMallocFailedHook(void)
{
    _exit(3);
}

static pthread_barrier_t barrier;

static void *run(void *arg)
{
    unsigned char *blocks[BLOCKS];
    const int mark = *(const int *)arg;
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = pvPortMalloc(32);
        MUST((uintptr_t)blocks[i] % portBYTE_ALIGNMENT == 0 && blocks[i] > ucHeap, "aligned, in the heap");
        memset(blocks[i], mark, 32);
    }
    for (int i = 0; i < BLOCKS; i++) {
        MUST(blocks[i][0] == mark && blocks[i][31] == mark, "the contents are kept");
        vPortFree(blocks[i]);
    }
    return NULL;
}

static void round_of_calls(void)
{
    pthread_t threads[THREADS];
    int marks[THREADS];
    const size_t all = xPortGetFreeHeapSize();
    NEED(pthread_barrier_init(&barrier, NULL, THREADS) == 0, "a barrier");
    for (int i = 0; i < THREADS; i++) {
        marks[i] = i + 1;
        NEED(pthread_create(&threads[i], NULL, run, &marks[i]) == 0, "a thread");
    }
    for (int i = 0; i < THREADS; i++) {
        NEED(pthread_join(threads[i], NULL) == 0, "a thread ends");
    }
    MUST(xPortGetFreeHeapSize() == all, "all is back");
}

int main(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        int status = -1;
        const pid_t child = fork();
        NEED(child >= 0, "a process");
        if (child == 0) {
            round_of_calls();
            return 0;
        }
        NEED(waitpid(child, &status, 0) == child, "a process ends");
        MUST(status == 0, "round %d: %x", i, (unsigned)status);
    }
    return 0;
}
