#!/bin/sh
# SPDX-License-Identifier: MIT
# misuse.sh CC INCLUDE...: what compilers are told of functions: a result that is lost, a block that another function frees,
# a write beyond what was asked for. Each line is first compiled as it should be.
. "$(dirname "$0")/support.sh"
cc=$1
shift
includes=
for folder in "$@"; do
    includes="$includes -I$folder"
done

# Each statement becomes a line, a function: those that the compiler should say nothing of, and those that it should.
begin='#include <lfmem/lfmem.h>
#include <stdlib.h>
LFM_POOL_DEFINE(pool, 8, 8, 8);
LFM_CACHE_DEFINE(cache, pool, 4);
LFM_SEGMENT_DEFINE(ram, 64, 1);
LFM_HEAP_DEFINE(heap, 256, 64, LFM_FIT_TRIMMED);
lfm_pool made[1];
const void *use[] = {pool, cache, ram, heap};'
echo "$begin" > "$work/good.c"
echo "$begin" > "$work/bad.c"

# statement KIND TEXT
statement()
{
    head="void *f$(wc -l < "$work/$1.c")(lfm_dynpool *dynpool, void *blocks[], char *memory)"
    echo "$head; $head { (void)dynpool; (void)blocks; (void)memory; $2 }" >> "$work/$1.c"
}

# twice GOOD BAD
twice()
{
    statement good "$1"
    statement bad "$2"
}

# used CALL: its result
used()
{
    twice "if ($1) { return memory; } return 0;" "$1; return 0;"
}

used 'lfm_pool_get(pool)'
used 'lfm_pool_get_many(pool, blocks, 3)'
used 'lfm_cache_get(cache)'
used 'lfm_cache_get_many(cache, blocks, 3)'
used 'lfm_dynpool_get(dynpool)'
used 'lfm_segment_alloc(ram, 8, 8)'
used 'lfm_segment_alloc_padded(ram, 8, 8)'
used 'lfm_heap_alloc(heap, 8)'
used 'lfm_heap_alloc_aligned(heap, 64, 8)'
used 'lfm_heap_calloc(heap, 8, 8)'
used 'lfm_heap_realloc(heap, memory, 8)'
used 'lfm_heap_realloc_aligned(heap, memory, 64, 8)'
used 'lfm_pool_init(made, memory, 100, 4, 8, 8)'
used 'lfm_pool_init_sharded(made, memory, 100, 4, 8, 8, 1)'
used 'lfm_pool_init_apart(made, memory, 100, blocks, 8, 4, 8, 8)'
used 'lfm_cache_init(cache, pool, blocks, 4)'
used 'lfm_segment_init((lfm_segment *)blocks, memory, 100, 1)'
used 'lfm_dynpool_init(dynpool, ram, blocks[0])'
used 'lfm_heap_init((lfm_heap *)blocks, memory, 100, 0)'
used 'lfm_pool_attach(pool)'
used 'lfm_segment_attach(ram)'
used 'lfm_dynpool_attach(dynpool)'
used 'lfm_heap_attach(heap)'
# what gives back may be dropped
statement good 'lfm_pool_put(pool, memory); lfm_heap_free(heap, memory); return 0;'

# sizes, as far as this compiler looks at them
if echo 'char *f(void); char *f(void) { char *p = __builtin_malloc(8); if (p) { p[8] = 1; } return p; }' |
    $cc -O2 -Wall -x c -S -o /dev/null - 2>&1 | grep -q warning; then
    for call in 'lfm_heap_alloc(heap, 8)' 'lfm_heap_alloc_aligned(heap, 64, 8)' 'lfm_heap_calloc(heap, 2, 4)' \
        'lfm_heap_realloc(heap, memory, 8)' 'lfm_heap_realloc_aligned(heap, memory, 64, 8)' 'lfm_segment_alloc(ram, 8, 1)' 'lfm_segment_alloc_padded(ram, 8, 1)'; do
        twice "char *p = $call; if (p) { p[7] = 1; } return p;" "char *p = $call; if (p) { p[8] = 1; } return p;"
    done
fi
# who frees, the same
if printf '%s\n' 'void end(char *p); char *begin(void) __attribute__((malloc(end, 1)));' \
    'void f(void); void f(void) { __builtin_free(begin()); }' |
    $cc -O2 -Wall -x c -S -o /dev/null - 2>&1 | grep -q mismatched; then
    for call in 'lfm_heap_alloc(heap, 8)' 'lfm_heap_alloc_aligned(heap, 64, 8)' 'lfm_heap_calloc(heap, 2, 4)'; do
        twice "lfm_heap_free(heap, $call); return 0;" "free($call); return 0;"
        twice "void *p = $call; lfm_heap_free(heap, p); return 0;" "void *p = $call; lfm_heap_free(heap, p); lfm_heap_free(heap, p); return 0;"
    done
fi

# compile KIND FLAG...
compile()
{
    kind=$1
    shift
    $cc -std=c11 -O2 -Wall -Wextra "$@" $includes -S -o "$work/made.s" "$work/$kind.c" > "$work/log" 2>&1
}
compile good -Werror || { cat "$work/log" >&2; fail 'not taken'; }
# in line, compilers are not told how large a piece is
compile bad -DLFM_INLINE=0 || { cat "$work/log" >&2; fail 'no program'; }
line=$(echo "$begin" | wc -l)
lines=$(wc -l < "$work/bad.c")
while [ $line -lt "$lines" ]; do
    line=$((line + 1))
    grep -q "bad.c:$line:.*warning" "$work/log" || fail "taken: $(sed -n "${line}s/.*memory; //p" "$work/bad.c")"
done
[ "$line" -gt 20 ] || fail 'nothing was tried'
