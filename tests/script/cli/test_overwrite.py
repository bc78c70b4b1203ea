"""overwrite replaces all rows, partitions, or rows that match, read back with deltalake."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake


def numbers(result):
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)[0]


def rows_of(table):
    return sorted(DeltaTable(str(table)).to_pyarrow_table().to_pylist(), key=lambda row: row["id"])


@pytest.fixture
def overwrite(run_deltaport, tmp_path):
    def run(table, rows, *options):
        file = tmp_path / "new.parquet"
        pq.write_table(rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows), file)
        return run_deltaport("overwrite", table, file, "--output", "json", *options)
    return run


@pytest.fixture
def months(tmp_path):
    """Rows of three months, partitioned by them."""
    table = tmp_path / "months"
    write_deltalake(str(table), pa.table({"id": [1, 2, 3, 4], "month": [1, 1, 2, 3]}),
                    partition_by=["month"])
    return table


@pytest.fixture
def plain(tmp_path):
    table = tmp_path / "plain"
    write_deltalake(str(table), pa.table({"id": [1, 2, 3, 4], "month": [1, 1, 2, 3]}),
                    configuration={"delta.enableChangeDataFeed": "true"})
    return table


def test_the_whole_table(overwrite, months):
    outcome = numbers(overwrite(months, [{"id": 9, "month": 7}]))
    assert (outcome["version"], outcome["deleted_rows"], outcome["inserted_rows"]) == (1, 4, 1)
    assert (outcome["removed_files"], outcome["added_files"]) == (3, 1)
    assert rows_of(months) == [{"id": 9, "month": 7}]
    commit = DeltaTable(str(months)).history()[0]
    assert commit["operation"] == "WRITE"
    assert commit["operationParameters"]["mode"] == "Overwrite"


def test_only_the_partitions_of_the_new_rows(overwrite, months):
    outcome = numbers(overwrite(months, [{"id": 10, "month": 1}, {"id": 11, "month": 5}],
                                "--partitions"))
    assert (outcome["deleted_rows"], outcome["inserted_rows"]) == (2, 2)
    assert outcome["removed_files"] == 1
    assert rows_of(months) == [{"id": 3, "month": 2}, {"id": 4, "month": 3},
                               {"id": 10, "month": 1}, {"id": 11, "month": 5}]


def test_partitions_need_partitions(overwrite, plain):
    result = overwrite(plain, [{"id": 1, "month": 1}], "--partitions")
    assert result.returncode == 2
    assert "no partitions to overwrite" in result.stderr


@pytest.mark.parametrize("table", ["months", "plain"])
def test_rows_that_match_a_predicate(overwrite, request, table):
    table = request.getfixturevalue(table)
    outcome = numbers(overwrite(table, [{"id": 10, "month": 2}], "--where", "month >= 2"))
    assert (outcome["deleted_rows"], outcome["inserted_rows"]) == (2, 1)
    assert rows_of(table) == [{"id": 1, "month": 1}, {"id": 2, "month": 1},
                              {"id": 10, "month": 2}]
    commit = DeltaTable(str(table)).history()[0]
    assert commit["operationParameters"]["predicate"] == "month >= 2"


@pytest.mark.parametrize("table", ["months", "plain"])
def test_new_rows_have_to_match_the_predicate(overwrite, request, table):
    table = request.getfixturevalue(table)
    before = rows_of(table)
    files = sorted(table.rglob("*.parquet"))
    result = overwrite(table, [{"id": 10, "month": 2}, {"id": 11, "month": 1}],
                       "--where", "month = 2")
    assert result.returncode == 2
    assert "the predicate of the overwrite (`month = 2`) does not hold" in result.stderr
    assert "month = 1, id = 11" in result.stderr
    assert rows_of(table) == before and DeltaTable(str(table)).version() == 0
    assert sorted(table.rglob("*.parquet")) == files


def test_changes_of_an_overwrite_by_predicate(overwrite, plain, run_deltaport):
    numbers(overwrite(plain, [{"id": 10, "month": 2}], "--where", "month = 2"))
    feed = DeltaTable(str(plain)).load_cdf(starting_version=1).read_all()
    changes = sorted((row["_change_type"], row["id"]) for row in pa.table(feed).to_pylist())
    assert changes == [("delete", 3), ("insert", 10)]
    ours = json.loads(run_deltaport("changes", plain, "--from", "1", "--output", "json").stdout)
    assert sorted((row["_change_type"], row["id"]) for row in ours) == changes


@pytest.mark.parametrize("scope", [["--partitions"], ["--where", "month = 1"], []])
def test_a_dry_run_writes_nothing(overwrite, months, scope):
    # A file that came and went would leave its directory with a later time of change.
    before = {path: path.stat().st_mtime_ns for path in months.rglob("*")}
    outcome = numbers(overwrite(months, [{"id": 10, "month": 1}], *scope, "--dry-run"))
    deleted = 2 if scope else 4
    assert (outcome["version"], outcome["deleted_rows"], outcome["inserted_rows"]) == (
        None, deleted, 1)
    assert {path: path.stat().st_mtime_ns for path in months.rglob("*")} == before
    assert DeltaTable(str(months)).version() == 0


def test_merged_columns_are_null_in_rows_that_stay(overwrite, months):
    numbers(overwrite(months, [{"id": 10, "month": 1, "note": "x"}], "--partitions",
                      "--merge-schema"))
    assert rows_of(months)[-1] == {"id": 10, "month": 1, "note": "x"}
    assert rows_of(months)[0] == {"id": 3, "month": 2, "note": None}


def test_other_columns_are_refused_or_replace_the_schema(overwrite, plain):
    rows = pa.table({"key": ["a", "b"], "id": [1, 2]})
    refused = overwrite(plain, rows)
    assert refused.returncode == 2
    assert "key" in refused.stderr
    numbers(overwrite(plain, rows, "--overwrite-schema", "--partition-by", "key"))
    assert rows_of(plain) == [{"key": "a", "id": 1}, {"key": "b", "id": 2}]
    assert DeltaTable(str(plain)).metadata().partition_columns == ["key"]
    partly = overwrite(plain, rows, "--overwrite-schema", "--where", "id = 1")
    assert partly.returncode == 2 and "whole table" in partly.stderr


def test_a_repeated_overwrite_happens_once(overwrite, plain):
    once = ["--app-id", "nightly", "--txn-version", "3"]
    assert numbers(overwrite(plain, [{"id": 1, "month": 1}], *once))["version"] == 1
    again = overwrite(plain, [{"id": 2, "month": 2}], *once)
    assert numbers(again)["version"] is None
    assert "it was done already as nightly 3" in again.stderr
    assert rows_of(plain) == [{"id": 1, "month": 1}]
