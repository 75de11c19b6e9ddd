/* SPDX-License-Identifier: MIT */
#include "step.h"
#include "oracle.h"

/* Since step_begin(). */
static unsigned long instructions, interrupts;

#if defined(__x86_64__)

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define TRAP_FLAG  0x100L
#define BREAKPOINT 0xcc

/* The program's code, from its linker. */
extern char __executable_start[], etext[];

static const step_test *test;

/* The handler's state. */
static struct {
    call_path path;
    bool records; /* the path */
    size_t call;
    volatile bool inside;   /* the call */
    unsigned char *at;      /* the breakpoint's */
    unsigned char original; /* what lay there */
    bool is_set;
    size_t passes; /* how often the breakpoint is passed by before it is the time */
    size_t move;   /* STEP_ALONE once it was made */
    void (*watch)(void);
} trap;

static void set_breakpoint(void)
{
    trap.original = *trap.at;
    *(volatile unsigned char *)trap.at = BREAKPOINT;
    trap.is_set = true;
}

static void clear_breakpoint(void)
{
    *(volatile unsigned char *)trap.at = trap.original;
    trap.is_set = false;
}

static void record(greg_t *registers)
{
    const uintptr_t at = (uintptr_t)registers[REG_RIP];
    if (!trap.inside) {
        registers[REG_EFL] &= trap.path.steps > 0 ? ~TRAP_FLAG : ~0L;          /* the call is over, or has not begun */
    } else if (at >= (uintptr_t)__executable_start && at < (uintptr_t)etext) { /* not in libc */
        NEED(trap.path.steps < CALL_PATH_MAX, "call %zu is a long path", trap.call);
        call_path_append(&trap.path, at);
    }
}

static void on_trap(int signal_number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    (void)signal_number, (void)info;
    if (trap.records) {
        record(registers);
    } else if (trap.watch != NULL) {
        if (trap.inside) {
            trap.watch();
        } else {
            trap.watch = NULL;
            registers[REG_EFL] &= ~TRAP_FLAG;
        }
    } else if (!trap.is_set) { /* one step past it */
        set_breakpoint();
        registers[REG_EFL] &= ~TRAP_FLAG;
    } else {
        clear_breakpoint();
        registers[REG_RIP] = (greg_t)(uintptr_t)trap.at;
        if (trap.passes > 0) {
            trap.passes--;
            registers[REG_EFL] |= TRAP_FLAG;
        } else {
            test->move(trap.call, trap.move);
            trap.move = STEP_ALONE;
            registers[REG_EFL] |= trap.watch != NULL ? TRAP_FLAG : 0;
        }
    }
}

/* A push would write below the stack pointer, where a function may keep variables: 128 bytes are the ABI's. */
static inline void trap_flag_on(void)
{
    __asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; orq $0x100, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::
                         : "memory", "cc");
}

/* Not inlined: all callers share one copy, and its breakpoint. */
__attribute__((noinline)) static void perform(void)
{
    trap.inside = true;
    test->call(trap.call);
    trap.inside = false;
}

void step_begin(const step_test *tested)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)__executable_start & ~(page - 1);
    const struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
    NEED(sigaction(SIGTRAP, &action, NULL) == 0, "no handler");
    if (mprotect((void *)start, (uintptr_t)etext - start, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) {
        SKIP("a program cannot write its own code here");
    }
    test = tested;
}

const call_path *step_record(size_t call)
{
    test->prepare(call);
    trap.call = call;
    trap.path.steps = 0;
    trap.records = true;
    trap_flag_on();
    perform();
    trap.records = false;
    test->audit(call, STEP_ALONE);
    NEED(trap.path.steps > 20, "no instruction of call %zu is trapped", call);
    instructions += trap.path.steps;
    return &trap.path;
}

void step_interrupt(size_t move, size_t step)
{
    test->prepare(trap.call);
    trap.at = (unsigned char *)trap.path.at[step];
    trap.passes = trap.path.before[step];
    trap.move = move;
    guard_begin();
    set_breakpoint();
    perform();
    guard_end();
    NEED(trap.move == STEP_ALONE, "call %zu took another path, though nobody disturbed it", trap.call);
    test->audit(trap.call, move);
    interrupts++;
}

void step_watch(void (*watch)(void))
{
    trap.watch = watch;
}

#else

void step_begin(const step_test *tested)
{
    (void)tested;
    SKIP("there is no trap flag here");
}

const call_path *step_record(size_t call)
{
    (void)call;
    return NULL;
}

void step_interrupt(size_t move, size_t step)
{
    (void)move, (void)step;
}

void step_watch(void (*watch)(void))
{
    (void)watch;
}

#endif

void step_through(size_t call, size_t moves)
{
    const call_path *const path = step_record(call);
    for (size_t step = 0; step < path->steps; step++) {
        for (size_t move = 0; move < moves; move++) {
            step_interrupt(move, step);
        }
    }
}

int step_end(void)
{
    NEED(instructions > 0 && interrupts > 0, "nothing was interrupted");
    return oracle_end("%lu instructions, %lu interrupts", instructions, interrupts);
}
