/* SPDX-License-Identifier: MIT */
/* Processes that share a heap allocate, resize and free blocks of many sizes, and pass them on to each other. They are
 * killed at random instants. Each has the heap mapped at two addresses of its own, and uses both (G6).
 *
 * The survivors always make progress (G1). A kill costs at most what the victim had in hand, and the blocks that it
 * held. At the end all the rest is there once, and whole groups of units are large blocks again (G4).
 *
 * Each unit has an owner word, which the heap knows nothing of. A process sets it after it got the unit, and clears it
 * before it gives the unit away. The word of a unit that a killed process held stays set. A block's bytes follow from
 * its location and its length, so that any owner can check them. */
#include "allocator.h"
#include "oracle.h"
#include "rng.h"
#include "workers.h"
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#define KILLS     120u
#define UNIT      64u    /* bytes */
#define UNITS     16384u /* of the heap: more than all kills can cost */
#define MOST      20u    /* units of a request */
#define ROUNDED   32u    /* units of a block, at most */
#define HELD      2u     /* blocks that a process holds */
#define MAILBOXES 8u
#define LARGE     ((uint32_t)1 << LFM_WORD_UNITS_SHIFT_) /* units of a group */

_Static_assert((KILLS + WORKERS) * (HELD + 1) * ROUNDED < UNITS, "units are left after all kills");

typedef struct arena {
    workers_board board;
    lfm_heap heap;
    _Atomic(uint32_t) lock;
    _Atomic(uint32_t) owner[UNITS];       /* 0: none */
    _Atomic(uint32_t) mailbox[MAILBOXES]; /* a block that one process passes to another: its number of units, that of
                                             its first one; 0: none */
    _Alignas(4096) unsigned char storage[LFM_HEAP_STORAGE_BYTES(UNITS * UNIT, UNIT)];
} arena;

typedef struct block {
    uint32_t first, units;
} block;

/* Of this process. */
static arena *views[2];
static rng random_numbers;
static uint32_t self;
static bool locks;

/* The heap as it is seen through one of the views. */
static allocator through(arena *view)
{
    const allocator made = {.heap = &view->heap, .lock = locks ? &view->lock : NULL};
    return made;
}

static arena *any_view(void)
{
    return views[rng_below(&random_numbers, 2)];
}

static unsigned char *start_of(arena *view, const block *b)
{
    return view->storage + (size_t)b->first * UNIT;
}

static unsigned char fill_of(const block *b)
{
    return (unsigned char)(b->first * 31 + b->units * 7 + 1);
}

static bool is_filled(arena *view, const block *b, uint32_t units, unsigned char fill)
{
    const unsigned char *start = start_of(view, b);
    return start[0] == fill && memcmp(start, start + 1, (size_t)units * UNIT - 1) == 0;
}

/* Makes a block that was just got this process's own, and writes it. */
static block own(arena *view, void *start)
{
    const size_t offset = (size_t)((unsigned char *)start - view->storage);
    const block b = {(uint32_t)(offset / UNIT), (uint32_t)(lfm_heap_usable_size(&view->heap, start) / UNIT)};
    if (offset % UNIT != 0 || b.units == 0 || b.units > ROUNDED || b.first + b.units > UNITS) {
        worker_give_up(&view->board, b.first);
    }
    for (uint32_t i = b.first; i < b.first + b.units; i++) {
        uint32_t none = 0;
        if (!atomic_compare_exchange_strong(&view->owner[i], &none, self)) {
            worker_give_up(&view->board, i);
        }
    }
    memset(start, fill_of(&b), (size_t)b.units * UNIT);
    return b;
}

static void disown(arena *view, const block *b)
{
    if (!is_filled(view, b, b->units, fill_of(b))) {
        worker_give_up(&view->board, b->first);
    }
    for (uint32_t i = b->first; i < b->first + b->units; i++) {
        atomic_store(&view->owner[i], 0);
    }
}

/* Returns a block of no units if there is no room. */
static block take(uint32_t units)
{
    arena *view = any_view();
    const allocator tested = through(view);
    void *start = allocator_heap_alloc(&tested, (size_t)units * UNIT);
    const block none = {0, 0};
    return start != NULL ? own(view, start) : none;
}

static void give(const block *b)
{
    arena *view = any_view();
    const allocator tested = through(view);
    disown(view, b);
    if (allocator_heap_free(&tested, start_of(view, b)) != LFM_OK) {
        worker_give_up(&view->board, b->first);
    }
}

/* Gives a block another size. It must keep its contents, up to the smaller size. */
static void resize(block *b, uint32_t units)
{
    arena *view = any_view();
    const allocator tested = through(view);
    const block before = *b;
    disown(view, b);
    void *start = allocator_heap_realloc(&tested, start_of(view, b), (size_t)units * UNIT);
    if (start != NULL) {
        b->first = (uint32_t)((size_t)((unsigned char *)start - view->storage) / UNIT);
        const uint32_t kept = units < before.units ? units : before.units;
        if (!is_filled(view, b, kept, fill_of(&before))) {
            worker_give_up(&view->board, b->first);
        }
    }
    *b = own(view, start != NULL ? start : start_of(view, &before));
}

/* Leaves a block in a mailbox and frees the one that was there. */
static void mail(const block *b, worker_slot *slot)
{
    arena *view = any_view();
    disown(view, b);
    const uint32_t found =
        atomic_exchange(&view->mailbox[rng_below(&random_numbers, MAILBOXES)], b->units * UNITS + b->first);
    if (found != 0) {
        const block other = {found % UNITS, found / UNITS};
        give(&other); /* its owner words are 0 already */
        atomic_fetch_add_explicit(&slot->foreign, 1, memory_order_relaxed);
    }
}

static void body(const workers *w, unsigned worker, uint32_t number)
{
    block held[HELD + 1];
    uint32_t n = 0;
    self = number;
    random_numbers.state = number;
    locks = *(const bool *)w->arg;
    views[0] = worker_enter(w, worker);
    views[1] = mmap(NULL, sizeof(arena), PROT_READ | PROT_WRITE, MAP_SHARED, w->file, 0);
    NEED(views[1] != MAP_FAILED, "no second view of the memory");
    worker_slot *slot = &views[0]->board.slots[worker];
    for (;;) {
        const uint32_t units = 1 + rng_below(&random_numbers, rng_below(&random_numbers, 4) == 0 ? MOST : 3);
        const uint32_t which = n > 0 ? rng_below(&random_numbers, n) : 0, choice = rng_below(&random_numbers, 4);
        if (n == 0 || (n < HELD && choice == 0)) {
            held[n] = take(units);
            n += held[n].units != 0;
        } else if (choice == 1) {
            resize(&held[which], units);
        } else {
            if (choice == 2) {
                mail(&held[which], slot);
            } else {
                give(&held[which]);
            }
            held[which] = held[--n];
        }
        atomic_fetch_add_explicit(&slot->rounds, 1, memory_order_relaxed);
    }
}

/* ---- with all processes dead ---- */

/* Empties the mailboxes. */
static void collect_mail(void)
{
    for (uint32_t i = 0; i < MAILBOXES; i++) {
        const uint32_t found = atomic_exchange(&views[0]->mailbox[i], 0);
        if (found != 0) {
            const block b = {found % UNITS, found / UNITS};
            give(&b);
        }
    }
}

/* Takes blocks of one size until there is none, notes the units, and gives them back through the other view. Returns
 * the number of blocks. */
static uint32_t count_blocks(uint32_t units, bool is_free[])
{
    static unsigned char *blocks[UNITS];
    uint32_t n = 0;
    memset(is_free, 0, UNITS * sizeof is_free[0]);
    while ((blocks[n] = lfm_heap_alloc(&views[0]->heap, (size_t)units * UNIT)) != NULL) {
        const uint32_t first = (uint32_t)((size_t)(blocks[n++] - views[0]->storage) / UNIT);
        for (uint32_t i = first; i < first + units; i++) {
            MUST(i < UNITS && !is_free[i], "unit %u is there twice", i);
            MUST(atomic_load(&views[0]->owner[i]) == 0, "unit %u is free, but a dead process holds it", i);
            is_free[i] = true;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        const lfm_status status = lfm_heap_free(&views[1]->heap, blocks[i] - views[0]->storage + views[1]->storage);
        MUST(status == LFM_OK, "a free says: %s", lfm_status_string(status));
    }
    return n;
}

/* The heap is sound, and the same through both views. */
static void compare_views(void)
{
    lfm_heap_stats_t stats[2];
    for (int i = 0; i < 2; i++) {
        const lfm_status status = lfm_heap_check(&views[i]->heap);
        MUST(status == LFM_OK, "check through a view says: %s", lfm_status_string(status));
        lfm_heap_stats(&views[i]->heap, &stats[i]);
    }
    MUST(memcmp(&stats[0], &stats[1], sizeof stats[0]) == 0, "two views differ");
}

/* Each unit is free, held by a dead process, or was in the hands of a killed call. Returns how many are the last. */
static uint32_t audit(void)
{
    static bool is_free[UNITS], is_free_large[UNITS];
    collect_mail();
    compare_views();
    const uint32_t small = count_blocks(1, is_free), large = count_blocks(LARGE, is_free_large);
    MUST(count_blocks(1, is_free) == small, "units vanish with nobody there");
    compare_views();
    uint32_t in_hand = 0, groups = 0;
    for (uint32_t first = 0; first < UNITS; first += LARGE) {
        uint32_t i = first;
        while (i < first + LARGE && is_free[i]) {
            i++;
        }
        groups += i == first + LARGE;
    }
    for (uint32_t i = 0; i < UNITS; i++) {
        in_hand += !is_free[i] && atomic_load(&views[0]->owner[i]) == 0;
    }
    MUST(groups == large, "%u groups of units are free, but only %u large blocks", groups, large);
    return in_hand;
}

int main(int argc, char **argv)
{
    const oracle_options *options = oracle_begin(argc, argv);
    workers processes = {.body = body, .arg = &options->lock};
    arena *here = workers_begin(&processes, sizeof(arena));
    const lfm_heap_config config = {.min_block = UNIT};
    const lfm_status status = lfm_heap_init(&here->heap, here->storage, sizeof here->storage, &config);
    NEED(status == LFM_OK, "init: %s", lfm_status_string(status));
    workers_run(&processes, KILLS);

    views[0] = here;
    views[1] = mmap(NULL, sizeof(arena), PROT_READ | PROT_WRITE, MAP_SHARED, processes.file, 0);
    NEED(views[1] != MAP_FAILED, "no second view of the memory");
    const uint32_t in_hand = audit();
    MUST(in_hand <= processes.kills * 2 * ROUNDED, "%u units lost by %lu kills", in_hand, processes.kills);
    unsigned long held = 0, foreign = 0;
    for (uint32_t i = 0; i < UNITS; i++) {
        held += atomic_load(&here->owner[i]) != 0;
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        foreign += atomic_load(&here->board.slots[i].foreign);
    }
    NEED(foreign > 0, "no block has passed from one process to another");
    workers_end(&processes);
    return oracle_end(
        "%lu kills, %lu units were held, %u in the hands of tested (at most %u by a kill); %lu blocks passed "
        "on",
        processes.kills, held, in_hand, 2 * ROUNDED, foreign);
}
