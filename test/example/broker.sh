#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs lfmem-broker and checks exit statuses, messages and statistics. The program itself checks texts and accounts.
# usage: broker.sh PROGRAM all | picture | waits | dropped | huge | oversize | bytes | empty | none | arguments | errors
#        [OPTION...]
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
    says stderr 'usage: lfmem-broker'
    silent stdout
}

# text_error TEXT [ARGUMENT...]: ends with status 1 and one message
text_error() {
    message=$1
    shift
    expect 1 "$@"
    says stderr "$message"
    silent stdout
    [ "$(wc -l <"$folder/stderr")" -eq 1 ] || fail 'more than one message'
}

test_run() {
    expect 0 "$@"
    says stdout 'the heap is whole again'
    silent stderr
}

# Nothing may be dropped, and journals grow in both ways.
test_all() {
    test_run "$@"
    holds "$(value text)" -gt 0
    holds "$(value text)" -eq "$(value delivered)"
    holds "$(value text 4)" -eq "$(value delivered 4)"
    holds "$(value text 6)" -eq "$(value delivered 6)"
    holds "$(value dropped)" -eq 0
    holds "$(value journals 7)" -gt 0  # in place
    holds "$(value journals 12)" -gt 0 # moved
    holds "$(value journals 14)" -gt 0 # cut
    holds "$(value full)" -gt 1        # journals, beside the table of topics
}

# The cells of the picture are as many as the heap has, some free and some taken.
test_picture() {
    test_all "$@"
    picture=$(grep -E '^[.:#]+$' "$folder/stdout" | tr -d '\n')
    holds "$(printf '%s' "$picture" | wc -c)" -eq 1024
    holds "$(printf '%s' "$picture" | tr -d '.:' | wc -c)" -eq "$(($(value full 4) / 64))"
}

test_waits() {
    test_run "$@"
    holds "$(value text)" -eq "$(value delivered)"
    holds "$(value waits)" -gt 0
    holds "$(value journals 16)" -gt 0 # given back
}

test_dropped() {
    test_run "$@"
    holds "$(value dropped)" -gt 0
    holds "$(value delivered)" -gt 0
    holds "$(value waits)" -eq 0
}

# A message of a megabyte is a block like any other.
test_huge() {
    seq 1 200000 | head -c 1000000 >"$folder/text"
    test_run -m text "$@" "$folder/text"
    holds "$(value text)" -eq 5
    holds "$(value text)" -eq "$(value delivered)"
    holds "$(value delivered 4)" -eq 5000000
}

test_oversize() {
    test_run "$@"
    holds "$(value text)" -gt 0
    holds "$(value dropped)" -eq "$(value text)"
    holds "$(value dropped 4)" -eq "$(value text)"
    holds "$(value waits)" -eq 0
}

# No text at all: what is in a program, among it zeros, and lines of any length.
test_bytes() {
    head -c 30000 "$program" >"$folder/text"
    test_run "$@" "$folder/text"
    holds "$(value delivered 4)" -gt 0
    printf 'no end of line' >"$folder/text"
    test_run "$@" "$folder/text"
    holds "$(value delivered)" -eq 3
    holds "$(value delivered 4)" -eq 42
    holds "$(value delivered 6)" -eq 12
}

test_empty() {
    : >"$folder/text"
    test_none "$@" "$folder/text"
}

test_none() {
    test_run "$@"
    holds "$(value text)" -eq 0
    holds "$(value delivered)" -eq 0
    holds "$(value full)" -eq 1 # the table of topics
}

test_arguments() {
    for option in -p -s -b -u -n -j; do
        for value in -1 +1 x 1x '' ' 1' 0x10 1.5 99999999999 99999999999999999999999; do
            bad_arguments "$option" "$value"
        done
        bad_arguments "$option"
    done
    for option in -p0 -p17 -s0 -s17 -b1023 -b1073741825 -u15 -u8 -u48 -u8192 -n1000001 -j1073741825 -x --unknown; do
        bad_arguments "$option"
    done
    for option in -f -m; do
        for value in '' x trim paragraphs LINE; do
            bad_arguments "$option" "$value"
        done
        bad_arguments "$option"
    done
    bad_arguments -b1024 -u2048
    bad_arguments one two
    for option in -h --help; do
        expect 0 "$option"
        says stdout 'usage: lfmem-broker'
        silent stderr
    done
    test_run -p16 -s16 -b1000000 -u4096 -f buddy2 -m paragraph -n1 -j1073741824
    test_run -p1 -s1 -b1000001 -u16 -f trimmed -m line -n1 -j0
    holds "$(value journals)" -eq 0
    holds "$(value journals 4)" -eq "$(value text 4)"
}

test_errors() {
    text_error "text '$folder/missing': No such file" "$folder/missing"
    text_error "text '$folder': Is a directory" "$folder"
    mkfifo "$folder/pipe"
    text_error 'is not a regular file' "$folder/pipe"
    truncate -s 67108865 "$folder/text"
    text_error 'is larger than 64 MiB' "$folder/text"
    text_error 'too small for a table of topics' -b1024
    # Threads cannot be started midway: no room for their stacks. (Sanitizers need more than that by themselves.)
    if (ulimit -v 60000 && "$program" -p1 -s1 -n1 >/dev/null 2>&1); then
        (ulimit -s 8192 && ulimit -v 100000 && text_error 'cannot start a thread' -p16 -s16) || exit 1
    fi
}

: >"$folder/stdout"
: >"$folder/stderr"
"test_$what" "$@"
