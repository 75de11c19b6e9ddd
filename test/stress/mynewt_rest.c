/* SPDX-License-Identifier: MIT */
/* Two threads get and put a block of a Mynewt pool at the same moment, again and again; in between, nobody does. Then
 * each time the pool is sane, and what users are told of the blocks that are free is what was so a moment before:
 * mp_num_free and mp_min_free may be late on several cores, and a pool is not damaged because of that. */
#include "stress.h"
#include <os/mynewt.h>
#include <sched.h>
#include <stdatomic.h>

enum {
    BLOCKS = 64
};

typedef struct run {
    stress_options options;
    struct os_mempool mp;
    os_membuf_t memory[OS_MEMPOOL_SIZE(BLOCKS, 16)];
    _Atomic(uint64_t) begun, done; /* rounds: by thread 0, by thread 1 */
    uint64_t late;                 /* rounds after which users were told of a moment before */
} run;

/* Waits for the other thread. It may have no core of its own. */
static void await(_Atomic(uint64_t) *rounds, uint64_t round)
{
    for (uint32_t looks = 1; atomic_load_explicit(rounds, memory_order_acquire) < round; looks++) {
        if (looks % 256 == 0) {
            sched_yield();
        }
    }
}

static void get_and_put(run *r)
{
    void *const block = os_memblock_get(&r->mp);
    MUST(block != NULL && os_memblock_put(&r->mp, block) == OS_OK, "nobody else has more than one block");
}

static void look(run *r, uint64_t round)
{
    const unsigned free = r->mp.mp_num_free, low = r->mp.mp_min_free;
    MUST(os_mempool_is_sane(&r->mp), "round %llu: told of %u and %u free blocks", (unsigned long long)round, free, low);
    MUST(free >= BLOCKS - 2 && free <= BLOCKS && low >= BLOCKS - 2, "round %llu: told of %u and %u free blocks",
         (unsigned long long)round, free, low);
    r->late += free != BLOCKS;
}

static void work(void *arg, uint32_t number)
{
    run *const r = arg;
    for (uint64_t round = 1; round <= r->options.ops; round++) {
        if (number == 1) {
            await(&r->begun, round);
            get_and_put(r);
            atomic_store_explicit(&r->done, round, memory_order_release);
        } else {
            atomic_store_explicit(&r->begun, round, memory_order_release);
            for (uint64_t delay = round % 64; delay > 0; delay--) { /* the other one takes a while to see that */
                atomic_signal_fence(memory_order_seq_cst);
            }
            get_and_put(r);
            await(&r->done, round);
            look(r, round);
        }
    }
}

int main(int argc, char **argv)
{
    static run r = {.options = {.threads = 2, .ops = 200000}};
    stress_parse(argc, argv, &r.options);
    r.options.threads = 2;
    MUST(os_mempool_init(&r.mp, BLOCKS, 16, r.memory, "at rest") == OS_OK, "no pool");
    const double seconds = stress_run(&r.options, work, &r);
    stress_report(r.options.ops * 2, r.late, seconds);
    return 0;
}
