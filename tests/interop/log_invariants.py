"""What must hold in the log of every table: statistics true, checkpoint = replay, .crc = replay."""

import json
import math
import urllib.parse
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from log_state import parsed, states, vector_id

UTC = timezone.utc


def parquet_table(file):
    """Timestamps of Spark are INT96, which as nanoseconds end in the year 2262."""
    return pq.ParquetFile(file, coerce_int96_timestamp_unit="us").read()


def parquet_rows(file):
    return parquet_table(file).to_pylist()


# Statistics.

def leaf_columns(schema, prefix=()):
    """(path, Arrow type) of the columns that statistics may speak of."""
    for field in schema:
        if pa.types.is_struct(field.type):
            yield from leaf_columns(field.type, (*prefix, field.name))
        else:
            yield (*prefix, field.name), field.type


def leaf_values(rows, path):
    for row in rows:
        for name in path:
            row = None if row is None else row[name]
        yield row


def at_path(tree, path):
    for name in path:
        if not isinstance(tree, dict) or name not in tree:
            return None
        tree = tree[name]
    return tree


def without_zone(moment):
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def is_nan(value):
    return isinstance(value, float) and math.isnan(value)


def bound_value(text, kind):
    if pa.types.is_date(kind):
        return date.fromisoformat(text)
    if pa.types.is_timestamp(kind):
        return without_zone(datetime.fromisoformat(text))
    if pa.types.is_decimal(kind):
        return Decimal(text)
    if pa.types.is_float32(kind):
        return float(np.float32(text))
    return float(text) if pa.types.is_floating(kind) else text


def check_bounds(where, kind, lowest, highest, values):
    values = [without_zone(value) if isinstance(value, datetime) else value for value in values
              if value is not None and not is_nan(value)]
    if not values:
        return
    if lowest is not None:
        assert bound_value(lowest, kind) <= min(values), f"{where}: {lowest} > {min(values)}"
    if highest is not None:
        bound = bound_value(highest, kind)
        if pa.types.is_timestamp(kind) and max(values) > bound:
            bound += timedelta(microseconds=999)  # Bounds are cut down to milliseconds.
        assert is_nan(bound) or bound >= max(values), f"{where}: {highest} < {max(values)}"


def check_statistics(path, add):
    """Counts are exact and bounds hold for the rows of the file."""
    file = Path(path) / urllib.parse.unquote(add["path"])
    assert file.stat().st_size == add["size"], add["path"]
    table = parquet_table(file)
    statistics = parsed(add["stats"])
    assert statistics["numRecords"] == table.num_rows, add["path"]
    if add.get("deletionVector"):
        assert 0 < add["deletionVector"]["cardinality"] <= table.num_rows
        assert statistics.get("tightBounds") is False, "rows are gone and bounds are called tight"
    rows = table.to_pylist()
    for column, kind in leaf_columns(table.schema):
        where = f"{add['path']}: {'.'.join(column)}"
        values = list(leaf_values(rows, column))
        nulls = at_path(statistics.get("nullCount", {}), column)
        if nulls is not None:
            assert nulls == values.count(None), where
        lowest = at_path(statistics.get("minValues", {}), column)
        highest = at_path(statistics.get("maxValues", {}), column)
        check_bounds(where, kind, lowest, highest, values)
    return statistics


# Checkpoints and checksums.

def checkpoint_rows(folder, version):
    """The actions of the checkpoint of a version, sidecars put in, or None."""
    names = sorted(folder.glob(f"{version:020}.checkpoint*"))
    if not names:
        return None
    if names[0].suffix == ".json":
        rows = [json.loads(line) for line in names[0].read_text().splitlines()]
    else:
        rows = parquet_rows(names[0])
    sidecars = [row["sidecar"]["path"] for row in rows if row.get("sidecar")]
    for sidecar in sidecars:
        rows += parquet_rows(folder / "_sidecars" / sidecar)
    actions = [(kind, action) for row in rows for kind, action in row.items() if action]
    if any(kind == "checkpointMetadata" for kind, _ in actions):
        assert sum(kind == "checkpointMetadata" for kind, _ in actions) == 1
    return actions


def pairs(values):
    return dict(values or ())


def same_protocol(left, right):
    keys = ("minReaderVersion", "minWriterVersion")
    lists = ("readerFeatures", "writerFeatures")
    return all(left[key] == right[key] for key in keys) and all(
        sorted(left.get(key) or ()) == sorted(right.get(key) or ()) for key in lists)


def check_checkpoint(path, version, state):
    actions = checkpoint_rows(Path(path) / "_delta_log", version)
    if actions is None:
        return 0
    by_kind = {kind: [action for name, action in actions if name == kind]
               for kind in {kind for kind, _ in actions}}
    adds = by_kind.get("add", [])
    assert len(adds) == len({add["path"] for add in adds}), "the checkpoint holds a file twice"
    assert {(add["path"], vector_id(add)) for add in adds} == \
        {(add["path"], vector_id(add)) for add in state.files.values()}, f"checkpoint {version}"
    for add in adds:
        logged = state.files[add["path"]]
        assert pairs(add["partitionValues"]) == logged["partitionValues"]
        for key in ("size", "modificationTime", "baseRowId", "defaultRowCommitVersion"):
            assert add.get(key) == logged.get(key), (version, key)
        if add.get("stats") and logged.get("stats"):
            assert parsed(add["stats"]) == parsed(logged["stats"]), f"checkpoint {version}"
        assert add.get("stats") or "stats_parsed" in add
    tombstones = {(remove["path"], vector_id(remove)) for remove in by_kind.get("remove", [])}
    assert tombstones == set(state.tombstones), f"tombstones of checkpoint {version}"
    [protocol], [metadata] = by_kind["protocol"], by_kind["metaData"]
    assert same_protocol(protocol, state.protocol)
    assert pairs(metadata["configuration"]) == state.metadata["configuration"]
    for key in ("id", "schemaString", "partitionColumns"):
        assert metadata[key] == state.metadata[key], key
    assert {txn["appId"]: txn["version"] for txn in by_kind.get("txn", [])} == state.transactions
    assert {domain["domain"]: domain["configuration"]
            for domain in by_kind.get("domainMetadata", [])} == state.live_domains()
    return 1


def check_checksum(path, version, state):
    file = Path(path) / "_delta_log" / f"{version:020}.crc"
    if not file.exists():
        return 0
    checksum = json.loads(file.read_text())
    assert checksum["numFiles"] == len(state.files), f"{file.name}: numFiles"
    assert checksum["tableSizeBytes"] == sum(add["size"] for add in state.files.values())
    assert same_protocol(checksum["protocol"], state.protocol)
    for key in ("id", "schemaString", "configuration", "partitionColumns"):
        assert checksum["metadata"][key] == state.metadata[key], f"{file.name}: {key}"
    if "domainMetadata" in checksum:
        assert {domain["domain"]: domain["configuration"]
                for domain in checksum["domainMetadata"]} == state.live_domains()
    if state.in_commit_times():
        assert checksum["inCommitTimestampOpt"] == state.commit_info["inCommitTimestamp"]
    return 1


def check_row_ids(path, version, state):
    """Every file has its range of ids, none overlap, and the mark is above them."""
    if state.metadata["configuration"].get("delta.enableRowTracking") != "true":
        return
    mark = json.loads(state.domains["delta.rowTracking"]["configuration"])["rowIdHighWaterMark"] \
        if "delta.rowTracking" in state.domains else -1
    ranges = sorted((add["baseRowId"], parsed(add["stats"])["numRecords"])
                    for add in state.files.values())
    for (first, count), (following, _) in zip(ranges, ranges[1:]):
        assert first + count <= following, f"version {version}: row ids overlap"
    assert all(first + count - 1 <= mark for first, count in ranges)
    assert all(0 <= add["defaultRowCommitVersion"] <= version for add in state.files.values())


def check_log(path, vacuumed=False):
    """Checks every version; returns how many of what were seen. Statistics are not compared with
    the files of a vacuumed table."""
    seen = {"versions": 0, "files": 0, "checkpoints": 0, "checksums": 0}
    times, checked = [], set()
    for version, state, actions in states(path):
        seen["versions"] += 1
        seen["checkpoints"] += check_checkpoint(path, version, state)
        seen["checksums"] += check_checksum(path, version, state)
        check_row_ids(path, version, state)
        for kind, action in actions:
            if kind != "add":
                continue
            key = (action["path"], vector_id(action))
            if key in checked or vacuumed or not action.get("stats"):
                continue
            checked.add(key)
            check_statistics(path, action)
            seen["files"] += 1
        if state.in_commit_times():
            times.append(state.commit_info["inCommitTimestamp"])
    assert times == sorted(set(times)), "times of commits do not grow"
    return seen
