/* SPDX-License-Identifier: MIT */
/* Every core's thread, and its timer interrupt where there is one, take blocks from a pool, a pool with two lists, a
 * dynamic pool and a heap, keep them, and give them back in random order. (An interrupt keeps blocks, too. If it gave
 * back all that it took, no list would come back with other links below the same top.) Owners fill their blocks and
 * find them untouched. There are as many blocks as all contexts together may have, so no call may fail. At the end of
 * each round every block must be there. At the end of all, contexts must have met often enough.
 *
 * Each round has another period of the timer. Under QEMU's -icount every instruction takes the same time. So interrupts
 * come between any two of them in the end, and each run of one core is the same. */
#include "check.h"
#include "machine.h"
#include "rng.h"
#include <lfmem/lfmem.h>
#include <string.h>

/* From the build: STRESS_OPS of each thread in a round; STRESS_ROUNDS, the fewest, and STRESS_MOST_ROUNDS;
 * STRESS_RETRIES of each allocator, before which there is no end; STRESS_PERIOD, by which periods of the timer are
 * multiplied. */
enum {
    HELD = 3, /* blocks of each allocator that a context may have */
    BLOCKS = HELD * MACHINE_CONTEXTS,
    BLOCK_BYTES = 16,
    PLACES = BLOCKS <= 8 ? 8 : BLOCKS <= 16 ? 16 : 32, /* for as many blocks of a heap */
    HEAP_UNIT = 16,
    LARGEST = LFM_WORD_BITS == 64 ? 16 * HEAP_UNIT : 4 * HEAP_UNIT, /* a whole word of units: merges are common */
    HEAP_BYTES = PLACES * LARGEST,
    SEED = 1,
};
_Static_assert(BLOCKS <= PLACES, "each has a place");

LFM_POOL_DEFINE(pool, BLOCKS, BLOCK_BYTES, 8);
LFM_POOL_DEFINE_SHARDED(sharded, BLOCKS, BLOCK_BYTES, 8, 2);
LFM_SEGMENT_DEFINE(segment, 64 * BLOCKS + 512, 32);
LFM_HEAP_DEFINE(heap, HEAP_BYTES, HEAP_UNIT, LFM_FIT_TRIMMED);
#if LFM_INLINES_ /* calls on static objects are in line; then others are not looked at */
LFM_DYNPOOL_DEFINE(dynpool, segment, BLOCKS / 2, BLOCKS, 1, BLOCK_BYTES, 8);
#else
static lfm_dynpool dynpool[1];
#endif

static void *pool_take(size_t bytes)
{
    (void)bytes;
    return lfm_pool_get(pool);
}

static lfm_status pool_give(void *block)
{
    return lfm_pool_put(pool, block);
}

static void *sharded_take(size_t bytes)
{
    (void)bytes;
    return lfm_pool_get(sharded);
}

static lfm_status sharded_give(void *block)
{
    return lfm_pool_put(sharded, block);
}

static void *dynpool_take(size_t bytes)
{
    (void)bytes;
    return lfm_dynpool_get(dynpool);
}

static lfm_status dynpool_give(void *block)
{
    return lfm_dynpool_put(dynpool, block);
}

static void *heap_take(size_t bytes)
{
    return lfm_heap_alloc(heap, bytes);
}

static lfm_status heap_give(void *block)
{
    return lfm_heap_free(heap, block);
}

typedef struct kind {
    const char *name;
    void *(*take)(size_t bytes);
    lfm_status (*give)(void *block);
    size_t largest; /* block; the others are of any size up to it, the small ones as often as the large ones */
} kind;

enum {
    KINDS = 4
};

static const kind kinds[KINDS] = {
    {"pool", pool_take, pool_give, BLOCK_BYTES},
    {"sharded pool", sharded_take, sharded_give, BLOCK_BYTES},
    {"dynamic pool", dynpool_take, dynpool_give, BLOCK_BYTES},
    {"heap", heap_take, heap_give, LARGEST},
};

typedef struct holding {
    uint32_t *block;
    size_t words;
    uint32_t stamp;
} holding;

/* Each is its context's own while contexts run. */
typedef struct context {
    rng random;
    uint32_t stamp; /* of its next block: no two contexts have the same */
    uint32_t calls; /* of an interrupt */
    unsigned kind;  /* that it is at */
    unsigned held[KINDS];
    holding holdings[KINDS][HELD];
    uint32_t ops[KINDS], retries[KINDS];
} context;

static context contexts[MACHINE_CONTEXTS];
static uint32_t period;

void count_retry(void);
void count_retry(void)
{
    context *const c = &contexts[machine_context()];
    c->retries[c->kind]++;
}

static void take(context *c)
{
    const kind *const from = &kinds[c->kind];
    holding *const h = &c->holdings[c->kind][c->held[c->kind]];
    size_t bytes = from->largest;
    if (bytes > BLOCK_BYTES) {
        bytes >>= 2 * rng_below(&c->random, 3);
        bytes -= rng_below(&c->random, 2) * rng_below(&c->random, (uint32_t)bytes / 2);
    }
    h->block = from->take(bytes);
    MUST(h->block != NULL, "%s: no block of %zu bytes for context %td, although there are enough for all", from->name,
         bytes, c - contexts);
    h->words = bytes / sizeof *h->block;
    h->stamp = c->stamp += MACHINE_CONTEXTS;
    for (size_t i = 0; i < h->words; i++) {
        h->block[i] = h->stamp ^ (uint32_t)i;
    }
    c->held[c->kind]++;
}

static void give(context *c, unsigned number)
{
    const kind *const to = &kinds[c->kind];
    holding *const h = &c->holdings[c->kind][number];
    for (size_t i = 0; i < h->words; i++) {
        MUST(h->block[i] == (h->stamp ^ (uint32_t)i),
             "%s: word %zu of %zu at %p of context %td is somebody else's: %lx", to->name, i, h->words,
             (void *)h->block, c - contexts, (unsigned long)h->block[i]);
    }
    const lfm_status status = to->give(h->block);
    MUST(status == LFM_OK, "%s: %p of context %td: %s", to->name, (void *)h->block, c - contexts,
         lfm_status_string(status));
    *h = c->holdings[c->kind][--c->held[c->kind]];
}

static void step(context *c)
{
    c->kind = rng_below(&c->random, KINDS);
    const unsigned held = c->held[c->kind];
    if (held == 0 || (held < HELD && rng_below(&c->random, 2) == 0)) {
        take(c);
    } else {
        give(c, rng_below(&c->random, held));
    }
    c->ops[c->kind]++;
}

static void interrupt(void)
{
    context *const c = &contexts[machine_context()];
    c->calls++;
    for (uint32_t n = 1 + rng_below(&c->random, 3); n > 0; n--) {
        step(c);
    }
}

static void work(unsigned core)
{
    context *const c = &contexts[machine_context()];
    MUST(c == &contexts[2 * core], "core %u has context %td", core, c - contexts);
    machine_tick_start(period, interrupt);
    for (uint32_t op = 0; op < STRESS_OPS; op++) {
        step(c);
    }
    machine_tick_stop();
}

/* Nobody is at work: everything is given back, and every block can be taken, once. */
static void give_all(context *c)
{
    for (c->kind = 0; c->kind < KINDS; c->kind++) {
        while (c->held[c->kind] > 0) {
            give(c, 0);
        }
    }
}

static void drain(const kind *k)
{
    void *blocks[BLOCKS];
    for (unsigned i = 0; i < BLOCKS; i++) {
        blocks[i] = k->take(k->largest);
        MUST(blocks[i] != NULL, "%s: block %u of %u is lost", k->name, i, (unsigned)BLOCKS);
        for (unsigned other = 0; other < i; other++) {
            MUST(blocks[i] != blocks[other], "%s: %p is there twice", k->name, blocks[i]);
        }
    }
    MUST(k->largest != BLOCK_BYTES || k->take(1) == NULL, "%s: one block too many", k->name);
    for (unsigned i = 0; i < BLOCKS; i++) {
        MUST(k->give(blocks[i]) == LFM_OK, "%s: %p cannot be given back", k->name, blocks[i]);
    }
}

static void account(void)
{
    for (unsigned i = 0; i < MACHINE_CONTEXTS; i++) {
        give_all(&contexts[i]);
    }
    MUST(lfm_pool_check(pool) == LFM_OK, "pool");
    MUST(lfm_pool_check(sharded) == LFM_OK, "sharded pool");
    MUST(lfm_dynpool_check(dynpool) == LFM_OK, "dynamic pool");
    MUST(lfm_heap_check(heap) == LFM_OK, "heap");
    for (unsigned i = 0; i < KINDS; i++) {
        drain(&kinds[i]);
    }
    lfm_heap_stats_t stats;
    lfm_heap_stats(heap, &stats);
    MUST(stats.used == 0 && stats.failures == 0, "heap: %zu bytes used, %zu failures", stats.used, stats.failures);
    void *const whole = lfm_heap_alloc(heap, HEAP_BYTES);
    MUST(whole != NULL && lfm_heap_free(heap, whole) == LFM_OK, "heap: not to be had as one block");
}

static uint32_t retries(unsigned k)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < MACHINE_CONTEXTS; i++) {
        sum += contexts[i].retries[k];
    }
    return sum;
}

/* Whether contexts have met often enough. */
static bool is_enough(unsigned rounds)
{
    const uint32_t wanted = STRESS_RETRIES;
    bool enough = rounds >= STRESS_ROUNDS;
    for (unsigned k = 0; k < KINDS; k++) {
        enough = enough && retries(k) >= wanted;
    }
    return enough;
}

static void report(unsigned rounds)
{
    uint32_t calls = 0;
    for (unsigned i = 0; i < MACHINE_CONTEXTS; i++) {
        calls += contexts[i].calls;
    }
    printf("%u cores, words of %d bits, %u rounds, %lu interrupts\n", MACHINE_CORES, LFM_WORD_BITS, rounds,
           (unsigned long)calls);
    for (unsigned k = 0; k < KINDS; k++) {
        uint32_t ops = 0;
        for (unsigned i = 0; i < MACHINE_CONTEXTS; i++) {
            ops += contexts[i].ops[k];
        }
        printf("%-12s %8lu calls, %6lu retries\n", kinds[k].name, (unsigned long)ops, (unsigned long)retries(k));
    }
    MUST(is_enough(rounds), "contexts hardly met");
}

/* Each time with another number of initial blocks. A static one is as the round before has left it. */
static void make_dynpool(unsigned round)
{
#if LFM_INLINES_
    (void)round;
#else
    const lfm_dynpool_config config = {
        .block_size = BLOCK_BYTES, .align = 8, .initial = round % BLOCKS, .maximum = BLOCKS, .grow = 1};
    lfm_segment_reset(segment);
    const lfm_status status = lfm_dynpool_init(dynpool, segment, &config);
    MUST(status == LFM_OK, "%s", lfm_status_string(status));
#endif
}

int main(void)
{
    /* so short that an interrupt is to be expected in every call, and long enough for one that has none */
    static const uint16_t periods[] = {61, 89, 127, 181, 257, 367, 521, 743, 1049};
    const unsigned length = sizeof periods / sizeof *periods;
    unsigned rounds = 0;
    for (unsigned i = 0; i < MACHINE_CONTEXTS; i++) {
        contexts[i].random.state = SEED + i;
        contexts[i].stamp = i;
    }
    for (; rounds < STRESS_MOST_ROUNDS && !is_enough(rounds); rounds++) {
        make_dynpool(rounds);
        period = STRESS_PERIOD * (periods[rounds % length] + rounds / length);
        machine_run(work);
        account();
    }
    report(rounds);
    return 0;
}
