#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs lfmem-pipeline and checks exit statuses, messages and copies.
# usage: pipeline.sh PROGRAM copy BYTES [OPTION...] | default | arguments | errors
. "$(dirname "$0")/support.sh"
input=$folder/input
output=$folder/output

# Numbers: no two places of the file look alike, so blocks that change places show.
make_input() {
    seq 10000000 99999999 2>/dev/null | head -c "$1" >"$input"
    [ "$(wc -c <"$input")" -eq "$1" ] || fail "cannot make an input of $1 bytes"
}

same_file() {
    says stdout 'output identical to input'
    cmp "$input" "$output" || fail 'output differs from input'
}

test_copy() {
    make_input "$1"
    shift
    expect 0 "$@" "$input" "$output"
    same_file
    says stdout 'lost     none'
    silent stderr
    echo stale >>"$output" # an output that is there already is replaced, longer or not
    expect 0 -q "$@" "$input" "$output"
    same_file
}

test_default() {
    TMPDIR=$folder expect 0
    silent stderr
    says stdout 'output identical to input'
    [ "$(ls "$folder")" = "$(printf 'stderr\nstdout')" ] || fail 'the temporary file is still there'
}

test_arguments() {
    bad_numbers -t -b -s -S
    for option in -t -b -s -S; do
        bad_arguments "$option" 0
    done
    bad_arguments -t65
    bad_arguments -b65535
    bad_arguments -s16777217
    bad_arguments -S256 -b1000
    bad_arguments -S5 -b4
    bad_arguments -b65534 -s16777216
    bad_arguments -x
    bad_arguments --unknown
    bad_arguments a b c
    helps
}

test_errors() {
    make_input 2000000
    error "input '$folder/missing': No such file" "$folder/missing"
    [ ! -e "$output" ] || fail 'an output without an input'
    error "input '$folder': Is a directory" "$folder" "$output"
    mkfifo "$folder/pipe"
    error 'is not a regular file' "$folder/pipe" "$output"
    error 'is not a regular file' "$input" "$folder/pipe"
    error "output '$folder': Is a directory" "$input" "$folder"
    error "output '$folder/missing/file': No such file" "$input" "$folder/missing/file"
    cp "$input" "$folder/kept"
    ln "$input" "$folder/link"
    for name in input link; do
        error 'is the input as well' "$input" "$folder/$name"
        cmp "$input" "$folder/kept" || fail 'the input was overwritten'
    done
    TMPDIR=$folder/missing error 'temporary file' "$input"

    # The writer fails midway: a limit on the size of files, in units of 512 bytes.
    for options in '-t1 -b1' '-t4 -b64 -S4' '-t8 -b2 -s512'; do
        # shellcheck disable=SC2086
        (ulimit -f 1000 && error 'output: File too large' $options "$input" "$output") || exit 1
    done
    # Readers fail midway: files that the kernel says are longer than what can be read.
    short=/sys/kernel/mm/transparent_hugepage/enabled
    if [ -r "$short" ]; then
        error 'input: ends early' -t4 -b2 -s64 "$short" "$output"
    fi
    # Threads cannot be started midway: no room for their stacks. (Sanitizers need more than that by themselves.)
    if (ulimit -v 200000 && "$program" -t1 -b1 "$input" "$output" >/dev/null 2>&1); then
        (ulimit -s 8192 && ulimit -v 400000 && error 'not enough memory or threads' -t64 "$input" "$output") ||
            exit 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        chmod a-rw "$folder/kept"
        error 'Permission denied' "$folder/kept" "$output"
        error 'Permission denied' "$input" "$folder/kept"
    fi
}

run_named_test "$@"
