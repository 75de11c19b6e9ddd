/* SPDX-License-Identifier: MIT */
/* Heaps of many units: 64 GiB of which only the metadata is touched, and how any number of units is divided into
 * words, counted by a loop. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "heap_fixture.h"
#include <sys/mman.h>

enum {
    UNIT = 4096
};

static void check_words(uint64_t units)
{
    static const uint32_t count = LFM_HEAP_LEVELS_;
    const uint32_t first[] = {LFM_HEAP_FIRST_(units)};
    uint64_t words = 0, below = units;
    int level = 0;
    MUST(LENGTH(first) == count, "%zu levels", LENGTH(first));
    for (bool top = false; !top; level++) {
        below = (below + HEAP_FIXTURE_GROUP - 1) / HEAP_FIXTURE_GROUP; /* words of this level */
        top = below == 1;
        MUST(first[level] == words && LFM_HEAP_LEVEL_(units, level) == below, "%llu units, level %d",
             (unsigned long long)units, level);
        words += below;
    }
    MUST(LFM_HEAP_TOP_LEVEL_(units) == level - 1, "%llu units: top %d", (unsigned long long)units, level - 1);
    MUST(LFM_HEAP_ALL_WORDS_(units) == words, "%llu units: %llu words", (unsigned long long)units,
         (unsigned long long)words);
}

Test(heap_large, words_of_any_number_of_units)
{
    for (uint64_t units = 1; units < 70000; units++) {
        check_words(units);
    }
    for (unsigned bit = 16; bit <= 32; bit++) {
        for (uint64_t less = 0; less < 20; less++) {
            check_words(((uint64_t)1 << bit) - less);
            check_words(((uint64_t)1 << (bit - 1)) + less);
        }
    }
}

#if !defined(SUPPORT_ASAN) && !LFM_POISON
static unsigned char *map(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    MUST(memory != MAP_FAILED, "no address space for the test");
    return memory;
}
#endif

#if !defined(SUPPORT_ASAN) && !LFM_POISON && UINTPTR_MAX > UINT32_MAX
static const size_t span = (size_t)64 << 30;

/* So many blocks of one size; each is used at both ends; then one of all. */
static void check_blocks(lfm_heap *heap, const unsigned char *storage, size_t bytes)
{
    unsigned char *blocks[64];
    const size_t n = span / bytes < LENGTH(blocks) ? span / bytes : LENGTH(blocks);
    lfm_heap_stats_t stats;
    for (size_t i = 0; i < n; i++) {
        blocks[i] = lfm_heap_alloc(heap, bytes);
        MUST(blocks[i] != NULL && lfm_heap_usable_size(heap, blocks[i]) == bytes, "block %zu of %zu", i, bytes);
        MUST((size_t)(blocks[i] - storage) % bytes == 0 && (size_t)(blocks[i] - storage) <= span - bytes, "%zu", i);
        blocks[i][0] = blocks[i][bytes - 1] = (unsigned char)(i + 1);
    }
    lfm_heap_stats(heap, &stats);
    MUST(stats.used == n * bytes && stats.free == span - n * bytes && stats.blocks == n, "%zu used", stats.used);
    for (size_t i = 0; i < n; i++) {
        MUST(blocks[i][0] == i + 1 && blocks[i][bytes - 1] == i + 1, "block %zu of %zu: somebody has it", i, bytes);
        MUST(lfm_heap_free(heap, blocks[i] + UNIT / 2) == LFM_EINTERIOR, "block %zu", i);
        MUST(lfm_heap_free(heap, blocks[i] + bytes / 2) == LFM_EINTERIOR, "block %zu", i);
        MUST(lfm_heap_free(heap, blocks[i]) == LFM_OK, "block %zu", i);
        MUST(lfm_heap_free(heap, blocks[i]) == LFM_EDOUBLEFREE, "block %zu", i);
    }
    void *const whole = lfm_heap_alloc(heap, span);
    MUST(whole == storage && lfm_heap_usable_size(heap, whole) == span, "all at once");
    MUST(lfm_heap_alloc(heap, 1) == NULL, "nothing is left");
    MUST(lfm_heap_free(heap, whole) == LFM_OK, "all");
}

Test(heap_large, gibibytes)
{
    const size_t bytes = LFM_HEAP_STORAGE_BYTES(span, UNIT);
    unsigned char *const storage = map(bytes);
    for (size_t k = 0; k < LENGTH(heap_fixture_fits); k++) {
        const lfm_heap_config config = {.min_block = UNIT, .fit = heap_fixture_fits[k]};
        lfm_heap heap;
        lfm_heap_stats_t stats;
        MUST(lfm_heap_init(&heap, storage, bytes, &config) == LFM_OK, "init");
        for (size_t size = UNIT; size <= span; size *= 4) {
            check_blocks(&heap, storage, size);
        }
        MUST(lfm_heap_alloc(&heap, span + 1) == NULL, "more than there is");
        lfm_heap_stats(&heap, &stats);
        MUST(stats.total == span && stats.used == 0 && stats.largest_free == span, "%zu", stats.largest_free);
        MUST(lfm_heap_check(&heap) == LFM_OK, "check");
    }
    munmap(storage, bytes);
}
#endif

#if !defined(SUPPORT_ASAN) && !LFM_POISON && UINTPTR_MAX == UINT32_MAX
static void add_up(void *block, size_t bytes, bool taken, void *arg)
{
    unsigned char **const at = arg;
    MUST(block == *at && taken == (bytes == 128), "%zu bytes at %p, not at %p", bytes, block, (void *)*at);
    *at += bytes;
}

/* Units of the highest level are half the address space: the end of the second one is beyond what a size can tell. */
Test(heap_large, half_of_a_small_address_space)
{
    const size_t bytes = (size_t)2300 << 20;
    unsigned char *const storage = map(bytes), *at = storage;
    const lfm_heap_config config = {.min_block = 128};
    lfm_heap heap;
    lfm_heap_stats_t stats;
    MUST(lfm_heap_init(&heap, storage, bytes, &config) == LFM_OK, "init");
    void *const block = lfm_heap_alloc(&heap, 100);
    lfm_heap_stats(&heap, &stats);
    MUST(block != NULL && stats.used == 128 && stats.blocks == 1, "%zu bytes in %zu blocks", stats.used, stats.blocks);
    /* the unit of 2 GiB, or what is whole of it before the block, or else its second half: where the block is depends
     * on the context */
    const size_t group = (size_t)1 << LFM_WORD_UNITS_SHIFT_, part = ((size_t)1 << 31) / group;
    const size_t before = (size_t)((unsigned char *)block - storage) / part;
    const size_t parts = before >= group ? group : before > group / 2 ? before : group / 2;
    MUST(stats.largest_free == parts * part, "largest %zu, not %zu parts of %zu", stats.largest_free, parts, part);
    lfm_heap_visit(&heap, add_up, &at);
    MUST((size_t)(at - storage) == stats.total, "%zu bytes of %zu", (size_t)(at - storage), stats.total);
    MUST(lfm_heap_free(&heap, block) == LFM_OK && lfm_heap_check(&heap) == LFM_OK, "free");
    MUST(lfm_heap_alloc(&heap, (size_t)1 << 31) == storage, "the one unit");
    munmap(storage, bytes);
}
#endif

#if SIZE_MAX > UINT32_MAX
/* Behind its storage by as much as makes the difference of addresses that a heap keeps pass zero. */
Test(heap_large, far_behind_its_storage)
{
    const size_t distance = LFM_SIGNATURE_(LFM_OBJECT_HEAP_) / 4096 * (size_t)4096 + 8192, bytes = 65536;
    unsigned char *const memory =
        mmap(NULL, distance + bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    MUST(memory != MAP_FAILED, "no room for %zu addresses", distance);
    lfm_heap *const heap = (lfm_heap *)(void *)(memory + distance);
    MUST(lfm_heap_init(heap, memory, bytes, NULL) == LFM_OK && lfm_heap_check(heap) == LFM_OK, "no heap");
    void *const block = lfm_heap_alloc(heap, 1);
    MUST(block == memory && lfm_heap_free(heap, block) == LFM_OK, "%p", block);
    munmap(memory, distance + bytes);
}
#endif
