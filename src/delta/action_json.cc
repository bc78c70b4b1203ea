#include "delta/action_json.h"

#include <limits>

#include "columnar/json_document.h"

namespace deltaport::delta {
namespace {

using columnar::JsonDocument;
using columnar::JsonKind;
using columnar::JsonValue;

constexpr size_t kLineBytesMax = size_t{128} << 20;

// Reads fields of one action object; remembers the first thing that is wrong.
class FieldReader {
 public:
  FieldReader(std::string_view action, JsonValue object) : action_(action), object_(object) {
    if (object.kind() != JsonKind::kObject) Fail("", "an object", object);
  }

  const Status& status() const { return status_; }

  void Required(std::string_view name, std::string& out) { Read(name, true, out); }
  void Required(std::string_view name, std::string_view& out) { Read(name, true, out); }
  void Required(std::string_view name, int64_t& out) { Read(name, true, out); }
  void Required(std::string_view name, int& out) { Read(name, true, out); }

  template <typename T>
  void Optional(std::string_view name, T& out) {
    Read(name, false, out);
  }
  template <typename T>
  void Optional(std::string_view name, std::optional<T>& out) {
    if (object_[name].missing_or_null()) return;
    T value{};
    Read(name, true, value);
    out = std::move(value);
  }
  // Appends to `out`; the first of two equal keys counts for readers of it.
  void PartitionValues(std::string_view name, PartitionValueViews& out) {
    ReadMembers(name, [&](std::string_view key, JsonValue value) {
      const auto text = value.string();
      if (!text && !value.null()) Fail(name, "texts or null", value);
      out.emplace_back(key, text);
    });
  }

  void Strings(std::string_view name, bool required, std::vector<std::string>& out) {
    const JsonValue array = object_[name];
    if (array.missing_or_null() && !required) return;
    if (array.kind() != JsonKind::kArray) return Fail(name, "an array", array);
    out.reserve(array.size());
    Keep(array.ForEachElement([&](JsonValue element) {
      const auto text = element.string();
      if (text) {
        out.emplace_back(*text);
      } else {
        Fail(name, "strings", element);
      }
      return Status::OK();
    }));
  }

  // Values of other kinds than string are kept as their JSON text.
  void StringMap(std::string_view name, std::map<std::string, std::string>& out) {
    ReadMembers(name, [&](std::string_view key, JsonValue value) {
      const auto text = value.string();
      out.insert_or_assign(std::string(key), text ? std::string(*text) : value.ToText());
    });
  }

  void PartitionValues(std::string_view name, PartitionValueMap& out) {
    ReadMembers(name, [&](std::string_view key, JsonValue value) {
      const auto text = value.string();
      if (!text && !value.null()) Fail(name, "texts or null", value);
      out.insert_or_assign(std::string(key),
                           text ? std::optional<std::string>(*text) : std::nullopt);
    });
  }

  JsonValue operator[](std::string_view name) const { return object_[name]; }

  void Fail(std::string_view name, std::string_view expected, JsonValue found) {
    if (!status_.ok()) return;
    status_ = Error(ErrorCode::kCorruptTable, "{}{}{} must be {}, not {}", action_,
                    name.empty() ? "" : ".", name, expected, JsonKindName(found.kind()));
  }
  void Keep(const Status& status) {
    if (status_.ok()) status_ = status;
  }

 private:
  template <typename Visit>
  void ReadMembers(std::string_view name, Visit visit) {
    const JsonValue map = object_[name];
    if (map.missing_or_null()) return;
    if (map.kind() != JsonKind::kObject) return Fail(name, "an object", map);
    Keep(map.ForEachMember([&](std::string_view key, JsonValue value) {
      visit(key, value);
      return Status::OK();
    }));
  }

  template <typename Text>
    requires std::is_same_v<Text, std::string> || std::is_same_v<Text, std::string_view>
  void Read(std::string_view name, bool required, Text& out) {
    const JsonValue value = object_[name];
    if (const auto text = value.string()) {
      out = *text;
    } else if (required || !value.missing_or_null()) {
      Fail(name, "a string", value);
    }
  }
  void Read(std::string_view name, bool required, bool& out) {
    const JsonValue value = object_[name];
    if (const auto boolean = value.boolean()) {
      out = *boolean;
    } else if (required || !value.missing_or_null()) {
      Fail(name, "true or false", value);
    }
  }
  void Read(std::string_view name, bool required, int64_t& out) {
    const JsonValue value = object_[name];
    if (const auto integer = value.integer()) {
      out = *integer;
    } else if (required || !value.missing_or_null()) {
      Fail(name, "an integer", value);
    }
  }
  void Read(std::string_view name, bool required, int32_t& out) {
    int64_t wide = out;
    Read(name, required, wide);
    if (wide < std::numeric_limits<int32_t>::min() || wide > std::numeric_limits<int32_t>::max()) {
      Fail(name, "a 32-bit integer", object_[name]);
      return;
    }
    out = static_cast<int32_t>(wide);
  }

  std::string_view action_;
  JsonValue object_;
  Status status_;
};

std::optional<DeletionVectorDescriptor> ReadDeletionVector(FieldReader& parent) {
  const JsonValue object = parent["deletionVector"];
  if (object.missing_or_null()) return std::nullopt;
  FieldReader fields("deletionVector", object);
  DeletionVectorDescriptor vector;
  fields.Required("storageType", vector.storage_type);
  fields.Required("pathOrInlineDv", vector.path_or_inline);
  fields.Optional("offset", vector.offset);
  fields.Required("sizeInBytes", vector.size_bytes);
  fields.Required("cardinality", vector.cardinality);
  parent.Keep(fields.status());
  return vector;
}

void Read(FieldReader& fields, Protocol& protocol) {
  fields.Required("minReaderVersion", protocol.min_reader_version);
  fields.Required("minWriterVersion", protocol.min_writer_version);
  const auto features = [&](std::string_view name, std::optional<std::vector<std::string>>& out) {
    if (fields[name].missing_or_null()) return;
    fields.Strings(name, true, out.emplace());
  };
  features("readerFeatures", protocol.reader_features);
  features("writerFeatures", protocol.writer_features);
}

void Read(FieldReader& fields, Metadata& metadata) {
  fields.Required("id", metadata.id);
  fields.Optional("name", metadata.name);
  fields.Optional("description", metadata.description);
  fields.Required("schemaString", metadata.schema_string);
  fields.Strings("partitionColumns", true, metadata.partition_columns);
  fields.StringMap("configuration", metadata.configuration);
  fields.Optional("createdTime", metadata.created_time_ms);
  const JsonValue format_object = fields["format"];
  if (format_object.missing_or_null()) return;
  FieldReader format("metaData.format", format_object);
  format.Required("provider", metadata.format_provider);
  format.StringMap("options", metadata.format_options);
  fields.Keep(format.status());
}

void ReadAdd(FieldReader& fields, AddFileView& add, PartitionValueViews& partition_values) {
  fields.Required("path", add.path);
  fields.PartitionValues("partitionValues", partition_values);
  add.partition_values = partition_values;
  fields.Required("size", add.size_bytes);
  fields.Optional("modificationTime", add.modification_time_ms);
  fields.Optional("dataChange", add.data_change);
  fields.Optional("stats", add.stats);
  fields.StringMap("tags", add.extras.tags);
  add.extras.deletion_vector = ReadDeletionVector(fields);
  fields.Optional("baseRowId", add.extras.base_row_id);
  fields.Optional("defaultRowCommitVersion", add.extras.default_row_commit_version);
  fields.Optional("clusteringProvider", add.extras.clustering_provider);
}

void Read(FieldReader& fields, RemoveFile& remove) {
  fields.Required("path", remove.path);
  fields.Optional("dataChange", remove.data_change);
  fields.Optional("deletionTimestamp", remove.deletion_timestamp_ms);
  fields.Optional("extendedFileMetadata", remove.extended_file_metadata);
  fields.PartitionValues("partitionValues", remove.partition_values);
  fields.Optional("size", remove.size_bytes);
  remove.deletion_vector = ReadDeletionVector(fields);
  fields.Optional("baseRowId", remove.base_row_id);
  fields.Optional("defaultRowCommitVersion", remove.default_row_commit_version);
}

void Read(FieldReader& fields, ChangeFile& change) {
  fields.Required("path", change.path);
  fields.PartitionValues("partitionValues", change.partition_values);
  fields.Required("size", change.size_bytes);
  fields.StringMap("tags", change.tags);
}

void Read(FieldReader& fields, SetTransaction& transaction) {
  fields.Required("appId", transaction.application_id);
  fields.Required("version", transaction.version);
  fields.Optional("lastUpdated", transaction.last_updated_ms);
}

void Read(FieldReader& fields, DomainMetadata& domain) {
  fields.Required("domain", domain.domain);
  fields.Optional("configuration", domain.configuration);
  fields.Optional("removed", domain.removed);
}

// Free JSON: takes what has the expected type and never fails.
std::optional<std::string> TextOf(JsonValue value) {
  const auto text = value.string();
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

Result<CommitInfo> ReadCommitInfo(JsonValue object) {
  CommitInfo info;
  info.timestamp_ms = object["timestamp"].integer();
  info.in_commit_timestamp_ms = object["inCommitTimestamp"].integer();
  info.operation = TextOf(object["operation"]);
  info.read_version = object["readVersion"].integer();
  info.is_blind_append = object["isBlindAppend"].boolean();
  info.engine_info = TextOf(object["engineInfo"]);
  info.transaction_id = TextOf(object["txnId"]);
  info.user_name = TextOf(object["userName"]);
  const auto copy = [](JsonValue map, bool quoted, std::map<std::string, std::string>& out) {
    return map.ForEachMember([&](std::string_view key, JsonValue value) {
      const auto text = quoted ? std::nullopt : value.string();
      out.insert_or_assign(std::string(key), text ? std::string(*text) : value.ToText());
      return Status::OK();
    });
  };
  ARROW_RETURN_NOT_OK(copy(object["operationParameters"], true, info.operation_parameters));
  ARROW_RETURN_NOT_OK(copy(object["operationMetrics"], false, info.operation_metrics));
  return info;
}

template <typename T>
Result<T> ReadAction(std::string_view name, JsonValue object) {
  FieldReader fields(name, object);
  T action;
  if (fields.status().ok()) Read(fields, action);
  ARROW_RETURN_NOT_OK(fields.status());
  return action;
}

template <typename T>
Status VisitAction(std::string_view name, JsonValue object, LogVisitor& visitor) {
  ARROW_ASSIGN_OR_RAISE(T action, ReadAction<T>(name, object));
  return visitor.OnAction(std::move(action));
}

Status VisitAdd(std::string_view name, JsonValue object, LogVisitor& visitor) {
  FieldReader fields(name, object);
  AddFileView add;
  PartitionValueViews partition_values;
  if (fields.status().ok()) ReadAdd(fields, add, partition_values);
  ARROW_RETURN_NOT_OK(fields.status());
  return visitor.OnAdd(add);
}

Status VisitMember(std::string_view name, JsonValue object, LogVisitor& visitor) {
  // Writers of one struct column an action leave the others null.
  if (object.null()) return Status::OK();
  if (name == "add") return VisitAdd(name, object, visitor);
  if (name == "remove") return VisitAction<RemoveFile>(name, object, visitor);
  if (name == "metaData") return VisitAction<Metadata>(name, object, visitor);
  if (name == "protocol") return VisitAction<Protocol>(name, object, visitor);
  if (name == "cdc") return VisitAction<ChangeFile>(name, object, visitor);
  if (name == "txn") return VisitAction<SetTransaction>(name, object, visitor);
  if (name == "domainMetadata") return VisitAction<DomainMetadata>(name, object, visitor);
  if (name == "commitInfo") return visitor.OnCommitInfo(object);
  if (name == "sidecar") {
    FieldReader fields(name, object);
    std::string_view path;
    fields.Required("path", path);
    ARROW_RETURN_NOT_OK(fields.status());
    return visitor.OnSidecar(path);
  }
  if (name == "checkpointMetadata") {
    FieldReader fields(name, object);
    int64_t version = 0;
    fields.Required("version", version);
    ARROW_RETURN_NOT_OK(fields.status());
    return visitor.OnCheckpointMetadata(version);
  }
  return Status::OK();
}

Status ParseLine(std::string_view line, LogVisitor& visitor) {
  auto document = JsonDocument::Parse(line);
  if (!document.ok()) return Error(ErrorCode::kCorruptTable, "{}", document.status().message());
  if (document->root().kind() != JsonKind::kObject) {
    return Error(ErrorCode::kCorruptTable, "an action must be an object, not {}",
                 JsonKindName(document->root().kind()));
  }
  return document->root().ForEachMember(
      [&](std::string_view name, JsonValue object) { return VisitMember(name, object, visitor); });
}

// Hands every action on as a value of its own.
class ActionVisitor final : public LogVisitor {
 public:
  explicit ActionVisitor(const std::function<Status(Action&&)>& visit) : visit_(visit) {}

  Status OnAdd(const AddFileView& view) override {
    AddFile add;
    add.path = view.path;
    for (const auto& [name, value] : view.partition_values) {
      add.partition_values.try_emplace(std::string(name),
                                       value ? std::optional<std::string>(*value) : std::nullopt);
    }
    add.size_bytes = view.size_bytes;
    add.modification_time_ms = view.modification_time_ms;
    add.data_change = view.data_change;
    if (view.stats) add.stats = std::string(*view.stats);
    add.tags = view.extras.tags;
    add.deletion_vector = view.extras.deletion_vector;
    add.base_row_id = view.extras.base_row_id;
    add.default_row_commit_version = view.extras.default_row_commit_version;
    add.clustering_provider = view.extras.clustering_provider;
    return visit_(std::move(add));
  }
  Status OnAction(Action&& action) override { return visit_(std::move(action)); }
  Status OnCommitInfo(JsonValue object) override {
    ARROW_ASSIGN_OR_RAISE(CommitInfo info, ReadCommitInfo(object));
    return visit_(std::move(info));
  }

 private:
  const std::function<Status(Action&&)>& visit_;
};

bool IsBlank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

Status LogVisitor::OnSidecar(std::string_view) { return Status::OK(); }

Status LogVisitor::OnCheckpointMetadata(int64_t) { return Status::OK(); }

Result<size_t> VisitLogLines(std::string_view bytes, const LogLines& lines, LogVisitor& visitor) {
  size_t number = lines.lines_before;
  size_t actions = 0;
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
    ++number;
    if (IsBlank(line)) continue;
    ++actions;
    if (line.size() > kLineBytesMax) {
      return Error(ErrorCode::kResourceExhausted, "{} line {}: longer than {} bytes", lines.file,
                   number, kLineBytesMax);
    }
    const Status status = ParseLine(line, visitor);
    if (!status.ok()) {
      return WithContext(status, fmt::format("{} line {}", lines.file, number));
    }
  }
  return actions;
}

Result<Protocol> ProtocolFromJson(JsonValue object) {
  return ReadAction<Protocol>("protocol", object);
}

Result<Metadata> MetadataFromJson(JsonValue object) {
  return ReadAction<Metadata>("metaData", object);
}

Status EmptyCommit(std::string_view file) {
  return Error(ErrorCode::kCorruptTable, "{}: is empty; a commit holds at least one action", file);
}

Status ParseCommit(std::string_view bytes, std::string_view file,
                   const std::function<Status(Action&&)>& visit) {
  ActionVisitor visitor(visit);
  ARROW_ASSIGN_OR_RAISE(const size_t actions, VisitLogLines(bytes, {file}, visitor));
  return actions == 0 ? EmptyCommit(file) : Status::OK();
}

}  // namespace deltaport::delta
