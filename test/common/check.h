/* SPDX-License-Identifier: MIT */
/* CHECK(condition, format, ...): ends a test program with exit status 1 and a line that says where and what. */
#ifndef LFM_TEST_CHECK_H
#define LFM_TEST_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition, ...)                                               \
    do {                                                                    \
        if (!(condition)) {                                                 \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition); \
            fprintf(stderr, __VA_ARGS__);                                   \
            fputc('\n', stderr);                                            \
            exit(1);                                                        \
        }                                                                   \
    } while (0)

/* Meson's exit status for a test that cannot run here. */
#define SKIP(...)            \
    do {                     \
        printf("skipped: "); \
        printf(__VA_ARGS__); \
        putchar('\n');       \
        exit(77);            \
    } while (0)

#endif
