/* SPDX-License-Identifier: MIT */
/* The front-end from C++, where atomic fields are plain ones of the same size and place. */
#include <cstddef>
#include <cstdio>
#include <os/mynewt.h>

static os_membuf_t memory[OS_MEMPOOL_SIZE(4, 16)];
static os_mempool_ext pool;
static int calls;

static os_error_t on_put(os_mempool_ext *ome, void *data, void *arg)
{
    ++*static_cast<int *>(arg);
    return os_memblock_put_from_cb(&ome->mpe_mp, data);
}

int main()
{
    if (os_mempool_ext_init(&pool, 4, 16, memory, "c++") != OS_OK || pool.mpe_mp.mp_num_free != 4) {
        return 1;
    }
    pool.mpe_put_cb = on_put;
    pool.mpe_put_arg = &calls;
    void *block = os_memblock_get(&pool.mpe_mp);
    os_mempool_info info;
    const bool good = block == memory && pool.mpe_mp.mp_num_free == 3 && pool.mpe_mp.mp_block_size == 16 &&
                      os_memblock_put(&pool.mpe_mp, block) == OS_OK && calls == 1 && pool.mpe_mp.mp_min_free == 3 &&
                      os_mempool_get("c++", &info) == &pool.mpe_mp && SLIST_FIRST(&pool.mpe_mp) != nullptr;
    std::puts(good ? "good" : "bad");
    return !good;
}
