/* SPDX-License-Identifier: MIT */
/* What the harnesses for GenMC share. It gives a compare-and-swap that fails the order of success, which may be the
 * stronger one. Here a load with the order that the source asks for decides whether it fails; executions in which it
 * then fails after all say nothing new: that load could have read the same. */
#ifndef LFM_TEST_RC11_H
#define LFM_TEST_RC11_H

#include <assert.h>
#include <genmc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define RC11_CAS(object, expected, desired, succeeded, failed)                                                     \
    (__extension__({                                                                                               \
        __typeof__(*(expected)) wanted_ = *(expected);                                                             \
        *(expected) = atomic_load_explicit(object, failed);                                                        \
        const bool won = *(expected) == wanted_;                                                                   \
        if (won) {                                                                                                 \
            __VERIFIER_assume(                                                                                     \
                __c11_atomic_compare_exchange_strong(object, &wanted_, desired, succeeded, memory_order_relaxed)); \
        }                                                                                                          \
        won;                                                                                                       \
    }))
#define LFM_PORT_CAS_WEAK   RC11_CAS
#define LFM_PORT_CAS_STRONG RC11_CAS

#endif
