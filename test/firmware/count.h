/* SPDX-License-Identifier: MIT */
/* Included before a source of the library (compiler option -include). Its weak compare-and-swaps count how often they
 * find another value than was loaded: that tells whether contexts met at all. What the machine's
 * compare-and-swap does by itself (an interrupt between its two halves) does not count. */
#ifndef LFM_TEST_COUNT_H
#define LFM_TEST_COUNT_H

#ifdef LFM_PORT_HEADER
#include LFM_PORT_HEADER
#endif
#include <stdatomic.h>
#include <stdbool.h>

/* One more for the running context. */
void count_retry(void);

#ifdef LFM_PORT_CAS_WEAK
#undef LFM_PORT_CAS_WEAK
#define COUNT_CAS LFM_PORT_CAS_STRONG
#elif defined(__clang__)
#define COUNT_CAS __c11_atomic_compare_exchange_weak
#else
#define COUNT_CAS(object, expected, desired, succeeded, failed) \
    __atomic_compare_exchange_n(object, expected, desired, true, succeeded, failed)
#endif

#define LFM_PORT_CAS_WEAK(object, expected, desired, succeeded, failed)                  \
    __extension__({                                                                      \
        const __typeof__(*(expected)) count_before = *(expected);                        \
        const bool count_done = COUNT_CAS(object, expected, desired, succeeded, failed); \
        if (!count_done && *(expected) != count_before) {                                \
            count_retry();                                                               \
        }                                                                                \
        count_done;                                                                      \
    })

#ifdef LFM_PORT_STORE_CONDITIONAL /* fails if another context has run */
#undef LFM_PORT_STORE_CONDITIONAL
#define LFM_PORT_STORE_CONDITIONAL(object, value, order) \
    (lfm_port_store_conditional(object, value) || (count_retry(), false))
#endif

#endif
