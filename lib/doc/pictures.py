#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the pictures of lib/README.md: heap.svg and list.svg, with the text in them as text.

pictures.py FOLDER           writes them into FOLDER: python3 lib/doc/pictures.py lib/doc
pictures.py --check FOLDER   fails if what is there differs
"""
import html
import pathlib
import sys

SANS = 'font-family="DejaVu Sans, Verdana, sans-serif"'
INK, GREY, EDGE = "#222222", "#777777", "#555555"
FREE, PART, TAKEN, STEP = "#ffffff", "#cfe3f5", "#f3c48b", "#a02020"
CELL, HIGH = 56, 26  # of a unit, in pixels


class Picture:
    """Shapes in the order in which they are drawn."""

    def __init__(self, title, description):
        self.title, self.description, self.shapes = title, description, []

    def box(self, x, y, width, height, fill=FREE, dashed=False, line=EDGE):
        dash = ' stroke-dasharray="4 3"' if dashed else ""
        self.shapes.append(f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}" stroke="{line}"{dash}/>')

    def text(self, x, y, text, size=12, anchor="start", colour=INK, bold=False):
        weight = ' font-weight="bold"' if bold else ""
        self.shapes.append(f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"{weight}>'
                           f"{html.escape(text)}</text>")

    def line(self, *points, arrow=False, colour=EDGE, dashed=False):
        end = ' marker-end="url(#arrow)"' if arrow else ""
        dash = ' stroke-dasharray="4 3"' if dashed else ""
        path = " ".join(f"{x},{y}" for x, y in points)
        self.shapes.append(f'<polyline points="{path}" fill="none" stroke="{colour}"{dash}{end}/>')

    def step(self, x, y, number):
        self.shapes.append(f'<circle cx="{x}" cy="{y}" r="8" fill="{STEP}"/>')
        self.text(x, y + 4, str(number), 11, "middle", "#ffffff", True)

    def svg(self, width, height):
        head = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" {SANS}>',
                f"<title>{html.escape(self.title)}</title>", f"<desc>{html.escape(self.description)}</desc>",
                '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
                f'<path d="M0,0 L8,4 L0,8 z" fill="{EDGE}"/></marker></defs>',
                f'<rect width="{width}" height="{height}" fill="#ffffff"/>']
        return "\n".join(head + self.shapes + ["</svg>"]) + "\n"


def word(picture, x, y, states, reachable=None, tag=None):
    """A word of the heap: four units from x on. Dashed: it is not reachable; None: the top, of which nobody asks that."""
    fills = {"FREE": FREE, "PART": PART, "TAKEN": TAKEN, "CONT": TAKEN}
    for unit, state in enumerate(states):
        picture.box(x + unit * CELL, y, CELL, HIGH, fills[state], reachable is False)
        picture.text(x + unit * CELL + CELL // 2, y + 17, state, 11, "middle", GREY if state == "FREE" else INK)
    if tag is not None:
        flag = {None: "", True: "reachable, ", False: "not reachable, "}[reachable]
        picture.text(x, y + HIGH + 14, f"{flag}tag {tag}", 10, "start", GREY)


def tree(picture, y, top, top_tag, child, reachable, child_tag):
    """The top word, and below it the word for each of its units; the second is the one of which the story is."""
    x, below, wide = 330, y + 82, 4 * CELL
    rest, middle = ["FREE"] * 4, x + CELL + CELL // 2
    word(picture, x, y, top)
    picture.text(x + wide + 12, y + 17, f"level 1, the top: units of four; tag {top_tag}", 10, "start", GREY)
    picture.text(20, below + 17, "level 0", 10, "start", GREY)
    for unit, at in enumerate((70, 330, 590)):
        from_x = x + unit * CELL + CELL // 2
        picture.line((from_x, y + HIGH), (at + wide // 2, below), colour=GREY, dashed=unit != 1 or top[1] != "PART")
        if unit == 1:
            word(picture, at, below, child, reachable, child_tag)
        else:
            word(picture, at, below, rest, False, 0)
    picture.text(590 + wide + 8, below + 17, "…", 14, "start", GREY)
    return middle, below


def heap():
    picture = Picture("A heap's tree: an allocation, a free and a merge",
                      "Four states of a heap of 16 units in words of four units: as at first; after an allocation of one unit, "
                      "which claims, splits and publishes; after its free; and after a merge, by an allocation of four units.")
    height = 178
    for row, (title, steps) in enumerate((
            ("As at first", ["Zero words: everything is FREE. A word is dashed while it is not reachable:",
                             "then what it tells counts for nothing, and the unit above it decides."]),
            ("An allocation of one unit", ["1 claim: a unit of the second word, TAKEN.  2 split: the unit above it, PART.",
                                           "3 publish: the word is reachable. The next allocation there is a claim alone."]),
            ("Its free", ["1 one compare-and-swap makes the unit FREE. No context climbs: the word",
                          "stays reachable, and the unit above it stays PART."]),
            ("A merge, for four units", ["1 read the upper word: PART.  2 read the lower word: nothing taken.",
                                                         "3 unpublish it.  4 merge: PART to FREE, if the tag is the one of 1.  5 claim."]))):
        y = 24 + row * (height + 44)
        picture.text(20, y, f"{row + 1}. {title}", 14, bold=True)
        for number, line in enumerate(steps):
            picture.text(330, y + 16 * number, line, 12)
        at = y + 40
        if row == 0:
            tree(picture, at, ["FREE"] * 4, 0, ["FREE"] * 4, False, 0)
        elif row == 1:
            middle, below = tree(picture, at, ["FREE", "PART", "FREE", "FREE"], 1, ["TAKEN"] + ["FREE"] * 3, True, 2)
            picture.step(330, below, 1)
            picture.step(middle + CELL // 2, at, 2)
            picture.step(330 + 4 * CELL, below, 3)
        elif row == 2:
            middle, below = tree(picture, at, ["FREE", "PART", "FREE", "FREE"], 1, ["FREE"] * 4, True, 3)
            picture.step(330, below, 1)
        else:
            middle, below = tree(picture, at, ["FREE", "TAKEN", "FREE", "FREE"], 3, ["FREE"] * 4, False, 4)
            picture.step(middle - CELL // 2, at, 1)
            picture.step(330, below, 2)
            picture.step(330 + 4 * CELL, below, 3)
            picture.step(middle, at, 4)
            picture.step(middle + CELL // 2, at, 5)
    return picture.svg(860, 4 * (height + 44) - 10)


def free_list():
    picture = Picture("The free list of a dynamic pool",
                      "A head, links and records in the metadata segment, and the blocks in their segment. The list is 2, 6, 0; "
                      "blocks 1, 3 and 10 are taken.")
    cell, x, y = 54, 20, 150
    picture.text(20, 26, "head: one word, changed by compare-and-swap only", 12, bold=True)
    picture.box(20, 36, 90, HIGH, PART)
    picture.box(110, 36, 170, HIGH)
    picture.box(280, 36, 120, HIGH)
    for at, text in ((65, "top: 2"), (195, "allocated count"), (340, "tag: 41 pops")):
        picture.text(at, 53, text, 11, "middle")
    picture.text(412, 126, "metadata segment", 12, bold=True)
    picture.text(412, 142, "a block's index is the place of its link", 11)
    cells = ["none", "itself", "6", "itself", "6", "10", "0", "place", "no child", "no child", "itself", "place", "no child", "no child"]
    for index, value in enumerate(cells):
        link = index in (0, 1, 2, 3, 6, 10)
        picture.box(x + index * cell, y, cell, HIGH, (PART if value != "itself" else TAKEN) if link else FREE)
        picture.text(x + index * cell + cell // 2, y + 17, value, 11, "middle")
        picture.text(x + index * cell + cell // 2, y + 40, str(index), 10, "middle", GREY)
    for first, count, name in ((0, 4, "links of the initial blocks"), (4, 2, "roots"), (6, 4, "record of 6"),
                               (10, 4, "record of 10")):
        left, right = x + first * cell + 4, x + (first + count) * cell - 4
        picture.line((left, y + 46), (left, y + 51), (right, y + 51), (right, y + 46), colour=GREY)
        picture.text((left + right) // 2 + (54 if "record" in name else 0), y + 65, name, 11, "middle", GREY)
    middle = [x + index * cell + cell // 2 for index in range(14)]
    picture.line((65, 36 + HIGH), (65, 80), (middle[2], 80), (middle[2], y), arrow=True)  # the list: 2, 6, 0
    picture.line((middle[2] + 14, y), (middle[2] + 14, 92), (middle[6], 92), (middle[6], y), arrow=True)
    picture.line((middle[6] + 14, y), (middle[6] + 14, 104), (middle[0], 104), (middle[0], y), arrow=True)
    bottom = y + 130
    picture.text(20, bottom - 12, "segment of the blocks", 12, bold=True)
    blocks = [("block 0", FREE, 0), ("block 1", TAKEN, 1), ("block 2", FREE, 2), ("block 3", TAKEN, 3), ("another pool's", "#eeeeee", None),
              ("block 6", FREE, 7), ("another's", "#eeeeee", None), ("block 10", TAKEN, 11)]
    for place, (name, fill, source) in enumerate(blocks):
        left = x + place * 94
        picture.box(left, bottom, 94, 34, fill)
        picture.text(left + 47, bottom + 21, name, 11, "middle", GREY if source is None else INK)
        if source in (7, 11):
            picture.line((middle[source], y + 44), (middle[source], y + 96), (left + 47, y + 96), (left + 47, bottom), arrow=True,
                         dashed=True)
    for text, row in (("The initial blocks are a run: block n lies n strides behind the first, and its link is the nth. A block that is created later is",
                       0), ("found by its record. The roots lead from an address to the record, and its place from the index to the address.", 1),
                      ("A link in blue belongs to a block in the list: 2, then 6, then 0. A link in orange says its own block: it is taken.", 2)):
        picture.text(20, bottom + 60 + 17 * row, text, 11)
    return picture.svg(800, bottom + 110)


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    wrong = []
    for name, drawn in (("heap.svg", heap()), ("list.svg", free_list())):
        file = pathlib.Path(arguments[0]) / name
        if "--check" not in sys.argv:
            file.write_text(drawn, encoding="utf-8")
        elif not file.is_file() or file.read_text(encoding="utf-8") != drawn:
            wrong.append(f"{file} is not what pictures.py draws: python3 lib/doc/pictures.py lib/doc")
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main()
