#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Counts what makes a text hard to read: long sentences in READMEs and headers, macros in public headers.

usage: prose.py [--check | --lower | --long] [SOURCE]

For each README.md and for the comments of each header of include/lfmem and lib, wherever it lies in them: sentences, the median
and the 90th percentile of their words, those of more than 25 words, and those that begin with a headless "who" ("Who loads a
head ..." instead of "A context that loads a head ..."). Then the share of macro lines in public headers, and the assertions of
lib/.

--check   fails if a file is worse than prose.txt beside this script allows. A file that is not named there may have a median
          of 15 words, and neither long sentences nor a headless "who"
--lower   writes prose.txt anew where files are better than it; no limit becomes weaker
--long    prints those sentences

What is a sentence: up to a full stop, a question or exclamation mark, or the end of a paragraph, list item or Doxygen block. Code,
tables, headings, comments behind code, and what has fewer than four words ("Context: any.") are none.
"""
import argparse
import math
import pathlib
import re
import sys

LIMITS = pathlib.Path(__file__).resolve().with_name("prose.txt")
DEFAULT = {"median": 15, "long": 0, "who": 0}
LONGEST = 25
FEWEST = 10  # a median of fewer sentences says nothing
MACROS = 15  # percent of the code lines of public headers, at most
HEADLESS = re.compile(r"(?:^|[(;:] ?|\b(?:to|by|from|for|of|as|is|and|or|but|that|than|with|tells?|says?|knows?|if|in|on|at) )"
                      r"[Ww]ho(?:ever)?\b(?!['’])")


def comments(text):
    """The comments that do not stand behind code, without what decorates them."""
    for match in re.finditer(r"^[ \t]*/\*[*!]?(.*?)\*/", text, re.M | re.S):
        yield re.sub(r"^[ \t]*\*(?: |$)", "", match[1].replace("\n ", "\n").lstrip("<"), flags=re.M)


def units(text):
    """Paragraphs, list items and Doxygen blocks; no code, table or heading."""
    unit, after_blank, fenced = [], True, False
    for line in text.splitlines() + [""]:
        bare = line.strip()
        if bare.startswith("```"):
            fenced = not fenced
        code = fenced or bare.startswith("```") or (line.startswith("    ") and after_blank and not unit)
        ends = not bare or code or bare[0] in "|#<" or re.match(r"([-*+]|\d+\.) |@\w+", bare)
        if ends and unit:
            yield " ".join(unit)
            unit = []
        if bare and not code and bare[0] not in "|#<":
            unit.append(bare)
        after_blank = not bare or (after_blank and code)
    if unit:
        yield " ".join(unit)


def plain(unit):
    """Without what is markup rather than words; a piece of code is one word."""
    unit = re.sub(r"`[^`]*`", "code", unit)
    unit = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", unit)
    unit = re.sub(r"^([-*+]|\d+\.) ", "", unit)
    unit = re.sub(r"^@file \S+|^@def \w+\([^)]*\)|^@param\S* \w+(, \w+)*|^@(return|brief|file|note|par)\b|@[pc] ", "", unit).strip()
    return re.sub(r"^\*{0,2}[A-Z][\w, -]{0,30}:\*{0,2} ", "", unit)  # what a paragraph is about: "Context: "


def sentences(text, markdown):
    for part in [text] if markdown else comments(text):
        for unit in units(part):
            unit = plain(unit)
            for sentence in re.split(r"(?<=[.?!])(?<![\s.(\"][A-Z]\.)[)\"*]*\s+(?=[^a-z]|lfm)", unit):
                words = [word for word in sentence.split() if re.search(r"\w", word)]
                if len(words) >= 4:
                    yield sentence, len(words)


def count(path):
    found = list(sentences(path.read_text(), path.suffix == ".md"))
    words = sorted(n for _, n in found)
    return {
        "sentences": len(words),
        "median": words[(len(words) - 1) // 2] if len(words) >= FEWEST else 0,
        "p90": words[math.ceil(len(words) * .9) - 1] if words else 0,
        "long": sum(n > LONGEST for n in words),
        "who": sum(bool(HEADLESS.search(sentence)) for sentence, _ in found),
        "texts": [f"{n:3} {sentence}" for sentence, n in found if n > LONGEST or HEADLESS.search(sentence)],
    }


def macro_lines(paths):
    """Lines of macro definitions, and all lines but empty ones."""
    lines = [line for path in paths for line in path.read_text().splitlines()]
    macros, goes_on = 0, False
    for line in lines:
        goes_on = goes_on or line.startswith("#define")
        macros += goes_on
        goes_on = goes_on and line.endswith("\\")
    return macros, sum(bool(line.strip()) for line in lines)


def code_of(paths):
    return "\n".join(re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S) for path in paths)


def code_lines(code):
    return sum(bool(line.strip()) for line in code.splitlines())


def assertions(source):
    """Assertions of the core, and its lines of code."""
    paths = [*(source / "lib").glob("*.[ch]"), *(source / "include/lfmem/detail").glob("*list*.h")]
    code = code_of(paths)
    return len(re.findall(r"\bLFM_ASSERT\w*\(", code)), code_lines(code)


def read_limits():
    limits = {}
    for line in LIMITS.read_text().splitlines() if LIMITS.exists() else []:
        if line and not line.startswith("#"):
            name, *values = line.split()
            limits[name] = dict(zip(DEFAULT, map(int, values)))
    return limits


def files(source):
    readmes = [source / "README.md"]
    for folder in "bench", "include", "lib", "test":
        readmes += sorted((source / folder).rglob("README.md"))
    return readmes + sorted((source / "include/lfmem").rglob("*.h")) + sorted((source / "lib").rglob("*.h"))


def main():
    parser = argparse.ArgumentParser()
    for option in "check", "lower", "long":
        parser.add_argument(f"--{option}", action="store_true")
    parser.add_argument("source", type=pathlib.Path, nargs="?", default=LIMITS.parent.parent)
    args = parser.parse_args()
    source, limits, wrong = args.source.resolve(), read_limits(), []

    counted = {str(path.relative_to(source)): count(path) for path in files(source)}
    if len(counted) < 20 or sum(counts["sentences"] for counts in counted.values()) < 500:
        wrong.append(f"only {len(counted)} files have sentences: this test looks in the wrong place")
    print(f"{'file':40} sentences median  p90  >{LONGEST}  who")
    for name, counts in counted.items():
        print(f"{name:40} {counts['sentences']:9} {counts['median']:6} {counts['p90']:4} {counts['long']:4} {counts['who']:4}")
        if args.long:
            print("\n".join(counts["texts"]))
        limit = limits.get(name, DEFAULT)
        wrong += [f"{name}: {what} {counts[what]}, at most {limit[what]}" for what in DEFAULT if counts[what] > limit[what]]

    headers = sorted((source / "include/lfmem").glob("*.h"))
    macros, lines = macro_lines(headers)
    code = code_lines(code_of(headers))
    share = 100 * macros / code
    print(f"public headers: {macros} of {code} code lines define macros, {share:.1f} %; with comments {100 * macros / lines:.1f} %")
    if share > MACROS:
        wrong.append(f"macros: {share:.1f} % of the code of public headers, at most {MACROS} %")
    asserted, code = assertions(source)
    print(f"lib: {asserted} assertions in {code} lines of code, {100 * asserted / code:.1f} per 100")

    if args.lower:
        text = "# file: at most this median of words, so many sentences of more than 25 words, so many with a headless \"who\" (prose.py)\n"
        for name, counts in counted.items():
            lower = {what: min(counts[what], limits.get(name, counts)[what]) for what in DEFAULT}
            lower["median"] = max(lower["median"], DEFAULT["median"])
            if lower != DEFAULT:
                text += f"{name} {' '.join(str(lower[what]) for what in DEFAULT)}\n"
        LIMITS.write_text(text)
    if args.check and wrong:
        print("\n".join(wrong), file=sys.stderr)
    return 1 if args.check and wrong else 0


if __name__ == "__main__":
    sys.exit(main())
