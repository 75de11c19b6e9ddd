/* SPDX-License-Identifier: MIT */
/* The explorer's command line. Each scenario runs with strong memory and with weak memory; as it is, and with one
 * context frozen after each of its operations. */
#include "scenarios.h"
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SCENARIOS_MAX = 250,
    FREEZE_PREEMPTIONS_MAX = 2,
    QUICK_PREEMPTIONS = 2,
    DEEPER_MAX = 9,
    WEAK_SCHEDULES = 3000, /* of one search with weak memory; wider bounds follow only if it took fewer */
    WEAK_BOUND_MAX = 4
};

static const char usage[] =
    "usage: explore [OPTION ...]              every scenario but the large ones\n"
    "       --part pool|cache|dynpool|heap|micrium|mynewt|zephyr   (front-ends if they are built)\n"
    "       --only SCENARIO\n"
    "       --strong | --weak                 with that memory only; default: both\n"
    "       --deeper N                        N more preemptions, or fewer (-1); weak memory: ten times the schedules "
    "for each, or a tenth\n"
    "       --mutant                          succeeds if a scenario fails; strong memory\n"
    "       --stay-linked                     the same while no context ends another one's load-linked\n"
    "       --weaken ORDER=relaxed|acquire|release   the same with that order of orders.txt; weak memory\n"
    "       --random SECONDS [--seed N]       large scenarios, or that of --only, at random; weak memory unless "
    "--strong\n"
    "       --verbose                         a line for each search\n"
    "       explore --replay [--weak] [--freeze] [--reduced] [--bounds P,S,F] SCENARIO SCHEDULE\n";

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
    bool verbose, mutant, stay_linked, replay, freeze, weak, strong, reduced;
    int deeper;
    double seconds;
    uint64_t seed;
    int preemptions, stale, weak_failures; /* of a replay */
    const char *scenario, *schedule, *only, *part;
} option = {.preemptions = INT_MAX};

static struct {
    uint64_t schedules, operations, stale, executions;
    unsigned longest;
} total;

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int at_most(int a, int b)
{
    return a < b ? a : b;
}

static void print_failure(const explore_scenario *s, const explore_result *r)
{
    printf("FAILED: %s%s%s: %s\n", s->name, s->weak ? ", weak memory" : "", s->freeze ? ", one context frozen" : "",
           r->message);
    printf("replay: explore --replay %s%s%s--bounds %d,%d,%d \"%s\" %s\n", s->weak ? "--weak " : "",
           s->freeze ? "--freeze " : "", s->reduced ? "--reduced " : "", s->preemptions, s->stale, s->weak_failures,
           s->name, r->schedule);
}

static void print_result(const explore_scenario *s, const explore_result *r, double time)
{
    char bounds[64] = "no bounds";
    if (!s->reduced) {
        snprintf(bounds, sizeof bounds, "<= %d preemptions", s->preemptions);
    }
    if (s->weak && !s->reduced) {
        snprintf(bounds + strlen(bounds), sizeof bounds - strlen(bounds), ", <= %d stale", s->stale);
    }
    printf("%-42s %d contexts, %s%s: %9" PRIu64 " schedules%s, longest %3u", s->name, s->contexts, bounds,
           s->freeze ? ", freeze" : "", r->schedules, r->exhausted || r->failed ? "" : ", and more", r->longest);
    if (s->weak) {
        printf(", %" PRIu64 " executions, %" PRIu64 " stale", r->executions, r->stale);
    }
    printf(", %.2f s\n", time);
}

/* Returns whether the scenario passed. */
static bool run(const explore_scenario *s, explore_result *r)
{
    const double began = seconds();
    explore_run(s, r);
    total.schedules += r->schedules;
    total.operations += r->operations;
    total.stale += r->stale;
    total.executions += r->executions;
    total.longest = r->longest > total.longest ? r->longest : total.longest;
    if (option.verbose) {
        print_result(s, r, seconds() - began);
    }
    if (r->failed && option.mutant) {
        printf("caught: %s%s, schedule %" PRIu64 ": %s\n", s->name, s->freeze ? ", freeze" : "", r->schedules,
               r->message);
    } else if (r->failed) {
        print_failure(s, r);
    }
    return !r->failed;
}

/* Runs a scenario with at most so many preemptions, then with one context frozen. */
static bool run_strong(const explore_scenario *scenario, int preemptions)
{
    explore_scenario s = *scenario;
    explore_result r;
    s.preemptions = at_most(s.preemptions + option.deeper > 0 ? s.preemptions + option.deeper : 0, preemptions);
    if (!run(&s, &r)) {
        return false;
    }
    s.freeze = true;
    s.preemptions = at_most(s.preemptions, s.contexts > 3 ? 0 : s.contexts > 2 ? 1 : FREEZE_PREEMPTIONS_MAX);
    return run(&s, &r);
}

/* Runs a scenario with bounds that grow, each as long as a search comes to its end in so many schedules. */
static bool run_bounded(const explore_scenario *scenario, uint64_t most)
{
    explore_scenario s = *scenario;
    explore_result r = {.exhausted = true};
    bool wider = true;
    s.most = most;
    for (s.preemptions = 0; s.preemptions <= WEAK_BOUND_MAX && wider; s.preemptions++) {
        for (s.stale = 1; s.stale <= WEAK_BOUND_MAX && (s.stale == 1 || r.exhausted); s.stale++) {
            if (!run(&s, &r)) {
                return false;
            }
            wider = s.stale > 1 || r.exhausted;
        }
    }
    return true;
}

/* How many schedules a search with weak memory may take: ten times as many with each step deeper, a tenth with each
 * step less. */
static uint64_t weak_schedules(void)
{
    uint64_t most = WEAK_SCHEDULES;
    for (int i = 0; i < option.deeper; i++) {
        most *= 10;
    }
    for (int i = 0; i > option.deeper; i--) {
        most = most / 10 + 1;
    }
    return most;
}

/* Runs a scenario without bounds, if that comes to an end, or else within some; then with one context frozen and with
 * weak compare-and-swaps that fail by themselves. */
static bool run_weak(const explore_scenario *scenario)
{
    explore_scenario s = *scenario;
    explore_result r = {0};
    const uint64_t most = weak_schedules();
    s.weak = true;
    s.weak_failures = 0;
    s.reduced = !s.may_sleep;
    s.stale = INT_MAX;
    s.most = most;
    if (s.reduced && !run(&s, &r)) {
        return false;
    }
    s.reduced = false;
    if (!r.exhausted && !run_bounded(&s, most)) {
        return false;
    }
    s.freeze = true;
    s.weak_failures = scenario->weak_failures;
    return run_bounded(&s, most);
}

static bool run_scenario(const explore_scenario *s, int preemptions)
{
    return (option.weak || run_strong(s, preemptions)) && (option.strong || run_weak(s));
}

/* Returns how many scenarios passed. With --mutant it stops at the first that fails. */
static size_t run_all(const explore_scenario *scenarios, size_t n, int preemptions)
{
    size_t passed = 0;
    for (size_t i = 0; i < n && (passed == i || !option.mutant); i++) {
        passed += run_scenario(&scenarios[i], preemptions);
    }
    return passed;
}

/* Runs the large scenarios in turn at random, or that of --only, each for a second, until the time is up. Returns
 * whether all runs passed. */
static bool run_random(const explore_scenario *scenarios, size_t n)
{
    const double end = seconds() + option.seconds;
    uint64_t seed = option.seed;
    printf("seed %" PRIu64 "\n", seed);
    for (size_t i = 0; seconds() < end; i = (i + 1) % n) {
        explore_scenario s = scenarios[i];
        explore_result r;
        s.weak = !option.strong;
        s.preemptions = s.stale = s.weak_failures = INT_MAX;
        explore_random(&s, ++seed, 1, &r);
        total.schedules += r.schedules;
        total.operations += r.operations;
        total.stale += r.stale;
        if (r.failed) {
            print_failure(&s, &r);
            return false;
        }
    }
    printf("%" PRIu64 " schedules, %" PRIu64 " atomic operations, %" PRIu64 " stale: no failure\n", total.schedules,
           total.operations, total.stale);
    return true;
}

/* Moves the scenarios that are to run to the front: that of --only; or the large ones for runs at random, and the
 * others for searches. Returns how many there are. */
static size_t choose_scenarios(explore_scenario *scenarios, size_t n)
{
    size_t chosen = 0;
    for (size_t i = 0; i < n; i++) {
        const bool large = scenarios[i].preemptions == EXPLORE_RANDOM;
        if (option.only != NULL ? strcmp(scenarios[i].name, option.only) == 0 : large == (option.seconds > 0)) {
            scenarios[chosen++] = scenarios[i];
        }
    }
    return chosen;
}

static int replay(explore_scenario *scenarios, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(scenarios[i].name, option.scenario) == 0) {
            explore_result r;
            scenarios[i].freeze = option.freeze;
            scenarios[i].weak = option.weak;
            scenarios[i].reduced = option.reduced;
            scenarios[i].preemptions = option.preemptions;
            scenarios[i].stale = option.stale;
            scenarios[i].weak_failures = option.weak_failures;
            explore_replay(&scenarios[i], option.schedule, &r);
            puts(r.failed ? r.message : "passed");
            return r.failed;
        }
    }
    fprintf(stderr, "no scenario \"%s\"\n", option.scenario);
    return 2;
}

/* ORDER=relaxed: the name stays, without the rest. */
static bool parse_order(char *text)
{
    static const struct {
        const char *name;
        int order;
    } orders[] = {{"relaxed", __ATOMIC_RELAXED}, {"acquire", __ATOMIC_ACQUIRE}, {"release", __ATOMIC_RELEASE}};
    char *const equals = strchr(text, '=');
    for (size_t i = 0; i < sizeof orders / sizeof *orders && equals != NULL; i++) {
        if (strcmp(equals + 1, orders[i].name) == 0) {
            *equals = '\0';
            explore_weaken(text, orders[i].order);
            option.mutant = option.weak = true;
            return true;
        }
    }
    return false;
}

static bool parse_value(const char *name, char *value)
{
    if (strcmp(name, "--deeper") == 0) {
        option.deeper = atoi(value);
        return option.deeper >= -DEEPER_MAX && option.deeper <= DEEPER_MAX;
    } else if (strcmp(name, "--only") == 0) {
        option.only = value;
    } else if (strcmp(name, "--part") == 0) {
        option.part = value;
    } else if (strcmp(name, "--random") == 0) {
        option.seconds = atof(value);
    } else if (strcmp(name, "--bounds") == 0) {
        return sscanf(value, "%d,%d,%d", &option.preemptions, &option.stale, &option.weak_failures) == 3;
    } else if (strcmp(name, "--seed") == 0) {
        option.seed = strtoull(value, NULL, 10);
    } else {
        return strcmp(name, "--weaken") == 0 && parse_order(value);
    }
    return true;
}

static bool parse(int argc, char **argv)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {{"--verbose", &option.verbose}, {"--mutant", &option.mutant},
                 {"--replay", &option.replay},   {"--freeze", &option.freeze},
                 {"--weak", &option.weak},       {"--strong", &option.strong},
                 {"--reduced", &option.reduced}, {"--stay-linked", &option.stay_linked}};
    option.seed = (uint64_t)time(NULL);
    for (int i = 1; i < argc; i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof flags / sizeof *flags && !known; k++) {
            known = strcmp(argv[i], flags[k].name) == 0;
            *flags[k].flag = *flags[k].flag || known;
        }
        if (known) {
            continue;
        }
        if (option.replay && argv[i][0] != '-' && option.schedule == NULL) {
            *(option.scenario == NULL ? &option.scenario : &option.schedule) = argv[i];
        } else if (i + 1 == argc || !parse_value(argv[i], argv[i + 1])) {
            return false;
        } else {
            i++;
        }
    }
    if (option.strong && option.weak) {
        return false;
    }
    option.mutant = option.mutant || option.stay_linked;
    option.strong = option.strong || (option.mutant && !option.weak);
    return option.replay == (option.schedule != NULL);
}

int main(int argc, char **argv)
{
    explore_scenario scenarios[SCENARIOS_MAX] = {{0}};
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
    explore_scenarios(scenarios, n);
    explore_stay_linked(option.stay_linked);
    if (!option.strong && !explore_is_told() && !option.replay) {
        fputs("explore: this build is for --strong; it would not see races of plain accesses\n", stderr);
        return 2;
    }
    if (option.replay) {
        return replay(scenarios, n);
    }
    n = choose_scenarios(scenarios, n);
    if (option.seconds > 0) {
        return n == 0 || !run_random(scenarios, n);
    }
    const double began = seconds();
    /* Most mutants fail with few preemptions, of which there are few schedules. */
    if (option.mutant && option.strong && run_all(scenarios, n, QUICK_PREEMPTIONS) < n) {
        return 0;
    }
    const size_t passed = run_all(scenarios, n, INT_MAX);
    if (option.mutant) {
        printf("%s", passed < n ? "" : "NOT caught by any scenario\n");
        return passed == n;
    }
    printf(
        "%zu of %zu scenarios passed: %" PRIu64 " schedules, %" PRIu64
        " atomic operations, longest context %u; %" PRIu64 " stale, %" PRIu64 " executions with weak memory; %.1f s\n",
        passed, n, total.schedules, total.operations, total.longest, total.stale, total.executions, seconds() - began);
    return passed != n || n == 0;
}
