/* SPDX-License-Identifier: MIT */
/* Scenarios of Zephyr's front-end: waiting in order, and the list of pools that k_free() looks at. A pool has four
 * blocks, or one of all four. A context follows a script, a letter for each call:
 *
 *     u    take one block                 a    take all four as one
 *     U    the same, and wait for ever    A    the same, and wait for ever
 *     P    as U, more urgent than others
 *     t    as U, until the first sleep    T    as A, until the first sleep
 *     c    as U, cancelled in the first sleep
 *     o O  as u and U, from the other pool
 *     f    free the block held longest
 *     s    serve, as a thread does that looks again
 *     z    sleep until all others sleep or have ended
 *     k    if context 1 sleeps, learn that it does
 *     m n  k_mem_pool_malloc() from the one or the other pool, and k_free()
 *     v l  make a heap and save it for Zephyr's tools; look at all that are saved
 *     1 4  wait for a block, or for all four, in a waiter of its own; the wait ends at once
 *     R    read what is waited for there
 *     x    end the one pool, while nobody else is there
 *     N    make the other pool, and do as n
 *     F    lfm_zephyr_free() of what is no pool's
 *     r q  make it, and assign it to the thread of context 1; k_malloc() from the own thread's pool, and k_free()
 *     |    what is left of it is done by setup, one context after the other
 *
 * There are two waiters, and the order holds for threads that have one. Checked: each block is of its pool, and one
 * context has it. All that is taken is held by somebody. No context sleeps for whose block there is room, or that was
 * given one. No context gets a block while another waits in front of it that asks for no more. Each k_free() finds its
 * pool. With a context frozen: the others end, and when those that sleep look again, at most one block is lost. */
#include "../../lib/compat/zephyr.h"
#include "cut.h"
#include "scenarios.h"
#include "script.h"
#include "zephyr_request_alone.h"
#include <setjmp.h>
#include <string.h>
#include <sys/sys_heap.h>

enum {
    UNIT = 64,
    ALL = 4 * UNIT,
    POOLS = 2,
    HELD_MAX = 6,
    WAITERS = LFM_ZEPHYR_WAITERS,
    NOBODY = -1
};

typedef struct actor {
    struct k_mem_block held[HELD_MAX];
    size_t n;
    bool ended, settles; /* sleeps until others do */
    bool ends_by_time, is_cancelled;
    int priority;
    int64_t now;
    /* while it sleeps in a wait */
    const lfm_zephyr_word *word;
    uint32_t seen;
    size_t pool, waits_for;            /* bytes */
    moment began_to_wait;              /* last */
    bool settled;                      /* somebody has found all others asleep */
    bool behind[EXPLORE_CONTEXTS_MAX]; /* these slept before its call began, and still do */
    jmp_buf out;
} actor;

static struct {
    lfm_heap heaps[POOLS];
    struct k_mem_pool pools[POOLS];
    _Alignas(64) unsigned char storage[POOLS][LFM_ROUND_UP_(LFM_HEAP_STORAGE_BYTES(ALL, UNIT), 64)];
    actor actors[EXPLORE_CONTEXTS_MAX];
    struct k_thread threads[EXPLORE_CONTEXTS_MAX];
    struct sys_heap saved[EXPLORE_CONTEXTS_MAX];
    int owner[POOLS][ALL / UNIT];
    int contexts, waiting;
} world;

struct k_thread *k_current_get(void)
{
    return &world.threads[explore_context()];
}

static bool is_asleep(const actor *a)
{
    return a->word != NULL;
}

/* Nobody wakes a context without a waiter. It sleeps on a word that stays 0. */
static bool has_waiter(const actor *a)
{
    return is_asleep(a) && a->seen != 0;
}

static bool still_waits(const actor *a)
{
    return is_asleep(a) && atomic_load(a->word) == a->seen;
}

/* One that settles goes on when nobody else is at work. */
static void wake_settler(void)
{
    int settler = NOBODY;
    for (int i = 0; i < world.contexts; i++) {
        const actor *const a = &world.actors[i];
        if (a->settles) {
            settler = i;
        } else if (!a->ended && !is_asleep(a)) {
            return;
        }
    }
    if (settler != NOBODY) {
        for (int i = 0; i < world.contexts; i++) {
            world.actors[i].settled = is_asleep(&world.actors[i]);
        }
        world.actors[settler].settles = false;
        explore_wake(settler);
    }
}

int64_t lfm_zephyr_uptime(void)
{
    return world.actors[explore_context()].now;
}

int lfm_zephyr_priority(void)
{
    return world.actors[explore_context()].priority;
}

void lfm_zephyr_wait(const lfm_zephyr_word *word, uint32_t seen, int64_t until)
{
    explore_point();
    actor *const a = &world.actors[explore_context()];
    if (a->is_cancelled) {
        lfm_zephyr_abandon(word);
        longjmp(a->out, 1);
    }
    if (a->ends_by_time) {
        a->now = until;
    } else if (atomic_load(word) == seen) {
        a->began_to_wait = cut_now();
        a->word = word;
        a->seen = seen;
        wake_settler();
        explore_sleep();
        a->word = NULL;
    }
}

void lfm_zephyr_wake(lfm_zephyr_word *word)
{
    explore_point();
    for (int i = 0; i < world.contexts; i++) {
        if (world.actors[i].word == word) {
            explore_wake(i);
        }
    }
}

/* Whether j got a block in front of i, which still waits. */
static bool overtakes(int j, int i)
{
    const actor *const front = &world.actors[i], *const other = &world.actors[j];
    const bool comes_first = other->behind[i] && front->priority <= other->priority;
    const bool is_urgent = front->settled && other->settled && front->priority < other->priority;
    return i != j && still_waits(front) && front->pool == other->pool && front->waits_for <= other->waits_for &&
           (comes_first || is_urgent);
}

static void must_be_in_order(int j)
{
    for (int i = 0; i < world.contexts && world.waiting <= WAITERS; i++) {
        if (overtakes(j, i)) {
            explore_fail("context %d overtakes context %d", j, i);
        }
    }
}

static void observe(const void *argument)
{
    (void)argument;
    for (int j = 0; j < world.contexts; j++) {
        if (is_asleep(&world.actors[j]) && !still_waits(&world.actors[j])) {
            must_be_in_order(j);
        }
    }
}

/* Notes whose each unit of a block is. */
static void set_owner(const struct k_mem_block *block, size_t pool, size_t bytes, int from, int to)
{
    const size_t offset = (size_t)((uintptr_t)block->data - (uintptr_t)world.storage[pool]);
    if (offset % UNIT != 0 || offset > ALL - bytes) {
        explore_fail("a block of another heap");
        return;
    }
    for (size_t unit = offset / UNIT; unit < (offset + bytes) / UNIT; unit++) {
        if (world.owner[pool][unit] != from) {
            explore_fail("unit %zu is context %d's", unit, world.owner[pool][unit]);
        }
        world.owner[pool][unit] = to;
    }
}

static size_t bytes_of(const struct k_mem_block *block)
{
    return lfm_heap_usable_size(block->id.pool->heap, block->data);
}

static void take(int me, size_t pool, size_t bytes, k_timeout_t timeout)
{
    actor *const a = &world.actors[me];
    for (int i = 0; i < world.contexts; i++) {
        const actor *const other = &world.actors[i];
        a->behind[i] = still_waits(other) && (!explore_is_weak() || cut_is_before(other->began_to_wait, cut_now()));
        world.actors[i].behind[me] = false;
    }
    a->pool = pool;
    a->waits_for = bytes;
    a->settled = false;
    if (setjmp(a->out) != 0) {
        return;
    }
    if (k_mem_pool_alloc(&world.pools[pool], &a->held[a->n], bytes, timeout) == 0) {
        set_owner(&a->held[a->n], pool, bytes, NOBODY, me);
        a->n++;
        if (timeout != K_NO_WAIT) {
            must_be_in_order(me);
        }
    } else if (timeout == K_FOREVER) {
        explore_fail("a wait for ever has ended");
    }
}

static void give(int me)
{
    actor *const a = &world.actors[me];
    if (a->n > 0) {
        struct k_mem_block block = a->held[0];
        a->n--;
        memmove(a->held, a->held + 1, a->n * sizeof *a->held);
        set_owner(&block, (size_t)(block.id.pool - world.pools), bytes_of(&block), me, NOBODY);
        k_mem_pool_free(&block);
    }
}

/* Writes all that a pool is, as a context does that makes one. */
static struct k_mem_pool *make_pool(void)
{
    struct k_mem_pool *const pool = &world.pools[1];
    explore_write(pool, sizeof *pool);
    memset(pool, 0, sizeof *pool);
    pool->heap = &world.heaps[1];
    pool->max_size = ALL;
    return pool;
}

static void free_it(void *block)
{
    if (block == NULL) {
        explore_fail("no block");
    }
    const lfm_status status = lfm_zephyr_free(block);
    if (status != LFM_OK) {
        explore_fail("k_free: %s", lfm_status_string(status));
    }
}

static void look_at_saved(int me)
{
    struct sys_heap **heaps;
    const int n = sys_heap_array_get(&heaps);
    for (int i = 0; i < n; i++) {
        if (heaps[i] < world.saved || heaps[i] >= world.saved + EXPLORE_CONTEXTS_MAX) {
            explore_fail("context %d finds what is no heap", me);
        }
        explore_read(heaps[i], sizeof *heaps[i]);
    }
}

static void save(int me)
{
    explore_write(&world.saved[me], sizeof world.saved[me]);
    if (sys_heap_array_save(&world.saved[me]) != 0) {
        explore_fail("context %d: no place is left", me);
    }
}

static void settle(int me)
{
    actor *const a = &world.actors[me];
    a->settles = true;
    wake_settler();
    if (a->settles) {
        explore_sleep();
    }
}

/* Q1: what a context reads is of one wait. */
static void read_request(int me)
{
    size_t align, size;
    if (request_read(&align, &size) && (align == 1) != (size == UNIT)) {
        explore_fail("context %d reads of a wait for %zu bytes at multiples of %zu", me, size, align);
    }
}

/* The thread has the pool, or it has none yet. */
static void malloc_of_own(void)
{
    void *const block = z_thread_malloc(1);
    if (block != NULL) {
        free_it(block);
    }
}

static void act_on_pools(char letter)
{
    switch (letter) {
    case 'N':
        free_it(k_mem_pool_malloc(make_pool(), 1));
        break;
    case 'F':
        if (lfm_zephyr_free(&world) != LFM_EFOREIGN) {
            explore_fail("a pool has what is no block");
        }
        break;
    case 'r':
        k_thread_resource_pool_assign(&world.threads[1], make_pool());
        break;
    case 'q':
        malloc_of_own();
        break;
    case 'x':
        lfm_zephyr_pool_fini(&world.pools[0]);
        break;
    default:
        free_it(k_mem_pool_malloc(&world.pools[letter - 'm'], 1));
    }
}

/* The letters that are no request for a block. */
static void act_otherwise(int me, char letter)
{
    switch (letter) {
    case 'f':
        give(me);
        break;
    case 's':
        lfm_zephyr_serve(&world.heaps[0]);
        break;
    case 'z':
        settle(me);
        break;
    case 'k':
        if (is_asleep(&world.actors[1])) {
            explore_learn(1);
        }
        break;
    case '1':
    case '4':
        request_wait(letter == '1' ? 1 : ALL, letter == '1' ? UNIT : ALL);
        break;
    case 'R':
        read_request(me);
        break;
    case 'v':
        save(me);
        break;
    case 'l':
        look_at_saved(me);
        break;
    default:
        act_on_pools(letter);
    }
}

static void act(int me, char letter, const void *argument)
{
    actor *const a = &world.actors[me];
    (void)argument;
    a->priority = letter == 'P' ? -1 : 0;
    a->is_cancelled = letter == 'c';
    a->ends_by_time = letter == 't' || letter == 'T';
    if (letter == 'o' || letter == 'O') {
        take(me, 1, UNIT, letter == 'O' ? K_FOREVER : K_NO_WAIT);
    } else if (letter == 't' || letter == 'T') {
        take(me, 0, letter == 't' ? UNIT : ALL, K_MSEC(1));
    } else if (strchr("uaUAPc", letter) != NULL) {
        take(me, 0, strchr("aA", letter) != NULL ? ALL : UNIT, strchr("ua", letter) != NULL ? K_NO_WAIT : K_FOREVER);
    } else {
        act_otherwise(me, letter);
    }
}

static int contexts_of(const script *s)
{
    int n = 0;
    while (n < EXPLORE_CONTEXTS_MAX && s->contexts[n] != NULL) {
        n++;
    }
    return n;
}

static int waiting_of(const script *s)
{
    int n = 0;
    for (int i = 0; i < contexts_of(s); i++) {
        n += strpbrk(s->contexts[i], "UAPtTcO") != NULL;
    }
    return n;
}

static void setup(const void *argument)
{
    const lfm_heap_config config = {.min_block = UNIT, .fit = LFM_FIT_BUDDY4};
    lfm_zephyr_forked(); /* those of the run before are gone */
    memset(&world, 0, sizeof world);
    memset(world.owner, NOBODY, sizeof world.owner);
    world.contexts = contexts_of(argument);
    world.waiting = waiting_of(argument);
    atomic_store(&lfm_zephyr_pools, NULL);
    for (int i = 0; i < POOLS; i++) {
        if (lfm_heap_init(&world.heaps[i], world.storage[i], LFM_HEAP_STORAGE_BYTES(ALL, UNIT), &config) != LFM_OK) {
            explore_fail("init failed");
        }
        world.pools[i].heap = &world.heaps[i];
        world.pools[i].max_size = ALL;
    }
    for (int me = 0; me < EXPLORE_CONTEXTS_MAX; me++) {
        explore_set_home(me, (uintptr_t)me);
    }
    request_reset(&world.heaps[0]);
    struct sys_heap **heaps;
    if (sys_heap_array_get(&heaps) >= 0) { /* those of the run before are gone */
        memset(heaps, 0, CONFIG_SYS_HEAP_ARRAY_SIZE * sizeof *heaps);
    }
    script_prepare(argument, act);
}

static void run(int me, const void *argument)
{
    script_follow(me, argument, act);
    world.actors[me].ended = true;
    wake_settler();
}

/* How many bytes of a pool are taken, and nobody has them. */
static size_t lost(size_t pool)
{
    lfm_heap_stats_t stats;
    lfm_heap_stats(&world.heaps[pool], &stats);
    size_t held = 0;
    for (size_t unit = 0; unit < ALL / UNIT; unit++) {
        held += world.owner[pool][unit] != NOBODY ? UNIT : 0;
    }
    for (int me = 0; me < world.contexts; me++) { /* given, but the wake was not called */
        const actor *const a = &world.actors[me];
        held += is_asleep(a) && !still_waits(a) && a->pool == pool ? a->waits_for : 0;
    }
    return stats.used - held;
}

/* What those that sleep do when they look again; a wake that a frozen context owes them makes no difference. */
static void look_again(void)
{
    for (int pool = 0; pool < POOLS; pool++) {
        lfm_zephyr_serve(&world.heaps[pool]);
    }
}

static void finish(int frozen, const void *argument)
{
    (void)argument;
    struct k_mem_block block;
    uint32_t asleep[POOLS] = {0};
    if (frozen != EXPLORE_NONE) {
        look_again();
    }
    for (int me = 0; me < world.contexts; me++) {
        const actor *const a = &world.actors[me];
        asleep[a->pool] += has_waiter(a);
        if (is_asleep(a) && !still_waits(a) && frozen == EXPLORE_NONE) {
            explore_fail("context %d sleeps and was given a block", me);
        }
        if (has_waiter(a) && still_waits(a) &&
            k_mem_pool_alloc(&world.pools[a->pool], &block, a->waits_for, K_NO_WAIT) == 0) {
            explore_fail("context %d sleeps though there is room for it", me);
        }
    }
    for (size_t pool = 0; pool < POOLS; pool++) {
        if (frozen == EXPLORE_NONE && (lost(pool) != 0 || atomic_load(&world.pools[pool].waits) != asleep[pool])) {
            explore_fail("%zu bytes are lost, %u wait", lost(pool), (unsigned)atomic_load(&world.pools[pool].waits));
        }
        if (frozen == EXPLORE_NONE && lfm_heap_check(&world.heaps[pool]) != LFM_OK) {
            explore_fail("the heap is damaged");
        }
        if (frozen != EXPLORE_NONE && lost(pool) > ALL) {
            explore_fail("a block has two owners");
        }
    }
}

static const script scripts[] = {
    {"zephyr, a free against a waiter", {"a|f", "A"}, 3},
    {"zephyr, two frees against a waiter", {"uu|ff", "u|f", "A"}, 2},
    {"zephyr, two waiters", {"a|f", "U", "U"}, 2},
    {"zephyr, two frees and two waiters", {"uuu|f", "u|fU", "U"}, 2},
    {"zephyr, two waiters, one block", {"uuuu|f", "U", "U"}, 2},
    {"zephyr, a look beside a free", {"s", "uuuu|f", "U", "U"}, 1},
    {"zephyr, two frees for two", {"uu|f", "uu|f", "U", "U"}, 1},
    {"zephyr, a large request in front", {"uuuu|zf", "A", "U"}, 1},
    {"zephyr, a small request in front", {"a|zf", "U", "A"}, 1},
    {"zephyr, an urgent waiter", {"uuuu|zf", "U", "P"}, 1},
    {"zephyr, a block passes a waiter", {"a|f", "af", "A"}, 2},
    {"zephyr, a thread that waited frees", {"a|f", "Uf", "A"}, 2},
    {"zephyr, a cancelled waiter and another", {"a|f", "c", "A"}, 2},
    {"zephyr, a wait that ends in time", {"a|f", "T"}, 3},
    {"zephyr, a wait that ends in time and another", {"a|f", "T", "A"}, 2},
    {"zephyr, the same waiter for another pool", {"uuuu|f", "oooo|tO"}, 3},
    {"zephyr, a waiter for another pool under a look", {"uuuu|f", "oooo|TO", "U"}, 2},
    {"zephyr, more threads than waiters", {"a|f", "U", "U", "U"}, 0},
    {"zephyr, pools on the list", {"m", "nm"}, 3},
    {"zephyr, a pool that ended comes back", {"mnx|m", "nm"}, 3},
    {"zephyr, a pool that was made late", {"N", "m"}, 3},
    {"zephyr, a pool that was made late is looked at", {"N", "m|F"}, 4},
    {"zephyr, a thread gets a pool that was made late", {"r", "q"}, 4},
    {"zephyr, a look at a waiter that asks for more", {"a|fs", "tA"}, 2},
    {"zephyr, one waiter for two waits", {"41", "R"}, 4},
    {"zephyr, a second waiter that knows the first", {"uuuu|f", "U", "kU", "s"}, 1},
    {"zephyr, one pool by three", {"m", "nm", "m"}, 2},
    {"zephyr, an array of heaps", {"v", "vl", "l"}, 3},
    {"zephyr, large", {"ufUfuf", "uUffuf", "aftAff", "sufusf"}, EXPLORE_RANDOM},
};

size_t zephyr_scenarios(explore_scenario *out, size_t room)
{
    const explore_scenario common = {
        .weak_failures = 1,
        .may_sleep = true,
        .world = {(unsigned char *)&world, sizeof world},
        .setup = setup,
        .context = run,
        .observe = observe,
        .finish = finish,
    };
    return script_scenarios(scripts, sizeof scripts / sizeof *scripts, sizeof *scripts, &common, out, room);
}
