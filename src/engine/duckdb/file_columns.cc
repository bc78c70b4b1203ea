#include "engine/duckdb/file_columns.h"

#include <algorithm>

#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/planner/expression/bound_constant_expression.hpp>
#include <duckdb/planner/filter/conjunction_filter.hpp>
#include <duckdb/planner/filter/expression_filter.hpp>
#include <parquet_file_metadata_cache.hpp>
#include <parquet_reader.hpp>

#include "engine/duckdb/julian_cast.h"

namespace deltaport::engine {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::MultiFileColumnDefinition;
using duckdb::ParquetColumnSchema;

bool IsTimestamp(const LogicalType& type) {
  return type.id() == LogicalTypeId::TIMESTAMP || type.id() == LogicalTypeId::TIMESTAMP_TZ ||
         type.id() == LogicalTypeId::TIMESTAMP_NS;
}

bool IsBytes(const ParquetColumnSchema& schema) {
  return schema.parquet_type == duckdb_parquet::Type::BYTE_ARRAY ||
         schema.parquet_type == duckdb_parquet::Type::FIXED_LEN_BYTE_ARRAY;
}

// The same bytes under the type that the table has for them; where that is not enough, a cast of
// DuckDB follows.
void RetypeLeaf(const LogicalType& wanted, ParquetColumnSchema& schema) {
  const auto id = schema.type.id();
  if (IsTimestamp(schema.type) && wanted.id() != LogicalTypeId::TIMESTAMP_NS &&
      IsTimestamp(wanted)) {
    schema.type = wanted;  // INT96 and the old annotations do not say whether they are instants.
    return;
  }
  const auto holds_bytes = [](LogicalTypeId type) {
    return type == LogicalTypeId::BLOB || type == LogicalTypeId::VARCHAR;
  };
  const bool bytes = IsBytes(schema) && holds_bytes(id) && holds_bytes(wanted.id());
  const bool uuid_as_bytes = id == LogicalTypeId::UUID && wanted.id() == LogicalTypeId::BLOB;
  if (bytes || uuid_as_bytes) schema.type = wanted;
}

int DecimalDigits(const LogicalType& type) {
  return duckdb::DecimalType::GetWidth(type) - duckdb::DecimalType::GetScale(type);
}

// Whether each value of the file has one value of the table, or an error where it does not fit.
bool CanBecome(const LogicalType& from, const LogicalType& to) {
  if (from == to) return true;
  const bool from_decimal = from.id() == LogicalTypeId::DECIMAL;
  switch (to.id()) {
    case LogicalTypeId::FLOAT:
      return from.IsIntegral();
    case LogicalTypeId::DOUBLE:
      return from.IsIntegral() || from.id() == LogicalTypeId::FLOAT;
    case LogicalTypeId::DECIMAL:
      if (!from_decimal) return from.IsIntegral();
      return duckdb::DecimalType::GetScale(from) <= duckdb::DecimalType::GetScale(to) &&
             DecimalDigits(from) <= DecimalDigits(to);
    case LogicalTypeId::TIMESTAMP:
      return from.id() == LogicalTypeId::DATE;
    case LogicalTypeId::VARCHAR:
      return from.id() == LogicalTypeId::UUID;
    default:
      if (!to.IsIntegral()) return false;
      return from.IsIntegral() || (from_decimal && duckdb::DecimalType::GetScale(from) == 0);
  }
}

// Which values of a file are in the hybrid calendar.
struct HybridCalendar {
  explicit HybridCalendar(const duckdb_parquet::FileMetaData& footer) {
    std::optional<std::string> version;
    for (const auto& entry : footer.key_value_metadata) {
      if (entry.key == "org.apache.spark.version") version = entry.value;
      if (entry.key == "org.apache.spark.legacyDateTime") dates = true;
      if (entry.key == "org.apache.spark.legacyINT96") int96 = true;
    }
    dates = version && (dates || *version < "3.0.0");
    int96 = version && (int96 || *version < "3.1.0");
  }

  bool Holds(const ParquetColumnSchema& schema) const {
    if (schema.type_info == duckdb::ParquetExtraTypeInfo::IMPALA_TIMESTAMP) return int96;
    return dates && (schema.type.id() == LogicalTypeId::DATE || IsTimestamp(schema.type));
  }

  bool dates = false;
  bool int96 = false;
};

// No name of a table starts like this: columns of the file that the table does not have.
constexpr char kUnwantedPrefix = '\x01';

class Resolver {
 public:
  Resolver(bool checked, HybridCalendar hybrid, std::string file)
      : checked_(checked), hybrid_(hybrid), file_(std::move(file)) {}

  // Columns of the table or fields of a struct.
  void ResolveFields(const std::vector<TableColumn>& wanted, const std::string& parent,
                     duckdb::vector<ParquetColumnSchema>& schemas,
                     duckdb::vector<MultiFileColumnDefinition>& locals) {
    std::vector<const TableColumn*> found(locals.size());
    for (const auto& column : wanted) {
      if (!column.stored) continue;
      const auto position = Find(column, locals, found);
      // A column of nothing but nulls, which DuckDB does not read in every place.
      if (!position || schemas[*position].type.id() == LogicalTypeId::SQLNULL) continue;
      found[*position] = &column;
    }
    for (size_t i = 0; i < locals.size(); ++i) {
      locals[i].name = found[i] ? found[i]->name : kUnwantedPrefix + std::to_string(i);
      if (found[i]) ResolveColumn(*found[i], parent + found[i]->name, schemas[i], locals[i]);
    }
  }

 private:
  static std::optional<size_t> Find(const TableColumn& column,
                                    const duckdb::vector<MultiFileColumnDefinition>& locals,
                                    const std::vector<const TableColumn*>& taken) {
    std::optional<size_t> ignoring_case;
    for (size_t i = 0; i < locals.size(); ++i) {
      if (taken[i]) continue;
      if (column.id) {
        const auto& id = locals[i].identifier;
        if (!id.IsNull() && id.GetValue<int32_t>() == *column.id) return i;
        continue;
      }
      if (locals[i].name == column.physical_name) return i;
      if (!ignoring_case && duckdb::StringUtil::CIEquals(locals[i].name, column.physical_name)) {
        ignoring_case = i;
      }
    }
    return ignoring_case;
  }

  void ResolveColumn(const TableColumn& wanted, const std::string& path,
                     ParquetColumnSchema& schema, MultiFileColumnDefinition& local) {
    if (wanted.variant) {
      ResolveVariant(wanted, path, schema);
    } else if (wanted.children.empty()) {
      RetypeLeaf(wanted.type, schema);
      if (checked_ && !CanBecome(schema.type, wanted.type)) Refuse(wanted, path, schema);
      if (hybrid_.Holds(schema)) schema.type.SetAlias(kJulianAlias);
    } else {
      if (schema.type.id() != wanted.type.id()) Refuse(wanted, path, schema);
      ResolveNested(wanted, path, schema, local);
    }
    local.type = schema.type;
    if (wanted.children.empty()) local.children.clear();
  }

  static void ResolveVariant(const TableColumn& wanted, const std::string& path,
                             ParquetColumnSchema& schema) {
    duckdb::child_list_t<LogicalType> fields;
    for (const auto& child : schema.children) fields.emplace_back(child.name, child.type);
    const auto has = [&](std::string_view name) {
      return std::ranges::any_of(fields, [&](const auto& field) { return field.first == name; });
    };
    if (!has("metadata") || !has("value")) Refuse(wanted, path, schema);
    schema.schema_type = duckdb::ParquetColumnSchemaType::COLUMN;
    schema.type = LogicalType::STRUCT(std::move(fields));
    schema.type.SetAlias(kVariantAlias);
  }

  // Of a list or map. DuckDB fills a struct without any field in the file right in columns and
  // structs, but only in the first element of a collection.
  void ResolveElement(const TableColumn& wanted, const std::string& path,
                      ParquetColumnSchema& schema, MultiFileColumnDefinition& local) {
    ResolveColumn(wanted, path, schema, local);
    const bool lost = std::ranges::all_of(
        local.children, [](const auto& child) { return child.name.starts_with(kUnwantedPrefix); });
    if (wanted.type.id() == LogicalTypeId::STRUCT && !wanted.variant && lost) {
      throw duckdb::NotImplementedException(
          "data file %s has none of the fields of column '%s'; rewrite it with one of them", file_,
          path);
    }
  }

  void ResolveNested(const TableColumn& wanted, const std::string& path,
                     ParquetColumnSchema& schema, MultiFileColumnDefinition& local) {
    switch (wanted.type.id()) {
      case LogicalTypeId::STRUCT: {
        ResolveFields(wanted.children, path + ".", schema.children, local.children);
        duckdb::child_list_t<LogicalType> fields;
        for (size_t i = 0; i < schema.children.size(); ++i) {
          fields.emplace_back(local.children[i].name, schema.children[i].type);
        }
        schema.type = LogicalType::STRUCT(std::move(fields));
        break;
      }
      case LogicalTypeId::LIST:
        local.children[0].name = wanted.children[0].name;
        ResolveElement(wanted.children[0], path + ".element", schema.children[0],
                       local.children[0]);
        schema.type = LogicalType::LIST(schema.children[0].type);
        break;
      default: {
        auto& pairs = schema.children[0];
        auto& local_pairs = local.children[0];
        for (size_t i = 0; i < wanted.children.size(); ++i) {
          local_pairs.children[i].name = wanted.children[i].name;
          ResolveElement(wanted.children[i], path + "." + wanted.children[i].name,
                         pairs.children[i], local_pairs.children[i]);
        }
        schema.type = LogicalType::MAP(pairs.children[0].type, pairs.children[1].type);
        pairs.type = duckdb::ListType::GetChildType(schema.type);
        local_pairs.type = pairs.type;
      }
    }
  }

  [[noreturn]] static void Refuse(const TableColumn& wanted, const std::string& path,
                                  const ParquetColumnSchema& schema) {
    throw duckdb::InvalidInputException("column '%s' is stored as %s, which cannot be read as %s",
                                        path, schema.type.ToString(),
                                        wanted.variant ? "VARIANT" : wanted.type.ToString());
  }

  const bool checked_;
  const HybridCalendar hybrid_;
  const std::string file_;
};

// Comparisons with constants, which DuckDB can translate. Others it refuses with an error.
bool IsPlain(const duckdb::TableFilter& filter) {
  switch (filter.filter_type) {
    case duckdb::TableFilterType::CONSTANT_COMPARISON:
    case duckdb::TableFilterType::IN_FILTER:
    case duckdb::TableFilterType::IS_NULL:
    case duckdb::TableFilterType::IS_NOT_NULL:
      return true;
    case duckdb::TableFilterType::CONJUNCTION_AND:
    case duckdb::TableFilterType::CONJUNCTION_OR:
      return std::ranges::all_of(
          static_cast<const duckdb::ConjunctionFilter&>(filter).child_filters,
          [](const auto& child) { return IsPlain(*child); });
    default:
      return false;
  }
}

// Between integers a constant fits exactly, or the filter runs on the table's values anyway.
bool FilterStaysExact(const duckdb::TableFilter& filter, const LogicalType& local,
                      const LogicalType& wanted) {
  return local == wanted || (local.IsIntegral() && wanted.IsIntegral() && IsPlain(filter));
}

// Never translated to another type by DuckDB.
duckdb::unique_ptr<duckdb::TableFilter> Untranslatable(const duckdb::TableFilter& filter) {
  auto both = duckdb::make_uniq<duckdb::ConjunctionAndFilter>();
  both->child_filters.push_back(duckdb::make_uniq<duckdb::ExpressionFilter>(
      duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::BOOLEAN(true))));
  both->child_filters.push_back(filter.Copy());
  return both;
}

bool HoldsVariant(const TableColumn& column) {
  return column.variant || std::ranges::any_of(column.children, HoldsVariant);
}

}  // namespace

MultiFileColumnDefinition ScanColumn(const TableColumn& column) {
  MultiFileColumnDefinition definition(column.name, column.type);
  definition.default_expression =
      duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value(column.type));
  definition.identifier = duckdb::Value(column.name);
  // Without children the column is cast as a whole: DuckDB's mapping field by field cannot turn a
  // struct into a text.
  if (HoldsVariant(column)) return definition;
  for (const auto& child : column.children) definition.children.push_back(ScanColumn(child));
  return definition;
}

void ResolveFileColumns(const std::vector<TableColumn>& columns, bool checked,
                        duckdb::BaseFileReader& reader) {
  auto& parquet = reader.Cast<duckdb::ParquetReader>();
  // Bounds in footers leave out NaN, which is the greatest number here.
  parquet.parquet_options.can_have_nan = true;
  const bool by_id =
      std::ranges::any_of(columns, [](const auto& column) { return column.id.has_value(); });
  if (by_id && std::ranges::all_of(reader.columns,
                                   [](const auto& local) { return local.identifier.IsNull(); })) {
    throw duckdb::InvalidInputException("columns are mapped by id, but the file has no field ids");
  }
  const HybridCalendar hybrid(*parquet.metadata->metadata);
  Resolver(checked, hybrid, reader.GetFileName())
      .ResolveFields(columns, "", parquet.root_schema->children, reader.columns);
}

duckdb::unique_ptr<duckdb::TableFilterSet> FiltersAfterCasts(
    const duckdb::TableFilterSet& filters, const duckdb::vector<duckdb::ColumnIndex>& column_ids,
    const duckdb::vector<MultiFileColumnDefinition>& columns,
    const duckdb::BaseFileReader& reader) {
  auto result = duckdb::make_uniq<duckdb::TableFilterSet>();
  bool changed = false;
  for (const auto& [position, filter] : filters.filters) {
    const auto column = column_ids[position].GetPrimaryIndex();
    const auto local = std::ranges::find_if(reader.columns, [&](const auto& candidate) {
      return column < columns.size() && candidate.name == columns[column].name;
    });
    const bool exact = local == reader.columns.end() ||
                       FilterStaysExact(*filter, local->type, columns[column].type);
    result->filters[position] = exact ? filter->Copy() : Untranslatable(*filter);
    changed = changed || !exact;
  }
  return changed ? std::move(result) : nullptr;
}

}  // namespace deltaport::engine
