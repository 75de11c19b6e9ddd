#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header compiles alone, and included twice, as C11 and as C++17 without a warning.
# usage: headers.sh "CC" "CXX" include-dir include-dir header...
set -eu
cc=$1 cxx=$2 include=$3 generated=$4
shift 4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wundef -Werror"

# compiles FILE HEADER...: a C and a C++ file that include the headers and nothing else
compiles()
{
    file=$1
    shift
    for header in "$@"; do
        echo "#include <lfmem/$header>"
    done > "$work/$file.c"
    echo "typedef int lfm_not_empty;" >> "$work/$file.c"
    cp "$work/$file.c" "$work/$file.cpp"
    $cc -std=c11 $warnings -I"$include" -I"$generated" -I"$work" -fsyntax-only "$work/$file.c" &&
        $cxx -std=c++17 $warnings -I"$include" -I"$generated" -I"$work" -fsyntax-only "$work/$file.cpp"
}

# The test has to be able to fail: a header that leans on another one, and one without a guard.
mkdir "$work/lfmem"
echo "lfm_status leaning(void);" > "$work/lfmem/leaning.h"
echo "enum unguarded { UNGUARDED };" > "$work/lfmem/unguarded.h"
if compiles bad leaning.h 2> "$work/log" || ! compiles good status.h leaning.h ||
    compiles bad unguarded.h unguarded.h 2> "$work/log" || ! compiles good unguarded.h; then
    echo "the test cannot tell good headers from bad ones" >&2
    exit 1
fi

[ $# -gt 0 ] || { echo "no headers" >&2; exit 1; }
for header in "$@"; do
    name=$(basename "$header")
    compiles one "$name" && compiles two "$name" "$name" || { echo "$name does not compile alone" >&2; exit 1; }
    echo "$name: C11 and C++17, once and twice"
done
