#!/bin/sh
# SPDX-License-Identifier: MIT
# -Ddefault_library is what is installed: a build of each kind, from which pkg-config's and CMake's consumers link.
# usage: libraries.sh both|shared|static SOURCE MESON CC
. "$(dirname "$0")/support.sh"
kind=$1 source=$2 meson=$3 cc=$4
prefix=/opt/lfmem libdir=lib

# setup OPTION...: what the README says, and no more
setup()
{
    CC=$cc quietly $meson setup "$work/build" "$source" -Dtests=disabled -Dprefix=$prefix -Dlibdir=$libdir "$@"
    quietly $meson compile -C "$work/build"
}

# has LIBRARY SUFFIX yes|no
has()
{
    found=no
    [ ! -e "$libraries/$1$2" ] || found=yes
    [ "$found" = "$3" ] || fail "-Ddefault_library=$kind: $1$2 installed: $found"
}

libraries()
{
    setup ${1:+-Ddefault_library=$1}
    install_package "$work/build" $prefix $libdir "$meson"
    for library in liblfmem liblfmem-mynewt liblfmem-micrium liblfmem-zephyr; do
        has $library .a "$2"
        has $library .so "$3"
        has $library .so.0.1 "$3" # before 1.0 each minor release has layouts and symbols of its own
    done
    if command -v pkg-config > "$work/log"; then
        for package in lfmem lfmem-mynewt lfmem-micrium lfmem-zephyr; do
            consumer=$source/test/unit/$(echo $package | sed 's/lfmem-*//; s/.$/&_/')consumer.c
            $cc -std=c11 -o "$work/$package" "$consumer" $(tells $package --cflags --libs)
            LD_LIBRARY_PATH=$libraries "$work/$package" || fail "-Ddefault_library=$kind: a program with $package"
        done
    fi
    if command -v cmake > "$work/log"; then
        static=
        [ "$2" = no ] || static=lfmem::static
        cmake_consume lfmem::lfmem "$static" mynewt micrium zephyr
    fi
}

case $kind in
both) libraries '' yes yes ;;
shared) libraries shared no yes ;;
static) libraries static yes no ;;
*) fail "unknown kind: $kind" ;;
esac
