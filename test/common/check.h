/* SPDX-License-Identifier: MIT */
/* What every test asserts with, in C and C++:
 *
 *     MUST(condition, format, ...)    what is tested: the contract of the library
 *     NEED(condition, format, ...)    what the test itself needs: memory, a process, sensible options
 *     SKIP(format, ...)               the test cannot run here
 *
 * A MUST that does not hold prints where and what, and the test has failed. How it ends depends on the runner. A suite
 * says so in its header, which defines MUST_FAILED(file, line, condition, format, ...) and includes this file:
 *
 *     unit/support.h     Criterion, or the firmware's runner: this test fails, the others go on
 *     stress/stress.h    prints the line that replays the run; exit status 1, with other threads still running
 *     faults/oracle.h    damage, which a control has to find
 *     none               exit status 1: plain programs, images for firmware
 *
 * In the explorer, scenarios call explore_fail() (explore/explore.h).
 *
 * A NEED that does not hold ends the program with exit status 99: an error of the test for Meson. So
 * no control takes it for a catch. */
#ifndef LFM_TEST_CHECK_H
#define LFM_TEST_CHECK_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef MUST_FAILED
#define MUST_FAILED(...) check_exit(1, __VA_ARGS__)
#endif

/* Costs a branch while the condition holds, so it may stand in loops of millions. */
#define MUST(condition, ...)                                             \
    do {                                                                 \
        if (!(condition)) {                                              \
            MUST_FAILED(__FILE__, __LINE__, #condition, "" __VA_ARGS__); \
        }                                                                \
    } while (0)

#define NEED(condition, ...)                                                \
    do {                                                                    \
        if (!(condition)) {                                                 \
            check_exit(99, __FILE__, __LINE__, #condition, "" __VA_ARGS__); \
        }                                                                   \
    } while (0)

#define SKIP(...)                                                  \
    do {                                                           \
        printf("skipped: ");                                       \
        printf(__VA_ARGS__);                                       \
        putchar('\n');                                             \
        exit(77); /* Meson's status for a test that was skipped */ \
    } while (0)

static inline __attribute__((noreturn, format(printf, 5, 6))) void
check_exit(int status, const char *file, int line, const char *condition, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "%s:%d: %s: %s\n", file, line, condition, text);
    exit(status);
}

#endif
