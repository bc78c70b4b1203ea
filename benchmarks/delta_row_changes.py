"""The tables whose rows the benchmarks change."""

import json
from pathlib import Path

import deltalake
import numpy as np
import pyarrow as pa


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
