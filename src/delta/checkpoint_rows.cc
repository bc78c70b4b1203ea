#include "delta/checkpoint_rows.h"

#include "delta/checkpoint_columns.h"

namespace deltaport::delta {

namespace {

PartitionValueMap PartitionValues(const CheckpointValues& values, int64_t row) {
  PartitionValueMap out;
  values.ForEachEntry(row, [&](std::string_view key, std::optional<std::string_view> value) {
    out.insert_or_assign(std::string(key),
                         value ? std::optional<std::string>(*value) : std::nullopt);
  });
  return out;
}

RemoveFile ReadRemove(const ActionColumns& action, int64_t row) {
  RemoveFile remove;
  remove.path = action.Required(action["path"].text(row), "path");
  remove.data_change = false;
  remove.deletion_timestamp_ms = action["deletionTimestamp"].integer(row);
  remove.extended_file_metadata = action["extendedFileMetadata"].boolean(row).value_or(false);
  remove.partition_values = PartitionValues(action["partitionValues"], row);
  remove.size_bytes = action["size"].integer(row);
  const CheckpointValues vector = action["deletionVector"];
  remove.deletion_vector = DeletionVectorColumns(vector, action.status()).Read(row);
  remove.base_row_id = action["baseRowId"].integer(row);
  remove.default_row_commit_version = action["defaultRowCommitVersion"].integer(row);
  return remove;
}

Protocol ReadProtocol(const ActionColumns& action, int64_t row) {
  Protocol protocol;
  protocol.min_reader_version = static_cast<int>(
      action.Required(action["minReaderVersion"].integer(row), "minReaderVersion"));
  protocol.min_writer_version = static_cast<int>(
      action.Required(action["minWriterVersion"].integer(row), "minWriterVersion"));
  protocol.reader_features = action["readerFeatures"].texts(row);
  protocol.writer_features = action["writerFeatures"].texts(row);
  return protocol;
}

Metadata ReadMetadata(const ActionColumns& action, int64_t row) {
  Metadata metadata;
  metadata.id = action.Required(action["id"].text(row), "id");
  metadata.name = action["name"].text(row);
  metadata.description = action["description"].text(row);
  metadata.schema_string = action.Required(action["schemaString"].text(row), "schemaString");
  metadata.partition_columns =
      action["partitionColumns"].texts(row).value_or(std::vector<std::string>());
  metadata.configuration = TextMap(action["configuration"], row);
  metadata.created_time_ms = action["createdTime"].integer(row);
  const CheckpointValues format_parent = action["format"];
  if (const auto* format = format_parent.fields(); format != nullptr && format->IsValid(row)) {
    const CheckpointValues provider(format, "metaData.format", "provider", action.status());
    metadata.format_provider = provider.text(row).value_or(metadata.format_provider);
    metadata.format_options =
        TextMap(CheckpointValues(format, "metaData.format", "options", action.status()), row);
  }
  return metadata;
}

SetTransaction ReadTransaction(const ActionColumns& action, int64_t row) {
  return {action.Required(action["appId"].text(row), "appId"),
          action.Required(action["version"].integer(row), "version"),
          action["lastUpdated"].integer(row)};
}

DomainMetadata ReadDomain(const ActionColumns& action, int64_t row) {
  return {action.Required(action["domain"].text(row), "domain"),
          action["configuration"].text(row).value_or(""),
          action["removed"].boolean(row).value_or(false)};
}

// Calls visit(columns, row) for each row of the batch that holds such an action.
template <typename Visit>
Status ForEachAction(const arrow::RecordBatch& batch, const char* name, Visit visit) {
  Status status;
  const ActionColumns action(batch, name, status);
  ARROW_RETURN_NOT_OK(status);
  if (action.array() == nullptr || action.array()->null_count() == batch.num_rows()) return status;
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    if (!action.present(row)) continue;
    visit(action, row);
    ARROW_RETURN_NOT_OK(status);
  }
  return status;
}

}  // namespace

Status ReadCheckpointRows(const arrow::RecordBatch& batch, CheckpointRows& rows) {
  const auto each = [&](const char* name, auto read) {
    return ForEachAction(batch, name, [&](const ActionColumns& action, int64_t row) {
      rows.actions.emplace_back(read(action, row));
    });
  };
  ARROW_RETURN_NOT_OK(each("protocol", ReadProtocol));
  ARROW_RETURN_NOT_OK(each("metaData", ReadMetadata));
  ARROW_RETURN_NOT_OK(each("txn", ReadTransaction));
  ARROW_RETURN_NOT_OK(each("domainMetadata", ReadDomain));
  ARROW_RETURN_NOT_OK(each("remove", ReadRemove));
  ARROW_RETURN_NOT_OK(
      ForEachAction(batch, "sidecar", [&](const ActionColumns& action, int64_t row) {
        rows.sidecars.push_back(action.Required(action["path"].text(row), "path"));
      }));
  return ForEachAction(batch, "checkpointMetadata", [&](const ActionColumns& action, int64_t row) {
    rows.version = action.Required(action["version"].integer(row), "version");
  });
}

}  // namespace deltaport::delta
