/* SPDX-License-Identifier: MIT */
/* What another context does between an init's giving its old links back and taking new ones: the front-end's source,
 * with a call of the test's own behind each time that links are given back. */
#include "../../lib/compat/mynewt_links.h"

static void raced_give(lfm_area *area, uint32_t first, uint32_t n);
#define lfm_area_give raced_give
#include "../../lib/compat/mynewt.c"
#undef lfm_area_give
#include "mynewt.h"

enum {
    MOST = MYNEWT_BLOCKS_IN(LFM_MYNEWT_METADATA), /* blocks that have links: in all bytes, and in parts of them */
    HALF = MYNEWT_BLOCKS_IN(LFM_MYNEWT_METADATA / 2)
};

static struct os_mempool pools[3];
static void (*meanwhile)(void);

static void raced_give(lfm_area *area, uint32_t first, uint32_t n)
{
    lfm_area_give(area, first, n);
    void (*const other)(void) = meanwhile;
    meanwhile = NULL;
    if (other != NULL) {
        other();
    }
}

static os_error_t make(int i, size_t blocks)
{
    return os_mempool_init(&pools[i], (uint16_t)blocks, 8, mynewt_buffer, "raced");
}

static void take_some(void)
{
    MUST(make(1, 1) == OS_OK, "there is room at this moment");
}

static void take_some_and_give_it_back(void)
{
    take_some();
    lfm_mynewt_fini(&pools[1]);
}

Test(mynewt_raced, room_is_taken_by_another_init)
{
    MUST(make(0, HALF) == OS_OK, "half of it");
    void *const block = os_memblock_get(&pools[0]);
    meanwhile = take_some;
    MUST(make(0, MOST) == OS_ENOMEM && meanwhile == NULL, "it was there, and is gone");
    MUST(pools[0].mp_num_blocks == 0 && os_memblock_get(&pools[0]) == NULL, "the earlier pool has no blocks");
    MUST(os_memblock_put(&pools[0], block) == OS_INVALID_PARM, "takes none");
    mynewt_check_counts(&pools[0], 0, 0);
    MUST(os_mempool_info_get_next(NULL, NULL) == &pools[0], "and is in the list");
    mynewt_check_counts(&pools[1], 1, 1);
    MUST(os_memblock_get(&pools[1]) == mynewt_buffer && os_memblock_get(&pools[1]) == NULL,
         "the other one has its own");
    MUST(make(0, HALF) == OS_OK && os_memblock_get(&pools[0]) == mynewt_buffer, "half is there again");
}

Test(mynewt_raced, room_is_taken_and_given_back)
{
    MUST(make(0, HALF) == OS_OK, "half of it");
    meanwhile = take_some_and_give_it_back;
    MUST(make(0, MOST) == OS_OK && meanwhile == NULL, "all of it");
    mynewt_check_counts(&pools[0], MOST, MOST);
}

Test(mynewt_raced, what_fails_for_certain_gives_nothing_back)
{
    MUST(make(0, HALF) == OS_OK && make(2, 1) == OS_OK, "half of it, and a bit");
    void *const block = os_memblock_get(&pools[0]);
    meanwhile = take_some;
    MUST(make(0, MOST) == OS_ENOMEM && meanwhile == take_some, "none was given back");
    mynewt_check_counts(&pools[0], HALF - 1, HALF - 1);
    MUST(os_memblock_put(&pools[0], block) == OS_OK, "goes on");
}
