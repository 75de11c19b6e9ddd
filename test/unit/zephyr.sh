#!/bin/sh
# SPDX-License-Identifier: MIT
# Zephyr's front-end as a program finds it.
# usage: zephyr.sh headers|definers CC CXX SOURCE BUILD
#        zephyr.sh firmware CC CXX SOURCE BUILD CORE
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
    for header in kernel.h zephyr/kernel.h zephyr.h sys/sys_heap.h zephyr/sys/sys_heap.h sys/mem_stats.h zephyr/sys/mem_stats.h \
        sys/mempool.h misc/mempool.h lfm_zephyr_port.h lfm_zephyr_config.h; do
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
# a heap, with what stands in front of its definition
good_heap()
{
    for language in c c++; do
        accepts $language "#include <kernel.h>
${2:-} K_HEAP_DEFINE(heap, $1);
void *get(void);
void *get(void) { return k_heap_alloc(&heap, sizeof kheap_heap, K_NO_WAIT); }" ||
            { cat "$work/log" >&2 && fail "does not compile as $language: $*"; }
    done
}
bad_heap()
{
    ! accepts c "#include <kernel.h>
K_HEAP_DEFINE(heap, $1);" || fail "compiles: a heap of $1 bytes"
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
    good 8 128 2 8
    good 4 _MPOOL_MINBLK 1 4
    # What is wrong is said in a sentence.
    for wrong in '0 64 1 4:sizes out of range' '64 32 1 4:sizes out of range' '64 4096 -1 4:too large, or no blocks' \
        '64 -1 1 4:too large, or no blocks' '64 64 1 3:alignment is no power of two'; do
        bad ${wrong%%:*}
        grep -q "pool: ${wrong#*:}" "$work/log" || { cat "$work/log" >&2 && fail "not said: $wrong"; }
    done
    # Qualifiers go with the memory of the blocks, in front of which nothing stands.
    for language in c c++; do
        for in_front in '' static '__attribute__((section(".nocache")))' 'static __attribute__((section(".nocache")))' \
            '__attribute__((section(".nocache"))) static' '__attribute__((aligned(128)))'; do
            for definer in 'K_MEM_POOL_DEFINE(pool, 16, 1024, 2, 4)' 'Z_MEM_POOL_DEFINE(pool, 16, 1024, 2, 4)' \
                'SYS_MEM_POOL_DEFINE(pool, NULL, 16, 1024, 2, 4, .pools)'; do
                case $in_front$definer in *section*SYS_*) continue ;; esac
                accepts $language "#include <sys/mempool.h>
$in_front $definer;" || { cat "$work/log" >&2 && fail "does not compile: $in_front $definer"; }
            done
        done
    done
    hidden='static unsigned char pool_lfm_buffer[2048];' # which only follows one that is static itself
    accepts c "#include <kernel.h>
static K_MEM_POOL_DEFINE(pool, 16, 1024, 2, 4);
$hidden" || fail 'static goes to something else'
    ! accepts c "#include <kernel.h>
K_MEM_POOL_DEFINE(pool, 16, 1024, 2, 4);
$hidden" || fail 'the test cannot tell what is static'
    good_heap 1
    good_heap 2048 static
    good_heap 100 '__attribute__((section(".nocache")))'
    good_heap 100 'static __attribute__((aligned(4096)))'
    good_heap 'Z_HEAP_MIN_SIZE_FOR(1000)' ''
    good_heap '(1ul << 20) + 3' ''
    bad_heap 0
    bad_heap -1
    bad_heap '(1ull << 62)'
    # where a word of 64 bits is aligned to 4 bytes in C, but not if it is atomic
    if [ "$(uname -m)" = x86_64 ]; then
        accepts c '#include <kernel.h>
K_HEAP_DEFINE(heap, 100);
_Static_assert(__alignof__(heap_lfm_metadata) >= sizeof(lfm_word_), "");' -m32 -ffreestanding ||
            { cat "$work/log" >&2 && fail 'metadata on a small machine'; }
    fi
    # Zephyr's own mem_stats.h beside ours, whichever comes first
    printf '%s\n' '#ifndef ZEPHYR_INCLUDE_SYS_MEM_STATS_H_' '#define ZEPHYR_INCLUDE_SYS_MEM_STATS_H_' '#include <stddef.h>' \
        'struct sys_memory_stats { size_t free_bytes, allocated_bytes, max_allocated_bytes; };' '#endif' >"$work/theirs.h"
    for order in "theirs.h sys/sys_heap.h" "sys/sys_heap.h theirs.h"; do
        accepts c "$(printf '#include <%s>\n' $order)
int f(struct sys_memory_stats *s); int f(struct sys_memory_stats *s) { return (int)s->free_bytes; }" "-I$work" ||
            { cat "$work/log" >&2 && fail "mem_stats.h is defined twice"; }
    done
}

# A program without an operating system: only what asks which thread it is needs k_current_get().
test_firmware()
{
    for part in zephyr zephyr_alloc zephyr_pools zephyr_thread zephyr_heap; do
        $cc -std=c11 -c -o "$work/$part.o" $flags "$source/lib/compat/$part.c"
    done
    ar rc "$work/firmware.a" "$work"/zephyr*.o
    printf '%s\n' '#include <sys/mempool.h>' 'K_MEM_POOL_DEFINE(pool, 8, 64, 1, 4);' \
        'SYS_MEM_POOL_DEFINE(texts, NULL, 8, 64, 1, 4, .data);' 'int main(void) {' \
        '    sys_mem_pool_free(sys_mem_pool_alloc(&texts, 8));' '    k_free(k_mem_pool_malloc(&pool, 64));' \
        '    k_free(k_malloc(64));' '    return THREAD;' '}' >"$work/firmware.c"
    $cc -std=c11 -DTHREAD=0 -o "$work/pools" "$work/firmware.c" $flags "$work/firmware.a" "$1" || fail 'pools need more than pools'
    "$work/pools"
    ! $cc -std=c11 -DTHREAD='z_thread_malloc(8) == NULL' -o "$work/threads" "$work/firmware.c" $flags "$work/firmware.a" "$1" \
        2>"$work/log" || fail 'nobody knows the thread, and it links'
    grep -q k_current_get "$work/log" || fail 'it does not link for another reason'
    printf '%s\n' '#include <kernel.h>' 'static struct { int priority; struct k_thread lfm; } thread;' \
        'k_tid_t k_current_get(void) { return &thread.lfm; }' >"$work/kernel.c"
    $cc -std=c11 -DTHREAD='(k_thread_resource_pool_assign(k_current_get(), &pool), z_thread_malloc(8) == NULL)' \
        -o "$work/threads" "$work/firmware.c" "$work/kernel.c" $flags "$work/firmware.a" "$1" || fail 'the program knows its thread'
    "$work/threads"
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
firmware) test_firmware "$@" ;;
*) fail "unknown way: $way" ;;
esac
