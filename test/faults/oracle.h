/* SPDX-License-Identifier: MIT */
/* The oracle of a fault test: it says whether the test passes. A control is a test of something that is broken on
 * purpose, which has to be caught.
 *
 *     --lock             a spin lock around every call of the allocator
 *     --control stuck    pass iff a context is found waiting for another one, which stands still
 *     --control damage   pass iff a block is found lost or handed out twice, or the structure broken
 *     --variant NAME     only this one of the fixture's pools or heaps
 *
 * Without --control any fault is a failure. The first fault ends the program. */
#ifndef LFM_TEST_FAULTS_ORACLE_H
#define LFM_TEST_FAULTS_ORACLE_H

#include <stdbool.h>

typedef enum fault_kind {
    FAULT_NONE,
    FAULT_STUCK,
    FAULT_DAMAGE,
} fault_kind;

/* Constant after oracle_begin(). */
typedef struct oracle_options {
    bool lock;
    fault_kind control;
    const char *variant; /* NULL: all */
} oracle_options;

const oracle_options *oracle_begin(int argc, char **argv);

/* Reports a fault and ends the program. */
_Noreturn void oracle_fault(fault_kind kind, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A MUST that does not hold is damage. */
_Noreturn void oracle_damage(const char *file, int line, const char *condition, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#define MUST_FAILED(...) oracle_damage(__VA_ARGS__)
#include "check.h"

/* No fault was found: prints the last line, and returns the exit status for main(). */
int oracle_end(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* How long a context may be without progress, in milliseconds: far longer than any scheduler takes, unless a control is
 * to be stuck. */
unsigned oracle_patience_ms(void);

/* A caller that takes longer between the two is stuck. It may not use stdio there: a signal handler reports the fault.
 */
void guard_begin(void);
void guard_end(void);

#endif
