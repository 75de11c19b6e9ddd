/* SPDX-License-Identifier: MIT */
/* As much of Criterion as test/unit/support.h uses, for targets that it is not there for: found instead of it, so that
 * the same sources are tested. Each test begins as if it were the first; one that fails ends the program. */
#ifndef LFM_TEST_CRITERION_H
#define LFM_TEST_CRITERION_H

#include <stdio.h>
#include <stdlib.h>

typedef struct runner_test {
    const char *name;
    void (*body)(void);
} runner_test;

/* A place in a section of which the linker knows where it begins and ends. */
#define Test(suite, test)                                                                    \
    static void suite##_##test(void);                                                        \
    static const runner_test suite##_##test##_entry                                          \
        __attribute__((section("runner_tests"), used)) = {#suite " " #test, suite##_##test}; \
    static void suite##_##test(void)

#define cr_assert_fail(...)           \
    do {                              \
        fprintf(stderr, __VA_ARGS__); \
        fputc('\n', stderr);          \
        exit(1);                      \
    } while (0)

#endif
