/* SPDX-License-Identifier: MIT */
#include "allocator.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static void *heap_alloc(allocator *a, size_t bytes)
{
    return lfm_heap_alloc(&a->heap, bytes);
}

static void *heap_calloc(allocator *a, size_t bytes)
{
    return lfm_heap_calloc(&a->heap, 1, bytes);
}

static void *heap_aligned(allocator *a, size_t align, size_t bytes)
{
    return lfm_heap_alloc_aligned(&a->heap, align, bytes);
}

static void *heap_realloc(allocator *a, void *block, size_t bytes)
{
    return lfm_heap_realloc(&a->heap, block, bytes);
}

static bool heap_free(allocator *a, void *block)
{
    return lfm_heap_free(&a->heap, block) == LFM_OK;
}

bool allocator_heap(allocator *a, const lfm_heap_config *config, size_t storage_bytes)
{
    *a = (allocator){.alloc = heap_alloc,
                     .calloc = heap_calloc,
                     .aligned = heap_aligned,
                     .realloc = heap_realloc,
                     .free = heap_free};
    a->storage_bytes = storage_bytes;
    a->storage = mmap(NULL, storage_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (a->storage == MAP_FAILED) {
        return false;
    }
    if (lfm_heap_init(&a->heap, a->storage, storage_bytes, config) != LFM_OK) {
        munmap(a->storage, storage_bytes);
        return false;
    }
    return true;
}

static void *peer_alloc(allocator *a, size_t bytes)
{
    return a->peer_malloc(bytes);
}

static void *peer_calloc(allocator *a, size_t bytes)
{
    return a->peer_calloc(1, bytes);
}

static void *peer_aligned(allocator *a, size_t align, size_t bytes)
{
    return a->peer_aligned(align, bytes);
}

static void *peer_realloc(allocator *a, void *block, size_t bytes)
{
    return a->peer_realloc(block, bytes);
}

static bool peer_free(allocator *a, void *block)
{
    a->peer_free(block);
    return true;
}

/* ISO C has no cast from an object's pointer to a function's, so the bytes are copied. */
static bool find(void *library, const char *name, void *function)
{
    void *const found = dlsym(library, name);
    memcpy(function, &found, sizeof found);
    return found != NULL;
}

const char *allocator_peer(allocator *a, const char *library)
{
    *a = (allocator){.alloc = peer_alloc,
                     .calloc = peer_calloc,
                     .aligned = peer_aligned,
                     .realloc = peer_realloc,
                     .free = peer_free};
    if (library == NULL) {
        a->peer_malloc = malloc;
        a->peer_calloc = calloc;
        a->peer_aligned = aligned_alloc;
        a->peer_realloc = realloc;
        a->peer_free = free;
        return NULL;
    }
    void *const handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        return dlerror();
    }
    if (!find(handle, "malloc", &a->peer_malloc) || !find(handle, "calloc", &a->peer_calloc) ||
        !find(handle, "aligned_alloc", &a->peer_aligned) || !find(handle, "realloc", &a->peer_realloc) ||
        !find(handle, "free", &a->peer_free)) {
        return "without malloc, calloc, aligned_alloc, realloc or free";
    }
    Dl_info info;
    if (dladdr(__extension__(void *) a->peer_malloc, &info) == 0 || strstr(info.dli_fname, library) == NULL) {
        return "without a malloc of its own"; /* what was found is the C library's */
    }
    return NULL;
}

void allocator_end(allocator *a)
{
    if (a->storage != NULL) {
        munmap(a->storage, a->storage_bytes);
    }
}
