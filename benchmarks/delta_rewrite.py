"""Deltaport's program beside delta-rs (deltalake) at rewriting a table: time and peak memory.

Each run has a fresh copy of the table and a process of its own; the contenders take turns, and
every result is compared with the rows that the table had.
"""

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Contender:
    name: str
    command: list  # "{table}" stands for the table's folder.


def deltaport(binary, *arguments):
    return Contender("Deltaport", [str(binary), *arguments])


def delta_rs(statement):
    """`statement` is Python over `table`, a deltalake.DeltaTable."""
    code = ("import sys; from deltalake import DeltaTable; "
            f"table = DeltaTable(sys.argv[1]); {statement}")
    return Contender("delta-rs", [sys.executable, "-c", code, "{table}"])


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--binary", type=Path, default=ROOT / "build/release/deltaport")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", choices=["Deltaport", "delta-rs"], help="measure one contender")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser


def fingerprint(table):
    """Number of rows and the sums of the numeric columns, which any order leaves the same."""
    import pyarrow.compute as pc
    from deltalake import DeltaTable
    rows = DeltaTable(str(table)).to_pyarrow_table()
    sums = [pc.sum(column).as_py() for column in rows.columns
            if str(column.type).startswith("int")]
    return rows.num_rows, sums


def run_once(contender, original, expected):
    """Seconds and MiB of one run."""
    with tempfile.TemporaryDirectory(prefix="deltaport-bench-", dir=original.parent) as folder:
        table = Path(folder) / "table"
        shutil.copytree(original, table, copy_function=os.link)
        command = [part.format(table=table) for part in contender.command]
        begin = time.monotonic()
        child = os.posix_spawn(command[0], command, os.environ,
                               file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
        _, status, usage = os.wait4(child, 0)
        seconds = time.monotonic() - begin
        if status != 0:
            raise SystemExit(f"{contender.name}: {' '.join(command)} ended with {status}")
        if fingerprint(table) != expected:
            raise SystemExit(f"{contender.name}: the rows are not what they were")
    return seconds, usage.ru_maxrss / 1024


def compare(options, title, original, contenders):
    """Prints medians and the ratio."""
    expected = fingerprint(original)
    chosen = [c for c in contenders if options.only in (None, c.name)]
    figures = {contender.name: [] for contender in chosen}
    for number in range(options.rounds):
        for contender in chosen:
            figures[contender.name].append(run_once(contender, original, expected))
        print(f"{title}: round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
    median = {name: {"seconds": statistics.median(run[0] for run in runs),
                     "peak_mib": statistics.median(run[1] for run in runs)}
              for name, runs in figures.items()}
    if options.json:
        print(json.dumps({"title": title, "rounds": options.rounds, "median": median}))
        return
    print(f"| {title} | s | peak MiB |\n|---|---:|---:|")
    for name, values in median.items():
        print(f"| {name} | {values['seconds']:.2f} | {values['peak_mib']:.0f} |")
    if len(median) == 2:
        ours, theirs = median["Deltaport"], median["delta-rs"]
        print(f"| better by | {theirs['seconds'] / ours['seconds']:.2f}× | "
              f"{theirs['peak_mib'] / ours['peak_mib']:.2f}× |")
