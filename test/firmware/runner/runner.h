/* SPDX-License-Identifier: MIT */
#ifndef LFM_TEST_RUNNER_H
#define LFM_TEST_RUNNER_H

#include <criterion/criterion.h>

/* Runs a test so that none of its changes to variables are left. Returns only if it passes. */
void runner_run(const runner_test *test);

#endif
