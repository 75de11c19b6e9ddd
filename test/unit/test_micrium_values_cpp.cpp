/* SPDX-License-Identifier: MIT */
/* MEM_VAL_ macros of Micrium uC/LIB in C++. */
#include "micrium_values.h"
#include <cstdio>

int main()
{
    const int line = micrium_test_values();
    if (line != 0) {
        std::printf("micrium_values.h:%d\n", line);
    }
    return line != 0;
}
