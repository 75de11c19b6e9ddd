/* SPDX-License-Identifier: MIT */
#include "machine.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* By words as far as both addresses allow it. An empty asm in each loop keeps the compiler from making it a call of the
 * function that it is in. */
typedef uintptr_t __attribute__((may_alias)) word;

static bool is_aligned(const void *a, const void *b)
{
    return ((uintptr_t)a | (uintptr_t)b) % sizeof(word) == 0;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    size_t at = 0;
    for (; is_aligned(to, from) && bytes - at >= sizeof(word); at += sizeof(word)) {
        *(word *)(void *)((unsigned char *)to + at) = *(const word *)(const void *)((const unsigned char *)from + at);
        __asm__ volatile("");
    }
    for (; at < bytes; at++) {
        ((unsigned char *)to)[at] = ((const unsigned char *)from)[at];
        __asm__ volatile("");
    }
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    const word all = UINTPTR_MAX / UINT8_MAX * (unsigned char)value;
    size_t at = 0;
    for (; is_aligned(to, NULL) && bytes - at >= sizeof(word); at += sizeof(word)) {
        *(word *)(void *)((unsigned char *)to + at) = all;
        __asm__ volatile("");
    }
    for (; at < bytes; at++) {
        ((unsigned char *)to)[at] = (unsigned char)value;
        __asm__ volatile("");
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const unsigned char *const left = a, *const right = b;
    size_t at = 0;
    while (is_aligned(a, b) && bytes - at >= sizeof(word) &&
           *(const word *)(const void *)(left + at) == *(const word *)(const void *)(right + at)) {
        at += sizeof(word);
    }
    for (; at < bytes; at++) {
        if (left[at] != right[at]) {
            return left[at] - right[at];
        }
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a - *b;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}

#ifdef __arm__
/* What Arm's run-time ABI calls memset() with 0; clang uses these. */
void __aeabi_memclr(void *to, size_t bytes);
void __aeabi_memclr(void *to, size_t bytes)
{
    memset(to, 0, bytes);
}
void __aeabi_memclr4(void *to, size_t bytes) __attribute__((alias("__aeabi_memclr")));
void __aeabi_memclr8(void *to, size_t bytes) __attribute__((alias("__aeabi_memclr")));
#endif

/* Where text goes: into a string, as far as it has room, or to the machine. */
typedef struct sink {
    char *to;
    size_t room, length;
} sink;

static void put(sink *s, char c)
{
    if (s->to == NULL) {
        machine_put(c);
    } else if (s->length + 1 < s->room) {
        s->to[s->length] = c;
    }
    s->length++;
}

static void put_padded(sink *s, const char *text, size_t length, size_t width, char pad, bool left)
{
    const size_t fill = width > length ? width - length : 0;
    for (size_t i = 0; i < fill && !left; i++) {
        put(s, pad);
    }
    for (size_t i = 0; i < length; i++) {
        put(s, text[i]);
    }
    for (size_t i = 0; i < fill && left; i++) {
        put(s, ' ');
    }
}

/* Writes digits in front of `end`; returns the first. Without a 64-bit division where that would be a library's. */
static char *digits(char *end, unsigned long long value, bool hex)
{
    do {
        unsigned digit = (unsigned)(value & 15);
        if (hex) {
            value >>= 4;
        } else {
            unsigned long long quotient = 0;
            digit = 0;
            for (unsigned bit = 64; bit-- > 0;) {
                digit = digit << 1 | (unsigned)(value >> bit & 1);
                quotient <<= 1;
                if (digit >= 10) {
                    digit -= 10;
                    quotient |= 1;
                }
            }
            value = quotient;
        }
        *--end = "0123456789abcdef"[digit];
    } while (value != 0);
    return end;
}

typedef struct conversion {
    size_t width, precision;
    unsigned longs; /* l: 1, ll: 2; z and t count as l, whose size they have on every machine here */
    bool left, zero, has_precision;
} conversion;

static size_t number(const char **at)
{
    size_t value = 0;
    while (**at >= '0' && **at <= '9') {
        value = value * 10 + (size_t)(*(*at)++ - '0');
    }
    return value;
}

static const char *parse(const char *at, conversion *c)
{
    for (;; at++) {
        if (*at == '-') {
            c->left = true;
        } else if (*at == '0') {
            c->zero = true;
        } else {
            break;
        }
    }
    c->width = number(&at);
    if (*at == '.') {
        at++;
        c->has_precision = true;
        c->precision = number(&at);
    }
    while (*at == 'l' || *at == 'z' || *at == 't') {
        c->longs++;
        at++;
    }
    return at;
}

_Static_assert(sizeof(long) == sizeof(size_t) && sizeof(long) == sizeof(ptrdiff_t), "see `longs`");

static unsigned long long next_number(const conversion *c, char kind, va_list *arguments)
{
    if (kind == 'p') {
        return (uintptr_t)va_arg(*arguments, void *);
    }
    if (kind == 'd' || kind == 'i') {
        return (unsigned long long)(c->longs == 0   ? va_arg(*arguments, int)
                                    : c->longs == 1 ? va_arg(*arguments, long)
                                                    : va_arg(*arguments, long long));
    }
    return c->longs == 0   ? va_arg(*arguments, unsigned)
           : c->longs == 1 ? va_arg(*arguments, unsigned long)
                           : va_arg(*arguments, unsigned long long);
}

static void put_number(sink *s, const conversion *c, char kind, unsigned long long value)
{
    char buffer[24];
    char *const end = buffer + sizeof buffer;
    const bool negative = (kind == 'd' || kind == 'i') && (long long)value < 0;
    char *text = digits(end, negative ? 0 - value : value, kind == 'x' || kind == 'p');
    const bool zeros = c->zero && !c->left;
    if (kind == 'p') {
        *--text = 'x';
        *--text = '0';
    }
    if (negative && !zeros) {
        *--text = '-';
    } else if (negative) {
        put(s, '-');
    }
    put_padded(s, text, (size_t)(end - text), c->width - (negative && zeros && c->width > 0), zeros ? '0' : ' ',
               c->left);
}

static void format_to(sink *s, const char *format, va_list *arguments)
{
    for (const char *at = format; *at != '\0'; at++) {
        conversion c = {0};
        if (*at != '%') {
            put(s, *at);
            continue;
        }
        at = parse(at + 1, &c);
        if (*at == 's') {
            const char *const text = va_arg(*arguments, const char *);
            size_t length = 0;
            while ((!c.has_precision || length < c.precision) && text[length] != '\0') {
                length++;
            }
            put_padded(s, text, length, c.width, ' ', c.left);
        } else if (*at == 'c') {
            put(s, (char)va_arg(*arguments, int));
        } else if (*at == '%') {
            put(s, '%');
        } else {
            put_number(s, &c, *at, next_number(&c, *at, arguments));
        }
    }
}

int vsnprintf(char *to, size_t bytes, const char *format, va_list arguments)
{
    sink s = {to, bytes, 0};
    va_list copy;
    va_copy(copy, arguments);
    format_to(&s, format, &copy);
    va_end(copy);
    if (bytes > 0) {
        to[s.length < bytes ? s.length : bytes - 1] = '\0';
    }
    return (int)s.length;
}

int snprintf(char *to, size_t bytes, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(to, bytes, format, arguments);
    va_end(arguments);
    return length;
}

static int print(const char *format, va_list *arguments)
{
    sink s = {NULL, 0, 0};
    format_to(&s, format, arguments);
    return (int)s.length;
}

int printf(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length = print(format, &arguments);
    va_end(arguments);
    return length;
}

int fprintf(FILE *file, const char *format, ...)
{
    va_list arguments;
    (void)file;
    va_start(arguments, format);
    const int length = print(format, &arguments);
    va_end(arguments);
    return length;
}

int fputc(int c, FILE *file)
{
    (void)file;
    return putchar(c);
}

int putchar(int c)
{
    machine_put((char)c);
    return c;
}

int puts(const char *line)
{
    return printf("%s\n", line);
}

int fflush(FILE *file)
{
    (void)file;
    return 0;
}

void exit(int status)
{
    machine_exit(status);
}

void abort(void)
{
    machine_exit(3);
}
