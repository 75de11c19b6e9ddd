/* SPDX-License-Identifier: MIT */
/* Depth-first search over schedules by replay. A run follows the choices made so far; after those it takes the first
 * one that is possible. The next run changes the last choice that has an alternative left.
 *
 * Bounding preemptions instead of depth finds most bugs early: M. Musuvathi and S. Qadeer, PLDI 2007.
 *
 * A reduced search has no bounds. Of schedules that differ in the order of neighbours which do not depend on each other
 * it runs one, by sleep sets: P. Godefroid, Partial-Order Methods for the Verification of Concurrent Systems, 1996.
 * Operations depend on each other that are on one object of which one may store. A context whose next operation was
 * tried in an equal state sleeps until an operation comes that it depends on; where all sleep, the run is left. What a
 * scenario checks in such a search must not go by the order of independent calls.
 *
 * With strong memory a run begins where the one before had got to (snapshot.h). */
#include "explore.h"
#include "cut.h"
#include "shim.h"
#include "snapshot.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#undef memset

enum {
    CHOICES_MAX = 4000,
    OPTIONS_MAX = 48,
    STACK_BYTES = 64 * 1024,
    START_BYTES = 256,       /* of a stack, that makecontext() writes at most */
    EXECUTIONS_MAX = 1 << 20 /* that are told apart; a power of two */
};

/* A choice that was made, and its alternatives that are left. */
typedef struct choice {
    char made;
    char left[OPTIONS_MAX];
} choice;

/* An operation, as far as others depend on it. */
typedef struct operation {
    const volatile void *address; /* NULL: none */
    bool stores;
} operation;

typedef struct context {
    enum {
        NEW,
        RUNNABLE,
        ASLEEP,
        DONE,
        FROZEN
    } state;
    bool in_sleep_set; /* its next operation was tried in an equal state */
    unsigned operations;
    operation next;
    uintptr_t home;
    unsigned char *stack; /* what it uses begins here */
    jmp_buf at;
} context;

/* What belongs to a run. */
static struct {
    context contexts[EXPLORE_CONTEXTS_MAX];
    int running; /* context, or EXPLORE_NONE in the driver */
    int frozen;
    int preemptions, weak_failures;
    bool linked;   /* the running context has loaded, and no other one has run since */
    bool starting; /* contexts run up to their first operation */
    bool pruned;
    operation did; /* last one */
    uint64_t operations;
} run;

/* What does not: no snapshot holds it. */
static struct {
    const explore_scenario *scenario;
    explore_result *result;
    jmp_buf driver;
    choice choices[CHOICES_MAX];
    unsigned made, planned; /* choices of this run; of these, how many are replayed */
    bool stay_linked;       /* a broken core, whose load-linked no other context ends */
    bool searching;         /* every schedule is run in turn */
    bool replaying;
    uint64_t random; /* state of the generator; 0: all choices in order */
    unsigned char *stacks;
    ucontext_t starts[EXPLORE_CONTEXTS_MAX];
    uint64_t executions[EXECUTIONS_MAX];
} explorer;

static void observe(void)
{
    const int me = run.running;
    if (explorer.scenario->observe != NULL) {
        run.running = EXPLORE_NONE;
        explorer.scenario->observe(explorer.scenario->argument);
        run.running = me;
    }
}

static void run_context(unsigned me)
{
    explorer.scenario->context((int)me, explorer.scenario->argument);
    observe();
    run.contexts[me].state = DONE;
    _longjmp(explorer.driver, 1);
}

static uint64_t next_random(void)
{
    explorer.random ^= explorer.random << 13;
    explorer.random ^= explorer.random >> 7;
    explorer.random ^= explorer.random << 17;
    return explorer.random;
}

/* The first option half the time: contexts run on, and memory is fresh. */
static char choose_at_random(const char *options)
{
    const uint64_t random = next_random() >> 16;
    return random % 2 == 0 ? options[0] : options[random / 2 % strlen(options)];
}

char explore_choose(const char *options)
{
    if (options[1] == '\0') {
        return options[0];
    }
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
    const bool all = !explorer.replaying && explorer.random == 0;
    next->made = explorer.random != 0 ? choose_at_random(options) : options[0];
    snprintf(next->left, sizeof next->left, "%s", all ? options + 1 : "");
    return next->made;
}

static bool is_able(const context *c)
{
    return c->state == NEW || c->state == RUNNABLE;
}

static bool depend(const operation *a, const operation *b)
{
    return a->address == b->address && (a->stores || b->stores);
}

/* The contexts that can go on after `last` (EXPLORE_NONE if that one is done). Empty if none can. */
static void list_options(int last, char *options)
{
    const explore_scenario *const s = explorer.scenario;
    const bool stays = last != EXPLORE_NONE;
    if (stays && !run.contexts[last].in_sleep_set) {
        *options++ = (char)('0' + last);
    }
    for (int i = 0; i < s->contexts; i++) {
        const context *const c = &run.contexts[i];
        if (is_able(c) && !c->in_sleep_set && i != last && (!stays || s->reduced || run.preemptions < s->preemptions)) {
            *options++ = (char)('0' + i);
        }
    }
    if (stays && s->freeze && run.frozen == EXPLORE_NONE) {
        *options++ = (char)('A' + last);
    }
    *options = '\0';
}

/* Contexts whose next operation depends on the one that was done leave the sleep set. */
static void update_sleep_sets(void)
{
    for (int i = 0; i < explorer.scenario->contexts; i++) {
        context *const c = &run.contexts[i];
        c->in_sleep_set = c->in_sleep_set && !depend(&run.did, &c->next);
    }
    run.did = (operation){NULL, false};
}

/* Leaves the run if contexts are able to go on, but each is in the sleep set. */
static void prune(void)
{
    for (int i = 0; i < explorer.scenario->contexts; i++) {
        if (is_able(&run.contexts[i])) {
            run.pruned = true;
            run.running = EXPLORE_NONE;
            _longjmp(explorer.driver, 1);
        }
    }
}

void explore_scenarios(const explore_scenario *scenarios, size_t n)
{
    snapshot_leave_out((explore_extent){(unsigned char *)&explorer, sizeof explorer});
    snapshot_leave_out(memory_extent());
    for (size_t i = 0; i < n; i++) {
        snapshot_leave_out(scenarios[i].world);
    }
}

/* Takes a snapshot, if a later schedule may begin with it. */
static void take_snapshot(int last)
{
    if (!explorer.searching || explorer.scenario->weak || explorer.made < explorer.planned) {
        return;
    }
    explore_extent stacks[EXPLORE_CONTEXTS_MAX];
    int n = 0;
    for (int i = 0; i < explorer.scenario->contexts; i++) {
        const context *const c = &run.contexts[i];
        if (c->state != DONE && c->state != FROZEN) {
            const unsigned char *const end = explorer.stacks + (size_t)(i + 1) * STACK_BYTES;
            stacks[n++] = (explore_extent){c->stack, (size_t)(end - c->stack)};
        }
    }
    snapshot_take(explorer.made, last, stacks, n);
}

/* The context that goes on after `last`. */
static int schedule(int last)
{
    char options[OPTIONS_MAX];
    update_sleep_sets();
    list_options(last, options);
    if (options[0] == '\0') {
        prune();
        return EXPLORE_NONE;
    }
    if (options[1] != '\0') {
        take_snapshot(last);
    }
    const char made = explore_choose(options);
    if (made >= 'A') {
        run.frozen = last;
        run.contexts[last].state = FROZEN;
        return schedule(EXPLORE_NONE);
    }
    for (const char *tried = options; explorer.scenario->reduced && *tried != made; tried++) {
        run.contexts[*tried - '0'].in_sleep_set = true;
    }
    run.preemptions += last != EXPLORE_NONE && made - '0' != last;
    run.linked = run.linked && (made - '0' == last || explorer.stay_linked);
    return made - '0';
}

static void resume(int next)
{
    context *c = &run.contexts[next];
    run.running = next;
    if (c->state == NEW) {
        c->state = RUNNABLE;
        setcontext(&explorer.starts[next]);
    }
    _longjmp(c->at, 1);
}

/* Below the caller's frame. */
static __attribute__((noinline)) unsigned char *stack_pointer(void)
{
    return __builtin_frame_address(0);
}

static void leave_to(int next)
{
    if (next == EXPLORE_NONE) {
        run.running = EXPLORE_NONE;
        _longjmp(explorer.driver, 1);
    }
    resume(next);
}

void explore_operation(const volatile void *address, bool stores)
{
    const int me = run.running;
    if (me == EXPLORE_NONE) {
        return;
    }
    observe();
    context *c = &run.contexts[me];
    if (++c->operations > EXPLORE_OPERATIONS_MAX) {
        explore_fail("context %d makes no progress", me);
    }
    run.operations++;
    c->next = (operation){address, stores};
    c->stack = stack_pointer();
    if (run.starting) {
        if (_setjmp(c->at) == 0) {
            leave_to(EXPLORE_NONE);
        }
    } else if (_setjmp(c->at) == 0) {
        const int next = schedule(me);
        if (next != me) {
            leave_to(next);
        }
    }
    if (explorer.scenario->weak) {
        memory_begin(me);
    }
}

void explore_did(const volatile void *address, bool stored)
{
    run.did = (operation){address, stored};
}

void explore_point(void)
{
    explore_operation(NULL, true);
}

/* Another context goes on, which is no preemption. If there is none, the run is over. */
void explore_sleep(void)
{
    context *c = &run.contexts[run.running];
    observe();
    c->state = ASLEEP;
    c->stack = stack_pointer();
    if (_setjmp(c->at) == 0) {
        leave_to(schedule(EXPLORE_NONE));
    }
}

void explore_wake(int context_number)
{
    context *c = &run.contexts[context_number];
    c->state = c->state == ASLEEP ? RUNNABLE : c->state;
}

bool explore_is_weak(void)
{
    return explorer.scenario->weak;
}

int explore_running(void)
{
    return run.running;
}

bool explore_is_stack(const void *at)
{
    return (uintptr_t)at - (uintptr_t)explorer.stacks < (size_t)EXPLORE_CONTEXTS_MAX * STACK_BYTES;
}

bool explore_cas_may_fail(void)
{
    return run.running != EXPLORE_NONE && run.weak_failures < explorer.scenario->weak_failures;
}

void explore_cas_failed(void)
{
    run.weak_failures++;
}

void explore_stay_linked(bool stay)
{
    explorer.stay_linked = stay;
}

void explore_link(void)
{
    run.linked = true;
}

bool explore_unlink(void)
{
    const bool linked = run.linked;
    run.linked = false;
    return linked;
}

static struct {
    const char *name; /* NULL: none */
    int order;
} weakened;

void explore_weaken(const char *name, int order)
{
    weakened.name = name;
    weakened.order = order;
}

int explore_order(const char *name, int order)
{
    return weakened.name != NULL && strcmp(name, weakened.name) == 0 ? weakened.order : order;
}

uintptr_t explore_context(void)
{
    return run.running == EXPLORE_NONE ? 0 : run.contexts[run.running].home;
}

void explore_set_home(int context_number, uintptr_t home)
{
    run.contexts[context_number].home = home;
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
    if (run.running != EXPLORE_NONE) {
        run.running = EXPLORE_NONE;
        _longjmp(explorer.driver, 1);
    }
}

void explore_assertion(const char *text)
{
    explore_fail("context %d: the assertion %s does not hold", run.running, text);
}

static void prepare_context(int i)
{
    context *c = &run.contexts[i];
    c->state = NEW;
    c->operations = 0;
    c->in_sleep_set = false;
    c->next = (operation){NULL, false};
    ucontext_t *const start = &explorer.starts[i];
    getcontext(start);
    start->uc_stack.ss_sp = explorer.stacks + (size_t)i * STACK_BYTES;
    start->uc_stack.ss_size = STACK_BYTES;
    start->uc_link = NULL;
    c->stack = explorer.stacks + (size_t)(i + 1) * STACK_BYTES - START_BYTES;
    makecontext(start, (void (*)(void))run_context, 1, (unsigned)i);
}

/* Sleep sets need the next operation of each context. So each runs up to its first. */
static void start_contexts(void)
{
    run.starting = true;
    for (volatile int i = 0; i < explorer.scenario->contexts && !explorer.result->failed; i++) {
        if (_setjmp(explorer.driver) == 0) {
            resume(i);
        }
    }
    run.starting = false;
}

/* Runs every context to its end, or until it is frozen or the run fails. `last` ran before. */
static void run_contexts(int last)
{
    volatile int ran = last;
    if (_setjmp(explorer.driver) != 0) { /* each context that ends or stops comes here */
        ran = EXPLORE_NONE;
    }
    run.running = EXPLORE_NONE;
    if (!explorer.result->failed && !run.pruned) {
        const int next = schedule(ran);
        if (next != EXPLORE_NONE) {
            resume(next);
        }
    }
}

/* In a table of hashes, with open addressing. */
static void count_execution(void)
{
    const uint64_t hash = memory_execution() | 1; /* 0: no entry */
    uint64_t at = hash >> 16 & (EXECUTIONS_MAX - 1);
    while (explorer.executions[at] != 0 && explorer.executions[at] != hash) {
        at = (at + 1) & (EXECUTIONS_MAX - 1);
    }
    if (explorer.executions[at] == 0 && explorer.result->executions < EXECUTIONS_MAX / 2) {
        explorer.executions[at] = hash;
        explorer.result->executions++;
    }
}

static void set_up(void)
{
    explorer.made = 0;
    run.preemptions = run.weak_failures = 0;
    run.operations = 0;
    run.frozen = EXPLORE_NONE;
    run.pruned = false;
    run.did = (operation){NULL, false};
    memory_reset(explorer.scenario->weak, explorer.scenario->reduced, explorer.scenario->stale);
    cut_reset();
    explorer.scenario->setup(explorer.scenario->argument);
    for (int i = 0; i < explorer.scenario->contexts; i++) {
        prepare_context(i);
    }
    if (explorer.scenario->reduced) {
        start_contexts();
    }
}

static void run_once(void)
{
    explore_result *result = explorer.result;
    int last = EXPLORE_NONE;
    if (!snapshot_restore(explorer.planned, &explorer.made, &last)) {
        set_up();
    }
    run_contexts(last);
    if (!result->failed && !run.pruned) {
        explorer.scenario->finish(run.frozen, explorer.scenario->argument);
        if (explorer.scenario->weak) {
            count_execution();
        }
    }
    result->schedules++;
    result->pruned += run.pruned;
    result->operations += run.operations;
    result->stale += (uint64_t)memory_stale();
    for (int i = 0; i < explorer.scenario->contexts; i++) {
        const unsigned operations = run.contexts[i].operations;
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
    memset(explorer.executions, 0, sizeof explorer.executions);
    explorer.scenario = scenario;
    explorer.result = result;
    run.running = EXPLORE_NONE;
    explorer.planned = 0;
    explorer.searching = explorer.replaying = false;
    explorer.random = 0;
    snapshot_begin(scenario->world);
    if (explorer.stacks == NULL && (explorer.stacks = malloc((size_t)EXPLORE_CONTEXTS_MAX * STACK_BYTES)) == NULL) {
        perror("stacks of contexts");
        exit(1);
    }
}

void explore_run(const explore_scenario *scenario, explore_result *result)
{
    begin(scenario, result);
    explorer.searching = true;
    explore_scenarios(scenario, 1);
    bool more;
    do {
        run_once();
        more = !result->failed && next_schedule();
    } while (more && (scenario->most == 0 || result->schedules < scenario->most));
    result->exhausted = !result->failed && !more;
}

void explore_random(const explore_scenario *scenario, uint64_t seed, double seconds, explore_result *result)
{
    const clock_t end = clock() + (clock_t)(seconds * (double)CLOCKS_PER_SEC);
    begin(scenario, result);
    explorer.random = seed | 1;
    do {
        explorer.planned = 0;
        run_once();
    } while (!result->failed && clock() < end);
}

void explore_replay(const explore_scenario *scenario, const char *text, explore_result *result)
{
    begin(scenario, result);
    explorer.replaying = true;
    for (; text[explorer.planned] != '\0' && explorer.planned < CHOICES_MAX; explorer.planned++) {
        explorer.choices[explorer.planned] = (choice){.made = text[explorer.planned]};
    }
    run_once();
    if (!result->failed && explorer.made < explorer.planned) {
        explore_fail("the schedule does not fit this scenario");
    }
}
