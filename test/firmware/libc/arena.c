/* SPDX-License-Identifier: MIT */
/* Memory for tests that ask for some. The build says how much the machine has: ARENA_BYTES. Pieces are a stack; one
 * that is freed below others waits until those are freed, too. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* In front of each piece. */
typedef struct header {
    struct header *below;
    size_t used; /* bytes of the arena before this piece */
    bool is_free;
} header;

static unsigned char arena[ARENA_BYTES] __attribute__((section(".arena"), aligned(65536)));
static size_t used;
static header *top;

void *aligned_alloc(size_t align, size_t bytes)
{
    const size_t step = align > 16 ? align : 16;
    const size_t start = (used + sizeof(header) + step - 1) / step * step;
    if (start > ARENA_BYTES || bytes > ARENA_BYTES - start) {
        return NULL;
    }
    header *const own = (header *)(void *)(arena + start) - 1;
    own->below = top;
    own->used = used;
    own->is_free = false;
    top = own;
    used = start + bytes;
    return arena + start;
}

void *malloc(size_t bytes)
{
    return aligned_alloc(16, bytes);
}

void *calloc(size_t n, size_t bytes)
{
    void *const piece = malloc(n * bytes);
    return piece == NULL ? NULL : memset(piece, 0, n * bytes);
}

void free(void *piece)
{
    if (piece != NULL) {
        ((header *)piece - 1)->is_free = true;
    }
    for (; top != NULL && top->is_free; top = top->below) {
        used = top->used;
    }
}
