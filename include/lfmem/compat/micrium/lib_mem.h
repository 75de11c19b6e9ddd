/* SPDX-License-Identifier: MIT */
/** @file lib_mem.h
 * Memory segments, dynamic pools and static pools under their names in Micrium uC/LIB, on lfmem. They are lock-free,
 * and for threads, cores and interrupts that interrupt the same call.
 *
 *     static CPU_INT08U   Ram[4096];
 *     static MEM_SEG      Seg;
 *     static MEM_DYN_POOL Frames;
 *     LIB_ERR             err;
 *
 *     Mem_SegCreate("ram", &Seg, (CPU_ADDR)Ram, 4096, 32, &err);              // cache lines of 32 bytes
 *     Mem_DynPoolCreateHW("frames", &Frames, &Seg, 20, 8, 10, LIB_MEM_BLK_QTY_UNLIMITED, &err);
 *     void *frame = Mem_DynPoolBlkGet(&Frames, &err);                          // alone on its cache lines
 *     if (err == LIB_MEM_ERR_NONE) {
 *         Mem_DynPoolBlkFree(&Frames, frame, &err);                            // any thread, core or interrupt
 *     }
 *
 * In every call: `p_err` is set, to LIB_MEM_ERR_NONE (10000, not 0) or to what is wrong; where it is NULL, nothing is
 * done and 0 or NULL returned. A `p_seg` of NULL is the heap, a segment of LIB_MEM_CFG_HEAP_SIZE bytes that is always
 * there (build option `micrium_heap_size`). A call that fails has changed nothing, unless it says otherwise. Names are
 * for Mem_OutputUsage(); they may be NULL, and must stay where they are.
 *
 * What may run at the same time as what, threads, cores and interrupts alike ("other": all further calls):
 *
 *     |                             | other, Mem_SegCreate | Mem_PoolCreate, Mem_DynPoolCreate[HW], Mem_PoolClr |
 *     |-----------------------------|----------------------|----------------------------------------------------|
 *     | other, Mem_SegCreate        | yes                  | on other pools                                     |
 *     | Mem_PoolCreate, ...         | on other pools       | on other pools                                     |
 *     | Mem_SegClr                  | on other segments    | on other segments                                  |
 *     | Mem_Init                    | no                   | no                                                 |
 *
 * Two calls of Mem_SegCreate() at the same time want two MEM_SEG. Mem_OutputUsage() looks at all segments and pools, so
 * it is one call more on each. Mem_SegClr() of the heap is Mem_Init(), since the links of all pools lie there.
 *
 * Of all calls, unless they say otherwise:
 *
 * - Context: thread or interrupt.
 * - Progress: lock-free; none waits.
 * - Order, Time: as the call of lfmem that it ends in has it: segment.h, dynpool.h, pool.h.
 *
 * Memory: nothing lies in or between the blocks. Links lie in the heap, 2 bytes for each initial block and for each
 * block of a static pool (pool.h: "Memory"). Each block created later has a record of 8 bytes there, and each 4 to 8 of
 * those have a link (dynpool.h: "Memory"). Pools and segments belong to one program: the list of segments and the heap
 * are its own. Segments are in that list until Mem_Init(), and a dynamic pool with a name is in the table of
 * Mem_OutputUsage(). So where they lie must stay until then; a module that has one must not be unloaded. Neither
 * segments nor pools may be copied or moved.
 */
#ifndef LFMEM_COMPAT_MICRIUM_LIB_MEM_H
#define LFMEM_COMPAT_MICRIUM_LIB_MEM_H

#ifdef LIB_MEM_MODULE_PRESENT
#error "lfmem: uC/LIB's own lib_mem.h is on the search path as well; take it out of the project"
#endif
#define LIB_MEM_MODULE_PRESENT /* what other headers of Micrium's ask for */

/* What uC/LIB's includes, in its order: the project's, or those beside this one. */
#include <cpu.h>
#if !defined(CPU_WORD_SIZE_32) || !defined(CPU_CFG_ADDR_SIZE)
#error \
    "lfmem: the cpu.h on the search path is not uC/CPU's; name the directory of uC/CPU's port, or of lfmem, before it"
#endif
#include <cpu_core.h>

#include <lib_def.h>
#if !defined(LIB_VERSION) || LIB_VERSION < 13800u
#error "lfmem: the lib_def.h on the search path is not that of uC/LIB 1.38 or later, whose lib_mem.h this replaces"
#elif LIB_VERSION < 13901u
#define LIB_MEM_ERR_ADDR_OVF LFM_CAST_(LIB_ERR, 10300) /* new in 1.39.01 */
#endif

#include <lib_cfg.h>

#include <lfm_micrium_config.h>
#include <lfmem/dynpool.h>
#include <lfmem/pool.h>
#include <lfmem/segment.h>
#include <lib_mem_val.h>

#ifdef LIB_MEM_CFG_HEAP_BASE_ADDR
#error "lfmem: no LIB_MEM_CFG_HEAP_BASE_ADDR; take it out of lib_cfg.h, make a segment there, and name that in calls"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** The padding of a segment whose hardware blocks need none. */
#define LIB_MEM_PADDING_ALIGN_NONE 1u

/** The maximum of a dynamic pool that only its segment limits. */
#define LIB_MEM_BLK_QTY_UNLIMITED 0u

/* What lib_cfg.h does not say is as lfmem was built. */
#ifndef LIB_MEM_CFG_HEAP_SIZE
#define LIB_MEM_CFG_HEAP_SIZE LFM_MICRIUM_HEAP_SIZE
#endif
#ifndef LIB_MEM_CFG_HEAP_PADDING_ALIGN
#define LIB_MEM_CFG_HEAP_PADDING_ALIGN LFM_MICRIUM_HEAP_PADDING
#endif
#ifndef LIB_MEM_CFG_ARG_CHK_EXT_EN
#define LIB_MEM_CFG_ARG_CHK_EXT_EN DEF_ENABLED
#endif
#ifndef LIB_MEM_CFG_OPTIMIZE_ASM_EN
#define LIB_MEM_CFG_OPTIMIZE_ASM_EN DEF_DISABLED
#endif
#ifndef LIB_MEM_CFG_DBG_INFO_EN
#if LFM_MICRIUM_NAMES > 0
#define LIB_MEM_CFG_DBG_INFO_EN DEF_ENABLED
#else
#define LIB_MEM_CFG_DBG_INFO_EN DEF_DISABLED
#endif
#endif

/* A project asks for nothing that the library does not have. */
LFM_STATIC_ASSERT_((LIB_MEM_CFG_HEAP_SIZE) <= LFM_MICRIUM_HEAP_SIZE,
                   "LIB_MEM_CFG_HEAP_SIZE of lib_cfg.h is more than lfmem was built with: configure lfmem with "
                   "-Dmicrium_heap_size= as many bytes, and more for links");
LFM_STATIC_ASSERT_(
    (LIB_MEM_CFG_HEAP_PADDING_ALIGN) <= LFM_MICRIUM_HEAP_PADDING,
    "LIB_MEM_CFG_HEAP_PADDING_ALIGN of lib_cfg.h is more than lfmem was built with: configure lfmem with "
    "-Dmicrium_heap_padding= as many bytes");
LFM_STATIC_ASSERT_((LIB_MEM_CFG_DBG_INFO_EN) != DEF_ENABLED || LFM_MICRIUM_NAMES > 0,
                   "LIB_MEM_CFG_DBG_INFO_EN of lib_cfg.h asks for names, and lfmem was built without: configure lfmem "
                   "with -Dmicrium_names= as many as there are, or disable it");

/* Types of the project's are as wide as the library's. */
LFM_STATIC_ASSERT_(sizeof(CPU_ADDR) == sizeof(void *) && sizeof(CPU_SIZE_T) == sizeof(size_t) &&
                       sizeof(CPU_ALIGN) <= sizeof(void *) && sizeof(CPU_CHAR) == 1 && sizeof(CPU_BOOLEAN) == 1 &&
                       sizeof(CPU_INT08U) == 1 && sizeof(CPU_INT16U) == 2 && sizeof(CPU_INT32U) == 4,
                   "the cpu.h on the search path is not for this processor: name the directory of its port of uC/CPU");
#ifdef LFM_MICRIUM_ERR_BYTES
LFM_STATIC_ASSERT_(sizeof(LIB_ERR) == LFM_MICRIUM_ERR_BYTES,
                   "LIB_ERR of lib_def.h is not as wide as lfmem's: compile both with -fshort-enums, or both with "
                   "-fno-short-enums");
#endif
#ifdef CPU_CFG_ENDIAN_TYPE
LFM_STATIC_ASSERT_((CPU_CFG_ENDIAN_TYPE == CPU_ENDIAN_TYPE_BIG) == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__),
                   "CPU_CFG_ENDIAN_TYPE of cpu.h is not the order of bytes that is compiled for: name the directory of "
                   "this processor's port of uC/CPU");
#endif

typedef CPU_INT32U LIB_MEM_TYPE;
typedef CPU_SIZE_T MEM_POOL_BLK_QTY;
typedef MEM_POOL_BLK_QTY MEM_POOL_IX;

struct mem_use; /* a name in the table of Mem_OutputUsage() */

/** A segment. Its fields are private; after Mem_SegCreate() it belongs to the list of segments until Mem_Init(). */
typedef struct mem_seg {
    lfm_segment Segment;                   /* written by every allocation */
    LFM_ATOMIC_(struct mem_use *) UsesPtr; /* who has taken what: written by the first allocation under a name */
    /* constant once it is in the list */
    CPU_INT08U *BasePtr, *EndPtr; /* the first and the last byte */
    const CPU_CHAR *NamePtr;
    struct mem_seg *NextPtr; /* the segment that was in front when this one was added */
} MEM_SEG;

/** What Mem_SegRemSizeGet() tells, as it was at one instant during the call. */
typedef struct mem_seg_info {
    CPU_SIZE_T UsedSize;    /**< bytes handed out, or skipped by alignment */
    CPU_SIZE_T TotalSize;   /**< bytes in all */
    CPU_ADDR AddrBase;      /**< the first byte */
    CPU_ADDR AddrNextAlloc; /**< where the next allocation with this alignment would begin; 0: nowhere */
} MEM_SEG_INFO;

/** A dynamic pool; its fields are private. It belongs to its segment until that is cleared. */
typedef struct mem_dyn_pool {
    lfm_dynpool Pool; /* written by every get and free */
    /* constant after creation */
    MEM_SEG *SegPtr;
    struct mem_use *UsePtr; /* that counts these blocks; NULL: none */
    CPU_SIZE_T BlkQtyMax;   /* blocks; 0: unlimited */
    CPU_SIZE_T BlkAlign;    /* bytes, padding included */
    LIB_MEM_TYPE Type;
} MEM_DYN_POOL;

/** A static pool; its fields are private, but for PoolAddrStart, which drivers of uC/USB-Host read. */
typedef struct mem_pool {
    lfm_pool Pool; /* written by every get and free */
    /* constant after creation */
    void *PoolAddrStart; /**< the first block */
    CPU_SIZE_T BlkSize;  /* bytes, as asked for */
    LIB_MEM_TYPE Type;
} MEM_POOL;

/** Begins anew: the list of segments holds the heap alone, and everything that was taken from the heap is void. So are
 * pools on any segment, since their links lie there. A program that begins needs no call of it: the heap is ready at
 * link time.
 *
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API void Mem_Init(void);

/** Makes a segment of the @p size bytes from @p seg_base_addr on.
 * @param p_seg          what was in it is overwritten
 * @param size           bytes, 1 and up
 * @param padding_align  bytes, a power of two, to which beginning and end of hardware blocks are rounded: the length of
 *                       a cache line, or LIB_MEM_PADDING_ALIGN_NONE
 * @param p_err  LIB_MEM_ERR_NONE, or
 *               - LIB_MEM_ERR_NULL_PTR iff @p p_seg or the address is NULL;
 *               - LIB_MEM_ERR_INVALID_SEG_SIZE iff @p size is 0, larger than LFM_SEGMENT_MAX_BYTES, or runs over the
 *                 end of the address space;
 *               - LIB_MEM_ERR_INVALID_MEM_ALIGN iff @p padding_align is no power of two;
 *               - LIB_MEM_ERR_INVALID_SEG_EXISTS iff there is a segment of the same bytes, or @p p_seg is in the list;
 *               - LIB_MEM_ERR_INVALID_SEG_OVERLAP iff one has some bytes in common with it.
 *
 * The last two hold for calls at the same time as well. Of two whose bytes overlap, the one that ends its work first
 * succeeds. The other one gets the error, and may leave @p p_seg zeroed, a segment without room.
 *
 * - Progress: lock-free; a retry means that another segment was added.
 * - Time: O(segments). */
LFM_API void Mem_SegCreate(const CPU_CHAR *p_name, MEM_SEG *p_seg, CPU_ADDR seg_base_addr, CPU_SIZE_T size,
                           CPU_SIZE_T padding_align, LIB_ERR *p_err) LFM_NAMED_(Mem_SegCreate);

/** Takes everything back that was taken from a segment, which stays in the list; its pools are void. The room of its
 * names in the table of Mem_OutputUsage() comes back with Mem_Init() only. Of the heap, it is Mem_Init().
 * @param p_err  always LIB_MEM_ERR_NONE.
 *
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API void Mem_SegClr(MEM_SEG *p_seg, LIB_ERR *p_err) LFM_NAMED_(Mem_SegClr);

/** Goes through the list of segments (not part of uC/LIB), the newest first, the heap last. Segments that are added
 * meanwhile may be left out.
 * @param p_seg  a segment of the list; NULL: begin
 * @return the segment behind it; NULL: there is none.
 *
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API MEM_SEG *Mem_SegListNext(const MEM_SEG *p_seg) LFM_NAMED_(Mem_SegListNext);

/** Takes @p size bytes from a segment, at a multiple of sizeof(CPU_ALIGN).
 * @return memory that nobody else has, or NULL
 * @param p_err  LIB_MEM_ERR_INVALID_MEM_SIZE iff @p size is 0; LIB_MEM_ERR_SEG_OVF iff there was no room.
 *
 * - Ends in lfm_segment_alloc().
 * - Time: O(1); with a name O(names of the segment). */
LFM_API void *Mem_SegAlloc(const CPU_CHAR *p_name, MEM_SEG *p_seg, CPU_SIZE_T size, LIB_ERR *p_err)
    LFM_NAMED_(Mem_SegAlloc);

/** The same at a multiple of @p align, any power of two.
 * @param p_bytes_reqd  NULL, or set: to the bytes by which the segment is too short, if the error is
 *                      LIB_MEM_ERR_SEG_OVF (SIZE_MAX if that number overflows), else to 0
 * @param p_err  also LIB_MEM_ERR_INVALID_MEM_ALIGN iff @p align is no power of two. */
LFM_API void *Mem_SegAllocExt(const CPU_CHAR *p_name, MEM_SEG *p_seg, CPU_SIZE_T size, CPU_SIZE_T align,
                              CPU_SIZE_T *p_bytes_reqd, LIB_ERR *p_err) LFM_NAMED_(Mem_SegAllocExt);

/** The same for hardware: it also begins at a multiple of the segment's padding, and everything up to the next multiple
 * after its end is taken too.
 *
 * - Ends in lfm_segment_alloc_padded(). */
LFM_API void *Mem_SegAllocHW(const CPU_CHAR *p_name, MEM_SEG *p_seg, CPU_SIZE_T size, CPU_SIZE_T align,
                             CPU_SIZE_T *p_bytes_reqd, LIB_ERR *p_err) LFM_NAMED_(Mem_SegAllocHW);

/** Tells how many bytes a single Mem_SegAllocExt() with this alignment could take at one instant during the call.
 * @param p_seg_info  NULL, or filled in
 * @return bytes; 0 also with an error
 * @param p_err  LIB_MEM_ERR_INVALID_MEM_ALIGN iff @p align is no power of two.
 *
 * - Progress: wait-free.
 * - Time: O(1). */
LFM_API CPU_SIZE_T Mem_SegRemSizeGet(MEM_SEG *p_seg, CPU_SIZE_T align, MEM_SEG_INFO *p_seg_info, LIB_ERR *p_err)
    LFM_NAMED_(Mem_SegRemSizeGet);

/** Mem_SegAllocExt() on the heap, without a name; LIB_MEM_ERR_HEAP_OVF iff there was no room. */
LFM_API void *Mem_HeapAlloc(CPU_SIZE_T size, CPU_SIZE_T align, CPU_SIZE_T *p_bytes_reqd, LIB_ERR *p_err)
    LFM_NAMED_(Mem_HeapAlloc);

/** Mem_SegRemSizeGet() on the heap. */
LFM_API CPU_SIZE_T Mem_HeapGetSizeRem(CPU_SIZE_T align, LIB_ERR *p_err) LFM_NAMED_(Mem_HeapGetSizeRem);

/** Prints a table: each segment, and below it the bytes that were taken under each name and by each dynamic pool. What
 * is left stands behind them: allocations without a name, static pools, links and bytes skipped by alignment. So do
 * names that found no room in the table (build option `micrium_names`).
 * @param out_fnct  is called with pieces of text that end in 0; lines end in "\r\n". It may write into them
 * @param p_err  LIB_MEM_ERR_NULL_PTR iff @p out_fnct is NULL.
 *
 * Each number was right at an instant of its own.
 *
 * - Progress: lock-free, but for @p out_fnct.
 * - Time: O(segments + names). */
LFM_API void Mem_OutputUsage(void (*out_fnct)(CPU_CHAR *), LIB_ERR *p_err) LFM_NAMED_(Mem_OutputUsage);

/** Makes a pool of blocks that come from a segment: @p blk_qty_init at once and further ones, one at a time, when all
 * are taken.
 * @param p_pool        what was in it is overwritten
 * @param blk_size      bytes, 1 to UINT32_MAX / 2
 * @param blk_align     of every block, bytes; a power of two up to 2^30. A block takes its size rounded up to this
 * @param blk_qty_init  blocks, 0 to LFM_POOL_MAX_COUNT
 * @param blk_qty_max   blocks, at least @p blk_qty_init, or LIB_MEM_BLK_QTY_UNLIMITED
 * @param p_err  LIB_MEM_ERR_NONE, or
 *               - LIB_MEM_ERR_NULL_PTR iff @p p_pool is NULL;
 *               - LIB_MEM_ERR_INVALID_BLK_SIZE, _NBR, _ALIGN iff size, numbers or alignment are out of range;
 *               - LIB_MEM_ERR_INVALID_BLK_ALIGN also iff the segment has 2^32 - 1 or more places for a block;
 *               - LIB_MEM_ERR_ADDR_OVF iff the initial blocks are more bytes than there are addresses;
 *               - LIB_MEM_ERR_SEG_OVF iff the segment has no room for the initial blocks;
 *               - LIB_MEM_ERR_HEAP_OVF iff it has, but the heap has no room for links. Links are lost there if somebody
 *                 else takes the last room of the segment meanwhile.
 *
 * - Ends in lfm_dynpool_init(): its time. */
LFM_API void Mem_DynPoolCreate(const CPU_CHAR *p_name, MEM_DYN_POOL *p_pool, MEM_SEG *p_seg, CPU_SIZE_T blk_size,
                               CPU_SIZE_T blk_align, CPU_SIZE_T blk_qty_init, CPU_SIZE_T blk_qty_max, LIB_ERR *p_err)
    LFM_NAMED_(Mem_DynPoolCreate);

/** The same for hardware blocks: each begins and ends at a multiple of the segment's padding as well. */
LFM_API void Mem_DynPoolCreateHW(const CPU_CHAR *p_name, MEM_DYN_POOL *p_pool, MEM_SEG *p_seg, CPU_SIZE_T blk_size,
                                 CPU_SIZE_T blk_align, CPU_SIZE_T blk_qty_init, CPU_SIZE_T blk_qty_max, LIB_ERR *p_err)
    LFM_NAMED_(Mem_DynPoolCreateHW);

/** Takes a block: the one that was freed last, or if none is free a new one from the segment.
 * @return a block that nobody else has, or NULL
 * @param p_err  LIB_MEM_ERR_NONE, or
 *               - LIB_MEM_ERR_NULL_PTR iff @p p_pool is NULL;
 *               - LIB_MEM_ERR_INVALID_POOL iff it is no dynamic pool.
 *
 * The error is another one iff at one instant during the call no block was free and none could be made:
 *
 * - LIB_MEM_ERR_POOL_EMPTY if there are as many as there may be;
 * - LIB_MEM_ERR_SEG_OVF if the segment has no room for one more;
 * - LIB_MEM_ERR_HEAP_OVF if the heap has none for its record.
 *
 * - Ends in lfm_dynpool_get(): its order and time. */
LFM_API void *Mem_DynPoolBlkGet(MEM_DYN_POOL *p_pool, LIB_ERR *p_err) LFM_NAMED_(Mem_DynPoolBlkGet);

/** Gives a block back. Its contents stay as they are (the build option `poison` aside).
 * @param p_err  LIB_MEM_ERR_NONE, or
 *               - LIB_MEM_ERR_NULL_PTR iff a pointer is NULL;
 *               - LIB_MEM_ERR_INVALID_POOL iff @p p_pool is no dynamic pool;
 *               - LIB_MEM_ERR_INVALID_BLK_ADDR iff @p p_blk is not the start of one of the pool's blocks;
 *               - LIB_MEM_ERR_INVALID_BLK_ADDR_IN_POOL iff the block is free already.
 *
 * - Ends in lfm_dynpool_put(): its order and time, and what it says of the levels of checks. */
LFM_API void Mem_DynPoolBlkFree(MEM_DYN_POOL *p_pool, void *p_blk, LIB_ERR *p_err) LFM_NAMED_(Mem_DynPoolBlkFree);

/** Tells how many blocks can still be taken as far as the maximum goes: it less those in use, whether they exist yet or
 * not.
 * @return blocks; 0 also with an error
 * @param p_err  LIB_MEM_ERR_NULL_PTR, LIB_MEM_ERR_INVALID_POOL as above; LIB_MEM_ERR_POOL_UNLIMITED iff there is no
 *               maximum.
 *
 * - Ends in lfm_dynpool_stats(). */
LFM_API CPU_SIZE_T Mem_DynPoolBlkNbrAvailGet(MEM_DYN_POOL *p_pool, LIB_ERR *p_err)
    LFM_NAMED_(Mem_DynPoolBlkNbrAvailGet);

/** Makes a pool of @p blk_nbr blocks, all there is to it.
 * @param p_pool      what was in it is overwritten
 * @param p_mem_base  NULL: blocks come from the heap. Else from the @p mem_size bytes there, which become a segment
 *                    (its MEM_SEG comes from the heap), or are one already
 * @param blk_nbr     blocks, 1 to LFM_POOL_MAX_COUNT
 * @param blk_size    bytes, 1 to UINT32_MAX / 2
 * @param blk_align   of every block, bytes; a power of two up to 2^30. A block takes its size rounded up to this
 * @param p_bytes_reqd  NULL, or set: to the bytes by which the memory, or the heap, is too short if
 *                      the error is LIB_MEM_ERR_SEG_OVF or LIB_MEM_ERR_HEAP_OVF, else to 0
 * @param p_err  LIB_MEM_ERR_NONE, or
 *               - LIB_MEM_ERR_NULL_PTR iff @p p_pool is NULL;
 *               - LIB_MEM_ERR_INVALID_MEM_SIZE iff @p mem_size is 0;
 *               - LIB_MEM_ERR_INVALID_BLK_NBR, _SIZE, _ALIGN iff one is out of range;
 *               - LIB_MEM_ERR_ADDR_OVF iff the blocks are more bytes than there are addresses;
 *               - LIB_MEM_ERR_INVALID_SEG_SIZE, _OVERLAP as Mem_SegCreate();
 *               - LIB_MEM_ERR_SEG_OVF iff there is no room for the blocks;
 *               - LIB_MEM_ERR_HEAP_OVF iff the heap has none for links or a MEM_SEG. What has come from the heap by
 *                 then stays taken, and a segment stays.
 *
 * - Ends in lfm_pool_init_apart(): its time. */
LFM_API void Mem_PoolCreate(MEM_POOL *p_pool, void *p_mem_base, CPU_SIZE_T mem_size, MEM_POOL_BLK_QTY blk_nbr,
                            CPU_SIZE_T blk_size, CPU_SIZE_T blk_align, CPU_SIZE_T *p_bytes_reqd, LIB_ERR *p_err)
    LFM_NAMED_(Mem_PoolCreate);

/** Makes a MEM_POOL, whatever is in it, no pool any more. The memory is not taken back.
 * @param p_err  LIB_MEM_ERR_NULL_PTR iff @p p_pool is NULL. */
LFM_API void Mem_PoolClr(MEM_POOL *p_pool, LIB_ERR *p_err) LFM_NAMED_(Mem_PoolClr);

/** Takes a block.
 * @param size  bytes that it is wanted for, 1 to the size of a block
 * @return a block that nobody else has, or NULL
 * @param p_err  LIB_MEM_ERR_NONE, or
 *               - LIB_MEM_ERR_NULL_PTR iff @p p_pool is NULL;
 *               - LIB_MEM_ERR_INVALID_POOL iff it is no static pool;
 *               - LIB_MEM_ERR_INVALID_BLK_SIZE iff @p size is out of range;
 *               - LIB_MEM_ERR_POOL_EMPTY iff at one instant during the call no block was free.
 *
 * - Ends in lfm_pool_get(): its order and time. */
LFM_API void *Mem_PoolBlkGet(MEM_POOL *p_pool, CPU_SIZE_T size, LIB_ERR *p_err) LFM_NAMED_(Mem_PoolBlkGet);

/** Gives a block back.
 * @param p_err  as of Mem_DynPoolBlkFree().
 *
 * - Ends in lfm_pool_put(): its order and time. */
LFM_API void Mem_PoolBlkFree(MEM_POOL *p_pool, void *p_blk, LIB_ERR *p_err) LFM_NAMED_(Mem_PoolBlkFree);

/** Tells how many blocks are free. @return blocks; 0 also with an error
 * @param p_err  LIB_MEM_ERR_NULL_PTR, LIB_MEM_ERR_INVALID_POOL as above.
 *
 * - Ends in lfm_pool_stats(). */
LFM_API MEM_POOL_BLK_QTY Mem_PoolBlkGetNbrAvail(MEM_POOL *p_pool, LIB_ERR *p_err) LFM_NAMED_(Mem_PoolBlkGetNbrAvail);

/** Clear, set, copy (where the two do not overlap) and move (where they may) @p size bytes; nothing is done where a
 * pointer is NULL. Not atomic in any way. They call nothing: memset() and memcpy() may be built on them.
 *
 * - Progress: wait-free.
 * - Time: O(size); by words where the addresses are the same modulo a word. */
LFM_API void Mem_Clr(void *pmem, CPU_SIZE_T size);
LFM_API void Mem_Set(void *pmem, CPU_INT08U data_val, CPU_SIZE_T size);
LFM_API void Mem_Copy(void *pdest, const void *psrc, CPU_SIZE_T size);
LFM_API void Mem_Move(void *pdest, const void *psrc, CPU_SIZE_T size);

/** Tells whether @p size bytes are the same. @return DEF_YES, also if @p size is 0, or DEF_NO, also if a pointer is
 * NULL otherwise. */
LFM_API CPU_BOOLEAN Mem_Cmp(const void *p1_mem, const void *p2_mem, CPU_SIZE_T size);

#ifdef __cplusplus
}
#endif

#endif
