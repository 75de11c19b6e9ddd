#!/bin/sh
# SPDX-License-Identifier: MIT
# A consumer finds what was built: by pkg-config, by CMake's find_package, as a subproject of Meson's.
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
    mkdir "$work/project"
    cp "$consumer" "$work/project"
    cat > "$work/project/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.10)
project(consumer C)
find_package(lfmem 0.1 REQUIRED)
add_executable(shared consumer.c)
target_link_libraries(shared lfmem::lfmem)
add_executable(static consumer.c)
target_link_libraries(static lfmem::static)
END
    CC=$cc quietly cmake -G Ninja -S "$work/project" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$root"
    quietly cmake --build "$work/cmake"
    "$work/cmake/shared"
    "$work/cmake/static"
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
