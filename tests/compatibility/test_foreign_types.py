"""Types as other writers store them, read as the table's log says."""

import struct as binary
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from delta_log import HandMadeTable, array, field, map_of, struct, write
from foreign_parquet import write_plain_file, write_two_level_list

UTC = timezone.utc


WIDENINGS = [
    ("byte", pa.int8(), -128, 127), ("short", pa.int16(), -2**15, 2**15 - 1),
    ("integer", pa.int32(), -2**31, 2**31 - 1),
]
WIDER = {
    "short": pa.int16(), "integer": pa.int32(), "long": pa.int64(), "double": pa.float64(),
    "decimal(10,0)": pa.decimal128(10, 0), "decimal(14,3)": pa.decimal128(14, 3),
}
CHANGES = [(from_, type_, low, high, to, WIDER[to])
           for index, (from_, type_, low, high) in enumerate(WIDENINGS)
           for to in list(WIDER)[index:]] + [
    ("long", pa.int64(), -2**63, 2**63 - 1, "decimal(20,0)", pa.decimal128(20, 0)),
    ("long", pa.int64(), -2**63, 2**63 - 1, "decimal(24,4)", pa.decimal128(24, 4)),
    ("float", pa.float32(), 0.1, float("inf"), "double", pa.float64()),
    ("date", pa.date32(), date(1, 1, 1), date(9999, 12, 31), "timestamp_ntz", pa.timestamp("us")),
    ("decimal(5,2)", pa.decimal128(5, 2), Decimal("-999.99"), Decimal("0.01"),
     "decimal(38,10)", pa.decimal128(38, 10)),
    ("decimal(12,2)", pa.decimal128(12, 2), Decimal("-9999999999.99"), Decimal("0.01"),
     "decimal(13,3)", pa.decimal128(13, 3)),
]


def widened_value(value, to):
    if to == "double":
        return binary.unpack("f", binary.pack("f", value))[0] if isinstance(value, float) \
            else float(value)
    if to.startswith("decimal"):
        return Decimal(value)
    if to == "timestamp_ntz":
        return datetime(value.year, value.month, value.day)
    return value


@pytest.mark.parametrize("feature", ["typeWidening", "typeWidening-preview"])
@pytest.mark.parametrize("from_, type_, low, high, to, wide", CHANGES,
                         ids=lambda value: value if isinstance(value, str) else "")
def test_files_from_before_a_widening(tmp_path, read, from_, type_, low, high, to, wide, feature):
    change = {"fromType": from_, "toType": to, "tableVersion": 1}
    nested = {**change, "fieldPath": "element"}
    table = HandMadeTable(
        tmp_path / "t", [field("id", "long"), field("x", to, delta__typeChanges=[change]),
                         field("list", array(to), delta__typeChanges=[nested]),
                         field("s", struct(field("y", to, delta__typeChanges=[change])))],
        features=[feature])
    values = [low, high, None]
    columns = {"id": pa.array(range(3), pa.int64()), "x": pa.array(values, type_),
               "list": pa.array([[value] for value in values], pa.list_(type_)),
               "s": pa.array([{"y": value} for value in values], pa.struct([("y", type_)]))}
    write(table, "old.parquet", columns)
    expected = [None if value is None else widened_value(value, to) for value in values]
    write(table, "new.parquet", {"id": pa.array([3], pa.int64()),
                                 "x": pa.array([expected[0]], wide)})
    rows = sorted(read(table), key=lambda row: row["id"])
    assert [row["x"] for row in rows] == [*expected, expected[0]]
    assert [row["list"] for row in rows] == [[value] for value in expected] + [None]
    assert [row["s"] for row in rows] == [{"y": value} for value in expected] + [None]


def test_filters_on_widened_columns_are_not_rounded_to_the_type_of_the_file(tmp_path, count):
    table = HandMadeTable(tmp_path / "t", [
        field("i", "double"), field("f", "double",
                                    delta__typeChanges=[{"fromType": "float", "toType": "double"}]),
        field("d", "decimal(10,2)"), field("t", "timestamp_ntz"), field("n", "long")],
        features=["typeWidening", "timestampNtz"])
    file = table.path / "f.parquet"
    pq.write_table(pa.table({
        "i": pa.array([1, 2, 3], pa.int32()), "f": pa.array([0.1, 0.5, 2.0], pa.float32()),
        "d": pa.array([Decimal("1.2"), Decimal("1.3"), Decimal("1.4")], pa.decimal128(5, 1)),
        "t": pa.array([date(2020, 1, 1), date(2020, 1, 2), date(2020, 1, 3)]),
        "n": pa.array([1, 2, 3], pa.int32())}), file)
    table.add(file, stats={"numRecords": 3, "minValues": {"f": 0.1, "i": 1},
                           "maxValues": {"f": 2.0, "i": 3}, "nullCount": {"f": 0, "i": 0}})
    single = table.path / "single.parquet"
    pq.write_table(pa.table({"f": pa.array([0.1], pa.float32())}), single)
    table.add(single, stats={"numRecords": 1, "minValues": {"f": 0.1}, "maxValues": {"f": 0.1},
                             "nullCount": {"f": 0}})
    assert count(table, "i > 1.5") == 2
    assert count(table, "i < 2.5") == 2
    assert count(table, "i = 1.6") == 0
    assert count(table, "i IN (2.2, 3.0)") == 1
    assert count(table, "f > 0.1") == 4  # The double 0.1 is less than the float 0.1.
    assert count(table, "f = 0.5") == 1
    assert count(table, "d > 1.25") == 2
    assert count(table, "d <= 1.34") == 2
    assert count(table, "t >= TIMESTAMP '2020-01-01 12:00:00'") == 2
    assert count(table, "t < TIMESTAMP '2020-01-02 00:00:01'") == 2
    assert count(table, "n > 1 AND n < 9000000000") == 2
    assert count(table, "n IN (SELECT unnest([2, 9000000000]))") == 1
    assert count(table, "i IN (SELECT unnest([2.0, 2.5]))") == 1


def test_a_change_that_is_no_widening_is_refused_by_name(tmp_path, refusal):
    change = {"fromType": "string", "toType": "long"}
    table = HandMadeTable(tmp_path / "t", [field("x", "long", delta__typeChanges=[change])],
                          features=["typeWidening"])
    code, message = refusal(table)
    assert code == 6 and "typeWidening" in message and "'x'" in message and "string" in message


@pytest.mark.parametrize("type_, values", [
    ("long", pa.array(["7"])), ("string", pa.array([7])), ("integer", pa.array([1.5])),
    ("decimal(5,1)", pa.array([Decimal("1.23")])), ("date", pa.array([7], pa.int64())),
    ("float", pa.array([1.1], pa.float64())), (array("long"), pa.array([1])),
    ("boolean", pa.array([1])), (struct(field("a", "long")), pa.array([1])),
])
def test_a_file_of_another_type_is_damage_that_is_named(tmp_path, refusal, type_, values):
    table = HandMadeTable(tmp_path / "t", [field("x", type_)])
    write(table, "odd.parquet", {"x": values})
    _, message = refusal(table)
    assert "odd.parquet" in message and "'x'" in message


def test_a_value_beyond_the_type_is_damage_that_is_named(tmp_path, refusal):
    table = HandMadeTable(tmp_path / "t", [field("x", "byte")])
    write(table, "wide.parquet", {"x": pa.array([1, 300], pa.int32())})
    _, message = refusal(table)
    assert "wide.parquet" in message


EDGES = [datetime(1, 1, 1), datetime(1582, 10, 4, 23, 59, 59, 999999), datetime(1677, 9, 21),
         datetime(1969, 12, 31, 23, 59, 59, 999999), datetime(1970, 1, 1),
         datetime(2262, 4, 12), datetime(9999, 12, 31, 23, 59, 59, 999999), None]


def int96_file(path, values):
    """A file by hand, as pyarrow's own way to INT96 ends at the range of nanoseconds."""
    epoch = datetime(1970, 1, 1)
    stored = []
    for value in values:
        since = (value - epoch) // timedelta(microseconds=1)
        days, micros = divmod(since, 86_400_000_000)
        stored.append(binary.pack("<qi", micros * 1000, days + 2440588))
    write_plain_file(path, [("t", "INT96", None, stored)])


def test_int96_over_the_whole_range(tmp_path, read, count):
    for type_ in ["timestamp", "timestamp_ntz"]:
        features = ["timestampNtz"] if type_ == "timestamp_ntz" else []
        table = HandMadeTable(tmp_path / type_, [field("t", type_)], features=features)
        int96_file(table.path / "f.parquet", EDGES[:-1])
        table.add(table.path / "f.parquet")
        zone = UTC if type_ == "timestamp" else None
        assert [row["t"] for row in read(table)] == [
            value.replace(tzinfo=zone) for value in EDGES[:-1]]
        assert count(table, "t = TIMESTAMP '0001-01-01 00:00:00'") == 1
        assert count(table, "t > TIMESTAMP '9999-12-31 23:59:59'") == 1


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("type_, file_zone", [("timestamp", "UTC"), ("timestamp", None),
                                              ("timestamp_ntz", None), ("timestamp_ntz", "UTC")])
def test_units_and_zones_of_timestamps_in_files(tmp_path, read, count, unit, type_, file_zone):
    features = ["timestampNtz"] if type_ == "timestamp_ntz" else []
    table = HandMadeTable(tmp_path / "t", [field("t", type_)], features=features)
    values = [datetime(1700, 2, 3, 4, 5, 6, 789000), datetime(2024, 2, 29, 1, 2, 3), None]
    write(table, "f.parquet", {"t": pa.array(values, pa.timestamp(unit, tz=file_zone))})
    zone = UTC if type_ == "timestamp" else None
    assert [row["t"] for row in read(table)] == [
        value and value.replace(tzinfo=zone) for value in values]
    assert count(table, "t < TIMESTAMP '1900-01-01 00:00:00'") == 1


def test_dates_before_the_gregorian_calendar_are_proleptic(tmp_path, read, count):
    table = HandMadeTable(tmp_path / "t", [field("d", "date")])
    days = [date(1, 1, 1), date(1582, 10, 4), date(1582, 10, 15), date(1969, 12, 31)]
    file = table.path / "f.parquet"
    pq.write_table(pa.table({"d": pa.array(days)}), file)
    table.add(file, stats={"numRecords": 4, "minValues": {"d": "0001-01-01"},
                           "maxValues": {"d": "1969-12-31"}, "nullCount": {"d": 0}})
    assert [row["d"] for row in read(table)] == days
    assert count(table, "d < DATE '1582-10-10'") == 2
    assert count(table, "d = DATE '0001-01-01'") == 1


@pytest.mark.parametrize("precision, scale", [(1, 0), (9, 2), (18, 18), (19, 3), (38, 10)])
@pytest.mark.parametrize("as_integer", [True, False])
def test_decimals_in_every_encoding(tmp_path, read, precision, scale, as_integer):
    type_ = f"decimal({precision},{scale})"
    table = HandMadeTable(tmp_path / "t", [field("d", type_)])
    # Arithmetic on Decimals rounds to 28 digits.
    nines = (9,) * precision
    values = [Decimal((0, nines, -scale)), Decimal((1, nines, -scale)), Decimal((0, (0,), -scale)),
              None]
    write(table, "f.parquet", {"d": pa.array(values, pa.decimal128(precision, scale))},
          store_decimal_as_integer=as_integer)
    assert [row["d"] for row in read(table)] == values


def test_decimals_of_old_files_are_byte_arrays(tmp_path, read):
    table = HandMadeTable(tmp_path / "t", [field("d", "decimal(20,2)")])
    stored = [b"\x01", b"\xff\x9c", b"\x00\x8a\xc7\x23\x04\x89\xe7\xff\xff"]
    write_plain_file(table.path / "f.parquet", [("d", "BYTE_ARRAY", ("DECIMAL", 20, 2), stored)])
    table.add(table.path / "f.parquet")
    assert [row["d"] for row in read(table)] == [
        Decimal(int.from_bytes(value, "big", signed=True)).scaleb(-2) for value in stored]


def test_texts_without_annotation_and_bytes_with_one(tmp_path, read, count):
    table = HandMadeTable(tmp_path / "t", [
        field("text", "string"), field("bytes", "binary"), field("list", array("string")),
        field("fixed", "binary")])
    write(table, "f.parquet", {
        "text": pa.array(["ü☃ \\x41".encode(), b"", None], pa.binary()),
        "bytes": pa.array(["\\x41", "", None], pa.string()),
        "list": pa.array([["a".encode()], [None], None], pa.list_(pa.binary())),
        "fixed": pa.array([b"\x00\xff", b"ab", None], pa.binary(2))})
    assert read(table) == [
        {"text": "ü☃ \\x41", "bytes": b"\\x41", "list": ["a"], "fixed": b"\x00\xff"},
        {"text": "", "bytes": b"", "list": [None], "fixed": b"ab"},
        {"text": None, "bytes": None, "list": None, "fixed": None}]
    assert count(table, "text = 'ü☃ \\x41'") == 1


def test_small_integers_without_annotation(tmp_path, read, count):
    table = HandMadeTable(tmp_path / "t", [field("b", "byte"), field("s", "short")])
    write(table, "f.parquet", {"b": pa.array([-128, 127], pa.int32()),
                               "s": pa.array([-2**15, 2**15 - 1], pa.int32())})
    assert read(table) == [{"b": -128, "s": -2**15}, {"b": 127, "s": 2**15 - 1}]
    assert count(table, "b < 0") == 1


def test_names_of_list_elements_and_map_entries_are_free(tmp_path, read):
    table = HandMadeTable(tmp_path / "t", [
        field("list", array("integer")), field("deep", array(array(struct(field("x", "long"))))),
        field("map", map_of("string", array("string")))])
    write(table, "f.parquet", {
        "list": pa.array([[1, None], []], pa.list_(pa.int32())),
        "deep": pa.array([[[{"x": 1}], []], None],
                         pa.list_(pa.list_(pa.struct([("x", pa.int64())])))),
        "map": pa.array([[("a", ["b"])], []], pa.map_(pa.string(), pa.list_(pa.string())))},
        use_compliant_nested_type=False)
    assert read(table) == [
        {"list": [1, None], "deep": [[{"x": 1}], []], "map": [("a", ["b"])]},
        {"list": [], "deep": None, "map": []}]


def test_repeated_fields_are_lists(tmp_path, read):
    table = HandMadeTable(tmp_path / "t", [field("list", array("integer", False))])
    write_two_level_list(table.path / "f.parquet", "list", [[1, 2], [], [3]])
    table.add(table.path / "f.parquet")
    assert [row["list"] for row in read(table)] == [[1, 2], [], [3]]


def test_void_columns_are_null_whatever_is_in_the_file(tmp_path, read):
    table = HandMadeTable(tmp_path / "t", [
        field("id", "long"), field("nothing", "void"), field("typed", "string"),
        field("s", struct(field("a", "long"), field("nothing", "void")))])
    write(table, "f.parquet", {
        "id": pa.array([1], pa.int64()), "nothing": pa.array([5], pa.int64()),
        "typed": pa.array([None], pa.null()),
        "s": pa.array([{"a": 1, "nothing": None}],
                      pa.struct([("a", pa.int64()), ("nothing", pa.null())]))})
    assert read(table) == [{"id": 1, "nothing": None, "typed": None,
                            "s": {"a": 1, "nothing": None}}]


def test_nan_is_found_though_no_bound_tells_of_it(tmp_path, count):
    table = HandMadeTable(tmp_path / "t", [field("x", "double")])
    file = table.path / "f.parquet"
    pq.write_table(pa.table({"x": pa.array([1.0, float("nan")])}), file)
    table.add(file, stats={"numRecords": 2, "minValues": {"x": 1.0}, "maxValues": {"x": 1.0},
                           "nullCount": {"x": 0}})
    assert count(table, "x > 5") == 1
    assert count(table, "isnan(x)") == 1
