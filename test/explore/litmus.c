/* SPDX-License-Identifier: MIT */
/* Litmus tests of the explorer's weak memory (memory.h): small programs, and the outcomes that RC11 allows, all of them
 * and no other; for some programs, outcomes that must not be. Each runs with the reductions and without, which must
 * give the same executions.
 *
 * A program has a line for each context, of steps:
 *
 *     Wx1 Wx1r        store 1 to x, relaxed; release
 *     Rx Rxa          load x, relaxed; acquire
 *     Ax1 Ax1r        add 1 to x, relaxed; release. Tells nothing
 *     Bx1             the same, and tells what was there
 *     Cx23 Cx23a      compare-and-swap of x from 2 to 3, acq_rel; if it fails it is relaxed; acquire. Tells what was
 *                     there, or + if it succeeds
 *     Fx23            the same, weak
 *     Pp Qp           plain store to p, or x or y; plain load, which tells nothing
 *     ?1              go on only if 1 was told last
 *
 * The outcome is what contexts told, one after the other, and then the values that x and y have in the end, if asked
 * for. Of the names: J. Alglave, L. Maranget and M. Tautschnig, Herding Cats, TOPLAS 2014. */
#include "check.h"
#include "explore.h"
#include "memory.h"
#include "shim.h"
#include <stdio.h>
#undef memset

enum {
    OUTCOMES_MAX = 64,
    TOLD_MAX = 8
};

typedef struct litmus {
    const char *name;
    const char *contexts[EXPLORE_CONTEXTS_MAX];
    const char *last; /* "xy": both are told in the end */
    const char *allowed;
    const char *never; /* in place of `allowed`, where there are many */
} litmus;

#define RACE "race"

static const litmus tests[] = {
    {"message passing", {"Wx1 Wy1r", "Rya Rx"}, "", "00 01 11", NULL},
    {"message passing, relaxed", {"Wx1 Wy1", "Ry Rx"}, "", "00 01 10 11", NULL},
    {"message passing, release only", {"Wx1 Wy1r", "Ry Rx"}, "", "00 01 10 11", NULL},
    {"message passing, acquire only", {"Wx1 Wy1", "Rya Rx"}, "", "00 01 10 11", NULL},
    {"store buffering", {"Wx1r Rya", "Wy1r Rxa"}, "", "00 01 10 11", NULL},
    {"store buffering, by read-modify-writes", {"Bx1 By0", "By1 Bx0"}, "", NULL, "0000"},
    {"load buffering: C11 has 11 too, this not", {"Rx Wy1", "Ry Wx1"}, "", "00 01 10", NULL},
    {"coherence of loads", {"Wx1 Wx2", "Rx Rx"}, "", "00 01 02 11 12 22", NULL},
    {"coherence of two writers", {"Wx1", "Wx2", "Rx Rx", "Rx Rx"}, "", NULL, "1221 2112"},
    {"coherence of a store and a load", {"Wx1 Rx", "Wx2"}, "", "1 2", NULL},
    {"coherence by way of another", {"Wx1", "Rx Wy1r", "Rya Rx"}, "", "000 001 010 011 100 101 111", NULL},
    {"2+2W", {"Wx1r Wy2r", "Wy1r Wx2r"}, "xy", "11 12 21 22", NULL},
    {"S", {"Wx2 Wy1r", "Rya Wx1"}, "x", "01 02 11", NULL},
    {"S, relaxed", {"Wx2 Wy1", "Ry Wx1"}, "x", "01 02 11 12", NULL},
    {"write-to-read causality", {"Wx1", "Rxa ?1 Wy1r", "Rya ?1 Rx"}, "", "00 10 111", NULL},
    {"a release sequence", {"Wx1 Wy1r", "Ay1", "Rya Rx"}, "", "00 01 10 11 21", NULL},
    {"a store ends a release sequence", {"Wx1 Wy1r Wy2", "Rya Rx"}, "", "00 01 11 20 21", NULL},
    {"IRIW, acquire",
     {"Wx1r", "Wy1r", "Rxa Rya", "Rya Rxa"},
     "",
     "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1010 1011 1100 1101 1110 1111",
     NULL},
    {"a failing compare-and-swap, relaxed", {"Wx1 Ay1r", "Cy23 Rx"}, "", "00 01 10 11", NULL},
    {"a failing compare-and-swap, acquire", {"Wx1 Ay1r", "Cy23a Rx"}, "", "00 01 11", NULL},
    {"a failing compare-and-swap takes an old value", {"Ay1 Wx1", "Rx Cy23"}, "", "00 01 10 11", NULL},
    {"a compare-and-swap succeeds on the newest only", {"Ay1 Wx1", "Rx Cy02"}, "", "0+ 01 11", NULL},
    {"a weak compare-and-swap fails by itself", {"Fx01"}, "", "0 +", NULL},
    {"a load takes a store that passed over another",
     {"Rx", "Wx2 Wy2", "Ry Wx3"},
     "x",
     "002 003 022 023 202 203 222 223 302 303 322 323",
     NULL},
    {"a weak compare-and-swap fails with an old value", {"Ay1 Wx1", "Rx Fy02"}, "", "0+ 00 01 10 11", NULL},
    {"two additions", {"Bx1", "Bx1"}, "", "01 10", NULL},
    {"an addition between stores", {"Wx1 Wx2", "Bx1"}, "x", "02 12 23", NULL},
    {"a store not between an addition and what it takes", {"Bx1 Rx", "Wx5"}, "x", "015 055 566", NULL},
    {"a race", {"Pp Wy1r", "Qp"}, "", RACE, NULL},
    {"no race", {"Pp Wy1r", "Rya ?1 Qp"}, "", "0 1", NULL},
    {"a race, relaxed", {"Pp Wy1r", "Ry ?1 Qp"}, "", RACE, NULL},
    {"a race, store after load", {"Qp Wy1", "Rya ?1 Pp"}, "", RACE, NULL},
    {"no race, store after load", {"Qp Wy1r", "Rya ?1 Pp"}, "", "0 1", NULL},
    {"no race, by an addition", {"Pp Ay1r", "Ay1", "Rya ?2 Qp"}, "", "0 1 2", NULL},
    {"a race of a plain load with an atomic store", {"Qx", "Wx1"}, "", RACE, NULL},
    {"a race of an atomic load with a plain store", {"Px", "Rx"}, "", RACE, NULL},
    {"a race of a second atomic load with a plain store", {"Px Wy1r", "Rya ?1 Rx Wy2", "Ry ?2 Rx"}, "", RACE, NULL},
    {"no race of a plain store with an atomic load", {"Px Wy1r", "Rya ?1 Rx"}, "", "0 11", NULL},
};

static struct {
    uint32_t x, y, p;
    char told[EXPLORE_CONTEXTS_MAX][TOLD_MAX];
    size_t n[EXPLORE_CONTEXTS_MAX];
    char outcomes[OUTCOMES_MAX][4 * TOLD_MAX];
    size_t n_outcomes;
} world;

static void tell(int me, char what)
{
    world.told[me][world.n[me]++] = what;
}

static char digit(uint64_t value)
{
    return (char)('0' + value);
}

static void compare_and_swap(int me, const char *step, uint32_t *at)
{
    uint64_t seen = (uint64_t)(step[2] - '0');
    const int fail_order = step[4] == 'a' ? __ATOMIC_ACQUIRE : __ATOMIC_RELAXED;
    const bool succeeds =
        explore_cas(at, sizeof *at, &seen, (uint64_t)(step[3] - '0'), __ATOMIC_ACQ_REL, fail_order, step[0] == 'F');
    tell(me, succeeds ? '+' : digit(seen));
}

/* Returns whether to go on. */
static bool act(int me, const char *step)
{
    uint32_t *const at = step[1] == 'x' ? &world.x : step[1] == 'y' ? &world.y : &world.p;
    switch (step[0]) {
    case 'W':
        explore_store(at, sizeof *at, (uint64_t)(step[2] - '0'), step[3] == 'r' ? __ATOMIC_RELEASE : __ATOMIC_RELAXED);
        break;
    case 'R':
        tell(me, digit(explore_load(at, sizeof *at, step[2] == 'a' ? __ATOMIC_ACQUIRE : __ATOMIC_RELAXED)));
        break;
    case 'A':
    case 'B': {
        const int order = step[0] == 'B' ? __ATOMIC_ACQ_REL : step[3] == 'r' ? __ATOMIC_RELEASE : __ATOMIC_RELAXED;
        const uint64_t old = explore_replace(at, sizeof *at, UINT64_MAX, (uint64_t)(step[2] - '0'), order);
        if (step[0] == 'B') {
            tell(me, digit(old));
        }
        break;
    }
    case 'P':
        explore_write(at, sizeof *at);
        *at = 1;
        break;
    case 'Q':
        explore_read(at, sizeof *at);
        break;
    case '?':
        return world.n[me] > 0 && world.told[me][world.n[me] - 1] == step[1];
    default:
        compare_and_swap(me, step, at);
    }
    return true;
}

static void run(int me, const void *argument)
{
    const litmus *const test = argument;
    const char *step = test->contexts[me];
    while (step[0] != '\0' && act(me, step)) {
        step += strcspn(step, " ");
        step += strspn(step, " ");
    }
}

static void setup(const void *argument)
{
    (void)argument;
    world.x = world.y = world.p = 0;
    memset(world.told, 0, sizeof world.told);
    memset(world.n, 0, sizeof world.n);
}

static void finish(int frozen, const void *argument)
{
    const litmus *const test = argument;
    char outcome[4 * TOLD_MAX] = "";
    (void)frozen;
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        strcat(outcome, world.told[i]);
    }
    for (const char *last = test->last; *last != '\0'; last++) {
        strncat(outcome, (const char[]){digit(*last == 'x' ? world.x : world.y)}, 1);
    }
    for (size_t i = 0; i < world.n_outcomes; i++) {
        if (strcmp(world.outcomes[i], outcome) == 0) {
            return;
        }
    }
    MUST(world.n_outcomes < OUTCOMES_MAX, "%s: too many outcomes", test->name);
    strcpy(world.outcomes[world.n_outcomes++], outcome);
}

/* How many words of a text are outcomes that were seen. */
static size_t seen_of(const char *text, size_t *words)
{
    size_t seen = 0;
    *words = 0;
    for (const char *word = text; *word != '\0'; word += strspn(word, " ")) {
        const size_t length = strcspn(word, " ");
        for (size_t i = 0; i < world.n_outcomes; i++) {
            seen += strlen(world.outcomes[i]) == length && strncmp(world.outcomes[i], word, length) == 0;
        }
        ++*words;
        word += length;
    }
    return seen;
}

static void check_outcomes(const litmus *test, const explore_result *r)
{
    size_t words;
    if (test->allowed != NULL && strcmp(test->allowed, RACE) == 0) {
        MUST(r->failed && strstr(r->message, RACE) != NULL, "%s: no race was found", test->name);
        return;
    }
    MUST(!r->failed && r->exhausted, "%s: %s", test->name, r->message);
    if (test->never != NULL) {
        MUST(seen_of(test->never, &words) == 0, "%s: an outcome that is not allowed", test->name);
        MUST(world.n_outcomes > 1, "%s: one outcome", test->name);
    } else {
        MUST(seen_of(test->allowed, &words) == words, "%s: %zu of %zu outcomes", test->name,
             seen_of(test->allowed, &words), words);
        MUST(world.n_outcomes == words, "%s: %zu outcomes, such as %s; %zu are allowed", test->name, world.n_outcomes,
             world.outcomes[world.n_outcomes - 1], words);
    }
}

int main(void)
{
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        explore_scenario s = {.name = tests[i].name,
                              .weak = true,
                              .stale = 100,
                              .preemptions = 100,
                              .weak_failures = 1,
                              .setup = setup,
                              .context = run,
                              .finish = finish,
                              .argument = &tests[i]};
        while (s.contexts < EXPLORE_CONTEXTS_MAX && tests[i].contexts[s.contexts] != NULL) {
            s.contexts++;
        }
        explore_result reduced, all;
        s.reduced = true;
        world.n_outcomes = 0;
        explore_run(&s, &reduced);
        check_outcomes(&tests[i], &reduced);
        s.reduced = false;
        world.n_outcomes = 0;
        explore_run(&s, &all);
        check_outcomes(&tests[i], &all);
        MUST(reduced.failed || reduced.executions == all.executions,
             "%s: %llu executions with the reductions, %llu without", tests[i].name,
             (unsigned long long)reduced.executions, (unsigned long long)all.executions);
        printf("%-50s %4llu executions in %4llu schedules, without reductions %6llu\n", tests[i].name,
               (unsigned long long)reduced.executions, (unsigned long long)(reduced.schedules - reduced.pruned),
               (unsigned long long)all.schedules);
    }
    return 0;
}
