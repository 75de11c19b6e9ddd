/* SPDX-License-Identifier: MIT */
/* What the unit tests share: a check that costs nothing while it holds, seeds, and a pool in storage that shows every
 * byte which changes. */
#ifndef LFM_TEST_SUPPORT_H
#define LFM_TEST_SUPPORT_H

#include "rng.h"
#include <criterion/criterion.h>
#include <lfmem/lfmem.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SUPPORT_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SUPPORT_ASAN 1
#endif
#ifdef SUPPORT_ASAN
#include <sanitizer/asan_interface.h>
#endif

#if defined(SUPPORT_ASAN) || LFM_VALGRIND
#define RUNNING_UNDER_TOOL 1
#else
#define RUNNING_UNDER_TOOL 0
#endif

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* On slow targets the build asks for a part of the random calls only. */
#ifndef SUPPORT_SHARE
#define SUPPORT_SHARE 1
#endif

static inline __attribute__((noreturn, format(printf, 4, 5))) void
support_fail(const char *file, int line, const char *condition, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    cr_assert_fail("%s:%d: %s: %s", file, line, condition, text);
    abort();
}

/* Criterion tells its parent of every assertion that holds, which is too slow for loops of millions. */
#define MUST(condition, ...)                                              \
    do {                                                                  \
        if (!(condition)) {                                               \
            support_fail(__FILE__, __LINE__, #condition, "" __VA_ARGS__); \
        }                                                                 \
    } while (0)

/* A seed that is new each time, unless LFM_SEED gives it. Prints the line that replays the test. */
static inline rng support_seed(const char *test)
{
    const char *given = getenv("LFM_SEED");
    rng random = {given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL)};
    printf("%s: replay with LFM_SEED=%llu\n", test, (unsigned long long)random.state);
    fflush(stdout);
    return random;
}

/* Free blocks are hidden from AddressSanitizer; a test that looks at them has to show them. */
static inline void support_show(const void *place, size_t bytes)
{
#ifdef SUPPORT_ASAN
    __asan_unpoison_memory_region(place, bytes);
#endif
    (void)place, (void)bytes;
}

/* So many shards, if pools can have any. */
#define SHARDS(n) (LFM_SHARDS ? (n) : 1u)

/* The four numbers that a pool is made from. */
typedef struct plan {
    size_t count, block_size, align, shards;
} plan;

/* A pool between guard bytes. Its storage has the alignment that was asked for and no more. */
typedef struct rig {
    plan plan;
    size_t stride, bytes; /* of the storage */
    size_t home;          /* the shard that this thread begins at */
    unsigned char *memory, *storage;
    size_t memory_bytes;
    lfm_pool *pool; /* apart, since a pool may not move without its storage */
} rig;

enum {
    RIG_GUARD = 64,
    RIG_GUARD_BYTE = 0xE1,
    RIG_FILL_BYTE = 0x5C
};

static inline size_t rig_round_up(size_t bytes, size_t align)
{
    return (bytes + align - 1) / align * align;
}

static inline void rig_init(rig *r)
{
    const plan p = r->plan;
    const lfm_status status =
        lfm_pool_init_sharded(r->pool, r->storage, r->bytes, p.count, p.block_size, p.align, p.shards);
    MUST(status == LFM_OK, "%zu blocks of %zu, align %zu, %zu shards: %s", p.count, p.block_size, p.align, p.shards,
         lfm_status_string(status));
}

static inline rig rig_make(plan p)
{
    rig r = {.plan = p, .stride = rig_round_up(p.block_size, p.align)};
    const size_t base = p.align > 64 ? 2 * p.align : 128;
    const size_t front = rig_round_up(RIG_GUARD, base) + p.align;
    r.bytes = LFM_POOL_STORAGE_BYTES_SHARDED(p.count, p.block_size, p.align, p.shards);
    r.memory_bytes = rig_round_up(front + r.bytes + RIG_GUARD, base);
    r.memory = aligned_alloc(base, r.memory_bytes);
    r.pool = malloc(sizeof *r.pool);
    MUST(r.memory != NULL && r.pool != NULL, "no memory for the test");
    r.storage = r.memory + front;
    memset(r.memory, RIG_GUARD_BYTE, r.memory_bytes);
    memset(r.storage, RIG_FILL_BYTE, r.bytes);
    rig_init(&r);
    if (p.shards > 1) {
        const unsigned char *first = lfm_pool_get(r.pool);
        r.home = (size_t)(first - r.storage) / r.stride / (p.count / p.shards);
        rig_init(&r);
    }
    return r;
}

/* Ends with a look at the bytes around the storage. */
static inline void rig_free(rig *r)
{
    const size_t front = (size_t)(r->storage - r->memory);
    for (size_t i = 0; i < r->memory_bytes; i++) {
        if (i == front) {
            i += r->bytes;
        }
        MUST(i >= r->memory_bytes || r->memory[i] == RIG_GUARD_BYTE, "byte %zu from the storage was written",
             i - front);
    }
    free(r->memory);
    free(r->pool);
}

static inline unsigned char *rig_block(const rig *r, size_t index)
{
    return r->storage + index * r->stride;
}

/* Number of a block that a get returned. Checks that it is one. */
static inline size_t rig_index(const rig *r, const void *block)
{
    MUST(block != NULL, "no block");
    const size_t offset = (size_t)((uintptr_t)block - (uintptr_t)r->storage);
    MUST(offset % r->stride == 0 && offset / r->stride < r->plan.count, "offset %zu is not that of a block", offset);
    MUST((uintptr_t)block % r->plan.align == 0, "%p is not aligned to %zu", block, r->plan.align);
    return offset / r->stride;
}

/* Control block and storage, to be compared byte by byte. */
static inline unsigned char *rig_save(const rig *r, unsigned char *copy)
{
    if (copy == NULL) {
        copy = malloc(sizeof *r->pool + r->bytes);
        MUST(copy != NULL, "no memory for the test");
    }
    support_show(r->storage, r->bytes);
    memcpy(copy, r->pool, sizeof *r->pool);
    memcpy(copy + sizeof *r->pool, r->storage, r->bytes);
    return copy;
}

static inline bool rig_is_same(const rig *r, const unsigned char *copy)
{
    support_show(r->storage, r->bytes);
    return memcmp(copy, r->pool, sizeof *r->pool) == 0 && memcmp(copy + sizeof *r->pool, r->storage, r->bytes) == 0;
}

static inline size_t rig_free_count(const rig *r)
{
    lfm_pool_stats_t stats;
    lfm_pool_stats(r->pool, &stats);
    return stats.free;
}

#endif
