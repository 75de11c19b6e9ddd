/* SPDX-License-Identifier: MIT */
#include "memory.h"
#include "replay.h"
#include <fcntl.h>
#include <malloc.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum {
    SAMPLES = 64,
    STEPS = 256 /* of the most live bytes */
};

/* Whether a heap of so many bytes serves all. Tells its high-water mark, unless `peak` is NULL. */
static bool serves(const trace *t, const lfm_heap_config *config, size_t storage_bytes, size_t *peak)
{
    allocator a;
    replay r;
    lfm_heap_config counting = *config;
    counting.peak = peak != NULL;
    if (!allocator_heap(&a, &counting, storage_bytes)) {
        return false;
    }
    if (!replay_begin(&r, t, &a)) {
        abort();
    }
    r.stops = true;
    replay_range(&r, 0, t->n);
    if (peak != NULL) {
        lfm_heap_stats_t stats;
        replay_rest(&r);
        lfm_heap_stats(&a.heap, &stats);
        *peak = stats.peak;
    }
    const bool right = r.counts.failures == 0;
    replay_end(&r);
    allocator_end(&a);
    return right;
}

size_t memory_smallest_arena(const trace *t, const lfm_heap_config *config)
{
    const size_t step = t->peak_bytes / STEPS + 1;
    size_t low = 0, high = STEPS; /* steps: fails, serves */
    while (!serves(t, config, high * step, NULL)) {
        low = high;
        high *= 2;
    }
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (serves(t, config, middle * step, NULL)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return high * step;
}

size_t memory_used(const trace *t, const lfm_heap_config *config, size_t storage_bytes)
{
    size_t peak = 0;
    return serves(t, config, storage_bytes, &peak) ? peak : 0;
}

/* Bytes; negative: not known. Allocates nothing, and the kernel goes over the page tables, so that it is exact. */
static double resident_now(void)
{
    char text[1024];
    const int in = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
    const ssize_t got = in >= 0 ? read(in, text, sizeof text - 1) : -1;
    close(in);
    text[got > 0 ? got : 0] = '\0';
    const char *const line = strstr(text, "\nRss:");
    return line != NULL ? strtod(line + 5, NULL) * 1024 : -1;
}

double memory_resident(const trace *t, allocator *a)
{
    replay r;
    if (!replay_begin(&r, t, a)) {
        return -1;
    }
    r.touch = REPLAY_WHOLE;
    memset(r.held, 0, (t->slots + 1) * sizeof *r.held); /* so that its pages are there */
    resident_now();                                     /* and those of this */
    malloc_trim(0); /* what the loading of the trace has left would serve the C library for nothing */
    const double before = resident_now();
    double most = before;
    for (size_t i = 0; i < t->n; i++) {
        replay_range(&r, i, i + 1);
        if (i % (t->n / SAMPLES + 1) == 0 || i == t->peak_at || i + 1 == t->n) {
            const double sample = resident_now();
            most = sample > most ? sample : most;
        }
    }
    replay_rest(&r);
    replay_end(&r);
    return before < 0 ? -1 : most - before;
}

double memory_resident_elsewhere(const char *contestant, const char *path, double arena)
{
    char program[] = "lfm-replay", option[] = "--resident", name[64], where[4096], bytes[32], text[32] = "";
    int ends[2];
    pid_t child;
    snprintf(name, sizeof name, "%s", contestant);
    snprintf(where, sizeof where, "%s", path);
    snprintf(bytes, sizeof bytes, "%.0f", arena);
    char *const arguments[] = {program, option, name, where, bytes, NULL};
    posix_spawn_file_actions_t actions;
    if (pipe2(ends, O_CLOEXEC) != 0 || posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) != 0 ||
        posix_spawn(&child, "/proc/self/exe", &actions, NULL, arguments, environ) != 0) {
        return -1;
    }
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    const ssize_t got = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    int status = -1;
    waitpid(child, &status, 0);
    return got > 0 && status == 0 ? strtod(text, NULL) : -1;
}
