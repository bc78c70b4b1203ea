"""Mistakes in a query: the text and the status that clients see."""

from __future__ import annotations

import pytest

from http_client import HttpClient

GROUP = {"group_by": ["borough"]}
BY_GROUP = "(must be a group_by column or aggregation alias)"
NOT_NUMERIC = "invalid value:"


def _predicate(column: str, operator: str, *literal) -> dict:
    return {
        "predicates": [{"col": column, "op": operator} | ({"val": literal[0]} if literal else {})]
    }


EXACT = [
    # Names of columns.
    ({"columns": ["nope"]}, "unknown column: nope"),
    ({"columns": ["trip_id", ""]}, "unknown column: "),
    (_predicate("nope", "eq", 1), "unknown column: nope"),
    ({"order_by": [{"col": "nope"}]}, "unknown column: nope"),
    ({"group_by": ["nope"]}, "unknown column: nope"),
    (GROUP | {"aggregations": [{"op": "sum", "col": "nope"}]}, "unknown column: nope"),
    (GROUP | {"order_by": [{"col": "trip_id"}]}, f"unknown column: trip_id {BY_GROUP}"),
    (
        GROUP | {"having": [{"col": "trip_id", "op": "eq", "val": 1}]},
        f"unknown column: trip_id {BY_GROUP}",
    ),
    # Operators and literals.
    (_predicate("borough", "bad", "x"), "unknown operator: bad"),
    (_predicate("borough", "EQ", "x"), "unknown operator: EQ"),
    (_predicate("borough", "eq"), "invalid value: 'eq' requires a value"),
    (_predicate("borough", "eq", None), "invalid value: 'eq' requires a value"),
    (_predicate("borough", "like"), "invalid value: 'like' requires a value"),
    (_predicate("borough", "in"), "invalid value: 'in' requires a value"),
    (_predicate("borough", "in", None), "invalid value: 'in' requires a value"),
    (_predicate("borough", "eq", [1]), "invalid value: unsupported literal type in predicate"),
    (_predicate("borough", "eq", {}), "invalid value: unsupported literal type in predicate"),
    (_predicate("trip_id", "in", [[1]]), "invalid value: unsupported literal type in predicate"),
    (_predicate("borough", "in", "Queens"), "invalid value: 'in' needs a non-empty array"),
    (_predicate("borough", "in", []), "invalid value: 'in' needs a non-empty array"),
    # Order.
    (
        {"order_by": [{"col": "trip_id", "dir": "sideways"}]},
        "invalid value: order_by direction must be 'asc' or 'desc' (got 'sideways')",
    ),
    # Aggregations.
    (
        GROUP | {"aggregations": [{"op": "median", "col": "trip_id"}]},
        "invalid value: unknown aggregation op 'median' (expected count|sum|avg|min|max)",
    ),
    (
        GROUP | {"aggregations": [{"op": "sum"}]},
        "invalid value: aggregation 'sum' requires a 'col'",
    ),
    (
        GROUP | {"aggregations": [{"op": "AVG"}]},
        "invalid value: aggregation 'avg' requires a 'col'",
    ),
    (
        {"aggregations": [{"op": "count"}]},
        "invalid value: aggregations require a non-empty group_by",
    ),
    (
        {"having": [{"col": "borough", "op": "eq", "val": "Queens"}]},
        "invalid value: having requires a non-empty group_by",
    ),
    (
        GROUP | {"distinct": True},
        "invalid value: distinct is mutually exclusive with group_by / aggregations",
    ),
]

# The peer answers 500 to these; the text is ours.
MISTAKES = [
    (GROUP | {"aggregations": [{"op": "sum", "col": "note"}]}, "note"),
    (GROUP | {"aggregations": [{"op": "avg", "col": "pickup_at"}]}, "pickup_at"),
    (GROUP | {"aggregations": [{"op": "sum", "col": "is_shared"}]}, "is_shared"),
    (GROUP | {"aggregations": [{"op": "count", "alias": "borough"}]}, "borough"),
    (
        GROUP
        | {
            "aggregations": [
                {"op": "count", "alias": "twice"},
                {"op": "max", "col": "trip_id", "alias": "twice"},
            ]
        },
        "twice",
    ),
    ({"columns": ["borough"], "distinct": True, "order_by": [{"col": "trip_id"}]}, "trip_id"),
    (_predicate("trip_id", "like", "5%"), "trip_id"),
    (_predicate("pickup_date", "eq", "bad"), "bad"),
    (_predicate("pickup_at", "lt", "yesterday"), "yesterday"),
    (_predicate("pickup_date", "eq", "2024-02-30"), "2024-02-30"),
]


@pytest.mark.parametrize("route", ["query", "query/stream", "query?format=arrow"])
@pytest.mark.parametrize(("query", "text"), EXACT)
def test_MistakeIs400WithThePeersText(http: HttpClient, route: str, query: dict, text: str):
    reply = http.post(f"/api/v1/datasets/taxi/{route}", query)
    assert (reply.status, reply.error) == (400, text)


@pytest.mark.parametrize(("query", "named"), MISTAKES)
def test_MistakeThatTheEngineFindsIs400AndNamesTheCulprit(
    http: HttpClient, query: dict, named: str
):
    reply = http.query("taxi", **query)
    assert reply.status == 400, reply.text
    assert named in reply.error
    assert reply.error.startswith(("invalid value: ", "unknown column: "))


@pytest.mark.parametrize(("query", "text"), [case for case in EXACT if "predicates" in case[0]])
def test_CountChecksItsPredicates(http: HttpClient, query: dict, text: str):
    reply = http.post("/api/v1/datasets/taxi/count", query)
    assert (reply.status, reply.error) == (400, text)


@pytest.mark.parametrize("literal", [[], {}, True, "x", -1, 5, 1.5, None])
def test_NoLiteralForAnyOperatorAndColumnIsAServerError(http: HttpClient, literal):
    columns = [
        column["name"] for column in http.get("/api/datasets/types/schema").json()["columns"]
    ]
    operators = "eq neq gt gte lt lte like ilike in is_null is_not_null".split()
    for column in columns:
        for operator in operators:
            for value in ([literal], literal):
                predicate = {"col": column, "op": operator, "val": value}
                reply = http.query("types", predicates=[predicate], columns=["id"])
                assert reply.status in (200, 400), (predicate, reply.text)


def test_RepeatedColumnsAreRefusedOrComeBackOnce(http: HttpClient):
    """The body must stay an object without repeated keys."""
    reply = http.query("taxi", columns=["trip_id", "trip_id"], limit=1)
    if reply.status == 200:
        assert reply.text == '{"data":[{"trip_id":0}],"page":1,"page_size":1000}'
    else:
        assert (reply.status, "trip_id" in reply.error) == (400, True)


def test_FormOfTheErrorIsTheEnvelopeAlsoWhenArrowWasAsked(http: HttpClient):
    reply = http.post(
        "/api/v1/datasets/taxi/query",
        {"columns": ["nope"]},
        Accept="application/vnd.apache.arrow.stream",
    )
    assert reply.body == b'{"error":"unknown column: nope"}'


def test_QuotesInAnErrorKeepTheBodyJson(http: HttpClient):
    reply = http.query("taxi", columns=['a"b\\c\n☃'])
    assert (reply.status, reply.error) == (400, 'unknown column: a"b\\c\n☃')
