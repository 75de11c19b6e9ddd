#!/bin/sh
# SPDX-License-Identifier: MIT
# No result of a call is dropped in the library; and one that is dropped is seen.
# usage: dropped.sh CLANG PYTHON OPTION... -- FILE...
. "$(dirname "$0")/support.sh"
here=$(dirname "$0") clang=$1 python=$2
shift 2

options=
while [ "$1" != -- ]; do
    options="$options $1"
    shift
done
shift

# Prints what is dropped in these files; fails if anything is.
dropped() {
    # shellcheck disable=SC2086
    "$python" "$here/dropped.py" "$clang" $options -- "$@"
}

seen=$(dropped "$here/dropped_results.c") && fail "nothing was seen"
[ "$(echo "$seen" | grep -c ': drops: ')" = 16 ] || fail "not 16 were seen: $seen"
case $seen in *': keeps: '*) fail "too much was seen: $seen" ;; esac
dropped "$@" || fail "results are dropped"
