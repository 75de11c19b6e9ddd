#!/bin/sh
# SPDX-License-Identifier: MIT
# G7: the static library wants nothing but memcpy and memset, and the shared one exports lfm_* and nothing else.
# usage: symbols.sh NM static-library shared-library bad-static-library bad-shared-library
# The bad ones must be found bad, or the test sees nothing.
set -eu
nm=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Symbols that the archive does not define itself; _GLOBAL_OFFSET_TABLE_ is the linker's.
wanted()
{
    $nm -u "$1" | awk 'NF == 2 { print $2 }' | sort -u > "$work/undefined"
    $nm -g --defined-only "$1" | awk 'NF == 3 { print $3 }' | sort -u > "$work/defined"
    [ -s "$work/defined" ] || { echo "$1 defines nothing" >&2; exit 1; }
    comm -23 "$work/undefined" "$work/defined" | grep -vxE 'memcpy|memset|_GLOBAL_OFFSET_TABLE_' || true
}

# Exported names; _init and _fini, which some linkers leave visible, are the C start-up code's.
exported()
{
    $nm -D --defined-only "$1" | awk 'NF == 3 { print $3 }' | grep -vxE '_init|_fini' > "$work/exported" || true
    [ -s "$work/exported" ] || { echo "$1 exports nothing" >&2; exit 1; }
    grep -v '^lfm_[a-z]' "$work/exported" || true
}

[ "$(wanted "$4" | tr '\n' ' ')" = "__atomic_load malloc " ] || { echo "bad wants go unseen" >&2; exit 1; }
[ "$(exported "$5" | tr '\n' ' ')" = "lfm__hidden stray_name " ] || { echo "bad exports go unseen" >&2; exit 1; }

bad_wants=$(wanted "$2")
[ -z "$bad_wants" ] || { echo "$2 needs from outside:" $bad_wants >&2; exit 1; }
bad_exports=$(exported "$3")
[ -z "$bad_exports" ] || { echo "$3 exports:" $bad_exports >&2; exit 1; }
grep -qx lfm_pool_get "$work/exported" || { echo "$3 does not export lfm_pool_get" >&2; exit 1; }
echo "exported:" $(cat "$work/exported")
