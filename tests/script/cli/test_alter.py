"""alter changes columns, properties and constraints; deltalake reads what comes of it."""

import json

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table"
    write_deltalake(str(path), pa.table({"id": pa.array([1, 2, None], pa.int32()),
                                         "name": ["a", "b", "c"]}))
    return path


@pytest.fixture
def alter(run_deltaport, table):
    def run(*arguments):
        return run_deltaport("alter", table, *arguments, "--output", "json")
    return run


def done(result, operation):
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)[0]["operation"] == operation


def read(run_deltaport, table):
    result = run_deltaport("read", table, "--output", "json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_columns_are_added_where_they_are_wanted(alter, table):
    done(alter("add-column", "place", "STRUCT<x: INT>", "--after", "id", "--comment", "where"),
         "ADD COLUMNS")
    done(alter("add-column", "place.y", "DOUBLE"), "ADD COLUMNS")
    done(alter("add-column", "first", "DATE", "--first"), "ADD COLUMNS")
    schema = DeltaTable(str(table)).schema().to_json()
    fields = json.loads(schema)["fields"]
    assert [field["name"] for field in fields] == ["first", "id", "place", "name"]
    assert fields[2]["metadata"]["comment"] == "where"
    assert [field["name"] for field in fields[2]["type"]["fields"]] == ["x", "y"]
    assert DeltaTable(str(table)).to_pyarrow_table()["place"].to_pylist() == [None] * 3


def test_columns_are_renamed_and_dropped_with_column_mapping(alter, table, run_deltaport):
    refused = alter("rename-column", "name", "label")
    assert refused.returncode == 2
    assert "delta.columnMapping.mode to 'name' first" in refused.stderr
    done(alter("set-property", "delta.columnMapping.mode=name"), "SET TBLPROPERTIES")
    done(alter("rename-column", "name", "label"), "RENAME COLUMN")
    assert read(run_deltaport, table)[0] == {"id": 1, "label": "a"}
    done(alter("drop-column", "label"), "DROP COLUMNS")
    assert read(run_deltaport, table)[0] == {"id": 1}
    last = alter("drop-column", "id")
    assert last.returncode == 2 and "last column" in last.stderr


def test_types_are_widened(alter, table, run_deltaport):
    refused = alter("change-type", "id", "BIGINT")
    assert refused.returncode == 2 and "delta.enableTypeWidening to 'true' first" in refused.stderr
    done(alter("set-property", "delta.enableTypeWidening=true"), "SET TBLPROPERTIES")
    done(alter("change-type", "id", "BIGINT"), "CHANGE COLUMN")
    narrower = alter("change-type", "id", "INT")
    assert narrower.returncode == 2 and "no widening" in narrower.stderr
    assert [row["id"] for row in read(run_deltaport, table)] == [1, 2, None]
    schema = run_deltaport("schema", table, "--output", "json")
    assert json.loads(schema.stdout)[0]["type"] == "int64"


def test_rows_are_checked_before_a_constraint_is_added(alter, table):
    broken = alter("add-constraint", "small", "id < 2")
    assert broken.returncode == 2
    assert "2 rows of the table break the constraint 'small' (`id < 2`), such as (id = 2" \
        in broken.stderr
    assert DeltaTable(str(table)).version() == 0
    done(alter("add-constraint", "named", "name <> 'z'"), "ADD CONSTRAINT")
    assert DeltaTable(str(table)).metadata().configuration == {
        "delta.constraints.named": "name <> 'z'"}
    assert alter("add-constraint", "named", "id > 0").returncode == 4
    done(alter("drop-constraint", "named"), "DROP CONSTRAINT")
    assert alter("drop-constraint", "named").returncode == 3
    assert alter("drop-constraint", "named", "--if-exists").returncode == 0


def test_rows_are_checked_before_nulls_are_refused(alter, table):
    null = alter("set-not-null", "id")
    assert null.returncode == 2
    assert "1 rows of the table have no value in 'id', such as (id = null, name = c)" in null.stderr
    done(alter("set-not-null", "name"), "CHANGE COLUMN")
    assert not DeltaTable(str(table)).schema().fields[1].nullable
    done(alter("drop-not-null", "name"), "CHANGE COLUMN")
    assert DeltaTable(str(table)).schema().fields[1].nullable


def test_defaults_fill_rows_that_come_later(alter, table, run_deltaport, tmp_path):
    wrong = alter("set-default", "id", "'x' ||")
    assert wrong.returncode == 2
    done(alter("set-default", "id", "40 + 2"), "CHANGE COLUMN")
    (tmp_path / "rows.csv").write_text("name\nd\n")
    assert run_deltaport("append", table, tmp_path / "rows.csv").returncode == 0
    assert {"id": 42, "name": "d"} in read(run_deltaport, table)
    done(alter("drop-default", "id"), "CHANGE COLUMN")


def test_comments(alter, table):
    done(alter("set-comment", "people"), "SET TBLPROPERTIES")
    done(alter("set-comment", "who", "--column", "name"), "CHANGE COLUMN")
    after = DeltaTable(str(table))
    assert after.metadata().description == "people"
    assert json.loads(after.schema().to_json())["fields"][1]["metadata"] == {"comment": "who"}


@pytest.mark.parametrize("properties, features", [
    (["delta.enableDeletionVectors=true"], {"deletionVectors"}),
    (["delta.columnMapping.mode=name", "delta.enableTypeWidening=true"],
     {"columnMapping", "typeWidening"}),
    (["delta.enableRowTracking=true"], {"rowTracking", "domainMetadata"}),
])
def test_properties_turn_features_on(alter, table, run_deltaport, tmp_path, properties, features):
    done(alter("set-property", *properties), "SET TBLPROPERTIES")
    protocol = DeltaTable(str(table)).protocol()
    assert features <= set(protocol.writer_features)
    (tmp_path / "rows.csv").write_text("id,name\n7,d\n")
    appended = run_deltaport("append", table, tmp_path / "rows.csv")
    assert appended.returncode == 0, appended.stderr
    assert len(read(run_deltaport, table)) == 4


def test_the_change_feed_is_kept_from_when_it_is_turned_on(alter, table, run_deltaport):
    done(alter("set-property", "delta.enableChangeDataFeed=true"), "SET TBLPROPERTIES")
    assert run_deltaport("delete", table, "--where", "id = 1").returncode == 0
    changes = run_deltaport("changes", table, "--from", "1", "--output", "json")
    assert [(row["_change_type"], row["id"]) for row in json.loads(changes.stdout)] == [
        ("delete", 1)]


def test_properties_are_checked(alter, table):
    assert "NAME=VALUE" in alter("set-property", "delta.appendOnly").stderr
    unknown = alter("set-property", "delta.appendonly=true")
    assert unknown.returncode == 2 and "delta.appendonly" in unknown.stderr
    wrong = alter("set-property", "delta.checkpointInterval=often")
    assert wrong.returncode == 2 and "delta.checkpointInterval" in wrong.stderr
    done(alter("set-property", "delta.checkpointInterval=5"), "SET TBLPROPERTIES")
    done(alter("unset-property", "delta.checkpointInterval"), "UNSET TBLPROPERTIES")
    assert alter("unset-property", "delta.checkpointInterval").returncode == 3


def test_clustering_orders_what_optimize_writes(alter, table, run_deltaport):
    done(alter("cluster-by", "id", "name"), "CLUSTER BY")
    ordered = run_deltaport("optimize", table, "--output", "json")
    assert ordered.returncode == 0, ordered.stderr
    assert json.loads(ordered.stdout)[0]["rows"] == 3
    assert alter("cluster-by").returncode == 2
    done(alter("cluster-by", "--none"), "CLUSTER BY")


@pytest.mark.parametrize("arguments, code, message", [
    (["add-column", "id", "INT"], 4, "'id'"),
    (["add-column", "other", "NOTYPE"], 2, "NOTYPE"),
    (["add-column", "other", "INT NOT NULL"], 2, "cannot be NOT NULL"),
    (["add-column", "nothing.x", "INT"], 3, "nothing"),
    (["drop-not-null", "nothing"], 3, "nothing"),
    (["set-not-null", "a..b"], 2, "is no column"),
    (["frobnicate"], 2, "there is no command 'frobnicate'"),
    ([], 2, "a command is missing"),
])
def test_mistakes_change_nothing(run_deltaport, table, arguments, code, message):
    result = run_deltaport("alter", table, *arguments)
    assert (result.returncode, message in result.stderr) == (code, True), result.stderr
    assert DeltaTable(str(table)).version() == 0
