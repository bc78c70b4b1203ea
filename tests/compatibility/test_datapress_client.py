"""The unmodified client of the PyPI package datap-rs against this server."""

from __future__ import annotations

import datetime
import decimal
import pathlib
from collections.abc import Iterator

import pyarrow as pa
import pytest
from datap_rs import DataPressClient, DataPressHTTPError

import lake_data
from server_process import ServerProcess

TOKEN = "open-sesame"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server over the generated lake."""
    folder = tmp_path_factory.mktemp("client")
    lake_data.write_lake(folder / "lake")
    configuration = folder / "deltaport.toml"
    configuration.write_text("[sql]\nenabled = true\n" + lake_data.dataset_blocks(folder / "lake"))
    arguments = ["--config", str(configuration), "--port", "0"]
    with ServerProcess(arguments, folder / "log", environment={"ADMIN_TOKEN": TOKEN}) as server:
        yield server.url


@pytest.fixture(params=[True, False], ids=["compressed", "plain"])
def client(url: str, request: pytest.FixtureRequest) -> DataPressClient:
    return DataPressClient(url, admin_token=TOKEN, timeout=30, accept_compression=request.param)


def test_Healthz(client: DataPressClient):
    assert client.healthz() == {"status": "ok"}


def test_Readyz(client: DataPressClient):
    assert client.readyz() == {"status": "ready", "datasets": len(lake_data.DATASETS)}


def test_Datasets(client: DataPressClient):
    assert client.datasets() == sorted(lake_data.DATASETS)


def test_Schema(client: DataPressClient):
    schema = client.schema("taxi")
    assert (schema["name"], schema["rows"]) == ("taxi", lake_data.TAXI_ROWS)
    assert [column["name"] for column in schema["columns"]] == lake_data.TAXI_SCHEMA.names
    assert schema["sample"]["fare_amount"] == "3.00"


def test_Count(client: DataPressClient):
    assert client.count("taxi") == lake_data.TAXI_ROWS
    assert client.count("taxi", []) == lake_data.TAXI_ROWS
    assert client.count("taxi", [{"col": "borough", "op": "eq", "val": "Queens"}]) == 4000


def test_QueryJson(client: DataPressClient):
    request = {
        "columns": ["trip_id", "fare_amount", "note"],
        "predicates": [{"col": "trip_id", "op": "in", "val": [0, 1]}],
        "order_by": [{"col": "trip_id", "dir": "desc"}],
    }
    assert client.query_json("taxi", request) == {
        "data": [
            {"trip_id": 1, "fare_amount": "3.01", "note": "note 1"},
            {"trip_id": 0, "fare_amount": "3.00", "note": None},
        ],
        "page": 1,
        "page_size": 1000,
    }


def test_QueryJsonOfALargePage(client: DataPressClient):
    document = client.query_json("taxi", {"page_size": lake_data.TAXI_ROWS})
    assert len(document["data"]) == lake_data.TAXI_ROWS


def test_QueryIsAnArrowTable(client: DataPressClient):
    request = {"columns": ["trip_id", "pickup_at", "fare_amount"], "limit": 2}
    table = client.query("taxi", request)
    assert isinstance(table, pa.Table)
    assert table.to_pylist() == [
        {
            "trip_id": 0,
            "pickup_at": datetime.datetime(2024, 1, 1),
            "fare_amount": decimal.Decimal("3.00"),
        },
        {
            "trip_id": 1,
            "pickup_at": datetime.datetime(2024, 1, 1, 0, 0, 37),
            "fare_amount": decimal.Decimal("3.01"),
        },
    ]


@pytest.mark.parametrize("dataset", list(lake_data.DATASETS))
def test_QueryOfEveryDataset(client: DataPressClient, dataset: str):
    table = client.query(dataset, {"page_size": 100_000})
    assert table.num_rows == client.count(dataset) == client.schema(dataset)["rows"]


def test_Sql(client: DataPressClient):
    text = "SELECT payment_type, count(*) AS n FROM taxi GROUP BY ALL ORDER BY payment_type"
    assert client.sql(text, max_rows=2) == [
        {"payment_type": "card", "n": 5000},
        {"payment_type": "cash", "n": 5000},
    ]


def test_Reload(client: DataPressClient):
    answer = client.reload("measures")
    assert (answer["dataset"], answer["rows"]) == ("measures", 120)
    assert isinstance(answer["elapsed_ms"], int)


@pytest.mark.parametrize(
    ("call", "status", "text"),
    [
        (lambda c: c.schema("nope"), 404, "not found: dataset: nope"),
        (lambda c: c.count("nope"), 404, "not found: dataset: nope"),
        (lambda c: c.query("taxi", {"columns": ["x"]}), 400, "unknown column: x"),
        (lambda c: c.query_json("taxi", {"columns": ["x"]}), 400, "unknown column: x"),
        (lambda c: c.count("taxi", [{"col": "x", "op": "eq", "val": 1}]), 400, "unknown column: x"),
        (lambda c: c.reload("nope"), 404, "not found: dataset: nope"),
    ],
)
def test_ErrorsCarryStatusAndPayload(client: DataPressClient, call, status: int, text: str):
    with pytest.raises(DataPressHTTPError) as caught:
        call(client)
    assert (caught.value.status, caught.value.payload) == (status, {"error": text})
    assert str(caught.value) == f"HTTP {status}: {caught.value.body}"


def test_ReloadWithAWrongTokenIsForbidden(url: str):
    with pytest.raises(DataPressHTTPError) as caught:
        DataPressClient(url, admin_token="wrong").reload("taxi")
    assert caught.value.status == 403
    assert caught.value.payload == {"error": "forbidden: invalid or missing X-Admin-Token"}


def test_WrongRequestTypesCarryAPayload(client: DataPressClient):
    with pytest.raises(DataPressHTTPError) as caught:
        client.query_json("taxi", {"page": "one"})
    assert caught.value.status == 400
    assert caught.value.payload["error"].startswith("Json deserialize error: ")


def test_LakePathsAreNotShown(client: DataPressClient):
    """What the client gets never says where the files are."""
    shown = str([client.schema(name) for name in client.datasets()])
    assert str(pathlib.Path("/tmp")) + "/" not in shown
