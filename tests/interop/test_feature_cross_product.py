"""Every feature, alone and in pairs, through every operation, with columns of every type: what
Spark wrote is read right by Deltaport, and what Deltaport wrote (alone, or in turns with Spark) by
Spark, deltalake and DuckDB, at every version; and the log keeps its invariants.

Each table takes a minute. Without $DELTAPORT_LONG_TESTS a few run, which share the features out.
"""

import os
import random

import pytest
from comparison import assert_same_rows
from feature_kinds import KINDS, PAIRS, features_listed, features_of, kind_of
from feature_rows import arrow_table
from feature_script import Life
from log_invariants import check_log
from log_state import latest_version, states
from table_readers import (deltalake_version, deltaport_version, duckdb_version, duckdb_with_delta,
                           spark_versions)
from table_writers import DeltaportWriter, SparkWriter

SEED = int(os.environ.get("DELTAPORT_SEED", random.SystemRandom().randrange(1_000_000)))
LONG = bool(os.environ.get("DELTAPORT_LONG_TESTS"))
BY_SPARK = KINDS if LONG else ["plain", "mapping-id"]
BY_DELTAPORT = [*KINDS, *PAIRS] if LONG else ["vectors", "mapping-name", "clustered"]
IN_TURNS = PAIRS if LONG else ["vectors+changes"]


@pytest.fixture(scope="module")
def duck():
    with duckdb_with_delta() as connection:
        yield connection


@pytest.fixture
def live(spark, run_deltaport, tmp_path):
    """live(kind's name, writers, first) -> the table after its life."""
    def run(name, writers, first):
        print(f"DELTAPORT_SEED={SEED}")
        kind, path = kind_of(name), tmp_path / "table"
        made = {"spark": SparkWriter(spark, path, kind)}
        made["deltaport"] = DeltaportWriter(run_deltaport, path, kind)
        life = Life(path, kind, made[first], SEED)
        life.run([made[writer] for writer in writers])
        return life
    return run


def compare(life, seen, version, reader):
    """Values that only the writer knows (identity columns) are left out, and returned."""
    columns, names, rows = life.states[version]
    hidden = [name for name in ("ident",) if name in seen.column_names]
    kinds = columns | {name: (None, seen.schema.field(name).type, None)
                       for name, (_, compute) in life.kind.computed.items() if compute}
    expected = arrow_table(kinds, list(rows.values()), names)
    try:
        assert_same_rows(seen.drop_columns(hidden), expected)
    except AssertionError as error:
        raise AssertionError(f"{reader}, version {version} of {life.done}: {error}") from error
    return sorted(zip(seen["id"].to_pylist(), seen["ident"].to_pylist())) if hidden else None


def compare_everywhere(life, spark, duck, run_deltaport, versions):
    columns = {version: tuple(expected_columns(life, version)) for version in versions}
    by_spark = spark_versions(spark, life.path, columns)
    for version in versions:
        values = [compare(life, by_spark[version], version, "Spark"),
                  compare(life, deltaport_version(run_deltaport, life.path, version), version,
                          "Deltaport")]
        # deltalake 1.6 cannot read the year 9999 in Spark's INT96.
        if "deltalake" not in life.kind.not_read_by and life.writer_names == {"deltaport"}:
            values.append(compare(life, deltalake_version(life.path, version), version,
                                  "deltalake"))
        if "duckdb" not in life.kind.not_read_by:
            values.append(compare(life, duckdb_version(duck, life.path, version), version,
                                  "DuckDB"))
        assert all(value == values[0] for value in values), f"identity values of {version}"


def expected_columns(life, version):
    columns, names, _ = life.states[version]
    return [names.get(name, name) for name in columns] + list(life.kind.computed)


def check_features(life):
    """The protocol lists exactly what the table uses, at every version."""
    expected = features_listed(life.kind)
    for version, state, _ in states(life.path)[life.created:]:
        reader, writer = features_of(state.protocol)
        assert reader == expected[0], f"reader features of version {version}"
        if state.protocol["minWriterVersion"] >= 7:
            assert writer == expected[1], f"writer features of version {version}"
        else:
            assert state.protocol["minWriterVersion"] == life.kind.versions[1]
            assert writer >= expected[1]


def finish(life, spark, duck, run_deltaport):
    versions = range(latest_version(life.path) + 1)
    assert len(versions) >= 8
    compare_everywhere(life, spark, duck, run_deltaport, versions)
    seen = check_log(life.path)
    assert seen["versions"] == len(versions) and seen["checkpoints"] >= 1 and seen["files"] >= 8
    check_features(life)
    life.writer.vacuum()
    life.note("vacuum")
    compare_everywhere(life, spark, duck, run_deltaport, [latest_version(life.path)])
    check_log(life.path, vacuumed=True)
    print(f"{len(versions)} versions: {', '.join(life.done)}; {seen}")


@pytest.mark.parametrize("name", BY_SPARK)
def test_tables_of_spark(live, spark, duck, run_deltaport, name):
    finish(live(name, ["spark"], "spark"), spark, duck, run_deltaport)


@pytest.mark.parametrize("name", BY_DELTAPORT)
def test_tables_of_deltaport(live, spark, duck, run_deltaport, name):
    finish(live(name, ["deltaport"], "deltaport"), spark, duck, run_deltaport)


@pytest.mark.parametrize("name", IN_TURNS)
def test_tables_of_both_in_turns(live, spark, duck, run_deltaport, name):
    finish(live(name, ["spark", "deltaport"], "spark"), spark, duck, run_deltaport)
