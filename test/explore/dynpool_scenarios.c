/* SPDX-License-Identifier: MIT */
/* Scenarios of segments and dynamic pools. A context follows a script, a letter for each call:
 *
 *     g    get one                       p    put the one held longest
 *     s    stats                         q    put the one held last
 *     r    take a share of the maximum, as a get does between its two looks at the list
 *     x    from here on the other pool   a    take a block's worth straight from the segment
 *     |    calls to the left of it are done by setup, one context after the other
 *
 * Checked in every run: no byte has two owners. A block that is not free is held, or in the hands of a call, which has
 * one at most. A get or an alloc that fails was right to fail: at an instant of the call no block was free, and none
 * could be made (G3). Where memory is weak, only gets of context 0 that must not fail are judged so, and statistics
 * only have to add up. The maximum is never exceeded. Statistics are those of an instant. Each block and each byte is
 * there at the end. With a context frozen the others end, and at most one block, and room for one, is missing (G1). */
#include "dynpool_in_line.h"
#include "dynpool_share.h"
#include "scenarios.h"
#include "script.h"
#include <lfmem/dynpool.h>
#include <string.h>

enum {
    POOLS = 2,
    STRIDE = 16,
    RECORD = LFM_CHECKS >= 2 ? 16 : 8, /* bytes */
    ALIGN = 8,
    SEGMENT_BYTES = 512,
    HELD_MAX = 8,
    STATES_MAX = 64
};

typedef struct setting {
    uint32_t initial, maximum, grow; /* maximum 0: unlimited */
} setting;

typedef struct dynpool_script {
    script script;
    setting pools[POOLS]; /* maximum 0 and initial 0: no such pool */
    uint32_t room;        /* blocks that can be made of what is left in the segment (records included, if in it) */
    uint32_t records;     /* 0: metadata in the same segment; else records that are left in their own */
    bool must;            /* there is always a block for context 0 to have: its gets must not fail */
    bool in_line;         /* static objects (dynpool_in_line.h); what context 0 calls is compiled into the program */
} dynpool_script;

typedef struct actor {
    unsigned char *held[HELD_MAX];
    int held_of[HELD_MAX]; /* pool, or POOLS: taken from the segment itself */
    uint32_t n;
    int pool;
    int calling;    /* the pool whose get or stats is under way, POOLS for the segment, or EXPLORE_NONE */
    bool justified; /* at an instant of it nothing could be had */
    unsigned hands; /* calls under way, each of which may have a block in hand, or room for one */
} actor;

/* The statistics of an instant. */
typedef struct state {
    size_t created, free, in_use;
} state;

static struct {
    const lfm_segment *segment, *metadata;
    const lfm_dynpool *pools[POOLS];
    const unsigned char *base, *first; /* of the segment's memory, and of the initial blocks of static pools */
    bool in_line;                      /* calls of context 0 are; then the others' are not, so that both forms meet */
    lfm_segment own_segment, own_metadata; /* for calls of the library */
    lfm_dynpool own_pools[POOLS];
    _Alignas(64) unsigned char memory[SEGMENT_BYTES], records[SEGMENT_BYTES];
    actor actors[EXPLORE_CONTEXTS_MAX];
    unsigned char owner[SEGMENT_BYTES]; /* of each byte: context + 1 */
    size_t outside[POOLS], most_outside[POOLS], most_in_use[POOLS];
    size_t begun;  /* bytes of the segment that setup took */
    size_t shares; /* taken by `r` */
    state states[STATES_MAX];
    size_t n_states; /* since the last call for stats began, each unlike the one before */
} world;

static bool has_pool(const dynpool_script *s, int pool)
{
    return s->pools[pool].maximum != 0 || pool == 0;
}

static size_t used_of(const lfm_segment *segment)
{
    lfm_segment_stats_t stats;
    lfm_segment_stats(segment, &stats);
    return stats.used;
}

/* Tells whether there is room for one more block of any pool: their blocks have one size, and all is aligned. */
static bool has_room(const dynpool_script *s)
{
    const size_t room = lfm_segment_remaining(world.segment, ALIGN);
    return s->records != 0 ? room >= STRIDE && lfm_segment_remaining(world.metadata, 4) >= RECORD
                           : room >= STRIDE + RECORD;
}

static bool nothing_to_have(const dynpool_script *s, int pool)
{
    if (pool == POOLS) {
        return lfm_segment_remaining(world.segment, ALIGN) < STRIDE;
    }
    lfm_dynpool_stats_t stats;
    lfm_dynpool_stats(world.pools[pool], &stats);
    return stats.free == 0 && (stats.created == stats.maximum || !has_room(s));
}

/* Calls that may have a block in hand, and shares without a block. */
static size_t hands(void)
{
    size_t n = world.shares;
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        n += world.actors[i].hands;
    }
    return n;
}

static void note_state(state now)
{
    if (world.n_states > 0 && memcmp(&now, &world.states[world.n_states - 1], sizeof now) == 0) {
        return;
    }
    if (world.n_states == STATES_MAX) {
        explore_fail("too many changes between two calls for statistics");
    }
    world.states[world.n_states++] = now;
}

static void observe(const void *argument)
{
    const dynpool_script *s = argument;
    for (int pool = 0; pool < POOLS && has_pool(s, pool); pool++) {
        lfm_dynpool_stats_t stats;
        lfm_dynpool_stats(world.pools[pool], &stats);
        if (stats.in_use > world.outside[pool] + hands()) {
            explore_fail("pool %d: %zu blocks are in use, %zu held, the others hidden", pool, stats.in_use,
                         world.outside[pool]);
        }
        if (stats.created > stats.maximum || stats.free + stats.in_use != stats.created) {
            explore_fail("pool %d: %zu blocks created, %zu free, %zu in use, of %zu", pool, stats.created, stats.free,
                         stats.in_use, stats.maximum);
        }
        if (stats.in_use > world.most_in_use[pool]) {
            world.most_in_use[pool] = stats.in_use;
        }
        if (pool == 0) {
            note_state((state){stats.created, stats.free, stats.in_use});
        }
    }
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        actor *a = &world.actors[i];
        a->justified = a->justified || (a->calling != EXPLORE_NONE && nothing_to_have(s, a->calling));
    }
}

/* Notes the owner of a block from here on, if any. */
static void own(int me, unsigned char *block, unsigned char owner)
{
    const bool initial = world.in_line && block == world.first; /* the only one */
    const size_t start = initial ? SEGMENT_BYTES - STRIDE : (size_t)((uintptr_t)block - (uintptr_t)world.base);
    if (start % ALIGN != 0 || start + STRIDE > SEGMENT_BYTES) {
        explore_fail("context %d got a pointer that is no block", me);
    }
    for (size_t i = start; i < start + STRIDE; i++) {
        if (owner != 0 && world.owner[i] != 0) {
            explore_fail("context %d got the block at %zu, which context %d has", me, start, world.owner[i] - 1);
        }
        world.owner[i] = owner;
    }
    if (owner != 0) {
        explore_write(block, STRIDE);
    } else {
        explore_read(block, STRIDE);
    }
}

static void *have(int me, int pool)
{
    if (world.in_line && me == 0) {
        return pool == POOLS ? in_line_alloc(STRIDE, ALIGN) : in_line_dynpool_get();
    }
    return pool == POOLS ? lfm_segment_alloc(world.segment, STRIDE, ALIGN) : lfm_dynpool_get(world.pools[pool]);
}

static void take(int me, int pool, const dynpool_script *s)
{
    actor *a = &world.actors[me];
    a->justified = false;
    a->calling = pool;
    a->hands++;
    unsigned char *const block = have(me, pool);
    a->hands--;
    a->calling = EXPLORE_NONE;
    if (block == NULL) {
        if ((s->must && me == 0) || (!a->justified && !explore_is_weak())) {
            explore_fail("context %d: a call failed though it could be served all the time", me);
        }
        return;
    }
    own(me, block, (unsigned char)(me + 1));
    if (pool < POOLS && ++world.outside[pool] > world.most_outside[pool]) {
        world.most_outside[pool] = world.outside[pool];
    }
    a->held[a->n] = block;
    a->held_of[a->n++] = pool;
}

/* Puts the at-th block that the context holds. */
static void put(int me, uint32_t at)
{
    actor *a = &world.actors[me];
    if (at >= a->n || a->held_of[at] == POOLS) {
        return;
    }
    unsigned char *const block = a->held[at];
    const int pool = a->held_of[at];
    own(me, block, 0);
    world.outside[pool]--;
    a->n--;
    memmove(a->held + at, a->held + at + 1, (a->n - at) * sizeof a->held[0]);
    memmove(a->held_of + at, a->held_of + at + 1, (a->n - at) * sizeof a->held_of[0]);
    a->hands++;
    const lfm_status status =
        world.in_line && me == 0 ? in_line_dynpool_put(block) : lfm_dynpool_put(world.pools[pool], block);
    a->hands--;
    if (status != LFM_OK) {
        explore_fail("context %d: a put said: %s", me, lfm_status_string(status));
    }
}

/* The statistics were right at some instant of the call. */
static void ask(int me)
{
    lfm_dynpool_stats_t told;
    const size_t outside = world.most_outside[0];
    world.n_states = 0;
    lfm_dynpool_stats(world.pools[0], &told);
    if (explore_is_weak()) { /* the words that they are made of have no common instants */
        if (told.created > told.maximum || told.free + told.in_use != told.created) {
            explore_fail("context %d: stats tells %zu blocks created, %zu free, %zu in use, of %zu", me, told.created,
                         told.free, told.in_use, told.maximum);
        }
        return;
    }
    if (told.peak < outside || told.peak > world.most_in_use[0]) {
        explore_fail("context %d: stats tells a peak of %zu, it was %zu to %zu", me, told.peak, outside,
                     world.most_in_use[0]);
    }
    for (size_t i = 0; i < world.n_states; i++) {
        const state *s = &world.states[i];
        if (s->created == told.created && s->free == told.free && s->in_use == told.in_use) {
            return;
        }
    }
    explore_fail("context %d: never were %zu blocks created and %zu free", me, told.created, told.free);
}

static void take_share(int me)
{
    actor *a = &world.actors[me];
    a->hands++;
    world.shares += share_take(world.pools[a->pool]);
    a->hands--;
}

static void act(int me, char letter, const void *argument)
{
    actor *a = &world.actors[me];
    switch (letter) {
    case 'g':
        take(me, a->pool, argument);
        break;
    case 'a':
        take(me, POOLS, argument);
        break;
    case 'p':
        put(me, 0);
        break;
    case 'q':
        put(me, a->n - 1);
        break;
    case 'r':
        take_share(me);
        break;
    case 's':
        ask(me);
        break;
    default:
        a->pool = 1 - a->pool;
        break;
    }
}

static void run(int me, const void *argument)
{
    script_follow(me, argument, act);
}

static void make_pools(const dynpool_script *s)
{
    world.in_line = s->in_line;
    if (s->in_line) {
        unsigned char *first, *memory;
        world.pools[0] = in_line_dynpool(&first, &world.segment, &memory, &world.metadata);
        world.first = first;
        world.base = memory;
        return;
    }
    world.segment = &world.own_segment;
    world.metadata = &world.own_metadata;
    world.base = world.memory;
    if (lfm_segment_init(&world.own_segment, world.memory, sizeof world.memory, 1) != LFM_OK ||
        lfm_segment_init(&world.own_metadata, world.records, sizeof world.records, 1) != LFM_OK) {
        explore_fail("init failed");
    }
    for (int i = 0; i < POOLS && has_pool(s, i); i++) {
        const lfm_dynpool_config config = {
            .block_size = STRIDE,
            .align = ALIGN,
            .initial = s->pools[i].initial,
            .maximum = s->pools[i].maximum != 0 ? s->pools[i].maximum : LFM_UNLIMITED,
            .grow = s->pools[i].grow,
            .metadata = s->records != 0 ? world.metadata : world.segment,
        };
        if (lfm_dynpool_init(&world.own_pools[i], world.segment, &config) != LFM_OK) {
            explore_fail("init failed");
        }
        world.pools[i] = &world.own_pools[i];
    }
}

/* Leaves room for so many blocks. */
static void fill(const dynpool_script *s)
{
    const size_t each = s->records != 0 ? STRIDE : STRIDE + RECORD;
    const size_t bytes = lfm_segment_remaining(world.segment, ALIGN) - s->room * each;
    const size_t records = lfm_segment_remaining(world.metadata, 4) - s->records * RECORD;
    if ((bytes != 0 && lfm_segment_alloc(world.segment, bytes, ALIGN) == NULL) ||
        (s->records != 0 && records != 0 && lfm_segment_alloc(world.metadata, records, 4) == NULL)) {
        explore_fail("no room");
    }
    world.begun = used_of(world.segment);
}

static void setup(const void *argument)
{
    const dynpool_script *s = argument;
    memset(world.actors, 0, sizeof world.actors);
    memset(world.owner, 0, sizeof world.owner);
    memset(world.outside, 0, sizeof world.outside);
    world.shares = 0;
    world.n_states = 0;
    memset(world.most_outside, 0, sizeof world.most_outside);
    memset(world.most_in_use, 0, sizeof world.most_in_use);
    make_pools(s);
    fill(s);
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        world.actors[i].calling = EXPLORE_NONE;
    }
    script_prepare(s, act);
    observe(s);
}

/* Takes all blocks that can be had of one pool, and returns how many. */
static size_t drain(int pool)
{
    size_t taken = 0;
    unsigned char *block;
    while (taken <= SEGMENT_BYTES / STRIDE && (block = lfm_dynpool_get(world.pools[pool])) != NULL) {
        own(EXPLORE_CONTEXTS_MAX, block, EXPLORE_CONTEXTS_MAX + 1);
        taken++;
    }
    return taken;
}

/* At rest each pool's counts are exact, before and after all blocks were taken. */
static void finish_pool(int pool, bool whole, size_t *grown, size_t *missing)
{
    lfm_dynpool_stats_t before, after;
    lfm_dynpool_stats(world.pools[pool], &before);
    const lfm_status status = whole ? lfm_dynpool_check(world.pools[pool]) : LFM_OK;
    const size_t outside = world.outside[pool], left = drain(pool);
    lfm_dynpool_stats(world.pools[pool], &after);
    if (status != LFM_OK || after.free != 0 || after.created < left + outside ||
        (whole && (before.in_use != outside || after.created != left + outside))) {
        explore_fail("pool %d: %zu blocks created, %zu in use; %zu could be taken, %zu are held; check: %s", pool,
                     after.created, before.in_use, left, outside, lfm_status_string(status));
    }
    if (!explore_is_weak() && (before.peak < world.most_outside[pool] || before.peak > world.most_in_use[pool])) {
        explore_fail("pool %d: the peak is said to be %zu, it was %zu to %zu", pool, before.peak,
                     world.most_outside[pool], world.most_in_use[pool]);
    }
    *grown += after.created;
    *missing += after.created - left - outside;
}

static void finish(int frozen, const void *argument)
{
    const dynpool_script *s = argument;
    const size_t hand = frozen != EXPLORE_NONE ? world.actors[frozen].hands : 0;
    size_t made = 0, missing = 0, direct = 0;
    for (; world.shares > 0; world.shares--) {
        share_give_back(world.pools[0]);
    }
    for (int pool = 0; pool < POOLS && has_pool(s, pool); pool++) {
        finish_pool(pool, frozen == EXPLORE_NONE, &made, &missing);
        made -= s->pools[pool].initial;
    }
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        for (uint32_t k = 0; k < world.actors[i].n; k++) {
            direct += world.actors[i].held_of[k] == POOLS;
        }
    }
    /* what the segment handed out since setup is in blocks that were made or in what was taken directly */
    const size_t each = s->records != 0 ? STRIDE : STRIDE + RECORD;
    const size_t used = used_of(world.segment) - world.begun, found = made * each + direct * STRIDE;
    if (missing > hand || used > found + hand * STRIDE || found > used + hand * each) {
        explore_fail("%zu bytes are taken from the segment, %zu are found; %zu blocks are missing", used, found,
                     missing);
    }
}

static const dynpool_script scripts[] = {
    {{"segment, last room", {"a", "a"}, 6}, {{0, 1, 1}, {0}}, 1, 1, false, false},
    {{"segment, three contexts", {"aa", "a", "a"}, 3}, {{0, 1, 1}, {0}}, 3, 1, false, false},
    {{"grow each", {"gp", "gp"}, 4}, {{0, 0, 1}, {0}}, 4, 0, false, false},
    {{"grow each, records apart", {"gp", "gp"}, 3}, {{0, 0, 1}, {0}}, 4, 4, false, false},
    {{"grow against grow at the last room", {"gp", "gp"}, 4}, {{0, 0, 1}, {0}}, 1, 0, false, false},
    {{"grow against grow at the last record", {"gp", "gp"}, 4}, {{0, 0, 1}, {0}}, 4, 1, false, false},
    {{"grow against grow, records enough", {"gp", "gp"}, 4}, {{1, 0, 1}, {0}}, 1, 4, false, false},
    {{"grow against put", {"gg", "g|pg"}, 4}, {{0, 2, 1}, {0}}, 4, 0, false, false},
    {{"grow against put, segment full", {"gp", "g|pgp"}, 4}, {{1, 0, 1}, {0}}, 0, 0, false, false},
    {{"maximum of one", {"gpgp", "gpgp"}, 3}, {{0, 1, 1}, {0}}, 4, 0, false, false},
    {{"maximum of two, one is there", {"ggpp", "gpgp"}, 3}, {{1, 2, 1}, {0}}, 4, 4, false, false},
    {{"maximum of two, odd numbers", {"ggpp", "ggpp"}, 3}, {{1, 3, 1}, {0}}, 4, 0, false, false},
    {{"two pools", {"gp", "xgp"}, 3}, {{0, 0, 1}, {0, 2, 1}}, 4, 0, false, false},
    {{"two pools at the last room", {"gpg", "xgpg"}, 3}, {{0, 0, 1}, {0, 2, 1}}, 1, 0, false, false},
    {{"two pools, last room, records apart", {"gp", "xgp"}, 3}, {{0, 0, 1}, {0, 2, 1}}, 1, 4, false, false},
    {{"grow against alloc", {"ggp", "aa"}, 3}, {{0, 0, 1}, {0}}, 2, 0, false, false},
    {{"put between two shares, the last of which goes", {"g", "g|rpr"}, 3}, {{0, 3, 1}, {0}}, 4, 4, true, false},
    {{"put, then the last room goes", {"g", "g|pa"}, 5}, {{1, 0, 1}, {0}}, 1, 1, true, false},
    {{"by two", {"gp", "gp"}, 3}, {{0, 3, 2}, {0}}, 4, 0, false, false},
    {{"by two, at the maximum", {"gg", "g"}, 3}, {{0, 3, 2}, {0}}, 4, 0, false, false},
    {{"doubling", {"gggp", "g"}, 3}, {{1, 4, 0}, {0}}, 4, 0, false, false},
    {{"stats of a growing pool", {"ggpp", "ss"}, 3}, {{1, 3, 1}, {0}}, 4, 0, false, false},
    {{"stats while the last block in use is put", {"g|p", "ss"}, 3}, {{0, 3, 1}, {0}}, 4, 0, false, false},
    {{"three contexts grow", {"gp", "gp", "gp"}, 2}, {{0, 0, 1}, {0}}, 3, 0, false, false},
    {{"three contexts, maximum of two", {"gp", "gp", "g"}, 2}, {{0, 2, 1}, {0}}, 4, 0, false, false},
#if LFM_WORD_BITS == 64 /* elsewhere scenarios split counts, which are not in line */
    {{"in line, get and put", {"gp", "gp"}, 4}, {{1, 3, 1}, {0}}, 3, 2, true, true},
    {{"in line, put while others grow", {"gpg", "ggpp"}, 3}, {{1, 3, 1}, {0}}, 3, 2, true, true},
    {{"in line, last room", {"gpg", "gpa"}, 3}, {{1, 3, 1}, {0}}, 1, 2, false, true},
    {{"in line, two from the segment", {"aa", "ag"}, 4}, {{1, 3, 1}, {0}}, 2, 2, false, true},
#endif
    {{"dynamic pool, large", {"ggpgpp", "gpagpg", "gsgppg", "gpgpgq"}, EXPLORE_RANDOM},
     {{0, 6, 1}, {0}},
     5,
     0,
     false,
     false},
};

size_t dynpool_scenarios(explore_scenario *out, size_t room)
{
    const explore_scenario common = {
        .weak_failures = 1,
        .world = {(unsigned char *)&world, sizeof world},
        .setup = setup,
        .context = run,
        .observe = observe,
        .finish = finish,
    };
    return script_scenarios(scripts, sizeof scripts / sizeof *scripts, sizeof *scripts, &common, out, room);
}
