"""A lake of Delta tables, queried in this process.

>>> import deltaport, pyarrow
>>> rows = deltaport.query("demo-lake", "SELECT count(*) AS flights FROM flights")
>>> pyarrow.table(rows).to_pylist()
[{'flights': 336776}]
"""

import os
from collections.abc import Iterable

from deltaport import _deltaport
from deltaport._deltaport import QueryResult, __version__
from deltaport.errors import (
    CancelledError,
    CorruptTableError,
    DeltaportError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    ResourceExhaustedError,
    UnsupportedFeatureError,
)

__all__ = [
    "CancelledError",
    "CorruptTableError",
    "DeltaportError",
    "InvalidArgumentError",
    "NotFoundError",
    "PermissionDeniedError",
    "QueryResult",
    "ResourceExhaustedError",
    "UnsupportedFeatureError",
    "__version__",
    "query",
]


def query(lake: str | os.PathLike | Iterable[str | os.PathLike], sql: str) -> QueryResult:
    """Run one read-only SQL statement over the tables of a lake.

    Parameters
    ----------
    lake
        A directory that holds Delta tables or folders of Parquet files, several such
        directories, or a configuration file (``deltaport.toml``).
    sql
        One ``SELECT`` (or ``DESCRIBE``, ``SHOW TABLES``, ``EXPLAIN``) statement. Tables go by
        the names of their folders.

    Returns
    -------
    QueryResult
        Rows behind ``__arrow_c_stream__``: give it to ``pyarrow.table``,
        ``polars.DataFrame``, ``duckdb`` or any other reader of the Arrow PyCapsule interface.
        The rows are computed while they are read, and can be taken once.

    Raises
    ------
    InvalidArgumentError
        The SQL text is wrong; the message has the position. Also a ``ValueError``.
    PermissionDeniedError
        The statement is not allowed, for example one that reads files.
    NotFoundError
        No such directory, file or table. Also a ``LookupError``.
    DeltaportError
        Every other failure; the base of all of the above, with the attribute ``code``.
    """
    directories = [lake] if isinstance(lake, (str, os.PathLike)) else list(lake)
    return _deltaport.query([os.fspath(directory) for directory in directories], sql)
