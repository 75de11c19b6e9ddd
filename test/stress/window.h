/* SPDX-License-Identifier: MIT */
/* For a library that is broken on purpose. A context that has just seen something waits until others have made it
 * untrue. So the fault shows in one run, on any machine, and not by chance.
 *
 * One thread waits at a time, and only for a while: the others may have nothing more to do. */
#ifndef LFM_TEST_STRESS_WINDOW_H
#define LFM_TEST_STRESS_WINDOW_H

#include <sched.h>
#include <stdatomic.h>

static atomic_flag window_taken = ATOMIC_FLAG_INIT;

/* Turns that are left to wait: at the end of a run no thread may be left to make the condition true. */
static atomic_int window_turns = 20000;

/* Waits for a condition, for a while. */
#define AWAIT(condition)                                                                      \
    __extension__({                                                                           \
        if (!atomic_flag_test_and_set(&window_taken)) {                                       \
            for (int turn_ = 0; turn_ < 200 && !(condition); turn_++) {                       \
                if (atomic_fetch_sub_explicit(&window_turns, 1, memory_order_relaxed) <= 0) { \
                    break;                                                                    \
                }                                                                             \
                sched_yield();                                                                \
            }                                                                                 \
            atomic_flag_clear(&window_taken);                                                 \
        }                                                                                     \
    })

#endif
