/* SPDX-License-Identifier: MIT */
/* What all unit tests share: MUST(), seeds of random tests, and a few numbers. */
#ifndef LFM_TEST_SUPPORT_H
#define LFM_TEST_SUPPORT_H

#include "rng.h"
#include <criterion/criterion.h>
#include <lfmem/lfmem.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SUPPORT_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SUPPORT_ASAN 1
#endif
#ifdef SUPPORT_ASAN
#include <sanitizer/asan_interface.h>
#endif

#if defined(SUPPORT_ASAN) || LFM_VALGRIND
#define RUNNING_UNDER_TOOL 1
#else
#define RUNNING_UNDER_TOOL 0
#endif

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* The build for slow targets asks for one of so many random calls. */
#ifndef SUPPORT_SHARE
#define SUPPORT_SHARE 1
#endif

/* Criterion's own assertions tell its parent of each one that holds, which is too slow for loops of millions. */
static inline __attribute__((noreturn, format(printf, 4, 5))) void
support_fail(const char *file, int line, const char *condition, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    cr_assert_fail("%s:%d: %s: %s", file, line, condition, text);
    abort();
}
#define MUST_FAILED(...) support_fail(__VA_ARGS__)
#include "check.h"

/* A seed that is new each time, unless LFM_SEED gives it. Prints what replays the test. */
static inline rng support_seed(const char *test)
{
    const char *given = getenv("LFM_SEED");
    rng random = {given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL)};
    printf("%s: replay with LFM_SEED=%llu\n", test, (unsigned long long)random.state);
    fflush(stdout);
    return random;
}

/* Free blocks are poisoned for AddressSanitizer; a test that reads them calls this first. */
static inline void support_show(const void *place, size_t bytes)
{
#ifdef SUPPORT_ASAN
    __asan_unpoison_memory_region(place, bytes);
#endif
    (void)place, (void)bytes;
}

/* n, or 1 where pools have no shards. */
#define SHARDS(n) (LFM_SHARDS ? (n) : 1u)

/* What fixtures put around storage, and into it at first. */
enum {
    GUARD_BYTES = 64,
    GUARD_BYTE = 0xE1,
    FILL_BYTE = 0x5C
};

static inline size_t round_up(size_t bytes, size_t align)
{
    return (bytes + align - 1) / align * align;
}

#endif
