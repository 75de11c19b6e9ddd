#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""contracts.py SOURCE: every public function has its contract, in blocks that stand apart.

That is: what it returns, if it returns anything, and list items for Context, Progress and Time, each at the start of a line; a
@param for no other name than its parameters'. Every definer has a comment, too; those that detail/ defines have it by @def.
"""
import pathlib
import re
import sys

FACTS = ("Context", "Progress", "Order", "Time")
COMMENT = re.compile(r"/\*\*((?:(?!\*/).)*)\*/\n(?:#if[^\n]*\n)?((?:LFM_|static )[^;{]*;)?", re.S)
FUNCTION = re.compile(r"\b(lfm_\w+)\(([^;]*?)\)(?: LFM_NAMED_| *\n *LFM_NAMED_|;)")
DEFINER = re.compile(r"(.*)\n#define (LFM_\w*[A-Z0-9])\b")


def check(name, comment, declaration, parameters):
    """What is wrong with a function's comment."""
    items = re.findall(r"^ \* - ((?:\w+(?:, )?)+):", comment, re.M)
    told = {fact for item in items for fact in item.split(", ")}
    yield from (f"{name}: no {fact}" for fact in ("Context", "Progress", "Time") if fact not in told)
    yield from (f"{name}: {fact} stands in another paragraph" for fact in FACTS
                if len(re.findall(rf"\b{fact}\b[\w, ]*:", comment)) != (fact in told))
    if not re.search(r"\bvoid lfm_", declaration) and "@return" not in comment and "constant English text" not in comment:
        yield f"{name}: no @return"
    names = set(re.findall(r"(\w+)(?:\[\])?(?:,|$)", parameters))
    yield from (f"{name}: @param {param} is none" for param in re.findall(r"@param (\w+)", comment) if param not in names)


def main():
    wrong, functions, named, told = [], set(), set(), set()
    for path in sorted((pathlib.Path(sys.argv[1]) / "include/lfmem").glob("*.h")):
        text = path.read_text()
        for comment, declaration in COMMENT.findall(text):
            if declaration:
                name, parameters = FUNCTION.search(declaration).groups()
                functions.add(name)
                wrong += check(f"{path.name}: {name}", comment, declaration, parameters)
        named |= {name for line in re.findall(r"^LFM_API[^;]*;", text, re.M) for name, _ in FUNCTION.findall(line)}
        told |= set(re.findall(r"^/\*\* @def (\w+\([\w, ]*\))$", text, re.M))
        wrong += [f"{path.name}: {name} has no comment" for before, name in DEFINER.findall(text)
                  if not name.endswith("_H") and not before.endswith("*/")]
    wrong += [f"{name} has no comment" for name in sorted(named - functions)]
    detail = (pathlib.Path(sys.argv[1]) / "include/lfmem/detail").glob("*.h")
    inside = "\n".join(path.read_text() for path in detail if path.name != "atomic.h")
    defined = set(re.findall(r"^#define (LFM_\w+[A-Z]\([\w, ]*\))(?= +\\$)", inside, re.M))
    wrong += [f"{macro}: @def here, or #define in detail/, but not both" for macro in sorted(told ^ defined)]
    if len(functions) < 40:
        wrong.append(f"only {len(functions)} functions were found: {sorted(functions)}")
    print("\n".join(wrong) or f"{len(functions)} functions")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
