/* SPDX-License-Identifier: MIT */
/* Zephyr's heaps in a program in C++: defined, used before main, waited for. */
#include "check.h"
#include <cstddef>
#include <cstring>
#include <zephyr/kernel.h>
#include <zephyr/sys/sys_heap.h>

namespace
{

K_HEAP_DEFINE(inner, 256);

void *const before_main = k_heap_alloc(&inner, 100, K_NO_WAIT);

class Arena
{
  public:
    Arena()
    {
        sys_heap_init(&heap_, memory_, sizeof memory_);
    }
    void *take(std::size_t bytes)
    {
        return sys_heap_aligned_alloc(&heap_, alignof(std::max_align_t), bytes);
    }
    void give(void *block)
    {
        sys_heap_free(&heap_, block);
    }
    bool is_whole()
    {
        sys_memory_stats stats = {};
        return sys_heap_runtime_stats_get(&heap_, &stats) == 0 && stats.allocated_bytes == 0 &&
               sys_heap_validate(&heap_);
    }

  private:
    unsigned char memory_[Z_HEAP_MIN_SIZE_FOR(500)];
    sys_heap heap_;
};

} // namespace

int main()
{
    MUST(before_main != nullptr && k_heap_alloc(&inner, 256, K_MSEC(1)) == nullptr, "a block from before main is held");
    k_heap_free(&inner, before_main);
    void *const all = k_heap_alloc(&inner, 256, K_FOREVER);
    MUST(all != nullptr, "all of the heap");
    std::memset(all, 0xEE, 256);
    k_heap_free(&inner, all);
    unsigned char *const zeros = static_cast<unsigned char *>(k_heap_calloc(&inner, 16, 16, K_NO_WAIT));
    MUST(zeros != nullptr && zeros[0] == 0 && zeros[255] == 0, "zeros");
    MUST(k_heap_realloc(&inner, zeros, 0, K_NO_WAIT) == nullptr && sys_heap_validate(&inner.heap),
         "a realloc to 0 bytes frees");
    Arena arena;
    void *const block = arena.take(500);
    MUST(block != nullptr && !arena.is_whole(), "a block is taken");
    arena.give(block);
    MUST(arena.is_whole(), "all is back");
    return 0;
}
