#!/bin/sh
# SPDX-License-Identifier: MIT
# One file that includes all of lib/*.c compiles without a warning, for each word, level and size, and so does a build in which
# Meson joins the sources, front-ends included.
# usage: unity.sh file SOURCE COMPILER...
#        unity.sh build SOURCE MESON CC
. "$(dirname "$0")/support.sh"
way=$1 source=$2
shift 2

one_file()
{
    for part in "$source"/lib/*.c; do
        echo "#include \"$part\""
    done > "$work/all.c"
    [ "$(wc -l < "$work/all.c")" -ge 6 ] || fail "sources are missing"
    flags="-std=c11 $warnings -Wconversion -Wstrict-prototypes -Wmissing-prototypes -fno-strict-aliasing"
    for compiler; do
        command -v "$compiler" > "$work/log" || continue
        for bits in 32 64; do
            for checks in 0 1 2; do
                more="-O1 -DLFM_SHARDS=1 -DLFM_HEAP_MARKS=1"
                [ $checks = 1 ] || more="-Os -DLFM_SHARDS=0"
                $compiler $flags $more -DLFM_WORD_BITS=$bits -DLFM_CHECKS=$checks -I"$source/include" \
                    -I"$source/lib/port/include" -c "$work/all.c" -o "$work/all.o" || fail "$compiler: $bits bits, level $checks, $more"
            done
        done
        # what is in it is the library
        $compiler -std=c11 -DLFM_WORD_BITS=64 -DLFM_CHECKS=2 -DLFM_SHARDS=0 -I"$source/include" -I"$source/lib/port/include" \
            "$source/test/unit/consumer.c" "$work/all.o" -o "$work/consumer"
        "$work/consumer"
    done
}

build()
{
    meson=$1 cc=$2
    # Meson's own number of files at a time (4), and one more
    for size in 4 2; do
        CC=$cc quietly $meson setup "$work/build-$size" "$source" -Dtests=disabled --werror -Dunity=on -Dunity_size=$size
        quietly $meson compile -C "$work/build-$size"
    done
}

case $way in
file) one_file "$@" ;;
build) build "$@" ;;
*) fail "unknown way: $way" ;;
esac
