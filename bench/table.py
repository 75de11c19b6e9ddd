#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the tables of a README from the record: table.py RECORD README [--check]

What lies between the two marker lines of the README is replaced: by all figures, or by a choice of them, as the first marker
says. --check only compares, and fails if it differs."""
import re
import sys

from record import Record

ALL = "<!-- figures: written by bench/table.py, do not edit -->"
CHOICE = "<!-- choice of figures: written by bench/table.py, do not edit -->"
END = "<!-- end of figures -->"

# heading, and what selects the row of a contestant; fair: shown where threads share
POOLS = [
    ("1T ping-pong", dict(scenario="ping-pong", threads=1)),
    ("1T burst 32", dict(scenario="burst 32", threads=1)),
    ("1T many-call", dict(scenario="many-call 32", threads=1)),
    ("2T ping-pong", dict(scenario="ping-pong", threads=2)),
    ("2T burst 32", dict(scenario="burst 32", threads=2)),
    ("handoff", dict(scenario="handoff")),
    ("8T ping-pong", dict(scenario="ping-pong", threads=8)),
]
GROWTH = [("1T", dict(scenario="grow", threads=1)), ("2T", dict(scenario="grow", threads=2))]
HEAPS = [
    (f"{threads}T {name}", dict(scenario=scenario, threads=threads, **more))
    for threads in (1, 2)
    for name, scenario, more in (
        ("mix 7 %", "mix", {"param": 7}),
        ("mix 75 %", "mix", {"param": 75}),
        ("256 B", "same size 256 B", {}),
        ("32 × 64 B", "burst 32 x 64 B", {}),
    )
]
FULL = [
    ("first failure", dict(scenario="full at first failure")),
    ("in churn", dict(scenario="full in churn")),
    ("served at 40 %", dict(scenario="requests met in 16 KiB", param=40)),
    ("60 %", dict(scenario="requests met in 16 KiB", param=60)),
    ("80 %", dict(scenario="requests met in 16 KiB", param=80)),
]
# of front-ends, each of which is either a pool or a heap
FRONT_ENDS = [
    ("ping-pong", dict(scenario="ping-pong", threads=1)),
    ("burst 32", dict(scenario="burst 32", threads=1)),
    ("mix 7 %", dict(scenario="mix", threads=1, param=7)),
    ("256 B", dict(scenario="same size 256 B", threads=1)),
    ("32 × 64 B", dict(scenario="burst 32 x 64 B", threads=1)),
]
UNFAIR = 0.5

# the choice
FEW_POOLS = ["floor: CAS pair", "pthread mutex + list", "textbook Treiber", "glibc malloc", "lfmem pool", "lfmem pool, 8 shards", "lfmem cache of 32"]
FEW_HEAPS = ["rte_malloc", "boost best fit + mutex", "glibc malloc", "mimalloc", "lfmem heap"]


def number(x):
    return f"{x:.0f}" if x >= 99.5 else f"{x:.1f}" if x >= 9.95 else f"{x:.2f}"


def cell(row):
    """Median and, where they differ from it by more than a tenth, quartiles; fairness where it is bad."""
    if row is None:
        return "–"
    text = number(row["median"])
    if row["q3"] - row["q1"] > 0.1 * row["median"]:
        text += f" <sub>{number(row['q1'])}…{number(row['q3'])}</sub>"
    if 0 < row["fair"] < UNFAIR:
        text += f" <sub>fair {row['fair']:.2f}</sub>"
    return text


def table(record, title, area, columns, shown, only=None):
    names = [
        (name, kind)
        for name, kind in record.contestants(area=area)
        if kind != "front-end" and (only is None or name in only)
        and any(record.one(area=area, contestant=name, **select) for _, select in columns)
    ]
    lines = [f"| {title} | " + " | ".join(heading for heading, _ in columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, kind in names:
        cells = [shown(record.one(area=area, contestant=name, **select)) for _, select in columns]
        bold = f"**{name}**" if kind == "lfmem" else name
        lines.append(f"| {bold} | " + " | ".join(cells) + " |")
    return lines


def ratio(record, row):
    """R of a front-end, and how often it is that of lfmem's own calls."""
    if row is None:
        return "–"
    core = record.one(contestant=row["core"], **{k: row[k] for k in ("area", "scenario", "threads", "param")})
    if core is None:  # all its slices were dropped
        return number(row["median"])
    return f"{number(row['median'])} (×{row['median'] / core['median']:.2f})"


def front_ends(record):
    names = [name for name, _ in record.contestants(kind="front-end")]
    if not names:
        return []
    heads = " | ".join(heading for heading, _ in FRONT_ENDS)
    lines = ["", f"| front-end, R (× that of lfmem's own calls) | {heads} |", "|---" * (len(FRONT_ENDS) + 1) + "|"]
    for name in names:
        cells = [ratio(record, record.one(contestant=name, **select)) for _, select in FRONT_ENDS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def percent(row):
    return "–" if row is None else f"{row['median'] * 100:.1f} %"


def figures(record):
    lines = [head(record), ""]
    lines += table(record, "pool, R", "pool", POOLS, cell) + [""]
    lines += table(record, "gets that take new memory, R", "pool", GROWTH, cell) + [""]
    lines += table(record, "heap of 4 MiB, R", "heap", HEAPS, cell) + [""]
    lines += table(record, "how full a heap gets", "heap", FULL, percent)
    lines += front_ends(record)
    return "\n".join(lines)


def choice(record):
    lines = table(record, "pool, R", "pool", [column for column in POOLS if "ping-pong" in column[0]], cell, FEW_POOLS) + [""]
    lines += table(record, "heap of 4 MiB, R", "heap", [column for column in HEAPS if "mix" in column[0]], cell, FEW_HEAPS) + [""]
    return "\n".join(lines + [head(record)])


def head(record):
    return (
        f"R = 1 is {record.note('bare CAS pair (R = 1)')} on {record.note('machine')}; {record.note('compiler')}, "
        f"{record.note('flags')}; {record.note('lfmem')}; commit {record.note('commit')}, {record.note('date')}. "
        f"Peers: {record.note('peers')}."
    )


def main():
    arguments = [a for a in sys.argv[1:] if a != "--check"]
    if len(arguments) != 2:
        sys.exit(__doc__)
    record, readme = arguments
    with open(readme, encoding="utf-8") as file:
        text = file.read()
    begin, written = (ALL, figures) if ALL in text else (CHOICE, choice)
    if text.count(begin) != 1 or text.count(END) != 1:
        sys.exit(f"{readme} does not have the two marker lines once each")
    pattern = re.escape(begin) + ".*" + re.escape(END)
    wanted = re.sub(pattern, lambda _: f"{begin}\n{written(Record(record))}\n{END}", text, flags=re.S)
    if "--check" in sys.argv:
        if wanted != text:
            sys.exit(f"{readme} is not what {record} says: python3 bench/table.py {record} {readme}")
        return
    with open(readme, "w", encoding="utf-8") as file:
        file.write(wanted)


if __name__ == "__main__":
    main()
