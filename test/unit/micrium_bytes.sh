#!/bin/sh
# SPDX-License-Identifier: MIT
# Mem_Set(), Mem_Copy() and their like are what they are made of: no compiler makes calls of memset() or memcpy() of them, and
# a program may build those on them.
# usage: micrium_bytes.sh SOURCE BUILD
. "$(dirname "$0")/support.sh"
source=$1 build=$2
bytes=$source/lib/compat/micrium_bytes.c
flags="-I$source/include -I$build/include -I$source/include/lfmem/compat/micrium
    -I$build/include/lfmem/compat/micrium"
calls='(^|[^a-z_])(__aeabi_)?(mem(set|clr|cpy|move|cmp)[48]?|bcmp|bzero|bcopy|strn?len)([^a-z_0-9]|$)'

# A loop that they know, so that the test can fail.
cat > "$work/known.c" << 'END'
typedef __SIZE_TYPE__ size_t;
void set(char *to, char value, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = value;
    }
}
END

# calls_none COMPILER...: at no level, small or not, in a program of either kind; no libc's headers are wanted, which not all targets have
calls_none()
{
    for small in 0 1; do
        quietly "$@" $flags -DLFM_SMALL=$small -ffreestanding -E -o "$work/bytes.i" "$bytes"
        for level in -O0 -O1 -O2 -O3 -Os -Ofast; do
            for kind in -fhosted -ffreestanding; do
                quietly "$@" $kind $level -w -S -o "$work/bytes.s" "$work/bytes.i"
                ! grep -E "$calls" "$work/bytes.s" || fail "$* $kind $level, small $small, calls the C library"
            done
        done
    done
    quietly "$@" -O3 -S -o "$work/known.s" "$work/known.c"
    grep -qE "$calls" "$work/known.s" || fail "$*: the test cannot tell a call"
}
on_targets calls_none "$build/include"

cat > "$work/program.c" << 'END'
#include <lib_mem.h>
#include <unistd.h>

void *memset(void *to, int value, size_t n)
{
    Mem_Set(to, (CPU_INT08U)value, n);
    return to;
}
void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    Mem_Copy(to, from, n);
    return to;
}
void *memmove(void *to, const void *from, size_t n)
{
    Mem_Move(to, from, n);
    return to;
}
int memcmp(const void *a, const void *b, size_t n)
{
    return Mem_Cmp(a, b, n) == DEF_NO;
}

static char text[1000], other[1000];
int main(void)
{
    alarm(20);
    memset(text, 'x', 990);
    memcpy(other, text, 1000);
    memmove(other + 1, other, 999);
    Mem_Clr(text, 1000);
    Mem_Set(text, 'x', 991);
    return memcmp(other, text, 1000) != 0 || text[990] != 'x' || other[991] != 0;
}
END
for compiler in gcc clang; do
    command -v $compiler > "$work/log" || continue
    for level in -O0 -O2 -O3 -Os; do
        for small in 0 1; do
            quietly $compiler -std=gnu11 -fno-builtin $level $flags -DLFM_SMALL=$small -o "$work/program" "$work/program.c" "$bytes"
            "$work/program" || fail "a program with its own memset() on Mem_Set(), $compiler $level, small $small: $?"
        done
    done
done
