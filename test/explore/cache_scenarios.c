/* SPDX-License-Identifier: MIT */
/* Scenarios of caches: each context has one of its own in front of the same pool. A context follows a script, a letter
 * for each call:
 *
 *     g    get one                       p    put the one held longest
 *     G    get_many of 2                 M    put_many of all that is held
 *     x    get one from the pool itself  y    put the one held longest into the pool itself
 *     f    flush                         s    pool's stats
 *     d D  put the block that setup took into the own cache, into the pool: of all such puts one succeeds
 *     h    hand the one held longest over, to the context that takes it
 *     t    take it, if it is there
 *     0 1  from here on this shard is the context's home
 *     |    calls to the left of it are done by setup, one context after the other
 *
 * Checked in every run: no block has two owners. A get that fails was right to fail: its cache was empty, and the
 * pool's lists were empty at an instant of the call. The pool's count and low-water mark are exact. Each block is there
 * at the end, with caches full and with caches flushed. Where memory is weak, a get may fail unless its own cache had a
 * block, or one was sure to be there. With a context frozen the others end, and at most what its
 * cache and its hands can hold is missing (G1). */
#define LFM_CACHE_FUNCTIONS
#include "scenarios.h"
#include "script.h"
#include <lfmem/cache.h>
#include <string.h>

enum {
    BLOCKS_MAX = 12,
    SLOTS_MAX = 4,
    HELD_MAX = 8,
    BLOCK_BYTES = 8
};

typedef struct cache_script {
    script script;
    uint32_t blocks, shards, slots;
    bool must; /* enough blocks for all hands and caches: no get may fail */
} cache_script;

typedef struct actor {
    lfm_cache cache;
    void *slots[SLOTS_MAX];
    void *held[HELD_MAX];
    uint32_t n;
    uint32_t hand; /* most blocks that the call under way may have in hand, but for the cache's */
    size_t least;  /* free blocks, as seen between any two operations since its last get began */
} actor;

static struct {
    lfm_pool pool;
    _Alignas(128) unsigned char storage[LFM_POOL_STORAGE_BYTES_SHARDED(BLOCKS_MAX, BLOCK_BYTES, 8, 2)];
    actor actors[EXPLORE_CONTEXTS_MAX];
    int owner[BLOCKS_MAX]; /* context + 1 */
    void *contested;       /* the block of `d` and `D` */
    void *handed;          /* the block of `h` and `t` */
    bool taken_over;       /* it */
    uint32_t claims;       /* how many puts of it succeeded */
    size_t lowest;         /* free blocks, as seen between any two operations */
    size_t fewest, most;   /* the same since setup */
} world;

static uint32_t index_of(const void *block)
{
    return (uint32_t)(((const unsigned char *)block - world.storage) / BLOCK_BYTES);
}

static lfm_pool_stats_t stats_now(void)
{
    lfm_pool_stats_t stats;
    lfm_pool_stats(&world.pool, &stats);
    return stats;
}

static size_t cached_by(int context)
{
    lfm_cache_stats_t stats;
    lfm_cache_stats(&world.actors[context].cache, &stats);
    return stats.cached;
}

static void observe(const void *argument)
{
    (void)argument;
    const size_t now = stats_now().free;
    world.lowest = now < world.lowest ? now : world.lowest;
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        actor *const a = &world.actors[i];
        a->least = now < a->least ? now : a->least;
    }
    world.fewest = now < world.fewest ? now : world.fewest;
    world.most = now > world.most ? now : world.most;
}

static void keep(int me, void *block, uint32_t blocks)
{
    actor *a = &world.actors[me];
    const uint32_t index = index_of(block);
    if (index >= blocks || world.storage + (size_t)index * BLOCK_BYTES != block) {
        explore_fail("context %d got a pointer that is no block", me);
    }
    if (world.owner[index] != 0) {
        explore_fail("context %d got block %u, which context %d has", me, index, world.owner[index] - 1);
    }
    world.owner[index] = me + 1;
    explore_write(block, BLOCK_BYTES);
    a->held[a->n++] = block;
}

/* Gets n blocks through the cache, or one from the pool itself. */
static void get(int me, uint32_t n, bool direct, const cache_script *s)
{
    actor *a = &world.actors[me];
    void *blocks[2] = {NULL, NULL};
    a->least = SIZE_MAX;
    observe(s);
    a->hand = n;
    const size_t got = n > 1    ? lfm_cache_get_many(&a->cache, blocks, n)
                       : direct ? (blocks[0] = lfm_pool_get(&world.pool)) != NULL
                                : (blocks[0] = lfm_cache_get(&a->cache)) != NULL;
    a->hand = 0;
    observe(s);
    if (got < n && (s->must || (a->least > 0 && !explore_is_weak()) || (!direct && cached_by(me) > 0))) {
        explore_fail("context %d: a get failed, with %zu in its cache and %zu in the pool at least", me, cached_by(me),
                     a->least);
    }
    for (size_t i = 0; i < got; i++) {
        keep(me, blocks[i], s->blocks);
    }
}

/* Puts the n blocks held longest through the cache, or one into the pool itself. */
static void put(int me, uint32_t n, bool direct)
{
    actor *a = &world.actors[me];
    void *blocks[HELD_MAX];
    if (n > a->n || n == 0) {
        return;
    }
    memcpy(blocks, a->held, n * sizeof blocks[0]);
    a->n -= n;
    memmove(a->held, a->held + n, a->n * sizeof a->held[0]);
    for (uint32_t i = 0; i < n; i++) {
        world.owner[index_of(blocks[i])] = 0;
        explore_read(blocks[i], BLOCK_BYTES);
    }
    a->hand = n;
    const lfm_status status = direct  ? lfm_pool_put(&world.pool, blocks[0])
                              : n > 1 ? lfm_cache_put_many(&a->cache, blocks, n)
                                      : lfm_cache_put(&a->cache, blocks[0]);
    a->hand = 0;
    if (status != LFM_OK) {
        explore_fail("context %d: a put said: %s", me, lfm_status_string(status));
    }
}

static void put_contested(int me, bool direct)
{
    actor *a = &world.actors[me];
    a->hand = 1;
    const lfm_status status =
        direct ? lfm_pool_put(&world.pool, world.contested) : lfm_cache_put(&a->cache, world.contested);
    a->hand = 0;
    world.claims += status == LFM_OK;
    if (world.claims > 1 || (status != LFM_OK && status != LFM_EDOUBLEFREE)) {
        explore_fail("%u puts of one block succeeded; the last said: %s", world.claims, lfm_status_string(status));
    }
}

/* A block that goes from one context to another, by a word that releases it and acquires it. */
static void hand_over(int me)
{
    actor *a = &world.actors[me];
    if (a->n > 0) {
        void *const block = a->held[0];
        a->n--;
        memmove(a->held, a->held + 1, a->n * sizeof a->held[0]);
        world.owner[index_of(block)] = 0;
        explore_store(&world.handed, sizeof world.handed, (uintptr_t)block, __ATOMIC_RELEASE);
    }
}

static void take_over(int me, const cache_script *s)
{
    void *const block = (void *)(uintptr_t)explore_load(&world.handed, sizeof world.handed, __ATOMIC_ACQUIRE);
    if (block != NULL) {
        world.taken_over = true;
        keep(me, block, s->blocks);
    }
}

/* The low-water mark was right at some instant of the call. */
static void ask(int me, const cache_script *s)
{
    const size_t before = world.lowest;
    const lfm_pool_stats_t stats = stats_now();
    if (explore_is_weak()) { /* of one list, what was so before can be told late */
        if (s->shards == 1 && (stats.free < world.fewest || stats.free > world.most)) {
            explore_fail("context %d: stats tells %zu free, it never was less than %zu or more than %zu", me,
                         stats.free, world.fewest, world.most);
        }
        return;
    }
    if (stats.min_free > before || stats.min_free < world.lowest) {
        explore_fail("context %d: stats tells a low-water mark of %zu, it was %zu to %zu", me, stats.min_free,
                     world.lowest, before);
    }
}

static void act(int me, char letter, const void *argument)
{
    const cache_script *s = argument;
    switch (letter) {
    case 'g':
    case 'x':
        get(me, 1, letter == 'x', s);
        break;
    case 'G':
        get(me, 2, false, s);
        break;
    case 'p':
    case 'y':
        put(me, 1, letter == 'y');
        break;
    case 'M':
        put(me, world.actors[me].n, false);
        break;
    case 'f':
        lfm_cache_flush(&world.actors[me].cache);
        break;
    case 'h':
        hand_over(me);
        break;
    case 't':
        take_over(me, s);
        break;
    case 's':
        ask(me, s);
        break;
    case 'd':
    case 'D':
        put_contested(me, letter == 'D');
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

static void setup(const void *argument)
{
    const cache_script *s = argument;
    memset(world.actors, 0, sizeof world.actors);
    memset(world.owner, 0, sizeof world.owner);
    world.claims = 0;
    world.handed = NULL;
    world.taken_over = false;
    if (lfm_pool_init_sharded(&world.pool, world.storage, sizeof world.storage, s->blocks, BLOCK_BYTES, 8, s->shards) !=
        LFM_OK) {
        explore_fail("init failed");
    }
    world.lowest = s->blocks;
    world.contested = strpbrk(s->script.contexts[0], "dD") != NULL ? lfm_pool_get(&world.pool) : NULL;
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        explore_set_home(i, (uintptr_t)i);
        if (lfm_cache_init(&world.actors[i].cache, &world.pool, world.actors[i].slots, s->slots) != LFM_OK) {
            explore_fail("init failed");
        }
    }
    observe(s);
    script_prepare(s, act);
    world.fewest = world.most = stats_now().free;
}

/* Takes all blocks that can be had, and returns how many: all that no context has in hand. */
static uint32_t drain(uint32_t blocks)
{
    uint32_t taken = 0;
    void *block;
    while (taken <= blocks && (block = lfm_pool_get(&world.pool)) != NULL) {
        const uint32_t index = index_of(block);
        if (index >= blocks || world.owner[index] != 0) {
            explore_fail("at the end, block %u can be taken though it is not free", index);
            return blocks;
        }
        world.owner[index] = EXPLORE_CONTEXTS_MAX + 1;
        taken++;
    }
    return taken;
}

/* The counts of the pool and its caches, with no context in a call. */
static void check_books(const cache_script *s, size_t held, size_t cached)
{
    const lfm_pool_stats_t stats = stats_now();
    const lfm_status status = lfm_pool_check(&world.pool);
    if (stats.free + cached + held != s->blocks || (LFM_CHECKS >= 1 && lfm_cache_count(&world.pool) != cached) ||
        status != LFM_OK) {
        explore_fail("%zu of %u blocks are free, %zu are in caches, %zu marked so, %zu held; check: %s", stats.free,
                     s->blocks, cached, lfm_cache_count(&world.pool), held, lfm_status_string(status));
    }
    if (s->shards == 1 ? stats.min_free != world.lowest : stats.min_free > world.lowest) {
        explore_fail("the low-water mark is %zu, free blocks went down to %zu", stats.min_free, world.lowest);
    }
}

static void finish(int frozen, const void *argument)
{
    const cache_script *s = argument;
    size_t held = world.contested != NULL && world.claims == 0, cached = 0;
    held += world.handed != NULL && world.owner[index_of(world.handed)] == 0 && !world.taken_over;
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        held += world.actors[i].n;
        cached += cached_by(i);
    }
    if (frozen == EXPLORE_NONE) {
        check_books(s, held, cached);
    }
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        if (i != frozen) {
            lfm_cache_flush(&world.actors[i].cache);
        }
    }
    if (frozen == EXPLORE_NONE) {
        check_books(s, held, 0);
    }
    const size_t left = drain(s->blocks), gone = frozen == EXPLORE_NONE ? 0 : s->slots + world.actors[frozen].hand;
    if (left + held > s->blocks || left + held + gone < s->blocks) {
        explore_fail("%zu blocks can be taken, %zu are held, at most %zu went with a context, of %u", left, held, gone,
                     s->blocks);
    }
}

static const cache_script scripts[] = {
    {{"caches, one each", {"gp", "gp"}, 4}, 8, 1, 4, true},
    {{"caches, used", {"gggpp|gp", "ggpp|gp"}, 5}, 8, 1, 2, true},
    {{"caches, two each", {"gg|ppf", "ggppf"}, 2}, 8, 1, 4, true},
    {{"caches, at capacity", {"ggpp", "ggpp"}, 3}, 4, 1, 4, false},
    {{"caches, the last blocks", {"gpf", "ggppf"}, 3}, 2, 1, 2, false},
    {{"caches, against the pool", {"gpgp", "xyx"}, 3}, 6, 1, 4, true},
    {{"caches, put into the pool and back", {"gyxp", "x|pgy"}, 2}, 6, 1, 4, true},
    {{"caches, flush against get", {"gp|f", "gpg"}, 4}, 3, 1, 4, false},
    {{"caches, flush against the pool", {"ggpp|f", "xxyy"}, 3}, 4, 1, 4, false},
    {{"caches, flush against flush", {"ggpp|fg", "ggpp|fg"}, 3}, 8, 1, 4, true},
    {{"caches, puts overflow", {"xxx|ppp", "xxx|ppp"}, 4}, 8, 1, 2, true},
    {{"caches, many", {"GM", "GM"}, 3}, 8, 1, 4, true},
    {{"caches, many overflow", {"xxx|Mf", "xx|Mg"}, 3}, 7, 1, 2, false},
    {{"caches, many at capacity", {"GM", "Gpp"}, 3}, 3, 1, 4, false},
    {{"caches, three contexts", {"gp", "gp", "xy"}, 2}, 8, 1, 4, true},
    {{"caches, three contexts at capacity", {"gpf", "gpf", "xy"}, 2}, 3, 1, 2, false},
    {{"caches, stats meanwhile", {"ggppf", "ss"}, 4}, 4, 1, 4, true},
    {{"caches, a block is handed over, stats meanwhile", {"gpf|tp", "xxxyyy|gh", "s"}, 3}, 3, 1, 2, false},
    {{"caches, two shards", {"gg|ppf", "0gpf"}, 2}, 8, 2, 4, true},
    {{"caches, two shards, empty", {"ggppf", "gp"}, 3}, 3, 2, 4, false},
    {{"caches, two shards, flush behind", {"g", "0x1x0p1f"}, 3}, 2, 2, 4, false},
#if LFM_CHECKS >= 1
    {{"caches, double put through two", {"d|", "gp|d"}, 3}, 4, 1, 4, false},
    {{"caches, double put against flush", {"d|f", "gp|d"}, 5}, 4, 1, 4, false},
    {{"caches, double put into the pool", {"d|f", "D"}, 5}, 4, 1, 4, false},
    {{"caches, double put below a get", {"xdp|gp", "gp|d"}, 5}, 4, 1, 4, false},
#endif
#if LFM_CHECKS >= 2
    {{"caches, racing double put", {"d", "d"}, 6}, 2, 1, 2, false},
    {{"caches, racing double put with the pool", {"d", "D", "d"}, 3}, 2, 1, 2, false},
#endif
    {{"caches, large", {"ggpfpg", "gGMxyf", "xgpyfp", "gspgpf"}, EXPLORE_RANDOM}, 6, 1, 2, false},
};

size_t cache_scenarios(explore_scenario *out, size_t room)
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
