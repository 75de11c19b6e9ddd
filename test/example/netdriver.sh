#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs lfmem-netdriver and checks exit statuses, messages and statistics. The program itself checks frames and accounts.
# usage: netdriver.sh PROGRAM run | all | missed | dropped | full | none | arguments [OPTION...]
. "$(dirname "$0")/support.sh"

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
    bad_numbers -n -w -b -m -s -r
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
    helps
    test_run -n0 -w16 -b65534 -m4096 -s9014 -r4294967295
    test_run -n1 -w1 -b1 -m1 -s60 -r0 -p
}

run_named_test "$@"
