"""One table with a life: operations by one or several writers, and the rows that each version must
have, kept by a model in plain Python."""

import random
from dataclasses import replace
from decimal import Decimal

import feature_rows
import pyarrow as pa
from log_state import latest_version
from table_writers import Refused, named

N, TEXT = "n", feature_rows.TEXT
WIDE_INT = 5_000_000_000

OPERATIONS = [
    ("append", range(0, 40)), ("append", range(40, 52)), ("delete", 5), ("update", 3),
    ("merge", range(30, 60)), ("checkpoint",), ("schema_change",), ("append", range(60, 70)),
    ("optimize",), ("delete", 7), ("update", 4), ("merge", range(50, 75)), ("z_order",),
    ("overwrite", range(100, 130)), ("restore",), ("append", range(130, 140)), ("delete", 6),
    ("purge",), ("checkpoint",), ("append", range(140, 145)),
]


class Life:
    """`states`: version -> (columns, names, rows by id); `operation_of`: version -> operation."""

    def __init__(self, path, kind, creator, seed, columns=None, operations=tuple(OPERATIONS)):
        self.path, self.kind, self.operations = path, kind, operations
        self.random = random.Random(seed)
        self.salt = seed % 1000
        self.columns = columns or {**feature_rows.COLUMNS, **kind.columns}
        self.names = dict(kind.names)
        self.rows, self.states, self.done, self.operation_of = {}, {}, [], {}
        self.writer = creator

    def given(self, ids):
        """Rows for a writer, as an Arrow table."""
        rows = feature_rows.rows(self.columns, ids, self.salt)
        return rows, feature_rows.arrow_table(self.columns, rows, self.names)

    def completed(self, row):
        computed = {name: compute(row) for name, (_, compute) in self.kind.computed.items()
                    if compute is not None}
        return row | computed

    def note(self, operation):
        """The versions since the last one have the rows that the model has now."""
        self.done.append(f"{operation} by {self.writer.name}")
        state = (dict(self.columns), dict(self.names),
                 {row_id: dict(row) for row_id, row in self.rows.items()})
        for version in range(max(self.states, default=-1) + 1, latest_version(self.path) + 1):
            self.states[version] = state
            self.operation_of[version] = operation

    def run(self, writers):
        """Each operation by one of the writers."""
        self.writer_names = {writer.name for writer in (self.writer, *writers)}
        self.writer.create(self.columns)
        self.note("create")
        self.created = latest_version(self.path)  # Rules may be commits of their own.
        for operation, *arguments in self.operations:
            self.writer = self.random.choice(writers)
            self.writer.kind = self.kind_now()
            if operation in self.kind.refused:
                self.refused(operation, arguments)
                continue
            getattr(self, operation)(*arguments)
            self.note(operation)

    def kind_now(self):
        """The kind with the names of this moment."""
        return replace(self.kind, names=self.names)

    def refused(self, operation, arguments):
        before = latest_version(self.path)
        kept = (self.rows, self.columns, self.names)
        self.rows = {row_id: dict(row) for row_id, row in self.rows.items()}
        try:
            getattr(self, operation)(*arguments)
        except Refused:
            pass
        else:
            raise AssertionError(f"{self.writer.name} carried out {operation}")
        self.rows, self.columns, self.names = kept
        assert latest_version(self.path) == before
        self.done.append(f"{operation} refused by {self.writer.name}")

    # Operations.

    def append(self, ids):
        rows, table = self.given(ids)
        self.writer.append(table)
        self.rows.update({row["id"]: self.completed(row) for row in rows})

    def overwrite(self, ids):
        rows, table = self.given(ids)
        self.writer.overwrite(table)
        self.rows = {row["id"]: self.completed(row) for row in rows}

    def delete(self, divisor):
        self.writer.delete(lambda quoted: f"{quoted('id')} % {divisor} = 1")
        self.rows = {row_id: row for row_id, row in self.rows.items() if row_id % divisor != 1}

    def update(self, divisor):
        number = named(self.kind_now(), [N])[0]
        self.writer.update(lambda quoted: [(number, f"{quoted(number)} + 100"), ("grp", "'moved'")],
                           lambda quoted: f"{quoted('id')} % {divisor} = 0")
        for row_id, row in self.rows.items():
            if row_id % divisor == 0:
                row[N] = None if row[N] is None else row[N] + 100
                row["grp"] = "moved"

    def merge(self, ids):
        self.salt += 1
        rows, table = self.given(ids)
        number = named(self.kind_now(), [N])[0]
        self.writer.merge(table, lambda quoted: f"{quoted(number)} IS NULL")
        for row in rows:
            if row["id"] in self.rows and row[N] is None:
                del self.rows[row["id"]]
            else:
                self.rows[row["id"]] = self.completed(row)

    def optimize(self):
        self.writer.optimize()

    def z_order(self):
        self.writer.z_order([N, "moment"])

    def purge(self):
        self.writer.purge()

    def checkpoint(self):
        self.writer.checkpoint()

    def restore(self):
        version = self.random.choice(self.versions_to_restore()[:-1])
        self.writer.restore(version)
        self.rows = {row_id: dict(row) for row_id, row in self.states[version][2].items()}

    def versions_to_restore(self):
        """Those with rows and with the columns of now, oldest first."""
        return [version for version, (columns, names, rows) in self.states.items()
                if rows and columns.keys() == self.columns.keys() and names == self.names
                and columns[N] == self.columns[N]]

    def schema_change(self):
        getattr(self, f"schema_{self.kind.schema_change}")()

    def schema_add(self):
        self.writer.add_column("extra", "DECIMAL(5,1)")
        self.columns["extra"] = ("DECIMAL(5,1)", pa.decimal128(5, 1),
                                 [Decimal("1.5"), None, Decimal("-9999.9")])
        for row in self.rows.values():
            row["extra"] = None
        self.note("add column")

    def schema_rename(self):
        self.schema_add()
        self.writer.rename_column(self.names[TEXT], "renamed ü")
        self.names = self.names | {TEXT: "renamed ü"}
        self.note("rename column")
        self.writer.kind = self.kind_now()
        self.writer.drop_column("flag")
        self.columns = {name: kind for name, kind in self.columns.items() if name != "flag"}
        for row in self.rows.values():
            del row["flag"]

    def schema_widen(self):
        self.schema_add()
        number = named(self.kind_now(), [N])[0]
        self.writer.widen_column(number, "BIGINT")
        self.writer.widen_column("float", "DOUBLE")
        pool = self.columns[N][2] + [WIDE_INT]
        self.columns[N] = ("BIGINT", pa.int64(), pool)
        self.columns["float"] = ("DOUBLE", pa.float64(), self.columns["float"][2])
