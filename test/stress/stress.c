/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L
#include "stress.h"
#include "rng.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char replay[256]; /* constant once options are parsed */
static const char *program = "";
_Thread_local bool stress_is_in_line = true;
static atomic_flag failed = ATOMIC_FLAG_INIT;

static uint64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t number(const char *text, uint64_t low, uint64_t high)
{
    char *end;
    const uint64_t value = strtoull(text, &end, 0);
    NEED(*text != '\0' && *end == '\0' && value >= low && value <= high, "%s is no number from %" PRIu64 " to %" PRIu64,
         text, low, high);
    return value;
}

static void set_option(stress_options *options, int letter, const char *text)
{
    switch (letter) {
    case 't':
        options->threads = (uint32_t)number(text, 1, STRESS_MAX_THREADS);
        break;
    case 'n':
        options->ops = number(text, 1, UINT64_C(1) << 48);
        break;
    case 'b':
        options->blocks = (uint32_t)number(text, 1, LFM_POOL_MAX_COUNT);
        break;
    case 's':
        options->shards = (uint32_t)number(text, 1, LFM_POOL_MAX_SHARDS);
        break;
    case 'h':
        options->held = (uint32_t)number(text, 1, STRESS_MAX_HELD);
        break;
    case 'm':
        options->many = (uint32_t)number(text, 1, STRESS_MAX_MANY);
        break;
    case 'g':
        options->grow = (uint32_t)number(text, 1, LFM_POOL_MAX_COUNT);
        break;
    case 'c':
        options->cache = (uint32_t)number(text, LFM_CACHE_MIN_SLOTS, STRESS_MAX_SLOTS);
        break;
    case 'i':
        options->in_line = true;
        break;
    case 'd':
        options->doubling = true;
        break;
    case 'u':
        options->unlimited = true;
        break;
    case 'r':
        options->rounds = (uint32_t)number(text, 1, 1000000);
        break;
    case 'S':
        options->seed = number(text, 0, UINT64_MAX);
        break;
    default:
        NEED(false,
             "usage: %s [-t threads] [-n ops] [-b blocks] [-s shards] [-h held] [-m many] [-c slots | -g grow | -d] "
             "[-i] [-u] [-r rounds] [-S seed]",
             program);
    }
}

void stress_parse(int argc, char **argv, stress_options *options)
{
    program = argv[0];
    options->seed = nanoseconds();
    for (int letter; (letter = getopt(argc, argv, "t:n:b:s:h:m:c:g:idur:S:")) != -1;) {
        set_option(options, letter, optarg);
    }
    NEED(optind == argc, "no such argument: %s", argv[optind]);
    const bool dynamic = options->grow != 0 || options->doubling;
    NEED(!dynamic || (options->many <= 1 && options->shards <= 1 && options->cache == 0),
         "a dynamic pool has no shards, no caches and no calls for many");
    NEED(!options->in_line || (!dynamic && options->shards <= 1), "a pool in line has one list");
    if (options->in_line && !in_line_is()) {
        SKIP("calls are not in line in this build");
    }
    options->rounds = options->rounds == 0 ? 1 : options->rounds;
    options->ops = options->ops < options->rounds ? 1 : options->ops / options->rounds;
    char growth[32] = "";
    if (options->cache != 0) {
        snprintf(growth, sizeof growth, " -c %" PRIu32, options->cache);
    } else if (options->doubling) {
        snprintf(growth, sizeof growth, " -d%s", options->unlimited ? " -u" : "");
    } else if (dynamic) {
        snprintf(growth, sizeof growth, " -g %" PRIu32 "%s", options->grow, options->unlimited ? " -u" : "");
    }
    snprintf(replay, sizeof replay,
             "-t %" PRIu32 " -n %" PRIu64 " -b %" PRIu32 " -s %" PRIu32 " -h %" PRIu32 " -m %" PRIu32 "%s%s -r %" PRIu32
             " -S %" PRIu64,
             options->threads, options->ops * options->rounds, options->blocks, options->shards, options->held,
             options->many, growth, options->in_line ? " -i" : "", options->rounds, options->seed);
}

_Noreturn void stress_fail(const char *file, int line, const char *what, const char *format, ...)
{
    va_list arguments;
    while (atomic_flag_test_and_set(&failed)) { /* another thread says so and ends the program */
        pause();
    }
    fprintf(stderr, "%s:%d: %s: ", file, line, what);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\nreplay: %s %s\n", program, replay);
    _Exit(1); /* exit() is not for several threads */
}

static void make_dynamic(stress_pool *pool, const stress_options *options)
{
    const uint32_t blocks = options->blocks;
    const size_t room = (size_t)blocks * STRESS_BLOCK_BYTES * (options->unlimited ? 1 : 2) + STRESS_BLOCK_BYTES - 1;
    const size_t records = LFM_DYNPOOL_METADATA_BYTES(blocks, 2 * (size_t)blocks);
    pool->dynamic = true;
    pool->storage = aligned_alloc(STRESS_BLOCK_BYTES, LFM_ROUND_UP_(room, STRESS_BLOCK_BYTES));
    pool->records = aligned_alloc(STRESS_BLOCK_BYTES, LFM_ROUND_UP_(records, STRESS_BLOCK_BYTES));
    NEED(pool->storage != NULL && pool->records != NULL, "no memory for %" PRIu32 " blocks", blocks);
    memset(pool->records, 0xA5, records);
    const lfm_dynpool_config config = {
        .block_size = STRESS_BLOCK_BYTES,
        .align = STRESS_BLOCK_BYTES,
        .initial = blocks / 4,
        .maximum = options->unlimited ? LFM_UNLIMITED : blocks,
        .grow = options->doubling ? 0 : options->grow,
        .metadata = &pool->metadata,
    };
    const bool made = lfm_segment_init(&pool->segment, pool->storage, room, 1) == LFM_OK &&
                      lfm_segment_init(&pool->metadata, pool->records, records, 1) == LFM_OK &&
                      lfm_dynpool_init(&pool->dynpool, &pool->segment, &config) == LFM_OK;
    MUST(made, "no dynamic pool");
}

void stress_pool_make(stress_pool *pool, const stress_options *options)
{
    const uint32_t blocks = options->blocks, shards = options->shards;
    const size_t bytes = LFM_POOL_STORAGE_BYTES_SHARDED(blocks, STRESS_BLOCK_BYTES, STRESS_BLOCK_BYTES, shards);
    pool->count = blocks;
    if (options->grow != 0 || options->doubling) {
        make_dynamic(pool, options);
        return;
    }
    pool->in_line = options->in_line;
    if (options->in_line) {
        pool->pool = in_line_pool(blocks, STRESS_BLOCK_BYTES, &pool->storage);
        NEED(pool->pool != NULL, "no static pool has %" PRIu32 " blocks", blocks);
        return;
    }
    pool->pool = &pool->own;
    pool->storage = aligned_alloc(STRESS_BLOCK_BYTES, LFM_ROUND_UP_(bytes, STRESS_BLOCK_BYTES));
    NEED(pool->storage != NULL, "no memory for %" PRIu32 " blocks", blocks);
    const lfm_status status =
        lfm_pool_init_sharded(&pool->own, pool->storage, bytes, blocks, STRESS_BLOCK_BYTES, STRESS_BLOCK_BYTES, shards);
    MUST(status == LFM_OK, "%s", lfm_status_string(status));
}

void stress_pool_end(stress_pool *pool)
{
    if (!pool->in_line) {
        free(pool->storage);
    }
    free(pool->records);
}

size_t stress_peak(const stress_pool *pool)
{
    if (pool->dynamic) {
        lfm_dynpool_stats_t stats;
        lfm_dynpool_stats(&pool->dynpool, &stats);
        return stats.peak;
    }
    lfm_pool_stats_t stats;
    lfm_pool_stats(pool->pool, &stats);
    return pool->count - stats.min_free;
}

uint32_t stress_index(const stress_pool *pool, const void *block)
{
    const size_t offset = (size_t)((uintptr_t)block - (uintptr_t)pool->storage);
    MUST(offset % STRESS_BLOCK_BYTES == 0 && offset / STRESS_BLOCK_BYTES < pool->count,
         "a get returned what is no block, at offset %zd", (ptrdiff_t)offset);
    return (uint32_t)(offset / STRESS_BLOCK_BYTES);
}

/* Every block that there is, is free. */
static void require_whole(const stress_pool *pool)
{
    size_t free, created = pool->count;
    if (pool->dynamic) {
        lfm_dynpool_stats_t stats;
        lfm_dynpool_stats(&pool->dynpool, &stats);
        free = stats.free;
        created = stats.created;
        MUST(created <= pool->count, "%zu blocks were created, of %" PRIu32, created, pool->count);
    } else {
        lfm_pool_stats_t stats;
        lfm_pool_stats(pool->pool, &stats);
        free = stats.free;
    }
    MUST(free == created, "%zu of %zu blocks are free at rest", free, created);
    const lfm_status status = pool->dynamic ? lfm_dynpool_check(&pool->dynpool) : lfm_pool_check(pool->pool);
    MUST(status == LFM_OK, "%s", lfm_status_string(status));
}

void stress_account(stress_pool *pool)
{
    require_whole(pool);
    void **const drained = calloc(pool->count, sizeof *drained);
    bool *const seen = calloc(pool->count, sizeof *seen);
    NEED(drained != NULL && seen != NULL, "no memory");
    for (uint32_t i = 0; i < pool->count; i++) {
        drained[i] = stress_get(pool);
        MUST(drained[i] != NULL, "%" PRIu32 " of %" PRIu32 " blocks are lost", pool->count - i, pool->count);
        const uint32_t index = stress_index(pool, drained[i]);
        MUST(!seen[index], "block %" PRIu32 " came twice", index);
        seen[index] = true;
    }
    MUST(stress_get(pool) == NULL, "more blocks than there are");
    for (uint32_t i = 0; i < pool->count; i++) {
        const lfm_status status = stress_put(pool, drained[i]);
        MUST(status == LFM_OK, "%s", lfm_status_string(status));
    }
    require_whole(pool);
    free(seen);
    free(drained);
}

static uint64_t pattern(uint64_t stamp, const void *block, uint32_t word)
{
    rng mixer = {stamp + (uintptr_t)block + word};
    return rng_next(&mixer);
}

void stress_fill(void *block, uint64_t stamp)
{
    uint64_t *const words = block;
    uint64_t sum = words[0] = stamp;
    for (uint32_t i = 1; i < STRESS_BLOCK_WORDS - 1; i++) {
        sum += words[i] = pattern(stamp, block, i);
    }
    words[STRESS_BLOCK_WORDS - 1] = sum;
}

uint64_t stress_verify(const void *block)
{
    const uint64_t *const words = block;
    const uint64_t stamp = words[0];
    uint64_t sum = stamp;
    for (uint32_t i = 1; i < STRESS_BLOCK_WORDS - 1; i++) {
        MUST(words[i] == pattern(stamp, block, i), "word %" PRIu32 " of a block was overwritten: %016" PRIx64, i,
             words[i]);
        sum += words[i];
    }
    MUST(words[STRESS_BLOCK_WORDS - 1] == sum, "a block's checksum is wrong");
    return stamp;
}

typedef struct start {
    pthread_t thread;
    pthread_barrier_t *barrier;
    stress_body *body;
    void *arg;
    uint32_t number;
} start;

static void *started(void *arg)
{
    start *const self = arg;
    pthread_barrier_wait(self->barrier);
    stress_is_in_line = self->number % 2 == 0;
    self->body(self->arg, self->number);
    return NULL;
}

static void begin(start *self, rng *random)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, (1u << 20) + 4096 * (size_t)rng_below(random, 16));
    const int error = pthread_create(&self->thread, &attributes, started, self);
    NEED(error == 0, "%s", strerror(error));
    pthread_attr_destroy(&attributes);
}

double stress_run(const stress_options *options, stress_body *body, void *arg)
{
    start starts[STRESS_MAX_THREADS];
    pthread_barrier_t barrier;
    rng random = {options->seed};
    pthread_barrier_init(&barrier, NULL, options->threads);
    const uint64_t from = nanoseconds();
    for (uint32_t i = 0; i < options->threads; i++) {
        starts[i] = (start){.barrier = &barrier, .body = body, .arg = arg, .number = i};
        begin(&starts[i], &random);
    }
    for (uint32_t i = 0; i < options->threads; i++) {
        pthread_join(starts[i].thread, NULL);
    }
    pthread_barrier_destroy(&barrier);
    return (double)(nanoseconds() - from) * 1e-9;
}

void stress_report(uint64_t ops, uint64_t nulls, double seconds)
{
    const char *const slash = strrchr(program, '/');
    printf("%s %s: %" PRIu64 " ops, %" PRIu64 " NULLs, %.3f s\n", slash != NULL ? slash + 1 : program, replay, ops,
           nulls, seconds);
}
