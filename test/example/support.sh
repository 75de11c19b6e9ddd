# SPDX-License-Identifier: MIT
# What the tests of programs share; sourced. Of the script's arguments the first is the program, the second what to
# test, a function test_...; with the others the script ends in: run_named_test "$@"
set -u
title=lfmem-$(basename "$0" .sh)
program=$1
what=$2
shift 2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT

run_named_test() {
    : >"$folder/stdout"
    : >"$folder/stderr"
    "test_$what" "$@"
}

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

# error TEXT [ARGUMENT...]: ends by itself, with that message and no other
error() {
    message=$1
    shift
    expect 1 "$@"
    says stderr "$message"
    silent stdout
    [ "$(wc -l <"$folder/stderr")" -eq 1 ] || fail 'more than one message'
}

bad_arguments() {
    expect 2 "$@"
    says stderr "usage: $title"
    silent stdout
}

# bad_numbers OPTION...: each wants a number, and takes nothing else for one
bad_numbers() {
    for option in "$@"; do
        for value in -1 +1 x 1x '' ' 1' 0x10 1.5 99999999999 99999999999999999999999; do
            bad_arguments "$option" "$value"
        done
        bad_arguments "$option"
    done
}

helps() {
    for option in -h --help; do
        expect 0 "$option"
        says stdout "usage: $title"
        silent stderr
    done
}
