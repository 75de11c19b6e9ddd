# SPDX-License-Identifier: MIT
"""Recorded as a trace: orders are made, written as JSON, read back, grouped, and printed."""
import collections
import json

orders = [
    {"id": i, "customer": f"customer {i * 7919 % 97}", "tags": [f"t{i % 5}", f"u{i % 11}"],
     "lines": [{"item": f"item {i * k % 53}", "count": k + 1, "price": round(1.25 * (i * k % 53), 2)} for k in range(i % 4 + 1)]}
    for i in range(1500)
]
text = json.dumps(orders)
totals = collections.defaultdict(float)
items = collections.defaultdict(list)
for order in json.loads(text):
    totals[order["customer"]] += sum(line["count"] * line["price"] for line in order["lines"])
    for line in order["lines"]:
        items[line["item"]].append(order["id"])
for customer, total in sorted(totals.items(), key=lambda pair: -pair[1]):
    print(f"{customer:<16} {total:10.2f}")
for item in sorted(items):
    print(item, len(items[item]), max(items[item]))
