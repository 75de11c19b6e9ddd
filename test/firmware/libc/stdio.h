/* SPDX-License-Identifier: MIT */
/* As much of <stdio.h> as the tests use, on machine_put(). */
#ifndef LFM_TEST_STDIO_H
#define LFM_TEST_STDIO_H

#include <stdarg.h>
#include <stddef.h>

typedef struct FILE FILE;
#define stdout ((FILE *)0)
#define stderr ((FILE *)0)

/* Conversions d i u x p s c %, with l, ll, z and t, flags 0 and -, width and precision by number. */
int vsnprintf(char *to, size_t bytes, const char *format, va_list arguments) __attribute__((format(printf, 3, 0)));
int snprintf(char *to, size_t bytes, const char *format, ...) __attribute__((format(printf, 3, 4)));
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int fprintf(FILE *file, const char *format, ...) __attribute__((format(printf, 2, 3)));
int fputc(int c, FILE *file);
int putchar(int c);
int puts(const char *line);
int fflush(FILE *file);

#endif
