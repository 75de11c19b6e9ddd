/* SPDX-License-Identifier: MIT */
#include "floors.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNT 16u
#define BYTES 64u

/* Masks the interrupts of this core; returns what unmask() wants back. */
static inline uintptr_t mask(void)
{
    uintptr_t before;
#if defined(__aarch64__)
    __asm__ volatile("mrs %0, daif\n\tmsr daifset, #2" : "=r"(before) : : "memory");
#elif defined(__riscv)
    __asm__ volatile("csrrci %0, mstatus, 8" : "=r"(before) : : "memory");
    before &= 8;
#else
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(before) : : "memory");
#endif
    return before;
}

static inline void unmask(uintptr_t before)
{
#if defined(__aarch64__)
    __asm__ volatile("msr daif, %0" : : "r"(before) : "memory");
#elif defined(__riscv)
    __asm__ volatile("csrs mstatus, %0" : : "r"(before) : "memory");
#else
    __asm__ volatile("msr primask, %0" : : "r"(before) : "memory");
#endif
}

typedef union block {
    union block *next; /* while it is free */
    _Alignas(8) unsigned char bytes[BYTES];
} block;

static block list_blocks[COUNT];
static block *list_top;

void *list_get(void)
{
    const uintptr_t before = mask();
    block *const top = list_top;
    if (top != NULL) {
        list_top = top->next;
    }
    unmask(before);
    return top;
}

void list_put(void *put)
{
    block *const own = put;
    const uintptr_t before = mask();
    own->next = list_top;
    list_top = own;
    unmask(before);
}

static block checked_blocks[COUNT];
static block *checked_top;
static bool checked_free[COUNT];

void *checked_get(void)
{
    const uintptr_t before = mask();
    block *const top = checked_top;
    if (top != NULL) {
        checked_top = top->next;
        checked_free[top - checked_blocks] = false;
    }
    unmask(before);
    return top;
}

lfm_status checked_put(void *put)
{
    block *const own = put;
    const uintptr_t offset = (uintptr_t)put - (uintptr_t)checked_blocks;
    if (put == NULL) {
        return LFM_EINVAL;
    }
    if (offset >= sizeof checked_blocks) {
        return LFM_EFOREIGN;
    }
    if (offset % BYTES != 0) {
        return LFM_EINTERIOR;
    }
    lfm_status status = LFM_EDOUBLEFREE;
    const uintptr_t before = mask();
    if (!checked_free[offset / BYTES]) {
        checked_free[offset / BYTES] = true;
        own->next = checked_top;
        checked_top = own;
        status = LFM_OK;
    }
    unmask(before);
    return status;
}

/* The head is the index of the first free block in its lower half, and above it the tag. */
#if UINTPTR_MAX > UINT32_MAX
typedef uint64_t word;
typedef uint32_t half;
#else
typedef uint32_t word;
typedef uint16_t half;
#endif
#define HALF (sizeof(half) * 8)
#define NONE ((half)-1)

typedef union tagged_block {
    _Atomic(half) next; /* while it is free */
    _Alignas(8) unsigned char bytes[BYTES];
} tagged_block;

static tagged_block tagged_blocks[COUNT];
static _Atomic(word) tagged_top = NONE;

/* A core without compare-and-swap masks interrupts for it. */
static inline bool exchange(word *head, word wanted, memory_order order, memory_order fail_order)
{
#if ATOMIC_INT_LOCK_FREE == 2
    return atomic_compare_exchange_weak_explicit(&tagged_top, head, wanted, order, fail_order);
#else
    (void)order, (void)fail_order;
    volatile word *const top = (volatile word *)&tagged_top;
    const uintptr_t before = mask();
    const word seen = *top;
    if (seen == *head) {
        *top = wanted;
    }
    unmask(before);
    const bool same = seen == *head;
    *head = seen;
    return same;
#endif
}

void *tagged_get(void)
{
    /* acquire, and again when the exchange fails: the link was written before its block became the top */
    word head = atomic_load_explicit(&tagged_top, memory_order_acquire), wanted;
    do {
        if ((half)head == NONE) {
            return NULL;
        }
        /* relaxed: whoever else takes the block and writes there changes the head, and the exchange fails */
        wanted =
            ((head >> HALF) + 1) << HALF | atomic_load_explicit(&tagged_blocks[(half)head].next, memory_order_relaxed);
    } while (!exchange(&head, wanted, memory_order_acquire, memory_order_acquire));
    return &tagged_blocks[(half)head];
}

void tagged_put(void *put)
{
    tagged_block *const own = put;
    /* relaxed: of the head only its value counts */
    word head = atomic_load_explicit(&tagged_top, memory_order_relaxed), wanted;
    do {
        /* relaxed: the exchange releases it */
        atomic_store_explicit(&own->next, (half)head, memory_order_relaxed);
        wanted = head >> HALF << HALF | (half)(own - tagged_blocks);
        /* release: the link and the block's bytes */
    } while (!exchange(&head, wanted, memory_order_release, memory_order_relaxed));
}

void floors_init(void)
{
    for (unsigned i = 0; i < COUNT; i++) {
        list_put(&list_blocks[i]);
        checked_put(&checked_blocks[i]);
        tagged_put(&tagged_blocks[i]);
    }
}
