/* SPDX-License-Identifier: MIT */
#include "scene.h"
#include "check.h"
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

/* The smallest count that spills with 64-bit words; with 32-bit words every count does. */
#define SPILL_COUNT ((size_t)(LFM_WORD_BITS == 64 ? 65535 : 20))
#define MOST_BLOCKS SPILL_COUNT
#define BLOCK_SIZE  ((size_t)8)

_Static_assert(LFM_SPILL_BITS_(SPILL_COUNT) > 0, "the count spills");

const scene_shape scene_shapes[SCENE_SHAPES] = {
    {"plain", SCENE_LIVE, 1},
    {"sharded", SCENE_LIVE, 2},
    {"spill", SPILL_COUNT, 1},
};

const char *const scene_call_names[SCENE_CALLS] = {"get", "put", "get_many", "put_many"};

/* Shared by all processes, at the same address in each. */
typedef struct shared {
    lfm_pool pool;
    _Atomic(uint32_t) lock;
    scene_seat seats[2];
    _Alignas(LFM_LIST_STRIDE_) unsigned char storage[MOST_BLOCKS * (BLOCK_SIZE + 4) + 4 * LFM_LIST_STRIDE_];
} shared;

static shared *common;
static subject calls;
static const char *only_shape;

/* What the rival knows: the blocks that it holds, once as a list and once as a mark for each block. Those of the
 * reserve, which never take part, are marked too. */
static void *held[SCENE_LIVE];
static size_t held_count;
static bool is_held[MOST_BLOCKS];

/* Blocks that victims may have in hand: those are neither free nor held by the rival. */
static size_t in_other_hands;

void scene_begin(const verdict_options *options)
{
    common = mmap(NULL, sizeof *common, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(common != MAP_FAILED, "no memory");
    calls = subject_make(options->lock ? &common->lock : NULL);
    only_shape = options->shape;
}

scene_seat *scene_seat_of(unsigned victim)
{
    return &common->seats[victim];
}

bool scene_has_shape(size_t shape)
{
    return only_shape == NULL || strcmp(scene_shapes[shape].name, only_shape) == 0;
}

size_t scene_hand(scene_call call)
{
    return call == CALL_GET || call == CALL_PUT ? 1 : SCENE_MANY;
}

size_t scene_least(scene_call call, size_t left, const scene_move *move)
{
    const size_t sure = left > move->takes ? left - move->takes : 0;
    const size_t wanted = call == CALL_GET || call == CALL_GET_MANY ? scene_hand(call) : 0;
    return sure < wanted ? sure : wanted;
}

/* Notes a block that the rival has been given. */
static void note_held(void *block)
{
    EXPECT(FAULT_DAMAGE, lfm_pool_owns(&common->pool, block), "something that is no block was handed out");
    const size_t index = (size_t)((unsigned char *)block - common->storage) / BLOCK_SIZE;
    EXPECT(FAULT_DAMAGE, !is_held[index], "block %zu was handed out twice", index);
    is_held[index] = true;
    held[held_count++] = block;
}

static bool rival_get(void)
{
    void *block = calls.get(&common->pool);
    if (block != NULL) {
        note_held(block);
    }
    return block != NULL;
}

/* Puts back what was the `which`-th block held. */
static void rival_put(size_t which)
{
    void *block = held[which];
    is_held[(size_t)((unsigned char *)block - common->storage) / BLOCK_SIZE] = false;
    held[which] = held[--held_count];
    const lfm_status status = calls.put(&common->pool, block);
    EXPECT(FAULT_DAMAGE, status == LFM_OK, "a put of a block held says: %s", lfm_status_string(status));
}

/* Everything that is not in other hands can be had (G3). */
static void rival_get_all(void)
{
    while (rival_get()) {
    }
    EXPECT(FAULT_DAMAGE, held_count + in_other_hands >= SCENE_LIVE, "%zu blocks are lost",
           SCENE_LIVE - held_count - in_other_hands);
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

const scene_move scene_moves[SCENE_MOVES] = {
    {"rounds", move_rounds, 1},
    {"rotate", move_rotate, SIZE_MAX},
    {"exchange", move_exchange, 2},
    {"drain", rival_get_all, SIZE_MAX},
};

void scene_make_move(const scene_move *move)
{
    guard_begin();
    move->make();
    guard_end();
}

/* Takes all but the blocks in play out of a new pool. */
static void take_reserve(size_t count)
{
    static void *reserve[MOST_BLOCKS];
    const size_t spare = count - SCENE_LIVE;
    const size_t got = lfm_pool_get_many(&common->pool, reserve, spare);
    EXPECT(FAULT_DAMAGE, got == spare, "a new pool of %zu has only %zu blocks", count, got);
    for (size_t i = 0; i < spare; i++) {
        is_held[(size_t)((unsigned char *)reserve[i] - common->storage) / BLOCK_SIZE] = true;
    }
}

void scene_reset(size_t shape, size_t left)
{
    const scene_shape *s = &scene_shapes[shape];
    const lfm_status status = lfm_pool_init_sharded(&common->pool, common->storage, sizeof common->storage, s->count,
                                                    BLOCK_SIZE, BLOCK_SIZE, s->shards);
    CHECK(status == LFM_OK, "%s: %s", s->name, lfm_status_string(status));
    atomic_store(&common->lock, 0);
    memset(is_held, 0, s->count * sizeof is_held[0]);
    held_count = in_other_hands = 0;
    take_reserve(s->count);
    for (size_t i = left; i < SCENE_LIVE; i++) {
        rival_get();
    }
}

void scene_prepare(scene_seat *seat, scene_call call)
{
    const bool puts = call == CALL_PUT || call == CALL_PUT_MANY;
    memset(seat, 0, sizeof *seat);
    seat->call = call;
    seat->n = scene_hand(call);
    for (size_t i = 0; puts && i < seat->n; i++) {
        CHECK(rival_get(), "too few blocks for a %s", scene_call_names[call]);
        seat->blocks[i] = held[--held_count];
        is_held[(size_t)((unsigned char *)seat->blocks[i] - common->storage) / BLOCK_SIZE] = false;
    }
    in_other_hands += seat->n;
}

void scene_perform(scene_seat *seat)
{
    switch (seat->call) {
    case CALL_GET:
        seat->blocks[0] = calls.get(&common->pool);
        seat->n = seat->blocks[0] != NULL;
        break;
    case CALL_PUT:
        seat->status = calls.put(&common->pool, seat->blocks[0]);
        break;
    case CALL_GET_MANY:
        seat->n = calls.get_many(&common->pool, seat->blocks, SCENE_MANY);
        break;
    case CALL_PUT_MANY:
        seat->status = calls.put_many(&common->pool, seat->blocks, SCENE_MANY);
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
    EXPECT(FAULT_DAMAGE, seat->n >= least, "a get got %zu blocks where at least %zu were free all the time", seat->n,
           least);
    for (size_t i = 0; i < seat->n; i++) {
        note_held(seat->blocks[i]);
    }
}

static void rival_put_all(void)
{
    while (held_count > 0) {
        rival_put(held_count - 1);
    }
}

size_t scene_settle(size_t may_lose)
{
    in_other_hands = may_lose;
    guard_begin();
    rival_put_all();
    rival_get_all();
    const size_t lost = SCENE_LIVE - held_count;
    rival_put_all();
    guard_end();
    lfm_pool_stats_t stats;
    lfm_pool_stats(&common->pool, &stats);
    EXPECT(FAULT_DAMAGE, stats.free + lost == SCENE_LIVE, "%zu blocks can be had, but %zu are said to be free",
           SCENE_LIVE - lost, stats.free);
    const lfm_status status = lfm_pool_check(&common->pool);
    EXPECT(FAULT_DAMAGE, status == LFM_OK || (lost > 0 && status == LFM_ECORRUPT),
           "%zu blocks lost, and check says: %s", lost, lfm_status_string(status));
    return lost;
}
