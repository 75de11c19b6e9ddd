/* SPDX-License-Identifier: MIT */
/* MEM_VAL_ macros of Micrium uC/LIB in C. */
#include "micrium_values.h"
#include "support.h"

Test(micrium_values, all)
{
    const int line = micrium_test_values();
    MUST(line == 0, "micrium_values.h:%d", line);
}
