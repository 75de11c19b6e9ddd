#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks pools, caches and heap under weak memory with GenMC (https://github.com/MPI-SWS/genmc, 0.10.3 with LLVM 14).

usage: rc11.py [--long]

For those who have GenMC; the tests have the explorer (memory.h), which knows no load buffering. Two models: RC11, which is
C11 without values out of thin air, and IMM, which also lets a load see a store that program order puts after it, as hardware
may. Every case must be free of errors under both, and with each memory order of the core weakened in turn at least one must
not be: so none is stronger than it has to be. --long adds cases of minutes. GENMC names the program (default: genmc in the
path); its folder include/ is looked for beside it.
"""
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
INCLUDE = HERE.parent.parent / "include"
CASES = {
    "one each": "rc11.c -DMUST",
    "one each, in line": "rc11.c -DIN_LINE -DMUST",
    "the last block, in line": "rc11.c -DIN_LINE -DBLOCKS=1",
    "two at once": "rc11.c -DMANY -DHOLD=2 -DBLOCKS=4",
    "stats": "rc11.c -DSTATS -DBLOCKS=3",
    "two shards": "rc11.c -DSHARDS=2 -DMUST",
    "a block changes lists": "rc11.c -DSHARDS=2 -DDODGE",
    "grow each": "rc11_dynpool.c",
    "grow each, used memory": "rc11_dynpool.c -DDIRTY",
    "the last room goes": "rc11_dynpool.c -DLAST -DROOM=3",
    "the last share goes": "rc11_dynpool.c -DSHARE -DMAXIMUM=3",
    "two children": "rc11_dynpool.c -DTWICE -DDIRTY -DROOM=5",
    "stats of a growing pool": "rc11_dynpool.c -DSTATS",
    "caches": "rc11_cache.c",
    "caches, a block is handed over": "rc11_cache.c -DHANDED -DBLOCKS=3",
    "a unit each": "rc11_heap.c -DFIRST=unit();give() -DSECOND=unit();give()",
    "a unit against a large block": "rc11_heap.c -DFIRST=unit();give() -DSECOND=large();give()",
    "the same on used words": "rc11_heap.c -DSETUP=all_but(1);all_but(1);give();give() -DFIRST=unit();give() "
                              "-DSECOND=large();give()",
    "a unit under a large block": "rc11_heap.c -DLARGES=1 -DFIRST=try_unit() -DSECOND=try_large();give();look()",
    "a free against a merge": "rc11_heap.c -DLARGES=1 -DSETUP=as(1);unit() -DFIRST=give() -DSECOND=try_large()",
    "two freed parts are taken as one": "rc11_heap.c -DLARGES=1 -DSETUP=as(1);unit();as(2);unit() -DFIRST=give() "
                                        "-DSECOND=give() -DTHIRD=try_large()",
    "merged by another": "rc11_heap.c -DLARGES=1 -DSETUP=as(1);unit() -DFIRST=give();try_large() -DSECOND=try_large()",
    "anchored by another": "rc11_heap.c -DLARGES=1 -DFIRST=try_large();give() -DSECOND=try_unit() -DTHIRD=look()",
    "two merges, a unit between": "rc11_heap.c -DLARGES=1 -DSETUP=unit();give() "
                                  "-DFIRST=try_large();give();try_large() -DSECOND=try_unit()",
    "a unit runs from a search": "rc11_heap.c -DSETUP=all_but(1);from(1);all_but(1);as(1);unit() "
                                 "-DFIRST=give();from(1);unit();give();from(0);unit();give();from(1);unit() "
                                 "-DSECOND=unit()",
    "a unit runs from a large search": "rc11_heap.c -DSETUP=all_but(1);all_but(1);give();give();as(1);unit() "
                                       "-DFIRST=give();from(1);unit() -DSECOND=large()",
    "a unit makes room for a large block": "rc11_heap.c -DSETUP=as(1);unit() -DFIRST=give();large() -DSECOND=large()",
    "a block grows and runs": "rc11_heap.c -DSETUP=all_but(1);from(1);all_but(2);as(1);unit();from(1);unit() "
                              "-DFIRST=give();try_grow() -DSECOND=unit()",
    "a block grows over a freed one": "rc11_heap.c -DLARGES=1 -DSETUP=as(1);unit();as(2);unit() -DFIRST=try_grow() "
                                      "-DSECOND=give()",
    "stats of a heap": "rc11_heap.c -DFIRST=unit();give();large() -DSECOND=stats(1,LFM_WORD_UNITS)",
    "three levels, a free against a merge": "rc11_heap.c -DTOP=2 -DLARGES=1 -DSETUP=as(1);unit() -DFIRST=give() "
                                            "-DSECOND=try_larger()",
    "three levels, a unit against a larger block": "rc11_heap.c -DTOP=2 -DLARGES=1 -DFIRST=try_unit();give() "
                                                   "-DSECOND=try_larger()",
    "a free, a waiter": "rc11_zephyr.c",
    "a free, a waiter for more": "rc11_zephyr.c -DLARGE",
}
LONG_CASES = {"two of three": "rc11.c -DHOLD=2 -DBLOCKS=3", "two of three, in line": "rc11.c -DIN_LINE -DHOLD=2 -DBLOCKS=3",
              "two rounds, in line": "rc11.c -DIN_LINE -DROUNDS=2 -DMUST", "three threads": "rc11.c -DTHREADS=3 -DBLOCKS=3 -DMUST"}
LONG_SECONDS = 3600
# Stays as it is although nothing depends on it: POP_CAS, and the acquire half of all other CAS of lists, for C11
# 7.17.7.4 wants a compare-and-swap that succeeds to be as strong as one that fails.
WEAKENED = {
    "POP_LOAD": ["relaxed"],
    "POP_FAIL": ["relaxed"],
    "PUSH_LOAD": ["relaxed"],
    "PUSH_FAIL": ["relaxed"],
    "PUSH_CAS": ["acquire", "relaxed"],
    "POP_SHARD_CAS": ["acquire", "relaxed"],
    "STAT_LOAD": ["relaxed"],
    "STAT_LINK": ["relaxed"],
    "LINK_STORE": ["relaxed"],
    "MARK_STORE": ["relaxed"],
    "BUMP_LOAD": ["relaxed"],
    "BUMP_FAIL": ["relaxed"],
    "BUMP_CAS": ["acquire", "relaxed"],
    "QUOTA_LOAD": ["relaxed"],
    "QUOTA_FAIL": ["relaxed"],
    "QUOTA_CAS": ["acquire", "relaxed"],
    "TREE_LOAD": ["relaxed"],
    "TREE_FAIL": ["relaxed"],
    "TREE_CAS": ["acquire", "relaxed"],
    "HEAP_LOAD": ["relaxed"],
    "HEAP_CLAIM": ["release", "acquire", "relaxed"],
    "HEAP_SPLIT": ["release", "acquire", "relaxed"],
    "HEAP_PUBLISH": ["relaxed"],
    "HEAP_MERGE": ["relaxed"],
    "HEAP_RELEASE": ["release", "acquire", "relaxed"],
    "HEAP_RENDEZVOUS": ["relaxed"],
}


def is_of_heap(case):
    return "rc11_heap" in case or "rc11_zephyr" in case


def find_tools():
    genmc = os.environ.get("GENMC") or shutil.which("genmc")
    opt = shutil.which("opt-14") or "/usr/lib/llvm-14/bin/opt"
    if not genmc or not shutil.which("clang-14") or not os.path.exists(opt):
        sys.exit("needs genmc 0.10.3, clang-14 and opt-14")
    return genmc, opt


def check(tools, model, config, case, extra, seconds):
    """True: free of errors; False: an error; None: not decided in time."""
    genmc, opt = tools
    source, *flags = case.split()
    genmc_include = pathlib.Path(genmc).resolve().parent / "include"
    with tempfile.TemporaryDirectory() as folder:
        code = pathlib.Path(folder) / "code.ll"
        subprocess.run(["clang-14", "-std=gnu11", "-w", "-O1", "-Xclang", "-disable-llvm-passes", "-Xclang",
                        "-disable-lifetime-markers", "-DLFM_INLINE=0", "-S", "-emit-llvm", "-D__CONFIG_GENMC_INODE_DATA_SIZE=64",
                        f"-I{genmc_include}", f"-I{INCLUDE}", f"-I{config}", f"-I{INCLUDE}/lfmem/compat/zephyr",
                        *flags, *extra,
                        str(HERE / source), "-o", str(code)], check=True)
        # With everything used inlined and in registers, what GenMC has to order is the atomics.
        code.write_text(code.read_text().replace(" noinline ", " "))
        subprocess.run([opt, "-S", "-internalize-public-api-list=main", "-inline-threshold=100000",
                        "-passes=internalize,globaldce,cgscc(inline),globaldce,"
                        "function(sroa,mem2reg,instsimplify)",
                        str(code), "-o", str(code)], check=True)
        if source == "rc11_cache.c":
            # What is left of structs' copies is padding and fields that nobody reads, which GenMC cannot copy.
            code.write_text(re.sub(r"\n *call void @llvm\.memcpy[^\n]*", "", code.read_text()))
        # seconds of the processor, so that a busy machine decides as much
        run = subprocess.run([genmc, "--" + model, "--disable-estimation", "--input-from-bitcode-file", "--", str(code)],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds)))
    if run.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return None, ""
    done = [line for line in run.stdout.splitlines() if "complete executions" in line or "rror:" in line]
    if run.returncode not in (0, 42):
        sys.exit(run.stdout)
    return run.returncode == 0, "; ".join(done)


def make_config(folder, bits):
    """An include folder with lfmem/config.h for words of so many bits."""
    values = {"WORD_BITS": bits, "CHECKS": 1, "SHARDS": 1, "VERSION": ""}
    text = (INCLUDE / "lfmem/config.h.in").read_text()
    text = re.sub("@([A-Z_]+)@", lambda match: str(values.get(match[1], 0)), text)
    path = pathlib.Path(folder) / str(bits) / "lfmem/config.h"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    heap = "#define CONFIG_HEAP_MEM_POOL_SIZE 256\n#define CONFIG_HEAP_MEM_POOL_MIN_SIZE 64\n"
    (path.parent.parent / "lfm_zephyr_config.h").write_text(heap)
    return path.parent.parent


def main():
    tools = find_tools()
    cases = {**CASES, **(LONG_CASES if "--long" in sys.argv else {})}
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        configs = {bits: make_config(folder, bits) for bits in (64, 32)}
        def runs(some):
            return [(f"{model}, {bits}-bit words, {name}", name, (tools, model, config, case))
                    for model in ("rc11", "imm") for bits, config in configs.items() for name, case in some.items()]

        for title, name, run in runs(cases):
            right, said = check(*run, [], 60 if name in CASES else LONG_SECONDS)
            bad += right is not True
            print(f"{title}: {'NOT DECIDED' if right is None else 'ok' if right else 'WRONG'} ({said})", flush=True)
        for order, weaker in WEAKENED.items():
            for weak in weaker:
                flags = [f"-DLFM_MO_{order}=memory_order_{weak}"]
                own = {name: case for name, case in CASES.items() if is_of_heap(case) == order.startswith("HEAP_")}
                caught = next((title for title, _, run in runs(own) if check(*run, flags, 60)[0] is False), None)
                bad += caught is None
                print(f"{order} {weak}: {'caught by ' + caught if caught else 'NOT NEEDED'}", flush=True)
    print(f"{bad} wrong")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
