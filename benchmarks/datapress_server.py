"""Runs datap-rs as a server: datapress_server.py FILE PORT memory|lazy, until SIGTERM."""

import asyncio
import sys

from datap_rs import DataPress, DataPressConfig, DatasetConfig


async def serve(file, port, lazy):
    configuration = DataPressConfig(
        backend="datafusion", listen="127.0.0.1", port=port, swagger_enabled=False,
        explorer_enabled=False, max_page_size=100_000)
    dataset = DatasetConfig(
        "lineitem", file, format="parquet", lazy=lazy,
        mode="none" if lazy else "list", index_columns=None if lazy else ["l_orderkey"])
    await DataPress(configuration, [dataset]).run()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), sys.argv[3] == "lazy"))
