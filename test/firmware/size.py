#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Code size, stack and memory of the library on firmware targets, from what compilers say.

size.py check TARGET   compares with the budgets in size.txt; exit status 77: there is no gcc 12 for TARGET
size.py budgets        writes size.txt anew, with a margin
size.py readme         writes the tables in README.md, lib/port/README.md and bench/README.md, between two marker comments

A target is a cross file in cross/; its compiler and options are taken from there, -Os is added. A function's bytes are
those of its code and of all code of the library that it can come to; its stack is that of the deepest way there. Both go
by the compiler's call graph (gcc -fcallgraph-info=su), so inline code counts where it ends up. memcpy, memset and
callbacks are the program's and not in it. Instructions are those that QEMU counts on Cortex-M (instructions.c), and
callgrind on this machine (size.c).
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

# Where instructions are counted: linker script, MHz of the machine, by which SysTick counts
MACHINES = {"cortex-m0": ("microbit.ld", 16), "cortex-m4": ("mps2.ld", 25)}

RAM = """
#include <lfmem/lfmem.h>
#define BYTES(name, bytes) unsigned char name[bytes];
BYTES(pool, sizeof(lfm_pool))
BYTES(pool_state, sizeof(lfm_list_state_))
BYTES(cache, sizeof(lfm_cache))
BYTES(segment, sizeof(lfm_segment))
BYTES(segment_state, sizeof(lfm_segment_state_))
BYTES(dynpool, sizeof(lfm_dynpool))
BYTES(heap, sizeof(lfm_heap))
BYTES(heap_state, sizeof(lfm_heap_state_))
BYTES(link_few, LFM_POOL_LINKS_BYTES(100))
BYTES(link_many, LFM_POOL_LINKS_BYTES(2000))
BYTES(slot, sizeof(void *))
BYTES(record, LFM_DYNPOOL_METADATA_BYTES(0, 100))
BYTES(units, LFM_HEAP_STORAGE_BYTES(1000 * 16, 16) - 1000 * 16)
"""


# What instructions.c counts of a program's own code.
PROGRAM = """
#include <lfmem/pool.h>
LFM_POOL_DEFINE(pool, 16, 64, 8);
void *get_in_line(void);
void *get_in_line(void) { return lfm_pool_get(pool); }
lfm_status put_in_line(void *block);
lfm_status put_in_line(void *block) { return lfm_pool_put(pool, block); }
"""

CALLS = 1000
IN_LINE = {"get_in_line": "`lfm_pool_get`, static pool", "put_in_line": "`lfm_pool_put`, static pool"}
COUNTED = {
    "get_in_line": 1, "put_in_line": 1,
    "lfm_pool_get": 1, "lfm_pool_put": 1, "lfm_pool_get_many": 8, "lfm_pool_put_many": 8, "lfm_cache_get": 1,
    "lfm_cache_put": 1, "lfm_segment_alloc": 1, "lfm_dynpool_get": 1, "lfm_dynpool_put": 1, "lfm_heap_alloc": 1, "lfm_heap_free": 1,
}


def instructions(word_bits, checks):
    """Instructions of a call, callees included, on this machine: those that size.c makes, counted by callgrind."""
    with tempfile.TemporaryDirectory() as folder:
        program, output = f"{folder}/size", f"{folder}/callgrind.out"
        subprocess.run(["gcc", "-std=c11", "-O3", "-fno-strict-aliasing", f"-DLFM_WORD_BITS={word_bits}",
                        f"-DLFM_CHECKS={checks}", "-DLFM_SHARDS=1", "-DLFM_SMALL=0", f"-DCALLS={CALLS}", f"-I{ROOT / 'lib' / 'port' / 'include'}",
                        f"-I{ROOT / 'include'}", HERE / "size.c", *sorted((ROOT / "lib").glob("*.c")), "-o", program],
                       check=True)
        subprocess.run(["valgrind", "--tool=callgrind", "--quiet", f"--callgrind-out-file={output}", program], check=True)
        lines = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", output], check=True,
                               capture_output=True, text=True).stdout
    found = re.findall(r"^\s*([\d,]+) \([^)]*\)\s+\S+:(lfm_\w+|\w+_in_line) ", plain(lines), flags=re.M)
    return {name: int(count.replace(",", "")) for count, name in found}


def plain(text):
    """The same with symbols without the configuration that they end in (include/lfmem/detail/annotations.h)."""
    return re.sub(r"\*?\b(\w+?)_w\d+_c\d_s\d_m\d\b", r"\1", text)


class Target:
    """A compiler and its options, from a cross file; another port than that file's, and -O2 instead of -Os."""

    def __init__(self, name, port=None, fast=False):
        cross = configparser.ConfigParser(delimiters="=", interpolation=None)
        cross.optionxform = str
        cross.read(HERE / "cross" / f"{name}.ini")
        known = {}
        for key, value in cross.items("constants"):
            known[key] = eval(value, {"__builtins__": {}}, known)  # pylint: disable=eval-used
        self.name = name
        self.qemu = eval(cross["properties"].get("lfmem_run", "[]"), {"__builtins__": {}}, known)  # pylint: disable=eval-used
        self.triple = known["triple"]
        self.flags = eval(cross["built-in options"]["c_args"], {"__builtins__": {}}, known)  # pylint: disable=eval-used
        port = f"'{port}'" if port else cross.get("properties", "lfmem_port", fallback=None)
        self.flags = list(self.flags) + ([f"-DLFM_PORT_HEADER={port}".replace("'", '"')] if port else [])
        self.optimised = ["-O2", "-DLFM_SMALL=0"] if fast else ["-Os", "-DLFM_SMALL=1"]
        self.version = None
        if shutil.which(f"{self.triple}-gcc"):
            self.version = subprocess.run([f"{self.triple}-gcc", "-dumpversion"], check=True, capture_output=True,
                                          text=True).stdout.split(".")[0]

    def compile(self, source, output, *options):
        config = ROOT / "lib" / "port" / "include"
        subprocess.run([f"{self.triple}-gcc", *self.flags, *options, "-std=c11", *self.optimised, "-ffreestanding",
                        "-fno-strict-aliasing", "-fno-stack-protector", "-ffunction-sections", "-fdata-sections",
                        f"-I{config}", f"-I{ROOT / 'include'}", f"-I{ROOT / 'lib'}", "-c", source, "-o", output],
                       check=True)

    def instructions(self, checks):
        """Instructions of a call: those that instructions.c makes, counted by QEMU. Nothing, if there is no QEMU."""
        if self.name not in MACHINES or not shutil.which(self.qemu[0]):
            return {}
        script, mhz = MACHINES[self.name]
        nanoseconds = 1024  # of an instruction, by -icount
        options = [f"-DLFM_CHECKS={checks}", "-DLFM_SHARDS=0", "-DLFM_HEAP_MARKS=0", "-DMACHINE_CORES=1u",
                   f"-DINSTRUCTION_TICKS_1000={nanoseconds * mhz}", f"-I{HERE}", f"-I{HERE / 'libc'}"]
        sources = [HERE / name for name in ("instructions.c", "machine/run.c", "machine/cortex_m.c", "libc/libc.c")]
        with tempfile.TemporaryDirectory() as folder:
            image, objects = f"{folder}/image", []
            for source in sources + sorted((ROOT / "lib").glob("*.c")):
                objects.append(f"{folder}/{source.stem}.o")
                self.compile(source, objects[-1], *options)
            subprocess.run([f"{self.triple}-gcc", *self.flags, *objects, "-nostdlib", "-static", f"-L{HERE / 'machine'}", "-T", script,
                            "-Wl,--gc-sections,--build-id=none,--no-warn-rwx-segments", "-lgcc", "-o", image], check=True)
            qemu = [re.sub(r"^shift=\d+", f"shift={nanoseconds.bit_length() - 1}", word) for word in self.qemu]
            ran = subprocess.run([*qemu, image], check=True, capture_output=True, text=True, timeout=60)
        return {name: int(count) for name, count in re.findall(r"(lfm_\w+|\w+_in_line) (\d+)", ran.stdout + ran.stderr)}

    def in_line(self):
        """Bytes of the functions that programs have themselves."""
        with tempfile.TemporaryDirectory() as folder:
            source, output = pathlib.Path(folder) / "in_line.c", pathlib.Path(folder) / "in_line.o"
            source.write_text(PROGRAM)
            self.compile(source, output, "-DLFM_CHECKS=1", "-DLFM_SHARDS=0", "-DLFM_HEAP_MARKS=0")
            return self.sizes(output, "T")

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
    """What has a budget, its bytes of code and of stack; of instructions, their number in place of the first."""
    found = library(target, 1)
    for name, code in target.in_line().items():
        yield name, code, 0
    for name, count in target.instructions(1).items():
        yield f"instructions of {name}", count, 0
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
    lines = list(budget_lines(target))
    failed = len(set(budgets) - {what for what, _, _ in lines})
    if failed:
        print(f"{name}: not found: {', '.join(set(budgets) - {what for what, _, _ in lines})}")
    for what, code, stack in lines:
        if what not in budgets:
            print(f"{name}: {what} has no budget: run size.py budgets")
            failed += 1
            continue
        for found, budget, unit in zip((code, stack), budgets[what], ("code", "stack")):
            if found > budget:
                print(f"{name}: {what}: {found} ({unit}), {found - budget} more than its budget of {budget}")
                failed += 1
    print(f"{name}: {len(budgets)} budgets, {failed} exceeded")
    return 1 if failed else 0


def write_budgets():
    lines = ["# Bytes of code and stack that size.py allows: target, function or program, code, stack. As gcc 12.2 makes them,",
             "# and 4 % and 8 bytes of code, 8 bytes of stack; of instructions their number. Written by size.py budgets."]
    for name in BUDGETED:
        for what, code, stack in budget_lines(Target(name)):
            margin = 0 if what.startswith("instructions") else code // 25 + 8
            lines.append(f"{name}\t{what}\t{code + margin}\t{stack + 8 if stack or what.startswith('lfm_') else 0}")
    BUDGETS.write_text("\n".join(lines) + "\n")
    return 0


def row(*cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(heading, columns, rows):
    """A heading and the table below it."""
    return [heading, "", row("", *columns), "|---|" + "---:|" * len(columns), *(row(*cells) for cells in rows), ""]


def each(count, blocks):
    """Instructions for each block, of what was counted; nothing was where a call is inline."""
    return "–" if count is None else round(count / blocks)


def counted(name):
    return IN_LINE.get(name, f"`{name}`") + (f" of {COUNTED[name]}" if COUNTED[name] > 1 else "")


class Tables:
    """What is told of the library, by document."""

    def __init__(self):
        self.targets = [target for target in map(Target, TARGETS) if target.version]
        self.names = [TARGETS[target.name] for target in self.targets]
        self.checks = {target.name: [library(target, checks) for checks in (0, 1)] for target in self.targets}
        self.host = {(bits, checks): instructions(bits, checks) for bits in (64, 32) for checks in (1, 0)} if shutil.which("valgrind") else {}

    def calls(self):
        cortex = [(target.in_line(), target.instructions(1), self.checks[target.name][1], TARGETS[target.name])
                  for target in self.targets if target.name in MACHINES]
        host = self.host.get((64, 1), {})
        columns = [f"{name}: {what}" for *_, name in reversed(cortex) for what in ("instructions", "code", "stack")] + ["x86-64: instructions"]
        rows = []
        for name, blocks in COUNTED.items():
            cells = []
            for own, counts, found, _ in reversed(cortex):
                inline = name not in found.code
                cells += [each(counts.get(name), blocks), own.get(name, "–") if inline else found.bytes([name]),
                          "–" if inline else found.deepest(name)]
            rows.append((counted(name), *cells, each(host[name] / CALLS if name in host else None, blocks)))
        return table("Instructions of a call without contention, for each block; bytes of code and of stack, with all that it calls. Checks level "
                     "1. Cortex-M: gcc -Os, QEMU's count. x86-64: gcc -O3, 64-bit words, callgrind's count.", columns, rows)

    def both(self, target, bytes_of):
        return " / ".join(str(bytes_of(self.checks[target.name][level])) for level in (1, 0))

    def programs(self):
        return table("Bytes of code at checks level 1 / 0, gcc -Os. What a program has of the library that calls these:", self.names,
                     ((what, *(self.both(target, lambda found, names=functions: found.program(names)) for target in self.targets))
                      for what, functions in PROGRAMS.items()))

    def memory(self):
        ram = {target.name: memory(target) for target in self.targets}
        return table("Bytes of RAM:", self.names, ((what, *(cell(ram[target.name]) for target in self.targets)) for what, cell in (
            ("pool; static", lambda m: f"{m['pool']}; {m['pool_state']}"),
            ("each block of 100 / of 2000", lambda m: f"{m['link_few'] // 100} / {m['link_many'] // 2000}"),
            ("cache; each slot", lambda m: f"{m['cache']}; {m['slot']}"),
            ("segment; static", lambda m: f"{m['segment']}; {m['segment_state']}"),
            ("dynamic pool", lambda m: m["dynpool"]),
            ("each block created later (`LFM_DYNPOOL_METADATA_BYTES`)", lambda m: f"{m['record'] / 100:.1f}"),
            ("heap; static", lambda m: f"{m['heap']}; {m['heap_state']}"),
            ("each unit of 1000", lambda m: f"{m['units'] / 1000:.2f}"))))

    def functions(self):
        names = self.checks[self.targets[0].name][1].public()
        return table("Bytes of code at checks level 1 / 0, and most bytes of stack at level 1. With all that the function calls, gcc -Os:",
                     self.names, ((f"`{name}`", *(self.both(target, lambda found, one=name: found.bytes([one])) +
                                                  f", {self.checks[target.name][1].deepest(name)}" for target in self.targets))
                                  for name in names))

    def x86(self):
        columns = ["64-bit words, checks 1", "0", "32-bit words, checks 1", "0"]
        return table("Instructions of a call without contention, x86-64, gcc -O3 (callgrind), for each block:", columns,
                     ((counted(name), *(round(count[name] / CALLS / COUNTED[name]) for count in self.host.values()))
                      for name in COUNTED if all(name in count for count in self.host.values()) and self.host))


def one_core():
    """What port/one_core.h saves on a core that has a compare-and-swap."""
    targets = [Target("cortex-m4", port, fast) for fast in (False, True) for port in (None, "port/one_core.h")]
    if not targets[0].version:
        return []
    counts, found = [target.instructions(1) for target in targets], [library(target, 1) for target in targets]

    def cells(values, name):
        """Without and with the port, of -Os and of -O2."""
        return [f"{values[i](name)} / {values[i + 1](name)}" for i in (0, 2)]

    steps = [lambda name, count=count: each(count.get(name), COUNTED[name]) for count in counts]
    code = [lambda name, one=one: one.bytes([name]) for one in found]
    columns = [f"{what}, {level}" for what in ("instructions", "code") for level in ("-Os", "-O2")]
    rows = [(counted(name), *cells(steps, name), *cells(code, name)) for name in COUNTED if all(name in one.code for one in found)]
    rows.append(("everything", "", "", *cells([lambda names, one=one: one.program(names) for one in found], PROGRAMS["everything"])))
    return table("Cortex-M4, with several cores' barriers / with `port/one_core.h`: instructions of a call for each block, and bytes of code "
                 "with all that it calls. Checks level 1.", columns, rows)


def write_readme():
    tables = Tables()
    for document, parts in (("README.md", (tables.calls, tables.programs, tables.memory)), ("lib/port/README.md", (one_core, tables.functions)),
                            ("bench/README.md", (tables.x86,))):
        lines = [line for part in parts for line in part()]
        file = ROOT / document
        before, rest = file.read_text().split(BEGIN + "\n")
        after = rest.split(END + "\n")[1]
        file.write_text(before + BEGIN + "\n" + "\n".join(lines[:-1]) + "\n" + END + "\n" + after)
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
