#!/bin/sh
# SPDX-License-Identifier: MIT
# The recipe for FreeRTOS's CMake build (lib/port/README.md), with a kernel that has nothing but the shape of FreeRTOS's: a target
# that is compiled as C90 with warnings as errors, and takes what FREERTOS_HEAP names.
# usage: freertos.sh SOURCE CC
. "$(dirname "$0")/../unit/support.sh"
source=$1 cc=$2
need cmake
port=$source/lib/port/freertos

mkdir -p "$work/project/kernel"
cat > "$work/project/kernel/CMakeLists.txt" <<END
add_library(freertos_kernel STATIC kernel.c)
if(DEFINED FREERTOS_HEAP)
  target_sources(freertos_kernel PRIVATE \${FREERTOS_HEAP})
endif()
target_include_directories(freertos_kernel PUBLIC $source/test/port/freertos)
target_link_libraries(freertos_kernel PUBLIC freertos_config)
END
cat > "$work/project/kernel/kernel.c" <<END
#include "FreeRTOS.h"
#include "task.h"
void *kernel_takes(void);
void *kernel_takes(void)
{
    return pvPortMalloc(40);
}
END
cat > "$work/project/main.c" <<END
#include "FreeRTOS.h"
#include <lfmem/lfmem.h>
#include <stdio.h>
#include <stdlib.h>
#if LFM_SHARDS
LFM_POOL_DEFINE_SHARDED(pool, 8, 8, 8, 2);
#else
LFM_POOL_DEFINE(pool, 8, 8, 8);
#endif
size_t freed_bytes;
static int asked;
void *kernel_takes(void);
unsigned current_core(void);
unsigned current_core(void)
{
    asked++;
    return 1;
}
void disable_interrupts(void)
{
    abort();
}
void vApplicationMallocFailedHook(void);
void vApplicationMallocFailedHook(void)
{
    abort();
}
int main(void)
{
    void *const block = kernel_takes(), *const other = lfm_pool_get(pool);
    if (block == NULL || xPortGetFreeHeapSize() != 4096 - 64 || lfm_pool_put(pool, other) != LFM_OK) {
        return 1;
    }
    vPortFree(block);
    printf("%d %d %d %d %d %d %s\n", LFM_WORD_BITS, LFM_CHECKS, LFM_SHARDS, LFM_HEAP_MARKS, LFM_SMALL, LFM_POISON,
           asked > 0 ? "asked" : "not asked");
    return 0;
}
END
cat > "$work/project/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.15)
project(example C)
add_library(freertos_config INTERFACE)
target_compile_definitions(freertos_config INTERFACE \${CONFIG})
add_subdirectory(kernel)
target_compile_options(freertos_kernel PRIVATE -Wall -Wextra -Wpedantic -Werror -Wconversion)
set_property(TARGET freertos_kernel PROPERTY C_STANDARD 90)
add_subdirectory($port lfmem)
if(NOT WITHOUT_HEAP_TARGET)
  target_compile_options(lfmem PRIVATE -Wall -Wextra -Wpedantic -Werror -Wconversion)
  target_compile_options(lfmem_freertos_heap PRIVATE -Wall -Wextra -Wpedantic -Werror -Wconversion)
  target_link_libraries(freertos_kernel INTERFACE lfmem_freertos_heap)
endif()
add_executable(example main.c)
target_link_libraries(example freertos_kernel lfmem)
END

# build NAME OPTION...
build()
{
    build=$work/$1
    shift
    CC=$cc quietly cmake -G Ninja -S "$work/project" -B "$build" -DCMAKE_EXPORT_COMPILE_COMMANDS=1 "$@"
    cmake --build "$build" > "$work/log" 2>&1
}

# says EXPECTED NAME OPTION...: such a program is built, and what it prints
says()
{
    expected=$1
    shift
    build "$@" || { cat "$work/log" >&2; fail "$1 does not build"; }
    told=$("$build/example") || fail "$1: the program fails"
    [ "$told" = "$expected" ] || fail "$1: $told, not $expected"
    echo "$1: $told"
}

# knows_port: whether library and heap are compiled with a port
knows_port()
{
    grep -q 'LFM_PORT_HEADER.*heap_lfm\.c' "$build/compile_commands.json" && grep -q 'LFM_PORT_HEADER.*lib/pool\.c' "$build/compile_commands.json"
}

says '64 1 0 0 1 0 not asked' usual
knows_port || fail 'nobody asks the kernel for its cores'
says '64 1 0 0 1 0 not asked' barriers -DLFMEM_ONE_CORE=OFF
! knows_port || fail 'there is a port'
says '64 1 0 0 0 0 not asked' release -DCMAKE_BUILD_TYPE=Release
says '64 1 0 0 1 0 not asked' minsize -DCMAKE_BUILD_TYPE=MinSizeRel
says '64 1 0 0 1 0 not asked' none "-DFREERTOS_HEAP=$port/heap_none.c"
says '32 2 0 1 0 1 not asked' knobs -DLFMEM_WORD_BITS=32 -DLFMEM_CHECKS=2 -DLFMEM_HEAP_MARKS=ON -DLFMEM_SMALL=OFF -DLFMEM_POISON=ON
says '64 1 1 0 1 0 asked' cores -DLFMEM_SHARDS=ON -DCONFIG=SEVERAL_CORES
knows_port || fail 'the heap does not know the port'

# heap_lfm.c among the sources of a kernel that is C90: the compiler says what to do
! build c90 "-DFREERTOS_HEAP=$port/heap_lfm.c" -DWITHOUT_HEAP_TARGET=ON || fail 'the heap builds as C90'
grep -q 'lfmem_freertos_heap' "$work/log" || { cat "$work/log" >&2; fail 'it does not build for another reason'; }
