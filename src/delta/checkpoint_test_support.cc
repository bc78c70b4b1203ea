#include "delta/checkpoint_test_support.h"

#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "columnar/json_document.h"
#include "columnar/parquet_writer.h"
#include "delta/action_json.h"
#include "delta/live_files.h"
#include "delta/log_path.h"

namespace deltaport::delta {
namespace {

constexpr char kUuid[] = "3a0d65cd-4056-49b8-937b-95f9e3ee90e5";

template <typename Map>
std::string Pairs(const Map& map) {
  std::vector<std::string> pairs;
  for (const auto& [key, value] : map) {
    const std::optional<std::string> text(value);
    pairs.push_back(fmt::format("[{},{}]", columnar::QuotedJson(key),
                                text ? columnar::QuotedJson(*text) : "null"));
  }
  return fmt::format("[{}]", fmt::join(pairs, ","));
}

std::string Texts(const std::optional<std::vector<std::string>>& texts) {
  if (!texts) return "null";
  std::vector<std::string> quoted;
  for (const auto& text : *texts) quoted.push_back(columnar::QuotedJson(text));
  return fmt::format("[{}]", fmt::join(quoted, ","));
}

std::string OrNull(const std::optional<std::string>& text) {
  return text ? columnar::QuotedJson(*text) : "null";
}
std::string OrNull(const std::optional<int64_t>& value) {
  return value ? fmt::format("{}", *value) : "null";
}

std::string VectorJson(const std::optional<DeletionVectorDescriptor>& vector) {
  if (!vector) return "null";
  return fmt::format(
      R"({{"storageType":{},"pathOrInlineDv":{},"offset":{},"sizeInBytes":{},"cardinality":{}}})",
      columnar::QuotedJson(vector->storage_type), columnar::QuotedJson(vector->path_or_inline),
      vector->offset ? fmt::format("{}", *vector->offset) : "null", vector->size_bytes,
      vector->cardinality);
}

std::shared_ptr<arrow::DataType> RowType(const std::shared_ptr<arrow::DataType>& stats_parsed) {
  using arrow::boolean, arrow::field, arrow::int32, arrow::int64, arrow::list, arrow::map;
  using arrow::struct_, arrow::utf8;
  const auto texts = map(utf8(), utf8());
  const auto vector = struct_({field("storageType", utf8()), field("pathOrInlineDv", utf8()),
                               field("offset", int32()), field("sizeInBytes", int32()),
                               field("cardinality", int64())});
  arrow::FieldVector add = {field("path", utf8()),
                            field("partitionValues", texts),
                            field("size", int64()),
                            field("modificationTime", int64()),
                            field("dataChange", boolean()),
                            field("stats", utf8()),
                            field("tags", texts),
                            field("deletionVector", vector),
                            field("baseRowId", int64()),
                            field("defaultRowCommitVersion", int64()),
                            field("clusteringProvider", utf8())};
  if (stats_parsed) add.push_back(field("stats_parsed", stats_parsed));
  return struct_(
      {field("txn", struct_({field("appId", utf8()), field("version", int64()),
                             field("lastUpdated", int64())})),
       field("add", struct_(add)),
       field("remove", struct_({field("path", utf8()), field("deletionTimestamp", int64()),
                                field("dataChange", boolean()), field("deletionVector", vector)})),
       field(
           "metaData",
           struct_({field("id", utf8()), field("name", utf8()), field("description", utf8()),
                    field("format", struct_({field("provider", utf8()), field("options", texts)})),
                    field("schemaString", utf8()), field("partitionColumns", list(utf8())),
                    field("configuration", texts), field("createdTime", int64())})),
       field(
           "protocol",
           struct_({field("minReaderVersion", int32()), field("minWriterVersion", int32()),
                    field("readerFeatures", list(utf8())), field("writerFeatures", list(utf8()))})),
       field("domainMetadata", struct_({field("domain", utf8()), field("configuration", utf8()),
                                        field("removed", boolean())})),
       field("checkpointMetadata", struct_({field("version", int64())})),
       field("sidecar", struct_({field("path", utf8()), field("sizeInBytes", int64()),
                                 field("modificationTime", int64())}))});
}

}  // namespace

std::string CheckpointRow(const AddFile& add) {
  return fmt::format(
      R"({{"add":{{"path":{},"partitionValues":{},"size":{},"modificationTime":{},)"
      R"("dataChange":false,"stats":{},"tags":{},"deletionVector":{},"baseRowId":{},)"
      R"("defaultRowCommitVersion":{},"clusteringProvider":{}}}}})",
      columnar::QuotedJson(add.path), Pairs(add.partition_values), add.size_bytes,
      add.modification_time_ms, OrNull(add.stats), Pairs(add.tags), VectorJson(add.deletion_vector),
      OrNull(add.base_row_id), OrNull(add.default_row_commit_version),
      OrNull(add.clustering_provider));
}

std::string CheckpointRow(const RemoveFile& remove) {
  return fmt::format(
      R"({{"remove":{{"path":{},"deletionTimestamp":{},"dataChange":false,"deletionVector":{}}}}})",
      columnar::QuotedJson(remove.path), OrNull(remove.deletion_timestamp_ms),
      VectorJson(remove.deletion_vector));
}

std::string CheckpointRow(const Protocol& protocol) {
  return fmt::format(R"({{"protocol":{{"minReaderVersion":{},"minWriterVersion":{},)"
                     R"("readerFeatures":{},"writerFeatures":{}}}}})",
                     protocol.min_reader_version, protocol.min_writer_version,
                     Texts(protocol.reader_features), Texts(protocol.writer_features));
}

std::string CheckpointRow(const Metadata& metadata) {
  return fmt::format(
      R"({{"metaData":{{"id":{},"name":{},"description":{},"format":{{"provider":{},)"
      R"("options":{}}},"schemaString":{},"partitionColumns":{},"configuration":{},)"
      R"("createdTime":{}}}}})",
      columnar::QuotedJson(metadata.id), OrNull(metadata.name), OrNull(metadata.description),
      columnar::QuotedJson(metadata.format_provider), Pairs(metadata.format_options),
      columnar::QuotedJson(metadata.schema_string), Texts(metadata.partition_columns),
      Pairs(metadata.configuration), OrNull(metadata.created_time_ms));
}

std::string CheckpointRow(const SetTransaction& transaction) {
  return fmt::format(R"({{"txn":{{"appId":{},"version":{},"lastUpdated":{}}}}})",
                     columnar::QuotedJson(transaction.application_id), transaction.version,
                     OrNull(transaction.last_updated_ms));
}

std::string CheckpointRow(const DomainMetadata& domain) {
  return fmt::format(R"({{"domainMetadata":{{"domain":{},"configuration":{},"removed":{}}}}})",
                     columnar::QuotedJson(domain.domain),
                     columnar::QuotedJson(domain.configuration), domain.removed);
}

std::string SidecarRow(std::string_view name) {
  return fmt::format(R"({{"sidecar":{{"path":{},"sizeInBytes":1,"modificationTime":1}}}})",
                     columnar::QuotedJson(name));
}

std::string CheckpointMetadataRow(TableVersion version) {
  return fmt::format(R"({{"checkpointMetadata":{{"version":{}}}}})", version);
}

std::vector<std::string> FileRows(const Snapshot& snapshot) {
  std::vector<std::string> rows;
  for (size_t i = 0; i < snapshot.files().size(); ++i) {
    rows.push_back(CheckpointRow(*snapshot.files().file(i)));
  }
  return rows;
}

std::vector<std::string> OtherRows(const Snapshot& snapshot) {
  std::vector<std::string> rows = {CheckpointRow(snapshot.protocol()),
                                   CheckpointRow(snapshot.metadata())};
  for (const auto& [name, transaction] : snapshot.transactions()) {
    rows.push_back(CheckpointRow(transaction));
  }
  for (const auto& [name, domain] : snapshot.domains()) rows.push_back(CheckpointRow(domain));
  return rows;
}

void WriteCheckpointFile(storage::ObjectStore& store, const std::string& path,
                         const std::vector<std::string>& rows) {
  WriteCheckpointFile(store, path, rows, nullptr);
}

void WriteCheckpointFile(storage::ObjectStore& store, const std::string& path,
                         const std::vector<std::string>& rows,
                         const std::shared_ptr<arrow::DataType>& stats_parsed) {
  const auto type = RowType(stats_parsed);
  const auto array =
      arrow::json::ArrayFromJSONString(type, fmt::format("[{}]", fmt::join(rows, ",")));
  ASSERT_TRUE(array.ok()) << array.status();
  const auto batch = arrow::RecordBatch::FromStructArray(*array).ValueOrDie();
  auto writer = columnar::ParquetWriter::Create(store, path, batch->schema(),
                                                {columnar::ParquetCompression::kSnappy});
  ASSERT_TRUE(writer.ok()) << writer.status();
  const int64_t half = batch->num_rows() / 2;
  if (half > 0) ASSERT_TRUE((*writer)->WriteRowGroup({batch->Slice(0, half)}).ok());
  ASSERT_TRUE((*writer)->WriteRowGroup({batch->Slice(half)}).ok());
  ASSERT_TRUE((*writer)->Close().ok());
}

namespace {

std::vector<std::string> Joined(std::vector<std::string> rows,
                                const std::vector<std::string>& more) {
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

// A checkpoint row as a line of JSON, with its maps as objects.
std::vector<std::string> JsonLines(const Snapshot& snapshot, bool files) {
  std::vector<std::string> lines = {CheckpointMetadataRow(snapshot.version()),
                                    ActionToJson(snapshot.protocol()),
                                    ActionToJson(snapshot.metadata())};
  for (const auto& [name, value] : snapshot.transactions()) lines.push_back(ActionToJson(value));
  for (const auto& [name, value] : snapshot.domains()) lines.push_back(ActionToJson(value));
  for (size_t i = 0; files && i < snapshot.files().size(); ++i) {
    lines.push_back(ActionToJson(*snapshot.files().file(i)));
  }
  return lines;
}

void Put(TestTable& table, const std::string& path, const std::vector<std::string>& lines) {
  ASSERT_TRUE(table.store().Put(path, fmt::format("{}\n", fmt::join(lines, "\n"))).ok());
}

// Writes the files of the snapshot as two sidecars and returns the rows that name them.
std::vector<std::string> WriteSidecars(TestTable& table, const Snapshot& snapshot) {
  const std::vector<std::string> rows = FileRows(snapshot);
  const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 3);
  std::vector<std::string> names;
  for (const auto& part : {std::vector(rows.begin(), middle), std::vector(middle, rows.end())}) {
    const std::string name = fmt::format("v{}-{}.parquet", snapshot.version(), names.size());
    WriteCheckpointFile(table.store(), SidecarPath("/table", name), part);
    names.push_back(SidecarRow(name));
  }
  return names;
}

}  // namespace

void WriteCheckpoint(TestTable& table, const Snapshot& snapshot, CheckpointForm form) {
  const std::string prefix =
      fmt::format("{}/{:020d}.checkpoint.", LogDirectory("/table"), snapshot.version());
  const auto all = Joined(OtherRows(snapshot), FileRows(snapshot));
  const auto main = Joined(OtherRows(snapshot), {CheckpointMetadataRow(snapshot.version())});
  switch (form) {
    case CheckpointForm::kClassic:
      return WriteCheckpointFile(table.store(), prefix + "parquet", all);
    case CheckpointForm::kMultiPart: {
      const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
      WriteCheckpointFile(table.store(), prefix + "0000000001.0000000002.parquet",
                          {all.begin(), middle});
      return WriteCheckpointFile(table.store(), prefix + "0000000002.0000000002.parquet",
                                 {middle, all.end()});
    }
    case CheckpointForm::kJsonWithSidecars:
      return Put(table, prefix + kUuid + ".json",
                 Joined(JsonLines(snapshot, false), WriteSidecars(table, snapshot)));
    case CheckpointForm::kParquetWithSidecars:
      return WriteCheckpointFile(table.store(), prefix + kUuid + ".parquet",
                                 Joined(main, WriteSidecars(table, snapshot)));
    case CheckpointForm::kInlineJson:
      return Put(table, prefix + kUuid + ".json", JsonLines(snapshot, true));
    case CheckpointForm::kClassicWithSidecars:
      return WriteCheckpointFile(table.store(), prefix + "parquet",
                                 Joined(main, WriteSidecars(table, snapshot)));
  }
}

}  // namespace deltaport::delta
