/* SPDX-License-Identifier: MIT */
/* Threads allocate with random sizes and alignments, padded and not, until a
 * segment is full. From the base to what the segment says is used, allocations lie as close as alignment allows. So
 * none overlaps another, and nothing is lost. An allocation fails only if it does not fit; as room only shrinks, what
 * fits afterwards did fit. */
#include "rng.h"
#include "stress.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    SPARE = 4096, /* the base lies up to that many bytes behind the memory's */
    FAILURES = 8  /* of a thread in a row: the segment is as good as full */
};

typedef struct item {
    uintptr_t start;
    size_t bytes, align; /* as they must be after padding */
    uint64_t stamp;
} item;

typedef struct worker {
    item *items; /* room for as many as the segment has bytes */
    size_t n;
    uint64_t failures;
} worker;

typedef struct run {
    stress_options options;
    lfm_segment segment;
    unsigned char *memory, *base;
    size_t bytes, padding;
    worker workers[STRESS_MAX_THREADS];
} run;

static size_t round_up(size_t bytes, size_t align)
{
    return (bytes + align - 1) & ~(align - 1);
}

/* A byte that tells whose the memory is, and where. */
static unsigned char pattern(const item *piece, size_t i)
{
    return (unsigned char)(piece->stamp * 31 + piece->start + i);
}

/* What a thread sees of the law while others allocate. */
static void look(const run *r, size_t *used)
{
    lfm_segment_stats_t stats;
    lfm_segment_stats(&r->segment, &stats);
    MUST(stats.bytes == r->bytes && stats.used + stats.free == stats.bytes && stats.padding == r->padding,
         "%zu used, %zu free of %zu bytes", stats.used, stats.free, stats.bytes);
    MUST(stats.used >= *used, "%zu bytes were used, and then %zu", *used, stats.used);
    *used = stats.used;
}

/* Allocates something by chance; false: it did not fit. */
static bool allocate(run *r, worker *w, rng *random, uint64_t stamp)
{
    size_t bytes = 1 + rng_below(random, rng_below(random, 16) == 0 ? 2000 : 100);
    size_t align = (size_t)1 << rng_below(random, rng_below(random, 16) == 0 ? 13 : 7);
    const bool padded = rng_below(random, 4) == 0;
    void *const got =
        padded ? lfm_segment_alloc_padded(&r->segment, bytes, align) : lfm_segment_alloc(&r->segment, bytes, align);
    if (padded) {
        bytes = round_up(bytes, r->padding);
        align = align > r->padding ? align : r->padding;
    }
    if (got == NULL) {
        const size_t left = lfm_segment_remaining(&r->segment, align);
        MUST(left < bytes, "%zu bytes at a multiple of %zu did not fit, and %zu are left", bytes, align, left);
        w->failures++;
        return false;
    }
    const item piece = {(uintptr_t)got, bytes, align, stamp};
    MUST(bytes <= r->bytes && piece.start - (uintptr_t)r->base <= r->bytes - bytes, "%p is outside", got);
    for (size_t i = 0; i < bytes; i++) {
        ((unsigned char *)got)[i] = pattern(&piece, i);
    }
    w->items[w->n++] = piece;
    return true;
}

static void work(void *arg, uint32_t number)
{
    run *const r = arg;
    worker *const w = &r->workers[number];
    rng random = {r->options.seed + number * UINT64_C(0xd1342543de82ef95)};
    size_t used = 0;
    unsigned char *byte;
    for (unsigned failed = 0; failed < FAILURES;) {
        failed = allocate(r, w, &random, stress_stamp(number, w->n)) ? 0 : failed + 1;
        const size_t n = w->n;
        MUST(n < 2 || w->items[n - 1].start > w->items[n - 2].start, "the second of two lies below the first");
        look(r, &used);
    }
    while ((byte = lfm_segment_alloc(&r->segment, 1, 1)) != NULL) { /* to its last byte, between all */
        const item piece = {(uintptr_t)byte, 1, 1, number};
        *byte = pattern(&piece, 0);
        w->items[w->n++] = piece;
    }
}

static int by_start(const void *left, const void *right)
{
    const uintptr_t a = ((const item *)left)->start, b = ((const item *)right)->start;
    return (a > b) - (a < b);
}

/* Checks one round; `all` has room for the pieces of all threads. Returns how
 * many there were. */
static size_t check(run *r, item *all)
{
    size_t n = 0;
    uintptr_t end = (uintptr_t)r->base;
    lfm_segment_stats_t stats;
    for (uint32_t t = 0; t < r->options.threads; t++) {
        memcpy(all + n, r->workers[t].items, r->workers[t].n * sizeof *all);
        n += r->workers[t].n;
    }
    qsort(all, n, sizeof *all, by_start);
    for (size_t i = 0; i < n; i++) {
        const uintptr_t start = round_up(end, all[i].align);
        MUST(all[i].start == start, "piece %zu of %zu is %td bytes from where it must be", i, n,
             (ptrdiff_t)(all[i].start - start));
        for (size_t k = 0; k < all[i].bytes; k++) {
            MUST(((unsigned char *)start)[k] == pattern(&all[i], k), "piece %zu was overwritten", i);
        }
        end = start + all[i].bytes;
    }
    MUST(end == (uintptr_t)r->base + r->bytes, "the last of %zu pieces ends before the segment", n);
    lfm_segment_stats(&r->segment, &stats);
    MUST(stats.used == r->bytes && stats.free == 0, "%zu of %zu bytes are used", stats.used, r->bytes);
    return n;
}

/* Base, length and padding differ from round to round; every other one takes up
 * the same segment by a reset. */
static void begin(run *r, uint32_t round)
{
    for (uint32_t t = 0; t < r->options.threads; t++) {
        r->workers[t].n = 0;
    }
    if (round % 2 == 1) {
        lfm_segment_reset(&r->segment);
        return;
    }
    rng random = {r->options.seed};
    r->bytes = (size_t)r->options.blocks * STRESS_BLOCK_BYTES - rng_below(&random, STRESS_BLOCK_BYTES);
    r->padding = (size_t)1 << rng_below(&random, 8);
    r->base = r->memory + rng_below(&random, SPARE);
    MUST(lfm_segment_init(&r->segment, r->base, r->bytes, r->padding) == LFM_OK, "no segment");
}

static void *allocate_array(size_t n, size_t bytes)
{
    void *const memory = calloc(n, bytes);
    NEED(memory != NULL, "no memory for %zu items", n);
    return memory;
}

int main(int argc, char **argv)
{
    static run r = {.options = {.threads = 4, .ops = 1, .blocks = 1000, .shards = 1, .held = 1, .many = 1}};
    uint64_t ops = 0, failures = 0;
    double seconds = 0;
    stress_parse(argc, argv, &r.options);
    const size_t most = (size_t)r.options.blocks * STRESS_BLOCK_BYTES;
    r.memory = allocate_array(most + SPARE, 1);
    item *const all = allocate_array(most, sizeof *all);
    for (uint32_t t = 0; t < r.options.threads; t++) {
        r.workers[t].items = allocate_array(most, sizeof *all);
    }
    for (uint32_t round = 0; round < r.options.rounds; round++, r.options.seed++) {
        begin(&r, round);
        seconds += stress_run(&r.options, work, &r);
        ops += check(&r, all);
    }
    for (uint32_t t = 0; t < r.options.threads; t++) {
        failures += r.workers[t].failures;
        free(r.workers[t].items);
    }
    stress_report(ops, failures, seconds);
    free(all);
    free(r.memory);
    return 0;
}
