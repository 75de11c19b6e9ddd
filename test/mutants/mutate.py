#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Breaks the library in one place on purpose, to see whether a test notices. The places stand in *.txt beside this file.

usage: mutate.py [--depfile FILE] [--in-line] OUTPUT SOURCE NAME [NAME ...]
       mutate.py --list

Writes SOURCE, with the library's own headers (those in quotes, and public ones that lead to a change) in place of their #include
lines, as one file with the mutants NAME in it. The library's functions are broken, or with --in-line, what programs have in
line. --list prints each mutant that a scenario of the explorer has to notice:
name|file|source|scenario|condition.

A mutant is

    [name]
    file HEADER in SOURCE
    scenario the one of the explorer that is meant for it, where all of them take long
    if word=64 checks=2         in which builds; any of these is enough
    not explored                other suites alone use it
    - text, over several lines if need be
    + what replaces it; nothing: it is left out

with several changes as several "file" lines. The text must occur exactly once, blanks aside, so that a mutant cannot silently
become the real thing when the source changes.
"""
import argparse
import dataclasses
import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
PUBLIC = re.compile(r"^#include <(lfmem/(?!detail/(?:pool|segment|dynpool)_inline).*)>$", re.M)
IN_LINE = re.compile(r"^#include <(lfmem/.*)>$", re.M)
BEGIN = "#undef LFM_INLINE\n#define LFM_INLINE 0 /* the functions change; nothing of them is inline before that */\n"


@dataclasses.dataclass
class Change:
    file: str
    source: str
    old: list
    new: list


@dataclasses.dataclass
class Mutant:
    name: str
    changes: list
    scenario: str = ""
    condition: str = ""
    explored: bool = True


def read(path):
    mutants = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        word, _, rest = line.partition(" ")
        if re.fullmatch(r"\[.+\]", line):
            mutants.append(Mutant(line[1:-1], []))
        elif word == "file":
            file, _, source = rest.partition(" in ")
            mutants[-1].changes.append(Change(file, source, [], []))
        elif word == "scenario":
            mutants[-1].scenario = rest
        elif word == "if":
            mutants[-1].condition = rest
        elif line == "not explored":
            mutants[-1].explored = False
        elif word == "-":
            mutants[-1].changes[-1].old.append(rest)
        elif word == "+":
            mutants[-1].changes[-1].new.append(rest)
        elif line and not line.startswith("#"):
            sys.exit(f"{path}:{number}: {line}")
    return mutants


def read_all():
    known = {}
    for path in sorted(FOLDER.glob("*.txt")):
        for mutant in read(path):
            if mutant.name in known or not all(change.old for change in mutant.changes) or not mutant.changes:
                sys.exit(f"{path}: {mutant.name}: twice, or without a text")
            known[mutant.name] = mutant
    return known


def replace_once(text, change, path):
    old, new = "\n".join(change.old), "\n".join(change.new)
    pattern = r"\s+".join(re.escape(word) for word in old.split())
    found = re.findall(pattern, text)
    if len(found) != 1:
        sys.exit(f"{path}: this text occurs {len(found)} times, not once:\n{old}")
    return text.replace(found[0], new)


def leads_to(include, header, names, public):
    """Whether a public header has one of these names, or includes one that has. (That of the configuration is made later.)"""
    path = include / header
    return path.exists() and (path.name in names or any(leads_to(include, other, names, public) for other in public.findall(path.read_text())))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--depfile", type=pathlib.Path)
    parser.add_argument("--in-line", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("output", type=pathlib.Path, nargs="?")
    parser.add_argument("source", type=pathlib.Path, nargs="?")
    parser.add_argument("name", nargs="*")
    args = parser.parse_args()
    known = read_all()
    if args.list:
        for mutant in known.values():
            if mutant.explored:
                first = mutant.changes[0]
                print("|".join([mutant.name, first.file, first.source, mutant.scenario, mutant.condition]))
        return
    if not args.name or not set(args.name) <= set(known):
        parser.error(f"no such mutant: {', '.join(set(args.name) - set(known)) or 'name one'}")
    changes = [change for name in args.name for change in known[name].changes]
    changed = {change.file for change in changes}
    seen = {}
    include = (FOLDER.parent.parent if args.in_line else args.source.parent.parent) / "include"
    public = IN_LINE if args.in_line else PUBLIC

    def expand(path):
        if path in seen:
            return ""
        text = path.read_text()
        seen[path] = True
        for change in changes:
            if path.name == change.file:
                text = replace_once(text, change, path)
        text = re.sub(r'^#include "([^"]+)"$', lambda match: expand(path.parent / match[1]), text, flags=re.M)
        for header in dict.fromkeys(public.findall(text)):
            if leads_to(include, header, changed, public):
                text = re.sub(f"^#include <{re.escape(header)}>$", lambda _: expand(include / header), text, flags=re.M)
        return text

    args.output.write_text(("" if args.in_line else BEGIN) + expand(args.source))
    missing = changed - {path.name for path in seen}
    if missing:
        sys.exit(f"{args.source} does not include {', '.join(missing)}")
    if args.depfile:
        read_files = [str(path) for path in [*seen, *FOLDER.glob("*.txt")]]
        args.depfile.write_text(f"{args.output}: {' '.join(read_files)}\n")


if __name__ == "__main__":
    main()
