/* SPDX-License-Identifier: MIT */
/* Segments and the heap of Micrium uC/LIB: arguments and error codes around lfm_segment_*(). */
#include "micrium_list.h"

void Mem_SegCreate(const CPU_CHAR *p_name, MEM_SEG *p_seg, CPU_ADDR seg_base_addr, CPU_SIZE_T size,
                   CPU_SIZE_T padding_align, LIB_ERR *p_err)
{
    if (p_err != NULL) {
        *p_err = lfm_micrium_create_segment(p_name, p_seg, seg_base_addr, size, padding_align);
    }
}

void Mem_SegClr(MEM_SEG *p_seg, LIB_ERR *p_err)
{
    if (p_err == NULL) {
        return;
    }
    MEM_SEG *const seg = lfm_micrium_segment(p_seg);
    if (seg == &lfm_micrium_heap) {
        Mem_Init();
    } else {
        lfm_segment_reset(&seg->Segment);
        lfm_micrium_clear_uses(seg);
    }
    *p_err = LIB_MEM_ERR_NONE;
}

/* Rounds up to a power of two; saturates. */
static size_t lfm_micrium_round_up(size_t bytes, size_t align)
{
    LFM_ASSERT(lfm_is_power_of_two(align));
    return bytes <= SIZE_MAX - (align - 1) ? (bytes + (align - 1)) & ~(align - 1) : SIZE_MAX;
}

/* Takes memory; `padded`: for hardware. */
static void *lfm_micrium_take(const CPU_CHAR *name, MEM_SEG *seg, size_t bytes, size_t align, bool padded,
                              CPU_SIZE_T *shortfall, LIB_ERR *error)
{
    LFM_ASSERT(seg != NULL);
    *shortfall = 0;
    if (bytes == 0 || !lfm_is_power_of_two(align)) {
        *error = bytes == 0 ? LIB_MEM_ERR_INVALID_MEM_SIZE : LIB_MEM_ERR_INVALID_MEM_ALIGN;
        return NULL;
    }
    lfm_segment *const segment = &seg->Segment;
    void *const memory =
        padded ? lfm_segment_alloc_padded(segment, bytes, align) : lfm_segment_alloc(segment, bytes, align);
    if (memory == NULL || name != NULL) { /* what does not matter otherwise */
        lfm_segment_stats_t stats;
        lfm_segment_stats(segment, &stats);
        const size_t padding = padded && stats.padding != 0 ? stats.padding : 1; /* 0: never created */
        const size_t taken = lfm_micrium_round_up(bytes, padding);
        LFM_ASSERT(lfm_is_power_of_two(padding) && taken >= bytes && stats.used <= stats.bytes);
        if (memory != NULL) {
            LFM_ASSERT(taken <= stats.used);
            lfm_micrium_count_bytes(seg, name, taken);
        } else {
            *shortfall = lfm_micrium_segment_shortfall(seg, taken, align > padding ? align : padding);
            LFM_ASSERT(*shortfall != 0); /* a segment only gets fuller */
        }
    }
    LFM_ASSERT(((uintptr_t)memory & (align - 1)) == 0);
    *error = memory != NULL ? LIB_MEM_ERR_NONE : LIB_MEM_ERR_SEG_OVF;
    return memory;
}

void *Mem_SegAlloc(const CPU_CHAR *p_name, MEM_SEG *p_seg, CPU_SIZE_T size, LIB_ERR *p_err)
{
    return Mem_SegAllocExt(p_name, p_seg, size, sizeof(CPU_ALIGN), NULL, p_err);
}

void *Mem_SegAllocExt(const CPU_CHAR *p_name, MEM_SEG *p_seg, CPU_SIZE_T size, CPU_SIZE_T align,
                      CPU_SIZE_T *p_bytes_reqd, LIB_ERR *p_err)
{
    CPU_SIZE_T shortfall;
    if (p_err == NULL) {
        return NULL;
    }
    return lfm_micrium_take(p_name, lfm_micrium_segment(p_seg), size, align, false,
                            p_bytes_reqd != NULL ? p_bytes_reqd : &shortfall, p_err);
}

void *Mem_SegAllocHW(const CPU_CHAR *p_name, MEM_SEG *p_seg, CPU_SIZE_T size, CPU_SIZE_T align,
                     CPU_SIZE_T *p_bytes_reqd, LIB_ERR *p_err)
{
    CPU_SIZE_T shortfall;
    if (p_err == NULL) {
        return NULL;
    }
    return lfm_micrium_take(p_name, lfm_micrium_segment(p_seg), size, align, true,
                            p_bytes_reqd != NULL ? p_bytes_reqd : &shortfall, p_err);
}

CPU_SIZE_T Mem_SegRemSizeGet(MEM_SEG *p_seg, CPU_SIZE_T align, MEM_SEG_INFO *p_seg_info, LIB_ERR *p_err)
{
    if (p_err == NULL) {
        return 0;
    }
    if (!lfm_is_power_of_two(align)) {
        *p_err = LIB_MEM_ERR_INVALID_MEM_ALIGN;
        return 0;
    }
    const MEM_SEG *const seg = lfm_micrium_segment(p_seg);
    lfm_segment_stats_t stats;
    lfm_segment_stats(&seg->Segment, &stats);
    LFM_ASSERT(stats.used <= stats.bytes && stats.free == stats.bytes - stats.used);
    const size_t start = lfm_micrium_next_start(seg->BasePtr, stats.used, align);
    const size_t left = start < stats.bytes ? stats.bytes - start : 0;
    LFM_ASSERT(start >= stats.used && left <= stats.bytes - stats.used);
    if (p_seg_info != NULL) {
        p_seg_info->UsedSize = stats.used;
        p_seg_info->TotalSize = stats.bytes;
        p_seg_info->AddrBase = (CPU_ADDR)seg->BasePtr;
        p_seg_info->AddrNextAlloc = left != 0 ? (CPU_ADDR)seg->BasePtr + start : 0;
    }
    *p_err = LIB_MEM_ERR_NONE;
    return left;
}

void *Mem_HeapAlloc(CPU_SIZE_T size, CPU_SIZE_T align, CPU_SIZE_T *p_bytes_reqd, LIB_ERR *p_err)
{
    void *const memory = Mem_SegAllocExt(NULL, NULL, size, align, p_bytes_reqd, p_err);
    if (p_err != NULL && *p_err == LIB_MEM_ERR_SEG_OVF) {
        *p_err = LIB_MEM_ERR_HEAP_OVF;
    }
    return memory;
}

CPU_SIZE_T Mem_HeapGetSizeRem(CPU_SIZE_T align, LIB_ERR *p_err)
{
    return Mem_SegRemSizeGet(NULL, align, NULL, p_err);
}
