# SPDX-License-Identifier: MIT
"""What compilers and QEMU say of the library on a target: code bytes, stack, instructions, memory. For size.py.

A target is a cross file in cross/. Its compiler and options are taken from there, -Os is added. A function's bytes are
those of its code and of all code of the library that it can come to; its stack is that of the deepest way there. Both go
by the compiler's call graph (gcc -fcallgraph-info=su), so inline code counts where it ends up. memcpy, memset and
callbacks are the program's and not in it.

Instructions are those of instructions.c, which counts them in QEMU by a clock that -icount drives. It fails unless a
function of 122 instructions counts as 122. It tells each call's stack, too, which may not exceed what the call graph says.
On this machine callgrind counts the calls of size.c.
"""
import configparser
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

GCC = "12"  # for which the budgets are
TARGETS = {"cortex-m0": "Cortex-M0", "cortex-m4": "Cortex-M4", "cortex-m33": "Cortex-M33", "rv32imac": "RV32IMAC", "aarch64": "AArch64"}
SEVERAL_CORES = ["rv32imac", "aarch64"]  # where pools have shards

# How often a cycle in the call graph can be gone round: a walk goes down a level of the heap each time.
LEVELS = {32: 16, 64: 8}

# Where instructions are counted: start-up code, linker script, ticks of its clock in a microsecond, further options
MACHINES = {
    "cortex-m0": (["cortex_m.c"], "microbit.ld", 16, []),
    "cortex-m4": (["cortex_m.c"], "mps2.ld", 25, []),
    "cortex-m33": (["cortex_m.c"], "an521.ld", 20, ["-DMACHINE_AN521"]),
    "rv32imac": (["riscv.S", "riscv.c"], "riscv_virt.ld", 1000, []),
    "aarch64": (["aarch64.S", "cortex_a.c"], "arm_virt.ld", 62.5, []),
}
SHIFT = 10  # an instruction takes 2^10 ns, which is more than a tick of any of these clocks

# Calls that are counted, and how many blocks each has.
CALLS = {
    "get_in_line": 1, "put_in_line": 1, "alloc_in_line": 1, "dynpool_get_in_line": 1, "dynpool_put_in_line": 1,
    "lfm_pool_get": 1, "lfm_pool_put": 1, "lfm_pool_get_many": 8, "lfm_pool_put_many": 8, "lfm_cache_get": 1,
    "lfm_cache_put": 1, "lfm_segment_alloc": 1, "lfm_dynpool_get": 1, "lfm_dynpool_put": 1, "lfm_heap_alloc": 1, "lfm_heap_free": 1,
}
# Those that are compared with them.
FLOORS = ["list_get", "list_put", "checked_get", "checked_put", "tagged_get", "tagged_put"]
NEWLIB = ["malloc", "free"]

RAM = """
#include <lfmem/lfmem.h>
#define BYTES(name, bytes) unsigned char name[bytes];
BYTES(pool, sizeof(lfm_pool))
BYTES(pool_state, sizeof(lfm_list_state_))
BYTES(cache, sizeof(lfm_cache))
BYTES(segment, sizeof(lfm_segment))
BYTES(segment_state, sizeof(lfm_segment_state_))
BYTES(dynpool, sizeof(lfm_dynpool))
BYTES(dynpool_state, sizeof(lfm_dynpool_states_))
BYTES(heap, sizeof(lfm_heap))
BYTES(heap_state, sizeof(lfm_heap_state_))
BYTES(link_few, LFM_POOL_LINKS_BYTES(100))
BYTES(link_many, LFM_POOL_LINKS_BYTES(2000))
BYTES(slot, sizeof(void *))
BYTES(record, LFM_DYNPOOL_METADATA_BYTES(0, 100))
BYTES(units, LFM_HEAP_STORAGE_BYTES(1000 * 16, 16) - 1000 * 16)
"""


def plain(text):
    """The same with symbols without the configuration that they end in (include/lfmem/detail/annotations.h)."""
    return re.sub(r"\*?\b(\w+?)_w\d+_c\d_s\d_m\d\b", r"\1", text)


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


class Target:
    """A compiler and its options, from a cross file; another port than that file's, and -O2 instead of -Os."""

    def __init__(self, name, port=None, fast=False):
        cross = configparser.ConfigParser(delimiters="=", interpolation=None)
        cross.optionxform = str
        cross.read(HERE / "cross" / f"{name}.ini")
        known = {}

        def value(section, key, fallback="[]"):
            return eval(cross.get(section, key, fallback=fallback), {"__builtins__": {}}, known)  # pylint: disable=eval-used

        for key in cross.options("constants"):
            known[key] = value("constants", key)
        self.name = name
        self.qemu = value("properties", "lfmem_run")
        self.triple = known["triple"]
        port = port or value("properties", "lfmem_port", "''")
        self.flags = value("built-in options", "c_args") + ([f'-DLFM_PORT_HEADER="{port}"'] if port else [])
        self.link_flags = value("built-in options", "c_link_args")
        self.optimised = ["-O2", "-DLFM_SMALL=0"] if fast else ["-Os", "-DLFM_SMALL=1"]
        self.version = run(f"{self.triple}-gcc", "-dumpversion").strip().split(".")[0] if shutil.which(f"{self.triple}-gcc") else None

    def compile(self, source, output, *options):
        config = ROOT / "lib" / "port" / "include"
        subprocess.run([f"{self.triple}-gcc", *self.flags, *options, "-std=c11", *self.optimised, "-ffreestanding",
                        "-fno-strict-aliasing", "-fno-stack-protector", "-ffunction-sections", "-fdata-sections",
                        f"-I{config}", f"-I{ROOT / 'include'}", f"-I{ROOT / 'lib'}", "-c", source, "-o", output],
                       check=True)

    def sizes(self, output, kinds):
        found = re.findall(r"^\w+ (\w+) (\w) (\S+)$", plain(run(f"{self.triple}-nm", "-S", output)), flags=re.M)
        return {name: int(size, 16) for size, kind, name in found if kind in kinds}

    def newlib(self):
        """The C library that Debian has for the target, in its small variant; None: it has none."""
        archive = pathlib.Path(run(f"{self.triple}-gcc", *self.link_flags, "-print-file-name=libc_nano.a").strip())
        return archive if archive.is_absolute() else None

    def memory(self):
        """Bytes of RAM of what RAM defines."""
        with tempfile.TemporaryDirectory() as folder:
            source, output = pathlib.Path(folder) / "ram.c", pathlib.Path(folder) / "ram.o"
            source.write_text(RAM)
            self.compile(source, output)
            return self.sizes(output, "BCDSbds")


class Library:
    """The functions of the library, compiled for a target, with in_line.c and floors.c: bytes, stack and calls of each."""

    def __init__(self, target, checks):
        self.target = target
        self.code, self.stack, self.calls, self.ram = {}, {}, {}, {}
        self.levels = LEVELS[64 if target.name == "aarch64" else 32]
        self.folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.objects = []
        self.options = [f"-DLFM_CHECKS={checks}", f"-DLFM_SHARDS={int(target.name in SEVERAL_CORES)}", "-DLFM_HEAP_MARKS=0"]
        for source in [*sorted((ROOT / "lib").glob("*.c")), HERE / "in_line.c", HERE / "floors.c"]:
            self.add(source)

    def compile(self, source, *options):
        output = pathlib.Path(self.folder.name) / f"{source.name}.o"
        self.target.compile(source, output, *self.options, *options)
        self.objects.append(output)
        return output

    def add(self, source, *options):
        output = self.compile(source, "-fcallgraph-info=su", *options)
        graph, sizes = plain(output.with_suffix(".ci").read_text()), self.target.sizes(output, "Tt")
        self.ram[source.name] = self.target.sizes(output, "BDbd")
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

    def chosen(self, names):
        """These, or those public functions that match."""
        return names if isinstance(names, list) else [name for name in self.public() if re.fullmatch(names, name)]

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

    def counts(self):
        """What instructions.c counts: instructions and stack, by name, and what it has of newlib."""
        sources, script, mhz, options = MACHINES[self.target.name]
        ticks = round(2 ** SHIFT * mhz)  # of 1000 instructions
        newlib = self.target.newlib()
        options = [*options, "-DMACHINE_CORES=1u", f"-DINSTRUCTION_TICKS_1000={ticks}", f"-I{HERE}", f"-I{HERE / 'libc'}"]
        options += ["-DNEWLIB"] if newlib else []
        for source in ("instructions.c", "libc/libc.c", "machine/run.c", "machine/counter.S", *(f"machine/{one}" for one in sources)):
            self.compile(HERE / source, *options)
        image, listing = f"{self.folder.name}/image", pathlib.Path(self.folder.name) / "map"
        run(f"{self.target.triple}-gcc", *self.target.link_flags, *self.objects, *([newlib] if newlib else []), "-nostdlib", "-static",
            f"-L{HERE / 'machine'}", "-T", script, f"-Wl,--gc-sections,--build-id=none,--no-warn-rwx-segments,-Map={listing}", "-lgcc", "-o", image)
        # one core alone, so that nobody else's instructions take time
        qemu = [re.sub(r"^shift=\d+", f"shift={SHIFT}", word) for word in self.target.qemu if word not in ("-smp", "4")]
        if "-icount" not in qemu:
            qemu[1:1] = ["-icount", f"shift={SHIFT},sleep=off"]
        ran = subprocess.run([*qemu, image], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
        if ran.returncode != 0:
            sys.exit(f"{self.target.name}: instructions.c failed: {ran.stdout + ran.stderr}")
        found = {name: (int(count), int(stack)) for name, count, stack in re.findall(r"^(\w+) (\d+) (\d+)$", ran.stdout + ran.stderr, flags=re.M)}
        return found, linked(listing.read_text(), "libc_nano.a")


def linked(listing, archive):
    """Bytes of code and of data that a linker's map has of an archive."""
    sections = listing.split("Linker script and memory map")[1]
    found = re.findall(rf"^ \.(\w+)\S*\s+0x\w+\s+0x(\w+) \S*{archive}\(", sections, flags=re.M)
    return [sum(int(size, 16) for kind, size in found if kind in kinds) for kinds in (("text", "rodata"), ("data", "bss"))]


ROUNDS = 1000


def instructions(word_bits, checks):
    """Instructions of a call, callees included, on this machine: those that size.c makes, counted by callgrind."""
    with tempfile.TemporaryDirectory() as folder:
        program, output = f"{folder}/size", f"{folder}/callgrind.out"
        subprocess.run(["gcc", "-std=c11", "-O3", "-fno-strict-aliasing", f"-DLFM_WORD_BITS={word_bits}",
                        f"-DLFM_CHECKS={checks}", "-DLFM_SHARDS=1", "-DLFM_SMALL=0", f"-DCALLS={ROUNDS}", f"-I{ROOT / 'lib' / 'port' / 'include'}",
                        f"-I{ROOT / 'include'}", HERE / "size.c", HERE / "in_line.c", *sorted((ROOT / "lib").glob("*.c")), "-o", program],
                       check=True)
        run("valgrind", "--tool=callgrind", "--quiet", f"--callgrind-out-file={output}", program)
        lines = run("callgrind_annotate", "--inclusive=yes", "--threshold=100", output)
    found = re.findall(r"^\s*([\d,]+) \([^)]*\)\s+\S+:(lfm_\w+|\w+_in_line) ", plain(lines), flags=re.M)
    return {name: int(count.replace(",", "")) / ROUNDS for count, name in found}
