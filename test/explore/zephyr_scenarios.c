/* SPDX-License-Identifier: MIT */
/* Scenarios of Zephyr's front-end: waiting, and the list of pools that k_free() looks at. A pool has four blocks, or
 * one of all four. A context follows a script, a letter for each call:
 *
 *     u    take one block         U    the same, and wait for it for ever
 *     a    take all four as one   A    the same, and wait for it for ever
 *     c    wait for one block for ever, and be cancelled on falling asleep
 *     f    free the block held longest
 *     m n  k_mem_pool_malloc() from the one or the other pool, and k_free()
 *     x    end the one pool, while nobody else is there
 *     |    what is left of it is done by setup, one context after the other
 *
 * Here, who has to sleep does not get up again: its context ends. Checked: when all is done, nobody sleeps for whose
 * block there is room unless somebody has called the wake for it; each k_free() finds its pool. With a context frozen:
 * the others end (and what it has kept from waking, waiters find when they look again by themselves). */
#include "../../lib/compat/zephyr.h"
#include "scenarios.h"
#include "script.h"
#include <setjmp.h>
#include <string.h>

void explore_point(void);
uintptr_t explore_context(void);

enum {
    UNIT = 64,
    ALL = 4 * UNIT,
    POOLS = 2,
    HELD_MAX = 4
};

typedef struct actor {
    struct k_mem_block held[HELD_MAX];
    size_t n;
    bool asleep, ended, is_cancelled;
    size_t waits_for; /* bytes */
    jmp_buf bed;
} actor;

static struct {
    lfm_heap heaps[POOLS];
    struct k_mem_pool pools[POOLS];
    _Alignas(64) unsigned char storage[POOLS][LFM_ROUND_UP_(LFM_HEAP_STORAGE_BYTES(ALL, UNIT), 64)];
    actor actors[EXPLORE_CONTEXTS_MAX];
} world;

int64_t lfm_zephyr_uptime(void)
{
    return 0;
}

void lfm_zephyr_wait(const lfm_zephyr_word *word, uint32_t seen, int64_t until)
{
    (void)until;
    explore_point();
    actor *const a = &world.actors[explore_context()];
    if (a->is_cancelled || atomic_load(word) == seen) {
        a->asleep = !a->is_cancelled;
        longjmp(a->bed, 1);
    }
}

void lfm_zephyr_wake(lfm_zephyr_word *word)
{
    explore_point();
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX && word == &world.pools[0].waits; i++) {
        world.actors[i].asleep = false;
    }
}

static void take(actor *a, size_t bytes, k_timeout_t timeout)
{
    a->waits_for = bytes;
    if (setjmp(a->bed) != 0) {
        a->ended = true;
        return;
    }
    if (k_mem_pool_alloc(&world.pools[0], &a->held[a->n], bytes, timeout) == 0) {
        a->n++;
    } else if (timeout == K_FOREVER) {
        explore_fail("a wait for ever has ended");
    }
}

static void give(actor *a)
{
    if (a->n > 0) {
        struct k_mem_block block = a->held[0];
        a->n--;
        memmove(a->held, a->held + 1, a->n * sizeof *a->held);
        k_mem_pool_free(&block);
    }
}

static void malloc_and_free(struct k_mem_pool *pool)
{
    void *const block = k_mem_pool_malloc(pool, 1);
    if (block == NULL) {
        explore_fail("no block");
    }
    const lfm_status status = lfm_zephyr_free(block);
    if (status != LFM_OK) {
        explore_fail("k_free: %s", lfm_status_string(status));
    }
}

static void act(int me, char letter, const void *argument)
{
    actor *const a = &world.actors[me];
    (void)argument;
    if (a->ended) {
        return;
    }
    switch (letter) {
    case 'f':
        give(a);
        break;
    case 'c':
        a->is_cancelled = true;
        take(a, UNIT, K_FOREVER);
        a->is_cancelled = false;
        break;
    case 'x':
        lfm_zephyr_pool_fini(&world.pools[0]);
        break;
    case 'm':
    case 'n':
        malloc_and_free(&world.pools[letter - 'm']);
        break;
    default:
        take(a, letter == 'u' || letter == 'U' ? UNIT : ALL, letter == 'U' || letter == 'A' ? K_FOREVER : K_NO_WAIT);
    }
}

static void setup(const void *argument)
{
    const lfm_heap_config config = {.min_block = UNIT, .fit = LFM_FIT_BUDDY4};
    memset(&world, 0, sizeof world);
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
    script_prepare(argument, act);
}

static void run(int me, const void *argument)
{
    script_follow(me, argument, act);
}

static void finish(int frozen, const void *argument)
{
    (void)argument;
    struct k_mem_block block;
    for (int me = 0; me < EXPLORE_CONTEXTS_MAX && frozen == EXPLORE_NONE; me++) {
        const actor *a = &world.actors[me];
        if (a->asleep && k_mem_pool_alloc(&world.pools[0], &block, a->waits_for, K_NO_WAIT) == 0) {
            explore_fail("context %d sleeps though there is room for it", me);
        }
    }
    if (frozen == EXPLORE_NONE && lfm_heap_check(&world.heaps[0]) != LFM_OK) {
        explore_fail("the heap is damaged");
    }
}

static const script scripts[] = {
    {"zephyr, a free against a waiter", {"a|f", "A"}, 5},
    {"zephyr, two frees against a waiter", {"uu|ff", "u|f", "A"}, 2},
    {"zephyr, two waiters", {"a|f", "U", "U"}, 2},
    {"zephyr, two waiters, a block each", {"uu|ff", "uu|U", "U"}, 2},
    {"zephyr, a block passes a waiter", {"a|f", "af", "A"}, 2},
    {"zephyr, who waited frees", {"a|f", "Uf", "A"}, 2},
    {"zephyr, a cancelled waiter and another", {"a|f", "c", "A"}, 2},
    {"zephyr, pools on the list", {"m", "nm"}, 3},
    {"zephyr, a pool that ended comes back", {"mnx|m", "nm"}, 3},
    {"zephyr, one pool by three", {"m", "nm", "m"}, 2},
};

size_t zephyr_scenarios(explore_scenario *out, size_t room)
{
    const explore_scenario common = {
        .weak_failures = 1,
        .setup = setup,
        .context = run,
        .finish = finish,
    };
    return script_scenarios(scripts, sizeof scripts / sizeof *scripts, sizeof *scripts, &common, out, room);
}
