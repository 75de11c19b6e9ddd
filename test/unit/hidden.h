/* SPDX-License-Identifier: MIT */
/* What the tool that lfmem was built for knows of a byte. */
#ifndef LFM_TEST_UNIT_HIDDEN_H
#define LFM_TEST_UNIT_HIDDEN_H

#include <lfmem/config.h>
#include <stdbool.h>
#include <stdint.h>
#if LFM_VALGRIND
#include <valgrind/memcheck.h>
#else
#include <sanitizer/asan_interface.h>
#endif

static inline bool is_hidden(const unsigned char *byte)
{
#if LFM_VALGRIND
    unsigned char bits;
    return VALGRIND_GET_VBITS(byte, &bits, 1) == 3;
#else
    return __asan_address_is_poisoned((void *)(uintptr_t)byte);
#endif
}

#endif
