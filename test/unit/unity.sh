#!/bin/sh
# SPDX-License-Identifier: MIT
# One file that includes all of lib/*.c compiles without a warning, for each word, level and size, and so does a build in which
# Meson joins the sources, front-ends included. It leaves Zephyr's apart, so that a program links no more of them than it needs.
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
                more="-O1 -DLFM_SHARDS=1 -DLFM_HEAP_MARKS=1 -DLFM_SMALL=0"
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

    CC=$cc quietly $meson setup "$work/build" "$source" -Dtests=disabled -Dunity=on -Dzephyr_wait=none -Ddefault_library=static
    quietly $meson compile -C "$work/build"
    printf '%s\n' '#include <kernel.h>' 'int main(void) { k_free(k_malloc(10)); return 0; }' > "$work/waits_for_nobody.c"
    $cc -std=c11 -o "$work/waits_for_nobody" "$work/waits_for_nobody.c" -I"$source/include" -I"$work/build/include" \
        -I"$source/include/lfmem/compat/zephyr" -I"$work/build/include/lfmem/compat/zephyr" \
        "$work/build/lib/compat/liblfmem-zephyr.a" "$work/build/lib/liblfmem.a" || fail 'a program that does not wait wants a port'

    # tests are not joined: they are left out, or it is an error
    CC=$cc quietly $meson setup "$work/build-tests" "$source" -Dunity=on
    [ ! -e "$work/build-tests/test" ] || fail 'tests are configured'
    ! CC=$cc $meson setup "$work/build-enabled" "$source" -Dunity=on -Dtests=enabled > "$work/log" 2>&1 || fail 'tests are joined'
    grep -q 'tests=disabled' "$work/log" || fail 'another error than that tests are not joined'
}

case $way in
file) one_file "$@" ;;
build) build "$@" ;;
*) fail "unknown way: $way" ;;
esac
