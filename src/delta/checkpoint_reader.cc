#include "delta/checkpoint_reader.h"

#include <arrow/array.h>

#include "columnar/parquet_file.h"
#include "delta/parsed_statistics.h"

namespace deltaport::delta {
namespace {

using columnar::ParquetFile;

// One column of an action's struct, read by row. Remembers the first wrong type.
class Values {
 public:
  Values(const arrow::StructArray* parent, std::string_view action, std::string_view name,
         Status& status)
      : action_(action), name_(name), status_(&status) {
    if (parent != nullptr) array_ = parent->GetFieldByName(std::string(name));
  }

  bool present(int64_t row) const { return array_ != nullptr && array_->IsValid(row); }

  std::optional<std::string> text(int64_t row) const {
    if (!present(row)) return std::nullopt;
    if (array_->type_id() == arrow::Type::STRING) {
      return static_cast<const arrow::StringArray&>(*array_).GetString(row);
    }
    if (array_->type_id() == arrow::Type::LARGE_STRING) {
      return static_cast<const arrow::LargeStringArray&>(*array_).GetString(row);
    }
    Fail("a string");
    return std::nullopt;
  }

  std::optional<int64_t> integer(int64_t row) const {
    if (!present(row)) return std::nullopt;
    if (array_->type_id() == arrow::Type::INT64) {
      return static_cast<const arrow::Int64Array&>(*array_).Value(row);
    }
    if (array_->type_id() == arrow::Type::INT32) {
      return static_cast<const arrow::Int32Array&>(*array_).Value(row);
    }
    Fail("an integer");
    return std::nullopt;
  }

  std::optional<bool> boolean(int64_t row) const {
    if (!present(row)) return std::nullopt;
    if (array_->type_id() == arrow::Type::BOOL) {
      return static_cast<const arrow::BooleanArray&>(*array_).Value(row);
    }
    Fail("a boolean");
    return std::nullopt;
  }

  // Calls visit(key, optional value) for each entry of a map of strings.
  template <typename Visit>
  void ForEachEntry(int64_t row, Visit visit) const {
    if (!present(row)) return;
    if (array_->type_id() != arrow::Type::MAP) return Fail("a map");
    const auto& map = static_cast<const arrow::MapArray&>(*array_);
    const Values keys(map.keys(), *this);
    const Values items(map.items(), *this);
    for (int64_t i = map.value_offset(row); i < map.value_offset(row) + map.value_length(row);
         ++i) {
      if (auto key = keys.text(i)) visit(std::move(*key), items.text(i));
    }
  }

  std::optional<std::vector<std::string>> texts(int64_t row) const {
    if (!present(row)) return std::nullopt;
    std::vector<std::string> out;
    if (array_->type_id() != arrow::Type::LIST) {
      Fail("a list");
      return std::nullopt;
    }
    const auto& list = static_cast<const arrow::ListArray&>(*array_);
    const Values elements(list.values(), *this);
    for (int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
      if (auto element = elements.text(i)) out.push_back(std::move(*element));
    }
    return out;
  }

  const arrow::StructArray* fields() const {
    if (array_ == nullptr) return nullptr;
    if (array_->type_id() == arrow::Type::STRUCT) {
      return static_cast<const arrow::StructArray*>(array_.get());
    }
    Fail("a struct");
    return nullptr;
  }

 private:
  Values(std::shared_ptr<arrow::Array> array, const Values& parent)
      : array_(std::move(array)),
        action_(parent.action_),
        name_(parent.name_),
        status_(parent.status_) {}

  void Fail(std::string_view expected) const {
    if (!status_->ok()) return;
    *status_ = Error(ErrorCode::kCorruptTable, "the column {}.{} must be {}, not {}", action_,
                     name_, expected, array_->type()->ToString());
  }

  std::shared_ptr<arrow::Array> array_;
  std::string_view action_;
  std::string_view name_;
  Status* status_;
};

std::map<std::string, std::string> TextMap(const Values& values, int64_t row) {
  std::map<std::string, std::string> out;
  values.ForEachEntry(row, [&](std::string key, const std::optional<std::string>& value) {
    out.insert_or_assign(std::move(key), value.value_or(""));
  });
  return out;
}

PartitionValueMap PartitionMap(const Values& values, int64_t row) {
  PartitionValueMap out;
  values.ForEachEntry(row, [&](std::string key, std::optional<std::string> value) {
    out.insert_or_assign(std::move(key), std::move(value));
  });
  return out;
}

// The columns of one kind of action in one batch.
class ActionColumns {
 public:
  ActionColumns(const arrow::RecordBatch& batch, const char* name, Status& status)
      : name_(name), status_(status) {
    const auto column = batch.GetColumnByName(name);
    if (column == nullptr) return;
    if (column->type_id() != arrow::Type::STRUCT) {
      status = Error(ErrorCode::kCorruptTable, "the column {} must be a struct, not {}", name,
                     column->type()->ToString());
      return;
    }
    array_ = std::static_pointer_cast<arrow::StructArray>(column);
  }

  bool present(int64_t row) const { return array_ != nullptr && array_->IsValid(row); }
  Values operator[](std::string_view name) const {
    return Values(array_.get(), name_, name, status_);
  }
  Status& status() const { return status_; }

  template <typename T>
  T Required(const std::optional<T>& value, std::string_view name) const {
    if (!value && status_.ok()) {
      status_ = Error(ErrorCode::kCorruptTable, "{}.{} is missing", name_, name);
    }
    return value.value_or(T{});
  }

 private:
  std::shared_ptr<arrow::StructArray> array_;
  std::string_view name_;
  Status& status_;
};

struct DeletionVectorColumns {
  explicit DeletionVectorColumns(const Values& values, Status& status)
      : fields(values.fields()),
        storage_type(fields, "deletionVector", "storageType", status),
        path_or_inline(fields, "deletionVector", "pathOrInlineDv", status),
        offset(fields, "deletionVector", "offset", status),
        size_bytes(fields, "deletionVector", "sizeInBytes", status),
        cardinality(fields, "deletionVector", "cardinality", status) {}

  std::optional<DeletionVectorDescriptor> Read(int64_t row) const {
    if (fields == nullptr || fields->IsNull(row)) return std::nullopt;
    DeletionVectorDescriptor vector;
    vector.storage_type = storage_type.text(row).value_or("");
    // Some writers give a struct of nulls for no vector.
    if (vector.storage_type.empty()) return std::nullopt;
    vector.path_or_inline = path_or_inline.text(row).value_or("");
    if (const auto value = offset.integer(row)) vector.offset = static_cast<int32_t>(*value);
    vector.size_bytes = static_cast<int32_t>(size_bytes.integer(row).value_or(0));
    vector.cardinality = cardinality.integer(row).value_or(0);
    return vector;
  }

  const arrow::StructArray* fields;
  Values storage_type, path_or_inline, offset, size_bytes, cardinality;
};

class AddColumns {
 public:
  AddColumns(const arrow::RecordBatch& batch, Status& status)
      : action_(batch, "add", status),
        vector_parent_(action_["deletionVector"]),
        vector_(vector_parent_, status) {}

  bool present(int64_t row) const { return action_.present(row); }

  Result<AddFile> Read(int64_t row) const {
    AddFile add;
    add.path = action_.Required(path_.text(row), "path");
    add.partition_values = PartitionMap(partition_values_, row);
    add.size_bytes = action_.Required(size_.integer(row), "size");
    add.modification_time_ms = modification_time_.integer(row).value_or(0);
    add.data_change = false;
    add.stats = stats_.text(row);
    if (!add.stats && stats_parsed_.present(row)) {
      if (const auto* parsed = stats_parsed_.fields()) {
        ARROW_ASSIGN_OR_RAISE(add.stats, StatisticsJson(*parsed, row));
      }
    }
    add.tags = TextMap(tags_, row);
    add.deletion_vector = vector_.Read(row);
    add.base_row_id = base_row_id_.integer(row);
    add.default_row_commit_version = default_row_commit_version_.integer(row);
    add.clustering_provider = clustering_provider_.text(row);
    return add;
  }

 private:
  ActionColumns action_;
  Values path_ = action_["path"];
  Values partition_values_ = action_["partitionValues"];
  Values size_ = action_["size"];
  Values modification_time_ = action_["modificationTime"];
  Values stats_ = action_["stats"];
  Values stats_parsed_ = action_["stats_parsed"];
  Values tags_ = action_["tags"];
  Values base_row_id_ = action_["baseRowId"];
  Values default_row_commit_version_ = action_["defaultRowCommitVersion"];
  Values clustering_provider_ = action_["clusteringProvider"];
  Values vector_parent_;
  DeletionVectorColumns vector_;
};

RemoveFile ReadRemove(const ActionColumns& action, int64_t row) {
  RemoveFile remove;
  remove.path = action.Required(action["path"].text(row), "path");
  remove.data_change = false;
  remove.deletion_timestamp_ms = action["deletionTimestamp"].integer(row);
  remove.extended_file_metadata = action["extendedFileMetadata"].boolean(row).value_or(false);
  remove.partition_values = PartitionMap(action["partitionValues"], row);
  remove.size_bytes = action["size"].integer(row);
  const Values vector = action["deletionVector"];
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
  const Values format_parent = action["format"];
  if (const auto* format = format_parent.fields(); format != nullptr && format->IsValid(row)) {
    const Values provider(format, "metaData.format", "provider", action.status());
    metadata.format_provider = provider.text(row).value_or(metadata.format_provider);
    metadata.format_options =
        TextMap(Values(format, "metaData.format", "options", action.status()), row);
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

Status VisitBatch(const arrow::RecordBatch& batch, const std::function<Status(Action&&)>& visit) {
  Status status;
  const AddColumns adds(batch, status);
  const ActionColumns removes(batch, "remove", status);
  const ActionColumns protocols(batch, "protocol", status);
  const ActionColumns metadata(batch, "metaData", status);
  const ActionColumns transactions(batch, "txn", status);
  const ActionColumns domains(batch, "domainMetadata", status);
  ARROW_RETURN_NOT_OK(status);
  // `status` collects wrong types while a row is read; the row is visited only without any.
  const auto deliver = [&](Action action) {
    return status.ok() ? visit(std::move(action)) : status;
  };
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    if (adds.present(row)) {
      ARROW_ASSIGN_OR_RAISE(AddFile add, adds.Read(row));
      ARROW_RETURN_NOT_OK(deliver(std::move(add)));
    }
    if (removes.present(row)) ARROW_RETURN_NOT_OK(deliver(ReadRemove(removes, row)));
    if (protocols.present(row)) ARROW_RETURN_NOT_OK(deliver(ReadProtocol(protocols, row)));
    if (metadata.present(row)) ARROW_RETURN_NOT_OK(deliver(ReadMetadata(metadata, row)));
    if (transactions.present(row)) {
      ARROW_RETURN_NOT_OK(deliver(ReadTransaction(transactions, row)));
    }
    if (domains.present(row)) ARROW_RETURN_NOT_OK(deliver(ReadDomain(domains, row)));
  }
  return Status::OK();
}

// True if `leaf` is the column `name` or below it.
bool IsUnder(std::string_view leaf, std::string_view name) {
  return leaf.starts_with(name) && (leaf.size() == name.size() || leaf[name.size()] == '.');
}

bool IsWanted(std::string_view leaf, bool parsed_statistics, bool removes) {
  if (IsUnder(leaf, "add.stats_parsed")) return parsed_statistics;
  if (IsUnder(leaf, "add.partitionValues_parsed")) return false;
  if (IsUnder(leaf, "remove")) return removes;
  for (const std::string_view name : {"add", "protocol", "metaData", "txn", "domainMetadata"}) {
    if (IsUnder(leaf, name)) return true;
  }
  return false;
}

}  // namespace

Status ReadCheckpointPart(const storage::ObjectStore& store, const std::string& path,
                          const CheckpointReaderOptions& options,
                          const std::function<Status(Action&&)>& visit) {
  ARROW_ASSIGN_OR_RAISE(const auto file, ParquetFile::Open(store, path));
  // The text is cheaper where there is some.
  const bool parsed_statistics = file->LeafIsNull("add.stats");
  ARROW_ASSIGN_OR_RAISE(const auto batches, file->Read([&](std::string_view leaf) {
    return IsWanted(leaf, parsed_statistics, options.removes);
  }));
  while (true) {
    const auto batch = batches->Next();
    if (!batch.ok()) return file->Explain(batch.status());
    if (*batch == nullptr) return Status::OK();
    const Status status = VisitBatch(**batch, visit);
    if (!status.ok()) return WithContext(status, path);
  }
}

}  // namespace deltaport::delta
