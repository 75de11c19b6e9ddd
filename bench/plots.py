#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the record as SVG and PNG: plots.py RECORD PICTURE FOLDER (needs matplotlib)."""
import csv
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.patches import Patch

from record import Record

COLOURS = {"floor": "#9e9e9e", "lock": "#c9803f", "lock-free": "#5b8db8", "caching": "#8a73b0", "lfmem": "#2e8b57"}
NAMES = {"floor": "floor", "lock": "lock", "lock-free": "lock-free list", "caching": "thread caches", "lfmem": "lfmem"}
# what is drawn in plots of lines, which could not show all
LINES = ["floor: CAS pair", "floor: plain list", "floor: mix, CAS pair", "pthread mutex + list", "pthread spinlock + list", "textbook Treiber",
         "ck_stack", "rte_mempool, cache 256", "glibc malloc", "mimalloc", "boost best fit + mutex", "tcmalloc", "jemalloc"]
LINES_LFMEM = ["lfmem pool", "lfmem heap", "lfmem pool, 8 shards", "lfmem cache of 32", "lfmem dynpool, by 16", "lfmem cache of 256"]
GREENS = ["#2e8b57", "#145a32", "#66bb6a", "#00897b"]
MARKS = "osv^D<>P"
WIDTH = 8.0  # inches; 100 pixels each

plt.rcParams.update({"font.size": 9, "axes.titlesize": 10, "svg.hashsalt": "lfmem", "svg.fonttype": "none", "axes.spines.top": False,
                     "axes.spines.right": False})


def save(figure, folder, name):
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
    figure.savefig(folder / f"{name}.png", dpi=100)
    plt.close(figure)


def legend_below(figure, handles, columns):
    """Leaves room for it: matplotlib 3.6 cannot."""
    rows = -(-len(handles) // columns)
    room = (0.2 * rows + 0.1) / figure.get_figheight()
    figure.get_layout_engine().set(rect=(0, room, 1, 1 - room))
    figure.legend(handles=handles, loc="lower center", ncol=columns, frameon=False, fontsize=8)


def plain_numbers(axis):
    """1, 2, 5, 10 ... on a logarithmic axis; powers of ten only, if it is a long one."""
    least, most = axis.get_view_interval()
    axis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1, 2, 5) if most < 2000 * least else (1,)))
    axis.set_major_formatter(lambda x, _: f"{x:,.0f}".replace(",", " ") if x >= 1 else f"{x:g}")
    axis.set_minor_locator(matplotlib.ticker.NullLocator())


def bar_rows(record, **select):
    """Those that have a bar: a floor is a line, and a front-end as good as its core."""
    return [r for r in record.select(unit="R", **select) if r["kind"] in COLOURS and r["kind"] != "floor"]


def bars(record, axis, title, floor, **select):
    """One bar of R for each contestant, by size; whiskers are quartiles; the floor is a line."""
    rows = bar_rows(record, **select)
    rows.sort(key=lambda r: r["median"])
    medians = [r["median"] for r in rows]
    errors = [[m - r["q1"] for m, r in zip(medians, rows)], [r["q3"] - m for m, r in zip(medians, rows)]]
    axis.barh(range(len(rows)), medians, color=[COLOURS[r["kind"]] for r in rows], xerr=errors,
              error_kw={"elinewidth": 0.8, "ecolor": "#444444"})
    axis.set_yticks(range(len(rows)), [r["contestant"] for r in rows])
    for label, row in zip(axis.get_yticklabels(), rows):
        label.set_fontweight("bold" if row["kind"] == "lfmem" else "normal")
    bottom = record.one(unit="R", contestant=floor, **select)
    at, what = (bottom["median"], floor.removeprefix("floor: ")) if bottom else (1 / select["threads"], "private CAS pairs")
    axis.set_xscale("log")
    right = max([r["q3"] for r in rows], default=1)
    left = min([at] + [r["q1"] for r in rows])
    axis.set_xlim(max(left, 0.01) / 1.6, right * 2.2)
    for i, row in enumerate(rows):
        unfair = f"  fair {row['fair']:.2f}" if 0 < row["fair"] < 0.5 else ""
        axis.annotate(f"{row['median']:.2f}{unfair}", (row["q3"], i), (3, 0), textcoords="offset points", va="center",
                      fontsize=7)
    axis.axvline(at, color="#444444", linestyle="--", linewidth=1)
    axis.annotate(what, (at, 0.0), (3, 2), textcoords="offset points", xycoords=("data", "axes fraction"), fontsize=7,
                  color="#444444")
    plain_numbers(axis.xaxis)
    axis.set_xlabel("R (get + put to a bare CAS pair; log scale, less is better)")
    axis.set_title(title)
    return {r["kind"] for r in rows}


def bar_sheet(record, folder, name, panels, floor):
    panels = [(title, select) for title, select in panels if record.select(unit="R", **select)]
    if not panels:
        return
    heights = [len(bar_rows(record, **s)) + 3 for _, s in panels]
    figure, axes = plt.subplots(len(panels), 1, figsize=(WIDTH, 0.17 * sum(heights) + 0.5), squeeze=False,
                                height_ratios=heights, layout="constrained")
    kinds = set()
    for axis, (title, select) in zip(axes[:, 0], panels):
        kinds |= bars(record, axis, title, floor, **select)
    legend_below(figure, [Patch(color=COLOURS[k], label=NAMES[k]) for k in COLOURS if k in kinds], 5)
    save(figure, folder, name)


def line_style(name, kind):
    index = (LINES_LFMEM if kind == "lfmem" else LINES).index(name)
    if kind == "lfmem":
        return {"color": GREENS[index % len(GREENS)], "marker": MARKS[index % len(MARKS)], "linewidth": 2, "markersize": 4}
    colour = COLOURS["floor"] if kind == "floor" else f"C{(0, 1, 3, 4, 5, 6, 8, 9)[index % 8]}"
    return {"color": colour, "marker": MARKS[index % len(MARKS)], "linewidth": 1, "markersize": 3, "linestyle": "--"}


def lines(record, axis, x, keep=lambda row: True, **select):
    """A line for each contestant that is drawn at all; returns their handles."""
    handles = []
    for name, kind in record.contestants(**select):
        rows = [r for r in record.select(contestant=name, **select) if keep(r)]
        if name in LINES + LINES_LFMEM and len(rows) > 1:
            handles += axis.plot([x(r) for r in rows], [r["median"] for r in rows], label=name, **line_style(name, kind))
    axis.set_yscale("log")
    plain_numbers(axis.yaxis)
    axis.grid(True, which="major", linewidth=0.3)
    return handles


def tails(record, folder):
    """Percentiles by how rare they are, so that each further nine takes the same room."""
    for area, scenario, title in (("pool", "latency", "get + put"), ("heap", "mix latency", "mix, 75 % full")):
        if not record.select(area=area, scenario=scenario):
            continue
        figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 4.8), sharey=True, layout="constrained")
        handles = []
        for axis, count in zip(axes, (1, 2)):
            drawn = lines(record, axis, lambda r: 1 / (1 - r["param"] / 100), lambda r: r["param"] < 100, area=area,
                          scenario=scenario, threads=count)
            handles = drawn if len(drawn) > len(handles) else handles
            axis.set_xscale("log")
            axis.set_xticks([2, 10, 100, 1e3, 1e4, 1e5], ["50", "90", "99", "99.9", "99.99", "99.999"], fontsize=8)
            axis.xaxis.set_minor_locator(matplotlib.ticker.NullLocator())
            axis.set_xlabel("percentile")
            axis.set_title(f"{title}, {count} thread{'s' if count > 1 else ''}")
        axes[0].set_ylabel("ns for one pair, clock included")
        legend_below(figure, handles, 4)
        save(figure, folder, f"tails-{area}s")


def scaling(record, folder):
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 4.8), layout="constrained")
    drawn = {}
    for axis, area, label, title in (
            (axes[0], "pool", "blocks in the pool", "half of the blocks got, put shuffled"),
            (axes[1], "heap", "bytes of the heap", "mix of 64 to 4095 bytes, 75 % full")):
        handles = lines(record, axis, lambda r: r["param"], area=area, scenario=f"by {area} size")
        axis.set_xscale("log", base=10 if area == "pool" else 2)
        axis.set_xlabel(label)
        axis.set_ylabel("R")
        axis.set_title(title)
        drawn |= {handle.get_label(): handle for handle in handles}
    axes[1].set_xticks([2.0**k for k in (14, 18, 22, 26, 30)], ["16 Ki", "256 Ki", "4 Mi", "64 Mi", "1 Gi"])
    legend_below(figure, list(drawn.values()), 4)
    save(figure, folder, "scaling")


def threads(record, folder):
    figure, axis = plt.subplots(figsize=(WIDTH, 4.8), layout="constrained")
    handles = lines(record, axis, lambda r: r["threads"], area="pool", scenario="ping-pong")
    axis.set_xscale("log", base=2)
    axis.set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
    axis.set_xlabel(f"threads, on {record.note('cores used')} cores")
    axis.set_ylabel("R of all threads in all (less is better)")
    axis.set_title("pools: ping-pong")
    legend_below(figure, handles, 4)
    save(figure, folder, "threads")


def occupancy(path, folder):
    """A pixel for each unit, rows of 16 KiB; blocks by turns in two shades, so that neighbours can be told apart."""
    unit, columns = 64, 256
    with open(path, encoding="utf-8") as file:
        blocks = list(csv.DictReader(file))
    fits = list(dict.fromkeys(b["fit"] for b in blocks))
    shades = matplotlib.colors.ListedColormap(["#f4f4f4", "#2e8b57", "#8cc9a5"])
    figure, axes = plt.subplots(1, len(fits), figsize=(WIDTH, 3.4), sharey=True, layout="constrained")
    for axis, fit in zip(axes, fits):
        units = []
        for i, b in enumerate(b for b in blocks if b["fit"] == fit):
            units += [1 + i % 2 if b["taken"] == "1" else 0] * (int(b["bytes"]) // unit)
        rows = [units[at:at + columns] for at in range(0, len(units), columns)]
        axis.imshow(rows, cmap=shades, vmin=0, vmax=2, aspect="auto", interpolation="nearest",
                    extent=(0, columns * unit / 1024, len(units) * unit / 1024, 0))
        axis.set_title(f"{fit} fit: {sum(u > 0 for u in units) / len(units) * 100:.0f} % taken")
        axis.set_xlabel("KiB in the row")
    axes[0].set_ylabel("row at, KiB")
    figure.suptitle("a heap of 512 KiB after 20 000 requests, 65 % of its bytes asked for", fontsize=10)
    legend_below(figure, [Patch(color="#2e8b57", label="blocks, in two shades by turns"),
                          Patch(facecolor="#f4f4f4", edgecolor="#bbbbbb", label="free")], 2)
    save(figure, folder, "occupancy")


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    record, folder = Record(sys.argv[1]), Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    cas, pool = "floor: CAS pair", dict(area="pool")
    bar_sheet(record, folder, "pools-1-thread", [
        ("ping-pong, 1 thread", dict(scenario="ping-pong", threads=1, **pool)),
        ("burst of 32, 1 thread", dict(scenario="burst 32", threads=1, **pool))], cas)
    bar_sheet(record, folder, "pools-2-threads", [
        ("ping-pong, 2 threads", dict(scenario="ping-pong", threads=2, **pool)),
        ("burst of 32, 2 threads", dict(scenario="burst 32", threads=2, **pool))], cas)
    bar_sheet(record, folder, "handoff", [("handoff from one thread to the other", dict(scenario="handoff", threads=2, **pool))],
              "floor: ring alone")
    for n, word in ((1, "thread"), (2, "threads")):
        bar_sheet(record, folder, f"heaps-{n}-{word}", [
            (f"mix of 64 to 4095 bytes, {percent} % full, {n} {word}",
             dict(area="heap", scenario="mix", threads=n, param=percent)) for percent in (7, 75)] + [
            (f"{scenario.replace(' x ', ' × ')}, {n} {word}", dict(area="heap", scenario=scenario, threads=n))
            for scenario in ("same size 256 B", "burst 32 x 64 B")], None)
    threads(record, folder)
    tails(record, folder)
    scaling(record, folder)
    occupancy(sys.argv[2], folder)


if __name__ == "__main__":
    main()
