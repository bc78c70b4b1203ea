#!/usr/bin/env python3
"""Measures commits of one row each, in one process, beside delta-rs.

The two take turns, each run in a process of its own; the figures are medians. Deltaport syncs the
data file and the commit, and their directories, before it calls a commit done; delta-rs syncs none.

    cmake --build --preset release --target delta_append
    .venv/bin/python benchmarks/delta_small_commits.py
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from deltalake import DeltaTable

ROOT = Path(__file__).resolve().parents[1]
# What the programs call it -> what it is.
MODES = {"open": "table by path", "buffer": "table kept open"}
GOAL = 3


def run(command, table, commits, mode):
    """Seconds and MiB of one run."""
    process = subprocess.Popen([*command, table, str(commits), mode], stdout=subprocess.PIPE,
                               text=True)
    seconds = float(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status != 0:
        raise SystemExit(f"{command[0]} ended with {status}")
    return seconds, usage.ru_maxrss / 1024


def check(table, commits):
    opened = DeltaTable(table)
    assert opened.version() == commits
    assert sorted(opened.to_pyarrow_table()["id"].to_pylist()) == list(range(commits))


def figures(program, commits=100, rounds=5, directory=None):
    """One by one {"name", "goal", "Deltaport": seconds, "Deltaport MiB": peak memory, "delta-rs",
    "delta-rs MiB"}: medians of the rounds."""
    sides = {"Deltaport": [str(program)],
             "delta-rs": [sys.executable, str(ROOT / "benchmarks/delta_rs_append.py")]}
    for mode, words in MODES.items():
        taken = {name: [] for name in sides}
        with tempfile.TemporaryDirectory(dir=directory) as folder:
            for turn in range(rounds):
                for name in list(sides)[::1 if turn % 2 == 0 else -1]:
                    table = str(Path(folder) / f"{name}-{turn}")
                    taken[name].append(run(sides[name], table, commits, mode))
                    check(table, commits)
        result = {"name": f"{commits} commits of one row, {words}", "goal": GOAL}
        for name, runs in taken.items():
            result[name] = statistics.median(seconds for seconds, _ in runs)
            result[f"{name} MiB"] = statistics.median(mib for _, mib in runs)
        yield result


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / "build/release/delta_append")
    parser.add_argument("--commits", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--directory", help="where the tables go (default: a temporary directory)")
    options = parser.parse_args()
    if not options.program.is_file():
        parser.error(f"{options.program} is missing: see --help")
    print("| | Deltaport ms a commit | delta-rs ms a commit | faster | goal | Deltaport MiB | "
          "delta-rs MiB |\n|---|---:|---:|---:|---:|---:|---:|")
    for result in figures(options.program, options.commits, options.rounds, options.directory):
        ours, theirs = (1000 * result[name] / options.commits for name in ("Deltaport", "delta-rs"))
        print(f"| {result['name']} | {ours:.2f} | {theirs:.2f} | {theirs / ours:.1f}× | "
              f"{result['goal']}× | {result['Deltaport MiB']:.0f} | "
              f"{result['delta-rs MiB']:.0f} |", flush=True)


if __name__ == "__main__":
    main()
