#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stack that FreeRTOS's heap over lfmem needs (lib/port/freertos/heap_lfm.c), by the compiler's call graph as in size.py.

freertos_stack.py check TARGET   compares with the most that lib/port/README.md allows for; 77: there is no gcc 12 for TARGET
freertos_stack.py show TARGET
"""
import pathlib
import sys
import tempfile

import size

# Bytes. A task of configMINIMAL_STACK_SIZE can afford the getters.
MOST = {"pvPortMalloc": 448, "pvPortCalloc": 464, "vPortFree": 88, "vPortHeapResetState": 200, "vPortGetHeapStats": 1376,
        "xPortGetFreeHeapSize": 32, "xPortGetMinimumEverFreeHeapSize": 32, "xPortResetHeapMinimumEverFreeHeapSize": 32}


def stacks(target):
    graph = size.library(target, 1)
    source = size.ROOT / "lib" / "port" / "freertos" / "heap_lfm.c"
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "heap.o"
        target.compile(source, output, "-fcallgraph-info=su", f"-I{size.ROOT / 'test' / 'port' / 'freertos'}", "-DLFM_SHARDS=0",
                       "-DLFM_HEAP_MARKS=0")
        graph.add(size.plain(output.with_suffix(".ci").read_text()), target.sizes(output, "Tt"))
    return {name: graph.deepest(name) for name in MOST}


def main(what, name):
    target = size.Target(name)
    if target.version != size.GCC:
        print(f"skipped: no {target.triple}-gcc {size.GCC}, but {target.version or 'none'}")
        return 77
    found = stacks(target)
    failed = 0
    for function, most in MOST.items():
        over = what == "check" and found[function] > most
        failed += over
        print(f"{function}: {found[function]} bytes" + (f", more than {most}" if over else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
