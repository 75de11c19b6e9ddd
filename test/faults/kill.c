/* SPDX-License-Identifier: MIT */
/* Processes that share a pool are killed at random instants, hundreds of times, and replaced. Each has the memory
 * mapped at another address (G6). The survivors always make progress (G1). A kill costs at most the blocks that the
 * victim had in hand; at the end all others are there once (G4). A process with a dynamic pool is made to grow it, and
 * a timer kills it meanwhile. */
#include "oracle.h"
#include "pool_worker.h"
#include <stdatomic.h>
#include <string.h>

#define KILLS         400u
#define KILLS_DYNAMIC 120u
#define KILLS_CONTROL 20u

_Static_assert((KILLS + WORKERS) * IN_HAND < BLOCKS, "blocks are left after all kills");
_Static_assert((KILLS_DYNAMIC + WORKERS) * (IN_HAND + LEAKS) < MOST_BLOCKS, "blocks are left after all kills");

static arena *here;
static pool_worker_options order;
static workers processes;
static unsigned long lost_sum, foreign;

static void note_found(bool *found, uint32_t block)
{
    MUST(block < here->blocks, "block %u is none", block);
    MUST(!found[block], "block %u is there twice", block);
    MUST(atomic_load(&here->owner[block]) == 0, "block %u is free, but a dead process holds it", block);
    found[block] = true;
}

static void check_statistics(size_t free)
{
    lfm_pool_stats_t stats;
    lfm_dynpool_stats_t dynamic;
    lfm_pool_stats(order.is_dynamic ? NULL : &here->pool, &stats);
    lfm_dynpool_stats(order.is_dynamic ? &here->dynpool : NULL, &dynamic);
    MUST(stats.free + dynamic.free == free, "%zu blocks can be had, but %zu are said to be free", free,
         stats.free + dynamic.free);
    MUST(dynamic.created == dynamic.free + dynamic.in_use, "%zu blocks, %zu free, %zu in use", dynamic.created,
         dynamic.free, dynamic.in_use);
}

/* Takes all blocks that there are or can be, and puts them back. Counts those in mailboxes and those that were leaked,
 * too. */
static size_t count_blocks(void)
{
    static bool found[MOST_BLOCKS];
    static void *blocks[MOST_BLOCKS];
    const allocator tested = pool_worker_allocator(here, order.is_dynamic, false);
    size_t got = 0, others = 0;
    memset(found, 0, sizeof found);
    for (void *block; (block = allocator_get(&tested)) != NULL; got++) {
        note_found(found, pool_worker_block(here, block));
        blocks[got] = block;
    }
    for (size_t i = 0; i < MAILBOXES; i++) {
        const uint32_t letter = atomic_load(&here->mailbox[i]);
        if (letter != 0) {
            note_found(found, letter - 1);
            others++;
        }
    }
    for (size_t i = 0; i < MOST_BLOCKS; i++) {
        others += atomic_load(&here->owner[i]) == LEAKED;
    }
    for (size_t i = 0; i < got; i++) {
        const lfm_status status = allocator_put(&tested, blocks[i]);
        MUST(status == LFM_OK, "a put says: %s", lfm_status_string(status));
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

static void test_pool(bool is_dynamic, bool locks, unsigned kills_wanted)
{
    const pool_worker_options made = {.is_dynamic = is_dynamic, .locks = locks};
    order = made;
    processes.body = pool_worker_body;
    processes.arg = &order;
    processes.leaks = is_dynamic ? LEAKS : 0;
    here = workers_begin(&processes, sizeof(arena));
    here->blocks = is_dynamic ? MOST_BLOCKS : BLOCKS;
    const lfm_status status =
        is_dynamic ? make_dynpool()
                   : lfm_pool_init(&here->pool, here->storage, sizeof here->storage, BLOCKS, WORDS * 8, 32);
    NEED(status == LFM_OK, "init: %s", lfm_status_string(status));
    const unsigned long before = processes.kills;
    workers_run(&processes, kills_wanted);
    const unsigned long kills = processes.kills - before;

    const size_t left = count_blocks(), lost = here->blocks - left;
    MUST(count_blocks() == left, "blocks vanish with nobody there");
    MUST(lost <= kills * IN_HAND, "%zu blocks lost by %lu kills", lost, kills);
    lost_sum += lost;
    for (unsigned i = 0; i < WORKERS; i++) {
        foreign += atomic_load(&here->board.slots[i].foreign);
    }
    workers_end(&processes);
}

int main(int argc, char **argv)
{
    const oracle_options *options = oracle_begin(argc, argv);
    const bool control = options->control != FAULT_NONE;
    do { /* a control looks sooner, and ends when it is caught */
        for (int i = 0; i < 2; i++) {
            if (options->variant == NULL || strcmp(options->variant, i == 0 ? "plain" : "dynpool") == 0) {
                test_pool(i != 0, options->lock, control ? KILLS_CONTROL : i != 0 ? KILLS_DYNAMIC : KILLS);
            }
        }
    } while (control);
    NEED(LFM_POISON || foreign > 0, "no block has passed from one process to another");
    return oracle_end("%lu kills, %lu of them while a pool was made to grow, %lu blocks lost, %.2f by a kill (at most "
                      "%u); %lu blocks read by another process",
                      processes.kills, processes.kills_growing, lost_sum, (double)lost_sum / (double)processes.kills,
                      IN_HAND, foreign);
}
