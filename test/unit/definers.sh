#!/bin/sh
# SPDX-License-Identifier: MIT
# definers.sh CC INCLUDE...: a bad static pool, cache or segment does not compile, and a good one does.
set -u
cc=$1
shift
includes=
for folder in "$@"; do
    includes="$includes -I$folder"
done

# try FLAGS COUNT SIZE ALIGN SHARDS: whether that compiles
try() {
    # shellcheck disable=SC2086
    printf '#include <lfmem/pool.h>\nLFM_POOL_DEFINE_SHARDED(pool, %s, %s, %s, %s);\nlfm_pool *get(void) { return pool; }\n' \
        "$2" "$3" "$4" "$5" | $cc -std=c11 -ffreestanding $1 $includes -x c -fsyntax-only - 2>/dev/null
}
# segment FLAGS BYTES PADDING: the same of a segment
segment() {
    # shellcheck disable=SC2086
    printf '#include <lfmem/segment.h>\nLFM_SEGMENT_DEFINE(ram, %s, %s);\nlfm_segment *get(void) { return ram; }\n' \
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
# blocks of 4 GiB: no object of a 32-bit machine, whatever size_t makes of the product
if [ "$(uname -m)" = x86_64 ]; then
    good -m32 1000 1000 4 1
    bad -m32 32768 131072 4 1
    bad -m32 32768 65536 4 1
fi
exit $failed
