#!/bin/sh
# SPDX-License-Identifier: MIT
# Headers and definers in programs that are compiled with more warnings than lfmem is: as C and as C++ nothing is found in
# them, and in C++ too a static object is a constant when the program starts.
# usage: warnings.sh SOURCE BUILD core|micrium|mynewt|zephyr CC CXX [CC CXX]...
. "$(dirname "$0")/support.sh"
source=$1 build=$2 part=$3
shift 3
folders="-I$source/include -I$build/include"
case $part in
micrium) folders="$folders -I$source/include/lfmem/compat/micrium -I$build/include/lfmem/compat/micrium" ;;
mynewt) folders="$folders -I$source/include/lfmem/compat/mynewt -I$build/include/lfmem/compat/mynewt" ;;
zephyr) folders="$folders -I$source/include/lfmem/compat/zephyr -I$build/include/lfmem/compat/zephyr" ;;
esac
both="-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wcast-qual -Wcast-align -Wundef -Wredundant-decls -Wpointer-arith
    -Werror"
only_c="-Wstrict-prototypes -Wmissing-prototypes -Wbad-function-cast -Wnested-externs"
only_cxx="-Wold-style-cast -Wzero-as-null-pointer-constant"

core()
{
    cat <<'END'
#include <lfmem/lfmem.h>
struct record { double value; char name[21]; };
typedef struct record record;
enum { COUNT = 9 };
LFM_POOL_DECLARE(all);
LFM_POOL_DECLARE_TYPE(shared_records, record);
LFM_POOL_DECLARE_SHAPE(shaped, 8, 24, 8);
LFM_POOL_DECLARE_SHAPE_TYPE(shaped_records, 8, record);
LFM_CACHE_DECLARE(all_cache);
LFM_SEGMENT_DECLARE(all_ram);
LFM_HEAP_DECLARE(all_heap);

LFM_POOL_DEFINE(pool, 8, 24, 8);
LFM_POOL_DEFINE(unsigned_pool, 8u, sizeof(record), 64u);
LFM_POOL_DEFINE(long_pool, 70000ul % 65536ul, 12l, 4l);
LFM_POOL_DEFINE(counted, COUNT, COUNT, 1 << 3);
LFM_POOL_DEFINE_SHARDED(lists, COUNT, 20, 16, LFM_SHARDS ? 3 : 1);
LFM_POOL_DEFINE_IN(LFM_SECTION(".dma"), apart, 4, 32, 32);
LFM_POOL_DEFINE_GLOBAL(all, 8, 24, 8);
LFM_POOL_DEFINE_DECLARED(shaped);
LFM_POOL_DEFINE_DECLARED_IN(, shaped_records);
LFM_POOL_DEFINE_TYPE(records, 5, record);
LFM_POOL_DEFINE_TYPE(arrays, 5, char[16]);
LFM_POOL_DEFINE_TYPE_GLOBAL(shared_records, 5, record);
LFM_CACHE_DEFINE(cache, pool, 4);
LFM_CACHE_DEFINE_IN(__attribute__((aligned(256))), apart_cache, pool, 4u);
LFM_CACHE_DEFINE_GLOBAL(all_cache, all, COUNT);
LFM_SEGMENT_DEFINE(ram, 4096, 32);
LFM_SEGMENT_DEFINE_IN(LFM_SECTION(".dma"), apart_ram, 4096ul, 64u);
LFM_SEGMENT_DEFINE_GLOBAL(all_ram, 100, 1);
LFM_HEAP_DEFINE(heap, 16384, 64, LFM_FIT_TRIMMED);
LFM_HEAP_DEFINE_PEAK(peak, 1000u, 16u, LFM_FIT_BUDDY2);
LFM_HEAP_DEFINE_ALIGNED(page, 65536ul, 32ul, LFM_FIT_BUDDY4, 4096ul);
LFM_HEAP_DEFINE_IN(LFM_SECTION(".dma"), apart_heap, 1 << 20, 1 << 6, LFM_FIT_TRIMMED);
LFM_HEAP_DEFINE_GLOBAL(all_heap, 4096, 64, LFM_FIT_TRIMMED);

size_t use(lfm_dynpool *dynpool);
size_t use(lfm_dynpool *dynpool)
{
    static unsigned char blocks[LFM_POOL_STORAGE_BYTES_SHARDED(10, 20, 4, 2)];
    static unsigned char plain[LFM_POOL_STORAGE_BYTES(10, 20, 4)];
    static uint32_t links[LFM_POOL_LINKS_BYTES(10) / 4];
    static unsigned char metadata[LFM_DYNPOOL_METADATA_BYTES(1, 2)], storage[LFM_HEAP_STORAGE_BYTES(4096, 64)];
    record *const mine = LFM_POOL_GET(records), *const shared = LFM_POOL_GET(shared_records);
    size_t sum = sizeof blocks + sizeof plain + sizeof links + sizeof metadata + sizeof storage;
    sum += LFM_SEGMENT_MAX_BYTES % 7 + LFM_DYNPOOL_METADATA_MAX % 7 + LFM_POOL_MAX_COUNT + LFM_POOL_MAX_SHARDS;
    sum += LFM_HEAP_MAX_UNITS > 3 && LFM_UNLIMITED > 3 && LFM_VERSION >= LFM_VERSION_NUMBER(0, 1, 0);
    sum += LFM_POOL_PUT(records, mine) == LFM_OK && LFM_POOL_PUT(shared_records, shared) == LFM_OK;
    sum += lfm_cache_put(cache, lfm_cache_get(cache)) == LFM_OK;
    sum += lfm_pool_owns(counted, mine) || lfm_pool_owns(unsigned_pool, mine) || lfm_pool_owns(long_pool, mine);
    sum += lfm_pool_owns(lists, mine) || lfm_pool_owns(apart, mine) || lfm_pool_owns(arrays, mine);
    sum += lfm_cache_put(apart_cache, lfm_cache_get(all_cache)) == LFM_OK;
    sum += lfm_segment_remaining(ram, 1) + lfm_segment_remaining(apart_ram, 1) + lfm_segment_remaining(all_ram, 1);
    sum += lfm_heap_free(heap, lfm_heap_alloc(heap, 1)) == LFM_OK && lfm_heap_check(peak) == LFM_OK;
    sum += lfm_heap_check(page) == LFM_OK && lfm_heap_check(apart_heap) == LFM_OK && lfm_heap_check(all_heap) == LFM_OK;
    return sum + (lfm_dynpool_put(dynpool, lfm_dynpool_get(dynpool)) == LFM_OK);
}
END
}

micrium()
{
    cat <<'END'
#include <lib_mem.h>
#include <cpu_core.h>
#include <lib_cfg.h>
CPU_INT32U values(const void *from, CPU_INT08U *to, CPU_INT08U small, CPU_INT32U large);
CPU_INT32U values(const void *from, CPU_INT08U *to, CPU_INT08U small, CPU_INT32U large)
{
    static const CPU_INT16U port = MEM_VAL_HOST_TO_BIG_16(80);
    MEM_POOL_IX i = 3;
    MEM_VAL_SET_INT08U(to, small);
    MEM_VAL_SET_INT16U_BIG(to, large);
    MEM_VAL_SET_INT24U_LITTLE(to, small);
    MEM_VAL_SET_INT32U(to, 7);
    MEM_VAL_COPY_GET_INT32U_BIG(to, from);
    MEM_VAL_COPY_SET_INT16U_LITTLE(to, &port);
    MEM_VAL_COPY_GET_INTU(to, from, small);
    MEM_VAL_COPY_SET_INTU_BIG(to, from, i);
    MEM_VAL_COPY(to, from, 9);
    CPU_VAL_UNUSED(large)
    if (DEF_MIN(small, 3u) > LIB_MEM_CFG_HEAP_SIZE) {
        CPU_SW_EXCEPTION(0);
    }
    return MEM_VAL_BIG_TO_HOST_32(large) + MEM_VAL_GET_INT08U(from) + MEM_VAL_GET_INT16U_BIG(to) + MEM_VAL_GET_INT24U(from);
}
void *use(MEM_DYN_POOL *pool);
void *use(MEM_DYN_POOL *pool)
{
    static MEM_SEG segment;
    LIB_ERR error = LIB_MEM_ERR_NONE;
    void *block = DEF_NULL;
    Mem_DynPoolCreate("pool", pool, &segment, 20, 8, 10, LIB_MEM_BLK_QTY_UNLIMITED, &error);
    if (error == LIB_MEM_ERR_NONE && Mem_Cmp("a", "b", 1) == DEF_NO) {
        block = Mem_DynPoolBlkGet(pool, &error);
    }
    return block;
}
END
}

mynewt()
{
    cat <<'END'
#include <os/mynewt.h>
os_error_t use(struct os_mempool_ext *pool);
os_error_t use(struct os_mempool_ext *pool)
{
    static os_membuf_t memory[OS_MEMPOOL_SIZE(32, 64)], more[OS_MEMPOOL_BYTES(32u, 64u) / sizeof(os_membuf_t)];
    const os_error_t status = os_mempool_ext_init(pool, 32, OS_ALIGN(61u, 4u), memory, "packets");
    struct os_memblock *const first = SLIST_FIRST(&pool->mpe_mp);
    if (status != OS_OK || SLIST_NEXT(first, mb_next) == first || MYNEWT_VAL(OS_MEMPOOL_GUARD)) {
        return os_mempool_init(&pool->mpe_mp, 32, 64, more, "more");
    }
    return os_memblock_put(&pool->mpe_mp, os_memblock_get(&pool->mpe_mp));
}
END
}

zephyr()
{
    cat <<'END'
#include <kernel.h>
#include <lfm_zephyr_port.h>
#include <sys/mempool.h>
#include <zephyr/sys/sys_heap.h>
#define __nocache LFM_SECTION(".nocache")
#ifdef __cplusplus
#define NONE {}
#else
#define NONE {.own = {0}}
#endif
static K_MEM_POOL_DEFINE(quiet, sizeof(void *), 16 * sizeof(void *), 2, sizeof(void *));
__nocache K_MEM_POOL_DEFINE(units, 8, 128, 2, 8);
static __nocache K_MEM_POOL_DEFINE(lowest, 4, _MPOOL_MINBLK, 1, 4);
__attribute__((aligned(64))) Z_MEM_POOL_DEFINE(aligned, 16u, 96, 4, 4);
SYS_MEM_POOL_DEFINE(texts, NULL, 16, 1024, 2, 4, .data);
static SYS_MEM_POOL_DEFINE(more_texts, NULL, 16, 1024, 2, 4, .nocache);
K_MEM_POOL_DEFINE(pool, 64, 4096, 3, 4);
K_HEAP_DEFINE(heap, 2048);
static K_HEAP_DEFINE(inner, 100u);
LFM_SECTION(".dma") __attribute__((aligned(256))) K_HEAP_DEFINE(apart, 1ul << 16);
K_HEAP_DEFINE_NOCACHE(uncached, Z_HEAP_MIN_SIZE_FOR(12345));
Z_HEAP_DEFINE_IN_SECT(placed, sizeof(double) * 9, LFM_SECTION(".dma"));
K_MEM_POOL_DEFINE(counted, 60u, 100u, 2u, 64u);
int use(void);
int use(void)
{
    struct k_mem_block block;
    int status = k_mem_pool_alloc(&pool, &block, 100, K_NO_WAIT);
    status += k_mem_pool_alloc(&counted, &block, 100, K_MINUTES(1)) + k_mem_pool_alloc(&counted, &block, 1, K_FOREVER);
    k_free(k_mem_pool_malloc(&pool, 100));
    k_mem_pool_defrag(&pool);
    k_thread_resource_pool_assign(k_current_get(), &quiet);
    k_free(z_thread_malloc(8));
    k_free(z_thread_aligned_alloc(8, 8));
    k_free(k_mem_pool_malloc(&units, 8));
    k_free(k_mem_pool_malloc(&lowest, 8));
    k_free(k_mem_pool_malloc(&aligned, 8));
    sys_mem_pool_init(&texts);
    sys_mem_pool_free(sys_mem_pool_alloc(&texts, 8));
    status += sys_mem_pool_try_expand_inplace(sys_mem_pool_alloc(&more_texts, 8), 8) == 0;
    static unsigned char memory[Z_HEAP_MIN_SIZE_FOR(1000)], least[Z_HEAP_MIN_SIZE];
    static struct sys_heap mine;
    static struct k_heap later = {{LFM_NULL_, memory, sizeof memory, NONE}, 0};
    struct sys_memory_stats stats;
    sys_heap_init(&mine, least, sizeof least);
    k_heap_init(&later, later.heap.init_mem, later.heap.init_bytes);
    status += sys_heap_runtime_stats_get(&mine, &stats) + sys_heap_validate(&heap.heap);
    k_heap_free(&heap, k_heap_aligned_alloc(&inner, 16, 1, K_NO_WAIT));
    k_heap_free(&apart, k_heap_realloc(&uncached, k_heap_calloc(&placed, 1, 1, K_FOREVER), 2, K_MSEC(1)));
    sys_heap_free(&mine, sys_heap_realloc(&mine, sys_heap_aligned_alloc(&mine, 8, 8), 4));
    return status + K_TIMEOUT_EQ(K_SECONDS(1), K_MSEC(1000)) + EAGAIN + ENOMEM + EINVAL;
}
END
}

# compile COMPILER FLAG...: quietly, to assembler
compile()
{
    $* -S -o "$work/made.s" > "$work/log" 2>&1
}

# clean COMPILER FLAG...
clean()
{
    compile "$@" || { head -n 20 "$work/log" >&2; fail "$part: $*"; }
}

# dynamic: whether what was compiled does anything before main
dynamic()
{
    grep -q 'init_array\|\.ctors\|__cxx_global_var_init' "$work/made.s"
}

$part > "$work/use.c"
cp "$work/use.c" "$work/use.cpp"
mkdir "$work/project"
printf '#define OS_ALIGNMENT %s\n#define MYNEWT_VAL_OS_MEMPOOL_POISON (0)\n#define MYNEWT_VAL_OS_MEMPOOL_GUARD (1)\n' 8 > "$work/project/values.h"
echo 'int f(long x); int f(long x) { return (int)x; }' > "$work/cast.cpp"
echo 'int g(); int f(); int x = g(); int f() { return x; }' > "$work/late.cpp"

while [ $# -gt 1 ]; do
    cc=$1 cxx=$2
    shift 2
    # what only one of them knows
    for flag in -Wuseless-cast -Wlogical-op -Wduplicated-cond -Wextra-semi; do
        ! $cxx $flag -Werror -x c++ -fsyntax-only /dev/null > "$work/log" 2>&1 || only_cxx="$only_cxx $flag"
    done
    # The test has to be able to fail.
    ! compile $cxx $both $only_cxx "$work/cast.cpp" || fail "$cxx: a cast goes unseen"
    clean $cxx "$work/late.cpp"
    dynamic || fail "$cxx: what is initialised late goes unseen"
    for level in -O0 -O2; do
        clean $cc -std=c11 $both $only_c $level $folders "$work/use.c"
        for standard in c++17 c++20; do
            clean $cxx -std=$standard $both $only_cxx $level $folders "$work/use.cpp"
            ! dynamic || fail "$part: $cxx -std=$standard $level: initialised when the program runs"
        done
    done
    if [ "$part" = mynewt ]; then # in a project that has values of its own
        clean $cc -std=c11 $both $only_c $folders -include "$work/project/values.h" "$work/use.c"
        clean $cxx -std=c++17 $both $only_cxx $folders -include "$work/project/values.h" "$work/use.cpp"
    fi
    only_cxx="-Wold-style-cast -Wzero-as-null-pointer-constant"
    echo "$part: $cc, $cxx"
done
