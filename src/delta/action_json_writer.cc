// ActionToJson: the writing half of action_json.h.

#include "columnar/json_document.h"
#include "delta/action_json.h"

namespace deltaport::delta {
namespace {

// Writes the members of one object, in the order of the calls.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  void Close() { out_ += '}'; }

  // Starts a member whose value the caller appends.
  std::string& Member(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    columnar::AppendQuotedJson(name, out_);
    out_ += ':';
    return out_;
  }
  void Text(std::string_view name, std::string_view value) {
    columnar::AppendQuotedJson(value, Member(name));
  }
  void Integer(std::string_view name, int64_t value) { Member(name) += fmt::format("{}", value); }
  void Boolean(std::string_view name, bool value) { Member(name) += value ? "true" : "false"; }
  void Raw(std::string_view name, std::string_view json) { Member(name) += json; }

  void Optional(std::string_view name, const std::optional<std::string>& value) {
    if (value) Text(name, *value);
  }
  void Optional(std::string_view name, const std::optional<int64_t>& value) {
    if (value) Integer(name, *value);
  }
  void Map(std::string_view name, const std::map<std::string, std::string>& map) {
    ObjectWriter members(Member(name));
    for (const auto& [key, value] : map) members.Text(key, value);
    members.Close();
  }
  void PartitionValues(const PartitionValueMap& map) {
    ObjectWriter members(Member("partitionValues"));
    for (const auto& [key, value] : map) {
      if (value) {
        members.Text(key, *value);
      } else {
        members.Raw(key, "null");
      }
    }
    members.Close();
  }
  void Texts(std::string_view name, const std::vector<std::string>& values) {
    std::string& out = Member(name);
    out += '[';
    for (size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out += ',';
      columnar::AppendQuotedJson(values[i], out);
    }
    out += ']';
  }
  void DeletionVector(const std::optional<DeletionVectorDescriptor>& vector) {
    if (!vector) return;
    ObjectWriter fields(Member("deletionVector"));
    fields.Text("storageType", vector->storage_type);
    fields.Text("pathOrInlineDv", vector->path_or_inline);
    if (vector->offset) fields.Integer("offset", *vector->offset);
    fields.Integer("sizeInBytes", vector->size_bytes);
    fields.Integer("cardinality", vector->cardinality);
    fields.Close();
  }

 private:
  std::string& out_;
  bool first_ = true;
};

constexpr std::string_view NameOf(const Protocol&) { return "protocol"; }
constexpr std::string_view NameOf(const Metadata&) { return "metaData"; }
constexpr std::string_view NameOf(const AddFile&) { return "add"; }
constexpr std::string_view NameOf(const RemoveFile&) { return "remove"; }
constexpr std::string_view NameOf(const ChangeFile&) { return "cdc"; }
constexpr std::string_view NameOf(const SetTransaction&) { return "txn"; }
constexpr std::string_view NameOf(const DomainMetadata&) { return "domainMetadata"; }
constexpr std::string_view NameOf(const CommitInfo&) { return "commitInfo"; }

void Write(const Protocol& protocol, ObjectWriter& fields) {
  fields.Integer("minReaderVersion", protocol.min_reader_version);
  fields.Integer("minWriterVersion", protocol.min_writer_version);
  if (protocol.reader_features) fields.Texts("readerFeatures", *protocol.reader_features);
  if (protocol.writer_features) fields.Texts("writerFeatures", *protocol.writer_features);
}

void Write(const Metadata& metadata, ObjectWriter& fields) {
  fields.Text("id", metadata.id);
  fields.Optional("name", metadata.name);
  fields.Optional("description", metadata.description);
  ObjectWriter format(fields.Member("format"));
  format.Text("provider", metadata.format_provider);
  format.Map("options", metadata.format_options);
  format.Close();
  fields.Text("schemaString", metadata.schema_string);
  fields.Texts("partitionColumns", metadata.partition_columns);
  fields.Map("configuration", metadata.configuration);
  fields.Optional("createdTime", metadata.created_time_ms);
}

void Write(const AddFile& add, ObjectWriter& fields) {
  fields.Text("path", add.path);
  fields.PartitionValues(add.partition_values);
  fields.Integer("size", add.size_bytes);
  fields.Integer("modificationTime", add.modification_time_ms);
  fields.Boolean("dataChange", add.data_change);
  fields.Optional("stats", add.stats);
  if (!add.tags.empty()) fields.Map("tags", add.tags);
  fields.DeletionVector(add.deletion_vector);
  fields.Optional("baseRowId", add.base_row_id);
  fields.Optional("defaultRowCommitVersion", add.default_row_commit_version);
  fields.Optional("clusteringProvider", add.clustering_provider);
}

void Write(const RemoveFile& remove, ObjectWriter& fields) {
  fields.Text("path", remove.path);
  fields.Optional("deletionTimestamp", remove.deletion_timestamp_ms);
  fields.Boolean("dataChange", remove.data_change);
  if (remove.extended_file_metadata) {
    fields.Boolean("extendedFileMetadata", true);
    fields.PartitionValues(remove.partition_values);
    fields.Optional("size", remove.size_bytes);
  }
  fields.DeletionVector(remove.deletion_vector);
  fields.Optional("baseRowId", remove.base_row_id);
  fields.Optional("defaultRowCommitVersion", remove.default_row_commit_version);
}

void Write(const ChangeFile& change, ObjectWriter& fields) {
  fields.Text("path", change.path);
  fields.PartitionValues(change.partition_values);
  fields.Integer("size", change.size_bytes);
  fields.Boolean("dataChange", false);
  if (!change.tags.empty()) fields.Map("tags", change.tags);
}

void Write(const SetTransaction& transaction, ObjectWriter& fields) {
  fields.Text("appId", transaction.application_id);
  fields.Integer("version", transaction.version);
  fields.Optional("lastUpdated", transaction.last_updated_ms);
}

void Write(const DomainMetadata& domain, ObjectWriter& fields) {
  fields.Text("domain", domain.domain);
  fields.Text("configuration", domain.configuration);
  fields.Boolean("removed", domain.removed);
}

void Write(const CommitInfo& info, ObjectWriter& fields) {
  fields.Optional("inCommitTimestamp", info.in_commit_timestamp_ms);
  fields.Optional("timestamp", info.timestamp_ms);
  fields.Optional("userName", info.user_name);
  fields.Optional("operation", info.operation);
  ObjectWriter parameters(fields.Member("operationParameters"));
  for (const auto& [name, json] : info.operation_parameters) parameters.Raw(name, json);
  parameters.Close();
  fields.Optional("readVersion", info.read_version);
  if (info.is_blind_append) fields.Boolean("isBlindAppend", *info.is_blind_append);
  fields.Map("operationMetrics", info.operation_metrics);
  fields.Optional("engineInfo", info.engine_info);
  fields.Optional("txnId", info.transaction_id);
}

}  // namespace

std::string ActionToJson(const Action& action) {
  std::string out;
  ObjectWriter line(out);
  std::visit(
      [&](const auto& value) {
        ObjectWriter fields(line.Member(NameOf(value)));
        Write(value, fields);
        fields.Close();
      },
      action);
  line.Close();
  return out;
}

}  // namespace deltaport::delta
