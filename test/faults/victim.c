/* SPDX-License-Identifier: MIT */
#include "victim.h"
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* The victim stops itself. */
static inline void halt(void)
{
#if defined(__x86_64__)
    __asm__ volatile("int3" ::: "memory");
#else
    raise(SIGSTOP);
#endif
}

_Noreturn static void live(fixture_task *task)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
        _exit(77);
    }
    for (;;) {
        halt();
        fixture_perform(task);
    }
}

/* Waits until the victim stands still. Returns false if it has ended. */
static bool await(const victim *v, int *status)
{
    guard_begin();
    while (waitpid(v->pid, status, 0) < 0) {
        NEED(errno == EINTR, "the victim is gone");
    }
    guard_end();
    if (!WIFSTOPPED(*status)) {
        return false;
    }
    const int sig = WSTOPSIG(*status);
    MUST(sig == SIGTRAP || sig == SIGSTOP, "the victim fell over signal %d", sig);
    return true;
}

static void resume(const victim *v, bool one_step)
{
    int status;
    NEED(ptrace(one_step ? PTRACE_SINGLESTEP : PTRACE_CONT, v->pid, NULL, NULL) == 0, "the victim cannot be resumed");
    NEED(await(v, &status), "the victim has ended");
}

void victim_start(victim *v, fixture_task *task)
{
    int status;
    v->task = task;
    v->ready = true;
    v->pid = fork();
    NEED(v->pid >= 0, "no process");
    if (v->pid == 0) {
        live(task);
    }
    if (!await(v, &status)) {
        NEED(WIFEXITED(status) && WEXITSTATUS(status) == 77, "the victim did not start");
        SKIP("ptrace is refused here");
    }
    NEED(ptrace(PTRACE_SETOPTIONS, v->pid, NULL, PTRACE_O_EXITKILL) == 0, "the victim would outlive its test");
}

void victim_kill(victim *v)
{
    kill(v->pid, SIGKILL);
    waitpid(v->pid, NULL, 0);
}

#if defined(__x86_64__)

/* PTRACE_PEEK* return the word itself, and an error only in errno. */
static long peek(int request, const victim *v, uintptr_t at)
{
    errno = 0;
    const long word = ptrace((enum __ptrace_request)request, v->pid, (void *)at, NULL);
    NEED(errno == 0, "cannot look at the victim");
    return word;
}

static void poke(int request, const victim *v, uintptr_t at, long word)
{
    NEED(ptrace((enum __ptrace_request)request, v->pid, (void *)at, (void *)word) == 0, "cannot write to the victim");
}

static uintptr_t position(const victim *v)
{
    return (uintptr_t)peek(PTRACE_PEEKUSER, v, offsetof(struct user, regs.rip));
}

/* Runs to an instruction. Returns false if the victim came to its next halt instead. */
static bool run_to(const victim *v, uintptr_t at)
{
    const long text = peek(PTRACE_PEEKTEXT, v, at);
    poke(PTRACE_POKETEXT, v, at, (text & ~0xffL) | 0xcc);
    resume(v, false);
    poke(PTRACE_POKETEXT, v, at, text);
    const bool hit = position(v) == at + 1;
    if (hit) {
        poke(PTRACE_POKEUSER, v, offsetof(struct user, regs.rip), (long)at);
    }
    return hit;
}

static void advance(victim *v, const call_path *path, size_t steps)
{
    for (size_t i = 0; i <= path->before[steps] && !v->ready; i++) {
        if (i > 0) {
            resume(v, true); /* off the breakpoint where it has just stopped */
        }
        v->ready = !run_to(v, path->at[steps]);
    }
}

#else

static uintptr_t position(const victim *v)
{
    (void)v;
    return 0;
}

static void advance(victim *v, const call_path *path, size_t steps)
{
    (void)path;
    for (size_t i = 0; i < steps && !atomic_load(&v->task->done); i++) {
        resume(v, true);
    }
}

#endif

void victim_record(victim *v, call_path *path)
{
    path->steps = 0;
    v->ready = false;
    while (!atomic_load(&v->task->done)) {
        call_path_append(path, position(v));
        resume(v, true);
    }
    victim_finish(v);
}

bool victim_advance(victim *v, const call_path *path, size_t steps)
{
    v->ready = false;
    if (steps > 0) {
        advance(v, path, steps);
    }
    const bool stopped = !v->ready && !atomic_load(&v->task->done);
    MUST(stopped || atomic_load(&v->task->done), "the victim has lost its path");
    return stopped;
}

void victim_finish(victim *v)
{
    if (!v->ready) {
        resume(v, false);
        v->ready = true;
    }
    NEED(atomic_load(&v->task->done), "the victim came back without having done its call");
}
