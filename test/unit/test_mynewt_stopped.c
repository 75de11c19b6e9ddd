/* SPDX-License-Identifier: MIT */
/* Counts of a Mynewt pool when a call is stopped just before it tells them, while the pool's tag comes round: the head
 * is what the call has left, but its count may be another. With the library's source, as in test_stopped.c. */
static void before_a_second_look(void);
#define LFM_MO_STAT_LOAD (before_a_second_look(), memory_order_acquire)
#include "../../lib/compat/mynewt.c"
#include "mynewt.h"

enum {
    SIZE = 2 * OS_ALIGNMENT
};

static struct os_mempool_ext pool;
static struct os_mempool *const mp = &pool.mpe_mp;
static size_t depth_before, depth_after;
static bool is_stopped;
static unsigned same_heads;
static void *taken[65535];
static size_t taken_count;

static void get(size_t n)
{
    for (; n > 0; n--) {
        taken[taken_count] = os_memblock_get(mp);
        MUST(taken[taken_count++] != NULL, "no block");
    }
}

static void put(size_t n)
{
    for (; n > 0; n--) {
        MUST(os_memblock_put(mp, taken[--taken_count]) == OS_OK, "no put");
    }
}

/* Others do much, ending with the same top block and with the tag come round; then the call tells what it knew. */
static void before_a_second_look(void)
{
    if (!is_stopped) {
        return;
    }
    is_stopped = false;
    lfm_list list;
    lfm_pool_list(&mp->mp_lfm_, LFM_LIST_ANY, 0, &list);
    lfm_word_ *const head = (lfm_word_ *)(void *)list.head;
    const lfm_word_ before = *head;
    const uint16_t told = mp->mp_num_free;
    const unsigned shift = lfm_tag_shift(&list.shape);
    void *const top = os_memblock_get(mp);
    get(depth_before > depth_after ? depth_before - depth_after : 0);
    put(depth_after > depth_before ? depth_after - depth_before : 0);
    MUST(os_memblock_put(mp, top) == OS_OK, "no put");
    *head = (*head & (((lfm_word_)1 << shift) - 1)) | before >> shift << shift;
    same_heads += *head == before && depth_before != depth_after;
    mp->mp_num_free = told;
}

static void stop_a_put(size_t blocks, size_t before, size_t after)
{
    mynewt_init(mp, blocks, SIZE, "stopped");
    taken_count = 0;
    get(blocks);
    put(before - 1);
    depth_before = before;
    depth_after = after;
    is_stopped = true;
    put(1);
    MUST(!is_stopped, "the put was not stopped");
    MUST(mp->mp_num_free == after && mp->mp_min_free == 0, "%zu of %zu free, told %u", after, blocks, mp->mp_num_free);
}

Test(mynewt_stopped, counts)
{
    const size_t counts[] = {13, 100, LFM_WORD_BITS == 64 && sizeof(void *) == 8 ? 65535 : 300};
    for (size_t i = 0; i < LENGTH(counts); i++) {
        for (size_t before = 1; before <= 5; before++) {
            for (size_t after = 1; after <= 5; after++) {
                if (counts[i] * SIZE <= MYNEWT_BYTES) {
                    stop_a_put(counts[i], before, after);
                }
            }
        }
    }
    MUST(LFM_WORD_BITS == 64 || same_heads > 0, "no head was the same");
}
