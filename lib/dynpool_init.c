/* SPDX-License-Identifier: MIT */
/* Dynamic pool: init, attach and fini. */
#include "attach.h"
#include "dynpool_view.h"
#include "hooks.h"

/* Tells whether a configuration is in range, whatever the segment. */
static bool lfm_dynpool_accepts(const lfm_dynpool_config *config)
{
    return config->block_size >= 1 && config->block_size <= UINT32_MAX / 2 && lfm_is_power_of_two(config->align) &&
           config->align <= UINT32_MAX / 2 && config->maximum >= 1 && config->initial <= config->maximum &&
           config->initial <= LFM_POOL_MAX_COUNT &&
           (config->maximum <= LFM_POOL_MAX_COUNT || config->maximum == LFM_UNLIMITED);
}

/* Bytes that each block's address is a multiple of. */
static size_t lfm_dynpool_align(const lfm_segment *segment, const lfm_dynpool_config *config)
{
    const size_t padding = config->padded ? lfm_segment_padding(segment) : 1;
    LFM_ASSERT(lfm_is_power_of_two(config->align) && lfm_is_power_of_two(padding));
    return config->align > padding ? config->align : padding;
}

/* Sets whether links and cells of records have 4 bytes: for `span` bytes of metadata, and so many offsets that a block
 * can have in its segment. False: those are out of range. */
static bool lfm_dynpool_set_width(lfm_dynpool *pool, size_t span, size_t offsets)
{
    LFM_ASSERT(offsets >= 1);
    const bool grows = lfm_dynpool_grows(pool);
    const size_t narrow = grows ? span / 2 : pool->initial; /* indices that there are if they have 2 */
    pool->wide = LFM_CHECKS >= 2 || narrow > LFM_POOL_MAX_COUNT || lfm_index_bits(narrow) > LFM_LINK_2_BITS_ ||
                 (grows && offsets > UINT16_MAX);
    return !grows || (offsets <= UINT32_MAX && span <= LFM_DYNPOOL_METADATA_MAX);
}

/* Sets how many roots the records of a pool that can grow have. The segments have so many bytes left. */
static void lfm_dynpool_set_roots(lfm_dynpool *pool, size_t left, size_t span)
{
    const uint64_t taken = (uint64_t)pool->initial * pool->stride;
    const size_t blocks = taken < left ? (left - (size_t)taken) >> pool->key_shift : 0,
                 records = span / LFM_RECORD_CELLS_ >> lfm_dynpool_link_shift(pool);
    const size_t most = blocks < records ? blocks : records, wanted = pool->maximum - pool->initial;
    const size_t roots = (most < wanted ? most : wanted) / LFM_ROOT_SHARE_;
    pool->root_bits = roots > 1 ? lfm_log2(roots) : 1;
    LFM_ASSERT(pool->root_bits >= 1 && pool->root_bits < 32);
}

/* Whether the roots of a pool that can grow lie among the indices that there are. */
static bool lfm_dynpool_has_roots(const lfm_dynpool *pool)
{
    return !lfm_dynpool_grows(pool) ||
           (pool->root_bits - 1u < 31 &&
            pool->initial % 2 + ((uint32_t)1 << pool->root_bits) <= pool->cells - pool->initial);
}

/* Whether the constants of a pool follow from each other. */
static bool lfm_dynpool_agrees(const lfm_dynpool *pool)
{
    return pool->initial <= pool->maximum && pool->initial <= pool->cells && pool->cells <= LFM_POOL_MAX_COUNT &&
           (pool->wide & 1) == pool->wide && pool->index_bits == lfm_index_bits(pool->cells) &&
           pool->split_bits == LFM_SPLIT_(pool->index_bits, (int)lfm_dynpool_link_bytes(pool) * 8) &&
           pool->key_shift == lfm_log2(pool->stride) && pool->offset_shift <= pool->stride_shift &&
           pool->first == (lfm_dynpool_is_static(pool) ? pool->cells - pool->initial : 0) &&
           lfm_dynpool_has_roots(pool) &&
           lfm_run_agrees(pool->block_size, pool->stride, pool->stride_shift, pool->inverse);
}

/* Makes the list of the initial blocks. Links of 0 lead from one to the next. If the count is split, they have to tell
 * of the other indices, too, which are allocated. */
static void lfm_dynpool_list_initial(const lfm_dynpool *pool)
{
    lfm_list list;
    lfm_dynpool_list_init(pool, &list);
    const lfm_list_shape *shape = &list.shape;
    const uint32_t others = pool->cells - pool->initial;
    const uint32_t top = pool->initial != 0 ? 0 : pool->cells;
    const lfm_word_ allocated = (lfm_word_)(others >> shape->split_bits) << shape->index_bits;
    for (uint32_t block = shape->split || top != 0 ? 0 : pool->initial - 1; block < pool->initial; block++) {
        const uint32_t below = block + 1 < pool->initial ? block + 1 : pool->cells;
        lfm_link_store(&list, block, lfm_link_make(shape, block, below, others + block));
    }
    LFM_STORE(LINK, list.head, lfm_head_with_top(shape, allocated, top));
    LFM_ASSERT(lfm_list_free_count(&list) == pool->initial);
}

/* Takes the memory of a pool that is made but for this, and begins it. */
static lfm_status lfm_dynpool_place(lfm_dynpool *pool, lfm_dynpool *made, const lfm_segment *segment,
                                    const lfm_segment *metadata)
{
    const size_t align = (size_t)1 << made->offset_shift, link_bytes = lfm_dynpool_link_bytes(made);
    const bool grows = lfm_dynpool_grows(made);
    const size_t roots = grows ? (size_t)1 << made->root_bits : 0;
    if ((uint64_t)made->initial * made->stride > SIZE_MAX) {
        return LFM_ENOMEM;
    }
    const lfm_piece blocks = {(size_t)made->initial * made->stride, made->initial != 0 ? align : 1};
    const lfm_piece links = {((size_t)made->initial + made->initial % 2 + roots) * link_bytes, 4};
    unsigned char *first, *first_link;
    if (!lfm_dynpool_room(segment, metadata, blocks, links, &first, &first_link)) {
        return LFM_ENOMEM;
    }
    const size_t behind = (size_t)(lfm_segment_base(metadata) + metadata->bytes - first_link);
    LFM_ASSERT(links.bytes <= behind);
    made->blocks = first;
    made->links = (uintptr_t)first_link - (uintptr_t)first;
    made->cells = grows ? (uint32_t)(behind >> lfm_dynpool_link_shift(made)) : made->initial;
    made->index_bits = lfm_index_bits(made->cells);
    made->split_bits = (uint8_t)LFM_SPLIT_(made->index_bits, (int)link_bytes * 8);
    LFM_ASSERT(metadata != segment || first_link >= first + blocks.bytes);
    LFM_ASSERT(made->cells >= made->initial + roots && (made->wide || made->index_bits <= 16));
    LFM_ASSERT(lfm_dynpool_agrees(made));
    memset(first_link, 0, links.bytes);
    memcpy(pool, made, sizeof *pool);
    lfm_dynpool_list_initial(pool);
    lfm_hook_reuse(first, blocks.bytes);
    lfm_hook_hide_run(first, made->stride, made->initial);
    return LFM_OK;
}

lfm_status lfm_dynpool_init(lfm_dynpool *pool, const lfm_segment *segment, const lfm_dynpool_config *config)
{
    if (pool == NULL || segment == NULL || config == NULL || !lfm_dynpool_accepts(config)) {
        return LFM_EINVAL;
    }
    const lfm_segment *const metadata = config->metadata != NULL ? config->metadata : segment;
    const size_t align = lfm_dynpool_align(segment, config), stride = lfm_round_up(config->block_size, align);
    if (align > UINT32_MAX / 2 || stride > UINT32_MAX) {
        return LFM_EINVAL;
    }
    LFM_ASSERT(stride >= config->block_size);
    lfm_dynpool made = {
        .own.created = (uint32_t)config->initial,
        .state = &pool->own,
        .origin = pool,
        .segment = segment,
        .metadata = metadata,
        .inverse = lfm_inverse(stride >> lfm_log2(LFM_LOW_BIT_(stride))),
        .initial = (uint32_t)config->initial,
        .maximum = config->maximum < UINT32_MAX ? (uint32_t)config->maximum : UINT32_MAX,
        .grow = config->grow < UINT32_MAX ? (uint32_t)config->grow : UINT32_MAX,
        .stride = (uint32_t)stride,
        .block_size = (uint32_t)config->block_size,
        .stride_shift = lfm_log2(LFM_LOW_BIT_(stride)),
        .offset_shift = lfm_log2(align),
        .key_shift = lfm_log2(stride),
        .type = LFM_OBJECT_DYNPOOL_,
        .layout = LFM_LAYOUT_,
    };
    const size_t span = lfm_segment_remaining(metadata, 4);
    if (!lfm_dynpool_set_width(&made, span, (segment->bytes >> made.offset_shift) + 1)) {
        return LFM_EINVAL;
    }
    lfm_dynpool_set_roots(&made, lfm_segment_remaining(segment, align), span);
    return lfm_dynpool_place(pool, &made, segment, metadata);
}

lfm_status lfm_dynpool_attach(const lfm_dynpool *pool)
{
    if (pool == NULL || lfm_is_unmade(&pool->blocks, pool + 1)) {
        return LFM_EINVAL;
    }
    const bool here = lfm_dynpool_is_static(pool) && pool->origin == (const unsigned char *)pool;
    if (pool->layout != LFM_LAYOUT_ || !(here || pool->type == LFM_OBJECT_DYNPOOL_)) {
        return LFM_EMISMATCH;
    }
    if (!(here || (const void *)pool->state == pool->origin) || !lfm_dynpool_agrees(pool)) {
        return LFM_ECORRUPT; /* where its segments lie would mean nothing */
    }
    const lfm_status status = lfm_segment_attach(lfm_dynpool_segment(pool));
    if (status != LFM_OK) {
        return status;
    }
    return lfm_dynpool_reaches(pool) ? lfm_segment_attach(lfm_dynpool_metadata(pool)) : LFM_ECORRUPT;
}

#if LFM_HOOK_TOOLS
/* Shows the block of a record. */
static bool lfm_dynpool_show_grown(const lfm_tree *tree, const lfm_tree_branch *at, uint32_t record, void *arg)
{
    (void)at;
    const lfm_dynpool *const pool = arg;
    lfm_hook_reuse(lfm_dynpool_block(pool, tree->list, record), pool->stride);
    return true;
}

/* Shows all blocks to tools. */
static void lfm_dynpool_show(const lfm_dynpool *pool)
{
    lfm_list list;
    lfm_dynpool_list_init(pool, &list);
    const lfm_tree tree = lfm_dynpool_tree(pool, &list);
    const lfm_run_ run = lfm_dynpool_run(pool);
    lfm_hook_reuse(run.first, (size_t)run.stride * run.count);
    if (lfm_dynpool_grows(pool)) {
        /* damaged trees are the check's to tell */
        (void)lfm_tree_walk(&tree, lfm_dynpool_show_grown, (void *)(uintptr_t)pool);
    }
}
#endif

/* Leaves a static pool without a block: its list is empty, no block can be created, and no link is a mark. */
static void lfm_dynpool_empty(const lfm_dynpool *pool)
{
    lfm_list list;
    lfm_dynpool_list_init(pool, &list);
    const lfm_word_ allocated = (lfm_word_)(pool->cells >> list.shape.split_bits) << list.shape.index_bits;
    LFM_STORE(LINK, list.head, lfm_head_with_top(&list.shape, allocated, pool->cells));
    LFM_STORE(QUOTA_STAT, lfm_dynpool_created(pool), pool->maximum);
    memset(list.links, 0, pool->cells * lfm_dynpool_link_bytes(pool));
    LFM_ASSERT(lfm_list_free_count(&list) == 0);
}

void lfm_dynpool_fini(const lfm_dynpool *pool)
{
    if (pool == NULL) {
        return;
    }
#if LFM_HOOK_TOOLS
    lfm_dynpool_show(pool);
#endif
    if (lfm_dynpool_is_static(pool)) {
        lfm_dynpool_empty(pool);
    } else {
        memset((void *)(uintptr_t)pool, 0, sizeof *pool);
    }
}
