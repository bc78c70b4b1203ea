"""The data: TPC-H's lineitem as one Parquet file, made once and kept in the cache folder."""

import os
import subprocess
import sys
from pathlib import Path

ORDERS_AT_SCALE_1 = 1_500_000


def cache_folder():
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("DELTAPORT_CACHE") or Path(base) / "deltaport")


def orders(scale):
    return int(ORDERS_AT_SCALE_1 * scale)


def lineitem(scale):
    """Path of lineitem at that scale factor; 1 has 6,001,215 rows."""
    folder = cache_folder() / "tpch" / f"scale-{scale:g}"
    file = folder / "lineitem.parquet"
    if not file.exists():
        part = folder.with_name(f"{folder.name}.part-{os.getpid()}")
        part.mkdir(parents=True)
        generator = Path(sys.executable).with_name("tpchgen-cli")
        # About 240,000 rows a group: enough groups to share among cores and to skip by statistics.
        subprocess.run([generator, "parquet", "--quiet", "--scale-factor", f"{scale:g}",
                        "--tables", "lineitem", "--row-group-bytes", "16MB",
                        "--output-dir", part], check=True)
        folder.mkdir(parents=True, exist_ok=True)
        os.replace(part / file.name, file)
        part.rmdir()
    return file
