#!/bin/sh
# SPDX-License-Identifier: MIT
# G7: for a core without a compare-and-swap the library does not build unless a port is named, and says how: with Meson, without,
# and with Zephyr.
# usage: port_is_named.sh COMPILER... -I... lib/pool.c
set -eu
if errors=$("$@" -std=c11 -ffreestanding -fsyntax-only 2>&1); then
    echo "it builds" >&2
    exit 1
fi
echo "$errors" | grep 'error.*-Dport=.*CONFIG_LFMEM_MASK_INTERRUPTS=y.*-DLFM_PORT_HEADER=.*port/spin_lock_rp2040.h'
for port in primask_one_core spin_lock_rp2040; do # and with one it does
    "$@" -std=c11 -ffreestanding -fsyntax-only "-DLFM_PORT_HEADER=\"port/$port.h\""
done
# one_core.h has no compare-and-swap of its own
! "$@" -std=c11 -ffreestanding -fsyntax-only '-DLFM_PORT_HEADER="port/one_core.h"' 2> /dev/null
