#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the tables of README.md from the figures: table.py record.csv README.md

They stand between the lines `<!-- figures -->` and `<!-- end of figures -->`.
"""
import csv
import sys

BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"


def table(title, rows, value, way=None):
    """One line for each allocator, one column for each trace; an allocator or trace without values is left out."""
    cells = {}
    for row in rows:
        if (way or "one thread") == row["way"] and (text := value(row)):
            cells.setdefault(row["allocator"], {})[row["trace"]] = text
    traces = sorted({trace for line in cells.values() for trace in line})
    text = f"| {title} | {' | '.join(traces)} |\n|---|{'---|' * len(traces)}\n"
    for allocator, line in cells.items():
        text += f"| {allocator} | {' | '.join(line.get(trace, '') for trace in traces)} |\n"
    return text + "\n"


def share(name):
    def value(row):
        part = float(row[name]) / float(row["live_bytes"])
        return f"{part:.2f}" if part > 0 else ""
    return value


def ratio(row):
    return f"{float(row['median']):.2f}"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        lines = file.readlines()
    notes = [line[2:].strip() for line in lines if line.startswith("#")]
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    text = "\n" + "; ".join(notes) + "\n\n"
    text += table("R of an operation, one thread", rows, ratio)
    text += table("R, 2 copies in 2 threads", rows, ratio, "copies")
    text += table("R, each thread by itself", rows, ratio, "by thread")
    text += table("smallest arena / live", rows, share("arena_bytes"))
    text += table("bytes in blocks / live", rows, share("used_bytes"))
    text += table("resident / live", rows, share("resident_bytes"))
    with open(sys.argv[2], encoding="utf-8") as file:
        page = file.read()
    head, rest = page.split(BEGIN)
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(head + BEGIN + text + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
