/* SPDX-License-Identifier: MIT */
/* Runs the tests of one source of test/unit, one after the other. */
#include "runner.h"

extern const runner_test __start_runner_tests[], __stop_runner_tests[];

int main(void)
{
    unsigned passed = 0;
    for (const runner_test *test = __start_runner_tests; test < __stop_runner_tests; test++) {
        printf("%s\n", test->name);
        runner_run(test);
        passed++;
    }
    printf("%u passed\n", passed);
    return passed > 0 ? 0 : 1;
}
