/* SPDX-License-Identifier: MIT */
/* An interrupt at every instruction of every call of Zephyr's front-end. There the handler makes calls of its own: it
 * allocates and frees, keeps a block, frees one that the program has, puts a pool on k_free()'s list. No call fails for
 * want of room, since there is room for all; afterwards every byte is free and can be had as one block.
 *
 * The way of a call is recorded once with the trap flag, and a breakpoint interrupts it there (signal.c says why).
 * --lock: a spin lock around each call, on which the handler is stuck. */
#include "check.h"
#include "victim.h"

#if defined(__x86_64__)

#include "../../lib/compat/zephyr.h"
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define TRAP_FLAG  0x100L
#define BREAKPOINT 0xcc

/* The program's code, from its linker. */
extern char __executable_start[], etext[];

enum {
    POOLS = 3,
    ALL = CONFIG_HEAP_MEM_POOL_SIZE
};

K_MEM_POOL_DEFINE(pool_0, 64, 1024, 2, 4);
K_MEM_POOL_DEFINE(pool_1, 64, 1024, 2, 4);
K_MEM_POOL_DEFINE(pool_2, 64, 1024, 2, 4);
static struct k_mem_pool *const pools[POOLS] = {&pool_0, &pool_1, &pool_2};

/* What the program and its handler have. */
static struct {
    void *mine, *kept, *to_free;
    struct k_mem_block block;
} world;

/* The metadata of each heap as it was at first: a call goes the same way again only from there. */
static struct {
    size_t bytes;
    unsigned char *metadata, fresh[4096];
} images[1 + POOLS];

static const verdict_options *options;
static atomic_uint lock_word;

static void lock(void)
{
    while (options->lock && atomic_exchange(&lock_word, 1) != 0) {
    }
}

static void unlock(void)
{
    if (options->lock) {
        atomic_store(&lock_word, 0);
    }
}

static void *had(void *block)
{
    EXPECT(FAULT_DAMAGE, block != NULL, "no block, and there is room");
    return block;
}

static void gone(void *block)
{
    const lfm_status status = lfm_zephyr_free(block);
    EXPECT(FAULT_DAMAGE, status == LFM_OK, "k_free: %s", lfm_status_string(status));
}

static void call_malloc(void)
{
    world.mine = had(k_malloc(64));
}

static void call_malloc_large(void)
{
    world.mine = had(k_malloc(ALL / 16));
}

static void call_free(void)
{
    gone(world.mine);
    world.mine = NULL;
}

static void call_realloc(void)
{
    world.mine = had(k_realloc(world.mine, ALL / 5));
}

static void call_first_of_pool(void)
{
    void *const block = had(k_mem_pool_malloc(pools[0], 64));
    gone(block);
}

static void call_pool_alloc(void)
{
    const int status = k_mem_pool_alloc(pools[1], &world.block, 1000, K_NO_WAIT);
    EXPECT(FAULT_DAMAGE, status == 0, "no block of a pool: %d", status);
}

/* Of a pool for which somebody waits, as far as it can tell. */
static void call_pool_free(void)
{
    k_mem_pool_free(&world.block);
}

static void move_pair(void)
{
    gone(had(k_malloc(64)));
}

static void move_keep(void)
{
    world.kept = had(k_malloc(ALL / 16));
}

static void move_free(void)
{
    gone(world.to_free);
    world.to_free = NULL;
}

static void move_whole(void)
{
    k_free(k_malloc(ALL)); /* it may fail */
    gone(had(k_malloc(ALL / 4)));
}

static void move_list(void)
{
    world.kept = had(k_mem_pool_malloc(pools[2], 1));
    gone(had(k_mem_pool_malloc(pools[0], 1)));
}

static void move_pools(void)
{
    struct k_mem_block block;
    const int status = k_mem_pool_alloc(pools[1], &block, 64, K_MSEC(1)); /* there is room: it does not wait */
    EXPECT(FAULT_DAMAGE, status == 0, "no block of a pool: %d", status);
    k_mem_pool_free(&block);
}

typedef void act(void);
static act *const calls[] = {call_malloc,        call_malloc_large, call_free,     call_realloc,
                             call_first_of_pool, call_pool_alloc,   call_pool_free};
static act *const moves[] = {move_pair, move_keep, move_free, move_whole, move_list, move_pools};

/* What the handler of traps works with. */
static struct {
    victim_way way;
    bool records, inside;   /* the way; once the call was entered */
    _Atomic(bool) done;     /* the call is over */
    unsigned char *place;   /* the breakpoint's */
    unsigned char original; /* what lay there */
    bool is_set;
    size_t passes; /* how often the breakpoint is passed by before it is the time */
    act *move;     /* NULL once it was made */
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

__attribute__((noinline)) static void perform(act *call)
{
    lock();
    call();
    unlock();
    atomic_store(&trap.done, true);
}

static void record(greg_t *registers)
{
    const uintptr_t at = (uintptr_t)registers[REG_RIP];
    trap.inside = trap.inside || at == (uintptr_t)perform;
    if (atomic_load(&trap.done)) {
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
            lock();
            trap.move();
            unlock();
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

static void keep_image(size_t i, lfm_heap *heap, size_t blocks, size_t largest)
{
    unsigned char *const first = lfm_heap_alloc(heap, largest);
    lfm_heap_free(heap, first);
    lfm_heap_free(heap, lfm_heap_alloc(heap, 64)); /* the first one searches, which is a long way */
    images[i].metadata = first + blocks;
    images[i].bytes = LFM_HEAP_STORAGE_BYTES(blocks, 64) - blocks;
    CHECK(images[i].bytes <= sizeof images[i].fresh, "%zu bytes of metadata", images[i].bytes);
    memcpy(images[i].fresh, images[i].metadata, images[i].bytes);
}

/* Pools as if they were never used, and what the calls want to begin with. */
static void prepare(act *call)
{
    for (size_t i = 0; i < 1 + POOLS; i++) {
        memcpy(images[i].metadata, images[i].fresh, images[i].bytes);
    }
    for (int i = 0; i < POOLS; i++) {
        atomic_store(&pools[i]->next, NULL);
        atomic_store(&pools[i]->listed, 0);
        atomic_store(&pools[i]->waits, 0);
    }
    struct k_mem_pool *const heap = atomic_load(&lfm_zephyr_pools);
    atomic_store(&heap->next, NULL);
    world.to_free = had(k_malloc(100));
    if (call == call_free || call == call_realloc) {
        world.mine = had(k_malloc(64));
    }
    if (call == call_pool_free) {
        call_pool_alloc();
        atomic_store(&pools[1]->waits, LFM_ZEPHYR_ASLEEP);
    }
}

static void must_be_whole(lfm_heap *heap, size_t bytes)
{
    void *const all = lfm_heap_alloc(heap, bytes);
    EXPECT(FAULT_DAMAGE, all != NULL && lfm_heap_check(heap) == LFM_OK, "the heap is not whole again");
    lfm_heap_free(heap, all);
}

static void finish(void)
{
    k_free(world.mine);
    k_free(world.kept);
    k_free(world.to_free);
    k_mem_pool_free(&world.block);
    memset(&world, 0, sizeof world);
    must_be_whole(lfm_zephyr_heap(), ALL);
    for (int i = 0; i < POOLS; i++) {
        lfm_heap_stats_t stats;
        lfm_heap_stats(pools[i]->heap, &stats);
        EXPECT(FAULT_DAMAGE, stats.used == 0, "%zu bytes of a pool are lost", stats.used);
        must_be_whole(pools[i]->heap, 1024);
    }
}

static void record_way(act *call)
{
    prepare(call);
    trap.way.steps = 0;
    trap.records = true;
    atomic_store(&trap.done, false);
    trap_flag_on();
    perform(call);
    trap.records = trap.inside = false;
    finish();
    CHECK(trap.way.steps > 10, "no instruction is trapped");
}

/* Performs a call that is interrupted for a move after so many steps. */
static void interrupt(act *call, act *move, size_t step)
{
    prepare(call);
    trap.place = (unsigned char *)trap.way.at[step];
    trap.passes = trap.way.before[step];
    trap.move = move;
    set_breakpoint();
    guard_begin();
    perform(call);
    guard_end();
    CHECK(trap.move == NULL, "a call that nobody disturbed took another way");
    finish();
}

static void begin(void)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)__executable_start & ~(page - 1);
    const struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
    CHECK(sigaction(SIGTRAP, &action, NULL) == 0, "no handler");
    if (mprotect((void *)start, (uintptr_t)etext - start, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) {
        SKIP("a program cannot write its own code here");
    }
    k_free(k_malloc(1)); /* the heap is on the list */
    keep_image(0, lfm_zephyr_heap(), ALL, ALL);
    for (size_t i = 0; i < POOLS; i++) {
        keep_image(1 + i, pools[i]->heap, 2048, 1024);
    }
}

int main(int argc, char **argv)
{
    unsigned long runs = 0, instructions = 0;
    options = verdict_begin(argc, argv);
    begin();
    for (size_t call = 0; call < sizeof calls / sizeof *calls; call++) {
        record_way(calls[call]); /* twice: the first time, the dynamic linker binds what is called */
        record_way(calls[call]);
        instructions += trap.way.steps;
        for (size_t step = 0; step < trap.way.steps; step++) {
            for (size_t move = 0; move < sizeof moves / sizeof *moves; move++, runs++) {
                interrupt(calls[call], moves[move], step);
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
