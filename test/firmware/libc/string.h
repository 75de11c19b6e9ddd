/* SPDX-License-Identifier: MIT */
/* As much of <string.h> as the library and the tests use. */
#ifndef LFM_TEST_STRING_H
#define LFM_TEST_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
int strcmp(const char *a, const char *b);
size_t strlen(const char *text);

#endif
