#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs lfmem-netdriver and checks exit statuses, messages and statistics. The program itself checks frames and accounts.
# usage: netdriver.sh PROGRAM run | all | missed | dropped | full | none | arguments [OPTION...]
set -u
program=$1
what=$2
shift 2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT

fail() {
    echo "$*" >&2
    cat "$folder/stdout" "$folder/stderr" >&2
    exit 1
}

# expect STATUS [ARGUMENT...]: runs the program.
expect() {
    wanted=$1
    shift
    "$program" "$@" >"$folder/stdout" 2>"$folder/stderr"
    status=$?
    [ $status -eq "$wanted" ] || fail "exit status $status instead of $wanted for: $*"
}

# says FILE TEXT: the program has written TEXT there. silent FILE: it has written nothing there.
says() {
    grep -qF -- "$2" "$folder/$1" || fail "no '$2' on $1"
}
silent() {
    [ ! -s "$folder/$1" ] || fail "something on $1"
}

# value NAME [FIELD]: that field, 2 if none is given, of the line of the statistics with this name
value() {
    awk -v name="$1" -v field="${2:-2}" '$1 == name { print $field + 0 }' "$folder/stdout"
}

# holds TEST...: a condition on numbers
holds() {
    [ "$@" ] || fail "not so: $*"
}

bad_arguments() {
    expect 2 "$@"
    says stderr 'usage: lfmem-netdriver'
    silent stdout
}

test_run() {
    expect 0 "$@"
    says stdout 'all memory came back'
    silent stderr
    holds "$(value blocks 3)" -gt 0
    holds "$(value descriptors 3)" -gt 0
}

# Flow control and a descriptor for each block: nothing may be dropped.
test_all() {
    test_run "$@"
    holds "$(value wire)" -eq "$(value delivered)"
    holds "$(value dropped)" -eq 0
    holds "$(value missed)" -eq 0
    holds "$(value replies)" -gt 0
}

test_missed() {
    test_run "$@"
    holds "$(value missed)" -gt 0
    holds "$(value delivered)" -gt 0
}

test_dropped() {
    test_run "$@"
    holds "$(value dropped)" -gt 0
    holds "$(value delivered)" -gt 0
}

# The segment, not a maximum, ends the growth: what is left is less than the largest block and its cache line.
test_full() {
    test_run "$@"
    holds "$(value delivered)" -gt 0
    holds "$(($(value ram 4) - $(value ram)))" -lt 9088
}

test_none() {
    test_run "$@"
    holds "$(value wire)" -eq 0
    holds "$(value delivered)" -eq 0
    holds "$(value blocks 3)" -eq 64 # those that were posted, all back
}

test_arguments() {
    for option in -n -w -b -m -s -r; do
        for value in -1 +1 x 1x '' ' 1' 0x10 1.5 99999999999 99999999999999999999999; do
            bad_arguments "$option" "$value"
        done
        bad_arguments "$option"
    done
    bad_arguments -n1000000001
    bad_arguments -w0
    bad_arguments -w17
    bad_arguments -b65535
    bad_arguments -m0
    bad_arguments -m4097
    bad_arguments -s59
    bad_arguments -s9015
    bad_arguments -r4294967296
    bad_arguments -x
    bad_arguments --unknown
    bad_arguments operand
    for option in -h --help; do
        expect 0 "$option"
        says stdout 'usage: lfmem-netdriver'
        silent stderr
    done
    test_run -n0 -w16 -b65534 -m4096 -s9014 -r4294967295
    test_run -n1 -w1 -b1 -m1 -s60 -r0 -p
}

: >"$folder/stdout"
: >"$folder/stderr"
"test_$what" "$@"
