#!/bin/sh
# SPDX-License-Identifier: MIT
# flash.sh CC CXX NM INCLUDE...: of a static pool, segment, dynamic pool or heap nothing is in RAM but its state and its memory; the control
# block is constant. That is so in C and C++, and with a Cortex-M compiler, if there is one. The first INCLUDE is the
# source's.
set -u
cc=$1 cxx=$2 nm=$3
shift 3
includes=
for folder in "$@"; do
    includes="$includes -I$folder"
done
port="-I$1/../lib/port/include -I$1"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

program='#include <lfmem/lfmem.h>
LFM_POOL_DEFINE(pool, 16, 64, 8);
LFM_POOL_DEFINE_IN(__attribute__((aligned(64))), apart_pool, 300, 12, 4);
LFM_POOL_DEFINE_SHARDED(lists, 16, 64, 8, LFM_SHARDS ? 3 : 1);
LFM_POOL_DEFINE_GLOBAL(global_pool, 3, 8, 8);
LFM_POOL_DEFINE_TYPE_GLOBAL(global_typed, 3, int);
LFM_POOL_DEFINE_WITH(LFM_GLOBAL, , with_pool, 3, 8, 8, 1);
LFM_POOL_DECLARE_SHAPE(shaped_pool, 3, 8, 8);
LFM_POOL_DEFINE_DECLARED(shaped_pool);
LFM_STATIC_ASSERT_(sizeof(pool_lfm_state) == 2 * sizeof(lfm_word_), "a list in RAM");
LFM_SEGMENT_DEFINE(ram, 4096, 32);
LFM_SEGMENT_DEFINE_IN(__attribute__((aligned(64))), apart_ram, 100, 4);
LFM_SEGMENT_DEFINE_GLOBAL(global_ram, 100, 1);
LFM_SEGMENT_DEFINE_WITH(LFM_GLOBAL, , with_ram, 100, 1);
LFM_STATIC_ASSERT_(sizeof(ram_lfm_state) == sizeof(lfm_word_), "a word in RAM");
LFM_DYNPOOL_DEFINE(dynpool, ram, 4, 20, 1, 24, 8);
LFM_DYNPOOL_DEFINE(lazy, ram, 0, 200, 0, 24, 8);
LFM_DYNPOOL_DEFINE_GLOBAL(global_dynpool, ram, 4, 4, 1, 24, 8);
LFM_DYNPOOL_DEFINE_WITH(LFM_GLOBAL, __attribute__((aligned(64))), with_dynpool, ram, 4096, 4, 20, 1, 24, 8);
LFM_STATIC_ASSERT_(sizeof(dynpool_lfm_state) <= 3 * sizeof(lfm_word_) + 4, "a list, a count and a word in RAM");
LFM_HEAP_DEFINE(heap, 4096, 16, LFM_FIT_TRIMMED);
LFM_HEAP_DEFINE_PEAK(peak_heap, 1000, 8, LFM_FIT_BUDDY2);
LFM_HEAP_DEFINE_ALIGNED(aligned_heap, 4096, 64, LFM_FIT_BUDDY4, 1024);
LFM_HEAP_DEFINE_IN(__attribute__((aligned(64))), apart_heap, 1024, 64, LFM_FIT_TRIMMED);
LFM_HEAP_DEFINE_GLOBAL(global_heap, 1024, 64, LFM_FIT_TRIMMED);
LFM_HEAP_DEFINE_WITH(LFM_GLOBAL, , with_heap, 1024, 64, LFM_FIT_TRIMMED, 64, false);
extern unsigned char memory[1024];
LFM_HEAP_DEFINE_OVER_(over_heap, memory, 1024, 64, LFM_FIT_TRIMMED);
LFM_STATIC_ASSERT_(sizeof(heap_lfm_state) <= 3 * sizeof(size_t), "three counts in RAM");
const lfm_pool *pools(int i);
const lfm_pool *pools(int i)
{
    return i == 0 ? pool : i == 1 ? apart_pool : lists;
}
const lfm_segment *segment(int i);
const lfm_segment *segment(int i)
{
    return i == 0 ? ram : i == 1 ? apart_ram : global_ram;
}
const lfm_dynpool *dynpools(int i);
const lfm_dynpool *dynpools(int i)
{
    return i == 0 ? dynpool : lazy;
}
const lfm_heap *heaps(int i);
const lfm_heap *heaps(int i)
{
    return i == 0 ? heap : i == 1 ? peak_heap : i == 2 ? aligned_heap : i == 3 ? apart_heap : over_heap;
}
'
static='pool apart_pool lists ram apart_ram dynpool lazy dynpool_lfm_records heap peak_heap aligned_heap apart_heap over_heap'
global='global_pool global_typed with_pool global_ram with_ram global_dynpool with_dynpool global_heap with_heap shaped_pool_w[0-9]*_[a-z0-9_]*'

failed=0
# look NM COMPILER...: at what the program has where
look() {
    look_nm=$1
    shift
    # no tables of addresses, which a loader would have to write
    printf '%s' "$program" | "$@" -Wall -Wextra -Werror -O0 -fno-pic -fno-pie -c -o "$work/program.o" - &&
        "$look_nm" -P "$work/program.o" >"$work/symbols" || { echo "$*: does not compile" && failed=1 && return; }
    while read -r name type _; do
        name=$(echo "$name" | sed 's/^_ZL[0-9]*//') # a static object of C++
        case $type,$name in
        [BbDd],*_lfm_state | [BbDd],*_lfm_storage | [BbDd],*_lfm_metadata) ;;
        [BbDd],*) echo "$*: $name is in RAM" && failed=1 ;;
        [Rr],*) echo "$type $name" >>"$work/constant" ;;
        esac
    done <"$work/symbols"
    for name in $static; do
        grep -qx "r $name" "$work/constant" || { echo "$*: $name is no constant" && failed=1; }
    done
    for name in $global; do
        grep -qx "R $name" "$work/constant" || { echo "$*: $name is no constant that other files may name" && failed=1; }
    done
    rm "$work/constant"
}

# shellcheck disable=SC2086
look "$nm" $cc -std=c11 $includes -x c
# shellcheck disable=SC2086
look "$nm" $cxx -std=c++17 $includes -x c++
if command -v arm-none-eabi-gcc >/dev/null; then
    # shellcheck disable=SC2086
    look arm-none-eabi-nm arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -ffreestanding -std=c11 $port -x c
fi
exit $failed
