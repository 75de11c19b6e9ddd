#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Code size, stack and memory of the library on firmware targets, from what compilers say.

size.py check TARGET   compares with the budgets in size.txt; exit status 77: there is no gcc 12 for TARGET
size.py budgets        writes size.txt anew, with a margin
size.py readme         writes the tables in README.md, between two marker comments

A target is a cross file in cross/; its compiler and options are taken from there, -Os is added. A function's bytes are
those of its code and of all code of the library that it can come to; its stack is that of the deepest way there. Both go
by the compiler's call graph (gcc -fcallgraph-info=su), so inline code counts where it ends up. memcpy, memset and
callbacks are the program's and not in it.
"""
import argparse
import configparser
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUDGETS = HERE / "size.txt"
BEGIN, END = "<!-- size.py: begin -->", "<!-- size.py: end -->"

TARGETS = {"cortex-m0": "Cortex-M0", "cortex-m4": "Cortex-M4", "rv32imac": "RV32IMAC", "aarch64": "AArch64"}
BUDGETED = ["cortex-m4", "rv32imac"]
GCC = "12"  # for which the budgets are
ONE_CORE = ["cortex-m0", "cortex-m4"]  # where pools have no shards

# What a program with only these functions has of the library.
PROGRAMS = {
    "pool: get, put": ["lfm_pool_get", "lfm_pool_put"],
    "pool: all": r"lfm_pool_\w+",
    "cache: get, put, flush": ["lfm_cache_get", "lfm_cache_put", "lfm_cache_flush"],
    "segment: alloc": ["lfm_segment_alloc"],
    "dynamic pool: init, get, put": ["lfm_dynpool_init", "lfm_dynpool_get", "lfm_dynpool_put"],
    "heap: alloc, free": ["lfm_heap_alloc", "lfm_heap_free"],
    "heap: all": r"lfm_heap_\w+",
    "everything": r"lfm_\w+",
}

# Cycles in the call graph, and how often they can be gone round: a walk goes down a level of the heap each time.
LEVELS = {32: 16, 64: 8}

RAM = """
#include <lfmem/lfmem.h>
#define BYTES(name, bytes) unsigned char name[bytes];
BYTES(pool, sizeof(lfm_pool))
BYTES(cache, sizeof(lfm_cache))
BYTES(segment, sizeof(lfm_segment))
BYTES(dynpool, sizeof(lfm_dynpool))
BYTES(heap, sizeof(lfm_heap))
BYTES(link_few, LFM_POOL_LINKS_BYTES(100))
BYTES(link_many, LFM_POOL_LINKS_BYTES(2000))
BYTES(slot, sizeof(void *))
BYTES(record, LFM_DYNPOOL_METADATA_BYTES(0, 100))
BYTES(units, LFM_HEAP_STORAGE_BYTES(1000 * 16, 16) - 1000 * 16)
"""


CALLS = 1000
COUNTED = {
    "lfm_pool_get": 1, "lfm_pool_put": 1, "lfm_pool_get_many": 8, "lfm_pool_put_many": 8, "lfm_segment_alloc": 1,
    "lfm_dynpool_get": 1, "lfm_dynpool_put": 1, "lfm_heap_alloc": 1, "lfm_heap_free": 1,
}


def instructions(word_bits, checks):
    """Instructions of a call, callees included, on this machine: those that size.c makes, counted by callgrind."""
    with tempfile.TemporaryDirectory() as folder:
        program, output = f"{folder}/size", f"{folder}/callgrind.out"
        subprocess.run(["gcc", "-std=c11", "-O3", "-fno-strict-aliasing", f"-DLFM_WORD_BITS={word_bits}",
                        f"-DLFM_CHECKS={checks}", "-DLFM_SHARDS=1", f"-DCALLS={CALLS}", f"-I{ROOT / 'lib' / 'port' / 'include'}",
                        f"-I{ROOT / 'include'}", HERE / "size.c", *sorted((ROOT / "lib").glob("*.c")), "-o", program],
                       check=True)
        subprocess.run(["valgrind", "--tool=callgrind", "--quiet", f"--callgrind-out-file={output}", program], check=True)
        lines = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", output], check=True,
                               capture_output=True, text=True).stdout
    found = re.findall(r"^\s*([\d,]+) \([^)]*\)\s+\S+:(lfm_\w+) ", plain(lines), flags=re.M)
    return {name: int(count.replace(",", "")) for count, name in found}


def plain(text):
    """The same with symbols without the configuration that they end in (include/lfmem/detail/annotations.h)."""
    return re.sub(r"\*?\b(\w+?)_w\d+_c\d_s\d_m\d\b", r"\1", text)


class Target:
    """A compiler and its options, from a cross file."""

    def __init__(self, name):
        cross = configparser.ConfigParser(delimiters="=", interpolation=None)
        cross.optionxform = str
        cross.read(HERE / "cross" / f"{name}.ini")
        known = {}
        for key, value in cross.items("constants"):
            known[key] = eval(value, {"__builtins__": {}}, known)  # pylint: disable=eval-used
        self.name = name
        self.triple = known["triple"]
        self.flags = eval(cross["built-in options"]["c_args"], {"__builtins__": {}}, known)  # pylint: disable=eval-used
        port = cross.get("properties", "lfmem_port", fallback=None)
        self.flags = list(self.flags) + ([f"-DLFM_PORT_HEADER={port}".replace("'", '"')] if port else [])
        self.version = None
        if shutil.which(f"{self.triple}-gcc"):
            self.version = subprocess.run([f"{self.triple}-gcc", "-dumpversion"], check=True, capture_output=True,
                                          text=True).stdout.split(".")[0]

    def compile(self, source, output, *options):
        config = ROOT / "lib" / "port" / "include"
        subprocess.run([f"{self.triple}-gcc", *self.flags, *options, "-std=c11", "-Os", "-ffreestanding",
                        "-fno-strict-aliasing", "-fno-stack-protector", "-ffunction-sections", "-fdata-sections",
                        f"-I{config}", f"-I{ROOT / 'include'}", f"-I{ROOT / 'lib'}", "-c", source, "-o", output],
                       check=True)

    def sizes(self, output, kinds):
        lines = subprocess.run([f"{self.triple}-nm", "-S", output], check=True, capture_output=True, text=True).stdout
        found = re.findall(r"^\w+ (\w+) (\w) (\S+)$", plain(lines), flags=re.M)
        return {name: int(size, 16) for size, kind, name in found if kind in kinds}


class Library:
    """The functions of the library: bytes, stack and calls of each."""

    def __init__(self, target, *options):
        self.code, self.stack, self.calls = {}, {}, {}
        with tempfile.TemporaryDirectory() as folder:
            for source in sorted((ROOT / "lib").glob("*.c")):
                output = pathlib.Path(folder) / f"{source.stem}.o"
                target.compile(source, output, "-fcallgraph-info=su", *options)
                self.add(plain(output.with_suffix(".ci").read_text()), target.sizes(output, "Tt"))
        self.levels = LEVELS[64 if target.name == "aarch64" else 32]

    def add(self, graph, sizes):
        for title, label in re.findall(r'^node: { title: "([^"]*)" label: "([^"]*)"', graph, flags=re.M):
            bytes_of_stack = re.search(r"(\d+) bytes \((\w+)", label)
            if bytes_of_stack:
                if bytes_of_stack[2] != "static":
                    sys.exit(f"{title}: its stack is not known")
                self.stack[title] = int(bytes_of_stack[1])
                self.code[title] = sizes[title.rsplit(":", 1)[-1]]
        for caller, callee in re.findall(r'^edge: { sourcename: "([^"]*)" targetname: "([^"]*)"', graph, flags=re.M):
            self.calls.setdefault(caller, set()).add(callee)

    def public(self):
        headers = " ".join(path.read_text() for path in (ROOT / "include" / "lfmem").glob("*.h"))
        return sorted(name for name in set(re.findall(r"\blfm_\w+[^\W_](?=\()", headers)) if name in self.code)

    def reached(self, names):
        """These functions and all that they call, directly or not."""
        seen, left = set(), list(names)
        while left:
            name = left.pop()
            if name in self.code and name not in seen:
                seen.add(name)
                left += self.calls.get(name, ())
        return seen

    def bytes(self, names):
        return sum(self.code[name] for name in self.reached(names))

    def deepest(self, name, above=()):
        """Bytes of stack below this call, going round a cycle as often as there are levels."""
        if name not in self.stack:
            return 0
        if name in above:  # as if each level went round the longest way
            return sum(self.stack[again] for again in above[above.index(name):]) * (self.levels - 1)
        below = [self.deepest(callee, above + (name,)) for callee in self.calls.get(name, ())]
        return self.stack[name] + max(below, default=0)

    def program(self, names):
        if isinstance(names, str):
            names = [name for name in self.public() if re.fullmatch(names, name)]
        return self.bytes(names)


def library(target, checks):
    shards = 0 if target.name in ONE_CORE else 1
    return Library(target, f"-DLFM_CHECKS={checks}", f"-DLFM_SHARDS={shards}", "-DLFM_HEAP_MARKS=0")


def memory(target):
    with tempfile.TemporaryDirectory() as folder:
        source, output = pathlib.Path(folder) / "ram.c", pathlib.Path(folder) / "ram.o"
        source.write_text(RAM)
        target.compile(source, output)
        return target.sizes(output, "BCDSbds")


def budget_lines(target):
    found = library(target, 1)
    for name in found.public():
        yield name, found.bytes([name]), found.deepest(name)
    for name, functions in PROGRAMS.items():
        yield name, found.program(functions), 0


def check(name):
    target = Target(name)
    if target.version != GCC:
        print(f"skipped: no {target.triple}-gcc {GCC}, but {target.version or 'none'}")
        return 77
    budgets = {}
    for line in BUDGETS.read_text().splitlines():
        if line.startswith(name + "\t"):
            _, what, code, stack = line.split("\t")
            budgets[what] = int(code), int(stack)
    failed = 0
    for what, code, stack in budget_lines(target):
        if what not in budgets:
            print(f"{name}: {what} has no budget: run size.py budgets")
            failed += 1
            continue
        for found, budget, unit in zip((code, stack), budgets[what], ("code", "stack")):
            if found > budget:
                print(f"{name}: {what} takes {found} bytes of {unit}, {found - budget} more than its budget of {budget}")
                failed += 1
    print(f"{name}: {len(budgets)} budgets, {failed} exceeded")
    return 1 if failed else 0


def write_budgets():
    lines = ["# Bytes of code and stack that size.py allows: target, function or program, code, stack. As gcc 12.2 makes them,",
             "# and 4 % and 8 bytes of code, 8 bytes of stack. Written by size.py budgets."]
    for name in BUDGETED:
        for what, code, stack in budget_lines(Target(name)):
            lines.append(f"{name}\t{what}\t{code + code // 25 + 8}\t{stack + 8 if stack or what.startswith('lfm_') else 0}")
    BUDGETS.write_text("\n".join(lines) + "\n")
    return 0


def row(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def tables():
    targets = [target for target in map(Target, TARGETS) if target.version]
    with_checks = {target.name: library(target, 1) for target in targets}
    without = {target.name: library(target, 0) for target in targets}
    names = [TARGETS[target.name] for target in targets]
    yield "Bytes of code at checks level 1 / 0, gcc -Os; what a program has of the library that calls these:"
    yield ""
    yield row("", *names)
    yield "|---|" + "---:|" * len(names)
    for what, functions in PROGRAMS.items():
        yield row(what, *(f"{with_checks[t.name].program(functions)} / {without[t.name].program(functions)}"
                          for t in targets))
    yield ""
    yield "For each function, with all that it calls: bytes of code at checks level 1 / 0, and most bytes of stack at level 1:"
    yield ""
    yield row("", *names)
    yield "|---|" + "---:|" * len(names)
    for name in with_checks[targets[0].name].public():
        yield row(f"`{name}`", *(f"{with_checks[t.name].bytes([name])} / {without[t.name].bytes([name])}, "
                                 f"{with_checks[t.name].deepest(name)}" for t in targets))
    yield ""
    if shutil.which("valgrind"):
        counts = [instructions(bits, checks) for bits in (64, 32) for checks in (1, 0)]
        yield "Instructions of a call without contention, x86-64, gcc -O3 (callgrind), for each block:"
        yield ""
        yield row("", "64-bit words, checks 1", "0", "32-bit words, checks 1", "0")
        yield "|---|---:|---:|---:|---:|"
        for name, blocks in COUNTED.items():
            what = f"`{name}`" + (f" of {blocks}" if blocks > 1 else "")
            yield row(what, *(round(count[name] / CALLS / blocks) for count in counts))
        yield ""
    yield "Bytes of RAM:"
    yield ""
    yield row("", *names)
    yield "|---|" + "---:|" * len(names)
    ram = {target.name: memory(target) for target in targets}
    for what, cell in (
            ("pool", lambda m: m["pool"]),
            ("each block of 100 / of 2000", lambda m: f"{m['link_few'] // 100} / {m['link_many'] // 2000}"),
            ("cache; each slot", lambda m: f"{m['cache']}; {m['slot']}"),
            ("segment", lambda m: m["segment"]),
            ("dynamic pool", lambda m: m["dynpool"]),
            ("each block created later (`LFM_DYNPOOL_METADATA_BYTES`)", lambda m: f"{m['record'] / 100:.1f}"),
            ("heap", lambda m: m["heap"]),
            ("each unit of 1000", lambda m: f"{m['units'] / 1000:.2f}")):
        yield row(what, *(cell(ram[target.name]) for target in targets))


def write_readme():
    readme = ROOT / "README.md"
    before, rest = readme.read_text().split(BEGIN + "\n")
    after = rest.split(END + "\n")[1]
    readme.write_text(before + BEGIN + "\n" + "\n".join(tables()) + "\n" + END + "\n" + after)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["check", "budgets", "readme"])
    parser.add_argument("target", nargs="?", choices=BUDGETED)
    args = parser.parse_args()
    if args.what == "check":
        return check(args.target) if args.target else parser.error("check what target?")
    return write_budgets() if args.what == "budgets" else write_readme()


if __name__ == "__main__":
    sys.exit(main())
