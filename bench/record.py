# SPDX-License-Identifier: MIT
"""Reads the figures that bench writes as CSV."""
import csv
import io

TEXT = ("area", "scenario", "contestant", "kind", "unit", "core")


class Record:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.notes = [line[2:] for line in lines if line.startswith("# ")]
        data = "\n".join(line for line in lines if not line.startswith("#"))
        self.rows = []
        for row in csv.DictReader(io.StringIO(data)):
            self.rows.append({k: v if k in TEXT else float(v) for k, v in row.items()})

    def select(self, **wanted):
        """Rows whose columns have these values, in the order of the file."""
        return [r for r in self.rows if all(r[k] == v for k, v in wanted.items())]

    def one(self, **wanted):
        rows = self.select(**wanted)
        return rows[0] if rows else None

    def contestants(self, **wanted):
        """(name, kind) of all that take part, once each, in the order of the file."""
        return list(dict.fromkeys((r["contestant"], r["kind"]) for r in self.select(**wanted)))

    def note(self, key):
        """What stands behind "key: " in the head."""
        for note in self.notes:
            for part in note.split("; "):
                if part.startswith(key + ": "):
                    return part[len(key) + 2:]
        return ""
