/* SPDX-License-Identifier: MIT */
/* An interrupt at every instruction of Micrium uC/LIB's calls, whose handler makes the same calls on the same objects.
 * Afterwards every block, segment and byte is accounted for.
 *
 * As in signal.c: the way of a call is recorded once with the trap flag of x86-64, which raises SIGTRAP after each
 * instruction; later a breakpoint in the program's own code raises it at the wanted one. */
#include "check.h"
#include "verdict.h"

#if defined(__x86_64__)

#include <lib_mem.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define TRAP_FLAG  0x100L
#define BREAKPOINT 0xcc

enum {
    BLOCK = 16,
    BLOCKS = 6, /* that the dynamic pool's segment has room for; and of the static pool */
    HELD_MAX = 2 * BLOCKS,
    ONE_SEGMENT = 64,
    WAY_MAX = 2000
};

/* Code of the program, from its linker: steps in libc do not count. */
extern char __executable_start[], etext[];

static CPU_INT08U ram[BLOCKS * BLOCK], static_ram[BLOCKS * BLOCK], shared_ram[1024], new_ram[3 * ONE_SEGMENT];
static MEM_SEG seg, shared, mine, theirs;
static MEM_DYN_POOL dyn;
static MEM_POOL fixed;

/* Who holds what, and what was taken under the name: by the call (0) and by the handler (1). */
static struct {
    void *dyn[HELD_MAX], *fixed[HELD_MAX];
    size_t dyn_n, fixed_n, bytes;
} held[2];
static LIB_ERR made[2]; /* what Mem_SegCreate() said; 0: not called */

/* The instructions of a call that nobody disturbs: where it stands after so many, and how often it was there before. */
static struct {
    size_t steps, before[WAY_MAX];
    unsigned char *at[WAY_MAX];
} way;

/* What the signal handler works with. */
static struct {
    bool records, inside;  /* the way; once the call was entered */
    unsigned char *place;  /* the breakpoint's */
    unsigned char covered; /* what lay there */
    bool is_set;
    size_t passes;         /* how often it is passed by before it is the time */
    void (*move)(int who); /* NULL once it was made */
    volatile bool done;    /* the call has returned */
} trap;

static void get(int who)
{
    LIB_ERR err;
    void *const block = Mem_DynPoolBlkGet(&dyn, &err);
    EXPECT(FAULT_DAMAGE, block != NULL || err == LIB_MEM_ERR_SEG_OVF, "get says %d", (int)err);
    if (block != NULL) {
        held[who].dyn[held[who].dyn_n++] = block;
    }
}

static void put(int who)
{
    LIB_ERR err = LIB_MEM_ERR_NONE;
    if (held[who].dyn_n > 0) {
        Mem_DynPoolBlkFree(&dyn, held[who].dyn[--held[who].dyn_n], &err);
    }
    EXPECT(FAULT_DAMAGE, err == LIB_MEM_ERR_NONE, "free says %d", (int)err);
}

static void get_all(int who)
{
    for (size_t n = held[who].dyn_n - 1; n != held[who].dyn_n;) {
        n = held[who].dyn_n;
        get(who);
    }
}

static void put_other(int who)
{
    get(who);
    get(who);
    if (held[who].dyn_n >= 2) { /* another order */
        void *const last = held[who].dyn[held[who].dyn_n - 1];
        held[who].dyn[held[who].dyn_n - 1] = held[who].dyn[held[who].dyn_n - 2];
        held[who].dyn[held[who].dyn_n - 2] = last;
    }
    put(who);
    put(who);
}

static void fixed_get(int who)
{
    LIB_ERR err;
    void *const block = Mem_PoolBlkGet(&fixed, BLOCK, &err);
    EXPECT(FAULT_DAMAGE, block != NULL || err == LIB_MEM_ERR_POOL_EMPTY, "get says %d", (int)err);
    if (block != NULL) {
        held[who].fixed[held[who].fixed_n++] = block;
    }
}

static void fixed_put(int who)
{
    LIB_ERR err = LIB_MEM_ERR_NONE;
    if (held[who].fixed_n > 0) {
        Mem_PoolBlkFree(&fixed, held[who].fixed[--held[who].fixed_n], &err);
    }
    EXPECT(FAULT_DAMAGE, err == LIB_MEM_ERR_NONE, "free says %d", (int)err);
}

static void fixed_turn(int who)
{
    fixed_get(who);
    fixed_get(who);
    fixed_put(who);
}

static void take(int who)
{
    LIB_ERR err;
    Mem_SegAllocExt("named", &shared, 5, 1, NULL, &err);
    EXPECT(FAULT_DAMAGE, err == LIB_MEM_ERR_NONE, "alloc says %d", (int)err);
    held[who].bytes += 5;
}

/* Two segments that have half of their bytes in common. */
static void create(int who)
{
    Mem_SegCreate("new", who == 0 ? &mine : &theirs, (CPU_ADDR)new_ram + (size_t)who * ONE_SEGMENT / 2, ONE_SEGMENT, 1,
                  &made[who]);
}

static void create_apart(int who)
{
    Mem_SegCreate("new", who == 0 ? &mine : &theirs, (CPU_ADDR)new_ram + (size_t)who * ONE_SEGMENT, ONE_SEGMENT, 1,
                  &made[who]);
}

/* A call, and what the handler does meanwhile. `before` of the blocks are taken at first. */
static const struct {
    const char *name;
    void (*call)(int who);
    void (*moves[5])(int who);
    size_t before;
} scenes[] = {
    {"get", get, {get, put, get_all, put_other}, 1},
    {"get that makes a block", get, {get, put, get_all, put_other}, 2},
    {"get of the last block", get, {get, put, get_all, put_other}, BLOCKS - 1},
    {"free", put, {get, put, get_all, put_other}, 2},
    {"free of a block made later", put, {get, put, get_all, put_other}, 4},
    {"static get", fixed_get, {fixed_get, fixed_put, fixed_turn}, 1},
    {"static get of the last block", fixed_get, {fixed_get, fixed_put, fixed_turn}, BLOCKS - 1},
    {"static free", fixed_put, {fixed_get, fixed_put, fixed_turn}, 3},
    {"named alloc", take, {take}, 0},
    {"named alloc again", take, {take}, 1},
    {"create", create, {create, create_apart}, 0},
    {"create apart", create_apart, {create_apart}, 0},
};

/* The call: what is interrupted. */
__attribute__((noinline)) static void perform(size_t scene)
{
    scenes[scene].call(0);
    trap.done = true;
}

static void set_breakpoint(bool set)
{
    if (set) {
        trap.covered = *trap.place;
    }
    *(volatile unsigned char *)trap.place = set ? BREAKPOINT : trap.covered;
    trap.is_set = set;
}

static void record(greg_t *registers)
{
    unsigned char *const at = (unsigned char *)(uintptr_t)registers[REG_RIP];
    trap.inside = trap.inside || (uintptr_t)at == (uintptr_t)perform;
    if (trap.done) {
        registers[REG_EFL] &= ~TRAP_FLAG;
    } else if (trap.inside && (uintptr_t)at >= (uintptr_t)__executable_start && (uintptr_t)at < (uintptr_t)etext) {
        CHECK(way.steps < WAY_MAX, "a long way");
        size_t before = 0;
        for (size_t i = 0; i < way.steps; i++) {
            before += way.at[i] == at;
        }
        way.at[way.steps] = at;
        way.before[way.steps++] = before;
    }
}

static void on_trap(int signal_number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    (void)signal_number, (void)info;
    if (trap.records) {
        record(registers);
    } else if (!trap.is_set) { /* one step past it */
        set_breakpoint(true);
        registers[REG_EFL] &= ~TRAP_FLAG;
    } else {
        set_breakpoint(false);
        registers[REG_RIP] = (greg_t)(uintptr_t)trap.place;
        if (trap.passes > 0) {
            trap.passes--;
            registers[REG_EFL] |= TRAP_FLAG;
        } else {
            trap.move(1);
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

static void prepare(size_t before)
{
    LIB_ERR err[5];
    memset(held, 0, sizeof held);
    memset(made, 0, sizeof made);
    Mem_Init();
    Mem_SegCreate("ram", &seg, (CPU_ADDR)ram, sizeof ram, 1, &err[0]);
    Mem_SegCreate("shared", &shared, (CPU_ADDR)shared_ram, sizeof shared_ram, 1, &err[1]);
    Mem_DynPoolCreate("dyn", &dyn, &seg, BLOCK, 1, 2, LIB_MEM_BLK_QTY_UNLIMITED, &err[2]);
    Mem_PoolCreate(&fixed, static_ram, sizeof static_ram, BLOCKS, BLOCK, 1, NULL, &err[3]);
    for (size_t i = 0; i < 4; i++) {
        CHECK(err[i] == LIB_MEM_ERR_NONE, "setup: %d", (int)err[i]);
    }
    for (size_t i = 0; i < before; i++) { /* half of them are the handler's */
        get((int)(i % 2));
        fixed_get((int)(i % 2));
        take((int)(i % 2));
    }
}

/* Every block can be had once by somebody, and nothing else. */
static void settle_blocks(void)
{
    bool seen[2][BLOCKS] = {{false}};
    size_t n[2] = {0, 0};
    get_all(0);
    for (size_t i = held[0].fixed_n - 1; i != held[0].fixed_n;) {
        i = held[0].fixed_n;
        fixed_get(0);
    }
    for (int who = 0; who < 2; who++) {
        for (size_t i = 0; i < held[who].dyn_n; i++, n[0]++) {
            const size_t which = (size_t)((CPU_INT08U *)held[who].dyn[i] - ram) / BLOCK;
            EXPECT(FAULT_DAMAGE, which < BLOCKS && !seen[0][which], "block %zu is there twice", which);
            seen[0][which] = true;
        }
        for (size_t i = 0; i < held[who].fixed_n; i++, n[1]++) {
            const size_t which = (size_t)((CPU_INT08U *)held[who].fixed[i] - static_ram) / BLOCK;
            EXPECT(FAULT_DAMAGE, which < BLOCKS && !seen[1][which], "static block %zu is there twice", which);
            seen[1][which] = true;
        }
    }
    EXPECT(FAULT_DAMAGE, n[0] == BLOCKS && n[1] == BLOCKS, "%zu and %zu of %d blocks", n[0], n[1], BLOCKS);
    EXPECT(FAULT_DAMAGE, lfm_dynpool_check(&dyn.Pool) == LFM_OK && lfm_pool_check(&fixed.Pool) == LFM_OK, "check");
}

/* The segments that were made are listed, and no two of them overlap. */
static void settle_segments(void)
{
    const MEM_SEG *const both[] = {&mine, &theirs};
    bool listed[2] = {false, false};
    size_t n = 0;
    for (const MEM_SEG *s = Mem_SegListNext(NULL); s != NULL; s = Mem_SegListNext(s)) {
        listed[0] = listed[0] || s == both[0];
        listed[1] = listed[1] || s == both[1];
        EXPECT(FAULT_DAMAGE, ++n <= 6, "the list is a ring");
    }
    for (int who = 0; who < 2; who++) {
        EXPECT(FAULT_DAMAGE, listed[who] == (made[who] == LIB_MEM_ERR_NONE), "create says %d", (int)made[who]);
    }
    const bool clash = listed[0] && listed[1] && both[0]->EndPtr >= both[1]->BasePtr;
    EXPECT(FAULT_DAMAGE, !clash, "two segments overlap");
    EXPECT(FAULT_DAMAGE, made[0] == 0 || listed[0] || listed[1], "both were refused");
}

static size_t printed_bytes;
static bool is_object;

/* Adds up the bytes of the lines of "named": pieces are kind, number, ..., name. */
static void collect(CPU_CHAR *text)
{
    static size_t number;
    if (text[0] == '|') {
        is_object = strncmp(text, "| Object", 8) == 0;
        number = 0;
    } else if (number == 0 && strspn(text, " 0123456789") == strlen(text) && strlen(text) >= 10) {
        for (const char *c = text; *c != 0; c++) {
            number = *c == ' ' ? number : number * 10 + (size_t)(*c - '0');
        }
    } else if (is_object && strcmp(text, "named") == 0) {
        printed_bytes += number;
    }
}

static void settle_names(void)
{
    LIB_ERR err;
    printed_bytes = 0;
    Mem_OutputUsage(collect, &err);
    const size_t bytes = held[0].bytes + held[1].bytes;
    EXPECT(FAULT_DAMAGE, printed_bytes == bytes, "%zu bytes under the name, not %zu", printed_bytes, bytes);
}

static void settle(void)
{
    settle_blocks();
    settle_segments();
    settle_names();
}

static void record_way(size_t scene)
{
    prepare(scenes[scene].before);
    way.steps = 0;
    trap.done = trap.inside = false;
    trap.records = true;
    trap_flag_on();
    perform(scene);
    trap.records = false;
    settle();
    CHECK(way.steps > 20, "%s: no instruction is trapped", scenes[scene].name);
}

/* One call with an interrupt after so many instructions. */
static void interrupt(size_t scene, void (*move)(int who), size_t step)
{
    prepare(scenes[scene].before);
    trap.place = way.at[step];
    trap.passes = way.before[step];
    trap.move = move;
    guard_begin();
    set_breakpoint(true);
    perform(scene);
    guard_end();
    CHECK(trap.move == NULL, "%s: a call that nobody disturbed took another way", scenes[scene].name);
    settle();
}

int main(int argc, char **argv)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)__executable_start & ~(page - 1);
    const struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
    unsigned long runs = 0, instructions = 0;
    verdict_begin(argc, argv);
    CHECK(sigaction(SIGTRAP, &action, NULL) == 0, "no handler");
    if (mprotect((void *)start, (uintptr_t)etext - start, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) {
        SKIP("a program cannot write its own code here");
    }
    for (size_t scene = 0; scene < sizeof scenes / sizeof scenes[0]; scene++) {
        record_way(scene);
        instructions += way.steps;
        for (size_t i = 0; scenes[scene].moves[i] != NULL; i++) {
            for (size_t step = 0; step < way.steps; step++, runs++) {
                interrupt(scene, scenes[scene].moves[i], step);
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
