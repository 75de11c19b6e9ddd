#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a program that is broken on purpose until it is caught.

usage: expect_exit.py STATUS SECONDS PROGRAM [ARGUMENT...]

Exit status 0 iff a run ends with STATUS, or by a signal where STATUS is 1: what is broken may crash. Runs that end with
0 are repeated until SECONDS are over, and a run that lasts longer than that is not caught. Any other status is an error
of the test itself.
"""
import subprocess
import sys
import time


def main():
    wanted, seconds, command = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    begin = time.monotonic()
    runs = 0
    while (left := begin + seconds - time.monotonic()) > 0:
        runs += 1
        try:
            status = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=left)
        except subprocess.TimeoutExpired:
            break
        if status.returncode == wanted or (wanted == 1 and status.returncode < 0):
            print(f"caught in run {runs}, after {time.monotonic() - begin:.2f} s")
            print(status.stderr.decode(errors="replace"))
            return
        if status.returncode != 0:
            sys.exit(f"exit status {status.returncode}, not {wanted}\n{status.stderr.decode(errors='replace')}")
    sys.exit(f"not caught in {runs} runs and {seconds} s")


if __name__ == "__main__":
    main()
