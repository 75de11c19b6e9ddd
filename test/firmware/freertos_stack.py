#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stack that FreeRTOS's heap over lfmem needs (lib/port/freertos/heap_lfm.c), by the compiler's call graph as in costs.py.

freertos_stack.py check TARGET   compares with the most that lib/port/README.md allows for; 77: there is no gcc 12 for TARGET
freertos_stack.py show TARGET
"""
import sys

import costs

# Bytes. A task of configMINIMAL_STACK_SIZE can afford the getters.
MOST = {"pvPortMalloc": 448, "pvPortCalloc": 464, "vPortFree": 88, "vPortHeapResetState": 200, "vPortGetHeapStats": 1376,
        "xPortGetFreeHeapSize": 32, "xPortGetMinimumEverFreeHeapSize": 32, "xPortResetHeapMinimumEverFreeHeapSize": 32}


def stacks(target):
    graph = costs.Library(target, 1)
    graph.add(costs.ROOT / "lib" / "port" / "freertos" / "heap_lfm.c", f"-I{costs.ROOT / 'test' / 'port' / 'freertos'}")
    return {name: graph.deepest(name) for name in MOST}


def main(what, name):
    target = costs.Target(name)
    if target.version != costs.GCC:
        print(f"skipped: no {target.triple}-gcc {costs.GCC}, but {target.version or 'none'}")
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
