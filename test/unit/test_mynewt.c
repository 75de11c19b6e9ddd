/* SPDX-License-Identifier: MIT */
/* Mynewt's memory pools as one thread sees them: types, macros and numbers, what each call does, and what Mynewt's own
 * tests look at. */
#include "mynewt.h"

Test(mynewt, numbers_of_the_interface)
{
    MUST(OS_OK == 0 && OS_ENOMEM == 1 && OS_EINVAL == 2 && OS_INVALID_PARM == 3 && OS_MEM_NOT_ALIGNED == 4, "status");
    MUST(OS_BAD_MUTEX == 5 && OS_TIMEOUT == 6 && OS_ERR_IN_ISR == 7 && OS_ERR_PRIV == 8 && OS_NOT_STARTED == 9 &&
             OS_ENOENT == 10 && OS_EBUSY == 11 && OS_ERROR == 12,
         "status");
    MUST(OS_MEMPOOL_F_EXT == 1 && OS_MEMPOOL_INFO_NAME_LEN == 32, "constants");
    MUST(sizeof(os_membuf_t) == OS_ALIGNMENT && _Alignof(os_membuf_t) == OS_ALIGNMENT, "element");
    MUST(OS_ALIGN(0, 4) == 0 && OS_ALIGN(1, 4) == 4 && OS_ALIGN(4, 4) == 4 && OS_ALIGN(13, 8) == 16, "OS_ALIGN");
    for (size_t n = 0; n < 40; n++) {
        for (size_t size = 1; size < 70; size++) {
            const size_t elements = (OS_MEMPOOL_BLOCK_SZ(size) + OS_ALIGNMENT - 1) / OS_ALIGNMENT;
            MUST(OS_MEMPOOL_SIZE(n, size) == n * elements, "%zu blocks of %zu", n, size);
            MUST(OS_MEMPOOL_BYTES(n, size) == n * elements * sizeof(os_membuf_t), "%zu blocks of %zu", n, size);
        }
    }
    MUST(MYNEWT_VAL(OS_MEMPOOL_POISON) == MYNEWT_VAL_OS_MEMPOOL_POISON, "build options");
    MUST(offsetof(struct os_mempool_ext, mpe_mp) == 0, "an extended pool begins with the pool");
}

/* Users read the fields as what they are upstream. */
Test(mynewt, fields_have_their_sizes)
{
    struct os_mempool mp;
    struct os_mempool_info info;
    MUST(sizeof mp.mp_block_size == 4 && sizeof mp.mp_num_blocks == 2 && sizeof mp.mp_num_free == 2 &&
             sizeof mp.mp_min_free == 2 && sizeof mp.mp_flags == 1 && sizeof mp.mp_membuf_addr == sizeof(void *),
         "pool");
    MUST(sizeof info.omi_name == 32 && sizeof(struct os_memblock) == sizeof(void *), "info and block");
}

Test(mynewt, init_fills_in_the_pool)
{
    struct os_mempool mp;
    memset(&mp, 0xA5, sizeof mp);
    mynewt_init(&mp, 10, 20, "ten");
    MUST(mp.mp_block_size == 20 && mp.mp_num_blocks == 10, "as given");
    MUST(mp.mp_membuf_addr == (uintptr_t)mynewt_buffer && strcmp(mp.name, "ten") == 0 && mp.mp_flags == 0, "as given");
    MUST(SLIST_FIRST(&mp) == (struct os_memblock *)(void *)mynewt_buffer, "first free block");
    mynewt_check_counts(&mp, 10, 10);
    mynewt_check_chain(&mp);
    mynewt_check_edges(10, 20);
}

/* Takes all of a pool, in order, then puts all back, last one first, looking at the counts after each call. */
static void drain_and_fill(struct os_mempool *mp)
{
    const unsigned n = mp->mp_num_blocks;
    void **blocks = calloc(n + 1, sizeof *blocks);
    for (unsigned i = 0; i < n; i++) {
        blocks[i] = os_memblock_get(mp);
        MUST(blocks[i] == mynewt_block(mp, i), "block %u is %p", i, blocks[i]);
        memset(blocks[i], (int)i, mp->mp_block_size);
        MUST(mp->mp_num_free == n - i - 1 && mp->mp_min_free == n - i - 1, "%u and %u free after %u gets",
             mp->mp_num_free, mp->mp_min_free, i + 1);
    }
    MUST(os_memblock_get(mp) == NULL && os_memblock_get(mp) == NULL, "one too many");
    mynewt_check_counts(mp, 0, 0);
    for (unsigned i = n; i-- > 0;) {
        MUST(*(unsigned char *)blocks[i] == (unsigned char)i, "block %u was written by another", i);
        MUST(os_memblock_put(mp, blocks[i]) == OS_OK, "block %u", i);
        MUST(mp->mp_num_free == n - i && mp->mp_min_free == 0, "%u and %u free after %u puts", mp->mp_num_free,
             mp->mp_min_free, n - i);
    }
    mynewt_check_counts(mp, n, 0);
    free(blocks);
}

/* Mynewt's main case: a pool, its chain, all blocks out and in, errors, clear, the chain again. Sizes below and above a
 * link, counts on each side of what narrow links can tell. */
Test(mynewt, upstream_main, .timeout = 60)
{
    static const struct {
        size_t blocks, size;
    } pools[] = {{1, 1},    {1, 80},    {2, 3},     {10, 8},    {10, 80},    {10, 81},   {63, 64},
                 {255, 17}, {1022, 33}, {1023, 16}, {4096, 20}, {65534, 16}, {65535, 8}, {65535, 16}};
    for (size_t i = 0; i < LENGTH(pools); i++) {
        static struct os_mempool mp;
        const size_t n = pools[i].blocks, size = pools[i].size;
        if (OS_MEMPOOL_BYTES(n, size) > MYNEWT_BYTES || n > LFM_POOL_MAX_COUNT) {
            continue;
        }
        mynewt_init(&mp, n, size, "TestMemPool");
        mynewt_check_chain(&mp);
        mynewt_check_counts(&mp, (unsigned)n, (unsigned)n);
        drain_and_fill(&mp);
        MUST(os_memblock_put(&mp, NULL) == OS_INVALID_PARM && os_memblock_put(NULL, mynewt_buffer) == OS_INVALID_PARM,
             "NULL");
        mynewt_check_counts(&mp, (unsigned)n, 0);
        MUST(os_memblock_get(&mp) != NULL, "one is out");
        MUST(os_mempool_clear(&mp) == OS_OK, "clear");
        mynewt_check_chain(&mp);
        mynewt_check_counts(&mp, (unsigned)n, (unsigned)n);
        drain_and_fill(&mp);
        mynewt_check_edges(n, size);
        MUST(os_mempool_unregister(&mp) == OS_OK && os_mempool_clear(&mp) == OS_OK, "it was listed, and stays usable");
        drain_and_fill(&mp);
    }
}

/* A clear of it would write over what lies behind its blocks, and over links of others. */
Test(mynewt, changed_fields_are_not_cleared)
{
    for (int field = 0; field < 3; field++) {
        static struct os_mempool mp, behind;
        static os_membuf_t other[OS_MEMPOOL_SIZE(2, 16)];
        mynewt_init(&mp, 4, 16, "changed");
        MUST(os_mempool_init(&behind, 2, 16, other, "behind") == OS_OK && os_memblock_get(&behind) != NULL,
             "a neighbour");
        if (field == 0) {
            mp.mp_num_blocks = 40;
        } else if (field == 1) {
            mp.mp_block_size = 16 + OS_ALIGNMENT;
        } else {
            mp.mp_membuf_addr += OS_ALIGNMENT;
        }
        MUST(os_mempool_clear(&mp) == OS_INVALID_PARM, "field %d: clear says so", field);
        MUST(mp.mp_num_blocks == 0 && os_memblock_get(&mp) == NULL, "and there are no blocks");
        mynewt_check_edges(4, 16);
        MUST(os_mempool_is_sane(&behind) && behind.mp_num_free == 1, "the neighbour is as it was");
    }
}

/* Before an init, and after one that failed. */
Test(mynewt, zeroed_pool_has_no_blocks)
{
    static struct os_mempool_ext mpe;
    static const struct os_mempool_ext zero;
    struct os_mempool *const mp = &mpe.mpe_mp;
    for (int i = 0; i < 2; i++) {
        MUST(os_memblock_get(mp) == NULL && os_memblock_from(mp, mynewt_buffer) == 0, "no block");
        MUST(os_memblock_put(mp, mynewt_buffer) == OS_INVALID_PARM &&
                 os_memblock_put_from_cb(mp, mynewt_buffer) == OS_INVALID_PARM,
             "nor one to put");
        MUST(os_mempool_is_sane(mp) && os_mempool_clear(mp) == OS_OK && os_mempool_is_sane(mp), "sane");
        MUST(os_mempool_unregister(mp) == OS_INVALID_PARM && os_mempool_info_get_next(mp, NULL) == NULL, "not listed");
        MUST(memcmp(&mpe, &zero, sizeof mpe) == 0, "as it was");
        MUST(os_mempool_init(mp, 1, 0, mynewt_buffer, "no size") == OS_INVALID_PARM, "a failing init");
    }
    mp->mp_num_blocks = 4; /* what no init leaves */
    MUST(!os_mempool_is_sane(mp) && os_mempool_clear(mp) == OS_INVALID_PARM, "clear says so");
    mynewt_check_counts(mp, 0, 0);
    MUST(os_memblock_get(mp) == NULL && mp->mp_num_blocks == 0, "and there are no blocks");
}

/* With 32-bit words, one block more than a pool can have. */
Test(mynewt, most_blocks)
{
    static struct os_mempool mp;
    const bool possible = LFM_POOL_MAX_COUNT >= UINT16_MAX;
    mynewt_init(&mp, 4, 8, "four");
    void *const block = os_memblock_get(&mp);
    const os_error_t status = os_mempool_init(&mp, UINT16_MAX, 8, mynewt_buffer, "all");
    MUST(status == (possible ? OS_OK : OS_INVALID_PARM), "65535 blocks: %d", status);
    if (possible) {
        MUST(os_mempool_unregister(&mp) == OS_OK && mp.mp_num_free == UINT16_MAX && os_memblock_get(&mp) != NULL,
             "all");
        return;
    }
    MUST(strcmp(mp.name, "four") == 0 && mp.mp_num_blocks == 4, "the old pool");
    mynewt_check_counts(&mp, 3, 3);
    MUST(os_memblock_put(&mp, block) == OS_OK && os_memblock_get(&mp) == block, "goes on as it was");
    static struct os_mempool other;
    MUST(os_mempool_init(&other, UINT16_MAX, 8, mynewt_buffer, "all") == OS_INVALID_PARM, "a new one");
    MUST(os_memblock_get(&other) == NULL && os_mempool_is_sane(&other), "is as it was: nothing");
    MUST(os_mempool_info_get_next(&mp, NULL) == NULL, "and not listed");
    MUST(os_mempool_init(&other, LFM_POOL_MAX_COUNT & UINT16_MAX, 8, mynewt_buffer, "most") == OS_OK, "one less");
    MUST(os_memblock_get(&other) != NULL && os_mempool_is_sane(&other), "works");
}

Test(mynewt, metadata_of_every_size)
{
    for (size_t n = 0; n <= UINT16_MAX; n++) {
        const size_t links = LFM_POOL_LINKS_BYTES(n), bytes = LFM_MYNEWT_METADATA_BYTES(n);
        MUST(bytes % 32 == 0 && bytes >= links && bytes - links < 32, "%zu blocks: %zu bytes", n, bytes);
    }
}

Test(mynewt, last_in_first_out_and_not_cleared)
{
    struct os_mempool mp;
    mynewt_init(&mp, 4, 32, NULL);
    unsigned char *a = os_memblock_get(&mp), *b = os_memblock_get(&mp);
    memset(a, 1, 32);
    memset(b, 2, 32);
    MUST(os_memblock_put(&mp, a) == OS_OK && os_memblock_put(&mp, b) == OS_OK, "put");
    MUST(os_memblock_get(&mp) == b && os_memblock_get(&mp) == a, "the last one first");
    MUST(LFM_POISON || LFM_VALGRIND || MYNEWT_VAL_OS_MEMPOOL_POISON || (a[31] == 1 && b[31] == 2), "as they were left");
    mynewt_check_counts(&mp, 2, 2);
}

Test(mynewt, low_water_mark)
{
    struct os_mempool mp;
    void *blocks[5];
    mynewt_init(&mp, 8, 16, "");
    for (int i = 0; i < 5; i++) {
        blocks[i] = os_memblock_get(&mp);
    }
    for (int i = 0; i < 5; i++) {
        os_memblock_put(&mp, blocks[i]);
    }
    mynewt_check_counts(&mp, 8, 3);
    blocks[0] = os_memblock_get(&mp);
    mynewt_check_counts(&mp, 7, 3);
    MUST(os_mempool_clear(&mp) == OS_OK, "clear");
    mynewt_check_counts(&mp, 8, 8);
}

Test(mynewt, memblock_from_is_about_starts)
{
    struct os_mempool mp;
    mynewt_init(&mp, 3, 20, "");
    const size_t stride = mynewt_stride(20);
    void *taken = os_memblock_get(&mp);
    MUST(os_memblock_from(&mp, taken) == 1, "a taken block");
    for (size_t i = 0; i < 3 * stride; i++) {
        MUST(os_memblock_from(&mp, mynewt_buffer + i) == (i % stride == 0), "byte %zu", i);
    }
    MUST(os_memblock_from(&mp, mynewt_buffer - stride) == 0 && os_memblock_from(&mp, mynewt_buffer + 3 * stride) == 0,
         "blocks that would lie beside the buffer");
    MUST(os_memblock_from(&mp, NULL) == 0 && os_memblock_from(NULL, taken) == 0, "NULL");
}

/* Nothing is freed but by the callback. */
static struct {
    struct os_mempool_ext *ome;
    void *data, *arg;
    int calls;
    os_error_t answer;
    bool frees;
    unsigned free_at_call;
} seen;

static os_error_t note_put(struct os_mempool_ext *ome, void *data, void *arg)
{
    seen.ome = ome;
    seen.data = data;
    seen.arg = arg;
    seen.calls++;
    seen.free_at_call = ome->mpe_mp.mp_num_free;
    return seen.frees ? os_memblock_put_from_cb(&ome->mpe_mp, data) : seen.answer;
}

/* Mynewt's second case: without a callback an extended pool is like any other; with one it hears of the block, the pool
 * and its argument before the block is free. */
Test(mynewt, upstream_ext_basic)
{
    static struct os_mempool_ext mpe;
    memset(&mpe, 0xA5, sizeof mpe);
    MUST(os_mempool_ext_init(&mpe, 10, 32, mynewt_buffer, "ext") == OS_OK, "init");
    MUST(mpe.mpe_mp.mp_flags == OS_MEMPOOL_F_EXT && mpe.mpe_put_cb == NULL && mpe.mpe_put_arg == NULL, "no callback");
    mynewt_check_chain(&mpe.mpe_mp);
    void *block = os_memblock_get(&mpe.mpe_mp);
    MUST(os_memblock_put(&mpe.mpe_mp, block) == OS_OK && seen.calls == 0, "nobody is called");
    mynewt_check_counts(&mpe.mpe_mp, 10, 9);

    mpe.mpe_put_cb = note_put;
    mpe.mpe_put_arg = &mpe;
    block = os_memblock_get(&mpe.mpe_mp);
    for (int answer = 0; answer <= 12; answer++) {
        seen.answer = (os_error_t)answer;
        MUST(os_memblock_put(&mpe.mpe_mp, block) == seen.answer, "what the callback says");
        MUST(seen.calls == answer + 1 && seen.ome == &mpe && seen.data == block && seen.arg == &mpe, "is told all");
        MUST(seen.free_at_call == 9 && mpe.mpe_mp.mp_num_free == 9, "the block is not free");
    }
    seen.frees = true;
    MUST(os_memblock_put(&mpe.mpe_mp, block) == OS_OK && seen.calls == 14, "freed by the callback");
    MUST(seen.free_at_call == 9, "before it is free");
    mynewt_check_counts(&mpe.mpe_mp, 10, 9);
    MUST(os_memblock_put_from_cb(&mpe.mpe_mp, os_memblock_get(&mpe.mpe_mp)) == OS_OK && seen.calls == 14, "raw");
    MUST(os_mempool_clear(&mpe.mpe_mp) == OS_OK && mpe.mpe_put_cb == note_put && mpe.mpe_put_arg == &mpe &&
             mpe.mpe_mp.mp_flags == OS_MEMPOOL_F_EXT,
         "clear leaves the callback");
    mynewt_check_chain(&mpe.mpe_mp);
}

/* The callback puts other blocks of the same pool, which calls it again. */
static void *nested_blocks[4];
static int nested_depth, nested_calls;

static os_error_t put_nested(struct os_mempool_ext *ome, void *data, void *arg)
{
    (void)arg;
    nested_calls++;
    if (nested_depth < 4) {
        void *const next = nested_blocks[nested_depth++];
        MUST(os_memblock_put(&ome->mpe_mp, next) == OS_OK, "depth %d", nested_depth);
    }
    void *const mine = os_memblock_get(&ome->mpe_mp);
    MUST(mine == NULL || os_memblock_put_from_cb(&ome->mpe_mp, mine) == OS_OK, "a get and a put inside");
    return os_memblock_put_from_cb(&ome->mpe_mp, data);
}

/* Mynewt's third case. */
Test(mynewt, upstream_ext_nested)
{
    static struct os_mempool_ext mpe;
    MUST(os_mempool_ext_init(&mpe, 5, 32, mynewt_buffer, "nested") == OS_OK, "init");
    mpe.mpe_put_cb = put_nested;
    void *first = os_memblock_get(&mpe.mpe_mp);
    for (int i = 0; i < 4; i++) {
        nested_blocks[i] = os_memblock_get(&mpe.mpe_mp);
    }
    mynewt_check_counts(&mpe.mpe_mp, 0, 0);
    MUST(os_memblock_put(&mpe.mpe_mp, first) == OS_OK, "put");
    MUST(nested_calls == 5, "%d calls", nested_calls);
    mynewt_check_counts(&mpe.mpe_mp, 5, 0);
    MUST(os_mempool_is_sane(&mpe.mpe_mp), "sane");
}

/* A pool of other blocks in the same memory at the same address, larger and smaller: the old links are taken back, or
 * the area of 2 MiB would not last for this. */
Test(mynewt, made_again_in_every_size)
{
    static struct os_mempool mp;
    for (size_t round = 0; round < 300; round++) {
        const size_t n = round * 7919 % 2000 + 1;
        mynewt_init(&mp, n, 24, "again");
        void *block = os_memblock_get(&mp);
        MUST(block == mynewt_buffer, "round %zu", round);
        mynewt_check_counts(&mp, (unsigned)n - 1, (unsigned)n - 1);
    }
    drain_and_fill((mynewt_init(&mp, 2000, 24, "again"), &mp));
}
