/* SPDX-License-Identifier: MIT */
/* Micrium uC/LIB: allocations from a segment against the formulas of alignment and padding. */
#include "micrium.h"

/* What is known of the segment, of `bytes` bytes from ram + `shift` on. */
typedef struct model {
    size_t shift, bytes, padding;
    size_t next; /* from ram on */
} model;

static void check_rest(MEM_SEG *seg, const model *m)
{
    LIB_ERR err;
    MEM_SEG_INFO info;
    for (size_t align = 1; align <= 64; align *= 4) {
        const size_t start = round_up(m->next, align), end = m->shift + m->bytes, left = start < end ? end - start : 0;
        MUST(Mem_SegRemSizeGet(seg, align, &info, &err) == left, "%zu bytes are left at %zu", left, align);
        SAYS(LIB_MEM_ERR_NONE);
        MUST(info.TotalSize == m->bytes && info.UsedSize == m->next - m->shift &&
                 info.AddrBase == (CPU_ADDR)ram + m->shift,
             "sizes");
        MUST(info.AddrNextAlloc == (left != 0 ? (CPU_ADDR)ram + start : 0), "next");
        MUST(Mem_SegRemSizeGet(seg, align, NULL, &err) == left, "without info");
    }
}

/* One allocation; how many bytes it misses. */
static size_t check_alloc(MEM_SEG *seg, model *m, size_t size, size_t align, bool hardware)
{
    LIB_ERR err;
    size_t missing = 12345;
    const size_t padding = hardware ? m->padding : 1, end = m->shift + m->bytes;
    const size_t start = round_up(m->next, align > padding ? align : padding), next = round_up(start + size, padding);
    unsigned char *const got = hardware ? Mem_SegAllocHW("a", seg, size, align, &missing, &err)
                                        : Mem_SegAllocExt("a", seg, size, align, &missing, &err);
    if (next > end) {
        SAYS(LIB_MEM_ERR_SEG_OVF);
        MUST(got == NULL && missing == next - end, "%zu are missing, it says %zu", next - end, missing);
        return missing;
    }
    SAYS(LIB_MEM_ERR_NONE);
    MUST(got == ram + start && missing == 0, "at %zu, not %zu", (size_t)(got - ram), start);
    m->next = next;
    return 0;
}

Test(micrium_segment, each_alignment_and_padding)
{
    static MEM_SEG seg;
    for (size_t padding = 1; padding <= 64; padding *= 2) {
        for (size_t align = 1; align <= 128; align *= 2) {
            for (size_t size = 1; size <= 70; size += 3) {
                model m = {size % 16, 1000, padding, size % 16};
                LIB_ERR err;
                Mem_Init();
                Mem_SegCreate("a", &seg, (CPU_ADDR)ram + m.shift, m.bytes, padding, &err);
                SAYS(LIB_MEM_ERR_NONE);
                check_rest(&seg, &m);
                check_alloc(&seg, &m, 5, 1, false);
                check_alloc(&seg, &m, size, align, true);
                check_alloc(&seg, &m, size, align, false);
                check_rest(&seg, &m);
                while (check_alloc(&seg, &m, size, align, size % 2 == 0) == 0) {
                }
                check_rest(&seg, &m);
            }
        }
    }
}

/* A segment of so many bytes from ram + 3 on, of which 57 are taken; what 100 more miss. */
static size_t check_last(MEM_SEG *seg, size_t bytes, size_t align, bool hardware)
{
    model m = {3, bytes, 16, 3};
    LIB_ERR err;
    Mem_Init();
    Mem_SegCreate("a", seg, (CPU_ADDR)ram + 3, bytes, 16, &err);
    SAYS(LIB_MEM_ERR_NONE);
    check_alloc(seg, &m, 57, 1, false);
    return check_alloc(seg, &m, 100, align, hardware);
}

/* With so many bytes more it fits, with one less it does not. */
Test(micrium_segment, missing_bytes_are_exact)
{
    static MEM_SEG seg;
    for (size_t align = 1; align <= 64; align *= 4) {
        for (size_t bytes = 60; bytes < 130; bytes++) {
            for (int hardware = 0; hardware < 2; hardware++) {
                const size_t missing = check_last(&seg, bytes, align, hardware);
                MUST(missing != 0, "it is too short");
                MUST(check_last(&seg, bytes + missing, align, hardware) == 0, "now it fits");
                MUST(check_last(&seg, bytes + missing - 1, align, hardware) == 1, "one is missing");
            }
        }
    }
}

Test(micrium_segment, plain_allocations_are_aligned_to_words)
{
    static MEM_SEG seg;
    LIB_ERR err;
    micrium_segment(&seg, 100, 32);
    MUST(Mem_SegAlloc("a", &seg, 1, &err) == ram, "first");
    MUST(Mem_SegAlloc("a", &seg, 1, &err) == ram + sizeof(CPU_ALIGN), "second: no padding");
    MUST(Mem_SegAlloc("a", &seg, 100, &err) == NULL, "no room");
    SAYS(LIB_MEM_ERR_SEG_OVF);
    MUST(Mem_SegAlloc("a", &seg, 0, &err) == NULL, "nothing");
    SAYS(LIB_MEM_ERR_INVALID_MEM_SIZE);
    MUST(Mem_SegAlloc(NULL, &seg, 1, &err) == ram + 2 * sizeof(CPU_ALIGN), "no name");
    SAYS(LIB_MEM_ERR_NONE);
}

Test(micrium_segment, bad_arguments_change_nothing)
{
    static MEM_SEG seg;
    LIB_ERR err;
    micrium_segment(&seg, RAM, 32);
    const size_t aligns[] = {0, 3, 24, SIZE_MAX};
    for (size_t i = 0; i < LENGTH(aligns); i++) {
        size_t missing = 5;
        MUST(Mem_SegAllocExt("a", &seg, 8, aligns[i], &missing, &err) == NULL && missing == 0, "align");
        SAYS(LIB_MEM_ERR_INVALID_MEM_ALIGN);
        MUST(Mem_SegAllocHW("a", &seg, 8, aligns[i], NULL, &err) == NULL, "align");
        SAYS(LIB_MEM_ERR_INVALID_MEM_ALIGN);
        MUST(Mem_SegRemSizeGet(&seg, aligns[i], NULL, &err) == 0, "align");
        SAYS(LIB_MEM_ERR_INVALID_MEM_ALIGN);
    }
    MUST(Mem_SegAllocHW("a", &seg, 0, 8, NULL, &err) == NULL, "size");
    SAYS(LIB_MEM_ERR_INVALID_MEM_SIZE);
    MUST(micrium_used(&seg) == 0, "nothing was taken");
}

/* A MEM_SEG that was never created is a segment without room. */
Test(micrium_segment, never_created)
{
    static MEM_SEG seg;
    static MEM_DYN_POOL pool;
    LIB_ERR err;
    size_t missing;
    MUST(Mem_SegAllocHW("a", &seg, 8, 8, &missing, &err) == NULL && missing == 8, "%zu", missing);
    SAYS(LIB_MEM_ERR_SEG_OVF);
    MUST(Mem_SegAllocExt("a", &seg, 8, 8, &missing, &err) == NULL && missing == 8, "%zu", missing);
    SAYS(LIB_MEM_ERR_SEG_OVF);
    Mem_DynPoolCreateHW("a", &pool, &seg, 8, 8, 1, 1, &err);
    SAYS(LIB_MEM_ERR_SEG_OVF);
}
