/* SPDX-License-Identifier: MIT */
#include "slice.h"
#include "loops.h"
#include "mix.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <string.h>
#include <sys/resource.h>

enum {
    BARE_PAIRS = 16384,
    TRIES = 4,
    CHUNK_NS = 20000, /* between looks at the clock */
    BARE_KEPT = 1 << 16
};

static worker workers[WORKERS_MAX];
static long preempted[WORKERS_MAX];
static pthread_t threads[WORKERS_MAX];
static sem_t go[WORKERS_MAX], done;
static cpu_set_t allowed;
static unsigned cores;
static rng draws;
static double bare[BARE_KEPT];
static size_t bare_count;

/* What the workers are to do now. */
static const cell *current;
static void (*task)(worker *w);
static atomic_bool stop;
static atomic_uint arrived;

unsigned slice_cores(void)
{
    return cores;
}

double slice_bare(void)
{
    return median(bare, bare_count);
}

static void pin(unsigned index)
{
    unsigned nth = index % cores;
    for (size_t core = 0; core < CPU_SETSIZE; core++) {
        if (CPU_ISSET(core, &allowed) && nth-- == 0) {
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET(core, &one);
            pthread_setaffinity_np(pthread_self(), sizeof one, &one);
            return;
        }
    }
}

static void *work(void *arg)
{
    worker *const w = arg;
    pin(w->index);
    while (sem_wait(&go[w->index]) == 0) {
        task(w);
        sem_post(&done);
    }
    return NULL;
}

static void on_workers(void (*what)(worker *w))
{
    task = what;
    for (unsigned t = 0; t < current->threads; t++) {
        sem_post(&go[t]);
    }
    for (unsigned t = 0; t < current->threads; t++) {
        sem_wait(&done);
    }
}

void slice_begin(uint64_t seed)
{
    draws.state = seed;
    sched_getaffinity(0, sizeof allowed, &allowed);
    cores = (unsigned)CPU_COUNT(&allowed);
    pin(0);
    sem_init(&done, 0, 0);
    for (unsigned t = 0; t < WORKERS_MAX; t++) {
        workers[t].index = t;
        workers[t].stop = &stop;
        sem_init(&go[t], 0, 0);
        if (pthread_create(&threads[t], NULL, work, &workers[t]) != 0) {
            abort();
        }
    }
}

static bool is_mix(scenario s)
{
    return s == MIX || s == MIX_LATENCY;
}

/* Before the clock runs, a mix takes its first blocks and writes to them. A heap with headers has written to them
 * anyhow; without this, only the other heaps would find blocks that are in no cache. */
static void prepare(worker *w)
{
    const contestant *const who = current->contestant;
    if (who->enter != NULL) {
        who->enter();
    }
    for (size_t i = 0; is_mix(current->scenario) && i < w->blocks; i++) {
        void *const block = w->held[i] = who->alloc(w, w->order[i]);
        if (block != NULL) {
            touch(block, (unsigned)i);
        }
    }
}

static void run(worker *w)
{
    struct rusage before, after;
    w->pairs = w->failed = 0;
    w->chunk = current->chunk;
    w->length = current->length;
    if (w->latencies != NULL) {
        memset(w->latencies, 0, sizeof *w->latencies);
    }
    getrusage(RUSAGE_THREAD, &before);
    /* All begin at once: a futex would wake one after the other. Relaxed: only the number counts. */
    atomic_fetch_add_explicit(&arrived, 1, memory_order_relaxed);
    while (atomic_load_explicit(&arrived, memory_order_relaxed) < current->threads) {
        if (current->threads > cores) {
            sched_yield();
        }
    }
    w->began = now();
    current->contestant->loops[current->scenario](w);
    getrusage(RUSAGE_THREAD, &after);
    preempted[w->index] = after.ru_nivcsw - before.ru_nivcsw;
}

static void clear(worker *w)
{
    const contestant *const who = current->contestant;
    for (size_t i = 0; is_mix(current->scenario) && i < w->blocks; i++) {
        who->put(w, w->held[i]);
    }
    if (who->leave != NULL) {
        who->leave(w);
    }
}

/* What the workers hold in a sweep, and in which order they put it back (Fisher and Yates' shuffle). */
static void draw_sweep(const cell *c)
{
    for (unsigned t = 0; t < c->threads; t++) {
        worker *const w = &workers[t];
        w->blocks = c->size / 2 / c->threads;
        w->held = resized(w->held, w->blocks, sizeof *w->held);
        w->order = resized(w->order, w->blocks, sizeof *w->order);
        for (uint32_t i = 0; i < w->blocks; i++) {
            const uint32_t k = rng_below(&draws, i + 1);
            w->order[i] = w->order[k];
            w->order[k] = i;
        }
    }
}

/* Makes the cell's pool or heap, and draws what its workers do. A pool is made anew only where its size changes. */
static void set_up(const cell *c)
{
    static struct {
        const contestant *contestant;
        size_t size;
    } made[CONTESTANTS_MAX + 1]; /* and an end */
    size_t i = 0;
    while (made[i].contestant != NULL && made[i].contestant != c->contestant) {
        i++;
    }
    const bool again = c->scenario == GROW || c->contestant->arena || made[i].size != c->size;
    if (c->contestant->make != NULL && again) {
        c->contestant->make(c->size, BLOCK_BYTES);
    }
    made[i].contestant = c->contestant;
    made[i].size = c->size;
    if (is_mix(c->scenario)) {
        mix_draw(workers, c->threads, c->size, c->percent, &draws);
    } else if (c->scenario == SWEEP) {
        draw_sweep(c);
    }
    for (unsigned t = 0; t < c->threads; t++) {
        workers[t].next_step = 0;
        workers[t].latencies = c->latencies == NULL ? NULL : malloc(sizeof *workers[t].latencies);
        if (c->scenario == GROW) {
            workers[t].held = resized(workers[t].held, GROW_GETS, sizeof *workers[t].held);
        }
    }
}

/* One slice. Tells the bare pair's time before and after it. Returns whether the slice counts: see slice_run(). */
static bool one_slice(double *before, double *after)
{
    struct rusage began, ended;
    getrusage(RUSAGE_THREAD, &began);
    *before = bare_pair(BARE_PAIRS);
    getrusage(RUSAGE_THREAD, &ended);
    bool quiet = ended.ru_nivcsw == began.ru_nivcsw;
    atomic_store_explicit(&stop, false, memory_order_relaxed); /* the semaphores order it and the next line */
    atomic_store_explicit(&arrived, 0, memory_order_relaxed);
    on_workers(run);
    getrusage(RUSAGE_THREAD, &began);
    *after = bare_pair(BARE_PAIRS);
    getrusage(RUSAGE_THREAD, &ended);
    quiet = quiet && ended.ru_nivcsw == began.ru_nivcsw && *before < *after * 1.1 && *after < *before * 1.1;
    for (unsigned t = 0; t < current->threads; t++) {
        quiet = quiet && preempted[t] == 0;
    }
    return quiet || current->threads > cores;
}

/* Adds what the workers have counted. Rates add up. Where threads wait for a core, a thread has no rate of its own, so
 * all pairs are divided by all the time. */
static void keep(cell *c, double unit)
{
    double rate = 0, least = 1e30, most = 0, began = 1e30, ended = 0, pairs = 0;
    for (unsigned t = 0; t < c->threads; t++) {
        worker *const w = &workers[t];
        const double own = (double)w->pairs / (w->ended - w->began);
        rate += own;
        pairs += (double)w->pairs;
        began = w->began < began ? w->began : began;
        ended = w->ended > ended ? w->ended : ended;
        least = own < least ? own : least;
        most = own > most ? own : most;
        c->pairs += w->pairs;
        c->failed += w->failed;
        if (c->latencies != NULL) {
            histogram_merge(c->latencies, w->latencies);
        }
    }
    if (c->threads > cores) {
        rate = pairs / (ended - began);
    }
    c->times[c->kept] = 1 / rate;
    c->ratios[c->kept] = 1 / rate / unit;
    c->fair[c->kept] = least / most;
    c->kept++;
    if (bare_count < BARE_KEPT) {
        bare[bare_count++] = unit;
    }
}

/* A short slice, which tells how many pairs there are between two looks at the clock. */
static void try_out(cell *c)
{
    const double length = c->length;
    double before, after;
    c->chunk = 32;
    c->length = 200000;
    one_slice(&before, &after);
    c->length = length;
    /* in a handoff the second worker counts the pairs */
    const uint64_t pairs = workers[0].pairs + (c->scenario == HANDOFF ? workers[1].pairs : 1);
    const double pair = (workers[0].ended - workers[0].began) / (double)pairs;
    const double chunk = CHUNK_NS / pair;
    c->chunk = chunk > 4096 ? 4096 : chunk < 32 ? 32 : (unsigned)chunk / 32 * 32;
}

void slice_run(cell *c)
{
    current = c;
    set_up(c);
    on_workers(prepare);
    if (c->chunk == 0 && c->scenario != GROW) {
        try_out(c);
    }
    for (unsigned i = 0; i < c->slices; i++) {
        double before = 1, after = 1;
        bool quiet = one_slice(&before, &after);
        for (int tries = 1; !quiet && tries < TRIES; tries++) {
            if (c->scenario == GROW && c->contestant->make != NULL) {
                c->contestant->make(c->size, BLOCK_BYTES); /* what has grown cannot grow again */
            }
            quiet = one_slice(&before, &after);
        }
        if (quiet) {
            keep(c, (before + after) / 2);
        } else {
            c->dropped++;
        }
    }
    on_workers(clear);
    for (unsigned t = 0; t < c->threads; t++) {
        free(workers[t].latencies);
        workers[t].latencies = NULL;
    }
}
