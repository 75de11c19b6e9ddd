/* SPDX-License-Identifier: MIT */
/* A million random calls of Micrium uC/LIB's, good and bad ones, each as a model says. */
#include "micrium.h"

enum {
    CALLS = 1000000,
    POOLS = 4,
    BLOCKS_MAX = RAM / 8,
    ROUND = 3000 /* calls until all is made anew */
};

/* A pool as it should be: a stack of free blocks, in bytes from ram on, and who is taken. */
typedef struct model {
    size_t size, stride, align, maximum; /* maximum in blocks; SIZE_MAX: none */
    size_t created, in_stack, in_use;
    size_t stack[BLOCKS_MAX], taken[BLOCKS_MAX];
} model;

static MEM_SEG seg;
static MEM_DYN_POOL dyn[POOLS - 1];
static MEM_POOL fixed; /* the last one */
static model models[POOLS];
static size_t next; /* bytes from ram on */

static void add_blocks(model *m, size_t n)
{
    const size_t start = n != 0 ? round_up(next, m->align) : next;
    for (size_t i = n; i-- > 0;) {
        m->stack[m->in_stack++] = start + i * m->stride;
    }
    m->created = n;
    next = start + n * m->stride;
}

static void make_pool(size_t i, rng *random)
{
    LIB_ERR err;
    model *const m = &models[i];
    const bool hardware = i == 1;
    const size_t align = (size_t)1 << rng_below(random, 6), initial = i == POOLS - 1 ? 7 : rng_below(random, 8);
    m->size = 1 + rng_below(random, 60);
    m->align = hardware && align < 16 ? 16 : align;
    m->stride = round_up(m->size, m->align);
    m->in_stack = m->in_use = 0;
    m->maximum = i == POOLS - 1 ? 7 : rng_below(random, 2) ? SIZE_MAX : initial + 1 + rng_below(random, 30);
    add_blocks(m, initial);
    const size_t maximum = m->maximum == SIZE_MAX ? LIB_MEM_BLK_QTY_UNLIMITED : m->maximum;
    if (i == POOLS - 1) {
        Mem_PoolCreate(&fixed, ram, RAM, 7, m->size, align, NULL, &err);
    } else if (hardware) {
        Mem_DynPoolCreateHW("b", &dyn[i], &seg, m->size, align, initial, maximum, &err);
    } else {
        Mem_DynPoolCreate("a", &dyn[i], &seg, m->size, align, initial, maximum, &err);
    }
    SAYS(LIB_MEM_ERR_NONE);
}

static void start(rng *random)
{
    next = 0;
    micrium_segment_anew(&seg, RAM, 16);
    for (size_t i = 0; i < POOLS; i++) {
        make_pool(i, random);
    }
}

static void *take(size_t i, LIB_ERR *err)
{
    return i == POOLS - 1 ? Mem_PoolBlkGet(&fixed, models[i].size, err) : Mem_DynPoolBlkGet(&dyn[i], err);
}

static void give(size_t i, void *block, LIB_ERR *err)
{
    if (i == POOLS - 1) {
        Mem_PoolBlkFree(&fixed, block, err);
    } else {
        Mem_DynPoolBlkFree(&dyn[i], block, err);
    }
}

static void check_get(size_t i)
{
    LIB_ERR err;
    model *const m = &models[i];
    unsigned char *const block = take(i, &err);
    const size_t start = round_up(next, m->align);
    size_t wanted;
    if (m->in_stack > 0) {
        wanted = m->stack[--m->in_stack];
    } else if (m->created >= m->maximum) {
        SAYS(LIB_MEM_ERR_POOL_EMPTY);
        MUST(block == NULL, "an error and a block");
        return;
    } else if (start + m->stride > RAM) {
        SAYS(LIB_MEM_ERR_SEG_OVF);
        MUST(block == NULL, "an error and a block");
        return;
    } else {
        wanted = start;
        next = start + m->stride;
        m->created++;
    }
    SAYS(LIB_MEM_ERR_NONE);
    MUST(block == ram + wanted, "at %zu, not %zu", (size_t)(block - ram), wanted);
    memset(block, (int)i, m->size);
    m->taken[m->in_use++] = wanted;
}

static void check_put(size_t i, rng *random)
{
    LIB_ERR err;
    model *const m = &models[i];
    if (m->in_use > 0) {
        const size_t which = rng_below(random, (uint32_t)m->in_use), at = m->taken[which];
        give(i, ram + at, &err);
        SAYS(LIB_MEM_ERR_NONE);
        m->taken[which] = m->taken[--m->in_use];
        m->stack[m->in_stack++] = at;
    }
}

static bool is_in(const size_t *places, size_t n, size_t place)
{
    for (size_t i = 0; i < n; i++) {
        if (places[i] == place) {
            return true;
        }
    }
    return false;
}

/* A free of what may not be freed: free blocks, other pools' blocks, the middle of one, anything. */
static void check_bad_put(size_t i, rng *random)
{
    LIB_ERR err;
    const model *const m = &models[i], *const other = &models[rng_below(random, POOLS)];
    size_t place = (size_t)rng_next(random);
    switch (rng_below(random, 4)) {
    case 0:
        place = rng_below(random, RAM);
        break;
    case 1:
        place = m->in_stack > 0 ? m->stack[rng_below(random, (uint32_t)m->in_stack)] : place;
        break;
    case 2:
        place = other->in_use > 0 ? other->taken[rng_below(random, (uint32_t)other->in_use)] : place;
        break;
    default:
        place = m->in_use > 0 ? m->taken[rng_below(random, (uint32_t)m->in_use)] + 1 : place;
        break;
    }
    void *const block = (void *)((uintptr_t)ram + place);
    if (is_in(m->taken, m->in_use, place)) {
        return; /* a good one */
    }
    give(i, block, &err);
    MUST(err == (block == NULL                         ? LIB_MEM_ERR_NULL_PTR
                 : is_in(m->stack, m->in_stack, place) ? LIB_MEM_ERR_INVALID_BLK_ADDR_IN_POOL
                                                       : LIB_MEM_ERR_INVALID_BLK_ADDR),
         "pool %zu, byte %zu: %d", i, place, (int)err);
}

static void check_state(size_t i)
{
    LIB_ERR err;
    const model *const m = &models[i];
    if (i == POOLS - 1) {
        MUST(Mem_PoolBlkGetNbrAvail(&fixed, &err) == m->in_stack && lfm_pool_check(&fixed.Pool) == LFM_OK, "pool");
    } else {
        const size_t left = Mem_DynPoolBlkNbrAvailGet(&dyn[i], &err);
        MUST(left == (m->maximum == SIZE_MAX ? 0 : m->maximum - m->in_use), "pool %zu: %zu left", i, left);
        MUST(err == (m->maximum == SIZE_MAX ? LIB_MEM_ERR_POOL_UNLIMITED : LIB_MEM_ERR_NONE), "%d", (int)err);
        MUST(lfm_dynpool_check(&dyn[i].Pool) == LFM_OK, "pool %zu is damaged", i);
    }
    MUST(micrium_used(&seg) == next, "%zu bytes are used, not %zu", micrium_used(&seg), next);
}

/* A segment that may not be made: there is one. */
static void check_bad_segment(rng *random)
{
    static MEM_SEG bad;
    LIB_ERR err;
    const size_t first = rng_below(random, RAM), bytes = 1 + rng_below(random, 2 * RAM);
    Mem_SegCreate("bad", &bad, (CPU_ADDR)ram + first, bytes, 1, &err);
    MUST(err == (first == 0 && bytes == RAM ? LIB_MEM_ERR_INVALID_SEG_EXISTS : LIB_MEM_ERR_INVALID_SEG_OVERLAP), "%d",
         (int)err);
}

Test(micrium_random, a_million_calls)
{
    rng random = support_seed("micrium_random.a_million_calls");
    const uint32_t calls = LFM_VALGRIND ? CALLS / 50 : CALLS;
    for (uint32_t call = 0; call < calls; call++) {
        const size_t i = rng_below(&random, POOLS);
        if (call % ROUND == 0) {
            start(&random);
        }
        switch (rng_below(&random, 16)) {
        case 0:
            check_bad_segment(&random);
            break;
        case 1:
        case 2:
        case 3:
            if (LFM_CHECKS >= 1) {
                check_bad_put(i, &random);
            }
            break;
        case 4:
        case 5:
        case 6:
        case 7:
        case 8:
            check_put(i, &random);
            break;
        default:
            check_get(i);
            break;
        }
        if (call % 500 == 499) {
            check_state(i);
        }
    }
    for (size_t i = 0; i < POOLS; i++) {
        check_state(i);
    }
}
