/* SPDX-License-Identifier: MIT */
/* Scenarios of the Mynewt front-end. A context follows a script, a letter for each call:
 *
 *     a b c    register that pool            g    get a block of the one real pool
 *     A B C    unregister it                 p    put the block held longest
 *     w        walk the registry to its end      f    take an entry for a pool that then cannot be made
 *     1 to 5   take so many units of links   x    give those back that were taken longest ago
 *     n        make the real pool again, under another name
 *     i        ask for the first pool of the front-end's own registry, which is that one
 *     |        what is left of it is done by setup, one context after the other
 *
 * Nobody registers a pool while another one does. Checked in every run: a pool is registered in one entry at most; a
 * walk meets each pool that stays listed meanwhile, once, none that was listed at no instant of it, and pools in the
 * order in which they were registered; of unregisters as many succeed as there was something to take off; a
 * registration that finds no entry left is right. A unit of links is one pool's at a time, and none is lost. The counts
 * that users read are exact once all calls have returned, and with a context frozen after one call more; where memory
 * is weak, they are not judged. */
#include "cut.h"
#include "mynewt_area.h"
#include "mynewt_registry_alone.h"
#include "scenarios.h"
#include "script.h"
#include <os/mynewt.h>
#include <string.h>

enum {
    POOLS = 3,
    BLOCKS = 3,
    HELD_MAX = 4
};

typedef struct mynewt_script {
    script script;
    const char *listed; /* of each pool in the end: 1, 0, or ? for either */
    uint32_t entries;   /* 0: enough */
    uint32_t refused;   /* registrations that find none left, if `entries` is not 0; requests for links, at most */
    uint32_t units;     /* of links; 0: the scenario has none */
    uint32_t at_least;  /* requests for links that are refused, if `units` is not 0 */
} mynewt_script;

/* A walk under way. */
typedef struct walker {
    bool must[POOLS], may[POOLS]; /* the pools that it has to meet, and those that it can */
    uint32_t met[POOLS];
} walker;

static struct {
    char pools[POOLS]; /* only their addresses are used */
    walker walkers[EXPLORE_CONTEXTS_MAX];
    bool listed[POOLS];    /* for sure: registered, and nobody has begun to take it off */
    bool possible[POOLS];  /* a registration has begun, and no unregister has ended since */
    uint32_t after[POOLS]; /* set of pools that were listed for sure before the registration of this one began */
    moment added[POOLS], removed[POOLS]; /* when the last registration, and the last unregister, returned */
    uint32_t registered[POOLS], unregistered[POOLS];
    uint32_t refused;
    uint32_t units;
    uint32_t linked[EXPLORE_CONTEXTS_MAX][HELD_MAX]; /* pools: their addresses, and how many units they have */
    uint32_t first[EXPLORE_CONTEXTS_MAX][HELD_MAX];
    int given[EXPLORE_CONTEXTS_MAX], asked[EXPLORE_CONTEXTS_MAX];
    bool used[AREA_MAX];
    char links[AREA_MAX]; /* what lies in each unit */
    char name[8];
    struct os_mempool mempool;
    os_membuf_t buffer[OS_MEMPOOL_SIZE(BLOCKS, 8)];
    void *held[EXPLORE_CONTEXTS_MAX][HELD_MAX];
    int holding[EXPLORE_CONTEXTS_MAX];
} world;

/* Whether the running context knows that a pool is listed, or that it is not. Where memory is not weak, all know. */
static bool knows(moment m)
{
    return !explore_is_weak() || cut_is_before(m, cut_now());
}

static void add(int pool)
{
    uint32_t before = 0;
    for (int i = 0; i < POOLS; i++) {
        before |= (uint32_t)(world.listed[i] && i != pool && knows(world.added[i])) << i;
    }
    const bool again = world.registered[pool] > 0;
    world.registered[pool]++;
    world.possible[pool] = true;
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        world.walkers[i].may[pool] = true;
    }
    if (!registry_register(&world.pools[pool])) {
        world.refused++;
        world.possible[pool] = false;
        return;
    }
    world.after[pool] = again ? 0 : before; /* whose sequence counts is not known if it was registered before */
    world.listed[pool] = true;
    world.added[pool] = cut_now();
}

static void take_out(int pool)
{
    world.listed[pool] = false;
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        world.walkers[i].must[pool] = false;
    }
    for (int i = 0; i < POOLS; i++) {
        world.after[i] &= ~(UINT32_C(1) << pool);
    }
    world.unregistered[pool] += registry_unregister(&world.pools[pool]);
    world.possible[pool] = world.registered[pool] > world.unregistered[pool];
    world.removed[pool] = cut_now();
    if (world.unregistered[pool] > world.registered[pool]) {
        explore_fail("pool %d was unregistered %u times, and registered %u times", pool, world.unregistered[pool],
                     world.registered[pool]);
    }
}

static void walk(int me)
{
    walker *const w = &world.walkers[me];
    uint32_t sequence = 0, seen = 0;
    memset(w, 0, sizeof *w);
    for (int i = 0; i < POOLS; i++) {
        w->must[i] = world.listed[i] && knows(world.added[i]);
        w->may[i] = world.possible[i] || (world.registered[i] > 0 && !knows(world.removed[i]));
    }
    for (char *pool; (pool = registry_next(&sequence)) != NULL;) {
        const long i = pool - world.pools;
        if (i < 0 || i >= POOLS) {
            explore_fail("context %d met what is no pool", me);
        }
        for (int k = 0; k < POOLS; k++) {
            if ((seen >> k & 1) == 0 && (world.after[i] >> k & 1) != 0 && w->must[k]) {
                explore_fail("context %d met pool %ld before %d", me, i, k);
            }
        }
        if (!w->may[i]) {
            explore_fail("context %d met pool %ld, which was not registered", me, i);
        }
        seen |= UINT32_C(1) << i;
        if (++w->met[i] > 1 && world.unregistered[i] == 0) {
            explore_fail("context %d met pool %ld twice", me, i);
        }
    }
    for (int i = 0; i < POOLS; i++) {
        if (w->must[i] && w->met[i] != 1) {
            explore_fail("context %d met pool %d %u times, which was registered all the while", me, i, w->met[i]);
        }
    }
}

static void get(int me)
{
    void *const block = os_memblock_get(&world.mempool);
    if (block != NULL && world.holding[me] < HELD_MAX) {
        world.held[me][world.holding[me]++] = block;
    }
}

static void put(int me)
{
    if (world.holding[me] == 0) {
        return;
    }
    void *const block = world.held[me][0];
    world.holding[me]--;
    memmove(world.held[me], world.held[me] + 1, (size_t)world.holding[me] * sizeof block);
    if (os_memblock_put(&world.mempool, block) != OS_OK) {
        explore_fail("context %d: a put failed", me);
    }
}

static void take_links(int me, uint32_t n)
{
    const int i = world.asked[me]++;
    const uint32_t first = area_take(&world.linked[me][i], n);
    if (first == world.units) {
        world.refused++;
        return;
    }
    world.linked[me][i] = n;
    world.first[me][i] = first;
    for (uint32_t unit = first; unit < first + n; unit++) {
        if (unit >= world.units || world.used[unit]) {
            explore_fail("context %d has unit %u, which is another one's", me, unit);
        }
        world.used[unit] = true;
        explore_write(&world.links[unit], 1);
    }
}

static void give_links(int me)
{
    const int i = world.given[me]++;
    const uint32_t n = world.linked[me][i], first = world.first[me][i];
    for (uint32_t unit = first; unit < first + n; unit++) {
        world.used[unit] = false;
        explore_read(&world.links[unit], 1);
    }
    if (area_give(&world.linked[me][i]) != n) {
        explore_fail("context %d: its links are not found", me);
    }
}

static void make_again(void)
{
    explore_write(world.name, sizeof world.name);
    memcpy(world.name, "again", sizeof "again");
    if (os_mempool_init(&world.mempool, BLOCKS, 8, world.buffer, world.name) != OS_OK) {
        explore_fail("init failed");
    }
}

static void ask(int me)
{
    struct os_mempool_info info = {.omi_name = ""};
    const struct os_mempool *const first = os_mempool_info_get_next(NULL, &info);
    if (first == &world.mempool && strcmp(info.omi_name, "again") != 0 && strcmp(info.omi_name, "explored") != 0) {
        explore_fail("context %d: the pool has the name \"%s\"", me, info.omi_name);
    }
}

static void act(int me, char letter, const void *argument)
{
    (void)argument;
    if (letter >= 'a' && letter < 'a' + POOLS) {
        add(letter - 'a');
    } else if (letter >= 'A' && letter < 'A' + POOLS) {
        take_out(letter - 'A');
    } else if (letter == 'w') {
        walk(me);
    } else if (letter == 'f') {
        world.refused += !registry_fail();
    } else if (letter >= '1' && letter <= '5') {
        take_links(me, (uint32_t)(letter - '0'));
    } else if (letter == 'x') {
        give_links(me);
    } else if (letter == 'n') {
        make_again();
    } else if (letter == 'i') {
        ask(me);
    } else if (letter == 'g') {
        get(me);
    } else {
        put(me);
    }
}

static void setup(const void *argument)
{
    const mynewt_script *s = argument;
    memset(&world, 0, sizeof world);
    registry_reset(s->entries != 0 ? s->entries : REGISTRY_MAX);
    area_reset(s->units);
    world.units = s->units;
    if (os_mempool_init(&world.mempool, BLOCKS, 8, world.buffer, "explored") != OS_OK) {
        explore_fail("init failed");
    }
    script_prepare(s, act);
}

static void run(int me, const void *argument)
{
    script_follow(me, argument, act);
}

static void check_list(const mynewt_script *s)
{
    uint32_t sequence = 0;
    bool listed[POOLS] = {false};
    for (char *pool; (pool = registry_next(&sequence)) != NULL;) {
        listed[pool - world.pools] = true;
    }
    for (int i = 0; i < POOLS; i++) {
        if (s->listed[i] != '?' && (s->listed[i] == '1') != listed[i]) {
            explore_fail("in the end pool %d is %sregistered", i, listed[i] ? "" : "not ");
        }
    }
}

/* Exact on one core, says os_mempool.h. */
static void check_counts(void)
{
    lfm_pool_stats_t stats;
    lfm_pool_stats(&world.mempool.mp_lfm_, &stats);
    if (world.mempool.mp_num_free != stats.free || world.mempool.mp_min_free != stats.min_free) {
        explore_fail("users are told %u and %u free, it is %zu and %zu", world.mempool.mp_num_free,
                     world.mempool.mp_min_free, stats.free, stats.min_free);
    }
}

/* After a run in which nobody was stopped. */
static void check_links(const mynewt_script *s)
{
    /* where memory is weak, a request may see less than the one before by another context left */
    if ((world.refused > s->refused && !explore_is_weak()) || world.refused < s->at_least) {
        explore_fail("%u requests for links were refused", world.refused);
    }
    for (int me = 0; me < EXPLORE_CONTEXTS_MAX; me++) {
        while (world.given[me] < world.asked[me]) {
            give_links(me);
        }
    }
    static const uint32_t all;
    if (area_take(&all, s->units) != 0) {
        explore_fail("links were lost");
    }
}

static void finish(int frozen, const void *argument)
{
    const mynewt_script *s = argument;
    for (int i = 0; i < POOLS; i++) {
        if (registry_entries_of(&world.pools[i]) > 1) {
            explore_fail("pool %d is registered in %u entries", i, registry_entries_of(&world.pools[i]));
        }
    }
    if (frozen == EXPLORE_NONE) {
        if (s->units != 0) {
            check_links(s);
        }
        if (s->listed != NULL) {
            check_list(s);
        }
        if (s->entries != 0 && world.refused != s->refused) {
            explore_fail("%u registrations were refused", world.refused);
        }
    } else {
        void *const block = os_memblock_get(&world.mempool);
        if (block == NULL || os_memblock_put(&world.mempool, block) != OS_OK) {
            return; /* all blocks are held */
        }
    }
    if (!explore_is_weak()) {
        check_counts();
    }
}

static const mynewt_script scripts[] = {
    {{"mynewt, registered again during a walk", {"ab|a", "w"}, 6}, "110", 0, 0, 0, 0},
    {{"mynewt, registered again while it is unregistered", {"a|a", "A"}, 6}, "?00", 0, 0, 0, 0},
    {{"mynewt, two pools at once", {"a", "b"}, 6}, "110", 0, 0, 0, 0},
    {{"mynewt, three pools at once", {"a", "b", "c"}, 3}, "111", 0, 0, 0, 0},
    {{"mynewt, the last entry", {"a", "bc"}, 6}, NULL, 2, 1, 0, 0},
    {{"mynewt, the last entry thrice", {"a", "b", "c"}, 3}, NULL, 2, 1, 0, 0},
    {{"mynewt, an entry for each, given back in time", {"a|Ab", "c"}, 6}, "011", 2, 0, 0, 0},
    {{"mynewt, one entry, again and again", {"aAbBcCa"}, 3}, "100", 1, 0, 0, 0},
    {{"mynewt, unregistered twice", {"a|A", "A"}, 6}, "000", 0, 0, 0, 0},
    {{"mynewt, unregistered by two, and another one has its entry", {"a|Ab", "A"}, 6}, "010", 1, 0, 0, 0},
    {{"mynewt, unregistered and registered", {"a|A", "a"}, 6}, "?00", 0, 0, 0, 0},
    {{"mynewt, pools that cannot be made", {"fafAfb", "w"}, 5}, "010", 1, 1, 0, 0},
    {{"mynewt, walk and changes", {"abc|Aa", "w"}, 5}, "111", 0, 0, 0, 0},
    {{"mynewt, walk and order", {"ab|c", "|w"}, 6}, "111", 0, 0, 0, 0},
    {{"mynewt, walk and all moves", {"abc|Bb", "w", "|C"}, 3}, "110", 0, 0, 0, 0},
    {{"mynewt, walk and an entry that changes hands", {"ab|Ac", "w"}, 6}, "011", 2, 0, 0, 0},
    {{"mynewt, walk and an entry that changes hands twice", {"a|AbBa", "w"}, 5}, "100", 1, 0, 0, 0},
    {{"mynewt, an entry goes from one context to another", {"aA", "b"}, 4}, "01?", 0, 0, 0, 0},
    {{"mynewt, another name while somebody asks", {"n", "i"}, 3}, NULL, 0, 0, 0, 0},
    {{"mynewt, counts, one each", {"gp", "gp"}, 1}, NULL, 0, 0, 0, 0},
    {{"mynewt, counts, gets and puts", {"g|pg", "gp"}, 1}, NULL, 0, 0, 0, 0},
    {{"mynewt, counts, a new minimum comes and goes", {"g", "gp"}, 2}, NULL, 0, 0, 0, 0},
    {{"mynewt, counts, a minimum that nobody told", {"g", "gg|pp"}, 2}, NULL, 0, 0, 0, 0},
    {{"mynewt, counts, three contexts", {"gp", "gp", "g"}, 1}, NULL, 0, 0, 0, 0},
    {{"mynewt, links, all that there are", {"21", "3"}, 6}, NULL, 0, 0, 6, 0},
    {{"mynewt, links, for three at once", {"1", "3", "2"}, 4}, NULL, 0, 0, 6, 0},
    {{"mynewt, links, too few", {"2", "2"}, 6}, NULL, 0, 1, 3, 1},
    {{"mynewt, links, for two after one that is too large", {"5|2", "2"}, 6}, NULL, 0, 1, 4, 1},
    {{"mynewt, links, given back and taken again", {"2|x2", "1x1"}, 6}, NULL, 0, 1, 3, 0},
    {{"mynewt, links, given back in front of unused ones", {"2|x3", "1x"}, 6}, NULL, 0, 1, 4, 0},
    {{"mynewt, links, two want what was given back", {"3x|2", "2"}, 6}, NULL, 0, 1, 3, 1},
    {{"mynewt, links, three want what was given back", {"32xx|2", "2", "2"}, 3}, NULL, 0, 2, 5, 1},
    {{"mynewt, links, one each of what was given back", {"2x|1", "1"}, 6}, NULL, 0, 0, 2, 0},
    {{"mynewt, links, one gives back what two want", {"2|x", "2", "1"}, 3}, NULL, 0, 2, 2, 1},
    {{"mynewt, registry, large", {"aAaAaA", "bBbBbB", "cCcCcC", "wwwwww"}, EXPLORE_RANDOM}, NULL, 0, 0, 0, 0},
    {{"mynewt, links, large", {"1x2x1x", "2x1x2x", "3x1x1x", "1x1x1x"}, EXPLORE_RANDOM}, NULL, 0, 12, 8, 0},
};

size_t mynewt_scenarios(explore_scenario *out, size_t room)
{
    const explore_scenario common = {
        .weak_failures = 1,
        .world = {(unsigned char *)&world, sizeof world},
        .setup = setup,
        .context = run,
        .finish = finish,
    };
    return script_scenarios(scripts, sizeof scripts / sizeof *scripts, sizeof *scripts, &common, out, room);
}
