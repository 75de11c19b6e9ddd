/* SPDX-License-Identifier: MIT */
/* On Linux: each test in a process of its own. */
#define _POSIX_C_SOURCE 200809L
#include "runner.h"
#include <sys/wait.h>
#include <unistd.h>

void runner_run(const runner_test *test)
{
    int status = 1;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        test->body();
        exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        cr_assert_fail("%s failed", test->name);
    }
}
