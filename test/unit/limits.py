#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every test may last long enough for a machine with five times the load.

usage: limits.py BUILD SECONDS

Meson's own limit is 30 s, which a test that compiles, installs, or runs an emulator exceeds there. Exit status 0 iff each
test of the build folder has at least SECONDS, and there are some.
"""
import json
import pathlib
import sys


def main():
    tests = json.loads((pathlib.Path(sys.argv[1]) / "meson-info/intro-tests.json").read_text())
    least = int(sys.argv[2])
    short = [f"{test['name']}: {test['timeout']} s" for test in tests if 0 < test["timeout"] < least]
    if short or not tests:
        sys.exit(f"of {len(tests)} tests these have less than {least} s, give them `timeout: {least}`:\n" + "\n".join(short))
    print(f"{len(tests)} tests, each may last {min(test['timeout'] for test in tests)} s and more")


if __name__ == "__main__":
    main()
