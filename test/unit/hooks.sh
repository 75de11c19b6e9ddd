#!/bin/sh
# SPDX-License-Identifier: MIT
# A tool that is told which blocks are free reports every use of one, and nothing else.
# usage: hooks.sh asan|valgrind PROGRAM
set -eu
tool=$1 program=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

run()
{
    if [ "$tool" = valgrind ]; then
        valgrind -q --error-exitcode=9 "$program" "$@" > "$work/log" 2>&1
    else
        "$program" "$@" > "$work/log" 2>&1
    fi
}

fail()
{
    cat "$work/log" >&2
    echo "$*" >&2
    exit 1
}

case $tool in
asan) report='use-after-poison' ;;
valgrind) report='Invalid (read|write) of size' ;;
*) echo "unknown tool: $tool" >&2; exit 1 ;;
esac

for pool in made defined; do
    run legal $pool || fail "legal use of a $pool pool was reported"
    grep -qx 'nothing was reported' "$work/log" || fail "legal use of a $pool pool did not end"
    for use in read write many; do
        if run $use $pool; then
            fail "$use after put in a $pool pool went unseen"
        fi
        grep -qx 'so far all was legal' "$work/log" && grep -qE "$report" "$work/log" ||
            fail "$use after put in a $pool pool: another report"
    done
done
if run untaken made || ! grep -qE "$report" "$work/log"; then
    fail "use of a block that was never taken went unseen"
fi
echo "$tool reports every use after put"
