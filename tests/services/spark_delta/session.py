"""A Spark session with Delta Lake inside this process's Java child: UTC, two cores, heap 1 GB."""

import contextlib
import os
import subprocess
import sys
import warnings
from pathlib import Path

STOP_TIMEOUT_S = 20


def installation():
    """Where scripts/install-dependencies put Spark; fails if it did not."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path(os.environ.get("DELTAPORT_CACHE") or Path(base) / "deltaport")
    spark = cache / "spark"
    if not (spark / ".complete").exists():
        raise RuntimeError(f"{spark} is missing: run `scripts/install-dependencies interop`")
    return spark


def settings(folder, jars):
    return {
        "spark.jars": ",".join(map(str, jars)),
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions":
            "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto "  # Many short queries.
            f"-Duser.timezone=UTC -Dderby.system.home={folder} -Djava.io.tmpdir={folder}",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(folder),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.databricks.delta.retentionDurationCheck.enabled": "false",
    }


@contextlib.contextmanager
def spark_session(folder):
    """A session whose temporary files stay in `folder`. Its Java process ends with the block."""
    spark = installation()
    sys.path.append(str(spark / "python"))
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["PYSPARK_PYTHON"] = sys.executable
    warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").appName("deltaport-tests")
    for key, value in settings(Path(folder), sorted((spark / "jars").glob("*.jar"))).items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield session
    finally:
        session.stop()
        gateway = SparkContext._gateway
        gateway.shutdown()
        gateway.proc.stdin.close()  # Java waits for this as the sign to end.
        try:
            gateway.proc.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            gateway.proc.kill()
            gateway.proc.wait()
