/* SPDX-License-Identifier: MIT */
#include "arguments.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void try_help(void)
{
    fprintf(stderr, "%sTry '%s --help'.\n", usage_text, program_name);
    exit(2);
}

_Noreturn void usage_error(const char *problem, const char *what)
{
    fprintf(stderr, "%s: %s%s\n", program_name, problem, what);
    try_help();
}

/* Digits and nothing else: strtoull would take a sign and spaces as well. */
uint32_t number(const char *text, uint32_t fewest, uint32_t most, const char *problem)
{
    const size_t digits = strspn(text, "0123456789");
    errno = 0;
    const unsigned long long value = strtoull(text, NULL, 10);
    if (digits == 0 || text[digits] != '\0' || errno != 0 || value < fewest || value > most)
        usage_error(problem, text);
    return (uint32_t)value;
}

_Noreturn void other_option(int option)
{
    if (option != 'h')
        try_help();
    printf("%s%s", usage_text, help_text);
    exit(fflush(stdout) == 0 ? 0 : 1);
}
