/* SPDX-License-Identifier: MIT */
/* The explorer's command line. Each scenario runs as it is, then with one context frozen after each of its operations.
 */
#include "scenarios.h"
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SCENARIOS_MAX = 200,
    FREEZE_PREEMPTIONS_MAX = 2,
    QUICK_PREEMPTIONS = 2
};

static const char usage[] = "usage: explore [--verbose] [--deeper N]      every scenario, with N more preemptions\n"
                            "       explore --only SCENARIO\n"
                            "       explore --part pool|cache|dynpool|heap|micrium|mynewt|zephyr\n"
                            "       explore --mutant [--only SCENARIO]    succeeds if a scenario fails\n"
                            "       explore --replay [--freeze] SCENARIO SCHEDULE\n";

static const struct {
    const char *name;
    size_t (*scenarios)(explore_scenario *out, size_t room);
} parts[] = {
    {"pool", pool_scenarios},       {"cache", cache_scenarios},
    {"dynpool", dynpool_scenarios}, {"heap", heap_scenarios},
#ifdef EXPLORE_MICRIUM
    {"micrium", micrium_scenarios},
#endif
#ifdef EXPLORE_MYNEWT
    {"mynewt", mynewt_scenarios},
#endif
#ifdef EXPLORE_ZEPHYR
    {"zephyr", zephyr_scenarios},
#endif
};

static struct {
    bool verbose, mutant, replay, freeze;
    int deeper;
    const char *scenario, *schedule, *only, *part;
} option;

static struct {
    uint64_t schedules, operations;
    unsigned longest;
} total;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void print_failure(const explore_scenario *s, const explore_result *r)
{
    printf("FAILED: %s%s: %s\n", s->name, s->freeze ? ", one context frozen" : "", r->message);
    printf("replay: explore --replay %s\"%s\" %s\n", s->freeze ? "--freeze " : "", s->name, r->schedule);
}

/* Returns whether the scenario passed. */
static bool run(explore_scenario *s)
{
    explore_result r;
    const double began = seconds();
    explore_run(s, &r);
    total.schedules += r.schedules;
    total.operations += r.operations;
    total.longest = r.longest > total.longest ? r.longest : total.longest;
    if (option.verbose) {
        printf("%-36s %d contexts, <= %d preemptions%s: %9" PRIu64 " schedules, longest %3u, %.2f s\n", s->name,
               s->contexts, s->preemptions, s->freeze ? ", freeze" : "", r.schedules, r.longest, seconds() - began);
    }
    if (r.failed && option.mutant) {
        printf("caught: %s%s, schedule %" PRIu64 ": %s\n", s->name, s->freeze ? ", freeze" : "", r.schedules,
               r.message);
    } else if (r.failed) {
        print_failure(s, &r);
    }
    return !r.failed;
}

static int at_most(int a, int b)
{
    return a < b ? a : b;
}

/* Runs a scenario with at most so many preemptions, then with one context frozen. */
static bool run_both(const explore_scenario *scenario, int preemptions)
{
    explore_scenario s = *scenario;
    s.preemptions = at_most(s.preemptions + option.deeper, preemptions);
    if (!run(&s)) {
        return false;
    }
    s.freeze = true;
    s.preemptions = at_most(s.preemptions, s.contexts > 3 ? 0 : s.contexts > 2 ? 1 : FREEZE_PREEMPTIONS_MAX);
    return run(&s);
}

/* Returns how many scenarios passed. With --mutant it stops at the first that fails. */
static size_t run_all(const explore_scenario *scenarios, size_t n, int preemptions)
{
    size_t passed = 0;
    for (size_t i = 0; i < n && (passed == i || !option.mutant); i++) {
        passed += run_both(&scenarios[i], preemptions);
    }
    return passed;
}

/* Moves the scenario of --only to the front. Returns how many scenarios are to run: it alone, or all. */
static size_t choose_scenarios(explore_scenario *scenarios, size_t n)
{
    for (size_t i = 0; i < n && option.only != NULL; i++) {
        if (strcmp(scenarios[i].name, option.only) == 0) {
            scenarios[0] = scenarios[i];
            return 1;
        }
    }
    return option.only == NULL ? n : 0;
}

static int replay(explore_scenario *scenarios, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(scenarios[i].name, option.scenario) == 0) {
            explore_result r;
            scenarios[i].freeze = option.freeze;
            explore_replay(&scenarios[i], option.schedule, &r);
            puts(r.failed ? r.message : "passed");
            return r.failed;
        }
    }
    fprintf(stderr, "no scenario \"%s\"\n", option.scenario);
    return 2;
}

static bool parse(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--verbose") == 0) {
            option.verbose = true;
        } else if (strcmp(argv[i], "--mutant") == 0) {
            option.mutant = true;
        } else if (strcmp(argv[i], "--deeper") == 0 && i + 1 < argc) {
            option.deeper = atoi(argv[++i]);
        } else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
            option.only = argv[++i];
        } else if (strcmp(argv[i], "--part") == 0 && i + 1 < argc) {
            option.part = argv[++i];
        } else if (strcmp(argv[i], "--replay") == 0) {
            option.replay = true;
        } else if (strcmp(argv[i], "--freeze") == 0) {
            option.freeze = true;
        } else if (option.replay && option.scenario == NULL) {
            option.scenario = argv[i];
        } else if (option.replay && option.schedule == NULL) {
            option.schedule = argv[i];
        } else {
            return false;
        }
    }
    return option.replay == (option.schedule != NULL);
}

int main(int argc, char **argv)
{
    static explore_scenario scenarios[SCENARIOS_MAX];
    if (!parse(argc, argv)) {
        fputs(usage, stderr);
        return 2;
    }
    size_t n = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (option.part == NULL || strcmp(option.part, parts[i].name) == 0) {
            n += parts[i].scenarios(scenarios + n, SCENARIOS_MAX - n);
        }
    }
    n = choose_scenarios(scenarios, n);
    if (option.replay) {
        return replay(scenarios, n);
    }
    const double began = seconds();
    /* Most mutants fail with few preemptions, of which there are few schedules. */
    if (option.mutant && run_all(scenarios, n, QUICK_PREEMPTIONS) < n) {
        return 0;
    }
    const size_t passed = run_all(scenarios, n, INT_MAX);
    if (option.mutant) {
        printf("%s", passed < n ? "" : "NOT caught by any scenario\n");
        return passed == n;
    }
    printf("%zu of %zu scenarios passed: %" PRIu64 " schedules, %" PRIu64
           " atomic operations, longest context %u, %.1f s\n",
           passed, n, total.schedules, total.operations, total.longest, seconds() - began);
    return passed != n || n == 0;
}
