#!/bin/sh
# SPDX-License-Identifier: MIT
# The front-end of Micrium uC/LIB, installed: a program for uC/LIB is built with what pkg-config tells and with nothing
# else, against the shared and the static library; each header compiles alone, twice, as C11 and as C++17; the libraries
# want and export what they should.
# usage: micrium.sh BUILD PREFIX LIBDIR MESON CC CXX NM CONSUMER HEADER...
. "$(dirname "$0")/support.sh"
build=$1 prefix=$2 libdir=$3 meson=$4 cc=$5 cxx=$6 nm=$7 consumer=$8
shift 8

install_package "$build" "$prefix" "$libdir" "$meson"
consume lfmem-micrium "$consumer"

[ $# -gt 0 ] || fail "no headers"
for header in "$@"; do
    alone "$(tells lfmem-micrium --cflags)" "$(basename "$header")"
done

# G7: nothing but memset, memcpy and lfmem is wanted; nothing but uC/LIB's names is exported.
for shared in "$libraries"/liblfmem-micrium.so "$libraries"/liblfmem-micrium.dylib; do
    [ ! -e "$shared" ] || bare "$libraries/liblfmem-micrium.a" "$shared" 'Mem_[A-Z].*' Mem_DynPoolBlkGet 'lfm_[a-z_]*'
done
plain < "$work/undefined" | grep -qx lfm_dynpool_get || fail "the static library does not want lfm_dynpool_get"
