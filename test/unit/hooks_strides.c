/* SPDX-License-Identifier: MIT */
/* Which bytes of free blocks a tool hides, byte by byte, whatever the stride, and that it hides none of a block that is
 * taken. AddressSanitizer knows granules of 8 bytes: one that two blocks share, or a block and what lies beside it,
 * must stay visible. Valgrind knows bytes. usage: hooks_strides bytes|threads|shared|unhidden|read SIZE ALIGN "bytes"
 * asks the tool of each byte; "threads" uses neighbouring blocks of SIZE bytes, each byte of them; "shared" uses a
 * block that another process has taken, "unhidden" too, after lfm_tools_hide(false); "read" reads a block that was put,
 * in a byte of a granule that is its own. */
#include "check.h"
#include "hidden.h"
#include <lfmem/lfmem.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    COUNT = 7, /* of narrow links, none a multiple of 8 bytes */
    MOST = 128,
    ROUNDS = 100000
};

/* Where a compiler cannot see that nobody needs it. */
static volatile unsigned char sink;

/* Whether a byte can be hidden without one outside of these. */
static bool is_own(const unsigned char *byte, const unsigned char *block, size_t stride)
{
    const uintptr_t granule = (uintptr_t)byte & ~(uintptr_t)7;
    return LFM_VALGRIND || (granule >= (uintptr_t)block && granule + 8 <= (uintptr_t)block + stride);
}

/* All bytes of a block of which somebody has the first `visible`. */
static void check_block(const unsigned char *block, size_t visible, size_t stride, const char *when)
{
    for (size_t i = 0; i < stride; i++) {
        const bool wanted = i >= visible && is_own(block + i, block, stride);
        MUST(is_hidden(block + i) == wanted, "%s: byte %zu of %zu, at %zu modulo 8, is %s", when, i, stride,
             (size_t)(uintptr_t)(block + i) % 8, wanted ? "visible" : "hidden");
    }
}

/* A pool anywhere, between bytes of somebody else's. */
typedef struct site {
    lfm_pool pool;
    size_t size, stride, bytes;
    unsigned char *start; /* of the blocks */
    _Alignas(64) unsigned char memory[64 + COUNT * MOST + 64 + 64];
} site;

static void make(site *s, size_t size, size_t align, size_t at)
{
    s->size = size;
    s->stride = (size + align - 1) / align * align;
    s->bytes = COUNT * s->stride;
    s->start = s->memory + at;
    MUST(lfm_pool_init(&s->pool, s->start, s->bytes + 64, COUNT, size, align) == LFM_OK, "init");
}

/* `taken` has a bit for each block. */
static void check_site(const site *s, unsigned taken, const char *when)
{
    for (size_t i = 0; i < COUNT; i++) {
        check_block(s->start + i * s->stride, (taken >> i & 1) != 0 ? s->size : 0, s->stride, when);
    }
    for (const unsigned char *byte = s->memory; byte < s->memory + sizeof s->memory; byte++) {
        const bool inside = byte >= s->start && byte < s->start + s->bytes;
        MUST(inside || !is_hidden(byte), "%s: a byte outside of the pool is hidden", when);
    }
}

static unsigned bit_of(const site *s, const void *block)
{
    return 1u << (size_t)((const unsigned char *)block - s->start) / s->stride;
}

static void pool_bytes(site *s)
{
    void *blocks[COUNT];
    unsigned taken = 0;
    check_site(s, 0, "init");
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = lfm_pool_get(&s->pool);
        taken |= bit_of(s, blocks[i]);
        check_site(s, taken, "get");
        memset(blocks[i], (int)i, s->size);
    }
    for (size_t i = 0; i < COUNT; i += 2) {
        MUST(lfm_pool_put(&s->pool, blocks[i]) == LFM_OK, "put");
        taken &= ~bit_of(s, blocks[i]);
        check_site(s, taken, "put");
    }
    MUST(lfm_pool_get_many(&s->pool, blocks, 2) == 2, "get two");
    taken |= bit_of(s, blocks[0]) | bit_of(s, blocks[1]);
    check_site(s, taken, "get_many");
    MUST(lfm_pool_put_many(&s->pool, blocks, 2) == LFM_OK, "put two");
    taken &= ~(bit_of(s, blocks[0]) | bit_of(s, blocks[1]));
    check_site(s, taken, "put_many");
}

static void cache_bytes(site *s)
{
    lfm_cache cache;
    void *slots[4], *blocks[3];
    MUST(lfm_cache_init(&cache, &s->pool, slots, 4) == LFM_OK, "init");
    blocks[0] = lfm_cache_get(&cache);
    check_site(s, bit_of(s, blocks[0]), "get from a cache");
    MUST(lfm_cache_put(&cache, blocks[0]) == LFM_OK, "put");
    check_site(s, 0, "put into a cache");
    MUST(lfm_cache_get_many(&cache, blocks, 3) == 3, "get three");
    check_site(s, bit_of(s, blocks[0]) | bit_of(s, blocks[1]) | bit_of(s, blocks[2]), "get_many from a cache");
    MUST(lfm_cache_put_many(&cache, blocks, 3) == LFM_OK, "put three");
    lfm_cache_fini(&cache);
    check_site(s, 0, "flush");
}

static void check_is_visible(const unsigned char *memory, size_t bytes, const char *when)
{
    for (size_t i = 0; i < bytes; i++) {
        MUST(!is_hidden(memory + i), "%s: byte %zu is hidden", when, i);
    }
}

/* Blocks of a dynamic pool, initial or grown: whole strides. */
static void dynpool_bytes(size_t size, size_t align, size_t at, size_t initial)
{
    static _Alignas(64) unsigned char memory[64 + COUNT * MOST + 1024];
    lfm_segment segment;
    lfm_dynpool pool;
    const size_t stride = (size + align - 1) / align * align;
    const lfm_dynpool_config config = {
        .block_size = size, .align = align, .initial = initial, .maximum = COUNT, .grow = 2};
    unsigned char *blocks[COUNT];
    MUST(lfm_segment_init(&segment, memory + at, sizeof memory - at, 1) == LFM_OK, "segment");
    MUST(lfm_dynpool_init(&pool, &segment, &config) == LFM_OK, "dynamic pool");
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = lfm_dynpool_get(&pool);
        check_block(blocks[i], stride, stride, "get of a dynamic pool");
        memset(blocks[i], (int)i, stride);
    }
    for (size_t i = 0; i < COUNT; i += 2) {
        MUST(lfm_dynpool_put(&pool, blocks[i]) == LFM_OK, "put");
    }
    for (size_t i = 0; i < COUNT; i++) {
        check_block(blocks[i], i % 2 == 0 ? 0 : stride, stride, "put of a dynamic pool");
    }
    lfm_dynpool_fini(&pool);
    check_is_visible(memory, sizeof memory, "fini of a dynamic pool");
    MUST(lfm_dynpool_init(&pool, &segment, &config) == LFM_OK, "again");
    lfm_segment_fini(&segment);
    check_is_visible(memory, sizeof memory, "fini of a segment");
}

static void heap_bytes(size_t bytes)
{
    enum {
        UNIT = 16,
        UNITS = 60
    };
    static _Alignas(64) unsigned char storage[LFM_HEAP_STORAGE_BYTES(UNITS * UNIT, UNIT)];
    lfm_heap heap;
    MUST(lfm_heap_init(&heap, storage, sizeof storage, &(lfm_heap_config){.min_block = UNIT}) == LFM_OK, "heap");
    check_block(storage, 0, (size_t)UNITS * UNIT, "init of a heap");
    unsigned char *block = lfm_heap_alloc(&heap, bytes);
    MUST(block != NULL, "alloc");
    const size_t usable = lfm_heap_usable_size(&heap, block);
    check_block(block, usable, usable, "alloc");
    unsigned char *other = lfm_heap_realloc(&heap, block, 1);
    MUST(other == block, "realloc");
    /* the least of its own level: a larger unit where one word has four */
    const size_t least = lfm_heap_usable_size(&heap, block);
    MUST(least <= usable && least <= (size_t)UNIT << LFM_WORD_UNITS_SHIFT_, "realloc to less keeps %zu bytes", least);
    check_block(block, least, usable, "realloc to less");
    MUST(lfm_heap_realloc_aligned(&heap, block, 16, usable) == block, "realloc");
    check_block(block, usable, usable, "realloc to more");
    MUST(lfm_heap_free(&heap, block) == LFM_OK, "free");
    check_block(storage, 0, (size_t)UNITS * UNIT, "free");
    lfm_heap_fini(&heap);
    check_is_visible(storage, sizeof storage, "fini of a heap");
}

static void all_bytes(size_t size, size_t align)
{
    static site s;
    for (size_t at = 0; at < 64; at += align) {
        make(&s, size, align, at);
        pool_bytes(&s);
        make(&s, size, align, at);
        cache_bytes(&s);
        lfm_pool_fini(&s.pool);
        check_is_visible(s.memory, sizeof s.memory, "fini");
        dynpool_bytes(size, align, at, 0);
        dynpool_bytes(size, align, at, COUNT);
    }
    heap_bytes(size);
}

/* Each thread has its own blocks, all of whose bytes it writes and reads. */
static void *use_blocks(void *arg)
{
    site *const s = arg;
    for (unsigned i = 0; i < ROUNDS; i++) {
        volatile unsigned char *block = lfm_pool_get(&s->pool);
        MUST(block != NULL, "get");
        for (size_t k = 0; k < s->size; k++) {
            block[k] = (unsigned char)(i + k);
        }
        for (size_t k = 0; k < s->size; k++) {
            MUST(block[k] == (unsigned char)(i + k), "byte %zu", k);
        }
        MUST(lfm_pool_put(&s->pool, (void *)block) == LFM_OK, "put");
    }
    return NULL;
}

static void use_by_threads(size_t size, size_t align)
{
    static site s;
    pthread_t thread[3];
    make(&s, size, align, 4);
    for (size_t i = 0; i < 3; i++) {
        MUST(pthread_create(&thread[i], NULL, use_blocks, &s) == 0, "no thread");
    }
    for (size_t i = 0; i < 3; i++) {
        MUST(pthread_join(thread[i], NULL) == 0, "no thread");
    }
}

/* A child takes a block and writes to it; this process, whose tool has not seen that, reads and puts it. */
static void use_of_another(size_t size, size_t align)
{
    struct {
        site s;
        unsigned char *block;
    } *const shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    MUST(shared != MAP_FAILED, "no shared memory");
    make(&shared->s, size, align, 0);
    MUST(lfm_pool_put(&shared->s.pool, lfm_pool_get(&shared->s.pool)) == LFM_OK, "get and put");
    const pid_t child = fork();
    MUST(child >= 0, "no process");
    if (child == 0) {
        shared->block = lfm_pool_get(&shared->s.pool);
        memset(shared->block, 1, size);
        _exit(0);
    }
    int status;
    MUST(waitpid(child, &status, 0) == child && status == 0, "the other process");
    puts("so far all was legal");
    fflush(stdout);
    for (size_t i = 0; i < size; i++) {
        MUST(((volatile unsigned char *)shared->block)[i] == 1, "byte %zu", i);
    }
    MUST(lfm_pool_put(&shared->s.pool, shared->block) == LFM_OK, "put");
    MUST(lfm_pool_check(&shared->s.pool) == LFM_OK, "check");
}

static void read_after_put(size_t size, size_t align)
{
    static site s;
    make(&s, size, align, 0);
    volatile unsigned char *const block = lfm_pool_get(&s.pool);
    MUST(lfm_pool_put(&s.pool, (void *)block) == LFM_OK, "put");
    puts("so far all was legal");
    fflush(stdout);
    sink = block[0]; /* the first block begins at a granule */
}

int main(int argc, char **argv)
{
    MUST(argc == 4, "usage: hooks_strides bytes|threads|shared|unhidden|read SIZE ALIGN");
    const size_t size = strtoul(argv[2], NULL, 10), align = strtoul(argv[3], NULL, 10);
    MUST(size <= MOST && align <= 8, "at most %d bytes at multiples of up to 8", MOST);
    lfm_tools_hide(strcmp(argv[1], "unhidden") != 0);
    if (strcmp(argv[1], "bytes") == 0) {
        all_bytes(size, align);
    } else if (strcmp(argv[1], "threads") == 0) {
        use_by_threads(size, align);
    } else if (strcmp(argv[1], "read") == 0) {
        read_after_put(size, align);
    } else {
        use_of_another(size, align);
    }
    puts("nothing was reported");
    return 0;
}
