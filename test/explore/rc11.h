/* SPDX-License-Identifier: MIT */
/* What the harnesses for GenMC share. It gives a failed compare-and-swap the order of success; FAILED() gives it the
 * order that the source asks for. */
#ifndef LFM_TEST_RC11_H
#define LFM_TEST_RC11_H

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FAILED(object, expected, failed) (*(expected) = atomic_load_explicit(object, failed), false)
#define RC11_CAS(object, expected, desired, succeeded, failed)                                                   \
    (__extension__({                                                                                             \
        const bool won =                                                                                         \
            atomic_compare_exchange_strong_explicit(object, expected, desired, succeeded, memory_order_relaxed); \
        won || FAILED(object, expected, failed);                                                                 \
    }))
#undef atomic_compare_exchange_weak_explicit
#define atomic_compare_exchange_weak_explicit RC11_CAS

#endif
