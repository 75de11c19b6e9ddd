#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Budgets and tables of what the library costs on firmware targets. How it is counted: costs.py.

size.py check TARGET   compares with the budgets in size.txt; exit status 77: there is no gcc 12 or QEMU for TARGET
size.py budgets        writes size.txt anew, with a margin
size.py readme         writes the tables in README.md, lib/port/README.md and bench/README.md, between two marker comments
size.py all            both, in this order: all that a change of the library's code alters
"""
import argparse
import functools
import shutil
import sys

from costs import CALLS, FLOORS, GCC, HERE, NEWLIB, ROOT, TARGETS, Library, Target, instructions

BUDGETS = HERE / "size.txt"
BEGIN, END = "<!-- size.py: begin -->", "<!-- size.py: end -->"

# What a program with only these functions has of the library.
PROGRAMS = {
    "static pool: get, put": ["get_in_line", "put_in_line"],
    "pool: get, put": ["lfm_pool_get", "lfm_pool_put"],
    "pool: all": r"lfm_pool_\w+",
    "cache: get, put, flush": ["lfm_cache_get", "lfm_cache_put", "lfm_cache_flush"],
    "segment: alloc": ["lfm_segment_alloc"],
    "dynamic pool: init, get, put": ["lfm_dynpool_init", "lfm_dynpool_get", "lfm_dynpool_put"],
    "heap: alloc, free": ["lfm_heap_alloc", "lfm_heap_free"],
    "heap: all": r"lfm_heap_\w+",
    "everything": r"lfm_\w+",
}
OTHERS = {
    "list, interrupts masked: get, put": ["list_get", "list_put"],
    "list with lfmem's checks: get, put": ["checked_get", "checked_put"],
    "tagged stack: get, put": ["tagged_get", "tagged_put"],
}

IN_LINE = ["get_in_line", "put_in_line", "alloc_in_line", "dynpool_get_in_line", "dynpool_put_in_line"]
TITLES = {
    "get_in_line": "`lfm_pool_get`, static pool",
    "put_in_line": "`lfm_pool_put`, static pool",
    "alloc_in_line": "`lfm_segment_alloc`, static segment",
    "dynpool_get_in_line": "`lfm_dynpool_get`, static pool",
    "dynpool_put_in_line": "`lfm_dynpool_put`, static pool",
    "list_get": "list, interrupts masked: get",
    "list_put": "list, interrupts masked: put",
    "checked_get": "list with lfmem's checks: get",
    "checked_put": "list with lfmem's checks: put",
    "tagged_get": "tagged stack: get",
    "tagged_put": "tagged stack: put",
    "malloc": "`malloc`, newlib-nano, no lock",
    "free": "`free`, newlib-nano, no lock",
}


@functools.cache
def measured(name):
    """A target's library at checks level 1, and what it counts: once, for budgets and tables."""
    found = Library(Target(name), 1)
    return found, *found.counts()


def budget_lines(found, counts):
    """What has a budget, its bytes of code and of stack; of instructions, their number in place of the first."""
    for name in IN_LINE:
        yield name, found.bytes([name]), found.deepest(name)
    for name in CALLS:
        yield f"instructions of {name}", counts[name][0], 0
    for name in found.public():
        yield name, found.bytes([name]), found.deepest(name)
    for name, functions in PROGRAMS.items():
        yield name, found.bytes(found.chosen(functions)), 0


def check(name):
    target = Target(name)
    if target.version != GCC or not shutil.which(target.qemu[0]):
        print(f"skipped: no {target.triple}-gcc {GCC}, but {target.version or 'none'}; or no {target.qemu[0]}")
        return 77
    budgets = {}
    for line in BUDGETS.read_text().splitlines():
        if line.startswith(name + "\t"):
            _, what, code, stack = line.split("\t")
            budgets[what] = int(code), int(stack)
    found, counts, _ = measured(name)
    lines = list(budget_lines(found, counts))
    failed = len(set(budgets) - {what for what, _, _ in lines})
    if failed:
        print(f"{name}: not found: {', '.join(set(budgets) - {what for what, _, _ in lines})}")
    for what, code, stack in lines:
        if what not in budgets:
            print(f"{name}: {what} has no budget: run size.py budgets")
            failed += 1
            continue
        for cost, budget, unit in zip((code, stack), budgets[what], ("" if what.startswith("instructions") else " bytes of code", " bytes of stack")):
            if cost > budget:
                print(f"{name}: {what}: {cost}{unit}, {cost - budget} more than its budget of {budget}")
                failed += 1
    for what, (_, stack) in counts.items():
        if what in found.stack and stack > found.deepest(what):
            print(f"{name}: {what}: wrote to {stack} bytes of stack, and the call graph says {found.deepest(what)}")
            failed += 1
    print(f"{name}: {len(budgets)} budgets, {failed} exceeded")
    return 1 if failed else 0


def write_budgets():
    lines = ["# Bytes of code and stack that size.py allows: target, function or program, code, stack. As gcc 12.2 makes them,",
             "# and 4 % and 8 bytes of code, 8 bytes of stack; of instructions their number. Written by size.py budgets."]
    for name in TARGETS:
        found, counts, _ = measured(name)
        for what, code, stack in budget_lines(found, counts):
            exact = what.startswith("instructions")
            lines.append(f"{name}\t{what}\t{code if exact else code + code // 25 + 8}\t{0 if exact or what in PROGRAMS else stack + 8}")
    BUDGETS.write_text("\n".join(lines) + "\n")


def row(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(heading, columns, rows):
    """A heading and the table below it."""
    return [heading, "", row("", *columns), "|---|" + "---:|" * len(columns), *(row(*cells) for cells in rows), ""]


def title(name):
    return TITLES.get(name, f"`{name}`") + (f" of {CALLS[name]}" if CALLS.get(name, 1) > 1 else "")


def each(counts, name):
    """Instructions for each block, of what was counted."""
    return round(counts[name] / CALLS.get(name, 1)) if name in counts else "–"


def twice(library, cost):
    """At checks level 1 and 0, or once where they are the same."""
    return " / ".join(dict.fromkeys(str(cost(library[level])) for level in (1, 0)))


class Tables:
    """What is told of the library, by document."""

    def __init__(self):
        self.names = list(TARGETS.values())
        self.targets = [Target(name) for name in TARGETS]
        missing = [f"{target.triple}-gcc {GCC}" for target in self.targets if target.version != GCC]
        missing += [tool for tool in {target.qemu[0] for target in self.targets} | {"valgrind"} if not shutil.which(tool)]
        missing += ["newlib of arm-none-eabi"] if not missing and not self.targets[0].newlib() else []
        if missing:
            sys.exit(f"tables need {', '.join(missing)}")
        self.library = [{0: Library(target, 0), 1: measured(target.name)[0]} for target in self.targets]
        self.counted = [measured(name)[1:] for name in TARGETS]
        self.host = {(bits, checks): instructions(bits, checks) for bits in (64, 32) for checks in (1, 0)}

    def calls(self):
        counts = [{name: count for name, (count, _) in counted.items()} for counted, _ in self.counted] + [self.host[64, 1]]
        return table("Instructions of a call without contention, for each block. Checks level 1, gcc -Os; x86-64: -O3 and 64-bit words.",
                     [*self.names, "x86-64"], ((title(name), *(each(one, name) for one in counts)) for name in [*CALLS, *FLOORS, *NEWLIB]))

    def programs(self):
        def cell(library, functions):
            names = library[1].chosen(functions)
            return twice(library, lambda found: found.bytes(found.chosen(functions))) + f", {max(map(library[1].deepest, names))}"

        rows = [(what, *(cell(library, functions) for library in self.library)) for what, functions in (PROGRAMS | OTHERS).items()]
        rows.append(("newlib-nano: `malloc`, `free`", *(f"{code}, {max(counted[name][1] for name in NEWLIB)}" if code else "–"
                                                        for counted, (code, _) in self.counted)))
        return table("Bytes of code at checks level 1 / 0, and most bytes of stack at level 1, gcc -Os. What a program has of the library that "
                     "calls these:", self.names, rows)

    def memory(self):
        ram = [target.memory() for target in self.targets]
        rows = [(what, *map(cell, ram)) for what, cell in (
            ("pool; static", lambda m: f"{m['pool']}; {m['pool_state']}"),
            ("each block of 100 / of 2000", lambda m: f"{m['link_few'] // 100} / {m['link_many'] // 2000}"),
            ("cache; each slot", lambda m: f"{m['cache']}; {m['slot']}"),
            ("segment; static", lambda m: f"{m['segment']}; {m['segment_state']}"),
            ("dynamic pool; static", lambda m: f"{m['dynpool']}; {m['dynpool_state']}"),
            ("each block created later (`LFM_DYNPOOL_METADATA_BYTES`)", lambda m: f"{m['record'] / 100:.1f}"),
            ("heap; static", lambda m: f"{m['heap']}; {m['heap_state']}"),
            ("each unit of 1000", lambda m: f"{m['units'] / 1000:.2f}"))]
        for what, file, prefix in (("static pool", "in_line.c", "pool"), ("list, interrupts masked", "floors.c", "list"),
                                   ("list with lfmem's checks", "floors.c", "checked"), ("tagged stack", "floors.c", "tagged")):
            found = [library[1].ram[file] for library in self.library]
            rows.append((f"16 blocks of 64: {what}", *(sum(size for name, size in one.items() if name.startswith(prefix)) - 16 * 64 for one in found)))
        rows.append(("16 blocks of 64: newlib-nano", *(counted["sbrk"][0] + data - 16 * 64 if data else "–" for counted, (_, data) in self.counted)))
        return table("Bytes of RAM beside the blocks:", self.names, rows)

    def functions(self):
        return table("Bytes of code at checks level 1 / 0, and most bytes of stack at level 1. With all that the function calls, gcc -Os:",
                     self.names, ((f"`{name}`", *(twice(library, lambda found, one=name: found.bytes([one])) + f", {library[1].deepest(name)}"
                                                  for library in self.library)) for name in self.library[0][1].public()))

    def x86(self):
        return table("Instructions of a call without contention, x86-64, gcc -O3 (callgrind), for each block:",
                     ["64-bit words, checks 1", "0", "32-bit words, checks 1", "0"],
                     ((title(name), *(each(count, name) for count in self.host.values()))
                      for name in CALLS if all(name in count for count in self.host.values())))


def ports():
    """What the ports for one core save on a core that has a compare-and-swap."""
    kinds = (None, "port/one_core.h", "port/llsc_one_core.h")
    found = {fast: [Library(Target("cortex-m4", port, fast), 1) for port in kinds] for fast in (False, True)}
    counts = {fast: [{name: count for name, (count, _) in one.counts()[0].items()} for one in some] for fast, some in found.items()}

    def cells(cost, values):
        """By port, of -Os and of -O2."""
        return [" / ".join(str(cost(one)) for one in values[fast]) for fast in (False, True)]

    rows = [(title(name), *cells(lambda one, name=name: each(one, name), counts), *cells(lambda one, name=name: one.bytes([name]), found))
            for name in CALLS]
    rows.append(("everything", "", "", *cells(lambda one: one.bytes(one.chosen(PROGRAMS["everything"])), found)))
    return table("Cortex-M4, with several cores' barriers / with `port/one_core.h` / with `port/llsc_one_core.h`: instructions of a call for each "
                 "block, and bytes of code with all that it calls. Checks level 1.",
                 [f"{what}, {level}" for what in ("instructions", "code") for level in ("-Os", "-O2")], rows)


def write_readme():
    tables = Tables()
    for document, parts in (("README.md", (tables.calls, tables.programs, tables.memory)), ("lib/port/README.md", (ports, tables.functions)),
                            ("bench/README.md", (tables.x86,))):
        lines = [line for part in parts for line in part()]
        file = ROOT / document
        before, rest = file.read_text().split(BEGIN + "\n")
        after = rest.split(END + "\n")[1]
        file.write_text(before + BEGIN + "\n" + "\n".join(lines[:-1]) + "\n" + END + "\n" + after)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["check", "budgets", "readme", "all"])
    parser.add_argument("target", nargs="?", choices=list(TARGETS))
    args = parser.parse_args()
    if args.what == "check":
        return check(args.target) if args.target else parser.error("check what target?")
    if args.what in ("budgets", "all"):
        write_budgets()
    if args.what in ("readme", "all"):
        write_readme()
    return 0


if __name__ == "__main__":
    sys.exit(main())
