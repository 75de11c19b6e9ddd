#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header, and each of those in detail/, compiles alone, and included twice, as C11 and as C++17 without a warning.
# usage: headers.sh "CC" "CXX" include-dir include-dir header...
. "$(dirname "$0")/support.sh"
cc=$1 cxx=$2 include=$3 generated=$4
shift 4
flags="-I$include -I$generated -I$work"

# The test has to be able to fail: a header that leans on another one, and one without a guard.
mkdir "$work/lfmem"
echo "lfm_status leaning(void);" > "$work/lfmem/leaning.h"
echo "enum unguarded { UNGUARDED };" > "$work/lfmem/unguarded.h"
leaning=lfmem/leaning.h unguarded=lfmem/unguarded.h
if compiles "$flags" $leaning 2> "$work/log" || ! compiles "$flags" lfmem/status.h $leaning ||
    compiles "$flags" $unguarded $unguarded 2> "$work/log" || ! compiles "$flags" $unguarded; then
    fail "the test cannot tell good headers from bad ones"
fi

[ $# -gt 0 ] || fail "no headers"
[ $# -eq "$(find "$include/lfmem" -name compat -prune -o -name '*.h' -print | wc -l)" ] || fail "not all headers are installed: $*"
for header in "$@"; do
    name=lfmem/${header##*/lfmem/}
    case $name in
    lfmem/detail/a[dt]*.h | lfmem/detail/bump.h | lfmem/detail/configuration.h | lfmem/detail/list*.h | lfmem/detail/*pool_inline.h | lfmem/detail/*pool_list.h | \
        lfmem/detail/port.h | lfmem/detail/segment_inline.h)
        cxx_here=$cxx cxx=true # C++ calls functions
        alone "$flags" "$name"
        cxx=$cxx_here
        ;;
    *) alone "$flags" "$name" ;;
    esac
done
