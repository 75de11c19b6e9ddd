/* SPDX-License-Identifier: MIT */
/* Processes that share a pool are killed at random instants, hundreds of times, and others take their places. Each has
 * the memory mapped at another address (G6). The survivors always get on (G1); a kill costs at most the blocks that the
 * victim had in hand; at the end all the others are there, once each (G4).
 *
 * Each block has an owner word, which the pool knows nothing of: a process sets it after it got the block and clears it
 * before it puts it back. A set word that somebody else finds means that the block was handed out twice. The word of a
 * block that a killed process held stays set for ever: the block must not come back. What a block contains is checked
 * by whoever gets it next, in whatever process. */
#include "check.h"
#include "rng.h"
#include "subject.h"
#include "verdict.h"
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLS     400u
#define PROCESSES 4u
#define IN_HAND   3u    /* most blocks that a process holds */
#define BLOCKS    2048u /* more than all kills can cost */
#define WORDS     4u    /* of 8 bytes in a block */
#define MAILBOXES 8u

_Static_assert((KILLS + PROCESSES) * IN_HAND < BLOCKS, "blocks are left after all kills");

/* What a process tells of itself. */
typedef struct worker_slot {
    _Atomic(uint64_t) rounds;  /* since it was started */
    _Atomic(uint64_t) foreign; /* blocks it got that another process had written; monotonic over all in this slot */
    _Atomic(uintptr_t) base;   /* where it has the memory */
} worker_slot;

typedef struct arena {
    lfm_pool pool;
    _Atomic(uint32_t) lock;
    _Atomic(uint32_t) broken;             /* a block that was handed out twice or has been written to, plus 1 */
    _Atomic(uint32_t) owner[BLOCKS];      /* 0: none */
    _Atomic(uint32_t) mailbox[MAILBOXES]; /* a block that one process passes to another, plus 1 */
    worker_slot slots[PROCESSES];
    _Alignas(64) unsigned char storage[LFM_POOL_STORAGE_BYTES(BLOCKS, WORDS * 8, 64)];
} arena;

/* A process's own view. */
static arena *here;
static subject calls;
static uint32_t self; /* of all processes that ever were, from 1 */

static uint32_t index_of(const void *block)
{
    return (uint32_t)(((const unsigned char *)block - here->storage) / (WORDS * 8));
}

_Noreturn static void give_up(uint32_t block)
{
    atomic_store(&here->broken, block + 1);
    for (;;) {
        pause();
    }
}

static uint64_t word_for(uint64_t stamp, uint32_t block, uint32_t i)
{
    rng mixer = {stamp ^ (uint64_t)block << 8 ^ i};
    return rng_next(&mixer);
}

/* A block's words tell who wrote it, and that nobody else has since. A block that nobody has written is all 0. */
static void check_content(const uint64_t *words, uint32_t block, worker_slot *slot)
{
    const uint64_t stamp = words[0];
    for (uint32_t i = 1; i < WORDS; i++) {
        if (words[i] != (stamp == 0 ? 0 : word_for(stamp, block, i))) {
            give_up(block);
        }
    }
    if (stamp != 0 && stamp >> 32 != self) {
        atomic_fetch_add_explicit(&slot->foreign, 1, memory_order_relaxed);
    }
}

/* Makes a block that was just got this process's own, and writes it. */
static void own(void *block, worker_slot *slot)
{
    static uint32_t writes;
    const uint32_t index = index_of(block);
    uint32_t none = 0;
    if (!lfm_pool_owns(&here->pool, block) || !atomic_compare_exchange_strong(&here->owner[index], &none, self)) {
        give_up(index);
    }
    uint64_t *words = block;
    if (LFM_POISON == 0) {
        check_content(words, index, slot);
    }
    words[0] = (uint64_t)self << 32 | ++writes;
    for (uint32_t i = 1; i < WORDS; i++) {
        words[i] = word_for(words[0], index, i);
    }
}

static void disown(void *block)
{
    atomic_store(&here->owner[index_of(block)], 0);
}

static void put(void *block)
{
    if (calls.put(&here->pool, block) != LFM_OK) {
        give_up(index_of(block));
    }
}

/* Two at once, and back so that the order below the top changes. */
static void round_of_two(worker_slot *slot)
{
    void *blocks[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++) {
        blocks[i] = calls.get(&here->pool);
        if (blocks[i] != NULL) {
            own(blocks[i], slot);
        }
    }
    for (int i = 0; i < 2; i++) {
        if (blocks[i] != NULL) {
            disown(blocks[i]);
            put(blocks[i]);
        }
    }
}

static void round_of_many(worker_slot *slot)
{
    void *blocks[IN_HAND];
    const size_t got = calls.get_many(&here->pool, blocks, IN_HAND);
    for (size_t i = 0; i < got; i++) {
        own(blocks[i], slot);
    }
    for (size_t i = 0; i < got; i++) {
        disown(blocks[i]);
    }
    if (calls.put_many(&here->pool, blocks, got) != LFM_OK) {
        give_up(0);
    }
}

/* Leaves a block in a mailbox and puts the one that was there. */
static void round_of_mail(worker_slot *slot, uint32_t mailbox)
{
    void *block = calls.get(&here->pool);
    if (block == NULL) {
        return;
    }
    own(block, slot);
    disown(block);
    const uint32_t found = atomic_exchange(&here->mailbox[mailbox], index_of(block) + 1);
    if (found != 0) {
        void *other = here->storage + (size_t)(found - 1) * WORDS * 8;
        own(other, slot);
        disown(other);
        put(other);
    }
}

/* Moves this process's view of the memory to an address that no other process has. */
static void move_arena(int file, unsigned place)
{
    arena *inherited = here;
    mmap(NULL, (place + 1) * sizeof(arena), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    here = mmap(NULL, sizeof(arena), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CHECK(here != MAP_FAILED, "no second view of the memory");
    munmap(inherited, sizeof(arena));
}

_Noreturn static void work(int file, unsigned place, bool locks, pid_t parent)
{
    rng random = {self};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) { /* it died before that could be said */
        _exit(1);
    }
    move_arena(file, place);
    worker_slot *slot = &here->slots[place];
    calls = subject_make(locks ? &here->lock : NULL);
    atomic_store(&slot->base, (uintptr_t)here);
    for (;;) {
        const uint32_t choice = rng_below(&random, 4);
        if (choice < 2) {
            round_of_two(slot);
        } else if (choice == 2) {
            round_of_many(slot);
        } else {
            round_of_mail(slot, rng_below(&random, MAILBOXES));
        }
        atomic_fetch_add_explicit(&slot->rounds, 1, memory_order_relaxed);
    }
}

static pid_t workers[PROCESSES];

static void start_worker(int file, unsigned place, bool locks)
{
    static uint32_t started;
    started++;
    atomic_store(&here->slots[place].rounds, 0);
    const pid_t parent = getpid();
    workers[place] = fork();
    CHECK(workers[place] >= 0, "no process");
    if (workers[place] == 0) {
        self = started;
        work(file, place, locks, parent);
    }
}

static void kill_worker(unsigned place)
{
    int status;
    kill(workers[place], SIGKILL);
    waitpid(workers[place], &status, 0);
    EXPECT(FAULT_DAMAGE, WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "a process fell over, status %#x",
           (unsigned)status);
}

static void check_not_broken(void)
{
    const uint32_t broken = atomic_load(&here->broken);
    EXPECT(FAULT_DAMAGE, broken == 0, "block %u was handed out twice, or written to by nobody who held it, or is none",
           broken - 1);
}

/* Waits until so many of the processes have got on. */
static void await_progress(unsigned wanted)
{
    uint64_t before[PROCESSES];
    for (unsigned i = 0; i < PROCESSES; i++) {
        before[i] = atomic_load(&here->slots[i].rounds);
    }
    guard_begin();
    for (unsigned moved = 0; moved < wanted;) {
        usleep(20);
        check_not_broken();
        moved = 0;
        for (unsigned i = 0; i < PROCESSES; i++) {
            moved += atomic_load(&here->slots[i].rounds) != before[i];
        }
    }
    guard_end();
}

/* A process that has got going. */
static unsigned pick_victim(rng *random)
{
    unsigned place = rng_below(random, PROCESSES);
    while (atomic_load(&here->slots[place].rounds) == 0) {
        place = (place + 1) % PROCESSES;
    }
    return place;
}

static void check_addresses(void)
{
    for (unsigned i = 0; i < PROCESSES; i++) {
        const uintptr_t base = atomic_load(&here->slots[i].base);
        CHECK(base != (uintptr_t)here, "the memory lies at one address in two processes");
        for (unsigned j = 0; j < i; j++) {
            CHECK(base != atomic_load(&here->slots[j].base), "the memory lies at one address in two processes");
        }
    }
}

static void kill_many(int file, bool locks)
{
    rng random = {1};
    for (unsigned i = 0; i < PROCESSES; i++) {
        start_worker(file, i, locks);
    }
    for (unsigned i = 0; i < KILLS; i++) {
        /* all of them now and then, which takes as long as the scheduler lets the last one wait */
        const bool all = i % 8 == 0;
        await_progress(all ? PROCESSES : 1);
        if (all) {
            check_addresses();
        }
        usleep(rng_below(&random, 2000));
        const unsigned place = pick_victim(&random);
        kill_worker(place);
        start_worker(file, place, locks);
    }
    await_progress(PROCESSES);
    for (unsigned i = 0; i < PROCESSES; i++) {
        kill_worker(i);
    }
}

static void find(bool *found, uint32_t block)
{
    EXPECT(FAULT_DAMAGE, block < BLOCKS, "block %u is none", block);
    EXPECT(FAULT_DAMAGE, !found[block], "block %u is there twice", block);
    EXPECT(FAULT_DAMAGE, atomic_load(&here->owner[block]) == 0, "block %u is free, but a dead process holds it", block);
    found[block] = true;
}

/* Takes all blocks that there are; puts back those that were not in a mailbox. */
static size_t count_blocks(void)
{
    static bool found[BLOCKS];
    void *blocks[BLOCKS];
    size_t got = 0, mail = 0;
    memset(found, 0, sizeof found);
    for (void *block; (block = lfm_pool_get(&here->pool)) != NULL; got++) {
        find(found, index_of(block));
        blocks[got] = block;
    }
    for (size_t i = 0; i < MAILBOXES; i++) {
        const uint32_t letter = atomic_load(&here->mailbox[i]);
        if (letter != 0) {
            find(found, letter - 1);
            mail++;
        }
    }
    for (size_t i = 0; i < got; i++) {
        const lfm_status status = lfm_pool_put(&here->pool, blocks[i]);
        EXPECT(FAULT_DAMAGE, status == LFM_OK, "a put says: %s", lfm_status_string(status));
    }
    lfm_pool_stats_t stats;
    lfm_pool_stats(&here->pool, &stats);
    EXPECT(FAULT_DAMAGE, stats.free == got, "%zu blocks can be had, but %zu are said to be free", got, stats.free);
    return got + mail;
}

int main(int argc, char **argv)
{
    const verdict_options *options = verdict_begin(argc, argv);
    const int file = memfd_create("lfmem-kill", MFD_CLOEXEC);
    CHECK(file >= 0 && ftruncate(file, sizeof(arena)) == 0, "no shared memory");
    here = mmap(NULL, sizeof(arena), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CHECK(here != MAP_FAILED, "no view of the memory");
    const lfm_status status = lfm_pool_init(&here->pool, here->storage, sizeof here->storage, BLOCKS, WORDS * 8, 32);
    CHECK(status == LFM_OK, "init: %s", lfm_status_string(status));
    kill_many(file, options->lock);

    const size_t left = count_blocks(), lost = BLOCKS - left;
    const unsigned kills = KILLS + PROCESSES;
    EXPECT(FAULT_DAMAGE, count_blocks() == left, "blocks vanish with nobody there");
    EXPECT(FAULT_DAMAGE, lost <= kills * IN_HAND, "%zu blocks lost by %u kills", lost, kills);
    uint64_t foreign = 0;
    for (unsigned i = 0; i < PROCESSES; i++) {
        foreign += atomic_load(&here->slots[i].foreign);
    }
    CHECK(LFM_POISON || foreign > 0, "no block has passed from one process to another");
    return verdict_end("%u kills, %zu blocks lost, %.2f by a kill (at most %u); %llu blocks read by another process",
                       kills, lost, (double)lost / kills, IN_HAND, (unsigned long long)foreign);
}
