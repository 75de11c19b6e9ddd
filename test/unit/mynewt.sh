#!/bin/sh
# SPDX-License-Identifier: MIT
# The Mynewt front-end as a package: its headers compile alone, as C11 and C++17; its libraries want nothing but
# memcpy, memset and lfm_*, and export os_* and lfm_mynewt_* and nothing else; a program finds it by pkg-config.
# usage: mynewt.sh SOURCE BUILD PREFIX LIBDIR MESON CC CXX NM STATIC SHARED BAD_STATIC BAD_SHARED
# The bad libraries must be found bad, or the test sees nothing.
. "$(dirname "$0")/support.sh"
source=$1 build=$2 prefix=$3 libdir=$4 meson=$5 cc=$6 cxx=$7 nm=$8
shift 8
names='(os_mem(pool|block)|lfm_mynewt)_[a-z_]*'

[ -n "$(wanted "$3" 'lfm_[a-z_]*')" ] && [ -n "$(exported "$4" "$names")" ] || fail "the bad libraries look good"
bare "$1" "$2" "$names" os_memblock_get 'lfm_[a-z_]*'

install_package "$build" "$prefix" "$libdir" "$meson"
for header in mynewt os os_arch os_error os_mempool; do
    alone "-I$root/include -I$root/include/lfmem/compat/mynewt" "os/$header.h"
done

# For a project with Mynewt's kernel, whose os.h it includes: found from where it was installed.
mkdir -p "$work/kernel/os"
printf '#pragma once\n#include "os/os_error.h"\n#define OS_ALIGNMENT (4)\n#include "os/os_mempool.h"\n' > "$work/kernel/os/os.h"
printf '#pragma once\ntypedef enum os_error { OS_OK } os_error_t;\n' > "$work/kernel/os/os_error.h"
alone "-I$root/include -I$root/include/lfmem/compat/mynewt_kernel -I$work/kernel" os/os_mempool.h

need pkg-config
consume lfmem-mynewt "$source/test/unit/mynewt_consumer.c"
