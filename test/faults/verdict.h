/* SPDX-License-Identifier: MIT */
/* How a fault test ends, and how it is told to test something that is broken on purpose.
 *
 *     --lock             a spin lock around every call of the allocator
 *     --control stuck    pass iff somebody is found waiting for a context that stands still
 *     --control damage   pass iff a block is found lost, handed out twice, or the structure broken
 *     --shape NAME       only this one of the pools or heaps that the test knows
 *
 * Without --control any fault is a failure. The first fault ends the program. */
#ifndef LFM_TEST_FAULTS_VERDICT_H
#define LFM_TEST_FAULTS_VERDICT_H

#include <stdbool.h>

typedef enum fault_kind {
    FAULT_NONE,
    FAULT_STUCK,
    FAULT_DAMAGE,
} fault_kind;

/* Constant after verdict_begin(). */
typedef struct verdict_options {
    bool lock;
    fault_kind control;
    const char *shape; /* NULL: all */
} verdict_options;

const verdict_options *verdict_begin(int argc, char **argv);

/* Reports a fault and ends the program. */
_Noreturn void verdict_fault(fault_kind kind, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* No fault was found: the line that main() ends with, and its exit status. */
int verdict_end(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Faults as assertions. */
#define EXPECT(kind, condition, ...)          \
    do {                                      \
        if (!(condition)) {                   \
            verdict_fault(kind, __VA_ARGS__); \
        }                                     \
    } while (0)

/* How long somebody may be without progress, in milliseconds: far longer than any scheduler takes, save where being
 * stuck is what is expected. */
unsigned verdict_patience_ms(void);

/* Between the two, the caller has that long before it counts as stuck. What it does in between is no stdio: the report
 * comes out of a signal handler. */
void guard_begin(void);
void guard_end(void);

#endif
