/* SPDX-License-Identifier: MIT */
/* A module with a pool of its own, for test_zephyr_module.c to load and to unload. */
#include <kernel.h>

K_MEM_POOL_DEFINE(module_pool, 64, 256, 2, 4);

LFM_API bool module_use(bool ends);

/* Uses the pool, and ends it. */
bool module_use(bool ends)
{
    void *const block = k_mem_pool_malloc(&module_pool, 256), *const other = k_mem_pool_malloc(&module_pool, 256);
    const bool good = block != NULL && other != NULL && k_mem_pool_malloc(&module_pool, 1) == NULL;
    k_free(block);
    k_free(other);
    if (ends) {
        lfm_zephyr_pool_fini(&module_pool);
    }
    return good;
}
