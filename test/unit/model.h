/* SPDX-License-Identifier: MIT */
/* The model of a pool: for each shard a stack of block indices. One thread uses the pool. It begins every get at its
 * home shard, and puts into that. */
#ifndef LFM_TEST_MODEL_H
#define LFM_TEST_MODEL_H

#include "pool_fixture.h"

typedef struct model_list {
    uint32_t *stack; /* top last */
    size_t free, size, low;
} model_list;

typedef struct model {
    size_t count, shards, home;
    model_list *lists;
    uint32_t *stacks;
    bool *taken;
} model;

static inline model model_make(pool_plan p, size_t home)
{
    model m = {.count = p.count, .shards = p.shards, .home = home};
    m.lists = calloc(p.shards, sizeof *m.lists);
    m.stacks = calloc(p.shards * p.count, sizeof *m.stacks);
    m.taken = calloc(p.count, sizeof *m.taken);
    MUST(m.lists != NULL && m.stacks != NULL && m.taken != NULL, "no memory for the test");
    for (size_t shard = 0; shard < p.shards; shard++) {
        model_list *list = &m.lists[shard];
        const size_t start = shard * (p.count / p.shards);
        const size_t end = shard + 1 == p.shards ? p.count : start + p.count / p.shards;
        list->stack = m.stacks + shard * p.count;
        list->free = list->size = list->low = end - start;
        for (size_t i = 0; i < list->size; i++) {
            list->stack[i] = (uint32_t)(end - 1 - i);
        }
    }
    return m;
}

static inline void model_free(model *m)
{
    free(m->lists);
    free(m->stacks);
    free(m->taken);
}

/* Takes the block that a get has to return. Returns false if there is none. */
static inline bool model_get(model *m, size_t *index)
{
    for (size_t i = 0; i < m->shards; i++) {
        model_list *list = &m->lists[(m->home + i) % m->shards];
        if (list->free > 0) {
            *index = list->stack[--list->free];
            list->low = list->free < list->low ? list->free : list->low;
            m->taken[*index] = true;
            return true;
        }
    }
    return false;
}

static inline void model_put(model *m, size_t index)
{
    model_list *list = &m->lists[m->home];
    m->taken[index] = false;
    list->stack[list->free++] = (uint32_t)index;
}

static inline size_t model_free_count(const model *m)
{
    size_t sum = 0;
    for (size_t shard = 0; shard < m->shards; shard++) {
        sum += m->lists[shard].free;
    }
    return sum;
}

/* The sum of the lists' own low-water marks. */
static inline size_t model_min_free(const model *m)
{
    size_t sum = 0;
    for (size_t shard = 0; shard < m->shards; shard++) {
        sum += m->lists[shard].low;
    }
    return sum;
}

/* What a put of this address has to return. */
static inline lfm_status model_put_status(const model *m, const pool_fixture *f, const void *block)
{
    const uintptr_t from = (uintptr_t)f->storage, at = (uintptr_t)block;
    if (block == NULL) {
        return LFM_EINVAL;
    }
    if (at < from || at - from >= f->stride * m->count) {
        return LFM_EFOREIGN;
    }
    if ((at - from) % f->stride != 0) {
        return LFM_EINTERIOR;
    }
    return m->taken[(at - from) / f->stride] ? LFM_OK : LFM_EDOUBLEFREE;
}

#endif
