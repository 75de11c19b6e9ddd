#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a program that is broken on purpose until it is caught.

usage: expect_exit.py STATUS PROGRAM [ARGUMENT...]

Exit status 0 iff a run ends with STATUS, or by a signal where STATUS is 1: what is broken may crash. Runs that end with
0, and those that do not end, are repeated for as long as the test may last, which Meson knows: a slow machine takes
longer, and that proves nothing. Any other status is an error of the test itself: 99 is that of NEED() (common/check.h).
"""
import subprocess
import sys
import time

ENDLESS = 150  # seconds after which a run counts as one that does not end, and another is made


def main():
    wanted, command = int(sys.argv[1]), sys.argv[2:]
    begin = time.monotonic()
    for run in range(1, sys.maxsize):
        try:
            status = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=ENDLESS)
        except subprocess.TimeoutExpired:
            print(f"run {run} does not end", flush=True)
            continue
        if status.returncode == wanted or (wanted == 1 and status.returncode < 0):
            print(f"caught in run {run}, after {time.monotonic() - begin:.2f} s")
            print(status.stderr.decode(errors="replace"))
            return
        if status.returncode != 0:
            sys.exit(f"exit status {status.returncode}, not {wanted}\n{status.stderr.decode(errors='replace')}")
        print(f"run {run}: not caught", flush=True)


if __name__ == "__main__":
    main()
