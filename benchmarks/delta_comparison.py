"""Deltaport's program beside delta-rs (deltalake) at work that changes a table: time and memory.

Each run has a fresh copy of the table and a process of its own; the two take turns. The first
round counts for nothing but must leave the same rows. Ours is timed from outside, start of the
process included; delta-rs in its Python, after the imports (delta_rs_work.py).
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent
ROOT = BENCHMARKS.parent
OURS, THEIRS = "Deltaport", "delta-rs"


@dataclass(frozen=True)
class Contender:
    """`command` with "{table}" for the folder of the table, which begins as `original`."""
    original: Path
    command: list
    timed_inside: bool  # It prints the seconds.


@dataclass(frozen=True)
class Work:
    name: str
    goal: float  # How many times faster than delta-rs.
    contenders: dict  # Name -> Contender.


def deltaport(original, *command):
    return Contender(original, [str(part) for part in command], False)


def timed_deltaport(original, *command):
    return Contender(original, [str(part) for part in command], True)


def delta_rs(original, *words):
    return Contender(original, [sys.executable, str(BENCHMARKS / "delta_rs_work.py"),
                                *(str(word) for word in words)], True)


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--binary", type=Path, default=ROOT / "build/release/deltaport")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the table")
    parser.add_argument("--folder", type=Path, help="of the tables (default: temporary)")
    parser.add_argument("--only", choices=[OURS, THEIRS], help="measure one contender")
    return parser


def temporary_folder(options):
    return tempfile.TemporaryDirectory(prefix="deltaport-bench-", dir=options.folder)


def fingerprint(table, binary):
    """Number of rows, and sums that do not depend on their order."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
    out = Path(table).parent / "answer.parquet"
    subprocess.run([str(binary), "read", str(table), "--out", str(out)], check=True)
    rows = pq.read_table(out)
    out.unlink()
    sums = [pc.sum(column if pa.types.is_integer(column.type) else pc.utf8_length(column)).as_py()
            for column in rows.columns
            if pa.types.is_integer(column.type) or pa.types.is_string(column.type)]
    return rows.num_rows, sums


def run_once(name, contender, check):
    """The figures of one run, and what `check` says of the table after it."""
    original = contender.original
    with tempfile.TemporaryDirectory(prefix="run-", dir=original.parent) as folder:
        table = Path(folder) / "table"
        shutil.copytree(original, table, copy_function=os.link)
        command = [part.format(table=table) for part in contender.command]
        os.sync()  # Nobody waits for what others left to write.
        done = subprocess.run(
            [sys.executable, "-S", str(BENCHMARKS / "measured_process.py"), *command],
            capture_output=True, text=True)
        figures = json.loads(done.stdout) if done.returncode == 0 else {"status": done.returncode}
        if figures["status"] != 0:
            raise SystemExit(f"{name}: {' '.join(command)} ended with {figures['status']}\n"
                             f"{done.stderr}")
        if contender.timed_inside:
            figures["seconds"] = float(figures["output"].split()[-1])
        return figures, check(table) if check else None


def compare(work, binary, rounds, only=None):
    """{"name", "goal", and for each contender NAME: seconds, "NAME MiB", "NAME CPU": seconds}"""
    chosen = {name: c for name, c in work.contenders.items() if only in (None, name)}
    runs = {name: [] for name in chosen}
    for number in range(rounds + 1):
        check = (lambda table: fingerprint(table, binary)) if number == 0 else None
        answers = {}
        turn = list(chosen.items()) if number % 2 == 0 else list(reversed(chosen.items()))
        for name, contender in turn:
            figures, answers[name] = run_once(name, contender, check)
            if number > 0:
                runs[name].append(figures)
        if number == 0 and len({str(answer) for answer in answers.values()}) != 1:
            raise SystemExit(f"{work.name}: the contenders do not agree: {answers}")
        print(f"{work.name}: round {number} of {rounds}", file=sys.stderr, flush=True)
    result = {"name": work.name, "goal": work.goal}
    for name, figures in runs.items():
        for key, figure in ((name, "seconds"), (f"{name} MiB", "peak_mib"),
                            (f"{name} CPU", "cpu_seconds")):
            result[key] = statistics.median(run[figure] for run in figures)
    return result


def show(results):
    """Prints what `compare` gave."""
    print("| work | contender | s | CPU s | peak MiB | faster | goal |\n"
          "|---|---|---:|---:|---:|---:|---:|")
    for result in results:
        for name in (OURS, THEIRS):
            if name not in result:
                continue
            faster = (f"{result[THEIRS] / result[OURS]:.2f}× | {result['goal']:g}×"
                      if name == OURS and THEIRS in result else "|")
            print(f"| {result['name']} | {name} | {result[name]:.3f} | "
                  f"{result[name + ' CPU']:.2f} | {result[name + ' MiB']:.0f} | {faster} |")
