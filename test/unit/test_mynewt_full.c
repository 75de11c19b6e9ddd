/* SPDX-License-Identifier: MIT */
/* A front-end with four places in the list and few bytes for links: what runs out is said, and what is given back can
 * be had again. */
#include "mynewt.h"

enum {
    ENTRIES = 4,
    BYTES = MYNEWT_FULL_BYTES,
    MOST = MYNEWT_BLOCKS_IN(BYTES), /* blocks that have links: in all bytes, and in parts of them */
    HALF = MYNEWT_BLOCKS_IN(BYTES / 2),
    QUARTER = MYNEWT_BLOCKS_IN(BYTES / 4)
};

static struct os_mempool pools[ENTRIES + 2];

static os_error_t make(int i, size_t blocks)
{
    return os_mempool_init(&pools[i], (uint16_t)blocks, 8, mynewt_buffer, "full");
}

static int listed(void)
{
    int n = 0;
    for (struct os_mempool *mp = NULL; (mp = os_mempool_info_get_next(mp, NULL)) != NULL;) {
        n++;
    }
    return n;
}

Test(mynewt_full, no_entry_for_another_pool)
{
    for (int i = 0; i < ENTRIES; i++) {
        MUST(make(i, 1) == OS_OK, "pool %d", i);
    }
    memset(&pools[ENTRIES], 0x5C, sizeof pools[ENTRIES]);
    const struct os_mempool *const untouched = memcpy(&pools[ENTRIES + 1], &pools[ENTRIES], sizeof pools[ENTRIES]);
    MUST(make(ENTRIES, 1) == OS_ENOMEM && make(ENTRIES, 0) == OS_ENOMEM, "one too many");
    MUST(memcmp(&pools[ENTRIES], untouched, sizeof *untouched) == 0, "and it is as it was");
    MUST(make(1, 1) == OS_OK && make(0, 1) == OS_OK && listed() == ENTRIES, "those that have one keep it");
    MUST(os_mempool_unregister(&pools[1]) == OS_OK && make(ENTRIES, 1) == OS_OK,
         "what one gives back, another one has");
    MUST(make(1, 1) == OS_ENOMEM && listed() == ENTRIES, "and not both");
    for (int i = 1; i < ENTRIES; i++) {
        lfm_mynewt_fini(&pools[i]);
    }
    MUST(make(0, HALF) == OS_OK && make(1, QUARTER) == OS_OK, "the links of the pools that failed were given back");
}

/* Each at an address of its own. */
Test(mynewt_full, addresses_do_not_run_out)
{
    static struct os_mempool many[40 * ENTRIES];
    for (size_t i = 0; i < LENGTH(many); i++) {
        MUST(os_mempool_init(&many[i], 0, 8, NULL, "no blocks") == OS_OK, "pool %zu", i);
        MUST(os_mempool_unregister(&many[i]) == OS_OK && listed() == 0, "pool %zu", i);
    }
    for (size_t i = 0; i < LENGTH(many); i++) {
        MUST(os_mempool_init(&many[i], MOST, 8, mynewt_buffer, "all links") == OS_OK, "pool %zu", i);
        MUST(listed() == 1 && os_memblock_get(&many[i]) == mynewt_buffer, "pool %zu", i);
        lfm_mynewt_fini(&many[i]);
        MUST(listed() == 0, "pool %zu", i);
    }
}

/* A pool that is gone without a word, with the memory of its struct, and whose entry another one has. */
Test(mynewt_full, links_are_found_whatever_the_struct_holds)
{
    for (int round = 0; round < 100; round++) {
        MUST(make(0, HALF) == OS_OK && os_mempool_unregister(&pools[0]) == OS_OK, "round %d", round);
        for (int i = 1; i <= ENTRIES; i++) {
            MUST(make(i, 0) == OS_OK, "another pool has the entry");
        }
        MUST(os_mempool_unregister(&pools[1]) == OS_OK, "or had");
        memset(&pools[0], round, sizeof pools[0]);
        MUST(make(0, HALF) == OS_OK, "round %d: its links", round);
        MUST(os_mempool_unregister(&pools[2]) == OS_OK && make(2, HALF) == OS_OK, "and only those");
        mynewt_check_counts(&pools[0], HALF, HALF);
        for (int i = 0; i <= ENTRIES; i++) {
            lfm_mynewt_fini(&pools[i]);
        }
    }
}

Test(mynewt_full, fini_gives_all_back)
{
    static const struct os_mempool zero;
    lfm_mynewt_fini(NULL);
    lfm_mynewt_fini(&pools[0]); /* all zero */
    MUST(memcmp(&pools[0], &zero, sizeof zero) == 0, "nothing is done");
    MUST(make(0, MOST) == OS_OK, "all");
    void *const block = os_memblock_get(&pools[0]);
    lfm_mynewt_fini(&pools[0]);
    memset(mynewt_buffer, 0x5C, OS_MEMPOOL_BYTES(MOST, 8)); /* also of free blocks */
    MUST(listed() == 0 && os_mempool_unregister(&pools[0]) == OS_INVALID_PARM, "off the list");
    MUST(os_memblock_get(&pools[0]) == NULL && os_memblock_put(&pools[0], block) == OS_INVALID_PARM &&
             os_memblock_from(&pools[0], block) == 0,
         "no blocks");
    mynewt_check_counts(&pools[0], 0, 0);
    MUST(os_mempool_clear(&pools[0]) == OS_OK && os_memblock_get(&pools[0]) == NULL, "nor by a clear");
    MUST(make(1, MOST) == OS_OK, "all links are another one's");
    lfm_mynewt_fini(&pools[0]);
    MUST(listed() == 1 && os_memblock_get(&pools[1]) == mynewt_buffer, "and stay so");
}

Test(mynewt_full, no_room_for_links)
{
    MUST(make(0, MOST + 1) == OS_ENOMEM, "more than all");
    MUST(os_mempool_info_get_next(NULL, NULL) == NULL, "and not listed");
    MUST(make(0, HALF) == OS_OK, "half of it");
    void *block = os_memblock_get(&pools[0]);
    MUST(make(1, HALF + 1) == OS_ENOMEM, "a block more than the other half");
    MUST(make(0, MOST + 1) == OS_ENOMEM, "more than there is");
    mynewt_check_counts(&pools[0], HALF - 1, HALF - 1); /* the old pool is as it was */
    MUST(os_memblock_put(&pools[0], block) == OS_OK, "and works");
    MUST(make(1, HALF) == OS_OK, "the other half");
    MUST(make(0, 0) == OS_OK && make(2, HALF) == OS_OK, "a pool without blocks has no links");
}

/* Room for new links is there only if the old ones are given back first; what fails leaves the pool as it is. */
Test(mynewt_full, old_links_make_room)
{
    for (int round = 0; round < 4; round++) {
        MUST(make(0, QUARTER) == OS_OK && make(1, QUARTER) == OS_OK && make(2, QUARTER) == OS_OK, "three quarters");
        const int larger = round % 3, gone = (round + 1) % 3, stays = (round + 2) % 3;
        void *const block = os_memblock_get(&pools[larger]);
        MUST(make(larger, HALF + 1) == OS_ENOMEM, "more than is left with its own");
        MUST(os_memblock_put(&pools[larger], block) == OS_OK && os_memblock_get(&pools[larger]) == block, "goes on");
        mynewt_check_counts(&pools[larger], QUARTER - 1, QUARTER - 1);
        lfm_mynewt_fini(&pools[gone]);
        lfm_mynewt_fini(&pools[stays]);
        MUST(make(larger, MOST) == OS_OK, "all of it");
        mynewt_check_counts(&pools[larger], MOST, MOST);
        lfm_mynewt_fini(&pools[larger]);
    }
}

/* From every number of blocks to every other one, each in turn, where there is no room for both. */
Test(mynewt_full, every_change_of_size)
{
    for (size_t from = 1; from <= MOST; from++) {
        for (size_t to = 1; to <= MOST; to++) {
            MUST(make(0, from) == OS_OK && make(0, to) == OS_OK, "from %zu to %zu blocks", from, to);
            MUST(pools[0].mp_num_free == to && os_memblock_get(&pools[0]) == mynewt_buffer, "of %zu blocks", to);
        }
    }
}

/* The area is what LFM_MYNEWT_METADATA_BYTES tells of these numbers. */
Test(mynewt_full, every_size_in_what_it_is_said_to_take)
{
    size_t n = 1;
    for (; LFM_MYNEWT_METADATA_BYTES(n) <= BYTES; n++) {
        MUST(make(0, n) == OS_OK && make(1, n) == (2 * LFM_MYNEWT_METADATA_BYTES(n) <= BYTES ? OS_OK : OS_ENOMEM),
             "%zu blocks", n);
        lfm_mynewt_fini(&pools[0]);
        lfm_mynewt_fini(&pools[1]);
    }
    MUST(n == MOST + 1 && make(0, n) == OS_ENOMEM, "%zu blocks", n);
}

/* Many times what the area has, in every size and at several addresses. */
Test(mynewt_full, links_are_taken_back)
{
    for (int round = 0; round < 2000; round++) {
        const size_t blocks = (size_t)(round * 31 % QUARTER) + 1;
        MUST(make(round % 3, blocks) == OS_OK, "round %d, %zu blocks", round, blocks);
        MUST(os_memblock_get(&pools[round % 3]) == mynewt_buffer, "round %d", round);
    }
    MUST(make(0, 0) == OS_OK && make(1, 0) == OS_OK && make(2, 0) == OS_OK && make(3, MOST) == OS_OK, "all of it");
}

/* Pools of any sizes come, change and go; whatever fails changes nothing. */
Test(mynewt_full, failing_init_changes_nothing)
{
    rng random = support_seed("mynewt_full");
    size_t blocks[ENTRIES] = {0}, taken[ENTRIES] = {0}, failed = 0, done = 0;
    for (int round = 0; round < 20000; round++) {
        const int i = (int)rng_below(&random, ENTRIES);
        const size_t wanted = rng_below(&random, MOST) >> rng_below(&random, 4);
        const os_error_t status = make(i, wanted);
        if (status == OS_OK) {
            blocks[i] = wanted;
            taken[i] = 0;
            done++;
        } else {
            MUST(status == OS_ENOMEM, "round %d: %d", round, status);
            failed++;
        }
        if (pools[i].mp_num_free > 0) {
            MUST(os_memblock_get(&pools[i]) == mynewt_buffer + taken[i]++ * mynewt_stride(8), "round %d", round);
        }
        MUST(pools[i].mp_num_blocks == blocks[i], "round %d: %u blocks", round, pools[i].mp_num_blocks);
        mynewt_check_counts(&pools[i], (unsigned)(blocks[i] - taken[i]), (unsigned)(blocks[i] - taken[i]));
        if (rng_below(&random, 8) == 0) {
            lfm_mynewt_fini(&pools[i]);
            blocks[i] = taken[i] = 0;
        }
    }
    MUST(failed > 1000 && done > 1000, "%zu of each kind, and %zu", failed, done);
}
