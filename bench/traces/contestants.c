/* SPDX-License-Identifier: MIT */
#include "contestants.h"
#include "replay.h"
#include <stdlib.h>
#include <string.h>

#define HEAP(text, unit, how)                                                             \
    {                                                                                     \
        .name = text, .kind = CONTESTANT_HEAP, .config = {.min_block = unit, .fit = how } \
    }

contestant contestants[CONTESTANTS] = {
    HEAP("lfmem trimmed 16", 16, LFM_FIT_TRIMMED),
    HEAP("lfmem trimmed 32", 32, LFM_FIT_TRIMMED),
    HEAP("lfmem trimmed 64", 64, LFM_FIT_TRIMMED),
    HEAP("lfmem buddy2 16", 16, LFM_FIT_BUDDY2),
    HEAP("lfmem buddy2 32", 32, LFM_FIT_BUDDY2),
    HEAP("lfmem buddy2 64", 64, LFM_FIT_BUDDY2),
    HEAP("lfmem buddy4 16", 16, LFM_FIT_BUDDY4),
    HEAP("lfmem buddy4 32", 32, LFM_FIT_BUDDY4),
    HEAP("lfmem buddy4 64", 64, LFM_FIT_BUDDY4),
    {.name = "glibc", .kind = CONTESTANT_PEER},
    {.name = "mimalloc", .kind = CONTESTANT_PEER, .library = "libmimalloc.so.2", .package = "libmimalloc2.0"},
    {.name = "jemalloc", .kind = CONTESTANT_PEER, .library = "libjemalloc.so.2", .package = "libjemalloc2"},
    {.name = "tcmalloc",
     .kind = CONTESTANT_PEER,
     .library = "libtcmalloc_minimal.so.4",
     .package = "libtcmalloc-minimal4"},
    {.name = "(replay itself)", .kind = CONTESTANT_FLOOR},
};

void contestants_load(void)
{
    for (int i = 0; i < CONTESTANTS; i++) {
        if (contestants[i].kind == CONTESTANT_PEER) {
            contestants[i].missing = allocator_peer(&contestants[i].allocator, contestants[i].library);
            if (contestants[i].missing != NULL) {
                contestants[i].missing = strdup(contestants[i].missing);
            }
        }
    }
}

contestant *contestant_by_name(const char *name)
{
    for (int i = 0; i < CONTESTANTS; i++) {
        if (strcmp(contestants[i].name, name) == 0) {
            return &contestants[i];
        }
    }
    return NULL;
}

/* The contestant that the floor's allocator is part of. */
static contestant *floor_of(allocator *a)
{
    void *const around = (char *)a - offsetof(contestant, allocator);
    return around;
}

static void *next_address(allocator *a)
{
    contestant *const c = floor_of(a);
    return c->addresses[c->next++];
}

static void *floor_alloc(allocator *a, size_t bytes)
{
    (void)bytes;
    return next_address(a);
}

static void *floor_aligned(allocator *a, size_t align, size_t bytes)
{
    (void)align, (void)bytes;
    return next_address(a);
}

static void *floor_realloc(allocator *a, void *block, size_t bytes)
{
    (void)block, (void)bytes;
    return next_address(a);
}

static bool floor_free(allocator *a, void *block)
{
    (void)a, (void)block;
    return true;
}

/* Replays on a heap with room for all, and keeps the addresses that it hands out. */
static void record_addresses(contestant *c, const trace *t)
{
    replay r;
    size_t n = 0;
    c->addresses = calloc(t->n + 1, sizeof *c->addresses);
    if (c->addresses == NULL || !allocator_heap(&c->chooser, NULL, 8 * t->peak_bytes + 64 * t->peak_blocks + 65536) ||
        !replay_begin(&r, t, &c->chooser)) {
        abort();
    }
    for (size_t i = 0; i < t->n; i++) {
        replay_range(&r, i, i + 1);
        if (t->ops[i].kind != TRACE_FREE) {
            c->addresses[n++] = r.held[t->ops[i].slot].block;
        }
    }
    if (r.counts.failures > 0) {
        abort();
    }
    replay_end(&r);
    c->allocator = (allocator){.alloc = floor_alloc,
                               .calloc = floor_alloc,
                               .aligned = floor_aligned,
                               .realloc = floor_realloc,
                               .free = floor_free};
}

void contestant_open(contestant *c, const trace *t, size_t bytes)
{
    if (c->kind == CONTESTANT_HEAP && !allocator_heap(&c->allocator, &c->config, bytes)) {
        abort();
    }
    if (c->kind == CONTESTANT_FLOOR) {
        record_addresses(c, t);
    }
}

void contestant_rewind(contestant *c)
{
    c->next = 0;
}

void contestant_close(contestant *c)
{
    if (c->kind == CONTESTANT_HEAP) {
        allocator_end(&c->allocator);
    }
    if (c->kind == CONTESTANT_FLOOR) {
        allocator_end(&c->chooser);
        free(c->addresses);
    }
}
