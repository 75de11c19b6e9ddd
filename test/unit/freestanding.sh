#!/bin/sh
# SPDX-License-Identifier: MIT
# What is for firmware takes no header of a C library, wherever a compiler finds one: each public header, and each source of
# the core and of the front-ends but the ports of hosts. So a cross compiler without a C library of its own does not read
# the host's. Each front-end compiles as one file, too.
# usage: freestanding.sh SOURCE BUILD
. "$(dirname "$0")/support.sh"
source=$1 build=$2
compat=include/lfmem/compat

# In front of everything: all headers of C that are not those of a freestanding program, and what they are made of.
mkdir -p "$work/libc/sys" "$work/libc/bits"
for header in assert complex ctype errno fenv inttypes locale math setjmp signal stdio stdlib string tgmath threads time uchar \
    wchar wctype features pthread sched strings unistd sys/cdefs sys/types sys/time bits/libc-header-start bits/types; do
    echo "#error a header of the C library: $header.h" > "$work/libc/$header.h"
done
flags="-ffreestanding -I$work/libc -I$source/include -I$build/include -I$source/lib -Wno-atomic-alignment"
for front_end in micrium mynewt zephyr; do
    flags="$flags -I$source/$compat/$front_end -I$build/$compat/$front_end"
done
flags="$flags -DLFM_MYNEWT_METADATA=1024 -DLFM_MYNEWT_POOLS=4 -DLFM_MYNEWT_TRAPS=0"

headers=$(cd "$source/include" && ls lfmem/*.h && cd lfmem/compat && for folder in micrium mynewt zephyr; do
    (cd $folder && find . -name '*.h' | sed 's|^\./||')
done)
sources=$(ls "$source"/lib/*.c "$source"/lib/compat/*.c | grep -v '/zephyr_\(futex\|pthread\)\.c$')
[ -n "$headers" ] && [ -n "$sources" ] || fail "nothing to compile"

# The test has to be able to fail.
echo '#include <errno.h>' > "$work/errno.c"

printf '#include <%s>\n' $headers > "$work/headers.c"
cp "$work/headers.c" "$work/headers.cpp"
for front_end in micrium mynewt zephyr; do
    echo "$sources" | sed -n "s|.*/compat/$front_end[a-z_]*\.c\$|#include \"&\"|p" > "$work/$front_end.c"
    [ -s "$work/$front_end.c" ] || fail "no sources of $front_end"
done

# compile_all COMPILER...
compile_all()
{
    ! "$@" $flags -fsyntax-only "$work/errno.c" 2> "$work/log" || fail "$*: the test cannot tell a header of the C library"
    quietly "$@" $flags -Wall -Wextra -Werror -fsyntax-only "$work/headers.c" $sources
    for front_end in micrium mynewt zephyr; do
        quietly "$@" $flags -Wall -Wextra -Wmissing-prototypes -Wshadow -Werror -O2 -S -o "$work/one.s" "$work/$front_end.c"
    done
}
on_targets compile_all "$build/include"

for compiler in g++ clang++; do
    if command -v $compiler > "$work/log"; then
        quietly $compiler -std=c++17 -I"$work/config" $flags -Wall -Wextra -Werror -fsyntax-only "$work/headers.cpp"
        echo "$compiler"
    fi
done
