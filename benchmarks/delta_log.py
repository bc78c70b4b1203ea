#!/usr/bin/env python3
"""Measures how fast logs of Delta tables are read, beside delta-rs (PyPI `deltalake`).

Each question is: open the table and list the files of one partition. Both sides run in a process
that is up already and take turns; what is shown is the median of five rounds. The tables are made
once and kept in the cache folder; they have a log only, because no data file is read.

    cmake --build --preset release --target delta_open
    .venv/bin/python benchmarks/delta_log.py
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from lineitem import cache_folder

ROOT = Path(__file__).resolve().parents[1]
PARTITIONS = 100
COLUMN, VALUE = "part", "p7"
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


class DeltaRs:
    name = "delta-rs"

    def open(self, table):
        import deltalake
        started = time.perf_counter()
        self.table = deltalake.DeltaTable(str(table))
        return self._plan(started)

    def refresh(self):
        started = time.perf_counter()
        self.table.update_incremental()
        return self._plan(started)

    def _plan(self, started):
        files = self.table.file_uris(partition_filters=[(COLUMN, "=", VALUE)])
        return time.perf_counter() - started, (len(files), self.table.version())


class Deltaport:
    name = "Deltaport"

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def open(self, table):
        return self._ask(f"open {table} {COLUMN} {VALUE}")

    def refresh(self):
        return self._ask(f"refresh {COLUMN} {VALUE}")

    def _ask(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer or answer.startswith("error"):
            raise SystemExit(f"{command}: {answer or 'the program ended'}")
        seconds, files, version = answer.split()
        return float(seconds), (int(files), int(version))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


@dataclass(frozen=True)
class Question:
    name: str
    goal: float  # How many times faster than delta-rs.
    measure: object  # side -> (seconds, what both sides must agree on)


def opening(folder):
    return lambda side: side.open(folder)


def refreshing(folder, commits, new_commits=10):
    """Opens a copy of the table, adds commits, and measures bringing it up to date."""
    def measure(side):
        with tempfile.TemporaryDirectory(dir=cache_folder()) as scratch:
            table = Path(scratch) / "table"
            shutil.copytree(folder, table)
            side.open(table)
            for version in range(commits + 1, commits + 1 + new_commits):
                write_commit(table, version, [commit_info(version), add(10_000_000 + version)])
            return side.refresh()
    return measure


def questions(scale):
    commits, files = int(10_000 * scale), int(1_000 * scale)
    many = made_table("commits", commits, 1, checkpoint=False)
    checked = made_table("checkpointed", commits, 1, checkpoint=True)
    large = made_table("files", 100, files, checkpoint=True)
    return [Question(f"open {commits:,} commits without a checkpoint", 4, opening(many)),
            Question(f"open {commits:,} commits with a checkpoint", 2, opening(checked)),
            Question(f"open a table of {files * 100:,} files", 4, opening(large)),
            Question(f"refresh that table after 10 commits", 50, refreshing(large, 100))]


def figures(program, rounds=5, scale=1.0):
    """[{"name", "goal", "Deltaport": seconds, "delta-rs": seconds}], medians of the rounds."""
    ours, theirs = Deltaport(program), DeltaRs()
    results = []
    for question in questions(scale):
        taken = {ours.name: [], theirs.name: []}
        for number in range(rounds + 1):
            sides = (ours, theirs) if number % 2 == 0 else (theirs, ours)
            answers = {}
            for side in sides:
                seconds, answers[side.name] = question.measure(side)
                if number > 0:  # The first round warms the caches of both.
                    taken[side.name].append(seconds)
            if answers[ours.name] != answers[theirs.name]:
                raise SystemExit(f"{question.name}: the answers differ: {answers}")
        results.append({"name": question.name, "goal": question.goal,
                        **{name: statistics.median(values) for name, values in taken.items()}})
    ours.close()
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / "build/release/delta_open")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="of the tables (default: 1)")
    options = parser.parse_args()
    if not options.program.is_file():
        parser.error(f"{options.program} is missing: see --help")
    print("| | Deltaport ms | delta-rs ms | faster | goal |\n|---|---:|---:|---:|---:|")
    for result in figures(options.program, options.rounds, options.scale):
        ours, theirs = result["Deltaport"], result["delta-rs"]
        print(f"| {result['name']} | {ours * 1000:.2f} | {theirs * 1000:.1f} | "
              f"{theirs / ours:.1f}× | {result['goal']}× |")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
