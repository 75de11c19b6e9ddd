/* SPDX-License-Identifier: MIT */
#include "pool_worker.h"
#include "rng.h"
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <unistd.h>

#define TIMER_US 20u /* about as long as all leaks last */

/* Of this process. */
static arena *here;
static allocator tested;
static uint32_t self;

allocator pool_worker_allocator(arena *a, bool is_dynamic, bool locks)
{
    const allocator made = {
        .lock = locks ? &a->lock : NULL,
        .pool = is_dynamic ? NULL : &a->pool,
        .dynpool = is_dynamic ? &a->dynpool : NULL,
        .segment = &a->segment,
    };
    return made;
}

uint32_t pool_worker_block(const arena *a, const void *block)
{
    const size_t offset = (size_t)((const unsigned char *)block - a->storage), index = offset / (WORDS * 8);
    return offset % (WORDS * 8) == 0 && index < a->blocks ? (uint32_t)index : a->blocks;
}

_Noreturn static void give_up(uint32_t block)
{
    worker_give_up(&here->board, block);
}

static uint64_t word_for(uint64_t stamp, uint32_t block, uint32_t i)
{
    rng mixer = {stamp ^ (uint64_t)block << 8 ^ i};
    return rng_next(&mixer);
}

/* A block's words tell which process wrote it; none may have written it since. A block that was never written is all 0.
 */
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
    const uint32_t index = pool_worker_block(here, block);
    uint32_t none = 0;
    if (index == here->blocks || !atomic_compare_exchange_strong(&here->owner[index], &none, self)) {
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
    atomic_store(&here->owner[pool_worker_block(here, block)], 0);
}

static void put(void *block)
{
    if (allocator_put(&tested, block) != LFM_OK) {
        give_up(pool_worker_block(here, block));
    }
}

/* Takes two blocks and puts them back so that the order below the top changes. */
static void round_of_two(worker_slot *slot)
{
    void *blocks[2] = {NULL, NULL};
    for (int i = 0; i < 2; i++) {
        blocks[i] = allocator_get(&tested);
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
    const size_t got = allocator_get_many(&tested, blocks, IN_HAND);
    for (size_t i = 0; i < got; i++) {
        own(blocks[i], slot);
    }
    for (size_t i = 0; i < got; i++) {
        disown(blocks[i]);
    }
    if (allocator_put_many(&tested, blocks, got) != LFM_OK) {
        give_up(0);
    }
}

/* Leaves a block in a mailbox and puts the one that was there. */
static void round_of_mail(worker_slot *slot, uint32_t mailbox)
{
    void *block = allocator_get(&tested);
    if (block == NULL) {
        return;
    }
    own(block, slot);
    disown(block);
    const uint32_t found = atomic_exchange(&here->mailbox[mailbox], pool_worker_block(here, block) + 1);
    if (found != 0) {
        void *other = here->storage + (size_t)(found - 1) * WORDS * 8;
        own(other, slot);
        disown(other);
        put(other);
    }
}

/* Leaks blocks, so that a dynamic pool must make new ones, until the timer kills this process. */
_Noreturn static void leak_until_killed(worker_slot *slot, rng *random)
{
    const struct itimerval timer = {.it_value = {.tv_usec = 1 + (long)rng_below(random, TIMER_US)}};
    signal(SIGALRM, SIG_DFL);
    setitimer(ITIMER_REAL, &timer, NULL);
    while (atomic_load(&slot->leaks) < LEAKS) {
        atomic_fetch_add(&slot->leaks, 1);
        void *block = allocator_get(&tested);
        if (block != NULL) {
            own(block, slot);
            atomic_store(&here->owner[pool_worker_block(here, block)], LEAKED);
        }
    }
    for (;;) {
        pause();
    }
}

void pool_worker_body(const workers *w, unsigned worker, uint32_t number)
{
    const pool_worker_options *order = w->arg;
    rng random = {number};
    self = number;
    here = worker_enter(w, worker);
    worker_slot *slot = &here->board.slots[worker];
    tested = pool_worker_allocator(here, order->is_dynamic, order->locks);
    for (;;) {
        const uint32_t choice = rng_below(&random, 4);
        if (atomic_load_explicit(&slot->asked, memory_order_relaxed)) {
            leak_until_killed(slot, &random);
        }
        if (choice == 3) {
            round_of_mail(slot, rng_below(&random, MAILBOXES));
        } else if (choice == 2 && !order->is_dynamic) {
            round_of_many(slot);
        } else {
            round_of_two(slot);
        }
        atomic_fetch_add_explicit(&slot->rounds, 1, memory_order_relaxed);
    }
}
