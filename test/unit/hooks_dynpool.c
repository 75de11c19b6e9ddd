/* SPDX-License-Identifier: MIT */
/* As hooks.c, for dynamic pools: blocks may be used while they are taken, and once their segment was reset.
 * usage: hooks_dynpool legal|read|write|untaken initial|grown
 * "untaken" reads a block that nobody has had: an initial one, or one that growth has put into the list. */
#include "check.h"
#include <lfmem/lfmem.h>
#include <string.h>

enum {
    COUNT = 8,
    SIZE = 64
};

LFM_SEGMENT_DEFINE(ram, COUNT *SIZE, 32);
LFM_SEGMENT_DEFINE(notes, LFM_DYNPOOL_METADATA_BYTES(COUNT, COUNT), 1);

/* Where a compiler cannot see that nobody needs it. */
static volatile unsigned char sink;

static void make(lfm_dynpool *pool, size_t initial)
{
    const lfm_dynpool_config config = {
        .block_size = SIZE, .align = 8, .initial = initial, .maximum = COUNT, .grow = 3, .metadata = notes};
    MUST(lfm_dynpool_init(pool, ram, &config) == LFM_OK, "init");
}

static void use_legally(lfm_dynpool *pool, size_t initial)
{
    void *blocks[COUNT];
    for (int round = 0; round < 6; round++) {
        for (int i = 0; i < COUNT; i++) {
            blocks[i] = lfm_dynpool_get(pool);
            MUST(blocks[i] != NULL, "round %d", round);
            memset(blocks[i], i, SIZE);
        }
        for (int i = 0; i < COUNT; i++) {
            sink = ((volatile unsigned char *)blocks[i])[SIZE - 1];
            MUST(sink == i, "block %d", i);
        }
        for (int i = 0; i < COUNT; i++) {
            MUST(lfm_dynpool_put(pool, blocks[i]) == LFM_OK, "round %d", round);
        }
        MUST(lfm_dynpool_check(pool) == LFM_OK, "round %d", round);
        if (round % 3 == 2) {
            lfm_segment_reset(ram);
            lfm_segment_reset(notes);
            void *all = lfm_segment_alloc(ram, (size_t)COUNT * SIZE, 1);
            MUST(all != NULL, "all is back");
            memset(all, 0, (size_t)COUNT * SIZE);
            lfm_segment_reset(ram);
            make(pool, initial);
        }
    }
}

/* Another block stays taken, and must stay usable. */
static void use_after_put(lfm_dynpool *pool, bool writes)
{
    volatile unsigned char *other = lfm_dynpool_get(pool), *block = lfm_dynpool_get(pool);
    memset((void *)block, 1, SIZE);
    MUST(lfm_dynpool_put(pool, (void *)block) == LFM_OK, "put");
    other[SIZE - 1] = 1;
    puts("so far all was legal");
    fflush(stdout);
    if (writes) {
        block[SIZE - 1] = 1;
    } else {
        sink = block[0];
    }
}

int main(int argc, char **argv)
{
    static lfm_dynpool pool[1];
    MUST(argc == 3, "usage: hooks_dynpool legal|read|write|untaken initial|grown");
    const size_t initial = strcmp(argv[2], "initial") == 0 ? COUNT : 0;
    make(pool, initial);
    if (strcmp(argv[1], "legal") == 0) {
        use_legally(pool, initial);
    } else if (strcmp(argv[1], "untaken") == 0) {
        unsigned char *block = lfm_dynpool_get(pool);
        MUST(block != NULL, "get");
        /* the third of a step of growth is handed out, the first two wait; not by the array's name (hooks.c) */
        volatile unsigned char *volatile untaken = initial != 0 ? block + SIZE : block - SIZE;
        block[SIZE - 1] = 1;
        puts("so far all was legal");
        fflush(stdout);
        sink = *untaken;
    } else {
        use_after_put(pool, strcmp(argv[1], "write") == 0);
    }
    puts("nothing was reported");
    return 0;
}
