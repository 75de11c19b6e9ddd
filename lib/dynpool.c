/* SPDX-License-Identifier: MIT */
/* Dynamic pool: the pool's free list (list.h) over blocks that come from a segment (bump.h), found again by their
 * addresses (dynpool_tree.h).
 *
 * Numbers. A block's number is the place of its link in the metadata segment, in links, from that of block 0 on. The
 * initial blocks are a run with numbers 0 ... initial-1, as in a pool; a block that is created later has a record,
 * which its link is part of. So the list needs to know nothing of all this: it is one of `units` blocks, most of which
 * do not exist and are allocated from it.
 *
 * State. `created`: raised by compare-and-swap before a block is made, lowered again if there is no room for it.
 *
 * Invariants
 * D1  created <= maximum always, and each block, and each call that makes one, has its own share of it.
 * D2  Failure. Who finds the list empty and cannot make a block (`created` is at its maximum, or a segment has no room)
 *     looks at the list once more. If it is empty at that load, that is the instant at which nobody could be
 *     served: what kept the block from being made lasts. A segment only gets fuller; and `created` is lowered only by
 *     who has found a segment full. On machines with weak order "lasts" needs to be seen: what a context put into the
 *     list before it (or somebody after it) took the last share or the last room is seen by who finds them gone
 *     (release, QUOTA_CAS and BUMP_CAS; acquire, QUOTA_LOAD and BUMP_LOAD).
 * D3  A call has one block in hand at most. Growth by several makes them one by one and puts each into the list, the
 *     last one excepted; so growth hides nothing from others.
 * D4  Room for block and record is one bump; of two segments, the record's comes first: a context that stops has taken
 *     a block's share of each at most, and the blocks' segment never loses room for want of a record.
 *
 * Linearisation: get at the CAS of its pop, or of its last bump; a get that fails at its last load of the head. put at
 * the CAS of its push.
 * Progress: lock-free, each part being so: see list.h, bump.h, dynpool_tree.h; `created` changes with somebody's
 * growth. */
#include "attach.h"
#include "bump.h"
#include "dynpool_tree.h"
#include "hooks.h"
#include "list.h"
#include "list_check.h"
#include <lfmem/dynpool.h>

_Static_assert(sizeof(lfm_dynpool) <= 96, "a control block is at most 96 bytes");

/* A pool as its operations see it, in this mapping. */
typedef struct lfm_dynpool_view {
    lfm_list list;
    lfm_run_ run; /* the initial blocks */
} lfm_dynpool_view;

static inline unsigned char *lfm_dynpool_at(const lfm_dynpool *pool, size_t place)
{
    return (unsigned char *)((uintptr_t)pool + place);
}

static inline void lfm_dynpool_view_init(const lfm_dynpool *pool, lfm_dynpool_view *view)
{
    lfm_list *list = &view->list;
    list->shape.count = list->shape.size = pool->units;
    list->shape.index_bits = pool->index_bits;
    list->shape.split_bits = pool->split_bits;
    list->shape.start = 0;
    if (lfm_count_is_split(&list->shape)) { /* the others have no use for it */
        list->shape.start = (pool->initial - pool->units) & lfm_index_mask(&list->shape);
    }
    list->shape.part = false;
    list->wide = pool->wide;
    list->blocks = 0;
    list->head = (_Atomic(lfm_word_) *)&pool->head;
    list->peak = (_Atomic(uint32_t) *)&pool->peak;
    list->links = lfm_dynpool_at(pool, pool->links);
    view->run.first = lfm_dynpool_at(pool, pool->blocks);
    view->run.inverse = pool->inverse;
    view->run.stride = pool->stride;
    view->run.count = pool->initial;
    view->run.stride_shift = pool->stride_shift;
}

/* The compiler may count on what is true of most pools with 64-bit words, as in pool.c. */
static inline bool lfm_dynpool_view_init_plain(const lfm_dynpool *pool, lfm_dynpool_view *view)
{
    lfm_dynpool_view_init(pool, view);
    view->list.shape.split_bits = 0;
    view->list.shape.start = 0;
    view->list.wide = LFM_CHECKS >= 2;
    return LFM_WORD_BITS == 64 && pool->split_bits == 0 && pool->wide == (LFM_CHECKS >= 2);
}

static inline unsigned lfm_dynpool_link_shift(const lfm_dynpool *pool)
{
    return pool->wide ? 2 : 1;
}

static inline size_t lfm_dynpool_link_bytes(const lfm_dynpool *pool)
{
    return (size_t)1 << lfm_dynpool_link_shift(pool);
}

static inline _Atomic(uint32_t) *lfm_dynpool_created(const lfm_dynpool *pool)
{
    return (_Atomic(uint32_t) *)&pool->created;
}

static inline lfm_segment *lfm_dynpool_segment(const lfm_dynpool *pool)
{
    return (lfm_segment *)(void *)lfm_dynpool_at(pool, pool->segment);
}

static inline lfm_segment *lfm_dynpool_metadata(const lfm_dynpool *pool)
{
    return (lfm_segment *)(void *)lfm_dynpool_at(pool, pool->metadata);
}

static inline lfm_tree lfm_dynpool_tree(const lfm_dynpool *pool, const lfm_list *list)
{
    const uint32_t roots = pool->initial + pool->initial % 2; /* no word is half link and half root */
    const lfm_tree tree = {list, roots, pool->root_bits, (unsigned)pool->key_shift - pool->offset_shift};
    return tree;
}

/* Places count from here: from a multiple of the alignment of blocks where the segment was made. */
static inline uintptr_t lfm_dynpool_origin(const lfm_dynpool *pool)
{
    const lfm_segment *segment = lfm_dynpool_segment(pool);
    const size_t beyond = (uintptr_t)segment->base & (((size_t)1 << pool->offset_shift) - 1);
    return (uintptr_t)lfm_segment_base(segment) - beyond;
}

static inline unsigned char *lfm_dynpool_block(const lfm_dynpool *pool, const lfm_dynpool_view *view, uint32_t number)
{
    if (number < view->run.count) {
        return view->run.first + (size_t)number * view->run.stride;
    }
    const size_t place = lfm_record_offset(&view->list, number);
    return (unsigned char *)(lfm_dynpool_origin(pool) + (place << pool->offset_shift));
}

/* Takes a free block; NULL if there is none. */
LFM_INLINE void *lfm_dynpool_pop(lfm_dynpool *pool, const lfm_dynpool_view *view)
{
    uint32_t number = 0;
    lfm_word_ tag;
    lfm_list_result after;
    if (lfm_list_pop(&view->list, false, 1, &number, &tag, &after) == 0) {
        return NULL;
    }
    lfm_list_mark_taken(&view->list, number);
    void *const block = lfm_dynpool_block(pool, view, number);
    lfm_hook_show(block, pool->stride);
    return block;
}

/* Pushes a claimed block. */
LFM_INLINE void lfm_dynpool_push(lfm_dynpool *pool, lfm_dynpool_view *view, void *block, uint32_t number)
{
    lfm_hook_hide(block, pool->stride);
    view->list.blocks = LFM_LOAD(QUOTA_STAT, lfm_dynpool_created(pool));
    lfm_list_push(&view->list, number, number, 1);
}

/* The same for where it is not the usual case. */
LFM_NOINLINE void *lfm_dynpool_pop_other(lfm_dynpool *pool)
{
    lfm_dynpool_view view;
    lfm_dynpool_view_init(pool, &view);
    return lfm_dynpool_pop(pool, &view);
}

LFM_NOINLINE void lfm_dynpool_push_other(lfm_dynpool *pool, void *block, uint32_t number)
{
    lfm_dynpool_view view;
    lfm_dynpool_view_init(pool, &view);
    lfm_dynpool_push(pool, &view, block, number);
}

/* D1: a share for one more block. */
static bool lfm_dynpool_reserve(lfm_dynpool *pool)
{
    uint32_t created = LFM_LOAD(QUOTA_LOAD, lfm_dynpool_created(pool));
    do {
        if (created >= pool->maximum) {
            return false;
        }
    } while (!LFM_CAS_WEAK(QUOTA_CAS, QUOTA_FAIL, lfm_dynpool_created(pool), &created, created + 1));
    return true;
}

/* D4: takes room for blocks and for links or a record. */
static bool lfm_dynpool_take(lfm_segment *segment, lfm_segment *metadata, lfm_piece blocks, lfm_piece records,
                             unsigned char **block, unsigned char **record)
{
    size_t block_start = 0, record_start = 0;
    const bool done = metadata == segment
                          ? lfm_bump(segment, blocks, records, &block_start, &record_start)
                          : lfm_bump_has_room(segment, blocks) && lfm_bump_one(metadata, records, &record_start) &&
                                lfm_bump_one(segment, blocks, &block_start);
    *block = lfm_segment_base(segment) + block_start;
    *record = lfm_segment_base(metadata) + record_start;
    return done;
}

/* Makes a block, in hand. It is not marked as taken, since it is nobody's to put. NULL: there are as many as there can
 * be. */
static void *lfm_dynpool_create(lfm_dynpool *pool, uint32_t *number)
{
    lfm_dynpool_view view;
    lfm_dynpool_view_init(pool, &view);
    const lfm_list *list = &view.list;
    const size_t link_bytes = lfm_dynpool_link_bytes(pool);
    unsigned char *block, *record;
    if (!lfm_dynpool_reserve(pool)) {
        return NULL;
    }
    const lfm_piece blocks = {pool->stride, (size_t)1 << pool->offset_shift};
    const lfm_piece records = {LFM_RECORD_UNITS * link_bytes, 4};
    if (!lfm_dynpool_take(lfm_dynpool_segment(pool), lfm_dynpool_metadata(pool), blocks, records, &block, &record)) {
        LFM_FETCH_SUB(QUOTA_BACK, lfm_dynpool_created(pool), 1);
        return NULL;
    }
    const lfm_tree tree = lfm_dynpool_tree(pool, list);
    const uint32_t place = (uint32_t)(((uintptr_t)block - lfm_dynpool_origin(pool)) >> pool->offset_shift);
    *number = (uint32_t)((size_t)(record - (unsigned char *)list->links) >> lfm_dynpool_link_shift(pool));
    lfm_record_init(&tree, *number, place);
    lfm_list_link(list, *number, pool->units);
    lfm_tree_add(&tree, *number, place);
    lfm_hook_show(block, pool->stride);
    return block;
}

/* Takes new blocks from the segment: one to return, and before it (D3) the others of a step of growth. */
LFM_NOINLINE void *lfm_dynpool_grow(lfm_dynpool *pool)
{
    lfm_dynpool_view view;
    uint32_t number = 0, step = pool->grow;
    void *block = NULL;
    if (step == 0) {
        step = LFM_LOAD(QUOTA_STAT, lfm_dynpool_created(pool));
    }
    do {
        if (block != NULL) {
            lfm_dynpool_push_other(pool, block, number);
        }
        block = lfm_dynpool_create(pool, &number);
    } while (block != NULL && step-- > 1);
    if (block == NULL) {
        return lfm_dynpool_pop_other(pool); /* D2 */
    }
    lfm_dynpool_view_init(pool, &view);
    lfm_list_mark_taken(&view.list, number);
    return block;
}

void *lfm_dynpool_get(lfm_dynpool *pool)
{
    if (LFM_CHECKS >= 1 && pool == NULL) {
        return NULL;
    }
    lfm_dynpool_view view;
    void *const block =
        lfm_dynpool_view_init_plain(pool, &view) ? lfm_dynpool_pop(pool, &view) : lfm_dynpool_pop_other(pool);
    return block != NULL ? block : lfm_dynpool_grow(pool);
}

/* The record of the block with the same key as a place, or none. */
static inline uint32_t lfm_dynpool_record(const lfm_dynpool *pool, const lfm_list *list, size_t place)
{
    const lfm_tree tree = lfm_dynpool_tree(pool, list);
    const bool possible = pool->initial < pool->maximum && place <= UINT32_MAX;
    return possible ? lfm_tree_find(&tree, (uint32_t)place) : LFM_RECORD_NONE;
}

/* Finds the number of a block that is not an initial one. */
LFM_NOINLINE bool lfm_dynpool_find(const lfm_dynpool *pool, const void *block, uint32_t *number)
{
    lfm_dynpool_view view;
    lfm_dynpool_view_init(pool, &view);
    const size_t offset = (uintptr_t)block - lfm_dynpool_origin(pool);
    const size_t place = offset >> pool->offset_shift;
    *number = lfm_dynpool_record(pool, &view.list, place);
    return *number != LFM_RECORD_NONE && place << pool->offset_shift == offset &&
           lfm_record_offset(&view.list, *number) == place;
}

/* What is wrong with an address that is no block: keys of blocks that cover it are at most two below its own. */
LFM_NOINLINE lfm_status lfm_dynpool_blame(const lfm_dynpool *pool, const void *block)
{
    lfm_dynpool_view view;
    lfm_dynpool_view_init(pool, &view);
    const size_t offset = (uintptr_t)block - lfm_dynpool_origin(pool);
    if (block == NULL) {
        return LFM_EINVAL;
    }
    if ((uintptr_t)block - (uintptr_t)view.run.first < (size_t)view.run.stride * view.run.count) {
        return LFM_EINTERIOR;
    }
    for (size_t back = 0; back <= 2; back++) {
        const size_t start = offset - (back << pool->key_shift);
        const uint32_t record = lfm_dynpool_record(pool, &view.list, start >> pool->offset_shift);
        if (record != LFM_RECORD_NONE && start <= offset &&
            offset - ((size_t)lfm_record_offset(&view.list, record) << pool->offset_shift) < pool->stride) {
            return LFM_EINTERIOR;
        }
    }
    return LFM_EFOREIGN;
}

LFM_INLINE lfm_status lfm_dynpool_put_to(lfm_dynpool *pool, lfm_dynpool_view *view, void *block)
{
    uint32_t number;
    if (!lfm_run_index_(&view->run, block, &number)) {
        uint32_t grown;
        if (!lfm_dynpool_find(pool, block, &grown)) {
            return lfm_dynpool_blame(pool, block);
        }
        number = grown;
    }
    if (!lfm_list_check_put(&view->list, number)) {
        return LFM_EDOUBLEFREE;
    }
    lfm_dynpool_push(pool, view, block, number);
    return LFM_OK;
}

LFM_NOINLINE lfm_status lfm_dynpool_put_other(lfm_dynpool *pool, void *block)
{
    lfm_dynpool_view view;
    lfm_dynpool_view_init(pool, &view);
    return lfm_dynpool_put_to(pool, &view, block);
}

lfm_status lfm_dynpool_put(lfm_dynpool *pool, void *block)
{
    if (LFM_CHECKS >= 1 && pool == NULL) {
        return LFM_EINVAL;
    }
    lfm_dynpool_view view;
    if (!lfm_dynpool_view_init_plain(pool, &view)) {
        return lfm_dynpool_put_other(pool, block);
    }
    return lfm_dynpool_put_to(pool, &view, block);
}

/* Tells whether a configuration is in range, whatever the segment. */
static bool lfm_dynpool_accepts(const lfm_dynpool_config *config)
{
    return config->block_size >= 1 && config->block_size <= UINT32_MAX / 2 && lfm_is_power_of_two(config->align) &&
           config->align <= UINT32_MAX / 2 && config->maximum >= 1 && config->initial <= config->maximum &&
           config->initial <= LFM_POOL_MAX_COUNT &&
           (config->maximum <= LFM_POOL_MAX_COUNT || config->maximum == LFM_UNLIMITED);
}

/* Sets how wide numbers and links are: for `span` bytes of metadata, in a segment with so many places for a block. */
static bool lfm_dynpool_set_width(lfm_dynpool *pool, bool grows, size_t span, size_t places)
{
    const size_t narrow = grows ? span / 2 : pool->initial;
    pool->wide = LFM_CHECKS >= 2 || narrow > LFM_POOL_MAX_COUNT || LFM_LINK_IS_WIDE_(lfm_index_bits(narrow)) ||
                 (grows && places > UINT16_MAX);
    return !grows || (places <= UINT32_MAX && span <= LFM_DYNPOOL_METADATA_MAX);
}

/* Sets how many roots the records of a growing pool have, given the bytes that its segments have left. */
static void lfm_dynpool_set_roots(lfm_dynpool *pool, size_t left, size_t span)
{
    const uint64_t taken = (uint64_t)pool->initial * pool->stride;
    const size_t blocks = taken < left ? (left - (size_t)taken) >> pool->key_shift : 0,
                 records = span / LFM_RECORD_UNITS >> lfm_dynpool_link_shift(pool);
    const size_t most = blocks < records ? blocks : records, wanted = pool->maximum - pool->initial;
    const size_t roots = (most < wanted ? most : wanted) / LFM_ROOT_SHARE;
    pool->root_bits = roots > 1 ? lfm_log2(roots) : 1;
}

/* Makes the list of the initial blocks. Their links, of 0, lead from one to the next and also tell how many are below.
 */
static void lfm_dynpool_list_initial(lfm_dynpool *pool)
{
    lfm_dynpool_view view;
    lfm_dynpool_view_init(pool, &view);
    const lfm_list_shape *shape = &view.list.shape;
    const lfm_word_ allocated = (pool->units - pool->initial) >> shape->split_bits;
    const lfm_word_ head =
        lfm_head_with_top(shape, allocated << shape->index_bits, pool->initial != 0 ? 0 : pool->units);
    if (pool->initial != 0) {
        lfm_link_store(&view.list, pool->initial - 1,
                       lfm_link_make(shape, pool->initial - 1, pool->units, pool->units - 1));
    }
    LFM_STORE(LINK, view.list.head, head);
}

lfm_status lfm_dynpool_init(lfm_dynpool *pool, lfm_segment *segment, const lfm_dynpool_config *config)
{
    if (pool == NULL || segment == NULL || config == NULL || !lfm_dynpool_accepts(config)) {
        return LFM_EINVAL;
    }
    lfm_segment *const metadata = config->metadata != NULL ? config->metadata : segment;
    const size_t padding = config->padded ? lfm_segment_padding(segment) : 1;
    const size_t align = config->align > padding ? config->align : padding;
    const size_t stride = lfm_round_up(config->block_size, align);
    const bool grows = config->initial < config->maximum;
    if (align > UINT32_MAX / 2 || stride > UINT32_MAX) {
        return LFM_EINVAL;
    }
    lfm_dynpool made = {
        .segment = (uintptr_t)segment - (uintptr_t)pool,
        .metadata = (uintptr_t)metadata - (uintptr_t)pool,
        .inverse = lfm_inverse(stride >> lfm_log2(LFM_LOW_BIT_(stride))),
        .initial = (uint32_t)config->initial,
        .maximum = config->maximum < UINT32_MAX ? (uint32_t)config->maximum : UINT32_MAX,
        .grow = config->grow < UINT32_MAX ? (uint32_t)config->grow : UINT32_MAX,
        .stride = (uint32_t)stride,
        .block_size = (uint32_t)config->block_size,
        .stride_shift = lfm_log2(LFM_LOW_BIT_(stride)),
        .offset_shift = lfm_log2(align),
        .key_shift = lfm_log2(stride),
        .created = (uint32_t)config->initial,
        .layout = (uint8_t)LFM_LAYOUT_,
    };
    const size_t span = lfm_segment_remaining(metadata, 4);
    if (!lfm_dynpool_set_width(&made, grows, span, (segment->bytes >> made.offset_shift) + 1)) {
        return LFM_EINVAL;
    }
    lfm_dynpool_set_roots(&made, lfm_segment_remaining(segment, align), span);
    const size_t link_bytes = lfm_dynpool_link_bytes(&made);
    const size_t roots = grows ? (size_t)1 << made.root_bits : 0;
    if ((uint64_t)config->initial * stride > SIZE_MAX) {
        return LFM_ENOMEM;
    }
    const lfm_piece blocks = {config->initial * stride, config->initial != 0 ? align : 1};
    const lfm_piece links = {(config->initial + config->initial % 2 + roots) * link_bytes, 4};
    unsigned char *first, *first_link;
    if (!lfm_dynpool_take(segment, metadata, blocks, links, &first, &first_link)) {
        return LFM_ENOMEM;
    }
    made.blocks = (uintptr_t)first - (uintptr_t)pool;
    made.links = (uintptr_t)first_link - (uintptr_t)pool;
    const size_t behind = (size_t)(lfm_segment_base(metadata) + metadata->bytes - first_link);
    made.units = grows ? (uint32_t)(behind >> lfm_dynpool_link_shift(&made)) : made.initial;
    made.index_bits = lfm_index_bits(made.units);
    made.split_bits = (uint8_t)LFM_SPLIT_(made.index_bits, (int)link_bytes * 8);
    memset(first_link, 0, links.bytes);
    memcpy(pool, &made, sizeof *pool);
    lfm_dynpool_list_initial(pool);
    lfm_hook_reuse(first, blocks.bytes);
    lfm_hook_hide_run(first, stride, config->initial);
    return LFM_OK;
}

/* Whether the roots of a pool that can grow lie among the numbers that there are. */
static bool lfm_dynpool_has_roots(const lfm_dynpool *pool)
{
    return pool->initial == pool->maximum ||
           (pool->root_bits < 32 &&
            pool->initial % 2 + ((uint32_t)1 << pool->root_bits) <= pool->units - pool->initial);
}

lfm_status lfm_dynpool_attach(const lfm_dynpool *pool)
{
    if (pool == NULL || lfm_is_unmade(&pool->units, pool + 1)) {
        return LFM_EINVAL;
    }
    if (pool->layout != (uint8_t)LFM_LAYOUT_) {
        return LFM_EMISMATCH;
    }
    const bool agrees = pool->initial <= pool->maximum && pool->initial <= pool->units &&
                        pool->units <= LFM_POOL_MAX_COUNT && (pool->wide & 1) == pool->wide &&
                        pool->index_bits == lfm_index_bits(pool->units) &&
                        pool->split_bits == LFM_SPLIT_(pool->index_bits, (int)lfm_dynpool_link_bytes(pool) * 8) &&
                        pool->key_shift == lfm_log2(pool->stride) && pool->offset_shift <= pool->stride_shift &&
                        lfm_dynpool_has_roots(pool) &&
                        lfm_run_agrees(pool->block_size, pool->stride, pool->stride_shift, pool->inverse);
    if (!agrees) {
        return LFM_ECORRUPT; /* the places of its segments would mean nothing */
    }
    const lfm_status status = lfm_segment_attach(lfm_dynpool_segment(pool));
    return status == LFM_OK ? lfm_segment_attach(lfm_dynpool_metadata(pool)) : status;
}

/* A slot of the tree that is still to be looked at: the keys below it end in `path`, which is `bits` long. */
typedef struct lfm_dynpool_branch {
    lfm_tree_ref slot;
    uint32_t path;
    unsigned bits;
} lfm_dynpool_branch;

/* What is told of a record on a walk through the trees. False: the walk ends. */
typedef bool lfm_dynpool_visitor(const lfm_dynpool *pool, const lfm_tree *tree, const lfm_dynpool_branch *at,
                                 uint32_t record, void *arg);

/* Goes through all trees. False: the visitor said so, or a way is longer than any key. `visit` is a constant. */
LFM_INLINE bool lfm_dynpool_walk(const lfm_dynpool *pool, const lfm_list *list, lfm_dynpool_visitor *visit, void *arg)
{
    const lfm_tree tree = lfm_dynpool_tree(pool, list);
    const uint32_t roots = pool->initial < pool->maximum ? (uint32_t)1 << pool->root_bits : 0;
    for (uint32_t root = 0; root < roots; root++) {
        lfm_dynpool_branch ahead[LFM_TREE_LEVELS + 1]; /* one waits on each level */
        size_t n = 0;
        const lfm_dynpool_branch first = {lfm_tree_root(&tree, root), root, tree.root_bits};
        ahead[n++] = first;
        while (n > 0) {
            const lfm_dynpool_branch at = ahead[--n];
            const uint32_t record = lfm_tree_record(at.slot, LFM_LOAD(TREE_LOAD, at.slot.word));
            if (record == LFM_RECORD_NONE) {
                continue;
            }
            if (at.bits >= LFM_TREE_LEVELS || !visit(pool, &tree, &at, record, arg)) {
                return false;
            }
            for (uint32_t side = 0; side < 2; side++) {
                const uint32_t bit = at.bits < 32 ? side << at.bits : 0;
                const lfm_dynpool_branch below = {lfm_tree_child(&tree, record, side), at.path | bit, at.bits + 1};
                ahead[n++] = below;
            }
        }
    }
    return true;
}

#if LFM_HOOK_TOOLS
static bool lfm_dynpool_show_grown(const lfm_dynpool *pool, const lfm_tree *tree, const lfm_dynpool_branch *at,
                                   uint32_t record, void *arg)
{
    (void)tree, (void)at;
    lfm_hook_reuse(lfm_dynpool_block(pool, arg, record), pool->stride);
    return true;
}

/* Shows all blocks to tools. */
static void lfm_dynpool_show(const lfm_dynpool *pool)
{
    lfm_dynpool_view view;
    lfm_dynpool_view_init(pool, &view);
    lfm_hook_reuse(view.run.first, (size_t)view.run.stride * view.run.count);
    (void)lfm_dynpool_walk(pool, &view.list, lfm_dynpool_show_grown, &view); /* damaged trees are the check's to tell */
}
#endif

void lfm_dynpool_fini(lfm_dynpool *pool)
{
    if (pool != NULL) {
#if LFM_HOOK_TOOLS
        lfm_dynpool_show(pool);
#endif
        memset(pool, 0, sizeof *pool);
    }
}

void lfm_dynpool_stats(const lfm_dynpool *pool, lfm_dynpool_stats_t *out)
{
    if (out == NULL) {
        return;
    }
    memset(out, 0, sizeof *out);
    if (pool == NULL) {
        return;
    }
    lfm_dynpool_view view;
    lfm_dynpool_view_init(pool, &view);
    uint32_t created, free, again = LFM_LOAD(QUOTA_LOAD, lfm_dynpool_created(pool));
    do {
        created = again;
        free = lfm_list_free_count(&view.list);
        again = LFM_LOAD(QUOTA_LOAD, lfm_dynpool_created(pool));
    } while (again != created);
    const uint32_t in_use = created - free;
    const uint32_t noted = LFM_LOAD(PEAK, view.list.peak);
    const uint32_t peak = noted > in_use ? noted : in_use; /* what is in use now is noted by the next put */
    out->created = created;
    out->free = free;
    out->in_use = in_use;
    out->peak = peak < created ? peak : created; /* a share that was given back was counted */
    out->maximum = pool->maximum != UINT32_MAX ? pool->maximum : LFM_UNLIMITED;
    out->block_size = pool->block_size;
    out->stride = pool->stride;
}

/* Tells whether a record is where it can be, and its block where it can be found. */
static bool lfm_dynpool_record_is_right(const lfm_dynpool *pool, const lfm_tree *tree, uint32_t record,
                                        const lfm_dynpool_branch *at)
{
    if (record < pool->initial || record >= pool->units || pool->units - record < LFM_RECORD_UNITS) {
        return false;
    }
    const uint32_t place = lfm_record_offset(tree->list, record);
    const uint32_t key = place >> tree->key_shift;
    /* a search by a key that fits goes the way that led here, so it meets nothing unseen */
    return place <= lfm_dynpool_segment(pool)->bytes >> pool->offset_shift &&
           (key ^ at->path) << (32 - at->bits) == 0 && lfm_tree_find(tree, place) == record;
}

/* What a check counts of the blocks that were created later. */
typedef struct lfm_dynpool_grown {
    uint32_t met;
    lfm_block_set *unmarked; /* those that are not marked as taken */
} lfm_dynpool_grown;

static bool lfm_dynpool_verify_grown(const lfm_dynpool *pool, const lfm_tree *tree, const lfm_dynpool_branch *at,
                                     uint32_t record, void *arg)
{
    lfm_dynpool_grown *const grown = arg;
    if (!lfm_dynpool_record_is_right(pool, tree, record, at)) {
        return false;
    }
    grown->met++;
    lfm_list_check_block(tree->list, record, grown->unmarked);
    return true;
}

lfm_status lfm_dynpool_check(const lfm_dynpool *pool)
{
    const lfm_status status = lfm_dynpool_attach(pool);
    if (status != LFM_OK) {
        return status;
    }
    lfm_dynpool_view view;
    lfm_block_set met = {0, 0}, unmarked = {0, 0};
    const uint32_t created = LFM_LOAD(QUOTA_LOAD, lfm_dynpool_created(pool));
    lfm_dynpool_view_init(pool, &view);
    if (created < pool->initial || created > pool->maximum || !lfm_list_check_walk(&view.list, created, &met)) {
        return LFM_ECORRUPT;
    }
    for (uint32_t block = 0; block < pool->initial; block++) {
        lfm_list_check_block(&view.list, block, &unmarked);
    }
    lfm_dynpool_grown grown = {0, &unmarked};
    const bool sound = lfm_dynpool_walk(pool, &view.list, lfm_dynpool_verify_grown, &grown) &&
                       grown.met == created - pool->initial && lfm_list_check_agrees(&met, &unmarked);
    return sound ? LFM_OK : LFM_ECORRUPT;
}
