#!/bin/sh
# SPDX-License-Identifier: MIT
# G7 on targets: static libraries want nothing but memcpy and memset, each other, and what the compiler calls for arithmetic
# that the processor has not. No atomic operation is a call (but for the last).
# usage: symbols.sh NM bad-archive archive...
# The bad one must be found bad, or the test sees nothing.
. "$(dirname "$0")/../unit/support.sh"
nm=$1 bad=$2
shift 2

# Armv6-M, RISC-V without Zbb: leading and trailing zeros. Armv6-M, Armv7-A: division, 64-bit product, shifts. clang for
# Arm: memcpy and memset by its ABI's names. PowerPC, MIPS: registers saved, and names of the linker's. AArch64 Linux: LSE or
# exclusive accesses, as the processor has them.
arithmetic='__c[lt]z[sd]i2'
arithmetic="$arithmetic|__aeabi_(uidiv|uidivmod|lmul|lls[lr])"
arithmetic="$arithmetic|__aeabi_mem(cpy|set|clr)[48]?"
arithmetic="$arithmetic|_(rest|save)gpr[01]?_[0-9]+(_x)?|_gp_disp|\.TOC\."
arithmetic="$arithmetic|__aarch64_(cas|ldadd|ldset)[48]_[a-z_]+"
[ "$(wanted "$bad" "$arithmetic" | tr '\n' ' ')" = "__atomic_load malloc " ] || fail "bad wants go unseen"
# What a program brings for Zephyr's names: printk, by which sys_heap_print_info() prints if there is one, and which
# thread calls, where it allocates from the pools of threads
for archive; do
    wants=$(wanted "$archive" "$arithmetic|lfm_.*|printk|k_current_get")
    [ -z "$wants" ] || fail "$archive needs from outside:" $wants
    echo "$(basename "$archive"): $(wanted "$archive" 'lfm_.*' | tr '\n' ' ')"
done
