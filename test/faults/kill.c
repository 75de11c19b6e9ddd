/* SPDX-License-Identifier: MIT */
/* Processes that share a pool are killed at random instants, hundreds of times, and others take their places. Each has
 * the memory mapped at another address (G6). The survivors always get on (G1); a kill costs at most the blocks that the
 * victim had in hand; at the end all the others are there, once each (G4). A process with a dynamic pool is made to
 * grow it, and dies of a timer meanwhile. */
#include "check.h"
#include "rng.h"
#include "verdict.h"
#include "worker.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLS         400u
#define KILLS_DYNAMIC 120u

_Static_assert((KILLS + PROCESSES) * IN_HAND < BLOCKS, "blocks are left after all kills");
_Static_assert((KILLS_DYNAMIC + PROCESSES) * (IN_HAND + TAKINGS) < MOST_BLOCKS, "blocks are left after all kills");

static arena *here;
static worker_order order; /* for the process that is started next */
static pid_t workers[PROCESSES];
static unsigned long kills, kills_growing, lost_sum, foreign;

static void start_worker(unsigned place)
{
    order.self++;
    order.place = place;
    atomic_store(&here->slots[place].rounds, 0);
    atomic_store(&here->slots[place].asked, 0);
    atomic_store(&here->slots[place].takings, 0);
    workers[place] = fork();
    CHECK(workers[place] >= 0, "no process");
    if (workers[place] == 0) {
        worker_live(&order);
    }
}

/* Kills a process, or waits until its own timer has, in the middle of growth. */
static void kill_worker(unsigned place, bool by_timer)
{
    worker_slot *slot = &here->slots[place];
    int status = 0;
    if (by_timer) {
        atomic_store(&slot->asked, 1);
    } else {
        kill(workers[place], SIGKILL);
    }
    guard_begin();
    while (waitpid(workers[place], &status, 0) < 0) {
        CHECK(errno == EINTR, "the process is gone");
    }
    guard_end();
    EXPECT(FAULT_DAMAGE, WIFSIGNALED(status) && WTERMSIG(status) == (by_timer ? SIGALRM : SIGKILL),
           "a process fell over, status %#x", (unsigned)status);
    const uint32_t takings = atomic_load(&slot->takings);
    kills++;
    kills_growing += takings > 0 && takings < TAKINGS;
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

static void kill_many(unsigned n)
{
    rng random = {1};
    for (unsigned i = 0; i < PROCESSES; i++) {
        start_worker(i);
    }
    for (unsigned i = 0; i < n; i++) {
        /* all of them now and then, which takes as long as the scheduler lets the last one wait */
        const bool all = i % 8 == 0;
        await_progress(all ? PROCESSES : 1);
        if (all) {
            check_addresses();
        }
        usleep(rng_below(&random, 2000));
        const unsigned place = pick_victim(&random);
        kill_worker(place, order.is_dynamic);
        start_worker(place);
    }
    await_progress(PROCESSES);
    for (unsigned i = 0; i < PROCESSES; i++) {
        kill_worker(i, false);
    }
}

static void find(bool *found, uint32_t block)
{
    EXPECT(FAULT_DAMAGE, block < here->blocks, "block %u is none", block);
    EXPECT(FAULT_DAMAGE, !found[block], "block %u is there twice", block);
    EXPECT(FAULT_DAMAGE, atomic_load(&here->owner[block]) == 0, "block %u is free, but a dead process holds it", block);
    found[block] = true;
}

static void check_statistics(size_t free)
{
    lfm_pool_stats_t stats;
    lfm_dynpool_stats_t dynamic;
    lfm_pool_stats(order.is_dynamic ? NULL : &here->pool, &stats);
    lfm_dynpool_stats(order.is_dynamic ? &here->dynpool : NULL, &dynamic);
    EXPECT(FAULT_DAMAGE, stats.free + dynamic.free == free, "%zu blocks can be had, but %zu are said to be free", free,
           stats.free + dynamic.free);
    EXPECT(FAULT_DAMAGE, dynamic.created == dynamic.free + dynamic.in_use, "%zu blocks, %zu free, %zu in use",
           dynamic.created, dynamic.free, dynamic.in_use);
}

/* Takes all blocks that there are or can be; puts back those that were not in a mailbox. Counts those that were taken
 * for good as well. */
static size_t count_blocks(void)
{
    static bool found[MOST_BLOCKS];
    static void *blocks[MOST_BLOCKS];
    const subject calls = worker_subject(here, order.is_dynamic, false);
    size_t got = 0, others = 0;
    memset(found, 0, sizeof found);
    for (void *block; (block = subject_get(&calls)) != NULL; got++) {
        find(found, worker_block(here, block));
        blocks[got] = block;
    }
    for (size_t i = 0; i < MAILBOXES; i++) {
        const uint32_t letter = atomic_load(&here->mailbox[i]);
        if (letter != 0) {
            find(found, letter - 1);
            others++;
        }
    }
    for (size_t i = 0; i < MOST_BLOCKS; i++) {
        others += atomic_load(&here->owner[i]) == FOR_GOOD;
    }
    for (size_t i = 0; i < got; i++) {
        const lfm_status status = subject_put(&calls, blocks[i]);
        EXPECT(FAULT_DAMAGE, status == LFM_OK, "a put says: %s", lfm_status_string(status));
    }
    check_statistics(got);
    return got + others;
}

static lfm_status make_dynpool(void)
{
    const lfm_dynpool_config config = {
        .block_size = WORDS * 8,
        .align = 32,
        .maximum = MOST_BLOCKS,
        .grow = 3,
        .metadata = &here->metadata,
    };
    const lfm_status status = lfm_segment_init(&here->segment, here->storage, (size_t)MOST_BLOCKS * WORDS * 8, 1);
    return status == LFM_OK && lfm_segment_init(&here->metadata, here->records, sizeof here->records, 1) == LFM_OK
               ? lfm_dynpool_init(&here->dynpool, &here->segment, &config)
               : LFM_EINVAL;
}

static void test_pool(bool is_dynamic, bool locks)
{
    const int file = memfd_create("lfmem-kill", MFD_CLOEXEC);
    CHECK(file >= 0 && ftruncate(file, sizeof(arena)) == 0, "no shared memory");
    here = mmap(NULL, sizeof(arena), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CHECK(here != MAP_FAILED, "no view of the memory");
    const worker_order made = {
        .file = file, .is_dynamic = is_dynamic, .locks = locks, .inherited = here, .parent = getpid()};
    order = made;
    here->blocks = is_dynamic ? MOST_BLOCKS : BLOCKS;
    const lfm_status status =
        is_dynamic ? make_dynpool()
                   : lfm_pool_init(&here->pool, here->storage, sizeof here->storage, BLOCKS, WORDS * 8, 32);
    CHECK(status == LFM_OK, "init: %s", lfm_status_string(status));
    const unsigned long before = kills;
    kill_many(is_dynamic ? KILLS_DYNAMIC : KILLS);

    const size_t left = count_blocks(), lost = here->blocks - left;
    EXPECT(FAULT_DAMAGE, count_blocks() == left, "blocks vanish with nobody there");
    EXPECT(FAULT_DAMAGE, lost <= (kills - before) * IN_HAND, "%zu blocks lost by %lu kills", lost, kills - before);
    lost_sum += lost;
    for (unsigned i = 0; i < PROCESSES; i++) {
        foreign += atomic_load(&here->slots[i].foreign);
    }
    munmap(here, sizeof(arena));
    close(file);
}

int main(int argc, char **argv)
{
    const verdict_options *options = verdict_begin(argc, argv);
    for (int i = 0; i < 2; i++) {
        if (options->shape == NULL || strcmp(options->shape, i == 0 ? "plain" : "dynpool") == 0) {
            test_pool(i != 0, options->lock);
        }
    }
    CHECK(LFM_POISON || foreign > 0, "no block has passed from one process to another");
    return verdict_end("%lu kills, %lu of them while a pool was made to grow, %lu blocks lost, %.2f by a kill (at most "
                       "%u); %lu blocks read by another process",
                       kills, kills_growing, lost_sum, (double)lost_sum / (double)kills, IN_HAND, foreign);
}
