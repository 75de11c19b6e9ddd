/* SPDX-License-Identifier: MIT */
/* The benchmark. Contestants take turns in one process, in another order in each round (README.md). */
#include "../test/common/rng.h"
#include "fill.h"
#include "measure.h"
#include "report.h"
#include "ticks.h"
#include <lfmem/pool.h>
#include <string.h>
#include <unistd.h>

typedef struct options {
    effort effort;
    unsigned areas;
    uint64_t seed;
    const char *only, *csv, *picture;
    const char *notes[8];
    size_t note_count;
} options;

static void usage(FILE *out, int status)
{
    fputs("usage: bench [--smoke|--quick|--full] [--pools|--heaps] [--only PART-OF-A-NAME] [--seed N]\n"
          "             [--csv FILE] [--picture FILE] [--note TEXT]...\n"
          "--csv writes the figures, --picture the blocks of a heap in use; a note goes into the head of the CSV.\n",
          out);
    exit(status);
}

/* Options that have a value. */
static bool take_value(options *o, const char *option, const char *value)
{
    if (strcmp(option, "--only") == 0) {
        o->only = value;
    } else if (strcmp(option, "--csv") == 0) {
        o->csv = value;
    } else if (strcmp(option, "--picture") == 0) {
        o->picture = value;
    } else if (strcmp(option, "--seed") == 0) {
        o->seed = strtoull(value, NULL, 0);
    } else if (strcmp(option, "--note") == 0 && o->note_count < sizeof o->notes / sizeof *o->notes) {
        o->notes[o->note_count++] = value;
    } else {
        return false;
    }
    return true;
}

static options parse(int argc, char **argv)
{
    options o = {.effort = QUICK, .areas = POOLS | HEAPS, .seed = (uint64_t)now()};
    for (int i = 1; i < argc; i++) {
        const char *const option = argv[i];
        if (strcmp(option, "--smoke") == 0) {
            o.effort = SMOKE;
        } else if (strcmp(option, "--quick") == 0) {
            o.effort = QUICK;
        } else if (strcmp(option, "--full") == 0) {
            o.effort = FULL;
        } else if (strcmp(option, "--pools") == 0) {
            o.areas = POOLS;
        } else if (strcmp(option, "--heaps") == 0) {
            o.areas = HEAPS;
        } else if (strcmp(option, "--help") == 0 || strcmp(option, "-h") == 0) {
            usage(stdout, 0);
        } else if (i + 1 == argc || !take_value(&o, option, argv[++i])) {
            usage(stderr, 2);
        }
    }
    return o;
}

/* The loader keeps little room for thread-local variables of libraries that are loaded late, unless it is told. */
static void have_room_for_libraries(char **argv)
{
    static const char name[] = "GLIBC_TUNABLES";
    if (getenv(name) == NULL) {
        setenv(name, "glibc.rtld.optional_static_tls=65536", 1);
        execv("/proc/self/exe", argv); /* if that fails, jemalloc does not load, and says so */
    }
}

/* Finds out which contestants can take part, and prints the others. */
static void open_contestants(bool *available)
{
    for (size_t i = 0; i < contestant_count; i++) {
        const contestant *const who = contestants[i];
        const char *const why = who->missing != NULL || who->open == NULL ? NULL : who->open();
        available[i] = who->missing == NULL && why == NULL;
        if (who->missing != NULL) {
            printf("skipped: %s (built without %s)\n", who->name, who->missing);
        } else if (why != NULL) {
            printf("skipped: %s (%s)\n", who->name, why);
        }
    }
}

/* On a terminal, tells what share is done, and how long the rest will take. */
static void show_progress(double share, double left_ns)
{
    enum {
        WIDTH = 40
    };
    static double shown;
    if (!isatty(STDERR_FILENO) || (now() - shown < 2e8 && share < 1)) {
        return;
    }
    shown = now();
    if (share < 1) {
        const int full = (int)(share * WIDTH);
        fprintf(stderr, "\r[%.*s%*s] %3.0f %%, %.0f s left   ", full, "########################################",
                WIDTH - full, "", share * 100, left_ns / 1e9);
    } else {
        fprintf(stderr, "\r%*s\r", WIDTH + 30, "");
    }
}

static void shuffle(size_t *order, size_t n, rng *r)
{
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t k = rng_below(r, i + 1);
        order[i] = order[k];
        order[k] = i;
    }
}

/* In each round the cells have their turns in another order. A cell with fewer rounds than the plan is measured in some
 * of them, evenly spread from the first one on. So there is something of each cell whenever the time is up. */
static void run_rounds(plan *p, uint64_t seed)
{
    rng r = {seed};
    size_t *const order = malloc((p->count + 1) * sizeof *order);
    double all = 0, done = 0;
    const double began = now();
    for (size_t i = 0; i < p->count; i++) {
        all += plan_cost(&p->cells[i]) * p->cells[i].rounds;
    }
    for (unsigned round = 0; order != NULL && round < p->rounds && now() - began < p->budget; round++) {
        shuffle(order, p->count, &r);
        for (size_t i = 0; i < p->count; i++) {
            cell *const c = &p->cells[order[i]];
            const unsigned due = (round * c->rounds + p->rounds - 1) / p->rounds; /* before this round */
            if (due < ((round + 1) * c->rounds + p->rounds - 1) / p->rounds) {
                slice_run(c);
                done += plan_cost(c);
                const double passed = now() - began, rest = passed * (all - done) / done;
                const double left = rest < p->budget - passed ? rest : p->budget - passed;
                show_progress(passed / (passed + (left > 0 ? left : 0) + 1), left > 0 ? left : 0);
            }
        }
    }
    show_progress(1, 0);
    free(order);
}

static void add_fills(figures *f, const plan *p, const bool *available, const options *o)
{
    for (size_t i = 0; i < contestant_count; i++) {
        const contestant *const who = contestants[i];
        if (!available[i] || !who->arena || !plan_is_named(who, o->only)) {
            continue;
        }
        fill full;
        fill_measure(who, p->fills, o->seed, &full);
        figure one = {.area = "heap",
                      .threads = 1,
                      .contestant = who->name,
                      .kind = who->kind,
                      .unit = "share",
                      .kept = p->fills};
        one.scenario = "full at first failure";
        memcpy(one.quartiles, full.first, sizeof full.first);
        figures_add(f, one);
        one.scenario = "full in churn";
        memcpy(one.quartiles, full.churn, sizeof full.churn);
        figures_add(f, one);
        one.scenario = "requests met in 16 KiB";
        for (unsigned percent = 40; percent <= 80; percent += 20) {
            one.param = percent;
            one.quartiles[0] = one.quartiles[1] = one.quartiles[2] = fill_served(who, percent, o->seed);
            figures_add(f, one);
        }
    }
}

static void add_metadata(figures *f, const bool *available, const options *o)
{
    for (size_t i = 0; i < contestant_count; i++) {
        const contestant *const who = contestants[i];
        if (available[i] && who->metadata != NULL && plan_is_named(who, o->only)) {
            const double bytes = who->metadata();
            figures_add(f, (figure){.area = "pool",
                                    .scenario = "bytes beside a block of 64",
                                    .threads = 1,
                                    .contestant = who->name,
                                    .kind = who->kind,
                                    .unit = "bytes",
                                    .kept = 1,
                                    .quartiles = {bytes, bytes, bytes}});
        }
    }
}

static FILE *create(const char *path)
{
    FILE *const file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

static void write_files(const options *o, const figures *f)
{
    if (o->csv != NULL) {
        FILE *const file = create(o->csv);
        for (size_t i = 0; i < o->note_count; i++) {
            fprintf(file, "# %s\n", o->notes[i]);
        }
        fprintf(file, "# compiler: %s %s; flags: %s\n", BENCH_COMPILER, __VERSION__, BENCH_FLAGS);
        fprintf(file, "# lfmem: %d-bit words, checks level %d\n", LFM_WORD_BITS, LFM_CHECKS);
        fprintf(file, "# bare CAS pair (R = 1): %.2f ns; cores used: %u; seed: %llu\n", slice_bare(), slice_cores(),
                (unsigned long long)o->seed);
        report_csv(file, f);
        fclose(file);
    }
    if (o->picture != NULL) {
        FILE *const file = create(o->picture);
        fill_picture(file, o->seed);
        fclose(file);
    }
}

int main(int argc, char **argv)
{
    have_room_for_libraries(argv);
    static bool available[CONTESTANTS_MAX];
    const options o = parse(argc, argv);
    plan p;
    figures f = {0};
    open_contestants(available);
    slice_begin(o.seed);
    const double tick = tick_length();
    plan_make(&p, o.effort, o.areas, available, o.only);
    if (p.count == 0) {
        fputs("nothing to measure\n", stderr);
        return 1;
    }
    run_rounds(&p, o.seed);
    for (size_t i = 0; i < p.count; i++) {
        figures_of_cell(&f, &p.cells[i], tick);
    }
    if (o.areas & HEAPS) {
        add_fills(&f, &p, available, &o);
    }
    if (o.areas & POOLS) {
        add_metadata(&f, available, &o);
    }
    printf("R = ratio to a bare pair of load and compare-and-swap, here %.1f ns: median [quartiles] and, of "
           "several threads,\n"
           "the slowest one's rate to the fastest one's, or, of a front-end, xN: N times lfmem's own calls;\n"
           "%u cores; %d-bit words, checks level %d; seed %llu\n",
           slice_bare(), slice_cores(), LFM_WORD_BITS, LFM_CHECKS, (unsigned long long)o.seed);
    report_table(stdout, &f);
    write_files(&o, &f);
    return 0;
}
