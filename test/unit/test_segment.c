/* SPDX-License-Identifier: MIT */
/* segment.h as one thread sees it: where memory lies, down to the last byte, and what fails and takes nothing. */
#include "support.h"
#include <lfmem/detail/bump.h>

LFM_SEGMENT_DEFINE(ram, 4096, 32);
LFM_SEGMENT_DEFINE(tiny, 1, 1);
LFM_SEGMENT_DEFINE(lines, 130, 64);
LFM_SEGMENT_DEFINE(page, 5000, 4096);

static void check_stats(const lfm_segment *segment, size_t bytes, size_t used, size_t padding)
{
    lfm_segment_stats_t stats;
    lfm_segment_stats(segment, &stats);
    MUST(stats.bytes == bytes && stats.padding == padding, "%zu bytes, padding %zu", stats.bytes, stats.padding);
    MUST(stats.used == used && stats.free == bytes - used, "%zu used, %zu free, of %zu", stats.used, stats.free, bytes);
}

static size_t used_bytes(const lfm_segment *segment)
{
    lfm_segment_stats_t stats;
    lfm_segment_stats(segment, &stats);
    MUST(stats.used + stats.free == stats.bytes, "%zu + %zu, not %zu", stats.used, stats.free, stats.bytes);
    return stats.used;
}

Test(segment, defined)
{
    check_stats(ram, 4096, 0, 32);
    check_stats(tiny, 1, 0, 1);
    check_stats(page, 5000, 0, 4096);
    unsigned char *first = lfm_segment_alloc(ram, 100, 1);
    MUST(first != NULL && (uintptr_t)first % 32 == 0 && (uintptr_t)first % _Alignof(max_align_t) == 0, "%p",
         (void *)first);
    memset(first, 1, 100);
    MUST(lfm_segment_alloc_padded(ram, 100, 8) == first + 128, "alone on its lines");
    check_stats(ram, 4096, 256, 32);
    unsigned char *byte = lfm_segment_alloc(tiny, 1, 1);
    MUST(byte != NULL && lfm_segment_alloc(tiny, 1, 1) == NULL, "one byte");
    *byte = 1;
    unsigned char *line = lfm_segment_alloc_padded(lines, 1, 1);
    MUST(line != NULL && (uintptr_t)line % 64 == 0, "%p", (void *)line);
    MUST(lfm_segment_alloc_padded(lines, 64, 1) == line + 64, "the second line");
    MUST(lfm_segment_alloc_padded(lines, 1, 1) == NULL, "the third is not whole");
    MUST(lfm_segment_alloc(lines, 2, 1) == line + 128 && lfm_segment_remaining(lines, 1) == 0, "its two bytes");
    MUST((uintptr_t)lfm_segment_alloc(page, 5000, 4096) % 4096 == 0, "aligned to its padding");
}

static void check_bad_init(lfm_segment *segment, void *base, size_t bytes, size_t padding)
{
    lfm_segment before;
    memcpy(&before, segment, sizeof before);
    MUST(lfm_segment_init(segment, base, bytes, padding) == LFM_EINVAL, "%p, %zu bytes, padding %zu", base, bytes,
         padding);
    MUST(memcmp(&before, segment, sizeof before) == 0, "changed something");
    MUST(lfm_segment_init(NULL, base, bytes, padding) == LFM_EINVAL, "no segment");
}

Test(segment, init_arguments)
{
    static unsigned char memory[64];
    lfm_segment segment;
    memset(&segment, 0x5C, sizeof segment);
    const size_t paddings[] = {0, 3, 5, 6, 7, 12, 63, 65, SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2};
    for (size_t i = 0; i < LENGTH(paddings); i++) {
        check_bad_init(&segment, memory, 64, paddings[i]);
    }
    check_bad_init(&segment, NULL, 64, 32);
    check_bad_init(&segment, memory, 0, 32);
    check_bad_init(&segment, memory, LFM_SEGMENT_MAX_BYTES + 1, 32);
    check_bad_init(&segment, (void *)1, LFM_SEGMENT_MAX_BYTES + 1, 1);
    check_bad_init(&segment, memory, SIZE_MAX, 32);
    for (size_t bytes = 1; bytes <= 100; bytes++) {
        check_bad_init(&segment, (void *)(UINTPTR_MAX - bytes + 1), bytes + 1, 1);
        check_bad_init(&segment, (void *)(UINTPTR_MAX - bytes + 1), LFM_SEGMENT_MAX_BYTES, 1);
    }
    MUST(lfm_segment_init(NULL, memory, 64, 32) == LFM_EINVAL, "no segment");
    for (size_t padding = 1; padding != 0; padding *= 2) {
        MUST(lfm_segment_init(&segment, memory, 64, padding) == LFM_OK, "padding %zu", padding);
        check_stats(&segment, 64, 0, padding);
    }
}

/* Where an allocation has to lie, told by counting up; SIZE_MAX: nowhere. */
static size_t place_of(uintptr_t base, size_t bytes, size_t next, size_t size, size_t align)
{
    while (next < bytes && (base + next) % align != 0) {
        next++;
    }
    return (base + next) % align == 0 && size <= bytes - next ? next : SIZE_MAX;
}

enum {
    BYTES = 300
};
static _Alignas(1024) unsigned char memory[1024 + BYTES];

/* An allocation of either kind lies where it has to, or takes nothing. */
static void check_alloc(lfm_segment *segment, const unsigned char *base, size_t size, size_t align, size_t padding)
{
    const size_t used = used_bytes(segment), whole = (size + padding - 1) / padding * padding;
    const size_t at = place_of((uintptr_t)base, BYTES, used, whole, align > padding ? align : padding);
    const unsigned char *got =
        padding > 1 ? lfm_segment_alloc_padded(segment, size, align) : lfm_segment_alloc(segment, size, align);
    MUST(at == SIZE_MAX ? got == NULL : got == base + at, "%zu bytes, align %zu, padding %zu, used %zu: %p", size,
         align, padding, used, (const void *)got);
    MUST(used_bytes(segment) == (at == SIZE_MAX ? used : at + whole), "%zu used", used_bytes(segment));
}

Test(segment, exact_to_the_last_byte)
{
    for (size_t off = 0; off < 64; off++) {
        for (size_t align = 1; align <= 64; align *= 2) {
            lfm_segment segment;
            MUST(lfm_segment_init(&segment, memory + off, BYTES, 32) == LFM_OK, "offset %zu", off);
            for (size_t size = 1; used_bytes(&segment) < BYTES - 70; size = size % 29 + 4) {
                check_alloc(&segment, memory + off, size, align, 1);
            }
            const size_t left = lfm_segment_remaining(&segment, align);
            check_alloc(&segment, memory + off, left + 1, align, 1);
            check_alloc(&segment, memory + off, left != 0 ? left : lfm_segment_remaining(&segment, 1),
                        left != 0 ? align : 1, 1);
            check_stats(&segment, BYTES, BYTES, 32);
            MUST(lfm_segment_remaining(&segment, 1) == 0 && lfm_segment_alloc(&segment, 1, 1) == NULL, "full");
        }
    }
}

Test(segment, random_allocations)
{
    rng random = support_seed("segment.random_allocations");
    for (size_t round = 0; round < 20000; round++) {
        lfm_segment segment;
        unsigned char *base = memory + rng_below(&random, 1024);
        const size_t padding = (size_t)1 << rng_below(&random, 8);
        MUST(lfm_segment_init(&segment, base, BYTES, padding) == LFM_OK, "init");
        for (size_t i = 0; i < 12; i++) {
            const size_t align = (size_t)1 << rng_below(&random, 11);
            const size_t size = 1 + rng_below(&random, rng_below(&random, 3) == 0 ? BYTES + 2 : 30);
            const size_t at = place_of((uintptr_t)base, BYTES, used_bytes(&segment), 0, align);
            const size_t left = lfm_segment_remaining(&segment, align);
            MUST(left == (at == SIZE_MAX ? 0 : BYTES - at), "%zu left at %zu", left, align);
            check_alloc(&segment, base, size, align, rng_below(&random, 2) == 0 ? padding : 1);
        }
        lfm_segment_reset(&segment);
        check_stats(&segment, BYTES, 0, padding);
    }
}

/* What an allocation may take is what remaining tells, at every fill and alignment. */
Test(segment, remaining_is_what_alloc_can_take)
{
    for (size_t off = 0; off < 64; off += 7) {
        for (size_t used = 0; used <= BYTES; used++) {
            for (size_t align = 1; align <= 1024; align *= 2) {
                lfm_segment segment;
                MUST(lfm_segment_init(&segment, memory + off, BYTES, 1) == LFM_OK, "init");
                MUST(used == 0 || lfm_segment_alloc(&segment, used, 1) == memory + off, "%zu bytes", used);
                const size_t left = lfm_segment_remaining(&segment, align);
                MUST(lfm_segment_alloc(&segment, left + 1, align) == NULL, "%zu + 1", left);
                check_stats(&segment, BYTES, used, 1);
                MUST(left == 0 || lfm_segment_alloc(&segment, left, align) == memory + off + BYTES - left, "%zu", left);
            }
        }
    }
}

Test(segment, bad_arguments_take_nothing)
{
    const size_t bad[] = {0, 3, 6, 24, 65, SIZE_MAX, SIZE_MAX - 1};
    lfm_segment segment;
    lfm_segment_stats_t stats, zero;
    MUST(lfm_segment_init(&segment, memory + 5, BYTES, 16) == LFM_OK, "init");
    MUST(lfm_segment_alloc(&segment, 7, 1) == memory + 5, "some");
    for (size_t i = 0; i < LENGTH(bad); i++) {
        MUST(lfm_segment_alloc(&segment, 1, bad[i]) == NULL, "align %zu", bad[i]);
        MUST(lfm_segment_alloc_padded(&segment, 1, bad[i]) == NULL, "align %zu", bad[i]);
        MUST(lfm_segment_remaining(&segment, bad[i]) == 0, "align %zu", bad[i]);
    }
    for (size_t align = 1; align != 0; align *= 2) {
        MUST(lfm_segment_alloc(&segment, 0, align) == NULL, "no bytes, align %zu", align);
        MUST(lfm_segment_alloc_padded(&segment, 0, align) == NULL, "no bytes, align %zu", align);
    }
    MUST(lfm_segment_alloc(NULL, 1, 1) == NULL && lfm_segment_alloc_padded(NULL, 1, 1) == NULL, "no segment");
    MUST(lfm_segment_remaining(NULL, 1) == 0, "no segment");
    lfm_segment_reset(NULL);
    memset(&stats, 0xFF, sizeof stats);
    memset(&zero, 0, sizeof zero);
    lfm_segment_stats(NULL, &stats);
    MUST(memcmp(&stats, &zero, sizeof stats) == 0, "no segment, no counts");
    lfm_segment_stats(&segment, NULL);
    lfm_segment_stats(NULL, NULL);
    check_stats(&segment, BYTES, 7, 16);
}

/* No size is so large that it comes out as a small one. */
Test(segment, huge_sizes_take_nothing)
{
    for (size_t padding = 1; padding != 0; padding *= 2) {
        lfm_segment segment;
        MUST(lfm_segment_init(&segment, memory + 3, BYTES, padding) == LFM_OK, "init");
        for (size_t used = 0; used <= BYTES; used += 75) {
            for (size_t align = 1; align != 0; align *= 2) {
                for (size_t less = 0; less < 200; less++) {
                    const size_t sizes[] = {SIZE_MAX - less, SIZE_MAX / 2 + 1 - less, SIZE_MAX / 2 + less,
                                            (uint32_t)0 - (size_t)less};
                    for (size_t i = 0; i < LENGTH(sizes); i++) {
                        const size_t size = sizes[i] > BYTES ? sizes[i] : SIZE_MAX;
                        MUST(lfm_segment_alloc(&segment, size, align) == NULL, "%zu at %zu", size, align);
                        MUST(lfm_segment_alloc_padded(&segment, size, align) == NULL, "%zu at %zu", size, align);
                    }
                }
            }
            check_stats(&segment, BYTES, used, padding);
            MUST(used == BYTES || lfm_segment_alloc(&segment, 75, 1) != NULL, "still there");
        }
    }
}

#ifndef SUPPORT_ASAN /* which keeps a shadow of memory that there is */
Test(segment, at_the_end_of_the_address_space)
{
    for (size_t bytes = 1; bytes <= BYTES; bytes++) {
        for (size_t align = 1; align != 0; align *= 2) {
            lfm_segment segment;
            const uintptr_t base = (uintptr_t)0 - bytes;
            MUST(lfm_segment_init(&segment, (void *)base, bytes, 1) == LFM_OK, "%zu bytes", bytes);
            const size_t gap = ((uintptr_t)0 - base) % align;
            const size_t left = gap < bytes ? bytes - gap : 0;
            MUST(lfm_segment_remaining(&segment, align) == left, "%zu bytes, align %zu", bytes, align);
            MUST(lfm_segment_alloc(&segment, left + 1, align) == NULL, "%zu bytes, align %zu", bytes, align);
            MUST(left == 0 || lfm_segment_alloc(&segment, left, align) == (void *)(base + gap), "%zu bytes", bytes);
        }
    }
}

Test(segment, of_the_largest_size)
{
    lfm_segment segment;
    MUST(lfm_segment_init(&segment, (void *)1, LFM_SEGMENT_MAX_BYTES, 64) == LFM_OK, "init");
    MUST(lfm_segment_alloc_padded(&segment, LFM_SEGMENT_MAX_BYTES - 62, 1) == NULL, "one byte too many");
    MUST(lfm_segment_alloc(&segment, LFM_SEGMENT_MAX_BYTES - 1, 1) == (void *)1, "all but one");
    MUST(lfm_segment_remaining(&segment, 1) == 1 && lfm_segment_alloc(&segment, 2, 1) == NULL, "one");
    check_stats(&segment, LFM_SEGMENT_MAX_BYTES, LFM_SEGMENT_MAX_BYTES - 1, 64);
    MUST(lfm_segment_alloc(&segment, 1, 1) == (void *)LFM_SEGMENT_MAX_BYTES, "the last byte");
    check_stats(&segment, LFM_SEGMENT_MAX_BYTES, LFM_SEGMENT_MAX_BYTES, 64);
}
#endif

Test(segment, reset_gives_everything_back)
{
    lfm_segment segment;
    MUST(lfm_segment_init(&segment, memory + 1, BYTES, 32) == LFM_OK, "init");
    for (size_t i = 0; i < 3; i++) {
        MUST(lfm_segment_alloc(&segment, BYTES, 1) == memory + 1, "all");
        check_stats(&segment, BYTES, BYTES, 32);
        lfm_segment_reset(&segment);
        check_stats(&segment, BYTES, 0, 32);
    }
}

/* More bytes are handed out than there are: damage, of which attach tells. Statistics say what stands there. */
Test(segment, damaged)
{
    unsigned char few[64];
    lfm_segment segment;
    lfm_segment_stats_t stats;
    MUST(lfm_segment_init(&segment, few, sizeof few, 1) == LFM_OK, "init");
    const lfm_word_ next = sizeof few + 1;
    memcpy((void *)&segment, &next, sizeof next); /* the first field */
    MUST(lfm_segment_attach(&segment) == LFM_ECORRUPT, "damaged");
    lfm_segment_stats(&segment, &stats);
    MUST(stats.used == sizeof few + 1 && stats.bytes == sizeof few, "%zu of %zu", stats.used, stats.bytes);
}

/* The step itself, also where nothing is left or asked for. */
Test(segment, bump_fit)
{
    const size_t huge[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 15, SIZE_MAX / 2 + 1};
    for (uintptr_t base = 0; base < 18; base++) {
        for (size_t bytes = 0; bytes < 24; bytes++) {
            for (size_t from = 0; from <= bytes; from++) {
                for (size_t n = 0; n < 26 + LENGTH(huge); n++) {
                    for (size_t align = 1; align <= 32; align *= 2) {
                        const lfm_piece piece = {n < 26 ? n : huge[n - 26], align};
                        const size_t wanted = place_of(base, bytes, from, piece.bytes, align);
                        size_t next = from, start = 99;
                        const bool fits = lfm_bump_fit(base, bytes, &next, piece, &start);
                        MUST(fits == (wanted != SIZE_MAX), "%zu bytes at %zu behind %zu", piece.bytes, align, from);
                        MUST(start == (fits ? wanted : 99), "at %zu, not %zu", start, wanted);
                        MUST(next == (fits ? wanted + piece.bytes : from), "up to %zu", next);
                    }
                }
            }
        }
    }
}

/* Alignments count from where the segment was made. Seen from elsewhere, which a copy of it and its memory stands for,
 * an address need not be a multiple; a compiler that was told otherwise would not look. */
Test(segment, alignment_elsewhere)
{
    enum {
        ALIGN = 256,
        SHIFT = 16
    };
    static struct world {
        lfm_segment segment;
        unsigned char memory[2 * ALIGN];
    } made;
    static _Alignas(ALIGN) unsigned char there[2 * sizeof made];
    MUST(lfm_segment_init(&made.segment, made.memory, sizeof made.memory, 1) == LFM_OK, "init");
    size_t shift = ((uintptr_t)&made % ALIGN + SHIFT) % ALIGN;
    struct world *const seen = (struct world *)(void *)(there + shift);
    memcpy(seen, &made, sizeof made);
    unsigned char *const block = lfm_segment_alloc(&seen->segment, 1, ALIGN);
    MUST(block >= seen->memory && block < seen->memory + sizeof made.memory, "alloc");
    MUST((uintptr_t)block % ALIGN == SHIFT, "%zu modulo %d", (size_t)(uintptr_t)block % ALIGN, ALIGN);
}
