#!/bin/sh
# SPDX-License-Identifier: MIT
# definers.sh CC INCLUDE...: a bad static pool, cache, segment, dynamic pool or heap does not compile, and a good one does. The first INCLUDE
# is the source's.
set -u
cc=$1
shift
source=$1/..
includes=
for folder in "$@"; do
    includes="$includes -I$folder"
done

# try FLAGS COUNT SIZE ALIGN SHARDS: whether that compiles
try() {
    # shellcheck disable=SC2086
    printf '#include <lfmem/pool.h>\nLFM_POOL_DEFINE_SHARDED(pool, %s, %s, %s, %s);\nconst lfm_pool *get(void) { return pool; }\n' \
        "$2" "$3" "$4" "$5" | $cc -std=c11 -ffreestanding $1 $includes -x c -fsyntax-only - 2>/dev/null
}
# segment FLAGS BYTES PADDING: the same of a segment
segment() {
    # shellcheck disable=SC2086
    printf '#include <lfmem/segment.h>\nLFM_SEGMENT_DEFINE(ram, %s, %s);\nconst lfm_segment *get(void) { return ram; }\n' \
        "$2" "$3" | $cc -std=c11 -ffreestanding $1 $includes -x c -fsyntax-only - 2>/dev/null
}
# cache SLOTS: the same of a cache
cache() {
    # shellcheck disable=SC2086
    printf '#include <lfmem/cache.h>\nLFM_POOL_DEFINE(pool, 8, 8, 8);\nLFM_CACHE_DEFINE(cache, pool, %s);\nlfm_cache *get(void) { return cache; }\n' \
        "$1" | $cc -std=c11 -Wall -Wextra -Werror -ffreestanding $includes -x c -fsyntax-only - 2>/dev/null
}
good_segment() {
    segment "$@" || { echo "does not compile: segment $*" && failed=1; }
}
bad_segment() {
    ! segment "$@" || { echo "compiles: segment $*" && failed=1; }
}
bad() {
    ! try "$@" || { echo "compiles: $*" && failed=1; }
}
good() {
    try "$@" || { echo "does not compile: $*" && failed=1; }
}

failed=0
good '' 1 1 1 1
good '' 1000 20 4096 '(LFM_SHARDS ? 8 : 1)'
bad '' 0 8 8 1
bad '' 100000000 8 8 1
bad '' 8 0 8 1
bad '' 8 8 0 1
bad '' 8 8 12 1
bad '' 8 8 8 0
bad '' 8 8 8 9
bad '' 1000 8 8 '(LFM_POOL_MAX_SHARDS + 1)'
# Where there are no shards because the build is without them, the message says so.
# shellcheck disable=SC2086
printf '#include <lfmem/pool.h>\nLFM_POOL_DEFINE_SHARDED(pool, 8, 8, 8, 4);\n' |
    $cc -std=c11 -ffreestanding -DLFM_SHARDS=0 -I"$source/lib/port/include" $includes -x c -fsyntax-only - 2>&1 |
    grep -q 'built without shards' || { echo 'shards: the message does not say that there are none' && failed=1; }
for slots in 2 3 32; do
    cache "$slots" || { echo "does not compile: cache $slots" && failed=1; }
done
for slots in 0 1 -1 '(LFM_POOL_MAX_COUNT + 1)'; do
    ! cache "$slots" || { echo "compiles: cache $slots" && failed=1; }
done
good_segment '' 1 1
good_segment '' 4096 32
good_segment '' 5 4096
bad_segment '' 0 32
bad_segment '' -1 32
bad_segment '' '(LFM_SEGMENT_MAX_BYTES + 1)' 32
bad_segment '' SIZE_MAX 32
bad_segment '' 4096 0
bad_segment '' 4096 3
bad_segment '' 4096 48
bad_segment '' 4096 -32

# dynpool INITIAL MAXIMUM GROW SIZE ALIGN: the same of a dynamic pool
dynpool() {
    # shellcheck disable=SC2086
    printf '#include <lfmem/dynpool.h>\nLFM_SEGMENT_DEFINE(ram, 4096, 32);\nLFM_DYNPOOL_DEFINE(pool, ram, %s, %s, %s, %s, %s);\nconst lfm_dynpool *get(void) { return pool; }\n' \
        "$@" | $cc -std=c11 -Wall -Wextra -ffreestanding $includes -x c -fsyntax-only - 2>/dev/null
}
while read -r what initial maximum grow size align; do
    if dynpool "$initial" "$maximum" "$grow" "$size" "$align"; then
        [ "$what" = good ] || { echo "compiles: dynpool $initial $maximum $grow $size $align" && failed=1; }
    else
        [ "$what" = bad ] || { echo "does not compile: dynpool $initial $maximum $grow $size $align" && failed=1; }
    fi
done <<END
good 1 1 1 1 1
good 0 1 0 1 1
good 8u 200u 4u sizeof(long) 4096
bad 0 0 1 8 8
bad 9 8 1 8 8
bad -1 8 1 8 8
bad 0 -1 1 8 8
bad 0 LFM_POOL_MAX_COUNT 1 8 8
bad 0 LFM_UNLIMITED 1 8 8
bad 1 8 -1 8 8
bad 1 8 1 0 8
bad 1 8 1 8 0
bad 1 8 1 8 12
bad 60000 60000 1 SIZE_MAX 8
END

# heap FLAGS BYTES MIN_BLOCK FIT ALIGN; the same of a heap, and that its storage has that alignment
heap()
{
    # shellcheck disable=SC2086
    printf '#include <lfmem/heap.h>\nLFM_HEAP_DEFINE_ALIGNED(heap, %s, %s, %s, %s);\nconst lfm_heap *get(void) { return heap; }\n_Static_assert(__alignof__(heap_lfm_storage) == (%s), "");\n' \
        "$2" "$3" "$4" "$5" "$5" | $cc -std=c11 -ffreestanding $1 $includes -x c -fsyntax-only - 2>/dev/null
}
good_heap()
{
    heap "$@" || { echo "does not compile: heap $*" && failed=1; }
}
bad_heap()
{
    ! heap "$@" || { echo "compiles: heap $*" && failed=1; }
}
good_heap '' 4096 64 LFM_FIT_TRIMMED 16
good_heap '' 16 16 LFM_FIT_BUDDY2 65536
good_heap '' 8 8 LFM_FIT_BUDDY2 16
bad_heap '' 7 8 LFM_FIT_BUDDY2 16
bad_heap '' 15 16 LFM_FIT_BUDDY2 16
bad_heap '' 4096 4 LFM_FIT_TRIMMED 16
bad_heap '' 4096 48 LFM_FIT_TRIMMED 16
bad_heap '' 4096 64 3 16
bad_heap '' 4096 64 LFM_FIT_TRIMMED 8
bad_heap '' 4096 64 LFM_FIT_TRIMMED 0
bad_heap '' 4096 64 LFM_FIT_TRIMMED 48

# compiles TEXT [FLAG...]: to assembler
compiles()
{
    text=$1
    shift
    # shellcheck disable=SC2086
    printf '#include <lfmem/lfmem.h>\n%s\n' "$text" |
        $cc -std=c11 -Wall -Wextra -Werror -ffreestanding $includes "$@" -x c -S -o - - 2>/dev/null
}
# The variants look at their arguments as the others do.
for bad in 'LFM_POOL_DEFINE_IN(, pool, 0, 8, 8)' 'LFM_POOL_DEFINE_GLOBAL(pool, 8, 0, 8)' 'LFM_CACHE_DEFINE_IN(, cache, 0, 1)' \
    'LFM_CACHE_DEFINE_GLOBAL(cache, 0, 0)' 'LFM_SEGMENT_DEFINE_IN(, ram, 100, 3)' 'LFM_SEGMENT_DEFINE_GLOBAL(ram, 0, 1)' \
    'LFM_HEAP_DEFINE_IN(, heap, 8, 16, LFM_FIT_TRIMMED)' 'LFM_HEAP_DEFINE_GLOBAL(heap, 100, 15, LFM_FIT_TRIMMED)' \
    'LFM_POOL_DEFINE_WITH(static, , pool, 8, 8, 8, 9)' 'LFM_POOL_DEFINE_TYPE(pool, 0, int)' \
    'LFM_POOL_DECLARE_SHAPE(pool, 0, 8, 8)' 'LFM_POOL_DECLARE_SHAPE(pool, 8, 8, 12)' 'LFM_POOL_DECLARE_SHAPE_TYPE(pool, 0, int)' \
    'LFM_POOL_DEFINE_DECLARED(pool)' 'LFM_POOL_DECLARE_SHAPE(pool, 8, 8, 8); LFM_POOL_DECLARE_SHAPE(pool, 9, 8, 8)'; do
    compiles "$bad;" >/dev/null && echo "compiles: $bad" && failed=1
done
# A section of the kind of .bss takes no room in an image; another one is there.
compiles 'LFM_POOL_DEFINE_IN(LFM_SECTION(".bss.dma"), pool, 8, 8, 8); void *f(void) { return lfm_pool_get(pool); }' |
    grep -q '\.bss\.dma,"aw",[@%]nobits' || { echo 'no section of the kind of .bss' && failed=1; }
compiles 'LFM_HEAP_DEFINE_IN(LFM_SECTION(".dma"), heap, 256, 64, LFM_FIT_TRIMMED); void *f(void) { return lfm_heap_alloc(heap, 1); }' |
    grep -q '\.dma,"aw"' || { echo 'no section' && failed=1; }
# Of a pool of a type, a get is a pointer to that, and a put takes no other.
typed='typedef struct { int x; } point; LFM_POOL_DEFINE_TYPE(points, 8, point);'
compiles "$typed lfm_status f(void) { point *p = LFM_POOL_GET(points); return LFM_POOL_PUT(points, p); }" >/dev/null ||
    { echo 'does not compile: typed' && failed=1; }
compiles "typedef struct { int x; } point; LFM_POOL_DECLARE_TYPE(points, point);
    LFM_POOL_DEFINE_WITH(LFM_GLOBAL, LFM_SECTION(\".bss.dma\"), points, 8, sizeof(point), _Alignof(point), (LFM_SHARDS ? 2 : 1));
    lfm_status f(void) { point *p = LFM_POOL_GET(points); return LFM_POOL_PUT(points, p); }" >/dev/null ||
    { echo 'does not compile: typed, in a section' && failed=1; }
for bad in 'int *p = LFM_POOL_GET(points); return p != 0;' 'void *p = 0; return LFM_POOL_PUT(points, p);' \
    'int *p = 0; return LFM_POOL_PUT(points, p);' 'const point *p = 0; return LFM_POOL_PUT(points, p);' \
    'return LFM_POOL_GET(points) == 0 ? LFM_POOL_PUT(pool, 0) : LFM_OK;'; do
    compiles "$typed LFM_POOL_DEFINE(pool, 8, 8, 8); lfm_status f(void) { (void)pool; $bad }" >/dev/null && echo "compiles: $bad" && failed=1
done

# blocks of 4 GiB: no object of a 32-bit machine, whatever size_t makes of the product
if [ "$(uname -m)" = x86_64 ]; then
    good -m32 1000 1000 4 1
    bad -m32 32768 131072 4 1
    bad -m32 32768 65536 4 1
    # no hole in front of a heap
    compiles 'LFM_HEAP_DEFINE(heap, 65536, 64, LFM_FIT_TRIMMED); const lfm_heap *f(void) { return heap; }
        _Static_assert(__alignof__(heap_lfm_storage) == 16, "");' -m32 -fsyntax-only || { echo 'a heap of a small machine' && failed=1; }
    # where a word of 64 bits is aligned to 4 bytes in C, but not if it is atomic
    compiles 'static _Alignas(16) unsigned char memory[64]; LFM_HEAP_DEFINE_OVER_(heap, memory, 64, 16, LFM_FIT_TRIMMED);
        const lfm_heap *f(void) { return heap; } _Static_assert(__alignof__(heap_lfm_metadata) >= sizeof(lfm_word_), "");' -m32 \
        -fsyntax-only || { echo 'metadata on a small machine' && failed=1; }
fi

# Macros that name their arguments often, and nest, have made megabytes of one line. expanded HEADER DEFINER: its characters.
expanded() {
    # shellcheck disable=SC2086
    printf '#include <lfmem/%s>\n%s\n' "$1" "$2" | $cc -std=c11 -ffreestanding $includes -x c -E -P - 2>/dev/null | tail -n 1 | wc -c
}
for definer in 'pool.h LFM_POOL_DEFINE_SHARDED(pool, 64, 64, 8, 4)' 'heap.h LFM_HEAP_DEFINE(heap, 65536, 64, LFM_FIT_TRIMMED)' \
    'dynpool.h LFM_DYNPOOL_DEFINE(pool, segment, 4, 16, 0, 64, 8)'; do
    length=$(expanded "${definer%% *}" "${definer#* }")
    { [ "$length" -gt 1000 ] && [ "$length" -lt 65536 ]; } || { echo "$length characters: $definer" && failed=1; }
done
exit $failed
