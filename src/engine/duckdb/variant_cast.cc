#include "engine/duckdb/variant_cast.h"

#include <duckdb/common/types/decimal.hpp>
#include <duckdb/common/types/uuid.hpp>
#include <duckdb/function/cast/cast_function_set.hpp>
#include <duckdb/function/cast/default_casts.hpp>
#include <duckdb/main/config.hpp>

#include "columnar/number_text.h"
#include "columnar/variant_json.h"
#include "engine/duckdb/file_columns.h"

namespace deltaport::engine {
namespace {

using duckdb::LogicalTypeId;
using duckdb::PhysicalType;
using duckdb::RecursiveUnifiedVectorFormat;
using duckdb::UnifiedVectorFormat;

constexpr int kDepthMax = 500;

std::string_view View(const duckdb::string_t& text) { return {text.GetData(), text.GetSize()}; }

// Position of a row in the vector's data; nullopt where it is null.
std::optional<duckdb::idx_t> At(const RecursiveUnifiedVectorFormat& vector, duckdb::idx_t row) {
  const auto position = vector.unified.sel->get_index(row);
  if (!vector.unified.validity.RowIsValid(position)) return std::nullopt;
  return position;
}

template <typename T>
const T& Get(const RecursiveUnifiedVectorFormat& vector, duckdb::idx_t position) {
  return UnifiedVectorFormat::GetData<T>(vector.unified)[position];
}

const RecursiveUnifiedVectorFormat* Child(const RecursiveUnifiedVectorFormat& vector,
                                          std::string_view name) {
  const auto& fields = duckdb::StructType::GetChildTypes(vector.logical_type);
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].first == name) return &vector.children[i];
  }
  return nullptr;
}

std::string DecimalText(const RecursiveUnifiedVectorFormat& vector, duckdb::idx_t position) {
  const auto width = duckdb::DecimalType::GetWidth(vector.logical_type);
  const auto scale = duckdb::DecimalType::GetScale(vector.logical_type);
  switch (vector.logical_type.InternalType()) {
    case PhysicalType::INT16:
      return duckdb::Decimal::ToString(Get<int16_t>(vector, position), width, scale);
    case PhysicalType::INT32:
      return duckdb::Decimal::ToString(Get<int32_t>(vector, position), width, scale);
    case PhysicalType::INT64:
      return duckdb::Decimal::ToString(Get<int64_t>(vector, position), width, scale);
    default:
      return duckdb::Decimal::ToString(Get<duckdb::hugeint_t>(vector, position), width, scale);
  }
}

Status AppendScalar(const RecursiveUnifiedVectorFormat& vector, duckdb::idx_t position,
                    std::string& out) {
  switch (vector.logical_type.id()) {
    case LogicalTypeId::BOOLEAN:
      out += Get<bool>(vector, position) ? "true" : "false";
      return Status::OK();
    case LogicalTypeId::TINYINT:
      out += std::to_string(Get<int8_t>(vector, position));
      return Status::OK();
    case LogicalTypeId::SMALLINT:
      out += std::to_string(Get<int16_t>(vector, position));
      return Status::OK();
    case LogicalTypeId::INTEGER:
      out += std::to_string(Get<int32_t>(vector, position));
      return Status::OK();
    case LogicalTypeId::BIGINT:
      out += std::to_string(Get<int64_t>(vector, position));
      return Status::OK();
    case LogicalTypeId::FLOAT:
      columnar::AppendVariantFloat(Get<float>(vector, position), out);
      return Status::OK();
    case LogicalTypeId::DOUBLE:
      columnar::AppendVariantDouble(Get<double>(vector, position), out);
      return Status::OK();
    case LogicalTypeId::DECIMAL:
      out += DecimalText(vector, position);
      return Status::OK();
    case LogicalTypeId::DATE:
      columnar::AppendVariantDate(Get<int32_t>(vector, position), out);
      return Status::OK();
    case LogicalTypeId::TIME:
      columnar::AppendVariantTime(Get<int64_t>(vector, position), out);
      return Status::OK();
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
    case LogicalTypeId::TIMESTAMP_NS:
      columnar::AppendVariantTimestamp(
          Get<int64_t>(vector, position), vector.logical_type.id() == LogicalTypeId::TIMESTAMP_NS,
          vector.logical_type.id() == LogicalTypeId::TIMESTAMP_TZ, out);
      return Status::OK();
    case LogicalTypeId::VARCHAR:
      columnar::AppendVariantText(View(Get<duckdb::string_t>(vector, position)), out);
      return Status::OK();
    case LogicalTypeId::BLOB:
      columnar::AppendVariantBinary(View(Get<duckdb::string_t>(vector, position)), out);
      return Status::OK();
    case LogicalTypeId::UUID:
      out += '"' + duckdb::UUID::ToString(Get<duckdb::hugeint_t>(vector, position)) + '"';
      return Status::OK();
    default:
      return Error(ErrorCode::kUnsupportedFeature, "variants shredded as {} are not supported",
                   vector.logical_type.ToString());
  }
}

class RowWriter {
 public:
  RowWriter(const columnar::VariantNames& names, std::string& out) : names_(names), out_(out) {}

  // Appends the value of a group (value, typed_value); nothing if both are null.
  Status AppendGroup(const RecursiveUnifiedVectorFormat& group, duckdb::idx_t row, int depth) {
    if (depth > kDepthMax) {
      return Error(ErrorCode::kCorruptTable, "a variant is nested more than {} levels deep",
                   kDepthMax);
    }
    const auto at = At(group, row);
    if (!at) return Status::OK();
    const auto* value = Child(group, "value");
    const auto* typed = Child(group, "typed_value");
    const auto value_at = value ? At(*value, *at) : std::nullopt;
    const auto typed_at = typed ? At(*typed, *at) : std::nullopt;
    std::optional<std::string_view> bytes;
    if (value_at) bytes = View(Get<duckdb::string_t>(*value, *value_at));
    if (typed_at) return AppendTyped(*typed, *typed_at, bytes, depth);
    return bytes ? columnar::AppendVariantJson(names_, *bytes, out_) : Status::OK();
  }

 private:
  Status AppendTyped(const RecursiveUnifiedVectorFormat& typed, duckdb::idx_t position,
                     std::optional<std::string_view> rest, int depth) {
    if (typed.logical_type.id() == LogicalTypeId::STRUCT) {
      return AppendObject(typed, position, rest, depth);
    }
    if (rest) return Error(ErrorCode::kCorruptTable, "a variant has two values");
    if (typed.logical_type.id() == LogicalTypeId::LIST) return AppendArray(typed, position, depth);
    return AppendScalar(typed, position, out_);
  }

  Status AppendObject(const RecursiveUnifiedVectorFormat& typed, duckdb::idx_t position,
                      std::optional<std::string_view> rest, int depth) {
    out_ += '{';
    const size_t begin = out_.size();
    const auto& fields = duckdb::StructType::GetChildTypes(typed.logical_type);
    for (size_t i = 0; i < fields.size(); ++i) {
      const size_t before = out_.size();
      AppendName(fields[i].first, begin);
      const size_t named = out_.size();
      ARROW_RETURN_NOT_OK(AppendGroup(typed.children[i], position, depth + 1));
      if (out_.size() == named) out_.resize(before);  // The object lacks it.
    }
    if (rest) {
      ARROW_RETURN_NOT_OK(columnar::ForEachVariantField(
          names_, *rest, [&](std::string_view name, std::string_view field) {
            AppendName(name, begin);
            return columnar::AppendVariantJson(names_, field, out_);
          }));
    }
    out_ += '}';
    return Status::OK();
  }

  void AppendName(std::string_view name, size_t begin) {
    if (out_.size() > begin) out_ += ',';
    columnar::AppendVariantText(name, out_);
    out_ += ':';
  }

  Status AppendArray(const RecursiveUnifiedVectorFormat& typed, duckdb::idx_t position, int depth) {
    const auto entry = Get<duckdb::list_entry_t>(typed, position);
    out_ += '[';
    for (duckdb::idx_t i = 0; i < entry.length; ++i) {
      if (i > 0) out_ += ',';
      const size_t before = out_.size();
      ARROW_RETURN_NOT_OK(AppendGroup(typed.children[0], entry.offset + i, depth + 1));
      if (out_.size() == before) out_ += "null";
    }
    out_ += ']';
    return Status::OK();
  }

  const columnar::VariantNames& names_;
  std::string& out_;
};

void ThrowIfFailed(const Status& status) {
  if (status.ok()) return;
  if (CodeOf(status) == ErrorCode::kUnsupportedFeature) {
    throw duckdb::NotImplementedException(status.message());
  }
  if (CodeOf(status) == ErrorCode::kResourceExhausted) {
    throw duckdb::OutOfMemoryException(status.message());
  }
  throw duckdb::InvalidInputException(status.message());
}

bool VariantToText(duckdb::Vector& source, duckdb::Vector& result, duckdb::idx_t count,
                   duckdb::CastParameters&) {
  source.Flatten(count);
  RecursiveUnifiedVectorFormat groups;
  duckdb::Vector::RecursiveToUnifiedFormat(source, count, groups);
  const auto& metadata = *Child(groups, "metadata");
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* texts = duckdb::FlatVector::GetData<duckdb::string_t>(result);
  std::string json;
  for (duckdb::idx_t row = 0; row < count; ++row) {
    const auto at = At(groups, row);
    const auto metadata_at = at ? At(metadata, *at) : std::nullopt;
    if (!metadata_at) {
      duckdb::FlatVector::SetNull(result, row, true);
      continue;
    }
    json.clear();
    const auto names =
        columnar::VariantNames::Parse(View(Get<duckdb::string_t>(metadata, *metadata_at)));
    ThrowIfFailed(names.status());
    ThrowIfFailed(RowWriter(*names, json).AppendGroup(groups, row, 0));
    if (json.empty()) json = "null";
    texts[row] = duckdb::StringVector::AddString(result, json);
  }
  return true;
}

duckdb::BoundCastInfo BindStructToText(duckdb::BindCastInput& input,
                                       const duckdb::LogicalType& source,
                                       const duckdb::LogicalType& target) {
  if (source.GetAlias() == kVariantAlias) return VariantToText;
  return duckdb::DefaultCasts::GetDefaultCastFunction(input, source, target);
}

}  // namespace

void RegisterVariantCast(duckdb::DatabaseInstance& database) {
  duckdb::child_list_t<duckdb::LogicalType> any{{"any", duckdb::LogicalType::ANY}};
  duckdb::DBConfig::GetConfig(database).GetCastFunctions().RegisterCastFunction(
      duckdb::LogicalType::STRUCT(std::move(any)), duckdb::LogicalType::VARCHAR, BindStructToText,
      -1);
}

}  // namespace deltaport::engine
