/* SPDX-License-Identifier: MIT */
/* Mynewt's memory pools and bad input: each has its status, and nothing changes. Where Mynewt's own code comes to harm,
 * the test is named after the defect. */
#include "mynewt.h"

static struct os_mempool mp;

static os_error_t init(size_t blocks, size_t size, void *buffer)
{
    return os_mempool_init(&mp, (uint16_t)blocks, (uint32_t)size, buffer, "bad");
}

static void check_refused(size_t blocks, size_t size, void *buffer, os_error_t wanted)
{
    struct os_mempool before;
    memcpy(&before, &mp, sizeof mp);
    const os_error_t status = init(blocks, size, buffer);
    MUST(status == wanted, "%zu blocks of %zu at %p: %d", blocks, size, buffer, status);
    MUST(memcmp(&before, &mp, sizeof mp) == 0, "%zu blocks of %zu: the pool changed", blocks, size);
}

Test(mynewt_bad, init)
{
    mynewt_init(&mp, 4, 16, "good");
    void *const last = (void *)(UINTPTR_MAX - 15);
    check_refused(4, 0, mynewt_buffer, OS_INVALID_PARM);
    check_refused(0, 0, NULL, OS_INVALID_PARM);
    check_refused(4, 16, NULL, OS_INVALID_PARM);
    check_refused(1, UINT32_MAX, mynewt_buffer, OS_INVALID_PARM);
    check_refused(1, UINT32_MAX / 2, mynewt_buffer, OS_INVALID_PARM);
    check_refused(1, (size_t)UINT32_MAX / 2 + 1, mynewt_buffer, OS_INVALID_PARM);
    check_refused(65535, 65536, (void *)(UINTPTR_MAX - 0xffffff), OS_INVALID_PARM);
    check_refused(2, 16, last, OS_INVALID_PARM);
    check_refused(1, UINT32_MAX, mynewt_buffer + 1, OS_INVALID_PARM);
    for (size_t off = 1; off < OS_ALIGNMENT; off++) {
        check_refused(4, 16, mynewt_buffer + off, OS_MEM_NOT_ALIGNED);
        check_refused(0, 16, mynewt_buffer + off, OS_MEM_NOT_ALIGNED);
    }
    MUST(os_mempool_init(NULL, 4, 16, mynewt_buffer, "") == OS_INVALID_PARM, "no pool");
    MUST(os_mempool_ext_init(NULL, 4, 16, mynewt_buffer, "") == OS_INVALID_PARM, "no pool");
    mynewt_check_counts(&mp, 4, 4);
}

Test(mynewt_bad, null)
{
    MUST(os_memblock_get(NULL) == NULL && os_memblock_put(NULL, &mp) == OS_INVALID_PARM &&
             os_memblock_put_from_cb(NULL, &mp) == OS_INVALID_PARM,
         "no pool");
    MUST(os_mempool_clear(NULL) == OS_INVALID_PARM && !os_mempool_is_sane(NULL) && os_memblock_from(NULL, &mp) == 0,
         "no pool");
    mynewt_init(&mp, 4, 16, "");
    MUST(os_memblock_put(&mp, NULL) == OS_INVALID_PARM && os_memblock_put_from_cb(&mp, NULL) == OS_INVALID_PARM,
         "no block");
    mynewt_check_counts(&mp, 4, 4);
}

/* A pool that nobody made, all zero. */
Test(mynewt_bad, zeroed_pool_is_empty)
{
    struct os_mempool zero;
    memset(&zero, 0, sizeof zero);
    MUST(os_memblock_get(&zero) == NULL && os_memblock_put(&zero, &mp) == OS_INVALID_PARM, "no blocks");
    MUST(os_memblock_from(&zero, &mp) == 0 && os_memblock_from(&zero, NULL) == 0, "no blocks");
}

static void check_empty(struct os_mempool *pool)
{
    MUST(os_memblock_get(pool) == NULL && os_memblock_from(pool, mynewt_buffer) == 0, "no blocks");
    MUST(os_memblock_put(pool, mynewt_buffer) == OS_INVALID_PARM && SLIST_FIRST(pool) == NULL, "no blocks");
    mynewt_check_counts(pool, 0, 0);
}

/* Upstream, clear writes through the buffer's address of a pool without blocks, which may be NULL. */
Test(mynewt_bad, defect_clear_of_a_pool_without_blocks)
{
    MUST(init(0, 16, NULL) == OS_OK, "legal");
    check_empty(&mp);
    MUST(os_mempool_clear(&mp) == OS_OK, "clear");
    check_empty(&mp);
    mynewt_init(&mp, 3, 16, "with blocks");
    MUST(os_memblock_get(&mp) != NULL, "at the same address");
    MUST(init(0, 16, mynewt_buffer) == OS_OK && os_mempool_clear(&mp) == OS_OK, "and without again");
    check_empty(&mp);
}

#if LFM_CHECKS >= 1
/* Upstream, any pointer goes into the free list. */
Test(mynewt_bad, defect_foreign_and_interior_blocks_are_accepted)
{
    mynewt_init(&mp, 4, 40, "");
    unsigned char *const block = os_memblock_get(&mp);
    const size_t end = OS_MEMPOOL_BYTES(4, 40), stride = mynewt_stride(40);
    static int elsewhere;
    MUST(os_memblock_put(&mp, &elsewhere) == OS_INVALID_PARM && os_memblock_put(&mp, &mp) == OS_INVALID_PARM,
         "foreign");
    MUST(os_memblock_put(&mp, mynewt_buffer - 1) == OS_INVALID_PARM, "a byte before");
    MUST(os_memblock_put(&mp, mynewt_buffer - stride) == OS_INVALID_PARM, "a block before");
    MUST(os_memblock_put(&mp, mynewt_buffer + end) == OS_INVALID_PARM, "right behind");
    for (size_t i = 1; i < stride; i++) {
        MUST(os_memblock_put(&mp, block + i) == OS_INVALID_PARM, "interior, byte %zu", i);
    }
    mynewt_check_counts(&mp, 3, 3);
    MUST(os_memblock_put(&mp, block) == OS_OK, "the block itself");
    mynewt_check_counts(&mp, 4, 3);
}

/* Upstream, the free list gets a loop and the block is handed out twice. */
Test(mynewt_bad, defect_double_free_is_accepted)
{
    mynewt_init(&mp, 4, 16, "");
    void *a = os_memblock_get(&mp), *b = os_memblock_get(&mp);
    MUST(os_memblock_put(&mp, a) == OS_OK && os_memblock_put(&mp, a) == OS_INVALID_PARM, "at once");
    MUST(os_memblock_put(&mp, b) == OS_OK && os_memblock_put(&mp, a) == OS_INVALID_PARM, "later");
    MUST(os_memblock_put(&mp, mynewt_block(&mp, 3)) == OS_INVALID_PARM, "never taken");
    MUST(os_memblock_put_from_cb(&mp, b) == OS_INVALID_PARM, "raw");
    mynewt_check_counts(&mp, 4, 2);
    void *blocks[4];
    for (int i = 0; i < 4; i++) {
        blocks[i] = os_memblock_get(&mp);
        for (int k = 0; k < i; k++) {
            MUST(blocks[i] != blocks[k], "twice");
        }
    }
    MUST(os_memblock_get(&mp) == NULL, "four and no more");
}

static int calls;

static os_error_t count_call(struct os_mempool_ext *ome, void *data, void *arg)
{
    (void)arg;
    calls++;
    return os_memblock_put_from_cb(&ome->mpe_mp, data);
}

Test(mynewt_bad, callback_does_not_see_bad_blocks)
{
    static struct os_mempool_ext mpe;
    MUST(os_mempool_ext_init(&mpe, 3, 16, mynewt_buffer, "") == OS_OK, "init");
    mpe.mpe_put_cb = count_call;
    unsigned char *block = os_memblock_get(&mpe.mpe_mp);
    MUST(os_memblock_put(&mpe.mpe_mp, NULL) == OS_INVALID_PARM, "none");
    MUST(os_memblock_put(&mpe.mpe_mp, &calls) == OS_INVALID_PARM, "foreign");
    MUST(os_memblock_put(&mpe.mpe_mp, block + 1) == OS_INVALID_PARM, "interior");
    MUST(os_memblock_put(&mpe.mpe_mp, block + mynewt_stride(16)) == OS_INVALID_PARM && calls == 0, "free");
    MUST(os_memblock_put(&mpe.mpe_mp, block) == OS_OK && calls == 1, "good");
    MUST(os_memblock_put(&mpe.mpe_mp, block) == OS_INVALID_PARM && calls == 1, "free again");
    mynewt_check_counts(&mpe.mpe_mp, 3, 2);
}
#endif

/* As another core leaves them, whose store of what its own call has left becomes visible late. */
Test(mynewt_bad, late_counts_are_no_damage)
{
    mynewt_init(&mp, 7, 16, "");
    void *const block = os_memblock_get(&mp);
    MUST(os_memblock_put(&mp, block) == OS_OK && os_mempool_is_sane(&mp), "sane");
    mynewt_check_counts(&mp, 7, 6);
    mp.mp_num_free = 6;
    mp.mp_min_free = 7;
    MUST(os_mempool_is_sane(&mp), "of a moment before");
    MUST(os_memblock_get(&mp) == block && os_memblock_put(&mp, block) == OS_OK, "until the next call");
    mynewt_check_counts(&mp, 7, 6);
}

/* Every word of the pool's state, damaged in turn: the check ends, and sees what matters. */
Test(mynewt_bad, is_sane_ends_whatever_it_finds)
{
    mynewt_init(&mp, 7, 16, "");
    void *a = os_memblock_get(&mp);
    MUST(os_memblock_get(&mp) != NULL && os_memblock_put(&mp, a) == OS_OK && os_mempool_is_sane(&mp), "sane");
    mp.mp_num_free = 8;
    MUST(!os_mempool_is_sane(&mp), "an impossible count");
    mp.mp_num_free = 6;
    mp.mp_min_free = 8;
    MUST(!os_mempool_is_sane(&mp), "an impossible low-water mark");
    mp.mp_min_free = 5;
    MUST(os_mempool_is_sane(&mp), "sane");
    unsigned char *links = (unsigned char *)(mp.mp_membuf_addr + mp.mp_lfm_.links);
    unsigned seen = 0;
    for (size_t i = 0; i < LFM_POOL_LINKS_BYTES(7); i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            links[i] ^= (unsigned char)(1u << bit);
            seen += !os_mempool_is_sane(&mp);
            links[i] ^= (unsigned char)(1u << bit);
        }
    }
    MUST(seen > 0 && os_mempool_is_sane(&mp), "%u damages seen", seen);
    for (unsigned bit = 0; bit < LFM_WORD_BITS; bit++) {
        mp.mp_lfm_.head ^= (lfm_word_)1 << bit;
        os_mempool_is_sane(&mp);
        mp.mp_lfm_.head ^= (lfm_word_)1 << bit;
    }
    MUST(os_mempool_is_sane(&mp), "repaired");
}
