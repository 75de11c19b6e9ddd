/* SPDX-License-Identifier: MIT */
/* An interrupt at every instruction of every call of the Mynewt front-end, in which the handler calls it, too: it gets
 * and puts, takes all and keeps some, makes pools and takes them off the list. Afterwards every block is there, the
 * list is what was made of it, and the counts that users read are exact, at once.
 *
 * The way of a call is recorded once with the trap flag, and a breakpoint interrupts it there (signal.c says why). */
#include "check.h"
#include "victim.h"

#if defined(__x86_64__)

#include <os/mynewt.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define TRAP_FLAG  0x100L
#define BREAKPOINT 0xcc

enum {
    BLOCKS = 5,
    OTHERS = 9,
    SIZE = 32
};

/* The program's code, from its linker. */
extern char __executable_start[], etext[];

static struct os_mempool pool, other, third;
static os_membuf_t memory[OS_MEMPOOL_SIZE(BLOCKS, SIZE)], other_memory[OS_MEMPOOL_SIZE(OTHERS, SIZE)],
    third_memory[OS_MEMPOOL_SIZE(3, SIZE)];

/* Who has what. */
static void *mine, *kept[BLOCKS];
static size_t keeps, got;

static void call_get(void)
{
    mine = os_memblock_get(&pool);
}

static void call_put(void)
{
    void *const block = mine;
    mine = NULL;
    CHECK(os_memblock_put(&pool, block) == OS_OK, "put");
}

static void call_init(void)
{
    CHECK(os_mempool_init(&other, OTHERS, SIZE, other_memory, "other") == OS_OK, "init");
}

static void call_unregister(void)
{
    CHECK(os_mempool_unregister(&other) == OS_OK, "it was listed");
}

static void call_walk(void)
{
    struct os_mempool_info info;
    got = 0;
    for (struct os_mempool *mp = NULL; (mp = os_mempool_info_get_next(mp, &info)) != NULL;) {
        got += mp == &pool;
    }
}

static void call_find(void)
{
    struct os_mempool_info info;
    got = os_mempool_get("pool", &info) == &pool;
}

static void move_pair(void)
{
    void *const a = os_memblock_get(&pool), *const b = os_memblock_get(&pool);
    CHECK(a == NULL || os_memblock_put(&pool, a) == OS_OK, "put");
    CHECK(b == NULL || os_memblock_put(&pool, b) == OS_OK, "put");
}

/* Takes all, and gives back in another order under the same top. */
static void move_shuffle(void)
{
    void *all[BLOCKS];
    size_t n = 0;
    while (n < BLOCKS && (all[n] = os_memblock_get(&pool)) != NULL) {
        n++;
    }
    for (size_t i = 1; i < n; i++) {
        CHECK(os_memblock_put(&pool, all[i]) == OS_OK, "put");
    }
    CHECK(n == 0 || os_memblock_put(&pool, all[0]) == OS_OK, "put");
}

static void move_keep(void)
{
    while (keeps < 2 && (kept[keeps] = os_memblock_get(&pool)) != NULL) {
        keeps++;
    }
}

static void move_put(void)
{
    while (keeps > 0) {
        CHECK(os_memblock_put(&pool, kept[--keeps]) == OS_OK, "put");
    }
}

static void move_list(void)
{
    struct os_mempool_info info;
    CHECK(os_mempool_init(&third, 3, SIZE, third_memory, "third") == OS_OK, "init");
    CHECK(os_mempool_get("third", &info) == &third && info.omi_num_free == 3, "it is listed");
    CHECK(os_mempool_get("pool", &info) == &pool, "as is this one");
    CHECK(os_memblock_put(&third, os_memblock_get(&third)) == OS_OK, "get and put");
    CHECK(os_mempool_unregister(&third) == OS_OK && os_mempool_get("third", &info) == NULL, "unregister");
}

static const struct {
    const char *name;
    void (*call)(void);
    bool pool;          /* it is a call on the pool, not on the list */
    bool holds, listed; /* before it: a block, the other pool */
} calls[] = {
    {"get", call_get, true, false, true},
    {"put", call_put, true, true, true},
    {"init", call_init, false, false, false},
    {"init again", call_init, false, false, true},
    {"unregister", call_unregister, false, false, true},
    {"walk", call_walk, false, false, true},
    {"find", call_find, false, false, true},
};
enum {
    CALLS = sizeof calls / sizeof *calls
};

/* The first one is for calls on the list, all are for those on the pool. */
static void (*const moves[])(void) = {move_list, move_pair, move_shuffle, move_keep, move_put};
enum {
    MOVES = sizeof moves / sizeof *moves
};

/* What the handler works with. */
static struct {
    victim_way way;
    bool records;           /* the way */
    volatile bool inside;   /* the call */
    unsigned char *place;   /* the breakpoint's */
    unsigned char original; /* what lay there */
    bool is_set;
    size_t passes;      /* how often the breakpoint is passed by before it is the time */
    void (*move)(void); /* NULL once it was made */
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
    if (!trap.inside) {
        registers[REG_EFL] &= trap.way.steps > 0 ? ~TRAP_FLAG : ~0L;           /* the call is over, or has not begun */
    } else if (at >= (uintptr_t)__executable_start && at < (uintptr_t)etext) { /* not in libc */
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
            trap.move();
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

static void check_counts(const struct os_mempool *mp, size_t free)
{
    CHECK(mp->mp_num_free == free, "mp_num_free is %u instead of %zu", mp->mp_num_free, free);
    CHECK(os_mempool_is_sane(mp), "the pool is damaged, or users are told a wrong low-water mark");
}

/* The pool with two blocks in other hands, so that a move can run it dry, and nothing else. */
static void prepare(size_t call)
{
    keeps = got = 0;
    mine = NULL;
    os_mempool_module_init();
    CHECK(os_mempool_init(&pool, BLOCKS, SIZE, memory, "pool") == OS_OK, "init");
    if (calls[call].listed) {
        call_init();
    } else { /* its links are given back, so that init has to find room */
        CHECK(os_mempool_init(&other, 0, SIZE, NULL, "other") == OS_OK && os_mempool_unregister(&other) == OS_OK,
              "init");
    }
    move_keep();
    if (calls[call].holds) {
        call_get();
    }
}

static void settle(size_t call)
{
    struct os_mempool_info info;
    check_counts(&pool, BLOCKS - keeps - (mine != NULL));
    CHECK(calls[call].call != call_get || mine != NULL, "there were blocks all the while");
    if (mine != NULL) {
        memset(mine, 1, SIZE);
        call_put();
    }
    move_put();
    check_counts(&pool, BLOCKS);
    CHECK((os_mempool_get("other", &info) == &other) == (calls[call].call != call_unregister), "the list");
    if (calls[call].call != call_unregister) {
        check_counts(&other, OTHERS);
    }
    CHECK((calls[call].call != call_walk && calls[call].call != call_find) || got == 1, "met %zu times", got);
    CHECK(os_mempool_get("third", &info) == NULL, "it left");
}

__attribute__((noinline)) static void perform(size_t call)
{
    trap.inside = true;
    calls[call].call();
    trap.inside = false;
}

static void record_way(size_t call)
{
    prepare(call);
    trap.way.steps = 0;
    trap.records = true;
    trap_flag_on();
    perform(call);
    trap.records = false;
    settle(call);
    CHECK(trap.way.steps > 10, "no instruction of %s is trapped", calls[call].name);
}

/* Performs a call that is interrupted for a move after so many steps. */
static void interrupt(size_t call, void (*move)(void), size_t step)
{
    prepare(call);
    trap.place = (unsigned char *)trap.way.at[step];
    trap.passes = trap.way.before[step];
    trap.move = move;
    set_breakpoint();
    perform(call);
    CHECK(trap.move == NULL, "%s took another way, though nobody disturbed it", calls[call].name);
    settle(call);
}

static void begin(void)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)__executable_start & ~(page - 1);
    const struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
    CHECK(sigaction(SIGTRAP, &action, NULL) == 0, "no handler");
    if (mprotect((void *)start, (uintptr_t)etext - start, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) {
        SKIP("a program cannot write its own code here");
    }
    prepare(0);
    move_list(); /* its pool has a place and links from here on, so that calls always go the same way */
    move_put();
}

int main(void)
{
    unsigned long runs = 0, instructions = 0;
    begin();
    for (size_t call = 0; call < CALLS; call++) {
        record_way(call);
        instructions += trap.way.steps;
        for (size_t step = 0; step < trap.way.steps; step++) {
            for (size_t move = 0; move < (calls[call].pool ? MOVES : 1u); move++, runs++) {
                interrupt(call, moves[move], step);
            }
        }
    }
    printf("%lu instructions, %lu interrupts\n", instructions, runs);
    return 0;
}

#else

int main(void)
{
    SKIP("there is no trap flag here");
}

#endif
