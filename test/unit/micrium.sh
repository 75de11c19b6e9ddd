#!/bin/sh
# SPDX-License-Identifier: MIT
# The front-end of Micrium uC/LIB, installed: a program for uC/LIB is built with what pkg-config tells and with nothing
# else, against the shared and the static library; each header compiles alone, twice, as C11 and as C++17; the libraries
# want and export what they should.
# usage: micrium.sh BUILD PREFIX LIBDIR MESON CC CXX NM CONSUMER HEADER...
set -eu
unset LD_LIBRARY_PATH
build=$1 prefix=$2 libdir=$3 meson=$4 cc=$5 cxx=$6 nm=$7 consumer=$8
shift 8
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root$prefix
libraries=$root/$libdir

fail()
{
    echo "$*" >&2
    exit 1
}

$meson install -C "$build" --no-rebuild --destdir "$work/root" > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
export PKG_CONFIG_LIBDIR="$libraries/pkgconfig"
flags=$(pkg-config --define-variable=prefix="$root" --cflags lfmem-micrium)
$cc -std=c11 -Wall -Werror -o "$work/shared" "$consumer" $flags \
    $(pkg-config --define-variable=prefix="$root" --libs lfmem-micrium)
LD_LIBRARY_PATH=$libraries "$work/shared"
mkdir "$work/only-static"
cp "$libraries/liblfmem.a" "$libraries/liblfmem-micrium.a" "$work/only-static"
$cc -std=c11 -o "$work/static" "$consumer" $flags -L"$work/only-static" -llfmem-micrium -llfmem
"$work/static"

[ $# -gt 0 ] || fail "no headers"
for header in "$@"; do
    name=$(basename "$header")
    for times in once twice; do
        { echo "#include <$name>"; [ $times = once ] || echo "#include <$name>"; echo "typedef int not_empty;"; } > "$work/a.c"
        cp "$work/a.c" "$work/a.cpp"
        $cc -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wundef -Werror $flags -fsyntax-only "$work/a.c" &&
            $cxx -std=c++17 -Wall -Wextra -Wpedantic -Wshadow -Wundef -Werror $flags -fsyntax-only "$work/a.cpp" ||
            fail "$name does not compile alone, $times"
    done
done

# G7: nothing but memset, memcpy and lfmem is wanted; nothing but uC/LIB's names is exported.
$nm -u "$libraries/liblfmem-micrium.a" | awk 'NF == 2 { print $2 }' | sort -u > "$work/undefined"
$nm -g --defined-only "$libraries/liblfmem-micrium.a" | awk 'NF == 3 { print $3 }' | sort -u > "$work/defined"
grep -qx lfm_dynpool_get "$work/undefined" || fail "the static library does not want lfm_dynpool_get"
bad=$(comm -23 "$work/undefined" "$work/defined" | grep -vxE 'memcpy|memset|_GLOBAL_OFFSET_TABLE_|lfm_[a-z_]*' || true)
[ -z "$bad" ] || fail "liblfmem-micrium.a needs from outside:" $bad
for shared in "$libraries"/liblfmem-micrium.so "$libraries"/liblfmem-micrium.dylib; do
    [ -e "$shared" ] || continue
    $nm -D --defined-only "$shared" | awk 'NF == 3 { print $3 }' | grep -vxE '_init|_fini' > "$work/exported"
    grep -qx Mem_DynPoolBlkGet "$work/exported" || fail "Mem_DynPoolBlkGet is not exported"
    bad=$(grep -v '^Mem_[A-Z]' "$work/exported" || true)
    [ -z "$bad" ] || fail "liblfmem-micrium.so exports:" $bad
    echo "exported:" $(cat "$work/exported")
done
