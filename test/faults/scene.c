/* SPDX-License-Identifier: MIT */
/* The scene of pools, fixed and dynamic. */
#include "scene.h"
#include "check.h"
#include "shape.h"
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#define SHARED_UNITS ((size_t)1 << 16) /* most units that a pool's storage has (shape.h) */

enum {
    CALL_GET,
    CALL_PUT,
    CALL_GET_MANY,
    CALL_PUT_MANY,
    CALL_ALLOC, /* as much of the segment as a further block would take */
    CALLS
};

#define SCENE_MOVES 5

/* Blocks that are free when the call begins; the lists become empty in it or are so. */
static const size_t lefts[] = {SHAPE_LIVE - 1, 1, 0};

const unsigned scene_shapes = SHAPES, scene_calls = CALLS, scene_starts = sizeof lefts / sizeof lefts[0];

/* Shared by all processes, at the same address in each. */
typedef struct shared {
    subject calls;
    _Atomic(uint32_t) lock;
    scene_seat seats[2];
} shared;

static shared *common;
static shape_memory *memory; /* shared, too */
static const shape_kind *now;
static const char *only_shape;
static bool locks;

/* Blocks that there are or can be: those taken straight from the segment are none. */
static size_t live;

/* What the rival knows: the blocks that it holds, once as a list and once as a mark for each block. Those of the
 * reserve, which never take part, are marked too, and what was taken straight from the segment. */
static void *held[SHAPE_LIVE];
static size_t held_count;
static bool is_held[SHARED_UNITS];

/* Blocks that victims may have in hand: those are neither free nor held by the rival. */
static size_t in_other_hands;

static void *map_shared(size_t bytes)
{
    void *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(mapped != MAP_FAILED, "no memory");
    return mapped;
}

void scene_begin(const verdict_options *options)
{
    common = map_shared(sizeof *common);
    memory = map_shared(shape_memory_bytes());
    locks = options->lock;
    only_shape = options->shape;
    /* Contexts are numbered in their first call on several lists: here, so that victims, who are forked, all have this
     * one's number, and every call goes the same way. */
    if (scene_has_shape(SHAPE_SHARDED)) {
        scene_reset(SHAPE_SHARDED, 0);
    }
}

scene_seat *scene_seat_of(unsigned victim)
{
    return &common->seats[victim];
}

bool scene_has_shape(size_t which)
{
    return only_shape == NULL || strcmp(shapes[which].name, only_shape) == 0;
}

/* Tells whether a segment has room for blocks when the scene begins. */
static bool grows(const shape_kind *s)
{
    return s->shards == 0 && !s->made && s->initial < s->count;
}

/* Puts need not be tested with few blocks left; and where a new pool takes long to make, not everything is worth it. */
bool scene_has_call(size_t which, unsigned call, size_t start)
{
    const shape_kind *s = &shapes[which];
    const bool few = lefts[start] < SHAPE_LIVE - 1;
    if (call == CALL_PUT || call == CALL_PUT_MANY) {
        return !few && (call == CALL_PUT || s->shards != 0);
    }
    const bool exists = call == CALL_GET || (call == CALL_ALLOC ? grows(s) : s->shards != 0);
    return exists && (s->count < 1000 || !few || lefts[start] == 0);
}

size_t scene_moves_of(size_t which)
{
    return grows(&shapes[which]) ? SCENE_MOVES : SCENE_MOVES - 1;
}

size_t scene_stride(size_t which)
{
    (void)which;
    return 1;
}

/* About .1 ms each. */
size_t scene_pairs(size_t which, size_t start)
{
    const bool is_tested = which == SHAPE_PLAIN || which == SHAPE_GROWN || which == SHAPE_GROW || which == SHAPE_STEPS;
    return !is_tested || start != 0 ? 0 : shapes[which].shards != 0 ? 15000 : 2500;
}

bool scene_is_paired(size_t which, unsigned call)
{
    return call != CALL_GET_MANY && call != CALL_PUT_MANY && scene_has_call(which, call, 0);
}

size_t scene_hand(unsigned call)
{
    return call == CALL_GET_MANY || call == CALL_PUT_MANY ? SCENE_MANY : 1;
}

size_t scene_least(unsigned call, size_t start, const scene_move *move)
{
    const size_t left = lefts[start];
    const size_t sure = left > move->takes ? left - move->takes : 0;
    const size_t wanted = call == CALL_PUT || call == CALL_PUT_MANY ? 0 : scene_hand(call);
    return sure < wanted ? sure : wanted;
}

/* Marks memory that was handed out, which nobody else may have. */
static void mark(const void *start, size_t bytes)
{
    const size_t offset = (size_t)((const unsigned char *)start - memory->storage);
    EXPECT(FAULT_DAMAGE, offset % SHAPE_BLOCK == 0 && offset / SHAPE_BLOCK + bytes / SHAPE_BLOCK <= shape_units(now),
           "something that is no block was handed out");
    for (size_t unit = offset / SHAPE_BLOCK; unit < (offset + bytes) / SHAPE_BLOCK; unit++) {
        EXPECT(FAULT_DAMAGE, !is_held[unit], "block %zu was handed out twice", unit);
        is_held[unit] = true;
    }
}

static void unmark(const void *block)
{
    is_held[(size_t)((const unsigned char *)block - memory->storage) / SHAPE_BLOCK] = false;
}

/* Notes a block that the rival has been given, and writes it. */
static void note_held(void *block)
{
    mark(block, SHAPE_BLOCK);
    EXPECT(FAULT_DAMAGE, now->shards == 0 ? (uintptr_t)block % now->align == 0 : lfm_pool_owns(&memory->pool, block),
           "something that is no block was handed out");
    memset(block, 0x5a, SHAPE_BLOCK);
    held[held_count++] = block;
}

/* What was taken straight from the segment stays taken. */
static void note_piece(const void *piece)
{
    mark(piece, shape_piece(now));
    live--;
}

static bool rival_get(void)
{
    void *block = subject_get(&common->calls);
    if (block != NULL) {
        note_held(block);
    }
    return block != NULL;
}

/* Puts back what was the `which`-th block held. */
static void rival_put(size_t which)
{
    static const unsigned char content[] = {0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a};
    void *block = held[which];
    EXPECT(FAULT_DAMAGE, memcmp(block, content, SHAPE_BLOCK) == 0, "a block was written to by nobody who held it");
    unmark(block);
    held[which] = held[--held_count];
    const lfm_status status = subject_put(&common->calls, block);
    EXPECT(FAULT_DAMAGE, status == LFM_OK, "a put of a block held says: %s", lfm_status_string(status));
}

/* Everything that is not in other hands can be had (G3). */
static void rival_get_all(void)
{
    while (rival_get()) {
    }
    EXPECT(FAULT_DAMAGE, held_count + in_other_hands >= live, "%zu blocks are lost",
           live - held_count - in_other_hands);
}

static void rival_put_all(void)
{
    while (held_count > 0) {
        rival_put(held_count - 1);
    }
}

static void move_rounds(void)
{
    for (int i = 0; i < 3; i++) {
        if (rival_get()) {
            rival_put(held_count - 1);
        }
    }
}

static void move_rotate(void)
{
    const size_t before = held_count;
    rival_get_all();
    if (held_count > before) {
        void *top = held[before];
        while (held_count > before + 1) { /* from the one below the top on, so that their order is turned round */
            rival_put(before + 1);
        }
        EXPECT(FAULT_DAMAGE, held[before] == top, "the rival lost its top");
        rival_put(before);
    }
}

static void move_exchange(void)
{
    const size_t before = held_count;
    rival_get();
    rival_get();
    if (before > 0) {
        void *top = held_count > before ? held[before] : NULL;
        rival_put(0);
        for (size_t i = 0; i < held_count; i++) {
            if (held[i] == top) {
                rival_put(i);
                break;
            }
        }
    }
}

static void move_allocate(void)
{
    const size_t bytes = shape_piece(now), room = lfm_segment_remaining(&memory->segment, now->align);
    rival_get();
    const void *piece = subject_alloc(&common->calls, bytes, now->align);
    if (piece != NULL) {
        note_piece(piece);
    }
    EXPECT(FAULT_DAMAGE, piece != NULL || room < (1 + now->grow) * bytes, "an alloc failed, with room for it");
}

/* Few rounds of get and put; take all and give back in another order under the same top (the shape of ABA); exchange a
 * block that lies below the top for one that was held; take all and keep it; take a block, and room for another one
 * straight from the segment. */
const scene_move scene_moves[SCENE_MOVES] = {
    {"rounds", move_rounds, 1},         {"rotate", move_rotate, SIZE_MAX}, {"exchange", move_exchange, 2},
    {"drain", rival_get_all, SIZE_MAX}, {"allocate", move_allocate, 2},
};

/* The law of a dynamic pool, which holds at every instant; the rival knows who has which block. */
static void check_stats(void)
{
    lfm_dynpool_stats_t stats;
    if (now->shards != 0) {
        return;
    }
    lfm_dynpool_stats(&memory->dynpool, &stats);
    EXPECT(FAULT_DAMAGE, stats.created <= stats.maximum, "%zu blocks of %zu", stats.created, stats.maximum);
    EXPECT(FAULT_DAMAGE, stats.free + stats.in_use == stats.created, "%zu blocks, %zu free, %zu in use", stats.created,
           stats.free, stats.in_use);
    EXPECT(FAULT_DAMAGE, stats.in_use >= held_count && stats.in_use <= held_count + in_other_hands,
           "%zu blocks are held, but %zu said to be in use", held_count, stats.in_use);
    EXPECT(FAULT_DAMAGE, stats.peak >= held_count && stats.peak <= stats.created, "a peak of %zu blocks of %zu",
           stats.peak, stats.created);
}

void scene_make_move(const scene_move *move)
{
    guard_begin();
    move->make();
    check_stats();
    guard_end();
}

/* Takes all but the blocks in play out of a new pool. */
static void take_reserve(size_t count)
{
    static void *reserve[SHARED_UNITS];
    const size_t spare = count - SHAPE_LIVE;
    const size_t got = lfm_pool_get_many(&memory->pool, reserve, spare);
    EXPECT(FAULT_DAMAGE, got == spare, "a new pool of %zu has only %zu blocks", count, got);
    for (size_t i = 0; i < spare; i++) {
        mark(reserve[i], SHAPE_BLOCK);
    }
}

void scene_reset(size_t which, size_t start)
{
    now = &shapes[which];
    CHECK(shape_units(now) <= SHARED_UNITS, "%s: too large", now->name);
    shape_make(now, memory, &common->calls);
    common->calls.lock = locks ? &common->lock : NULL;
    atomic_store(&common->lock, 0);
    memset(is_held, 0, shape_units(now) * sizeof is_held[0]);
    held_count = in_other_hands = 0;
    live = SHAPE_LIVE;
    if (now->count > live) {
        take_reserve(now->count);
    }
    if (now->made) {
        rival_get_all();
        rival_put_all();
    }
    for (size_t i = lefts[start]; i < live; i++) {
        rival_get();
    }
}

void scene_prepare(scene_seat *seat, unsigned call)
{
    const bool puts = call == CALL_PUT || call == CALL_PUT_MANY;
    memset(seat, 0, sizeof *seat);
    seat->call = call;
    seat->n = scene_hand(call);
    seat->bytes = shape_piece(now);
    seat->align = now->align;
    for (size_t i = 0; puts && i < seat->n; i++) {
        CHECK(rival_get(), "too few blocks for a call");
        seat->blocks[i] = held[--held_count];
        unmark(seat->blocks[i]);
    }
    in_other_hands += seat->n;
}

void scene_perform(scene_seat *seat)
{
    switch (seat->call) {
    case CALL_GET:
        seat->blocks[0] = subject_get(&common->calls);
        seat->n = seat->blocks[0] != NULL;
        break;
    case CALL_PUT:
        seat->status = subject_put(&common->calls, seat->blocks[0]);
        break;
    case CALL_GET_MANY:
        seat->n = subject_get_many(&common->calls, seat->blocks, SCENE_MANY);
        break;
    case CALL_PUT_MANY:
        seat->status = subject_put_many(&common->calls, seat->blocks, SCENE_MANY);
        break;
    case CALL_ALLOC:
        seat->blocks[0] = subject_alloc(&common->calls, seat->bytes, seat->align);
        seat->n = seat->blocks[0] != NULL;
        break;
    default:
        break;
    }
    atomic_store(&seat->done, 1);
}

void scene_adopt(scene_seat *seat, size_t least)
{
    in_other_hands -= scene_hand(seat->call);
    if (seat->call == CALL_PUT || seat->call == CALL_PUT_MANY) {
        EXPECT(FAULT_DAMAGE, seat->status == LFM_OK, "the victim's put says: %s", lfm_status_string(seat->status));
        return;
    }
    EXPECT(FAULT_DAMAGE, seat->n >= least, "a call got %zu blocks where at least %zu were free all the time", seat->n,
           least);
    for (size_t i = 0; i < seat->n; i++) {
        if (seat->call == CALL_ALLOC) {
            note_piece(seat->blocks[i]);
        } else {
            note_held(seat->blocks[i]);
        }
    }
}

/* What the pool says of itself when nobody holds a block. */
static void check_settled(size_t lost, size_t may_lose)
{
    const bool is_fixed = now->shards != 0;
    lfm_pool_stats_t stats;
    lfm_dynpool_stats_t dynamic;
    lfm_pool_stats(is_fixed ? &memory->pool : NULL, &stats);
    lfm_dynpool_stats(is_fixed ? NULL : &memory->dynpool, &dynamic);
    const size_t free = stats.free + dynamic.free;
    EXPECT(FAULT_DAMAGE, free + lost == live, "%zu blocks can be had, but %zu are said to be free", live - lost, free);
    const lfm_status status = is_fixed ? lfm_pool_check(&memory->pool) : lfm_dynpool_check(&memory->dynpool);
    const bool may_be_corrupt = is_fixed ? lost > 0 : may_lose > 0; /* a share of an unlimited maximum is no block */
    EXPECT(FAULT_DAMAGE, status == LFM_OK || (may_be_corrupt && status == LFM_ECORRUPT),
           "%zu blocks lost, and check says: %s", lost, lfm_status_string(status));
}

size_t scene_settle(size_t may_lose)
{
    in_other_hands = may_lose;
    guard_begin();
    rival_put_all();
    rival_get_all();
    const size_t lost = live - held_count;
    check_stats();
    rival_put_all();
    check_stats();
    guard_end();
    check_settled(lost, may_lose);
    return lost;
}
