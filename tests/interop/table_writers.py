"""Spark and Deltaport as writers of tables, behind the same operations."""

import json
import os

import pyarrow.parquet as pq


def spark_name(name):
    return "`" + name.replace("`", "``") + "`"


def duckdb_name(name):
    return '"' + name.replace('"', '""') + '"'


def column_texts(kind, columns):
    for name, (sql, _, _) in columns.items():
        rule = kind.rules.get(name, "")
        yield f"{spark_name(kind.names.get(name, name))} {sql} {rule}".strip()
    for name, (rule, _) in kind.computed.items():
        yield f"{spark_name(name)} {rule}"


def named(kind, names):
    return [kind.names.get(name, name) for name in names]


class Refused(Exception):
    """The writer did not carry out the operation; the message is its own."""


class SparkWriter:
    name = "spark"

    def __init__(self, spark, path, kind):
        self.spark, self.path, self.kind = spark, path, kind
        self.table = f"delta.`{path}`"

    def sql(self, text):
        try:
            return self.spark.sql(text)
        except Exception as error:
            raise Refused(f"{text}: {error}") from error

    def source(self, rows):
        file = self.path.parent / f"spark-{os.urandom(6).hex()}.parquet"
        pq.write_table(rows, file)
        self.spark.read.parquet(str(file)).createOrReplaceTempView("source")
        return ", ".join(spark_name(name) for name in rows.column_names)

    def create(self, columns):
        kind = self.kind
        layout = "".join(f" {word} ({', '.join(map(spark_name, named(kind, names)))})"
                         for word, names in [("PARTITIONED BY", kind.partition),
                                             ("CLUSTER BY", kind.cluster)] if names)
        properties = {"delta.enableDeletionVectors": "false"} | kind.properties
        if "allowColumnDefaults" in kind.features:
            properties["delta.feature.allowColumnDefaults"] = "supported"
        texts = ", ".join(f"'{key}' = '{value}'" for key, value in properties.items())
        self.sql(f"CREATE TABLE {self.table} ({', '.join(column_texts(kind, columns))}) USING delta"
                 f"{layout} TBLPROPERTIES ({texts})")
        for name, condition in kind.checks.items():
            self.sql(f"ALTER TABLE {self.table} ADD CONSTRAINT {name} CHECK ({condition})")

    def append(self, rows):
        names = self.source(rows)
        self.sql(f"INSERT INTO {self.table} ({names}) SELECT {names} FROM source")

    def overwrite(self, rows):
        names = self.source(rows)
        self.sql(f"INSERT OVERWRITE {self.table} ({names}) SELECT {names} FROM source")

    def delete(self, condition):
        self.sql(f"DELETE FROM {self.table} WHERE {condition(spark_name)}")

    def update(self, sets, condition):
        sets = ", ".join(f"{spark_name(name)} = {value}" for name, value in sets(spark_name))
        self.sql(f"UPDATE {self.table} SET {sets} WHERE {condition(spark_name)}")

    def merge(self, rows, deleted):
        self.source(rows)
        names = rows.column_names
        sets = ", ".join(f"{spark_name(name)} = s.{spark_name(name)}" for name in names)
        self.sql(f"MERGE INTO {self.table} t USING source s ON t.id = s.id "
                 f"WHEN MATCHED AND s.{deleted(spark_name)} THEN DELETE "
                 f"WHEN MATCHED THEN UPDATE SET {sets} WHEN NOT MATCHED THEN INSERT "
                 f"({', '.join(map(spark_name, names))}) "
                 f"VALUES ({', '.join('s.' + spark_name(name) for name in names)})")

    def optimize(self):
        self.sql(f"OPTIMIZE {self.table}")

    def z_order(self, names):
        if self.kind.cluster:
            self.sql(f"OPTIMIZE {self.table} FULL")
        else:
            names = ", ".join(spark_name(name) for name in named(self.kind, names))
            self.sql(f"OPTIMIZE {self.table} ZORDER BY ({names})")

    def purge(self):
        self.sql(f"REORG TABLE {self.table} APPLY (PURGE)")

    def restore(self, version):
        self.sql(f"RESTORE TABLE {self.table} TO VERSION AS OF {version}")

    def checkpoint(self):
        self.spark._jvm.org.apache.spark.sql.delta.DeltaLog.forTable(
            self.spark._jsparkSession, str(self.path)).checkpoint()

    def vacuum(self):
        self.sql(f"VACUUM {self.table} RETAIN 0 HOURS")

    def add_column(self, name, sql_type):
        self.sql(f"ALTER TABLE {self.table} ADD COLUMNS ({spark_name(name)} {sql_type})")

    def rename_column(self, old, new):
        self.sql(f"ALTER TABLE {self.table} RENAME COLUMN {spark_name(old)} TO {spark_name(new)}")

    def drop_column(self, name):
        self.sql(f"ALTER TABLE {self.table} DROP COLUMN {spark_name(name)}")

    def widen_column(self, name, sql_type):
        self.sql(f"ALTER TABLE {self.table} ALTER COLUMN {spark_name(name)} TYPE {sql_type}")


class DeltaportWriter:
    name = "deltaport"

    def __init__(self, run, path, kind):
        self.run_program, self.path, self.kind = run, path, kind

    def run(self, command, *words):
        done = self.run_program(command, self.path, *words)
        assert done.returncode != 70, done.stderr
        if done.returncode:
            raise Refused(f"{command} {words}: {done.stderr}")
        return done

    def source(self, rows):
        file = self.path.parent / f"deltaport-{os.urandom(6).hex()}.parquet"
        pq.write_table(rows, file)
        return file

    def create(self, columns):
        kind = self.kind
        words = ["--schema", ", ".join(column_texts(kind, columns))]
        for key, value in kind.properties.items():
            words += ["--property", f"{key}={value}"]
        for name, condition in kind.checks.items():
            words += ["--check", f"{name}={condition}"]
        if kind.partition:
            words += ["--partition-by", ",".join(named(kind, kind.partition))]
        self.run("create", *words)
        if kind.cluster:
            self.run("alter", "cluster-by", *map(spark_name, named(kind, kind.cluster)))

    def append(self, rows):
        self.run("append", self.source(rows))

    def overwrite(self, rows):
        self.run("overwrite", self.source(rows))

    def delete(self, condition):
        self.run("delete", "--where", condition(duckdb_name))

    def update(self, sets, condition):
        words = [word for name, value in sets(duckdb_name)
                 for word in ("--set", f"{duckdb_name(name)} = {value}")]
        self.run("update", *words, "--where", condition(duckdb_name))

    def merge(self, rows, deleted):
        clauses = [f"matched and source.{deleted(duckdb_name)} then delete"]
        if self.kind.computed:
            names = rows.column_names
            sets = ", ".join(f"{duckdb_name(name)} = source.{duckdb_name(name)}" for name in names)
            values = ", ".join(f"source.{duckdb_name(name)}" for name in names)
            clauses += [f"matched then update set {sets}", "not matched then insert "
                        f"({', '.join(map(duckdb_name, names))}) values ({values})"]
        else:
            clauses += ["matched then update *", "not matched then insert *"]
        words = [word for clause in clauses for word in ("--when", clause)]
        self.run("merge", "--source", self.source(rows), "--on", "target.id = source.id", *words)

    def optimize(self):
        self.run("optimize")

    def z_order(self, names):
        if self.kind.cluster:
            self.run("optimize", "--full")
        else:
            self.run("z-order", "--columns", ",".join(named(self.kind, names)))

    def purge(self):
        self.run("optimize", "--purge")

    def restore(self, version):
        self.run("restore", "--version", version)

    def checkpoint(self):
        self.run("checkpoint")

    def vacuum(self):
        told = json.loads(self.run("vacuum", "--retention", "0 hours", "--force", "--output",
                                   "json").stdout)
        assert told, "vacuum told nothing"

    def add_column(self, name, sql_type):
        self.run("alter", "add-column", spark_name(name), sql_type)

    def rename_column(self, old, new):
        self.run("alter", "rename-column", spark_name(old), new)

    def drop_column(self, name):
        self.run("alter", "drop-column", spark_name(name))

    def widen_column(self, name, sql_type):
        self.run("alter", "change-type", spark_name(name), sql_type)
