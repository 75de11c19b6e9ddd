/* SPDX-License-Identifier: MIT */
/* Arguments of a program, which ends with exit status 2 where they are bad. */
#ifndef LFM_EXAMPLE_ARGUMENTS_H
#define LFM_EXAMPLE_ARGUMENTS_H

#include <stdint.h>

/* The program defines these: its name, a line or more of usage, and what --help tells besides. */
extern const char program_name[], usage_text[], help_text[];

_Noreturn void usage_error(const char *problem, const char *what);

/* A decimal number of a range; else the problem is told. */
uint32_t number(const char *text, uint32_t fewest, uint32_t most, const char *problem);

/* For an option that the program does not know itself: -h, or one that getopt has complained of. */
_Noreturn void other_option(int option);

#endif
