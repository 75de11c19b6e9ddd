/* SPDX-License-Identifier: MIT */
/* Depth-first search over schedules by replay. A run follows the choices made so far; after those it takes the first
 * one that is possible. The next run changes the last choice that has an alternative left.
 *
 * Bounding preemptions instead of depth finds most bugs early: M. Musuvathi and S. Qadeer, PLDI 2007. */
#include "explore.h"
#include "shim.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

enum {
    CHOICES_MAX = 4000,
    OPERATIONS_MAX = 2000,
    STACK_BYTES = 64 * 1024
};

/* A choice that was made, and its alternatives that are left. */
typedef struct choice {
    char made;
    char left[2 * EXPLORE_CONTEXTS_MAX + 1];
} choice;

typedef struct context {
    enum {
        NEW,
        RUNNABLE,
        ASLEEP,
        DONE,
        FROZEN
    } state;
    unsigned operations;
    uintptr_t home;
    ucontext_t start;
    jmp_buf at;
    unsigned char *stack;
} context;

static struct {
    const explore_scenario *scenario;
    explore_result *result;
    context contexts[EXPLORE_CONTEXTS_MAX];
    jmp_buf driver;
    int running; /* context, or EXPLORE_NONE in the driver */
    int frozen;
    int preemptions, weak_failures;
    uint64_t operations;
    choice choices[CHOICES_MAX];
    unsigned made, planned; /* choices of this run; of these, how many are replayed */
    bool replaying;
} explorer;

static void observe(void)
{
    const int me = explorer.running;
    if (explorer.scenario->observe != NULL) {
        explorer.running = EXPLORE_NONE;
        explorer.scenario->observe(explorer.scenario->argument);
        explorer.running = me;
    }
}

static void run_context(unsigned me)
{
    explorer.scenario->context((int)me, explorer.scenario->argument);
    observe();
    explorer.contexts[me].state = DONE;
    _longjmp(explorer.driver, 1);
}

/* Makes the next choice out of `options`, the preferred one first. */
static char choose(const char *options)
{
    if (explorer.made >= CHOICES_MAX) {
        explore_fail("a run makes too many choices");
        return options[0];
    }
    choice *next = &explorer.choices[explorer.made++];
    if (explorer.made <= explorer.planned) {
        if (strchr(options, next->made) == NULL) {
            explore_fail("the schedule does not fit this scenario");
            return options[0];
        }
        return next->made;
    }
    next->made = options[0];
    snprintf(next->left, sizeof next->left, "%s", explorer.replaying ? "" : options + 1);
    return next->made;
}

/* The contexts that can go on after `last` (EXPLORE_NONE if that one is done). Empty if none can. */
static void list_options(int last, char *options)
{
    const bool stays = last != EXPLORE_NONE;
    if (stays) {
        *options++ = (char)('0' + last);
    }
    for (int i = 0; i < explorer.scenario->contexts; i++) {
        const bool able = explorer.contexts[i].state == NEW || explorer.contexts[i].state == RUNNABLE;
        if (able && i != last && (!stays || explorer.preemptions < explorer.scenario->preemptions)) {
            *options++ = (char)('0' + i);
        }
    }
    if (stays && explorer.scenario->freeze && explorer.frozen == EXPLORE_NONE) {
        *options++ = (char)('A' + last);
    }
    *options = '\0';
}

/* The context that goes on after `last`. */
static int schedule(int last)
{
    char options[2 * EXPLORE_CONTEXTS_MAX + 1];
    list_options(last, options);
    if (options[0] == '\0') {
        return EXPLORE_NONE;
    }
    const char made = options[1] == '\0' ? options[0] : choose(options);
    if (made >= 'A') {
        explorer.frozen = last;
        explorer.contexts[last].state = FROZEN;
        return schedule(EXPLORE_NONE);
    }
    explorer.preemptions += last != EXPLORE_NONE && made - '0' != last;
    return made - '0';
}

static void resume(int next)
{
    context *c = &explorer.contexts[next];
    explorer.running = next;
    if (c->state == NEW) {
        c->state = RUNNABLE;
        setcontext(&c->start);
    }
    _longjmp(c->at, 1);
}

void explore_point(void)
{
    const int me = explorer.running;
    if (me == EXPLORE_NONE) {
        return;
    }
    observe();
    context *c = &explorer.contexts[me];
    if (++c->operations > OPERATIONS_MAX) {
        explore_fail("context %d makes no progress", me);
    }
    explorer.operations++;
    const int next = schedule(me);
    if (next == me) {
        return;
    }
    if (_setjmp(c->at) == 0) {
        if (next == EXPLORE_NONE) {
            explorer.running = EXPLORE_NONE;
            _longjmp(explorer.driver, 1);
        }
        resume(next);
    }
}

/* Another context goes on, which is no preemption. If there is none, the run is over. */
void explore_sleep(void)
{
    context *c = &explorer.contexts[explorer.running];
    observe();
    c->state = ASLEEP;
    if (_setjmp(c->at) == 0) {
        const int next = schedule(EXPLORE_NONE);
        if (next == EXPLORE_NONE) {
            explorer.running = EXPLORE_NONE;
            _longjmp(explorer.driver, 1);
        }
        resume(next);
    }
}

void explore_wake(int context_number)
{
    context *c = &explorer.contexts[context_number];
    c->state = c->state == ASLEEP ? RUNNABLE : c->state;
}

bool explore_weak_fails(void)
{
    if (explorer.running == EXPLORE_NONE || explorer.weak_failures >= explorer.scenario->weak_failures) {
        return false;
    }
    const bool fails = choose(".w") == 'w';
    explorer.weak_failures += fails;
    return fails;
}

uintptr_t explore_context(void)
{
    return explorer.running == EXPLORE_NONE ? 0 : explorer.contexts[explorer.running].home;
}

void explore_set_home(int context_number, uintptr_t home)
{
    explorer.contexts[context_number].home = home;
}

void explore_fail(const char *format, ...)
{
    explore_result *result = explorer.result;
    if (!result->failed) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(result->message, sizeof result->message, format, arguments);
        va_end(arguments);
        result->failed = true;
        unsigned i = 0;
        for (; i < explorer.made && i + 1 < sizeof result->schedule; i++) {
            result->schedule[i] = explorer.choices[i].made;
        }
        result->schedule[i] = '\0';
    }
    if (explorer.running != EXPLORE_NONE) {
        explorer.running = EXPLORE_NONE;
        _longjmp(explorer.driver, 1);
    }
}

void explore_assertion(const char *text)
{
    explore_fail("context %d: the assertion %s does not hold", explorer.running, text);
}

static void prepare_context(int i)
{
    context *c = &explorer.contexts[i];
    c->state = NEW;
    c->operations = 0;
    getcontext(&c->start);
    c->start.uc_stack.ss_sp = c->stack;
    c->start.uc_stack.ss_size = STACK_BYTES;
    c->start.uc_link = NULL;
    makecontext(&c->start, (void (*)(void))run_context, 1, (unsigned)i);
}

/* Runs every context to its end, or until it is frozen or the run fails. */
static void run_contexts(void)
{
    if (_setjmp(explorer.driver) == 0) {
        resume(schedule(EXPLORE_NONE));
    }
    explorer.running = EXPLORE_NONE;
    if (!explorer.result->failed) {
        const int next = schedule(EXPLORE_NONE);
        if (next != EXPLORE_NONE) {
            resume(next);
        }
    }
}

static void run_once(void)
{
    explore_result *result = explorer.result;
    explorer.made = 0;
    explorer.preemptions = explorer.weak_failures = 0;
    explorer.operations = 0;
    explorer.frozen = EXPLORE_NONE;
    explorer.scenario->setup(explorer.scenario->argument);
    for (int i = 0; i < explorer.scenario->contexts; i++) {
        prepare_context(i);
    }
    run_contexts();
    if (!result->failed) {
        explorer.scenario->finish(explorer.frozen, explorer.scenario->argument);
    }
    result->schedules++;
    result->operations += explorer.operations;
    for (int i = 0; i < explorer.scenario->contexts; i++) {
        const unsigned operations = explorer.contexts[i].operations;
        result->longest = operations > result->longest ? operations : result->longest;
    }
}

/* Changes the last choice that has an alternative left. Returns false if there is none. */
static bool next_schedule(void)
{
    while (explorer.made > 0) {
        choice *last = &explorer.choices[explorer.made - 1];
        if (last->left[0] != '\0') {
            last->made = last->left[0];
            memmove(last->left, last->left + 1, strlen(last->left));
            explorer.planned = explorer.made;
            return true;
        }
        explorer.made--;
    }
    return false;
}

static void begin(const explore_scenario *scenario, explore_result *result)
{
    memset(result, 0, sizeof *result);
    explorer.scenario = scenario;
    explorer.result = result;
    explorer.running = EXPLORE_NONE;
    explorer.planned = 0;
    for (int i = 0; i < scenario->contexts; i++) {
        if (explorer.contexts[i].stack == NULL && (explorer.contexts[i].stack = malloc(STACK_BYTES)) == NULL) {
            perror("stack of a context");
            exit(1);
        }
    }
}

void explore_run(const explore_scenario *scenario, explore_result *result)
{
    begin(scenario, result);
    explorer.replaying = false;
    do {
        run_once();
    } while (!result->failed && next_schedule());
    result->exhausted = !result->failed;
}

void explore_replay(const explore_scenario *scenario, const char *text, explore_result *result)
{
    begin(scenario, result);
    explorer.replaying = true;
    for (; text[explorer.planned] != '\0' && explorer.planned < CHOICES_MAX; explorer.planned++) {
        explorer.choices[explorer.planned] = (choice){.made = text[explorer.planned]};
    }
    run_once();
}
