/* SPDX-License-Identifier: MIT */
/* An interrupt at every instruction of every call. There the handler makes a rival's move on the same allocator. What
 * it keeps, it keeps while the call goes on. Afterwards every block is there.
 *
 * The way of a call is recorded once with the trap flag of x86-64, which raises SIGTRAP after each instruction. Later a
 * breakpoint instruction, written into the program's own code, raises SIGTRAP at the wanted one: stepping there each
 * time would take minutes. */
#include "check.h"
#include "victim.h"

#if defined(__x86_64__)

#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define TRAP_FLAG  0x100L
#define BREAKPOINT 0xcc

/* The program's code, from its linker. */
extern char __executable_start[], etext[];

static scene_seat *seat;

/* What the handler works with. */
static struct {
    victim_way way;
    bool records, inside;   /* the way; once the call was entered */
    unsigned char *place;   /* the breakpoint's */
    unsigned char original; /* what lay there */
    bool is_set;
    size_t passes;          /* how often the breakpoint is passed by before it is the time */
    const scene_move *move; /* NULL once it was made */
} trap;

static void set_breakpoint(void)
{
    trap.original = *trap.place;
    *(volatile unsigned char *)trap.place = BREAKPOINT;
    trap.is_set = true;
}

static void clear_breakpoint(void)
{
    *(volatile unsigned char *)trap.place = trap.original;
    trap.is_set = false;
}

static void record(greg_t *registers)
{
    const uintptr_t at = (uintptr_t)registers[REG_RIP];
    trap.inside = trap.inside || at == (uintptr_t)scene_perform;
    if (atomic_load(&seat->done)) {
        registers[REG_EFL] &= ~TRAP_FLAG;
    } else if (trap.inside && at >= (uintptr_t)__executable_start && at < (uintptr_t)etext) { /* not in libc */
        victim_way_note(&trap.way, at);
    }
}

static void on_trap(int signal_number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    (void)signal_number, (void)info;
    if (trap.records) {
        record(registers);
    } else if (!trap.is_set) { /* one step past it */
        set_breakpoint();
        registers[REG_EFL] &= ~TRAP_FLAG;
    } else {
        clear_breakpoint();
        registers[REG_RIP] = (greg_t)(uintptr_t)trap.place;
        if (trap.passes > 0) {
            trap.passes--;
            registers[REG_EFL] |= TRAP_FLAG;
        } else {
            scene_make_move(trap.move);
            trap.move = NULL;
        }
    }
}

/* A push would write below the stack pointer, where a function may keep variables: 128 bytes are the ABI's. */
static inline void trap_flag_on(void)
{
    __asm__ volatile("lea -128(%%rsp), %%rsp; pushfq; orq $0x100, (%%rsp); popfq; lea 128(%%rsp), %%rsp" ::
                         : "memory", "cc");
}

static void prepare(size_t shape, unsigned call, size_t start)
{
    scene_reset(shape, start);
    scene_prepare(seat, call);
}

static void finish(size_t least)
{
    scene_adopt(seat, least);
    scene_settle(0);
}

static void record_way(size_t shape, unsigned call, size_t start)
{
    prepare(shape, call, start);
    trap.way.steps = 0;
    trap.inside = false;
    trap.records = true;
    trap_flag_on();
    scene_perform(seat);
    trap.records = false;
    finish(0);
    CHECK(trap.way.steps > 10, "no instruction is trapped");
}

/* Performs a call that is interrupted for a move after so many steps. */
static void interrupt(size_t shape, unsigned call, size_t start, const scene_move *move, size_t step)
{
    prepare(shape, call, start);
    trap.place = (unsigned char *)trap.way.at[step];
    trap.passes = trap.way.before[step];
    trap.move = move;
    set_breakpoint();
    scene_perform(seat);
    CHECK(trap.move == NULL, "a call that nobody disturbed took another way");
    finish(scene_least(call, start, move));
}

static void begin(void)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)__executable_start & ~(page - 1);
    const struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
    CHECK(sigaction(SIGTRAP, &action, NULL) == 0, "no handler");
    if (mprotect((void *)start, (uintptr_t)etext - start, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) {
        SKIP("a program cannot write its own code here");
    }
    seat = scene_seat_of(0);
}

int main(int argc, char **argv)
{
    unsigned long runs = 0, instructions = 0;
    scene_begin(verdict_begin(argc, argv));
    begin();
    for (unsigned all = 0; all < scene_shapes * scene_calls * scene_starts; all++) {
        const size_t shape = all / scene_starts / scene_calls, start = all % scene_starts;
        const unsigned call = all / scene_starts % scene_calls;
        if (!scene_has_shape(shape) || !scene_has_call(shape, call, start)) {
            continue;
        }
        record_way(shape, call, start);
        instructions += trap.way.steps;
        for (size_t step = 0; step < trap.way.steps; step++) {
            const size_t stride = scene_stride(shape);
            if (!victim_way_is_worth(&trap.way, step)) {
                continue;
            }
            for (size_t move = (step + start) % stride; move < scene_moves_of(shape); move += stride, runs++) {
                interrupt(shape, call, start, &scene_moves[move], step);
            }
        }
    }
    return verdict_end("%lu instructions, %lu interrupts", instructions, runs);
}

#else

int main(void)
{
    SKIP("there is no trap flag here");
}

#endif
