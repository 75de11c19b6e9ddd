#!/bin/sh
# SPDX-License-Identifier: MIT
# G7: the static library wants nothing but memcpy and memset, and the shared one exports lfm_* and nothing else.
# usage: symbols.sh NM static-library shared-library bad-static-library bad-shared-library
# The bad ones must be found bad, or the test sees nothing.
. "$(dirname "$0")/support.sh"
nm=$1

[ "$(wanted "$4" | tr '\n' ' ')" = "__atomic_load malloc " ] || fail "bad wants go unseen"
[ "$(exported "$5" 'lfm_[a-z].*' | tr '\n' ' ')" = "lfm__hidden stray_name " ] || fail "bad exports go unseen"
bare "$2" "$3" 'lfm_[a-z].*' lfm_pool_get
