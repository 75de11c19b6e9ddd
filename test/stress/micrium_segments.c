/* SPDX-License-Identifier: MIT */
/* Threads that make segments at the same time, many of which overlap, take named memory from one that they share, and
 * go through the list meanwhile. Of the segments that were made, no two have a byte in common; each that was refused
 * has one in common with one that was made; the totals of the names are exact. */
#include "rng.h"
#include "stress.h"
#include <lib_mem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SEGS = 24, /* that each thread tries to make in a round */
    RAM = 4096,
    SHARED = 1 << 16,
    NAMES = 4
};

static CPU_INT08U ram[RAM], shared_ram[SHARED];
static MEM_SEG shared, segs[STRESS_MAX_THREADS][SEGS];
static struct {
    size_t first, bytes;
    LIB_ERR err;
} tries[STRESS_MAX_THREADS][SEGS];
static size_t taken[STRESS_MAX_THREADS][NAMES];
static const char *const names[NAMES] = {"a", "b", "c", "d"};
static char printed[1 << 16];

static void go_through(void)
{
    size_t n = 0;
    const MEM_SEG *last = NULL;
    for (const MEM_SEG *seg = Mem_SegListNext(NULL); seg != NULL; seg = Mem_SegListNext(seg)) {
        MEM_SEG_INFO info;
        LIB_ERR err;
        Mem_SegRemSizeGet((MEM_SEG *)seg, 1, &info, &err);
        MUST(err == LIB_MEM_ERR_NONE && info.TotalSize != 0, "a segment that is not complete");
        MUST(++n <= STRESS_MAX_THREADS * SEGS + 2, "the list is a ring");
        last = seg;
    }
    MUST(n >= 2 && last != &shared, "the heap is the last one");
}

static void work(void *arg, uint32_t thread)
{
    const stress_options *const options = arg;
    rng random = {options->seed + thread * UINT64_C(0xd1342543de82ef95)};
    for (size_t i = 0; i < SEGS; i++) {
        LIB_ERR err;
        const size_t first = rng_below(&random, RAM / 16 - 2) * 16, bytes = 16 * (1 + rng_below(&random, 3));
        tries[thread][i].first = first;
        tries[thread][i].bytes = bytes;
        Mem_SegCreate("small", &segs[thread][i], (CPU_ADDR)ram + first, bytes, 1, &tries[thread][i].err);
        const uint32_t name = rng_below(&random, NAMES);
        const size_t size = 1 + rng_below(&random, 20);
        void *const memory = Mem_SegAllocExt(names[name], &shared, size, 1, NULL, &err);
        MUST(memory != NULL && err == LIB_MEM_ERR_NONE, "alloc: %d", (int)err);
        memset(memory, (int)thread, size);
        taken[thread][name] += size;
        if (i % 8 == 0) {
            go_through();
        }
    }
}

static bool overlap(size_t first, size_t bytes, const MEM_SEG *seg)
{
    const CPU_ADDR start = (CPU_ADDR)ram + first;
    return start <= (CPU_ADDR)seg->EndPtr && (CPU_ADDR)seg->BasePtr <= start + bytes - 1;
}

/* One bit for each 16 bytes of ram: those of listed segments. */
static size_t check_list(bool *covered)
{
    size_t n = 0;
    for (const MEM_SEG *seg = Mem_SegListNext(NULL); seg != NULL; seg = Mem_SegListNext(seg)) {
        if (!overlap(0, RAM, seg)) {
            continue;
        }
        n++;
        for (const CPU_INT08U *at = seg->BasePtr; at <= seg->EndPtr; at += 16) {
            const size_t which = (size_t)(at - ram) / 16;
            MUST(!covered[which], "two segments have byte %zu", which * 16);
            covered[which] = true;
        }
    }
    return n;
}

static void check_tries(uint32_t threads)
{
    bool covered[RAM / 16] = {false};
    size_t made = 0;
    const size_t listed = check_list(covered);
    for (uint32_t thread = 0; thread < threads; thread++) {
        for (size_t i = 0; i < SEGS; i++) {
            bool clash = false;
            const size_t first = tries[thread][i].first / 16, n = tries[thread][i].bytes / 16;
            const LIB_ERR err = tries[thread][i].err;
            for (size_t k = first; k < first + n && k < RAM / 16; k++) {
                clash = clash || covered[k];
            }
            made += err == LIB_MEM_ERR_NONE;
            MUST(clash, "bytes %zu to %zu are nobody's, and it said %d", first * 16, (first + n) * 16, (int)err);
            MUST(err == LIB_MEM_ERR_NONE || err == LIB_MEM_ERR_INVALID_SEG_OVERLAP ||
                     err == LIB_MEM_ERR_INVALID_SEG_EXISTS,
                 "create says %d", (int)err);
        }
    }
    MUST(made == listed, "%zu were made, %zu are listed", made, listed);
}

static void collect(CPU_CHAR *text)
{
    MUST(strlen(printed) + strlen(text) < sizeof printed, "a table without end");
    strcat(printed, text);
}

static void check_names(uint32_t threads)
{
    LIB_ERR err;
    printed[0] = 0;
    Mem_OutputUsage(collect, &err);
    for (size_t name = 0; name < NAMES; name++) {
        char line[80];
        size_t sum = 0;
        for (uint32_t thread = 0; thread < threads; thread++) {
            sum += taken[thread][name];
        }
        snprintf(line, sizeof line, "| Object  | %10zu |            | %s\r\n", sum, names[name]);
        MUST(sum == 0 || strstr(printed, line) != NULL, "no line\n%s in\n%s", line, printed);
    }
}

int main(int argc, char **argv)
{
    stress_options options = {.threads = 4, .ops = 100000, .blocks = 1, .shards = 1, .held = 1, .many = 1};
    double seconds = 0;
    stress_parse(argc, argv, &options);
    NEED(options.threads * SEGS * 20 <= SHARED, "too many threads for the memory that they share");
    const uint64_t rounds = options.ops * options.rounds / SEGS / 10 + 1; /* threads are begun in each */
    for (uint64_t round = 0; round < rounds; round++, options.seed++) {
        LIB_ERR err;
        Mem_Init();
        memset(taken, 0, sizeof taken);
        Mem_SegCreate("shared", &shared, (CPU_ADDR)shared_ram, SHARED, 1, &err);
        MUST(err == LIB_MEM_ERR_NONE, "create: %d", (int)err);
        seconds += stress_run(&options, work, &options);
        check_tries(options.threads);
        check_names(options.threads);
    }
    stress_report(rounds * SEGS * options.threads, 0, seconds);
    return 0;
}
