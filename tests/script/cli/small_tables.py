"""Delta tables and Parquet files, written by hand."""

import json

import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS = [("id", "long", pa.int64()), ("name", "string", pa.string())]


def write_parquet(path, ids):
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table({"id": pa.array(ids, pa.int64()),
                      "name": pa.array([f"name {i}" for i in ids], pa.string())})
    pq.write_table(table, path)
    return path


def commit_delta(folder, version, ids, timestamp_ms=1_700_000_000_000):
    """Version `version` of the Delta table in `folder`: one more file with `ids`."""
    name = f"part-{version:05}.parquet"
    size = write_parquet(folder / name, ids).stat().st_size
    actions = [{"commitInfo": {"timestamp": timestamp_ms + version, "operation": "WRITE"}}]
    if version == 0:
        fields = [{"name": column, "type": kind, "nullable": True, "metadata": {}}
                  for column, kind, _ in COLUMNS]
        actions += [
            {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
            {"metaData": {"id": "00000000-0000-0000-0000-000000000001",
                          "format": {"provider": "parquet", "options": {}},
                          "schemaString": json.dumps({"type": "struct", "fields": fields}),
                          "partitionColumns": [], "configuration": {},
                          "createdTime": timestamp_ms}}]
    actions.append({"add": {"path": name, "partitionValues": {}, "size": size,
                            "modificationTime": timestamp_ms, "dataChange": True,
                            "stats": json.dumps({"numRecords": len(ids)})}})
    log = folder / "_delta_log"
    log.mkdir(exist_ok=True)
    (log / f"{version:020}.json").write_text("".join(json.dumps(a) + "\n" for a in actions))
