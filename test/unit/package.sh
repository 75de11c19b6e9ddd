#!/bin/sh
# SPDX-License-Identifier: MIT
# A consumer finds what was built: by pkg-config, by CMake's find_package, as a subproject of Meson's.
# usage: package.sh pkgconfig|cmake|subproject SOURCE BUILD PREFIX LIBDIR MESON CC
# The package is installed below a directory that is not its prefix, so what it says of paths must hold wherever it
# lies.
set -eu
unset LD_LIBRARY_PATH
way=$1 source=$2 build=$3 prefix=$4 libdir=$5 meson=$6 cc=$7
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
consumer=$source/test/unit/consumer.c
root=$work/root$prefix
libraries=$root/$libdir

need()
{
    command -v "$1" > "$work/log" || { echo "skipped: no $1 here"; exit 77; }
}

# quietly COMMAND...: its output is of interest only if it fails
quietly()
{
    "$@" > "$work/log" 2>&1 || { cat "$work/log" >&2; echo "failed: $*" >&2; exit 1; }
}

install_package()
{
    quietly $meson install -C "$build" --no-rebuild --destdir "$work/root"
    [ -e "$root/include/lfmem/config.h" ] || { echo "config.h is not installed" >&2; exit 1; }
}

pkgconfig()
{
    need pkg-config
    install_package
    export PKG_CONFIG_LIBDIR="$libraries/pkgconfig"
    flags=$(pkg-config --define-variable=prefix="$root" --cflags --libs lfmem)
    $cc -std=c11 -o "$work/shared" "$consumer" $flags
    LD_LIBRARY_PATH=$libraries "$work/shared"
    mkdir "$work/only-static"
    cp "$libraries/liblfmem.a" "$work/only-static"
    $cc -std=c11 -o "$work/static" "$consumer" $(pkg-config --define-variable=prefix="$root" --cflags lfmem) \
        -L"$work/only-static" $(pkg-config --libs-only-l lfmem)
    "$work/static"
}

cmake_package()
{
    need cmake
    install_package
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
*) echo "unknown way: $way" >&2; exit 1 ;;
esac
