/* SPDX-License-Identifier: MIT */
/* Zephyr's low-level heaps: every size and place of memory, each call, and a heap among others as multi_heap has it. */
#include "support.h"
#include <errno.h>
#include <unistd.h>
#include <zephyr/sys/sys_heap.h>

enum {
    GUARD = 64,
    MEMORY = 98304,
    /* Some builds for tests have marks in heaps of any size. Those leave no room for blocks in the smallest. */
    MARKED = LFM_HEAP_HAS_FULL_(4) ? 1 : 0
};

/* Memory at any address, between bytes that nobody may write. */
static _Alignas(8192) unsigned char memory[2 * 8192 + MEMORY];

static unsigned char *place(size_t offset)
{
    return memory + 8192 + offset;
}

static void guard(size_t offset, size_t bytes)
{
    support_show(memory, sizeof memory);
    memset(memory, 0xE1, sizeof memory);
    memset(place(offset), 0x5C, bytes);
}

static void must_be_guarded(size_t offset, size_t bytes)
{
    for (size_t i = 1; i <= GUARD; i++) {
        MUST(*(place(offset) - i) == 0xE1 && place(offset)[bytes + i - 1] == 0xE1,
             "%zu bytes at %zu: written beside it", bytes, offset);
    }
}

static struct sys_memory_stats stats(struct sys_heap *heap)
{
    struct sys_memory_stats now = {1, 1, 1};
    MUST(sys_heap_runtime_stats_get(heap, &now) == 0, "stats");
    return now;
}

static void must_be_empty_of_blocks(struct sys_heap *heap)
{
    MUST(sys_heap_validate(heap), "damaged");
    MUST(stats(heap).allocated_bytes == 0, "%zu bytes are lost", stats(heap).allocated_bytes);
}

/* The largest block that a heap without blocks has. */
static size_t largest(struct sys_heap *heap)
{
    lfm_heap_stats_t now;
    lfm_heap_stats(&heap->lfm, &now);
    return now.largest_free;
}

/* Whatever the memory is: the heap is in it, or is empty; and from Z_HEAP_MIN_SIZE on it has a block. */
Test(zephyr_sys_heap, all_small_sizes_at_all_places)
{
    for (size_t bytes = 0; bytes <= 700; bytes += bytes < 200 ? 1 : 13) {
        for (size_t offset = 0; offset < 32; offset++) {
            struct sys_heap heap;
            guard(offset, bytes);
            sys_heap_init(&heap, place(offset), bytes);
            MUST(heap.init_mem == place(offset) && heap.init_bytes == bytes, "what it was made of");
            MUST((heap.heap != NULL) == sys_heap_validate(&heap), "%zu bytes at %zu", bytes, offset);
            MUST(heap.heap != NULL || bytes < Z_HEAP_MIN_SIZE, "%zu bytes at %zu are empty", bytes, offset);
            size_t sum = 0;
            for (unsigned char *block; (block = sys_heap_alloc(&heap, 1)) != NULL;) {
                const size_t usable = sys_heap_usable_size(&heap, block);
                MUST(usable >= 1 && block >= (unsigned char *)heap.heap && block >= place(offset) &&
                         block + usable <= place(offset) + bytes,
                     "a block of %zu bytes is not in the memory", usable);
                MUST((uintptr_t)block % (usable < sizeof(void *) ? usable : sizeof(void *)) == 0, "%p", (void *)block);
                memset(block, (int)bytes, usable);
                sum += usable;
            }
            MUST((sum != 0) == (heap.heap != NULL), "%zu bytes at %zu have %zu", bytes, offset, sum);
            MUST(stats(&heap).allocated_bytes == sum && stats(&heap).free_bytes == 0, "all of them are taken");
            MUST(heap.heap == NULL || sys_heap_validate(&heap), "%zu bytes at %zu: damaged", bytes, offset);
            must_be_guarded(offset, bytes);
        }
    }
}

/* 64 bytes are a heap, with words of 32 and of 64 bits. */
Test(zephyr_sys_heap, of_64_bytes)
{
    struct sys_heap heap;
    if (MARKED) {
        return;
    }
    sys_heap_init(&heap, place(0), 64);
    char *const block = sys_heap_alloc(&heap, 16);
    MUST(block != NULL && sys_heap_usable_size(&heap, block) >= 16, "no block");
    MUST(LFM_WORD_BITS == 64 || sys_heap_alloc(&heap, 16) != NULL, "32-bit words leave room for more");
    sys_heap_free(&heap, block);
    MUST(sys_heap_alloc(&heap, 16) == block, "it is there again");
    sys_heap_init(&heap, place(8), 64); /* 56 from a multiple of 16 on */
    MUST(sys_heap_alloc(&heap, 8) != NULL && sys_heap_validate(&heap), "at a multiple of 8 it has a block, too");
    sys_heap_init(&heap, place(0), 64);
    MUST(sys_heap_alloc(&heap, 49) == NULL && sys_heap_alloc(&heap, SIZE_MAX) == NULL, "too large");
}

Test(zephyr_sys_heap, no_memory)
{
    struct sys_heap heap;
    const size_t sizes[] = {0, 1, 1000, SIZE_MAX};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        memset(&heap, 0xEE, sizeof heap);
        sys_heap_init(&heap, NULL, sizes[i]);
        MUST(heap.heap == NULL && sys_heap_alloc(&heap, 1) == NULL && !sys_heap_validate(&heap), "NULL");
    }
    memset(&heap, 0xEE, sizeof heap);
    sys_heap_init(&heap, place(0), SIZE_MAX);
    MUST(heap.heap == NULL && sys_heap_alloc(&heap, 1) == NULL, "more than there are addresses");
}

/* The macro is for one block of so many bytes, at the worst address; and not for twice as many. */
Test(zephyr_sys_heap, min_size_for)
{
    static const unsigned char constant[Z_HEAP_MIN_SIZE_FOR(100)], least[Z_HEAP_MIN_SIZE];
    MUST(sizeof constant >= 100 && (MARKED || sizeof least <= 80), "%zu, %zu", sizeof constant, sizeof least);
    for (size_t bytes = 1; bytes < 40000; bytes += 1 + bytes / 17) {
        const size_t needed = Z_HEAP_MIN_SIZE_FOR(bytes);
        for (size_t offset = 0; offset < 64; offset += offset < 20 ? 1 : 11) {
            struct sys_heap heap;
            sys_heap_init(&heap, place(offset), needed);
            void *const block = sys_heap_alloc(&heap, bytes);
            MUST(block != NULL, "%zu bytes in %zu at %zu", bytes, needed, offset);
            lfm_heap_fini(&heap.lfm);
        }
    }
}

/* The bounds that sys_heap_init() names: what is left out in front, and which alignments there are. */
Test(zephyr_sys_heap, alignments)
{
    static const size_t sizes[] = {256, 512, 1024, 4096, 65536};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (size_t offset = 0; offset < 4096; offset += offset < 70 ? 1 : 61) {
            struct sys_heap heap;
            sys_heap_init(&heap, place(offset), sizes[i]);
            const size_t gap = (size_t)((unsigned char *)heap.heap - place(offset));
            MUST(gap <= 15 || gap <= sizes[i] / 16, "%zu of %zu bytes are left out", gap, sizes[i]);
            for (size_t align = 1; align <= 4096; align *= 2) {
                void *const stone = sys_heap_alloc(&heap, 1);
                unsigned char *const block = sys_heap_aligned_alloc(&heap, align, 24);
                MUST(block == NULL || (uintptr_t)block % align == 0, "%zu: %p", align, (void *)block);
                const bool must = (align <= 64 && align <= sizes[i] / 16) || align <= sizes[i] / 64 ||
                                  (offset == 0 && align <= sizes[i] / 4);
                MUST(block != NULL || !must, "%zu in %zu bytes at %zu", align, sizes[i], offset);
                sys_heap_free(&heap, block);
                sys_heap_free(&heap, stone);
            }
            MUST(sys_heap_aligned_alloc(&heap, 3, 1) == NULL && sys_heap_aligned_alloc(&heap, 0x28, 1) == NULL &&
                     sys_heap_aligned_alloc(&heap, SIZE_MAX, 1) == NULL,
                 "no powers of two");
            must_be_empty_of_blocks(&heap);
            lfm_heap_fini(&heap.lfm);
        }
    }
}

Test(zephyr_sys_heap, every_call)
{
    struct sys_heap heap;
    sys_heap_init(&heap, place(0), 4096);
    void *const blocks[] = {sys_heap_alloc(&heap, 100),
                            sys_heap_aligned_alloc(&heap, 0, 100),
                            sys_heap_aligned_alloc(&heap, 64, 100),
                            sys_heap_noalign_alloc(&heap, 64, 100),
                            sys_heap_noalign_alloc(&heap, 3, 100),
                            sys_heap_realloc(&heap, NULL, 100),
                            sys_heap_aligned_realloc(&heap, NULL, 64, 100),
                            sys_heap_aligned_realloc(&heap, NULL, 0, 100)};
    size_t sum = 0;
    for (size_t i = 0; i < LENGTH(blocks); i++) {
        MUST(blocks[i] != NULL && sys_heap_usable_size(&heap, blocks[i]) >= 100, "call %zu", i);
        memset(blocks[i], (int)i, sys_heap_usable_size(&heap, blocks[i]));
        sum += sys_heap_usable_size(&heap, blocks[i]);
    }
    MUST((uintptr_t)blocks[2] % 64 == 0 && (uintptr_t)blocks[6] % 64 == 0, "aligned");
    MUST(stats(&heap).allocated_bytes == sum, "%zu, not %zu", stats(&heap).allocated_bytes, sum);
    for (size_t i = 0; i < LENGTH(blocks); i++) {
        MUST(((unsigned char *)blocks[i])[99] == i, "call %zu: blocks overlap", i);
        sys_heap_free(&heap, blocks[i]);
    }
    lfm_heap_stats_t before, after;
    lfm_heap_stats(&heap.lfm, &before);
    sys_heap_free(&heap, NULL);
    MUST(sys_heap_alloc(&heap, 0) == NULL && sys_heap_aligned_alloc(&heap, 64, 0) == NULL, "0 bytes");
    MUST(sys_heap_noalign_alloc(&heap, 0, 0) == NULL && sys_heap_realloc(&heap, NULL, 0) == NULL, "0 bytes");
    MUST(sys_heap_aligned_realloc(&heap, NULL, 64, 0) == NULL && sys_heap_usable_size(&heap, NULL) == 0, "0 bytes");
    lfm_heap_stats(&heap.lfm, &after);
    MUST(after.used == 0 && after.failures == before.failures, "0 bytes are no failure");
    must_be_empty_of_blocks(&heap);
}

/* The order of arguments: heap, block, alignment, bytes. */
Test(zephyr_sys_heap, realloc)
{
    struct sys_heap heap;
    sys_heap_init(&heap, place(0), 8192);
    unsigned char *block = sys_heap_aligned_alloc(&heap, 128, 100);
    for (size_t i = 0; i < 100; i++) {
        block[i] = (unsigned char)(i + 1);
    }
    const struct {
        size_t align, bytes;
        bool stone; /* so that it has to move */
    } steps[] = {{128, 120, false}, {128, 300, true}, {256, 350, true},
                 {0, 1000, true},   {64, 200, false}, {512, 100, true}};
    for (size_t i = 0; i < LENGTH(steps); i++) {
        unsigned char *const behind = block + sys_heap_usable_size(&heap, block);
        for (void *stone;
             steps[i].stone && !lfm_heap_owns(&heap.lfm, behind) && (stone = sys_heap_alloc(&heap, 16)) != NULL;) {
            MUST(i == 0 || stone != block, "the block is taken");
        }
        unsigned char *const to = sys_heap_aligned_realloc(&heap, block, steps[i].align, steps[i].bytes);
        if (to == NULL) { /* stones lie everywhere: nothing has changed */
            MUST(steps[i].stone && sys_heap_usable_size(&heap, block) != 0, "step %zu", i);
        } else {
            MUST(steps[i].align == 0 || (uintptr_t)to % steps[i].align == 0, "step %zu", i);
            MUST(sys_heap_usable_size(&heap, to) >= steps[i].bytes, "step %zu", i);
            MUST(to == block || sys_heap_usable_size(&heap, block) == 0, "step %zu: the old block is free", i);
            block = to;
        }
        for (size_t k = 0; k < 100; k++) {
            MUST(block[k] == (unsigned char)(k + 1), "step %zu, byte %zu", i, k);
        }
        MUST(sys_heap_aligned_realloc(&heap, block, 3, 10) == NULL && sys_heap_usable_size(&heap, block) != 0,
             "no power of two");
        MUST(sys_heap_realloc(&heap, block, SIZE_MAX) == NULL && sys_heap_usable_size(&heap, block) != 0, "too much");
    }
    MUST(sys_heap_realloc(&heap, block, 0) == NULL && sys_heap_usable_size(&heap, block) == 0, "0 bytes: free");
    MUST(sys_heap_realloc(&heap, block, 10) == NULL && sys_heap_aligned_realloc(&heap, block, 16, 0) == NULL,
         "no taken block");
}

/* In place where there is room, as Zephyr's tests of realloc have it. */
Test(zephyr_sys_heap, realloc_in_place)
{
    struct sys_heap heap;
    sys_heap_init(&heap, place(0), 4096);
    for (size_t align = 16; align <= 128; align *= 2) {
        char *const block = sys_heap_aligned_alloc(&heap, align, 64);
        MUST(sys_heap_aligned_realloc(&heap, block, align, 128) == block, "it grows");
        MUST(sys_heap_usable_size(&heap, block) >= 128, "it has grown");
        MUST(sys_heap_aligned_realloc(&heap, block, align, 64) == block, "it shrinks");
        MUST(sys_heap_aligned_realloc(&heap, block, align, 61) == block && sys_heap_realloc(&heap, block, 64) == block,
             "it is as large");
        char *const next = sys_heap_alloc(&heap, 64);
        MUST(next == block + 64, "what was cut off is free");
        MUST(sys_heap_aligned_realloc(&heap, block, align, 128) != block, "the next block is in the way");
        lfm_heap_fini(&heap.lfm);
        sys_heap_init(&heap, place(0), 4096);
    }
    /* a block that lies right may stay; one that does not has to move */
    sys_heap_alloc(&heap, 16);
    char *const off = sys_heap_alloc(&heap, 16);
    MUST((uintptr_t)off % 32 == 16, "the second one");
    *off = 77;
    char *const on = sys_heap_aligned_realloc(&heap, off, 32, 16);
    MUST(on != off && (uintptr_t)on % 32 == 0 && *on == 77, "moved, though it was large enough");
    MUST(sys_heap_aligned_realloc(&heap, on, 32, 10) == on, "it lies right");
}

Test(zephyr_sys_heap, stats)
{
    struct sys_heap heap;
    struct sys_memory_stats now;
    sys_heap_init(&heap, place(0), 4096);
    const size_t all = stats(&heap).free_bytes;
    MUST(all > 3500 && all < 4096 && stats(&heap).max_allocated_bytes == 0, "%zu", all);
    void *const small = sys_heap_alloc(&heap, 16), *const large = sys_heap_alloc(&heap, 1024);
    now = stats(&heap);
    MUST(now.allocated_bytes == 1040 && now.free_bytes == all - 1040 && now.max_allocated_bytes == 1040,
         "%zu, %zu, %zu", now.allocated_bytes, now.free_bytes, now.max_allocated_bytes);
    sys_heap_free(&heap, large);
    now = stats(&heap);
    MUST(now.allocated_bytes == 16 && now.free_bytes == all - 16 && now.max_allocated_bytes == 1040, "after a free");
    MUST(sys_heap_runtime_stats_reset_max(&heap) == 0 && stats(&heap).max_allocated_bytes == 16, "anew");
    void *const two = sys_heap_realloc(&heap, small, 32);
    MUST(stats(&heap).max_allocated_bytes >= 32 && stats(&heap).allocated_bytes == 32, "realloc counts");
    sys_heap_free(&heap, two);
    MUST(sys_heap_runtime_stats_get(NULL, &now) == -EINVAL && sys_heap_runtime_stats_get(&heap, NULL) == -EINVAL &&
             sys_heap_runtime_stats_reset_max(NULL) == -EINVAL,
         "NULL");
}

/* A block of all bits in a word of states is none that the library leaves. */
Test(zephyr_sys_heap, validate_finds_damage)
{
    for (size_t bytes = MARKED ? 256 : 64; bytes <= 4096; bytes *= 4) {
        struct sys_heap heap;
        sys_heap_init(&heap, place(0), bytes);
        void *const block = sys_heap_alloc(&heap, 16);
        MUST(sys_heap_validate(&heap), "%zu bytes", bytes);
        unsigned char *const words =
            (unsigned char *)heap.heap + stats(&heap).free_bytes + stats(&heap).allocated_bytes;
        unsigned char kept[sizeof(lfm_word_)];
        memcpy(kept, words, sizeof kept);
        memset(words, 0xFF, sizeof kept);
        MUST(!sys_heap_validate(&heap), "%zu bytes: damage goes unseen", bytes);
        memcpy(words, kept, sizeof kept);
        MUST(sys_heap_validate(&heap), "%zu bytes: repaired", bytes);
        heap.lfm.units++;
        MUST(!sys_heap_validate(&heap), "%zu bytes: another size goes unseen", bytes);
        heap.lfm.units--;
        sys_heap_free(&heap, block);
        must_be_empty_of_blocks(&heap);
    }
}

/* Undefined in Zephyr; here nothing changes. */
Test(zephyr_sys_heap, bad_frees)
{
    struct sys_heap heap, other;
    char local;
    sys_heap_init(&heap, place(0), 1024);
    sys_heap_init(&other, place(2048), 1024);
    char *const block = sys_heap_alloc(&heap, 64), *const theirs = sys_heap_alloc(&other, 64);
    sys_heap_free(&heap, block + 1);
    sys_heap_free(&heap, block + 16);
    sys_heap_free(&heap, block + 64);
    sys_heap_free(&heap, theirs);
    sys_heap_free(&heap, &local);
    sys_heap_free(&heap, (char *)heap.heap + 1024);
    MUST(stats(&heap).allocated_bytes == 64 && stats(&other).allocated_bytes == 64, "nothing has changed");
    MUST(sys_heap_realloc(&heap, block + 16, 100) == NULL && sys_heap_realloc(&heap, theirs, 100) == NULL, "no blocks");
    MUST(lfm_heap_free(&heap.lfm, theirs) == LFM_EFOREIGN && lfm_heap_free(&heap.lfm, block + 16) == LFM_EINTERIOR,
         "the core tells");
    sys_heap_free(&heap, block);
    sys_heap_free(&heap, block);
    sys_heap_free(&other, theirs);
    must_be_empty_of_blocks(&heap);
    must_be_empty_of_blocks(&other);
}

Test(zephyr_sys_heap, all_zero)
{
    static struct sys_heap nothing;
    char foreign[64];
    alarm(60);
    MUST(sys_heap_alloc(&nothing, 1) == NULL && sys_heap_aligned_alloc(&nothing, 16, 1) == NULL, "alloc");
    MUST(sys_heap_noalign_alloc(&nothing, 16, 1) == NULL && sys_heap_realloc(&nothing, NULL, 1) == NULL, "alloc");
    MUST(sys_heap_realloc(&nothing, foreign, 1) == NULL && sys_heap_realloc(&nothing, foreign, 0) == NULL, "realloc");
    MUST(sys_heap_aligned_realloc(&nothing, foreign, 16, 1) == NULL, "realloc");
    sys_heap_free(&nothing, foreign);
    sys_heap_free(&nothing, NULL);
    MUST(sys_heap_usable_size(&nothing, foreign) == 0 && !sys_heap_validate(&nothing), "no block, no heap");
    MUST(stats(&nothing).free_bytes == 0 && stats(&nothing).allocated_bytes == 0, "no bytes");
    MUST(stats(&nothing).max_allocated_bytes == 0 && sys_heap_runtime_stats_reset_max(&nothing) == 0, "no bytes");
    const unsigned char *const bytes = (const unsigned char *)&nothing;
    for (size_t i = 0; i < sizeof nothing; i++) {
        MUST(bytes[i] == 0, "byte %zu was written", i);
    }
}

/* Several heaps under one roof, as Zephyr's multi_heap has them: sorted by the address in `heap`, a block belongs to
 * the last one that begins at or before it. */
static struct sys_heap *roof[4];
static size_t roofed;

static void roof_add(struct sys_heap *heap)
{
    size_t at = roofed++;
    for (; at > 0 && (uintptr_t)roof[at - 1]->heap > (uintptr_t)heap->heap; at--) {
        roof[at] = roof[at - 1];
    }
    roof[at] = heap;
}

static struct sys_heap *roof_of(const void *block)
{
    size_t behind = 0;
    while (behind < roofed && (uintptr_t)block >= (uintptr_t)roof[behind]->heap) {
        behind++;
    }
    return roof[behind - 1];
}

Test(zephyr_sys_heap, under_one_roof)
{
    static struct sys_heap heaps[4];
    static const size_t order[] = {2, 0, 3, 1};
    size_t all[4];
    for (size_t i = 0; i < 4; i++) { /* side by side, at odd addresses */
        sys_heap_init(&heaps[order[i]], place(order[i] * 1001), 1001);
        MUST(heaps[order[i]].heap != NULL, "heap %zu", order[i]);
        all[order[i]] = stats(&heaps[order[i]]).free_bytes;
        roof_add(&heaps[order[i]]);
    }
    void *blocks[200];
    struct sys_heap *owners[200];
    size_t count = 0;
    for (size_t turn = 0, misses = 0; misses < 4; turn++) {
        void *const block = sys_heap_alloc(&heaps[turn % 4], 40);
        misses = block == NULL ? misses + 1 : 0;
        if (block != NULL) {
            owners[count] = &heaps[turn % 4];
            blocks[count++] = block;
        }
    }
    MUST(count > 40, "%zu blocks", count);
    for (size_t i = 0; i < count; i++) {
        MUST(roof_of(blocks[i]) == owners[i], "block %zu is in another heap", i);
        MUST((char *)blocks[i] >= (char *)owners[i]->init_mem &&
                 (char *)blocks[i] + 40 <= (char *)owners[i]->init_mem + owners[i]->init_bytes,
             "block %zu is in no memory of its heap", i);
        sys_heap_free(roof_of(blocks[i]), blocks[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        must_be_empty_of_blocks(&heaps[i]);
        /* made again of what it was made of */
        sys_heap_init(&heaps[i], heaps[i].init_mem, heaps[i].init_bytes);
        MUST(stats(&heaps[i]).free_bytes == all[i], "heap %zu has other bytes", i);
    }
}

/* What is printed: the program's printk. */
static char printed[4096];
void printk(const char *format, ...) __attribute__((format(printf, 1, 2)));
void printk(const char *format, ...)
{
    va_list arguments;
    const size_t length = strlen(printed);
    va_start(arguments, format);
    vsnprintf(printed + length, sizeof printed - length, format, arguments);
    va_end(arguments);
}

static size_t lines_with(const char *text)
{
    size_t lines = 0;
    for (const char *at = printed; (at = strstr(at, text)) != NULL; at++) {
        lines++;
    }
    return lines;
}

Test(zephyr_sys_heap, print_info)
{
    static struct sys_heap nothing;
    struct sys_heap heap;
    sys_heap_init(&heap, place(0), 1024);
    void *const first = sys_heap_alloc(&heap, 64), *const second = sys_heap_alloc(&heap, 64);
    sys_heap_free(&heap, first);
    sys_heap_print_info(&heap, false);
    MUST(lines_with("\n") == 1 && lines_with(" 64 used in 1 blocks") == 1, "%s", printed);
    printed[0] = '\0';
    sys_heap_print_info(&heap, true);
    MUST(lines_with("\n") == 4 && lines_with("used\n") == 1 && lines_with("free\n") == 2, "%s", printed);
    sys_heap_free(&heap, second);
    printed[0] = '\0';
    sys_heap_print_info(&nothing, true);
    MUST(lines_with("\n") == 1 && lines_with(": 0 bytes") == 1, "%s", printed);
}

Test(zephyr_sys_heap, array)
{
    static struct sys_heap heaps[CONFIG_SYS_HEAP_ARRAY_SIZE + 1];
    struct sys_heap **array = NULL;
    MUST(sys_heap_array_get(&array) == 0 && array != NULL, "none was saved");
    MUST(sys_heap_array_get(NULL) == -EINVAL && sys_heap_array_save(NULL) == -EINVAL, "NULL");
    for (int i = 0; i < CONFIG_SYS_HEAP_ARRAY_SIZE; i++) {
        MUST(sys_heap_array_save(&heaps[i]) == 0 && sys_heap_array_get(&array) == i + 1, "heap %d", i);
        MUST(array[i] == &heaps[i] && array[0] == &heaps[0], "heap %d", i);
    }
    MUST(sys_heap_array_save(&heaps[CONFIG_SYS_HEAP_ARRAY_SIZE]) == -EINVAL, "it is full");
}

/* Random calls against a list of what is held: blocks keep their contents and alignment, numbers add up, a smallest
 * block is refused only if nothing is free, and in the end the largest block is there again. */
typedef struct held {
    unsigned char *block;
    size_t bytes, align;
    unsigned char stamp;
} held;

enum {
    MOST = 300
};

static void fill(held *h, rng *random)
{
    h->stamp = (unsigned char)rng_below(random, 256);
    for (size_t i = 0; i < h->bytes; i++) {
        h->block[i] = (unsigned char)(h->stamp + i);
    }
}

static void must_hold(const held *h, size_t bytes)
{
    MUST(h->align == 0 || (uintptr_t)h->block % h->align == 0, "%p is not at a multiple of %zu", (void *)h->block,
         h->align);
    for (size_t i = 0; i < bytes; i++) {
        MUST(h->block[i] == (unsigned char)(h->stamp + i), "byte %zu of %zu was overwritten", i, h->bytes);
    }
}

static void random_calls(rng *random, size_t memory_bytes, size_t offset, size_t steps)
{
    static held list[MOST];
    struct sys_heap heap;
    size_t count = 0, sum = 0, most = 0;
    guard(offset, memory_bytes);
    sys_heap_init(&heap, place(offset), memory_bytes);
    const size_t all = stats(&heap).free_bytes, whole = largest(&heap);
    for (size_t i = 0; i < steps; i++) {
        const uint32_t what = rng_below(random, 16);
        const size_t bytes = 1 + rng_below(random, 1 + rng_below(random, (uint32_t)all / 4 + 16));
        const size_t align = rng_below(random, 3) == 0 ? (size_t)1 << rng_below(random, 7) : 0;
        if (what < 8 && count < MOST) {
            held *const h = &list[count];
            *h = (held){sys_heap_aligned_alloc(&heap, align, bytes), bytes, align, 0};
            MUST(h->block != NULL || bytes > 16 || align > 16 || all - sum < 16, "%zu of %zu bytes are free", all - sum,
                 all);
            if (h->block != NULL) {
                MUST(sys_heap_usable_size(&heap, h->block) >= bytes, "%zu bytes", bytes);
                sum += sys_heap_usable_size(&heap, h->block);
                fill(h, random);
                count++;
            }
        } else if (what < 12 && count > 0) {
            held *const h = &list[rng_below(random, (uint32_t)count)];
            const size_t before = sys_heap_usable_size(&heap, h->block);
            unsigned char *const to = sys_heap_aligned_realloc(&heap, h->block, align, bytes);
            if (to != NULL) {
                const size_t kept = bytes < h->bytes ? bytes : h->bytes;
                most = to != h->block && sum + sys_heap_usable_size(&heap, to) > most
                           ? sum + sys_heap_usable_size(&heap, to)
                           : most;
                sum += sys_heap_usable_size(&heap, to) - before;
                *h = (held){to, bytes, align, h->stamp};
                must_hold(h, kept);
                fill(h, random);
            } else {
                must_hold(h, h->bytes);
                MUST(sys_heap_usable_size(&heap, h->block) == before, "nothing has changed");
            }
        } else if (count > 0) {
            held *const h = &list[rng_below(random, (uint32_t)count)];
            must_hold(h, h->bytes);
            sum -= sys_heap_usable_size(&heap, h->block);
            sys_heap_free(&heap, h->block);
            *h = list[--count];
        }
        most = sum > most ? sum : most;
        const struct sys_memory_stats now = stats(&heap);
        MUST(now.allocated_bytes == sum && now.free_bytes == all - sum, "%zu of %zu bytes are taken, not %zu",
             now.allocated_bytes, all, sum);
        MUST(now.max_allocated_bytes == most, "at most %zu, not %zu", most, now.max_allocated_bytes);
        MUST(i % 16 != 0 || sys_heap_validate(&heap), "damaged");
    }
    while (count > 0) {
        must_hold(&list[count - 1], list[count - 1].bytes);
        sys_heap_free(&heap, list[--count].block);
    }
    must_be_empty_of_blocks(&heap);
    void *const block = sys_heap_alloc(&heap, whole);
    MUST(block != NULL, "%zu bytes at once", whole);
    sys_heap_free(&heap, block);
    must_be_guarded(offset, memory_bytes);
}

Test(zephyr_sys_heap, random)
{
    static const size_t sizes[] = {96, 128, 200, 256, 500, 1000, 1024, 2048, 5000, 16384, 40000, 65536};
    rng random = support_seed("zephyr_sys_heap.random");
    for (size_t i = MARKED ? 3 : 0; i < LENGTH(sizes); i++) {
        for (size_t k = 0; k < 4; k++) {
            random_calls(&random, sizes[i], k == 0 ? 0 : rng_below(&random, 128), 4000 / SUPPORT_SHARE);
        }
    }
}
