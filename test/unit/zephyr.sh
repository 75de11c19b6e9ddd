#!/bin/sh
# SPDX-License-Identifier: MIT
# Zephyr's front-end as a program finds it.
# usage: zephyr.sh headers|definers CC CXX SOURCE BUILD
#        zephyr.sh package CC CXX SOURCE BUILD PREFIX LIBDIR MESON
#        zephyr.sh no-heap CC CXX SOURCE BUILD LIBRARY CORE
# The package is installed below a directory that is not its prefix.
set -eu
unset LD_LIBRARY_PATH
way=$1 cc=$2 cxx=$3 source=$4 build=$5
shift 5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
consumer=$source/test/unit/zephyr_consumer.c
own="-I$source/include/lfmem/compat/zephyr -I$build/include/lfmem/compat/zephyr"
flags="$own -I$source/include -I$build/include"
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wundef -Wconversion -Werror"

fail()
{
    echo "$*" >&2
    exit 1
}

# compiles LANGUAGE TEXT [FLAG...]: whether that is a program
compiles()
{
    language=$1 text=$2
    shift 2
    case $language in
    c) compiler="$cc -std=c11" ;;
    c++) compiler="$cxx -std=c++17" ;;
    esac
    printf '%s\n' "$text" | $compiler $warnings $flags "$@" -x "$language" -fsyntax-only - 2>"$work/log"
}

test_headers()
{
    for header in kernel.h zephyr/kernel.h zephyr.h lfm_zephyr_port.h lfm_zephyr_config.h; do
        for language in c c++; do
            once="#include <$header>"
            compiles $language "$once
$once
extern int not_empty;" || { cat "$work/log" >&2 && fail "$header does not compile alone, as $language"; }
        done
    done
    compiles c++ "#include <kernel.h>
K_MEM_POOL_DEFINE(pool, 64, 4096, 3, 4);
void *get() { return k_mem_pool_malloc(&pool, 1); }" || { cat "$work/log" >&2 && fail 'no pool in C++'; }
    good='#include <kernel.h>
int size = CONFIG_HEAP_MEM_POOL_SIZE, least = CONFIG_HEAP_MEM_POOL_MIN_SIZE;'
    compiles c "$good" || fail 'no sizes'
    ! compiles c "$good" -DCONFIG_HEAP_MEM_POOL_SIZE=12345 || fail 'another heap than the library has goes unseen'
    ! compiles c "$good" -DCONFIG_HEAP_MEM_POOL_MIN_SIZE=12345 || fail 'another smallest block goes unseen'
}

good()
{
    compiles c "#include <kernel.h>
K_MEM_POOL_DEFINE(pool, $1, $2, $3, $4);" || { cat "$work/log" >&2 && fail "does not compile: $*"; }
}
bad()
{
    ! compiles c "#include <kernel.h>
K_MEM_POOL_DEFINE(pool, $1, $2, $3, $4);" || fail "compiles: $*"
}
test_definers()
{
    good 64 4096 3 4
    good 1 1 1 1
    good 48 192 2 16
    good 16 16 1 64
    good 64 1048576 100 4096
    good 4096 4096 4 4096
    bad 0 64 1 4
    bad 65 64 1 4
    bad 64 4096 0 4
    bad 64 4096 -1 4
    bad 64 -1 1 4
    bad 64 4096 3 0
    bad 64 4096 3 3
    bad 64 4096 3 8192
    bad 64 64 1 128
    bad 64 1048576 4096 4
    bad 64 '(1ull << 40)' 1 4
}

install_package()
{
    root=$work/root$1 libraries=$work/root$1/$2
    $3 install -C "$build" --no-rebuild --destdir "$work/root" >"$work/log" 2>&1 || { cat "$work/log" >&2 && exit 1; }
}

test_package()
{
    command -v pkg-config >"$work/log" || { echo 'skipped: no pkg-config here' && exit 77; }
    install_package "$@"
    export PKG_CONFIG_LIBDIR="$libraries/pkgconfig"
    cflags=$(pkg-config --define-variable=prefix="$root" --cflags lfmem-zephyr)
    $cc -std=c11 -o "$work/shared" "$consumer" $cflags \
        $(pkg-config --define-variable=prefix="$root" --libs lfmem-zephyr)
    LD_LIBRARY_PATH=$libraries "$work/shared" || fail 'the program with the shared library'
    mkdir "$work/only-static"
    cp "$libraries/liblfmem.a" "$libraries/liblfmem-zephyr.a" "$work/only-static"
    $cc -std=c11 -o "$work/static" "$consumer" $cflags -L"$work/only-static" $(pkg-config --libs-only-l lfmem-zephyr)
    "$work/static" || fail 'the program with the static library'
    # no C library, and nobody who waits: no port either
    $cc -std=c11 -DBARE -ffreestanding -fno-stack-protector -fno-pie -nostdlib -static -no-pie -Wl,-e,main \
        -o "$work/bare" "$consumer" $cflags -L"$work/only-static" $(pkg-config --libs-only-l lfmem-zephyr) ||
        fail 'the library needs more than memcpy and memset'
}

test_no_heap()
{
    printf '%s\n' '#include <kernel.h>' 'K_MEM_POOL_DEFINE(pool, 64, 64, 1, 4);' \
        'int main(void) { k_free(k_mem_pool_malloc(&pool, 1)); return 0; }' >"$work/pools.c"
    printf '%s\n' '#include <kernel.h>' 'int main(void) { return k_malloc(1) == 0; }' >"$work/heap.c"
    $cc -std=c11 -o "$work/pools" "$work/pools.c" $flags "$1" "$2" || fail 'pools need no heap'
    "$work/pools"
    ! $cc -std=c11 -o "$work/heap" "$work/heap.c" $flags "$1" "$2" 2>"$work/log" || fail 'a heap of 0 bytes links'
    grep -q k_malloc "$work/log" || fail 'it does not link for another reason'
}

case $way in
headers) test_headers "$@" ;;
definers) test_definers "$@" ;;
package) test_package "$@" ;;
no-heap) test_no_heap "$@" ;;
*) fail "unknown way: $way" ;;
esac
