#!/bin/sh
# SPDX-License-Identifier: MIT
# Zephyr's front-end as a program finds it.
# usage: zephyr.sh headers|definers CC CXX SOURCE BUILD
#        zephyr.sh package CC CXX SOURCE BUILD PREFIX LIBDIR MESON
#        zephyr.sh no-heap CC CXX SOURCE BUILD LIBRARY CORE
. "$(dirname "$0")/support.sh"
way=$1 cc=$2 cxx=$3 source=$4 build=$5
shift 5
consumer=$source/test/unit/zephyr_consumer.c
own="-I$source/include/lfmem/compat/zephyr -I$build/include/lfmem/compat/zephyr"
flags="$own -I$source/include -I$build/include"
warnings="$warnings -Wconversion"

# accepts LANGUAGE TEXT [FLAG...]: whether the compiler takes that for a program
accepts()
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
        alone "$flags" "$header"
    done
    accepts c++ "#include <kernel.h>
K_MEM_POOL_DEFINE(pool, 64, 4096, 3, 4);
void *get() { return k_mem_pool_malloc(&pool, 1); }" || { cat "$work/log" >&2 && fail 'no pool in C++'; }
    good='#include <kernel.h>
int size = CONFIG_HEAP_MEM_POOL_SIZE, least = CONFIG_HEAP_MEM_POOL_MIN_SIZE;'
    accepts c "$good" || fail 'no sizes'
    ! accepts c "$good" -DCONFIG_HEAP_MEM_POOL_SIZE=12345 || fail 'another heap than the library has goes unseen'
    ! accepts c "$good" -DCONFIG_HEAP_MEM_POOL_MIN_SIZE=12345 || fail 'another smallest block goes unseen'
}

good()
{
    accepts c "#include <kernel.h>
K_MEM_POOL_DEFINE(pool, $1, $2, $3, $4);" || { cat "$work/log" >&2 && fail "does not compile: $*"; }
}
bad()
{
    ! accepts c "#include <kernel.h>
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
    good 64 4096 3 8192
    good 64 64 1 128
    bad 0 64 1 4
    bad 65 64 1 4
    bad 64 4096 0 4
    bad 64 4096 -1 4
    bad 64 -1 1 4
    bad 64 4096 3 0
    bad 64 4096 3 3
    bad 64 1048576 4096 4
    bad 64 '(1ull << 40)' 1 4
}

test_package()
{
    need pkg-config
    install_package "$build" "$@"
    consume lfmem-zephyr "$consumer"
    # no C library, and nobody who waits: no port either
    $cc -std=c11 -DBARE -ffreestanding -fno-stack-protector -fno-pie -nostdlib -static -no-pie -Wl,-e,main \
        -o "$work/bare" "$consumer" $(tells lfmem-zephyr --cflags) -L"$work/only-static" $(tells lfmem-zephyr --libs-only-l) ||
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
