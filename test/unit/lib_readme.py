#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lib_readme.py SOURCE: lib/README.md names each file of the library, and each invariant with the file in which it stands."""
import pathlib
import re
import sys


def stated(lib):
    """Invariants and the file of each: a paragraph of a comment that begins with a letter and a digit."""
    include = lib.parent / "include"
    for file in sorted([*lib.glob("*.[ch]"), *lib.glob("compat/*.[ch]"), *include.glob("lfmem/detail/*.h")]):
        for name in re.findall(r"^ \* ([A-Z]\d)  \S", file.read_text(), flags=re.M):
            yield name, (file.relative_to(lib) if lib in file.parents else ".." / file.relative_to(lib.parent)).as_posix()


def told(text):
    """The same by the table; "L1 … L5" is five."""
    for first, last, file in re.findall(r"^\| ([A-Z]\d)(?: … ([A-Z]\d))? \| \[\S+\]\((\S+)\)", text, flags=re.M):
        for number in range(int(first[1:]), int((last or first)[1:]) + 1):
            yield f"{first[0]}{number}", file


def main():
    lib = pathlib.Path(sys.argv[1]) / "lib"
    text = (lib / "README.md").read_text()
    named = set(re.findall(r"`([\w.]+\.[ch])`", text))
    wrong = [f"{file.name} is not named" for file in sorted(lib.glob("*.[ch]")) if file.name not in named]
    stand, tell = list(stated(lib)), list(told(text))
    wrong += [f"{name} stands in {file}: the table has it elsewhere, or not" for name, file in stand if (name, file) not in tell]
    wrong += [f"{name} does not stand in {file}" for name, file in tell if (name, file) not in stand]
    wrong += [f"{name} stands twice" for name in sorted({name for name, _ in stand}) if [n for n, _ in stand].count(name) > 1]
    wrong += ["no invariant was found"] if not stand else []
    print("\n".join(f"lib/README.md: {line}" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
