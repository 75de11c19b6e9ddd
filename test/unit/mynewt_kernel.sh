#!/bin/sh
# SPDX-License-Identifier: MIT
# Projects that have Mynewt's kernel, or NimBLE's porting layer, and lfmem's pools in place of os_mempool.[ch]: with stand-ins
# for their headers, which include each other and define macros as those do. Library and programs are compiled with what
# is the project's, in each order, and run. Then projects without a kernel that have values or lists of their own. Nothing is
# defined twice, under -Werror; what cannot work stops with a sentence.
# usage: mynewt_kernel.sh SOURCE BUILD LFMEM ALIGNMENT CC CXX [CC CXX]...
. "$(dirname "$0")/support.sh"
source=$1 build=$2 lfmem=$3 alignment=$4
shift 4
compat=$source/include/lfmem/compat
core="-I$source/include -I$build/include"
alone="$core -I$compat/mynewt -I$build/include/lfmem/compat/mynewt"
kernel="$core -I$compat/mynewt_kernel"
project="-Wall -Wextra -Wundef -Wno-unused-parameter -Werror"

# header PATH: of what it reads, with a guard
header()
{
    mkdir -p "$work/$(dirname "$1")"
    guard=$(echo "STAND_IN_$1" | tr 'a-z' 'A-Z' | tr -c 'A-Z0-9\n' '_')
    { printf '#ifndef %s\n#define %s\n' "$guard" "$guard"; cat; echo '#endif'; } > "$work/$1"
}

queue()
{
    cat <<'END'
#define SLIST_HEAD(name, type) struct name { struct type *slh_first; }
#define SLIST_ENTRY(type) struct { struct type *sle_next; }
#define SLIST_FIRST(head) ((head)->slh_first)
#define SLIST_NEXT(elm, field) ((elm)->field.sle_next)
#define SLIST_FOREACH(var, head, field) for ((var) = SLIST_FIRST(head); (var); (var) = SLIST_NEXT(var, field))
#define STAILQ_HEAD(name, type) struct name { struct type *stqh_first; struct type **stqh_last; }
#define STAILQ_ENTRY(type) struct { struct type *stqe_next; }
#define STAILQ_FIRST(head) ((head)->stqh_first)
#define STAILQ_NEXT(elm, field) ((elm)->field.stqe_next)
#define STAILQ_FOREACH(var, head, field) for ((var) = STAILQ_FIRST(head); (var); (var) = STAILQ_NEXT(var, field))
END
}

errors()
{
    echo 'enum os_error { OS_OK = 0, OS_ENOMEM = 1, OS_EINVAL = 2, OS_INVALID_PARM = 3, OS_MEM_NOT_ALIGNED = 4, OS_EBUSY = 11 };'
    echo 'typedef enum os_error os_error_t;'
    echo 'int os_error_to_sys(os_error_t error);'
}

# A kernel. os.h is the one that includes all; each other header includes what it needs, os.h among it. The values of options
# have no #ifndef.
queue | header kernel/include/os/queue.h
header kernel/include/os/os.h <<'END'
#include <stdlib.h>
#include <inttypes.h>
#include <syscfg/syscfg.h>
#ifndef __cplusplus
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#endif
#define OS_ALIGN(__n, __a) (((__n) & ((__a) - 1)) == 0 ? (__n) : (__n) + ((__a) - ((__n) & ((__a) - 1))))
#include "os/os_error.h"
#include "os/os_task.h"
#include "os/os_mbuf.h"
#include "os/os_mempool.h"
#include "os/queue.h"
END
{ echo '#include "syscfg/syscfg.h"'; errors; } | header kernel/include/os/os_error.h
header kernel/include/os/os_task.h <<'END'
#include "os/os.h"
#include "os/os_arch.h"
#include "os/queue.h"
struct os_task {
    os_stack_t stack[OS_STACK_ALIGN(64)];
    STAILQ_ENTRY(os_task) t_list;
    SLIST_ENTRY(os_task) t_free;
    os_sr_t t_sr;
};
END
header kernel/include/os/os_mbuf.h <<'END'
#include "os/os.h"
#include "os/queue.h"
struct os_mempool;
struct os_mbuf_pool {
    uint16_t omp_databuf_len;
    struct os_mempool *omp_pool;
    STAILQ_ENTRY(os_mbuf_pool) omp_next;
};
END
header kernel/include/os/mynewt.h <<'END'
#include "syscfg/syscfg.h"
#include "os/os.h"
END
header arch/os/os_arch.h <<'END'
#include <stdint.h>
#include "os/os_error.h"
typedef unsigned int os_sr_t;
typedef unsigned int os_stack_t;
#define OS_ALIGNMENT (STAND_IN_ALIGNMENT)
#define OS_STACK_ALIGNMENT (16)
#define OS_STACK_ALIGN(__nmemb) (OS_ALIGN(((__nmemb) * 16), OS_STACK_ALIGNMENT))
END
header gen/syscfg/syscfg.h <<'END'
#define MYNEWT_VAL(_name)                       MYNEWT_VAL_ ## _name
#define MYNEWT_VAL_OS_MEMPOOL_CHECK (0)
#define MYNEWT_VAL_OS_MEMPOOL_GUARD (STAND_IN_GUARD)
#define MYNEWT_VAL_OS_MEMPOOL_POISON (STAND_IN_POISON)
END
kernel_project="-I$work/kernel/include -I$work/arch -I$work/gen"

# A porting layer: no os_arch.h; alignment is in os.h, which the header of errors includes as well.
queue | header layer/include/os/queue.h
{ echo '#include "os/os.h"'; errors; } | header layer/include/os/os_error.h
header layer/include/os/os.h <<'END'
#include <assert.h>
#include <stdint.h>
#include <stddef.h>
#include "syscfg/syscfg.h"
#define BLE_NPL_OS_ALIGNMENT (STAND_IN_ALIGNMENT * 8 / 8)
#define OS_ALIGN(__n, __a) (((__n) & ((__a) - 1)) == 0 ? (__n) : (__n) + ((__a) - ((__n) & ((__a) - 1))))
#define OS_ALIGNMENT    (BLE_NPL_OS_ALIGNMENT)
typedef uint32_t os_sr_t;
#include "os/queue.h"
#include "os/os_error.h"
#include "os/os_mbuf.h"
#include "os/os_mempool.h"
END
cp "$work/kernel/include/os/os_mbuf.h" "$work/layer/include/os/os_mbuf.h"
header layer/include/mem/mem.h <<'END'
#include "os/queue.h"
#include "os/os_mempool.h"
#include "os/os_mbuf.h"
int mem_init(struct os_mempool *pool, struct os_mbuf_pool *mbuf_pool, void *buffer);
END
layer_project="-I$work/layer/include -I$work/gen"

# What a project does with pools; in C with its lists, too.
cat > "$work/use.inc" <<'END'
#include <stdint.h>
#ifndef __cplusplus
STAILQ_HEAD(os_mempool_list, os_mempool);
extern struct os_mempool_list g_os_mempool_list;
#endif
static struct os_mempool_ext pool;
static os_membuf_t memory[OS_MEMPOOL_SIZE(3, 20)];
static os_error_t callback(struct os_mempool_ext *ome, void *data, void *arg)
{
    return os_memblock_put_from_cb(&ome->mpe_mp, data);
}
int main(void)
{
    void *blocks[3];
    char name[] = "stand-in";
    if (MYNEWT_VAL(OS_MEMPOOL_GUARD) != STAND_IN_GUARD || OS_ALIGNMENT != STAND_IN_ALIGNMENT) {
        return 1;
    }
    for (int extended = 0; extended < 2; extended++) {
        const os_error_t status = extended ? os_mempool_ext_init(&pool, 3, 20, memory, name)
                                           : os_mempool_init(&pool.mpe_mp, 3, 20, memory, name);
        if (status != OS_OK) {
            return 2;
        }
        pool.mpe_put_cb = callback;
        const uintptr_t stride = OS_ALIGN(20, OS_ALIGNMENT) + (STAND_IN_GUARD && !extended ? OS_ALIGNMENT : 0);
        for (int i = 0; i < 3; i++) {
            blocks[i] = os_memblock_get(&pool.mpe_mp);
            if ((uintptr_t)blocks[i] != pool.mpe_mp.mp_membuf_addr + (uintptr_t)i * stride) {
                return 3;
            }
            for (int k = 0; k < 20; k++) {
                ((unsigned char *)blocks[i])[k] = 0xff;
            }
        }
        if ((unsigned char *)blocks[2] + 20 > (unsigned char *)memory + sizeof memory) {
            return 4;
        }
        for (int i = 0; i < 3; i++) {
            if (os_memblock_put(&pool.mpe_mp, blocks[i]) != OS_OK) {
                return 5;
            }
        }
#ifndef __cplusplus
        struct os_mempool *mp, *last = NULL;
        STAILQ_FOREACH(mp, &g_os_mempool_list, mp_list) {
            last = mp;
        }
        if (last != &pool.mpe_mp || STAILQ_FIRST(&g_os_mempool_list) != last) {
            return 6;
        }
        struct os_memblock *block;
        int n = 0;
        os_mempool_clear(&pool.mpe_mp);
        SLIST_FOREACH(block, &pool.mpe_mp, mb_next) {
            n++;
        }
        if (n != 3) {
            return 7;
        }
#endif
    }
    return pool.mpe_mp.mp_num_free != 3;
}
END

# program NAME HEADER...: a file that includes them, in this order, and uses pools
program()
{
    name=$1
    shift
    { printf '#include <%s>\n' $*; echo '#include "use.inc"'; } > "$work/$name.c"
    cp "$work/$name.c" "$work/$name.cpp"
}
program first os/os_mempool.h os/os.h
program second os/os.h os/os_mempool.h
program inside os/os_mbuf.h
program mynewt os/mynewt.h os/os_mempool.h
program errors os/os_error.h os/os_arch.h os/queue.h os/os_mempool.h
program late os/os_mempool.h os/os_error.h os/os_arch.h os/queue.h os/mynewt.h
program task os/os_task.h os/os_mempool.h
program mem mem/mem.h
program mem_late os/os_mbuf.h mem/mem.h
program bsd sys/queue.h os/os_mempool.h
program bsd_late os/mynewt.h sys/queue.h
program values values.h os/os.h sys/queue.h
program values_late os/mynewt.h values.h sys/queue.h
cat > "$work/values.h" <<'END'
#define OS_ALIGNMENT (STAND_IN_ALIGNMENT)
#define MYNEWT_VAL(_name) MYNEWT_VAL_ ## _name
#define MYNEWT_VAL_OS_MEMPOOL_GUARD (STAND_IN_GUARD)
#define MYNEWT_VAL_OS_MEMPOOL_POISON (STAND_IN_POISON)
END

# works NAME FLAG...: as C with the library, and runs
works()
{
    name=$1
    shift
    quietly $cc $project "$@" -I"$work" "$work/$name.c" "$work/mynewt.o" "$lfmem" -pthread -o "$work/program"
    "$work/program" || fail "$name, $*: the program says $?"
}

# compile NAMES FLAG...: as C and as C++
compile()
{
    names=$1
    shift
    quietly $cc $project "$@" -I"$work" -fsyntax-only $(printf "$work/%s.c " $names)
    quietly $cxx -std=c++17 $project "$@" -I"$work" -fsyntax-only $(printf "$work/%s.cpp " $names)
}

# library FLAG...: the front-end's source, as the project compiles it
library()
{
    quietly $cc -std=gnu11 -fno-strict-aliasing $project -DLFM_MYNEWT_METADATA=1024 -DLFM_MYNEWT_POOLS=4 -DLFM_MYNEWT_TRAPS=0 "$@" \
        -c -o "$work/mynewt.o" "$source/lib/compat/mynewt.c"
}

# refused SENTENCE FLAG...
refused()
{
    sentence=$1
    shift
    ! $cc $project -I"$work" -fsyntax-only "$@" > "$work/log" 2>&1 || fail "it compiles: $*"
    grep -q "error: .*$sentence" "$work/log" || { cat "$work/log" >&2; fail "$*: no word of '$sentence'"; }
}

while [ $# -gt 1 ]; do
    cc=$1 cxx=$2
    shift 2
    for values in "8 0 0" "4 1 0" "16 1 1"; do
        set -- $values "$@"
        stand_in="-DSTAND_IN_ALIGNMENT=$1 -DSTAND_IN_GUARD=$2 -DSTAND_IN_POISON=$3"
        shift 3
        library $stand_in $kernel_project $kernel
        works second $stand_in $kernel_project $kernel
        library $stand_in $kernel $layer_project
        works mem $stand_in $kernel $layer_project
    done
    compile "first second inside mynewt errors late task" $stand_in $kernel_project $kernel
    compile "first second inside mynewt errors late task" $stand_in $kernel $kernel_project
    compile "first second inside mem mem_late" $stand_in $layer_project $kernel
    compile "first second inside mem mem_late" $stand_in $kernel $layer_project

    # without a kernel: values that come first, or last and are the same; and lists
    stand_in="-DSTAND_IN_ALIGNMENT=$alignment -DSTAND_IN_GUARD=1 -DSTAND_IN_POISON=1"
    library $stand_in $alone -I"$work/gen"
    works bsd $stand_in $alone -I"$work/gen"
    compile "bsd bsd_late" $stand_in -I"$work/gen" $alone
    compile "values" $stand_in $alone
    stand_in="-DSTAND_IN_ALIGNMENT=$alignment -DSTAND_IN_GUARD=0 -DSTAND_IN_POISON=0"
    sed -i "s/STAND_IN_ALIGNMENT/$alignment/; s/STAND_IN_GUARD/0/; s/STAND_IN_POISON/0/" "$work/values.h"
    library $alone
    works values_late $stand_in $alone
    compile "bsd_late values_late" $stand_in $alone

    # others than the library's, told too late, are another definition
    sed 's/0/1/' "$work/values.h" > "$work/other.h"
    sed 's/values\.h/other.h/' "$work/values_late.c" > "$work/other_late.c"
    refused redefined $stand_in $alone "$work/other_late.c"

    # headers for programs without a kernel in front of a kernel's; a header that was not taken out
    stand_in="-DSTAND_IN_ALIGNMENT=8 -DSTAND_IN_GUARD=0 -DSTAND_IN_POISON=0"
    refused 'name include/lfmem/compat/mynewt_kernel' $stand_in $alone $kernel_project "$work/second.c"
    refused 'name include/lfmem/compat/mynewt_kernel' $stand_in $alone $layer_project "$work/first.c"
    printf '#ifndef _OS_MEMPOOL_H_\n#define _OS_MEMPOOL_H_\nstruct os_mempool { int mp; };\n#endif\n' > "$work/theirs.h"
    printf '#include "theirs.h"\n#include "os/os_mempool.h"\n' > "$work/both.c"
    refused 'take it out' $stand_in $kernel_project $kernel "$work/both.c"
    printf '#include "os/os_mempool.h"\n#include "theirs.h"\nstruct os_mempool pool;\n' > "$work/both.c"
    quietly $cc $project $stand_in $kernel_project $kernel -I"$work" -fsyntax-only "$work/both.c"
    printf '%s\n' '#define OS_ALIGNMENT (STAND_IN_ALIGNMENT)' '#define MYNEWT_VAL(_name) MYNEWT_VAL_ ## _name' \
        '#define MYNEWT_VAL_OS_MEMPOOL_GUARD (STAND_IN_GUARD)' '#define MYNEWT_VAL_OS_MEMPOOL_POISON (STAND_IN_POISON)' > "$work/values.h"
    refused 'OS_ALIGNMENT is 4, 8 or 16' -DSTAND_IN_ALIGNMENT=2 -DSTAND_IN_GUARD=0 -DSTAND_IN_POISON=0 $kernel_project $kernel \
        "$work/second.c"
    echo "$cc, $cxx"
done
