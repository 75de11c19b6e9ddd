/* SPDX-License-Identifier: MIT */
/* As much of <stdlib.h> as the tests use. Memory comes from the image's arena; of what is freed, only the piece
 * that was taken last comes back. */
#ifndef LFM_TEST_STDLIB_H
#define LFM_TEST_STDLIB_H

#include <stddef.h>

/* There is no environment, so there is nothing to convert. */
static inline char *getenv(const char *name)
{
    (void)name;
    return NULL;
}

static inline unsigned long long strtoull(const char *text, char **end, int base)
{
    (void)text, (void)end, (void)base;
    return 0;
}

void *malloc(size_t bytes);
void *calloc(size_t n, size_t bytes);
void *aligned_alloc(size_t align, size_t bytes);
void free(void *piece);

_Noreturn void exit(int status);
_Noreturn void abort(void);

#endif
