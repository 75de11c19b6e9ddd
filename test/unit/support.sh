# SPDX-License-Identifier: MIT
# What the tests of packages, headers and symbols share; sourced, before the script reads its arguments. A function
# uses what it names in capitals from the variables of that name in small letters.
set -eu
unset LD_LIBRARY_PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wundef -Werror"

fail()
{
    echo "$*" >&2
    exit 1
}

need()
{
    command -v "$1" > "$work/log" || { echo "skipped: no $1 here"; exit 77; }
}

# quietly COMMAND...: its output is of interest only if it fails
quietly()
{
    "$@" > "$work/log" 2>&1 || { cat "$work/log" >&2; fail "failed: $*"; }
}

# install_package BUILD PREFIX LIBDIR MESON: below a directory that is not the prefix, so what the package says of paths
# must hold wherever it lies. Sets root, libraries.
install_package()
{
    root=$work/root$2 libraries=$work/root$2/$3
    quietly $4 install -C "$1" --no-rebuild --destdir "$work/root"
    [ -e "$root/include/lfmem/config.h" ] || fail "config.h is not installed"
}

# on_targets COMMAND BUILT: calls `COMMAND COMPILER...` for gcc and clang, for as many targets as they are here for. The
# config.h of folder BUILT is taken with words of 32 bits, which all targets have, and without Valgrind, which is for hosts.
on_targets()
{
    mkdir -p "$work/config/lfmem"
    sed 's/\(define LFM_WORD_BITS\) .*/\1 32/; s/\(define LFM_VALGRIND\) .*/\1 0/' "$2/lfmem/config.h" \
        > "$work/config/lfmem/config.h"
    grep -q 'define LFM_WORD_BITS 32' "$work/config/lfmem/config.h" || fail "no word bits in config.h"
    for target in gcc clang "arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb" "aarch64-linux-gnu-gcc -mcpu=cortex-a53" \
        "riscv64-unknown-elf-gcc -march=rv32imac -mabi=ilp32" "clang --target=arm-none-eabi -mcpu=cortex-m4 -mthumb" \
        "clang --target=aarch64-none-elf" "clang --target=riscv32-none-elf -march=rv32imac -mabi=ilp32"; do
        if command -v "${target%% *}" > "$work/log"; then
            $1 $target -std=c11 -I"$work/config"
            echo "$target"
        fi
    done
}

# tells PACKAGE WHAT...: what pkg-config tells of an installed package
tells()
{
    package=$1
    shift
    PKG_CONFIG_LIBDIR="$libraries/pkgconfig" pkg-config --define-variable=prefix="$root" "$@" "$package"
}

# consume PACKAGE SOURCE: a program is built with what pkg-config tells and with nothing else, and runs, with the shared
# library and with the static one; CC.
consume()
{
    $cc -std=c11 -Wall -Werror -o "$work/shared" "$2" $(tells "$1" --cflags --libs)
    LD_LIBRARY_PATH=$libraries "$work/shared" || fail "the program with the shared library"
    mkdir "$work/only-static"
    cp "$libraries"/liblfmem*.a "$work/only-static"
    $cc -std=c11 -Wall -Werror -o "$work/static" "$2" $(tells "$1" --cflags) -L"$work/only-static" \
        $(tells "$1" --static --libs-only-l)
    "$work/static" || fail "the program with the static library"
}

# cmake_consume CORE STATIC [FRONT_END...]: programs are built that link the core by these targets (STATIC may be empty), and
# others that link a front-end by its targets, and run. SOURCE, ROOT, CC.
cmake_consume()
{
    mkdir -p "$work/project"
    core="$1 $2" kinds=${2:+-static}
    shift 2
    {
        echo 'cmake_minimum_required(VERSION 3.10)'
        echo 'project(consumer C)'
        echo "find_package(lfmem 0.1 REQUIRED COMPONENTS $*)"
        for target in $core; do
            echo "add_executable(${target#lfmem::} $source/test/unit/consumer.c)"
            echo "target_link_libraries(${target#lfmem::} $target)"
        done
        for name; do
            for kind in '' $kinds; do
                echo "add_executable($name$kind $source/test/unit/${name}_consumer.c)"
                echo "target_link_libraries($name$kind lfmem::$name$kind)"
            done
        done
    } > "$work/project/CMakeLists.txt"
    rm -rf "$work/cmake"
    CC=$cc quietly cmake -G Ninja -S "$work/project" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$root"
    quietly cmake --build "$work/cmake"
    for target in $core $*; do
        "$work/cmake/${target#lfmem::}" || fail "$target: the program fails"
    done
    for name in ${kinds:+$*}; do
        "$work/cmake/$name-static" || fail "lfmem::$name-static: the program fails"
    done
}

# cmake_finds WHAT: whether find_package(WHAT), required, succeeds; ROOT, CC.
cmake_finds()
{
    mkdir -p "$work/finds"
    case $1 in *COMPONENTS*) required=$(echo "$1" | sed 's/COMPONENTS/REQUIRED COMPONENTS/') ;; *) required="$1 REQUIRED" ;; esac
    printf '%s\n' 'cmake_minimum_required(VERSION 3.10)' 'project(finds C)' "find_package($required)" > "$work/finds/CMakeLists.txt"
    rm -rf "$work/found"
    CC=$cc cmake -G Ninja -S "$work/finds" -B "$work/found" -DCMAKE_PREFIX_PATH="$root" > "$work/log" 2>&1
}

# compiles FLAGS HEADER...: whether a C11 and a C++17 file do that include the headers and nothing else; CC, CXX.
compiles()
{
    with=$1
    shift
    printf '#include <%s>\n' "$@" > "$work/include.c"
    echo "typedef int not_empty;" >> "$work/include.c"
    cp "$work/include.c" "$work/include.cpp"
    $cc -std=c11 $warnings $with -fsyntax-only "$work/include.c" &&
        $cxx -std=c++17 $warnings $with -fsyntax-only "$work/include.cpp"
}

# alone FLAGS HEADER: it compiles alone, once and twice.
alone()
{
    compiles "$1" "$2" && compiles "$1" "$2" "$2" || fail "$2 does not compile alone"
    echo "$2: C11 and C++17, once and twice"
}

# plain: names without the configuration, which those of functions that work on objects end in (detail/annotations.h).
plain()
{
    sed -E 's/_w[0-9]+_c[0-9]_s[0-9]_m[0-9](_a[0-9]+_g[0-9])?$//'
}

# wanted ARCHIVE [PATTERN]: symbols that it wants from elsewhere, but memcpy, memset and those of the pattern;
# _GLOBAL_OFFSET_TABLE_ is the linker's. With -Dassertions=true the build sets ASSERTED to what a failed one calls. NM.
wanted()
{
    $nm -u "$1" | awk 'NF == 2 { print $2 }' | sort -u > "$work/undefined"
    $nm -g --defined-only "$1" | awk 'NF == 3 { print $3 }' | sort -u > "$work/defined"
    [ -s "$work/defined" ] || fail "$1 defines nothing"
    comm -23 "$work/undefined" "$work/defined" | plain | grep -vxE "memcpy|memset|_GLOBAL_OFFSET_TABLE_|${ASSERTED:-memcpy}|${2:-memcpy}" || true
}

# exported LIBRARY PATTERN: names that a shared library exports, but those of the pattern; _init and _fini, which some
# linkers leave visible, are the C start-up code's. NM.
exported()
{
    $nm -D --defined-only "$1" | awk 'NF == 3 { print $3 }' | plain | grep -vxE '_init|_fini' > "$work/exported" || true
    [ -s "$work/exported" ] || fail "$1 exports nothing"
    grep -vxE "$2" "$work/exported" || true
}

# bare ARCHIVE LIBRARY PATTERN NAME [WANTED]: the archive wants nothing (but what the last pattern says), and the library
# exports names of the pattern only, among them this one.
bare()
{
    wants=$(wanted "$1" "${5:-}")
    [ -z "$wants" ] || fail "$1 needs from outside:" $wants
    exports=$(exported "$2" "$3")
    [ -z "$exports" ] || fail "$2 exports:" $exports
    grep -qx "$4" "$work/exported" || fail "$2 does not export $4"
    echo "exported:" $(cat "$work/exported")
}
