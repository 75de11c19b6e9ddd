/* SPDX-License-Identifier: MIT */
#undef LFM_TAG_ENOUGH_ /* where a suite splits counts; those in line are not split */
#include "in_line.h"
#include <string.h>

/* Each suite has its own: X(blocks, bytes). */
#ifndef IN_LINE_POOLS
#define IN_LINE_POOLS(X) X(1, 8) X(2, 8) X(3, 8)
#endif
#ifndef IN_LINE_PAGE /* bytes */
#define IN_LINE_PAGE 8
#endif

#if LFM_INLINES_ && !defined(__clang__)
/* A call that is left of them does not compile. */
void *lfm_pool_get_called_(const lfm_pool *pool) __attribute__((error("not in line")));
lfm_status lfm_pool_put_called_(const lfm_pool *pool, void *block) __attribute__((error("not in line")));
#endif

/* As LFM_POOL_DEFINE makes them, with state and storage side by side. */
static struct {
    _Alignas(IN_LINE_PAGE) unsigned char begin;
#define MEMORY(blocks, bytes)                                                                \
    struct {                                                                                 \
        _Alignas(64) lfm_list_state_ state;                                                  \
        _Alignas(bytes) unsigned char storage[LFM_POOL_STORAGE_BYTES(blocks, bytes, bytes)]; \
    } of_##blocks##_##bytes;
    IN_LINE_POOLS(MEMORY)
} memory;

#define MADE_(self, name, blocks, bytes) LFM_POOL_MADE_(self, name, blocks, bytes, bytes, 1)
#define POOL(blocks, bytes)                            \
    static const lfm_pool pool_##blocks##_##bytes[1] = \
        MADE_(pool_##blocks##_##bytes, memory.of_##blocks##_##bytes.this, blocks, bytes);
#define this_lfm_state   state
#define this_lfm_storage storage
IN_LINE_POOLS(POOL)

const lfm_pool *in_line_pool(uint32_t blocks, size_t bytes, unsigned char **first)
{
#define FIND(count, size)                                                          \
    if (blocks == (count) && bytes == (size)) {                                    \
        memset(&memory.of_##count##_##size, 0, sizeof memory.of_##count##_##size); \
        *first = memory.of_##count##_##size.storage;                               \
        return pool_##count##_##size;                                              \
    }
    IN_LINE_POOLS(FIND)
    return NULL;
}

void *in_line_get(const lfm_pool *pool)
{
#define GET(blocks, bytes)                            \
    if (pool == pool_##blocks##_##bytes) {            \
        return lfm_pool_get(pool_##blocks##_##bytes); \
    }
    IN_LINE_POOLS(GET)
    return NULL;
}

lfm_status in_line_put(const lfm_pool *pool, void *block)
{
#define PUT(blocks, bytes)                                   \
    if (pool == pool_##blocks##_##bytes) {                   \
        return lfm_pool_put(pool_##blocks##_##bytes, block); \
    }
    IN_LINE_POOLS(PUT)
    return LFM_EINVAL;
}

void *in_line_memory(size_t *bytes)
{
    *bytes = sizeof memory;
    return &memory;
}

bool in_line_is(void)
{
    return LFM_INLINES_;
}
