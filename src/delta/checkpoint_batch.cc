#include "delta/checkpoint_batch.h"

#include <arrow/type.h>

#include "delta/value_text.h"

namespace deltaport::delta {
namespace {

using arrow::boolean;
using arrow::field;
using arrow::int32;
using arrow::int64;
using arrow::utf8;

// Estimate of a row's fixed-width parts.
constexpr int64_t kRowBytes = 200;

std::shared_ptr<arrow::DataType> TextMap() { return arrow::map(utf8(), utf8()); }

std::shared_ptr<arrow::DataType> DeletionVectorType() {
  return arrow::struct_({field("storageType", utf8()), field("pathOrInlineDv", utf8()),
                         field("offset", int32()), field("sizeInBytes", int32()),
                         field("cardinality", int64())});
}

// The order of the fields of each struct is that of the calls in the Append function of the action.

std::shared_ptr<arrow::Field> AddField(const CheckpointColumns& columns) {
  arrow::FieldVector fields = {
      field("path", utf8()),
      field("partitionValues", TextMap()),
      field("size", int64()),
      field("modificationTime", int64()),
      field("dataChange", boolean()),
      field("tags", TextMap()),
      field("deletionVector", DeletionVectorType()),
      field("baseRowId", int64()),
      field("defaultRowCommitVersion", int64()),
      field("clusteringProvider", utf8()),
  };
  if (columns.statistics_json) fields.push_back(field("stats", utf8()));
  if (columns.statistics) fields.push_back(field("stats_parsed", columns.statistics));
  if (columns.partition_values) {
    fields.push_back(field("partitionValues_parsed", columns.partition_values));
  }
  return field("add", arrow::struct_(fields));
}

std::shared_ptr<arrow::Field> RemoveField() {
  return field(
      "remove",
      arrow::struct_({field("path", utf8()), field("deletionTimestamp", int64()),
                      field("dataChange", boolean()), field("extendedFileMetadata", boolean()),
                      field("partitionValues", TextMap()), field("size", int64()),
                      field("deletionVector", DeletionVectorType()), field("baseRowId", int64()),
                      field("defaultRowCommitVersion", int64())}));
}

arrow::FieldVector TableFields() {
  return {
      field("protocol",
            arrow::struct_({field("minReaderVersion", int32()), field("minWriterVersion", int32()),
                            field("readerFeatures", arrow::list(utf8())),
                            field("writerFeatures", arrow::list(utf8()))})),
      field("metaData",
            arrow::struct_(
                {field("id", utf8()), field("name", utf8()), field("description", utf8()),
                 field("format",
                       arrow::struct_({field("provider", utf8()), field("options", TextMap())})),
                 field("schemaString", utf8()), field("partitionColumns", arrow::list(utf8())),
                 field("configuration", TextMap()), field("createdTime", int64())})),
      field("txn", arrow::struct_({field("appId", utf8()), field("version", int64()),
                                   field("lastUpdated", int64())})),
      field("domainMetadata",
            arrow::struct_({field("domain", utf8()), field("configuration", utf8()),
                            field("removed", boolean())})),
  };
}

arrow::FieldVector V2Fields() {
  return {
      field("checkpointMetadata",
            arrow::struct_({field("version", int64()), field("tags", TextMap())})),
      field("sidecar",
            arrow::struct_({field("path", utf8()), field("sizeInBytes", int64()),
                            field("modificationTime", int64()), field("tags", TextMap())})),
  };
}

// Appends the fields of one struct, in their order.
class FieldWriter {
 public:
  explicit FieldWriter(arrow::ArrayBuilder& parent) : parent_(parent) {}

  Status Text(std::string_view value) { return Next<arrow::StringBuilder>().Append(value); }
  Status OptionalText(const std::optional<std::string>& value) {
    return value ? Text(std::string_view(*value)) : Null();
  }
  Status Integer(const std::optional<int64_t>& value) {
    auto& builder = Next<arrow::Int64Builder>();
    return value ? builder.Append(*value) : builder.AppendNull();
  }
  Status Integer32(const std::optional<int32_t>& value) {
    auto& builder = Next<arrow::Int32Builder>();
    return value ? builder.Append(*value) : builder.AppendNull();
  }
  Status Boolean(bool value) { return Next<arrow::BooleanBuilder>().Append(value); }
  Status Null() { return parent_.child(next_++)->AppendNull(); }

  Status Texts(const std::vector<std::string>& values) {
    auto& builder = Next<arrow::ListBuilder>();
    ARROW_RETURN_NOT_OK(builder.Append());
    for (const auto& value : values) {
      ARROW_RETURN_NOT_OK(
          static_cast<arrow::StringBuilder*>(builder.value_builder())->Append(value));
    }
    return Status::OK();
  }

  // Calls entry(key, optional value) on a map that is started.
  template <typename Fill>
  Status Map(Fill&& fill) {
    auto& builder = Next<arrow::MapBuilder>();
    ARROW_RETURN_NOT_OK(builder.Append());
    auto* keys = static_cast<arrow::StringBuilder*>(builder.key_builder());
    auto* items = static_cast<arrow::StringBuilder*>(builder.item_builder());
    return fill([keys, items](std::string_view key, std::optional<std::string_view> value) {
      ARROW_RETURN_NOT_OK(keys->Append(key));
      return value ? items->Append(*value) : items->AppendNull();
    });
  }
  template <typename Entries>
  Status MapOf(const Entries& entries) {
    return Map([&](const auto& append) {
      for (const auto& [key, value] : entries) ARROW_RETURN_NOT_OK(append(key, value));
      return Status::OK();
    });
  }

  Status DeletionVector(const std::optional<DeletionVectorDescriptor>& vector) {
    if (!vector) return Null();
    auto& builder = Next<arrow::StructBuilder>();
    ARROW_RETURN_NOT_OK(builder.Append());
    FieldWriter fields(builder);
    ARROW_RETURN_NOT_OK(fields.Text(vector->storage_type));
    ARROW_RETURN_NOT_OK(fields.Text(vector->path_or_inline));
    ARROW_RETURN_NOT_OK(fields.Integer32(vector->offset));
    ARROW_RETURN_NOT_OK(fields.Integer32(vector->size_bytes));
    return fields.Integer(vector->cardinality);
  }

  // The next field, for the caller to append to.
  template <typename Builder>
  Builder& Next() {
    return static_cast<Builder&>(*parent_.child(next_++));
  }

 private:
  arrow::ArrayBuilder& parent_;
  int next_ = 0;
};

}  // namespace

std::shared_ptr<arrow::Schema> CheckpointSchema(CheckpointFileKind kind,
                                                const CheckpointColumns& columns) {
  arrow::FieldVector fields;
  if (kind != CheckpointFileKind::kSidecar) fields = TableFields();
  if (kind == CheckpointFileKind::kV2Main) {
    for (auto& field : V2Fields()) fields.push_back(std::move(field));
  } else {
    fields.push_back(AddField(columns));
    fields.push_back(RemoveField());
  }
  return arrow::schema(std::move(fields));
}

CheckpointBatchBuilder::CheckpointBatchBuilder(std::shared_ptr<arrow::Schema> schema,
                                               const CheckpointColumns& columns)
    : schema_(std::move(schema)), columns_(columns) {}

Result<std::unique_ptr<CheckpointBatchBuilder>> CheckpointBatchBuilder::Make(
    CheckpointFileKind kind, const CheckpointColumns& columns) {
  std::unique_ptr<CheckpointBatchBuilder> batch(
      new CheckpointBatchBuilder(CheckpointSchema(kind, columns), columns));
  for (const auto& column : batch->schema_->fields()) {
    ARROW_ASSIGN_OR_RAISE(batch->builders_[column->name()], arrow::MakeBuilder(column->type()));
  }
  const auto add = batch->schema_->GetFieldByName("add");
  if (add == nullptr) return batch;
  const auto& type = static_cast<const arrow::StructType&>(*add->type());
  const auto child = [&](const char* name) {
    return batch->builders_["add"]->child(type.GetFieldIndex(name));
  };
  if (columns.statistics) batch->statistics_.emplace(columns.statistics, *child("stats_parsed"));
  if (columns.partition_values) {
    batch->partition_values_ = static_cast<arrow::StructBuilder*>(child("partitionValues_parsed"));
  }
  return batch;
}

Result<arrow::StructBuilder*> CheckpointBatchBuilder::StartRow(const char* action) {
  const auto found = builders_.find(action);
  if (found == builders_.end()) {
    return Error(ErrorCode::kInternal, "this file of a checkpoint has no column '{}'", action);
  }
  auto* builder = static_cast<arrow::StructBuilder*>(found->second.get());
  ARROW_RETURN_NOT_OK(builder->AppendNulls(rows_ - builder->length()));
  ARROW_RETURN_NOT_OK(builder->Append());
  ++rows_;
  size_bytes_ += kRowBytes;
  return builder;
}

Status CheckpointBatchBuilder::Append(const Protocol& protocol) {
  ARROW_ASSIGN_OR_RAISE(auto* const row, StartRow("protocol"));
  FieldWriter fields(*row);
  ARROW_RETURN_NOT_OK(fields.Integer32(protocol.min_reader_version));
  ARROW_RETURN_NOT_OK(fields.Integer32(protocol.min_writer_version));
  for (const auto& features : {protocol.reader_features, protocol.writer_features}) {
    ARROW_RETURN_NOT_OK(features ? fields.Texts(*features) : fields.Null());
  }
  return Status::OK();
}

Status CheckpointBatchBuilder::Append(const Metadata& metadata) {
  ARROW_ASSIGN_OR_RAISE(auto* const row, StartRow("metaData"));
  size_bytes_ += static_cast<int64_t>(metadata.schema_string.size());
  FieldWriter fields(*row);
  ARROW_RETURN_NOT_OK(fields.Text(metadata.id));
  ARROW_RETURN_NOT_OK(fields.OptionalText(metadata.name));
  ARROW_RETURN_NOT_OK(fields.OptionalText(metadata.description));
  auto& format = fields.Next<arrow::StructBuilder>();
  ARROW_RETURN_NOT_OK(format.Append());
  FieldWriter format_fields(format);
  ARROW_RETURN_NOT_OK(format_fields.Text(metadata.format_provider));
  ARROW_RETURN_NOT_OK(format_fields.MapOf(metadata.format_options));
  ARROW_RETURN_NOT_OK(fields.Text(metadata.schema_string));
  ARROW_RETURN_NOT_OK(fields.Texts(metadata.partition_columns));
  ARROW_RETURN_NOT_OK(fields.MapOf(metadata.configuration));
  return fields.Integer(metadata.created_time_ms);
}

Status CheckpointBatchBuilder::Append(const SetTransaction& transaction) {
  ARROW_ASSIGN_OR_RAISE(auto* const row, StartRow("txn"));
  FieldWriter fields(*row);
  ARROW_RETURN_NOT_OK(fields.Text(transaction.application_id));
  ARROW_RETURN_NOT_OK(fields.Integer(transaction.version));
  return fields.Integer(transaction.last_updated_ms);
}

Status CheckpointBatchBuilder::Append(const DomainMetadata& domain) {
  ARROW_ASSIGN_OR_RAISE(auto* const row, StartRow("domainMetadata"));
  size_bytes_ += static_cast<int64_t>(domain.configuration.size());
  FieldWriter fields(*row);
  ARROW_RETURN_NOT_OK(fields.Text(domain.domain));
  ARROW_RETURN_NOT_OK(fields.Text(domain.configuration));
  return fields.Boolean(domain.removed);
}

Status CheckpointBatchBuilder::Append(const CheckpointMetadata& metadata) {
  ARROW_ASSIGN_OR_RAISE(auto* const row, StartRow("checkpointMetadata"));
  FieldWriter fields(*row);
  ARROW_RETURN_NOT_OK(fields.Integer(metadata.version));
  return fields.MapOf(metadata.tags);
}

Status CheckpointBatchBuilder::Append(const SidecarFile& sidecar) {
  ARROW_ASSIGN_OR_RAISE(auto* const row, StartRow("sidecar"));
  FieldWriter fields(*row);
  ARROW_RETURN_NOT_OK(fields.Text(sidecar.name));
  ARROW_RETURN_NOT_OK(fields.Integer(sidecar.size_bytes));
  ARROW_RETURN_NOT_OK(fields.Integer(sidecar.modification_time_ms));
  return fields.Null();
}

Status CheckpointBatchBuilder::Append(const RemoveFile& remove) {
  ARROW_ASSIGN_OR_RAISE(auto* const row, StartRow("remove"));
  size_bytes_ += static_cast<int64_t>(remove.path.size());
  FieldWriter fields(*row);
  ARROW_RETURN_NOT_OK(fields.Text(remove.path));
  ARROW_RETURN_NOT_OK(fields.Integer(remove.deletion_timestamp_ms));
  ARROW_RETURN_NOT_OK(fields.Boolean(false));
  ARROW_RETURN_NOT_OK(fields.Boolean(remove.extended_file_metadata));
  ARROW_RETURN_NOT_OK(remove.extended_file_metadata ? fields.MapOf(remove.partition_values)
                                                    : fields.Null());
  ARROW_RETURN_NOT_OK(fields.Integer(remove.size_bytes));
  ARROW_RETURN_NOT_OK(fields.DeletionVector(remove.deletion_vector));
  ARROW_RETURN_NOT_OK(fields.Integer(remove.base_row_id));
  return fields.Integer(remove.default_row_commit_version);
}

Status CheckpointBatchBuilder::AppendAdd(const FileBlock& block, int64_t file) {
  ARROW_ASSIGN_OR_RAISE(auto* const row, StartRow("add"));
  static const FileExtras kNone;
  const FileExtras* const found = block.extras(file);
  const FileExtras& extras = found != nullptr ? *found : kNone;
  size_bytes_ += static_cast<int64_t>(block.path(file).size());
  FieldWriter fields(*row);
  ARROW_RETURN_NOT_OK(fields.Text(block.path(file)));
  ARROW_RETURN_NOT_OK(fields.Map([&](const auto& append) {
    for (const auto& name : columns_.partition_columns) {
      ARROW_RETURN_NOT_OK(append(name, block.partition_value(file, name)));
    }
    return Status::OK();
  }));
  ARROW_RETURN_NOT_OK(fields.Integer(block.size_bytes(file)));
  ARROW_RETURN_NOT_OK(fields.Integer(block.modification_time_ms(file)));
  ARROW_RETURN_NOT_OK(fields.Boolean(false));
  ARROW_RETURN_NOT_OK(extras.tags.empty() ? fields.Null() : fields.MapOf(extras.tags));
  ARROW_RETURN_NOT_OK(fields.DeletionVector(extras.deletion_vector));
  ARROW_RETURN_NOT_OK(fields.Integer(extras.base_row_id));
  ARROW_RETURN_NOT_OK(fields.Integer(extras.default_row_commit_version));
  ARROW_RETURN_NOT_OK(fields.OptionalText(extras.clustering_provider));
  ARROW_ASSIGN_OR_RAISE(const auto stats, block.stats(file));
  size_bytes_ += stats ? static_cast<int64_t>(stats->size()) : 0;
  if (columns_.statistics_json) {
    ARROW_RETURN_NOT_OK(stats ? fields.Text(*stats) : fields.Null());
  }
  if (statistics_) ARROW_RETURN_NOT_OK(statistics_->Append(stats));
  return partition_values_ != nullptr ? AppendParsedPartitionValues(block, file) : Status::OK();
}

Status CheckpointBatchBuilder::AppendParsedPartitionValues(const FileBlock& block, int64_t row) {
  ARROW_RETURN_NOT_OK(partition_values_->Append());
  const auto& fields = columns_.partition_values->fields();
  for (size_t i = 0; i < fields.size(); ++i) {
    arrow::ArrayBuilder& builder = *partition_values_->child(static_cast<int>(i));
    const auto text = block.partition_value(row, fields[i]->name());
    // The protocol takes empty text for null, whatever the type.
    const Status status = !text || text->empty()
                              ? builder.AppendNull()
                              : AppendValueText(*fields[i]->type(), *text, builder);
    if (!status.ok()) {
      return WithContext(status, fmt::format("partition value '{}' of the file {}",
                                             fields[i]->name(), block.path(row)));
    }
  }
  return Status::OK();
}

Result<std::shared_ptr<arrow::RecordBatch>> CheckpointBatchBuilder::Finish() {
  arrow::ArrayVector arrays;
  for (const auto& column : schema_->fields()) {
    arrow::ArrayBuilder& builder = *builders_[column->name()];
    ARROW_RETURN_NOT_OK(builder.AppendNulls(rows_ - builder.length()));
    ARROW_ASSIGN_OR_RAISE(arrays.emplace_back(), builder.Finish());
  }
  size_bytes_ = 0;
  return arrow::RecordBatch::Make(schema_, std::exchange(rows_, 0), std::move(arrays));
}

}  // namespace deltaport::delta
