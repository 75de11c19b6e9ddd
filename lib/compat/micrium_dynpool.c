/* SPDX-License-Identifier: MIT */
/* Dynamic pools of Micrium uC/LIB: arguments and error codes around lfm_dynpool_*(). */
#include "micrium_blocks.h"

static LIB_ERR lfm_micrium_dynpool_init(lfm_dynpool *pool, MEM_SEG *seg, const lfm_micrium_blocks *blocks, size_t most)
{
    const lfm_dynpool_config config = {
        .block_size = blocks->size,
        .align = blocks->align, /* padding included */
        .initial = blocks->n,
        .maximum = most != LIB_MEM_BLK_QTY_UNLIMITED && most <= LFM_POOL_MAX_COUNT ? most : LFM_UNLIMITED,
        .grow = 1, /* so pools that share a segment do not starve each other */
        .metadata = &lfm_micrium_heap.Segment,
    };
    LFM_ASSERT(blocks->stride % blocks->align == 0 && blocks->n <= LFM_POOL_MAX_COUNT);
    const lfm_status status = lfm_dynpool_init(pool, &seg->Segment, &config);
    if (status ==
        LFM_ENOMEM) { /* a segment only gets fuller: if this one has room now, it was the heap that had none */
        return seg != &lfm_micrium_heap && lfm_micrium_has_room(seg, blocks) ? LIB_MEM_ERR_HEAP_OVF
                                                                             : LIB_MEM_ERR_SEG_OVF;
    }
    /* all else being in range, an error means too many places for a block at this alignment */
    return status == LFM_OK ? LIB_MEM_ERR_NONE : LIB_MEM_ERR_INVALID_BLK_ALIGN;
}

static LIB_ERR lfm_micrium_dynpool_create(const CPU_CHAR *name, MEM_DYN_POOL *pool, MEM_SEG *seg,
                                          lfm_micrium_blocks blocks, size_t most, bool padded)
{
    LIB_ERR error = pool != NULL ? lfm_micrium_check_blocks(&blocks, most) : LIB_MEM_ERR_NULL_PTR;
    if (error != LIB_MEM_ERR_NONE) {
        return error;
    }
    lfm_segment_stats_t stats;
    lfm_segment_stats(&seg->Segment, &stats);
    LFM_ASSERT(seg != NULL && stats.used <= stats.bytes);
    LFM_ASSERT(stats.padding == 0 || lfm_is_power_of_two(stats.padding)); /* 0: never created */
    blocks.align = padded && stats.padding > blocks.align ? stats.padding : blocks.align;
    LFM_ASSERT(lfm_is_power_of_two(blocks.align));
    error = lfm_micrium_lay_out(&blocks);
    if (error == LIB_MEM_ERR_NONE && blocks.n != 0 && !lfm_micrium_has_room(seg, &blocks)) {
        error = LIB_MEM_ERR_SEG_OVF;
    }
    if (error == LIB_MEM_ERR_NONE) {
        error = lfm_micrium_check_range(&blocks);
    }
    if (error == LIB_MEM_ERR_NONE) {
        error = lfm_micrium_dynpool_init(&pool->Pool, seg, &blocks, most);
    }
    if (error == LIB_MEM_ERR_NONE) {
        LFM_ASSERT(blocks.stride >= blocks.size);
        pool->SegPtr = seg;
        pool->BlkQtyMax = most;
        pool->BlkAlign = blocks.align;
        pool->Type = LFM_MICRIUM_DYN_POOL;
        lfm_micrium_register_pool(pool, name);
    }
    return error;
}

void Mem_DynPoolCreate(const CPU_CHAR *p_name, MEM_DYN_POOL *p_pool, MEM_SEG *p_seg, CPU_SIZE_T blk_size,
                       CPU_SIZE_T blk_align, CPU_SIZE_T blk_qty_init, CPU_SIZE_T blk_qty_max, LIB_ERR *p_err)
{
    const lfm_micrium_blocks blocks = {blk_size, blk_align, blk_qty_init, 0};
    if (p_err != NULL) {
        *p_err = lfm_micrium_dynpool_create(p_name, p_pool, lfm_micrium_segment(p_seg), blocks, blk_qty_max, false);
    }
}

void Mem_DynPoolCreateHW(const CPU_CHAR *p_name, MEM_DYN_POOL *p_pool, MEM_SEG *p_seg, CPU_SIZE_T blk_size,
                         CPU_SIZE_T blk_align, CPU_SIZE_T blk_qty_init, CPU_SIZE_T blk_qty_max, LIB_ERR *p_err)
{
    const lfm_micrium_blocks blocks = {blk_size, blk_align, blk_qty_init, 0};
    if (p_err != NULL) {
        *p_err = lfm_micrium_dynpool_create(p_name, p_pool, lfm_micrium_segment(p_seg), blocks, blk_qty_max, true);
    }
}

static inline LIB_ERR lfm_micrium_dynpool_check(const MEM_DYN_POOL *pool)
{
    if (pool == NULL) {
        return LIB_MEM_ERR_NULL_PTR;
    }
    return pool->Type == LFM_MICRIUM_DYN_POOL ? LIB_MEM_ERR_NONE : LIB_MEM_ERR_INVALID_POOL;
}

/* Why a get failed. Segment and heap only get fuller, so room that is there now was there then. If both have room it
 * was the maximum: the number of blocks is lowered again only by a context that found one of them full. */
LFM_NOINLINE LIB_ERR lfm_micrium_get_error(const MEM_DYN_POOL *pool)
{
    lfm_dynpool_stats_t stats;
    LFM_ASSERT(pool->SegPtr != NULL && lfm_is_power_of_two(pool->BlkAlign));
    lfm_dynpool_stats(&pool->Pool, &stats);
    if (stats.created >= stats.maximum) {
        return LIB_MEM_ERR_POOL_EMPTY;
    }
    const size_t room = lfm_segment_remaining(&pool->SegPtr->Segment, pool->BlkAlign);
    return pool->SegPtr != &lfm_micrium_heap && room >= stats.stride ? LIB_MEM_ERR_HEAP_OVF : LIB_MEM_ERR_SEG_OVF;
}

void *Mem_DynPoolBlkGet(MEM_DYN_POOL *p_pool, LIB_ERR *p_err)
{
    if (p_err == NULL) {
        return NULL;
    }
    *p_err = lfm_micrium_dynpool_check(p_pool);
    if (*p_err != LIB_MEM_ERR_NONE) {
        return NULL;
    }
    void *const block = lfm_dynpool_get(&p_pool->Pool);
    LFM_ASSERT(((uintptr_t)block & (p_pool->BlkAlign - 1)) == 0);
    if (block == NULL) {
        *p_err = lfm_micrium_get_error(p_pool);
    }
    return block;
}

void Mem_DynPoolBlkFree(MEM_DYN_POOL *p_pool, void *p_blk, LIB_ERR *p_err)
{
    if (p_err == NULL) {
        return;
    }
    *p_err = lfm_micrium_dynpool_check(p_pool);
    if (*p_err == LIB_MEM_ERR_NONE) {
        *p_err = p_blk != NULL ? lfm_micrium_put_error(lfm_dynpool_put(&p_pool->Pool, p_blk)) : LIB_MEM_ERR_NULL_PTR;
    }
}

CPU_SIZE_T Mem_DynPoolBlkNbrAvailGet(MEM_DYN_POOL *p_pool, LIB_ERR *p_err)
{
    if (p_err == NULL) {
        return 0;
    }
    *p_err = lfm_micrium_dynpool_check(p_pool);
    if (*p_err != LIB_MEM_ERR_NONE) {
        return 0;
    }
    if (p_pool->BlkQtyMax == LIB_MEM_BLK_QTY_UNLIMITED) {
        *p_err = LIB_MEM_ERR_POOL_UNLIMITED;
        return 0;
    }
    lfm_dynpool_stats_t stats;
    lfm_dynpool_stats(&p_pool->Pool, &stats);
    return p_pool->BlkQtyMax - stats.in_use;
}
