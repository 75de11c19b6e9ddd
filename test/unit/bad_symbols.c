/* SPDX-License-Identifier: MIT */
/* What symbols.sh has to find: a call of libc, an atomic operation that is a library call, and exported names that are
 * not the library's. */
#include <stdatomic.h>
#include <stdlib.h>

typedef struct too_wide {
    char bytes[24];
} too_wide;

__attribute__((visibility("default"))) void *lfm_pool_get(size_t bytes);
__attribute__((visibility("default"))) too_wide stray_name(_Atomic(too_wide) *place);
__attribute__((visibility("default"))) int lfm__hidden(void);

void *lfm_pool_get(size_t bytes)
{
    return malloc(bytes);
}

too_wide stray_name(_Atomic(too_wide) *place)
{
    return atomic_load(place);
}

int lfm__hidden(void)
{
    return 0;
}
