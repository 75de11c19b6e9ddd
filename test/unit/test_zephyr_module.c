/* SPDX-License-Identifier: MIT */
/* Pools of Zephyr's front-end that end: those of modules that are unloaded. */
#include "support.h"
#include <dlfcn.h>
#include <kernel.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

K_MEM_POOL_DEFINE(first, 64, 256, 1, 4);
K_MEM_POOL_DEFINE(second, 64, 256, 1, 4);
K_MEM_POOL_DEFINE(third, 64, 256, 1, 4);

/* Loads the module, uses its pool, unloads it. */
static void load_and_unload(bool ends)
{
    void *const module = dlopen(MODULE, RTLD_NOW | RTLD_LOCAL);
    MUST(module != NULL, "%s", dlerror());
    bool (*use)(bool);
    *(void **)&use = dlsym(module, "module_use");
    MUST(use != NULL && use(ends), "the module's pool");
    MUST(dlclose(module) == 0 && dlopen(MODULE, RTLD_NOW | RTLD_NOLOAD) == NULL, "the module stays");
}

/* Every walk over the list of pools, by its front and beyond its end. */
static void walk_all(struct k_mem_pool *pool)
{
    char foreign[64];
    void *const block = k_mem_pool_malloc(pool, 256);
    MUST(block != NULL && k_mem_pool_malloc(pool, 1) == NULL, "a block of all");
    MUST(lfm_zephyr_free(foreign) == LFM_EFOREIGN && k_realloc(foreign, 1) == NULL, "a foreign pointer");
    k_free(foreign);
    MUST(k_realloc(block, 64) == block && lfm_zephyr_free(block) == LFM_OK, "its block");
    MUST(lfm_zephyr_free(block) == LFM_EDOUBLEFREE, "again");
}

Test(zephyr_module, unloaded)
{
    for (int i = 0; i < 3; i++) { /* at the front, then behind one, then between two */
        load_and_unload(true);
        walk_all(i == 0 ? &first : &second);
        walk_all(&first);
    }
    walk_all(&third);
}

/* A child ends as it must if the module does not end its pool, or this proves nothing. */
Test(zephyr_module, control)
{
    const pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        load_and_unload(false);
        walk_all(&first);
        _exit(0);
    }
    int status;
    MUST(child > 0 && waitpid(child, &status, 0) == child, "no child");
    MUST(!WIFEXITED(status) || WEXITSTATUS(status) != 0, "the walk has not met the module's pool");
    MUST(WIFSIGNALED(status) || RUNNING_UNDER_TOOL, "it ends with %#x", (unsigned)status);
}

/* Any place in the list, with none before it or none behind it, and what is on no list. */
Test(zephyr_module, order)
{
    struct k_mem_pool *const pools[] = {&first, &second, &third};
    for (int order = 0; order < 27; order++) {
        const int at[] = {order % 3, order / 3 % 3, order / 9};
        for (int i = 0; i < 3; i++) {
            walk_all(pools[i]);
        }
        void *blocks[3] = {NULL};
        for (int i = 0; i < 3; i++) { /* some are off already, or come back while others are off */
            lfm_zephyr_pool_fini(pools[at[i]]);
            lfm_zephyr_pool_fini(NULL);
            blocks[i] = k_mem_pool_malloc(pools[(at[i] + 1) % 3], 64);
            MUST(blocks[i] != NULL && lfm_zephyr_free(blocks[i]) == LFM_OK, "order %d", order);
        }
        for (int i = 0; i < 3; i++) {
            lfm_zephyr_pool_fini(pools[i]);
        }
    }
    void *const block = k_mem_pool_malloc(&second, 256);
    lfm_zephyr_pool_fini(&second);
    MUST(lfm_zephyr_free(block) == LFM_EFOREIGN, "nobody knows it any more");
    MUST(k_mem_pool_malloc(&second, 1) == NULL && lfm_zephyr_free(block) == LFM_OK, "until the pool is used again");
}

/* No tool hides memory that serves another purpose; and if it does not, all is as it was. */
Test(zephyr_module, other_purpose)
{
    struct k_mem_pool *const pools[] = {&first, &second};
    for (size_t i = 0; i < LENGTH(pools); i++) { /* second: not on the list */
        struct k_mem_block block;
        if (i == 0) {
            k_free(k_mem_pool_malloc(pools[i], 256));
        }
        MUST(k_mem_pool_alloc(pools[i], &block, 256, K_NO_WAIT) == 0, "a block");
        k_mem_pool_free(&block);
        lfm_zephyr_pool_fini(pools[i]);
        for (size_t byte = 0; byte < 256; byte++) {
            ((volatile unsigned char *)block.data)[byte] = 7;
        }
        walk_all(pools[i]);
    }
}
