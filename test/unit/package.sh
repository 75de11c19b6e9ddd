#!/bin/sh
# SPDX-License-Identifier: MIT
# A consumer finds what was built: by pkg-config, by CMake's find_package (front-ends, too), as a subproject of Meson's.
# usage: package.sh pkgconfig|cmake|subproject SOURCE BUILD PREFIX LIBDIR MESON CC
. "$(dirname "$0")/support.sh"
way=$1 source=$2 build=$3 prefix=$4 libdir=$5 meson=$6 cc=$7
consumer=$source/test/unit/consumer.c

pkgconfig()
{
    need pkg-config
    install_package "$build" "$prefix" "$libdir" "$meson"
    consume lfmem "$consumer"
}

cmake_package()
{
    need cmake
    install_package "$build" "$prefix" "$libdir" "$meson"
    front_ends=
    for front_end in mynewt micrium zephyr; do
        [ ! -d "$root/include/lfmem/compat/$front_end" ] || front_ends="$front_ends $front_end"
    done
    cmake_consume lfmem::lfmem lfmem::static $front_ends
    cmake_finds 'lfmem 0.1' || fail 'lfmem 0.1 is not found'
    cmake_finds "lfmem COMPONENTS $front_ends" || fail "front-ends are not found:$front_ends"
    ! cmake_finds 'lfmem COMPONENTS nosuch' || fail 'a component is found that there is not'
    ! cmake_finds 'lfmem 0.0' || fail 'another minor version before 1.0 is found'
    ! cmake_finds 'lfmem 1' || fail 'a later version is found'
}

subproject()
{
    mkdir -p "$work/project/subprojects/lfmem"
    cp "$consumer" "$work/project"
    for part in meson.build meson_options.txt include lib bench test; do
        [ ! -e "$source/$part" ] || cp -R "$source/$part" "$work/project/subprojects/lfmem"
    done
    cat > "$work/project/meson.build" <<'END'
project('consumer', 'c', meson_version: '>= 1.0.0')
lfmem = dependency('lfmem', fallback: 'lfmem')
test('consumer', executable('consumer', 'consumer.c', dependencies: lfmem))
END
    CC=$cc quietly $meson setup "$work/meson" "$work/project" --wrap-mode=forcefallback
    quietly $meson test -C "$work/meson"
}

case $way in
pkgconfig) pkgconfig ;;
cmake) cmake_package ;;
subproject) subproject ;;
*) fail "unknown way: $way" ;;
esac
