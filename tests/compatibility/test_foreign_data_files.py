"""Columns, variants, partition values and paths of files that other writers left."""

from datetime import date, datetime, timezone
from decimal import Decimal
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from delta_log import HandMadeTable, array, field, map_of, mapped, struct, write

UTC = timezone.utc


# Names

def test_order_case_and_extra_columns_of_files_are_free(tmp_path, read):
    table = HandMadeTable(tmp_path / "t", [field("id", "long"), field("Name", "string")])
    write(table, "f.parquet", {
        "_change_type": pa.array(["insert"]), "NAME": pa.array(["x"]),
        "__is_cdc": pa.array([False]), "_row-id-col-1": pa.array([7], pa.int64()),
        "id": pa.array([1], pa.int64())})
    assert read(table) == [{"id": 1, "Name": "x"}]


def test_columns_that_files_lack_are_null_at_every_depth(tmp_path, read):
    inner = struct(field("a", "integer"), field("late", "string"))
    table = HandMadeTable(tmp_path / "t", [
        field("id", "long"), field("s", inner), field("list", array(inner)),
        field("map", map_of("string", inner)), field("late", array("long"))])
    old = pa.struct([("a", pa.int32())])
    write(table, "f.parquet", {
        "id": pa.array([1, 2], pa.int64()),
        "s": pa.array([{"a": 1}, None], old),
        "list": pa.array([[{"a": 2}, None], []], pa.list_(old)),
        "map": pa.array([[("k", {"a": 3})], None], pa.map_(pa.string(), old))})
    assert read(table) == [
        {"id": 1, "s": {"a": 1, "late": None}, "list": [{"a": 2, "late": None}, None],
         "map": [("k", {"a": 3, "late": None})], "late": None},
        {"id": 2, "s": None, "list": [], "map": None, "late": None}]


def test_a_struct_of_which_no_field_is_in_the_file_keeps_its_nulls(tmp_path, read):
    table = HandMadeTable(tmp_path / "t", [field("id", "long"),
                                           field("s", struct(field("late", "string")))])
    write(table, "f.parquet", {
        "id": pa.array([1, 2], pa.int64()),
        "s": pa.array([{"gone": 1}, None], pa.struct([("gone", pa.int32())]))})
    assert read(table) == [{"id": 1, "s": {"late": None}}, {"id": 2, "s": None}]


def test_a_nested_struct_of_which_no_field_is_in_the_file_has_null_fields(tmp_path, read):
    late = struct(field("late", "string"))
    table = HandMadeTable(tmp_path / "t", [
        field("s", struct(field("a", "integer"), field("inner", late)))])
    gone = pa.struct([("gone", pa.int32())])
    write(table, "f.parquet", {
        "s": pa.array([{"a": 1, "inner": {"gone": 1}}, None],
                      pa.struct([("a", pa.int32()), ("inner", gone)]))})
    assert read(table) == [{"s": {"a": 1, "inner": {"late": None}}}, {"s": None}]


@pytest.mark.parametrize("values, type_", [
    ([[{"gone": 1}, {"gone": 2}], None], pa.list_(pa.struct([("gone", pa.int32())]))),
    ([[("k", {"gone": 1})]], pa.map_(pa.string(), pa.struct([("gone", pa.int32())])))])
def test_collections_of_structs_of_which_no_field_is_in_the_file_are_refused(
        tmp_path, refusal, values, type_):
    late = struct(field("late", "string"))
    type_of_table = array(late) if pa.types.is_list(type_) else map_of("string", late)
    table = HandMadeTable(tmp_path / "t", [field("c", type_of_table)])
    write(table, "f.parquet", {"c": pa.array(values, type_)})
    _, message = refusal(table)
    assert "none of the fields of column 'c." in message and "f.parquet" in message


def nested_mapping(mode):
    return [
        mapped("swapped", "integer", 1, "other"),
        mapped("other", "integer", 2, "swapped"),
        mapped("s", struct(mapped("x", "integer", 4, "col-y"), mapped("y", "integer", 5, "col-x"),
                           mapped("added", "string", 6, "col-z")), 3, "col-s"),
        mapped("list", array(struct(mapped("e", "string", 8, "col-e"))), 7, "col-list"),
        mapped("map", map_of("string", struct(mapped("v", "long", 10, "col-v"))), 9, "col-map"),
    ], {"features": ["columnMapping"], "delta__columnMapping__mode": mode,
        "delta__columnMapping__maxColumnId": "10"}


MAPPED_ROW = {"swapped": 1, "other": 2, "s": {"x": 3, "y": 4, "added": None},
              "list": [{"e": "five"}], "map": [("k", {"v": 6})]}


def test_columns_are_found_by_physical_name_at_every_depth(tmp_path, read, count):
    fields, options = nested_mapping("name")
    table = HandMadeTable(tmp_path / "t", fields, **options)
    write(table, "f.parquet", {
        "x": pa.array([99], pa.int32()),  # A dropped column of a name that is used again.
        "other": pa.array([1], pa.int32()), "swapped": pa.array([2], pa.int32()),
        "col-s": pa.array([{"x": 99, "col-x": 4, "col-y": 3}]).cast(
            pa.struct([("x", pa.int32()), ("col-x", pa.int32()), ("col-y", pa.int32())])),
        "col-list": pa.array([[{"col-e": "five"}]]),
        "col-map": pa.array([[("k", {"col-v": 6})]],
                            pa.map_(pa.string(), pa.struct([("col-v", pa.int64())])))})
    assert read(table) == [MAPPED_ROW]
    assert count(table, "swapped = 1 AND other = 2 AND s.x = 3 AND s.y > 3") == 1
    assert count(table, "s.x = 4 OR swapped = 2") == 0


def with_id(name, type_, id_):
    return pa.field(name, type_, metadata={"PARQUET:field_id": str(id_)})


def test_columns_are_found_by_field_id_at_every_depth(tmp_path, read, count):
    fields, options = nested_mapping("id")
    table = HandMadeTable(tmp_path / "t", fields, **options)
    types = pa.schema([
        with_id("other", pa.int32(), 2), with_id("swapped", pa.int32(), 1),
        with_id("q", pa.struct([with_id("x", pa.int32(), 5), with_id("y", pa.int32(), 4)]), 3),
        with_id("r", pa.list_(pa.field("element", pa.struct([with_id("z", pa.string(), 8)]))), 7),
        with_id("m", pa.map_(pa.string(), pa.struct([with_id("z", pa.int64(), 10)])), 9)])
    rows = pa.Table.from_pylist([{"other": 2, "swapped": 1, "q": {"x": 4, "y": 3},
                                  "r": [{"z": "five"}], "m": [("k", {"z": 6})]}], schema=types)
    write(table, "f.parquet", rows)
    assert read(table) == [MAPPED_ROW]
    assert count(table, "swapped = 1 AND s.x = 3") == 1


def test_files_without_ids_are_damage_where_columns_are_mapped_by_id(tmp_path, refusal):
    fields, options = nested_mapping("id")
    table = HandMadeTable(tmp_path / "t", fields, **options)
    write(table, "f.parquet", {"swapped": pa.array([1], pa.int32())})
    _, message = refusal(table)
    assert "f.parquet" in message and "field id" in message


# Variants

def metadata_bytes(*names):
    offsets = [0]
    for name in names:
        offsets.append(offsets[-1] + len(name))
    return bytes([1, len(names), *offsets]) + "".join(names).encode()


def variant_object(*fields):
    """(id of the name, bytes of the value) each."""
    offsets = [0]
    for _, value in fields:
        offsets.append(offsets[-1] + len(value))
    return bytes([2, len(fields), *[id_ for id_, _ in fields], *offsets]) + b"".join(
        value for _, value in fields)


def short_text(text):
    return bytes([len(text) << 2 | 1]) + text.encode()


INT8 = b"\x0c"
VARIANT = [("metadata", pa.binary()), ("value", pa.binary())]


def test_variants_are_json_text(tmp_path, read, count):
    table = HandMadeTable(tmp_path / "t", [
        field("id", "long"), field("v", "variant"), field("list", array("variant")),
        field("s", struct(field("v", "variant"), field("late", "variant")))],
        features=["variantType"])
    none = {"metadata": metadata_bytes(), "value": b"\0"}
    one = {"metadata": metadata_bytes("a", "b"), "value": variant_object(
        (0, INT8 + b"\x05"), (1, short_text("x\"")))}
    write(table, "f.parquet", {
        "id": pa.array([1, 2, 3], pa.int64()),
        "v": pa.array([one, none, None], pa.struct(VARIANT)),
        "list": pa.array([[one, None], [], None], pa.list_(pa.struct(VARIANT))),
        "s": pa.array([{"v": one}, {"v": None}, None], pa.struct([("v", pa.struct(VARIANT))]))})
    text = '{"a":5,"b":"x\\""}'
    assert read(table) == [
        {"id": 1, "v": text, "list": [text, None], "s": {"v": text, "late": None}},
        {"id": 2, "v": "null", "list": [], "s": {"v": None, "late": None}},
        {"id": 3, "v": None, "list": None, "s": None}]
    assert count(table, "v IS NULL") == 1
    assert count(table, "v->>'a' = '5'") == 1


def test_shredded_variants_are_put_together(tmp_path, read):
    table = HandMadeTable(tmp_path / "t", [field("v", "variant")],
                          features=["variantType", "variantShredding"])
    leaf = pa.struct([("value", pa.binary()), ("typed_value", pa.int64())])
    items = pa.struct([("value", pa.binary()), ("typed_value", pa.list_(pa.struct([
        ("value", pa.binary()), ("typed_value", pa.string())])))])
    whole = pa.struct([*VARIANT, ("typed_value", pa.struct([("a", leaf), ("l", items)]))])
    meta = metadata_bytes("a", "z")
    missing = {"value": None, "typed_value": None}
    rows = [
        {"metadata": meta, "value": None, "typed_value": {
            "a": {"value": None, "typed_value": 5}, "l": missing}},
        {"metadata": meta, "value": variant_object((1, short_text("rest"))), "typed_value": {
            "a": {"value": short_text("no number"), "typed_value": None},
            "l": {"value": None, "typed_value": [
                {"value": None, "typed_value": "t"}, {"value": INT8 + b"\x07",
                                                      "typed_value": None}, missing]}}},
        {"metadata": meta, "value": INT8 + b"\x09", "typed_value": None},
        {"metadata": meta, "value": None, "typed_value": {"a": missing, "l": missing}},
        None,
    ]
    write(table, "f.parquet", {"v": pa.array(rows, whole)})
    assert [row["v"] for row in read(table)] == [
        '{"a":5}', '{"a":"no number","l":["t",7,null],"z":"rest"}', "9", "{}", None]


@pytest.mark.parametrize("value", [b"", b"\x03\xff", b"\x02\x01\x05\x00\x01\x00", b"\x40abc"])
def test_a_damaged_variant_names_its_file(tmp_path, refusal, value):
    table = HandMadeTable(tmp_path / "t", [field("v", "variant")], features=["variantType"])
    write(table, "hurt.parquet", {"v": pa.array(
        [{"metadata": metadata_bytes(), "value": value}], pa.struct(VARIANT))})
    _, message = refusal(table)
    assert "hurt.parquet" in message and "variant" in message


# Partition values and paths

PARTITION_VALUES = {
    "long": ["-9223372036854775808", "0", None], "integer": ["2147483647", "-1", None],
    "short": ["-32768", None], "byte": ["127", None], "float": ["1.5", "NaN", "-Infinity", None],
    "double": ["1.0E300", "0.1", "Infinity", None], "decimal(9,2)": ["1.50", "-0.01", "3", None],
    "boolean": ["true", "false", None], "string": ["a/b", "ü☃", " ", "null", None],
    "binary": ["\u0001\u0002ü", "plain", None], "date": ["0001-01-01", "9999-12-31", None],
    "timestamp": ["2021-09-08 11:11:11", "2021-09-08 11:11:11.5", "2021-09-08T11:11:11.000Z",
                  "2021-09-08T13:11:11.000001+02:00", "1969-12-31 23:59:59.999999", None],
    "timestamp_ntz": ["2021-09-08 11:11:11.123456", "2021-09-08", None],
}
EXPECTED_VALUES = {
    "float": [1.5, "nan", float("-inf"), None], "double": [1e300, 0.1, float("inf"), None],
    "decimal(9,2)": [Decimal("1.50"), Decimal("-0.01"), Decimal("3.00"), None],
    "boolean": [True, False, None], "string": ["a/b", "ü☃", " ", "null", None],
    "binary": ["\u0001\u0002ü".encode(), b"plain", None],
    "date": [date(1, 1, 1), date(9999, 12, 31), None],
    "timestamp": [datetime(2021, 9, 8, 11, 11, 11, micro, UTC)
                  for micro in (0, 500000, 0, 1)] + [
        datetime(1969, 12, 31, 23, 59, 59, 999999, UTC), None],
    "timestamp_ntz": [datetime(2021, 9, 8, 11, 11, 11, 123456), datetime(2021, 9, 8), None],
}


@pytest.mark.parametrize("type_", PARTITION_VALUES)
def test_partition_values_of_every_type(tmp_path, read, count, type_):
    features = ["timestampNtz"] if type_ == "timestamp_ntz" else []
    table = HandMadeTable(tmp_path / "t", [field("id", "long"), field("p", type_)],
                          partition_by=["p"], features=features)
    texts = [*PARTITION_VALUES[type_], ""]
    for index, text in enumerate(texts):
        file = table.path / f"{index}.parquet"
        pq.write_table(pa.table({"id": pa.array([index], pa.int64())}), file)
        table.add(file, {"p": text})
    table.add(file, {})
    expected = EXPECTED_VALUES.get(type_) or [
        None if text is None else int(text) for text in texts[:-1]]
    seen = [row["p"] for row in sorted(read(table), key=lambda row: row["id"])]
    assert ["nan" if value != value else value for value in seen] == [*expected, None]
    assert count(table, "p IS NULL") == 2
    assert count(table, "p IS NOT NULL") == len(expected) - 1


def test_a_partition_value_of_another_type_is_damage(tmp_path, refusal):
    table = HandMadeTable(tmp_path / "t", [field("id", "long"), field("p", "integer")],
                          partition_by=["p"])
    file = table.path / "f.parquet"
    pq.write_table(pa.table({"id": pa.array([1], pa.int64())}), file)
    table.add(file, {"p": "seven"})
    _, message = refusal(table)
    assert "f.parquet" in message and "seven" in message


def test_paths_of_other_folders_and_spellings(tmp_path, read):
    elsewhere = tmp_path / "else where" / "p=a%20b"
    elsewhere.mkdir(parents=True)
    table = HandMadeTable(tmp_path / "t", [field("id", "long")])
    encoded = str(elsewhere).replace("%", "%25").replace(" ", "%20")
    for id_, path in enumerate([f"{encoded}/0.parquet", f"file:{encoded}/1.parquet",
                                f"file://{encoded}/2.parquet",
                                f"file://localhost{encoded}/3.parquet"]):
        file = elsewhere / f"{id_}.parquet"
        pq.write_table(pa.table({"id": pa.array([id_], pa.int64())}), file)
        table.add(file, path=path)
    assert sorted(row["id"] for row in read(table)) == [0, 1, 2, 3]
    # Removed under other spellings than they were added.
    for path in [f"file:///{encoded[1:]}/0.parquet", f"{encoded}/1%2Eparquet"]:
        table.commit({"remove": {"path": path, "deletionTimestamp": 0, "dataChange": True}})
    assert sorted(row["id"] for row in read(table)) == [2, 3]


@pytest.mark.parametrize("name", ["a b.parquet", "p=ü☃/f.parquet", "x%20y.parquet", "a+b.parquet",
                                  "p=a:b/f.parquet", "sub/dir/f.parquet", "q?#.parquet"])
def test_names_of_files_are_decoded_once(tmp_path, read, name):
    table = HandMadeTable(tmp_path / "t", [field("id", "long")])
    file = table.path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"id": pa.array([1], pa.int64())}), file)
    table.add(file, path=quote(name))
    assert read(table) == [{"id": 1}]


def test_partitions_are_found_by_physical_name(tmp_path, read, count):
    table = HandMadeTable(
        tmp_path / "t", [mapped("id", "long", 1, "col-1"), mapped("p", "long", 2, "col-2")],
        partition_by=["p"], features=["columnMapping"], delta__columnMapping__mode="name")
    for value in ["1", "2"]:
        file = table.path / f"{value}.parquet"
        pq.write_table(pa.table({"col-1": pa.array([int(value)], pa.int64())}), file)
        table.add(file, {"col-2": value}, stats={
            "numRecords": 1, "minValues": {"col-1": int(value)}, "maxValues": {"col-1": int(value)},
            "nullCount": {"col-1": 0}})
    assert sorted(read(table), key=str) == [{"id": 1, "p": 1}, {"id": 2, "p": 2}]
    assert count(table, "p = 2 AND id = 2") == 1
