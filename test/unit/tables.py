#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tables.py SOURCE CC...: what the public headers say in numbers is what the library does, with words of 64 and of 32 bits.

heap.h: the bytes that a request takes, for each fit. pool.h: how many blocks have links of 2 bytes. And, where addresses have
64 bits, the size of each control block.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

PROGRAM = """#include <lfmem/lfmem.h>
#include <stdio.h>
LFM_HEAP_DEFINE(trimmed, 1 << 21, 64, LFM_FIT_TRIMMED);
LFM_HEAP_DEFINE(buddy4, 1 << 21, 64, LFM_FIT_BUDDY4);
LFM_HEAP_DEFINE(buddy2, 1 << 21, 64, LFM_FIT_BUDDY2);
static void takes(size_t bytes, const lfm_heap *heap)
{
    void *const block = lfm_heap_alloc(heap, bytes);
    printf(" %zu", lfm_heap_usable_size(heap, block));
    (void)lfm_heap_free(heap, block);
}
int main(void)
{
    static const size_t requests[] = {REQUESTS};
    for (unsigned i = 0; i < sizeof requests / sizeof *requests; i++) {
        printf("%zu", requests[i]);
        takes(requests[i], trimmed);
        takes(requests[i], buddy4);
        takes(requests[i], buddy2);
        puts("");
    }
    printf("pool.h %zu\\nheap.h %zu\\nsegment.h %zu\\ndynpool.h %zu\\ncache.h %zu\\n", sizeof(lfm_pool), sizeof(lfm_heap),
           sizeof(lfm_segment), sizeof(lfm_dynpool), sizeof(lfm_cache));
    printf("links %u %u %u %u\\n", LFM_LINK_BYTES_(1), LFM_LINK_BYTES_(SHORT + 1), LFM_LINK_BYTES_(LAST),
           LFM_LINK_BYTES_(LAST + 1));
    printf("short %u\\n", LFM_LINK_BYTES_(SHORT == 0 ? 1 : SHORT));
    printf("pointer %zu\\n", sizeof(void *));
    return 0;
}
"""


def number(text):
    return int(text.replace(" ", ""))


def computed(source, cc, word_bits, requests, short, last):
    """What the program prints: lines by their first word."""
    text = PROGRAM.replace("REQUESTS", ", ".join(map(str, requests))).replace("SHORT", f"{short}u").replace("LAST", f"{last}u")
    with tempfile.TemporaryDirectory() as work:
        program = pathlib.Path(work) / "tables"
        program.with_suffix(".c").write_text(text)
        subprocess.run([*cc, "-std=c11", "-O1", "-fno-strict-aliasing", f"-DLFM_WORD_BITS={word_bits}", f"-I{source / 'include'}",
                        f"-I{source / 'lib/port/include'}", "-o", program, program.with_suffix(".c"), *(source / "lib").glob("*.c")],
                       check=True)
        lines = subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()
    return {line.split()[0]: list(map(int, line.split()[1:])) for line in lines}


def main():
    source, cc = pathlib.Path(sys.argv[1]), sys.argv[2:]
    texts = {path.name: path.read_text() for path in (source / "include/lfmem").glob("*.h")}
    heap = [list(map(number, line.strip(" *|").split("|"))) for line in re.findall(r"^ \* +\|[ 0-9]+(?:\|[ 0-9]+){4}\|$",
                                                                                 texts["heap.h"], re.M)]
    narrow = re.search(r"\| 2 bytes +\| up to ([0-9 ]+) blocks +\| up to ([0-9 ]+) blocks", texts["pool.h"])
    short = re.search(r"\| 1 byte +\| (none) +\| up to ([0-9 ]+) blocks", texts["pool.h"])
    limits = {name: int(found[1]) for name, text in texts.items()
              if (found := re.search(r"control block(?:,| has)? at most (\d+)\s+(?:\* )?bytes", text))}
    wrong = []
    if len(heap) < 5 or not narrow or not short or len(limits) != 5:
        wrong.append(f"tables are missing: {heap}, {narrow}, {limits}")
    for at, word_bits in enumerate((64, 32)):
        last = number(narrow[at + 1])
        few = 0 if short[at + 1] == "none" else number(short[at + 1])
        right = computed(source, cc, word_bits, [row[0] for row in heap], few, last)
        for request, trimmed_64, trimmed_32, buddy4, buddy2 in heap:
            said = [(trimmed_64, trimmed_32)[at], buddy4, buddy2]
            if right[str(request)] != said:
                wrong.append(f"heap.h, {request} bytes, words of {word_bits} bits: {right[str(request)]}, the table says {said}")
        if right["links"] != [1 if few else 2, 2, 2, 4] or right["short"] != [1 if few else 2]:
            wrong.append(f"pool.h, words of {word_bits} bits: links of 1, {few}, {few + 1}, {last} and {last + 1} blocks have {right['links']}, {right['short']} bytes")
        wrong += [f"{name}, words of {word_bits} bits: the control block has {right[name][0]} bytes, at most {most}"
                  for name, most in limits.items() if right["pointer"] == [8] and right[name][0] > most]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
