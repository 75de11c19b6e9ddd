/* SPDX-License-Identifier: MIT */
/* What heaps refuse, with every byte of control block and storage compared before and after: addresses that are not a
 * block's, sizes that overflow, alignments, arguments of the init. And what tells where a heap with an odd number of
 * units ends. */
#include "heap_rig.h"

/* Heaps with small and large blocks, with and without units beyond the last whole word. */
static const hplan plans[] = {
    {1, 8, LFM_FIT_TRIMMED},   {4099, 8, LFM_FIT_BUDDY2},  {1, 16, LFM_FIT_TRIMMED},   {5, 16, LFM_FIT_BUDDY2},
    {16, 64, LFM_FIT_BUDDY4},  {17, 64, LFM_FIT_TRIMMED},  {100, 32, LFM_FIT_TRIMMED}, {256, 64, LFM_FIT_TRIMMED},
    {300, 64, LFM_FIT_BUDDY2}, {4099, 16, LFM_FIT_BUDDY4},
};

enum {
    BLOCKS = 20
};

/* Takes blocks of a few sizes, and gives every third back. Returns how many it asked for. */
static size_t occupy(hrig *r)
{
    void *blocks[BLOCKS];
    for (uint32_t i = 0; i < BLOCKS; i++) {
        blocks[i] = lfm_heap_alloc(r->heap, (size_t)(i % 7) * (i % 7) * r->plan.min_block);
        if (blocks[i] == NULL) {
            r->failures++;
            continue;
        }
        hrig_took(r, blocks[i], (size_t)(i % 7) * (i % 7) * r->plan.min_block, 1, i + 1);
    }
    for (size_t i = 2; i < BLOCKS; i += 3) {
        if (blocks[i] != NULL) {
            hrig_give(r, blocks[i]);
        }
    }
    return BLOCKS;
}

static bool is_start(const hrig *r, size_t offset)
{
    const size_t unit = offset / r->plan.min_block;
    return offset % r->plan.min_block == 0 && r->owner[unit] != 0 &&
           (unit == 0 || r->owner[unit - 1] != r->owner[unit]);
}

static void check_refused(hrig *r, void *address, lfm_status wanted)
{
    const lfm_status status = lfm_heap_free(r->heap, address);
    MUST(status == wanted, "%zu units, %p in %p: %s, should be %s", r->plan.units, address, (void *)r->storage,
         lfm_status_string(status), lfm_status_string(wanted));
    MUST(lfm_heap_usable_size(r->heap, address) == 0, "%p is no block", address);
    MUST(lfm_heap_realloc(r->heap, address, 1) == NULL, "%p is no block", address);
    MUST(lfm_heap_realloc(r->heap, address, SIZE_MAX) == NULL, "%p is no block", address);
    MUST(lfm_heap_realloc(r->heap, address, 0) == NULL, "%p is no block", address);
}

/* Every byte of the storage but the starts of blocks; of free units only the start is told to be free. */
static void check_every_address(hplan p)
{
    hrig r = hrig_make(p);
    MUST(occupy(&r) == BLOCKS, "blocks");
    unsigned char *const before = hrig_save(&r);
    for (size_t i = 0; i < r.bytes; i++) {
        if (i >= r.span) {
            check_refused(&r, r.storage + i, LFM_EFOREIGN);
        } else if (!is_start(&r, i)) {
            const bool free = r.owner[i / p.min_block] == 0 && i % p.min_block == 0;
            check_refused(&r, r.storage + i, free ? LFM_EDOUBLEFREE : LFM_EINTERIOR);
        }
    }
    void *const others[] = {r.storage - 1, r.storage - p.min_block, r.storage + r.bytes, r.heap, before, &r,
                            (void *)1,     (void *)UINTPTR_MAX};
    for (size_t i = 0; i < LENGTH(others); i++) {
        check_refused(&r, others[i], LFM_EFOREIGN);
    }
    MUST(hrig_is_same(&r, before), "%zu units of %zu: something has changed", p.units, p.min_block);
    hrig_check(&r);
    free(before);
    hrig_free(&r);
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
        hrig r = hrig_make(plans[i]);
        MUST(occupy(&r) == BLOCKS, "blocks");
        for (size_t unit = 0; unit < r.plan.units; unit++) {
            if (r.owner[unit] != 0) {
                void *const block = r.storage + unit * r.plan.min_block;
                hrig_give(&r, block);
                unsigned char *const before = hrig_save(&r);
                check_refused(&r, block, LFM_EDOUBLEFREE);
                MUST(hrig_is_same(&r, before), "unit %zu: something has changed", unit);
                free(before);
            }
        }
        MUST(r.used == 0 && r.blocks == 0, "%zu units", r.used);
        hrig_check(&r);
        hrig_free(&r);
    }
}

Test(heap_bad, null)
{
    hrig r = hrig_make(plans[5]);
    void *const block = hrig_alloc(&r, 100, 1, 1);
    lfm_heap_stats_t stats;
    unsigned char *const before = hrig_save(&r);
    MUST(lfm_heap_alloc(NULL, 1) == NULL && lfm_heap_alloc_aligned(NULL, 16, 1) == NULL, "no heap");
    MUST(lfm_heap_calloc(NULL, 1, 1) == NULL && lfm_heap_realloc(NULL, NULL, 1) == NULL, "no heap");
    MUST(lfm_heap_realloc(NULL, block, 1) == NULL && lfm_heap_realloc(NULL, block, 0) == NULL, "no heap");
    MUST(lfm_heap_free(NULL, block) == LFM_EINVAL, "no heap");
    MUST(lfm_heap_free(r.heap, NULL) == LFM_OK, "nothing to do");
    MUST(lfm_heap_usable_size(NULL, block) == 0 && lfm_heap_usable_size(r.heap, NULL) == 0, "no block");
    MUST(lfm_heap_check(NULL) == LFM_EINVAL, "no heap");
    memset(&stats, 0xFF, sizeof stats);
    lfm_heap_stats(NULL, &stats);
    MUST(stats.total == 0 && stats.free == 0 && stats.largest_free == 0 && stats.used == 0 && stats.blocks == 0 &&
             stats.failures == 0,
         "no heap");
    MUST(lfm_heap_used(NULL) == 0 && lfm_heap_peak(NULL) == 0, "no heap");
    lfm_heap_reset_peak(NULL);
    lfm_heap_stats(r.heap, NULL);
    lfm_heap_visit(r.heap, NULL, NULL);
    MUST(hrig_is_same(&r, before), "something has changed");
    free(before);
    hrig_free(&r);
}

/* Sizes near SIZE_MAX, from which a sum or a product would come round to something small. */
Test(heap_bad, overflow)
{
    for (size_t i = 0; i < LENGTH(plans); i++) {
        hrig r = hrig_make(plans[i]);
        unsigned char *const block = hrig_alloc(&r, 1, 1, 1);
        block[0] = 77;
        unsigned char *const before = hrig_save(&r);
        size_t failures = 0;
        for (size_t less = 0; less < 3 * r.plan.min_block; less++, failures += 4) {
            MUST(lfm_heap_alloc(r.heap, SIZE_MAX - less) == NULL, "%zu less", less);
            MUST(lfm_heap_alloc_aligned(r.heap, 16, SIZE_MAX - less) == NULL, "%zu less", less);
            MUST(lfm_heap_calloc(r.heap, 1, SIZE_MAX - less) == NULL, "%zu less", less);
            MUST(lfm_heap_realloc(r.heap, block, SIZE_MAX - less) == NULL, "%zu less", less);
        }
        lfm_heap_stats_t stats;
        lfm_heap_stats(r.heap, &stats);
        MUST(stats.failures == failures, "%zu failures, should be %zu", stats.failures, failures);
        const size_t half = SIZE_MAX / 2 + 1;
        MUST(lfm_heap_calloc(r.heap, half, 2) == NULL && lfm_heap_calloc(r.heap, 2, half) == NULL, "a product of 0");
        MUST(lfm_heap_calloc(r.heap, half + 1, 2) == NULL && lfm_heap_calloc(r.heap, 2, half + 1) == NULL, "of 2");
        MUST(lfm_heap_calloc(r.heap, SIZE_MAX, SIZE_MAX) == NULL, "of 1");
        memcpy(&r.heap->failures, before, sizeof r.heap->failures); /* all that may differ; it is the first field */
        MUST(hrig_is_same(&r, before), "%zu units: something has changed", r.plan.units);
        MUST(block[0] == 77, "the block's contents");
        free(before);
        hrig_free(&r);
    }
}

Test(heap_bad, alignments)
{
    hrig r = hrig_make(plans[5]);
    const size_t bad[] = {0, 3, 48, 96, SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 + 2};
    unsigned char *const before = hrig_save(&r);
    for (size_t i = 0; i < LENGTH(bad); i++) {
        MUST(lfm_heap_alloc_aligned(r.heap, bad[i], 1) == NULL, "align %zu", bad[i]);
    }
    MUST(hrig_is_same(&r, before), "something has changed");
    free(before);
    hrig_free(&r);
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
            memory[bytes] = RIG_GUARD_BYTE;
            const lfm_status status = lfm_heap_init(&heap, memory, bytes, &config);
            support_show(memory, sizeof memory);
            MUST(status == (enough ? LFM_OK : LFM_ENOMEM), "%zu bytes: %s", bytes, lfm_status_string(status));
            MUST(memory[bytes] == RIG_GUARD_BYTE, "%zu bytes and one more", bytes);
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
    for (size_t k = 0; k < LENGTH(hrig_fits); k++) {
        hrig r = hrig_make((hplan){2 * HRIG_GROUP + 1, 16, hrig_fits[k]});
        const size_t pair = hrig_fits[k] == LFM_FIT_BUDDY4 ? 4 : 2;
        void *ones[HRIG_GROUP];
        for (uint32_t i = 0; i < HRIG_GROUP; i++) {
            ones[i] = hrig_alloc(&r, 16, 1, i + 1);
        }
        for (uint32_t i = 0; i < HRIG_GROUP / pair; i++) {
            MUST(hrig_alloc(&r, 16 * pair, 1, HRIG_GROUP + 1 + i) != NULL, "block %u", i);
        }
        for (size_t i = 0; i < HRIG_GROUP; i++) {
            hrig_give(&r, ones[i]);
        }
        MUST(hrig_alloc(&r, 16 * pair, 1, 4 * HRIG_GROUP) != NULL, "a whole word is free");
        hrig_free(&r);
    }
}

/* What is beyond the last whole unit of a level counts, too: the one unit at the end is all that is left. */
Test(heap_bad, largest_free_at_the_end)
{
    for (size_t k = 0; k < LENGTH(hrig_fits); k++) {
        hrig r = hrig_make((hplan){HRIG_GROUP + 1, 64, hrig_fits[k]});
        MUST(hrig_alloc(&r, 64 * HRIG_GROUP, 1, 1) != NULL, "all but one unit");
        hrig_check(&r); /* largest_free: 64 */
        MUST(hrig_alloc(&r, 64, 1, 2) != NULL, "the last unit");
        hrig_check(&r);
        hrig_free(&r);
    }
}
