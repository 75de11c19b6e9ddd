/* SPDX-License-Identifier: MIT */
/* What dropped.py has to see: 16 results that are dropped in drops(), wherever a statement can stand, and none in
 * keeps(). */
#include <lfmem/heap.h>
#include <stdatomic.h>

bool looks(int way), drops(lfm_heap *heap, _Atomic(int) *number, int n), keeps(lfm_heap *heap, _Atomic(int) *number);
extern void (*stands)(void);

bool drops(lfm_heap *heap, _Atomic(int) *number, int n)
{
    int seen = 0;
    lfm_heap_free(heap, NULL);
    if (n > 0)
        looks(1);
    else
        looks(2);
    if (looks(0)) {
        looks(3);
    }
    for (looks(4); looks(0); looks(5))
        looks(6);
    while (looks(0))
        looks(7);
    do
        looks(8);
    while (looks(0));
    switch (n) {
    case 1:
        looks(9);
        break;
    default:
        looks(10);
    }
    n > 0 ? looks(11) : looks(12);
    looks(13), (looks(14));
    atomic_compare_exchange_strong_explicit(number, &seen, n, memory_order_relaxed, memory_order_relaxed);
    return looks(0);
}

bool keeps(lfm_heap *heap, _Atomic(int) *number)
{
    (void)lfm_heap_free(heap, NULL);
    stands();
    atomic_fetch_add_explicit(number, 1, memory_order_relaxed);
    bool seen = looks(0);
    seen = looks(1) && seen;
    return seen ? looks(2) : looks(3);
}
