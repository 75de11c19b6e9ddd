#!/bin/sh
# SPDX-License-Identifier: MIT
# The front-end of Micrium uC/LIB in a project with uC/CPU and the rest of uC/LIB, for which micrium_project/ stands. Its own
# headers are taken, wherever on the search path lfmem's directory is; what lfmem was not built for does not compile,
# and the compiler says what to do. Also where the project compiles lfmem itself, to its own lib_cfg.h.
# usage: micrium_project.sh SOURCE BUILD CC CXX [CC CXX]...
. "$(dirname "$0")/support.sh"
source=$1 build=$2
shift 2
project=$source/test/unit/micrium_project compat=$source/include/lfmem/compat/micrium
theirs="-I$project/cfg -I$project/cpu -I$project/cpu/port -I$project/lib"
ours="-I$compat -I$build/include/lfmem/compat/micrium -I$source/include -I$build/include"
both="-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wcast-align -Wundef -Wredundant-decls -Werror"
only_c="-std=c11 -Wstrict-prototypes -Wmissing-prototypes"
only_cxx="-std=c++17 -x c++"
heap=$(sed -n 's/^#define LFM_MICRIUM_HEAP_SIZE \([0-9]*\).*/\1/p' "$build/include/lfmem/compat/micrium/lfm_micrium_config.h")
padding=$(sed -n 's/^#define LFM_MICRIUM_HEAP_PADDING \([0-9]*\).*/\1/p' "$build/include/lfmem/compat/micrium/lfm_micrium_config.h")
[ "$heap" -gt 0 ] && [ "$padding" -gt 0 ] || fail "no sizes in lfm_micrium_config.h"
libraries="$build/lib/compat/liblfmem-micrium.a $build/lib/liblfmem.a"

# stops SENTENCE COMPILER FLAG...: it does not compile, and that is why
stops()
{
    sentence=$1
    shift
    ! "$@" -fsyntax-only > "$work/log" 2>&1 || fail "it compiles: $*"
    grep -qF "$sentence" "$work/log" || { cat "$work/log" >&2; fail "the compiler does not say: $sentence"; }
}

# A project whose own lib_mem.h is still there, behind or in front of ours.
mkdir "$work/left" "$work/alien"
printf '%s\n' '#ifndef LIB_MEM_MODULE_PRESENT' '#define LIB_MEM_MODULE_PRESENT' '#include <cpu.h>' '#include <lib_def.h>' \
    'typedef struct mem_seg { CPU_ADDR Base; } MEM_SEG;' \
    'void *Mem_SegAlloc(const CPU_CHAR *name, MEM_SEG *seg, CPU_SIZE_T size, LIB_ERR *err);' '#endif' > "$work/left/lib_mem.h"
printf '%s\n' '#include <lib_mem.h>' 'static MEM_SEG seg;' 'int main(void)' '{' '    LIB_ERR err;' \
    '    return Mem_SegAlloc("name", &seg, 4u, &err) == DEF_NULL;' '}' > "$work/left.c"
printf '%s\n' "#include \"$work/left/lib_mem.h\"" "#include \"$compat/lib_mem.h\"" > "$work/two.c"
# A project of uC/LIB's configuration alone, which includes truth values first; its size is no number in brackets.
mkdir "$work/alone"
printf '%s\n' '#ifndef LIB_CFG_MODULE_PRESENT' '#define LIB_CFG_MODULE_PRESENT' '#include <lib_def.h>' \
    '#define LIB_MEM_CFG_DBG_INFO_EN DEF_DISABLED' '#define LIB_MEM_CFG_HEAP_SIZE 1 << 16' \
    '#define LIB_MEM_CFG_HEAP_PADDING_ALIGN 1 << 5' '#endif' > "$work/alone/lib_cfg.h"
printf '%s\n' '#include ALONE_FIRST' '#include <lib_mem.h>' '#include <lib_cfg.h>' 'int main(void)' '{' '    LIB_ERR err;' \
    '    return Mem_HeapGetSizeRem(1u, &err) != 65536u || LFM_MICRIUM_NAMES != 0 || sizeof(err) != sizeof(int) ||' \
    '           (CPU_ADDR)Mem_SegAllocHW(DEF_NULL, DEF_NULL, 1u, 1u, DEF_NULL, &err) % 32u != 0u;' '}' > "$work/alone.c"
# C++ that takes the headers for C's.
printf '%s\n' 'extern "C" {' '#include <lib_mem.h>' '}' 'int main()' '{' '    return MEM_VAL_GET_INT08U("");' '}' > "$work/wrapped.cpp"
# A cpu.h of something else.
echo 'typedef unsigned char uint8;' > "$work/alien/cpu.h"
# A library without names.
sed 's/\(define LFM_MICRIUM_NAMES\) .*/\1 0/' "$build/include/lfmem/compat/micrium/lfm_micrium_config.h" > "$work/nameless.h"

while [ $# -gt 1 ]; do
    cc=$1 cxx=$2
    shift 2
    for first in cpu.h cpu_core.h lib_def.h lib_str.h lib_mem.h; do
        for name in DEF_ENABLED DEF_DISABLED; do
            for order in "$theirs $ours" "$ours $theirs"; do
                flags="$both $order -DPROJECT_FIRST=<$first> -DCPU_CFG_NAME_EN=$name"
                quietly $cc $only_c $flags -c -o "$work/client.o" "$project/client.c"
                quietly $cxx $only_cxx $flags -fsyntax-only "$project/client.c"
            done
        done
        quietly $cc -o "$work/client" "$work/client.o" $libraries
        "$work/client" || fail "$cc, $first first: the program returns $?"
    done
    # The test has to be able to fail.
    ! $cc $only_c $both $theirs $ours '-DPROJECT_FIRST=<missing.h>' -fsyntax-only "$project/client.c" 2> "$work/log" ||
        fail "$cc: the test cannot tell what does not compile"

    client="$cc $only_c $both $theirs $ours -DPROJECT_FIRST=<cpu.h> $project/client.c"
    client_cxx="$cxx $only_cxx $both $theirs $ours -DPROJECT_FIRST=<cpu.h> $project/client.c"
    quietly $client -fsyntax-only -DPROJECT_HEAP_SIZE="$heap"
    quietly $client -fsyntax-only -DPROJECT_HEAP_SIZE=0u
    quietly $client -fsyntax-only -DPROJECT_HEAP_PADDING="$padding" -DPROJECT_NAMES=DEF_ENABLED
    for compiler in "$client" "$client_cxx"; do
        stops 'configure lfmem with -Dmicrium_heap_size=' $compiler -DPROJECT_HEAP_SIZE="$((heap + 1))"
        stops 'configure lfmem with -Dmicrium_heap_padding=' $compiler -DPROJECT_HEAP_PADDING="$((2 * padding))"
        stops 'make a segment there' $compiler -DPROJECT_HEAP_BASE=0x20000000
        stops 'with -Dmicrium_names=' $compiler -include "$work/nameless.h" -DPROJECT_NAMES=DEF_ENABLED
        stops 'order of bytes that is compiled for' $compiler -DCPU_CFG_ENDIAN_TYPE='(__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 2u : 1u)'
        stops 'both with -fno-short-enums' $compiler -fshort-enums
    done
    stops "is not uC/CPU's" $cc $only_c -I"$work/alien" $theirs $ours -include lib_mem.h "$source/test/unit/micrium_consumer.c"
    for order in "$theirs $ours" "$ours $theirs" "$ours"; do
        quietly $cxx -std=c++17 $both $order -fsyntax-only "$work/wrapped.cpp"
    done
    stops 'uC/LIB 1.38 or later' $client -DLIB_DEF_MODULE_PRESENT -DLIB_VERSION=13700u
    stops 'take it out of the project' $cc $theirs $ours "$work/two.c"

    # With uC/LIB's own lib_mem.h in front a program does not link, and so is never given blocks of another layout.
    quietly $cc $theirs $ours -c -o "$work/left.o" "$work/left.c"
    quietly $cc -o "$work/left.program" "$work/left.o" $libraries
    quietly $cc -I"$work/left" $theirs $ours -c -o "$work/left.o" "$work/left.c"
    ! $cc -o "$work/left.program" "$work/left.o" $libraries 2> "$work/log" || fail "$cc: uC/LIB's own lib_mem.h links"

    # The project compiles lfmem.
    port="-I$compat -I$source/include -I$source/lib/port/include"
    for enums in -fno-short-enums -fshort-enums; do
        quietly $cc $only_c -O1 -Wall -Wextra -Wshadow -Wundef -Werror -fno-strict-aliasing $enums $theirs $port \
            '-DPROJECT_FIRST=<cpu.h>' -DPROJECT_HEAP_IS='PROJECT_HEAP_SIZE' -Wno-atomic-alignment \
            -o "$work/client" "$project/client.c" "$source"/lib/*.c "$source"/lib/compat/micrium*.c -pthread
        "$work/client" || fail "$cc $enums: the program with a lfmem of its own returns $?"
    done
    alone="$cc $only_c -O1 -Wall -Wextra -Wundef -Werror -fno-strict-aliasing -Wno-atomic-alignment -I$work/alone $port"
    (cd "$work/alone" && quietly $alone -c "$source"/lib/*.c "$source"/lib/compat/micrium*.c) || exit 1
    for first in lib_cfg.h lib_def.h cpu_core.h lib_mem.h; do
        quietly $alone "-DALONE_FIRST=<$first>" -o "$work/alone.program" "$work/alone.c" "$work"/alone/*.o -pthread
        "$work/alone.program" || fail "$cc: $first first, and lfmem's headers but for lib_cfg.h: the program returns $?"
    done
    stops 'at least 64 bytes' $cc $only_c $theirs $port -DPROJECT_HEAP_SIZE=0u "$source/lib/compat/micrium_list.c"
    stops 'it out of the project' $cc $only_c -I"$work/left" $theirs $port "$source/lib/compat/micrium_list.c"
    # One without uC/CPU and uC/LIB, too.
    for enums in -fno-short-enums -fshort-enums; do
        quietly $cc $only_c -Wall -Wextra -Wundef -Werror $enums $port -fsyntax-only "$source/lib/compat/micrium_list.c"
    done
    echo "$cc, $cxx"
done
