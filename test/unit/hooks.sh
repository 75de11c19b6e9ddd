#!/bin/sh
# SPDX-License-Identifier: MIT
# A tool that is told which blocks are free reports every use of one, and nothing else.
# usage: hooks.sh asan|valgrind PROGRAM DYNPOOL-PROGRAM STRIDES-PROGRAM [MYNEWT-PROGRAM]
set -eu
tool=$1 program=$2 dynpool_program=$3 strides_program=$4 mynewt_program=${5:-}
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

# reports POOL USE...: a legal use goes unreported, and each of the others is reported
reports()
{
    pool=$1
    shift
    run legal "$pool" || fail "legal use of a $pool pool was reported"
    grep -qx 'nothing was reported' "$work/log" || fail "legal use of a $pool pool did not end"
    for use in "$@"; do
        if run "$use" "$pool"; then
            fail "$use after put in a $pool pool went unseen"
        fi
        grep -qx 'so far all was legal' "$work/log" && grep -qE "$report" "$work/log" ||
            fail "$use after put in a $pool pool: another report"
    done
}

reports made read write many cached brought untaken
reports defined read write many cached brought
run handlers made || fail 'gets that interrupt a first one end the program'
program=$dynpool_program
reports initial read write untaken
reports grown read write untaken

# silent USE...: goes to its end, and nothing is reported
silent()
{
    run "$@" || fail "$*: something was reported"
    grep -qx 'nothing was reported' "$work/log" || fail "$*: did not end"
}

# reported USE...: is reported, but not what comes before it
reported()
{
    if run "$@"; then
        fail "$* went unseen"
    fi
    grep -qx 'so far all was legal' "$work/log" && grep -qE "$report" "$work/log" || fail "$*: another report"
}

program=$strides_program
for stride in '100 8' '100 4' '60 4' '12 4' '7 1' '24 8' '64 8' '3 1' '1 1' '9 8'; do
    silent bytes $stride
done
for stride in '100 8' '100 4' '60 4'; do
    reported read $stride
    reported shared $stride
    silent unhidden $stride
done
[ "$tool" = valgrind ] || silent threads 100 4 # Valgrind runs one thread at a time
if [ -n "$mynewt_program" ]; then
    program=$mynewt_program
    for size in 64 100 3; do
        silent bytes $size
        reported read $size
    done
fi
echo "$tool reports every use after put"
