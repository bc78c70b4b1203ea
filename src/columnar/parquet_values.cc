#include "columnar/parquet_values.h"

#include <cstring>

#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_decimal.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/compute/cast.h>
#include <arrow/type_traits.h>
#include <arrow/util/decimal.h>
#include <parquet/exception.h>
#include <parquet/types.h>

namespace deltaport::columnar {
namespace {

bool IsStoredInteger(const arrow::DataType& type) {
  return arrow::is_integer(type.id()) || type.id() == arrow::Type::DATE32 ||
         arrow::is_time(type.id()) || type.id() == arrow::Type::TIMESTAMP ||
         type.id() == arrow::Type::DECIMAL128;
}

// Integers of Parquet become integers of Arrow, and these what `type` says they count.
template <typename Builder>
class IntegerValues {
 public:
  using Value = typename Builder::value_type;

  Status Append(Value value) { return builder_.Append(value); }
  Status AppendNull() { return builder_.AppendNull(); }

  Result<std::shared_ptr<arrow::Array>> Finish(const std::shared_ptr<arrow::DataType>& type) {
    ARROW_ASSIGN_OR_RAISE(const auto integers, builder_.Finish());
    if (type->id() == arrow::Type::DECIMAL128) return Decimals(*integers, type);
    if (type->byte_width() == static_cast<int>(sizeof(Value))) return integers->View(type);
    return arrow::compute::Cast(*integers, type, arrow::compute::CastOptions::Unsafe());
  }

 private:
  static Result<std::shared_ptr<arrow::Array>> Decimals(
      const arrow::Array& integers, const std::shared_ptr<arrow::DataType>& type) {
    using Integers = typename arrow::TypeTraits<typename Builder::TypeClass>::ArrayType;
    const auto& unscaled = static_cast<const Integers&>(integers);
    arrow::Decimal128Builder builder(type);
    for (int64_t i = 0; i < unscaled.length(); ++i) {
      ARROW_RETURN_NOT_OK(unscaled.IsNull(i)
                              ? builder.AppendNull()
                              : builder.Append(arrow::Decimal128(int64_t{unscaled.Value(i)})));
    }
    return builder.Finish();
  }

  Builder builder_;
};

// Values of a type that Arrow holds as Parquet does.
template <typename Builder, typename Stored>
class SameValues {
 public:
  Status Append(Stored value) { return builder_.Append(value); }
  Status AppendNull() { return builder_.AppendNull(); }
  Result<std::shared_ptr<arrow::Array>> Finish(const std::shared_ptr<arrow::DataType>&) {
    return builder_.Finish();
  }

 private:
  Builder builder_;
};

class ByteArrayValues {
 public:
  Status Append(const parquet::ByteArray& value) {
    return builder_.Append(value.ptr, static_cast<int32_t>(value.len));
  }
  Status AppendNull() { return builder_.AppendNull(); }
  Result<std::shared_ptr<arrow::Array>> Finish(const std::shared_ptr<arrow::DataType>& type) {
    ARROW_ASSIGN_OR_RAISE(const auto bytes, builder_.Finish());
    return bytes->View(type);
  }

 private:
  arrow::BinaryBuilder builder_;
};

// Decimals as numbers in big endian.
class FixedDecimalValues {
 public:
  FixedDecimalValues(const std::shared_ptr<arrow::DataType>& type, int size_bytes)
      : builder_(type), size_bytes_(size_bytes) {}

  Status Append(const parquet::FixedLenByteArray& value) {
    ARROW_ASSIGN_OR_RAISE(const auto decimal,
                          arrow::Decimal128::FromBigEndian(value.ptr, size_bytes_));
    return builder_.Append(decimal);
  }
  Status AppendNull() { return builder_.AppendNull(); }
  Result<std::shared_ptr<arrow::Array>> Finish(const std::shared_ptr<arrow::DataType>&) {
    return builder_.Finish();
  }

 private:
  arrow::Decimal128Builder builder_;
  const int size_bytes_;
};

template <typename Stored, typename Values>
Status AppendAt(parquet::ColumnReader& reader, std::span<const int64_t> positions, Values& values) {
  auto& typed = static_cast<parquet::TypedColumnReader<Stored>&>(reader);
  typename Stored::c_type value{};
  int64_t next = 0;
  int64_t present = 0;
  for (const int64_t position : positions) {
    // A row that is asked for again still stands in `value`.
    if (position >= next) {
      int16_t level = 0;
      const int64_t before = position - next;
      if (typed.Skip(before) != before || !typed.HasNext() ||
          typed.ReadBatch(1, &level, nullptr, &value, &present) != 1) {
        throw parquet::ParquetException("a page has fewer rows than the page index says");
      }
      next = position + 1;
    }
    ARROW_RETURN_NOT_OK(present == 1 ? values.Append(value) : values.AppendNull());
  }
  return Status::OK();
}

template <typename Stored, typename Values>
Status AppendPlain(const std::vector<std::optional<std::string>>& encoded, Values& values) {
  for (const auto& bytes : encoded) {
    typename Stored::c_type value{};
    if (!bytes || bytes->size() != sizeof(value)) {
      ARROW_RETURN_NOT_OK(values.AppendNull());
      continue;
    }
    std::memcpy(&value, bytes->data(), sizeof(value));
    ARROW_RETURN_NOT_OK(values.Append(value));
  }
  return Status::OK();
}

// Calls `fill` with the values that the leaf stores, and its stored type as a tag.
template <typename Fill>
Result<std::shared_ptr<arrow::Array>> Build(const parquet::ColumnDescriptor& leaf,
                                            const std::shared_ptr<arrow::DataType>& type,
                                            const Fill& fill) {
  const auto build = [&](auto stored, auto values) -> Result<std::shared_ptr<arrow::Array>> {
    ARROW_RETURN_NOT_OK(fill(stored, values));
    return values.Finish(type);
  };
  switch (leaf.physical_type()) {
    case parquet::Type::BOOLEAN:
      return build(parquet::BooleanType{}, SameValues<arrow::BooleanBuilder, bool>{});
    case parquet::Type::INT32:
      return build(parquet::Int32Type{}, IntegerValues<arrow::Int32Builder>{});
    case parquet::Type::INT64:
      return build(parquet::Int64Type{}, IntegerValues<arrow::Int64Builder>{});
    case parquet::Type::FLOAT:
      return build(parquet::FloatType{}, SameValues<arrow::FloatBuilder, float>{});
    case parquet::Type::DOUBLE:
      return build(parquet::DoubleType{}, SameValues<arrow::DoubleBuilder, double>{});
    case parquet::Type::BYTE_ARRAY:
      return build(parquet::ByteArrayType{}, ByteArrayValues{});
    case parquet::Type::FIXED_LEN_BYTE_ARRAY:
      return build(parquet::FLBAType{}, FixedDecimalValues(type, leaf.type_length()));
    default:
      return Error(ErrorCode::kInternal, "a column of {} has no plain values", type->ToString());
  }
}

}  // namespace

bool IsPlainColumn(const parquet::ColumnDescriptor& leaf, const arrow::DataType& type) {
  if (leaf.max_repetition_level() > 0 || leaf.max_definition_level() > 1) return false;
  switch (leaf.physical_type()) {
    case parquet::Type::BOOLEAN:
      return type.id() == arrow::Type::BOOL;
    case parquet::Type::INT32:
    case parquet::Type::INT64:
      return IsStoredInteger(type);
    case parquet::Type::FLOAT:
      return type.id() == arrow::Type::FLOAT;
    case parquet::Type::DOUBLE:
      return type.id() == arrow::Type::DOUBLE;
    case parquet::Type::BYTE_ARRAY:
      return type.id() == arrow::Type::STRING || type.id() == arrow::Type::BINARY;
    case parquet::Type::FIXED_LEN_BYTE_ARRAY:
      return type.id() == arrow::Type::DECIMAL128;
    default:
      return false;
  }
}

Result<std::shared_ptr<arrow::Array>> ReadValues(std::unique_ptr<parquet::PageReader> pages,
                                                 const parquet::ColumnDescriptor& leaf,
                                                 std::span<const int64_t> positions,
                                                 const std::shared_ptr<arrow::DataType>& type) {
  const auto reader = parquet::ColumnReader::Make(&leaf, std::move(pages));
  return Build(leaf, type, [&](auto stored, auto& values) {
    return AppendAt<decltype(stored)>(*reader, positions, values);
  });
}

Result<std::shared_ptr<arrow::Array>> DecodeBounds(
    const std::vector<std::optional<std::string>>& encoded, const parquet::ColumnDescriptor& leaf,
    const std::shared_ptr<arrow::DataType>& type) {
  return Build(leaf, type, [&](auto stored, auto& values) -> Status {
    using Stored = decltype(stored);
    if constexpr (std::is_same_v<Stored, parquet::ByteArrayType>) {
      for (const auto& bytes : encoded) {
        ARROW_RETURN_NOT_OK(bytes ? values.Append(parquet::ByteArray(*bytes))
                                  : values.AppendNull());
      }
      return Status::OK();
    } else if constexpr (std::is_same_v<Stored, parquet::FLBAType>) {
      for (const auto& bytes : encoded) {
        const bool whole = bytes && bytes->size() == static_cast<size_t>(leaf.type_length());
        ARROW_RETURN_NOT_OK(whole ? values.Append(parquet::FixedLenByteArray(
                                        reinterpret_cast<const uint8_t*>(bytes->data())))
                                  : values.AppendNull());
      }
      return Status::OK();
    } else {
      return AppendPlain<Stored>(encoded, values);
    }
  });
}

}  // namespace deltaport::columnar
