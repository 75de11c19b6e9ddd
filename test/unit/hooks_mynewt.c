/* SPDX-License-Identifier: MIT */
/* As hooks_strides.c, for pools of Mynewt's: init and clear show all blocks, since users look at what they wrote there;
 * from its first put on a free block is hidden, its padding included.
 * usage: hooks_mynewt bytes|read SIZE */
#include "check.h"
#include "hidden.h"
#include <os/os_mempool.h>
#include <string.h>

enum {
    COUNT = 5,
    MOST = 128
};

/* Where a compiler cannot see that nobody needs it. */
static volatile unsigned char sink;

static struct os_mempool pool;
static os_membuf_t memory[OS_MEMPOOL_SIZE(COUNT, MOST)];

/* Strides are multiples of 8 bytes, so each granule is a block's own. */
static void check(const unsigned char *block, size_t from, size_t to, bool wanted, const char *when)
{
    for (size_t i = from; i < to; i++) {
        MUST(is_hidden(block + i) == wanted, "%s: byte %zu is %s", when, i, wanted ? "visible" : "hidden");
    }
}

static void check_bytes(uint32_t size)
{
    const size_t stride = OS_MEMPOOL_BYTES(1, size);
    const unsigned char *const all = (const unsigned char *)memory;
    for (int round = 0; round < 2; round++) {
        check(all, 0, COUNT * stride, false, round == 0 ? "init" : "clear");
        unsigned char *first = os_memblock_get(&pool), *second = os_memblock_get(&pool);
        MUST(first != NULL && second != NULL, "get");
        memset(first, 1, size);
        MUST(os_memblock_put(&pool, first) == OS_OK, "put");
        check(first, 0, LFM_VALGRIND ? size : stride, true, "put");
        check(second, 0, size, false, "put of another");
        MUST(os_memblock_get(&pool) == first, "get");
        check(first, 0, size, false, "get");
        check(first, size, LFM_VALGRIND ? size : stride, true, "get");
        MUST(os_memblock_put(&pool, first) == OS_OK && os_memblock_put(&pool, second) == OS_OK, "put");
        MUST(os_mempool_clear(&pool) == OS_OK, "clear");
    }
}

static void read_after_put(void)
{
    volatile unsigned char *const block = os_memblock_get(&pool);
    MUST(os_memblock_put(&pool, (void *)block) == OS_OK, "put");
    puts("so far all was legal");
    fflush(stdout);
    sink = block[0];
}

int main(int argc, char **argv)
{
    MUST(argc == 3, "usage: hooks_mynewt bytes|read SIZE");
    const uint32_t size = (uint32_t)strtoul(argv[2], NULL, 10);
    MUST(size <= MOST, "at most %d bytes", MOST);
    MUST(os_mempool_init(&pool, COUNT, size, memory, "pool") == OS_OK, "init");
    if (strcmp(argv[1], "bytes") == 0) {
        check_bytes(size);
    } else {
        read_after_put();
    }
    puts("nothing was reported");
    return 0;
}
