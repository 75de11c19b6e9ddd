/* SPDX-License-Identifier: MIT */
#include "herd.h"
#include "check.h"
#include "rng.h"
#include "verdict.h"
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void *herd_begin(herd *h, size_t bytes)
{
    h->file = memfd_create("lfmem-herd", MFD_CLOEXEC);
    h->bytes = bytes;
    h->parent = getpid();
    h->last = 0;
    CHECK(h->file >= 0 && ftruncate(h->file, (off_t)bytes) == 0, "no shared memory");
    h->board = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, h->file, 0);
    CHECK(h->board != MAP_FAILED, "no view of the memory");
    return h->board;
}

void herd_end(herd *h)
{
    munmap(h->board, h->bytes);
    close(h->file);
}

void *herd_enter(const herd *h, unsigned place)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != h->parent) { /* it died before that could be said */
        _exit(1);
    }
    mmap(NULL, (place + 1) * h->bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void *view = mmap(NULL, h->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, h->file, 0);
    if (view == MAP_FAILED) {
        _exit(1);
    }
    munmap(h->board, h->bytes);
    atomic_store(&((herd_board *)view)->slots[place].base, (uintptr_t)view);
    return view;
}

_Noreturn void herd_give_up(herd_board *board, uint32_t block)
{
    atomic_store(&board->broken, block + 1);
    for (;;) {
        pause();
    }
}

static void start(herd *h, unsigned place)
{
    herd_slot *slot = &h->board->slots[place];
    h->last++;
    atomic_store(&slot->rounds, 0);
    atomic_store(&slot->asked, 0);
    atomic_store(&slot->takings, 0);
    h->processes[place] = fork();
    CHECK(h->processes[place] >= 0, "no process");
    if (h->processes[place] == 0) {
        h->live(h, place, h->last);
        _exit(1);
    }
}

/* Kills a process, or waits until its own timer has, in the middle of growth. */
static void end(herd *h, unsigned place, bool by_timer)
{
    herd_slot *slot = &h->board->slots[place];
    int status = 0;
    if (by_timer) {
        atomic_store(&slot->asked, 1);
    } else {
        kill(h->processes[place], SIGKILL);
    }
    guard_begin();
    while (waitpid(h->processes[place], &status, 0) < 0) {
        CHECK(errno == EINTR, "the process is gone");
    }
    guard_end();
    EXPECT(FAULT_DAMAGE, WIFSIGNALED(status) && WTERMSIG(status) == (by_timer ? SIGALRM : SIGKILL),
           "a process fell over, status %#x", (unsigned)status);
    const uint32_t takings = atomic_load(&slot->takings);
    h->kills++;
    h->kills_growing += takings > 0 && takings < h->takings;
}

static void check_not_broken(const herd *h)
{
    const uint32_t broken = atomic_load(&h->board->broken);
    siginfo_t fallen = {.si_pid = 0};
    EXPECT(FAULT_DAMAGE, broken == 0, "block %u was handed out twice, or written to by nobody who held it, or is none",
           broken - 1);
    EXPECT(FAULT_DAMAGE, waitid(P_ALL, 0, &fallen, WEXITED | WNOHANG | WNOWAIT) != 0 || fallen.si_pid == 0,
           "a process fell over");
}

/* Waits until so many of the processes have got on. */
static void await_progress(const herd *h, unsigned wanted)
{
    uint64_t before[HERD];
    for (unsigned i = 0; i < HERD; i++) {
        before[i] = atomic_load(&h->board->slots[i].rounds);
    }
    guard_begin();
    for (unsigned moved = 0; moved < wanted;) {
        usleep(20);
        check_not_broken(h);
        moved = 0;
        for (unsigned i = 0; i < HERD; i++) {
            moved += atomic_load(&h->board->slots[i].rounds) != before[i];
        }
    }
    guard_end();
}

/* A process that has got going. */
static unsigned pick_victim(const herd *h, rng *random)
{
    unsigned place = rng_below(random, HERD);
    while (atomic_load(&h->board->slots[place].rounds) == 0) {
        place = (place + 1) % HERD;
    }
    return place;
}

static void check_addresses(const herd *h)
{
    for (unsigned i = 0; i < HERD; i++) {
        const uintptr_t base = atomic_load(&h->board->slots[i].base);
        CHECK(base != (uintptr_t)h->board, "the memory lies at one address in two processes");
        for (unsigned j = 0; j < i; j++) {
            CHECK(base != atomic_load(&h->board->slots[j].base), "the memory lies at one address in two processes");
        }
    }
}

void herd_run(herd *h, unsigned kills)
{
    rng random = {1};
    for (unsigned i = 0; i < HERD; i++) {
        start(h, i);
    }
    for (unsigned i = 0; i < kills; i++) {
        /* all of them now and then, which takes as long as the scheduler lets the last one wait */
        const bool all = i % 8 == 0;
        await_progress(h, all ? HERD : 1);
        if (all) {
            check_addresses(h);
        }
        usleep(rng_below(&random, 2000));
        const unsigned place = pick_victim(h, &random);
        end(h, place, h->takings != 0);
        start(h, place);
    }
    await_progress(h, HERD);
    for (unsigned i = 0; i < HERD; i++) {
        end(h, i, false);
    }
}
