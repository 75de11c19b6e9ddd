/* SPDX-License-Identifier: MIT */
/* Replays traces of real programs on heaps of lfmem and on other allocators: time, memory, smallest arena.
 *
 *     lfm-replay [--rounds N] [--csv FILE] [--note TEXT]... TRACE ...
 *
 * A note goes into the head of the CSV. README.md says how to read the figures. */
#include "../measure.h"
#include "contestants.h"
#include "memory.h"
#include "replay.h"
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    MOST_ROUNDS = 101,
    MOST_NOTES = 8,
    BARE_PAIRS = 20000,
    COPIES = 2
};

typedef enum way {
    IN_ORDER,
    BY_COPIES,
    BY_THREAD,
    WAYS
} way;

static const char *const way_names[WAYS] = {"one thread", "copies", "by thread"};

/* Of one contestant and one trace. */
typedef struct result {
    double r[WAYS][MOST_ROUNDS];       /* processor time of an operation to the unit */
    double ns[WAYS][MOST_ROUNDS];      /* that time */
    double elapsed[WAYS][MOST_ROUNDS]; /* of all threads together, ns an operation */
    double fair[WAYS][MOST_ROUNDS];
    double arena;    /* bytes; 0: has none */
    double used;     /* most bytes of a heap in blocks */
    double resident; /* bytes; negative: not known */
    replay_counts counts[WAYS];
} result;

static int rounds = 5;
static FILE *csv;
static result results[CONTESTANTS];

/* The unit of R, by the same clock as the rest. */
static double unit(void)
{
    const double began = replay_processor_time();
    bare_pair(BARE_PAIRS);
    return (replay_processor_time() - began) / BARE_PAIRS;
}

static replay_time in_order(const trace *t, allocator *a, replay_counts *counts)
{
    replay r;
    if (!replay_begin(&r, t, a)) {
        abort();
    }
    replay_range(&r, 0, t->prelude);
    const double began = now(), processor = replay_processor_time();
    replay_range(&r, t->prelude, t->n);
    const replay_time time = {now() - began, replay_processor_time() - processor, 1};
    replay_rest(&r);
    counts->failures += r.counts.failures;
    counts->damaged += r.counts.damaged;
    replay_end(&r);
    return time;
}

/* Times of an operation. */
static replay_time once(const trace *t, allocator *a, way w, replay_counts *counts)
{
    replay_time time;
    double n = (double)(t->n - t->prelude);
    if (w == BY_COPIES) {
        time = replay_copies(t, a, REPLAY_ENDS, COPIES, counts);
        n *= COPIES;
    } else if (w == BY_THREAD) {
        time = replay_by_thread(t, a, REPLAY_ENDS, counts);
    } else {
        time = in_order(t, a, counts);
    }
    return (replay_time){time.elapsed / n, time.processor / n, time.fair};
}

static bool takes_part(const trace *t, const contestant *c, way w)
{
    return c->missing == NULL && (w != BY_THREAD || t->threads > 1) && (w == IN_ORDER || c->kind != CONTESTANT_FLOOR);
}

static void measure(const trace *t)
{
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < CONTESTANTS; i++) {
            contestant *const c = &contestants[i];
            for (way w = 0; w < WAYS; w++) {
                if (!takes_part(t, c, w)) {
                    continue;
                }
                contestant_rewind(c);
                const double before = unit();
                const replay_time time = once(t, &c->allocator, w, &results[i].counts[w]);
                const double after = unit();
                results[i].ns[w][round] = time.processor;
                results[i].r[w][round] = time.processor / ((before + after) / 2);
                results[i].elapsed[w][round] = time.elapsed;
                results[i].fair[w][round] = time.fair;
            }
        }
    }
}

static void write_head(const char *const *notes, int n)
{
    for (int i = 0; i < n; i++) {
        fprintf(csv, "# %s\n", notes[i]);
    }
    fprintf(csv, "# compiler: %s %s; flags: %s\n", BENCH_COMPILER, __VERSION__, BENCH_FLAGS);
    fprintf(csv, "# lfmem: %d-bit words, checks level %d\n", LFM_WORD_BITS, LFM_CHECKS);
    fprintf(csv, "# bare CAS pair (R = 1): %.2f ns; rounds: %d\n", unit(), rounds);
    fputs("trace,way,threads,allocator,operations,q1,median,q3,fair,ns,elapsed_ns,failures,early_frees,left_out,"
          "live_bytes,arena_bytes,used_bytes,resident_bytes\n",
          csv);
}

static void write_row(const trace *t, const char *name, const contestant *c, result *r, way w)
{
    const size_t n = (size_t)rounds;
    const unsigned threads = w == IN_ORDER ? 1 : w == BY_COPIES ? COPIES : t->threads;
    const double middle = median(r->r[w], n);
    fprintf(csv, "%s,%s,%u,\"%s\",%zu,%.4f,%.4f,%.4f,%.3f,%.2f,%.2f,%zu,%zu,%zu,%zu,%.0f,%.0f,%.0f\n", name,
            way_names[w], threads, c->name, t->n - t->prelude, r->r[w][n / 4], middle, r->r[w][n * 3 / 4],
            median(r->fair[w], n), median(r->ns[w], n), median(r->elapsed[w], n), r->counts[w].failures / n,
            r->counts[w].early / n, r->counts[w].skipped / n, t->peak_bytes, r->arena, r->used, r->resident);
}

static void print_r(const trace *t, const contestant *c, result *r, way w)
{
    if (!takes_part(t, c, w)) {
        printf(" %19s", "-");
        return;
    }
    const size_t n = (size_t)rounds;
    const double middle = median(r->r[w], n);
    printf(" %5.2f %5.2f ... %4.2f", middle, r->r[w][n / 4], r->r[w][n * 3 / 4]);
}

static void print_share(double bytes, const trace *t)
{
    if (bytes > 0) {
        printf(" %6.2f", bytes / (double)t->peak_bytes);
    } else {
        printf(" %6s", "-");
    }
}

/* Returns whether no block was damaged. */
static bool report(const trace *t, const char *name)
{
    bool right = true;
    printf("\n%s: %s\n%zu operations, %u thread%s, live at most %zu bytes in %zu blocks\n", name, t->text,
           t->n - t->prelude, t->threads, t->threads > 1 ? "s" : "", t->peak_bytes, t->peak_blocks);
    printf("%-17s %19s %19s %19s  %5s %6s %6s\n", "R of an operation", "one thread", "2 copies", "by thread", "arena",
           "used", "res.");
    for (int i = 0; i < CONTESTANTS; i++) {
        const contestant *const c = &contestants[i];
        result *const r = &results[i];
        if (c->missing != NULL) {
            continue;
        }
        printf("%-17s", c->name);
        for (way w = 0; w < WAYS; w++) {
            print_r(t, c, r, w);
            if (csv != NULL && takes_part(t, c, w)) {
                write_row(t, name, c, r, w);
            }
            right &= c->kind == CONTESTANT_FLOOR || r->counts[w].damaged == 0;
        }
        print_share(r->arena, t);
        print_share(r->used, t);
        print_share(r->resident, t);
        const replay_counts *const k = &r->counts[BY_THREAD];
        if (k->early + k->skipped > 0) {
            printf("  early %zu, left out %zu", k->early / (size_t)rounds, k->skipped / (size_t)rounds);
        }
        puts(right ? "" : "  DAMAGED");
    }
    return right;
}

static bool one_trace(const char *path)
{
    trace t;
    char name[64];
    const char *const base = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(base, "."), base);
    const char *const wrong = trace_load(&t, path);
    if (wrong != NULL) {
        fprintf(stderr, "%s: %s\n", path, wrong);
        return false;
    }
    memset(results, 0, sizeof results);
    for (int i = 0; i < CONTESTANTS; i++) {
        contestant *const c = &contestants[i];
        result *const r = &results[i];
        if (c->missing == NULL) {
            if (c->kind == CONTESTANT_HEAP) {
                r->arena = (double)memory_smallest_arena(&t, &c->config);
                r->used = (double)memory_used(&t, &c->config, 2 * (size_t)r->arena);
            }
            r->resident = c->kind == CONTESTANT_FLOOR ? -1 : memory_resident_elsewhere(c->name, path, r->arena);
            contestant_open(c, &t, 2 * COPIES * (size_t)r->arena);
        }
    }
    measure(&t);
    const bool right = report(&t, name);
    for (int i = 0; i < CONTESTANTS; i++) {
        contestant_close(&contestants[i]);
    }
    trace_free(&t);
    return right;
}

/* What memory_resident_elsewhere() calls. */
static int tell_resident(const char *name, const char *path, const char *arena)
{
    contestant *const c = contestant_by_name(name);
    trace t;
    if (c == NULL || c->missing != NULL || trace_load(&t, path) != NULL) {
        return 1;
    }
    contestant_open(c, &t, 2 * (size_t)strtod(arena, NULL));
    printf("%.0f\n", memory_resident(&t, &c->allocator));
    return 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: lfm-replay [--rounds 1...%d] [--csv FILE] [--note TEXT]... TRACE ...\n", MOST_ROUNDS);
    return 2;
}

/* Returns the CSV's name, or NULL: none, or (*bad) the command line is wrong. */
static const char *arguments(int argc, char **argv, const char **notes, int *note_count, const char **resident,
                             bool *bad)
{
    static const struct option options[] = {{"rounds", required_argument, NULL, 'r'},
                                            {"csv", required_argument, NULL, 'c'},
                                            {"note", required_argument, NULL, 'n'},
                                            {"resident", required_argument, NULL, 'R'},
                                            {0}};
    const char *name = NULL;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'r') {
            rounds = atoi(optarg);
        } else if (option == 'c') {
            name = optarg;
        } else if (option == 'n' && *note_count < MOST_NOTES) {
            notes[(*note_count)++] = optarg;
        } else if (option == 'R') {
            *resident = optarg;
        } else {
            *bad = true;
        }
    }
    *bad |= optind == argc || rounds < 1 || rounds > MOST_ROUNDS;
    return name;
}

int main(int argc, char **argv)
{
    const char *notes[MOST_NOTES], *resident = NULL;
    int note_count = 0;
    bool bad = false;
    const char *const name = arguments(argc, argv, notes, &note_count, &resident, &bad);
    if (bad) {
        return usage();
    }
    if (getenv("GLIBC_TUNABLES") == NULL) { /* room for the thread-local data of a library that is loaded late */
        setenv("GLIBC_TUNABLES", "glibc.rtld.optional_static_tls=16384", 1);
        execv("/proc/self/exe", argv);
    }
    contestants_load();
    if (resident != NULL) {
        return argc - optind == 2 ? tell_resident(resident, argv[optind], argv[optind + 1]) : usage();
    }
    if (name != NULL) {
        csv = fopen(name, "w");
        if (csv == NULL) {
            perror(name);
            return 1;
        }
        write_head(notes, note_count);
    }
    for (int i = 0; i < CONTESTANTS; i++) {
        if (contestants[i].missing != NULL) {
            printf("%s (Debian: %s) is left out: %s\n", contestants[i].name, contestants[i].package,
                   contestants[i].missing);
        }
    }
    printf(
        "R = ratio of the processor time of an operation to a bare pair of compare-and-swaps, here %.1f ns; %d rounds\n"
        "arena, used, res.: smallest arena, heap in blocks, resident memory, each to the trace's most live bytes\n",
        unit(), rounds);
    bool right = true;
    for (int i = optind; i < argc; i++) {
        right &= one_trace(argv[i]);
        fflush(stdout);
    }
    return csv != NULL && fclose(csv) != 0 ? 1 : !right;
}
