#!/bin/sh
# SPDX-License-Identifier: MIT
# port/any_one_core.h: the library, disassembled, has no barrier instruction on Armv7-M and RV32IMAC, and has some without that
# port. Yet compilers leave accesses in the order that is asked for. port/spin_lock_rp2040.h: a change is between barriers, these
# while the lock is held, and that while interrupts are masked.
# usage: barriers.sh SOURCE
. "$(dirname "$0")/../unit/support.sh"
source=$1
flags="-std=c11 -ffreestanding -fno-strict-aliasing -I$source/include -I$source/lib/port/include -I$source/lib"

printf '#include "%s"\n' "$source"/lib/*.c > "$work/all.c"

# barriers OBJDUMP PATTERN COMPILER...: how many instructions of the whole library are barriers, or order others
barriers()
{
    objdump=$1 pattern=$2
    shift 2
    quietly "$@" $flags -c "$work/all.c" -o "$work/all.o"
    $objdump -d "$work/all.o" > "$work/instructions"
    grep -q 'lfm_heap_alloc' "$work/instructions" || fail "$*: no instructions"
    grep -cE "$pattern" "$work/instructions" || true
}

# none OBJDUMP PATTERN COMPILER...
none()
{
    for tool in "$1" "$3"; do
        command -v "$tool" > "$work/log" || { echo "no $tool: $* is left out"; return 0; }
    done
    without=$(barriers "$@")
    with=$(barriers "$@" '-DLFM_PORT_HEADER="port/any_one_core.h"')
    shift 2
    echo "$*: $without barriers, with any_one_core.h $with"
    [ "$without" -gt 0 ] || fail "the test sees no barriers"
    [ "$with" = 0 ] || { cat "$work/instructions" >&2; fail "any_one_core.h has barriers"; }
}

small='-Os -DLFM_SMALL=1' fast='-O2 -DLFM_SMALL=0 -DLFM_SHARDS=1'
for compiler in "arm-none-eabi-gcc $small" "clang --target=arm-none-eabi $fast"; do
    none arm-none-eabi-objdump '\s(dmb|dsb|isb)\b' $compiler -mcpu=cortex-m4 -mthumb
done
for compiler in "riscv64-unknown-elf-gcc $fast" "clang --target=riscv32-none-elf $small"; do
    none riscv64-unknown-elf-objdump '\sfence|\.(aq|rl|aqrl)\s' $compiler -march=rv32imac -mabi=ilp32
done

# Armv8-M Baseline, whose instructions know fewer registers: what the port has in assembly fits everywhere
for level in -Os -O1 -O2 -O3; do
    command -v arm-none-eabi-gcc > "$work/log" || break
    quietly arm-none-eabi-gcc $flags $level -DLFM_SMALL=0 '-DLFM_PORT_HEADER="port/llsc_one_core.h"' -mcpu=cortex-m23 -mthumb -c "$work/all.c" -o "$work/all.o"
done

cat > "$work/order.c" <<'END'
#include "atomic.h"
#define LFM_MO_LOADED  memory_order_acquire
#define LFM_MO_STORED  memory_order_release
#define LFM_MO_CHANGED memory_order_acq_rel
#define LFM_MO_LOOSE   memory_order_relaxed
#ifdef RELAXED
#define ORDER(order, ...) LOOSE, __VA_ARGS__
#else
#define ORDER(order, ...) order, __VA_ARGS__
#endif
#define CALL(function, ...) function(__VA_ARGS__)
QUALIFIER int shared_data;
static _Atomic(uint32_t) flag;
int loaded(void);
void stored(void), added(void), changed(uint32_t seen);
int loaded(void)
{
    const int before = shared_data;
    return (int)CALL(LFM_LOAD, ORDER(LOADED, &flag)) * 0 + before - shared_data;
}
void stored(void)
{
    shared_data = 1;
    CALL(LFM_STORE, ORDER(STORED, &flag, 1));
    shared_data = 2;
}
void added(void)
{
    shared_data = 1;
    CALL(LFM_FETCH_ADD, ORDER(CHANGED, &flag, 1));
    shared_data = 2;
}
void changed(uint32_t seen)
{
    shared_data = 1;
    (void)CALL(LFM_CAS, ORDER(CHANGED, LOOSE, &flag, &seen, seen + 1));
    shared_data = 2;
}
END

# accesses COMPILER...: how often the functions of that file come to its data
accesses()
{
    quietly "$@" $flags -O2 '-DLFM_PORT_HEADER="port/one_core.h"' -S "$work/order.c" -o "$work/order.s"
    grep -vE '^\s*\.|:' "$work/order.s" | grep -c 'shared_data' || true
}
for compiler in gcc clang; do
    if command -v $compiler > "$work/log"; then
        all=$(accesses $compiler -DQUALIFIER=volatile) ordered=$(accesses $compiler -DQUALIFIER=)
        relaxed=$(accesses $compiler -DQUALIFIER= -DRELAXED)
        echo "$compiler: $all accesses, in order $ordered, relaxed $relaxed"
        [ "$all" -gt 0 ] && [ "$ordered" = "$all" ] || fail "$compiler moves accesses past an atomic operation"
        [ "$relaxed" -lt "$all" ] || fail "the test does not see accesses moved"
    fi
done

# spin_lock LOCK WORD: a compare-and-swap claims the lock of this number, whose register is at this address
spin_lock()
{
    quietly arm-none-eabi-gcc -mcpu=cortex-m0plus -mthumb $flags -O2 -DQUALIFIER= '-DLFM_PORT_HEADER="port/spin_lock_rp2040.h"' $1 \
        -c "$work/order.c" -o "$work/order.o"
    arm-none-eabi-objdump -d "$work/order.o" | sed -n '/<changed>:/,/^$/p' > "$work/instructions"
    told=$(grep -oE '\s(cpsid|dmb|msr)\b|\.word\s+0xd0000.*' "$work/instructions" | tr -s ' \t\n' ' ')
    [ "$told" = " cpsid dmb dmb msr .word $2 " ] || fail "spin_lock_rp2040.h $1:$told"
    echo "spin_lock_rp2040.h $1:$told"
}
if command -v arm-none-eabi-gcc > "$work/log"; then
    spin_lock '' 0xd0000178
    spin_lock -DLFM_PORT_SPIN_LOCK=5 0xd0000114
fi
