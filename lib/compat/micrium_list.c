/* SPDX-License-Identifier: MIT */
/* The lists of segments and of uses; micrium_list.h has their invariants and memory orders. */
#include "micrium_list.h"

_Static_assert(sizeof(_Atomic(mem_use *)) == sizeof(mem_use *), "C++ sees atomics as plain pointers");
_Static_assert(LFM_MICRIUM_HEAP_PADDING > 0 && (LFM_MICRIUM_HEAP_PADDING & (LFM_MICRIUM_HEAP_PADDING - 1)) == 0,
               "the heap's padding is no power of two");

#define LFM_MICRIUM_HEAP_ALIGN \
    (LFM_MICRIUM_HEAP_PADDING > _Alignof(max_align_t) ? (size_t)(LFM_MICRIUM_HEAP_PADDING) : _Alignof(max_align_t))
static _Alignas(LFM_MICRIUM_HEAP_ALIGN) unsigned char lfm_micrium_heap_memory[LFM_MICRIUM_HEAP_SIZE];

MEM_SEG lfm_micrium_heap = {
    .Segment = LFM_SEGMENT_AT_(&lfm_micrium_heap.Segment, &lfm_micrium_heap.Segment.own, lfm_micrium_heap_memory,
                               LFM_MICRIUM_HEAP_SIZE, LFM_MICRIUM_HEAP_PADDING),
    .BasePtr = lfm_micrium_heap_memory,
    .EndPtr = lfm_micrium_heap_memory + LFM_MICRIUM_HEAP_SIZE - 1,
    .NamePtr = "Heap",
};

static _Atomic(MEM_SEG *) lfm_micrium_registry = &lfm_micrium_heap;

#if LFM_MICRIUM_NAMES > 0
LFM_SEGMENT_DEFINE(lfm_micrium_names, LFM_MICRIUM_NAMES * sizeof(mem_use), 1);
#endif

void Mem_Init(void)
{
    LFM_STORE(LIST_RESET, &lfm_micrium_registry, &lfm_micrium_heap);
    lfm_micrium_clear_uses(&lfm_micrium_heap);
#if LFM_MICRIUM_NAMES > 0
    lfm_segment_reset(lfm_micrium_names);
#endif
    lfm_segment_reset(&lfm_micrium_heap.Segment);
}

MEM_SEG *Mem_SegListNext(const MEM_SEG *p_seg)
{
    return p_seg != NULL ? p_seg->NextPtr : LFM_LOAD(LIST_LOAD, &lfm_micrium_registry);
}

/* Step: what is in the way of a segment among those from `listed` on, up to one that is known not to be. */
static LIB_ERR lfm_micrium_find_clash_from(const MEM_SEG *seg, CPU_ADDR base, CPU_ADDR end, MEM_SEG *listed,
                                           const MEM_SEG *known, MEM_SEG **clash)
{
    LFM_ASSERT(base <= end);
    for (; listed != known; listed = listed->NextPtr) {
        LFM_ASSERT(listed != NULL); /* M1: the list from any segment on ends with the known ones */
        const CPU_ADDR first = (CPU_ADDR)listed->BasePtr, last = (CPU_ADDR)listed->EndPtr;
        LFM_ASSERT(first <= last);
        *clash = listed;
        if (listed == seg || (base == first && end == last)) {
            return LIB_MEM_ERR_INVALID_SEG_EXISTS;
        }
        if (base <= last && first <= end) {
            return LIB_MEM_ERR_INVALID_SEG_OVERLAP;
        }
    }
    *clash = NULL;
    return LIB_MEM_ERR_NONE;
}

LIB_ERR lfm_micrium_find_clash(const MEM_SEG *seg, CPU_ADDR base, CPU_ADDR end, MEM_SEG **clash)
{
    return lfm_micrium_find_clash_from(seg, base, end, Mem_SegListNext(NULL), NULL, clash);
}

/* Adds a segment whose bounds are set, or tells what is in its way. */
static LIB_ERR lfm_micrium_register_segment(MEM_SEG *seg)
{
    const CPU_ADDR base = (CPU_ADDR)seg->BasePtr, end = (CPU_ADDR)seg->EndPtr;
    MEM_SEG *first = LFM_LOAD(LIST_LOAD, &lfm_micrium_registry);
    const MEM_SEG *known = NULL; /* M2: nothing from here on is in the way */
    LFM_ASSERT(base != 0 && base <= end);
    do {
        MEM_SEG *clash;
        const LIB_ERR error = lfm_micrium_find_clash_from(seg, base, end, first, known, &clash);
        if (error != LIB_MEM_ERR_NONE) {
            return error;
        }
        LFM_ASSERT(first != NULL && first != seg); /* the heap is the last one */
        seg->NextPtr = first;
        known = first;
    } while (!LFM_CAS_WEAK(LIST_CAS, LIST_FAIL, &lfm_micrium_registry, &first, seg));
    return LIB_MEM_ERR_NONE;
}

LIB_ERR lfm_micrium_create_segment(const CPU_CHAR *name, MEM_SEG *seg, CPU_ADDR base, CPU_SIZE_T bytes,
                                   CPU_SIZE_T padding)
{
    MEM_SEG *clash;
    if (seg == NULL || base == 0) {
        return LIB_MEM_ERR_NULL_PTR;
    }
    if (bytes == 0 || bytes > LFM_SEGMENT_MAX_BYTES || bytes - 1 > UINTPTR_MAX - base) {
        return LIB_MEM_ERR_INVALID_SEG_SIZE;
    }
    if (!lfm_is_power_of_two(padding)) {
        return LIB_MEM_ERR_INVALID_MEM_ALIGN;
    }
    LIB_ERR error = lfm_micrium_find_clash(seg, base, base + (bytes - 1), &clash); /* before anything is written */
    if (error != LIB_MEM_ERR_NONE) {
        return error;
    }
    memset(seg, 0, sizeof *seg);
    seg->BasePtr = (CPU_INT08U *)base;
    seg->EndPtr = seg->BasePtr + (bytes - 1);
    seg->NamePtr = name;
    LFM_ASSERT(seg->BasePtr <= seg->EndPtr && (CPU_ADDR)seg->EndPtr - base == bytes - 1);
    if (lfm_segment_init(&seg->Segment, seg->BasePtr, bytes, padding) != LFM_OK) {
        return LIB_MEM_ERR_INVALID_SEG_SIZE; /* not after what was seen above */
    }
    error = lfm_micrium_register_segment(seg);
    if (error != LIB_MEM_ERR_NONE) {
        memset(seg, 0, sizeof *seg); /* another context was faster: this memory is not to be handed out here */
    }
    return error;
}

size_t lfm_micrium_segment_shortfall(const MEM_SEG *seg, size_t bytes, size_t align)
{
    lfm_segment_stats_t stats;
    LFM_ASSERT(lfm_is_power_of_two(align));
    lfm_segment_stats(&seg->Segment, &stats);
    LFM_ASSERT(stats.used <= stats.bytes);
    return lfm_micrium_shortfall(stats.bytes, lfm_micrium_next_start(seg->BasePtr, stats.used, align), bytes);
}

static _Atomic(mem_use *) *lfm_micrium_use_list(const MEM_SEG *seg)
{
    return (_Atomic(mem_use *) *)&seg->UsesPtr;
}

const mem_use *lfm_micrium_first_use(const MEM_SEG *seg)
{
    return LFM_LOAD(LIST_LOAD, lfm_micrium_use_list(seg));
}

void lfm_micrium_clear_uses(MEM_SEG *seg)
{
    LFM_STORE(LIST_RESET, lfm_micrium_use_list(seg), NULL);
}

#if LFM_MICRIUM_NAMES > 0

static bool lfm_micrium_is_same_name(const CPU_CHAR *a, const CPU_CHAR *b)
{
    LFM_ASSERT(a != NULL && b != NULL);
    for (; *a == *b; a++, b++) {
        if (a == b || *a == 0) {
            return true;
        }
    }
    return false;
}

/* Step: the use for a name among those from `use` on, up to one that is known not to be it. */
static mem_use *lfm_micrium_find_use(mem_use *use, const mem_use *known, const CPU_CHAR *name)
{
    while (use != known && (use->pool != NULL || !lfm_micrium_is_same_name(use->name, name))) {
        use = use->next;
        LFM_ASSERT(use != NULL || known == NULL); /* M1, of uses */
    }
    return use != known ? use : NULL;
}

static mem_use *lfm_micrium_make_use(const CPU_CHAR *name, const MEM_DYN_POOL *pool)
{
    mem_use *const use = lfm_segment_alloc(lfm_micrium_names, sizeof *use, _Alignof(mem_use));
    LFM_ASSERT(name != NULL && (uintptr_t)use % _Alignof(mem_use) == 0);
    if (use != NULL) {
        use->name = name;
        use->pool = pool;
        atomic_init(&use->bytes, 0);
    }
    return use;
}

void lfm_micrium_register_pool(MEM_DYN_POOL *pool, const CPU_CHAR *name)
{
    mem_use *const use = name != NULL ? lfm_micrium_make_use(name, pool) : NULL;
    LFM_ASSERT(pool->SegPtr != NULL && pool->Type == LFM_MICRIUM_DYN_POOL);
    pool->UsePtr = use;
    if (use != NULL) {
        use->next = LFM_LOAD(LIST_LOAD, lfm_micrium_use_list(pool->SegPtr));
        while (!LFM_CAS_WEAK(LIST_CAS, LIST_FAIL, lfm_micrium_use_list(pool->SegPtr), &use->next, use)) {
            LFM_ASSERT(use->next != use);
        }
    }
}

void lfm_micrium_count_bytes(MEM_SEG *seg, const CPU_CHAR *name, size_t bytes)
{
    if (name == NULL) {
        return;
    }
    mem_use *first = LFM_LOAD(LIST_LOAD, lfm_micrium_use_list(seg)), *own = NULL;
    const mem_use *known = NULL; /* M3: nothing from here on has this name */
    LFM_ASSERT(bytes != 0);
    do {
        mem_use *const use = lfm_micrium_find_use(first, known, name);
        if (use != NULL) { /* if two contexts had a new name at the same time, `own` stays unused in the table */
            LFM_FETCH_ADD(USE_BYTES, &use->bytes, bytes);
            return;
        }
        if (own == NULL && (own = lfm_micrium_make_use(name, NULL)) == NULL) {
            return;
        }
        LFM_ASSERT(own != first && own->pool == NULL);
        LFM_STORE(USE_BYTES, &own->bytes, bytes);
        own->next = first;
        known = first;
    } while (!LFM_CAS_WEAK(LIST_CAS, LIST_FAIL, lfm_micrium_use_list(seg), &first, own));
}

#else

void lfm_micrium_register_pool(MEM_DYN_POOL *pool, const CPU_CHAR *name)
{
    (void)name;
    pool->UsePtr = NULL;
}

void lfm_micrium_count_bytes(MEM_SEG *seg, const CPU_CHAR *name, size_t bytes)
{
    (void)seg, (void)name, (void)bytes;
}

#endif
