/* SPDX-License-Identifier: MIT */
/* Threads take and give blocks at random and pass some on to others. Every owner fills its blocks and finds them
 * untouched; at the end every block is there. While all threads together may hold no more blocks than there are, no get
 * may fail (G3).
 *
 * A thread holds several blocks and gives them in random order. With one at a time no list would come back with other
 * links below the same top, and a missing tag would not be noticed.
 *
 * With -c each thread has a cache, through which go most of its calls; the others go to the pool itself. */
#include "rng.h"
#include "stress.h"
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

typedef struct worker {
    rng random;
    uint32_t number;
    uint32_t holding, most;
    uint64_t ops, nulls, stamps;
    _Alignas(64) lfm_cache cache;
    void *slots[STRESS_MAX_SLOTS];
    void *blocks[STRESS_MAX_HELD];
    uint64_t filled[STRESS_MAX_HELD]; /* the stamp that is in each block */
} worker;

typedef struct run {
    stress_options options;
    stress_pool pool;
    bool strict;       /* no get may fail */
    uint32_t capacity; /* blocks that a thread may have in its own hands */
    /* A slot for each thread, through which any thread passes blocks on. What is in it counts as held by that thread.
     */
    _Atomic(void *) slots[STRESS_MAX_THREADS];
    worker workers[STRESS_MAX_THREADS];
} run;

static void keep(run *r, worker *w, void *block)
{
    stress_index(&r->pool, block);
    w->filled[w->holding] = stress_stamp(w->number, w->stamps++);
    w->blocks[w->holding] = block;
    stress_fill(block, w->filled[w->holding]);
    w->holding++;
    w->most = w->holding > w->most ? w->holding : w->most;
}

/* One of the blocks in hand, by chance, as it was left. */
static void *leave(worker *w)
{
    const uint32_t i = rng_below(&w->random, w->holding);
    void *const block = w->blocks[i];
    const uint64_t stamp = stress_verify(block);
    MUST(stamp == w->filled[i], "thread %" PRIu32 " owns a block that %016" PRIx64 " wrote to", w->number, stamp);
    w->holding--;
    w->blocks[i] = w->blocks[w->holding];
    w->filled[i] = w->filled[w->holding];
    return block;
}

static uint32_t how_many(run *r, worker *w, uint32_t most)
{
    const uint32_t n = 1 + rng_below(&w->random, r->options.many);
    return n < most ? n : most;
}

/* Whether the next call goes through the thread's cache. */
static bool is_cached(run *r, worker *w)
{
    return r->options.cache != 0 && rng_below(&w->random, 8) != 0;
}

static void take(run *r, worker *w)
{
    void *blocks[STRESS_MAX_MANY];
    size_t wanted = 1, got;
    const bool cached = is_cached(r, w);
    if (r->options.many == 1) {
        blocks[0] = cached ? lfm_cache_get(&w->cache) : stress_get(&r->pool);
        got = blocks[0] != NULL;
    } else {
        wanted = how_many(r, w, r->capacity - w->holding);
        got = cached ? lfm_cache_get_many(&w->cache, blocks, wanted) : lfm_pool_get_many(r->pool.pool, blocks, wanted);
    }
    MUST(got <= wanted, "%zu blocks instead of %zu", got, wanted);
    MUST(!r->strict || got == wanted, "%zu blocks instead of %zu, although there are enough for all", got, wanted);
    for (size_t i = 0; i < got; i++) {
        keep(r, w, blocks[i]);
    }
    w->nulls += got < wanted;
    w->ops += got + (got < wanted);
}

static void put(run *r, worker *w, void *block)
{
    const lfm_status status = is_cached(r, w) ? lfm_cache_put(&w->cache, block) : stress_put(&r->pool, block);
    MUST(status == LFM_OK, "%s", lfm_status_string(status));
    w->ops++;
}

static void give(run *r, worker *w)
{
    if (r->options.many == 1) {
        put(r, w, leave(w));
        return;
    }
    void *blocks[STRESS_MAX_MANY];
    const uint32_t n = how_many(r, w, w->holding);
    for (uint32_t i = 0; i < n; i++) {
        blocks[i] = leave(w);
    }
    const lfm_status status =
        is_cached(r, w) ? lfm_cache_put_many(&w->cache, blocks, n) : lfm_pool_put_many(r->pool.pool, blocks, n);
    MUST(status == LFM_OK, "%s", lfm_status_string(status));
    w->ops += n;
}

/* Takes what is in some thread's slot: where blocks are short, slots would end up with all of them. */
static void fetch(run *r, worker *w)
{
    _Atomic(void *) *const slot = &r->slots[rng_below(&w->random, r->options.threads)];
    void *const block = atomic_exchange_explicit(slot, NULL, memory_order_acq_rel);
    if (block != NULL) {
        stress_verify(block);
        keep(r, w, block);
    }
}

/* Leaves a block in some thread's slot, and puts or keeps the one that was there. */
static void pass(run *r, worker *w)
{
    _Atomic(void *) *const slot = &r->slots[rng_below(&w->random, r->options.threads)];
    void *const other = atomic_exchange_explicit(slot, leave(w), memory_order_acq_rel);
    if (other == NULL) {
        return;
    }
    stress_verify(other);
    if (rng_below(&w->random, 2) == 0) {
        put(r, w, other);
    } else {
        keep(r, w, other);
    }
}

static void work(void *arg, uint32_t number)
{
    run *const r = arg;
    worker *const w = &r->workers[number];
    w->number = number;
    w->random.state = r->options.seed + number * UINT64_C(0xd1342543de82ef95);
    if (r->options.cache != 0) {
        MUST(lfm_cache_init(&w->cache, r->pool.pool, w->slots, r->options.cache) == LFM_OK, "a cache");
    }
    while (w->ops < r->options.ops) {
        const uint32_t dice = rng_below(&w->random, 16);
        if (w->holding == 0 || (dice < 8 && w->holding < r->capacity)) {
            take(r, w);
            if (w->holding == 0) {
                fetch(r, w);
            }
        } else if (r->options.cache != 0 && rng_below(&w->random, 64) == 0) {
            lfm_cache_flush(&w->cache);
        } else if (dice < 15 || r->capacity == r->options.held) {
            give(r, w);
        } else {
            pass(r, w);
        }
    }
    while (w->holding > 0) {
        give(r, w);
    }
    lfm_cache_flush(&w->cache);
}

static void empty_slots(run *r)
{
    for (uint32_t i = 0; i < r->options.threads; i++) {
        void *const block = atomic_load_explicit(&r->slots[i], memory_order_relaxed);
        if (block != NULL) {
            stress_verify(block);
            put(r, &r->workers[0], block);
        }
    }
    lfm_cache_flush(&r->workers[0].cache);
}

/* The most that was taken at once is at least what one thread had. It is at most what all may have had, in hands and
 * caches. Shards keep their own marks, whose sum may be more. */
static void check_peak(const run *r, uint32_t most)
{
    const uint64_t all = (uint64_t)r->options.threads * (r->options.held + r->options.cache);
    const uint64_t limit = r->options.shards == 1 && all < r->pool.count ? all : r->pool.count;
    const size_t peak = stress_peak(&r->pool);
    MUST(peak >= most && peak <= limit, "%zu blocks were missing at once, not %" PRIu32 " to %" PRIu64, peak, most,
         limit);
}

/* All that the threads do with one pool. Returns the seconds. */
static double once(run *r, uint64_t *ops, uint64_t *nulls)
{
    uint32_t most = 0;
    stress_pool_make(&r->pool, &r->options);
    const double seconds = stress_run(&r->options, work, r);
    empty_slots(r);
    for (uint32_t i = 0; i < r->options.threads; i++) {
        *ops += r->workers[i].ops;
        *nulls += r->workers[i].nulls;
        most = r->workers[i].most > most ? r->workers[i].most : most;
    }
    check_peak(r, most);
    stress_account(&r->pool);
    stress_pool_end(&r->pool);
    return seconds;
}

int main(int argc, char **argv)
{
    static run r = {.options = {.threads = 4, .ops = 200000, .blocks = 64, .shards = 1, .held = 8, .many = 1}};
    uint64_t ops = 0, nulls = 0;
    double seconds = 0;
    stress_parse(argc, argv, &r.options);
    r.strict = (uint64_t)r.options.threads * (r.options.held + r.options.cache) <= r.options.blocks;
    r.capacity = r.options.held - (r.options.held > 1); /* the rest is in the thread's slot */
    for (uint32_t round = 0; round < r.options.rounds; round++, r.options.seed++) {
        memset(r.workers, 0, sizeof r.workers);
        memset(r.slots, 0, sizeof r.slots);
        seconds += once(&r, &ops, &nulls);
    }
    stress_report(ops, nulls, seconds);
    return 0;
}
