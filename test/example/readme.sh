#!/bin/sh
# SPDX-License-Identifier: MIT
# readme.sh README SOURCE: the example in the README is the program that is compiled and run here.
set -eu
shown=$(sed -n '/^```c$/,/^```$/p' "$1" | sed '1d;$d')
real=$(sed '/SPDX-License-Identifier/d' "$2")
[ -n "$shown" ] && [ "$shown" = "$real" ] || {
    echo "the C example in $1 is not $2" >&2
    exit 1
}
