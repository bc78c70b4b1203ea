"""Random changes of a table, carried out by Deltaport and by DuckDB on a table in its memory.

What Deltaport keeps must be what DuckDB has, after every change, and the log must be true: see
test_row_changes.py.
"""

from __future__ import annotations

import json
import pathlib
import random
import subprocess
import urllib.parse

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

COLUMNS = {"id": "long", "part": "string", "a": "integer", "b": "double", "s": "string",
           "day": "date", "when": "timestamp"}
DUCKDB_TYPES = {"long": "BIGINT", "string": "VARCHAR", "integer": "INTEGER", "double": "DOUBLE",
                "date": "DATE", "timestamp": "TIMESTAMPTZ"}
ARROW_SCHEMA = pa.schema([("id", pa.int64()), ("part", pa.string()), ("a", pa.int32()),
                          ("b", pa.float64()), ("s", pa.string()), ("day", pa.date32()),
                          ("when", pa.timestamp("us", tz="UTC"))])
FEATURES = {"vectors": ("delta.enableDeletionVectors", "deletionVectors", True),
            "changes": ("delta.enableChangeDataFeed", "changeDataFeed", False),
            "row_ids": ("delta.enableRowTracking", "rowTracking", False)}


def physical_name(column, mapped):
    return f"col-{column}-physical" if mapped else column


def create_table(path: pathlib.Path, partitioned=False, mapped=False, features=()):
    """Version 0, by hand: no other writer makes all of these."""
    fields = []
    for number, (name, kind) in enumerate(COLUMNS.items(), start=1):
        metadata = {}
        if mapped:
            metadata = {"delta.columnMapping.id": number,
                        "delta.columnMapping.physicalName": physical_name(name, True)}
        fields.append({"name": name, "type": kind, "nullable": True, "metadata": metadata})
    writer, reader, configuration = ["appendOnly", "invariants"], [], {}
    for feature in features:
        key, listed, both = FEATURES[feature]
        configuration[key] = "true"
        writer.append(listed)
        if both:
            reader.append(listed)
    if "row_ids" in features:
        writer.append("domainMetadata")
        configuration["delta.rowTracking.materializedRowIdColumnName"] = "_row-id-col-1"
        configuration["delta.rowTracking.materializedRowCommitVersionColumnName"] = \
            "_row-commit-version-col-1"
    if mapped:
        writer.append("columnMapping")
        reader.append("columnMapping")
        configuration["delta.columnMapping.mode"] = "name"
        configuration["delta.columnMapping.maxColumnId"] = str(len(fields))
    actions = [
        {"commitInfo": {"timestamp": 1_700_000_000_000, "operation": "CREATE TABLE"}},
        {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": reader,
                      "writerFeatures": writer}},
        {"metaData": {"id": "00000000-0000-0000-0000-00000000000d",
                      "format": {"provider": "parquet", "options": {}},
                      "schemaString": json.dumps({"type": "struct", "fields": fields}),
                      "partitionColumns": ["part"] if partitioned else [],
                      "configuration": configuration, "createdTime": 1_700_000_000_000}}]
    (path / "_delta_log").mkdir(parents=True)
    (path / "_delta_log" / f"{0:020}.json").write_text(
        "".join(json.dumps(action) + "\n" for action in actions))


# Zoned times as text: as Python values they would need a package for time zones.
ROWS = 'SELECT * REPLACE (CAST("when" AS VARCHAR) AS "when") FROM {} ORDER BY ALL'


class Model:
    """One table in both systems."""

    def __init__(self, binary, path: pathlib.Path, seed: int, partitioned=False):
        self.binary = binary
        self.partitioned = partitioned
        self.path = path
        self.random = random.Random(seed)
        self.next_id = 0
        self.mirror = duckdb.connect()
        self.mirror.execute("SET TimeZone = 'UTC'")
        columns = ", ".join(f'"{name}" {DUCKDB_TYPES[kind]}' for name, kind in COLUMNS.items())
        self.mirror.execute(f"CREATE TABLE target ({columns})")
        self.states = {0: []}  # version -> rows

    def run(self, *words):
        done = subprocess.run([str(self.binary), *map(str, words), "--output", "json"],
                              capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, (words, done.stderr)
        return json.loads(done.stdout)[0]

    def rows(self):
        return self.mirror.execute(ROWS.format("target")).fetchall()

    def read(self, version=None):
        out = self.path.parent / "read.parquet"
        words = ["read", self.path, "--out", out]
        if version is not None:
            words += ["--version", version]
        subprocess.run([str(self.binary), *map(str, words)], check=True, timeout=300)
        return self.rows_of(pq.read_table(out))

    def rows_of(self, table):
        self.mirror.register("given", table)
        rows = self.mirror.execute(ROWS.format("given")).fetchall()
        self.mirror.unregister("given")
        return rows

    def changed(self, outcome):
        """Notes the state that the version must have; returns the version, None for none."""
        if self.partitioned:
            # The protocol has no other form for an empty text among partition values.
            self.mirror.execute("UPDATE target SET part = NULL WHERE part = ''")
        version = outcome["version"]
        if version is None:
            assert self.rows() == self.states[max(self.states)], "a change was not committed"
        else:
            assert version == max(self.states) + 1
            self.states[version] = self.rows()
        return version

    # Changes.

    def step(self):
        kind = self.random.choice(["merge", "merge", "merge", "delete", "update", "update"])
        return getattr(self, kind)()

    def predicate(self, relation=""):
        dot = f"{relation}." if relation else ""
        return self.random.choice([
            f"{dot}a > {self.random.randint(-5, 25)}", f"{dot}part = 'x'", f"{dot}part IS NULL",
            f"{dot}part = 'y y' AND {dot}a IS NULL", f"{dot}id % {self.random.randint(2, 9)} = 1",
            f"{dot}s LIKE '%{self.random.randint(0, 9)}%'", f"{dot}b IS NOT NULL",
            f"{dot}day < DATE '2024-01-{self.random.randint(10, 20)}'",
            f"{dot}id BETWEEN {self.next_id // 3} AND {self.next_id // 2}",
            f"coalesce({dot}a, 0) + {dot}id < 20", f"{dot}part IN ('x', 'é/%=')",
            f"NOT ({dot}part = 'x')", f"{dot}\"when\" >= TIMESTAMPTZ '2024-01-01 06:00:00+00'"])

    def delete(self):
        where = self.predicate()
        outcome = self.run("delete", self.path, "--where", where)
        count = self.mirror.execute(f"DELETE FROM target WHERE {where}").fetchone()[0]
        assert outcome["deleted_rows"] == count, where
        return self.changed(outcome)

    def update(self):
        where = self.predicate()
        chosen = self.random.sample([
            ("a", "a + 1"), ("a", "NULL"), ("b", "b * 2 + id"), ("s", "concat(s, '!')"),
            ("part", "'moved'"), ("part", "s"), ("part", "NULL"), ("day", "day + 1"),
            ("b", "CAST(a AS DOUBLE)")], self.random.randint(1, 3))
        sets = ", ".join(f"{column} = {value}" for column, value in dict(chosen).items())
        outcome = self.run("update", self.path, "--set", sets, "--where", where)
        count = self.mirror.execute(f"UPDATE target SET {sets} WHERE {where}").fetchone()[0]
        assert outcome["updated_rows"] == count, (sets, where)
        return self.changed(outcome)

    def source(self):
        """Rows with distinct ids, some known and some new; a few have no id."""
        known = [row[0] for row in self.mirror.execute("SELECT DISTINCT id FROM target").fetchall()
                 if row[0] is not None]
        ids = self.random.sample(known, min(len(known), self.random.randint(0, 30)))
        added = self.random.randint(0, 40)
        ids += range(self.next_id, self.next_id + added)
        self.next_id += added
        self.random.shuffle(ids)
        if self.random.random() < 0.3:
            ids.append(None)
        pick = self.random
        rows = [{
            "id": number, "part": pick.choice(["x", "y y", "é/%=", None, "z"]),
            "a": pick.choice([None, pick.randint(-10, 30)]),
            "b": pick.choice([None, 0.5, -0.0, 7.0]),
            "s": pick.choice([None, "", f"text {pick.randint(0, 99)}"]),
            "day": pick.choice([None, 19_720 + pick.randint(0, 30)]),
            "when": pick.choice([None, 1_704_067_200_000_000 + pick.randint(0, 86_400_000_000)]),
        } for number in ids]
        columns = {name: pa.array([row[name] for row in rows], pa.int32() if name == "day" else
                                  pa.int64() if name == "when" else ARROW_SCHEMA.field(name).type)
                   for name in ARROW_SCHEMA.names}
        return pa.table([columns[name].cast(ARROW_SCHEMA.field(name).type)
                         for name in ARROW_SCHEMA.names], schema=ARROW_SCHEMA)

    def clauses(self):
        """[(clause for Deltaport, clause for DuckDB)]"""
        star = ", ".join(f'"{name}" = source."{name}"' for name in COLUMNS)
        values = ", ".join(f'source."{name}"' for name in COLUMNS)
        names = ", ".join(f'"{name}"' for name in COLUMNS)
        matched = [("update *", f"UPDATE SET {star}"), ("delete", "DELETE"),
                   ("update set a = source.a, s = concat(target.s, source.s)",) * 2,
                   ("update set part = source.part, b = NULL",) * 2]
        inserted = [("insert *", f"INSERT ({names}) VALUES ({values})"),
                    ("insert (id, part, a) values (source.id, source.part, source.a + 1)",) * 2]
        by_source = [("delete", "DELETE"), ("update set a = -1, s = 'alone'",) * 2]
        clauses = []

        def add(when, actions, relations):
            for number in range(self.random.randint(0, 2)):
                action = self.random.choice(actions)
                conditional = number == 0 and self.random.random() < 0.5
                predicate = self.predicate(self.random.choice(relations))
                test = f" and {predicate}" if conditional else ""
                clauses.append((f"{when}{test} then {action[0]}",
                                f"WHEN {when.upper()}{test} THEN {action[1]}"))
                if not conditional:
                    break

        add("matched", matched, ["target", "source"])
        add("not matched", inserted, ["source"])
        if self.random.random() < 0.25:
            add("not matched by source", by_source, ["target"])
        return clauses or [(f"not matched then {inserted[0][0]}",
                            f"WHEN NOT MATCHED THEN {inserted[0][1]}")]

    def merge(self):
        source = self.source()
        file = self.path.parent / "source.parquet"
        pq.write_table(source, file)
        on = self.random.choice([
            "target.id = source.id", "source.id = target.id AND target.part = source.part",
            "target.id IS NOT DISTINCT FROM source.id AND target.id IS NOT NULL",
            "target.id = source.id AND target.a > 3"])
        clauses = self.clauses()
        words = ["merge", self.path, "--source", file, "--on", on]
        for ours, _ in clauses:
            words += ["--when", ours]
        outcome = self.run(*words)
        self.mirror.register("source", source)
        self.mirror.execute(f"MERGE INTO target USING source ON {on} "
                            + " ".join(theirs for _, theirs in clauses))
        self.mirror.unregister("source")
        return self.changed(outcome)


# What the log says.

def actions_of(path, version):
    text = (path / "_delta_log" / f"{version:020}.json").read_text()
    return [json.loads(line) for line in text.splitlines()]


def live_files(path, version):
    """Path in the log -> add action."""
    live = {}
    for number in range(version + 1):
        for action in actions_of(path, number):
            if "remove" in action:
                removed = live.pop(action["remove"]["path"])
                vector = removed.get("deletionVector")
                assert action["remove"].get("deletionVector") == vector
        for action in actions_of(path, number):
            if "add" in action:
                assert action["add"]["path"] not in live, "a file was added twice"
                live[action["add"]["path"]] = action["add"]
    return live


def data_file(path, add):
    return path / urllib.parse.unquote(add["path"])


def check_files(path, version, mapped):
    """Statistics are true and vectors fit."""
    for add in live_files(path, version).values():
        table = pq.read_table(data_file(path, add), partitioning=None)
        stats = json.loads(add["stats"])
        assert stats["numRecords"] == table.num_rows
        assert data_file(path, add).stat().st_size == add["size"]
        vector = add.get("deletionVector")
        if vector:
            assert 0 < vector["cardinality"] < table.num_rows
            assert stats["tightBounds"] is False
        for name in COLUMNS:
            stored = physical_name(name, mapped)
            if stored not in table.column_names:
                assert stored in add["partitionValues"]
                continue
            assert stats["nullCount"].get(stored) == table[stored].null_count, name
        identifiers = [v for v in table[physical_name("id", mapped)].to_pylist() if v is not None]
        if identifiers:
            assert stats["minValues"][physical_name("id", mapped)] == min(identifiers)
            assert stats["maxValues"][physical_name("id", mapped)] == max(identifiers)


def change_rows(model, version, mapped):
    """[(_change_type, row)] of the change files of a version; None if it has none."""
    files = [action["cdc"] for action in actions_of(model.path, version) if "cdc" in action]
    if not files:
        return None
    rows = []
    for file in files:
        assert file["dataChange"] is False
        table = pq.read_table(data_file(model.path, file), partitioning=None)
        for kind in set(table["_change_type"].to_pylist()):
            chosen = table.filter(pc.equal(table["_change_type"], kind))
            columns = {}
            for name in COLUMNS:
                key = physical_name(name, mapped)
                if key in chosen.column_names:
                    columns[name] = chosen[key]
                else:
                    value = file["partitionValues"][key]
                    columns[name] = pa.array([value] * len(chosen), pa.string())
            rows += [(kind, row) for row in model.rows_of(pa.table(columns))]
    return rows
