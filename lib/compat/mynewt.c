/* SPDX-License-Identifier: MIT */
/* The memory pools of Apache Mynewt: arguments, statuses and the fields that its users read, around lfm_pool.
 *
 * mynewt_init.h makes pools. Below it lie the registry of pools (mynewt_registry.h), the area for their links
 * (mynewt_links.h), and what lies in free blocks (mynewt_guards.h).
 *
 * Counts. The truth is in the pool's head; mp_num_free and mp_min_free are copies for users. Another read-modify-write
 * would cost too much, so the copies are stored. A context that is interrupted between its change of the head and its
 * store would then leave old numbers over new ones. So after each store it looks at the head again, and stores again
 * until it finds what it stored. Thus the last context to store saw the truth after its store. It compares the head
 * with the one that it has left; where the count is split, the count.
 *
 * The count to store is that of the head that the call itself has left, which is known before its compare-and-swap. A
 * read of the head afterwards would delay the store, and so the next compare-and-swap. (Measured: a fifth of a get and
 * a put.) On several cores a store may become visible after the look that follows it, hence what os_mempool.h says. A
 * further round means that another get or put has succeeded. */
#include "../pool_list.h"
#include "mynewt_init.h"

/* Tells users how the pool stands, where something has changed meanwhile or the low-water mark has sunk. */
LFM_NOINLINE void lfm_mynewt_publish_again(struct os_mempool *mp)
{
    lfm_list list;
    lfm_pool_list(&mp->mp_lfm_, LFM_LIST_ANY, 0, &list);
    uint32_t free = lfm_list_free_count(&list), peak = LFM_LOAD(PEAK, list.peak);
    uint32_t told_free, told_peak;
    do {
        told_free = free;
        told_peak = peak;
        const uint32_t low = peak < list.shape.size ? list.shape.size - peak : 0; /* as lfm_pool_stats() */
        lfm_mynewt_tell(&mp->mp_num_free, free);
        lfm_mynewt_tell(&mp->mp_min_free, free < low ? free : low);
        free = lfm_list_free_count(&list);
        peak = LFM_LOAD(PEAK, list.peak);
    } while (free != told_free || peak != told_peak);
}

/* Whether a count that was told is still that of the list: if the head is what the call has left. Where the count
 * is split, the same head can come back with another one, and it is the count that is looked at. */
LFM_ALWAYS_INLINE bool lfm_mynewt_still(const lfm_list *list, const lfm_list_result *after, uint32_t told)
{
    return lfm_count_is_split(&list->shape) ? lfm_list_free_count(list) == told
                                            : LFM_LOAD(STAT_LOAD, list->head) == after->head;
}

/* Tells users how the pool stands after a call that has left this head (see Counts above). */
LFM_ALWAYS_INLINE void lfm_mynewt_publish(struct os_mempool *mp, const lfm_list *list, const lfm_list_result *after)
{
    const uint32_t free = lfm_free_count(&list->shape, after->allocated);
    LFM_ASSERT(lfm_count_is_split(&list->shape) || free <= list->shape.size);
    lfm_mynewt_tell(&mp->mp_num_free, free);
    const uint32_t low = list->shape.size - LFM_LOAD(PEAK, list->peak);
    const uint32_t told = LFM_LOAD(COUNT, &mp->mp_min_free);
    if (!lfm_mynewt_still(list, after, free) || free < told || low < told) {
        lfm_mynewt_publish_again(mp);
    }
}

/* Tells whether this is a block that is taken; at checks level 0, whether it is a block. */
static inline bool lfm_mynewt_is_taken(const struct os_mempool *mp, const void *block)
{
    lfm_list list;
    uint32_t index;
    if (lfm_mynewt_count(mp) == 0 || !lfm_pool_index(&mp->mp_lfm_, block, &index)) {
        return false;
    }
    lfm_pool_list(&mp->mp_lfm_, LFM_LIST_ANY, 0, &list);
    return LFM_CHECKS == 0 || lfm_list_is_taken(&list, index);
}

/* Poison or a guard was overwritten. */
static inline void lfm_mynewt_damaged(struct os_mempool *mp)
{
    LFM_ASSERT(LFM_MYNEWT_POISONS || LFM_MYNEWT_GUARDS_);
#if LFM_MYNEWT_TRAPS
    __builtin_trap();
#endif
    lfm_mynewt_set_flags(mp, lfm_mynewt_flags(mp) | (unsigned)OS_MEMPOOL_F_DAMAGED);
}

void os_mempool_module_init(void)
{
    for (uint32_t i = 0; i < LFM_MYNEWT_POOLS; i++) {
        uint32_t sequence;
        if (lfm_entry_pool(&lfm_mynewt_entries[i], &sequence) != NULL) {
            LFM_ASSERT(lfm_sequence_is_registered(sequence));
            (void)lfm_entry_unregister(&lfm_mynewt_entries[i], sequence); /* or another one has just taken it off */
        }
    }
}

os_error_t os_mempool_init(struct os_mempool *mp, uint16_t blocks, uint32_t block_size, void *membuf, const char *name)
{
    return lfm_mynewt_init(mp, blocks, block_size, membuf, name, 0);
}

os_error_t os_mempool_ext_init(struct os_mempool_ext *mpe, uint16_t blocks, uint32_t block_size, void *membuf,
                               const char *name)
{
    return lfm_mynewt_init((struct os_mempool *)mpe, blocks, block_size, membuf, name, OS_MEMPOOL_F_EXT);
}

os_error_t os_mempool_unregister(struct os_mempool *mp)
{
    uint32_t sequence;
    lfm_entry *const entry = mp == NULL ? NULL : lfm_registry_find(&lfm_mynewt_registry, mp, &sequence);
    return entry != NULL && lfm_entry_unregister(entry, sequence) ? OS_OK : OS_INVALID_PARM;
}

/* Tells whether the fields that say where blocks lie are as an init has left them. */
static bool lfm_mynewt_is_as_made(const struct os_mempool *mp)
{
    const lfm_pool *const pool = &mp->mp_lfm_;
    return lfm_mynewt_count(mp) == 0 ||
           (pool->count == lfm_mynewt_count(mp) && pool->block_size == lfm_mynewt_whole(mp) &&
            (uintptr_t)lfm_pool_run(pool).first == mp->mp_membuf_addr);
}

os_error_t os_mempool_clear(struct os_mempool *mp)
{
    if (mp == NULL) {
        return OS_INVALID_PARM;
    }
    if (!lfm_mynewt_is_as_made(mp)) {
        lfm_mynewt_empty(mp);
        return OS_INVALID_PARM;
    }
    lfm_mynewt_set_flags(mp, lfm_mynewt_flags(mp) & (unsigned)OS_MEMPOOL_F_EXT);
    return lfm_mynewt_fill(mp, (void *)(mp->mp_membuf_addr + mp->mp_lfm_.links)) ? OS_OK : OS_INVALID_PARM;
}

void lfm_mynewt_fini(struct os_mempool *mp)
{
    if (mp == NULL) {
        return;
    }
    (void)os_mempool_unregister(mp); /* if it is listed */
    lfm_mynewt_give_links(mp);
    if (lfm_mynewt_count(mp) > 0) {
        lfm_hook_fini(&mp->mp_lfm_, (void *)mp->mp_membuf_addr, lfm_mynewt_stride(mp) * lfm_mynewt_count(mp));
    }
    lfm_mynewt_empty(mp);
}

/* Each block that is not taken is as it was put. AddressSanitizer, which hides free blocks, is shown those looked at.
 */
static bool lfm_mynewt_all_poisoned(const struct os_mempool *mp)
{
    const unsigned char *block = (const unsigned char *)mp->mp_membuf_addr;
    LFM_ASSERT(LFM_MYNEWT_POISONS);
    LFM_HOOK_SHOW(block, lfm_mynewt_stride(mp) * lfm_mynewt_count(mp));
    for (size_t left = lfm_mynewt_count(mp); left > 0; left--, block += lfm_mynewt_stride(mp)) {
        if (!lfm_mynewt_is_taken(mp, block) && !lfm_mynewt_is_poisoned(mp, block)) {
            return false;
        }
    }
    return true;
}

/* The copies of the counts may be those of a moment before, also when no call runs (see Counts above). So they have to
 * be possible only. The list must agree with the count of the head. */
bool os_mempool_is_sane(const struct os_mempool *mp)
{
    if (mp == NULL || (lfm_mynewt_flags(mp) & OS_MEMPOOL_F_DAMAGED)) {
        return false;
    }
    const size_t count = lfm_mynewt_count(mp);
    if (LFM_LOAD(COUNT, &mp->mp_num_free) > count || LFM_LOAD(COUNT, &mp->mp_min_free) > count) {
        return false;
    }
    if (count == 0) {
        return true;
    }
    lfm_pool_stats_t stats;
    lfm_pool_stats(&mp->mp_lfm_, &stats);
    return stats.count == count && lfm_pool_check(&mp->mp_lfm_) == LFM_OK &&
           (!LFM_MYNEWT_POISONS || lfm_mynewt_all_poisoned(mp));
}

int os_memblock_from(const struct os_mempool *mp, const void *block_addr)
{
    return mp != NULL && lfm_mynewt_count(mp) > 0 && lfm_pool_owns(&mp->mp_lfm_, block_addr);
}

LFM_ALWAYS_INLINE void *lfm_mynewt_get(struct os_mempool *mp, lfm_list_kind kind)
{
    lfm_list list;
    lfm_list_result after;
    lfm_pool_list(&mp->mp_lfm_, kind, 0, &list);
    void *const block = lfm_pool_take(&mp->mp_lfm_, &list, false, &after);
    if (block != NULL) {
        lfm_mynewt_publish(mp, &list, &after);
    }
    return block;
}

LFM_ALWAYS_INLINE os_error_t lfm_mynewt_put(struct os_mempool *mp, void *block, lfm_list_kind kind)
{
    lfm_list list;
    lfm_list_result after;
    lfm_pool_list(&mp->mp_lfm_, kind, 0, &list);
    if (lfm_pool_give(&mp->mp_lfm_, &list, block, &after) != LFM_OK) {
        return OS_INVALID_PARM;
    }
    lfm_mynewt_publish(mp, &list, &after);
    return OS_OK;
}

LFM_NOINLINE void *lfm_mynewt_get_any(struct os_mempool *mp)
{
    return lfm_mynewt_get(mp, LFM_LIST_ANY);
}

LFM_NOINLINE os_error_t lfm_mynewt_put_any(struct os_mempool *mp, void *block)
{
    return lfm_mynewt_put(mp, block, LFM_LIST_ANY);
}

static inline void *lfm_mynewt_get_fast(struct os_mempool *mp)
{
    return lfm_pool_kind(&mp->mp_lfm_) == LFM_LIST_SINGLE ? lfm_mynewt_get(mp, LFM_LIST_SINGLE)
                                                          : lfm_mynewt_get_any(mp);
}

void *os_memblock_get(struct os_mempool *mp)
{
    if (mp == NULL || lfm_mynewt_count(mp) == 0) {
        return NULL;
    }
    void *block = lfm_mynewt_get_fast(mp);
    while (LFM_MYNEWT_POISONS && block != NULL && !lfm_mynewt_is_poisoned(mp, block)) {
        lfm_mynewt_damaged(mp); /* its last owner may still write to it: it is not handed out */
        block = lfm_mynewt_get_fast(mp);
    }
    return block;
}

/* Looks at what lies in and behind a block that is about to be put, and poisons it. */
static inline os_error_t lfm_mynewt_inspect(struct os_mempool *mp, void *block)
{
    LFM_ASSERT(mp != NULL && block != NULL);
    if (!lfm_mynewt_is_taken(mp, block)) {
        return OS_INVALID_PARM;
    }
    if (lfm_mynewt_guards(mp) && !lfm_mynewt_is_guarded(mp, block)) {
        lfm_mynewt_damaged(mp);
        return OS_EINVAL;
    }
    if (LFM_MYNEWT_POISONS) {
        lfm_mynewt_poison(mp, block);
    }
    return OS_OK;
}

os_error_t os_memblock_put_from_cb(struct os_mempool *mp, void *block_addr)
{
    if (mp == NULL || block_addr == NULL || lfm_mynewt_count(mp) == 0) {
        return OS_INVALID_PARM;
    }
    if (LFM_MYNEWT_POISONS || LFM_MYNEWT_GUARDS_) {
        const os_error_t status = lfm_mynewt_inspect(mp, block_addr);
        if (status != OS_OK) {
            return status;
        }
    }
    return lfm_pool_kind(&mp->mp_lfm_) == LFM_LIST_SINGLE ? lfm_mynewt_put(mp, block_addr, LFM_LIST_SINGLE)
                                                          : lfm_mynewt_put_any(mp, block_addr);
}

os_error_t os_memblock_put(struct os_mempool *mp, void *block_addr)
{
    if (mp == NULL) {
        return OS_INVALID_PARM;
    }
    if (lfm_mynewt_flags(mp) & OS_MEMPOOL_F_EXT) {
        struct os_mempool_ext *const mpe = (struct os_mempool_ext *)mp;
        if (mpe->mpe_put_cb != NULL) {
            return lfm_mynewt_is_taken(mp, block_addr) ? mpe->mpe_put_cb(mpe, block_addr, mpe->mpe_put_arg)
                                                       : OS_INVALID_PARM;
        }
    }
    return os_memblock_put_from_cb(mp, block_addr);
}

static inline const char *lfm_mynewt_name(const struct os_mempool *mp)
{
    return LFM_LOAD(NAME_LOAD, &mp->name);
}

static void lfm_mynewt_describe(const struct os_mempool *mp, struct os_mempool_info *info)
{
    const char *const name = lfm_mynewt_name(mp);
    size_t length = 0;
    LFM_ASSERT(mp != NULL && info != NULL);
    info->omi_block_size = (int)lfm_mynewt_size(mp);
    info->omi_num_blocks = (int)lfm_mynewt_count(mp);
    info->omi_num_free = LFM_LOAD(COUNT, &mp->mp_num_free);
    info->omi_min_free = LFM_LOAD(COUNT, &mp->mp_min_free);
    for (; name != NULL && name[length] != '\0' && length < OS_MEMPOOL_INFO_NAME_LEN - 1; length++) {
        info->omi_name[length] = name[length];
    }
    LFM_ASSERT(length < OS_MEMPOOL_INFO_NAME_LEN);
    info->omi_name[length] = '\0';
}

struct os_mempool *os_mempool_info_get_next(struct os_mempool *mp, struct os_mempool_info *info)
{
    uint32_t sequence = 0;
    if (mp != NULL && (sequence = LFM_LOAD(FIELD, &mp->mp_sequence_)) == 0) {
        return NULL;
    }
    struct os_mempool *const next = lfm_registry_next(&lfm_mynewt_registry, &sequence);
    LFM_ASSERT(next == NULL || lfm_sequence_is_registered(sequence));
    if (next != NULL && info != NULL) {
        lfm_mynewt_describe(next, info);
    }
    return next;
}

/* Whether two strings agree, or in their first `most` bytes if the second one is longer. */
static bool lfm_mynewt_is_named(const char *wanted, const char *name)
{
    size_t i = 0;
    LFM_ASSERT(wanted != NULL && name != NULL);
    while (wanted[i] != '\0' && wanted[i] == name[i]) {
        i++;
    }
    return wanted[i] == '\0' && (name[i] == '\0' || i == OS_MEMPOOL_INFO_NAME_LEN - 1);
}

/* One round over the entries. A walk would go on for as long as pools come. */
struct os_mempool *os_mempool_get(const char *mempool_name, struct os_mempool_info *info)
{
    struct os_mempool *found = NULL;
    uint32_t first = 0;
    for (uint32_t i = 0; mempool_name != NULL && i < LFM_MYNEWT_POOLS; i++) {
        uint32_t sequence;
        struct os_mempool *const mp = lfm_entry_pool(&lfm_mynewt_entries[i], &sequence);
        const char *const name = mp != NULL && (found == NULL || sequence < first) ? lfm_mynewt_name(mp) : NULL;
        if (name != NULL && lfm_mynewt_is_named(mempool_name, name)) {
            LFM_ASSERT(lfm_sequence_is_registered(sequence));
            found = mp;
            first = sequence;
        }
    }
    if (found != NULL && info != NULL) {
        lfm_mynewt_describe(found, info);
    }
    return found;
}

/* g_os_mempool_list: the head of a STAILQ, as <sys/queue.h> has it. Code that declares it names the type itself. */
struct lfm_mynewt_head {
    struct os_mempool *stqh_first;
    struct os_mempool **stqh_last;
};

LFM_API struct lfm_mynewt_head *lfm_mynewt_pools(void);

/* Does not write what is so already: while no pool comes or goes, all but the first call read only. */
static inline void lfm_mynewt_link(struct os_mempool **link, struct os_mempool *mp)
{
    LFM_ASSERT(link != NULL);
    if (*link != mp) {
        *link = mp;
    }
}

struct lfm_mynewt_head *lfm_mynewt_pools(void)
{
    static struct lfm_mynewt_head head;
    struct os_mempool **link = &head.stqh_first, *mp;
    uint32_t sequence = 0;
    for (uint32_t i = 0; i < LFM_MYNEWT_POOLS && (mp = lfm_registry_next(&lfm_mynewt_registry, &sequence)) != NULL;
         i++) {
        lfm_mynewt_link(link, mp);
        link = &mp->mp_list.stqe_next;
    }
    lfm_mynewt_link(link, NULL);
    if (head.stqh_last != link) {
        head.stqh_last = link;
    }
    return &head;
}
