#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs lfmem-broker and checks exit statuses, messages and statistics. The program itself checks texts and accounts.
# usage: broker.sh PROGRAM all | picture | waits | dropped | huge | oversize | bytes | empty | none | arguments | errors
#        [OPTION...]
. "$(dirname "$0")/support.sh"

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

# In small heaps: paragraphs are cut to 20 lines, so that a large table in the text is no message without room.
test_waits() {
    awk '{ print } NR % 20 == 0 { print "" }' "$(dirname "$0")/../../README.md" >"$folder/text"
    test_run "$@" "$folder/text"
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
    bad_numbers -p -s -b -u -n -j
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
    helps
    test_run -p16 -s16 -b1000000 -u4096 -f buddy2 -m paragraph -n1 -j1073741824
    test_run -p1 -s1 -b1000001 -u16 -f trimmed -m line -n1 -j0
    holds "$(value journals)" -eq 0
    holds "$(value journals 4)" -eq "$(value text 4)"
}

test_errors() {
    error "text '$folder/missing': No such file" "$folder/missing"
    error "text '$folder': Is a directory" "$folder"
    mkfifo "$folder/pipe"
    error 'is not a regular file' "$folder/pipe"
    truncate -s 67108865 "$folder/text"
    error 'is larger than 64 MiB' "$folder/text"
    error 'too small for a table of topics' -b1024
    # Threads cannot be started midway: no room for their stacks. (Sanitizers need more than that by themselves.)
    if (ulimit -v 60000 && "$program" -p1 -s1 -n1 >/dev/null 2>&1); then
        (ulimit -s 8192 && ulimit -v 100000 && error 'cannot start a thread' -p16 -s16) || exit 1
    fi
}

run_named_test "$@"
