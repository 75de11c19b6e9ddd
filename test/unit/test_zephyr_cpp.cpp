/* SPDX-License-Identifier: MIT */
/* Zephyr's memory pools from C++17: definers with and without a qualifier, in and out of namespaces, and old names. */
#include "check.h"
#include <cstdint>
#include <sys/mempool.h>
#include <zephyr/kernel.h>

#define UNCACHED __attribute__((section("zephyr_nocache")))

K_MEM_POOL_DEFINE(plain, 8, 128, 2, 8);
static K_MEM_POOL_DEFINE(quiet, 4, 64, 4, 4);
UNCACHED K_MEM_POOL_DEFINE(uncached, sizeof(std::uint32_t), 1024, 2u, alignof(double));
UNCACHED static K_MEM_POOL_DEFINE(quiet_uncached, 16, 1024, 2, 128);
__attribute__((aligned(512))) Z_MEM_POOL_DEFINE(aligned, 16, 512, 3, 4);
SYS_MEM_POOL_DEFINE(texts, nullptr, 16, 1024, 2, 4, .data);

namespace inner
{
constexpr auto least = _MPOOL_MINBLK, most = least * 16;
constexpr int count = 3;
K_MEM_POOL_DEFINE(pool, least, most, count, alignof(long));
} // namespace inner

namespace
{
/* Takes all of a pool in blocks of one size. */
void use(k_mem_pool &pool, const unsigned char *buffer, std::size_t bytes, std::size_t n, std::size_t align)
{
    k_mem_block blocks[64], more;
    MUST(reinterpret_cast<std::uintptr_t>(buffer) % align == 0, "%zu", align);
    for (std::size_t i = 0; i < n; i++) {
        MUST(k_mem_pool_alloc(&pool, &blocks[i], bytes, K_NO_WAIT) == 0, "block %zu", i);
        MUST(blocks[i].data == buffer + i * bytes, "block %zu", i);
    }
    MUST(k_mem_pool_alloc(&pool, &more, 0, K_NO_WAIT) == -ENOMEM, "one more");
    for (std::size_t i = 0; i < n; i++) {
        k_mem_pool_free(&blocks[i]);
    }
    k_mem_pool_defrag(&pool);
}
} // namespace

int main()
{
    use(plain, plain_lfm_buffer, 8, 32, 16);
    use(quiet, quiet_lfm_buffer, 16, 16, 16);
    use(uncached, uncached_lfm_buffer, 64, 32, 16);
    use(quiet_uncached, quiet_uncached_lfm_buffer, 64, 32, 128);
    use(aligned, aligned_lfm_buffer, 512, 3, 512);
    use(inner::pool, inner::pool_lfm_buffer, 32, 12, 16);

    sys_mem_pool_init(&texts);
    void *const text = sys_mem_pool_alloc(&texts, 1024);
    MUST(text == texts_lfm_buffer && sys_mem_pool_try_expand_inplace(text, 1025) == 1024, "a text");
    sys_mem_pool_free(text);

    const k_tid_t self = k_current_get();
    k_thread_resource_pool_assign(self, &plain);
    void *const block = z_thread_malloc(8);
    MUST(lfm_heap_owns(plain.heap, block) && z_thread_aligned_alloc(3, 8) == nullptr, "of this thread");
    k_free(block);
    k_thread_resource_pool_assign(self, nullptr);
    MUST(z_thread_malloc(8) == nullptr, "no pool");
    return 0;
}
