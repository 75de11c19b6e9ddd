#!/bin/sh
# SPDX-License-Identifier: MIT
# MEM_VAL_ macros of Micrium uC/LIB on processors of either byte order: clang compiles for them, and finds out what a function
# without arguments returns. test_micrium_values.c has all macros, for the processor that it runs on.
# usage: micrium_order.sh SOURCE BUILD
. "$(dirname "$0")/support.sh"
source=$1 build=$2
need clang
cat > "$work/order.c" << 'END'
#include <lib_mem.h>

static const CPU_INT08U bytes[8] = {0x10, 0x21, 0x32, 0x43, 0x54, 0x65, 0x76, 0x87};

int right_get(void);
int right_get(void)
{
    CPU_INT16U own16 = 0;
    CPU_INT32U own32 = 0;
    __builtin_memcpy(&own16, bytes + 1, 2);
    __builtin_memcpy(&own32, bytes + 1, 4);
    return MEM_VAL_GET_INT16U(bytes + 1) == own16 && MEM_VAL_GET_INT32U(bytes + 1) == own32 &&
           MEM_VAL_GET_INT16U_BIG(bytes + 1) == 0x2132u && MEM_VAL_GET_INT32U_BIG(bytes + 1) == 0x21324354u &&
           MEM_VAL_GET_INT24U_BIG(bytes + 1) == 0x213243u && MEM_VAL_GET_INT24U_LITTLE(bytes + 1) == 0x433221u &&
           MEM_VAL_GET_INT16U_LITTLE(bytes + 1) == 0x3221u && MEM_VAL_GET_INT32U_LITTLE(bytes + 1) == 0x54433221u &&
           MEM_VAL_GET_INT24U(bytes + 1) == (BIG ? 0x213243u : 0x433221u) &&
           MEM_VAL_BIG_TO_HOST_16(own16) == 0x2132u && MEM_VAL_BIG_TO_HOST_32(own32) == 0x21324354u &&
           MEM_VAL_LITTLE_TO_HOST_16(own16) == 0x3221u && MEM_VAL_LITTLE_TO_HOST_32(own32) == 0x54433221u;
}

int right_set(void);
int right_set(void)
{
    CPU_INT08U place[4];
    MEM_VAL_SET_INT32U(place, BIG ? 0x21324354u : 0x54433221u);
    return place[0] == 0x21 && place[1] == 0x32 && place[2] == 0x43 && place[3] == 0x54;
}

int right_copy_get(void);
int right_copy_get(void)
{
    CPU_INT32U place = 0;
    MEM_VAL_COPY_GET_INT32U_BIG(&place, bytes + 1);
    return place == (0x21324354u);
}

int right_copy_big(void);
int right_copy_big(void)
{
    CPU_INT08U place[2];
    MEM_VAL_COPY_GET_INTU_BIG(place, bytes + 1, 2);
    return place[BIG ? 0 : 1] == 0x21 && place[BIG ? 1 : 0] == 0x32;
}

int right_copy_little(void);
int right_copy_little(void)
{
    CPU_INT08U place[2];
    MEM_VAL_COPY_SET_INTU_LITTLE(place, bytes + 1, 2);
    return place[BIG ? 1 : 0] == 0x21 && place[BIG ? 0 : 1] == 0x32;
}
END
mkdir -p "$work/config/lfmem"
sed 's/\(define LFM_WORD_BITS\) .*/\1 32/; s/\(define LFM_VALGRIND\) .*/\1 0/' "$build/include/lfmem/config.h" > "$work/config/lfmem/config.h"

# compile TARGET FLAG...
compile()
{
    target=$1
    shift
    quietly clang --target=$target -ffreestanding -std=c11 -O2 -Wall -Wextra -Werror -Wno-atomic-alignment "$@" -I"$work/config" \
        -I"$source/include" -I"$source/include/lfmem/compat/micrium" -I"$build/include/lfmem/compat/micrium" -S -emit-llvm \
        -o "$work/order.ll" "$work/order.c"
}

# returns VALUE FUNCTION: it returns that, whatever happens before
returns()
{
    sed -n "/^define .*@$2()/,/^}/p" "$work/order.ll" > "$work/function.ll"
    grep -qx "  ret i32 $1" "$work/function.ll" && ! grep -q ' br \| call ' "$work/function.ll"
}

# order TARGET BIG: that is the target's order, and these macros know it
order()
{
    compile "$1" -DBIG="$2"
    for function in right_get right_set right_copy_get right_copy_big right_copy_little; do
        returns 1 $function || fail "$1: $function"
    done
    compile "$1" -DBIG="$((1 - $2))"
    for function in right_get right_set right_copy_big right_copy_little; do
        returns 0 $function || fail "$1: $function cannot fail"
    done
    echo "$1"
}

for target in s390x-linux-gnu powerpc-linux-gnu powerpc64-linux-gnu armeb-none-eabi aarch64_be-none-elf mips-linux-gnu; do
    order $target 1
done
for target in x86_64-linux-gnu arm-none-eabi aarch64-none-elf riscv32-none-elf powerpc64le-linux-gnu; do
    order $target 0
done
