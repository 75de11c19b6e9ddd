#!/bin/sh
# SPDX-License-Identifier: MIT
# The Mynewt front-end as a package: its headers compile alone, as C11 and C++17; its libraries want nothing but
# memcpy, memset and lfm_*, and export os_* and nothing else; a program finds it by pkg-config.
# usage: mynewt.sh SOURCE BUILD PREFIX LIBDIR MESON CC CXX NM STATIC SHARED BAD_STATIC BAD_SHARED
# The bad libraries must be found bad, or the test sees nothing.
set -eu
unset LD_LIBRARY_PATH
source=$1 build=$2 prefix=$3 libdir=$4 meson=$5 cc=$6 cxx=$7 nm=$8
shift 8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root$prefix
libraries=$root/$libdir

# Symbols that an archive wants from elsewhere.
wanted()
{
    $nm -u "$1" | awk 'NF == 2 { print $2 }' | sort -u > "$work/undefined"
    $nm -g --defined-only "$1" | awk 'NF == 3 { print $3 }' | sort -u > "$work/defined"
    [ -s "$work/defined" ] || { echo "$1 defines nothing" >&2; exit 1; }
    comm -23 "$work/undefined" "$work/defined" | grep -vxE 'memcpy|memset|_GLOBAL_OFFSET_TABLE_|lfm_[a-z_]*' || true
}

# Exported names but those of the interface and of the C start-up code.
exported()
{
    $nm -D --defined-only "$1" | awk 'NF == 3 { print $3 }' > "$work/exported"
    [ -s "$work/exported" ] || { echo "$1 exports nothing" >&2; exit 1; }
    grep -vxE 'os_mem(pool|block)_[a-z_]*|_init|_fini' "$work/exported" || true
}

[ -n "$(wanted "$3")" ] && [ -n "$(exported "$4")" ] || { echo "the bad libraries look good" >&2; exit 1; }
wants=$(wanted "$1") exports=$(exported "$2")
[ -z "$wants" ] || { echo "$1 needs from outside:" $wants >&2; exit 1; }
[ -z "$exports" ] || { echo "$2 exports:" $exports >&2; exit 1; }
grep -qx os_memblock_get "$work/exported" || { echo "$2 does not export os_memblock_get" >&2; exit 1; }

$meson install -C "$build" --no-rebuild --destdir "$work/root" > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }

warnings="-Wall -Wextra -Wpedantic -Wshadow -Wundef -Werror"
for header in mynewt os os_arch os_error os_mempool; do
    printf '#include <os/%s.h>\n#include <os/%s.h>\ntypedef int lfm_not_empty;\n' $header $header > "$work/$header.c"
    cp "$work/$header.c" "$work/$header.cpp"
    paths="-I$root/include -I$root/include/lfmem/compat/mynewt"
    $cc -std=c11 $warnings $paths -fsyntax-only "$work/$header.c"
    $cxx -std=c++17 $warnings $paths -fsyntax-only "$work/$header.cpp"
done

command -v pkg-config > "$work/log" || { echo "skipped: no pkg-config here"; exit 77; }
export PKG_CONFIG_LIBDIR="$libraries/pkgconfig"
flags=$(pkg-config --define-variable=prefix="$root" --cflags --libs lfmem-mynewt)
$cc -std=c11 -o "$work/shared" "$source/test/unit/mynewt_consumer.c" $flags
LD_LIBRARY_PATH=$libraries "$work/shared"
mkdir "$work/only-static"
cp "$libraries/liblfmem.a" "$libraries/liblfmem-mynewt.a" "$work/only-static"
$cc -std=c11 -o "$work/static" "$source/test/unit/mynewt_consumer.c" \
    $(pkg-config --define-variable=prefix="$root" --cflags lfmem-mynewt) -L"$work/only-static" \
    $(pkg-config --static --libs-only-l lfmem-mynewt)
"$work/static"
