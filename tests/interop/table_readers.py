"""The same table as Spark, deltalake, DuckDB's own Delta reader and Deltaport see it."""

from itertools import groupby
from pathlib import Path

import duckdb
import duckdb_extension_delta
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, QueryBuilder
from table_writers import spark_name


def spark_versions(spark, path, columns):
    """{version: rows}; `columns` are the names of each version. Versions with the same columns
    cost one query."""
    def signature(version):
        return columns[version]

    seen = {}
    for names, some in groupby(sorted(columns, key=lambda v: (columns[v], v)), signature):
        some = list(some)
        selected = ", ".join(map(spark_name, names))
        frame = spark.sql(" UNION ALL ".join(
            f"SELECT {version} AS version_read, {selected} FROM delta.`{path}` "
            f"VERSION AS OF {version}" for version in some))
        table = frame.toArrow()
        numbers = table.column("version_read").to_pylist()
        rows = table.drop_columns(["version_read"])
        for version in some:
            seen[version] = rows.filter(pa.array([number == version for number in numbers]))
    return seen


def deltalake_version(path, version):
    table = DeltaTable(str(path), version=version)
    return pa.table(QueryBuilder().register("t", table).execute("SELECT * FROM t").read_all())


def duckdb_with_delta():
    """A connection with DuckDB's extension for Delta, out of PyPI."""
    folder = Path(duckdb_extension_delta.__file__).parent / "extensions"
    extension = next(folder.glob("*/delta.duckdb_extension"))
    connection = duckdb.connect(config={"autoinstall_known_extensions": False,
                                        "autoload_known_extensions": False})
    connection.execute(f"LOAD '{extension}'")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def duckdb_version(connection, path, version):
    query = "SELECT * FROM delta_scan(?, version => ?::UBIGINT)"
    return connection.execute(query, [str(path), version]).to_arrow_table()


def deltaport_version(run_deltaport, path, version):
    file = Path(path).parent / "read-by-deltaport.parquet"
    file.unlink(missing_ok=True)
    done = run_deltaport("read", path, "--version", version, "--out", file)
    assert done.returncode == 0, f"version {version}: {done.stderr}"
    return pq.read_table(file)
