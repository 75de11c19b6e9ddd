/* SPDX-License-Identifier: MIT */
/* What heaps refuse: addresses that are no block's, sizes that overflow, alignments, arguments of the init. Every byte
 * of control block and storage is compared before and after. And what tells where a heap with an odd number of units
 * ends. */
#include "heap_fixture.h"

/* Heaps with small and large blocks, with and without units beyond the last whole word. */
static const heap_plan plans[] = {
    {1, 8, LFM_FIT_TRIMMED},   {4099, 8, LFM_FIT_BUDDY2},  {1, 16, LFM_FIT_TRIMMED},   {5, 16, LFM_FIT_BUDDY2},
    {16, 64, LFM_FIT_BUDDY4},  {17, 64, LFM_FIT_TRIMMED},  {100, 32, LFM_FIT_TRIMMED}, {256, 64, LFM_FIT_TRIMMED},
    {300, 64, LFM_FIT_BUDDY2}, {4099, 16, LFM_FIT_BUDDY4},
};

enum {
    BLOCKS = 20
};

/* Takes blocks of a few sizes, and gives every third back. Returns how many it asked for. */
static size_t occupy(heap_fixture *f)
{
    void *blocks[BLOCKS];
    for (uint32_t i = 0; i < BLOCKS; i++) {
        blocks[i] = lfm_heap_alloc(f->heap, (size_t)(i % 7) * (i % 7) * f->plan.min_block);
        if (blocks[i] == NULL) {
            f->failures++;
            continue;
        }
        heap_fixture_note_alloc(f, blocks[i], (size_t)(i % 7) * (i % 7) * f->plan.min_block, 1, i + 1);
    }
    for (size_t i = 2; i < BLOCKS; i += 3) {
        if (blocks[i] != NULL) {
            heap_fixture_give(f, blocks[i]);
        }
    }
    return BLOCKS;
}

static bool is_start(const heap_fixture *f, size_t offset)
{
    const size_t unit = offset / f->plan.min_block;
    return offset % f->plan.min_block == 0 && f->owner[unit] != 0 &&
           (unit == 0 || f->owner[unit - 1] != f->owner[unit]);
}

static void check_refused(heap_fixture *f, void *address, lfm_status wanted)
{
    const lfm_status status = lfm_heap_free(f->heap, address);
    MUST(status == wanted, "%zu units, %p in %p: %s, should be %s", f->plan.units, address, (void *)f->storage,
         lfm_status_string(status), lfm_status_string(wanted));
    MUST(lfm_heap_usable_size(f->heap, address) == 0, "%p is no block", address);
    MUST(lfm_heap_realloc(f->heap, address, 1) == NULL, "%p is no block", address);
    MUST(lfm_heap_realloc(f->heap, address, SIZE_MAX) == NULL, "%p is no block", address);
    MUST(lfm_heap_realloc(f->heap, address, 0) == NULL, "%p is no block", address);
}

/* Every byte of the storage but the starts of blocks; of free units only the start is told to be free. */
static void check_every_address(heap_plan p)
{
    heap_fixture f = heap_fixture_make(p);
    MUST(occupy(&f) == BLOCKS, "blocks");
    unsigned char *const before = heap_fixture_save(&f);
    for (size_t i = 0; i < f.bytes; i++) {
        if (i >= f.span) {
            check_refused(&f, f.storage + i, LFM_EFOREIGN);
        } else if (!is_start(&f, i)) {
            const bool free = f.owner[i / p.min_block] == 0 && i % p.min_block == 0;
            check_refused(&f, f.storage + i, free ? LFM_EDOUBLEFREE : LFM_EINTERIOR);
        }
    }
    void *const others[] = {f.storage - 1, f.storage - p.min_block, f.storage + f.bytes, f.heap, before, &f,
                            (void *)1,     (void *)UINTPTR_MAX};
    for (size_t i = 0; i < LENGTH(others); i++) {
        check_refused(&f, others[i], LFM_EFOREIGN);
    }
    MUST(heap_fixture_is_same(&f, before), "%zu units of %zu: something has changed", p.units, p.min_block);
    heap_fixture_check(&f);
    free(before);
    heap_fixture_free(&f);
}

Test(heap_bad, addresses)
{
    for (size_t i = 0; i < LENGTH(plans); i++) {
        check_every_address(plans[i]);
    }
}

/* Each block twice, and the second time nothing changes. */
Test(heap_bad, double_free)
{
    for (size_t i = 0; i < LENGTH(plans); i++) {
        heap_fixture f = heap_fixture_make(plans[i]);
        MUST(occupy(&f) == BLOCKS, "blocks");
        for (size_t unit = 0; unit < f.plan.units; unit++) {
            if (f.owner[unit] != 0) {
                void *const block = f.storage + unit * f.plan.min_block;
                heap_fixture_give(&f, block);
                unsigned char *const before = heap_fixture_save(&f);
                check_refused(&f, block, LFM_EDOUBLEFREE);
                MUST(heap_fixture_is_same(&f, before), "unit %zu: something has changed", unit);
                free(before);
            }
        }
        MUST(f.used == 0 && f.blocks == 0, "%zu units", f.used);
        heap_fixture_check(&f);
        heap_fixture_free(&f);
    }
}

Test(heap_bad, null)
{
    heap_fixture f = heap_fixture_make(plans[5]);
    void *const block = heap_fixture_alloc(&f, 100, 1, 1);
    lfm_heap_stats_t stats;
    unsigned char *const before = heap_fixture_save(&f);
    MUST(lfm_heap_alloc(NULL, 1) == NULL && lfm_heap_alloc_aligned(NULL, 16, 1) == NULL, "no heap");
    MUST(lfm_heap_calloc(NULL, 1, 1) == NULL && lfm_heap_realloc(NULL, NULL, 1) == NULL, "no heap");
    MUST(lfm_heap_realloc(NULL, block, 1) == NULL && lfm_heap_realloc(NULL, block, 0) == NULL, "no heap");
    MUST(lfm_heap_free(NULL, block) == LFM_EINVAL, "no heap");
    MUST(lfm_heap_free(f.heap, NULL) == LFM_OK, "nothing to do");
    MUST(lfm_heap_usable_size(NULL, block) == 0 && lfm_heap_usable_size(f.heap, NULL) == 0, "no block");
    MUST(lfm_heap_check(NULL) == LFM_EINVAL, "no heap");
    memset(&stats, 0xFF, sizeof stats);
    lfm_heap_stats(NULL, &stats);
    MUST(stats.total == 0 && stats.free == 0 && stats.largest_free == 0 && stats.used == 0 && stats.blocks == 0 &&
             stats.failures == 0,
         "no heap");
    MUST(lfm_heap_used(NULL) == 0 && lfm_heap_peak(NULL) == 0, "no heap");
    lfm_heap_reset_peak(NULL);
    lfm_heap_stats(f.heap, NULL);
    lfm_heap_visit(f.heap, NULL, NULL);
    MUST(heap_fixture_is_same(&f, before), "something has changed");
    free(before);
    heap_fixture_free(&f);
}

/* Sizes near SIZE_MAX, from which a sum or a product would come round to something small. */
Test(heap_bad, overflow)
{
    for (size_t i = 0; i < LENGTH(plans); i++) {
        heap_fixture f = heap_fixture_make(plans[i]);
        unsigned char *const block = heap_fixture_alloc(&f, 1, 1, 1);
        block[0] = 77;
        unsigned char *const before = heap_fixture_save(&f);
        size_t failures = 0;
        for (size_t less = 0; less < 3 * f.plan.min_block; less++, failures += 4) {
            MUST(lfm_heap_alloc(f.heap, SIZE_MAX - less) == NULL, "%zu less", less);
            MUST(lfm_heap_alloc_aligned(f.heap, 16, SIZE_MAX - less) == NULL, "%zu less", less);
            MUST(lfm_heap_calloc(f.heap, 1, SIZE_MAX - less) == NULL, "%zu less", less);
            MUST(lfm_heap_realloc(f.heap, block, SIZE_MAX - less) == NULL, "%zu less", less);
        }
        lfm_heap_stats_t stats;
        lfm_heap_stats(f.heap, &stats);
        MUST(stats.failures == failures, "%zu failures, should be %zu", stats.failures, failures);
        const size_t half = SIZE_MAX / 2 + 1;
        MUST(lfm_heap_calloc(f.heap, half, 2) == NULL && lfm_heap_calloc(f.heap, 2, half) == NULL, "a product of 0");
        MUST(lfm_heap_calloc(f.heap, half + 1, 2) == NULL && lfm_heap_calloc(f.heap, 2, half + 1) == NULL, "of 2");
        MUST(lfm_heap_calloc(f.heap, SIZE_MAX, SIZE_MAX) == NULL, "of 1");
        memcpy(&f.heap->own.failures, before,
               sizeof f.heap->own.failures); /* all that may differ; it is the first field */
        MUST(heap_fixture_is_same(&f, before), "%zu units: something has changed", f.plan.units);
        MUST(block[0] == 77, "the block's contents");
        free(before);
        heap_fixture_free(&f);
    }
}

Test(heap_bad, alignments)
{
    heap_fixture f = heap_fixture_make(plans[5]);
    const size_t bad[] = {0, 3, 48, 96, SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 + 2};
    unsigned char *const before = heap_fixture_save(&f);
    for (size_t i = 0; i < LENGTH(bad); i++) {
        MUST(lfm_heap_alloc_aligned(f.heap, bad[i], 1) == NULL, "align %zu", bad[i]);
    }
    MUST(heap_fixture_is_same(&f, before), "something has changed");
    free(before);
    heap_fixture_free(&f);
}

/* Returns the status; whatever happens, not a byte before or behind the storage changes. */
static lfm_status try_init(unsigned char *memory, size_t bytes, size_t min_block, lfm_heap_fit fit, bool *touched)
{
    static unsigned char copy[8192];
    lfm_heap heap, zero;
    const lfm_heap_config config = {.min_block = min_block, .fit = fit};
    memset(&heap, 0x5A, sizeof heap);
    memset(&zero, 0x5A, sizeof zero);
    memcpy(copy, memory, sizeof copy);
    const lfm_status status = lfm_heap_init(&heap, memory, bytes, &config);
    support_show(memory, sizeof copy);
    *touched = memcmp(&heap, &zero, sizeof heap) != 0 || memcmp(copy, memory, sizeof copy) != 0;
    return status;
}

Test(heap_bad, init_arguments)
{
    static _Alignas(64) unsigned char memory[2 * 8192];
    bool touched;
    lfm_heap heap;
    const size_t blocks[] = {
        1, 2, 4, 7, 9, 15, 17, 24, 48, ((size_t)1 << 30) + 16, (size_t)1 << 31, SIZE_MAX / 2 + 1, SIZE_MAX};
    for (size_t i = 0; i < LENGTH(blocks); i++) {
        MUST(try_init(memory, 4096, blocks[i], LFM_FIT_TRIMMED, &touched) == LFM_EINVAL, "units of %zu", blocks[i]);
        MUST(!touched, "units of %zu: something has changed", blocks[i]);
    }
    for (int fit = 3; fit < 6; fit++) {
        MUST(try_init(memory, 4096, 64, (lfm_heap_fit)fit, &touched) == LFM_EINVAL && !touched, "fit %d", fit);
    }
    for (size_t at = 1; at < 16; at++) {
        MUST(try_init(memory + at, 4096, 16, LFM_FIT_TRIMMED, &touched) == LFM_EINVAL && !touched, "at %zu", at);
    }
    const size_t room = UINTPTR_MAX - (uintptr_t)memory; /* up to the last byte of all, and one less */
    for (size_t more = 2; more < 5; more++) {
        MUST(try_init(memory, room + more < room ? SIZE_MAX : room + more, 64, LFM_FIT_TRIMMED, &touched) ==
                     LFM_EINVAL &&
                 !touched,
             "%zu bytes too many", more);
    }
    MUST(lfm_heap_init(NULL, memory, 4096, NULL) == LFM_EINVAL, "no heap");
    MUST(lfm_heap_init(&heap, NULL, 4096, NULL) == LFM_EINVAL, "no storage");
    MUST(try_init(memory, 4096, 0, LFM_FIT_TRIMMED, &touched) == LFM_OK && touched, "0 is 64");
}

/* LFM_ENOMEM up to what one unit needs, and from there on as many units as STORAGE_BYTES says. */
Test(heap_bad, init_with_any_room)
{
    static _Alignas(64) unsigned char memory[2 * 8192];
    for (size_t min_block = 8; min_block <= 4096; min_block *= 4) {
        for (size_t bytes = 0; bytes <= sizeof memory / 2; bytes++) {
            const lfm_heap_config config = {.min_block = min_block, .fit = LFM_FIT_BUDDY2};
            lfm_heap heap;
            lfm_heap_stats_t stats;
            const bool enough = bytes >= LFM_HEAP_STORAGE_BYTES(min_block, min_block);
            memory[bytes] = GUARD_BYTE;
            const lfm_status status = lfm_heap_init(&heap, memory, bytes, &config);
            support_show(memory, sizeof memory);
            MUST(status == (enough ? LFM_OK : LFM_ENOMEM), "%zu bytes: %s", bytes, lfm_status_string(status));
            MUST(memory[bytes] == GUARD_BYTE, "%zu bytes and one more", bytes);
            if (enough) {
                lfm_heap_stats(&heap, &stats);
                MUST(LFM_HEAP_STORAGE_BYTES(stats.total, min_block) <= bytes, "%zu in %zu", stats.total, bytes);
                MUST(LFM_HEAP_STORAGE_BYTES(stats.total + min_block, min_block) > bytes, "only %zu in %zu", stats.total,
                     bytes);
            }
        }
    }
}

/* The units behind the last whole word of a level: hints that lead there hide nothing that is free before them. */
Test(heap_bad, a_hint_at_the_end_hides_nothing)
{
    for (size_t k = 0; k < LENGTH(heap_fixture_fits); k++) {
        heap_fixture f = heap_fixture_make((heap_plan){2 * HEAP_FIXTURE_GROUP + 1, 16, heap_fixture_fits[k]});
        const size_t pair = heap_fixture_fits[k] == LFM_FIT_BUDDY4 ? 4 : 2;
        void *ones[HEAP_FIXTURE_GROUP];
        for (uint32_t i = 0; i < HEAP_FIXTURE_GROUP; i++) {
            ones[i] = heap_fixture_alloc(&f, 16, 1, i + 1);
        }
        for (uint32_t i = 0; i < HEAP_FIXTURE_GROUP / pair; i++) {
            MUST(heap_fixture_alloc(&f, 16 * pair, 1, HEAP_FIXTURE_GROUP + 1 + i) != NULL, "block %u", i);
        }
        for (size_t i = 0; i < HEAP_FIXTURE_GROUP; i++) {
            heap_fixture_give(&f, ones[i]);
        }
        MUST(heap_fixture_alloc(&f, 16 * pair, 1, 4 * HEAP_FIXTURE_GROUP) != NULL, "a whole word is free");
        heap_fixture_free(&f);
    }
}

/* What is beyond the last whole unit of a level counts, too: the one unit at the end is all that is left. */
Test(heap_bad, largest_free_at_the_end)
{
    for (size_t k = 0; k < LENGTH(heap_fixture_fits); k++) {
        heap_fixture f = heap_fixture_make((heap_plan){HEAP_FIXTURE_GROUP + 1, 64, heap_fixture_fits[k]});
        MUST(heap_fixture_alloc(&f, 64 * HEAP_FIXTURE_GROUP, 1, 1) != NULL, "all but one unit");
        heap_fixture_check(&f); /* largest_free: 64 */
        MUST(heap_fixture_alloc(&f, 64, 1, 2) != NULL, "the last unit");
        heap_fixture_check(&f);
        heap_fixture_free(&f);
    }
}
