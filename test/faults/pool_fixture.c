/* SPDX-License-Identifier: MIT */
/* The fixture for pools, fixed and dynamic. */
#include "fixture.h"
#include "pool_variants.h"
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#define SHARED_UNITS ((size_t)1 << 16) /* most units that a pool's storage has (pool_variants.h) */

enum {
    CALL_GET,
    CALL_PUT,
    CALL_GET_MANY,
    CALL_PUT_MANY,
    CALL_ALLOC, /* as much of the segment as a further block would take */
    CALLS
};

#define POOL_MOVES 5

/* Blocks that are free when the call begins: many, the last one, none. */
static const size_t lefts[] = {VARIANT_LIVE - 1, 1, 0};

const unsigned fixture_variants = VARIANTS, fixture_calls = CALLS, fixture_starts = sizeof lefts / sizeof lefts[0];

/* Shared by all processes, at the same address in each. */
typedef struct shared {
    allocator tested;
    _Atomic(uint32_t) lock;
    fixture_task tasks[2];
} shared;

static shared *common;
static pool_memory *memory; /* shared, too */
static unsigned char *blocks;
static allocator putter; /* the same allocator, by which the interferer puts: never in line, so that both forms meet */
static const pool_variant *now;
static const char *only_variant;
static bool locks;

/* Blocks that there are or can be, less those whose memory was taken straight from the segment. */
static size_t live;

/* The blocks that the interferer holds: as a list, and as a flag for each block. The flag is also set for the reserve,
 * which never takes part, and for what was taken straight from the segment. */
static void *held[VARIANT_LIVE];
static size_t held_count;
static bool is_held[SHARED_UNITS];

/* Blocks that victims may have in hand: they may be neither free nor held by the interferer. */
static size_t in_other_hands;

static void *map_shared(size_t bytes)
{
    void *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    NEED(mapped != MAP_FAILED, "no memory");
    return mapped;
}

void fixture_begin(const oracle_options *options)
{
    common = map_shared(sizeof *common);
    memory = map_shared(pool_memory_bytes());
    locks = options->lock;
    only_variant = options->variant;
    if (fixture_has_variant(VARIANT_IN_LINE)) { /* from here on, processes that are forked share its memory */
        fixture_reset(VARIANT_IN_LINE, 0);
    }
    /* A context gets its number in its first call on several lists. That is here: so forked victims have the same
     * number, and every call takes the same path. */
    if (fixture_has_variant(VARIANT_SHARDED)) {
        fixture_reset(VARIANT_SHARDED, 0);
    }
}

fixture_task *fixture_task_of(unsigned victim)
{
    return &common->tasks[victim];
}

bool fixture_has_variant(size_t which)
{
    return only_variant == NULL || strcmp(pool_variants[which].name, only_variant) == 0;
}

/* Tells whether a segment has room for blocks when a call begins. */
static bool grows(const pool_variant *s)
{
    return s->shards == 0 && !s->made && s->initial < s->count;
}

/* Puts are not tested with few blocks left. A pool that takes long to make is tested from two states only. */
bool fixture_has_call(size_t which, unsigned call, size_t start)
{
    const pool_variant *s = &pool_variants[which];
    const bool few = lefts[start] < VARIANT_LIVE - 1;
    if (s->in_line && call != CALL_GET && call != CALL_PUT) {
        return false;
    }
    if (call == CALL_PUT || call == CALL_PUT_MANY) {
        return !few && (call == CALL_PUT || s->shards != 0);
    }
    const bool exists = call == CALL_GET || (call == CALL_ALLOC ? grows(s) : s->shards != 0);
    return exists && (s->count < 1000 || !few || lefts[start] == 0);
}

size_t fixture_moves_of(size_t which)
{
    return grows(&pool_variants[which]) ? POOL_MOVES : POOL_MOVES - 1;
}

size_t fixture_stride(size_t which)
{
    (void)which;
    return 1;
}

/* About .1 ms each. */
size_t fixture_pairs(size_t which, size_t start)
{
    const bool is_tested =
        which == VARIANT_PLAIN || which == VARIANT_GROWN || which == VARIANT_GROW || which == VARIANT_STEPS;
    return !is_tested || start != 0 ? 0 : pool_variants[which].shards != 0 ? 15000 : 2500;
}

bool fixture_is_paired(size_t which, unsigned call)
{
    return call != CALL_GET_MANY && call != CALL_PUT_MANY && fixture_has_call(which, call, 0);
}

size_t fixture_hand(unsigned call)
{
    return call == CALL_GET_MANY || call == CALL_PUT_MANY ? FIXTURE_MANY : 1;
}

size_t fixture_least(unsigned call, size_t start, const fixture_move *move)
{
    const size_t left = lefts[start];
    const size_t sure = left > move->takes ? left - move->takes : 0;
    const size_t wanted = call == CALL_PUT || call == CALL_PUT_MANY ? 0 : fixture_hand(call);
    return sure < wanted ? sure : wanted;
}

/* Flags memory that was handed out; it may not be flagged already. */
static void mark(const void *start, size_t bytes)
{
    const size_t offset = (size_t)((const unsigned char *)start - blocks);
    MUST(offset % VARIANT_BLOCK == 0 && offset / VARIANT_BLOCK + bytes / VARIANT_BLOCK <= pool_units(now),
         "something that is no block was handed out");
    for (size_t unit = offset / VARIANT_BLOCK; unit < (offset + bytes) / VARIANT_BLOCK; unit++) {
        MUST(!is_held[unit], "block %zu was handed out twice", unit);
        is_held[unit] = true;
    }
}

static void unmark(const void *block)
{
    is_held[(size_t)((const unsigned char *)block - blocks) / VARIANT_BLOCK] = false;
}

/* Adds a block to those that the interferer holds, and fills it. */
static void note_held(void *block)
{
    mark(block, VARIANT_BLOCK);
    MUST(now->shards == 0 ? (uintptr_t)block % now->align == 0 : lfm_pool_owns(common->tested.pool, block),
         "something that is no block was handed out");
    memset(block, 0x5a, VARIANT_BLOCK);
    held[held_count++] = block;
}

/* What was taken straight from the segment stays taken. */
static void note_piece(const void *piece)
{
    mark(piece, pool_piece(now));
    live--;
}

static bool interferer_get(void)
{
    void *block = allocator_get(&common->tested);
    if (block != NULL) {
        note_held(block);
    }
    return block != NULL;
}

/* Puts back what was the `which`-th block held. */
static void interferer_put(size_t which)
{
    static const unsigned char content[] = {0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a};
    void *block = held[which];
    MUST(memcmp(block, content, VARIANT_BLOCK) == 0, "a block was written to by nobody who held it");
    unmark(block);
    held[which] = held[--held_count];
    const lfm_status status = allocator_put(&putter, block);
    MUST(status == LFM_OK, "a put of a block held says: %s", lfm_status_string(status));
}

/* All blocks that victims do not have in hand can be had (G3). */
static void interferer_get_all(void)
{
    while (interferer_get()) {
    }
    MUST(held_count + in_other_hands >= live, "%zu blocks are lost", live - held_count - in_other_hands);
}

static void interferer_put_all(void)
{
    while (held_count > 0) {
        interferer_put(held_count - 1);
    }
}

static void move_rounds(void)
{
    for (int i = 0; i < 3; i++) {
        if (interferer_get()) {
            interferer_put(held_count - 1);
        }
    }
}

static void move_rotate(void)
{
    const size_t before = held_count;
    interferer_get_all();
    if (held_count > before) {
        void *top = held[before];
        while (held_count > before + 1) { /* from the one below the top on, so that their order is turned round */
            interferer_put(before + 1);
        }
        MUST(held[before] == top, "the interferer lost its top");
        interferer_put(before);
    }
}

static void move_exchange(void)
{
    const size_t before = held_count;
    interferer_get();
    interferer_get();
    if (before > 0) {
        void *top = held_count > before ? held[before] : NULL;
        interferer_put(0);
        for (size_t i = 0; i < held_count; i++) {
            if (held[i] == top) {
                interferer_put(i);
                break;
            }
        }
    }
}

static void move_allocate(void)
{
    const size_t bytes = pool_piece(now), room = lfm_segment_remaining(&memory->segment, now->align);
    interferer_get();
    const void *piece = allocator_alloc(&common->tested, bytes, now->align);
    if (piece != NULL) {
        note_piece(piece);
    }
    MUST(piece != NULL || room < (1 + now->grow) * bytes, "an alloc failed, with room for it");
}

/* Rounds makes a few gets and puts. Rotate takes all, and puts them back in another order under the same top (ABA).
 * Exchange gets a block below the top for one that was held. Drain takes all and keeps them. Allocate takes a block,
 * and room for another one straight from the segment. */
const fixture_move fixture_moves[POOL_MOVES] = {
    {"rounds", move_rounds, 1},     {"rotate", move_rotate, SIZE_MAX},
    {"exchange", move_exchange, 2}, {"drain", interferer_get_all, SIZE_MAX},
    {"allocate", move_allocate, 2},
};

/* The conservation law of a dynamic pool, which holds at every instant. */
static void check_stats(void)
{
    lfm_dynpool_stats_t stats;
    if (now->shards != 0) {
        return;
    }
    lfm_dynpool_stats(&memory->dynpool, &stats);
    MUST(stats.created <= stats.maximum, "%zu blocks of %zu", stats.created, stats.maximum);
    MUST(stats.free + stats.in_use == stats.created, "%zu blocks, %zu free, %zu in use", stats.created, stats.free,
         stats.in_use);
    MUST(stats.in_use >= held_count && stats.in_use <= held_count + in_other_hands,
         "%zu blocks are held, but %zu said to be in use", held_count, stats.in_use);
    MUST(stats.peak >= held_count && stats.peak <= stats.created, "a peak of %zu blocks of %zu", stats.peak,
         stats.created);
}

void fixture_make_move(const fixture_move *move)
{
    guard_begin();
    move->make();
    check_stats();
    guard_end();
}

/* Takes all but the blocks in use out of a new pool. */
static void take_reserve(size_t count)
{
    static void *reserve[SHARED_UNITS];
    const size_t spare = count - VARIANT_LIVE;
    const size_t got = lfm_pool_get_many(common->tested.pool, reserve, spare);
    MUST(got == spare, "a new pool of %zu has only %zu blocks", count, got);
    for (size_t i = 0; i < spare; i++) {
        mark(reserve[i], VARIANT_BLOCK);
    }
}

void fixture_reset(size_t which, size_t start)
{
    now = &pool_variants[which];
    NEED(pool_units(now) <= SHARED_UNITS, "%s: too large", now->name);
    blocks = pool_make(now, memory, &common->tested);
    common->tested.lock = locks ? &common->lock : NULL;
    putter = common->tested;
    putter.in_line = false;
    atomic_store(&common->lock, 0);
    memset(is_held, 0, pool_units(now) * sizeof is_held[0]);
    held_count = in_other_hands = 0;
    live = VARIANT_LIVE;
    if (now->count > live) {
        take_reserve(now->count);
    }
    if (now->made) {
        interferer_get_all();
        interferer_put_all();
    }
    for (size_t i = lefts[start]; i < live; i++) {
        interferer_get();
    }
}

void fixture_prepare(fixture_task *task, unsigned call)
{
    const bool puts = call == CALL_PUT || call == CALL_PUT_MANY;
    memset(task, 0, sizeof *task);
    task->call = call;
    task->n = fixture_hand(call);
    task->bytes = pool_piece(now);
    task->align = now->align;
    for (size_t i = 0; puts && i < task->n; i++) {
        NEED(interferer_get(), "too few blocks for a call");
        task->blocks[i] = held[--held_count];
        unmark(task->blocks[i]);
    }
    in_other_hands += task->n;
}

void fixture_perform(fixture_task *task)
{
    switch (task->call) {
    case CALL_GET:
        task->blocks[0] = allocator_get(&common->tested);
        task->n = task->blocks[0] != NULL;
        break;
    case CALL_PUT:
        task->status = allocator_put(&common->tested, task->blocks[0]);
        break;
    case CALL_GET_MANY:
        task->n = allocator_get_many(&common->tested, task->blocks, FIXTURE_MANY);
        break;
    case CALL_PUT_MANY:
        task->status = allocator_put_many(&common->tested, task->blocks, FIXTURE_MANY);
        break;
    case CALL_ALLOC:
        task->blocks[0] = allocator_alloc(&common->tested, task->bytes, task->align);
        task->n = task->blocks[0] != NULL;
        break;
    default:
        break;
    }
    atomic_store(&task->done, 1);
}

void fixture_adopt(fixture_task *task, size_t least)
{
    in_other_hands -= fixture_hand(task->call);
    if (task->call == CALL_PUT || task->call == CALL_PUT_MANY) {
        MUST(task->status == LFM_OK, "the victim's put says: %s", lfm_status_string(task->status));
        return;
    }
    MUST(task->n >= least, "a call got %zu blocks where at least %zu were free all the time", task->n, least);
    for (size_t i = 0; i < task->n; i++) {
        if (task->call == CALL_ALLOC) {
            note_piece(task->blocks[i]);
        } else {
            note_held(task->blocks[i]);
        }
    }
}

/* The pool's own counts and check, when no context holds a block. */
static void check_at_rest(size_t lost, size_t may_lose)
{
    const bool is_fixed = now->shards != 0;
    lfm_pool_stats_t stats;
    lfm_dynpool_stats_t dynamic;
    lfm_pool_stats(is_fixed ? common->tested.pool : NULL, &stats);
    lfm_dynpool_stats(is_fixed ? NULL : &memory->dynpool, &dynamic);
    const size_t free = stats.free + dynamic.free;
    MUST(free + lost == live, "%zu blocks can be had, but %zu are said to be free", live - lost, free);
    const lfm_status status = is_fixed ? lfm_pool_check(common->tested.pool) : lfm_dynpool_check(&memory->dynpool);
    const bool may_be_corrupt = is_fixed ? lost > 0 : may_lose > 0; /* a share of an unlimited maximum is no block */
    MUST(status == LFM_OK || (may_be_corrupt && status == LFM_ECORRUPT), "%zu blocks lost, and check says: %s", lost,
         lfm_status_string(status));
}

size_t fixture_audit(size_t may_lose)
{
    in_other_hands = may_lose;
    guard_begin();
    interferer_put_all();
    interferer_get_all();
    const size_t lost = live - held_count;
    check_stats();
    interferer_put_all();
    check_stats();
    guard_end();
    check_at_rest(lost, may_lose);
    return lost;
}
