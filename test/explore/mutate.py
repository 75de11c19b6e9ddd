#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the library as one source file with one place broken on purpose, to see whether a test notices.

usage: mutate.py [--depfile FILE] OUTPUT SOURCE FILE OLD NEW [FILE OLD NEW ...]

SOURCE is a source of the library; its own headers (those in quotes, and a public one if it is FILE) are put in place of
their #include lines. In FILE, which is SOURCE or one of them, OLD is replaced by NEW. OLD must occur exactly once, blanks at line
starts aside, so that a mutant cannot silently become the real thing when the source changes.
"""
import argparse
import pathlib
import re
import sys


def replace_once(text, old, new, name):
    pattern = r"\s+".join(re.escape(word) for word in old.split())
    found = re.findall(pattern, text)
    if len(found) != 1:
        sys.exit(f"{name}: this text occurs {len(found)} times, not once:\n{old}")
    return text.replace(found[0], new)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--depfile", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("change", nargs="+")
    args = parser.parse_args()
    if len(args.change) % 3 != 0:
        parser.error("each place is FILE OLD NEW")
    changes = [args.change[i : i + 3] for i in range(0, len(args.change), 3)]
    changed = {name for name, _, _ in changes}
    seen = {}

    def expand(path):
        if path in seen:
            return ""
        text = path.read_text()
        seen[path] = True
        for name, old, new in changes:
            if path.name == name:
                text = replace_once(text, old, new, path)
        text = re.sub(r'^#include "([^"]+)"$', lambda match: expand(path.parent / match[1]), text, flags=re.M)
        for name in changed:
            public = args.source.parent.parent / "include/lfmem" / name
            text = re.sub(f"^#include <lfmem/{re.escape(name)}>$", lambda _: expand(public), text, flags=re.M)
        return text

    args.output.write_text(expand(args.source))
    missing = changed - {path.name for path in seen}
    if missing:
        sys.exit(f"{args.source} does not include {', '.join(missing)}")
    if args.depfile:
        args.depfile.write_text(f"{args.output}: {' '.join(str(path) for path in seen)}\n")


if __name__ == "__main__":
    main()
