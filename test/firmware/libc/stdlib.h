/* SPDX-License-Identifier: MIT */
/* As much of <stdlib.h> as the tests use. Memory is handed out from the image's arena and comes back only all at once,
 * but for the piece that was taken last. */
#ifndef LFM_TEST_STDLIB_H
#define LFM_TEST_STDLIB_H

#include <stddef.h>

void *malloc(size_t bytes);
void *calloc(size_t n, size_t bytes);
void *aligned_alloc(size_t align, size_t bytes);
void free(void *piece);
void libc_free_all(void);

_Noreturn void exit(int status);
_Noreturn void abort(void);
char *getenv(const char *name); /* NULL */
unsigned long long strtoull(const char *text, char **end, int base);

#endif
