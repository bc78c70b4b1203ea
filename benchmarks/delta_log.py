#!/usr/bin/env python3
"""Measures how fast logs of Delta tables are read, beside delta-rs (PyPI `deltalake`).

Each question is: open the table and list the paths of the files of one partition, or of those
that may hold a range of numbers. Both sides run in a process that is up already, take turns and
must list the same files; what is shown is the median of five rounds and the peak memory of the
process. The tables are made once and kept in the cache folder; they have a log only, because no
data file is read.

    cmake --build --preset release --target delta_open
    .venv/bin/python benchmarks/delta_log.py
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lineitem import cache_folder

ROOT = Path(__file__).resolve().parents[1]
PARTITIONS = 100
COLUMN = "part"
PARTITION = f"{COLUMN} = p7"
SCHEMA = {"type": "struct", "fields": [
    {"name": name, "type": kind, "nullable": True, "metadata": {}}
    for name, kind in (("id", "long"), ("price", "double"), ("name", "string"),
                       ("day", "date"), (COLUMN, "string"))]}


def add(number):
    """An add action as Spark writes it, statistics included."""
    part = f"p{number % PARTITIONS}"
    low, high = number * 1000, number * 1000 + 999
    stats = {"numRecords": 1000,
             "minValues": {"id": low, "price": low / 7, "name": f"customer-{low:012d}",
                           "day": "2026-01-01"},
             "maxValues": {"id": high, "price": high / 7, "name": f"customer-{high:012d}",
                           "day": "2026-01-31"},
             "nullCount": {"id": 0, "price": 3, "name": 0, "day": 0}}
    name = f"part-{number:05d}-{number * 2654435761 % 2**32:08x}-4c2b-9d1e-c7a3e5f01b26.c000"
    return {"add": {"path": f"{COLUMN}={part}/{name}.snappy.parquet",
                    "partitionValues": {COLUMN: part}, "size": 1_000_000 + number,
                    "modificationTime": 1_700_000_000_000 + number, "dataChange": True,
                    "stats": json.dumps(stats, separators=(",", ":"))}}


def commit_info(version):
    return {"commitInfo": {"timestamp": 1_700_000_000_000 + version, "operation": "WRITE",
                           "operationParameters": {"mode": "Append"}, "isBlindAppend": True,
                           "operationMetrics": {"numFiles": "1", "numOutputRows": "1000"},
                           "engineInfo": "benchmark"}}


def write_commit(table, version, actions):
    lines = [json.dumps(action, separators=(",", ":")) for action in actions]
    file = table / "_delta_log" / f"{version:020d}.json"
    file.write_text("\n".join(lines) + "\n")


def write_table(table, commits, files_a_commit):
    (table / "_delta_log").mkdir(parents=True)
    metadata = {"id": "benchmark", "format": {"provider": "parquet", "options": {}},
                "schemaString": json.dumps(SCHEMA), "partitionColumns": [COLUMN],
                "configuration": {}, "createdTime": 1_700_000_000_000}
    write_commit(table, 0, [commit_info(0),
                            {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
                            {"metaData": metadata}])
    for version in range(1, commits + 1):
        first = (version - 1) * files_a_commit
        write_commit(table, version, [commit_info(version)] + [
            add(first + i) for i in range(files_a_commit)])


def made_table(name, commits, files_a_commit, checkpoint):
    """The folder of that table, made if it is not there."""
    folder = cache_folder() / "delta-log-benchmark" / f"{name}-{commits}x{files_a_commit}"
    if not folder.exists():
        import deltalake
        part = folder.with_name(f"{folder.name}.part-{os.getpid()}")
        write_table(part, commits, files_a_commit)
        if checkpoint:
            deltalake.DeltaTable(str(part)).create_checkpoint()
        part.rename(folder)
    return folder


class Side:
    """One contender: a process that answers the commands of delta_open.cc."""

    def __init__(self, name, command):
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def open(self, table, predicate):
        return self._measure(f"open {table} {predicate}")

    def refresh(self, predicate):
        return self._measure(f"refresh {predicate}")

    def files(self):
        return self._ask("files").split("\t")

    def peak_memory_mib(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024

    def _measure(self, command):
        seconds, _, version = self._ask(command).split()
        return float(seconds), int(version)

    def _ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer or answer.startswith("error"):
            raise SystemExit(f"{self.name}: {command}: {answer or 'the process ended'}")
        return answer.rstrip("\n")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


@dataclass(frozen=True)
class Question:
    name: str
    goal: float  # How many times faster than delta-rs; 0: none.
    measure: object  # side -> (seconds, version)


def opening(folder, predicate):
    return lambda side: side.open(folder, predicate)


def refreshing(folder, commits, new_commits=10):
    """Opens a copy of the table, adds commits, and measures bringing it up to date."""
    def measure(side):
        with tempfile.TemporaryDirectory(dir=cache_folder()) as scratch:
            table = Path(scratch) / "table"
            shutil.copytree(folder, table, copy_function=os.link)
            side.open(table, PARTITION)
            for version in range(commits + 1, commits + 1 + new_commits):
                write_commit(table, version, [commit_info(version), add(10_000_000 + version)])
            return side.refresh(PARTITION)
    return measure


def questions(scale):
    commits, files = int(10_000 * scale), int(1_000 * scale)
    many = made_table("commits", commits, 1, checkpoint=False)
    checked = made_table("checkpointed", commits, 1, checkpoint=True)
    large = made_table("files", 100, files, checkpoint=True)
    middle = 50 * files * 1000
    between = f"id between {middle} {middle + 1_000 * files - 1}"
    return [Question(f"open {commits:,} commits without a checkpoint", 4, opening(many, PARTITION)),
            Question(f"open {commits:,} commits with a checkpoint", 2,
                     opening(checked, PARTITION)),
            Question(f"open a table of {files * 100:,} files, plan by partition", 4,
                     opening(large, PARTITION)),
            Question(f"open a table of {files * 100:,} files, plan by statistics", 4,
                     opening(large, between)),
            Question("refresh that table after 10 commits", 50, refreshing(large, 100))]


def ask(question, program, rounds):
    """Both sides in processes that do nothing else, by turns. The first round warms the caches."""
    sides = [Side("Deltaport", [program]),
             Side("delta-rs", [sys.executable, ROOT / "benchmarks/delta_rs_open.py"])]
    taken = {side.name: [] for side in sides}
    for number in range(rounds + 1):
        answers = {}
        for side in sides if number % 2 == 0 else reversed(sides):
            seconds, version = question.measure(side)
            if number > 0:
                taken[side.name].append(seconds)
            # The tables of two sides may be copies, each in a folder of its own.
            answers[side.name] = version, [file.split("/part-")[1] for file in side.files()]
        if answers["Deltaport"] != answers["delta-rs"]:
            raise SystemExit(f"{question.name}: the answers differ: " + str(
                {name: (version, len(files)) for name, (version, files) in answers.items()}))
    result = {"name": question.name, "goal": question.goal}
    for side in sides:
        result[side.name] = statistics.median(taken[side.name])
        result[f"{side.name} MiB"] = side.peak_memory_mib()
        side.close()
    return result


def figures(program, rounds=5, scale=1.0):
    """One by one {"name", "goal", "Deltaport": seconds, "Deltaport MiB": peak memory, "delta-rs",
    "delta-rs MiB"}: medians of the rounds."""
    for question in questions(scale):
        yield ask(question, program, rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / "build/release/delta_open")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of the tables (default: 1)")
    options = parser.parse_args()
    if not options.program.is_file():
        parser.error(f"{options.program} is missing: see --help")
    print("| | Deltaport ms | delta-rs ms | faster | goal | Deltaport MiB | delta-rs MiB |\n"
          "|---|---:|---:|---:|---:|---:|---:|")
    for result in figures(options.program, options.rounds, options.scale):
        ours, theirs = result["Deltaport"], result["delta-rs"]
        print(f"| {result['name']} | {ours * 1000:.2f} | {theirs * 1000:.1f} | "
              f"{theirs / ours:.1f}× | {result['goal']}× | {result['Deltaport MiB']:.0f} | "
              f"{result['delta-rs MiB']:.0f} |", flush=True)


if __name__ == "__main__":
    main()
