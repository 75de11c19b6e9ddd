#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs lfmem-words and compares it with other programs that count words.
# usage: words.sh PROGRAM count | few | arguments | errors [TEXT [OPTION...]]
. "$(dirname "$0")/support.sh"

test_count() {
    text=$1
    shift
    expect 0 "$@" "$text"
    silent stderr
    LC_ALL=C tr -cs A-Za-z '\n' <"$text" | LC_ALL=C tr A-Z a-z | LC_ALL=C sort | uniq -c |
        awk 'NF == 2 { print $1, $2 }' >"$folder/wanted"
    [ -s "$folder/wanted" ] || fail 'no words to count'
    cmp -s "$folder/wanted" "$folder/stdout" || fail "$(diff "$folder/wanted" "$folder/stdout" | head -n 5)"
}

test_few() {
    error 'too few blocks' "$@"
}

test_arguments() {
    bad_numbers -t -b -c
    bad_arguments -t17 "$0"
    bad_arguments -b67108863 "$0"
    bad_arguments -c1 "$0"
    bad_arguments
    bad_arguments "$0" "$0"
    helps
}

test_errors() {
    error 'No such file or directory' "$folder/none"
    error 'Is a directory' "$folder"
    : >"$folder/empty"
    expect 0 "$folder/empty"
    silent stdout
    printf '%0300d' 0 | tr 0 z >"$folder/long"
    expect 0 -t16 -c2 -b255 "$folder/long"
    printf '1 %0255d\n' 0 | tr 0 z >"$folder/wanted"
    cmp -s "$folder/wanted" "$folder/stdout" || fail 'a long word'
}

run_named_test "$@"
