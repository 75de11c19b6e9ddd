#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The memory orders of the library, each of which has to be needed (orders.txt).

usage: orders.py --list     prints each weakened order that a scenario has to notice: ORDER|weaker|scenario|condition|deeper
       orders.py --check    every order of lib/ that is not relaxed is in the list, with each way to weaken it
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
LIB = HERE.parent.parent / "lib"
WEAKER = {"acquire": ["relaxed"], "release": ["relaxed"], "acq_rel": ["acquire", "release"]}
DEFINITION = re.compile(r"^#define LFM_MO_([A-Z_]+) (.*)$", re.M)


def read():
    """The rows that scenarios notice, and the exceptions: (order, weaker) and the rest of the line."""
    rows, exceptions = {}, {}
    for number, line in enumerate((HERE / "orders.txt").read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        what, *rest = [part.strip() for part in line.lstrip("! ").split("|")]
        key = tuple(what.split())
        if len(key) != 2 or not rest or key in rows or key in exceptions:
            sys.exit(f"orders.txt:{number}: {line}")
        (exceptions if line.startswith("!") else rows)[key] = rest
    return rows, exceptions


def defined():
    """The orders of the sources, as they are."""
    orders = {}
    for path in sorted([*LIB.rglob("*.h"), *LIB.rglob("*.c"), *(LIB.parent / "include/lfmem/detail").glob("*.h")]):
        for name, value in DEFINITION.findall(path.read_text()):
            found = re.fullmatch(r"memory_order_(\w+)", value)
            orders[name] = found[1] if found else value
    # This is what it is with 32-bit words where lists of few blocks are split, too.
    inline = (LIB.parent / "include/lfmem/detail/cache_inline.h").read_text()
    orders["MARK_STORE"] = re.search(r"LFM_MARK_ORDER_ \(LFM_MARK_MAY_SPLIT_ \? __ATOMIC_(\w+) : __ATOMIC_RELAXED\)", inline)[1].lower()
    return orders


def main():
    rows, exceptions = read()
    if sys.argv[1:] == ["--list"]:
        for (order, weaker), rest in rows.items():
            scenario, condition, deeper = (rest + ["", ""])[:3]
            print(f"{order}|{weaker}|{scenario}|{condition}|{deeper}")
        return 0
    if sys.argv[1:] != ["--check"]:
        sys.exit(__doc__)
    orders = defined()
    needed = {(order, weaker) for order, value in orders.items() if value != "relaxed" for weaker in WEAKER[value]}
    listed = set(rows) | set(exceptions)
    for order, weaker in sorted(needed - listed):
        print(f"LFM_MO_{order} is {orders[order]}, and orders.txt does not say what notices {weaker}")
    for order, weaker in sorted(listed - needed):
        print(f"orders.txt weakens {order} to {weaker}, and it is {orders.get(order, 'no order')}")
    print(f"{len(rows)} weakened orders are noticed, {len(exceptions)} stay for other reasons")
    return needed != listed


if __name__ == "__main__":
    sys.exit(main())
