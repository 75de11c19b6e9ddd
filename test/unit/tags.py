#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tags.py SOURCE CC...: the table of tags in lib/README.md is what detail/layout.h computes.

Each row: blocks, then for words of 64 and of 32 bits the bytes of a link, the bits of a tag, and how long 10^8 gets a
second take to bring one round.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

RATE = 1e8
SECONDS = {"years": 365.25 * 86400, "days": 86400, "min": 60, "s": 1, "ms": 1e-3, "µs": 1e-6}
PROGRAM = """#include <lfmem/pool.h>
#include <stdio.h>
int main(void)
{
    static const unsigned long counts[] = {%s};
    for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (counts[i] <= LFM_POOL_MAX_COUNT) {
            printf("%%lu %%u %%d\\n", counts[i], LFM_LINK_BYTES_(counts[i]), (int)LFM_TAG_BITS_(counts[i]));
        }
    }
    return 0;
}
"""


def number(text):
    base, _, rest = text.replace(" ", "").partition("^")
    if not rest:
        return int(base)
    power, _, less = rest.partition("−")
    return int(base) ** int(power) - int(less or 0)


def computed(source, cc, word_bits, counts):
    with tempfile.TemporaryDirectory() as work:
        program = pathlib.Path(work) / "tags"
        program.with_suffix(".c").write_text(PROGRAM % ", ".join(map(str, counts)))
        subprocess.run([*cc, "-std=c11", f"-DLFM_WORD_BITS={word_bits}", f"-I{source / 'include'}",
                        f"-I{source / 'lib/port/include'}", "-o", program, program.with_suffix(".c")], check=True)
        lines = subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines()
    return {int(count): (int(link), int(tag)) for count, link, tag in (line.split() for line in lines)}


def main():
    source, cc = pathlib.Path(sys.argv[1]), sys.argv[2:]
    section = (source / "lib/README.md").read_text().split("## ABA")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")]
            for line in section.splitlines() if re.match(r"\| \d", line)]
    counts = [number(row[0]) for row in rows]
    wrong = [] if len(rows) >= 9 else [f"only {len(rows)} rows were found"]
    for word_bits, at in (64, 1), (32, 4):
        right = computed(source, cc, word_bits, counts)
        for count, row in zip(counts, rows):
            link, tag, time = row[at:at + 3]
            if count not in right:
                if link or tag or time:
                    wrong.append(f"{row[0]} blocks, {word_bits} bits: there is no such pool")
                continue
            value, unit = time.split()
            ratio = 2 ** right[count][1] / RATE / (float(value) * SECONDS[unit])
            if (link, tag) != (f"{right[count][0]} B", str(right[count][1])) or not 0.8 < ratio < 1.25:
                wrong.append(f"{row[0]} blocks, {word_bits} bits: {right[count]}, the table says {link}, {tag}, {time}")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
