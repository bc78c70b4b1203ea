"""The JSON form of every column type, byte for byte."""

from __future__ import annotations

import base64
import json

import pytest

import lake_data
from http_client import HttpClient

TYPES = lake_data.types_table()
NULLS = {i for i in range(lake_data.TYPES_ROWS) if i % 7 == 6}


def _cells(http: HttpClient, dataset: str, column: str) -> list[str]:
    """The text of each cell of the column, in the order of `id`."""
    reply = http.query(
        dataset, columns=[column], order_by=[{"col": "id"}], page_size=lake_data.TYPES_ROWS
    )
    assert reply.status == 200, reply.text
    prefix, suffix = '{"data":[', '],"page":1,"page_size":60}'
    body = reply.text
    assert body.startswith(prefix) and body.endswith(suffix)
    key = "{" + json.dumps(column, ensure_ascii=False) + ":"
    rows = body[len(prefix) : -len(suffix)].split("," + key)
    rows[0] = rows[0].removeprefix(key)
    assert all(row.endswith("}") for row in rows)
    return [row[:-1] for row in rows]


CASES = {
    "int8": (0, "-120"),
    "int64": (1, "-8700000000000000203"),
    "uint64": (59, "17700000000000000413"),
    "uint32": (59, "4130000000"),
    "float64": (0, "0.0"),
    "float32": (7, "0.1"),
    "bool": (1, "false"),
    "decimal9": (0, '"-10.0"'),
    "decimal38": (1, '"999999999999999.9999999993"'),
    "text": (0, '"wört 0 \\"quoted\\" \\\\ \\n\\t\\u0001 ☃ 𝄞"'),
    "binary": (4, '"BAD/+g=="'),
    "date": (0, '"1969-12-01"'),
    "time": (0, '"01:02:05"'),
    "stamp_ms": (0, '"1999-12-31T23:59:58"'),
    "stamp_us": (0, '"1999-12-31T23:59:58"'),
    "stamp_zone": (1, '"2000-01-01T00:59:58Z"'),
    "list": (3, "[0,null,2]"),
    "struct": (0, '{"a":0,"b \\"c\\"":"s0"}'),
    "map": (1, '{"k":0.5,"ö":null}'),
    "nested": (1, '[{"day":"2020-02-29","tags":["x"]}]'),
}


@pytest.mark.parametrize("column", list(CASES))
def test_CellOfEachType(http: HttpClient, column: str):
    row, text = CASES[column]
    cells = _cells(http, "types", column)
    assert cells[row] == text
    assert {i for i, cell in enumerate(cells) if cell == "null"} >= NULLS


@pytest.mark.parametrize("column", ["float32", "float64"])
def test_NanAndInfinitiesAreNull(http: HttpClient, column: str):
    cells = _cells(http, "types", column)
    assert cells[:8] == ["0.0", "-1.5", "null", "null", "null", "null", "null", "0.1"]
    large = [i for i in range(lake_data.TYPES_ROWS) if i % 8 == 6 and i not in NULLS]
    assert {cells[i] for i in large} == ({"1e300"} if column == "float64" else {"null"})


def test_FractionsOfSecondsHaveThreeSixOrNineDigits(http: HttpClient):
    assert _cells(http, "types", "stamp_ms")[1:4] == [
        '"1999-12-31T23:59:58.250"',
        '"1999-12-31T23:59:58.500"',
        '"1999-12-31T23:59:58.750"',
    ]
    assert _cells(http, "types", "stamp_us")[3] == '"1999-12-31T23:59:58.000003"'
    assert _cells(http, "types", "stamp_ns")[3] == '"1999-12-31T23:59:58.000003"'


def test_BinaryIsBase64(http: HttpClient):
    cells = _cells(http, "types", "binary")
    for cell, value in zip(cells, TYPES["binary"].to_pylist(), strict=True):
        expected = "null" if value is None else f'"{base64.b64encode(value).decode()}"'
        assert cell == expected


@pytest.mark.parametrize(
    "column", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool"]
)
def test_IntegersAndBooleansAreExact(http: HttpClient, column: str):
    cells = [json.loads(cell) for cell in _cells(http, "types", column)]
    assert cells == TYPES[column].to_pylist()


@pytest.mark.parametrize("column", ["decimal9", "decimal38"])
def test_DecimalsAreStringsWithTheirScale(http: HttpClient, column: str):
    cells = [json.loads(cell) for cell in _cells(http, "types", column)]
    expected = [None if v is None else f"{v:f}" for v in TYPES[column].to_pylist()]
    assert cells == expected


def test_TextIsUnescapedUtf8(http: HttpClient):
    cells = [json.loads(cell) for cell in _cells(http, "types", "text")]
    assert cells == TYPES["text"].to_pylist()


@pytest.mark.parametrize("column", ["list", "struct", "nested"])
def test_NestedValuesAreRealJson(http: HttpClient, column: str):
    cells = [json.loads(cell) for cell in _cells(http, "types", column)]
    assert cells == json.loads(json.dumps(TYPES[column].to_pylist(), default=str))


def test_MapsAreObjects(http: HttpClient):
    cells = [json.loads(cell) for cell in _cells(http, "types", "map")]
    assert cells == [None if v is None else dict(v) for v in TYPES["map"].to_pylist()]


def test_OddNamesAreEscapedKeys(http: HttpClient):
    rows = http.rows("odd", order_by=[{"col": "id"}])
    for row, expected in zip(rows, lake_data.odd_names_table().to_pylist(), strict=True):
        assert list(row) == list(expected)
        expected["back\\slash"] = base64.b64encode(expected["back\\slash"]).decode()
        assert row == expected


def test_PartitionValuesAreTyped(http: HttpClient):
    rows = http.rows("partition_types", order_by=[{"col": "id"}], limit=2)
    assert rows == [
        {
            "id": 0,
            "p_bool": True,
            "p_long": 0,
            "p_decimal": "0.5",
            "p_stamp": "2024-03-01T12:30:00Z",
            "p_double": 0.25,
            "name": "n0",
        },
        {
            "id": 1,
            "p_bool": False,
            "p_long": 2**40,
            "p_decimal": "11.0",
            "p_stamp": "2024-03-01T12:30:00.500Z",
            "p_double": 1.25,
            "name": "n1",
        },
    ]
