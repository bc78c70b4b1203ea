"""DELETE, UPDATE and MERGE beside DuckDB: the same rows after every change, and a true log."""

from __future__ import annotations

import collections
import json
import os

import deltalake
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import row_change_model
from row_change_model import Model, change_rows, check_files, create_table, live_files
from server_process import binary_path

LONG = bool(os.environ.get("DELTAPORT_LONG_TESTS"))
STEPS = 40 if LONG else 7
SEEDS = range(8) if LONG else range(1)
KINDS = {
    "plain": {},
    "vectors": {"features": ["vectors"]},
    "partitioned": {"partitioned": True},
    "partitioned vectors": {"partitioned": True, "features": ["vectors"]},
    "mapped": {"mapped": True, "partitioned": True, "features": ["vectors"]},
    "changes": {"features": ["changes"]},
    "changes vectors partitioned": {"partitioned": True, "features": ["vectors", "changes"]},
    "row ids": {"features": ["row_ids"]},
    "everything": {"mapped": True, "partitioned": True,
                   "features": ["vectors", "changes", "row_ids"]},
}


def multiset(rows):
    return collections.Counter(map(repr, rows))


def check_changes(model, version, mapped):
    """The change files lead from the state before to the state of the version."""
    rows = change_rows(model, version, mapped)
    if rows is None:
        return
    gone = multiset(row for kind, row in rows if kind in ("delete", "update_preimage"))
    come = multiset(row for kind, row in rows if kind in ("insert", "update_postimage"))
    before, after = multiset(model.states[version - 1]), multiset(model.states[version])
    assert not gone - before
    assert before - gone + come == after


def row_ids(path, version, mapped):
    """id -> row id of the ids that stand once; for tables without deletion vectors."""
    ids, all_ids, repeated = {}, set(), set()
    for add in live_files(path, version).values():
        table = pq.read_table(row_change_model.data_file(path, add), partitioning=None)
        stored = table["_row-id-col-1"].to_pylist() if "_row-id-col-1" in table.column_names else []
        names = table[row_change_model.physical_name("id", mapped)].to_pylist()
        for position, name in enumerate(names):
            kept = stored[position] if stored else None
            row_id = add["baseRowId"] + position if kept is None else kept
            assert row_id not in all_ids
            all_ids.add(row_id)
            if name in ids:
                repeated.add(name)
            ids[name] = row_id
    return {name: row_id for name, row_id in ids.items() if name not in repeated | {None}}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", KINDS)
def test_random_changes_give_what_duckdb_gives(kind, seed, tmp_path):
    options = KINDS[kind]
    mapped = options.get("mapped", False)
    features = options.get("features", [])
    print(f"seed {seed}")
    path = tmp_path / "table"
    create_table(path, **options)
    model = Model(binary_path(), path, seed, options.get("partitioned", False))
    known_ids = {}
    for _ in range(STEPS):
        version = model.step()
        if version is None:
            continue
        assert model.read() == model.states[version]
        check_files(path, version, mapped)
        if "changes" in features:
            check_changes(model, version, mapped)
        if "row_ids" in features and "vectors" not in features:
            ids = row_ids(path, version, mapped)
            for name in known_ids.keys() & ids.keys():
                assert ids[name] == known_ids[name], "a row lost its id"
            known_ids = ids
    for version, rows in model.states.items():
        assert model.read(version) == rows
    if not mapped and "row_ids" not in features:
        shown = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(path)).execute(
            "select * from t").read_all()
        assert model.rows_of(pa.table(shown)) == model.rows()


def write(path, rows):
    pq.write_table(pa.Table.from_pylist(rows, row_change_model.ARROW_SCHEMA), path)
    return path


UPSERT = ["--on", "target.id = source.id", "--when", "matched then update *", "--when",
          "not matched then insert *"]


def test_a_row_that_two_source_rows_match_is_refused_by_its_key(run_deltaport, tmp_path):
    table = tmp_path / "table"
    create_table(table, features=["vectors"])
    first = write(tmp_path / "first.parquet", [{"id": 1}, {"id": 2}])
    assert run_deltaport("merge", table, "--source", first, *UPSERT).returncode == 0
    twice = write(tmp_path / "twice.parquet", [{"id": 2, "a": 1}, {"id": 2, "a": 2}])
    refused = run_deltaport("merge", table, "--source", twice, *UPSERT)
    assert refused.returncode == 2
    assert "id = 2 is matched by more than one row" in refused.stderr
    assert not (table / "_delta_log" / f"{2:020}.json").exists()
    assert len(list(table.glob("*.parquet"))) == 1, "files of the refused merge were left behind"
    deleted = run_deltaport("merge", table, "--source", twice, "--on", "target.id = source.id",
                            "--when", "matched then delete", "--output", "json")
    assert deleted.returncode == 0, deleted.stderr
    assert json.loads(deleted.stdout)[0]["deleted_rows"] == 1


def test_a_source_that_does_not_fit_a_star_is_refused_with_the_differences(run_deltaport, tmp_path):
    table = tmp_path / "table"
    create_table(table)
    source = tmp_path / "source.parquet"
    pq.write_table(pa.table({"id": [1], "part": ["x"], "other": [1]}), source)
    refused = run_deltaport("merge", table, "--source", source, *UPSERT)
    assert refused.returncode == 2
    assert "lacks columns of the table: 'a' (integer), 'b' (double)" in refused.stderr


def test_dry_run_tells_and_changes_nothing(run_deltaport, tmp_path):
    table = tmp_path / "table"
    create_table(table, features=["vectors"])
    source = write(tmp_path / "source.parquet", [{"id": 1}, {"id": 2}])
    told = run_deltaport("merge", table, "--source", source, *UPSERT, "--dry-run", "--output",
                         "json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)[0] | {} == {
        "version": None, "deleted_rows": 0, "updated_rows": 0, "inserted_rows": 2, "copied_rows": 0,
        "added_files": 0, "removed_files": 0, "deletion_vectors": 0, "change_files": 0}
    assert [file.name for file in table.iterdir()] == ["_delta_log"]
