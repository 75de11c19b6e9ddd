/* SPDX-License-Identifier: MIT */
/* The C library's malloc, and others that dlopen() loads beside it with RTLD_LOCAL. So nothing but their adapter calls
 * them. A function counts as a library's own only if it lies in that library's file. */
#include "../loops.h"
#include "adapter.h"
#include <dlfcn.h>

typedef void *malloc_function(size_t bytes);
typedef void free_function(void *block);

static int by_address(const void *a, const void *b)
{
    const uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
    return (x > y) - (x < y);
}

/* What a block costs beside its bytes, by the most frequent distance of neighbours. */
static double neighbours(malloc_function *get, free_function *put)
{
    enum {
        COUNT = 10000
    };
    static uintptr_t at[COUNT];
    for (int i = 0; i < COUNT; i++) {
        at[i] = (uintptr_t)get(BLOCK_BYTES);
    }
    qsort(at, COUNT, sizeof *at, by_address);
    size_t apart[1024] = {0}, frequent = 0;
    for (int i = 1; i < COUNT; i++) {
        const size_t distance = at[i] - at[i - 1];
        if (distance < 1024 && ++apart[distance] > apart[frequent]) {
            frequent = distance;
        }
    }
    for (int i = 0; i < COUNT; i++) {
        put((void *)at[i]);
    }
    return (double)frequent - BLOCK_BYTES;
}

/* Finds the two functions in a library. Returns NULL, or why not: they must lie in the library's own file. */
static const char *find(void *library, const char *file, const char *const names[2], void *found[2])
{
    for (int i = 0; i < 2; i++) {
        Dl_info info;
        found[i] = dlsym(library, names[i]);
        if (found[i] == NULL || dladdr(found[i], &info) == 0 || strstr(info.dli_fname, file) == NULL) {
            return "its functions are not in the library's file";
        }
    }
    return NULL;
}

static const char *load(const char *file, const char *const names[2], malloc_function **get, free_function **put)
{
    void *found[2];
    void *const library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    const char *const why = library == NULL ? dlerror() : find(library, file, names, found);
    if (why == NULL) {
        memcpy(get, &found[0], sizeof *get); /* ISO C has no cast from an object's pointer to a function's */
        memcpy(put, &found[1], sizeof *put);
    }
    return why;
}

/* No other library may have replaced the C library's own. */
static const char *glibc_open(void)
{
    void *found[2];
    const char *const names[] = {"malloc", "free"};
    return find(RTLD_DEFAULT, "libc.so", names, found) == NULL ? NULL : "malloc is not the C library's";
}

#define MALLOC_CONTESTANT(id, shown, opener, get_call, put_call)                                             \
    static inline void *id##_alloc(worker *w, size_t bytes)                                                  \
    {                                                                                                        \
        (void)w;                                                                                             \
        return get_call(bytes);                                                                              \
    }                                                                                                        \
    static inline void id##_put(worker *w, void *block)                                                      \
    {                                                                                                        \
        (void)w;                                                                                             \
        put_call(block);                                                                                     \
    }                                                                                                        \
    static double id##_metadata(void)                                                                        \
    {                                                                                                        \
        return neighbours(get_call, put_call);                                                               \
    }                                                                                                        \
    HEAP_LOOPS(id)                                                                                           \
    LOOP(id, grow, id##_get, id##_put)                                                                       \
    const contestant contestant_##id = {.name = (shown),                                                     \
                                        .kind = CACHING,                                                     \
                                        .open = (opener),                                                    \
                                        .loops = {POOL_LOOPS_OF(id), HEAP_LOOPS_OF(id), [GROW] = id##_grow}, \
                                        .alloc = id##_alloc,                                                 \
                                        .put = id##_put,                                                     \
                                        .metadata = id##_metadata}

#define LOADED_CONTESTANT(id, shown, file, get_name, put_name) \
    static malloc_function *id##_malloc;                       \
    static free_function *id##_free;                           \
    static const char *id##_open(void)                         \
    {                                                          \
        const char *const names[] = {get_name, put_name};      \
        return load(file, names, &id##_malloc, &id##_free);    \
    }                                                          \
    MALLOC_CONTESTANT(id, shown, id##_open, id##_malloc, id##_free)

MALLOC_CONTESTANT(glibc, "glibc malloc", glibc_open, malloc, free);
LOADED_CONTESTANT(mimalloc, "mimalloc", "libmimalloc.so.2", "mi_malloc", "mi_free");
LOADED_CONTESTANT(jemalloc, "jemalloc", "libjemalloc.so.2", "malloc", "free");
LOADED_CONTESTANT(tcmalloc, "tcmalloc", "libtcmalloc_minimal.so.4", "tc_malloc", "tc_free");
LOADED_CONTESTANT(tbb, "TBB scalable", "libtbbmalloc.so.2", "scalable_malloc", "scalable_free");
