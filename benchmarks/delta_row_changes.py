"""What the benchmarks of row changes share: a table, fresh copies of it, turns, medians."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import deltalake
import numpy as np
import pyarrow as pa

ROOT = Path(__file__).resolve().parents[1]


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the table")
    parser.add_argument("--files", type=int, default=10, help="files of the table")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--binary", type=Path, default=Path(
        os.environ.get("DELTAPORT_BINARY", ROOT / "build/release/deltaport")))
    parser.add_argument("--folder", type=Path,
                        help="where the tables are made (default: temporary)")
    return parser


def rows(first, end, seed):
    """Rows with the ids from `first` to `end` in order: 3 numbers, 2 texts, a time."""
    random = np.random.default_rng(seed)
    count = end - first
    return pa.table({
        "id": np.arange(first, end, dtype=np.int64),
        "quantity": random.integers(0, 1000, count, dtype=np.int32),
        "price": random.random(count) * 100,
        "code": pa.array(np.char.add("code-", random.integers(0, 5000, count).astype(str))),
        "note": pa.array(np.char.add("note about row ", np.arange(first, end).astype(str))),
        "changed_at": pa.array(random.integers(0, 10**15, count), pa.timestamp("us", tz="UTC")),
    })


def make_table(path, row_count, files, deletion_vectors):
    """Written by deltalake; our copies may keep deletion vectors, as tables of ours do."""
    step = row_count // files
    for number in range(files):
        end = row_count if number == files - 1 else (number + 1) * step
        deltalake.write_deltalake(path, rows(number * step, end, number), mode="append")
    if deletion_vectors:
        allow_deletion_vectors(path)


def allow_deletion_vectors(path):
    """One more commit; by hand, because deltalake would list features that nobody asked for."""
    log = Path(path) / "_delta_log"
    first = [json.loads(line) for line in (log / f"{0:020}.json").read_text().splitlines()]
    metadata = next(action["metaData"] for action in first if "metaData" in action)
    metadata["configuration"] = {"delta.enableDeletionVectors": "true"}
    protocol = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["deletionVectors"],
                "writerFeatures": ["deletionVectors", "appendOnly", "invariants"]}
    version = deltalake.DeltaTable(path).version() + 1
    (log / f"{version:020}.json").write_text("".join(
        json.dumps(action) + "\n" for action in ({"protocol": protocol}, {"metaData": metadata})))


def run_cli(binary, *words):
    done = subprocess.run([str(binary), *map(str, words), "--output", "json"],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{words[0]}: {done.stderr}")
    return json.loads(done.stdout)[0]


class Turns:
    """Runs the contenders in turns, each on a fresh copy of its table, and keeps the seconds."""

    def __init__(self, folder, contenders):
        self.folder = folder
        self.contenders = contenders  # name -> (template, work(path))
        self.seconds = {name: [] for name in contenders}

    def play(self, rounds, check):
        for number in range(rounds + 1):
            answers = {}
            for name, (template, work) in self.contenders.items():
                copy = self.folder / "copy"
                shutil.copytree(template, copy)
                begin = time.perf_counter()
                work(copy)
                took = time.perf_counter() - begin
                if number > 0:  # The first round warms up, and must agree.
                    self.seconds[name].append(took)
                else:
                    answers[name] = check(copy)
                shutil.rmtree(copy)
            if number == 0 and len(set(map(str, answers.values()))) != 1:
                raise SystemExit(f"the contenders do not agree: {answers}")

    def report(self, title):
        medians = {name: statistics.median(took) for name, took in self.seconds.items()}
        slowest = max(medians.values())
        print(f"{title}")
        for name, median in medians.items():
            print(f"  {name:32} {median * 1000:9.1f} ms   {slowest / median:6.2f}×")
        return medians


def temporary_folder(options):
    return tempfile.TemporaryDirectory(prefix="deltaport-bench-", dir=options.folder)
