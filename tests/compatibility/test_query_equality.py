"""Generated structured queries answer as embedded DuckDB does over the same files.

Every query is asked for as JSON and as Arrow. The seed is printed; $DELTAPORT_TEST_SEED repeats a
run, $DELTAPORT_LONG_TESTS makes a longer one.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import math
import os
import random
from collections.abc import Iterator

import deltalake
import duckdb
import numpy as np
import pyarrow as pa
import pytest

import lake_data
from http_client import ARROW_STREAM, HttpClient
from server_process import ServerProcess

SEED = int(os.environ.get("DELTAPORT_TEST_SEED", random.SystemRandom().randrange(2**31)))
QUERY_COUNT = 6000 if os.environ.get("DELTAPORT_LONG_TESTS") else 400
NUMBERS = ("int", "float", "decimal")
# The unique column of each data set, which makes any order deterministic.
KEYS = {"taxi": "trip_id", "empty": "trip_id"}
OPERATORS = ["eq", "neq", "gt", "gte", "lt", "lte", "in", "is_null", "is_not_null"]
SQL_OPERATORS = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("equality")
    lake_data.write_lake(root)
    return root


@pytest.fixture(scope="module")
def client(lake, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpClient]:
    folder = tmp_path_factory.mktemp("equality-server")
    configuration = folder / "deltaport.toml"
    configuration.write_text(lake_data.dataset_blocks(lake))
    arguments = ["--config", str(configuration), "--port", "0"]
    with ServerProcess(arguments, folder / "log") as server, server.client() as connection:
        yield connection


@pytest.fixture(scope="module")
def reference(lake) -> duckdb.DuckDBPyConnection:
    """DuckDB over the same files; tables of the Delta log as deltalake reads them."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, (kind, place) in lake_data.DATASETS.items():
        if kind == "parquet":
            connection.execute(
                f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{lake / place}')"
            )
        else:
            rows = pa.table(deltalake.DeltaTable(lake / place).to_pyarrow_table())
            connection.register(f"{name}_rows", rows)
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM {name}_rows")
    return connection


def _family(column: str, type_: pa.DataType) -> str:
    """Which literals and operators suit the column."""
    if pa.types.is_dictionary(type_):
        type_ = type_.value_type
    tests = [
        ("bool", pa.types.is_boolean),
        ("int", pa.types.is_integer),
        ("float", pa.types.is_floating),
        ("decimal", pa.types.is_decimal),
        ("date", pa.types.is_date),
        ("stamp", pa.types.is_timestamp),
        ("time", pa.types.is_time),
        ("text", lambda t: pa.types.is_string(t) or pa.types.is_large_string(t)),
        ("text", lambda t: t == pa.string_view()),
        ("binary", lambda t: pa.types.is_binary(t) or t == pa.binary_view()),
    ]
    return next((name for name, test in tests if test(type_)), "nested")


class _Column:
    """A column, its family and some of its values."""

    def __init__(self, name: str, values: pa.ChunkedArray):
        self.name = name
        self.family = _family(name, values.type)
        self.zoned = pa.types.is_timestamp(values.type) and values.type.tz is not None
        if pa.types.is_timestamp(values.type) and values.type.unit == "ns":
            values = values.cast(pa.timestamp("us"))
        self.values = [value for value in values.to_pylist() if value is not None]
        self.sql = '"' + name.replace('"', '""') + '"'


def _dataset_columns(reference: duckdb.DuckDBPyConnection) -> dict[str, list[_Column]]:
    tables = {name: reference.table(name).to_arrow_table() for name in lake_data.DATASETS}
    return {
        name: [_Column(field.name, table[field.name]) for field in table.schema]
        for name, table in tables.items()
    }


class _Generator:
    """Makes a structured query and the SQL that means the same."""

    where: str  # The condition of the query made last.

    def __init__(self, randomness: random.Random, columns: dict[str, list[_Column]]):
        self._random = randomness
        self._columns = columns
        self._weights = [0.1 if name.startswith("empty") else 1 for name in columns]

    def make(self) -> tuple[str, dict, str]:
        """Data set, query and SQL."""
        dataset = self._random.choices(list(self._columns), self._weights)[0]
        columns = self._columns[dataset]
        query: dict = {}
        where = self.where = self._predicates(columns, query)
        shape = self._random.random()
        if shape < 0.35:
            sql = self._grouped(dataset, columns, where, query)
        elif shape < 0.45:
            sql = self._distinct(dataset, columns, where, query)
        else:
            sql = self._plain(dataset, columns, where, query)
        return dataset, query, sql + self._paging(query)

    def _predicates(self, columns: list[_Column], query: dict) -> str:
        chosen = [
            self._predicate(self._random.choice(columns))
            for _ in range(self._random.choice([0, 0, 1, 1, 1, 2]))
        ]
        if chosen:
            query["predicates"] = [predicate for predicate, _ in chosen]
        return " AND ".join(sql for _, sql in chosen) or "true"

    def _predicate(self, column: _Column) -> tuple[dict, str]:
        if column.family in ("nested", "binary", "time") or not column.values:
            operator = self._random.choice(["is_null", "is_not_null"])
        elif column.family == "text":
            operator = self._random.choice([*OPERATORS, "like", "ilike"])
        else:
            operator = self._random.choice(OPERATORS)
        name = self._spelling(column)
        if operator in ("is_null", "is_not_null"):
            suffix = "IS NULL" if operator == "is_null" else "IS NOT NULL"
            return {"col": name, "op": operator}, f"{column.sql} {suffix}"
        if operator in ("like", "ilike"):
            pattern = self._pattern(str(self._random.choice(column.values)))
            sql = f"{column.sql} {operator.upper()} {_quoted(pattern)} ESCAPE '\\'"
            return {"col": name, "op": operator, "val": pattern}, sql
        if operator == "in":
            literals = [self._literal(column) for _ in range(self._random.randrange(1, 5))]
            members = ", ".join(sql for _, sql in literals)
            values = [value for value, _ in literals]
            return {"col": name, "op": "in", "val": values}, f"{column.sql} IN ({members})"
        value, literal = self._literal(column)
        sql = f"{column.sql} {SQL_OPERATORS[operator]} {literal}"
        return {"col": name, "op": operator, "val": value}, sql

    def _spelling(self, column: _Column) -> str:
        """Names match without regard to the case of ASCII letters."""
        upper = self._random.random() < 0.1 and column.name.isascii()
        return column.name.upper() if upper else column.name

    def _pattern(self, text: str) -> str:
        start = self._random.randrange(len(text) + 1)
        end = self._random.randrange(start, len(text) + 1)
        middle = "".join(
            "\\" + c if c in "\\%_" else ("_" if self._random.random() < 0.2 else c)
            for c in text[start:end]
        )
        return ("%" if start else "") + middle + ("%" if end < len(text) else "")

    def _literal(self, column: _Column) -> tuple[object, str]:
        """A value as JSON and as SQL, mostly one that the column holds."""
        value = self._random.choice(column.values)
        if column.family == "bool":
            return self._random.choice([(value, str(value)), (str(value).lower(), str(value))])
        if column.family == "int":
            value += self._random.choice([0, 0, 0, 0, 0, 1, -1])
            return self._random.choice([(value, str(value)), (str(value), str(value))])
        if column.family == "float":
            if not math.isfinite(value):
                value = 0.5
            return value, f"{value!r}::DOUBLE"
        if column.family == "decimal":
            return f"{value:f}", f"{value:f}"
        if column.family == "date":
            return str(value), f"DATE '{value}'"
        if column.family == "stamp":
            text = value.replace(tzinfo=None).isoformat(sep=self._random.choice("T "))
            if column.zoned:
                return text + "Z", f"TIMESTAMPTZ '{value.replace(tzinfo=None).isoformat()}+00'"
            return text, f"TIMESTAMP '{value.isoformat()}'"
        return value, _quoted(value)

    def _plain(self, dataset: str, columns: list[_Column], where: str, query: dict) -> str:
        chosen = columns
        if self._random.random() < 0.8:
            chosen = self._random.sample(columns, self._random.randrange(1, len(columns) + 1))
            query["columns"] = [self._spelling(column) for column in chosen]
        sortable = [column for column in columns if column.family not in ("nested", "binary")]
        keys = self._random.sample(sortable, self._random.randrange(0, 3))
        unique = next(c for c in columns if c.name == KEYS.get(dataset, "id"))
        order = self._order([*(key for key in keys if key is not unique), unique], query)
        select = ", ".join(column.sql for column in chosen)
        return f"SELECT {select} FROM {dataset} WHERE {where} ORDER BY {order}"

    def _distinct(self, dataset: str, columns: list[_Column], where: str, query: dict) -> str:
        plain = [column for column in columns if column.family not in ("nested", "binary")]
        chosen = self._random.sample(plain, self._random.randrange(1, 4))
        query |= {"columns": [column.name for column in chosen], "distinct": True}
        select = ", ".join(column.sql for column in chosen)
        order = self._order(chosen, query)
        return f"SELECT DISTINCT {select} FROM {dataset} WHERE {where} ORDER BY {order}"

    def _order(self, keys: list[_Column], query: dict) -> str:
        query["order_by"] = []
        parts = []
        for key in keys:
            direction = self._random.choice(["asc", "desc"])
            query["order_by"].append({"col": key.name, "dir": direction})
            parts.append(_sql_order(key.sql, direction))
        return ", ".join(parts)

    def _grouped(self, dataset: str, columns: list[_Column], where: str, query: dict) -> str:
        plain = [column for column in columns if column.family not in ("nested", "binary", "time")]
        groups = self._random.sample(plain, self._random.randrange(1, 3))
        aggregates = [self._aggregate(columns, i) for i in range(self._random.randrange(1, 4))]
        query["group_by"] = [group.name for group in groups]
        query["aggregations"] = [aggregate for aggregate, _ in aggregates]
        having = "true"
        if self._random.random() < 0.3:
            number = self._random.randrange(1, 4)
            query["aggregations"].append({"op": "count", "alias": "group size"})
            aggregates.append(({}, 'count(*) AS "group size"'))
            query["having"] = [{"col": "group size", "op": "gte", "val": number}]
            having = f"count(*) >= {number}"
        names = ", ".join(group.sql for group in groups)
        select = names + "".join(f", {sql}" for _, sql in aggregates)
        order = self._order(groups, query)
        return (
            f"SELECT {select} FROM {dataset} WHERE {where} GROUP BY {names} HAVING {having}"
            f" ORDER BY {order}"
        )

    def _aggregate(self, columns: list[_Column], number: int) -> tuple[dict, str]:
        operator = self._random.choice(["count", "sum", "avg", "min", "max"])
        alias = f'result "{number}"'
        sql_alias = '"' + alias.replace('"', '""') + '"'
        if operator == "count" and self._random.random() < 0.5:
            return {"op": "count", "alias": alias}, f"count(*) AS {sql_alias}"
        families = NUMBERS if operator in ("sum", "avg") else None
        suited = [
            column
            for column in columns
            if column.family not in ("nested", "binary", "time")
            and (families is None or column.family in families)
            # Sums of these pass 64 bits, or depend on the order of addition.
            and not (families and column.name in ("uint64", "int64", "float32", "float64"))
        ]
        column = self._random.choice(suited)
        if operator == "avg" and column.family == "decimal":
            operator = "sum"  # DuckDB's average of decimals is a float, ours a decimal.
        sql = f"{operator}({column.sql}) AS {sql_alias}"
        return {"op": operator, "col": column.name, "alias": alias}, sql

    def _paging(self, query: dict) -> str:
        page_size = self._random.choice([1, 3, 10, 10, 100, 1000])
        page = self._random.choice([1, 1, 1, 1, 1, 2, 3])
        query |= {"page": page, "page_size": page_size}
        rows = page_size
        if self._random.random() < 0.2:
            query["limit"] = self._random.randrange(0, 50)
            rows = max(0, min(rows, query["limit"] - (page - 1) * page_size))
        return f" LIMIT {rows} OFFSET {(page - 1) * page_size}"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _sql_order(column: str, direction: str) -> str:
    return f"{column} ASC NULLS LAST" if direction == "asc" else f"{column} DESC NULLS FIRST"


def _plain_value(value):
    """A Python value of Arrow or DuckDB in one form that can be compared."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else float(f"{value:.12g}")
    if isinstance(value, decimal.Decimal):
        return value.normalize()
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    if isinstance(value, dict):
        return {key: _plain_value(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain_value(inner) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return decimal.Decimal(value).normalize()
    return value


def _micros(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Nanoseconds are cut, since Python has none."""
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        return column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return column


def _rows(table: pa.Table) -> list[list]:
    columns = [_micros(column).to_pylist() for column in table.columns]
    return [[_plain_value(value) for value in row] for row in zip(*columns, strict=True)]


def _json_form(value, type_: pa.DataType):
    """The value as the JSON answer has it, with numbers as in _plain_value."""
    if value is None:
        return None
    if pa.types.is_dictionary(type_):
        return _json_form(value, type_.value_type)
    if isinstance(value, float):
        if pa.types.is_float32(type_):
            value = float(str(np.float32(value)))  # The shortest text that means the same.
        return _plain_value(value) if math.isfinite(value) else None
    if isinstance(value, decimal.Decimal):
        return value.normalize()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return _json_instant(value)
    if isinstance(value, datetime.time):
        return _with_fraction(value.strftime("%H:%M:%S"), value.microsecond)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if pa.types.is_map(type_):
        return {key: _json_form(inner, type_.item_type) for key, inner in value}
    if isinstance(value, dict):
        return {f.name: _json_form(value[f.name], f.type) for f in type_}
    if isinstance(value, list):
        return [_json_form(inner, type_.value_type) for inner in value]
    return _plain_value(value)


def _json_instant(value: datetime.datetime) -> str:
    zoned = value.tzinfo is not None
    if zoned:
        value = value.astimezone(datetime.timezone.utc)
    text = _with_fraction(value.strftime("%Y-%m-%dT%H:%M:%S"), value.microsecond)
    return text + ("Z" if zoned else "")


def _with_fraction(text: str, microsecond: int) -> str:
    if microsecond == 0:
        return text
    return text + (f".{microsecond:06d}" if microsecond % 1000 else f".{microsecond // 1000:03d}")


def _read_json(cell, type_: pa.DataType):
    """A cell of the JSON answer in the form of _json_form."""
    if pa.types.is_decimal(type_):
        assert cell is None or isinstance(cell, str), cell
        return None if cell is None else decimal.Decimal(cell).normalize()
    if isinstance(cell, list):
        return [_read_json(inner, type_.value_type) for inner in cell]
    if isinstance(cell, dict) and pa.types.is_struct(type_):
        return {f.name: _read_json(cell[f.name], f.type) for f in type_}
    if isinstance(cell, dict):
        return {key: _read_json(inner, type_.item_type) for key, inner in cell.items()}
    return _plain_value(cell)


def test_GeneratedQueriesAnswerAsDuckDbDoes(client, reference):
    print(f"DELTAPORT_TEST_SEED={SEED}")
    generator = _Generator(random.Random(SEED), _dataset_columns(reference))
    answered_rows = 0
    for number in range(QUERY_COUNT):
        dataset, query, sql = generator.make()
        expected = reference.execute(sql).to_arrow_table()
        path = f"/api/v1/datasets/{dataset}/query"
        arrow = client.post(path, query, Accept=ARROW_STREAM)
        shown = f"query {number} of seed {SEED}\n{dataset} {json.dumps(query)}\n{sql}"
        assert arrow.status == 200, f"{shown}\n{arrow.text}"
        found = arrow.arrow()
        assert found.column_names == expected.column_names, shown
        assert _rows(found) == _rows(expected), shown
        answered_rows += found.num_rows
        reply = client.post(path, query)
        assert reply.status == 200, f"{shown}\n{reply.text}"
        rows = json.loads(reply.body, parse_float=float)["data"]
        assert _json_rows(rows, found) == _expected_json(found), shown
    assert answered_rows > QUERY_COUNT


def _json_rows(rows: list[dict], table: pa.Table) -> list[list]:
    for row in rows:
        assert list(row) == table.column_names
    types = table.schema.types
    return [[_read_json(c, t) for c, t in zip(row.values(), types, strict=True)] for row in rows]


def _expected_json(table: pa.Table) -> list[list]:
    columns = [
        [_json_form(value, column.type) for value in _micros(column).to_pylist()]
        for column in table.columns
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def test_StreamsHoldTheRowsOfDuckDb(client, reference):
    for dataset in lake_data.DATASETS:
        key = KEYS.get(dataset, "id")
        found = client.post(f"/api/v1/datasets/{dataset}/query/stream", {}).arrow()
        expected = reference.execute(f"SELECT * FROM {dataset} ORDER BY {key}").to_arrow_table()
        assert _rows(found.sort_by(key)) == _rows(expected), dataset


def test_CountsAreThoseOfDuckDb(client, reference):
    print(f"DELTAPORT_TEST_SEED={SEED}")
    generator = _Generator(random.Random(SEED + 1), _dataset_columns(reference))
    for _ in range(QUERY_COUNT // 4):
        dataset, query, _ = generator.make()
        sql = f"SELECT count(*) FROM {dataset} WHERE {generator.where}"
        expected = reference.execute(sql).fetchone()[0]
        assert client.count(dataset, *query.get("predicates", [])) == expected, (SEED, query)
