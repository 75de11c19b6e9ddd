/* SPDX-License-Identifier: MIT */
/* The fixture for heaps: small blocks and large ones over the same units.
 *
 * The interferer knows which units it holds, and which blocks victims have in hand at most. So it knows whether an
 * allocation may fail (G3): only if the victims' blocks can overlap every aligned position that its own leave clear.
 * That holds whatever instruction victims stand at. */
#include "allocator.h"
#include "fixture.h"
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#define GROUP ((size_t)1 << LFM_WORD_UNITS_SHIFT_) /* units of a word */
#define UNIT  ((size_t)16)                         /* bytes of the smallest block */
#define MOST  (2 * GROUP * GROUP)                  /* units of the largest heap */
#define FILL  0x5a                                 /* what blocks contain */
#define SMALL ((size_t)1)                          /* sizes of blocks in units */
#define GROWN ((size_t)3)

typedef struct heap_variant {
    const char *name;
    size_t units, large; /* a large block is a unit of the top level */
    lfm_heap_fit fit;
    size_t stride, pairs; /* see fixture.h */
    bool peak;            /* as in the configuration */
} heap_variant;

enum {
    TWO,  /* levels; all calls */
    DEEP, /* levels; calls are long, and not all are tested */
    TAIL, /* a last word and a last unit that are not whole */
    BUDDY4,
    VARIANTS
};
static const heap_variant variants[VARIANTS] = {
    [TWO] = {"two", 2 * GROUP, GROUP, LFM_FIT_TRIMMED, 3, 700, false},
    [DEEP] = {"three", MOST, GROUP *GROUP, LFM_FIT_TRIMMED, 7, 25, false},
    [TAIL] = {"tail", 2 * GROUP + 3, GROUP, LFM_FIT_BUDDY2, 7, 0, true},
    [BUDDY4] = {"buddy4", 4 * GROUP, GROUP, LFM_FIT_BUDDY4, 7, 0, true},
};

/* What a victim's block is before and after its call. */
typedef enum size_class {
    NONE,
    ONE,   /* SMALL */
    PAIR,  /* or what that is rounded up to */
    THREE, /* GROWN */
    LARGE, /* that of the variant */
    WHOLE  /* as much as a fresh heap can give at once */
} size_class;

static const struct {
    size_class from, to;
} calls[] = {
    {NONE, ONE},  {NONE, LARGE},                                              /* alloc */
    {ONE, NONE},  {LARGE, NONE},                                              /* free */
    {ONE, THREE}, {LARGE, WHOLE}, {THREE, ONE}, {WHOLE, LARGE}, {ONE, LARGE}, /* realloc: in place, and by moving */
};

enum {
    FRESH, /* nothing was taken yet */
    SPLIT, /* everything was taken as small blocks, and is free again */
    TIGHT, /* all is taken as small blocks, but for one large aligned position, which was */
    LAST,  /* all is taken as small blocks, but for the last aligned pair of units */
    STARTS
};

const unsigned fixture_variants = VARIANTS;
const unsigned fixture_calls = sizeof calls / sizeof calls[0];
const unsigned fixture_starts = STARTS;

enum {
    MOVE_SMALL, /* few rounds of alloc and free */
    MOVE_LARGE,
    MOVE_WHOLE,
    MOVE_SWEEP,
    MOVE_DRAIN_SMALL, /* take all and keep it */
    MOVE_DRAIN_LARGE,
    MOVE_SWAP,
    MOVES
};

typedef struct held_block {
    unsigned char *start;
    size_t units;
} held_block;

/* Shared by all processes, at the same address in each. */
static struct shared {
    allocator tested;
    _Atomic(uint32_t) lock;
    fixture_task tasks[2];
    lfm_heap heap;
    _Alignas(4096) unsigned char storage[LFM_HEAP_STORAGE_BYTES(MOST * UNIT, UNIT)];
} * common;

static const heap_variant *now;
static const char *only_variant;
static bool locks;
static size_t whole; /* units of the largest block */

/* What the interferer knows. */
static held_block held[MOST];
static size_t held_count, held_units;
static bool is_held[MOST]; /* each unit */

/* Units of each block that a victim may have in hand: they may be taken or free. */
static size_t hand[2 * 2 + 1], hand_count;

void fixture_begin(const oracle_options *options)
{
    common = mmap(NULL, sizeof *common, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    NEED(common != MAP_FAILED, "no memory");
    locks = options->lock;
    only_variant = options->variant;
}

fixture_task *fixture_task_of(unsigned victim)
{
    return &common->tasks[victim];
}

bool fixture_has_variant(size_t which)
{
    return only_variant == NULL || strcmp(variants[which].name, only_variant) == 0;
}

/* Calls that only take, only give back, or move. */
static bool is_plain(unsigned call)
{
    return calls[call].from == NONE || calls[call].to == NONE || (calls[call].from == ONE && calls[call].to == LARGE);
}

bool fixture_has_call(size_t which, unsigned call, size_t start)
{
    const size_class from = calls[call].from, to = calls[call].to;
    if (start == LAST) {
        return which == TWO && from == NONE && to == ONE;
    }
    if (which == DEEP) {
        return is_plain(call) && (start == FRESH || (from == NONE && start == (to == ONE ? TIGHT : SPLIT)));
    }
    return start != TIGHT || from != WHOLE;
}

size_t fixture_stride(size_t which)
{
    return variants[which].stride;
}

size_t fixture_pairs(size_t which, size_t start)
{
    return start == FRESH || (start == SPLIT && which == TWO) ? variants[which].pairs : 0;
}

bool fixture_is_paired(size_t which, unsigned call)
{
    (void)which;
    return is_plain(call);
}

/* ---- sizes ---- */

/* Units that a block of such a class takes. */
static size_t units_of(size_class class)
{
    const size_t grown = now->fit == LFM_FIT_TRIMMED ? GROWN : GROWN + 1;
    const size_t pair = now->fit == LFM_FIT_BUDDY4 ? 4 : 2;
    const size_t units[] = {
        [NONE] = 0, [ONE] = SMALL, [PAIR] = pair, [THREE] = grown, [LARGE] = now->large, [WHOLE] = whole};
    return units[class];
}

/* A block begins at a multiple of this: at an aligned position. */
static size_t alignment_of(size_t units)
{
    size_t alignment = 1;
    while (alignment < units)
        alignment *= 2;
    return alignment;
}

size_t fixture_hand(unsigned call)
{
    return units_of(calls[call].from) + units_of(calls[call].to);
}

size_t fixture_least(unsigned call, size_t start, const fixture_move *move)
{
    const size_class from = calls[call].from, to = calls[call].to;
    if (to == NONE) {
        return 0;
    }
    if (from != NONE) {
        return from > to ? 1 : 0; /* giving units back succeeds, whatever happens */
    }
    if (start == TIGHT || start == LAST) {
        return to == ONE && move->takes == 1 && move != &fixture_moves[MOVE_LARGE] ? 1 : 0;
    }
    return move->takes == 1 ? 1 : 0;
}

/* ---- the interferer's blocks ---- */

static size_t unit_of(const void *block)
{
    return (size_t)((const unsigned char *)block - common->storage) / UNIT;
}

/* Tells whether so many units are as note_held() left them. */
static bool is_filled(const unsigned char *start, size_t units)
{
    return units == 0 || (start[0] == FILL && memcmp(start, start + 1, units * UNIT - 1) == 0);
}

static void note_held(void *block, size_t units)
{
    const size_t first = unit_of(block);
    MUST((uintptr_t)block % UNIT == 0 && first % alignment_of(units) == 0 && first + units <= now->units,
         "a block of %zu units at unit %zu is none", units, first);
    for (size_t i = first; i < first + units; i++) {
        MUST(!is_held[i], "unit %zu was handed out twice", i);
        is_held[i] = true;
    }
    memset(block, FILL, units * UNIT);
    held[held_count].start = block;
    held[held_count++].units = units;
    held_units += units;
}

/* Forgets a block that the interferer holds; its contents must be as they were left. */
static held_block drop_held(size_t which)
{
    const held_block block = held[which];
    const size_t first = unit_of(block.start);
    MUST(is_filled(block.start, block.units), "a block was written to by nobody who held it");
    memset(is_held + first, 0, block.units * sizeof is_held[0]);
    held[which] = held[--held_count];
    held_units -= block.units;
    return block;
}

/* Aligned positions for so many units that the interferer's blocks leave clear. */
static size_t clear_positions(size_t units)
{
    const size_t alignment = alignment_of(units);
    size_t clear = 0;
    for (size_t first = 0; first + units <= now->units; first += alignment) {
        size_t i = 0;
        while (i < units && !is_held[first + i]) {
            i++;
        }
        clear += i == units;
    }
    return clear;
}

/* Aligned positions that the victims' blocks can overlap at most. */
static size_t overlapped_positions(size_t units)
{
    size_t overlapped = 0;
    for (size_t i = 0; i < hand_count; i++) {
        overlapped += hand[i] == 0 ? 0 : 1 + (hand[i] - 1) / alignment_of(units);
    }
    return overlapped;
}

/* Takes a block if there is one; it must be there if G3 says so. */
static bool interferer_take(size_class class)
{
    const size_t units = units_of(class);
    void *block = allocator_heap_alloc(&common->tested, units * UNIT);
    if (block == NULL) {
        MUST(clear_positions(units) <= overlapped_positions(units),
             "no block of %zu units, with %zu positions clear, of which victims overlap %zu at most", units,
             clear_positions(units), overlapped_positions(units));
        return false;
    }
    MUST(lfm_heap_usable_size(&common->heap, block) == units * UNIT, "a block of %zu units has %zu", units,
         lfm_heap_usable_size(&common->heap, block) / UNIT);
    note_held(block, units);
    return true;
}

static void interferer_give(size_t which)
{
    const held_block block = drop_held(which);
    const lfm_status status = allocator_heap_free(&common->tested, block.start);
    MUST(status == LFM_OK, "a free of a block held says: %s", lfm_status_string(status));
}

static void take_all(size_class class)
{
    while (interferer_take(class)) {
    }
}

/* Gives back what it has taken since it held so many blocks. */
static void give_back_to(size_t count)
{
    while (held_count > count) {
        interferer_give(held_count - 1);
    }
}

/* ---- moves ---- */

static void rounds(size_class class)
{
    for (int i = 0; i < 3; i++) {
        if (interferer_take(class)) {
            interferer_give(held_count - 1);
        }
    }
}

static void move_small(void)
{
    rounds(ONE);
}

static void move_large(void)
{
    rounds(LARGE);
}

static void move_whole(void)
{
    rounds(WHOLE);
}

/* Large words are split to the last, and words become the same again but for their tags. */
static void move_sweep(void)
{
    const size_t before = held_count;
    take_all(LARGE);
    give_back_to(before);
    take_all(ONE);
    give_back_to(before);
}

static void drain_small(void)
{
    take_all(ONE);
}

static void drain_large(void)
{
    take_all(LARGE);
}

/* Gives back the block that begins at this unit, if the interferer holds one there. */
static void give_at(size_t unit)
{
    for (size_t i = 0; i < held_count; i++) {
        if (unit_of(held[i].start) == unit) {
            interferer_give(i);
            break;
        }
    }
}

/* Frees what a search has passed by, then takes what the search has not come to. So there is room at every instant. */
static void move_swap(void)
{
    give_at(0);
    interferer_take(PAIR);
}

const fixture_move fixture_moves[MOVES] = {
    [MOVE_SMALL] = {"small", move_small, 1},
    [MOVE_LARGE] = {"large", move_large, 1},
    [MOVE_WHOLE] = {"whole", move_whole, SIZE_MAX},
    [MOVE_SWEEP] = {"sweep", move_sweep, SIZE_MAX},
    [MOVE_DRAIN_SMALL] = {"drain small", drain_small, SIZE_MAX},
    [MOVE_DRAIN_LARGE] = {"drain large", drain_large, SIZE_MAX},
    [MOVE_SWAP] = {"swap", move_swap, 1},
};

size_t fixture_moves_of(size_t which)
{
    (void)which;
    return MOVES;
}

/* Conservation: what no context holds is free, and nothing but blocks is used. */
static void check_stats(void)
{
    size_t in_hand = 0;
    lfm_heap_stats_t stats;
    for (size_t i = 0; i < hand_count; i++) {
        in_hand += hand[i];
    }
    lfm_heap_stats(&common->heap, &stats);
    MUST(stats.total == now->units * UNIT && stats.used + stats.free == stats.total, "%zu bytes, %zu used, %zu free",
         stats.total, stats.used, stats.free);
    MUST(stats.used >= held_units * UNIT && stats.used <= (held_units + in_hand) * UNIT,
         "%zu units are held, %zu in other hands, but %zu said to be used", held_units, in_hand, stats.used / UNIT);
    MUST(now->peak ? stats.peak >= held_units * UNIT && stats.peak <= stats.total : stats.peak == 0,
         "a peak of %zu units, where %zu are held", stats.peak / UNIT, held_units);
}

void fixture_make_move(const fixture_move *move)
{
    guard_begin();
    move->make();
    check_stats();
    guard_end();
}

/* ---- states that calls start from ---- */

/* The last small block was found in the first word, so the next search begins there. The units that are free at the end
 * were freed as another size, so no hint for small blocks leads to them. */
static void make_last(void)
{
    interferer_take(PAIR);
    take_all(ONE);
    give_at(now->units - 1);
    give_at(now->units - 2);
    interferer_take(PAIR);
    give_at(0);
    take_all(ONE);
    give_at(now->units - 2);
}

void fixture_reset(size_t which, size_t start)
{
    lfm_heap_stats_t stats;
    now = &variants[which];
    const lfm_heap_config config = {.min_block = UNIT, .fit = now->fit, .peak = now->peak};
    const lfm_status status =
        lfm_heap_init(&common->heap, common->storage, LFM_HEAP_STORAGE_BYTES(now->units * UNIT, UNIT), &config);
    NEED(status == LFM_OK, "%s: %s", now->name, lfm_status_string(status));
    const allocator made = {.heap = &common->heap, .lock = locks ? &common->lock : NULL};
    common->tested = made;
    atomic_store(&common->lock, 0);
    memset(is_held, 0, sizeof is_held);
    held_count = held_units = hand_count = 0;
    lfm_heap_stats(&common->heap, &stats);
    whole = stats.largest_free / UNIT;
    if (start == LAST) {
        make_last();
    } else if (start != FRESH) {
        take_all(ONE);
        MUST(held_units == now->units, "a new heap of %zu units has %zu", now->units, held_units);
    }
    for (size_t i = held_count; (start == SPLIT || start == TIGHT) && i-- > 0;) {
        const size_t unit = unit_of(held[i].start);
        if (start == SPLIT || (unit >= now->large && unit < 2 * now->large)) {
            interferer_give(i);
        }
    }
}

void fixture_prepare(fixture_task *task, unsigned call)
{
    const size_class from = calls[call].from, to = calls[call].to;
    memset(task, 0, sizeof *task);
    task->call = call;
    task->bytes = units_of(to) * UNIT;
    if (from != NONE) {
        NEED(interferer_take(from), "no block for a call");
        task->blocks[0] = drop_held(held_count - 1).start;
    }
    hand[hand_count++] = units_of(from);
    hand[hand_count++] = units_of(to);
}

void fixture_perform(fixture_task *task)
{
    if (calls[task->call].from == NONE) {
        task->blocks[1] = allocator_heap_alloc(&common->tested, task->bytes);
    } else if (calls[task->call].to == NONE) {
        task->status = allocator_heap_free(&common->tested, task->blocks[0]);
    } else {
        task->blocks[1] = allocator_heap_realloc(&common->tested, task->blocks[0], task->bytes);
    }
    atomic_store(&task->done, 1);
}

/* A call is over: it has nothing in hand any more. */
static void clear_hand(unsigned call)
{
    const size_t units[2] = {units_of(calls[call].from), units_of(calls[call].to)};
    for (int both = 0; both < 2; both++) {
        size_t i = 0;
        while (hand[i] != units[both]) {
            i++;
        }
        hand[i] = hand[--hand_count];
    }
}

void fixture_adopt(fixture_task *task, size_t least)
{
    const size_class from = calls[task->call].from, to = calls[task->call].to;
    unsigned char *got = task->blocks[1];
    clear_hand(task->call);
    MUST(task->status == LFM_OK, "the victim's free says: %s", lfm_status_string(task->status));
    MUST(got != NULL || least == 0, "a call failed, with room for it all the time");
    const size_t least_units = got == NULL || from < to ? units_of(from) : units_of(to);
    if (got == NULL && from != NONE && to != NONE) {
        note_held(task->blocks[0], units_of(from));
    } else if (got != NULL) {
        MUST(is_filled(got, least_units), "a realloc lost what the block contained");
        MUST(from <= to || got == task->blocks[0], "a block moved to become smaller");
        note_held(got, lfm_heap_usable_size(&common->heap, got) / UNIT);
    }
}

/* No context holds a block: the heap is sound, and one block if nothing is lost. */
static void check_at_rest(size_t may_lose)
{
    const lfm_status status = lfm_heap_check(&common->heap);
    MUST(status == LFM_OK, "check says: %s", lfm_status_string(status));
    check_stats();
    take_all(LARGE);
    give_back_to(0);
    if (interferer_take(WHOLE)) {
        interferer_give(0);
    } else {
        MUST(may_lose > 0, "the heap does not become one block again");
    }
    check_stats();
}

size_t fixture_audit(size_t may_lose)
{
    guard_begin();
    give_back_to(0);
    check_at_rest(may_lose);
    take_all(ONE);
    const size_t lost = now->units - held_units;
    MUST(lost <= may_lose, "%zu units are lost", lost);
    check_stats();
    give_back_to(0);
    check_at_rest(may_lose);
    guard_end();
    return lost;
}
