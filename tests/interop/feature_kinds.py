"""The features of Delta tables as data: how a table gets them, and what they change."""

from dataclasses import dataclass, field, replace

import feature_rows

SPACED = "té'\"xt ,;{}()=☃"  # Allowed by column mapping only.
ROW_CHANGES = frozenset({"delete", "update", "merge", "overwrite", "restore"})


@dataclass(frozen=True)
class Kind:
    """`features` are those that the protocol must list, `versions` the legacy ones that imply all
    of them. `computed` columns (name -> SQL rule, value of a row) are not given by writers."""

    properties: dict = field(default_factory=dict)
    columns: dict = field(default_factory=dict)
    computed: dict = field(default_factory=dict)
    rules: dict = field(default_factory=dict)  # Column -> rule in SQL.
    checks: dict = field(default_factory=dict)
    names: dict = field(default_factory=dict)
    partition: tuple = ()
    cluster: tuple = ()
    features: frozenset = frozenset()
    versions: tuple | None = (1, 2)
    refused: frozenset = frozenset()
    not_read_by: frozenset = frozenset()
    schema_change: str = "add"


def mapped(mode):
    return Kind(properties={"delta.columnMapping.mode": mode},
                names={"n": "the n", feature_rows.TEXT: SPACED, "struct": "a.b"},
                features=frozenset({"columnMapping"}), versions=(2, 5), schema_change="rename")


def listed(*features, **more):
    return Kind(features=frozenset(features), versions=None, **more)


DELTALAKE, DUCKDB = frozenset({"deltalake"}), frozenset({"duckdb"})

KINDS = {
    "plain": Kind(),
    "partitioned": Kind(partition=("grp",)),
    "partitioned-typed": Kind(partition=("day", "small"), not_read_by=DELTALAKE),
    "mapping-name": mapped("name"),
    "mapping-id": mapped("id"),
    "vectors": listed("deletionVectors", properties={"delta.enableDeletionVectors": "true"}),
    "changes": Kind(properties={"delta.enableChangeDataFeed": "true"},
                    features=frozenset({"changeDataFeed"}), versions=(1, 4)),
    "row-ids": listed("rowTracking", "domainMetadata",
                      properties={"delta.enableRowTracking": "true"}),
    "commit-times": listed("inCommitTimestamp",
                           properties={"delta.enableInCommitTimestamps": "true"}),
    "checkpoints-v2": listed("v2Checkpoint", properties={"delta.checkpointPolicy": "v2",
                                                         "delta.checkpointInterval": "2"}),
    "clustered": listed("clustering", "domainMetadata", cluster=("n", "day")),
    "computed": listed(
        "identityColumns", "generatedColumns", "allowColumnDefaults",
        computed={"ident": ("BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 3 INCREMENT BY 2)",
                            None),
                  "gen": ("BIGINT GENERATED ALWAYS AS (id * 2)", lambda row: row["id"] * 2),
                  "dflt": ("INT DEFAULT 7", lambda row: 7)}),
    "constraints": Kind(rules={"id": "NOT NULL"},
                        checks={"positive": "id >= 0", "named": "grp IS NULL OR grp <> 'no'"},
                        features=frozenset({"checkConstraints", "invariants"}), versions=(1, 3)),
    "widening": listed("typeWidening", properties={"delta.enableTypeWidening": "true"},
                       not_read_by=DELTALAKE, schema_change="widen"),
    "append-only": Kind(properties={"delta.appendOnly": "true"},
                        features=frozenset({"appendOnly"}), refused=ROW_CHANGES),
    "local-times": listed("timestampNtz", columns={"local": feature_rows.LOCAL}),
    "checkpointed": Kind(properties={"delta.checkpointInterval": "2"}),
    "struct-stats": Kind(properties={"delta.checkpointInterval": "3",
                                     "delta.checkpoint.writeStatsAsJson": "false",
                                     "delta.checkpoint.writeStatsAsStruct": "true"}),
    "vacuum-check": listed("vacuumProtocolCheck", not_read_by=DELTALAKE,
                           properties={"delta.feature.vacuumProtocolCheck": "supported"}),
}

PAIRS = [
    "partitioned+mapping-name", "partitioned+vectors", "partitioned-typed+mapping-id",
    "mapping-name+vectors", "mapping-id+changes", "vectors+changes", "vectors+row-ids",
    "row-ids+mapping-name", "clustered+vectors", "clustered+row-ids", "widening+vectors",
    "mapping-name+clustered", "checkpoints-v2+vectors", "checkpoints-v2+row-ids",
    "checkpointed+vectors", "struct-stats+partitioned-typed", "commit-times+changes",
    "computed+changes", "computed+mapping-name", "constraints+vectors", "local-times+partitioned",
    "append-only+checkpointed", "vectors+commit-times",
]

IMPLIED = frozenset({"appendOnly", "invariants"})
READER_FEATURES = frozenset({"columnMapping", "deletionVectors", "timestampNtz", "v2Checkpoint",
                             "vacuumProtocolCheck", "typeWidening"})


def together(one, other):
    versions = None
    if one.versions and other.versions:
        versions = tuple(max(pair) for pair in zip(one.versions, other.versions))
    return Kind(
        **{key: {**getattr(one, key), **getattr(other, key)}
           for key in ("properties", "columns", "computed", "rules", "checks", "names")},
        **{key: getattr(one, key) | getattr(other, key)
           for key in ("features", "refused", "not_read_by")},
        partition=one.partition + other.partition, cluster=one.cluster + other.cluster,
        versions=versions,
        schema_change=next((kind.schema_change for kind in (one, other)
                            if kind.schema_change != "add"), "add"))


def kind_of(text):
    """The kind that a text such as "vectors+changes" names."""
    first, *others = text.split("+")
    kind = KINDS[first]
    for other in others:
        kind = together(kind, KINDS[other])
    if kind.partition and "columnMapping" in kind.features:
        # DuckDB's extension 1.5.5 gives nulls for the partition values of mapped columns.
        kind = replace(kind, not_read_by=kind.not_read_by | DUCKDB)
    return kind


def features_listed(kind):
    """What the protocol of a table of the kind lists, for readers and for writers."""
    writer = kind.features | IMPLIED
    return writer & READER_FEATURES, writer


# Features that the legacy versions imply, see PROTOCOL.md, "Table Features".
LEGACY_WRITER = {2: IMPLIED, 3: {"checkConstraints"}, 4: {"changeDataFeed", "generatedColumns"},
                 5: {"columnMapping"}, 6: {"identityColumns"}}


def features_of(protocol):
    """(reader, writer) features of a protocol action, whichever way it tells them."""
    writer_version = protocol["minWriterVersion"]
    writer = set(protocol.get("writerFeatures") or ())
    if writer_version < 7:
        writer = set().union(*(features for version, features in LEGACY_WRITER.items()
                               if version <= writer_version))
    reader = set(protocol.get("readerFeatures") or ())
    if protocol["minReaderVersion"] == 2:
        reader = {"columnMapping"}
    return reader, writer
