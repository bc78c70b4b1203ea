#!/usr/bin/env python3
"""Measures commits of one row each, in one process, beside delta-rs.

The two take turns; the figures are medians. Deltaport syncs every file and directory before it
calls a commit done, delta-rs syncs none.
Needs `cmake --build --preset release --target delta_append`.
"""

import argparse
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

ROOT = Path(__file__).resolve().parents[1]


def row(i):
    return pa.table({"id": [i], "name": [f"row {i}"]})


def delta_rs(table, commits):
    write_deltalake(table, row(0).slice(0, 0))
    start = time.perf_counter()
    for i in range(commits):
        write_deltalake(table, row(i), mode="append")
    return time.perf_counter() - start


def delta_rs_one_table(table, commits):
    """The same over one table object, which follows its own commits."""
    write_deltalake(table, row(0).slice(0, 0))
    opened = DeltaTable(table)
    start = time.perf_counter()
    for i in range(commits):
        write_deltalake(opened, row(i), mode="append")
    return time.perf_counter() - start


def deltaport(program, mode):
    def run(table, commits):
        done = subprocess.run([program, table, str(commits), mode], check=True,
                              capture_output=True, text=True)
        return float(done.stdout)
    return run


def check(table, commits):
    opened = DeltaTable(table)
    assert opened.version() == commits
    assert sorted(opened.to_pyarrow_table()["id"].to_pylist()) == list(range(commits))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=ROOT / "build/release/delta_append")
    parser.add_argument("--commits", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--directory", help="where the tables go (default: a temporary directory)")
    options = parser.parse_args()
    ways = {
        "delta-rs, table by path": delta_rs,
        "delta-rs, one table object": delta_rs_one_table,
        "Deltaport, table by path": deltaport(options.program, "open"),
        "Deltaport, write buffer": deltaport(options.program, "buffer"),
    }
    seconds = {name: [] for name in ways}
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        for turn in range(options.rounds):
            for number, (name, run) in enumerate(ways.items()):
                table = str(Path(directory) / f"table-{turn}-{number}")
                seconds[name].append(run(table, options.commits))
                check(table, options.commits)
    print(f"| {options.commits} commits of one row | median, ms a commit | least | most |")
    print("| --- | --- | --- | --- |")
    for name, times in seconds.items():
        median, least, most = (1000 * value / options.commits
                               for value in (statistics.median(times), min(times), max(times)))
        print(f"| {name} | {median:.2f} | {least:.2f} | {most:.2f} |")


if __name__ == "__main__":
    main()
