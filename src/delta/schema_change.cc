#include "delta/schema_change.h"

#include <algorithm>

#include "base/letter_case.h"
#include "columnar/delta_schema.h"
#include "columnar/json_document.h"
#include "delta/clustering.h"
#include "delta/column_mapping.h"
#include "delta/live_files.h"
#include "delta/row_tracking.h"
#include "delta/schema_edit.h"
#include "delta/table_feature.h"
#include "delta/type_change.h"

namespace deltaport::delta {
namespace {

constexpr char kMaxIdProperty[] = "delta.columnMapping.maxColumnId";
constexpr char kModeProperty[] = "delta.columnMapping.mode";
constexpr char kTypeChangesKey[] = "delta.typeChanges";
constexpr std::string_view kConstraintPrefix = "delta.constraints.";
constexpr std::string_view kFeaturePrefix = "delta.feature.";

Operation Named(std::string name, std::map<std::string, std::string> parameters) {
  Operation operation;
  operation.name = std::move(name);
  operation.parameters = std::move(parameters);
  return operation;
}

Result<std::shared_ptr<arrow::Schema>> SchemaOf(const Transaction& transaction) {
  return columnar::SchemaFromDeltaJson(transaction.metadata().schema_string);
}

Status SetSchema(Transaction& transaction, const arrow::Schema& schema,
                 std::optional<Metadata> changed = std::nullopt) {
  Metadata metadata = transaction.metadata();
  if (changed) metadata = std::move(*changed);
  ARROW_ASSIGN_OR_RAISE(metadata.schema_string, columnar::SchemaToDeltaJson(schema));
  return transaction.SetMetadata(std::move(metadata));
}

// Edits one field and commits the schema with it.
Status SetField(Transaction& transaction, const ColumnPath& path, const FieldEdit& edit) {
  ARROW_ASSIGN_OR_RAISE(const auto schema, SchemaOf(transaction));
  ARROW_ASSIGN_OR_RAISE(const auto changed, EditField(*schema, path, edit));
  return SetSchema(transaction, *changed);
}

Operation ChangedColumn(const ColumnPath& path) {
  return Named("CHANGE COLUMN", {{"column", columnar::QuotedJson(PathText(path))}});
}

bool IsWordCharacter(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Whether the SQL text has the name as a word. It may stand in a string, which errs on the safe
// side.
bool SpeaksOf(std::string_view sql, std::string_view name) {
  for (size_t at = 0; at + name.size() <= sql.size(); ++at) {
    if (!EqualsIgnoringCase(sql.substr(at, name.size()), name)) continue;
    const bool begins = at == 0 || !IsWordCharacter(sql[at - 1]);
    const size_t end = at + name.size();
    if (begins && (end == sql.size() || !IsWordCharacter(sql[end]))) return true;
  }
  return false;
}

Status Depends(const ColumnPath& path, std::string_view what, std::string_view sql) {
  return Error(ErrorCode::kConflict, "the column '{}' cannot change: {} speaks of it: {}",
               PathText(path), what, sql);
}

Status CheckFieldsFree(const arrow::FieldVector& fields, const ColumnPath& path) {
  for (const auto& field : fields) {
    for (const char* key : {"delta.generationExpression", "delta.invariants"}) {
      const auto sql = FieldSetting(*field, key);
      if (sql && SpeaksOf(*sql, path.back())) {
        return Depends(path, fmt::format("{} of column '{}'", key, field->name()), *sql);
      }
    }
    ARROW_RETURN_NOT_OK(CheckFieldsFree(field->type()->fields(), path));
  }
  return Status::OK();
}

// That no constraint and no other column is computed from the column.
Status CheckFree(const Metadata& metadata, const arrow::Schema& schema, const ColumnPath& path) {
  for (const auto& [name, value] : metadata.configuration) {
    if (name.starts_with(kConstraintPrefix) && SpeaksOf(value, path.back())) {
      return Depends(
          path, fmt::format("the constraint '{}'", name.substr(kConstraintPrefix.size())), value);
    }
  }
  return CheckFieldsFree(schema.fields(), path);
}

Status CheckMapped(const Transaction& transaction, std::string_view what) {
  if (transaction.properties().column_mapping_mode != ColumnMappingMode::kNone) {
    return Status::OK();
  }
  return Error(ErrorCode::kInvalidArgument,
               "{} needs column mapping; set the table property {} to 'name' first", what,
               kModeProperty);
}

Status CheckName(const Transaction& transaction, const std::string& name) {
  const bool mapped = transaction.properties().column_mapping_mode != ColumnMappingMode::kNone;
  if (!name.empty() && (mapped || name.find_first_of(" ,;{}()\n\t=") == std::string::npos)) {
    return Status::OK();
  }
  return Error(ErrorCode::kInvalidArgument,
               "the column name '{}' is empty or has one of the characters ' ,;{{}}()=', a tab or "
               "a line end, which needs column mapping",
               name);
}

Status CheckNewColumn(const Transaction& transaction, const NewColumn& column) {
  const arrow::Field& field = *column.field;
  ARROW_RETURN_NOT_OK(CheckName(transaction, field.name()));
  if (!field.nullable()) {
    return Error(ErrorCode::kInvalidArgument,
                 "the new column '{}' cannot be NOT NULL: the rows that are there have no value",
                 field.name());
  }
  if (field.type()->id() == arrow::Type::NA) {
    return Error(ErrorCode::kInvalidArgument, "the new column '{}' needs a type", field.name());
  }
  for (const char* key :
       {"CURRENT_DEFAULT", "delta.generationExpression", "delta.identity.start"}) {
    if (FieldSetting(field, key)) {
      return Error(ErrorCode::kInvalidArgument,
                   "the new column '{}' cannot have {}: the rows that are there have no value; add "
                   "the column first",
                   field.name(), key);
    }
  }
  return Status::OK();
}

// A change of type as the protocol records it, on the field that a path of elements starts at.
Result<std::shared_ptr<arrow::Field>> WithTypeChange(const arrow::Field& field,
                                                     const arrow::DataType& from,
                                                     const arrow::DataType& to,
                                                     const std::string& element_path) {
  std::string list = FieldSetting(field, kTypeChangesKey).value_or("[]");
  const auto document = columnar::JsonDocument::Parse(list);
  if (!document.ok() || document->root().kind() != columnar::JsonKind::kArray) {
    return Error(ErrorCode::kCorruptTable, "column '{}': '{}' must be a list of changes",
                 field.name(), kTypeChangesKey);
  }
  list.erase(list.rfind(']'));
  if (document->root().size() > 0) list += ',';
  list += fmt::format(
      R"({{"fromType":{},"toType":{}{}}}])", columnar::QuotedJson(columnar::DeltaTypeName(from)),
      columnar::QuotedJson(columnar::DeltaTypeName(to)),
      element_path.empty() ? "" : R"(,"fieldPath":)" + columnar::QuotedJson(element_path));
  return WithFieldSetting(field, kTypeChangesKey, list, true);
}

// Splits a path behind the last struct field: "element", "key" and "value" are parts of its type.
// Only the schema tells them from fields of these names.
Result<size_t> NamedParts(const arrow::Schema& schema, const ColumnPath& path) {
  size_t named = 0;
  for (size_t count = 1; count <= path.size(); ++count) {
    const ColumnPath parent(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(count) - 1);
    if (parent.empty()) {
      named = count;
      continue;
    }
    ARROW_ASSIGN_OR_RAISE(const auto field, FindField(schema, parent));
    if (field->type()->id() == arrow::Type::STRUCT) named = count;
  }
  return named;
}

Status CheckConfiguration(const std::map<std::string, std::string>& properties) {
  for (const auto& [name, value] : properties) {
    if (name.starts_with(kConstraintPrefix)) {
      return Error(ErrorCode::kInvalidArgument,
                   "the property {} is a constraint; it is added as one, so that the rows that are "
                   "there are checked",
                   name);
    }
  }
  return CheckProperties(properties);
}

// Column mapping on a table that has none: columns keep their names in files.
Status MapColumns(const TableProperties& before, Metadata& metadata) {
  ARROW_ASSIGN_OR_RAISE(const auto after, TableProperties::Of(metadata));
  if (before.column_mapping_mode == after.column_mapping_mode) return Status::OK();
  if (before.column_mapping_mode != ColumnMappingMode::kNone ||
      after.column_mapping_mode != ColumnMappingMode::kName) {
    return Error(ErrorCode::kInvalidArgument,
                 "the table property {} can only change from 'none' to 'name'", kModeProperty);
  }
  ARROW_ASSIGN_OR_RAISE(const auto schema, columnar::SchemaFromDeltaJson(metadata.schema_string));
  int64_t max_id = before.column_mapping_max_id;
  const auto mapped = WithColumnIds(*schema, PhysicalNames::kAsTheColumn, max_id);
  ARROW_ASSIGN_OR_RAISE(metadata.schema_string, columnar::SchemaToDeltaJson(*mapped));
  metadata.configuration[kMaxIdProperty] = fmt::format("{}", max_id);
  return Status::OK();
}

// Gives every file that has no row ids its own, by adding it again.
Status GiveRowIds(Transaction& transaction) {
  if (transaction.snapshot() == nullptr) return Status::OK();
  const LiveFiles& files = transaction.snapshot()->files();
  std::vector<AddFile> adds;
  std::vector<size_t> indices;
  for (size_t i = 0; i < files.size(); ++i) {
    const FileExtras* extras = files.extras(i);
    if (extras != nullptr && extras->base_row_id) continue;
    ARROW_ASSIGN_OR_RAISE(adds.emplace_back(), files.file(i));
    adds.back().data_change = false;
    indices.push_back(i);
  }
  transaction.AddFiles(std::move(adds));
  // A file that comes or goes meanwhile would be without ids, or come back.
  transaction.ReadWholeTable();
  return transaction.ReadFiles(indices);
}

Status CheckChangeFeedNames(const Metadata& metadata) {
  ARROW_ASSIGN_OR_RAISE(const auto schema, columnar::SchemaFromDeltaJson(metadata.schema_string));
  for (const char* name : {"_change_type", "_commit_version", "_commit_timestamp"}) {
    if (schema->GetFieldIndex(name) < 0) continue;
    return Error(ErrorCode::kInvalidArgument,
                 "the change data feed needs the name '{}', which a column has", name);
  }
  return Status::OK();
}

}  // namespace

Result<Operation> AddColumns(Transaction& transaction, const std::vector<NewColumn>& columns) {
  ARROW_ASSIGN_OR_RAISE(auto schema, SchemaOf(transaction));
  Metadata metadata = transaction.metadata();
  const TableProperties& properties = transaction.properties();
  int64_t max_id = properties.column_mapping_max_id;
  std::vector<std::string> names;
  for (const auto& column : columns) {
    ARROW_RETURN_NOT_OK(CheckNewColumn(transaction, column));
    auto field = WithoutColumnIds(*column.field);
    if (properties.column_mapping_mode != ColumnMappingMode::kNone) {
      field = WithColumnIds(*field, PhysicalNames::kUnique, max_id);
      metadata.configuration[kMaxIdProperty] = fmt::format("{}", max_id);
    }
    ARROW_ASSIGN_OR_RAISE(schema, InsertField(*schema, column.parent, field, column.after));
    ColumnPath path = column.parent;
    path.push_back(field->name());
    names.push_back(PathText(path));
  }
  ARROW_RETURN_NOT_OK(SetSchema(transaction, *schema, std::move(metadata)));
  return Named("ADD COLUMNS", {{"columns", columnar::QuotedJsonList(names)}});
}

Result<Operation> RenameColumn(Transaction& transaction, const ColumnPath& path,
                               const std::string& name) {
  ARROW_RETURN_NOT_OK(CheckMapped(transaction, "renaming a column"));
  ARROW_RETURN_NOT_OK(CheckName(transaction, name));
  ARROW_ASSIGN_OR_RAISE(const auto schema, SchemaOf(transaction));
  ARROW_RETURN_NOT_OK(CheckFree(transaction.metadata(), *schema, path));
  ColumnPath renamed = path;
  renamed.back() = name;
  const bool taken = !EqualsIgnoringCase(path.back(), name) && FindField(*schema, renamed).ok();
  if (taken) {
    return Error(ErrorCode::kAlreadyExists, "the table has a column '{}' already",
                 PathText(renamed));
  }
  ARROW_ASSIGN_OR_RAISE(const auto before, FindField(*schema, path));
  ARROW_ASSIGN_OR_RAISE(const auto changed, EditField(*schema, path, [&](const auto& field) {
                          return Result<std::shared_ptr<arrow::Field>>(field->WithName(name));
                        }));
  Metadata metadata = transaction.metadata();
  if (path.size() == 1) {
    std::replace(metadata.partition_columns.begin(), metadata.partition_columns.end(),
                 before->name(), name);
  }
  ARROW_RETURN_NOT_OK(SetSchema(transaction, *changed, std::move(metadata)));
  return Named("RENAME COLUMN", {{"oldColumnPath", columnar::QuotedJson(PathText(path))},
                                 {"newColumnPath", columnar::QuotedJson(PathText(renamed))}});
}

Result<Operation> DropColumns(Transaction& transaction, const std::vector<ColumnPath>& paths) {
  ARROW_RETURN_NOT_OK(CheckMapped(transaction, "dropping a column"));
  ARROW_ASSIGN_OR_RAISE(auto schema, SchemaOf(transaction));
  ARROW_ASSIGN_OR_RAISE(const auto target, transaction.FileTarget());
  const auto& partitions = transaction.metadata().partition_columns;
  std::vector<std::string> names;
  for (const auto& path : paths) {
    ARROW_ASSIGN_OR_RAISE(const auto dropped, FindField(*schema, path));
    const bool partition = path.size() == 1 && std::find(partitions.begin(), partitions.end(),
                                                         dropped->name()) != partitions.end();
    const bool clustered = std::any_of(
        target.clustering_columns.begin(), target.clustering_columns.end(), [&](const auto& used) {
          return used.size() >= path.size() &&
                 std::equal(path.begin(), path.end(), used.begin(), EqualsIgnoringCase);
        });
    if (partition || clustered) {
      return Error(ErrorCode::kConflict, "the table is {} by the column '{}', so it has to stay",
                   partition ? "partitioned" : "clustered", PathText(path));
    }
    ARROW_ASSIGN_OR_RAISE(schema, EditField(*schema, path, [](const auto&) {
                            return Result<std::shared_ptr<arrow::Field>>(nullptr);
                          }));
    ARROW_RETURN_NOT_OK(CheckFree(transaction.metadata(), *schema, path));
    ColumnPath parent = path;
    parent.pop_back();
    bool empty = schema->num_fields() == static_cast<int>(partitions.size());
    if (!parent.empty()) {
      ARROW_ASSIGN_OR_RAISE(const auto field, FindField(*schema, parent));
      empty = field->type()->num_fields() == 0;
    }
    if (empty) {
      return Error(ErrorCode::kInvalidArgument, "'{}' is the last column there and has to stay",
                   PathText(path));
    }
    names.push_back(PathText(path));
  }
  ARROW_RETURN_NOT_OK(SetSchema(transaction, *schema));
  return Named("DROP COLUMNS", {{"columns", columnar::QuotedJsonList(names)}});
}

Result<Operation> ChangeColumnType(Transaction& transaction, const ColumnPath& path,
                                   const arrow::DataType& type) {
  ARROW_ASSIGN_OR_RAISE(const auto schema, SchemaOf(transaction));
  ARROW_ASSIGN_OR_RAISE(const auto field, FindField(*schema, path));
  ARROW_ASSIGN_OR_RAISE(const auto wanted, columnar::DeltaTypeOf(type));
  const auto from = field->type();
  if (from->Equals(wanted) || !IsTypeWidening(*from, *wanted)) {
    return Error(ErrorCode::kInvalidArgument,
                 "the type of column '{}' cannot change from {} to {}: that is no widening",
                 PathText(path), columnar::DeltaTypeName(*from), columnar::DeltaTypeName(*wanted));
  }
  if (!transaction.properties().type_widening) {
    return Error(ErrorCode::kInvalidArgument,
                 "the type of column '{}' cannot change from {} to {}: set the table property "
                 "delta.enableTypeWidening to 'true' first",
                 PathText(path), columnar::DeltaTypeName(*from), columnar::DeltaTypeName(*wanted));
  }
  ARROW_RETURN_NOT_OK(CheckFree(transaction.metadata(), *schema, path));
  ARROW_ASSIGN_OR_RAISE(const size_t named, NamedParts(*schema, path));
  const ColumnPath owner(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(named));
  const ColumnPath rest(path.begin() + static_cast<std::ptrdiff_t>(named), path.end());
  ARROW_ASSIGN_OR_RAISE(const auto changed, EditField(*schema, path, [&](const auto& old) {
                          return Result<std::shared_ptr<arrow::Field>>(old->WithType(wanted));
                        }));
  ARROW_ASSIGN_OR_RAISE(const auto recorded, EditField(*changed, owner, [&](const auto& old) {
                          return WithTypeChange(*old, *from, *wanted, PathText(rest));
                        }));
  ARROW_RETURN_NOT_OK(SetSchema(transaction, *recorded));
  return ChangedColumn(path);
}

Result<Operation> SetNotNull(Transaction& transaction, const ColumnPath& path) {
  ARROW_RETURN_NOT_OK(SetField(transaction, path, [](const auto& field) {
    return Result<std::shared_ptr<arrow::Field>>(field->WithNullable(false));
  }));
  transaction.ReadWholeTable();
  return ChangedColumn(path);
}

Result<Operation> DropNotNull(Transaction& transaction, const ColumnPath& path) {
  ARROW_RETURN_NOT_OK(SetField(transaction, path, [](const auto& field) {
    return Result<std::shared_ptr<arrow::Field>>(field->WithNullable(true));
  }));
  return ChangedColumn(path);
}

Result<Operation> SetColumnDefault(Transaction& transaction, const ColumnPath& path,
                                   const std::optional<std::string>& expression) {
  if (path.size() != 1) {
    return Error(ErrorCode::kInvalidArgument,
                 "the column '{}' is inside another one; only whole columns have a default",
                 PathText(path));
  }
  ARROW_RETURN_NOT_OK(SetField(transaction, path, [&](const auto& field) {
    return Result<std::shared_ptr<arrow::Field>>(
        WithFieldSetting(*field, "CURRENT_DEFAULT", expression));
  }));
  return ChangedColumn(path);
}

Result<Operation> SetColumnComment(Transaction& transaction, const ColumnPath& path,
                                   const std::optional<std::string>& comment) {
  ARROW_RETURN_NOT_OK(SetField(transaction, path, [&](const auto& field) {
    return Result<std::shared_ptr<arrow::Field>>(WithFieldSetting(*field, "comment", comment));
  }));
  return ChangedColumn(path);
}

Result<Operation> SetTableComment(Transaction& transaction,
                                  const std::optional<std::string>& comment) {
  Metadata metadata = transaction.metadata();
  metadata.description = comment;
  ARROW_RETURN_NOT_OK(transaction.SetMetadata(std::move(metadata)));
  return Named(
      "SET TBLPROPERTIES",
      {{"properties", columnar::QuotedJson(R"({"comment":)" +
                                           columnar::QuotedJson(comment.value_or("")) + "}")}});
}

Result<Operation> SetProperties(Transaction& transaction,
                                const std::map<std::string, std::string>& properties) {
  ARROW_RETURN_NOT_OK(CheckConfiguration(properties));
  const TableProperties before = transaction.properties();
  Metadata metadata = transaction.metadata();
  std::string json;
  for (const auto& [name, value] : properties) {
    metadata.configuration[name] = value;
    json += fmt::format("{}{}:{}", json.empty() ? "" : ",", columnar::QuotedJson(name),
                        columnar::QuotedJson(value));
  }
  ARROW_RETURN_NOT_OK(MapColumns(before, metadata));
  ARROW_ASSIGN_OR_RAISE(const auto after, TableProperties::Of(metadata));
  if (after.change_data_feed && !before.change_data_feed) {
    ARROW_RETURN_NOT_OK(CheckChangeFeedNames(metadata));
  }
  if (after.row_tracking && !before.row_tracking) {
    AddRowTrackingColumns(metadata.configuration);
    ARROW_RETURN_NOT_OK(GiveRowIds(transaction));
  }
  // What only asks for features or versions is not stored, but the protocol follows it.
  ARROW_ASSIGN_OR_RAISE(const auto schema, columnar::SchemaFromDeltaJson(metadata.schema_string));
  ARROW_ASSIGN_OR_RAISE(Protocol requested,
                        RequestedProtocol(transaction.protocol(), *schema, metadata));
  RemoveProtocolProperties(metadata.configuration);
  ARROW_RETURN_NOT_OK(transaction.SetMetadata(std::move(metadata)));
  if (!SameProtocol(requested, transaction.protocol())) {
    ARROW_RETURN_NOT_OK(transaction.SetProtocol(std::move(requested)));
  }
  return Named("SET TBLPROPERTIES", {{"properties", columnar::QuotedJson("{" + json + "}")}});
}

Result<Operation> UnsetProperties(Transaction& transaction, const std::vector<std::string>& names,
                                  bool if_exists) {
  Metadata metadata = transaction.metadata();
  for (const auto& name : names) {
    if (name.starts_with(kConstraintPrefix) || name == kModeProperty || name == kMaxIdProperty ||
        name.starts_with("delta.rowTracking.materialized")) {
      return Error(ErrorCode::kInvalidArgument, "the table property {} cannot be unset", name);
    }
    if (metadata.configuration.erase(name) == 0 && !if_exists) {
      return Error(ErrorCode::kNotFound, "the table property {} is not set", name);
    }
  }
  ARROW_RETURN_NOT_OK(transaction.SetMetadata(std::move(metadata)));
  return Named("UNSET TBLPROPERTIES", {{"properties", columnar::QuotedJsonList(names)},
                                       {"ifExists", if_exists ? "true" : "false"}});
}

Result<Operation> AddConstraint(Transaction& transaction, const std::string& name,
                                const std::string& expression) {
  Metadata metadata = transaction.metadata();
  if (name.empty() || name.find_first_of(" .=\n\t") != std::string::npos) {
    return Error(ErrorCode::kInvalidArgument,
                 "the name '{}' of a constraint is empty or has a space, a point or an equals sign",
                 name);
  }
  for (const auto& [property, value] : metadata.configuration) {
    if (property.starts_with(kConstraintPrefix) &&
        EqualsIgnoringCase(std::string_view(property).substr(kConstraintPrefix.size()), name)) {
      return Error(ErrorCode::kAlreadyExists, "the table has a constraint '{}' already: {}", name,
                   value);
    }
  }
  metadata.configuration[std::string(kConstraintPrefix) + name] = expression;
  ARROW_RETURN_NOT_OK(transaction.SetMetadata(std::move(metadata)));
  transaction.ReadWholeTable();
  return Named("ADD CONSTRAINT",
               {{"name", columnar::QuotedJson(name)}, {"expr", columnar::QuotedJson(expression)}});
}

Result<Operation> DropConstraint(Transaction& transaction, const std::string& name,
                                 bool if_exists) {
  Metadata metadata = transaction.metadata();
  const auto removed = std::erase_if(metadata.configuration, [&](const auto& property) {
    return property.first.starts_with(kConstraintPrefix) &&
           EqualsIgnoringCase(std::string_view(property.first).substr(kConstraintPrefix.size()),
                              name);
  });
  if (removed == 0 && !if_exists) {
    return Error(ErrorCode::kNotFound, "the table has no constraint '{}'", name);
  }
  ARROW_RETURN_NOT_OK(transaction.SetMetadata(std::move(metadata)));
  return Named("DROP CONSTRAINT",
               {{"name", columnar::QuotedJson(name)}, {"existed", removed > 0 ? "true" : "false"}});
}

Result<Operation> SetClusteringColumns(Transaction& transaction,
                                       const std::vector<ColumnPath>& columns) {
  if (!transaction.metadata().partition_columns.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "the table is partitioned, so it cannot be clustered as well");
  }
  ARROW_ASSIGN_OR_RAISE(const auto target, transaction.FileTarget());
  ARROW_ASSIGN_OR_RAISE(auto domain, ClusteringDomain(columns, *target.schema,
                                                      target.properties.column_mapping_mode));
  transaction.SetDomain(std::move(domain));
  const auto text = [](const std::vector<ColumnPath>& paths) {
    std::vector<std::string> names;
    for (const auto& path : paths) names.push_back(PathText(path));
    return columnar::QuotedJson(fmt::format("{}", fmt::join(names, ",")));
  };
  return Named("CLUSTER BY", {{"oldClusteringColumns", text(target.clustering_columns)},
                              {"newClusteringColumns", text(columns)}});
}

Result<Operation> AddFeature(Transaction& transaction, const std::string& feature) {
  return SetProperties(transaction, {{std::string(kFeaturePrefix) + feature, "supported"}});
}

Status SetIdentityMarks(Transaction& transaction, const std::map<std::string, int64_t>& marks) {
  ARROW_ASSIGN_OR_RAISE(auto schema, SchemaOf(transaction));
  bool moved = false;
  for (const auto& [name, mark] : marks) {
    ARROW_ASSIGN_OR_RAISE(const auto field, FindField(*schema, {name}));
    const auto step = FieldSetting(*field, "delta.identity.step");
    if (!step) {
      return Error(ErrorCode::kInvalidArgument, "the column '{}' is no identity column", name);
    }
    const auto before = FieldSetting(*field, "delta.identity.highWaterMark");
    const bool falling = step->starts_with('-');
    if (before) {
      const auto number = columnar::JsonDocument::Parse(*before);
      const auto value = number.ok() ? number->root().integer() : std::nullopt;
      if (value && (falling ? mark >= *value : mark <= *value)) continue;
    }
    ARROW_ASSIGN_OR_RAISE(
        schema, EditField(*schema, {name}, [&](const auto& old) {
          return Result<std::shared_ptr<arrow::Field>>(WithFieldSetting(
              *old, "delta.identity.highWaterMark", fmt::format("{}", mark), true));
        }));
    moved = true;
  }
  return moved ? SetSchema(transaction, *schema) : Status::OK();
}

Result<CommitOutcome> ChangeTable(const storage::Location& location, const TableChange& change,
                                  const CancelToken& token) {
  ARROW_ASSIGN_OR_RAISE(const auto snapshot, Snapshot::Open(location));
  ARROW_ASSIGN_OR_RAISE(auto transaction, Transaction::Start(snapshot));
  const auto operation = change(transaction);
  if (!operation.ok()) {
    return WithContext(operation.status(), fmt::format("table {}", location.path));
  }
  return transaction.Commit(*operation, token);
}

}  // namespace deltaport::delta
