/* SPDX-License-Identifier: MIT */
/* Segments, dynamic pools and their blocks in shared memory, which one process maps at two addresses and another at a
 * third (G6). Both get, put and grow at the same time through each of their views. A block is named by its offset, and
 * either process may put it. Each view gives the same statistics, and the same answer to a check.
 *
 * A word for each block, which the pools know nothing of, tells what its bytes must be; 0: the block is free. */
#include "oracle.h"
#include "rng.h"
#include <errno.h>
#include <lfmem/dynpool.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS     1000000u
#define HELD       150u /* most blocks that a process holds, at the end */
#define BYTES      20u  /* of a block */
#define PADDING    64u
#define MAILBOXES  4u
#define UNIT       4u     /* bytes: blocks and allocations begin at multiples */
#define DIRECT     0x1ffu /* the mark of what was taken straight from the segment */
#define FROM_CHILD 0x80u  /* in what is written */

enum {
    GENERAL,
    HARDWARE,
    POOLS
};
static const size_t alignments[POOLS] = {4, PADDING};

typedef struct arena {
    lfm_segment ram, metadata; /* the general pool's metadata is in ram, too */
    lfm_dynpool pools[POOLS];
    _Atomic(uint32_t) mailbox[MAILBOXES]; /* a block's name, or 0 */
    _Atomic(uint32_t) ready;              /* processes that are about to begin */
    _Atomic(uint32_t) foreign;            /* blocks put by a process that had not got them */
    _Alignas(PADDING) unsigned char storage[16384];
    _Alignas(PADDING) unsigned char records[8192];
    _Atomic(uint32_t) marks[16384 / UNIT]; /* 0x100 and the byte that a block is filled with */
} arena;

/* A block's name: its offset in the arena, and its pool. */
static uint32_t name_of(const arena *view, const void *block, uint32_t pool)
{
    const uintptr_t offset = (uintptr_t)block - (uintptr_t)view->storage;
    MUST(offset <= sizeof view->storage - BYTES && offset % UNIT == 0, "a block outside of its view");
    MUST((uintptr_t)block % alignments[pool] == 0 && offset % alignments[pool] == 0,
         "a block at the offset %zu is not aligned to %zu", (size_t)offset, alignments[pool]);
    return (uint32_t)((uintptr_t)block - (uintptr_t)view) * POOLS + pool;
}

static unsigned char *block_named(arena *view, uint32_t name)
{
    return (unsigned char *)view + name / POOLS;
}

static _Atomic(uint32_t) *mark_of(arena *view, const void *block)
{
    return &view->marks[((uintptr_t)block - (uintptr_t)view->storage) / UNIT];
}

/* Takes a block and fills it; 0: there is none. */
static uint32_t get(arena *view, uint32_t pool, uint32_t fill)
{
    void *block = lfm_dynpool_get(&view->pools[pool]);
    uint32_t none = 0;
    if (block == NULL) {
        return 0;
    }
    const uint32_t name = name_of(view, block, pool);
    MUST(atomic_compare_exchange_strong(mark_of(view, block), &none, 0x100 | fill), "a block was handed out twice");
    memset(block, (int)fill, BYTES);
    return name;
}

/* Puts a block, maybe another's, through any view. Returns what it was filled with. */
static uint32_t put(arena *view, uint32_t name)
{
    unsigned char *block = block_named(view, name);
    const uint32_t mark = atomic_exchange(mark_of(view, block), 0);
    for (size_t i = 0; i < BYTES; i++) {
        MUST((mark & 0x100) != 0 && block[i] == (mark & 0xff), "a block was written to by another");
    }
    const lfm_status status = lfm_dynpool_put(&view->pools[name % POOLS], block);
    MUST(status == LFM_OK, "a put through another view says: %s", lfm_status_string(status));
    return mark & 0xff;
}

static void allocate(arena *view)
{
    const void *piece = lfm_segment_alloc(&view->ram, 8, 8);
    uint32_t none = 0;
    if (piece != NULL) {
        const uintptr_t offset = (uintptr_t)piece - (uintptr_t)view->storage;
        MUST(offset <= sizeof view->storage - 8 && (uintptr_t)piece % 8 == 0, "a bad allocation");
        MUST(atomic_compare_exchange_strong(mark_of(view, piece), &none, DIRECT), "an allocation is a block, too");
    }
}

/* Gets and puts, now through the one view and now through the other, and holds more and more, so that pools grow. */
static void work(arena *const views[2], uint32_t side, uint32_t seed)
{
    rng random = {seed};
    uint32_t held[HELD + 1], n = 0;
    guard_begin();
    atomic_fetch_add(&views[0]->ready, 1);
    while (atomic_load(&views[0]->ready) < 2) {
    }
    guard_end();
    for (uint32_t round = 0; round < ROUNDS; round++) {
        arena *view = views[rng_below(&random, 2)];
        const uint32_t pool = rng_below(&random, POOLS), choice = rng_below(&random, 8);
        const uint32_t name = n <= round * HELD / ROUNDS ? get(view, pool, side | rng_below(&random, 0x80)) : 0;
        if (choice == 0 && name != 0) {
            const uint32_t other = atomic_exchange(&view->mailbox[rng_below(&random, MAILBOXES)], name);
            if (other != 0 && (put(views[rng_below(&random, 2)], other) & FROM_CHILD) != side) {
                atomic_fetch_add(&view->foreign, 1);
            }
        } else if (name != 0) {
            held[n++] = name;
        } else if (n > 0) {
            const uint32_t which = rng_below(&random, n);
            put(view, held[which]);
            held[which] = held[--n];
        }
        if (round % (ROUNDS / 100) == 0) {
            allocate(view);
        }
    }
    while (n > 0) {
        put(views[n % 2], held[n - 1]);
        n--;
    }
}

static arena *map(int file)
{
    arena *view = mmap(NULL, sizeof(arena), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    NEED(view != MAP_FAILED, "no view of the memory");
    return view;
}

static void make(arena *view)
{
    const lfm_dynpool_config configs[POOLS] = {
        {.block_size = BYTES, .align = 4, .initial = 10, .maximum = LFM_UNLIMITED, .grow = 3},
        {.block_size = BYTES, .align = 8, .maximum = 150, .grow = 1, .padded = true, .metadata = &view->metadata}};
    lfm_status status = lfm_segment_init(&view->ram, view->storage, sizeof view->storage, PADDING);
    NEED(status == LFM_OK, "segment: %s", lfm_status_string(status));
    status = lfm_segment_init(&view->metadata, view->records, sizeof view->records, PADDING);
    NEED(status == LFM_OK, "segment: %s", lfm_status_string(status));
    for (int i = 0; i < POOLS; i++) {
        status = lfm_dynpool_init(&view->pools[i], &view->ram, &configs[i]);
        NEED(status == LFM_OK, "pool: %s", lfm_status_string(status));
    }
}

/* At rest: each view tells the same. */
static void compare(arena *const views[2])
{
    lfm_segment_stats_t ram[2];
    lfm_dynpool_stats_t stats[2];
    for (int pool = 0; pool < POOLS; pool++) {
        for (int i = 0; i < 2; i++) {
            const lfm_status status = lfm_dynpool_check(&views[i]->pools[pool]);
            MUST(status == LFM_OK, "check through a view says: %s", lfm_status_string(status));
            lfm_dynpool_stats(&views[i]->pools[pool], &stats[i]);
        }
        MUST(memcmp(&stats[0], &stats[1], sizeof stats[0]) == 0, "two views differ in their pools");
        MUST(stats[0].created <= stats[0].maximum, "more blocks than the maximum");
    }
    for (int i = 0; i < 2; i++) {
        lfm_segment_stats(&views[i]->ram, &ram[i]);
        MUST(lfm_segment_remaining(&views[i]->ram, 1) == ram[i].free, "a segment's room is not its own");
    }
    MUST(memcmp(&ram[0], &ram[1], sizeof ram[0]) == 0, "two views differ in their segments");
}

/* Empties the mailboxes; then takes all through one view and puts it through the other. Returns the number of blocks.
 */
static size_t audit(arena *const views[2])
{
    static uint32_t names[POOLS * sizeof views[0]->storage / BYTES];
    size_t total = 0;
    for (int i = 0; i < (int)MAILBOXES; i++) {
        const uint32_t name = atomic_exchange(&views[0]->mailbox[i], 0);
        if (name != 0) {
            put(views[1], name);
        }
    }
    for (uint32_t pool = 0; pool < POOLS; pool++) {
        size_t n = 0;
        lfm_dynpool_stats_t stats;
        while ((names[n] = get(views[0], pool, 1)) != 0) {
            n++;
        }
        lfm_dynpool_stats(&views[1]->pools[pool], &stats);
        MUST(n == stats.created && stats.in_use == n, "%zu blocks of %zu", n, stats.created);
        compare(views);
        for (size_t i = 0; i < n; i++) {
            put(views[1], names[i]);
        }
        lfm_dynpool_stats(&views[0]->pools[pool], &stats);
        MUST(n == stats.free && stats.in_use == 0, "%zu blocks of %zu", stats.free, n);
        compare(views);
        total += n;
    }
    return total;
}

/* The other process, with the memory at a third address. */
_Noreturn static void live(int file, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) { /* it died before that could be said */
        _exit(1);
    }
    arena *const view = map(file);
    arena *const views[2] = {view, view};
    work(views, FROM_CHILD, 2);
    _exit(0);
}

int main(int argc, char **argv)
{
    int status = 0;
    oracle_begin(argc, argv);
    const int file = memfd_create("lfmem-views", MFD_CLOEXEC);
    NEED(file >= 0 && ftruncate(file, sizeof(arena)) == 0, "no shared memory");
    arena *const views[2] = {map(file), map(file)};
    NEED(views[0] != views[1], "one address twice");
    make(views[0]);
    compare(views);
    const pid_t parent = getpid();
    const pid_t child = fork(); /* which keeps both views, so that its own lies elsewhere */
    NEED(child >= 0, "no process");
    if (child == 0) {
        live(file, parent);
    }
    work(views, 0, 1);
    while (waitpid(child, &status, 0) < 0) {
        NEED(errno == EINTR, "the process is gone");
    }
    MUST(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the process fell over, status %#x", (unsigned)status);
    const uint32_t foreign = atomic_load(&views[0]->foreign);
    NEED(foreign > 0, "no block has passed from one process to the other");
    const size_t total = audit(views);
    return oracle_end("%zu blocks, seen at three addresses; %u put by a process that had not got them", total, foreign);
}
