#!/bin/sh
# SPDX-License-Identifier: MIT
# A tool that is told which blocks are free reports every use of one, and nothing else.
# usage: hooks.sh asan|valgrind PROGRAM DYNPOOL-PROGRAM
set -eu
tool=$1 program=$2 dynpool_program=$3
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
program=$dynpool_program
reports initial read write untaken
reports grown read write untaken
echo "$tool reports every use after put"
