/* SPDX-License-Identifier: MIT */
/* Without an operating system: variables are saved before the first test and brought back before each other one. */
#include "runner.h"
#include <stdbool.h>
#include <string.h>

/* From the linker script: all variables. Not the stack, on which the runner's own are. */
extern unsigned char image_data[], image_bss_end[];

enum {
    MOST = 2 * 1024 * 1024
};
static unsigned char saved[MOST] __attribute__((section(".arena")));
static bool is_saved;

void runner_run(const runner_test *test)
{
    const size_t bytes = (size_t)(image_bss_end - image_data);
    if (bytes > MOST) {
        cr_assert_fail("%zu bytes of variables are too many", bytes);
    }
    if (!is_saved) {
        is_saved = true;
        memcpy(saved, image_data, bytes);
    }
    memcpy(image_data, saved, bytes);
    test->body();
}
