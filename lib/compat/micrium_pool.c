/* SPDX-License-Identifier: MIT */
/* Static pools of Micrium uC/LIB: arguments and error codes around lfm_pool_*(). */
#include "micrium_blocks.h"

/* Finds the segment of a pool's memory, or makes it with a MEM_SEG from the heap. */
static LIB_ERR lfm_micrium_segment_for(void *base, size_t bytes, const lfm_micrium_blocks *blocks, MEM_SEG **seg,
                                       size_t *shortfall)
{
    const CPU_ADDR first = (CPU_ADDR)base;
    LFM_ASSERT(base != NULL && bytes != 0 && blocks->n != 0);
    if (bytes > LFM_SEGMENT_MAX_BYTES || bytes - 1 > UINTPTR_MAX - first) {
        return LIB_MEM_ERR_INVALID_SEG_SIZE;
    }
    LIB_ERR error = lfm_micrium_find_clash(NULL, first, first + (bytes - 1), seg);
    if (error != LIB_MEM_ERR_NONE) {
        return error == LIB_MEM_ERR_INVALID_SEG_EXISTS ? LIB_MEM_ERR_NONE : error;
    }
    *shortfall =
        lfm_micrium_shortfall(bytes, lfm_micrium_next_start(base, 0, blocks->align), blocks->n * blocks->stride);
    if (*shortfall != 0) { /* before anything is taken */
        return LIB_MEM_ERR_SEG_OVF;
    }
    *seg = lfm_segment_alloc(&lfm_micrium_heap.Segment, sizeof **seg, _Alignof(MEM_SEG));
    if (*seg == NULL) {
        *shortfall = lfm_micrium_segment_shortfall(&lfm_micrium_heap, sizeof **seg, _Alignof(MEM_SEG));
        LFM_ASSERT(*shortfall != 0);
        return LIB_MEM_ERR_HEAP_OVF;
    }
    error = lfm_micrium_create_segment("Memory of a static pool", *seg, first, bytes, LIB_MEM_PADDING_ALIGN_NONE);
    if (error == LIB_MEM_ERR_INVALID_SEG_EXISTS) { /* another context was faster */
        const LIB_ERR clash = lfm_micrium_find_clash(NULL, first, first + (bytes - 1), seg);
        LFM_ASSERT(clash != LIB_MEM_ERR_NONE);
        return clash == error ? LIB_MEM_ERR_NONE : LIB_MEM_ERR_INVALID_SEG_OVERLAP; /* and it is there still */
    }
    return error;
}

/* Takes memory for links, then for blocks, so that room for blocks is not lost for want of links. */
static LIB_ERR lfm_micrium_pool_init(MEM_POOL *pool, MEM_SEG *seg, const lfm_micrium_blocks *blocks, size_t *shortfall)
{
    const size_t bytes = blocks->n * blocks->stride, links_bytes = LFM_POOL_LINKS_BYTES(blocks->n);
    LFM_ASSERT(seg != NULL && blocks->n != 0 && bytes / blocks->n == blocks->stride);
    *shortfall = lfm_micrium_segment_shortfall(seg, bytes, blocks->align);
    if (*shortfall != 0) {
        return LIB_MEM_ERR_SEG_OVF;
    }
    void *const links = lfm_segment_alloc(&lfm_micrium_heap.Segment, links_bytes, 4);
    if (links == NULL) {
        *shortfall = lfm_micrium_segment_shortfall(&lfm_micrium_heap, links_bytes, 4);
        LFM_ASSERT(*shortfall != 0);
        return LIB_MEM_ERR_HEAP_OVF;
    }
    void *const memory = lfm_segment_alloc(&seg->Segment, bytes, blocks->align);
    if (memory == NULL) {
        *shortfall = lfm_micrium_segment_shortfall(seg, bytes, blocks->align);
        return LIB_MEM_ERR_SEG_OVF;
    }
    LFM_ASSERT((uintptr_t)links % 4 == 0 && ((uintptr_t)memory & (blocks->align - 1)) == 0);
    if (lfm_pool_init_apart(&pool->Pool, memory, bytes, links, links_bytes, blocks->n, blocks->size, blocks->align) !=
        LFM_OK) {
        return LIB_MEM_ERR_INVALID_BLK_SIZE; /* not after what lfm_micrium_check_range() saw */
    }
    pool->PoolAddrStart = memory;
    pool->BlkSize = blocks->size;
    pool->Type = LFM_MICRIUM_POOL;
    return LIB_MEM_ERR_NONE;
}

static LIB_ERR lfm_micrium_pool_create(MEM_POOL *pool, void *base, size_t bytes, lfm_micrium_blocks blocks,
                                       size_t *shortfall)
{
    MEM_SEG *seg = &lfm_micrium_heap;
    if (pool == NULL) {
        return LIB_MEM_ERR_NULL_PTR;
    }
    if (base != NULL && bytes == 0) {
        return LIB_MEM_ERR_INVALID_MEM_SIZE;
    }
    if (blocks.n == 0) {
        return LIB_MEM_ERR_INVALID_BLK_NBR;
    }
    LIB_ERR error = lfm_micrium_check_blocks(&blocks, LIB_MEM_BLK_QTY_UNLIMITED);
    if (error == LIB_MEM_ERR_NONE) {
        error = lfm_micrium_lay_out(&blocks);
    }
    if (error == LIB_MEM_ERR_NONE) {
        error = lfm_micrium_check_range(&blocks);
    }
    LFM_ASSERT(error != LIB_MEM_ERR_NONE || blocks.n <= LFM_POOL_MAX_COUNT);
    if (error == LIB_MEM_ERR_NONE && base != NULL) {
        error = lfm_micrium_segment_for(base, bytes, &blocks, &seg, shortfall);
    }
    LFM_ASSERT(error != LIB_MEM_ERR_NONE || seg != NULL);
    return error == LIB_MEM_ERR_NONE ? lfm_micrium_pool_init(pool, seg, &blocks, shortfall) : error;
}

void Mem_PoolCreate(MEM_POOL *p_pool, void *p_mem_base, CPU_SIZE_T mem_size, MEM_POOL_BLK_QTY blk_nbr,
                    CPU_SIZE_T blk_size, CPU_SIZE_T blk_align, CPU_SIZE_T *p_bytes_reqd, LIB_ERR *p_err)
{
    const lfm_micrium_blocks blocks = {blk_size, blk_align, blk_nbr, 0};
    size_t shortfall = 0;
    if (p_err != NULL) {
        *p_err = lfm_micrium_pool_create(p_pool, p_mem_base, mem_size, blocks, &shortfall);
        if (p_bytes_reqd != NULL) {
            *p_bytes_reqd = shortfall;
        }
    }
}

void Mem_PoolClr(MEM_POOL *p_pool, LIB_ERR *p_err)
{
    if (p_err == NULL) {
        return;
    }
    *p_err = LIB_MEM_ERR_NULL_PTR;
    if (p_pool != NULL) {
        memset(p_pool, 0, sizeof *p_pool);
        *p_err = LIB_MEM_ERR_NONE;
    }
}

static inline LIB_ERR lfm_micrium_pool_check(const MEM_POOL *pool)
{
    if (pool == NULL) {
        return LIB_MEM_ERR_NULL_PTR;
    }
    return pool->Type == LFM_MICRIUM_POOL ? LIB_MEM_ERR_NONE : LIB_MEM_ERR_INVALID_POOL;
}

void *Mem_PoolBlkGet(MEM_POOL *p_pool, CPU_SIZE_T size, LIB_ERR *p_err)
{
    if (p_err == NULL) {
        return NULL;
    }
    *p_err = lfm_micrium_pool_check(p_pool);
    if (*p_err == LIB_MEM_ERR_NONE && (size == 0 || size > p_pool->BlkSize)) {
        *p_err = LIB_MEM_ERR_INVALID_BLK_SIZE;
    }
    if (*p_err != LIB_MEM_ERR_NONE) {
        return NULL;
    }
    void *const block = lfm_pool_get(&p_pool->Pool);
    if (block == NULL) {
        *p_err = LIB_MEM_ERR_POOL_EMPTY;
    }
    return block;
}

void Mem_PoolBlkFree(MEM_POOL *p_pool, void *p_blk, LIB_ERR *p_err)
{
    if (p_err == NULL) {
        return;
    }
    *p_err = lfm_micrium_pool_check(p_pool);
    if (*p_err == LIB_MEM_ERR_NONE) {
        *p_err = p_blk != NULL ? lfm_micrium_put_error(lfm_pool_put(&p_pool->Pool, p_blk)) : LIB_MEM_ERR_NULL_PTR;
    }
}

MEM_POOL_BLK_QTY Mem_PoolBlkGetNbrAvail(MEM_POOL *p_pool, LIB_ERR *p_err)
{
    if (p_err == NULL) {
        return 0;
    }
    *p_err = lfm_micrium_pool_check(p_pool);
    if (*p_err != LIB_MEM_ERR_NONE) {
        return 0;
    }
    lfm_pool_stats_t stats;
    lfm_pool_stats(&p_pool->Pool, &stats);
    return stats.free;
}
