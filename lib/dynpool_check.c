/* SPDX-License-Identifier: MIT */
/* Dynamic pool: statistics, and the check of the whole structure. */
#include "dynpool_view.h"
#include "list_check.h"

void lfm_dynpool_stats(const lfm_dynpool *pool, lfm_dynpool_stats_t *out)
{
    if (out == NULL) {
        return;
    }
    memset(out, 0, sizeof *out);
    if (pool == NULL) {
        return;
    }
    lfm_list list;
    lfm_dynpool_list_init(pool, &list);
    uint32_t created, free, again = LFM_LOAD(QUOTA_LOAD, lfm_dynpool_created(pool));
    do {
        created = again;
        free = lfm_list_free_count(&list);
        again = LFM_LOAD(QUOTA_LOAD, lfm_dynpool_created(pool));
    } while (again != created);
    const uint32_t in_use = created - free;
    const uint32_t noted = LFM_LOAD(PEAK, list.peak);
    const uint32_t peak = noted > in_use ? noted : in_use; /* the next put notes what is in use now */
    out->created = created;
    out->free = free;
    out->in_use = in_use;
    out->peak = peak < created ? peak : created; /* a share that was given back was counted */
    LFM_ASSERT(out->peak <= out->created);
    out->maximum = pool->maximum != UINT32_MAX ? pool->maximum : LFM_UNLIMITED;
    out->block_size = pool->block_size;
    out->stride = pool->stride;
}

/* What a check counts of the blocks that were created later. */
typedef struct lfm_dynpool_grown {
    const lfm_dynpool *pool;
    uint32_t met;
    lfm_block_set unmarked; /* blocks that are not marked as taken, initial ones included */
} lfm_dynpool_grown;

/* Tells whether a record is where it can be, and its block where it can be found. */
static bool lfm_dynpool_record_is_right(const lfm_dynpool *pool, const lfm_tree *tree, uint32_t record,
                                        const lfm_tree_branch *at)
{
    LFM_ASSERT(at->bits >= 1 && at->bits <= 32 && lfm_record_has_room(tree, record));
    const uint32_t offset = lfm_record_offset(tree->list, record);
    const uint32_t key = offset >> tree->key_shift;
    /* a search by a key that fits goes the way that led here, so it meets no damage that the walk has not met */
    return offset <= lfm_dynpool_segment(pool)->bytes >> pool->offset_shift &&
           (key ^ at->path) << (32 - at->bits) == 0 && lfm_dynpool_record(pool, tree->list, offset) == record;
}

static bool lfm_dynpool_verify_grown(const lfm_tree *tree, const lfm_tree_branch *at, uint32_t record, void *arg)
{
    lfm_dynpool_grown *const grown = arg;
    if (!lfm_dynpool_record_is_right(grown->pool, tree, record, at)) {
        return false;
    }
    grown->met++;
    lfm_list_check_block(tree->list, record, &grown->unmarked);
    return true;
}

lfm_status lfm_dynpool_check(const lfm_dynpool *pool)
{
    const lfm_status status = lfm_dynpool_attach(pool);
    if (status != LFM_OK) {
        return status;
    }
    lfm_list list;
    lfm_block_set met = {0, 0};
    const uint32_t created = LFM_LOAD(QUOTA_LOAD, lfm_dynpool_created(pool));
    lfm_dynpool_list_init(pool, &list);
    if (created < pool->initial || created > pool->maximum || !lfm_list_check_walk(&list, created, &met)) {
        return LFM_ECORRUPT;
    }
    lfm_dynpool_grown grown = {pool, 0, {0, 0}};
    for (uint32_t block = 0; block < pool->initial; block++) {
        lfm_list_check_block(&list, pool->first + block, &grown.unmarked);
    }
    LFM_ASSERT(met.count <= created);
    LFM_ASSERT(grown.unmarked.count <= pool->initial);
    const lfm_tree tree = lfm_dynpool_tree(pool, &list);
    const bool sound = (!lfm_dynpool_grows(pool) || lfm_tree_walk(&tree, lfm_dynpool_verify_grown, &grown)) &&
                       grown.met == created - pool->initial && lfm_list_check_agrees(&met, &grown.unmarked);
    return sound ? LFM_OK : LFM_ECORRUPT;
}
