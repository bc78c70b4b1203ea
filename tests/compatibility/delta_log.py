"""Delta tables with a log made by hand, around data files that any writer may have written."""

import json
import uuid

import pyarrow as pa
import pyarrow.parquet as pq


def field(name, type_, nullable=True, **metadata):
    """One column; `metadata` with "__" for "."."""
    return {"name": name, "type": type_, "nullable": nullable,
            "metadata": {key.replace("__", "."): value for key, value in metadata.items()}}


def struct(*fields):
    return {"type": "struct", "fields": list(fields)}


def array(element, contains_null=True):
    return {"type": "array", "elementType": element, "containsNull": contains_null}


def map_of(key, value, contains_null=True):
    return {"type": "map", "keyType": key, "valueType": value, "valueContainsNull": contains_null}


def mapped(name, type_, id_, physical, **metadata):
    """A column of a table with column mapping."""
    made = field(name, type_, **metadata)
    made["metadata"].update({"delta.columnMapping.id": id_,
                             "delta.columnMapping.physicalName": physical})
    return made


def protocol(reader=(), writer=()):
    if not reader and not writer:
        return {"minReaderVersion": 1, "minWriterVersion": 2}
    made = {"minReaderVersion": 3 if reader else 1, "minWriterVersion": 7,
            "writerFeatures": sorted({*reader, *writer})}
    if reader:
        made["readerFeatures"] = sorted(reader)
    return made


class HandMadeTable:
    """Each call of `commit` or `add` is one version."""

    def __init__(self, path, fields, features=(), partition_by=(), **configuration):
        self.path = path
        self.version = -1
        (path / "_delta_log").mkdir(parents=True)
        self.commit({"protocol": protocol(features)}, metadata(fields, partition_by, configuration))

    def commit(self, *actions):
        self.version += 1
        log = self.path / "_delta_log" / f"{self.version:020}.json"
        log.write_text("".join(json.dumps(action) + "\n" for action in actions))

    def add(self, file, partition_values=None, stats=None, path=None, **extra):
        """Adds the file; its path in the log is relative unless `path` says otherwise."""
        action = {"path": path or file.relative_to(self.path).as_posix(),
                  "partitionValues": partition_values or {}, "size": file.stat().st_size,
                  "modificationTime": 0, "dataChange": True, **extra}
        if stats is not None:
            action["stats"] = json.dumps(stats)
        self.commit({"add": action})


def metadata(fields, partition_by=(), configuration=None):
    return {"metaData": {
        "id": str(uuid.uuid4()), "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps(struct(*fields)), "partitionColumns": list(partition_by),
        "configuration": {key.replace("__", "."): value
                          for key, value in (configuration or {}).items()}}}


def write(table, name, columns, **options):
    """Writes the columns, a dictionary or an Arrow table, as a file and adds it."""
    file = table.path / name
    rows = columns if isinstance(columns, pa.Table) else pa.table(columns)
    pq.write_table(rows, file, store_schema=False, **options)
    table.add(file)
