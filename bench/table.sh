#!/bin/sh
# SPDX-License-Identifier: MIT
# table.sh PYTHON SOURCES BENCH: the tables of the READMEs are those of the record; a run's CSV can be read and made into
# tables; a README that is out of step is found.
set -eu
python=$1 sources=$2 bench=$3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
table() {
    PYTHONDONTWRITEBYTECODE=1 "$python" "$sources/bench/table.py" "$@"
}

for readme in README.md bench/README.md; do
    table "$sources/bench/results/record.csv" "$sources/$readme" --check
done

"$bench" --smoke --csv "$tmp/smoke.csv" --picture "$tmp/smoke-picture.csv" --note 'machine: any' >"$tmp/out"
grep -q '^pool,ping-pong,1,0,"lfmem pool",lfmem,R,' "$tmp/smoke.csv"
grep -q '^trimmed,0,' "$tmp/smoke-picture.csv"
for readme in README.md bench/README.md; do
    cp "$sources/$readme" "$tmp/README.md"
    table "$tmp/smoke.csv" "$tmp/README.md"
    table "$tmp/smoke.csv" "$tmp/README.md" --check
    grep -q '^| \*\*lfmem heap\*\* | [0-9]' "$tmp/README.md"
    if table "$sources/bench/results/record.csv" "$tmp/README.md" --check 2>"$tmp/err"; then
        echo "tables of another run passed for the record's"
        exit 1
    fi
    grep -q 'is not what' "$tmp/err"
done
if grep -q ',front-end,' "$tmp/smoke.csv"; then
    grep -q '^| front-end, R ' "$tmp/README.md"
fi
