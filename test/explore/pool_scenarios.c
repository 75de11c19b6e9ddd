/* SPDX-License-Identifier: MIT */
/* Scenarios of the pool. A context follows a script, a letter for each call:
 *
 *     g    get one                       p    put the one held longest
 *     G    get_many of 2                 q    put the one held last
 *     H    get_many of 3                 M    put_many of all that is held, last one first
 *     s    stats                         d    put the block that setup took: all contexts that do, race for it
 *     0 1  from here on this shard is the context's home
 *     |    calls to the left of it are done by setup, one context after the other
 *
 * Checked in every run: no block has two owners, and its owners do not race for its contents. A get that fails was
 * right to fail, by the run's history (G3), or where memory is weak, by one of its cuts. Free
 * count and low-water mark are exact. Each block is there at the end. With a context frozen the others end, and at most
 * what it had in hand is missing (G1). */
#ifdef LFM_TAG_ENOUGH_ /* all counts are split, and so not in line */
#define COUNTS_ARE_SPLIT 1
#else
#define COUNTS_ARE_SPLIT 0
#endif
#include "cut.h"
#include "history.h"
#include "in_line.h"
#include "scenarios.h"
#include "script.h"
#include <lfmem/pool.h>
#include <stdio.h>
#include <string.h>

enum {
    BLOCKS_MAX = 8,
    HELD_MAX = 8,
    OPS_MAX = 64,
    BLOCK_BYTES = 8
};

typedef struct pool_script {
    script script;
    uint32_t blocks, shards;
    uint32_t used; /* blocks that setup takes and puts again, so that links are not the initial ones */
    bool must;     /* there are as many blocks as can be held at once: no get may fail */
    bool in_line;  /* context 0's gets and puts are compiled into the program */
} pool_script;

typedef struct actor {
    uint32_t held[HELD_MAX], ops[HELD_MAX]; /* blocks, and where in the history each was got */
    uint32_t n;
    uint32_t hand; /* most blocks that the call under way may have popped and not returned, or not yet pushed */
} actor;

/* A get and the put of its block. */
typedef struct stay {
    moment get_begin, get_end, put_begin, put_end;
} stay;

/* What statistics told. */
typedef struct answer {
    moment begin, end;
    size_t free;
    uint32_t blocks;
} answer;

static struct {
    const lfm_pool *pool;
    unsigned char *first; /* its first block */
    bool in_line;         /* the calls of context 0 are; then the others' are not, so that both forms meet */
    lfm_pool own;         /* for calls of the library */
    _Alignas(128) unsigned char storage[LFM_POOL_STORAGE_BYTES_SHARDED(BLOCKS_MAX, BLOCK_BYTES, 8, 4)];
    actor actors[EXPLORE_CONTEXTS_MAX];
    int owner[BLOCKS_MAX]; /* context + 1 */
    void *contested;       /* the block of `d` */
    uint32_t claims;       /* how many puts of it succeeded */
    size_t lowest;         /* free blocks, as seen between any two operations */
    size_t least, most;    /* the same since the last call for stats began */
    history_op history[OPS_MAX];
    stay stays[OPS_MAX]; /* the same */
    size_t ops;
    answer answers[OPS_MAX];
    size_t asked;
    uint64_t clock;
} world;

static uint32_t index_of(const void *block)
{
    return (uint32_t)(((const unsigned char *)block - world.first) / BLOCK_BYTES);
}

static void *block_of(uint32_t index)
{
    return world.first + (size_t)index * BLOCK_BYTES;
}

static size_t free_now(void)
{
    lfm_pool_stats_t stats;
    lfm_pool_stats(world.pool, &stats);
    return stats.free;
}

static void observe(const void *argument)
{
    (void)argument;
    const size_t now = free_now();
    world.lowest = now < world.lowest ? now : world.lowest;
    world.least = now < world.least ? now : world.least;
    world.most = now > world.most ? now : world.most;
}

/* How many blocks are out in a cut for certain, or may be: in the hands of their owner, or of a call. */
static uint32_t blocks_out(const cut *c, uint32_t blocks, bool certain)
{
    uint32_t set = 0, n = 0;
    for (size_t i = 0; i < world.ops; i++) {
        const stay *const s = &world.stays[i];
        if (world.history[i].block != HISTORY_NONE &&
            (certain ? cut_is_in(c, s->get_end, s->put_begin) : cut_may_be_in(c, s->get_begin, s->put_end))) {
            set |= UINT32_C(1) << world.history[i].block;
        }
    }
    for (uint32_t block = 0; block < blocks; block++) {
        n += set >> block & 1;
    }
    return n;
}

static bool none_is_free(const cut *c, const void *argument)
{
    const pool_script *const s = argument;
    return blocks_out(c, s->blocks, false) == s->blocks;
}

static bool was_so(const cut *c, const void *argument)
{
    const answer *const a = argument;
    return a->free + blocks_out(c, a->blocks, false) >= a->blocks &&
           a->free + blocks_out(c, a->blocks, true) <= a->blocks;
}

/* What stats tells was so at an instant during the call. */
static void ask(int me, const pool_script *s)
{
    const moment begin = cut_now();
    world.least = SIZE_MAX;
    world.most = 0;
    const size_t lowest = world.lowest;
    lfm_pool_stats_t stats;
    lfm_pool_stats(world.pool, &stats);
    if (explore_is_weak()) { /* checked in the end, when all calls are known */
        if (world.asked == OPS_MAX) {
            explore_fail("a script makes too many calls");
        }
        world.answers[world.asked++] = (answer){begin, cut_now(), stats.free, s->blocks};
        return;
    }
    const size_t told = stats.free;
    if (stats.min_free > lowest || stats.min_free < world.lowest) {
        explore_fail("context %d: stats tells a low-water mark of %zu, it was %zu to %zu", me, stats.min_free,
                     world.lowest, lowest);
    }
    if (told < world.least || told > world.most) {
        explore_fail("context %d: stats tells %zu free, it was %zu to %zu", me, told, world.least, world.most);
    }
}

/* Only one context runs at a time, so each call begins and ends at an instant of its own. */
static uint64_t tick(void)
{
    return ++world.clock;
}

static void note_get(int me, uint64_t began, moment begin, void *block, const pool_script *s)
{
    if (world.ops == OPS_MAX) {
        explore_fail("a script makes too many calls");
    }
    world.stays[world.ops] = (stay){begin, cut_now(), cut_never(), cut_never()};
    history_op *op = &world.history[world.ops++];
    *op = (history_op){.get_invoke = began,
                       .get_return = tick(),
                       .put_invoke = HISTORY_NEVER,
                       .put_return = HISTORY_NEVER,
                       .block = HISTORY_NONE};
    if (block == NULL) {
        if (s->must) {
            explore_fail("context %d: a get failed, with as many blocks as can be held", me);
        }
        return;
    }
    actor *a = &world.actors[me];
    op->block = index_of(block);
    if (op->block >= s->blocks || block_of(op->block) != block) {
        explore_fail("context %d got a pointer that is no block", me);
    }
    if (world.owner[op->block] != 0) {
        explore_fail("context %d got block %u, which context %d has", me, op->block, world.owner[op->block] - 1);
    }
    world.owner[op->block] = me + 1;
    explore_write(block, BLOCK_BYTES);
    a->held[a->n] = op->block;
    a->ops[a->n++] = (uint32_t)world.ops - 1;
}

static void get(int me, uint32_t n, const pool_script *s)
{
    void *blocks[HELD_MAX] = {NULL};
    const uint64_t began = tick();
    const moment begin = cut_now();
    size_t got;
    world.actors[me].hand = n;
    if (n == 1) {
        blocks[0] = world.in_line && me == 0 ? in_line_get(world.pool) : lfm_pool_get(world.pool);
        got = blocks[0] != NULL;
    } else {
        got = lfm_pool_get_many(world.pool, blocks, n);
    }
    world.actors[me].hand = 0;
    for (size_t i = 0; i < got + (got < n); i++) {
        note_get(me, began, begin, i < got ? blocks[i] : NULL, s);
    }
}

/* Puts n of the held blocks, from place `at` on. */
static void put(int me, uint32_t at, uint32_t n)
{
    actor *a = &world.actors[me];
    void *blocks[HELD_MAX];
    uint32_t ops[HELD_MAX];
    if (at + n > a->n || n == 0) {
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        blocks[i] = block_of(a->held[at + n - 1 - i]);
        ops[i] = a->ops[at + i];
        world.owner[a->held[at + i]] = 0;
        world.history[ops[i]].put_invoke = tick();
        world.stays[ops[i]].put_begin = cut_now();
        explore_read(blocks[i], BLOCK_BYTES);
    }
    a->n -= n;
    memmove(a->held + at, a->held + at + n, (a->n - at) * sizeof a->held[0]);
    memmove(a->ops + at, a->ops + at + n, (a->n - at) * sizeof a->ops[0]);
    a->hand = n;
    const lfm_status status = n > 1                      ? lfm_pool_put_many(world.pool, blocks, n)
                              : world.in_line && me == 0 ? in_line_put(world.pool, blocks[0])
                                                         : lfm_pool_put(world.pool, blocks[0]);
    a->hand = 0;
    if (status != LFM_OK) {
        explore_fail("context %d: a put said: %s", me, lfm_status_string(status));
    }
    for (uint32_t i = 0; i < n; i++) {
        world.history[ops[i]].put_return = tick();
        world.stays[ops[i]].put_end = cut_now();
    }
}

/* All but one of the puts of one block that race are double frees. */
static void put_contested(int me)
{
    const uint64_t began = tick();
    const moment begin = cut_now();
    world.actors[me].hand = 1;
    const lfm_status status = lfm_pool_put(world.pool, world.contested);
    world.actors[me].hand = 0;
    if (status == LFM_OK) {
        world.history[0].put_invoke = began;
        world.history[0].put_return = tick();
        world.stays[0].put_begin = begin;
        world.stays[0].put_end = cut_now();
    }
    world.claims += status == LFM_OK;
    if (world.claims > 1 || (status != LFM_OK && status != LFM_EDOUBLEFREE)) {
        explore_fail("%u puts of one block succeeded; the last said: %s", world.claims, lfm_status_string(status));
    }
}

static void act(int me, char letter, const void *argument)
{
    const pool_script *s = argument;
    switch (letter) {
    case 'g':
        get(me, 1, s);
        break;
    case 'G':
        get(me, 2, s);
        break;
    case 'H':
        get(me, 3, s);
        break;
    case 'p':
        put(me, 0, 1);
        break;
    case 'q':
        put(me, world.actors[me].n - 1, world.actors[me].n > 0);
        break;
    case 'M':
        put(me, 0, world.actors[me].n);
        break;
    case 's':
        ask(me, s);
        break;
    case 'd':
        put_contested(me);
        break;
    default:
        explore_set_home(me, (uintptr_t)(letter - '0'));
        break;
    }
}

static void run(int me, const void *argument)
{
    script_follow(me, argument, act);
}

static void make_pool(const pool_script *s)
{
    world.in_line = s->in_line;
    if (s->in_line) {
        world.pool = in_line_pool(s->blocks, BLOCK_BYTES, &world.first);
        return;
    }
    world.pool = &world.own;
    world.first = world.storage;
    if (lfm_pool_init_sharded(&world.own, world.storage, sizeof world.storage, s->blocks, BLOCK_BYTES, 8, s->shards) !=
        LFM_OK) {
        explore_fail("init failed");
    }
}

static void setup(const void *argument)
{
    const pool_script *s = argument;
    memset(world.actors, 0, sizeof world.actors);
    memset(world.owner, 0, sizeof world.owner);
    world.ops = world.asked = world.claims = 0;
    world.clock = 1;
    make_pool(s);
    void *used[BLOCKS_MAX];
    for (uint32_t i = 0; i < s->used; i++) {
        used[i] = lfm_pool_get(world.pool);
    }
    for (uint32_t i = 0; i < s->used; i++) {
        lfm_pool_put(world.pool, used[i]);
    }
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        explore_set_home(i, (uintptr_t)i);
    }
    script_prepare(s, act);
    const bool races = strchr(s->script.contexts[0], 'd') != NULL;
    world.contested = races ? lfm_pool_get(world.pool) : NULL;
    if (races) {
        world.stays[world.ops] = (stay){cut_now(), cut_now(), cut_never(), cut_never()};
        world.history[world.ops++] = (history_op){1, 1, HISTORY_NEVER, HISTORY_NEVER, index_of(world.contested)};
    }
    world.lowest = free_now() < s->blocks - s->used ? free_now() : s->blocks - s->used;
}

/* Takes all that can be taken. Returns how many blocks that is. */
static uint32_t drain(const pool_script *s)
{
    uint32_t taken = 0;
    void *block;
    while (taken <= s->blocks && (block = lfm_pool_get(world.pool)) != NULL) {
        const uint32_t index = index_of(block);
        if (index >= s->blocks || world.owner[index] != 0) {
            explore_fail("at the end, block %u can be taken though it is not free", index);
            return s->blocks;
        }
        world.owner[index] = EXPLORE_CONTEXTS_MAX + 1;
        taken++;
    }
    return taken;
}

/* Each get that failed was right to fail. */
static void check_history(const pool_script *s)
{
    history_report report;
    if (!history_check(world.history, world.ops, s->blocks, &report)) {
        explore_fail("history: %s", history_result_string(report.result));
    }
}

/* The same where memory is weak; and what statistics told was so. */
static void check_cuts(const pool_script *s)
{
    for (size_t i = 0; i < world.ops; i++) {
        const moment begin = world.stays[i].get_begin;
        if (world.history[i].block == HISTORY_NONE && !cut_exists(begin, world.stays[i].get_end, none_is_free, s)) {
            explore_fail("context %d: a get failed, with a block free in each cut", begin.context);
        }
    }
    for (size_t i = 0; i < world.asked; i++) {
        const answer *const a = &world.answers[i];
        if (!cut_exists(a->begin, a->end, was_so, a)) {
            explore_fail("context %d: stats tells %zu free, which was so in no cut", a->begin.context, a->free);
        }
    }
}

static void finish(int frozen, const void *argument)
{
    const pool_script *s = argument;
    uint32_t held = world.contested != NULL && world.claims == 0;
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        held += world.actors[i].n;
    }
    const uint32_t hand = frozen == EXPLORE_NONE ? 0 : world.actors[frozen].hand;
    lfm_pool_stats_t stats;
    lfm_pool_stats(world.pool, &stats);
    if (frozen == EXPLORE_NONE) {
        (explore_is_weak() ? check_cuts : check_history)(s);
        const lfm_status status = lfm_pool_check(world.pool);
        if (status != LFM_OK || stats.free != s->blocks - held) {
            explore_fail("%zu of %u blocks are free, %u are held; check: %s", stats.free, s->blocks, held,
                         lfm_status_string(status));
        }
        if (s->shards == 1 ? stats.min_free != world.lowest : stats.min_free > world.lowest) {
            explore_fail("the low-water mark is %zu, free blocks went down to %zu", stats.min_free, world.lowest);
        }
    }
    const uint32_t left = drain(s);
    if (left + held > s->blocks || left + held + hand < s->blocks) {
        explore_fail("%u blocks can be taken, %u are held, at most %u are in a hand, of %u", left, held, hand,
                     s->blocks);
    }
}

static const pool_script scripts[] = {
    {{"one each", {"gp", "gp"}, 5}, 2, 1, 0, true, false},
    {{"one each, used list", {"gp", "gp"}, 5}, 3, 1, 2, true, false},
    {{"two each", {"ggpp", "ggpp"}, 3}, 4, 1, 0, true, false},
    {{"two each, put as taken", {"ggqp", "ggpq"}, 3}, 4, 1, 3, true, false},
    {{"two each of three", {"ggpp", "ggpp"}, 3}, 3, 1, 0, false, false},
    {{"two rounds", {"gpgp", "gpgp"}, 3}, 2, 1, 0, true, false},
    {{"one against two at a time", {"gpgp", "ggpp"}, 3}, 3, 1, 3, true, false},
    {{"last block", {"gpgp", "gpgp"}, 4}, 1, 1, 0, false, false},
    {{"three contexts, one each", {"gp", "gp", "gp"}, 2}, 3, 1, 0, true, false},
    {{"three contexts, two blocks", {"gp", "gp", "gp"}, 2}, 2, 1, 2, false, false},
    {{"three contexts, two each", {"ggpp", "ggpp", "ggpp"}, 2}, 6, 1, 0, true, false},
    {{"three contexts, two each of three", {"ggpp", "ggpp", "ggpp"}, 2}, 3, 1, 3, false, false},
    {{"many against one", {"GM", "gpgp"}, 3}, 4, 1, 0, true, false},
    {{"many against many", {"GM", "GM"}, 3}, 4, 1, 4, true, false},
    {{"many against many, three blocks", {"HM", "GM"}, 4}, 3, 1, 0, false, false},
    {{"many, and one is left", {"ggggg|H", "gp"}, 3}, 6, 1, 0, false, false},
    {{"many twice", {"GMGM", "GMGM"}, 3}, 4, 1, 0, true, false},
    {{"many against two, used list", {"HM", "ggpp"}, 3}, 5, 1, 5, true, false},
    {{"three contexts, many", {"GM", "GM", "gp"}, 2}, 5, 1, 0, true, false},
    {{"stats meanwhile", {"gpgp", "ss"}, 4}, 2, 1, 0, true, false},
    {{"stats of a turned list meanwhile", {"gp", "s"}, 6}, 3, 1, 3, true, false},
    {{"stats of a used list meanwhile", {"ggpp", "sgsps"}, 3}, 3, 1, 1, true, false},
#if !COUNTS_ARE_SPLIT
    {{"in line, one each", {"gp", "gp"}, 5}, 2, 1, 0, true, true},
    {{"in line, last block", {"gpgp", "gpgp"}, 4}, 1, 1, 0, false, true},
    {{"in line, two each of three", {"ggpp", "ggqp"}, 3}, 3, 1, 3, false, true},
    {{"in line, many", {"gpgp", "GM"}, 3}, 3, 1, 0, true, true},
#endif
    {{"two shards, one each", {"gp", "gp"}, 4}, 2, 2, 0, true, false},
    {{"two shards, two each", {"ggpp", "0ggpp"}, 3}, 4, 2, 0, true, false},
    {{"two shards, block moves over", {"ggppgp", "gp"}, 3}, 3, 2, 0, true, false},
    {{"two shards, empty", {"gp", "ggpp"}, 3}, 2, 2, 0, false, false},
    {{"two shards, put then get", {"gpgpg", "0gg"}, 3}, 3, 2, 0, true, false},
    {{"two shards, many", {"GM", "0GM"}, 3}, 4, 2, 0, true, false},
    {{"two shards, many from both", {"HM", "gp"}, 3}, 4, 2, 0, true, false},
    {{"two shards, a block appears behind", {"g", "0g|0p1g"}, 4}, 2, 2, 0, false, false},
    {{"two shards, more blocks than a range", {"gg", "0g1g0qp"}, 3}, 4, 2, 0, true, false},
    {{"two shards, blocks dodge", {"g", "0g|0p1g1p0g0p1g"}, 5}, 2, 2, 0, false, false},
    {{"three shards, three contexts", {"gp", "0gp", "0gp"}, 2}, 3, 3, 0, true, false},
    {{"two shards, three contexts, empty", {"gpg", "gp", "gp"}, 2}, 3, 2, 2, true, false},
#if LFM_CHECKS >= 2
    {{"racing double free", {"d", "d"}, 6}, 2, 1, 0, false, false},
    {{"racing double free, three contexts", {"d", "d", "d"}, 3}, 2, 1, 0, false, false},
    /* in lists of their own, since a block that is handed out again can be put again */
    {{"racing double free and others", {"d", "d", "gp"}, 2}, 6, 3, 0, true, false},
#endif
    {{"large, one list", {"gGpMgp", "HMgpgp", "gpgGMp", "ggqpsp"}, EXPLORE_RANDOM}, 8, 1, 5, false, false},
    {{"large, two shards", {"gGpMgp", "1gp0gp", "gp1Gqq", "0gp1gp"}, EXPLORE_RANDOM}, 5, 2, 3, false, false},
};

size_t pool_scenarios(explore_scenario *out, size_t room)
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
