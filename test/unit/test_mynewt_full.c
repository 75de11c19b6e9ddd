/* SPDX-License-Identifier: MIT */
/* A front-end with four places in the list and 256 bytes for links: what runs out is said, and what is given back can
 * be had again. */
#include "mynewt.h"

enum {
    PLACES = 4,
    BYTES = 256,
    MOST = BYTES / (LFM_CHECKS >= 2 ? 4 : 2) /* blocks that have links */
};

static struct os_mempool pools[PLACES + 2];

static os_error_t make(int i, size_t blocks)
{
    return os_mempool_init(&pools[i], (uint16_t)blocks, 8, mynewt_buffer, "full");
}

Test(mynewt_full, no_place_for_another_pool)
{
    for (int i = 0; i < PLACES; i++) {
        MUST(make(i, 1) == OS_OK, "pool %d", i);
    }
    memset(&pools[PLACES], 0x5C, sizeof pools[PLACES]);
    const struct os_mempool *const untouched = memcpy(&pools[PLACES + 1], &pools[PLACES], sizeof pools[PLACES]);
    MUST(make(PLACES, 1) == OS_ENOMEM && make(PLACES, 0) == OS_ENOMEM, "one too many");
    MUST(memcmp(&pools[PLACES], untouched, sizeof *untouched) == 0, "and it is as it was");
    MUST(os_mempool_unregister(&pools[1]) == OS_OK && make(PLACES, 1) == OS_ENOMEM, "places are not given up");
    MUST(make(1, 1) == OS_OK && make(0, 1) == OS_OK, "those that have one keep it");
    int listed = 0;
    for (struct os_mempool *mp = NULL; (mp = os_mempool_info_get_next(mp, NULL)) != NULL;) {
        listed++;
    }
    MUST(listed == PLACES, "%d pools are listed", listed);
    MUST(make(0, MOST / 2) == OS_OK, "the links of the pools that failed were given back");
}

Test(mynewt_full, no_room_for_links)
{
    MUST(make(0, MOST + 1) == OS_ENOMEM, "more than all");
    MUST(os_mempool_info_get_next(NULL, NULL) == NULL, "and not listed");
    MUST(make(0, MOST / 2) == OS_OK, "half of it");
    void *block = os_memblock_get(&pools[0]);
    MUST(make(1, MOST / 2 + 1) == OS_ENOMEM, "a block more than the other half");
    MUST(make(0, MOST + 1) == OS_ENOMEM, "more than there is");
    mynewt_check_counts(&pools[0], MOST / 2 - 1, MOST / 2 - 1); /* the old pool is as it was */
    MUST(os_memblock_put(&pools[0], block) == OS_OK, "and works");
    MUST(make(1, MOST / 2) == OS_OK, "the other half");
    MUST(make(0, 0) == OS_OK && make(2, MOST / 2) == OS_OK, "a pool without blocks has no links");
}

/* Many times what the area has, in every size and at several addresses. */
Test(mynewt_full, links_are_taken_back)
{
    for (int round = 0; round < 2000; round++) {
        const size_t blocks = (size_t)(round * 31 % (MOST / 4)) + 1;
        MUST(make(round % 3, blocks) == OS_OK, "round %d, %zu blocks", round, blocks);
        MUST(os_memblock_get(&pools[round % 3]) == mynewt_buffer, "round %d", round);
    }
    MUST(make(0, 0) == OS_OK && make(1, 0) == OS_OK && make(2, 0) == OS_OK && make(3, MOST) == OS_OK, "all of it");
}
