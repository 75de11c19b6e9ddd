/* SPDX-License-Identifier: MIT */
/* The scene of heaps: small blocks and large ones over the same units.
 *
 * The rival knows which units it holds, and which blocks victims have in hand at most. So it can say of each of its own
 * allocations that fails whether it may: only if there were no more places clear of its own blocks than the victims'
 * blocks can overlap (G3), whatever instruction they stand at. */
#include "check.h"
#include "scene.h"
#include "subject.h"
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#define GROUP ((size_t)1 << LFM_WORD_UNITS_SHIFT_) /* units of a word */
#define UNIT  ((size_t)16)                         /* bytes of the smallest block */
#define MOST  (2 * GROUP * GROUP)                  /* units of the largest heap */
#define FILL  0x5a                                 /* what blocks contain */
#define SMALL ((size_t)1)                          /* sizes of blocks in units */
#define GROWN ((size_t)3)

typedef struct heap_shape {
    const char *name;
    size_t units, large; /* a large block is a unit of the top level */
    lfm_heap_fit fit;
    size_t stride, pairs; /* see scene.h */
    bool peak;            /* as in the configuration */
} heap_shape;

enum {
    TWO,  /* levels; all calls */
    DEEP, /* levels; calls are long, and not all are tested */
    TAIL, /* a last word and a last unit that are not whole */
    BUDDY4,
    SHAPES
};
static const heap_shape shapes[SHAPES] = {
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
    LARGE, /* that of the shape */
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
    TIGHT, /* all but one large place is taken, as small blocks, and that place was */
    LAST,  /* all but the last two units that make a place are taken, as small blocks */
    STARTS
};

const unsigned scene_shapes = SHAPES;
const unsigned scene_calls = sizeof calls / sizeof calls[0];
const unsigned scene_starts = STARTS;

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
    subject work;
    _Atomic(uint32_t) lock;
    scene_seat seats[2];
    lfm_heap heap;
    _Alignas(4096) unsigned char storage[LFM_HEAP_STORAGE_BYTES(MOST * UNIT, UNIT)];
} * common;

static const heap_shape *now;
static const char *only_shape;
static bool locks;
static size_t whole; /* units of the largest block */

/* What the rival knows. */
static held_block held[MOST];
static size_t held_count, held_units;
static bool is_held[MOST]; /* each unit */

/* Units of blocks that victims may have in hand: those may be taken or free, but no more than these. */
static size_t hand[2 * 2 + 1], hand_count;

void scene_begin(const verdict_options *options)
{
    common = mmap(NULL, sizeof *common, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(common != MAP_FAILED, "no memory");
    locks = options->lock;
    only_shape = options->shape;
}

scene_seat *scene_seat_of(unsigned victim)
{
    return &common->seats[victim];
}

bool scene_has_shape(size_t which)
{
    return only_shape == NULL || strcmp(shapes[which].name, only_shape) == 0;
}

/* Calls that only take or only give, and move. */
static bool is_plain(unsigned call)
{
    return calls[call].from == NONE || calls[call].to == NONE || (calls[call].from == ONE && calls[call].to == LARGE);
}

bool scene_has_call(size_t which, unsigned call, size_t start)
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

size_t scene_stride(size_t which)
{
    return shapes[which].stride;
}

size_t scene_pairs(size_t which, size_t start)
{
    return start == FRESH || (start == SPLIT && which == TWO) ? shapes[which].pairs : 0;
}

bool scene_is_paired(size_t which, unsigned call)
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

/* A place for a block begins at a multiple of this. */
static size_t place_of(size_t units)
{
    size_t place = 1;
    while (place < units)
        place *= 2;
    return place;
}

size_t scene_hand(unsigned call)
{
    return units_of(calls[call].from) + units_of(calls[call].to);
}

size_t scene_least(unsigned call, size_t start, const scene_move *move)
{
    const size_class from = calls[call].from, to = calls[call].to;
    if (to == NONE) {
        return 0;
    }
    if (from != NONE) {
        return from > to ? 1 : 0; /* giving units back succeeds, whatever happens */
    }
    if (start == TIGHT || start == LAST) {
        return to == ONE && move->takes == 1 && move != &scene_moves[MOVE_LARGE] ? 1 : 0;
    }
    return move->takes == 1 ? 1 : 0;
}

/* ---- the rival's blocks ---- */

static size_t unit_of(const void *block)
{
    return (size_t)((const unsigned char *)block - common->storage) / UNIT;
}

/* Tells whether so many units are as note_held() left them: the first byte is, and each is as the one before. */
static bool is_filled(const unsigned char *start, size_t units)
{
    return units == 0 || (start[0] == FILL && memcmp(start, start + 1, units * UNIT - 1) == 0);
}

static void note_held(void *block, size_t units)
{
    const size_t first = unit_of(block);
    EXPECT(FAULT_DAMAGE, (uintptr_t)block % UNIT == 0 && first % place_of(units) == 0 && first + units <= now->units,
           "a block of %zu units at unit %zu is none", units, first);
    for (size_t i = first; i < first + units; i++) {
        EXPECT(FAULT_DAMAGE, !is_held[i], "unit %zu was handed out twice", i);
        is_held[i] = true;
    }
    memset(block, FILL, units * UNIT);
    held[held_count].start = block;
    held[held_count++].units = units;
    held_units += units;
}

/* Forgets a block that the rival holds; its contents must be as they were left. */
static held_block drop_held(size_t which)
{
    const held_block block = held[which];
    const size_t first = unit_of(block.start);
    EXPECT(FAULT_DAMAGE, is_filled(block.start, block.units), "a block was written to by nobody who held it");
    memset(is_held + first, 0, block.units * sizeof is_held[0]);
    held[which] = held[--held_count];
    held_units -= block.units;
    return block;
}

/* Places for so many units that the rival's blocks leave clear. */
static size_t clear_places(size_t units)
{
    const size_t place = place_of(units);
    size_t clear = 0;
    for (size_t first = 0; first + units <= now->units; first += place) {
        size_t i = 0;
        while (i < units && !is_held[first + i]) {
            i++;
        }
        clear += i == units;
    }
    return clear;
}

/* Places that blocks in other hands can overlap at most. */
static size_t spoilt_places(size_t units)
{
    size_t spoilt = 0;
    for (size_t i = 0; i < hand_count; i++) {
        spoilt += hand[i] == 0 ? 0 : 1 + (hand[i] - 1) / place_of(units);
    }
    return spoilt;
}

/* Takes a block if there is one; it must be there if G3 says so. */
static bool rival_take(size_class class)
{
    const size_t units = units_of(class);
    void *block = subject_heap_alloc(&common->work, units * UNIT);
    if (block == NULL) {
        EXPECT(FAULT_DAMAGE, clear_places(units) <= spoilt_places(units),
               "no block of %zu units, with %zu places clear and %zu of them in other hands at most", units,
               clear_places(units), spoilt_places(units));
        return false;
    }
    EXPECT(FAULT_DAMAGE, lfm_heap_usable_size(&common->heap, block) == units * UNIT, "a block of %zu units has %zu",
           units, lfm_heap_usable_size(&common->heap, block) / UNIT);
    note_held(block, units);
    return true;
}

static void rival_give(size_t which)
{
    const held_block block = drop_held(which);
    const lfm_status status = subject_heap_free(&common->work, block.start);
    EXPECT(FAULT_DAMAGE, status == LFM_OK, "a free of a block held says: %s", lfm_status_string(status));
}

static void take_all(size_class class)
{
    while (rival_take(class)) {
    }
}

/* Gives back all that it has taken since it held so many. */
static void give_back_to(size_t count)
{
    while (held_count > count) {
        rival_give(held_count - 1);
    }
}

/* ---- moves ---- */

static void rounds(size_class class)
{
    for (int i = 0; i < 3; i++) {
        if (rival_take(class)) {
            rival_give(held_count - 1);
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

/* Gives back the block that begins at this unit, if the rival holds one there. */
static void give_at(size_t unit)
{
    for (size_t i = 0; i < held_count; i++) {
        if (unit_of(held[i].start) == unit) {
            rival_give(i);
            break;
        }
    }
}

/* While a search goes on, what it has passed by becomes free, and then what it has not come to yet is taken: never is
 * there no room. */
static void move_swap(void)
{
    give_at(0);
    rival_take(PAIR);
}

const scene_move scene_moves[MOVES] = {
    [MOVE_SMALL] = {"small", move_small, 1},
    [MOVE_LARGE] = {"large", move_large, 1},
    [MOVE_WHOLE] = {"whole", move_whole, SIZE_MAX},
    [MOVE_SWEEP] = {"sweep", move_sweep, SIZE_MAX},
    [MOVE_DRAIN_SMALL] = {"drain small", drain_small, SIZE_MAX},
    [MOVE_DRAIN_LARGE] = {"drain large", drain_large, SIZE_MAX},
    [MOVE_SWAP] = {"swap", move_swap, 1},
};

size_t scene_moves_of(size_t which)
{
    (void)which;
    return MOVES;
}

/* Conservation: what is not held by anybody is free, and nothing but blocks is used. */
static void check_stats(void)
{
    size_t in_hand = 0;
    lfm_heap_stats_t stats;
    for (size_t i = 0; i < hand_count; i++) {
        in_hand += hand[i];
    }
    lfm_heap_stats(&common->heap, &stats);
    EXPECT(FAULT_DAMAGE, stats.total == now->units * UNIT && stats.used + stats.free == stats.total,
           "%zu bytes, %zu used, %zu free", stats.total, stats.used, stats.free);
    EXPECT(FAULT_DAMAGE, stats.used >= held_units * UNIT && stats.used <= (held_units + in_hand) * UNIT,
           "%zu units are held, %zu in other hands, but %zu said to be used", held_units, in_hand, stats.used / UNIT);
    EXPECT(FAULT_DAMAGE, now->peak ? stats.peak >= held_units * UNIT && stats.peak <= stats.total : stats.peak == 0,
           "a peak of %zu units, where %zu are held", stats.peak / UNIT, held_units);
}

void scene_make_move(const scene_move *move)
{
    guard_begin();
    move->make();
    check_stats();
    guard_end();
}

/* ---- scenes ---- */

/* The last small block was found in the first word, so the next search begins there; what is free at the end was freed
 * as another size, so no hint for small blocks leads there. */
static void make_last(void)
{
    rival_take(PAIR);
    take_all(ONE);
    give_at(now->units - 1);
    give_at(now->units - 2);
    rival_take(PAIR);
    give_at(0);
    take_all(ONE);
    give_at(now->units - 2);
}

void scene_reset(size_t which, size_t start)
{
    lfm_heap_stats_t stats;
    now = &shapes[which];
    const lfm_heap_config config = {.min_block = UNIT, .fit = now->fit, .peak = now->peak};
    const lfm_status status =
        lfm_heap_init(&common->heap, common->storage, LFM_HEAP_STORAGE_BYTES(now->units * UNIT, UNIT), &config);
    CHECK(status == LFM_OK, "%s: %s", now->name, lfm_status_string(status));
    const subject made = {.heap = &common->heap, .lock = locks ? &common->lock : NULL};
    common->work = made;
    atomic_store(&common->lock, 0);
    memset(is_held, 0, sizeof is_held);
    held_count = held_units = hand_count = 0;
    lfm_heap_stats(&common->heap, &stats);
    whole = stats.largest_free / UNIT;
    if (start == LAST) {
        make_last();
    } else if (start != FRESH) {
        take_all(ONE);
        EXPECT(FAULT_DAMAGE, held_units == now->units, "a new heap of %zu units has %zu", now->units, held_units);
    }
    for (size_t i = held_count; (start == SPLIT || start == TIGHT) && i-- > 0;) {
        const size_t unit = unit_of(held[i].start);
        if (start == SPLIT || (unit >= now->large && unit < 2 * now->large)) {
            rival_give(i);
        }
    }
}

void scene_prepare(scene_seat *seat, unsigned call)
{
    const size_class from = calls[call].from, to = calls[call].to;
    memset(seat, 0, sizeof *seat);
    seat->call = call;
    seat->bytes = units_of(to) * UNIT;
    if (from != NONE) {
        CHECK(rival_take(from), "no block for a call");
        seat->blocks[0] = drop_held(held_count - 1).start;
    }
    hand[hand_count++] = units_of(from);
    hand[hand_count++] = units_of(to);
}

void scene_perform(scene_seat *seat)
{
    if (calls[seat->call].from == NONE) {
        seat->blocks[1] = subject_heap_alloc(&common->work, seat->bytes);
    } else if (calls[seat->call].to == NONE) {
        seat->status = subject_heap_free(&common->work, seat->blocks[0]);
    } else {
        seat->blocks[1] = subject_heap_realloc(&common->work, seat->blocks[0], seat->bytes);
    }
    atomic_store(&seat->done, 1);
}

/* A call is over: what it could have in hand, it has not. */
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

void scene_adopt(scene_seat *seat, size_t least)
{
    const size_class from = calls[seat->call].from, to = calls[seat->call].to;
    unsigned char *got = seat->blocks[1];
    clear_hand(seat->call);
    EXPECT(FAULT_DAMAGE, seat->status == LFM_OK, "the victim's free says: %s", lfm_status_string(seat->status));
    EXPECT(FAULT_DAMAGE, got != NULL || least == 0, "a call failed, with room for it all the time");
    const size_t least_units = got == NULL || from < to ? units_of(from) : units_of(to);
    if (got == NULL && from != NONE && to != NONE) {
        note_held(seat->blocks[0], units_of(from));
    } else if (got != NULL) {
        EXPECT(FAULT_DAMAGE, is_filled(got, least_units), "a realloc lost what the block contained");
        EXPECT(FAULT_DAMAGE, from <= to || got == seat->blocks[0], "a block moved to become smaller");
        note_held(got, lfm_heap_usable_size(&common->heap, got) / UNIT);
    }
}

/* Nobody holds anything: the heap is sound, and if nothing is lost, it is one block. */
static void check_settled(size_t may_lose)
{
    const lfm_status status = lfm_heap_check(&common->heap);
    EXPECT(FAULT_DAMAGE, status == LFM_OK, "check says: %s", lfm_status_string(status));
    check_stats();
    take_all(LARGE);
    give_back_to(0);
    if (rival_take(WHOLE)) {
        rival_give(0);
    } else {
        EXPECT(FAULT_DAMAGE, may_lose > 0, "the heap does not become one block again");
    }
    check_stats();
}

size_t scene_settle(size_t may_lose)
{
    guard_begin();
    give_back_to(0);
    check_settled(may_lose);
    take_all(ONE);
    const size_t lost = now->units - held_units;
    EXPECT(FAULT_DAMAGE, lost <= may_lose, "%zu units are lost", lost);
    check_stats();
    give_back_to(0);
    check_settled(may_lose);
    guard_end();
    return lost;
}
