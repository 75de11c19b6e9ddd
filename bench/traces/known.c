/* SPDX-License-Identifier: MIT */
/* A program to be recorded: known SEED. It calls every function of malloc's family in one thread, and then hands blocks
 * from one thread to another. It forks a child that ends by _exit(), and executes itself, which ends in the same way.
 */
#include "known.h"
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    RING = 8
};

static void *_Atomic ring[RING];

/* Writes to a block, so that no compiler leaves out its allocation. */
static void *use(void *block)
{
    if (block == NULL) {
        _exit(3);
    }
    *(volatile char *)block = 1;
    return block;
}

static void *allocate(const known_step *s)
{
    const size_t align = (size_t)1 << s->align;
    void *block = NULL;
    if (s->call == KNOWN_CALLOC) {
        block = calloc(1, s->bytes);
    } else if (s->call == KNOWN_ALIGNED_ALLOC) {
        block = aligned_alloc(align, s->bytes);
    } else if (s->call == KNOWN_POSIX_MEMALIGN) {
        block = posix_memalign(&block, align, s->bytes) == 0 ? block : NULL;
    } else if (s->call == KNOWN_MEMALIGN) {
        block = memalign(align, s->bytes);
    } else if (s->call == KNOWN_REALLOC_NULL) {
        block = realloc(NULL, s->bytes);
    } else {
        block = malloc(s->bytes);
    }
    return block;
}

static void delimit(void)
{
    free(use(malloc(KNOWN_DELIMITER)));
}

/* Calls that fail. They are no operations of the trace. */
static void refused(void *block)
{
    static const volatile size_t most = SIZE_MAX;
    if (malloc(most / 2) != NULL || calloc(most, 2) != NULL || memalign(4096, most - 4096) != NULL ||
        pvalloc(most - 1) != NULL || realloc(block, most / 2) != NULL || reallocarray(block, most, 2) != NULL) {
        _exit(4);
    }
}

static void steps(uint64_t seed)
{
    static void *blocks[KNOWN_SLOTS];
    bool held[KNOWN_SLOTS] = {false};
    rng random = {seed};
    for (int i = 0; i < KNOWN_STEPS; i++) {
        const known_step s = known_next(&random, held);
        void **const block = &blocks[s.slot];
        if (i % 256 == 0 && s.call > KNOWN_ALLOCS) {
            refused(*block);
        }
        if (s.call < KNOWN_ALLOCS) {
            *block = use(allocate(&s));
        } else if (s.call == KNOWN_REALLOC) {
            *block = use(realloc(*block, s.bytes));
        } else if (s.call == KNOWN_REALLOCARRAY) {
            *block = use(reallocarray(*block, s.bytes, 1));
        } else if (s.call == KNOWN_REALLOC_0) {
            *block = realloc(*block, 0);
        } else {
            free(*block);
        }
    }
    for (int i = 0; i < KNOWN_SLOTS; i++) {
        if (held[i]) {
            free(blocks[i]);
        }
    }
}

static void *produce(void *arg)
{
    for (uint32_t i = 0; i < KNOWN_HANDED; i++) {
        void *const block = use(malloc(known_handed(i)));
        while (atomic_load_explicit(&ring[i % RING], memory_order_acquire) != NULL) {
            sched_yield();
        }
        atomic_store_explicit(&ring[i % RING], block, memory_order_release);
    }
    return arg;
}

static void *consume(void *arg)
{
    for (uint32_t i = 0; i < KNOWN_HANDED; i++) {
        void *block;
        while ((block = atomic_load_explicit(&ring[i % RING], memory_order_acquire)) == NULL) {
            sched_yield();
        }
        atomic_store_explicit(&ring[i % RING], NULL, memory_order_release);
        free(block);
    }
    return arg;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        return 2;
    }
    if (strcmp(argv[1], "again") == 0) {
        use(malloc(KNOWN_AGAIN));
        _exit(0);
    }
    delimit();
    steps(strtoull(argv[1], NULL, 0));
    delimit();
    pthread_t threads[2];
    if (pthread_create(&threads[0], NULL, produce, NULL) != 0 ||
        pthread_create(&threads[1], NULL, consume, NULL) != 0) {
        return 3;
    }
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    const pid_t child = fork();
    if (child == 0) {
        free(use(malloc(KNOWN_CHILD)));
        _exit(0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    execl("/proc/self/exe", argv[0], "again", (char *)NULL);
    return 3;
}
