/* SPDX-License-Identifier: MIT */
#include "workers.h"
#include "oracle.h"
#include "rng.h"
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void *workers_begin(workers *w, size_t bytes)
{
    w->file = memfd_create("lfmem-workers", MFD_CLOEXEC);
    w->bytes = bytes;
    w->parent = getpid();
    w->last = 0;
    NEED(w->file >= 0 && ftruncate(w->file, (off_t)bytes) == 0, "no shared memory");
    w->board = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, w->file, 0);
    NEED(w->board != MAP_FAILED, "no view of the memory");
    return w->board;
}

void workers_end(workers *w)
{
    munmap(w->board, w->bytes);
    close(w->file);
}

void *worker_enter(const workers *w, unsigned worker)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != w->parent) { /* it died before that could be said */
        _exit(1);
    }
    mmap(NULL, (worker + 1) * w->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *view = mmap(NULL, w->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, w->file, 0);
    if (view == MAP_FAILED) {
        _exit(1);
    }
    munmap(w->board, w->bytes);
    atomic_store(&((workers_board *)view)->slots[worker].base, (uintptr_t)view);
    return view;
}

_Noreturn void worker_give_up(workers_board *board, uint32_t block)
{
    atomic_store(&board->broken, block + 1);
    for (;;) {
        pause();
    }
}

static void start(workers *w, unsigned worker)
{
    worker_slot *slot = &w->board->slots[worker];
    w->last++;
    atomic_store(&slot->rounds, 0);
    atomic_store(&slot->asked, 0);
    atomic_store(&slot->leaks, 0);
    w->processes[worker] = fork();
    NEED(w->processes[worker] >= 0, "no process");
    if (w->processes[worker] == 0) {
        w->body(w, worker, w->last);
        _exit(1);
    }
}

/* Kills a process, or waits until its own timer has killed it in the middle of growth. */
static void end(workers *w, unsigned worker, bool by_timer)
{
    worker_slot *slot = &w->board->slots[worker];
    int status = 0;
    if (by_timer) {
        atomic_store(&slot->asked, 1);
    } else {
        kill(w->processes[worker], SIGKILL);
    }
    guard_begin();
    while (waitpid(w->processes[worker], &status, 0) < 0) {
        NEED(errno == EINTR, "the process is gone");
    }
    guard_end();
    MUST(WIFSIGNALED(status) && WTERMSIG(status) == (by_timer ? SIGALRM : SIGKILL), "a process fell over, status %#x",
         (unsigned)status);
    const uint32_t leaks = atomic_load(&slot->leaks);
    w->kills++;
    w->kills_growing += leaks > 0 && leaks < w->leaks;
}

static void check_not_broken(const workers *w)
{
    const uint32_t broken = atomic_load(&w->board->broken);
    siginfo_t fallen = {.si_pid = 0};
    MUST(broken == 0, "block %u was handed out twice, or written to by nobody who held it, or is none", broken - 1);
    MUST(waitid(P_ALL, 0, &fallen, WEXITED | WNOHANG | WNOWAIT) != 0 || fallen.si_pid == 0, "a process fell over");
}

/* Waits until so many of the processes have made progress. */
static void await_progress(const workers *w, unsigned wanted)
{
    uint64_t before[WORKERS];
    for (unsigned i = 0; i < WORKERS; i++) {
        before[i] = atomic_load(&w->board->slots[i].rounds);
    }
    guard_begin();
    for (unsigned moved = 0; moved < wanted;) {
        usleep(20);
        check_not_broken(w);
        moved = 0;
        for (unsigned i = 0; i < WORKERS; i++) {
            moved += atomic_load(&w->board->slots[i].rounds) != before[i];
        }
    }
    guard_end();
}

/* Any process that has made a round. */
static unsigned pick_victim(const workers *w, rng *random)
{
    unsigned worker = rng_below(random, WORKERS);
    while (atomic_load(&w->board->slots[worker].rounds) == 0) {
        worker = (worker + 1) % WORKERS;
    }
    return worker;
}

static void check_addresses(const workers *w)
{
    for (unsigned i = 0; i < WORKERS; i++) {
        const uintptr_t base = atomic_load(&w->board->slots[i].base);
        NEED(base != (uintptr_t)w->board, "the memory lies at one address in two processes");
        for (unsigned j = 0; j < i; j++) {
            NEED(base != atomic_load(&w->board->slots[j].base), "the memory lies at one address in two processes");
        }
    }
}

void workers_run(workers *w, unsigned kills)
{
    rng random = {1};
    for (unsigned i = 0; i < WORKERS; i++) {
        start(w, i);
    }
    for (unsigned i = 0; i < kills; i++) {
        /* all of them now and then, which takes as long as the scheduler lets the last one wait */
        const bool all = i % 8 == 0;
        await_progress(w, all ? WORKERS : 1);
        if (all) {
            check_addresses(w);
        }
        usleep(rng_below(&random, 2000));
        const unsigned worker = pick_victim(w, &random);
        end(w, worker, w->leaks != 0);
        start(w, worker);
    }
    await_progress(w, WORKERS);
    for (unsigned i = 0; i < WORKERS; i++) {
        end(w, i, false);
    }
}
